"""What the training of every model shares: its data, its progress, its checkpoints and the choice of the epoch.

The epoch is chosen on the validation people, whom the model does not learn from: after every few epochs the model
generates as many AGs as there are validation haplotypes, and the epoch with the smallest `validation_score` is kept.
Test people play no part.
"""

import json
import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd

from artificial_genomes.cli import whole_output
from artificial_genomes.errors import UserError
from artificial_genomes.models import Model, Seed
from artificial_genomes.statistics.distances import distances_between, distances_within
from artificial_genomes.statistics.frequencies import frequency_correlation, pearson
from artificial_genomes.statistics.ld import r2_matrix, thin_sites
from artificial_genomes.statistics.nearest import AdversarialAccuracy, adversarial_accuracy

log = logging.getLogger(__name__)

CHECKPOINT_SECONDS = float(os.environ.get("ARTIFICIAL_GENOMES_CHECKPOINT_SECONDS", 20))
"""Seconds between checkpoints; it changes what a kill costs, never the result."""

SCORE_SITES = 1000
"""Sites on which LD is scored while a model trains, at the most, evenly spread."""


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
    """

    train: np.ndarray
    validation: np.ndarray
    sites: pd.DataFrame

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
    accuracy from 0.5 (half a tie counted), one minus the correlations of allele frequencies and of LD, and the privacy
    loss (validation against as many training haplotypes) where it is positive, so that copying does not pay.

    Parameters
    ----------
    generate
        `generate(n, seed)` returns n AGs.
    seed
        Of the AGs and of the draw of training haplotypes.
    """
    n = len(data.validation)
    ags = generate(n, seed)
    drawn = np.sort(np.random.default_rng(seed).choice(len(data.train), n, replace=False))
    unseen, seen = _accuracy(data.validation, ags), _accuracy(data.train[drawn], ags)
    parts = {
        "aa_truth": unseen.truth_ties.mean(),
        "aa_syn": unseen.synthetic_ties.mean(),
        "af_r": frequency_correlation(data.validation.mean(axis=0), ags.mean(axis=0)),
        "ld_r2_r": _ld_correlation(data.validation, ags),
        "privacy_loss": _halved_ties(unseen) - _halved_ties(seen),
    }
    # Where nothing varies there is no correlation: as far from perfect as independence.
    parts = {name: 0.0 if np.isnan(value) else float(value) for name, value in parts.items()}
    score = abs(parts["aa_truth"] - 0.5) + abs(parts["aa_syn"] - 0.5)
    score += (1 - parts["af_r"]) + (1 - parts["ld_r2_r"]) + max(0.0, parts["privacy_loss"])
    return {"score": score, **parts}


def _ld_correlation(real: np.ndarray, ags: np.ndarray) -> float:
    """Return Pearson's r of r2 over all pairs of sites that vary in real haplotypes.

    Pairs that do not vary in the AGs count with r2 = 0. Without them a generator that collapses would be scored on the
    few sites that it still varies.
    """
    sites = thin_sites(real.shape[1], SCORE_SITES)
    pairs = np.triu_indices(len(sites), 1)
    real_r2, ag_r2 = r2_matrix(real[:, sites])[pairs], r2_matrix(ags[:, sites])[pairs]
    vary = np.isfinite(real_r2)
    return pearson(real_r2[vary], np.nan_to_num(ag_r2[vary]))


def _accuracy(real: np.ndarray, ags: np.ndarray) -> AdversarialAccuracy:
    across = distances_between(real, ags)
    return adversarial_accuracy(
        distances_within(real).nearest, across.nearest_a, across.nearest_b, distances_within(ags).nearest
    )


def _halved_ties(accuracy: AdversarialAccuracy) -> float:
    return (accuracy.truth_ties.mean() + accuracy.synthetic_ties.mean()) / 2


def train_epochs(
    learner: Learner, data: TrainingData, run: TrainingRun, epochs: int, score_every: int, patience: int
) -> dict[str, np.ndarray]:
    """Train a model and return the arrays of its best epoch, that with the smallest score on validation people.

    Parameters
    ----------
    epochs
        Passes over the training haplotypes.
    score_every
        Epochs between two scores.
    patience
        Stop after so many epochs without a better score.

    Raises
    ------
    UserError
        A loss is not a number any more, or the best model makes copies of very few haplotypes.
    """
    checkpoint = Checkpoint(run.checkpoint_folder)
    epoch, best = checkpoint.resume(learner, run.progress)
    started, started_epoch = time.monotonic(), epoch
    while epoch < epochs and not _out_of_patience(run.progress, patience):
        n = min(score_every, epochs - epoch)
        losses = learner.run_epochs(epoch, n)
        epoch += n
        if not all(np.isfinite(value) for value in losses.values()):
            raise UserError(
                f"training diverged by epoch {epoch}: a loss is not a number. Lower the learning rate of the model."
            )
        model = learner.model()
        scores = validation_score(data, model.sample, seed=[run.seed, epoch])
        run.progress.append({"epoch": epoch, **losses, **scores})
        if scores["score"] <= min(row["score"] for row in run.progress):
            best = model.arrays()
        seconds_left = (time.monotonic() - started) / (epoch - started_epoch) * (epochs - epoch)
        log.info("%s", _progress_line(run.progress[-1], epochs, seconds_left))
        if epoch < epochs:
            checkpoint.save_if_due(learner, run.progress, epoch, best)
    return best


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
        with np.load(self.path) as file:
            header = json.loads(str(file["header"]))
            state, best = (
                {k.split("/", 1)[1]: file[k] for k in file.files if k.startswith(p)} for p in ("state/", "best/")
            )
        learner.restore(state)
        progress[:] = header["progress"]
        log.info("going on from the checkpoint at epoch %d", header["epoch"])
        return header["epoch"], best

    def save_if_due(self, learner: Learner, progress: list[dict], epoch: int, best: dict[str, np.ndarray]) -> None:
        """Write a checkpoint when the last one is old enough; a large one that takes long is written less often."""
        if self.path is None or time.monotonic() - self.saved < self.interval:
            return
        started = time.monotonic()
        header = json.dumps({"epoch": epoch, "progress": progress})
        arrays = {f"state/{name}": value for name, value in learner.state().items()}
        arrays |= {f"best/{name}": value for name, value in best.items()}
        with whole_output(self.path) as partial:
            np.savez(partial, header=np.array(header), **arrays)
        self.saved = time.monotonic()
        self.interval = max(CHECKPOINT_SECONDS, 20 * (self.saved - started))
