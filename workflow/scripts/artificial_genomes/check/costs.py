"""The requested and expected resources of the jobs of a run, by stage, and whether this machine has them."""

import math
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from artificial_genomes.config import resources
from artificial_genomes.config.checks import Configuration
from artificial_genomes.core.errors import counted
from artificial_genomes.core.kinds import CUSTOM
from artificial_genomes.core.windows import trained_sites_of
from artificial_genomes.imputation.tables import DIRECT

MEMORY_SHARE = 0.9
"""Share of this machine's memory above which the request of a job is a problem."""

LONG_JOB_DAYS = 2.0
"""Jobs that take longer are reported."""

ON_A_GPU = "times of gan, wgan and rbm are for an NVIDIA H100; other GPUs may take several times as long."

CONTEXT_SITES = 200
"""Context sites of the windows that the check proposes."""

WINDOWS_MAX = 1000
"""Maximum number of proposed windows."""


@dataclass(frozen=True)
class Extent:
    """The size of a dataset.

    Attributes
    ----------
    dataset
        Its name.
    haplotypes, all_haplotypes
        Number of haplotypes of its own individuals, and of these and the public panel.
    sites, trained_sites
        Number of sites of the dataset, and of each window (or all).
    alleles_read
        Haplotypes times rows of the cohort's files in its region.
    """

    dataset: str
    haplotypes: int
    all_haplotypes: int
    sites: int
    trained_sites: Sequence[int]
    alleles_read: int


@dataclass(frozen=True)
class Job:
    """Jobs of a rule with the same resources.

    Attributes
    ----------
    rule, dataset
        Rule and dataset of the jobs.
    times
        Number of jobs.
    mb, minutes
        Memory and minutes that each requests.
    seconds
        Minimum and maximum expected time of each.
    disk_mb
        Disk space that each writes.
    advice
        How to make it smaller.
    """

    rule: str
    dataset: str
    times: int
    mb: int
    minutes: int
    seconds: tuple[float, float]
    disk_mb: float
    advice: str = ""


class Costs:
    """The resources that the stages of a run need, and whether this machine has them.

    Attributes
    ----------
    lines
        Cells below `screen.HEADINGS[1:]` by stage, and of all stages together.
    notes, problems
        Facts to know before the run, and reasons why it cannot run.
    """

    def __init__(self, stages: Mapping[str, Sequence[Job]]):
        self.lines: dict[str, list[str]] = {}
        self.notes: list[str] = []
        self.problems: list[str] = []
        for stage, jobs in stages.items():
            self.lines[stage] = _cells(jobs)
            for job in jobs:
                self._look_at(stage, job)
        if everything := [job for jobs in stages.values() for job in jobs]:
            self._summarise(everything)

    def _look_at(self, stage: str, job: Job) -> None:
        """Report jobs that are too large for this machine or take too long."""
        if job.mb > MEMORY_SHARE * machine_memory_mb():
            self.problems.append(
                f"{stage} of {job.dataset} needs {job.mb:,} MB, this machine has {machine_memory_mb():,.0f}. Use "
                f"{job.advice}fewer sites (sites_max) or individuals, or a larger machine."
            )
        days = job.seconds[1] / 86400
        if days > LONG_JOB_DAYS:
            note = f"a job of {stage} of {job.dataset} takes up to {days:,.0f} days. {_faster(stage)}"
            self.notes += [note] if note not in self.notes else []

    def _summarise(self, jobs: Sequence[Job]) -> None:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        least, most = (
            max(max(job.seconds[end] for job in jobs), sum(job.times * job.seconds[end] for job in jobs) / cores)
            for end in (0, 1)
        )
        number, memory, _, _, disk = _cells(jobs)
        self.lines["all"] = [number, memory, f"{duration(least, most)} on {counted(cores, 'core')}", "", disk]
        needed, free = sum(job.times * job.disk_mb for job in jobs), shutil.disk_usage(".").free / 1e6
        if needed > free:
            self.problems.append(
                f"the run writes about {needed:,.0f} MB, but only {free:,.0f} MB are free here. Free some space, or "
                "work in another folder (--directory)."
            )


