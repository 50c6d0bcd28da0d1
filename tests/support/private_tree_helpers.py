"""Data, settings and an accountant that keeps what it releases, for tests of trees with differential privacy."""

import numpy as np
import pandas as pd

from artificial_genomes.models.accountant import Accountant
from artificial_genomes.models.training import TrainingData

N_SITES = 30


def settings(epsilon: float = 8.0, hidden_states: int = 12, noise: str = "seed", **changes) -> dict:
    privacy = {"epsilon": epsilon, "delta": 1e-5, "noise": noise, "neighbours": 3}
    return {
        "hidden_states": hidden_states, "epochs": 3, "score_every": 3, "patience": 3, "sampling_temperatures": [1.0],
        "differential_privacy": privacy,
    } | changes  # fmt: skip


def populations(n: int, seed: int, n_sites: int = N_SITES) -> np.ndarray:
    """Return haplotypes of n individuals of three populations, with LD between neighbours."""
    rng = np.random.default_rng(seed)
    frequencies = np.random.default_rng(0).beta(0.7, 0.7, (3, n_sites))
    of_population = frequencies[rng.integers(0, 3, n).repeat(2)]
    alleles = rng.random((2 * n, n_sites)) < of_population
    copied = rng.random((2 * n, n_sites // 2)) < 0.8
    alleles[:, 1::2] = np.where(copied, alleles[:, ::2], alleles[:, 1::2])
    return alleles.astype(np.uint8)


def data_of(alleles: np.ndarray, public: np.ndarray | None = None) -> TrainingData:
    half = alleles.shape[1] // 2
    sites = pd.DataFrame({"contig": ["1"] * half + ["2"] * (alleles.shape[1] - half)})
    return TrainingData(alleles, alleles[:0], sites, public=public)


class Recorder(Accountant):
    """Keeps what is released; with `answers`, gives these instead of the sums."""

    def __init__(self, answers=None) -> None:
        super().__init__(200, 1e-5, "seed", 5)  # so little noise that there are classes
        self.totals, self.bounds, self.answers, self._given = [], [], [], iter(answers or [])

    def release(self, total, sensitivity, share):
        self.totals.append(np.array(total, float))
        self.bounds.append(sensitivity)
        answer = super().release(total, sensitivity, share)
        self.answers.append(next(self._given, answer))
        return self.answers[-1]


EXTREME = {
    "usual": populations(1, 9),
    "all ALT": np.ones((2, N_SITES), np.uint8),
    "all REF": np.zeros((2, N_SITES), np.uint8),
    "twins of none": np.tile(np.arange(N_SITES) % 2, (2, 1)).astype(np.uint8),
}
