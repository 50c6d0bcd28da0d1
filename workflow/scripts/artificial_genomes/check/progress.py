"""The share of a run's expected work that is done, and the time that is left."""

from collections.abc import Callable, Mapping
from pathlib import Path

from artificial_genomes.check.costs import Extent, duration, jobs_of_run
from artificial_genomes.config.checks import Configuration
from artificial_genomes.core.store import contigs_of_store, shape_of_store
from artificial_genomes.core.tables import read_tsv
from artificial_genomes.core.windows import contig_sizes, trained_sites_of

OTHER_SECONDS = 3.0
"""Expected seconds of a job that `costs.jobs_of_run` does not count: a download, a figure or a table."""

ALIKE = {
    "import_genomes": "generate",
    "compare_unmatched": "compare",
    "compare_control": "compare",
    "compare_external_control": "compare",
    "scan_real": "scan",
    "scan_control": "scan",
}
"""Rules whose jobs take as long as those of a rule that `costs.jobs_of_run` counts."""

TRAININGS = ("train", "train_window")

SHORT_RUN_SECONDS = 60.0
"""The progress of runs with less expected work is not shown."""

TRUSTED_SECONDS = 60.0
"""Seconds of work after which the measured speed counts as much as the expected one."""

UNFINISHED_MAX = 0.95
"""Maximum share of a job's expected work that counts before it has finished."""

Jobs = Mapping[int, tuple[str, Mapping[str, str]]]
"""Rule and wildcards of each job, by its number."""


def expected_seconds(jobs: Jobs, configuration: Configuration, results: Path) -> dict[int, float] | None:
    """Return the expected seconds of each job on one core; nothing while a dataset of the run is not prepared.

    Parameters
    ----------
    jobs
        Jobs of the run.
    configuration
        Configuration without known mistakes.
    results
        Folder of the run, results/{run}, with the prepared datasets.
    """
    extents = [_extent(name, configuration, results) for name in configuration.values["datasets"]]
    known = [extent for extent in extents if extent]
    if len(known) < len(extents):
        return None
    seconds = {}
    for stage, alike in jobs_of_run(configuration, known).items():
        for job in alike:
            seconds[job.rule, job.dataset, stage.partition(" ")[2]] = sum(job.seconds) / 2
    return {
        number: seconds.get(
            (ALIKE.get(rule, rule), wildcards.get("dataset"), wildcards.get("model") if rule in TRAININGS else ""),
            OTHER_SECONDS,
        )
        for number, (rule, wildcards) in jobs.items()
    }


def _extent(name: str, configuration: Configuration, results: Path) -> Extent | None:
    """Return the size of a prepared dataset."""
    store, split = (results / "prepare" / name / file for file in ("haplotypes.vcz.zip", "split.tsv"))
    if not (store.exists() and split.exists()):
        return None
    sites, haplotypes = shape_of_store(store)
    windows = configuration.windows(name)
    trained = trained_sites_of(contig_sizes(contigs_of_store(store)), windows) if windows else sites
    own = 2 * int((read_tsv(split, ["split"])["split"] != "public").sum())
    return Extent(name, own, haplotypes, sites, [trained] * (windows["n"] if windows else 1), 0)


class Progress:
    """The share of the work that is done.

    Parameters
    ----------
    jobs
        Jobs of the run.
    estimate
        Returns the expected seconds of jobs on one core, by their number, or nothing while the sizes of datasets are
        unknown; it is called again when a dataset has been prepared.
    workers
        Number of jobs that can run at the same time.
    queued
        Jobs that have started may still wait in the queue of a cluster.
    now
        Time in seconds when the run starts, from any origin.
    """

    def __init__(
        self,
        jobs: Jobs,
        estimate: Callable[[Jobs], Mapping[int, float] | None],
        *,
        workers: int,
        queued: bool,
        now: float,
    ):
        self._jobs, self._estimate, self._queued, self._begin = jobs, estimate, queued, now
        self._workers = max(1, min(workers, len(jobs)))
        self._seconds: Mapping[int, float] | None = estimate(jobs)
        self._started: dict[int, float] = {}
        self._finished: set[int] = set()

    def start(self, job: int, now: float) -> None:
        """Note that a job has started, for the first time or again."""
        self._started[job] = now

    def finish(self, job: int) -> None:
        """Note that a job has finished."""
        self._finished.add(job)
        if job in self._jobs and self._jobs[job][0] == "prepare":
            self._seconds = self._estimate(self._jobs)

    def expected(self, job: int) -> float:
        """Return the expected seconds of a job; 0 if it is no job of the run."""
        if self._seconds is None:
            return OTHER_SECONDS if job in self._jobs else 0
        return self._seconds.get(job, 0)

    def status(self, now: float) -> str:
        """Return the share of the work done and the time left.

        Returns "" for a short run, and while the sizes of its datasets are unknown.
        """
        if self._finished >= self._jobs.keys():
            return "100 %"
        total = sum(self._seconds.values()) if self._seconds else 0
        if total < SHORT_RUN_SECONDS:
            return ""
        left = {job: self._left(job, now) for job in self._seconds}
        done = total - sum(left.values())
        # Speed is work per second: the expected one at first, then more and more the measured one.
        speed = (TRUSTED_SECONDS + done) / (TRUSTED_SECONDS / self._workers + now - self._begin)
        seconds = max(sum(left.values()) / speed, *left.values())
        return f"{int(100 * done / total):2d} %, about {duration(seconds)} left"

    def _left(self, job: int, now: float) -> float:
        """Return the expected seconds that a job still takes."""
        seconds = self._seconds[job]
        if job in self._finished:
            return 0
        if self._queued:
            return seconds
        return seconds - min(now - self._started.get(job, now), UNFINISHED_MAX * seconds)
