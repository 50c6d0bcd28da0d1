"""The configuration: every section and key with its type, its range and what it means, written here and nowhere else.

The check of a configuration, the schema for editors and the tables of the manual all follow from these models; defaults
stand in config/config.yaml. `relations` and `stage_relations` check what types cannot: names that must exist, files,
and stages that need each other.
"""

from typing import Annotated, Literal, Union

from pydantic import Discriminator, Field

from artificial_genomes.config.model_settings import SETTINGS
from artificial_genomes.config.values import (
    ABSENT,
    Count,
    Counts,
    FigureName,
    File,
    Files,
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
"""The kind of models whose AGs the user brings: nothing is trained, and there is one AG set whatever the seeds."""

AUTO = "auto"
"""The panels of an imputation that no list names: people, and people with the AGs of each model of the run."""

CONSTANT = "constant"
"""The demography that is no file."""

SCAN_WHOLE = ("datasets", "controls")
"""Settings of the scans that no single data set has."""

SCAN_FILES = ("genetic_map", "ancestral", "genes")
"""Settings of a scan that are files."""

FIGURES = (
    "fig1_pca",
    "fig2_frequencies",
    "fig3_ld",
    "fig4_distances",
    "fig5_privacy",
    "fig6_scans",
    "fig7_imputation",
    "fig8_latent",
    "figs1_training",
    "figs8_scans",
    "figs9_imputation",
    "figs10_latent_modes",
    "figs11_latent_tasks",
)
"""Figures that draw what their name says; others say what they draw."""

ONCE = ("fig7_imputation", "fig8_latent", "figs9_imputation", "figs10_latent_modes", "figs11_latent_tasks")
"""Figures that a run has once, and that choose models by the settings of their stage."""

COMPARED_MODELS = "figs_models"
"""What figures draw that set some models beside each other, those with sites of their own among them."""

ScanStatistic = Literal["xpehh", "pbs", "ihs", "nsl", "haplotypes", "tajima_d"]
AnyModel = Annotated[Union[tuple(SETTINGS.values())], Discriminator("kind")]  # noqa: UP007


class Cohort(Section):
    """One cohort; either `vcf`, or `pgen`, or `hapt` and `legend`, or `hap`, `legend` and `samples`."""

    vcf: Files = ABSENT
    """VCF or BCF files with phased genotypes of the same people."""
    pgen: File = ABSENT
    """A PLINK 2 file (`.pgen`) with phased hard calls, in place of `vcf`; `.pvar` and `.psam` lie beside it."""
    hapt: File = ABSENT
    """Haplotypes as one `.hapt` file (plain, gzip, xz or zip), in place of `vcf`."""
    hap: File = ABSENT
    """Haplotypes as one `.hap` file of IMPUTE (plain, gzip, xz or zip), in place of `vcf`."""
    legend: File = ABSENT
    """Sites of the `.hapt` or `.hap` file."""
    samples: File = ABSENT
    """Names of the people of the `.hap` file, in its order; a sample file of IMPUTE, SHAPEIT, bcftools or PLINK 2, or
    one name per line."""
    phase: Literal["beagle"] = ABSENT
    """Phase the genotypes of `vcf` first, by this program, which also fills in missing ones; none where they are
    phased."""
    phase_map: File = ABSENT
    """Genetic map (position, cM) for the phasing; without it 1 cM a million base pairs."""
    phase_site_missing_max: Share = ABSENT
    """Largest share of missing genotypes of a SNP that is phased; SNPs with more are left out and counted, 0.1 if not
    said."""
    phase_sample_missing_max: Share = ABSENT
    """Largest share of missing genotypes of a person who is phased; people with more are left out and counted, 0.1 if
    not said."""
    people_without_labels: Literal["error", "drop"] = ABSENT
    """What to do with people in the haplotype files whom the table of people does not name; an error if not said."""
    rows_failing_filter: Literal["drop", "keep"] = ABSENT
    """What to do with rows of a VCF, BCF or `.pvar` that failed a filter (FILTER is neither PASS nor missing). `drop`
    reads what `bcftools view -f PASS,.` keeps, and counts the others; drop if not said."""
    rebuilt: Files = ABSENT
    """VCF files of the archive that the `.hapt` file was made from. A run then checks that they hold the same alleles
    of the same people at its sites."""
    people: File
    """Table of the people and their labels."""
    build: Literal["GRCh37", "GRCh38"]
    """Genome build of the positions."""
    private: bool
    """Whether these people's data are not public; if so, nothing published tells of single people, and only AGs that
    pass the privacy gates are published (docs/cohort.md)."""


class People(Section):
    """Which people the data set is about, by label; {} for everybody."""

    population: Labels = ABSENT
    """Keep people of these populations."""
    superpopulation: Labels = ABSENT
    """Keep people of these superpopulations."""


class Windows(Section):
    """Train a model on each of several windows of the sites, as jobs of their own, and draw AGs through all of them;
    null or left out for one model of all sites.
    """

    n: Annotated[int, Field(ge=2)]
    """Number of windows, of equal numbers of sites."""
    context_sites: Count
    """Sites before a window that its model sees too, from whose alleles AGs are continued."""


class Dataset(Section):
    """One data set."""

    cohort: Name
    """Cohort that the data set is cut from."""
    region: Regions | None
    """Where its sites lie, one stretch or several that do not overlap; null for all sites."""
    people: People
    """Which people the data set is about, by label; {} for everybody."""
    public: bool
    """Whether the people left out by `people` stay as the public reference panel, which scans and imputation need."""
    public_share: PartOrNone = ABSENT
    """Share of these people who stand in the public panel all the same, and neither train nor test; needs `public`."""
    maf_min: Maf
    """Smallest minor allele frequency of a site, in training and validation individuals; 0 keeps all sites, also
    monomorphic ones."""
    sites_max: Annotated[int, Field(ge=10)] | None
    """Keep the first so many of the sites left, a stretch without gaps; null for all."""
    windows: Windows | None = ABSENT
    """Train a model on each of several windows of the sites, as jobs of their own, and draw AGs through all of them;
    null or left out for one model of all sites."""
    models: Annotated[list[Name], Field(min_length=1)] = ABSENT
    """Models of the run that this data set has; those that are not among `models` are left out. All where the line is
    missing."""
    model_params: dict[str, dict] = ABSENT
    """Settings of models that differ for this data set, by model; any of the model's own keys, without `kind`."""
    scan: dict = ABSENT
    """Settings of `scan` that differ for this data set; any of its keys, without `datasets` and `controls`."""


class Gate(Section):
    """One gate, with one of these rules; null switches it off."""

    closeness_min: Share | None = ABSENT
    """Smallest closeness: 1 less the distance of value and ceiling in units of the distance of floor and ceiling.
    Correlations above the ceiling and errors below it count as the ceiling."""
    below_ceiling_max: NotNegative | None = ABSENT
    """So far below the ceiling at the most."""
    above_ceiling_max: NotNegative | None = ABSENT
    """So far above the ceiling at the most."""
    from_half_max: Annotated[float, Field(ge=0, le=0.5)] | None = ABSENT
    """So far from 0.5 at the most."""
    at_most: float | None = ABSENT
    """Largest value."""
    at_least: float | None = ABSENT
    """Smallest value."""


Gates = dict[Name, Gate | None]


class Figure(Section):
    """One figure."""

    dataset: Name
    """Data set that the figure shows."""
    draws: Literal[*(name for name in FIGURES if name not in ONCE), COMPARED_MODELS] = ABSENT
    """What is drawn, where the name of the figure is not one of these."""
    models: SomeNames = ABSENT
    """Models that the figure shows, in the order of `models`; all of them without this key."""
    title: Title = ABSENT
    """Title in the report, in place of the usual one."""


class Split(Section):
    """Which people train, choose the epoch and test; by individual, never by haplotype."""

    test: Part
    """Share of a data set's own people that no model sees."""
    validation: Part
    """Share of the other people that chooses the epoch."""
    seed: Seed
    """Seed of the permutation of people."""
    relatives: Literal["together", "as_drawn"]
    """Whether duplicates and close relatives, as far as the sites show them, are kept on one side of the split
    (together) or split like others (as_drawn)."""


class Generate(Section):
    """Artificial genomes."""

    redraw: Literal["private", "all"]
    """Whether AGs that are near copies of single individuals are replaced by others for private cohorts only, or for
    all."""
    shared_by: Annotated[int, Field(ge=2)]
    """Number of unrelated individuals who make a haplotype common; AGs may copy common haplotypes."""


class Compare(Section):
    """Comparison of AGs with real haplotypes."""

    references: Annotated[list[Literal["test", "train"]], Field(min_length=1), Once]
    """Real people that AGs are compared with."""
    pca_axes: Annotated[int, Field(ge=2, le=20)]
    """Axes of the PCA of real and artificial haplotypes."""
    three_point_gaps: Counts
    """Sites from one to the next of a triplet, for three-point correlations. Gaps longer than the data set are left
    out; randomly placed triplets are always added."""
    three_point_triplets: Annotated[int, Field(ge=3)]
    """Random triplets of sites for each gap."""
    ld_sites_max: Annotated[int, Field(ge=2)] | None
    """LD is computed for all pairs among at most so many sites, evenly spread; null for all."""
    haplotype_window_sites: Count
    """Sites of a window in which haplotypes are told apart, for haplotype heterozygosity."""
    seed: Seed
    """Seed of the random draws of people and triplets."""


class Scan(Section):
    """Selection scans of data sets that keep a public panel."""

    datasets: Names
    """Data sets to scan; each needs `public` true. [] switches scans off."""
    statistics: Annotated[list[ScanStatistic], Field(min_length=1), Once]
    """What to compute. `pbs` also gives PBSn1, `haplotypes` gives H1, H12 and haplotype diversity."""
    xpehh_reference: Label
    """Population or superpopulation of the public panel that XP-EHH compares with, of 10 people at least."""
    pbs_references: LabelPair
    """The two populations or superpopulations of the public panel in PBS, of 10 people each at least; first the near
    one, then the outgroup."""
    maf_min: Maf
    """Smallest minor allele frequency of the sites that XP-EHH and PBS score, in own people and references together,
    and of those that iHS and nSL tell haplotypes apart by."""
    ihs_maf_min: Maf
    """Smallest minor allele frequency of the sites that iHS and nSL score."""
    window_sites: Count
    """Width of a PBS window in sites."""
    step_sites: Count
    """Step from one PBS window to the next in sites."""
    haplotype_window_sites: Count
    """Width of a window of H1, H12, haplotype diversity and Tajima's D in sites; all sites of the data set count."""
    haplotype_step_sites: Count
    """Step from one such window to the next in sites."""
    xpehh_bins: Count | None
    """XP-EHH is standardised within so many bins of the allele count; null over all sites."""
    frequency_bins: Count | None
    """iHS and nSL are standardised within so many bins of the allele count; null over all sites."""
    edges: bool
    """Whether sites are scored whose EHH reaches the end of the data before it falls below 0.05; short regions have
    hardly any others."""
    genetic_map: File | None
    """File with the genetic map (position, cM), or an archive of such files; null for physical distance."""
    ancestral: File | None
    """Table of ancestral alleles (contig, position, ancestral), for the sign of iHS and nSL; null takes REF as
    ancestral."""
    genes: File | None
    """Table of genes (build, name, contig, start, end) to name candidates by; null for none."""
    controls: File | None
    """Table of signals that the real data must show before any AG is scanned; null for none."""


class Imputation(Section):
    """Imputation of masked test people from panels with and without AGs."""

    datasets: Names
    """Data sets to impute; each needs `public` true. [] switches imputation off."""
    tools: Annotated[list[Literal["beagle", "minimac4", "impute5", "impute2"]], Field(min_length=1), Once]
    """Programs to impute with; figure 7 and the metrics without the name of a tool are of the first."""
    panels: Panels
    """Reference panels, each made of parts joined by +. A part is `real` (the public people), `biobank` (the people
    that models are trained on) or a model; `rbm@100` adds only the first 100 AGs of a model. Gains are against `real`.
    `auto` stands for `real`, `real` with each model of the run, and `real+biobank`."""
    typed_fraction: Part
    """Share of the sites that the genotyping array types."""
    typed_maf_min: Maf
    """Smallest minor allele frequency of the typed sites."""
    typed_sites: File | None
    """Table of the sites that a genotyping array types (contig, position), in place of the two keys above; null for
    none."""
    maf_bins: Annotated[list[Maf], Field(min_length=2)]
    """Edges of the bins of minor allele frequency in the biobank; increasing."""
    mac_bins: Annotated[list[Count], Field(min_length=1)]
    """Lowest minor allele count in the biobank of each class of rare sites; increasing. Sites with fewer copies are a
    class too."""
    genetic_map: File | None
    """File with the genetic map (position, cM), or an archive of such files; null for what the programs do without
    one."""
    beagle_jar: File
    """The Beagle program."""
    minimac4: Program
    """The Minimac4 program, a name on PATH or a path."""
    impute5: Program
    """The IMPUTE5 program, a name on PATH or a path."""
    impute2: Program
    """The IMPUTE2 program, a name on PATH or a path."""


class Latent(Section):
    """The RBM's hidden layer."""

    datasets: Names
    """Data sets whose hidden layer is analysed; each needs people of several superpopulations. [] switches this off."""
    model: Name
    """Model of kind rbm whose hidden layer is analysed."""
    discriminators: Names
    """Models of kind gan or wgan whose discriminators stand beside the hidden layer as features; those that are not
    among `models` are left out."""
    folds: Annotated[int, Field(ge=2, le=20)]
    """Folds of the nested cross-validation by individual, outer and inner."""
    few_labels: Counts
    """Numbers of labelled people a superpopulation from which superpopulations are told apart, beside all; [] for
    none."""
    few_label_draws: Count
    """Random draws of those people."""
    conditional: Name | None
    """Model of kind rbm with labels that is trained on these data sets to make AGs of given populations, also where it
    is not among `models`; null for none."""
    masked_datasets: Names
    """Data sets whose test people are masked and completed by the model, by Beagle and by the commonest allele. []
    switches this off."""
    masked_known: Part
    """Share of the sites that stay known, evenly spread."""
    masked_chains: Count
    """Gibbs chains for each masked haplotype."""


class Verdict(Section):
    """The verdict on every set of artificial genomes. A gate is a rule for a metric of the scorecard."""

    fidelity: Gates
    """Gates that models are ranked by."""
    privacy: Gates
    """Gates that artificial genomes must pass to be released."""


class PaperDatasets(Section):
    """Data sets that play those of the paper; only numbers of these are compared, by `resources/paper.tsv`. Those that
    are not among `datasets` are left out.
    """

    snps805: Name = ABSENT
    """Plays the 805 SNPs on 22 autosomes."""
    snps10k: Name = ABSENT
    """Plays the 10,000 SNPs of chromosome 15."""
    biobank: Name = ABSENT
    """Plays the Estonian Biobank, which is closed."""


class Paper(Section):
    """The run beside published numbers."""

    datasets: PaperDatasets
    """Data sets that play those of the paper; only numbers of these are compared, by `resources/paper.tsv`. Those that
    are not among `datasets` are left out."""


class Release(Section):
    """What `snakemake release` puts out."""

    models: ReleasedModels
    """Models whose AGs are released; `best` is the first in rank of the cleared models of each data set, baselines
    aside. Those that a list names are released where they are cleared, or safe and not faithful."""
    not_proven: Literal["exclude", "include"]
    """Whether faithful AGs whose privacy is not proven may be released too; `include` is your consent."""
    licence: str | None
    """Terms under which the AGs may be used, for the data card; null says that there are none yet."""


class WorkflowConfig(Section):
    """Every key, its type, its range and what it means. Defaults stand in config/config.yaml and nowhere else.
    Relations between keys (names that must exist, files, stages that figures need) are checked in
    workflow/scripts/artificial_genomes/config/relations.py.
    """

    run: Name
    """Name of the run. Results land in `results/{run}/`, logs in `logs/{run}/`."""
    seeds: Annotated[list[Seed], Field(min_length=1), Once]
    """Each model is trained, and generates, once with each of these seeds."""
    device: Literal["cpu", "gpu"]
    """Where neural models are trained."""
    cohorts: Annotated[dict[Name, Cohort], Field(min_length=1)]
    """People with phased haplotypes and population labels, by name."""
    datasets: SomeNames
    """Data sets to work on, by name."""
    dataset_params: dict[Name, Dataset]
    """How each data set is cut from a cohort, by name."""
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
    figures: Annotated[list[FigureName], Once]
    """Figures to draw, by name."""
    figure_params: dict[FigureName, Figure]
    """What each figure shows, by name."""
