"""The check before a run: what the inputs of datasets hold, all that is wrong with them, what the run will cost."""

import math
import os
import shutil
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from artificial_genomes.check.stage_checks import StageChecks
from artificial_genomes.config import memory
from artificial_genomes.config.checks import Configuration
from artificial_genomes.config.cohort_files import phase_settings
from artificial_genomes.config.growth import QUANTITIES, Growth, Size
from artificial_genomes.core.errors import Findings, UserError, gathered
from artificial_genomes.core.haplotypes import Haplotypes
from artificial_genomes.core.regions import in_regions, parse_regions
from artificial_genomes.core.sites import DROP
from artificial_genomes.core.windows import contig_sizes, cut, trained_sites_of
from artificial_genomes.io.genetic_map import is_covered, map_positions, read_map_of
from artificial_genomes.io.genotypes import check_diploid, sites_of_no_population
from artificial_genomes.io.people import read_people
from artificial_genomes.prepare.phasing import read_to_phase
from artificial_genomes.prepare.preparation import (
    KNOWN_PARTS,
    CohortFiles,
    labelled_people,
    public_people,
    read_cohort,
    require_regions,
    select_people,
    select_sites,
    sites_by_region,
    split_own,
    split_sizes,
)
from artificial_genomes.prepare.relatives import find_relatives
from artificial_genomes.statistics.privacy import NEAR_SHARE

COLUMNS = ["topic", "dataset", "what", "value"]
INPUT, COST, NOTE, PROBLEM = "input", "cost", "note", "problem"
WIDTH = 118
PROBLEMS_MAX = 30
MEMORY_SHARE = 0.9
"""Of the memory of this machine, so much may be asked for before the check calls it a problem."""

LONG_JOB_DAYS = 2.0
"""Jobs that take longer are pointed out."""

ON_A_GPU = (
    "times of trainings are those without a GPU: with `device: gpu`, those of gan, wgan and rbm took a twentieth or "
    "less on an NVIDIA H100 (docs/paper.md)."
)

CONTEXT_SITES = 200
"""Sites before a window, where the check proposes windows."""

WINDOWS_MAX = 1000
"""No more windows are proposed than so many."""


class _Dataset:
    """What is found out about a dataset; what cannot be is left out."""

    def __init__(self, name: str):
        self.name = name
        self.facts: dict[str, object] = {}
        self.findings = Findings()
        self.notes: list[str] = []
        self.size: Size | None = None
        self.trained_sites: list[int] = []  # of each window, or all
        self.labels: dict[str, int] = {}  # how many populations and superpopulations its own people are of


def survey(configuration: Configuration, growth: Growth) -> pd.DataFrame:
    """Look at the inputs of all datasets of a run.

    Parameters
    ----------
    configuration
        Without known mistakes.
    growth
        What stages cost.

    Returns
    -------
    DataFrame
        COLUMNS: topic is `input` (what is there, by dataset), `cost` (by stage), `note` (what to know before the run)
        or `problem` (one a row, with the datasets that have it).
    """
    datasets = [_look_at(name, configuration) for name in configuration.values["datasets"]]
    rows = [(INPUT, one.name, what, value) for one in datasets for what, value in one.facts.items()]
    costs = Costs(growth, _jobs(configuration, [one for one in datasets if one.size]))
    rows += [(COST, "", what, value) for what, value in costs.lines.items()]
    rows += [(NOTE, one.name, "", text) for one in datasets for text in one.notes]
    rows += [(NOTE, "", "", text) for text in costs.notes]
    if configuration.values["device"] == "gpu":
        rows.append((NOTE, "", "", ON_A_GPU))
    problems: dict[str, list[str]] = {}
    for one in datasets:
        for text in one.findings.problems:
            problems.setdefault(" ".join(text.split()), []).append(one.name)
    rows += [(PROBLEM, ", ".join(names), "", text) for text, names in problems.items()]
    rows += [(PROBLEM, "", "", text) for text in costs.problems]
    return pd.DataFrame(rows, columns=COLUMNS).astype(str)


