# Figures: one rule a kind of figure, each figure as SVG, as PNG and as the table of the numbers in it. {figure} is a name
# of the configuration, which may have several figures of a kind.
#
# REQUIRED INPUTS
#   tables of compare, scan, impute and latent for every model and seed, and for the controls `ceiling` and `floor`;
#   folders {model}/seed{seed} tell the scripts what a table belongs to, and the order of files is that of the models
#   figures 1 and 3 also: results/{run}/prepare/{dataset}/haplotypes.vcz.zip, split.tsv
#                         results/{run}/generate/{dataset}/{model}/seed{seed}/genomes.vcz.zip
#   figure S1: results/{run}/train/{dataset}/{model}/seed{seed}/training.tsv, results/{run}/prepare/{dataset}/split.tsv
# OUTPUTS
#   results/{run}/figures/{figure}.svg, {figure}.png, {figure}.tsv
# CONFIG KEYS
#   figures, figure_params (which dataset and models a figure shows), models, seeds, imputation (panels), latent (model)


rule fig1_pca:
    """Draw principal components of real and artificial haplotypes."""
    input:
        haplotypes=figure_files("fig1_pca", "results/{run}/prepare/{dataset}/haplotypes.vcz.zip"),
        split=figure_files("fig1_pca", "results/{run}/prepare/{dataset}/split.tsv"),
        genomes=figure_files("fig1_pca", "results/{run}/generate/{dataset}/{model}/seed{seed}/genomes.vcz.zip"),
        metrics=figure_files(
            "fig1_pca",
            "results/{run}/compare/{dataset}/{model}/seed{seed}/metrics.tsv",
            others=["ceiling", "floor"],
        ),
    output:
        svg=report(
            "results/{run}/figures/{figure}.svg",
            caption="../report/fig1_pca.rst",
            category="Figures",
            labels={"figure": "{figure}", "shows": "PCA"},
        ),
        png="results/{run}/figures/{figure}.png",
        tsv="results/{run}/figures/{figure}.tsv",
    log:
        "logs/{run}/fig1_pca/{figure}.log",
    benchmark:
        "benchmarks/{run}/fig1_pca/{figure}.tsv"
    wildcard_constraints:
        figure=figures_of("fig1_pca"),
    conda:
        "../../envs/plots.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, input, attempt: memory_for("compare", input.haplotypes[0]) * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        script=script("fig1_pca.py"),
        code=digest("fig1_pca.py"),
        private=lambda wildcards: figure_private(wildcards.figure),
    message:
        "Drawing {wildcards.figure}: principal components"
    shell:
        "python {params.script:q} --haplotypes {input.haplotypes:q} --split {input.split:q}"
        " --genomes {input.genomes:q} --metrics {input.metrics:q} --svg {output.svg:q} --png {output.png:q}"
        " --tsv {output.tsv:q} {params.private:q} > {log:q} 2>&1"


rule fig2_frequencies:
    """Draw allele frequencies and three-point correlations."""
    input:
        allele_frequencies=figure_files(
            "fig2_frequencies",
            "results/{run}/compare/{dataset}/{model}/seed{seed}/allele_frequencies.tsv",
        ),
        three_point=figure_files(
            "fig2_frequencies",
            "results/{run}/compare/{dataset}/{model}/seed{seed}/three_point.tsv",
            others=["ceiling", "floor"],
        ),
        metrics=figure_files(
            "fig2_frequencies",
            "results/{run}/compare/{dataset}/{model}/seed{seed}/metrics.tsv",
            others=["ceiling", "floor"],
        ),
    output:
        svg=report(
            "results/{run}/figures/{figure}.svg",
            caption="../report/fig2_frequencies.rst",
            category="Figures",
            labels={"figure": "{figure}", "shows": "Allele frequencies"},
        ),
        png="results/{run}/figures/{figure}.png",
        tsv="results/{run}/figures/{figure}.tsv",
    log:
        "logs/{run}/fig2_frequencies/{figure}.log",
    benchmark:
        "benchmarks/{run}/fig2_frequencies/{figure}.tsv"
    wildcard_constraints:
        figure=figures_of("fig2_frequencies"),
    conda:
        "../../envs/plots.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        script=script("fig2_frequencies.py"),
        code=digest("fig2_frequencies.py"),
        private=lambda wildcards: figure_private(wildcards.figure),
    message:
        "Drawing {wildcards.figure}: allele frequencies and three-point correlations"
    shell:
        "python {params.script:q} --allele-frequencies {input.allele_frequencies:q}"
        " --three-point {input.three_point:q} --metrics {input.metrics:q} --svg {output.svg:q}"
        " --png {output.png:q} --tsv {output.tsv:q} {params.private:q} > {log:q} 2>&1"


