# traces: images read back into millivolts and seconds, from their pixels alone.
#
# In    a shard of pages and its scans: the tables name the images, nothing else of them is used; the files behind
#       digitizers that are not papertrace's own, so that a changed program or network makes traces anew.
# Out   <results>/traces/shard-KKKKK.parquet, one row a page, input and digitizer; signals.parquet in <results>/traces/shard-KKKKK/.
# Steps digitize each image.


rule traces:
    input:
        **folder("<results>/pages/{shard}"),
        **folder("<results>/scans/{shard}"),
        config="<results>/config/traces.json",
        pages="<results>/pages/{shard}.parquet",
        scans="<results>/scans/{shard}.parquet",
        programs=[local(os.fspath(file)) for choice in SETTINGS.traces.digitizers for file in files_behind(choice)],
    output:
        **made_folder("<results>/traces/{shard}"),
        table="<results>/traces/{shard}.parquet",
    log:
        "<logs>/traces/{shard}.log",
    benchmark:
        "<benchmarks>/traces/{shard}.tsv"
    priority: 2
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory("traces"),
        runtime=minutes("traces"),
    params:
        version=source_version("traces"),
    message:
        "traces: digitize {wildcards.shard}"
    shell:
        "papertrace traces"
        " --config {input.config:q}"
        " --pages {input.pages:q}"
        " --scans {input.scans:q}"
        " --out {output.table:q}"
        " 2> {log:q}"