def _look_at(name: str, configuration: Configuration) -> _Dataset:
    """Read the inputs of a dataset as preparing it would, and go on where that would stop."""
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
    _tell_sites(facts, haplotypes, rows, findings)
    labelled = None
    if people is not None:
        with gathered(findings):
            labelled = labelled_people(haplotypes, people, cohort.get("people_without_labels") == "drop")
        if labelled is None:  # the others can be looked at all the same
            with gathered(Findings()):
                labelled = labelled_people(haplotypes, people, drop_unlabelled=True)
    if labelled is None:
        facts["people"] = f"{len(haplotypes.people)}"
        return found
    left_out = len(haplotypes.people) - len(labelled.people)
    facts["people"] = f"{len(labelled.people)}" + (f" ({left_out} without label)" if left_out else "")
    facts["populations"] = _populations(labelled.people)
    own = None
    with gathered(findings):
        own = select_people(labelled.people, settings.get("people") or {})
        if settings["public"] and own.all():
            raise UserError("public: true, but people leaves nobody to be public. Narrow it, or write public: false.")
    if own is not None:
        places = np.flatnonzero(haplotypes.people["sample"].isin(labelled.people["sample"]))
        _look_at_dataset(found, labelled, places, own, rows["rows read"], configuration)
    return found


def _read_to_phase(
    found: _Dataset, files: CohortFiles, configuration: Configuration
) -> tuple[Haplotypes, dict[str, int]]:
    """Read genotypes as phasing does, tell what it leaves out and fills in, and cut them to the dataset's regions."""
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
    told = [
        f"{row.value} {row.what}"
        for row in to_phase.qc.itertuples(index=False)
        if row.step == "phasing" and row.what not in of_rows
    ]
    found.notes.append(f"phasing: {'; '.join(told)}.")
    genotypes = to_phase.genotypes
    inside = in_regions(genotypes.sites, parse_regions(settings.get("region")), found.findings)
    return genotypes.take_sites(inside), to_phase.rows


@contextmanager
def _readable(findings: Findings) -> Iterator[None]:
    """Turn failures to open a file into findings."""
    try:
        yield
    except OSError as error:
        findings.problems.append(f"{error.filename or error} cannot be opened. Check its path and its owner.")


def _tell_sites(facts: dict, haplotypes: Haplotypes, rows: Mapping[str, int], findings: Findings) -> None:
    contigs = list(haplotypes.sites["contig"].unique())
    style = "with chr" if contigs[0].startswith("chr") else "without chr"
    facts["contigs"] = f"{', '.join(contigs[:3])}{', …' if len(contigs) > 3 else ''} ({len(contigs)}, {style})"
    facts["rows read"] = rows["rows read"]
    facts["failed a filter"] = rows.get("failed a filter", 0)
    facts["more than one ALT"] = rows.get("more than one ALT allele", 0)
    facts["no SNP"] = rows.get("not a SNP", 0) + rows.get("no ALT allele", 0)
    facts["duplicate positions"] = rows["the same site again"] + rows["position with other alleles in another row"]
    facts["biallelic SNPs"] = haplotypes.n_sites
    missing, unphased = (findings.unusable[fault] / max(1, findings.genotypes) for fault in ("missing", "unphased"))
    facts["phased %"], facts["missing %"] = _percent(1 - missing - unphased), _percent(missing)


