"""The check before a run: contents of the inputs of datasets, all problems, and the cost of the run."""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager

import numpy as np
import pandas as pd

from artificial_genomes.check.costs import ON_A_GPU, Costs, Extent, jobs_of_run
from artificial_genomes.check.region_length import ReadRegion, advice, shared_share
from artificial_genomes.check.screen import CELLS, COLUMNS, COST, INPUT, NOTE, PROBLEM
from artificial_genomes.check.stage_checks import StageChecks
from artificial_genomes.config.checks import Configuration
from artificial_genomes.config.cohort_files import phase_settings
from artificial_genomes.core.errors import Findings, counted, gathered
from artificial_genomes.core.haplotypes import Haplotypes
from artificial_genomes.core.regions import Region, in_regions, parse_regions
from artificial_genomes.core.sites import (
    DROP,
    FAILED_FILTER,
    NO_ALT,
    NOT_A_SNP,
    OTHER_ALLELES,
    REPEATED,
    ROWS_READ,
    SEVERAL_ALTS,
)
from artificial_genomes.core.windows import contig_sizes
from artificial_genomes.core.windows import cut as windows_of
from artificial_genomes.io.genetic_map import has_points_at, is_covered, map_positions, read_map_of
from artificial_genomes.io.people import read_people
from artificial_genomes.prepare.phasing import read_to_phase
from artificial_genomes.prepare.preparation import (
    KNOWN_PARTS,
    CohortFiles,
    Cut,
    cut_cohort,
    labelled_people,
    read_cohort,
    sites_by_region,
)
from artificial_genomes.prepare.relatives import Relatives
from artificial_genomes.statistics.privacy import NEAR_SHARE


class _Dataset:
    """Facts about a dataset; undetermined ones are left out."""

    def __init__(self, name: str):
        self.name = name
        self.facts: dict[str, object] = {}
        self.findings = Findings()
        self.notes: list[str] = []
        self.extent: Extent | None = None

    def report_build(self, build: str, verified_by: str | None) -> None:
        """Report the build, and what verifies it: headers, or a genetic map."""
        self.facts["build"] = f"{build} ({f'as in the {verified_by}' if verified_by else 'not verified'})"


def survey(configuration: Configuration) -> pd.DataFrame:
    """Inspect the inputs of all datasets of a run.

    Parameters
    ----------
    configuration
        Without known mistakes.

    Returns
    -------
    DataFrame
        COLUMNS: topic is `input` (contents, by dataset), `cost` (by stage), `note` (what to know before the run)
        or `problem` (one per row, with the datasets that it is about).
    """
    datasets = [_inspect(name, configuration) for name in configuration.values["datasets"]]
    rows = [(INPUT, one.name, what, value) for one in datasets for what, value in one.facts.items()]
    costs = Costs(jobs_of_run(configuration, [one.extent for one in datasets if one.extent]))
    rows += [(COST, "", what, CELLS.join(cells)) for what, cells in costs.lines.items()]
    rows += [(NOTE, ", ".join(names), "", text) for text, names in _by_text((one.notes, one.name) for one in datasets)]
    rows += [(NOTE, "", "", text) for text in costs.notes]
    if configuration.values["device"] == "gpu":
        rows.append((NOTE, "", "", ON_A_GPU))
    problems = _by_text((one.findings.problems, one.name) for one in datasets)
    rows += [(PROBLEM, ", ".join(names), "", text) for text, names in problems]
    rows += [(PROBLEM, "", "", text) for text in costs.problems]
    return pd.DataFrame(rows, columns=COLUMNS).astype(str)


def _by_text(told: Iterable[tuple[Iterable[str], str]]) -> Iterable[tuple[str, list[str]]]:
    """Return texts, each once, with the names of the datasets that they are about."""
    names: dict[str, list[str]] = {}
    for texts, name in told:
        for text in texts:
            names.setdefault(" ".join(text.split()), []).append(name)
    return names.items()


