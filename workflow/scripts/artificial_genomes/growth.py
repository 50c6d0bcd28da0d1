"""How time and disk of each stage grow with haplotypes and sites: a model fitted to measured runs.

A cost is a sum of terms that say what the work of the stage consists of, such as haplotypes times sites, each with a
coefficient that is not negative. `tests/bench/growth.py` measures and fits; `resources/growth.tsv` holds the
coefficients. Seconds are those of one thread of the machine that measured; `machine_speed` says how fast this one is.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import nnls

from artificial_genomes.tables import read_tsv

QUANTITIES = ("seconds", "disk_mb")
COLUMNS = ["stage", "quantity", "term", "coefficient", "measured", "next_size_error"]
SPEED_STAGE = "machine"
"""The row of the table that holds the speed of the machine that measured."""

_MILLION = 1e6


@dataclass(frozen=True)
class Size:
    """What the cost of a stage depends on, beside the settings of a model.

    Attributes
    ----------
    haplotypes
        Of the people whom the dataset is about.
    sites
        Of the dataset.
    file_alleles
        Alleles that are read to cut the dataset: haplotypes times rows of the cohort's files in its region.
    all_haplotypes
        Of these people and the public panel.
    """

    haplotypes: int
    sites: int
    file_alleles: int
    all_haplotypes: int


def terms(stage: str, size: Size, settings: Mapping | None = None) -> dict[str, float]:
    """Return the terms of a stage's cost, by name.

    Parameters
    ----------
    stage
        prepare, train_{kind}, generate, publish, compare, scan, impute, latent.
    settings
        Of the model, for trainings.
    """
    alleles = size.haplotypes * size.sites / _MILLION
    stored = size.all_haplotypes * size.sites / _MILLION
    match stage:
        case "prepare":
            return {"start": 1, "file_alleles": size.file_alleles / _MILLION, "alleles": stored}
        case "generate" | "publish":
            return {"start": 1, "alleles": alleles}
        case "compare":
            # Distances and the audit take all pairs of haplotypes, LD all pairs of sites.
            return {
                "start": 1,
                "alleles": alleles,
                "haplotype_pairs": alleles * size.haplotypes / 1e3,
                "site_pairs": alleles * size.sites / 1e3,
            }
        case "scan" | "impute":
            return {"start": 1, "alleles": stored, "haplotype_pairs": stored * size.all_haplotypes / 1e3}
        case "latent":
            return {"start": 1, "alleles": alleles}
    return _training_terms(stage.removeprefix("train_"), size, settings or {})


def disk_terms(stage: str, size: Size, settings: Mapping | None = None) -> dict[str, float]:
    """Return the terms of what a stage writes: a trained model grows with its sites, and with the numbers of each."""
    if not stage.startswith("train_"):
        return terms(stage, size, settings)
    settings = settings or {}
    numbers_of_site = {
        "gan": size.sites,
        "wgan": sum(settings.get("generator_units", [])[-1:]),
        "rbm": settings.get("hidden_units", 0),
        "hclt": settings.get("hidden_states", 0) ** 2,
    }.get(settings.get("kind"), 0)
    return {"start": 1, "sites": size.sites / 1e3, "numbers": size.sites * numbers_of_site / _MILLION}


def _training_terms(kind: str, size: Size, settings: Mapping) -> dict[str, float]:
    """Return the terms of a training: what starts once, what an epoch takes, what a score takes."""
    epochs = settings.get("epochs", 1)
    seen = size.haplotypes * epochs / 1e3
    scores = epochs / settings.get("score_every", epochs)
    found = {"start": 1, "alleles": size.haplotypes * size.sites / _MILLION}
    match kind:
        case "gan":
            weights = 2.5 * size.sites**2 + 500 * size.sites
            found |= {"steps": seen / settings["batch_size"], "work": seen * weights / _MILLION}
        case "wgan":
            units = settings["generator_units"][-1] + settings["critic_units"][0]
            found |= {"steps": seen / settings["batch_size"], "work": seen * size.sites * units / _MILLION}
        case "rbm":
            sweeps = 1 + 2 * settings["gibbs_sweeps"] * settings["chains"] / settings["batch_size"]
            work = seen * size.sites * settings["hidden_units"] * sweeps
            drawn = scores * settings["sampling_sweeps"] * len(settings["sampling_temperatures"])
            drawn *= size.haplotypes * size.sites * settings["hidden_units"]
            found |= {"work": work / _MILLION, "drawn": drawn / _MILLION / 1e3}
        case "hclt":
            states = settings["hidden_states"] ** 2
            found |= {"work": seen * size.sites * states / _MILLION, "states": size.sites * states / _MILLION}
    if "epochs" in settings:
        found["scores"] = scores * size.haplotypes * size.sites / _MILLION
    return found


def fit(measured: list[tuple[dict[str, float], float]]) -> dict[str, float]:
    """Fit the coefficients of a cost, none negative, so that relative errors are smallest (least squares).

    Parameters
    ----------
    measured
        Terms and cost of each run; costs above 0.
    """
    names = list(measured[0][0])
    matrix = np.array([[run[name] for name in names] for run, _ in measured])
    costs = np.array([cost for _, cost in measured])
    scale = np.abs(matrix).max(axis=0)
    scale[scale == 0] = 1
    coefficients, _ = nnls(matrix / scale / costs[:, None], np.ones(len(costs)))
    return dict(zip(names, coefficients / scale, strict=True))


def predict(coefficients: Mapping[str, float], of: Mapping[str, float]) -> float:
    """Return the cost that coefficients give to terms; terms without a coefficient cost nothing."""
    return float(sum(coefficients.get(name, 0) * value for name, value in of.items()))


class Growth:
    """The model of a table of coefficients, at the speed of a machine."""

    def __init__(self, table: pd.DataFrame, speed: float | None = None):
        groups = table.groupby(["stage", "quantity"], sort=False)
        self._coefficients = {key: dict(zip(rows["term"], rows["coefficient"], strict=True)) for key, rows in groups}
        (measured,) = self._coefficients[SPEED_STAGE, "speed"].values()
        self.slowness = measured / (speed or measured)

    def cost(self, stage: str, size: Size, settings: Mapping | None = None) -> dict[str, float] | None:
        """Return seconds (one thread) and disk_mb of a stage; None of a stage that nobody measured."""
        if (stage, QUANTITIES[0]) not in self._coefficients:
            return None
        of = dict.fromkeys(QUANTITIES, terms(stage, size, settings)) | {"disk_mb": disk_terms(stage, size, settings)}
        costs = {name: predict(self._coefficients[stage, name], of[name]) for name in QUANTITIES}
        return costs | {"seconds": costs["seconds"] * self.slowness}


def read_growth(path: str | Path, speed: float | None = None) -> Growth:
    """Read the table of coefficients; `speed` is that of this machine, from `machine_speed`."""
    return Growth(read_tsv(path, COLUMNS), speed)


def machine_speed(turns: int = 5) -> float:
    """Return how fast this machine computes, in products of a fixed pair of matrices a second of one core's time."""
    matrix = np.random.default_rng(0).random((400, 400), dtype=np.float32)
    best = np.inf
    for _ in range(turns):
        started = time.process_time()
        for _ in range(5):
            matrix @ matrix
        best = min(best, time.process_time() - started)
    return 5 / best
