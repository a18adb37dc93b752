# scores: traces against truth.
#
# In    manifest.parquet; a shard of pages (for its truth), its scans (for their presets) and its traces.
# Out   <results>/scores/shard-KKKKK.parquet, one row a lead, input and digitizer; beats and experts' marks in shard-KKKKK/;
#       <results>/scores/{scores.parquet,beats.parquet,experts.parquet,summary.csv,pages.csv,records.csv,failures.csv,digitizers.csv,agreement.csv} over all shards; checked.txt if few enough pages failed.
# Steps 1. scores   fidelity and clinical parameters, a shard at a time; then the shard's images that the config does not
#                   `keep` are removed. Who wants them later makes them again: no rule needs them to be there;
#       2. summary  join the shards, summarize, list the failures;
#       3. check    end in an error if more pages failed than `max_failure_share`; the report is made all the same.


from papertrace.cli import DISCARD

# No part of the rule: another choice makes no scores stale. What lies in a storage away stays there.
os.environ[DISCARD] = "" if STORED_AWAY else " ".join(SETTINGS.discarded)


rule scores:
    input:
        **folder("<results>/pages/{shard}"),
        **folder("<results>/scans/{shard}"),
        **folder("<results>/traces/{shard}"),
        config="<results>/config/scores.json",
        manifest="<results>/manifest/manifest.parquet",
        pages="<results>/pages/{shard}.parquet",
        scans="<results>/scans/{shard}.parquet",
        traces="<results>/traces/{shard}.parquet",
    output:
        **made_folder("<results>/scores/{shard}"),
        table="<results>/scores/{shard}.parquet",
    log:
        "<logs>/scores/{shard}.log",
    benchmark:
        "<benchmarks>/scores/{shard}.tsv"
    priority: 3
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory("scores"),
        runtime=minutes("scores"),
    params:
        version=source_version("scores"),
    message:
        "scores: score {wildcards.shard}"
    shell:
        "papertrace scores"
        " --config {input.config:q}"
        " --manifest {input.manifest:q}"
        " --pages {input.pages:q}"
        " --scans {input.scans:q}"
        " --traces {input.traces:q}"
        " --out {output.table:q}"
        " 2> {log:q}"


rule summary:
    input:
        config="<results>/config/scores.json",
        scores=expand("<results>/scores/{shard}.parquet", shard=SHARDS),
        folders=expand("<results>/scores/{shard}", shard=SHARDS) if STORED_AWAY else [],
    output:
        scores="<results>/scores/scores.parquet",
        beats="<results>/scores/beats.parquet",
        experts="<results>/scores/experts.parquet",
        summary=report("<results>/scores/summary.csv", caption="../report/summary.rst", category="Tables"),
        failures=report("<results>/scores/failures.csv", caption="../report/failures.rst", category="Tables"),
        digitizers=report("<results>/scores/digitizers.csv", caption="../report/digitizers.rst", category="Tables"),
        agreement=report("<results>/scores/agreement.csv", caption="../report/agreement.rst", category="Tables"),
        pages="<results>/scores/pages.csv",
        records="<results>/scores/records.csv",
    log:
        "<logs>/summary.log",
    benchmark:
        "<benchmarks>/summary/summary.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory("summary"),
        runtime=minutes("summary"),
    params:
        version=source_version("scores.summary"),
    message:
        "scores: summarize"
    shell:
        "papertrace summary" " --config {input.config:q}" " --out {output.scores:q}" " {input.scores:q}" " 2> {log:q}"


rule check:
    input:
        config="<results>/config/check.json",
        scores="<results>/scores/scores.parquet",
    output:
        "<results>/scores/checked.txt",
    log:
        "<logs>/check.log",
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=1500,
        runtime=10,
    message:
        "scores: few enough failures?"
    shell:
        "papertrace check" " --config {input.config:q}" " --scores {input.scores:q}" " > {output:q}" " 2> {log:q}"