rule fig3_ld:
    """Draw linkage disequilibrium of real and artificial haplotypes."""
    input:
        haplotypes=figure_files("fig3_ld", "results/{run}/prepare/{dataset}/haplotypes.vcz.zip"),
        split=figure_files("fig3_ld", "results/{run}/prepare/{dataset}/split.tsv"),
        genomes=figure_files("fig3_ld", "results/{run}/generate/{dataset}/{model}/seed{seed}/genomes.vcz.zip"),
        ld_decay=figure_files(
            "fig3_ld",
            "results/{run}/compare/{dataset}/{model}/seed{seed}/ld_decay.tsv",
            others=["ceiling", "floor"],
        ),
        metrics=figure_files(
            "fig3_ld",
            "results/{run}/compare/{dataset}/{model}/seed{seed}/metrics.tsv",
            others=["ceiling", "floor"],
        ),
    output:
        svg=report(
            "results/{run}/figures/{figure}.svg",
            caption="../report/fig3_ld.rst",
            category="Figures",
            labels={"figure": "{figure}", "shows": "Linkage disequilibrium"},
        ),
        png="results/{run}/figures/{figure}.png",
        tsv="results/{run}/figures/{figure}.tsv",
    log:
        "logs/{run}/fig3_ld/{figure}.log",
    benchmark:
        "benchmarks/{run}/fig3_ld/{figure}.tsv"
    wildcard_constraints:
        figure=figures_of("fig3_ld"),
    conda:
        "../../envs/plots.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, input, attempt: memory_for("compare", input.haplotypes[0]) * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        script=script("fig3_ld.py"),
        code=digest("fig3_ld.py"),
    message:
        "Drawing {wildcards.figure}: linkage disequilibrium"
    shell:
        "python {params.script:q} --haplotypes {input.haplotypes:q} --split {input.split:q}"
        " --genomes {input.genomes:q} --ld-decay {input.ld_decay:q} --metrics {input.metrics:q}"
        " --svg {output.svg:q} --png {output.png:q} --tsv {output.tsv:q} > {log:q} 2>&1"


rule fig4_distances:
    """Draw pairwise distances within AGs and to real haplotypes."""
    input:
        distances=figure_files(
            "fig4_distances",
            "results/{run}/compare/{dataset}/{model}/seed{seed}/distances.tsv",
            others=["ceiling", "floor"],
        ),
        metrics=figure_files(
            "fig4_distances",
            "results/{run}/compare/{dataset}/{model}/seed{seed}/metrics.tsv",
            others=["ceiling", "floor"],
        ),
    output:
        svg=report(
            "results/{run}/figures/{figure}.svg",
            caption="../report/fig4_distances.rst",
            category="Figures",
            labels={"figure": "{figure}", "shows": "Pairwise distances"},
        ),
        png="results/{run}/figures/{figure}.png",
        tsv="results/{run}/figures/{figure}.tsv",
    log:
        "logs/{run}/fig4_distances/{figure}.log",
    benchmark:
        "benchmarks/{run}/fig4_distances/{figure}.tsv"
    wildcard_constraints:
        figure=figures_of("fig4_distances"),
    conda:
        "../../envs/plots.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        script=script("fig4_distances.py"),
        code=digest("fig4_distances.py"),
    message:
        "Drawing {wildcards.figure}: pairwise distances"
    shell:
        "python {params.script:q} --distances {input.distances:q} --metrics {input.metrics:q} --svg {output.svg:q}"
        " --png {output.png:q} --tsv {output.tsv:q} > {log:q} 2>&1"


