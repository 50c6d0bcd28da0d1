"""From the files of a cohort to the haplotypes, the split and the quality record of a dataset."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from artificial_genomes.compare.matching import people_compared
from artificial_genomes.core.errors import Findings, UserError, gathered
from artificial_genomes.core.haplotypes import Haplotypes
from artificial_genomes.core.quality_record import QC_COLUMNS, RARE_MAF, SITE_FACTS
from artificial_genomes.core.random_streams import stream
from artificial_genomes.core.regions import Region, in_regions, parse_regions
from artificial_genomes.core.sites import (
    DROP,
    NOT_A_SNP,
    ROWS_READ,
    check_contigs,
    check_naming,
    places_of_other_alleles,
    unique_sites,
)
from artificial_genomes.core.splits import PARTS
from artificial_genomes.io.genotypes import check_diploid, count_filled, sites_of_no_population
from artificial_genomes.io.hapt import read_hapt
from artificial_genomes.io.impute import read_impute_people
from artificial_genomes.io.people import check_commented_out, label_people
from artificial_genomes.io.plink2 import read_pgen
from artificial_genomes.io.vcf import read_vcf
from artificial_genomes.prepare.relatives import Relatives, find_relatives

log = logging.getLogger(__name__)

SITES_MIN = 10

KNOWN_PARTS = ("train", "validation")
"""Parts of the split that choose the sites: the sites of a dataset must reveal nothing about test individuals."""


@dataclass(frozen=True)
class Dataset:
    """A cohort cut to the sites, individuals and filters of one dataset.

    Attributes
    ----------
    haplotypes : Haplotypes
        The dataset's own individuals and its public ones, if any, in the cohort's order.
    split : DataFrame
        sample, population, superpopulation, split (train, validation, test, public); rows as in `haplotypes.people`.
    qc : DataFrame
        step, what, value: numbers of sites and individuals read, dropped by reason, and kept.
    relatives : DataFrame
        sample_a, sample_b, kinship: the related pairs among the dataset's own individuals.
    """

    haplotypes: Haplotypes
    split: pd.DataFrame
    qc: pd.DataFrame
    relatives: pd.DataFrame


@dataclass
class Cut:
    """How a cohort with labels is cut to a dataset. After a fault, a check continues, with None for what is
    undetermined.

    Attributes
    ----------
    haplotypes
        Of all its individuals, without sites at which most genotypes of a population were filled in by phasing.
    own, public : (n_people,) bool
        Whether each individual belongs to the dataset itself, or to its public panel.
    invented
        Number of sites filled in for most of a population.
    genotypes
        Rows of the quality record about genotypes.
    sizes
        Numbers of test, validation and training individuals, before relatives are kept together.
    relatives, parts : Relatives, (n_own,) object
        Relatives and part of the split of the dataset's own individuals.
    counts : (n_sites,) int
        ALT alleles of the dataset's own individuals.
    kept : (n_kept,) int
        Sites of the dataset.
    dropped
        Number of dropped sites, by reason.
    """

    haplotypes: Haplotypes
    own: np.ndarray
    public: np.ndarray
    invented: int = 0
    genotypes: list[tuple[str, str, object]] = field(default_factory=list)
    sizes: tuple[int, int, int] | None = None
    relatives: Relatives | None = None
    parts: np.ndarray | None = None
    counts: np.ndarray | None = None
    kept: np.ndarray | None = None
    dropped: dict[str, int] = field(default_factory=dict)

    @property
    def used(self) -> np.ndarray:
        """Individuals of the dataset: (n_people,) bool."""
        return self.own | self.public

    def split(self) -> np.ndarray:
        """Return the part of the split of each individual, `public` for all others: (n_people,) object."""
        split = np.full(len(self.own), "public", dtype=object)
        split[self.own] = self.parts
        return split


@dataclass(frozen=True)
class CohortFiles:
    """The files that hold a cohort's haplotypes.

    Attributes
    ----------
    haplotypes
        VCF or BCF files; or one .hapt, IMPUTE .hap or PLINK 2 .pgen file.
    legend
        Of a .hapt or .hap file.
    samples
        Names of the individuals of a .hap file.
    """

    haplotypes: Sequence[str | Path]
    legend: str | Path | None = None
    samples: str | Path | None = None

    @property
    def format(self) -> str:
        """Name of the format: VCF, PLINK 2, IMPUTE or hapt."""
        if self.legend is not None:
            return "hapt" if self.samples is None else "IMPUTE"
        return "PLINK 2" if Path(self.haplotypes[0]).suffix == ".pgen" else "VCF"


def read_cohort(
    files: CohortFiles, regions: Sequence[Region], build: str, findings: Findings | None = None, failed: str = DROP
) -> tuple[Haplotypes, dict[str, int]]:
    """Read a cohort's haplotypes at the biallelic SNPs of regions (without regions: everywhere), in any supported
    format.

    Returns
    -------
    haplotypes : Haplotypes
        Sorted sites, one per position; individuals without labels.
    rows : dict
        Number of rows (sites) read, and of those dropped by reason.
    findings, failed
        See `read_vcf`.

    Raises
    ------
    UserError
        See `read_vcf`, `read_pgen`, `read_hapt`, `read_impute_people`.
    """
    if files.format == "VCF":
        return read_vcf(files.haplotypes, regions, build, findings, failed)
    if len(files.haplotypes) != 1:
        raise UserError(
            f"a cohort in the format {files.format} must have one file, not {len(files.haplotypes)}. Merge the files."
        )
    if files.format == "PLINK 2":
        return read_pgen(files.haplotypes[0], regions, build, findings, failed)
    contigs = {region.contig for region in regions}
    contig = contigs.pop() if len(contigs) == 1 else None
    if files.format == "IMPUTE":
        haplotypes = read_impute_people(files.haplotypes[0], files.legend, files.samples, contig)
    else:
        haplotypes = read_hapt(files.haplotypes[0], files.legend, contig)
    with gathered(findings):
        check_naming(haplotypes.sites["contig"].unique())
    if regions:
        haplotypes = haplotypes.take_sites(in_regions(haplotypes.sites, regions, findings))
    with gathered(findings):
        check_contigs(haplotypes.sites, build)
    is_snp = haplotypes.sites[["ref", "alt"]].isin(list("ACGT")).all(axis=1).to_numpy()
    rows = {ROWS_READ: haplotypes.n_sites, NOT_A_SNP: int((~is_snp).sum())}
    if not is_snp.any():
        raise UserError(
            f"{Path(files.legend).name}: no biallelic SNP among {haplotypes.n_sites} sites. Check the file."
        )
    if findings is not None:
        findings.genotypes += len(haplotypes.people) * int(is_snp.sum())
    others = places_of_other_alleles(haplotypes.sites[~is_snp])
    haplotypes, repeated = unique_sites(haplotypes if is_snp.all() else haplotypes.take_sites(is_snp), others)
    return haplotypes, rows | repeated


def prepare_dataset(
    files: CohortFiles,
    people: pd.DataFrame,
    build: str,
    settings: Mapping,
    split_settings: Mapping,
    drop_unlabelled: bool = False,
    failed: str = DROP,
) -> Dataset:
    """Cut a cohort to a dataset and split its individuals.

    Parameters
    ----------
    files, build
        The cohort's haplotypes: see `read_cohort`.
    people
        The table of individuals: see `read_people`.
    settings
        region (``contig:start-end``, a list of these, or None for all sites), people (``{column: [values]}``; empty =
        all individuals), public (keep the individuals outside that filter as a public panel), public_people (optional:
        a filter of these), public_share (share of the individuals inside the first filter that are moved to the public
        panel), maf_min (smallest minor allele frequency among the training and validation individuals; 0 keeps
        monomorphic sites too), sites_max (maximum number of the remaining sites, the first ones; None = all),
        distance_min_bp (optional: smallest distance between sites).
    split_settings
        test, validation (fractions) and seed: see `split_people`; relatives (`together` keeps families on one side,
        `as_drawn` ignores relatedness).
    drop_unlabelled
        Leave out individuals with haplotypes who are not in the table, instead of raising an error.
    failed
        What to do with rows that failed a filter: see `read_vcf`.

    Raises
    ------
    UserError
        Input that cannot be read, too few individuals or sites, filters that leave nothing.
    """
    regions = parse_regions(settings.get("region"))
    haplotypes, rows = read_cohort(files, regions, build, failed=failed)
    n_read, n_snps, samples = len(haplotypes.people), haplotypes.n_sites, haplotypes.people["sample"]
    cut = cut_cohort(labelled_people(haplotypes, people, drop_unlabelled), samples, build, settings, split_settings)
    labels, kept = cut.haplotypes.people, cut.kept
    result = _of_people(cut.haplotypes.take_sites(kept), cut.used)
    table = result.people.assign(split=cut.split()[cut.used])
    qc = [("read", what, value) for what, value in rows.items()]
    qc += [("read", "biallelic SNPs", n_snps)]
    qc += [
        ("people", "individuals with haplotypes", n_read),
        ("people", "individuals without a label, left out", n_read - len(labels)),
        ("people", "labels without haplotypes", len(people) - len(labels)),
        ("people", "individuals left out by the filter", int((~cut.used).sum())),
    ]
    qc += [("split", name, int((table["split"] == name).sum())) for name in PARTS]
    qc += [("relatives", what, value) for what, value in cut.relatives.counts(cut.parts).items()]
    qc += [("filter", "filled in for most of a population", cut.invented)]
    qc += [("filter", what, value) for what, value in cut.dropped.items()]
    qc += _describe_sites(result.sites, cut.counts[kept], 2 * int(cut.own.sum()))
    qc += [("sites", f"in {region}", number) for region, number in sites_by_region(result.sites, regions).items()]
    qc += cut.genotypes + count_filled(result)
    log.info("kept %d of %d sites and %d of %d individuals", len(kept), n_snps, len(table), len(labels))
    names, pairs = labels["sample"].to_numpy()[cut.own], cut.relatives.pairs
    first, second = (names[pairs[column]] for column in ("first", "second"))
    named = pd.DataFrame({"sample_a": first, "sample_b": second, "kinship": pairs["kinship"]})
    return Dataset(result, table, pd.DataFrame(qc, columns=QC_COLUMNS), named)


def cut_cohort(
    haplotypes: Haplotypes,
    samples: pd.Series,
    build: str,
    settings: Mapping,
    split_settings: Mapping,
    findings: Findings | None = None,
) -> Cut | None:
    """Choose the individuals, the split and the sites of a dataset.

    Parameters
    ----------
    haplotypes
        Of the cohort's individuals with labels.
    samples
        Names of all individuals of the cohort's files, in their order.
    build, settings, split_settings
        See `prepare_dataset`.
    findings
        Collects faults, and the cut continues as far as possible; None raises the first one.

    Returns
    -------
    Cut or None
        None if the individuals cannot be determined.
    """
    own = public = None
    with gathered(findings):
        own, public = _own_and_public(haplotypes.people, settings, split_settings["seed"])
    if own is None:
        return None
    cut = Cut(haplotypes, own, public)
    with gathered(findings):  # before the relatives, which take longer
        cut.sizes = split_sizes(int(own.sum()), split_settings["test"], split_settings["validation"])
    if not own.any():
        return cut
    used = _of_people(haplotypes, cut.used)
    cut.genotypes = check_diploid(used, np.flatnonzero(samples.isin(used.people["sample"])), build, findings)
    invented = sites_of_no_population(used)
    cut.invented = int(invented.sum())
    cut.haplotypes = haplotypes.take_sites(~invented) if cut.invented else haplotypes
    del used  # it may be a copy as large as the cohort
    limits = settings["maf_min"], settings.get("sites_max"), settings.get("distance_min_bp") or 0
    cut.counts = cut.haplotypes.alt_counts(own)
    with gathered(findings):
        cut.kept, cut.dropped = select_sites(cut.haplotypes.sites, cut.counts, 2 * int(own.sum()), *limits)
    if cut.sizes is not None and cut.kept is not None:
        # The split depends on relatives, and the sites on the split. Relatives are therefore found at the sites that
        # all of the dataset's own individuals would choose.
        cut.relatives = find_relatives(_of_people(cut.haplotypes.take_sites(cut.kept), own))
        cut.parts, cut.kept = split_own(split_settings, cut.relatives), None
        known = np.isin(cut.split(), KNOWN_PARTS)
        with gathered(findings):
            counts = cut.haplotypes.alt_counts(known)
            cut.kept, cut.dropped = select_sites(cut.haplotypes.sites, counts, 2 * int(known.sum()), *limits)
    if cut.kept is not None:
        # Regions without any site were reported when the files were read.
        told = " ".join(findings.problems) if findings else ""
        regions = [region for region in parse_regions(settings.get("region")) if str(region) not in told]
        with gathered(findings):
            require_regions(regions, cut.haplotypes.sites, cut.kept)
    return cut


def _of_people(haplotypes: Haplotypes, people: np.ndarray) -> Haplotypes:
    """Return the haplotypes of some individuals, (n_people,) bool; of all of them without a copy."""
    return haplotypes if people.all() else haplotypes.take_people(people)


def labelled_people(haplotypes: Haplotypes, people: pd.DataFrame, drop_unlabelled: bool = False) -> Haplotypes:
    """Return haplotypes with the labels of their individuals, optionally without those missing from the table.

    Raises
    ------
    UserError
        No individual is in the table, or one is missing that must not be dropped: see `label_people`.
    """
    samples = haplotypes.people["sample"]
    check_commented_out(samples.tolist(), people)
    named = samples.isin(people["sample"]).to_numpy()
    if drop_unlabelled and named.any() and not named.all():
        log.info("%d of %d individuals have no label: left out", int((~named).sum()), len(named))
        haplotypes = haplotypes.take_people(named)
    labels = label_people(haplotypes.people["sample"].tolist(), people)
    return replace(haplotypes, people=labels)


def select_people(people: pd.DataFrame, wanted: Mapping[str, Sequence[str] | str]) -> np.ndarray:
    """Return whether each individual passes a filter: (n_people,) bool.

    Parameters
    ----------
    people
        sample, population, superpopulation.
    wanted
        Accepted value or values by column; an individual passes if it has one of them in every column. Empty = all.

    Raises
    ------
    UserError
        An unsupported column, or a value that no individual has.
    """
    passes = np.ones(len(people), bool)
    for column, values in wanted.items():
        if column not in ("population", "superpopulation"):
            raise UserError(f"individuals cannot be selected by {column!r}; use population or superpopulation.")
        values = [values] if isinstance(values, str) else list(values)
        present = sorted(people[column].unique())
        absent = [value for value in values if value not in present]
        if absent:
            raise UserError(
                f"no individual has {column} {', '.join(map(str, absent))}. Write one of {', '.join(present)}."
            )
        passes &= people[column].isin(values).to_numpy()
    return passes


def _own_and_public(people: pd.DataFrame, settings: Mapping, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return whether each individual is one of the dataset's own, and whether it is in the public panel: (n_people,)
    bool each.

    Raises
    ------
    UserError
        The panel should have somebody, and has nobody.
    """
    selected = select_people(people, settings.get("people") or {})
    if not settings.get("public"):
        return selected, np.zeros(len(people), bool)
    own = selected.copy()
    own[public_people(selected, settings.get("public_share", 0), seed)] = False
    others = ~selected & select_people(people, settings.get("public_people") or {})
    public = others | (selected & ~own)
    if not public.any():
        raise UserError(
            "public: true, but the filters of individuals (people, public_people) leave none for the public panel. "
            "Change them, write a public_share, or set public: false."
        )
    return own, public


