"""Distance to the nearest AG (Chen et al. 2020, GAN-Leaks, doi 10.1145/3372297.3417238), plain and calibrated.

A rare haplotype is far from everything and a common one near, whether a model has seen it or not. The calibrated attack
therefore subtracts the distance to the nearest of other real haplotypes.
"""

import numpy as np

from artificial_genomes.compare.attacks.evidence import Evidence


def score(evidence: Evidence) -> np.ndarray:
    """Return minus the distance of every haplotype to the nearest AG, in sites: (n,) float64."""
    return -evidence.near_ags.nearest.astype(np.float64)


def score_calibrated(evidence: Evidence) -> np.ndarray:
    """Return how much nearer the nearest AG is than the nearest other real haplotype, in sites: (n,) float64."""
    return score(evidence) + evidence.near_others.nearest
