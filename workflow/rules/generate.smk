# Stage: generate artificial genomes from every trained model.
#
# REQUIRED INPUTS: results/{run}/train/{dataset}/{model}/seed{seed}/model.npz and the dataset's haplotypes and split
# OUTPUTS: results/{run}/generate/{dataset}/{model}/seed{seed}/genomes.vcz.zip
# CONFIG KEYS: models, seeds


rule generate:
    """Generate as many artificial haplotypes as the dataset has real ones."""
    input:
        model="results/{run}/train/{dataset}/{model}/seed{seed}/model.npz",
        haplotypes="results/{run}/prepare/{dataset}/haplotypes.vcz.zip",
        split="results/{run}/prepare/{dataset}/split.tsv",
    output:
        genomes="results/{run}/generate/{dataset}/{model}/seed{seed}/genomes.vcz.zip",
    log:
        "logs/{run}/generate/{dataset}/{model}/seed{seed}.log",
    benchmark:
        "benchmarks/{run}/generate/{dataset}/{model}/seed{seed}.tsv"
    conda:
        "../../envs/popgen.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1500 * attempt,
        runtime=30,
    params:
        script=script("generate.py"),
        code=model_code("generate.py"),
    message:
        "Generating artificial genomes of {wildcards.dataset} with {wildcards.model}, seed {wildcards.seed}"
    shell:
        "python {params.script} --model {input.model} --haplotypes {input.haplotypes} --split {input.split}"
        " --seed {wildcards.seed} --genomes {output.genomes} > {log} 2>&1"
