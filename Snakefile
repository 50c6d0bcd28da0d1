# Artificial human genomes with generative neural networks: haplotypes in, artificial genomes and a verdict out.
# README.md says how to run it, config/README.md what every key of the configuration means.
from snakemake.utils import min_version

min_version("9.27")


configfile: str(workflow.current_basedir.join("config/config.yaml"))


report: "workflow/report/workflow.rst"


if config.get("container"):

    containerized: config["container"]


include: "workflow/rules/common.smk"
include: "workflow/rules/acquire.smk"
include: "workflow/rules/check.smk"
include: "workflow/rules/phase.smk"
include: "workflow/rules/prepare.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/generate.smk"
include: "workflow/rules/publish.smk"
include: "workflow/rules/compare.smk"
include: "workflow/rules/scan.smk"
include: "workflow/rules/impute.smk"
include: "workflow/rules/latent.smk"
include: "workflow/rules/scorecard.smk"
include: "workflow/rules/paper.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/release.smk"


# Snakemake itself ends with exit code 1 where any job fails. What the user can mend ends with 2, as do mistakes in the
# configuration.
onerror:
    if is_user_error(log):
        raise SystemExit(EXIT_USER_ERROR)


onsuccess:
    done = f"Done in {duration(time.time() - STARTED)}."
    print(done, *ending(Path(RESULTS), STARTED), sep="\n", file=sys.stderr)


rule all:
    """Everything: artificial genomes, comparisons, scans, imputation, figures, scorecard and report."""
    default_target: True
    input:
        f"{RESULTS}/report.html",
        collect(f"{RESULTS}/{{table}}.tsv", table=["scorecard", "metrics", "verdict", "summary", "datasets"]),
        PLAN.paper_table(),
        PLAN.figures("svg", "png", "tsv"),
        PLAN.own_files("genomes.vcf.gz", "genomes.vcf.gz.tbi", "genomes.hapt.gz", private=False),
        collect(f"{RESULTS}/rebuilt/{{cohort}}.tsv", cohort=PLAN.rebuilt_cohorts()),
    message:
        "Everything is made"


rule data:
    """The haplotypes of every dataset, quality-controlled and split by individual."""
    input:
        collect(f"{RESULTS}/prepare/{{dataset}}/haplotypes.vcz.zip", dataset=config["datasets"]),
        collect(f"{RESULTS}/rebuilt/{{cohort}}.tsv", cohort=PLAN.rebuilt_cohorts()),


rule models:
    """Every trained model."""
    input:
        [file for ag_set in PLAN.own_sets() for file in PLAN.trained_files(*ag_set, "model.npz")],


rule genomes:
    """Every set of artificial genomes that the workflow makes, as VCF and .hapt."""
    input:
        PLAN.own_files("genomes.vcf.gz", "genomes.vcf.gz.tbi", "genomes.hapt.gz"),


rule figures:
    """Every figure."""
    input:
        PLAN.figures("svg", "png", "tsv"),
