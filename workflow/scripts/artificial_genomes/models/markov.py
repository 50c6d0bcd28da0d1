"""A Markov chain along the sites: an allele depends on the `window` preceding alleles (the paper's baseline).

The chain follows the order of the sites across all chromosomes, as in the authors' code. AGs are drawn from the exact
frequencies: the probability of ALT after a context is the share of the training haplotypes with that context that carry
ALT. A sampled context always occurs in the training haplotypes, since the window that led to it does.

Likelihoods need positive probabilities, since other individuals have contexts, and alleles after a context, that no
training haplotype has. Therefore each allele gets a pseudocount of half a haplotype (`bernoulli.smoothed_share`). With
`window` 1, test haplotypes at the paper's 10,000 sites have a mean log-likelihood of -1821.05 nats; the published value
is -1820.0, with an unstated smoothing.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from artificial_genomes.core.random_streams import stream
from artificial_genomes.models import Seed
from artificial_genomes.models.bernoulli import smoothed_share
from artificial_genomes.models.training import TrainingData, TrainingRun


@dataclass
class Model:
    """Counts of training haplotypes by site and context; the context's last allele is bit 0.

    Attributes
    ----------
    alt : (n_sites, 2 ** window) unsigned integer
        Haplotypes with the context before the site that carry ALT at it.
    total : (n_sites, 2 ** window) unsigned integer
        Haplotypes with the context.
    """

    alt: np.ndarray
    total: np.ndarray

    @classmethod
    def from_arrays(cls, settings: dict, arrays: dict[str, np.ndarray]) -> Self:
        """Build the model from `arrays`."""
        return cls(**arrays)

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the counts."""
        return {"alt": self.alt, "total": self.total}

    def sample(self, n: int, seed: Seed) -> np.ndarray:
        """Return `n` haplotypes drawn site by site: (n, n_sites) uint8."""
        return self.continue_haplotypes(np.empty((n, 0), np.uint8), seed)

    def continue_haplotypes(self, context: np.ndarray, seed: Seed) -> np.ndarray:
        """Return haplotypes (n, n_sites) uint8 that begin with `context` (n, n_context) uint8.

        After a context that no training haplotype has, ALT is drawn from its frequency.
        """
        (n, n_given), (n_sites, n_contexts) = context.shape, self.total.shape
        rng = stream(seed, "markov AGs")
        # One site per row, so that the chain reads contiguous memory.
        haplotypes = np.empty((n_sites, n), np.uint8)
        haplotypes[:n_given] = context.T
        before = np.zeros(n, np.int64)
        for site in range(n_sites):
            if site >= n_given:
                alt, total = self.alt[site, before], self.total[site, before]
                if n_given and not total.all():
                    frequency = self.alt[site].sum() / self.total[site].sum()
                    share = np.divide(alt, total, out=np.full(n, frequency), where=total > 0)
                else:
                    share = alt / total
                haplotypes[site] = rng.random(n, np.float32) < share.astype(np.float32)
            before = (before << 1 | haplotypes[site]) & (n_contexts - 1)
        return np.ascontiguousarray(haplotypes.T)

    def log_likelihood(self, alleles: np.ndarray) -> np.ndarray:
        """Return the natural logarithm of the probability of haplotypes, (n,) float64.

        Parameters
        ----------
        alleles : (n, n_sites) uint8
            0 = REF, 1 = ALT. Every allele has a positive probability; after a context that no training haplotype has,
            both are equally likely.
        """
        n_contexts = self.total.shape[1]
        log_likelihood = np.zeros(len(alleles))
        context = np.zeros(len(alleles), np.int64)
        for site, allele in enumerate(np.ascontiguousarray(alleles.T)):
            alt = smoothed_share(self.alt[site, context], self.total[site, context])
            log_likelihood += np.log(np.where(allele, alt, 1 - alt))
            context = (context << 1 | allele) & (n_contexts - 1)
        return log_likelihood


def fit(data: TrainingData, settings: dict, run: TrainingRun) -> Model:
    """Count alleles after every context of `settings["window"]` preceding sites in the training haplotypes.

    Examples
    --------
    >>> train = np.array([[0, 0, 0], [1, 1, 1]], np.uint8)
    >>> data = TrainingData(train, validation=train, sites=None)
    >>> ags = fit(data, {"window": 1}, run=None).sample(100, seed=1)
    >>> np.unique(ags, axis=0)  # an allele always equals the one before it
    array([[0, 0, 0],
           [1, 1, 1]], dtype=uint8)
    """
    n_contexts = 2 ** settings["window"]
    alt, total = np.zeros((2, data.n_sites, n_contexts), np.min_scalar_type(len(data.train)))
    context = np.zeros(len(data.train), np.int64)
    for site, alleles in enumerate(np.ascontiguousarray(data.train.T)):
        alt[site] = np.bincount(context[alleles == 1], minlength=n_contexts)
        total[site] = np.bincount(context, minlength=n_contexts)
        context = (context << 1 | alleles) & (n_contexts - 1)
    return Model(alt, total)
