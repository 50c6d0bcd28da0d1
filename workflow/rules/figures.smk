# Figures: one rule per kind of figure, each figure as SVG, as PNG and as the table of the numbers in it. {figure} is a name
# of the configuration, which may have several figures of a kind. All rules run `figure.py`; the name of an input is the
# option of `figure.py` that reads it. One job draws a figure for all data sets that it shows: starting takes as long as
# drawing.
#
# REQUIRED INPUTS
#   tables of compare, scan, impute and latent for every model and seed, and for the controls `ceiling` and `floor`;
#   folders {model}/seed{seed} tell the scripts what a table belongs to, and the order of files is that of the models
#   figures 1 and 3 also: results/{run}/compare/{dataset}/together/seed{seed}/pca.tsv, pca_variance.tsv, ld_matrix.tsv
#                         of the first seed
#   figure S1: results/{run}/train/{dataset}/{model}/seed{seed}/training.tsv, results/{run}/prepare/{dataset}/split.tsv
# OUTPUTS
#   results/{run}/figures/{figure}.svg, {figure}.png, {figure}.tsv, and {figure}.{dataset}.svg ... for data sets besides
#   the first
# CONFIG KEYS
#   figures, figure_params (which dataset and models a figure shows), models, seeds, imputation (panels), latent (model),
#   verdict (bounds that figures show)
COMPARED = "results/{run}/compare/{dataset}/{model}/seed{seed}"
TOGETHER = f"results/{{run}}/compare/{{dataset}}/together/seed{config['seeds'][0]}"
SCANNED = "results/{run}/scan/{dataset}/{model}/seed{seed}"
LATENT = "results/{run}/latent/{dataset}/seed{seed}"
TASKS = "results/{run}/latent/{dataset}/tasks/seed{seed}"
FIGURE = "results/{run}/figures/{figure}"


rule fig1_pca:
    """Draw principal components of real and artificial haplotypes."""
    input:
        figure_input(
            pca=figure_files(f"{TOGETHER}/pca.tsv"),
            pca_variance=figure_files(f"{TOGETHER}/pca_variance.tsv"),
            metrics=figure_files(f"{COMPARED}/metrics.tsv", others=CONTROLS),
        ),
    output:
        **figure_output("fig1_pca", "PCA"),
    log:
        "logs/{run}/figures/{figure}.log",
    benchmark:
        "benchmarks/{run}/figures/{figure}.tsv"
    wildcard_constraints:
        figure=figures_of("fig1_pca"),
    conda:
        "../../envs/plots.yaml"
    threads: 1
    resources:
        **requests(mem_mb=1000, runtime=10),
    params:
        script=script("figure.py"),
        name=lambda wildcards: CONFIGURATION.drawing_of(wildcards.figure),
        code=lambda wildcards: digest(
            "figure.py", f"artificial_genomes/figures/{CONFIGURATION.drawing_of(wildcards.figure)}.py"
        ),
        drawings=figure_arguments("--gates", settings("verdict")),
    message:
        "Drawing {wildcards.figure}"
    shell:
        "python {params.script:q} {params.name:q} {params.drawings:q} > {log:q} 2>&1"


use rule fig1_pca as fig2_frequencies with:
    """Draw allele frequencies and three-point correlations."""
    input:
        figure_input(
            allele_frequencies=figure_files(f"{COMPARED}/allele_frequencies.tsv"),
            three_point=figure_files(f"{COMPARED}/three_point.tsv", others=CONTROLS),
            metrics=figure_files(f"{COMPARED}/metrics.tsv", others=CONTROLS),
        ),
    output:
        **figure_output("fig2_frequencies", "Allele frequencies"),
    wildcard_constraints:
        figure=figures_of("fig2_frequencies"),
    params:
        drawings=figure_arguments("--gates", settings("verdict")),


use rule fig1_pca as fig3_ld with:
    """Draw linkage disequilibrium of real and artificial haplotypes."""
    input:
        figure_input(
            ld_matrix=figure_files(f"{TOGETHER}/ld_matrix.tsv"),
            ld_decay=figure_files(f"{COMPARED}/ld_decay.tsv", others=CONTROLS),
            metrics=figure_files(f"{COMPARED}/metrics.tsv", others=CONTROLS),
        ),
    output:
        **figure_output("fig3_ld", "Linkage disequilibrium"),
    wildcard_constraints:
        figure=figures_of("fig3_ld"),
    params:
        drawings=figure_arguments("--gates", settings("verdict")),


