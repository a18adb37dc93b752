# manifest: every page planned before the first is drawn.
#
# In    records.parquet.
# Out   <results>/manifest/manifest.parquet, one row a page: record, window, lead names, layout, split, seeds.
# Steps cut the records into windows as the recipe says, take `limit` of them, split by record.


rule manifest:
    input:
        config="<results>/config/manifest.json",
        records="<results>/records/records.parquet",
    output:
        "<results>/manifest/manifest.parquet",
    log:
        "<logs>/manifest.log",
    benchmark:
        "<benchmarks>/manifest/manifest.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory("manifest"),
        runtime=minutes("manifest"),
    params:
        version=source_version("manifest"),
    message:
        "manifest: plan the pages"
    shell:
        "papertrace manifest"
        " --config {input.config:q}"
        " --records {input.records:q}"
        " --out {output:q}"
        " 2> {log:q}"