def _inspect(name: str, configuration: Configuration) -> _Dataset:
    """Read the inputs of a dataset as the preparation would, but continue after errors."""
    values = configuration.values
    settings = configuration.dataset_settings(name)
    cohort = values["cohorts"][settings["cohort"]]
    found = _Dataset(name)
    findings, facts = found.findings, found.facts
    to_phase = "phase" in cohort
    files = CohortFiles(
        cohort.get("vcf") or [cohort[key] for key in ("hapt", "hap", "pgen") if key in cohort],
        cohort.get("legend"),
        cohort.get("samples"),
    )
    facts["cohort"] = settings["cohort"] + (" (private)" if cohort["private"] else "")
    facts["format"] = files.format + (", to be phased by Beagle" if to_phase else "")
    facts["build"] = cohort["build"]
    people = haplotypes = None
    with gathered(findings), _readable(findings):
        people = read_people(cohort["people"])
    with gathered(findings), _readable(findings):
        regions, failed = parse_regions(settings.get("region")), cohort.get("rows_failing_filter", DROP)
        if to_phase:
            haplotypes, rows = _read_to_phase(found, files, configuration)
        else:
            haplotypes, rows = read_cohort(files, regions, cohort["build"], findings, failed)
    if haplotypes is None:
        return found
    if not haplotypes.n_sites:
        return found
    _report_sites(facts, haplotypes, rows, findings)
    found.report_build(cohort["build"], "headers" if findings.build_is_stated else None)
    labelled = None
    if people is not None:
        with gathered(findings):
            labelled = labelled_people(haplotypes, people, cohort.get("people_without_labels") == "drop")
        if labelled is None:  # the others can still be inspected
            with gathered(Findings()):
                labelled = labelled_people(haplotypes, people, drop_unlabelled=True)
    if labelled is None:
        facts["individuals"] = f"{len(haplotypes.people)}"
        return found
    left_out = len(haplotypes.people) - len(labelled.people)
    facts["individuals"] = f"{len(labelled.people)}" + (f" ({left_out} without label)" if left_out else "")
    facts["populations"] = _populations(labelled.people)
    samples = haplotypes.people["sample"]
    split = configuration.split_settings(name)
    cut = cut_cohort(labelled, samples, cohort["build"], settings, split, findings)
    if cut is not None:
        _report_cut(found, cut, configuration)
        if cut.kept is not None:
            read = None if to_phase or people is None else _reader(files, people, cohort, settings, split)
            _report_dataset(found, cut, 2 * len(labelled.people) * rows[ROWS_READ], configuration, read)
    return found


def _reader(files: CohortFiles, people: pd.DataFrame, cohort: Mapping, settings: Mapping, split: Mapping) -> ReadRegion:
    """Return a function that cuts the dataset from another region, without a maximum number of sites."""

    def read(region: Region) -> tuple[Haplotypes, np.ndarray]:
        # Faults in other regions are none of this dataset.
        elsewhere, (build, failed) = Findings(), (cohort["build"], cohort.get("rows_failing_filter", DROP))
        haplotypes, _ = read_cohort(files, [region], build, elsewhere, failed)
        labelled = labelled_people(haplotypes, people, drop_unlabelled=True)
        cut = cut_cohort(
            labelled, haplotypes.people["sample"], build, {**settings, "sites_max": None}, split, elsewhere
        )
        dataset = cut.haplotypes.take_sites(cut.kept).take_people(cut.own)
        return dataset, np.repeat(cut.parts == "test", 2)

    return read


def _read_to_phase(
    found: _Dataset, files: CohortFiles, configuration: Configuration
) -> tuple[Haplotypes, dict[str, int]]:
    """Read genotypes as phasing does, report what it leaves out and fills in, and cut them to the dataset's regions."""
    settings = configuration.dataset_settings(found.name)
    cohort = configuration.values["cohorts"][settings["cohort"]]
    to_phase = read_to_phase(
        files.haplotypes,
        configuration.phased_regions(settings["cohort"]),
        cohort["build"],
        **phase_settings(cohort),
        findings=found.findings,
    )
    of_rows = {*to_phase.rows}
    counts = [
        f"{row.value} {row.what}"
        for row in to_phase.qc.itertuples(index=False)
        if row.step == "phasing" and row.what not in of_rows
    ]
    found.notes.append(f"phasing: {'; '.join(counts)}.")
    genotypes = to_phase.genotypes
    inside = in_regions(genotypes.sites, parse_regions(settings.get("region")), found.findings)
    return genotypes.take_sites(inside), to_phase.rows


