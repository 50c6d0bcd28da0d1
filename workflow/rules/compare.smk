# Compare: artificial genomes against real haplotypes, n against n, and the two controls in their place.
#
# REQUIRED INPUTS
#   results/{run}/prepare/{dataset}/haplotypes.vcz.zip, split.tsv
#   results/{run}/generate/{dataset}/{model}/seed{seed}/genomes.vcz.zip   (not for the controls)
# OUTPUTS
#   results/{run}/compare/{dataset}/{model}/seed{seed}/   {model} is a model, or the control `ceiling` or `floor`
#     metrics.tsv              reference metric value ci_low ci_high n
#     allele_frequencies.tsv   reference contig position id real ag
#     ld_decay.tsv             reference start_bp end_bp pairs real ag
#     three_point.tsv          reference gap real ag
#     distances.tsv            reference comparison distance count
#     nearest.tsv              reference kind distance count
#     pca.tsv                  reference set superpopulation pc1 ... (no names of people)
#     pca_variance.tsv         reference axis explained
#   for a model whose AGs have sites of their own only metrics.tsv (fewer of them), ld_decay.tsv and distances.tsv
# CONFIG KEYS
#   compare, models
rule compare:
    """Compare one AG set with the real haplotypes of its dataset."""
    input:
        haplotypes="results/{run}/prepare/{dataset}/haplotypes.vcz.zip",
        split="results/{run}/prepare/{dataset}/split.tsv",
        genomes="results/{run}/generate/{dataset}/{model}/seed{seed}/genomes.vcz.zip",
    output:
        metrics="results/{run}/compare/{dataset}/{model}/seed{seed}/metrics.tsv",
        allele_frequencies="results/{run}/compare/{dataset}/{model}/seed{seed}/allele_frequencies.tsv",
        ld_decay="results/{run}/compare/{dataset}/{model}/seed{seed}/ld_decay.tsv",
        three_point="results/{run}/compare/{dataset}/{model}/seed{seed}/three_point.tsv",
        distances="results/{run}/compare/{dataset}/{model}/seed{seed}/distances.tsv",
        nearest="results/{run}/compare/{dataset}/{model}/seed{seed}/nearest.tsv",
        pca="results/{run}/compare/{dataset}/{model}/seed{seed}/pca.tsv",
        pca_variance="results/{run}/compare/{dataset}/{model}/seed{seed}/pca_variance.tsv",
    log:
        "logs/{run}/compare/{dataset}/{model}/seed{seed}.log",
    benchmark:
        "benchmarks/{run}/compare/{dataset}/{model}/seed{seed}.tsv"
    wildcard_constraints:
        model=CONFIGURATION.any_of(matched_models()),
    conda:
        "../../envs/popgen.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        script=script("compare.py"),
        code=digest("compare.py"),
        settings=settings("compare"),
        folder=subpath(output.metrics, parent=True),
    message:
        "Comparing {wildcards.model} AGs of {wildcards.dataset} (seed {wildcards.seed}) with real haplotypes"
    shell:
        "python {params.script:q} --haplotypes {input.haplotypes:q} --split {input.split:q} --genomes {input.genomes:q}"
        " --settings {params.settings:q} --threads {threads} --output {params.folder:q} > {log:q} 2>&1"


rule compare_unmatched:
    """Compare one AG set that has sites of its own with real haplotypes, by what needs no common sites."""
    input:
        haplotypes="results/{run}/prepare/{dataset}/haplotypes.vcz.zip",
        split="results/{run}/prepare/{dataset}/split.tsv",
        genomes="results/{run}/generate/{dataset}/{model}/seed{seed}/genomes.vcz.zip",
    output:
        metrics="results/{run}/compare/{dataset}/{model}/seed{seed}/metrics.tsv",
        ld_decay="results/{run}/compare/{dataset}/{model}/seed{seed}/ld_decay.tsv",
        distances="results/{run}/compare/{dataset}/{model}/seed{seed}/distances.tsv",
    log:
        "logs/{run}/compare_unmatched/{dataset}/{model}/seed{seed}.log",
    benchmark:
        "benchmarks/{run}/compare_unmatched/{dataset}/{model}/seed{seed}.tsv"
    wildcard_constraints:
        model=CONFIGURATION.any_of(unmatched_models()),
    conda:
        "../../envs/popgen.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        script=script("compare.py"),
        code=digest("compare.py"),
        settings=settings("compare"),
        folder=subpath(output.metrics, parent=True),
    message:
        "Comparing {wildcards.model} AGs of {wildcards.dataset} (seed {wildcards.seed}) with real haplotypes"
    shell:
        "python {params.script:q} --haplotypes {input.haplotypes:q} --split {input.split:q} --genomes {input.genomes:q}"
        " --unmatched --settings {params.settings:q} --threads {threads} --output {params.folder:q} > {log:q} 2>&1"


rule compare_control:
    """Compare a control with the real haplotypes of a dataset: the best and the least that AGs can score."""
    input:
        haplotypes="results/{run}/prepare/{dataset}/haplotypes.vcz.zip",
        split="results/{run}/prepare/{dataset}/split.tsv",
    output:
        metrics="results/{run}/compare/{dataset}/{model}/seed{seed}/metrics.tsv",
        allele_frequencies="results/{run}/compare/{dataset}/{model}/seed{seed}/allele_frequencies.tsv",
        ld_decay="results/{run}/compare/{dataset}/{model}/seed{seed}/ld_decay.tsv",
        three_point="results/{run}/compare/{dataset}/{model}/seed{seed}/three_point.tsv",
        distances="results/{run}/compare/{dataset}/{model}/seed{seed}/distances.tsv",
        nearest="results/{run}/compare/{dataset}/{model}/seed{seed}/nearest.tsv",
        pca="results/{run}/compare/{dataset}/{model}/seed{seed}/pca.tsv",
        pca_variance="results/{run}/compare/{dataset}/{model}/seed{seed}/pca_variance.tsv",
    log:
        "logs/{run}/compare/{dataset}/{model}/seed{seed}.log",
    benchmark:
        "benchmarks/{run}/compare/{dataset}/{model}/seed{seed}.tsv"
    wildcard_constraints:
        model="ceiling|floor",
    conda:
        "../../envs/popgen.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        script=script("compare.py"),
        code=digest("compare.py"),
        settings=settings("compare"),
        folder=subpath(output.metrics, parent=True),
    message:
        "Comparing the {wildcards.model} of {wildcards.dataset} (seed {wildcards.seed}) with real haplotypes"
    shell:
        "python {params.script:q} --haplotypes {input.haplotypes:q} --split {input.split:q}"
        " --control {wildcards.model:q} --seed {wildcards.seed} --settings {params.settings:q} --threads {threads}"
        " --output {params.folder:q} > {log:q} 2>&1"