rule fig5_privacy:
    """Draw AATS parts, privacy loss and nearest-neighbour distances."""
    input:
        nearest=figure_files(
            "fig5_privacy",
            "results/{run}/compare/{dataset}/{model}/seed{seed}/nearest.tsv",
            others=["ceiling", "floor"],
        ),
        metrics=figure_files(
            "fig5_privacy",
            "results/{run}/compare/{dataset}/{model}/seed{seed}/metrics.tsv",
            others=["ceiling", "floor"],
        ),
    output:
        svg=report(
            "results/{run}/figures/{figure}.svg",
            caption="../report/fig5_privacy.rst",
            category="Figures",
            labels={"figure": "{figure}", "shows": "Privacy"},
        ),
        png="results/{run}/figures/{figure}.png",
        tsv="results/{run}/figures/{figure}.tsv",
    log:
        "logs/{run}/fig5_privacy/{figure}.log",
    benchmark:
        "benchmarks/{run}/fig5_privacy/{figure}.tsv"
    wildcard_constraints:
        figure=figures_of("fig5_privacy"),
    conda:
        "../../envs/plots.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        script=script("fig5_privacy.py"),
        code=digest("fig5_privacy.py"),
    message:
        "Drawing {wildcards.figure}: nearness to real haplotypes"
    shell:
        "python {params.script:q} --nearest {input.nearest:q} --metrics {input.metrics:q} --svg {output.svg:q}"
        " --png {output.png:q} --tsv {output.tsv:q} > {log:q} 2>&1"


rule fig6_scans:
    """Draw XP-EHH and PBS of real and artificial haplotypes."""
    input:
        tracks=figure_files("fig6_scans", "results/{run}/scan/{dataset}/{model}/seed{seed}/tracks.tsv", others=["real"]),
        candidates=figure_files(
            "fig6_scans",
            "results/{run}/scan/{dataset}/{model}/seed{seed}/candidates.tsv",
            others=["real"],
            models=[],
        ),
        metrics=figure_files(
            "fig6_scans",
            "results/{run}/scan/{dataset}/{model}/seed{seed}/metrics.tsv",
            others=["ceiling", "floor"],
        ),
        genes=figure_genes,
    output:
        svg=report(
            "results/{run}/figures/{figure}.svg",
            caption="../report/fig6_scans.rst",
            category="Figures",
            labels={"figure": "{figure}", "shows": "Selection scans"},
        ),
        png="results/{run}/figures/{figure}.png",
        tsv="results/{run}/figures/{figure}.tsv",
    log:
        "logs/{run}/fig6_scans/{figure}.log",
    benchmark:
        "benchmarks/{run}/fig6_scans/{figure}.tsv"
    wildcard_constraints:
        figure=figures_of("fig6_scans"),
    conda:
        "../../envs/plots.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        script=script("fig6_scans.py"),
        code=digest("fig6_scans.py"),
        build=figure_build,
    message:
        "Drawing {wildcards.figure}: selection scans"
    shell:
        "python {params.script:q} --tracks {input.tracks:q} --candidates {input.candidates:q}"
        " --metrics {input.metrics:q} --genes {input.genes:q} --build {params.build:q} --svg {output.svg:q}"
        " --png {output.png:q} --tsv {output.tsv:q} > {log:q} 2>&1"


rule figs8_scans:
    """Draw iHS, nSL, H12, haplotype diversity and Tajima's D of real and artificial haplotypes."""
    input:
        tracks=figure_files(
            "figs8_scans", "results/{run}/scan/{dataset}/{model}/seed{seed}/tracks.tsv", others=["real"]
        ),
        candidates=figure_files(
            "figs8_scans",
            "results/{run}/scan/{dataset}/{model}/seed{seed}/candidates.tsv",
            others=["real"],
            models=[],
        ),
        metrics=figure_files(
            "figs8_scans",
            "results/{run}/scan/{dataset}/{model}/seed{seed}/metrics.tsv",
            others=["ceiling", "floor"],
        ),
        genes=figure_genes,
    output:
        svg=report(
            "results/{run}/figures/{figure}.svg",
            caption="../report/figs8_scans.rst",
            category="Figures",
            labels={"figure": "{figure}", "shows": "Further selection scans"},
        ),
        png="results/{run}/figures/{figure}.png",
        tsv="results/{run}/figures/{figure}.tsv",
    log:
        "logs/{run}/figs8_scans/{figure}.log",
    benchmark:
        "benchmarks/{run}/figs8_scans/{figure}.tsv"
    wildcard_constraints:
        figure=figures_of("figs8_scans"),
    conda:
        "../../envs/plots.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        script=script("figs8_scans.py"),
        code=digest("figs8_scans.py"),
        build=figure_build,
    message:
        "Drawing {wildcards.figure}: further selection scans"
    shell:
        "python {params.script:q} --tracks {input.tracks:q} --candidates {input.candidates:q}"
        " --metrics {input.metrics:q} --genes {input.genes:q} --build {params.build:q} --svg {output.svg:q}"
        " --png {output.png:q} --tsv {output.tsv:q} > {log:q} 2>&1"