@contextmanager
def _readable(findings: Findings) -> Iterator[None]:
    """Turn failures to open a file into findings."""
    try:
        yield
    except OSError as error:
        findings.problems.append(f"{error.filename or error} cannot be opened. Check its path and permissions.")


def _report_sites(facts: dict, haplotypes: Haplotypes, rows: Mapping[str, int], findings: Findings) -> None:
    contigs = list(haplotypes.sites["contig"].unique())
    style = "with chr" if contigs[0].startswith("chr") else "without chr"
    facts["contigs"] = f"{', '.join(contigs[:3])}{', …' if len(contigs) > 3 else ''} ({len(contigs)}, {style})"
    facts["rows read"] = rows[ROWS_READ]
    facts["failed a filter"] = rows.get(FAILED_FILTER, 0)
    facts["more than one ALT"] = rows.get(SEVERAL_ALTS, 0)
    facts["not a SNP"] = rows.get(NOT_A_SNP, 0) + rows.get(NO_ALT, 0)
    facts["duplicate positions"] = rows[REPEATED] + rows[OTHER_ALLELES]
    facts["biallelic SNPs"] = haplotypes.n_sites
    missing, unphased = (findings.unusable[fault] / max(1, findings.genotypes) for fault in ("missing", "unphased"))
    facts["phased %"], facts["missing %"] = _percent(1 - missing - unphased), _percent(missing)


def _report_cut(found: _Dataset, cut: Cut, configuration: Configuration) -> None:
    """Report the individuals of the dataset, their relatives, and the split."""
    facts = found.facts
    facts["own, public"] = f"{int(cut.own.sum())}, {int(cut.public.sum())}"
    if cut.sizes is not None:
        sizes = cut.sizes[::-1]
        if cut.parts is not None:
            sizes = [int((cut.parts == part).sum()) for part in ("train", "validation", "test")]
        facts["train, validation, test"] = ", ".join(map(str, sizes))
    if cut.own.any():
        facts["filled in for a population"] = cut.invented
    if cut.relatives is not None:
        _report_relatives(found, cut.relatives, cut.parts, configuration)


def _report_relatives(found: _Dataset, relatives: Relatives, parts: np.ndarray, configuration: Configuration) -> None:
    """Report relatives, given the split of the dataset's own individuals: (n_own,) object."""
    pairs, apart = len(relatives.pairs), relatives.apart(parts)
    detectable = not np.isnan(relatives.cutoff) or relatives.by_identity
    found.facts["related pairs"] = f"{pairs} ({relatives.degree})" if detectable else "undetermined"
    if pairs:
        found.notes.append(
            f"{int(relatives.related.sum())} individuals have relatives in the cohort: related pairs {pairs}, of "
            f"which duplicates or identical twins {relatives.duplicates}, families {relatives.n_families}. "
            + (
                f"{apart} of them have one member in training and the other in the test, which makes copies harder "
                "to detect. Set split.relatives: together to keep families on one side."
                if apart
                else "Each family is kept on one side of the split. Remove duplicates from the cohort."
                if relatives.duplicates
                else "Each family is kept on one side of the split."
            )
        )
    elif not detectable and configuration.is_private(found.name):
        found.notes.append(
            "these sites cannot reveal relatives or duplicates. If the cohort has any, keep one individual per "
            "family: relatives on both sides of the split make copies harder to detect."
        )


