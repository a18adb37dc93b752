# scans: the pages as a scanner or a camera would have seen them.
#
# In    manifest.parquet; a shard of pages.
# Out   <results>/scans/shard-KKKKK.parquet, one row a page: recipe, map from mm to px; images in <results>/scans/shard-KKKKK/.
# Steps draw a recipe of artifacts per page, apply it, carry the labels along.


rule scans:
    input:
        **folder("<results>/pages/{shard}"),
        config="<results>/config/scans.json",
        manifest="<results>/manifest/manifest.parquet",
        pages="<results>/pages/{shard}.parquet",
    output:
        **made_folder("<results>/scans/{shard}"),
        table="<results>/scans/{shard}.parquet",
    log:
        "<logs>/scans/{shard}.log",
    benchmark:
        "<benchmarks>/scans/{shard}.tsv"
    priority: 1
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory("scans"),
        runtime=minutes("scans"),
    params:
        version=source_version("scans"),
    message:
        "scans: scan {wildcards.shard}"
    shell:
        "papertrace scans"
        " --config {input.config:q}"
        " --manifest {input.manifest:q}"
        " --pages {input.pages:q}"
        " --out {output.table:q}"
        " 2> {log:q}"
