"""Training haplotypes recombined for some generations: a copying control, after the published method RESHAPE.

RESHAPE (Cavinato, Rubinacci, Malaspinas and Delaneau 2024, Nature Computational Science 4:360) turns a panel of n
haplotypes into their n descendants after K generations. As there,

- n haplotypes give n others, and at every site these are a permutation of the alleles of the n: allele counts are
  kept exactly;
- crossovers form a Poisson process along the genetic map, on average K of them per haplotype and Morgan, so that a
  haplotype is a mosaic of segments 1 / K Morgans long.

RESHAPE draws the crossovers of all generations at once along a chromosome, each of which swaps the rest of two
haplotypes drawn at random, and shuffles every chromosome by itself. Here the generations follow each other: in each,
haplotypes are paired at random, every pair swaps what follows its crossovers, and contigs assort independently. Between
two sites that recombine with probability r in a generation (Haldane's (1 - exp(-2d)) / 2 at d Morgans, 1/2 between
contigs), the expected covariance of alleles is therefore multiplied by

    (1 - r n / (n - 1)) ** K    for even n,

which is RESHAPE's exp(-K d) where sites are close; RESHAPE's contigs are independent after one generation already. The
map is a constant rate, and any number of AGs may be drawn: further ones are descendants in further rounds, and fewer
are a random part of a round.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd

from artificial_genomes.core.random_streams import stream
from artificial_genomes.models import Seed
from artificial_genomes.models.training import TrainingData, TrainingRun

BLOCK_ALLELES = 2_000_000
"""Alleles of pairs that recombine at a time; working memory is about 5 bytes for each."""


@dataclass
class Model:
    """Founders and their genetic map.

    Attributes
    ----------
    founders : (n_train, ceil(n_sites / 8)) uint8
        Training haplotypes, eight alleles a byte (`numpy.packbits`).
    morgans : (n_sites,) float64
        Genetic distance of each site from the one before it; infinite at the first site of a contig.
    generations : int
        Number of generations between founders and AGs.
    """

    founders: np.ndarray
    morgans: np.ndarray
    generations: int

    @classmethod
    def from_arrays(cls, settings: dict, arrays: dict[str, np.ndarray]) -> Self:
        """Build the model from `arrays`."""
        return cls(arrays["founders"], arrays["morgans"], settings["generations"])

    def arrays(self) -> dict[str, np.ndarray]:
        """Return founders and map."""
        return {"founders": self.founders, "morgans": self.morgans}

    def sample(self, n: int, seed: Seed) -> np.ndarray:
        """Return `n` descendants of the training haplotypes: (n, n_sites) uint8."""
        n_founders, n_sites = len(self.founders), len(self.morgans)
        rng = stream(seed, "reshape AGs")
        haplotypes = np.empty((n, n_sites), np.uint8)
        for start in range(0, n, n_founders):
            descendants = np.unpackbits(self.founders, axis=1, count=n_sites)
            recombine(descendants, self.morgans, self.generations, rng)
            # After few generations a row is still much like its founder: neither its place nor its choice may tell.
            haplotypes[start : start + n_founders] = descendants[rng.permutation(n_founders)[: n - start]]
        return haplotypes


def fit(data: TrainingData, settings: dict, run: TrainingRun) -> Model:
    """Store the training haplotypes with the map of their sites.

    Parameters
    ----------
    settings
        `generations`, and `recombination_cm_per_mb`.
    """
    morgans = map_distances(data.sites, settings["recombination_cm_per_mb"])
    return Model(np.packbits(data.train, axis=1), morgans, settings["generations"])


def map_distances(sites: pd.DataFrame, cm_per_mb: float) -> np.ndarray:
    """Return the genetic distance of each site from the one before it, in Morgans: (n_sites,) float64.

    Parameters
    ----------
    sites : DataFrame
        contig, position; contigs in blocks, positions ascending within them. The first site of a contig has an infinite
        distance.
    cm_per_mb : float
        Recombination rate.

    Examples
    --------
    >>> sites = pd.DataFrame({"contig": ["1", "1", "2"], "position": [1_000_000, 3_000_000, 1_000_000]})
    >>> map_distances(sites, cm_per_mb=1.5)
    array([ inf, 0.03,  inf])
    """
    contigs, positions = sites["contig"].to_numpy(), sites["position"].to_numpy()
    within = contigs[1:] == contigs[:-1]
    morgans = np.full(len(sites), np.inf)
    morgans[1:][within] = cm_per_mb * 1e-8 * np.diff(positions)[within]
    return morgans


def recombine(haplotypes: np.ndarray, morgans: np.ndarray, generations: int, rng: np.random.Generator) -> None:
    """Replace haplotypes by their descendants.

    In every generation haplotypes are paired at random; of an odd number, one stays as it is.

    Parameters
    ----------
    haplotypes : (n, n_sites) unsigned integers
        Alleles, or labels of founders; changed in place. Every column stays a permutation of what it was.
    morgans : (n_sites,) float64
        As from `map_distances`.
    generations : int
    rng
        Draws pairs and crossovers.
    """
    n_pairs = len(haplotypes) // 2
    rows = max(1, BLOCK_ALLELES // (2 * len(morgans)))
    for _ in range(generations):
        order = rng.permutation(len(haplotypes))
        for start in range(0, n_pairs, rows):
            stop = min(start + rows, n_pairs)
            first, second = order[start:stop], order[n_pairs + start : n_pairs + stop]
            swapped = draw_swapped(stop - start, morgans, rng)
            exchanged = (haplotypes[first] ^ haplotypes[second]) * swapped
            haplotypes[first] ^= exchanged
            haplotypes[second] ^= exchanged


def draw_swapped(n_pairs: int, morgans: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return at which sites pairs have swapped their alleles: (n_pairs, n_sites) uint8, 0 or 1.

    Crossovers are a Poisson process on the map, without interference; contigs begin with the flip of a coin.
    """
    begins = np.isinf(morgans)
    crossovers = np.zeros((n_pairs, len(morgans)), np.uint8)
    # The crossovers of all pairs are drawn together, since most pairs have none between two sites.
    sites = np.repeat(np.arange(len(morgans)), rng.poisson(np.where(begins, 0, n_pairs * morgans)))
    np.bitwise_xor.at(crossovers, (rng.integers(n_pairs, size=len(sites)), sites), 1)
    crossovers[:, begins] = rng.integers(2, size=(n_pairs, begins.sum()), dtype=np.uint8)
    return np.bitwise_xor.accumulate(crossovers, axis=1)