def _faster(stage: str) -> str:
    if stage in ("generate", "publish", "release"):
        return "Use fewer AGs (generate.n) or sites (sites_max)."
    return "Use fewer sites (sites_max, windows), individuals or epochs, or a GPU."


def _cells(jobs: Sequence[Job]) -> list[str]:
    """Return number, memory, time, limit and disk of jobs, in words."""
    return [
        f"{sum(job.times for job in jobs)}",
        f"{max(job.mb for job in jobs):,} MB",
        duration(min(job.seconds[0] for job in jobs), max(job.seconds[1] for job in jobs)),
        duration(60 * max(job.minutes for job in jobs)),
        f"{math.ceil(sum(job.times * job.disk_mb for job in jobs)):,} MB",
    ]


def duration(least: float, most: float | None = None) -> str:
    """Return seconds, or a range of seconds, as text: `40 s`, `3 to 12 min`, `20 min to 1.5 h`."""
    low, unit = _rounded(least)
    high, unit_of_high = _rounded(least if most is None else most)
    if (low, unit) == (high, unit_of_high):
        return f"{high} {unit_of_high}"
    return f"{low} to {high} {unit}" if unit == unit_of_high else f"{low} {unit} to {high} {unit_of_high}"


def _rounded(seconds: float) -> tuple[str, str]:
    if seconds < 90:
        return f"{max(1, round(seconds))}", "s"
    return (f"{seconds / 60:,.0f}", "min") if seconds < 5400 else (f"{seconds / 3600:,.3g}", "h")


def jobs_of_run(configuration: Configuration, extents: Sequence[Extent]) -> dict[str, list[Job]]:
    """Return the jobs of each stage of a run that take notable time."""
    stages: dict[str, list[Job]] = {}
    for extent in extents:
        for stage, job in _jobs_of(extent, configuration):
            if job.times:
                stages.setdefault(stage, []).append(job)
    order = ["prepare", *(stage for stage in stages if stage.startswith("train ")), *stages]
    return {stage: stages[stage] for stage in dict.fromkeys(order) if stage in stages}


def _jobs_of(extent: Extent, configuration: Configuration) -> Iterator[tuple[str, Job]]:
    """Yield the stages and jobs of a dataset."""
    values, name = configuration.values, extent.dataset
    seeds, latent, artificial = len(values["seeds"]), values["latent"], values["generate"]["n"]
    individuals_max = values["compare"]["individuals_max"]

    def job(rule: str, times: int, sites: int = extent.sites, haplotypes: int = extent.haplotypes) -> Job:
        haplotypes, everybody = (
            resources.with_ags(rule, n, artificial, individuals_max) for n in (haplotypes, extent.all_haplotypes)
        )
        return Job(
            rule,
            name,
            times,
            resources.memory_mb(rule, sites, everybody),
            resources.runtime(rule, sites, everybody),
            (resources.seconds(rule, sites, haplotypes),) * 2,
            resources.disk_mb(rule, sites, haplotypes),
        )

    own = [model for model in configuration.models_of(name) if model not in configuration.external_models()]
    conditional = configuration.conditional_models() if name in latent["datasets"] else []
    together = [model for model in own if model in configuration.matched_models()]
    yield "prepare", _preparation(extent)
    for model in dict.fromkeys([*own, *conditional]):
        settings = configuration.model_settings(name, model)
        yield f"train {model}", training(extent, settings, seeds, values["device"])
        drawn, size = max(extent.trained_sites), resources.model_file_mb(settings, extent.sites, extent.haplotypes)
        ags, everybody = (
            resources.with_ags("generate", n, artificial) for n in (extent.haplotypes, extent.all_haplotypes)
        )
        yield (
            "generate",
            replace(
                job("generate", seeds),
                mb=resources.generation_mb(settings, extent.sites, drawn, everybody, size),
                minutes=resources.generation_runtime(settings, extent.sites, drawn, everybody),
                seconds=(resources.generation_seconds(settings, extent.sites, drawn, ags),) * 2,
            ),
        )
    if configuration.is_private(name):
        yield "release", job("release", 1, extent.sites * len(own) * seeds)
    else:
        yield "publish", job("publish_genomes", len(own) * seeds)
    external = len(configuration.models_of(name)) - len(own)
    # AGs made elsewhere are one set, but their controls are drawn for each seed.
    yield "compare", job("compare", (len(own) + 2 + 2 * external) * seeds + external)
    placed = sum(model in configuration.matched_models() for model in configuration.models_of(name))
    everybody = resources.with_ags("compare_together", extent.all_haplotypes, artificial, individuals_max)
    mb = resources.memory_mb("compare_together", extent.sites, everybody, placed)
    yield "compare", replace(job("compare_together", seeds if together else 0), mb=mb)
    if name in values["scan"]["datasets"]:
        times = (len(together) + 3) * seeds + external
        yield "scan", job("scan", times, haplotypes=extent.all_haplotypes)
    if name in values["imputation"]["datasets"]:
        for tool in values["imputation"]["tools"]:
            direct = [panel.removesuffix(DIRECT) for panel in configuration.panels() if panel.endswith(DIRECT)]
            times = (len(configuration.panels()) - len(direct)) * seeds
            yield "impute", job(f"impute_{tool}", times, haplotypes=extent.all_haplotypes)
            for model in direct:
                settings = configuration.model_settings(name, model)
                size = resources.model_file_mb(settings, max(extent.trained_sites), extent.haplotypes)
                mb = resources.direct_mb(extent.sites, extent.all_haplotypes, size)
                yield "impute", replace(job("impute_direct", seeds), mb=mb)
    if name in latent["datasets"]:
        yield "latent", job("latent", seeds)
        yield "latent", job("latent_tasks", seeds)
        yield "latent", job("latent_conditional", len(conditional) * seeds)
    if name in latent["masked_datasets"]:
        yield "latent", job("masked_beagle", seeds)
        yield "latent", job("latent_masked", seeds)


