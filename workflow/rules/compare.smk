# Compare: artificial genomes against real haplotypes, n against n, and the two controls instead of AGs.
#
# REQUIRED INPUTS
#   results/{run}/prepare/{dataset}/haplotypes.vcz.zip, split.tsv
#   results/{run}/generate/{dataset}/{model}/seed{seed}/genomes.vcz.zip   (not for the controls)
#   results/{run}/generate/{dataset}/{model}/seed{seed}/split.tsv         for AGs made elsewhere, instead of prepare's
# OUTPUTS (compare/tables.py has their lists)
#   results/{run}/compare/{dataset}/{model}/seed{seed}/   {model} is a model, or the control `ceiling` or `floor`, or,
#                            for AGs that the user brings, {model}.ceiling and {model}.floor, with their split and number
#     metrics.tsv              reference metric value ci_low ci_high n
#     allele_frequencies.tsv   reference contig position id real ag
#     spectrum.tsv             reference maf_low maf_high real ag (numbers of sites)
#     ld_decay.tsv             reference start_bp end_bp pairs real ag
#     ld_by_maf.tsv            reference maf_low maf_high pairs real ag r (by the rarer site of a pair)
#     three_point.tsv          reference gap real ag
#     distances.tsv            reference comparison distance count
#     nearest.tsv              reference kind distance count
#     pca.tsv                  reference set superpopulation pc1 ... (no names of individuals)
#     pca_variance.tsv         reference axis explained
#     populations.tsv          reference population real ag (haplotypes assigned by their nearest neighbours)
#     fst.tsv                  reference population_a population_b real ag
#     haplotype_windows.tsv    reference contig start_bp end_bp real ag (haplotype heterozygosity)
#     differences.tsv          reference part low high sites real ag n (from haplotypes of others: mutations and joins)
#     attacks.tsv              attack unit group members others auc tpr_at_0.01 tpr_at_0.001 epsilon_low, with intervals
#     power.tsv                planting attack planted tpr_at_0.01, with its interval
#     flagged.tsv              haplotype distance threshold reason population (AGs too near to a training haplotype)
#   results/{run}/compare/{dataset}/together/seed{seed}/   all models with the sites of the dataset
#     metrics.tsv              model reference metric ... (on the axes of one PCA of all sets that the workflow makes)
#     pca.tsv                  set superpopulation pc1 ... (on the same axes)
#     pca_variance.tsv         axis explained
#     ld_matrix.tsv            contig_a position_a contig_b position_b r2_real r2_{model} ... (at most 200 sites)
#   for a model whose AGs have sites of their own only metrics.tsv (fewer of them), ld_decay.tsv and distances.tsv
# CONFIG KEYS
#   compare, models
rule compare:
    """Compare one AG set with the real haplotypes of its dataset."""
    input:
        haplotypes="results/{run}/prepare/{dataset}/haplotypes.vcz.zip",
        split=of(PLAN.split, "dataset", "model", "seed"),
        genomes="results/{run}/generate/{dataset}/{model}/seed{seed}/genomes.vcz.zip",
    output:
        **compare_tables("{model}"),
    log:
        "logs/{run}/compare/{dataset}/{model}/seed{seed}.log",
    benchmark:
        "benchmarks/{run}/compare/{dataset}/{model}/seed{seed}.tsv"
    wildcard_constraints:
        model=CONFIGURATION.any_of(CONFIGURATION.matched_models()),
    conda:
        "../../envs/popgen.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, input, attempt: memory_for("compare", input.haplotypes) * attempt,
        runtime=lambda wildcards, input, attempt: minutes_for("compare", input.haplotypes) * attempt,
    params:
        script=script("compare.py"),
        code=digest("compare.py"),
        candidate=lambda wildcards, input: ["--genomes", input.genomes],
        settings=json_of(PLAN.comparing, "dataset"),
        folder=subpath(output.metrics, parent=True),
    message:
        "Comparing {wildcards.model} AGs of {wildcards.dataset} (seed {wildcards.seed}) with real haplotypes"
    shell:
        "python {params.script:q} --haplotypes {input.haplotypes:q} --split {input.split:q} {params.candidate:q}"
        " --settings {params.settings:q} --threads {threads} --output {params.folder:q} > {log:q} 2>&1"


