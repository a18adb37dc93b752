# figures: the study's figures and tables, and the report.
#
# In    the dataset's folder, once scores.parquet is there; the pages, scans and traces that the report shows.
# Out   <results>/figures/report.html, one file that needs no network; the figures beside it as PNG and PDF.
# Steps draw, then write the report.


rule figures:
    input:
        config="<results>/config/figures.json",
        scores="<results>/scores/scores.parquet",
        manifest="<results>/manifest/manifest.parquet",
        pages=expand("<results>/pages/{shard}.parquet", shard=SHARDS),
        scans=expand("<results>/scans/{shard}.parquet", shard=SHARDS),
        traces=expand("<results>/traces/{shard}.parquet", shard=SHARDS),
    output:
        report("<results>/figures/report.html", caption="../report/report.rst", category="Report"),
    log:
        "<logs>/figures.log",
    benchmark:
        "<benchmarks>/figures/figures.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=3000,
        runtime=60,
    params:
        results=lambda wildcards, input: Path(input.manifest).parents[1],
        version=source_version("figures"),
    message:
        "figures: write the report"
    shell:
        "papertrace figures"
        " --config {input.config:q}"
        " --results {params.results:q}"
        " --out {output:q}"
        " 2> {log:q}"