rule fig7_imputation:
    """Draw imputation with and without AGs in the reference panel."""
    input:
        gains=figure_gains("fig7_imputation")[:1],
    output:
        svg=report(
            "results/{run}/figures/fig7_imputation.svg",
            caption="../report/fig7_imputation.rst",
            category="Figures",
            labels={"figure": "7", "shows": "Imputation"},
        ),
        png="results/{run}/figures/fig7_imputation.png",
        tsv="results/{run}/figures/fig7_imputation.tsv",
    log:
        "logs/{run}/fig7_imputation.log",
    benchmark:
        "benchmarks/{run}/fig7_imputation.tsv"
    conda:
        "../../envs/plots.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        script=script("fig7_imputation.py"),
        code=digest("fig7_imputation.py"),
    message:
        "Drawing figure 7: imputation"
    shell:
        "python {params.script:q} --gains {input.gains:q} --svg {output.svg:q}"
        " --png {output.png:q} --tsv {output.tsv:q} > {log:q} 2>&1"


rule figs9_imputation:
    """Draw where AGs help imputation: rare classes, number of AGs, calibration, programs."""
    input:
        gains=figure_gains("figs9_imputation"),
        calibration=figure_files(
            "figs9_imputation", "results/{run}/impute/{dataset}/{tool}/{panel}/seed{seed}/calibration.tsv"
        ),
    output:
        svg=report(
            "results/{run}/figures/figs9_imputation.svg",
            caption="../report/figs9_imputation.rst",
            category="Figures",
            labels={"figure": "S9", "shows": "Imputation in detail"},
        ),
        png="results/{run}/figures/figs9_imputation.png",
        tsv="results/{run}/figures/figs9_imputation.tsv",
    log:
        "logs/{run}/figs9_imputation.log",
    benchmark:
        "benchmarks/{run}/figs9_imputation.tsv"
    conda:
        "../../envs/plots.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        script=script("figs9_imputation.py"),
        code=digest("figs9_imputation.py"),
    message:
        "Drawing figure S9: imputation in detail"
    shell:
        "python {params.script:q} --gains {input.gains:q} --calibration {input.calibration:q} --svg {output.svg:q}"
        " --png {output.png:q} --tsv {output.tsv:q} > {log:q} 2>&1"


rule fig8_latent:
    """Draw the hidden layer of the RBM as an encoding of haplotypes."""
    input:
        coordinates=figure_files("fig8_latent", "results/{run}/latent/{dataset}/seed{seed}/coordinates.tsv"),
        variance=figure_files("fig8_latent", "results/{run}/latent/{dataset}/seed{seed}/variance.tsv"),
        metrics=figure_files("fig8_latent", "results/{run}/latent/{dataset}/tasks/seed{seed}/metrics.tsv"),
    output:
        svg=report(
            "results/{run}/figures/fig8_latent.svg",
            caption="../report/fig8_latent.rst",
            category="Figures",
            labels={"figure": "8", "shows": "Hidden layer"},
        ),
        png="results/{run}/figures/fig8_latent.png",
        tsv="results/{run}/figures/fig8_latent.tsv",
    log:
        "logs/{run}/fig8_latent.log",
    benchmark:
        "benchmarks/{run}/fig8_latent.tsv"
    conda:
        "../../envs/plots.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        script=script("fig8_latent.py"),
        code=digest("fig8_latent.py"),
        private=figure_private("fig8_latent"),
        model=config["latent"]["model"],
    message:
        "Drawing figure 8: the hidden layer of the RBM"
    shell:
        "python {params.script:q} --coordinates {input.coordinates:q} --variance {input.variance:q}"
        " --metrics {input.metrics:q} --model {params.model:q} --svg {output.svg:q} --png {output.png:q}"
        " --tsv {output.tsv:q} {params.private:q} > {log:q} 2>&1"