def _preparation(extent: Extent) -> Job:
    """Return the preparation of a dataset; its rule, which has not read the files, may ask for more."""
    return Job(
        "prepare",
        extent.dataset,
        1,
        resources.memory_mb("prepare", 1, extent.alleles_read),
        resources.runtime("prepare", 1, extent.alleles_read),
        (resources.seconds("prepare", 1, extent.alleles_read),) * 2,
        resources.disk_mb("prepare", extent.sites, extent.all_haplotypes),
    )


def training(extent: Extent, settings: Mapping, seeds: int, device: str) -> Job:
    """Return the trainings of a model on a dataset, one per seed and window."""
    sites = max(extent.trained_sites)
    epochs = [min(settings["patience"], settings["epochs"]), settings["epochs"]] if "epochs" in settings else [None] * 2
    mb = resources.training_mb(settings, sites, extent.all_haplotypes)
    seconds = [resources.training_seconds(settings, sites, extent.haplotypes, device, n) for n in epochs]
    if settings["kind"] == CUSTOM:  # any amount up to the maximum
        seconds[0] = 1
    whole = len(extent.trained_sites) == 1
    return Job(
        "train" if whole else "train_window",
        extent.dataset,
        seeds * len(extent.trained_sites),
        mb,
        resources.training_runtime(settings, sites, extent.all_haplotypes, device),
        tuple(seconds),
        resources.model_file_mb(settings, sites, extent.haplotypes),
        _windows_that_fit(extent, settings) if whole and mb > MEMORY_SHARE * machine_memory_mb() else "",
    )


def _windows_that_fit(extent: Extent, settings: Mapping) -> str:
    """Return advice on windows whose trainings fit into this machine's memory, or ""."""
    for n in range(2, WINDOWS_MAX + 1):
        sites = trained_sites_of([extent.sites], {"n": n, "context_sites": CONTEXT_SITES})
        if resources.training_mb(settings, sites, extent.all_haplotypes) <= MEMORY_SHARE * machine_memory_mb():
            return f"windows: {{n: {n}, context_sites: {CONTEXT_SITES}}} in the dataset, "
    return ""


def machine_memory_mb(system: Path = Path("/")) -> float:
    """Return the memory in MB that this process may use: the machine's, or the limit of its container or SLURM step.

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
