# What each stage needs of the config, so that a changed key makes stale the stages it concerns and no others.
#
# In    the checked config.
# Out   <results>/config/<stage>.json
# Steps write the stage's keys, defaults filled in; Snakemake runs this again when they differ from the last time.


rule stage_config:
    output:
        "<results>/config/{stage}.json",
    log:
        "<logs>/config/{stage}.log",
    # before all else: on one core the scores would wait for theirs until every page is drawn, and the images with them
    priority: 4
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=100,
        runtime=5,
    params:
        text=lambda wildcards: stage_config_text(SETTINGS, wildcards.stage),
    message:
        "config of {wildcards.stage}"
    shell:
        "printf '%s\\n' {params.text:q} > {output:q} 2> {log:q}"
