"""Allele frequencies of AGs against those of other real haplotypes: what a published table of frequencies tells.

- Likelihood ratio (Homer et al. 2008; Sankararaman et al. 2009, doi 10.1038/ng.436): how much more probable the alleles
  of a haplotype are at the frequencies of the AGs, as if sites were independent.
- Whitened: the projection of a haplotype on the difference of frequencies, in units in which other real haplotypes vary
  equally along every direction. Linkage and population structure, by which many sites say the same, then count once.
"""

from collections.abc import Callable
from functools import lru_cache, partial

import numpy as np

from artificial_genomes.compare.attacks.evidence import Evidence
from artificial_genomes.core.random_streams import stream

RIDGE = 0.1
"""Added to the variances of all directions, in units of their mean: those that others barely vary along are noise."""

BLOCK_SITES = 16_384
"""Sites whose alleles are turned into eight-byte numbers at a time."""

HAPLOTYPES_MAX = 4000
"""Maximum number of other haplotypes from which the variances are estimated."""


def score(evidence: Evidence) -> np.ndarray:
    """Return the log-likelihood ratio of independent sites of every haplotype: (n,) float64."""
    ags, others = (smoothed_frequencies(one) for one in (evidence.ags, evidence.others))
    alt, ref = np.log(ags / others), np.log((1 - ags) / (1 - others))
    return _weighted(evidence.asked, alt - ref) + ref.sum()


def score_whitened(evidence: Evidence) -> np.ndarray:
    """Return the whitened projection of every haplotype on the difference of frequencies: (n,) float64."""
    ags, others = (smoothed_frequencies(one) for one in (evidence.ags, evidence.others))
    # What is planted among AGs changes nothing about others.
    direction = whitening(evidence.honest or evidence)(ags - others)
    # Every haplotype is compared with the midpoint of both frequencies.
    return _weighted(evidence.asked, direction) - (ags + others) / 2 @ direction


def smoothed_frequencies(alleles: np.ndarray) -> np.ndarray:
    """Return allele frequencies, (n_sites,) float64, with half a haplotype of each allele added."""
    return (alleles.sum(axis=0) + 0.5) / (len(alleles) + 1)


@lru_cache(maxsize=1)
def whitening(evidence: Evidence) -> Callable[[np.ndarray], np.ndarray]:
    """Return the function from a vector (n_sites,) to (covariance of others + ridge)⁻¹ times the vector.

    With fewer haplotypes than sites the inverse is taken in the space of haplotypes (Woodbury's identity).
    """
    alleles, center = evidence.others, smoothed_frequencies(evidence.others)
    if len(alleles) > HAPLOTYPES_MAX:
        drawn = stream(evidence.seed, "whitened attack").choice(len(alleles), HAPLOTYPES_MAX, replace=False)
        alleles = alleles[drawn]
    n, n_sites = alleles.shape
    blocks = _blocks(n_sites)
    variance = sum(((alleles[:, sites] - center[sites]) ** 2).sum() for sites in blocks) / n / n_sites
    ridge = RIDGE * variance if variance else 1.0
    if n_sites <= n:
        centered = alleles - center
        return partial(np.linalg.solve, centered.T @ centered / n + ridge * np.eye(n_sites))
    inner = n * ridge * np.eye(n)
    for sites in blocks:
        centered = alleles[:, sites] - center[sites]
        inner += centered @ centered.T

    def solve(vector: np.ndarray) -> np.ndarray:
        projected = sum((alleles[:, sites] - center[sites]) @ vector[sites] for sites in blocks)
        solved = np.linalg.solve(inner, projected)
        along = np.concatenate([(alleles[:, sites] - center[sites]).T @ solved for sites in blocks])
        return (vector - along) / ridge

    return solve


def _weighted(haplotypes: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the sum of the weights, (n_sites,), of the ALT alleles of every haplotype: (n,) float64."""
    return sum(haplotypes[:, sites] @ weights[sites] for sites in _blocks(haplotypes.shape[1]))


def _blocks(n_sites: int) -> list[slice]:
    """Return the sites in blocks, so that few alleles at a time are eight-byte numbers."""
    return [slice(start, start + BLOCK_SITES) for start in range(0, n_sites, BLOCK_SITES)]