def public_people(own: np.ndarray, share: float, seed: int) -> np.ndarray:
    """Draw individuals of a dataset for the public panel: indices in `own`, (n,) int64.

    Parameters
    ----------
    own : (n_people,) bool
        Whether each individual passes the dataset's filter.
    share
        Share of them to draw, rounded to whole individuals.
    seed
        Seed of the draw; the split uses the same seed, but a different order.
    """
    places = np.flatnonzero(own)
    return stream(seed, "public people").permutation(places)[: round(share * len(places))]


def split_own(split_settings: Mapping, relatives: Relatives) -> np.ndarray:
    """Split a dataset's own individuals as the `split` settings say: see `split_people`."""
    shares = split_settings["test"], split_settings["validation"]
    families = relatives.families if split_settings["relatives"] == "together" else None
    return split_people(len(relatives.families), *shares, split_settings["seed"], families)


def split_sizes(n_people: int, test: float, validation: float) -> tuple[int, int, int]:
    """Return the numbers of test, validation and training individuals of a split without relatives.

    Raises
    ------
    UserError
        No validation individual, or too few training or test individuals (`matching.people_compared`).
    """
    n_test = int(n_people * test + 0.5)
    n_validation = int((n_people - n_test) * validation + 0.5)
    n_train = n_people - n_test - n_validation
    people_compared(n_train, n_test)
    if n_validation < 1:
        raise UserError(
            f"the split of {n_people} individuals leaves none for validation. Use more individuals, or raise "
            "split.validation."
        )
    return n_test, n_validation, n_train


