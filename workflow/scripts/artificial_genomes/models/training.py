"""What the training of every model shares: its data, its progress, its checkpoints and the choice of the epoch.

The epoch is chosen on the validation people, whom the model does not learn from: after every few epochs the model
generates AGs, and the epoch with the smallest score is kept: `validation_score`, or for models with an exact likelihood
the negative log-likelihood. Test people play no part.
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
"""Seconds between checkpoints; it changes what a kill costs, never the result."""

CHUNK_SECONDS = 10.0
"""A training is asked for so many epochs at a time, so that it can show progress and be stopped in between."""

SCORE_SITES = 1000
"""Sites on which LD is scored while a model trains, at the most, evenly spread."""

SCORE_HAPLOTYPES, SCORE_DRAWS_MAX = 2000, 5
"""A score is of so many AGs, drawn in sets of the size of the validation set, but of no more sets than this."""

COLLAPSED_VARIETY = 0.05
"""A generator has collapsed where its AGs have less than this share of the different haplotypes that real ones have."""

WEIGHT_MAX = 1e4
"""Weights of trained models are below 100; larger ones make every unit certain, whatever it sees."""

Score = Callable[[Model, Seed], tuple[Model, dict[str, float]]]
"""From a model and a seed to the model to keep, which may have another temperature, and to `score` (smaller is better)
and what it is made of."""

Monitor = Callable[[Model, Seed], dict[str, float]]
"""From the model to keep and a seed to numbers that choose nothing."""


@dataclass(frozen=True)
class TrainingData:
    """Haplotypes for training.

    Attributes
    ----------
    train : (n_train, n_sites) uint8
        What the model learns from.
    validation : (n_validation, n_sites) uint8
        Other people, for the choice of the epoch.
    sites : DataFrame, one row a site
        contig, position (bp) and the other columns of `haplotypes.SITE_COLUMNS`, in the order of the alleles.
    people : DataFrame or None
        population and superpopulation of the training people, whose haplotypes are rows 2i and 2i + 1 of `train`, for
        models that learn labels.
    """

    train: np.ndarray
    validation: np.ndarray
    sites: pd.DataFrame
    people: pd.DataFrame | None = None

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
        Of everything random in the training.
    threads : int
        Processor threads to use.
    device : str
        `cpu` or `gpu`.
    checkpoint_folder : Path or None
        Where checkpoints go; None = none.
    progress : list of dict
        One row for each scored epoch, filled in as the training goes.
    """

    seed: int
    threads: int = 1
    device: str = "cpu"
    checkpoint_folder: Path | None = None
    progress: list[dict] = field(default_factory=list)


class Learner(Protocol):
    """A model in training, as the loop of `train_epochs` sees it."""

    def run_epochs(self, first: int, n: int) -> dict[str, float]:
        """Train epochs `first` to `first + n - 1` and return the losses of the last one, by name."""

    def state(self) -> dict[str, np.ndarray]:
        """Return everything that the next epoch depends on."""

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Take over what `state` returned."""

    def model(self) -> Model:
        """Return the present model."""


def validation_score(data: TrainingData, generate: Callable[[int, Seed], np.ndarray], seed: Seed) -> dict[str, float]:
    """Score a model against validation people; 0 would be perfect.

    The score adds up what a good model has small: the distance of both parts of the nearest-neighbour adversarial
    accuracy from 0.5 (half a tie counted), one minus the correlations of allele frequencies and of LD, the Wasserstein
    distance between the pairwise distances of AGs and of real haplotypes in standard deviations of the latter, and the
    privacy loss (validation against as many training haplotypes) where it is positive, so that copying does not pay.

    A validation set is small, and one set of AGs of its size says little: nearest neighbours are means over several
    sets, frequencies and LD are those of all their AGs together. The variety, the number of different AGs as a share of
    that of different validation haplotypes, is no part of the score.

    Parameters
    ----------
    generate
        `generate(n, seed)` returns n AGs.
    seed
        Of the AGs and of the draws of training haplotypes.
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
    # Where nothing varies there is no correlation: as far from perfect as independence.
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

    All real haplotypes that the models may see take part: what distances they have in general, copying does not change.
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

    Pairs that do not vary in the AGs count with r2 = 0. Without them a generator that collapses would be scored on the
    few sites that it still varies.
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
    """Train a model and return the arrays of its best epoch, that with the smallest score.

    The learner is asked for few epochs at a time; how many changes nothing but the moments at which progress is shown,
    a checkpoint written or a SIGTERM obeyed.

    Parameters
    ----------
    epochs
        Passes over the training haplotypes.
    score_every
        Epochs between two scores.
    patience
        Stop after so many epochs without a better score.
    score
        By default `validation_score` of AGs.
    monitor
        Further numbers for `run.progress`, which choose nothing.

    Raises
    ------
    UserError
        A loss or the score is not a number any more, a weight has grown beyond `WEIGHT_MAX`, or the AGs of every scored
        epoch are copies of a few.
    SystemExit
        After a SIGTERM, with the state saved.
    """
    score = score or (lambda model, seed: (model, validation_score(data, model.sample, seed)))
    checkpoint = Checkpoint(run.checkpoint_folder)
    epoch, best = checkpoint.resume(learner, run.progress)
    pace = _Pace(epoch)
    with _deferred_sigterm() as told:
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
            if told or epoch < epochs:
                checkpoint.save(learner, run.progress, epoch, best, now=bool(told))
            if told:
                log.info("stopped by SIGTERM at epoch %d; the same command resumes from here", epoch)
                raise SystemExit(128 + signal.SIGTERM)
    _refuse_collapse(run.progress)
    if best_epoch(run.progress) == run.progress[-1]["epoch"]:
        log.warning("not converged: the last epoch, %d, is the best. Raise epochs (and patience) of the model.", epoch)
    return best


