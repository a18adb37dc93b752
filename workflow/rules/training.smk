# training: the digitizer's networks, from scratch. No dataset needs this; the target is `train`.
#
# In    the config's keys `seed` and `training`; records of its sources.
# Out   <results>/training/{trace,page}.onnx, and beside them the samples, checkpoints and logs.
# Steps 1. samples  a round of crops of generated pages, as many at once as there are cores; one round for validation;
#       2. fit      each network on all rounds; goes on from its last checkpoint;
#       3. curves   the logs as a figure.


rule training_samples:
    input:
        config="<results>/config/training.json",
    output:
        directory("<results>/training/samples/{split}-{number}"),
    log:
        "<logs>/training/{split}-{number}.log",
    benchmark:
        "<benchmarks>/training/{split}-{number}.tsv"
    wildcard_constraints:
        split="train|validation",
        number=r"\d{3}",
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=3000,
        runtime=60,
    message:
        "training: {wildcards.split} samples, round {wildcards.number}"
    shell:
        "papertrace samples"
        " --config {input.config:q}"
        " --split {wildcards.split}"
        " --round {wildcards.number}"
        " --out {output:q}"
        " 2> {log:q}"


rule training_fit:
    input:
        config="<results>/config/training.json",
        rounds=expand("<results>/training/samples/train-{number:03d}", number=range(SETTINGS.training.rounds)),
        validation="<results>/training/samples/validation-000",
    output:
        "<results>/training/{network}.onnx",
    log:
        "<logs>/training/{network}.log",
    benchmark:
        "<benchmarks>/training/{network}.tsv"
    wildcard_constraints:
        network="trace|page",
    conda:
        "../../envs/training.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=600,
    params:
        # no output of the rule: Snakemake would remove the checkpoint of a training that was stopped
        work=subpath(output[0], strip_suffix=".onnx"),
    message:
        "training: fit the {wildcards.network} network"
    shell:
        "papertrace fit {wildcards.network} {input.rounds:q}"
        " --config {input.config:q}"
        " --validation {input.validation:q}"
        " --work {params.work:q}"
        " --out {output:q}"
        " 2> {log:q}"


rule training_curves:
    input:
        expand("<results>/training/{network}.onnx", network=["trace", "page"]),
    output:
        report("<results>/training/curves.png", caption="../report/curves.rst", category="Training"),
    log:
        "<logs>/training/curves.log",
    conda:
        "../../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=1500,
        runtime=10,
    params:
        work=subpath(input[0], parent=True),
    message:
        "training: learning curves"
    shell:
        "papertrace curves {params.work:q} --out {output:q} 2> {log:q}"


rule train:
    input:
        "<results>/training/curves.png",
