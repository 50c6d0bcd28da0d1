# Stage: train every model on every dataset, once with each seed.
#
# REQUIRED INPUTS: results/{run}/prepare/{dataset}/{haplotypes.vcz.zip,split.tsv}
# OUTPUTS: results/{run}/train/{dataset}/{model}/seed{seed}/{model.npz,training.tsv}
# CONFIG KEYS: models, model_params, dataset_params.*.model_params, seeds, device
#
# The folder `checkpoints` beside the outputs is not declared on purpose: Snakemake deletes the outputs of a job that
# was killed, and the training goes on from there.


rule train:
    """Train one model and keep its best epoch."""
    input:
        haplotypes="results/{run}/prepare/{dataset}/haplotypes.vcz.zip",
        split="results/{run}/prepare/{dataset}/split.tsv",
        # The settings name them; they stand here so that an edit of one trains anew.
        named=model_files,
    output:
        model="results/{run}/train/{dataset}/{model}/seed{seed}/model.npz",
        training="results/{run}/train/{dataset}/{model}/seed{seed}/training.tsv",
    log:
        "logs/{run}/train/{dataset}/{model}/seed{seed}.log",
    benchmark:
        "benchmarks/{run}/train/{dataset}/{model}/seed{seed}.tsv"
    wildcard_constraints:
        model=CONFIGURATION.any_of(own_models()),
    # The longest jobs of a run go first.
    priority: 1
    conda:
        "../../envs/tensorflow.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, input, attempt: training_mem_mb(wildcards, input.haplotypes) * attempt,
        runtime=lambda wildcards, input, attempt: round(240 + 120 * thousand_sites(input.haplotypes)) * attempt,
        gpu=1 if config["device"] == "gpu" else 0,
    params:
        script=script("train.py"),
        code=model_code("train.py"),
        settings=model_settings,
        device=config["device"],
        private=private_option,
        checkpoints=subpath(output.model, parent=True),
    message:
        "Training {wildcards.model} on {wildcards.dataset}, seed {wildcards.seed} (progress: {log})"
    shell:
        "python {params.script} --haplotypes {input.haplotypes} --split {input.split} --settings {params.settings:q}"
        " --seed {wildcards.seed} --threads {threads} --device {params.device} --code {params.code}"
        " --checkpoints {params.checkpoints}/checkpoints --model {output.model} --training {output.training}"
        " {params.private} > {log} 2>&1"