class _Pace:
    """How fast epochs go by."""

    def __init__(self, epoch: int) -> None:
        self.first, self.started = epoch, time.monotonic()
        self.epoch, self.at = epoch, self.started
        self.epoch_seconds = CHUNK_SECONDS

    def epochs_ahead(self) -> int:
        """Return how many epochs fit into a chunk; the first is one, which tells."""
        return max(1, int(CHUNK_SECONDS / self.epoch_seconds))

    def passed(self, epoch: int) -> None:
        now = time.monotonic()
        self.epoch_seconds = max((now - self.at) / (epoch - self.epoch), 1e-6)
        self.epoch, self.at = epoch, now

    def seconds_left(self, epochs: int) -> float:
        return (time.monotonic() - self.started) / (self.epoch - self.first) * (epochs - self.epoch)


@contextmanager
def _deferred_sigterm() -> Iterator[list[int]]:
    """Collect SIGTERMs, to be obeyed between two chunks of a training, where its state is whole."""
    told: list[int] = []
    try:
        before = signal.signal(signal.SIGTERM, lambda number, frame: told.append(number))
    except ValueError:  # not the main thread, which gets no signals
        yield told
        return
    try:
        yield told
    finally:
        signal.signal(signal.SIGTERM, before)


def _refuse_divergence(model: Model, epoch: int) -> None:
    """Raise where a model has numbers that no training ends with: losses and scores can stay finite all the same."""
    arrays = [array for array in model.arrays().values() if array.dtype.kind == "f" and array.size]
    largest = np.max([np.abs(array).max() for array in arrays], initial=0.0)  # NaN where there is one
    if not largest <= WEIGHT_MAX:
        raise UserError(
            f"training diverged by epoch {epoch}: the largest weight is {largest:.3g}. Lower the learning rate of the "
            "model."
        )


def _refuse_collapse(progress: list[dict]) -> None:
    """Raise where at no scored epoch the AGs varied."""
    varieties = [row["variety"] for row in progress if "variety" in row]
    if varieties and max(varieties) < COLLAPSED_VARIETY:
        raise UserError(
            f"the model collapsed: at every scored epoch up to {progress[-1]['epoch']} its AGs are copies of a few "
            "haplotypes. Lower its learning rates, above all that of a GAN's discriminator, or train for more "
            "epochs."
        )


def best_epoch(progress: list[dict]) -> int:
    """Return the epoch with the smallest score; of equal ones the last, as the training keeps it.

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
    """The state of a training on disk, so that a killed one goes on where it was.

    The file is no output of the rule: Snakemake would delete it together with the outputs of the failed job.

    Parameters
    ----------
    folder
        Where the file is kept, a folder of its own; None = nowhere.
    """

    def __init__(self, folder: Path | None) -> None:
        self.path = folder / "checkpoint.npz" if folder else None
        self.saved = time.monotonic()
        self.interval = CHECKPOINT_SECONDS

    def resume(self, learner: Learner, progress: list[dict]) -> tuple[int, dict[str, np.ndarray]]:
        """Bring `learner` and `progress` to the last checkpoint; return its epoch and the best arrays so far."""
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
        """Write a checkpoint `now` or when the last one is old enough; one that takes long is written less often."""
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
    """Return what is wrong with a .npz file; None where all its parts have their checksums."""
    with open(path, "rb") as file:
        try:
            damaged = zipfile.ZipFile(file).testzip()
        except Exception as error:  # whatever numbers in a damaged file make the reader raise
            return str(error) or type(error).__name__
    return f"wrong checksum of {damaged}" if damaged else None
