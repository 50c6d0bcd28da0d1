# Latent: the hidden layer of the RBM as an encoding of haplotypes.
#
# REQUIRED INPUTS
#   results/{run}/prepare/{dataset}/haplotypes.vcz.zip, split.tsv
#   results/{run}/train/{dataset}/{model}/seed{seed}/model.npz             {model} is an RBM
#   results/{run}/generate/{dataset}/{model}/seed{seed}/genomes.vcz.zip
# OUTPUTS
#   results/{run}/latent/{dataset}/seed{seed}/
#     coordinates.tsv   space (hidden, genotypes) set (train, test, ag) superpopulation pc1 pc2 (no names of people)
#     variance.tsv      space axis explained
#     metrics.tsv       reference metric value ci_low ci_high n
# CONFIG KEYS
#   latent
rule latent:
    """Encode real and artificial haplotypes by the hidden layer, map the codes and classify populations."""
    input:
        haplotypes="results/{run}/prepare/{dataset}/haplotypes.vcz.zip",
        split="results/{run}/prepare/{dataset}/split.tsv",
        model=collect(
            "results/{{run}}/train/{{dataset}}/{model}/seed{{seed}}/model.npz", model=config["latent"]["model"]
        ),
        genomes=collect(
            "results/{{run}}/generate/{{dataset}}/{model}/seed{{seed}}/genomes.vcz.zip",
            model=config["latent"]["model"],
        ),
    output:
        coordinates="results/{run}/latent/{dataset}/seed{seed}/coordinates.tsv",
        variance="results/{run}/latent/{dataset}/seed{seed}/variance.tsv",
        metrics="results/{run}/latent/{dataset}/seed{seed}/metrics.tsv",
    log:
        "logs/{run}/latent/{dataset}/seed{seed}.log",
    benchmark:
        "benchmarks/{run}/latent/{dataset}/seed{seed}.tsv"
    conda:
        "../../envs/popgen.yaml"
    threads: 2
    resources:
        mem_mb=lambda wildcards, attempt: 1500 * attempt,
        runtime=lambda wildcards, attempt: 20 * attempt,
    params:
        script=script("latent.py"),
        code=digest("latent.py", "artificial_genomes/models/rbm.py"),
        model=config["latent"]["model"],
    message:
        "Exploring the hidden layer of {params.model} on {wildcards.dataset} (seed {wildcards.seed})"
    shell:
        "python {params.script:q} --model {input.model:q} --haplotypes {input.haplotypes:q} --split {input.split:q}"
        " --genomes {input.genomes:q} --seed {wildcards.seed} --coordinates {output.coordinates:q}"
        " --variance {output.variance:q} --metrics {output.metrics:q} > {log:q} 2>&1"
