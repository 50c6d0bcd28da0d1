"""Density near a haplotype: kernel estimates from AGs and from other real haplotypes (GenLRA, Ward et al. 2025).

A model that has learnt a haplotype puts more AGs around it than others have. The kernel falls off with the Hamming
distance as exp(-d / h); the score is the logarithm of the ratio of both densities.
"""

import numpy as np

from artificial_genomes.compare.attacks.evidence import Evidence
from artificial_genomes.statistics.distances import distances_of, nearest_neighbours


def score(evidence: Evidence, haplotypes: np.ndarray) -> np.ndarray:
    """Return the log ratio of the density of AGs near every haplotype to that of others: (n,) float64.

    The width h of the kernel is that half of the other haplotypes have their nearest neighbour within 2 h.
    """
    others = evidence.others
    half = len(others) // 2
    width = max(np.median(nearest_neighbours(others[:half], others[half:], evidence.threads)[0]) / 2, 1.0)
    ags, real = (log_density(haplotypes, known, width, evidence.threads) for known in (evidence.ags, others))
    return ags - real


def log_density(haplotypes: np.ndarray, known: np.ndarray, width: float, threads: int = 1) -> np.ndarray:
    """Return log mean exp(-d / width) over the distances d to known haplotypes (n_known, n_sites): (n,) float64."""
    # One exponential per distance that can occur, relative to the nearest, so that the sum is not 0.
    kernel = np.exp(-np.arange(haplotypes.shape[1] + 1) / width)
    parts = []
    for block in distances_of(haplotypes, known, threads):
        nearest = block.min(axis=1)
        parts.append(np.log(kernel.take(block - nearest[:, None]).sum(axis=1)) - nearest / width)
    return np.concatenate(parts) - np.log(len(known))
