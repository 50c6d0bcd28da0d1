# Figures: one rule per kind of figure, each figure as SVG, as PNG and as the table of the numbers in it. {figure} is a name
# of the configuration, which may have several figures of a kind. All rules run `figure.py`; the name of an input is the
# option of `figure.py` that reads it.
#
# REQUIRED INPUTS
#   tables of compare, scan, impute and latent for every model and seed, and for the controls `ceiling` and `floor`;
#   folders {model}/seed{seed} tell the scripts what a table belongs to, and the order of files is that of the models
#   figures 1 and 3 also: results/{run}/compare/{dataset}/together/seed{seed}/pca.tsv, pca_variance.tsv, ld_matrix.tsv
#                         of the first seed
#   figure S1: results/{run}/train/{dataset}/{model}/seed{seed}/training.tsv, results/{run}/prepare/{dataset}/split.tsv
# OUTPUTS
#   results/{run}/figures/{figure}.svg, {figure}.png, {figure}.tsv
# CONFIG KEYS
#   figures, figure_params (which dataset and models a figure shows), models, seeds, imputation (panels), latent (model),
#   verdict (bounds that figures show)
COMPARED = "results/{run}/compare/{dataset}/{model}/seed{seed}"
TOGETHER = f"results/{{run}}/compare/{{dataset}}/together/seed{config['seeds'][0]}"
SCANNED = "results/{run}/scan/{dataset}/{model}/seed{seed}"
LATENT = "results/{run}/latent/{dataset}/seed{seed}"
TASKS = "results/{run}/latent/{dataset}/tasks/seed{seed}"
FIGURE = "results/{run}/figures/{figure}.svg"
REPORTED = functools.partial(report, FIGURE, category="Figures", subcategory=of(PLAN.figure_dataset, "figure"))
BESIDE = {kind: f"results/{{run}}/figures/{{figure}}.{kind}" for kind in ("png", "tsv")}


rule fig1_pca:
    """Draw principal components of real and artificial haplotypes."""
    input:
        pca=figure_files("fig1_pca", f"{TOGETHER}/pca.tsv"),
        pca_variance=figure_files("fig1_pca", f"{TOGETHER}/pca_variance.tsv"),
        metrics=figure_files("fig1_pca", f"{COMPARED}/metrics.tsv", others=CONTROLS),
    output:
        **BESIDE,
        svg=REPORTED(caption="../report/fig1_pca.rst", labels={"figure": "{figure}", "shows": "PCA"}),
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
        tables=lambda wildcards, input: [
            word for name, files in input.items() for word in (f"--{name.replace('_', '-')}", *as_list(files))
        ],
        options=["--gates", settings("verdict")],
        private=private_option,
    message:
        "Drawing {wildcards.figure}"
    shell:
        "python {params.script:q} {params.name:q} {params.tables:q} {params.options:q} {params.private:q}"
        " --svg {output.svg:q} --png {output.png:q} --tsv {output.tsv:q} > {log:q} 2>&1"


use rule fig1_pca as fig2_frequencies with:
    """Draw allele frequencies and three-point correlations."""
    input:
        allele_frequencies=figure_files("fig2_frequencies", f"{COMPARED}/allele_frequencies.tsv"),
        three_point=figure_files("fig2_frequencies", f"{COMPARED}/three_point.tsv", others=CONTROLS),
        metrics=figure_files("fig2_frequencies", f"{COMPARED}/metrics.tsv", others=CONTROLS),
    output:
        **BESIDE,
        svg=REPORTED(
            caption="../report/fig2_frequencies.rst", labels={"figure": "{figure}", "shows": "Allele frequencies"}
        ),
    wildcard_constraints:
        figure=figures_of("fig2_frequencies"),
    params:
        options=["--gates", settings("verdict")],


use rule fig1_pca as fig3_ld with:
    """Draw linkage disequilibrium of real and artificial haplotypes."""
    input:
        ld_matrix=figure_files("fig3_ld", f"{TOGETHER}/ld_matrix.tsv"),
        ld_decay=figure_files("fig3_ld", f"{COMPARED}/ld_decay.tsv", others=CONTROLS),
        metrics=figure_files("fig3_ld", f"{COMPARED}/metrics.tsv", others=CONTROLS),
    output:
        **BESIDE,
        svg=REPORTED(caption="../report/fig3_ld.rst", labels={"figure": "{figure}", "shows": "Linkage disequilibrium"}),
    wildcard_constraints:
        figure=figures_of("fig3_ld"),
    params:
        options=["--gates", settings("verdict")],


