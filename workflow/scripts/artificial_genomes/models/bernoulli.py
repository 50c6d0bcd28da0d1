"""Independent sites: every allele is drawn from its training frequency. This is the floor that any model must beat."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from artificial_genomes.core.random_streams import stream
from artificial_genomes.models import Seed
from artificial_genomes.models.training import TrainingData, TrainingRun

PSEUDOCOUNT = 0.5
"""Pseudocount of either allele for likelihoods (Jeffreys' prior); AGs are drawn without it."""


@dataclass
class Model:
    """Independent sites.

    Attributes
    ----------
    frequencies : (n_sites,) float64
        ALT allele frequencies of the training haplotypes.
    n_haplotypes : () int64
        Number of training haplotypes.
    """

    frequencies: np.ndarray
    n_haplotypes: np.ndarray

    @classmethod
    def from_arrays(cls, settings: dict, arrays: dict[str, np.ndarray]) -> Self:
        """Build the model from `arrays`."""
        return cls(**arrays)

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the frequencies and the number of training haplotypes."""
        return {"frequencies": self.frequencies, "n_haplotypes": self.n_haplotypes}

    def sample(self, n: int, seed: Seed) -> np.ndarray:
        """Return `n` haplotypes with independent sites: (n, n_sites) uint8."""
        uniform = stream(seed, "bernoulli AGs").random((n, len(self.frequencies)))
        return (uniform < self.frequencies).astype(np.uint8)

    def continue_haplotypes(self, context: np.ndarray, seed: Seed) -> np.ndarray:
        """Return haplotypes (n, n_sites) uint8 that begin with `context` (n, n_context), independent of the rest."""
        rest = self.sample(len(context), seed)[:, context.shape[1] :]
        return np.concatenate([context, rest], axis=1)

    def log_likelihood(self, alleles: np.ndarray) -> np.ndarray:
        """Return the natural logarithm of the probability of haplotypes, (n,) float64.

        Parameters
        ----------
        alleles : (n, n_sites) uint8
            0 = REF, 1 = ALT. Every allele has a positive probability: see `smoothed_share`.
        """
        alt = smoothed_share(self.frequencies * self.n_haplotypes, self.n_haplotypes)
        ref = np.log1p(-alt)
        return alleles @ (np.log(alt) - ref) + ref.sum()


def smoothed_share(alt: np.ndarray, total: np.ndarray) -> np.ndarray:
    """Return the probability of ALT after `alt` ALT alleles among `total`, never 0 or 1: float64, of their shape.

    Examples
    --------
    >>> smoothed_share(np.array([0, 3]), np.array([3, 3]))
    array([0.125, 0.875])
    """
    return (alt + PSEUDOCOUNT) / (total + 2 * PSEUDOCOUNT)


def fit(data: TrainingData, settings: dict, run: TrainingRun) -> Model:
    """Return the allele frequencies of the training haplotypes.

    Examples
    --------
    >>> train = np.array([[0, 1], [0, 1], [0, 0], [0, 1]], np.uint8)
    >>> data = TrainingData(train, validation=train[:2], sites=None)
    >>> model = fit(data, {}, run=None)
    >>> model.frequencies
    array([0.  , 0.75])
    >>> model.sample(3, seed=1)[:, 0]
    array([0, 0, 0], dtype=uint8)
    """
    return Model(data.train.mean(axis=0), np.int64(len(data.train)))