use rule fig1_pca as fig4_distances with:
    """Draw pairwise distances within AGs and to real haplotypes."""
    input:
        figure_input(
            distances=figure_files(f"{COMPARED}/distances.tsv", others=CONTROLS),
            metrics=figure_files(f"{COMPARED}/metrics.tsv", others=CONTROLS),
        ),
    output:
        **figure_output("fig4_distances", "Pairwise distances"),
    wildcard_constraints:
        figure=figures_of("fig4_distances"),
    params:
        drawings=figure_arguments("--gates", settings("verdict")),


use rule fig1_pca as fig5_privacy with:
    """Draw AATS parts, privacy loss and nearest-neighbor distances."""
    input:
        figure_input(
            nearest=figure_files(f"{COMPARED}/nearest.tsv", others=CONTROLS),
            metrics=figure_files(f"{COMPARED}/metrics.tsv", others=CONTROLS),
        ),
    output:
        **figure_output("fig5_privacy", "Privacy"),
    wildcard_constraints:
        figure=figures_of("fig5_privacy"),
    params:
        drawings=figure_arguments("--gates", settings("verdict")),


use rule fig1_pca as fig6_scans with:
    """Draw XP-EHH and PBS of real and artificial haplotypes."""
    input:
        figure_input(
            tracks=figure_files(f"{SCANNED}/tracks.tsv", others=["real"]),
            candidates=figure_files(f"{SCANNED}/candidates.tsv", others=["real"], models=[]),
            metrics=figure_files(f"{SCANNED}/metrics.tsv", others=CONTROLS),
            genes=lambda figure, dataset: PLAN.scan_file(dataset, "genes"),
        ),
    output:
        **figure_output("fig6_scans", "Selection scans"),
    wildcard_constraints:
        figure=figures_of("fig6_scans"),
    params:
        drawings=figure_arguments("--build", lambda dataset: PLAN.cohort(dataset)["build"]),


use rule fig1_pca as fig7_imputation with:
    """Draw imputation with and without AGs in the reference panel."""
    input:
        figure_input(
            gains=lambda figure, dataset: PLAN.gains(dataset)[:1],
        ),
    output:
        **figure_output("fig7_imputation", "Imputation"),
    wildcard_constraints:
        figure=figures_of("fig7_imputation"),
    params:
        drawings=figure_arguments(),


use rule fig1_pca as fig8_latent with:
    """Draw the hidden layer of the RBM as an encoding of haplotypes."""
    input:
        figure_input(
            coordinates=figure_files(f"{LATENT}/coordinates.tsv"),
            variance=figure_files(f"{LATENT}/variance.tsv"),
            metrics=figure_files(f"{TASKS}/metrics.tsv"),
        ),
    output:
        **figure_output("fig8_latent", "Hidden layer"),
    wildcard_constraints:
        figure=figures_of("fig8_latent"),
    params:
        drawings=figure_arguments("--model", config["latent"]["model"]),


use rule fig1_pca as figs1_training with:
    """Draw training curves and the chosen epochs."""
    input:
        figure_input(
            training=figure_files(
                "results/{run}/train/{dataset}/{model}/seed{seed}/training.tsv", models=PLAN.own_models()
            ),
            split=figure_files("results/{run}/prepare/{dataset}/split.tsv"),
        ),
    output:
        **figure_output("figs1_training", "Training"),
    wildcard_constraints:
        figure=figures_of("figs1_training"),
    params:
        drawings=figure_arguments(),


use rule fig1_pca as figs8_scans with:
    """Draw iHS, nSL, H12, haplotype diversity and Tajima's D of real and artificial haplotypes."""
    input:
        figure_input(
            tracks=figure_files(f"{SCANNED}/tracks.tsv", others=["real"]),
            candidates=figure_files(f"{SCANNED}/candidates.tsv", others=["real"], models=[]),
            metrics=figure_files(f"{SCANNED}/metrics.tsv", others=CONTROLS),
            genes=lambda figure, dataset: PLAN.scan_file(dataset, "genes"),
        ),
    output:
        **figure_output("figs8_scans", "Further selection scans"),
    wildcard_constraints:
        figure=figures_of("figs8_scans"),
    params:
        drawings=figure_arguments("--build", lambda dataset: PLAN.cohort(dataset)["build"]),