def split_people(
    n_people: int, test: float, validation: float, seed: int, families: np.ndarray | None = None
) -> np.ndarray:
    """Split individuals at random into train, validation and test, each family on one side: (n_people,) object.

    Individuals are permuted by ``numpy.random.RandomState(seed)``; the first are test (`test` times their number,
    rounded half up), the next are validation (the fraction `validation` of the others), the rest are train. With seed
    42, 2504 individuals without relatives and a fifth for the test, this is the split of published comparisons on these
    data. Relatives are assigned to the part of the one who comes first, so a part may exceed its size by less than a
    family. Families larger than half of the smallest part come last.

    Parameters
    ----------
    families : (n_people,) int64, optional
        Number of the family of each individual; by default, all are unrelated.

    Raises
    ------
    UserError
        See `split_sizes`.
    """
    n_test, n_validation, n_train = split_sizes(n_people, test, validation)
    families = np.arange(n_people) if families is None else families
    order = np.random.RandomState(seed).permutation(n_people)  # the legacy generator, as published
    place = np.empty(n_people, np.int64)
    place[order] = np.arange(n_people)
    first = pd.Series(place).groupby(families).transform("min").to_numpy()
    size = np.bincount(families)[families]
    order = np.lexsort((place, first, size > max(1, min(n_test, n_validation, n_train) / 2)))
    starts = np.flatnonzero(np.diff(families[order], prepend=-1))
    starts = np.repeat(starts, np.diff(starts, append=n_people))
    parts = np.full(n_people, "train", dtype=object)
    parts[order[starts < n_test + n_validation]] = "validation"
    parts[order[starts < n_test]] = "test"
    return parts