def _look_at_dataset(
    found: _Dataset,
    labelled: Haplotypes,
    places: np.ndarray,
    own: np.ndarray,
    file_rows: int,
    configuration: Configuration,
) -> None:
    """Tell what the dataset will be: its people, its sites, its split, and how the stages can work with it."""
    values, findings, facts = configuration.values, found.findings, found.facts
    settings, split = configuration.dataset_settings(found.name), values["split"]
    own = own.copy()
    own[public_people(own, settings.get("public_share", 0), split["seed"])] = False
    public = ~own if settings["public"] else np.zeros(len(own), bool)
    facts["of them own, public"] = f"{int(own.sum())}, {int(public.sum())}"
    sizes = parts = None
    with gathered(findings):
        sizes = split_sizes(int(own.sum()), split["test"], split["validation"])
        facts["train, validation, test"] = "{2}, {1}, {0}".format(*sizes)
    if not own.any():
        return
    used = labelled.take_people(own | public)
    check_diploid(used, places[own | public], values["cohorts"][settings["cohort"]]["build"], findings)
    invented = sites_of_no_population(used)
    facts["filled in for a population"] = int(invented.sum())
    labelled = labelled.take_sites(~invented)
    limits = settings["maf_min"], settings.get("sites_max")
    counts, n_own, kept = labelled.alt_counts(own), 2 * int(own.sum()), None
    n_known = n_own
    with gathered(findings):
        kept, _ = select_sites(counts, n_own, *limits)
    if kept is None:
        return
    if sizes is not None:
        parts = _look_at_relatives(found, labelled.take_sites(kept).take_people(own), split, settings["cohort"], values)
        known, kept = own.copy(), None
        known[own] = np.isin(parts, KNOWN_PARTS)
        counts, n_known = labelled.alt_counts(known), 2 * int(known.sum())
        with gathered(findings):
            kept, _ = select_sites(counts, n_known, *limits)
        if kept is None:
            return
    facts["monomorphic"] = int((np.minimum(counts, n_known - counts) == 0).sum())
    facts["sites used"] = len(kept)
    regions = parse_regions(settings.get("region"))
    in_region = sites_by_region(labelled.sites.iloc[kept], regions).values()
    facts["regions"] = f"{len(regions)}, of {_range(in_region)} sites" if in_region else "1" if regions else "all sites"
    with gathered(findings):
        # Of those without any site the reading of the files has told.
        told = [region for region in regions if any(str(region) in problem for problem in findings.problems)]
        require_regions([region for region in regions if region not in told], labelled.sites, kept)
    windows = configuration.windows(found.name)
    found.trained_sites, facts["windows"] = [len(kept)], "none"
    if windows:
        with gathered(findings):
            parts_of_sites = cut(contig_sizes(labelled.sites["contig"].to_numpy()[kept]), **windows)
            found.trained_sites = [window.stop - window.start for window in parts_of_sites]
            facts["windows"] = f"{windows['n']}, of {_range(found.trained_sites)} sites with context"
    found.labels = labelled.people.loc[own, ["population", "superpopulation"]].nunique().to_dict()
    found.size = Size(n_own, len(kept), 2 * len(labelled.people) * file_rows, n_own + 2 * int(public.sum()))
    if public.any():
        elsewhere = labelled.alt_counts(public)[kept]
        facts["varying in the public panel"] = _percent(
            float(((elsewhere > 0) & (elsewhere < 2 * int(public.sum()))).mean())
        )
    if parts is not None:
        alleles = labelled.take_sites(kept).alleles[np.repeat(own, 2)]
        shared = _shared_share(alleles, np.repeat(parts == "test", 2))
        facts["test haplotypes in training"] = _percent(shared)
        if shared > NEAR_SHARE:
            found.notes.append(
                f"{_percent(shared)} of the test haplotypes are those of training or validation people too. Above "
                f"{NEAR_SHARE:.0%} near copies are not defined, and the verdict will be that privacy is not proven: a "
                "longer region, or rarer sites (maf_min), have fewer of them."
            )
    sites = labelled.sites.iloc[kept]
    facts["on the genetic map"] = _map_coverage(found, sites, configuration)
    if parts is not None:
        split = np.full(len(own), "", object)
        split[own], split[public] = parts, "public"
        checks = StageChecks(
            found.name, labelled.take_sites(kept).take_people(own | public), split[own | public], configuration
        )
        with _readable(findings):
            checks.run(findings)
        found.notes += checks.notes