rule figs10_latent_modes:
    """Draw what the hidden layer of the RBM has learnt."""
    input:
        **figure_latent_tables("figs10_latent_modes"),
    output:
        svg=report(
            "results/{run}/figures/figs10_latent_modes.svg",
            caption="../report/figs10_latent_modes.rst",
            category="Figures",
            labels={"figure": "S10", "shows": "Hidden layer: modes, units, prototypes"},
        ),
        png="results/{run}/figures/figs10_latent_modes.png",
        tsv="results/{run}/figures/figs10_latent_modes.tsv",
    log:
        "logs/{run}/figs10_latent_modes.log",
    benchmark:
        "benchmarks/{run}/figs10_latent_modes.tsv"
    conda:
        "../../envs/plots.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        script=script("figs10_latent_modes.py"),
        code=digest("figs10_latent_modes.py"),
        private=figure_private("figs10_latent_modes"),
        model=config["latent"]["model"],
        sweeps=latent_sweeps("figs10_latent_modes"),
    message:
        "Drawing figure S10: what the hidden layer of the RBM has learnt"
    shell:
        "python {params.script:q} --spectrum {input.spectrum:q} --modes {input.modes:q} --neighbours {input.neighbours:q}"
        " --units {input.units:q} --prototypes {input.prototypes:q} --coordinates {input.coordinates:q}"
        " --chains {input.chains:q} --paths {input.paths:q} --model {params.model:q} --sweeps {params.sweeps:q}"
        " --svg {output.svg:q} --png {output.png:q} --tsv {output.tsv:q} {params.private:q} > {log:q} 2>&1"


rule figs11_latent_tasks:
    """Draw what the hidden layer of the RBM, and its AGs, are good for."""
    input:
        # Those that are named give their folders, in which the others are read.
        *(
            figure_files("figs11_latent_tasks", f"results/{{run}}/latent/{{dataset}}/tasks/seed{{seed}}/{table}.tsv")
            for table in ("usefulness", *CONTROLS)
        ),
        *(
            f"{RESULTS}/latent/{dataset}/masked/seed{seed}/{table}.tsv"
            for dataset in config["latent"]["masked_datasets"][:1]
            for seed in config["seeds"]
            for table in ("beagle", "commonest")
        ),
        tasks=figure_files("figs11_latent_tasks", "results/{run}/latent/{dataset}/tasks/seed{seed}/metrics.tsv"),
        masked=[
            f"{RESULTS}/latent/{dataset}/masked/seed{seed}/metrics.tsv"
            for dataset in config["latent"]["masked_datasets"][:1]
            for seed in config["seeds"]
        ],
        conditional=(
            figure_files(
                "figs11_latent_tasks", "results/{run}/latent/{dataset}/conditional/seed{seed}/populations.tsv"
            )
            if CONFIGURATION.conditional_models()
            else []
        ),
    output:
        svg=report(
            "results/{run}/figures/figs11_latent_tasks.svg",
            caption="../report/figs11_latent_tasks.rst",
            category="Figures",
            labels={"figure": "S11", "shows": "Hidden layer: tasks"},
        ),
        png="results/{run}/figures/figs11_latent_tasks.png",
        tsv="results/{run}/figures/figs11_latent_tasks.tsv",
    log:
        "logs/{run}/figs11_latent_tasks.log",
    benchmark:
        "benchmarks/{run}/figs11_latent_tasks.tsv"
    conda:
        "../../envs/plots.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        script=script("figs11_latent_tasks.py"),
        code=digest("figs11_latent_tasks.py"),
        tasks=lambda wildcards, input: parents(input.tasks),
        masked=lambda wildcards, input: parents(input.masked),
        conditional=lambda wildcards, input: parents(input.conditional),
    message:
        "Drawing figure S11: what the hidden layer of the RBM is good for"
    shell:
        "python {params.script:q} --tasks {params.tasks:q} --masked {params.masked:q}"
        " --conditional {params.conditional:q} --svg {output.svg:q} --png {output.png:q} --tsv {output.tsv:q}"
        " > {log:q} 2>&1"


