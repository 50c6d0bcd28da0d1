"""The configuration: every section and key with its type, its range and its meaning, defined here and nowhere else.

The check of a configuration, the schema for editors and the tables of the manual all follow from these models; defaults
are in config/config.yaml. `relations` and `stage_relations` check what types cannot: names that must exist, files,
and stages that need each other.
"""

from typing import Annotated, Literal, Union

from pydantic import Discriminator, Field

from artificial_genomes.compare.matching import MIN_PEOPLE
from artificial_genomes.config.model_settings import SETTINGS
from artificial_genomes.config.values import (
    ABSENT,
    Count,
    Counts,
    FigureName,
    Figures,
    File,
    Files,
    Image,
    Label,
    LabelPair,
    Labels,
    Maf,
    Name,
    Names,
    NotNegative,
    Once,
    Panels,
    Part,
    PartOrNone,
    Program,
    Regions,
    ReleasedModels,
    Section,
    Seed,
    Share,
    SomeNames,
    Title,
)

EXTERNAL = "external"
"""The kind of models whose AGs the user supplies: nothing is trained, and there is one AG set for all seeds."""

AUTO = "auto"
"""Left to the workflow: figures, and panels (real individuals, alone and with the AGs of each model of the run)."""

CONSTANT = "constant"
"""The demography that is not a file."""

SCAN_WHOLE = ("datasets", "controls")
"""Settings of the scans that a single data set cannot have."""

SCAN_FILES = ("genetic_map", "ancestral", "genes")
"""Settings of a scan that are files."""

COMPARED_MODELS = "figs_models"
"""What figures draw that compare several models, including models with their own sites."""

DRAWINGS = {
    "fig1_pca": "PCA of real and artificial haplotypes",
    "fig2_frequencies": "Allele frequencies and three-point correlations",
    "fig3_ld": "LD matrices and decay of LD with distance",
    "fig4_distances": "Distances between haplotypes",
    "fig5_privacy": "Nearest neighbours and privacy loss",
    "fig6_scans": "XP-EHH and PBS",
    "fig7_imputation": "Imputation by frequency and panel",
    "fig8_latent": "Hidden layer of the RBM",
    "figs1_training": "Training curves and choice of the epoch",
    "figs8_scans": "iHS, nSL, H12, haplotype diversity and Tajima's D",
    "figs9_imputation": "Imputation by rare classes, number of AGs and program",
    "figs10_latent_modes": "What the hidden layer has learnt",
    "figs11_latent_tasks": "What the hidden layer is useful for",
    "figs12_attacks": "Fidelity against the best attack on membership, every attack, and its power",
    "figs13_differences": "Mutations and joins of AGs as mosaics of real haplotypes, mismatches with the nearest one",
    COMPARED_MODELS: (
        "Several models next to each other: PCA, frequencies, LD, AATS parts, distances and their summary numbers"
    ),
}
"""What figures show, by the names of what they draw."""

FIGURES = tuple(name for name in DRAWINGS if name != COMPARED_MODELS)
"""Figures whose name determines what they draw; others have the key `draws`."""

ONCE = ("fig7_imputation", "fig8_latent", "figs9_imputation", "figs10_latent_modes", "figs11_latent_tasks")
"""Figures that a run has only once; the settings of their stage choose their models."""

ScanStatistic = Literal["xpehh", "pbs", "ihs", "nsl", "haplotypes", "tajima_d"]
AnyModel = Annotated[Union[tuple(SETTINGS.values())], Discriminator("kind")]  # noqa: UP007