def _report_dataset(
    found: _Dataset, cut: Cut, alleles_read: int, configuration: Configuration, read: ReadRegion | None
) -> None:
    """Report the sites of the dataset, and what the stages say about it."""
    findings, facts, kept = found.findings, found.facts, cut.kept
    public, n_public, sites = cut.public, 2 * int(cut.public.sum()), cut.haplotypes.sites.iloc[cut.kept]
    known = cut.own if cut.parts is None else np.isin(cut.split(), KNOWN_PARTS)
    counts, n_known = cut.haplotypes.alt_counts(known), 2 * int(known.sum())
    facts["monomorphic"] = int((np.minimum(counts, n_known - counts) == 0).sum())
    facts["sites used"] = len(kept)
    settings = configuration.dataset_settings(found.name)
    regions = parse_regions(settings.get("region"))
    in_region = sites_by_region(sites, regions).values()
    facts["regions"] = f"{len(regions)}, of {_range(in_region)} sites" if in_region else "1" if regions else "all sites"
    windows = configuration.windows(found.name)
    trained_sites, facts["windows"] = [len(kept)], "none"
    if windows:
        with gathered(findings):
            parts_of_sites = windows_of(contig_sizes(sites["contig"].to_numpy()), **windows)
            trained_sites = [window.stop - window.start for window in parts_of_sites]
            facts["windows"] = f"{windows['n']}, of {_range(trained_sites)} sites with context"
    n_own = 2 * int(cut.own.sum())
    found.extent = Extent(found.name, n_own, n_own + n_public, len(kept), trained_sites, alleles_read)
    if n_public:
        elsewhere = cut.haplotypes.alt_counts(public)[kept]
        facts["varying in the public panel"] = _percent(float(((elsewhere > 0) & (elsewhere < n_public)).mean()))
    dataset = cut.haplotypes.take_sites(kept)
    if cut.parts is not None:
        own, is_test = dataset.take_people(cut.own), np.repeat(cut.parts == "test", 2)
        shared = shared_share(own.alleles, is_test)
        facts["test haplotypes in training"] = _percent(shared)
        if shared > NEAR_SHARE:
            remedy = "Use a longer region or rarer sites (maf_min)."
            with gathered(Findings()):  # what is wrong elsewhere in the files is no problem of this dataset
                remedy = advice(own, is_test, settings["sites_max"], alleles_read / _covered(cut.haplotypes), read)
            found.notes.append(
                f"{_percent(shared)} of the test haplotypes also occur in training or validation individuals. Above "
                f"{NEAR_SHARE:.0%}, near copies are not defined, and the verdict will be that privacy is not proven. "
                + remedy
            )
    facts["on the genetic map"] = _map_coverage(found, sites, configuration)
    build = configuration.values["cohorts"][settings["cohort"]]["build"]
    if "not verified" in facts["build"]:
        found.notes.append(
            "the build cannot be verified: the files state no contig lengths of a known build, and no genetic map of "
            f"the run has points at the sites. Make sure that positions are those of {build}."
        )
    if cut.parts is not None:
        checks = StageChecks(found.name, dataset.take_people(cut.used), cut.split()[cut.used], configuration)
        with _readable(findings):
            checks.run(findings)
        found.notes += checks.notes


def _covered(haplotypes: Haplotypes) -> int:
    """Return the number of base pairs from the first to the last site, over all contigs."""
    positions = haplotypes.sites.groupby("contig", sort=False)["position"]
    return int((positions.max() - positions.min() + 1).sum())


def _map_coverage(found: _Dataset, sites: pd.DataFrame, configuration: Configuration) -> str:
    """Return the share of sites between the ends of the maps that stages of this dataset use."""
    values, maps = configuration.values, {}
    cohort = values["dataset_params"][found.name]["cohort"]
    maps["phase"] = values["cohorts"][cohort].get("phase_map")
    if found.name in values["scan"]["datasets"]:
        maps["scan"] = configuration.scan_settings(found.name)["genetic_map"]
    if found.name in values["imputation"]["datasets"]:
        maps["imputation"] = values["imputation"]["genetic_map"]
    texts = []
    for stage, file in maps.items():
        if file:
            with gathered(found.findings), _readable(found.findings):
                genetic_map = read_map_of(configuration.file(file), sites)
                texts.append(f"{_percent(float(is_covered(genetic_map, sites).mean()))} ({stage})")
                if not found.findings.build_is_stated and has_points_at(genetic_map, sites):
                    found.report_build(values["cohorts"][cohort]["build"], "genetic map")
                for contig, positions in sites.groupby("contig", sort=False)["position"]:
                    map_positions(genetic_map, contig, positions.to_numpy())
    return ", ".join(texts) or ("not usable" if any(maps.values()) else "no map")


def _percent(share: float) -> str:
    """Return a share in percent, rounded away from 0 and 100 so that rare exceptions remain visible."""
    if share in (0, 1):
        return f"{share:.0%}"
    return f"{min(99.99, max(0.01, math.floor(1e4 * share) / 100)):.2f}%"


def _range(numbers: Collection[int]) -> str:
    low, high = min(numbers), max(numbers)
    return f"{low}" if low == high else f"{low} to {high}"


def _populations(people: pd.DataFrame) -> str:
    return f"{people['population'].nunique()} in {counted(people['superpopulation'].nunique(), 'superpopulation')}"
