"""What the tests of the models share."""

import itertools

import numpy as np

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
