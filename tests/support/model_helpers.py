"""What the tests of the models share."""

import itertools

import numpy as np
from scipy.optimize import brentq

from artificial_genomes.models import hclt_model
from artificial_genomes.models.rbm_machine import Model
from artificial_genomes.models.training import TrainingData
from helpers import training_data


def linked_data() -> TrainingData:
    """Return two ancestral types with mutations, so that sites are linked: 800 haplotypes, 12 sites."""
    rng = np.random.default_rng(5)
    types = rng.integers(0, 2, (2, 12))
    haplotypes = types[rng.integers(0, 2, 800)] ^ (rng.random((800, 12)) < 0.1)
    half = len(haplotypes) // 2
    return training_data(*np.split(haplotypes.astype(np.uint8), [half]))


def random_rbm(hidden: str, n_sites: int = 5, n_hidden: int = 3, sweeps: int = 200) -> Model:
    """Return a machine with random weights, whose chains start from fair coin flips."""
    rng = np.random.default_rng(2)
    return Model(
        hidden,
        sweeps,
        rng.normal(0, 1, (n_sites, n_hidden)).astype(np.float32),
        rng.normal(0, 0.5, n_sites).astype(np.float32),
        rng.normal(0, 0.5, n_hidden).astype(np.float32),
        np.full((1, n_sites), 0.5, np.float32),
        np.float32(1),
    )


def all_visible(n_sites: int = 5) -> np.ndarray:
    """Return all haplotypes of some sites: (2 ** n_sites, n_sites) uint8."""
    return np.array(list(itertools.product([0, 1], repeat=n_sites)), np.uint8)


def at_temperature(model: hclt_model.Model, temperature: float) -> tuple[np.ndarray, np.ndarray]:
    """Return transitions and emissions of a tree at a temperature, float64, by brute force.

    Powers of the table of both states are scaled by rows and columns, and powers of odds shifted, until all
    frequencies stay.
    """
    shares, steps, emissions = {}, np.empty(model.transitions.shape), np.empty(model.emissions.shape)
    for site in model.tree.order:
        transitions, parent = model.transitions[site].astype(np.float64), model.parents[site]
        if parent < 0:
            shares[site], steps[site] = transitions[0], transitions
        else:
            shares[site] = shares[parent] @ transitions
            table = (shares[parent][:, None] * transitions) ** (1 / temperature)
            for _ in range(5000):
                table *= (shares[parent] / table.sum(axis=1))[:, None]
                table *= shares[site] / table.sum(axis=0)
            steps[site] = table / table.sum(axis=1, keepdims=True)
        alt = model.emissions[site].astype(np.float64)
        odds = (alt / (1 - alt)) ** (1 / temperature)

        def excess(shift: float, site: int = site, odds: np.ndarray = odds, alt: np.ndarray = alt) -> float:
            moved = odds * np.exp(shift)
            return shares[site] @ (moved / (1 + moved) - alt)

        moved = odds * np.exp(brentq(excess, -50, 50))
        emissions[site] = moved / (1 + moved)
    return steps, emissions
