"""Density near a haplotype: kernel estimates from AGs and from other real haplotypes (GenLRA, Ward et al. 2025).

A model that has learnt a haplotype puts more AGs around it than others have. The kernel falls off with the Hamming
distance as exp(-d / h); the score is the logarithm of the ratio of both densities.
"""

import numpy as np

from artificial_genomes.compare.attacks.evidence import Evidence


def score(evidence: Evidence) -> np.ndarray:
    """Return the log ratio of the density of AGs near every haplotype to that of others: (n,) float64."""
    ags = evidence.near_ags.log_kernels - np.log(len(evidence.ags))
    return ags - (evidence.near_others.log_kernels - np.log(len(evidence.others)))
