# Stage: train every model on every dataset, once with each seed.
#
# REQUIRED INPUTS: results/{run}/prepare/{dataset}/{haplotypes.vcz.zip,split.tsv}
# OUTPUTS: results/{run}/train/{dataset}/{model}/seed{seed}/
#   model.npz                         for a dataset in windows window{window}/model.npz, one a window
#   training.tsv                      losses and scores by epoch; for a dataset in windows with the column window
#   groups.tsv                        for a dataset in windows and a model with groups of ancestry: the group of each
#                                     training haplotype
# CONFIG KEYS: models, model_params, dataset_params.*.model_params, dataset_params.*.windows, seeds, device
#
# The folder `checkpoints` next to the outputs is not declared on purpose: Snakemake deletes the outputs of a job that
# was killed, and the training resumes from there.


rule group_ancestry:
    """Group the training haplotypes by ancestry, once for all windows."""
    input:
        haplotypes="results/{run}/prepare/{dataset}/haplotypes.vcz.zip",
        split="results/{run}/prepare/{dataset}/split.tsv",
    output:
        groups="results/{run}/train/{dataset}/{model}/seed{seed}/groups.tsv",
    log:
        "logs/{run}/group_ancestry/{dataset}/{model}/seed{seed}.log",
    benchmark:
        "benchmarks/{run}/group_ancestry/{dataset}/{model}/seed{seed}.tsv"
    wildcard_constraints:
        dataset=CONFIGURATION.any_of(PLAN.windowed_datasets()),
        model=CONFIGURATION.any_of(PLAN.trainable_models()),
    priority: 1
    conda:
        "../../envs/popgen.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, input, attempt: grouping(resources.memory_mb, input.haplotypes) * attempt,
        runtime=lambda wildcards, input, attempt: grouping(resources.runtime, input.haplotypes) * attempt,
    params:
        **program("group_ancestry.py"),
        groups=lambda wildcards: CONFIGURATION.model_settings(wildcards.dataset, wildcards.model)["ancestry_groups"],
        private=private_option,
    message:
        "Grouping the training haplotypes of {wildcards.dataset} by ancestry for {wildcards.model}, seed {wildcards.seed}"
    shell:
        "python {params.script:q} --haplotypes {input.haplotypes:q} --split {input.split:q} --groups {params.groups:q}"
        " --seed {wildcards.seed} --threads {threads} --output {output.groups:q} {params.private:q} > {log:q} 2>&1"


rule train:
    """Train one model and keep its best epoch."""
    input:
        haplotypes="results/{run}/prepare/{dataset}/haplotypes.vcz.zip",
        split="results/{run}/prepare/{dataset}/split.tsv",
        groups=of(PLAN.groups, "dataset", "model", "seed"),
        # The settings name them; they are inputs so that an edit of one retrains the model.
        named=model_files,
    output:
        model="results/{run}/train/{dataset}/{model}/seed{seed}/model.npz",
        training="results/{run}/train/{dataset}/{model}/seed{seed}/training.tsv",
    log:
        "logs/{run}/train/{dataset}/{model}/seed{seed}.log",
    benchmark:
        "benchmarks/{run}/train/{dataset}/{model}/seed{seed}.tsv"
    wildcard_constraints:
        dataset=CONFIGURATION.any_of(PLAN.whole_datasets()),
        model=CONFIGURATION.any_of(PLAN.trainable_models()),
    # The longest jobs of a run go first.
    priority: 1
    conda:
        "../../envs/tensorflow-gpu.yaml" if config["device"] == "gpu" else "../../envs/tensorflow.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, input, attempt: training_mem_mb(wildcards, input.haplotypes) * attempt,
        runtime=lambda wildcards, input, attempt: training_runtime(wildcards, input.haplotypes) * attempt,
        gpu=1 if config["device"] == "gpu" else 0,
    params:
        script=script("train.py"),
        code=model_code("train.py"),
        settings=json_of(CONFIGURATION.model_settings, "dataset", "model"),
        windows=window_arguments,
        device=config["device"],
        private=private_option,
        checkpoints=subpath(output.model, parent=True),
    message:
        "Training {wildcards.model} on {wildcards.dataset}, seed {wildcards.seed} (progress: {log})"
    shell:
        "python {params.script:q} --haplotypes {input.haplotypes:q} --split {input.split:q} --settings {params.settings:q}"
        " {params.windows:q} --groups {input.groups:q} --seed {wildcards.seed} --threads {threads}"
        " --device {params.device:q} --code {params.code:q} --checkpoints {params.checkpoints:q}/checkpoints"
        " --model {output.model:q} --training {output.training:q} {params.private:q} > {log:q} 2>&1"


use rule train as train_window with:
    """Train one model on one window of the sites and keep its best epoch."""
    output:
        model="results/{run}/train/{dataset}/{model}/seed{seed}/window{window}/model.npz",
        training="results/{run}/train/{dataset}/{model}/seed{seed}/window{window}/training.tsv",
    log:
        "logs/{run}/train/{dataset}/{model}/seed{seed}.window{window}.log",
    benchmark:
        "benchmarks/{run}/train/{dataset}/{model}/seed{seed}.window{window}.tsv"
    wildcard_constraints:
        dataset=CONFIGURATION.any_of(PLAN.windowed_datasets()),
        model=CONFIGURATION.any_of(PLAN.trainable_models()),
    message:
        "Training {wildcards.model} on window {wildcards.window} of {wildcards.dataset}, seed {wildcards.seed}"
        " (progress: {log})"


rule join_training:
    """Put the tables of the trainings of all windows together."""
    input:
        training=of(PLAN.trained_files, "dataset", "model", "seed", name="training.tsv"),
    output:
        training="results/{run}/train/{dataset}/{model}/seed{seed}/training.tsv",
    log:
        "logs/{run}/join_training/{dataset}/{model}/seed{seed}.log",
    benchmark:
        "benchmarks/{run}/join_training/{dataset}/{model}/seed{seed}.tsv"
    wildcard_constraints:
        dataset=CONFIGURATION.any_of(PLAN.windowed_datasets()),
        model=CONFIGURATION.any_of(PLAN.trainable_models()),
    conda:
        "../../envs/popgen.yaml"
    threads: 1
    resources:
        **requests(mem_mb=500, runtime=5),
    params:
        **program("join_training.py"),
    message:
        "Joining the trainings of {wildcards.model} on all windows of {wildcards.dataset}"
    shell:
        "python {params.script:q} --training {input.training:q} --output {output.training:q} > {log:q} 2>&1"
