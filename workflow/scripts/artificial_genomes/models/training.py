"""What the training of every model shares: its data, its progress, its checkpoints and the choice of the epoch.

The epoch is chosen on the validation individuals, on whom the model is not trained: after every few epochs, the model
generates AGs, and the epoch with the smallest score is kept. The score is `validation_score`, or the negative
log-likelihood for models with an exact likelihood. Test individuals are not used.
"""

import json
import logging
import os
import signal
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd

from artificial_genomes.core.errors import UserError
from artificial_genomes.core.program import whole_output
from artificial_genomes.core.random_streams import derived_seed, stream
from artificial_genomes.core.sites import evenly_spread
from artificial_genomes.models import Model, Seed
from artificial_genomes.statistics.distances import distances_between, distances_within, wasserstein_of_counts
from artificial_genomes.statistics.frequencies import frequency_correlation, pearson
from artificial_genomes.statistics.ld import r2_matrix
from artificial_genomes.statistics.nearest import AdversarialAccuracy, adversarial_accuracy

log = logging.getLogger(__name__)

CHECKPOINT_SECONDS = float(os.environ.get("ARTIFICIAL_GENOMES_CHECKPOINT_SECONDS", 20))
"""Seconds between checkpoints; this affects how much is lost by a kill, but never the result."""

CHUNK_SECONDS = 10.0
"""Target duration in seconds of a chunk of epochs, between which a training shows progress and can be stopped."""

SCORE_SITES = 1000
"""Maximum number of sites, evenly spaced, for scoring LD during training."""

SCORE_HAPLOTYPES, SCORE_DRAWS_MAX = 2000, 5
"""Target number of AGs for a score, drawn in sets of the size of the validation set, and maximum number of sets."""

COLLAPSED_VARIETY = 0.05
"""A generator has collapsed if the ratio of distinct haplotypes in AGs to those in real haplotypes is below this."""

WEIGHT_MAX = 1e4
"""Maximum absolute weight: trained models stay below 100; larger weights saturate every unit for any input."""

Score = Callable[[Model, Seed], tuple[Model, dict[str, float]]]
"""Maps a model and a seed to the model to keep, possibly at a different temperature, and to `score` (smaller is better)
with its components."""

Monitor = Callable[[Model, Seed], dict[str, float]]
"""Maps the model to keep and a seed to numbers for information only."""


@dataclass(frozen=True)
class TrainingData:
    """Haplotypes for training.

    Attributes
    ----------
    train : (n_train, n_sites) uint8
        Haplotypes that the model is trained on.
    validation : (n_validation, n_sites) uint8
        Haplotypes of other individuals, for the choice of the epoch.
    sites : DataFrame, one row per site
        contig, position (bp) and the other columns of `haplotypes.SITE_COLUMNS`, in the order of the alleles.
    people : DataFrame or None
        population and superpopulation of the training individuals, whose haplotypes are rows 2i and 2i + 1 of `train`,
        for models that learn labels.
    public : (n_public, n_sites) uint8 or None
        Haplotypes of the public panel, for models that are trained with differential privacy.
    groups : (n_train,) int64 or None
        Group of ancestry of each training haplotype, from 0 in decreasing order of size, the same in all chunks of a
        data set. None: models with groups find them in `train`.
    """

    train: np.ndarray
    validation: np.ndarray
    sites: pd.DataFrame
    people: pd.DataFrame | None = None
    public: np.ndarray | None = None
    groups: np.ndarray | None = None

    @property
    def n_sites(self) -> int:
        """Number of sites."""
        return self.train.shape[1]


@dataclass
class TrainingRun:
    """Where and how a model trains.

    Attributes
    ----------
    seed : int
        Seed of all random numbers in the training.
    threads : int
        Processor threads to use.
    device : str
        `cpu` or `gpu`.
    checkpoint_folder : Path or None
        Folder of checkpoints; None = no checkpoints.
    progress : list of dict
        One row per scored epoch, appended during training.
    """

    seed: int
    threads: int = 1
    device: str = "cpu"
    checkpoint_folder: Path | None = None
    progress: list[dict] = field(default_factory=list)


