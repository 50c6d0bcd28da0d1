"""A mosaic of copied training haplotypes with recombination and mutation: the copying control of the project.

The model is that of Li and Stephens (2003, Genetics 165:2213) with the rates of HAPGEN2 (Su, Marchini and Donnelly
2011, Bioinformatics 27:2304). Along the sites every AG copies one of the n training haplotypes at a time. Between
neighbouring sites that are d bp apart it goes on to a haplotype drawn uniformly with probability

    1 - exp(-4 N r d / n),    always where a contig ends,

with N the effective size and r the recombination rate per bp and generation. The copied allele is the other one with
probability theta / (2 (theta + n)), theta = scale / (1 + 1/2 + ... + 1/(n - 1)).
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd

from artificial_genomes.core.random_streams import stream
from artificial_genomes.models import Seed
from artificial_genomes.models.training import TrainingData, TrainingRun

BLOCK_ALLELES = 2_000_000
"""Alleles that are drawn at a time; working memory is about 40 bytes for each."""


@dataclass
class Model:
    """Templates and rates.

    Attributes
    ----------
    templates : (n_train, ceil(n_sites / 8)) uint8
        Training haplotypes, eight alleles a byte (`numpy.packbits`).
    switch : (n_sites,) float64
        Probability that a new template is drawn before a site; 1 at the first site of a contig.
    mutation : float
        Probability that a copied allele is the other one.
    """

    templates: np.ndarray
    switch: np.ndarray
    mutation: float

    @classmethod
    def from_arrays(cls, settings: dict, arrays: dict[str, np.ndarray]) -> Self:
        """Build the model from `arrays`."""
        return cls(arrays["templates"], arrays["switch"], float(arrays["mutation"]))

    def arrays(self) -> dict[str, np.ndarray]:
        """Return templates and probabilities."""
        return {"templates": self.templates, "switch": self.switch, "mutation": np.array(self.mutation)}

    def sample(self, n: int, seed: Seed) -> np.ndarray:
        """Return `n` mosaics of training haplotypes: (n, n_sites) uint8."""
        n_sites = len(self.switch)
        rng = stream(seed, "li_stephens AGs")
        templates = np.unpackbits(self.templates, axis=1, count=n_sites)
        haplotypes = np.empty((n, n_sites), np.uint8)
        rows = max(1, BLOCK_ALLELES // n_sites)
        for start in range(0, n, rows):
            block = haplotypes[start : start + rows]
            # Every haplotype begins a segment at its first site, so that segments end where the next one begins.
            starts = np.flatnonzero(rng.random(block.shape) < self.switch)
            segments = rng.integers(len(templates), size=len(starts))
            copied = np.repeat(segments, np.diff(starts, append=block.size)).reshape(block.shape)
            block[:] = templates[copied, np.arange(n_sites)]
            block ^= rng.random(block.shape) < self.mutation
        return haplotypes


def fit(data: TrainingData, settings: dict, run: TrainingRun) -> Model:
    """Store the training haplotypes with the rates that their number and their sites give.

    Parameters
    ----------
    settings
        `effective_size` in diploid individuals, `recombination_cm_per_mb`, and `mutation_scale`, a factor on theta.
    """
    n = len(data.train)
    morgans_per_bp = settings["recombination_cm_per_mb"] * 1e-8
    switch = switch_probabilities(data.sites, 4 * settings["effective_size"] * morgans_per_bp / n)
    theta = settings["mutation_scale"] / (1 / np.arange(1, n)).sum()
    return Model(np.packbits(data.train, axis=1), switch, theta / (2 * (theta + n)))


def switch_probabilities(sites: pd.DataFrame, rate: float) -> np.ndarray:
    """Return the probability of a new template before each site: (n_sites,) float64.

    Parameters
    ----------
    sites : DataFrame
        contig, position; contigs in blocks, positions ascending within them.
    rate : float
        Expected number of switches per bp.

    Examples
    --------
    >>> sites = pd.DataFrame({"contig": ["1", "1", "2"], "position": [1000, 2000, 1000]})
    >>> switch_probabilities(sites, rate=np.log(2) / 1000)
    array([1. , 0.5, 1. ])
    """
    contigs, positions = sites["contig"].to_numpy(), sites["position"].to_numpy()
    within = contigs[1:] == contigs[:-1]
    probabilities = np.ones(len(sites))
    probabilities[1:][within] = -np.expm1(-rate * np.diff(positions)[within])
    return probabilities