def _look_at_relatives(found: _Dataset, own: Haplotypes, split: Mapping, cohort: str, values: Mapping) -> np.ndarray:
    """Tell who is related, and return the split of the dataset's own people: (n_own,) object."""
    relatives = find_relatives(own)
    parts = split_own(split, relatives)
    counts = relatives.counts(parts)
    pairs, duplicates = counts["related pairs"], counts["of them duplicates or identical twins"]
    told = not np.isnan(relatives.cutoff) or relatives.by_identity
    found.facts["train, validation, test"] = ", ".join(
        str(int((parts == part).sum())) for part in ("train", "validation", "test")
    )
    found.facts["related pairs"] = f"{pairs} ({relatives.degree})" if told else "cannot be told"
    if pairs:
        apart = counts["related pairs on two sides of the split"]
        found.notes.append(
            f"{counts['individuals with relatives']} individuals have relatives among the others: related pairs "
            f"{pairs}, of them duplicates or identical twins {duplicates}, families {counts['families']}. "
            + (
                f"{apart} of them have one in training and the other in the test, which makes copies harder to see: "
                "split.relatives: together keeps families on one side."
                if apart
                else "Each family is kept on one side of the split. Remove duplicates from the cohort."
                if duplicates
                else "Each family is kept on one side of the split."
            )
        )
    elif not told and values["cohorts"][cohort]["private"]:
        found.notes.append(
            "these sites cannot show relatives or duplicates. If the cohort has any, leave all but one of each family "
            "out: relatives on both sides of the split make copies harder to see."
        )
    return parts


def _shared_share(alleles: np.ndarray, is_test: np.ndarray) -> float:
    """Return the share of test haplotypes that others have too, site for site."""
    packed = np.packbits(alleles, axis=1)
    others = {row.tobytes() for row in packed[~is_test]}
    return float(np.mean([row.tobytes() in others for row in packed[is_test]]))


def _map_coverage(found: _Dataset, sites: pd.DataFrame, configuration: Configuration) -> str:
    """Return the share of sites between the ends of the maps that stages of this dataset use."""
    values, maps = configuration.values, {}
    maps["phase"] = values["cohorts"][values["dataset_params"][found.name]["cohort"]].get("phase_map")
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
                for contig, positions in sites.groupby("contig", sort=False)["position"]:
                    map_positions(genetic_map, contig, positions.to_numpy())
    return ", ".join(texts) or ("not usable" if any(maps.values()) else "no map")


@dataclass(frozen=True)
class Job:
    """Jobs of a stage that cost the same.

    Attributes
    ----------
    dataset
        What they are about.
    cost_of
        The name of their cost in `growth`.
    size
        Of what each of them works on.
    settings
        That the cost depends on.
    times
        How many there are.
    all_sites
        Sites of the dataset; those of `size` are fewer where there are windows.
    """

    dataset: str
    cost_of: str
    size: Size
    settings: Mapping
    times: int
    all_sites: int