def select_sites(
    sites: pd.DataFrame,
    counts: np.ndarray,
    n_haplotypes: int,
    maf_min: float,
    sites_max: int | None,
    distance_min_bp: int,
) -> tuple[np.ndarray, dict[str, int]]:
    """Choose the sites that are common enough, and far enough from each other.

    Parameters
    ----------
    sites : DataFrame, one row per site
        contig and position (bp), sorted.
    counts : (n_sites,) int
        ALT alleles among `n_haplotypes` haplotypes.
    maf_min
        Smallest minor allele frequency; 0 keeps all sites, including monomorphic ones.
    sites_max
        Maximum number of remaining sites to keep: the first ones, without gaps, since linkage disequilibrium matters;
        None keeps all.
    distance_min_bp
        Smallest distance (bp) between neighbours on a contig: from its start on, each site that is too close to the
        one kept before it is left out.

    Returns
    -------
    kept : (n_kept,) int
        Positions of the sites kept.
    dropped : dict
        Number of sites dropped, by reason.

    Raises
    ------
    UserError
        All sites are monomorphic, or fewer than 10 are left.
    """
    minor = np.minimum(counts, n_haplotypes - counts)
    monomorphic = minor == 0
    if monomorphic.all():
        raise UserError(
            f"all {len(counts)} sites are monomorphic among {n_haplotypes // 2} individuals. Use another region or "
            "more individuals."
        )
    kept = np.flatnonzero(minor / n_haplotypes >= maf_min)
    n_monomorphic = int(monomorphic.sum()) if maf_min > 0 else 0
    n_rare = len(counts) - len(kept) - n_monomorphic
    if len(kept) < SITES_MIN:
        raise UserError(
            f"{len(kept)} sites are left, but at least {SITES_MIN} are needed: of {len(counts)} biallelic SNPs, "
            f"{n_monomorphic} are monomorphic among {n_haplotypes // 2} individuals and {n_rare} "
            f"have a minor allele frequency below {maf_min}. Use a longer region, or lower maf_min."
        )
    apart = _apart(sites.iloc[kept], distance_min_bp)
    if apart.sum() < SITES_MIN:
        raise UserError(
            f"{apart.sum()} sites are at least {distance_min_bp} bp apart, but {SITES_MIN} are needed. Lower "
            "distance_min_bp, or use a longer region."
        )
    stretch = kept[apart][:sites_max]
    return stretch, {
        "monomorphic": n_monomorphic,
        f"minor allele frequency below {maf_min}": n_rare,
        **({f"closer than {distance_min_bp} bp": int((~apart).sum())} if distance_min_bp else {}),
        "beyond sites_max": int(apart.sum()) - len(stretch),
    }


