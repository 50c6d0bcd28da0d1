"""How time, memory and disk of each stage grow with haplotypes and sites: a model fitted to measured runs.

A cost is a sum of terms that say what the work of the stage consists of, such as haplotypes times sites, each with a
coefficient that is not negative. `bench/growth.py` measures and fits; `resources/growth.tsv` holds the
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

from artificial_genomes.config.memory import critic_weights, generator_weights, scored
from artificial_genomes.core.tables import read_tsv

QUANTITIES = ("seconds", "mb", "disk_mb")
COLUMNS = ["stage", "quantity", "term", "coefficient", "measured", "next_size_error"]
SPEED_STAGE = "machine"
"""The row of the table that holds the speed of the machine that measured."""

# Of modules that are slow to import; a test compares them.
INTERVAL_SITES = 1000
"""Sites, at the most, whose LD has intervals and is scored in trainings."""

AIS_SWEEPS = 100 * 300
"""Sweeps of chains that estimate the likelihood of an RBM at each score."""

BLOCK_HAPLOTYPES = 1024
"""Haplotypes on either side of a block of distances."""

MOSAIC_ALLELES = 2_000_000
"""Alleles of mosaics of copied haplotypes that are made at a time."""

MAP_HAPLOTYPES = 500
"""Test haplotypes, and as many AGs, on a map of neighbours."""

PANEL_STATES = 1600
"""Haplotypes of the panel that Beagle's model has at a time, at the most: its imp-states."""

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
            # Every AG is compared with every real haplotype, and these with each other; each distance is looked at.
            return {
                "alleles": alleles,
                "haplotype_pairs": alleles * haplotypes,
                "haplotypes_squared": haplotypes**2,
            }
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
        case "scan":
            return {"alleles": stored, "haplotype_pairs": stored * size.all_haplotypes / 1e3}
        case "impute":
            # The public people are the panel, where there are any.
            panel = size.all_haplotypes - size.haplotypes or size.haplotypes
            return {"alleles": stored, "states": alleles * min(panel, PANEL_STATES) / 1e3}
        case "together":
            # Stores are read, people resampled; axes and transport are of the same part of each set.
            sets = settings["sets"] + 1
            return {
                "alleles": alleles * sets,
                "haplotypes": haplotypes * sets,
                "transport": sets * (transported(size.haplotypes) / 1e3) ** 2.3,
            }
        case "latent":
            # Chains and modes of the weights are of sites alone, whatever the number of haplotypes.
            mapped = min(size.haplotypes // 5, MAP_HAPLOTYPES) + min(size.haplotypes, MAP_HAPLOTYPES)
            return {"haplotypes": haplotypes, "sites": sites, "alleles": alleles, "mapped": mapped / 1e3}
        case "latent_tasks":
            # Classifiers of real people by several features, and of AGs of several models.
            # Hidden means are as many whatever the sites; few labels are of so many people.
            return {
                "haplotypes": haplotypes,
                "sites": sites,
                "alleles": alleles,
                "taught": alleles * settings["sets"],
            }
        case "latent_masked":
            draws = settings["hidden_units"] * settings["sampling_sweeps"] * settings["masked_chains"]
            units = haplotypes * (size.sites + settings["hidden_units"]) / 1e3
            sweeps = settings["sampling_sweeps"] * settings["masked_chains"]
            return {"alleles": alleles, "work": alleles * draws / _MILLION, "units": units * sweeps / 1e3}
    return {"haplotypes": haplotypes, "sites": sites, "alleles": alleles}


def _drawing_terms(kind: str, size: Size, settings: Mapping) -> dict[str, float]:
    """Return the terms of time of drawing AGs; those of all windows where there are any."""
    windows = settings.get("windows", 1)
    alleles = size.haplotypes * size.sites * windows / _MILLION
    found = {"alleles": alleles}
    match kind:
        case "gan" | "wgan":
            candidates = CANDIDATES if windows > 1 else 1
            found["work"] = candidates * windows * size.haplotypes * generator_weights(size.sites, settings) / 1e9
        case "rbm":
            found["work"] = alleles * settings["hidden_units"] * settings["sampling_sweeps"] / 1e3
            units = windows * (size.sites + settings["hidden_units"])
            found["units"] = size.haplotypes * units * settings["sampling_sweeps"] / _MILLION
        case "hclt":
            found["states"] = size.sites * windows * settings["hidden_states"] ** 2 / _MILLION
    return found


def _training_terms(kind: str, size: Size, settings: Mapping) -> dict[str, float]:
    """Return the terms of time of a training: what starts once, what an epoch takes, what a score takes.

    Products of vectors with matrices of weights are one term, `work`, in trainings and draws: 10^9 multiplications.
    """
    epochs = settings.get("epochs", 1)
    seen = size.haplotypes * epochs / 1e3
    scores = epochs / settings.get("score_every", epochs)
    temperatures = len(settings.get("sampling_temperatures", [1]))
    validation, ags = scored(size.haplotypes)
    alleles = size.haplotypes * size.sites / _MILLION
    found = {"alleles": alleles}
    match kind:
        case "gan":
            # A step has a forward pass of the generator and a backward one, which is two; the discriminator has both
            # on twice as many haplotypes, then judges the generator with one of each, the backward one of inputs alone.
            weights = 3 * generator_weights(size.sites, settings) + 8 * critic_weights(size.sites, settings)
            drawn = scores * ags * generator_weights(size.sites, settings)
            found |= {"steps": seen / settings["batch_size"], "work": (1e3 * seen * weights + drawn) / 1e9}
        case "wgan":
            # Two forward passes and one backward of the generator. The critic: forward and backward on real haplotypes
            # and AGs; on the points between, slopes by their inputs, then backward through all that; and the
            # generator is judged.
            weights = 4 * generator_weights(size.sites, settings) + 14 * critic_weights(size.sites, settings)
            drawn = scores * ags * generator_weights(size.sites, settings)
            found |= {"steps": seen / settings["batch_size"], "work": (1e3 * seen * weights + drawn) / 1e9}
        case "rbm":
            # A sweep of a chain is a product with the weights each way, and a random number a unit. An update takes
            # hidden means and the gradient of batch and chains; a score draws AGs, estimates the likelihood by other
            # chains, and takes 50 free energies of validation haplotypes.
            trained = settings["gibbs_sweeps"] * settings["chains"] / settings["batch_size"]
            ends = 1 + settings["chains"] / settings["batch_size"]
            drawn = ags * settings["sampling_sweeps"] + AIS_SWEEPS
            products = 2e3 * seen * (trained + ends) + scores * (2 * drawn + 50 * validation)
            found["work"] = products * size.sites * settings["hidden_units"] / 1e9
            found["units"] = (1e3 * seen * trained + scores * drawn) * (size.sites + settings["hidden_units"]) / 1e9
        case "hclt":
            # The tree takes all pairs of sites. Patterns of alleles below each site are found once in training people,
            # and at each score in validation people; every epoch, score and draw walks over the tree.
            # Patterns grow far less than haplotypes: in simulated people, 16 times as many haplotypes had 2.5 to 2.9
            # times as many patterns a site, and four times as many sites 1.7 to 2.4 times.
            states = settings["hidden_states"] ** 2
            walks = epochs + scores + (temperatures if temperatures > 1 else 0)
            patterns = np.cbrt(size.haplotypes) * np.sqrt(size.sites)
            found |= {
                "alleles": alleles + scores * validation * size.sites / _MILLION,
                "site_pairs": alleles * size.sites / 1e3,
                "sites_squared": (size.sites / 1e3) ** 2,
                "walked": walks * size.sites / 1e3,
                "work": epochs * size.sites * patterns * states / 1e9,
                "states": walks * size.sites * states / _MILLION,
            }
            scores = int(temperatures > 1)  # its epoch is chosen without AGs, its temperature by them
    if "epochs" in settings:
        # AGs are scored at each temperature: by their distances to as many real people, which are products and then
        # looked at, and by the LD of some of the sites.
        scores *= temperatures
        pairs = ags * (ags + 4 * validation) / _MILLION
        found |= {
            "scores": scores * ags * size.sites / _MILLION,
            "score_pairs": scores * pairs * size.sites / 1e3,
            "score_distances": scores * pairs,
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
        case "release":
            # Distances are computed by blocks, and what haplotypes are multiplied in.
            block = min(size.haplotypes, BLOCK_HAPLOTYPES) / 1e3
            return found | {"block": block**2, "block_alleles": block * sites}
        case "generate_li_stephens":
            found["block"] = min(size.haplotypes * size.sites, MOSAIC_ALLELES) / _MILLION
    if kind:
        found["numbers"] = _numbers(kind, size.sites, settings)
    if stage.startswith("train_") and "epochs" in settings:
        # AGs, where they are scored, as numbers of four or eight bytes.
        has_ags = kind != "hclt" or len(settings["sampling_temperatures"]) > 1
        found["scored"] = scored(size.haplotypes)[1] * size.sites / _MILLION * has_ags
    if stage == "train_hclt":
        # How often two sites have ALT together is a product of training haplotypes, four bytes an allele.
        found |= {"trained": sites * haplotypes, "sites_squared": sites**2}
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