class Costs:
    """What the stages of a run will take, and what of it this machine does not have.

    Attributes
    ----------
    lines
        By stage, and of all of them together.
    notes, problems
        What to know before the run, and what it cannot be run with.
    """

    def __init__(self, growth: Growth, stages: dict[str, list[Job]]):
        self.lines: dict[str, str] = {}
        self.notes: list[str] = []
        self.problems: list[str] = []
        self._growth = growth
        self._total = {"seconds": 0.0, "disk_mb": 0.0}
        for stage, jobs in stages.items():
            self._add(stage, [job for job in jobs if job.times])
        if self.lines:
            self._summarise()

    def _add(self, stage: str, jobs: list[Job]) -> None:
        total = dict.fromkeys(QUANTITIES, 0.0)
        asked_most = 0
        known = [(job, cost) for job in jobs if (cost := self._growth.cost(job.cost_of, job.size, job.settings))]
        for job, cost in known:
            if job.cost_of.startswith("train_"):
                cost["mb"] = max(cost["mb"], memory.held_mb(job.settings, job.size.sites, job.size.haplotypes))
            total["seconds"] += job.times * cost["seconds"]
            total["disk_mb"] += job.times * cost["disk_mb"]
            total["mb"] = max(total["mb"], cost["mb"])
            asked = asked_mb(job)
            asked_most = max(asked_most, asked)
            self._look_at(stage, job, cost, asked)
        if known:
            self._total = {name: value + total[name] for name, value in self._total.items()}
            self.lines[stage] = (
                f"{_number_of(jobs)}, {_duration(total['seconds'])}, {total['mb']:,.0f} MB a job (asks for "
                f"{asked_most:,.0f}), {total['disk_mb']:,.1f} MB of disk"
            )
        elif jobs:
            asked = max(asked_mb(job) for job in jobs)
            text = f"{_number_of(jobs)}, whose cost nobody has measured"
            self.lines[stage] = f"{text} (asks for {asked:,.0f} MB a job, a general estimate)"

    def _look_at(self, stage: str, job: Job, cost: Mapping[str, float], asked: int) -> None:
        """Note what is too much for this machine, or for anybody's patience."""
        needed = max(asked, cost["mb"])
        if needed > MEMORY_SHARE * memory_mb():
            self.problems.append(
                f"{stage} of {job.dataset} needs {needed:,.0f} MB, this machine has {memory_mb():,.0f}. Take "
                f"{_windows_that_fit(job)}fewer sites (sites_max) or people, or a larger machine."
            )
        elif cost["mb"] > asked:
            rule = _rule_of(job)
            self.notes.append(
                f"{stage} of {job.dataset} takes about {cost['mb']:,.0f} MB, on a cluster its rule asks for "
                f"{asked:,.0f}: --set-resources {rule}:mem_mb={math.ceil(cost['mb'] / 750) * 1000}."
            )
        days = cost["seconds"] / 86400
        if days > LONG_JOB_DAYS:
            self.notes.append(
                f"a job of {stage} of {job.dataset} takes about {days:,.0f} days. Take fewer sites (sites_max, "
                "windows), people or epochs, or more threads (--set-threads)."
            )

    def _summarise(self) -> None:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        free = shutil.disk_usage(".").free / 1e6
        self.lines["all"] = (
            f"about {_duration(self._total['seconds'] / cores)} on {cores} cores, "
            f"{self._total['disk_mb']:,.0f} MB of disk; figures and report add a few minutes"
        )
        if self._total["disk_mb"] > free:
            self.problems.append(
                f"the run writes about {self._total['disk_mb']:,.0f} MB, and {free:,.0f} MB are free here. Free some, "
                "or work in another folder (--directory)."
            )


def _number_of(jobs: Sequence[Job]) -> str:
    number = sum(job.times for job in jobs)
    return "1 job" if number == 1 else f"{number} jobs"


def _windows_that_fit(job: Job) -> str:
    """Return the windows of sites whose trainings this machine has the memory for, as words before others; or nothing.

    For trainings of all sites at once.
    """
    if not job.cost_of.startswith("train_") or job.size.sites < job.all_sites:
        return ""
    for n in range(2, WINDOWS_MAX + 1):
        sites = trained_sites_of([job.size.sites], {"n": n, "context_sites": CONTEXT_SITES})
        if asked_mb(replace(job, size=replace(job.size, sites=sites))) <= MEMORY_SHARE * memory_mb():
            return f"windows: {{n: {n}, context_sites: {CONTEXT_SITES}}} in the data set, "
    return ""


def _rule_of(job: Job) -> str:
    """Return the rule whose jobs these are, as `--set-resources` names it."""
    if job.cost_of.startswith("train_"):
        return "train_window" if job.size.sites < job.all_sites else "train"
    if "rule" in job.settings:
        return job.settings["rule"]
    names = {"publish": "publish_genomes", "together": "compare_together"}
    return names.get(job.cost_of, job.cost_of.partition("_")[0] if job.cost_of.startswith("generate") else job.cost_of)