use rule fig1_pca as fig4_distances with:
    """Draw pairwise distances within AGs and to real haplotypes."""
    input:
        distances=figure_files("fig4_distances", f"{COMPARED}/distances.tsv", others=CONTROLS),
        metrics=figure_files("fig4_distances", f"{COMPARED}/metrics.tsv", others=CONTROLS),
    output:
        **BESIDE,
        svg=REPORTED(
            caption="../report/fig4_distances.rst", labels={"figure": "{figure}", "shows": "Pairwise distances"}
        ),
    wildcard_constraints:
        figure=figures_of("fig4_distances"),
    params:
        options=["--gates", settings("verdict")],


use rule fig1_pca as fig5_privacy with:
    """Draw AATS parts, privacy loss and nearest-neighbor distances."""
    input:
        nearest=figure_files("fig5_privacy", f"{COMPARED}/nearest.tsv", others=CONTROLS),
        metrics=figure_files("fig5_privacy", f"{COMPARED}/metrics.tsv", others=CONTROLS),
    output:
        **BESIDE,
        svg=REPORTED(caption="../report/fig5_privacy.rst", labels={"figure": "{figure}", "shows": "Privacy"}),
    wildcard_constraints:
        figure=figures_of("fig5_privacy"),
    params:
        options=["--gates", settings("verdict")],


use rule fig1_pca as fig6_scans with:
    """Draw XP-EHH and PBS of real and artificial haplotypes."""
    input:
        tracks=figure_files("fig6_scans", f"{SCANNED}/tracks.tsv", others=["real"]),
        candidates=figure_files("fig6_scans", f"{SCANNED}/candidates.tsv", others=["real"], models=[]),
        metrics=figure_files("fig6_scans", f"{SCANNED}/metrics.tsv", others=CONTROLS),
        genes=of(PLAN.figure_genes, "figure"),
    output:
        **BESIDE,
        svg=REPORTED(caption="../report/fig6_scans.rst", labels={"figure": "{figure}", "shows": "Selection scans"}),
    wildcard_constraints:
        figure=figures_of("fig6_scans"),
    params:
        options=lambda wildcards: ["--build", cohort_key("build")(wildcards)],


use rule fig1_pca as fig7_imputation with:
    """Draw imputation with and without AGs in the reference panel."""
    input:
        gains=PLAN.figure_gains("fig7_imputation")[:1],
    output:
        **BESIDE,
        svg=REPORTED(caption="../report/fig7_imputation.rst", labels={"figure": "{figure}", "shows": "Imputation"}),
    wildcard_constraints:
        figure=figures_of("fig7_imputation"),
    params:
        options=[],


use rule fig1_pca as fig8_latent with:
    """Draw the hidden layer of the RBM as an encoding of haplotypes."""
    input:
        coordinates=figure_files("fig8_latent", f"{LATENT}/coordinates.tsv"),
        variance=figure_files("fig8_latent", f"{LATENT}/variance.tsv"),
        metrics=figure_files("fig8_latent", f"{TASKS}/metrics.tsv"),
    output:
        **BESIDE,
        svg=REPORTED(caption="../report/fig8_latent.rst", labels={"figure": "{figure}", "shows": "Hidden layer"}),
    wildcard_constraints:
        figure=figures_of("fig8_latent"),
    params:
        options=["--model", config["latent"]["model"]],


use rule fig1_pca as figs1_training with:
    """Draw training curves and the chosen epochs."""
    input:
        training=figure_files(
            "figs1_training", "results/{run}/train/{dataset}/{model}/seed{seed}/training.tsv", models=PLAN.own_models()
        ),
        split=figure_files("figs1_training", "results/{run}/prepare/{dataset}/split.tsv"),
    output:
        **BESIDE,
        svg=REPORTED(caption="../report/figs1_training.rst", labels={"figure": "{figure}", "shows": "Training"}),
    wildcard_constraints:
        figure=figures_of("figs1_training"),
    params:
        options=[],


use rule fig1_pca as figs8_scans with:
    """Draw iHS, nSL, H12, haplotype diversity and Tajima's D of real and artificial haplotypes."""
    input:
        tracks=figure_files("figs8_scans", f"{SCANNED}/tracks.tsv", others=["real"]),
        candidates=figure_files("figs8_scans", f"{SCANNED}/candidates.tsv", others=["real"], models=[]),
        metrics=figure_files("figs8_scans", f"{SCANNED}/metrics.tsv", others=CONTROLS),
        genes=of(PLAN.figure_genes, "figure"),
    output:
        **BESIDE,
        svg=REPORTED(
            caption="../report/figs8_scans.rst", labels={"figure": "{figure}", "shows": "Further selection scans"}
        ),
    wildcard_constraints:
        figure=figures_of("figs8_scans"),
    params:
        options=lambda wildcards: ["--build", cohort_key("build")(wildcards)],


