# figures: what the tables and a few pages look like.
#
# In    the dataset's folder, once scores.parquet is there; the pages, scans and traces of the pages that are drawn.
# Out   <results>/figures/figures.csv, the list of figures; beside it the figures as PNG and PDF;
#       <results>/figures/study/, the figures and tables of the study (F1 ..., T1 ...), their index in index.md.
# Steps draw, then write the list. `snakemake figures` draws and does no more.


rule figures:
    input:
        config="<results>/config/figures.json",
        scores="<results>/scores/scores.parquet",
        manifest="<results>/manifest/manifest.parquet",
        pages=expand("<results>/pages/{shard}.parquet", shard=SHARDS),
        scans=expand("<results>/scans/{shard}.parquet", shard=SHARDS),
        traces=expand("<results>/traces/{shard}.parquet", shard=SHARDS),
    output:
        figures="<results>/figures/figures.csv",
        study=report(
            directory("<results>/figures/study"),
            patterns=["{name}.png"],
            caption="../report/study.rst",
            category="Study",
        ),
    log:
        "<logs>/figures.log",
    benchmark:
        "<benchmarks>/figures/figures.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory("figures"),
        runtime=minutes("figures"),
    params:
        results=lambda wildcards, input: Path(input.manifest).parents[1],
        version=source_version("figures"),
    message:
        "figures: draw"
    shell:
        "papertrace figures"
        " --config {input.config:q}"
        " --results {params.results:q}"
        " --out {output.figures:q}"
        " 2> {log:q}"