def _apart(sites: pd.DataFrame, distance_min_bp: int) -> np.ndarray:
    """Return which of the sorted sites are at least this far from the one kept before, on each contig."""
    apart, last = np.ones(len(sites), bool), (None, 0)
    for i, (contig, position) in enumerate(zip(sites["contig"], sites["position"], strict=True)):
        apart[i] = contig != last[0] or position - last[1] >= distance_min_bp
        if apart[i]:
            last = contig, position
    return apart


def sites_by_region(sites: pd.DataFrame, regions: Sequence[Region]) -> dict[Region, int]:
    """Return the number of sites in each region of a data set if it has several; a single region has all."""
    return {region: int(region.contains(sites).sum()) for region in regions} if len(regions) > 1 else {}


def require_regions(regions: Sequence[Region], sites: pd.DataFrame, kept: np.ndarray) -> None:
    """Check that each region of a data set still has a site.

    Parameters
    ----------
    sites
        Biallelic SNPs of the cohort.
    kept : (n_kept,) int
        Which of them the data set has: see `select_sites`.

    Raises
    ------
    UserError
        A region has none.
    """
    used = sites.iloc[kept]
    for region in regions:
        if not region.contains(used).any():
            raise UserError(
                f"region {region} has none of the {len(kept)} sites used: none of its "
                f"{int(region.contains(sites).sum())} biallelic SNPs passes maf_min, or all are beyond sites_max or "
                "closer than distance_min_bp. "
                "Change these, or remove the region."
            )


def _describe_sites(sites: pd.DataFrame, counts: np.ndarray, n_haplotypes: int) -> list[tuple[str, str, object]]:
    minor = np.minimum(counts, n_haplotypes - counts)
    first, last = sites.iloc[0], sites.iloc[-1]
    facts = {
        "sites": len(sites),
        "monomorphic": int((minor == 0).sum()),
        f"maf_below_{RARE_MAF}": int((minor / n_haplotypes < RARE_MAF).sum()),
        "contigs": sites["contig"].nunique(),
        "first": f"{first['contig']}:{first['position']}",
        "last": f"{last['contig']}:{last['position']}",
    }
    return [("sites", SITE_FACTS[code], value) for code, value in facts.items()]