class Cohort(Section):
    """One cohort: either `vcf`, or `pgen`, or `hapt` and `legend`, or `hap`, `legend` and `samples`."""

    vcf: Files = ABSENT
    """VCF or BCF files with phased genotypes of the same individuals."""
    pgen: File = ABSENT
    """A PLINK 2 file (`.pgen`) with phased hard calls, instead of `vcf`; its `.pvar` and `.psam` must be in the same
    folder."""
    hapt: File = ABSENT
    """Haplotypes as one `.hapt` file (plain, gzip, xz or zip), instead of `vcf`."""
    hap: File = ABSENT
    """Haplotypes as one IMPUTE `.hap` file (plain, gzip, xz or zip), instead of `vcf`."""
    legend: File = ABSENT
    """Sites of the `.hapt` or `.hap` file."""
    samples: File = ABSENT
    """Names of the individuals in the `.hap` file, in the same order: a sample file of IMPUTE, SHAPEIT, bcftools or
    PLINK 2, or one name per line."""
    phase: Literal["beagle"] = ABSENT
    """Program that phases the genotypes of `vcf` first and fills in missing ones. Leave it out if they are phased."""
    phase_map: File = ABSENT
    """Genetic map (position, cM) for phasing; without it, 1 cM per million base pairs is assumed."""
    phase_site_missing_max: Share = ABSENT
    """Largest share of missing genotypes at a SNP to be phased, 0.1 by default; SNPs with more are left out and
    counted."""
    phase_sample_missing_max: Share = ABSENT
    """Largest share of missing genotypes in an individual to be phased, 0.1 by default; individuals with more are left
    out and counted."""
    people_without_labels: Literal["error", "drop"] = ABSENT
    """What to do with individuals in the haplotype files that the table `people` does not list; an error by default."""
    rows_failing_filter: Literal["drop", "keep"] = ABSENT
    """What to do with rows of a VCF, BCF or `.pvar` that failed a filter (FILTER is neither PASS nor missing). `drop`,
    the default, reads what `bcftools view -f PASS,.` keeps, and counts the other rows."""
    rebuilt: Files = ABSENT
    """VCF files of the archive from which the `.hapt` file was made. The run then checks that they hold the same
    alleles of the same individuals at its sites."""
    people: File
    """Table of the individuals and their labels."""
    build: Literal["GRCh37", "GRCh38", "hg19", "hg38", "b37", "b38"]
    """Genome build of the positions; hg19 and b37 mean GRCh37, hg38 and b38 mean GRCh38."""
    private: bool
    """Whether the data of these individuals are private, that is, not public. If true, no published result describes
    single individuals, and only AGs that pass the privacy gates are published (docs/privacy.md)."""


class People(Section):
    """Which individuals the data set is about, by label; {} for all."""

    population: Labels = ABSENT
    """Keep individuals from these populations."""
    superpopulation: Labels = ABSENT
    """Keep individuals from these superpopulations."""


class PublicPeople(Section):
    """Which of the individuals left out by `people` are the public panel, by label; {} for all."""

    population: Labels = ABSENT
    """Keep only these populations, of the individuals left out by `people`, as the public panel; needs `public`."""
    superpopulation: Labels = ABSENT
    """Keep only these superpopulations, of the individuals left out by `people`, as the public panel; needs `public`.
    AGs improve imputation most where the panel lacks the populations of the biobank."""


class Windows(Section):
    """Split the sites into windows, train a model on each as a separate job, and draw AGs through all of them; null or
    left out for one model of all sites.
    """

    n: Annotated[int, Field(ge=2)]
    """Number of windows, each with the same number of sites."""
    context_sites: Count
    """Number of sites before a window that its model also sees; AGs are continued from their alleles at these sites."""


class Dataset(Section):
    """One data set."""

    cohort: Name
    """Cohort from which the data set is taken."""
    region: Regions | None
    """Region of the sites, or a list of regions that do not overlap; null for all sites."""
    people: People
    """Which individuals the data set is about, by label; {} for all."""
    public: bool
    """Whether the individuals left out by `people` are kept as the public reference panel, which scans and imputation
    need."""
    public_people: PublicPeople = ABSENT
    """Which of these individuals the panel keeps, by label, such as `{superpopulation: [AFR, EAS]}`; all by default."""
    public_share: PartOrNone = ABSENT
    """Share of the individuals kept by `people` that go into the public panel instead of training or testing; needs
    `public`."""
    maf_min: Maf
    """Smallest minor allele frequency of a site, in training and validation individuals; 0 keeps all sites, also
    monomorphic ones."""
    sites_max: Annotated[int, Field(ge=10)] | None
    """Maximum number of sites: the first ones that pass the other filters are kept, without gaps; null for all."""
    distance_min_bp: Annotated[int, Field(ge=2)] | None = ABSENT
    """Smallest distance in bp between neighboring sites of a contig, for sites with little LD; null or left out to keep
    all."""
    windows: Windows | None = ABSENT
    """Split the sites into windows, train a model on each as a separate job, and draw AGs through all of them; null or
    left out for one model of all sites."""
    models: Annotated[list[Name], Field(min_length=1)] = ABSENT
    """Models to train on this data set, all by default; those that are not among the run's `models` are ignored."""
    models_left_out: Names = ABSENT
    """Models of the run that are not trained on this data set."""
    model_params: dict[str, dict] = ABSENT
    """Settings of models that differ for this data set, by model; any of the model's keys except `kind`."""
    split: dict = ABSENT
    """Settings of `split` that differ for this data set; any of its keys."""
    scan: dict = ABSENT
    """Settings of `scan` that differ for this data set; any of its keys except `datasets` and `controls`."""


