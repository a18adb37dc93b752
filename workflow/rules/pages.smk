# pages: clean pages, their labels and their truth.
#
# In    manifest.parquet, of which shard k is rows k*size ... (k+1)*size-1; records.parquet.
# Out   <results>/pages/shard-KKKKK.parquet, one row a page; images and truth.parquet in <results>/pages/shard-KKKKK/.
# Steps read the window, lay out the page, draw grid, text and trace.


rule pages:
    input:
        **folder(SIMULATED),
        config="<results>/config/pages.json",
        manifest="<results>/manifest/manifest.parquet",
        records="<results>/records/records.parquet",
    output:
        **made_folder("<results>/pages/{shard}"),
        table="<results>/pages/{shard}.parquet",
    log:
        "<logs>/pages/{shard}.log",
    benchmark:
        "<benchmarks>/pages/{shard}.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory("pages"),
        runtime=minutes("pages"),
    params:
        number=lambda wildcards: int(wildcards.shard.removeprefix("shard-")),
        version=source_version("pages"),
    message:
        "pages: draw {wildcards.shard}"
    shell:
        "papertrace pages"
        " --config {input.config:q}"
        " --manifest {input.manifest:q}"
        " --records {input.records:q}"
        " --shard {params.number}"
        " --out {output.table:q}"
        " 2> {log:q}"