def _jobs(configuration: Configuration, datasets: Sequence[_Dataset]) -> dict[str, list[Job]]:
    """Return the jobs of each stage."""
    stages: dict[str, list[Job]] = {}
    for one in datasets:
        for stage, job in _jobs_of(one, configuration):
            stages.setdefault(stage, []).append(job)
    order = ["prepare", *(stage for stage in stages if stage.startswith("train ")), *stages]
    return {stage: stages[stage] for stage in dict.fromkeys(order) if stage in stages}


def _jobs_of(one: _Dataset, configuration: Configuration) -> Iterator[tuple[str, Job]]:
    """Yield the stage and the jobs that a run has about a dataset."""
    values, name, size = configuration.values, one.name, one.size
    seeds, latent = len(values["seeds"]), values["latent"]

    def job(cost_of: str, times: int, settings: Mapping | None = None, size: Size = size) -> Job:
        return Job(name, cost_of, size, settings or {}, times, one.size.sites)

    own = [model for model in configuration.models_of(name) if model not in configuration.external_models()]
    conditional = configuration.conditional_models() if name in latent["datasets"] else []
    together = [model for model in own if model in configuration.matched_models()]
    yield "prepare", job("prepare", 1)
    for model in dict.fromkeys([*own, *conditional]):
        settings = configuration.model_settings(name, model)
        # Label units are visible ones, as sites are.
        labels = one.labels.get(settings.get("labels"), 0)
        for sites, windows in sorted(Counter(one.trained_sites).items(), reverse=True):
            seen = replace(size, sites=sites + labels)
            yield f"train {model}", job(f"train_{settings['kind']}", seeds * windows, settings, seen)
        drawn = replace(size, sites=max(one.trained_sites) + labels)
        drawing = settings | {"windows": len(one.trained_sites)}
        yield "generate", job(f"generate_{settings['kind']}", seeds, drawing, drawn)
    published = "release" if configuration.is_private(name) else "publish"
    yield published, job(published, len(own) * seeds)
    linked = {"ld_sites_max": values["compare"].get("ld_sites_max")}
    yield "compare", job("compare", (len(configuration.models_of(name)) + 2) * seeds, linked)
    yield "compare", job("together", seeds if together else 0, {"sets": len(together)})
    if name in values["scan"]["datasets"]:
        yield "scan", job("scan", (len(together) + 3) * seeds)
    if name in values["imputation"]["datasets"]:
        for tool in values["imputation"]["tools"]:
            yield "impute", job("impute", len(configuration.panels()) * seeds, {"rule": f"impute_{tool}"})
    if name in latent["datasets"]:
        yield "latent", job("latent", seeds)
        yield "latent", job("latent_tasks", seeds, {"sets": len(dict.fromkeys([*together, *conditional]))})
        yield "latent", job("latent_conditional", len(conditional) * seeds)
    if name in latent["masked_datasets"]:
        chains = {"masked_chains": latent["masked_chains"]}
        yield "latent", job("impute", seeds, {"rule": "masked_beagle"})
        yield "latent", job("latent_masked", seeds, configuration.model_settings(name, latent["model"]) | chains)


def asked_mb(job: Job) -> int:
    """Return the memory that the rule of a job asks for."""
    size, settings = job.size, job.settings
    alleles = size.all_haplotypes * job.all_sites
    if job.cost_of.startswith("train_"):
        return memory.training_mb(settings, size.sites, size.all_haplotypes * size.sites)
    if job.cost_of.startswith("generate_"):
        drawn = size.all_haplotypes * (size.sites + memory.widest_layer(settings))
        return memory.generation_mb(settings["kind"], alleles, drawn, 0)
    match job.cost_of:
        case "prepare":
            return memory.PREPARATION_MB
        case "publish" | "release":
            return memory.release_mb(alleles)
        case "compare" | "together":
            return memory.comparison_mb(job.all_sites, size.all_haplotypes)
        case "scan":
            return memory.scan_mb(alleles)
        case "impute":
            return max(2000, memory.imputation_mb(alleles))
        case "latent_tasks":
            return memory.latent_tasks_mb(alleles)
    return memory.latent_mb(alleles)