class Gate(Section):
    """One gate, with one of these rules; null switches it off."""

    closeness_min: Share | None = ABSENT
    """Smallest closeness: 1 minus the ratio of the distance from value to ceiling to the distance from floor to
    ceiling. Correlations above the ceiling and errors below it count as equal to the ceiling."""
    below_ceiling_max: NotNegative | None = ABSENT
    """Largest distance below the ceiling."""
    above_ceiling_max: NotNegative | None = ABSENT
    """Largest distance above the ceiling."""
    from_half_max: Annotated[float, Field(ge=0, le=0.5)] | None = ABSENT
    """Largest distance from 0.5."""
    at_most: float | None = ABSENT
    """Largest value."""
    at_least: float | None = ABSENT
    """Smallest value."""


Gates = dict[Name, Gate | None]


class Figure(Section):
    """One figure."""

    dataset: Name
    """Data set that the figure shows."""
    other_datasets: Names = ABSENT
    """Other data sets that the figure is drawn for too, each in files named `{figure}.{dataset}`. With `figures: auto`,
    all those of the run that have what the figure shows by default."""
    draws: Literal[*(name for name in FIGURES if name not in ONCE), COMPARED_MODELS] = ABSENT
    """What the figure draws, if its name is not one of these."""
    models: SomeNames = ABSENT
    """Models that the figure shows, in the order of the run's `models`; all by default."""
    title: Title = ABSENT
    """Title in the report, instead of the usual one."""


class Split(Section):
    """Which individuals are used for training, for choosing the epoch and for testing; the split is by individual,
    never by haplotype.
    """

    test: Part
    """Share of a data set's individuals that are held out for testing and that no model sees."""
    validation: Part
    """Share of the remaining individuals that are used to choose the epoch."""
    seed: Seed
    """Seed of the permutation of individuals."""
    relatives: Literal["together", "as_drawn"]
    """Whether duplicates and close relatives, as far as the sites reveal them, are kept on one side of the split
    (together) or are split like all others (as_drawn)."""


class Generate(Section):
    """Artificial genomes."""

    n: Annotated[int, Field(ge=MIN_PEOPLE)] | None
    """Number of artificial individuals of every model, with two haplotypes each; null for as many as the data set has.
    Fewer of them reveal less of the training set."""
    redraw: Literal["private", "all", "none"]
    """Replace AGs that are near copies of single individuals, for private cohorts only (private), for all cohorts (all)
    or never (none). Models with differential privacy need none on a private cohort, models without must not have it."""
    shared_by: Annotated[int, Field(ge=2)]
    """Number of unrelated individuals that must share a haplotype for it to count as common; AGs may copy common
    haplotypes."""


class Compare(Section):
    """Comparison of AGs with real haplotypes."""

    references: Annotated[list[Literal["test", "train"]], Field(min_length=1), Once]
    """Real individuals with which AGs are compared."""
    pca_axes: Annotated[int, Field(ge=2, le=20)]
    """Number of axes of the PCA of real and artificial haplotypes."""
    three_point_gaps: Counts
    """Distances between neighbouring sites of a triplet, counted in sites, for three-point correlations. Distances
    longer than the data set are left out; randomly placed triplets are always added."""
    three_point_triplets: Annotated[int, Field(ge=3)]
    """Number of random triplets of sites per distance."""
    ld_sites_max: Annotated[int, Field(ge=2)] | None
    """Maximum number of evenly spaced sites between which LD is computed; null for all sites."""
    ld_near_sites: Count | None
    """Number of following sites with which LD of each site is computed, if there are more than 10,000 sites; of the
    sites beyond, 1,000 random ones stand for all. null for all pairs, whose number grows with the square of the sites.
    """
    haplotype_window_sites: Count
    """Number of sites per window within which haplotypes are distinguished, for haplotype heterozygosity."""
    individuals_max: Annotated[int, Field(ge=50)] | None
    """Maximum number of individuals of a data set that are compared and attacked; of a larger one a random draw, and
    its AGs are never cleared, since copies of the others are not looked for. null for all, in a time that grows with
    the square of their number."""
    seed: Seed
    """Seed of the random draws of individuals and triplets."""


