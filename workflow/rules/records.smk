# records: the ECGs, checked and listed.
#
# In    a folder of WFDB records (`records.folder`), or nothing: `records.source: simulation` makes them.
# Out   <results>/records/records.parquet, one row a record; simulated records in <results>/records/wfdb/.
# Steps read every record whole; what cannot be used is listed with the reason.


rule records:
    input:
        config="<results>/config/records.json",
        listed=records_list(),
    output:
        **made_folder(SIMULATED),
        table="<results>/records/records.parquet",
    log:
        "<logs>/records.log",
    benchmark:
        "<benchmarks>/records/records.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=1500,
        runtime=60,
    params:
        version=source_version("records"),
    message:
        "records: list and check"
    shell:
        "papertrace records" " --config {input.config:q}" " --out {output.table:q}" " 2> {log:q}"
