# report: where a person understands the run.
#
# In    the dataset's folder, once scores.parquet is there; the list of figures; pages, scans and traces of what is shown.
# Out   <results>/report/report.html, which needs no network, and beside it report-files/ with what it shows.
# Steps gather, then write the report.


rule report:
    input:
        config="<results>/config/report.json",
        figures="<results>/figures/figures.csv",
        scores="<results>/scores/scores.parquet",
        manifest="<results>/manifest/manifest.parquet",
        pages=expand("<results>/pages/{shard}.parquet", shard=SHARDS),
        scans=expand("<results>/scans/{shard}.parquet", shard=SHARDS),
        traces=expand("<results>/traces/{shard}.parquet", shard=SHARDS),
    output:
        report("<results>/report/report.html", caption="../report/report.rst", category="Report"),
    log:
        "<logs>/report.log",
    benchmark:
        "<benchmarks>/report/report.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory("report"),
        runtime=minutes("report"),
    params:
        results=lambda wildcards, input: Path(input.manifest).parents[1],
        version=source_version("report"),
    message:
        "report: write"
    shell:
        "papertrace report"
        " --config {input.config:q}"
        " --results {params.results:q}"
        " --figures {input.figures:q}"
        " --out {output:q}"
        " 2> {log:q}"