class Scan(Section):
    """Selection scans of data sets that keep a public panel."""

    datasets: Names
    """Data sets to scan; each needs `public: true`. [] switches scans off."""
    statistics: Annotated[list[ScanStatistic], Field(min_length=1), Once]
    """Statistics to compute. `pbs` also gives PBSn1; `haplotypes` gives H1, H12 and haplotype diversity."""
    xpehh_reference: Label
    """Population or superpopulation of the public panel with which XP-EHH compares; it needs at least 10
    individuals."""
    pbs_references: LabelPair
    """Two populations or superpopulations of the public panel for PBS, first the closely related one, then the
    outgroup; each needs at least 10 individuals."""
    maf_min: Maf
    """Smallest minor allele frequency of the sites that XP-EHH and PBS score, in the data set's individuals and the
    references together, and of the sites by which iHS and nSL distinguish haplotypes."""
    ihs_maf_min: Maf
    """Smallest minor allele frequency of the sites that iHS and nSL score."""
    window_sites: Count
    """Width of a PBS window in sites."""
    step_sites: Count
    """Step from one PBS window to the next in sites."""
    haplotype_window_sites: Count
    """Width of a window for H1, H12, haplotype diversity and Tajima's D in sites; all sites of the data set count."""
    haplotype_step_sites: Count
    """Step from one such window to the next in sites."""
    xpehh_bins: Count | None
    """Number of allele-count bins within which XP-EHH is standardised; null to standardise over all sites."""
    frequency_bins: Count | None
    """Number of allele-count bins within which iHS and nSL are standardised; null to standardise over all sites."""
    edges: bool
    """Whether to score sites at which EHH reaches the end of the data before it falls below 0.05; in short regions
    almost all sites are like this."""
    genetic_map: File | None
    """File with the genetic map (position, cM), or an archive of such files; null for physical distance."""
    ancestral: File | None
    """Table of ancestral alleles (contig, position, ancestral), for the sign of iHS and nSL; null to use REF as
    ancestral."""
    genes: File | None
    """Table of genes (build, name, contig, start, end) used to name candidates; null for none."""
    controls: File | None
    """Table of known signals that the scan must find in the real data before any AG is scanned; null for none."""


class Imputation(Section):
    """Imputation of masked test individuals from panels with and without AGs."""

    datasets: Names
    """Data sets to impute; each needs `public: true`. [] switches imputation off."""
    tools: Annotated[list[Literal["beagle", "minimac4", "impute5", "impute2"]], Field(min_length=1), Once]
    """Imputation programs; figure 7 and the metrics without a program in their name use the first."""
    panels: Panels
    """Reference panels, each made of parts joined by +. A part is `real` (the public individuals), `biobank` (the
    training individuals) or a model; `rbm@100` adds only the first 100 AGs of a model. With `hclt@direct`, a model of
    kind hclt imputes by itself, without a panel. Gains are relative to `real`. `auto` stands for `real`, `real` with
    each model of the run, and `real+biobank`."""
    typed_fraction: Part
    """Share of the sites that the genotyping array types."""
    typed_maf_min: Maf
    """Smallest minor allele frequency of the typed sites."""
    typed_sites: File | None
    """Table of the sites that a genotyping array types (contig, position), instead of the two keys above; null for
    none."""
    maf_bins: Annotated[list[Maf], Field(min_length=2)]
    """Edges of the bins of minor allele frequency in the biobank, in increasing order."""
    mac_bins: Annotated[list[Count], Field(min_length=1)]
    """Lowest minor allele count in the biobank of each class of rare sites, in increasing order. Sites with fewer
    copies form another class."""
    genetic_map: File | None
    """File with the genetic map (position, cM), or an archive of such files; null for the default of each program."""
    beagle_jar: File
    """The Beagle program."""
    minimac4: Program
    """The Minimac4 program, as a name on PATH or a path."""
    impute5: Program
    """The IMPUTE5 program, as a name on PATH or a path."""
    impute2: Program
    """The IMPUTE2 program, as a name on PATH or a path."""


