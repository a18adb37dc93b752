# The front door. The workflow lies in workflow/, as the Snakemake workflow catalog wants it;
# an include does not bring its default target along, hence the rule.


include: "workflow/Snakefile"


rule default:
    default_target: True
    input:
        rules.all.input,
    message:
        "the dataset is complete"  # a message, lest Snakemake list all inputs
