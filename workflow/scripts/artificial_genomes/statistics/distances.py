"""Hamming distances between haplotypes, exact, by blocks of matrix products.

The distance of two haplotypes is ca + cb - 2 a.b with c the count of ALT alleles. The products are float32, which is
exact for whole numbers below 2^24. Memory is bounded by the block: 2 x 4 bytes x BLOCK_HAPLOTYPES x n_sites for the
factors and about 20 bytes x BLOCK_HAPLOTYPES^2 for their distances, whatever the number of haplotypes.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from artificial_genomes.statistics.checks import check_alleles

BLOCK_HAPLOTYPES = 1024
"""Haplotypes on either side of a block of distances."""


@dataclass(frozen=True)
class DistancesWithin:
    """Distances between all pairs of haplotypes of one set.

    Attributes
    ----------
    counts : (n_sites + 1,) int64
        Number of pairs at each distance (a pair counts once).
    nearest : (n,) int64
        Distance of a haplotype to the nearest other one.
    """

    counts: np.ndarray
    nearest: np.ndarray


@dataclass(frozen=True)
class DistancesBetween:
    """Distances between every haplotype of a set a and every one of a set b.

    Attributes
    ----------
    counts : (n_sites + 1,) int64
        Number of pairs at each distance.
    nearest_a : (n_a,) int64
        Distance of a haplotype of a to the nearest one of b.
    nearest_b : (n_b,) int64
        Distance of a haplotype of b to the nearest one of a.
    """

    counts: np.ndarray
    nearest_a: np.ndarray
    nearest_b: np.ndarray


def distances_within(alleles: np.ndarray) -> DistancesWithin:
    """Return the distances of all pairs of haplotypes of one set.

    Parameters
    ----------
    alleles : (n, n_sites) uint8

    Raises
    ------
    ValueError
        Fewer than two haplotypes.
    """
    check_alleles(alleles)
    n, n_sites = alleles.shape
    if n < 2:
        raise ValueError("distances within a set need at least two haplotypes")
    counts = np.zeros(n_sites + 1, np.int64)
    nearest = np.full(n, n_sites + 1, np.int64)
    for rows in _blocks(n):
        for columns in _blocks(n, rows.start):
            distance = _hamming(alleles[rows], alleles[columns])
            if rows == columns:
                counts += np.bincount(distance[np.triu_indices(len(distance), 1)], minlength=n_sites + 1)
                # No haplotype is its own neighbour.
                np.fill_diagonal(distance, n_sites + 1)
            else:
                counts += np.bincount(distance.ravel(), minlength=n_sites + 1)
                nearest[columns] = np.minimum(nearest[columns], distance.min(axis=0))
            nearest[rows] = np.minimum(nearest[rows], distance.min(axis=1))
    return DistancesWithin(counts, nearest)


def distances_between(a: np.ndarray, b: np.ndarray) -> DistancesBetween:
    """Return the distances of all pairs of a haplotype of `a` and one of `b`.

    Parameters
    ----------
    a : (n_a, n_sites) uint8
    b : (n_b, n_sites) uint8
    """
    check_alleles(a, b)
    n_sites = a.shape[1]
    counts = np.zeros(n_sites + 1, np.int64)
    nearest_a = np.full(len(a), n_sites + 1, np.int64)
    nearest_b = np.full(len(b), n_sites + 1, np.int64)
    for rows in _blocks(len(a)):
        for columns in _blocks(len(b)):
            distance = _hamming(a[rows], b[columns])
            counts += np.bincount(distance.ravel(), minlength=n_sites + 1)
            nearest_a[rows] = np.minimum(nearest_a[rows], distance.min(axis=1))
            nearest_b[columns] = np.minimum(nearest_b[columns], distance.min(axis=0))
    return DistancesBetween(counts, nearest_a, nearest_b)


def wasserstein_of_counts(a: np.ndarray, b: np.ndarray) -> float:
    """Return the Wasserstein-1 distance between two distributions over 0, 1, 2, ... given as counts.

    It is the area between the two cumulative distributions, in the unit of the values.

    Parameters
    ----------
    a, b : (n,) int64

    Raises
    ------
    ValueError
        The supports differ, or one side has no count.
    """
    if a.shape != b.shape or not a.sum() or not b.sum():
        raise ValueError(f"cannot compare counts of shapes {a.shape} and {b.shape}, totals {a.sum()} and {b.sum()}")
    return float(np.abs(np.cumsum(a / a.sum()) - np.cumsum(b / b.sum())).sum())


def _blocks(n: int, first: int = 0) -> Iterator[slice]:
    for start in range(first, n, BLOCK_HAPLOTYPES):
        yield slice(start, min(start + BLOCK_HAPLOTYPES, n))


def _hamming(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the distances of one block, (n_a, n_b) int64."""
    product = a.astype(np.float32) @ b.astype(np.float32).T
    product *= -2
    product += a.sum(axis=1, dtype=np.float32)[:, None]
    product += b.sum(axis=1, dtype=np.float32)
    return product.astype(np.int64)
