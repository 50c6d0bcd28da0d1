"""How time, memory and disk of each stage grow with haplotypes and sites: a model fitted to measured runs.

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
from threadpoolctl import threadpool_limits

from artificial_genomes.tables import read_tsv

QUANTITIES = ("seconds", "mb", "disk_mb")
COLUMNS = ["stage", "quantity", "term", "coefficient", "measured", "next_size_error"]
SPEED_STAGE = "machine"
"""The row of the table that holds the speed of the machine that measured."""

# Of modules that are slow to import; a test compares them.
INTERVAL_SITES = 1000
"""Sites, at the most, whose LD has intervals and is scored in trainings."""

TRANSPORT_HAPLOTYPES = 5000
"""Haplotypes, at the most, between which and as many AGs optimal transport is computed."""

CANDIDATES = 4
"""AGs that are drawn for each that is kept, of models that cannot continue a haplotype from window to window."""

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


def terms(stage: str, size: Size, settings: Mapping | None = None, quantity: str = "seconds") -> dict[str, float]:
    """Return the terms of a stage's cost, by name.

    Parameters
    ----------
    stage
        prepare, train_{kind}, generate_{kind}, publish, release, compare, together, scan, impute, latent, latent_tasks,
        latent_masked, latent_conditional.
    settings
        Of the model, for trainings and AGs; with `windows` where its sites are one window of so many.
    quantity
        One of QUANTITIES.
    """
    settings = settings or {}
    kind = stage.partition("_")[2] if stage.startswith(("train_", "generate_")) else ""
    match quantity:
        case "mb":
            found = _memory_terms(stage, kind, size, settings)
        case "disk_mb":
            found = _disk_terms(stage, kind, size, settings)
        case _:
            found = _training_terms(kind, size, settings) if stage.startswith("train_") else None
            found = _drawing_terms(kind, size, settings) if stage.startswith("generate_") else found
            found = _time_terms(stage, size, settings) if found is None else found
    return {"start": 1.0} | found


def _time_terms(stage: str, size: Size, settings: Mapping) -> dict[str, float]:
    """Return the terms of time of what is neither a training nor a draw of AGs."""
    sites, haplotypes = size.sites / 1e3, size.haplotypes / 1e3
    alleles, stored = sites * haplotypes, size.all_haplotypes * size.sites / _MILLION
    match stage:
        case "prepare":
            return {"read_and_kept": size.file_alleles / _MILLION + stored}
        case "publish":
            return {"alleles": alleles}
        case "release":
            # Every AG is compared with every real haplotype, and these with each other.
            return {"alleles": alleles, "haplotype_pairs": alleles * haplotypes}
        case "compare":
            # Distances and the audit multiply all pairs of haplotypes, LD all pairs of sites; each pair is then looked
            # at. Intervals of LD are of a part of the sites, optimal transport is among a part of the haplotypes.
            linked = min(size.sites, settings.get("ld_sites_max") or size.sites) / 1e3
            return {
                "alleles": alleles,
                "haplotype_pairs": alleles * haplotypes,
                "haplotypes_squared": haplotypes**2,
                "site_pairs": haplotypes * linked**2,
                "sites_squared": linked**2,
                "interval_pairs": (min(size.sites, INTERVAL_SITES) / 1e3) ** 2,
                "transport": (transported(size.haplotypes) / 1e3) ** 2.3,
            }
        case "scan" | "impute":
            return {"alleles": stored, "haplotype_pairs": stored * size.all_haplotypes / 1e3}
        case "together":
            sets = settings["sets"] + 1
            return {"alleles": alleles * sets, "transport": sets * (transported(size.haplotypes) / 1e3) ** 2.3}
        case "latent_tasks":
            # Classifiers of real people by several features, and of AGs of several models.
            return {"alleles": alleles, "taught": alleles * settings["sets"]}
        case "latent_masked":
            draws = settings["hidden_units"] * settings["sampling_sweeps"] * settings["masked_chains"]
            return {"alleles": alleles, "work": alleles * draws / _MILLION}
    return {"haplotypes": haplotypes, "sites": sites, "alleles": alleles}


def _drawing_terms(kind: str, size: Size, settings: Mapping) -> dict[str, float]:
    """Return the terms of time of drawing AGs; those of all windows where there are any."""
    windows = settings.get("windows", 1)
    alleles = size.haplotypes * size.sites * windows / _MILLION
    candidates = CANDIDATES if windows > 1 and kind in ("gan", "wgan") else 1
    found = {"alleles": alleles}
    match kind:
        case "gan":
            found["work"] = candidates * alleles * size.sites / 1e3
        case "wgan":
            found["work"] = candidates * alleles * settings["generator_units"][-1] / 1e3
        case "rbm":
            found["work"] = alleles * settings["hidden_units"] * settings["sampling_sweeps"] / 1e3
        case "hclt":
            found["states"] = size.sites * windows * settings["hidden_states"] ** 2 / _MILLION
    return found


def _training_terms(kind: str, size: Size, settings: Mapping) -> dict[str, float]:
    """Return the terms of time of a training: what starts once, what an epoch takes, what a score takes."""
    epochs = settings.get("epochs", 1)
    seen = size.haplotypes * epochs / 1e3
    scores = epochs / settings.get("score_every", epochs) * len(settings.get("sampling_temperatures", [1]))
    alleles = size.haplotypes * size.sites / _MILLION
    found = {"alleles": alleles}
    match kind:
        case "gan":
            weights = 2.5 * size.sites**2 + 500 * size.sites
            found |= {"steps": seen / settings["batch_size"], "work": seen * weights / _MILLION}
        case "wgan":
            units = settings["generator_units"][-1] + settings["critic_units"][0]
            found |= {"steps": seen / settings["batch_size"], "work": seen * size.sites * units / _MILLION}
        case "rbm":
            sweeps = 1 + 2 * settings["gibbs_sweeps"] * settings["chains"] / settings["batch_size"]
            found["work"] = seen * size.sites * settings["hidden_units"] * sweeps / _MILLION
            found["drawn"] = scores * settings["sampling_sweeps"] * alleles * settings["hidden_units"] / 1e3
        case "hclt":
            # The tree takes all pairs of sites; an epoch the patterns of alleles below each site, and all states.
            states = settings["hidden_states"] ** 2
            found |= {
                "site_pairs": alleles * size.sites / 1e3,
                "sites_squared": (size.sites / 1e3) ** 2,
                "work": seen * size.sites * states / _MILLION,
                "states": epochs * size.sites * states / _MILLION,
            }
            scores = len(settings["sampling_temperatures"])  # its epoch is chosen without AGs
    if "epochs" in settings:
        # AGs are scored by their distances to validation people, and by the LD of some of the sites.
        found |= {
            "scores": scores * alleles,
            "score_pairs": scores * alleles * size.haplotypes / 1e3,
            "score_sites": scores * (min(size.sites, INTERVAL_SITES) / 1e3) ** 2,
        }
    return found


def _numbers(kind: str, sites: int, settings: Mapping) -> float:
    """Return how many numbers a model of so many sites has, in millions, as they grow with its sites."""
    of_site = {
        "gan": sites,
        "wgan": sum(settings.get("generator_units", [])[-1:]),
        "rbm": settings.get("hidden_units", 0),
        "hclt": settings.get("hidden_states", 0) ** 2,
        "markov": 2 ** settings.get("window", 0),
    }.get(kind, 0)
    return sites * of_site / _MILLION


def _memory_terms(stage: str, kind: str, size: Size, settings: Mapping) -> dict[str, float]:
    """Return the terms of the largest memory of a stage."""
    sites, haplotypes = size.sites / 1e3, size.haplotypes / 1e3
    found = {"alleles": size.all_haplotypes * size.sites / _MILLION}
    match stage:
        case "prepare":
            return {"read_and_kept": size.file_alleles / _MILLION + found["alleles"]}
        case "compare" | "together":
            transport = (transported(size.haplotypes) / 1e3) ** 2
            own = sites * haplotypes * (settings.get("sets", 0) + 1)
            return {"alleles": own, "haplotypes": haplotypes, "sites": sites, "transport": transport}
    if kind:
        found["numbers"] = _numbers(kind, size.sites, settings)
    if stage == "train_hclt":
        found["sites_squared"] = sites**2
    return found


def _disk_terms(stage: str, kind: str, size: Size, settings: Mapping) -> dict[str, float]:
    """Return the terms of what a stage writes."""
    sites, haplotypes = size.sites / 1e3, size.haplotypes / 1e3
    if stage.startswith("train_"):
        # A mosaic of copied haplotypes holds them.
        found = {"sites": sites, "numbers": _numbers(kind, size.sites, settings)}
        return found | ({"alleles": sites * haplotypes} if kind == "li_stephens" else {})
    match stage:
        case "prepare" | "impute":
            return {"alleles": size.all_haplotypes * size.sites / _MILLION}
        case "publish" | "release":
            return {"alleles": sites * haplotypes}
    if kind:
        return {"alleles": sites * haplotypes * settings.get("windows", 1)}
    return {"sites": sites, "haplotypes": haplotypes}


def transported(haplotypes: int) -> int:
    """Return between how many haplotypes of a dataset, and as many AGs, optimal transport is computed, about."""
    return min(haplotypes // 5, TRANSPORT_HAPLOTYPES)


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
        """Return seconds (one thread), mb and disk_mb of a stage; None of a stage that nobody measured."""
        if (stage, QUANTITIES[0]) not in self._coefficients:
            return None
        costs = {
            name: predict(self._coefficients[stage, name], terms(stage, size, settings, name)) for name in QUANTITIES
        }
        return costs | {"seconds": costs["seconds"] * self.slowness}


def read_growth(path: str | Path, speed: float | None = None) -> Growth:
    """Read the table of coefficients; `speed` is that of this machine, from `machine_speed`."""
    return Growth(read_tsv(path, COLUMNS), speed)


def machine_speed(turns: int = 100) -> float:
    """Return how fast this machine computes, in products of a fixed pair of matrices a second of one core's time.

    The best of a third of a second: a few products alone may fall in a moment in which others slow this one down.
    """
    matrix = np.random.default_rng(0).random((400, 400), dtype=np.float32)
    best = np.inf
    with threadpool_limits(1):  # with more threads the clock of the process does not count all of them
        for _ in range(turns):
            started = time.process_time()
            for _ in range(5):
                matrix @ matrix
            best = min(best, time.process_time() - started)
    return 5 / best