class Learner(Protocol):
    """A model in training, as used by `train_epochs`."""

    def run_epochs(self, first: int, n: int) -> dict[str, float]:
        """Train epochs `first` to `first + n - 1` and return the losses of the last one, by name."""

    def state(self) -> dict[str, np.ndarray]:
        """Return everything that the next epoch depends on."""

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Restore what `state` returned."""

    def model(self) -> Model:
        """Return the current model."""


def validation_score(data: TrainingData, generate: Callable[[int, Seed], np.ndarray], seed: Seed) -> dict[str, float]:
    """Score a model against validation individuals; 0 would be perfect.

    The score is a sum of terms that are small for a good model: the distances of both parts of the nearest-neighbor
    adversarial accuracy from 0.5 (ties count half), one minus the correlations of allele frequencies and of LD, the
    Wasserstein distance between the pairwise distances of AGs and of real haplotypes in standard deviations of the
    latter, and the privacy loss (validation against as many training haplotypes) if it is positive, so that copying is
    not rewarded.

    Since the validation set is small, one AG set of its size is not informative: nearest-neighbor terms are means over
    several sets, and frequencies and LD are computed from all their AGs together. The variety, the ratio of distinct
    AGs to distinct validation haplotypes, is not part of the score.

    Parameters
    ----------
    generate
        `generate(n, seed)` returns n AGs.
    seed
        Seed of the AGs and of the draws of training haplotypes.
    """
    n = len(data.validation)
    draws = min(SCORE_DRAWS_MAX, max(1, SCORE_HAPLOTYPES // n))
    ags = generate(draws * n, seed)
    rng = stream(seed, "training haplotypes to score")
    neighbours = [_nearest_parts(data, part, rng) for part in np.split(ags, draws)]
    parts = {name: np.mean([each[name] for each in neighbours]) for name in neighbours[0]}
    parts["af_r"] = frequency_correlation(data.validation.mean(axis=0), ags.mean(axis=0))
    parts["ld_r2_r"] = _ld_correlation(data.validation, ags)
    parts["distance_w1"] = _distance_between_distributions(data, ags, rng)
    parts["variety"] = len(np.unique(ags[:n], axis=0)) / len(np.unique(data.validation, axis=0))
    # Without variation there is no correlation; it counts as 0, like independence.
    parts = {name: 0.0 if np.isnan(value) else float(value) for name, value in parts.items()}
    score = abs(parts["aa_truth"] - 0.5) + abs(parts["aa_syn"] - 0.5)
    score += (1 - parts["af_r"]) + (1 - parts["ld_r2_r"]) + parts["distance_w1"] + max(0.0, parts["privacy_loss"])
    return {"score": score, **parts}


def _nearest_parts(data: TrainingData, ags: np.ndarray, rng: np.random.Generator) -> dict[str, float]:
    drawn = np.sort(rng.choice(len(data.train), len(ags), replace=len(data.train) < len(ags)))
    unseen, seen = _accuracy(data.validation, ags), _accuracy(data.train[drawn], ags)
    return {
        "aa_truth": unseen.truth.mean(),
        "aa_syn": unseen.synthetic.mean(),
        "privacy_loss": unseen.aats() - seen.aats(),
    }


def _distance_between_distributions(data: TrainingData, ags: np.ndarray, rng: np.random.Generator) -> float:
    """Return W1 of pairwise distances within AGs and within real haplotypes, in standard deviations of the latter.

    All real haplotypes that the models may see are used, since copying does not change their general distribution of
    distances.
    """
    real = np.concatenate([data.validation, data.train])
    real = real[rng.permutation(len(real))[: max(len(ags), 2)]]
    within = distances_within(real).counts
    values = np.arange(len(within))
    mean = np.average(values, weights=within)
    spread = np.sqrt(np.average((values - mean) ** 2, weights=within))
    return wasserstein_of_counts(within, distances_within(ags).counts) / max(spread, 1e-9)


def _ld_correlation(real: np.ndarray, ags: np.ndarray) -> float:
    """Return Pearson's r of r2 over all pairs of sites that vary in real haplotypes.

    Pairs that do not vary in the AGs count with r2 = 0. Otherwise a collapsed generator would be scored only on the few
    sites that still vary.
    """
    sites = evenly_spread(real.shape[1], SCORE_SITES)
    pairs = np.triu_indices(len(sites), 1)
    real_r2, ag_r2 = r2_matrix(real[:, sites])[pairs], r2_matrix(ags[:, sites])[pairs]
    vary = np.isfinite(real_r2)
    return pearson(real_r2[vary], np.nan_to_num(ag_r2[vary]))


def _accuracy(real: np.ndarray, ags: np.ndarray) -> AdversarialAccuracy:
    across = distances_between(real, ags)
    return adversarial_accuracy(
        distances_within(real).nearest, across.nearest_a, across.nearest_b, distances_within(ags).nearest
    )


def train_epochs(
    learner: Learner,
    data: TrainingData,
    run: TrainingRun,
    epochs: int,
    score_every: int,
    patience: int,
    score: Score | None = None,
    monitor: Monitor | None = None,
) -> dict[str, np.ndarray]:
    """Train a model and return the arrays of the epoch with the smallest score.

    The learner runs a few epochs at a time; their number only affects when progress is shown, a checkpoint is written
    or a SIGTERM is handled.

    Parameters
    ----------
    epochs
        Passes over the training haplotypes.
    score_every
        Epochs between two scores.
    patience
        Number of epochs without a better score after which the training stops.
    score
        By default `validation_score` of AGs.
    monitor
        Further numbers for `run.progress`, for information only.

    Raises
    ------
    UserError
        A loss or the score is not a number, a weight exceeds `WEIGHT_MAX`, or the AGs of every scored
        epoch are copies of a few.
    SystemExit
        After a SIGTERM, with the state saved.
    """
    score = score or (lambda model, seed: (model, validation_score(data, model.sample, seed)))
    checkpoint = Checkpoint(run.checkpoint_folder)
    epoch, best = checkpoint.resume(learner, run.progress)
    pace = _Pace(epoch)
    with _deferred_sigterm() as signals:
        while epoch < epochs and not _out_of_patience(run.progress, patience):
            n = min(pace.epochs_ahead(), score_every - epoch % score_every, epochs - epoch)
            losses = learner.run_epochs(epoch, n)
            epoch += n
            pace.passed(epoch)
            if not all(np.isfinite(value) for value in losses.values()):
                raise UserError(
                    f"training diverged by epoch {epoch}: a loss is not a number. Lower the learning rate of the model."
                )
            row = {"epoch": epoch, **losses}
            if epoch % score_every == 0 or epoch == epochs:
                model, seed = learner.model(), derived_seed(run.seed, "score", epoch)
                _refuse_divergence(model, epoch)
                model, scores = score(model, seed)
                row |= scores | (monitor(model, seed) if monitor else {})
                if not np.isfinite(row["score"]):
                    raise UserError(
                        f"the score at epoch {epoch} is not a number. Lower the learning rate of the model."
                    )
                run.progress.append(row)
                if row["score"] <= min(row["score"] for row in run.progress):
                    best = model.arrays()
            log.info("%s", _progress_line(row, epochs, pace.seconds_left(epochs)))
            if signals or epoch < epochs:
                checkpoint.save(learner, run.progress, epoch, best, now=bool(signals))
            if signals:
                log.info("stopped by SIGTERM at epoch %d; the same command resumes from here", epoch)
                raise SystemExit(128 + signal.SIGTERM)
    _refuse_collapse(run.progress)
    if best_epoch(run.progress) == run.progress[-1]["epoch"]:
        log.warning("not converged: the last epoch, %d, is the best. Raise epochs (and patience) of the model.", epoch)
    return best


class _Pace:
    """The speed of epochs."""

    def __init__(self, epoch: int) -> None:
        self.first, self.started = epoch, time.monotonic()
        self.epoch, self.at = epoch, self.started
        self.epoch_seconds = CHUNK_SECONDS

    def epochs_ahead(self) -> int:
        """Return the number of epochs in a chunk; the first chunk is one epoch, to measure the speed."""
        return max(1, int(CHUNK_SECONDS / self.epoch_seconds))

    def passed(self, epoch: int) -> None:
        now = time.monotonic()
        self.epoch_seconds = max((now - self.at) / (epoch - self.epoch), 1e-6)
        self.epoch, self.at = epoch, now

    def seconds_left(self, epochs: int) -> float:
        return (time.monotonic() - self.started) / (self.epoch - self.first) * (epochs - self.epoch)


@contextmanager
def _deferred_sigterm() -> Iterator[list[int]]:
    """Defer SIGTERMs to the end of a chunk of a training, when its state is consistent."""
    signals: list[int] = []
    try:
        before = signal.signal(signal.SIGTERM, lambda number, frame: signals.append(number))
    except ValueError:  # not the main thread, which gets no signals
        yield signals
        return
    try:
        yield signals
    finally:
        signal.signal(signal.SIGTERM, before)


def _refuse_divergence(model: Model, epoch: int) -> None:
    """Raise if a model has impossible weights, which can occur although losses and scores stay finite."""
    arrays = [array for array in model.arrays().values() if array.dtype.kind == "f" and array.size]
    largest = np.max([np.abs(array).max() for array in arrays], initial=0.0)  # NaN if there is any
    if not largest <= WEIGHT_MAX:
        raise UserError(
            f"training diverged by epoch {epoch}: the largest weight is {largest:.3g}. Lower the learning rate of the "
            "model."
        )


def _refuse_collapse(progress: list[dict]) -> None:
    """Raise if the AGs did not vary at any scored epoch."""
    varieties = [row["variety"] for row in progress if "variety" in row]
    if varieties and max(varieties) < COLLAPSED_VARIETY:
        raise UserError(
            f"the model collapsed: at every scored epoch up to {progress[-1]['epoch']} its AGs are copies of a few "
            "haplotypes. Lower its learning rates, above all that of a GAN's discriminator, or train for more "
            "epochs."
        )


def best_epoch(progress: list[dict]) -> int:
    """Return the epoch with the smallest score; of equal ones the last, which the training keeps.

    Examples
    --------
    >>> best_epoch([{"epoch": 10, "score": 0.5}, {"epoch": 20, "score": 0.3}, {"epoch": 30, "score": 0.3}])
    30
    """
    return min(reversed(progress), key=lambda row: row["score"])["epoch"]


def _out_of_patience(progress: list[dict], patience: int) -> bool:
    if not progress:
        return False
    best = min(progress, key=lambda row: row["score"])
    return progress[-1]["epoch"] - best["epoch"] >= patience


def _progress_line(row: dict, epochs: int, seconds_left: float) -> str:
    numbers = ", ".join(f"{name} {value:.4g}" for name, value in row.items() if name != "epoch")
    minutes, seconds = divmod(round(seconds_left), 60)
    return f"epoch {row['epoch']} of {epochs}: {numbers}; at most {minutes} min {seconds:02d} s left"


class Checkpoint:
    """The state of a training on disk, from which a killed training resumes.

    The file is not an output of the rule: Snakemake would delete it together with the outputs of the failed job.

    Parameters
    ----------
    folder
        Folder for the file alone; None = no checkpoint.
    """

    def __init__(self, folder: Path | None) -> None:
        self.path = folder / "checkpoint.npz" if folder else None
        self.saved = time.monotonic()
        self.interval = CHECKPOINT_SECONDS

    def resume(self, learner: Learner, progress: list[dict]) -> tuple[int, dict[str, np.ndarray]]:
        """Restore `learner` and `progress` from the last checkpoint; return its epoch and the best arrays so far."""
        if self.path is None or not self.path.exists():
            return 0, {}
        damage = _damage(self.path)
        if damage:
            log.warning("the checkpoint %s is damaged (%s) and is ignored: the training starts over", self.path, damage)
            return 0, {}
        with np.load(self.path) as file:
            header = json.loads(str(file["header"]))
            state, best = (
                {k.split("/", 1)[1]: file[k] for k in file.files if k.startswith(p)} for p in ("state/", "best/")
            )
        learner.restore(state)
        progress[:] = header["progress"]
        log.info("resuming from the checkpoint at epoch %d", header["epoch"])
        return header["epoch"], best

    def save(
        self, learner: Learner, progress: list[dict], epoch: int, best: dict[str, np.ndarray], now: bool = False
    ) -> None:
        """Write a checkpoint `now` or if the last one is old enough; slow checkpoints are written less often."""
        if self.path is None or not (now or time.monotonic() - self.saved >= self.interval):
            return
        started = time.monotonic()
        header = json.dumps({"epoch": epoch, "progress": progress})
        arrays = {f"state/{name}": value for name, value in learner.state().items()}
        arrays |= {f"best/{name}": value for name, value in best.items()}
        with whole_output(self.path) as partial:
            np.savez(partial, header=np.array(header), **arrays)
        self.saved = time.monotonic()
        self.interval = max(CHECKPOINT_SECONDS, 20 * (self.saved - started))


def _damage(path: Path) -> str | None:
    """Return what is wrong with a .npz file; None if all its parts match their checksums."""
    with open(path, "rb") as file:
        try:
            damaged = zipfile.ZipFile(file).testzip()
        except Exception as error:  # any exception that a damaged file can cause in the reader
            return str(error) or type(error).__name__
    return f"wrong checksum of {damaged}" if damaged else None
