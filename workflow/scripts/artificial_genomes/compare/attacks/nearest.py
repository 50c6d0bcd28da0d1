"""Distance to the nearest AG (Chen et al. 2020, GAN-Leaks, doi 10.1145/3372297.3417238), plain and calibrated.

A rare haplotype is far from everything and a common one near, whether a model has seen it or not. The calibrated attack
therefore subtracts the distance to the nearest of other real haplotypes.
"""

import numpy as np

from artificial_genomes.compare.attacks.evidence import Evidence
from artificial_genomes.statistics.distances import nearest_neighbours


def score(evidence: Evidence, haplotypes: np.ndarray) -> np.ndarray:
    """Return minus the distance of every haplotype to the nearest AG, in sites: (n,) float64."""
    return -nearest_neighbours(haplotypes, evidence.ags, evidence.threads)[0].astype(np.float64)


def score_calibrated(evidence: Evidence, haplotypes: np.ndarray) -> np.ndarray:
    """Return how much nearer the nearest AG is than the nearest other real haplotype, in sites: (n,) float64."""
    return score(evidence, haplotypes) + nearest_neighbours(haplotypes, evidence.others, evidence.threads)[0]