class Latent(Section):
    """The RBM's hidden layer."""

    datasets: Names
    """Data sets whose hidden layer is analysed; each needs individuals from several superpopulations. [] switches this
    off."""
    model: Name
    """Model of kind rbm whose hidden layer is analysed."""
    discriminators: Names
    """Models of kind gan or wgan whose discriminators are compared with the hidden layer as features; those that are
    not among `models` are ignored."""
    folds: Annotated[int, Field(ge=2, le=20)]
    """Number of folds of the nested cross-validation by individual, outer and inner."""
    few_labels: Counts
    """Numbers of labelled individuals per superpopulation from which superpopulations are predicted, in addition to
    all; [] for none."""
    few_label_draws: Count
    """Number of random draws of these individuals."""
    conditional: Names | None
    """Models of kind rbm or hclt with labels that make AGs of given populations; they are trained on these data sets
    even if they are not among `models`. [] or null for none."""
    masked_datasets: Names
    """Data sets whose test individuals are masked and completed by the model, by Beagle and by the most common allele.
    [] switches this off."""
    masked_known: Part
    """Share of the sites that stay known, evenly spaced."""
    masked_chains: Count
    """Number of Gibbs chains per masked haplotype."""


class Verdict(Section):
    """The verdict on every set of artificial genomes. A gate is a rule for one metric of the scorecard."""

    fidelity: Gates
    """Gates by which models are ranked."""
    privacy: Gates
    """Gates that artificial genomes must pass to be released."""


class PaperDatasets(Section):
    """Data sets that correspond to those of the paper; only these are compared with the numbers in
    `resources/paper.tsv`. Those that are not among `datasets` are ignored.
    """

    snps805: Name = ABSENT
    """Data set that corresponds to the 805 SNPs on 22 autosomes."""
    snps10k: Name = ABSENT
    """Data set that corresponds to the 10,000 SNPs of chromosome 15."""
    biobank: Name = ABSENT
    """Data set that corresponds to the Estonian Biobank, which is not public."""


class Paper(Section):
    """Comparison of the run with published numbers."""

    datasets: PaperDatasets
    """Data sets that correspond to those of the paper; only these are compared with the numbers in
    `resources/paper.tsv`. Those that are not among `datasets` are ignored."""


class Release(Section):
    """What `snakemake release` writes."""

    models: ReleasedModels
    """Models whose AGs are released: `best`, the highest-ranked cleared model of each data set except baselines, or a
    list. Listed models are released if they are cleared, or safe and not faithful."""
    not_proven: Literal["exclude", "include"]
    """Whether faithful AGs whose privacy is not proven may also be released; with `include` you consent to this."""
    licence: str | None
    """Terms of use of the AGs, for the data card; null if there are none yet."""
    version: str | None
    """Version of this release, for the data card; null if there is none."""
    citation: str | None
    """How users should cite the AGs, for the data card; null if there is nothing to cite."""
    contact: str | None
    """Whom users ask about the AGs, for the data card; null for nobody."""


class WorkflowConfig(Section):
    """Every key with its type, its range and its meaning. Defaults are in config/config.yaml and nowhere else.
    Relations between keys (names that must exist, files, stages that figures need) are checked in
    workflow/scripts/artificial_genomes/config/relations.py.
    """

    run: Name
    """Name of the run. Results are written to `results/{run}/`, logs to `logs/{run}/`."""
    seeds: Annotated[list[Seed], Field(min_length=1), Once]
    """Random seeds; each model is trained, and generates AGs, once per seed."""
    device: Literal["cpu", "gpu"]
    """Device on which neural models are trained."""
    container: Image | None
    """Container image with the conda environments of all rules, for `--sdm conda apptainer` (envs/README.md); null for
    none."""
    cohorts: Annotated[dict[Name, Cohort], Field(min_length=1)]
    """Individuals with phased haplotypes and population labels, by name."""
    datasets: SomeNames
    """Data sets to work on, by name."""
    dataset_params: dict[Name, Dataset]
    """How each data set is taken from a cohort, by name."""
    split: Split
    models: SomeNames
    """Models to train, by name."""
    model_params: dict[Name, AnyModel]
    """What each model is, by name."""
    generate: Generate
    compare: Compare
    scan: Scan
    imputation: Imputation
    latent: Latent
    verdict: Verdict
    paper: Paper
    release: Release
    figures: Figures
    """Figures to draw: a list of names, or `auto`: all for which the stages of the run have results, each for every
    data set that has them."""
    figure_params: dict[FigureName, Figure]
    """What each figure shows, by name."""