use rule fig1_pca as figs9_imputation with:
    """Draw where AGs help imputation: rare classes, number of AGs, calibration, programs."""
    input:
        figure_input(
            gains=lambda figure, dataset: PLAN.gains(dataset),
            calibration=figure_files("results/{run}/impute/{dataset}/{tool}/{panel}/seed{seed}/calibration.tsv"),
        ),
    output:
        **figure_output("figs9_imputation", "Imputation in detail"),
    wildcard_constraints:
        figure=figures_of("figs9_imputation"),
    params:
        drawings=figure_arguments(),


use rule fig1_pca as figs10_latent_modes with:
    """Draw what the hidden layer of the RBM has learnt."""
    input:
        figure_input(
            spectrum=figure_files(f"{LATENT}/spectrum.tsv"),
            modes=figure_files(f"{LATENT}/modes.tsv"),
            neighbours=figure_files(f"{LATENT}/neighbours.tsv"),
            units=figure_files(f"{LATENT}/units.tsv"),
            prototypes=figure_files(f"{LATENT}/prototypes.tsv"),
            coordinates=figure_files(f"{LATENT}/coordinates.tsv"),
            chains=figure_files(f"{LATENT}/chains.tsv"),
            paths=figure_files(f"{LATENT}/paths.tsv"),
        ),
    output:
        **figure_output("figs10_latent_modes", "Hidden layer: modes, units, prototypes"),
    wildcard_constraints:
        figure=figures_of("figs10_latent_modes"),
    params:
        drawings=figure_arguments("--model", config["latent"]["model"], "--sweeps", PLAN.latent_sweeps),


use rule fig1_pca as figs11_latent_tasks with:
    """Draw what the hidden layer of the RBM, and its AGs, are good for."""
    input:
        figure_input(
            tasks=figure_files(f"{TASKS}/metrics.tsv"),
            usefulness=figure_files(f"{TASKS}/{{model}}.tsv", others=["usefulness", *CONTROLS], models=[]),
            masked=lambda figure, dataset: PLAN.masked_tables(),
            populations=figure_files(
                "results/{run}/latent/{dataset}/conditional/{model}/seed{seed}/populations.tsv",
                others=CONFIGURATION.conditional_models(),
                models=[],
            ),
        ),
    output:
        **figure_output("figs11_latent_tasks", "Hidden layer: tasks"),
    wildcard_constraints:
        figure=figures_of("figs11_latent_tasks"),
    params:
        drawings=figure_arguments(),


use rule fig1_pca as figs12_attacks with:
    """Draw what attacks on membership find, and how much of what is planted."""
    input:
        figure_input(
            metrics=figure_files(f"{COMPARED}/metrics.tsv", others=CONTROLS),
        ),
    output:
        **figure_output("figs12_attacks", "Attacks on membership"),
    wildcard_constraints:
        figure=figures_of("figs12_attacks"),
    params:
        drawings=figure_arguments("--gates", settings("verdict")),


use rule fig1_pca as figs13_differences with:
    """Draw where AGs differ from real haplotypes of other individuals."""
    input:
        figure_input(
            differences=figure_files(f"{COMPARED}/differences.tsv", others=CONTROLS),
            metrics=figure_files(f"{COMPARED}/metrics.tsv", others=CONTROLS),
        ),
    output:
        **figure_output("figs13_differences", "Mutations and joins"),
    wildcard_constraints:
        figure=figures_of("figs13_differences"),
    params:
        drawings=figure_arguments(),


use rule fig1_pca as figs_models with:
    """Compare some models: variants of a kind, or a model and its comparators."""
    input:
        figure_input(
            pca=figure_files(f"{TOGETHER}/pca.tsv"),
            pca_variance=figure_files(f"{TOGETHER}/pca_variance.tsv"),
            allele_frequencies=figure_files(f"{COMPARED}/allele_frequencies.tsv"),
            ld_decay=figure_files(f"{COMPARED}/ld_decay.tsv", others=CONTROLS, unmatched=True),
            distances=figure_files(f"{COMPARED}/distances.tsv", others=CONTROLS, unmatched=True),
            metrics=figure_files(f"{COMPARED}/metrics.tsv", others=CONTROLS, unmatched=True),
        ),
    output:
        **figure_output("figs_models", "Comparison of models"),
    wildcard_constraints:
        figure=figures_of("figs_models"),
    params:
        drawings=figure_arguments("--gates", settings("verdict")),