rule figs1_training:
    """Draw training curves and the chosen epochs."""
    input:
        training=figure_files(
            "figs1_training",
            "results/{run}/train/{dataset}/{model}/seed{seed}/training.tsv",
            models=own_models(),
        ),
        split=figure_files("figs1_training", "results/{run}/prepare/{dataset}/split.tsv"),
    output:
        svg=report(
            "results/{run}/figures/{figure}.svg",
            caption="../report/figs1_training.rst",
            category="Figures",
            labels={"figure": "{figure}", "shows": "Training"},
        ),
        png="results/{run}/figures/{figure}.png",
        tsv="results/{run}/figures/{figure}.tsv",
    log:
        "logs/{run}/figs1_training/{figure}.log",
    benchmark:
        "benchmarks/{run}/figs1_training/{figure}.tsv"
    wildcard_constraints:
        figure=figures_of("figs1_training"),
    conda:
        "../../envs/plots.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        script=script("figs1_training.py"),
        code=digest("figs1_training.py"),
    message:
        "Drawing {wildcards.figure}: training"
    shell:
        "python {params.script:q} --training {input.training:q} --split {input.split:q} --svg {output.svg:q}"
        " --png {output.png:q} --tsv {output.tsv:q} > {log:q} 2>&1"


rule figs_models:
    """Draw some models beside each other: variants of a kind, or a model and its comparators."""
    input:
        haplotypes=figure_files("figs_models", "results/{run}/prepare/{dataset}/haplotypes.vcz.zip"),
        split=figure_files("figs_models", "results/{run}/prepare/{dataset}/split.tsv"),
        genomes=figure_files("figs_models", "results/{run}/generate/{dataset}/{model}/seed{seed}/genomes.vcz.zip"),
        allele_frequencies=figure_files(
            "figs_models",
            "results/{run}/compare/{dataset}/{model}/seed{seed}/allele_frequencies.tsv",
        ),
        ld_decay=figure_files(
            "figs_models",
            "results/{run}/compare/{dataset}/{model}/seed{seed}/ld_decay.tsv",
            others=["ceiling", "floor"],
            unmatched=True,
        ),
        distances=figure_files(
            "figs_models",
            "results/{run}/compare/{dataset}/{model}/seed{seed}/distances.tsv",
            others=["ceiling", "floor"],
            unmatched=True,
        ),
        metrics=figure_files(
            "figs_models",
            "results/{run}/compare/{dataset}/{model}/seed{seed}/metrics.tsv",
            others=["ceiling", "floor"],
            unmatched=True,
        ),
    output:
        svg=report(
            "results/{run}/figures/{figure}.svg",
            caption="../report/figs_models.rst",
            category="Figures",
            labels={"figure": "{figure}", "shows": "Models beside each other"},
        ),
        png="results/{run}/figures/{figure}.png",
        tsv="results/{run}/figures/{figure}.tsv",
    log:
        "logs/{run}/figs_models/{figure}.log",
    benchmark:
        "benchmarks/{run}/figs_models/{figure}.tsv"
    wildcard_constraints:
        figure=figures_of("figs_models"),
    conda:
        "../../envs/plots.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, input, attempt: memory_for("compare", input.haplotypes[0]) * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        script=script("figs_models.py"),
        code=digest("figs_models.py"),
        private=lambda wildcards: figure_private(wildcards.figure),
    message:
        "Drawing {wildcards.figure}: models beside each other"
    shell:
        "python {params.script:q} --haplotypes {input.haplotypes:q} --split {input.split:q}"
        " --genomes {input.genomes:q} --allele-frequencies {input.allele_frequencies:q} --ld-decay {input.ld_decay:q}"
        " --distances {input.distances:q} --metrics {input.metrics:q} --svg {output.svg:q} --png {output.png:q}"
        " --tsv {output.tsv:q} {params.private:q} > {log:q} 2>&1"