def memory_mb(system: Path = Path("/")) -> float:
    """Return the memory in MB that this process may take: the machine's, or the limit of its container or SLURM step.

    Parameters
    ----------
    system
        Folder that holds `proc` and `sys`.
    """
    limits = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    with suppress(OSError):
        for line in (system / "proc/self/cgroup").read_text(encoding="utf-8").splitlines():
            _, controllers, name = line.split(":", 2)
            if controllers in ("", "memory"):
                # Version 2 of control groups has one tree, version 1 one per controller. A group has the limits of
                # those above it, too; within a container its own name may not be there.
                root, file = system / "sys/fs/cgroup", "memory.max"
                if controllers:
                    root, file = root / "memory", "memory.limit_in_bytes"
                group = root / name.lstrip("/")
                for folder in (group, *group.parents):
                    if folder == root or folder.is_relative_to(root):
                        with suppress(OSError, ValueError):  # "max": no limit
                            limits.append(int((folder / file).read_text(encoding="utf-8")))
    return min(limits) / 1e6


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{seconds / 60:,.0f} min" if seconds < 5400 else f"{seconds / 3600:,.1f} h"


def _percent(share: float) -> str:
    """Return a share in per cent, rounded away from 0 and 100 so that few exceptions are still seen."""
    if share in (0, 1):
        return f"{share:.0%}"
    return f"{min(99.99, max(0.01, math.floor(1e4 * share) / 100)):.2f}%"


def _range(numbers: Collection[int]) -> str:
    low, high = min(numbers), max(numbers)
    return f"{low}" if low == high else f"{low} to {high}"


def _populations(people: pd.DataFrame) -> str:
    return f"{people['population'].nunique()} in {people['superpopulation'].nunique()} superpopulations"


def screen(table: pd.DataFrame) -> list[str]:
    """Return the lines that tell a person what a survey found."""
    lines = []
    inputs = table[table["topic"] == INPUT]
    names = list(dict.fromkeys(inputs["dataset"]))
    label = max((len(what) for what in inputs["what"]), default=0) + 2
    cells = {(row.what, row.dataset): row.value for row in inputs.itertuples()}
    widths = {name: max(len(name), *(len(cells[key]) for key in cells if key[1] == name)) + 2 for name in names}
    for group in _groups(names, widths, WIDTH - label):
        lines += ["".join(["".ljust(label), *(name.ljust(widths[name]) for name in group)]).rstrip()]
        for what in dict.fromkeys(inputs["what"]):
            if any((what, name) in cells for name in group):
                row = [cells.get((what, name), "?").ljust(widths[name]) for name in group]
                lines.append("".join([what.ljust(label), *row]).rstrip())
        lines.append("")
    costs = table[table["topic"] == COST]
    if len(costs):
        lines.append("Expected on this machine (trainings at most: they stop early)")
        width = max(map(len, costs["what"])) + 2
        lines += [f"  {row.what:<{width}}{row.value}" for row in costs.itertuples()]
        lines.append("")
    for row in table[table["topic"] == NOTE].itertuples():
        lines.append(": ".join(filter(None, ["note", row.dataset, row.value])))
    problems = table[table["topic"] == PROBLEM]
    for row in problems.head(PROBLEMS_MAX).itertuples():
        lines.append(": ".join(filter(None, ["problem", row.dataset, row.value])))
    if len(problems) > PROBLEMS_MAX:
        lines.append(f"... and {len(problems) - PROBLEMS_MAX} more problems")
    number = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    lines.append(f"{number}. Mend them before the run." if len(problems) else "No problems.")
    return lines


def _groups(names: list[str], widths: Mapping[str, int], room: int) -> list[list[str]]:
    """Return names in groups that fit beside each other."""
    groups: list[list[str]] = []
    used = 0
    for name in names:
        if not groups or used + widths[name] > room:
            groups.append([])
            used = 0
        groups[-1].append(name)
        used += widths[name]
    return groups


def read_survey(path: str | Path) -> pd.DataFrame:
    """Read a table that `survey` returned."""
    return pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