use rule fig1_pca as figs9_imputation with:
    """Draw where AGs help imputation: rare classes, number of AGs, calibration, programs."""
    input:
        gains=PLAN.figure_gains("figs9_imputation"),
        calibration=figure_files(
            "figs9_imputation", "results/{run}/impute/{dataset}/{tool}/{panel}/seed{seed}/calibration.tsv"
        ),
    output:
        **BESIDE,
        svg=REPORTED(
            caption="../report/figs9_imputation.rst", labels={"figure": "{figure}", "shows": "Imputation in detail"}
        ),
    wildcard_constraints:
        figure=figures_of("figs9_imputation"),
    params:
        options=[],


use rule fig1_pca as figs10_latent_modes with:
    """Draw what the hidden layer of the RBM has learnt."""
    input:
        spectrum=figure_files("figs10_latent_modes", f"{LATENT}/spectrum.tsv"),
        modes=figure_files("figs10_latent_modes", f"{LATENT}/modes.tsv"),
        neighbours=figure_files("figs10_latent_modes", f"{LATENT}/neighbours.tsv"),
        units=figure_files("figs10_latent_modes", f"{LATENT}/units.tsv"),
        prototypes=figure_files("figs10_latent_modes", f"{LATENT}/prototypes.tsv"),
        coordinates=figure_files("figs10_latent_modes", f"{LATENT}/coordinates.tsv"),
        chains=figure_files("figs10_latent_modes", f"{LATENT}/chains.tsv"),
        paths=figure_files("figs10_latent_modes", f"{LATENT}/paths.tsv"),
    output:
        **BESIDE,
        svg=REPORTED(
            caption="../report/figs10_latent_modes.rst",
            labels={"figure": "{figure}", "shows": "Hidden layer: modes, units, prototypes"},
        ),
    wildcard_constraints:
        figure=figures_of("figs10_latent_modes"),
    params:
        options=["--model", config["latent"]["model"], "--sweeps", PLAN.latent_sweeps("figs10_latent_modes")],


use rule fig1_pca as figs11_latent_tasks with:
    """Draw what the hidden layer of the RBM, and its AGs, are good for."""
    input:
        tasks=figure_files("figs11_latent_tasks", f"{TASKS}/metrics.tsv"),
        usefulness=figure_files(
            "figs11_latent_tasks", f"{TASKS}/{{model}}.tsv", others=["usefulness", *CONTROLS], models=[]
        ),
        masked=[
            f"{RESULTS}/latent/{dataset}/masked/seed{seed}/{table}.tsv"
            for dataset in config["latent"]["masked_datasets"][:1]
            for seed in config["seeds"]
            for table in ("metrics", "beagle", "commonest")
        ],
        populations=(
            figure_files(
                "figs11_latent_tasks",
                "results/{run}/latent/{dataset}/conditional/{model}/seed{seed}/populations.tsv",
                others=CONFIGURATION.conditional_models(),
                models=[],
            )
            if CONFIGURATION.conditional_models()
            else []
        ),
    output:
        **BESIDE,
        svg=REPORTED(
            caption="../report/figs11_latent_tasks.rst", labels={"figure": "{figure}", "shows": "Hidden layer: tasks"}
        ),
    wildcard_constraints:
        figure=figures_of("figs11_latent_tasks"),
    params:
        options=[],


use rule fig1_pca as figs12_attacks with:
    """Draw what attacks on membership find, and how much of what is planted."""
    input:
        metrics=figure_files("figs12_attacks", f"{COMPARED}/metrics.tsv", others=CONTROLS),
    output:
        **BESIDE,
        svg=REPORTED(
            caption="../report/figs12_attacks.rst", labels={"figure": "{figure}", "shows": "Attacks on membership"}
        ),
    wildcard_constraints:
        figure=figures_of("figs12_attacks"),
    params:
        options=["--gates", settings("verdict")],


use rule fig1_pca as figs_models with:
    """Compare some models: variants of a kind, or a model and its comparators."""
    input:
        pca=figure_files("figs_models", f"{TOGETHER}/pca.tsv"),
        pca_variance=figure_files("figs_models", f"{TOGETHER}/pca_variance.tsv"),
        allele_frequencies=figure_files("figs_models", f"{COMPARED}/allele_frequencies.tsv"),
        ld_decay=figure_files("figs_models", f"{COMPARED}/ld_decay.tsv", others=CONTROLS, unmatched=True),
        distances=figure_files("figs_models", f"{COMPARED}/distances.tsv", others=CONTROLS, unmatched=True),
        metrics=figure_files("figs_models", f"{COMPARED}/metrics.tsv", others=CONTROLS, unmatched=True),
    output:
        **BESIDE,
        svg=REPORTED(
            caption="../report/figs_models.rst", labels={"figure": "{figure}", "shows": "Comparison of models"}
        ),
    wildcard_constraints:
        figure=figures_of("figs_models"),
    params:
        options=["--gates", settings("verdict")],