use rule compare as compare_unmatched with:
    """Compare one AG set that has sites of its own with real haplotypes, by what needs no common sites."""
    output:
        **compare_tables("{model}", UNMATCHED),
    wildcard_constraints:
        model=CONFIGURATION.any_of(PLAN.unmatched_models()),
    params:
        candidate=lambda wildcards, input: ["--genomes", input.genomes, "--unmatched"],


use rule compare as compare_control with:
    """Compare a control with the real haplotypes of a dataset: the best and the least that AGs can score."""
    input:
        haplotypes="results/{run}/prepare/{dataset}/haplotypes.vcz.zip",
        split="results/{run}/prepare/{dataset}/split.tsv",
    wildcard_constraints:
        model=CONFIGURATION.any_of(CONTROLS),
    params:
        candidate=lambda wildcards: ["--control", wildcards.model, "--seed", wildcards.seed],
    message:
        "Comparing the {wildcards.model} of {wildcards.dataset} (seed {wildcards.seed}) with real haplotypes"


use rule compare as compare_external_control with:
    """Compare a control as large as an AG set that the user brings, by the split of that set."""
    input:
        haplotypes="results/{run}/prepare/{dataset}/haplotypes.vcz.zip",
        split=of(PLAN.imported, "dataset", "model", name="split.tsv"),
        genomes=of(PLAN.imported, "dataset", "model", name="genomes.vcz.zip"),
    output:
        **compare_tables("{model}.{control}"),
    log:
        "logs/{run}/compare/{dataset}/{model}.{control}/seed{seed}.log",
    benchmark:
        "benchmarks/{run}/compare/{dataset}/{model}.{control}/seed{seed}.tsv"
    wildcard_constraints:
        model=CONFIGURATION.any_of(CONFIGURATION.external_models()),
    params:
        candidate=lambda wildcards, input: [
            *("--control", wildcards.control),
            *("--like", input.genomes),
            *("--seed", wildcards.seed),
        ],
    message:
        "Comparing the {wildcards.control} for {wildcards.model} AGs of {wildcards.dataset} (seed {wildcards.seed}) with"
        " real haplotypes"


use rule compare as compare_together with:
    """Compare all AG sets of a dataset with real haplotypes on the axes of one PCA of all of them."""
    input:
        haplotypes="results/{run}/prepare/{dataset}/haplotypes.vcz.zip",
        split="results/{run}/prepare/{dataset}/split.tsv",
        genomes=collect(
            "results/{{run}}/generate/{{dataset}}/{model}/seed{{seed}}/genomes.vcz.zip",
            model=of(PLAN.placed_together, "dataset", "seed"),
        ),
    output:
        **compare_tables("together", TOGETHER),
    log:
        "logs/{run}/compare_together/{dataset}/seed{seed}.log",
    benchmark:
        "benchmarks/{run}/compare_together/{dataset}/seed{seed}.tsv"
    resources:
        mem_mb=lambda wildcards, input, attempt: memory_for("compare_together", input[0], sets=input.genomes) * attempt,
        runtime=lambda wildcards, input, attempt: minutes_for("compare_together", input.haplotypes) * attempt,
    params:
        script=script("compare_together.py"),
        code=digest("compare_together.py"),
        candidate=lambda wildcards, input: [
            *("--genomes", *input.genomes),
            *("--fitted", *PLAN.trained_together(wildcards.dataset)),
            *("--seed", wildcards.seed),
        ],
    message:
        "Comparing all AGs of {wildcards.dataset} (seed {wildcards.seed}) with real haplotypes on common axes"
