"""A Markov chain along the sites: an allele depends on the `window` preceding alleles (the paper's baseline).

The chain follows the order of the sites over all chromosomes, as the authors' does. The model is exact: the probability
of ALT after a context is the training share of haplotypes with that context that carry ALT. A sampled context always
occurs in the training haplotypes, since the window that led to it does.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from artificial_genomes.models import Seed
from artificial_genomes.training import TrainingData, TrainingRun


@dataclass
class Model:
    """ALT probabilities by site and context, (n_sites, 2 ** window) float32; the context's last allele is bit 0."""

    probabilities: np.ndarray

    @classmethod
    def from_arrays(cls, settings: dict, arrays: dict[str, np.ndarray]) -> Self:
        """Build the model from `arrays`."""
        return cls(arrays["probabilities"])

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the probabilities."""
        return {"probabilities": self.probabilities}

    def sample(self, n: int, seed: Seed) -> np.ndarray:
        """Return `n` haplotypes drawn site by site: (n, n_sites) uint8."""
        n_sites, n_contexts = self.probabilities.shape
        rng = np.random.default_rng(seed)
        # One site a row: the chain walks over contiguous memory.
        haplotypes = np.empty((n_sites, n), np.uint8)
        context = np.zeros(n, np.int64)
        for site in range(n_sites):
            haplotypes[site] = rng.random(n, np.float32) < self.probabilities[site, context]
            context = (context << 1 | haplotypes[site]) & (n_contexts - 1)
        return np.ascontiguousarray(haplotypes.T)


def fit(data: TrainingData, settings: dict, run: TrainingRun) -> Model:
    """Count alleles after every context of `settings["window"]` preceding sites in the training haplotypes."""
    n_contexts = 2 ** settings["window"]
    probabilities = np.zeros((data.n_sites, n_contexts), np.float32)
    context = np.zeros(len(data.train), np.int64)
    for site, alleles in enumerate(np.ascontiguousarray(data.train.T)):
        seen = np.bincount(context, minlength=n_contexts)
        alt = np.bincount(context, weights=alleles, minlength=n_contexts)
        np.divide(alt, seen, out=probabilities[site], where=seen > 0, casting="same_kind")
        context = (context << 1 | alleles) & (n_contexts - 1)
    return Model(probabilities)
