# download: a database from PhysioNet, where `records.source` is physionet.
#
# In    a database and its version (`records.physionet`), a server (`download.server`), and what of it is there already.
# Out   the database's files in `records.folder`, and <results>/download/download.parquet, which lists them.
# Steps fetch the checksums, the headers, then what these name; verify every file. Nothing is asked of the network where
#       all is there. It runs where Snakemake does: nodes of a cluster often have no network.


rule download:
    input:
        config="<results>/config/download.json",
    output:
        "<results>/download/download.parquet",
    log:
        "<logs>/download.log",
    benchmark:
        "<benchmarks>/download/download.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=720,
    params:
        version=source_version("download"),
    message:
        "download: fetch and verify (progress: {log})"
    shell:
        "papertrace download" " --config {input.config:q}" " --out {output:q}" " 2> {log:q}"
