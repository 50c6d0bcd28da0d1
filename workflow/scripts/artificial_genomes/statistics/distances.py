"""Hamming distances between haplotypes, exact, by blocks of matrix products.

If 1 is the rarer allele of a site in both sets together, which does not change distances, the distance of two
haplotypes is ca + cb - 2 a.b, where c is the count of ones. The products for common sites are dense float32, which is
exact for whole numbers below 2^24; those for rare sites, where ones seldom coincide, are sparse. Memory is bounded by
the block: 2 x 4 bytes x BLOCK_HAPLOTYPES x BLOCK_SITES for the factors and about 40 bytes x BLOCK_HAPLOTYPES^2 for
their distances, per thread and for any number of haplotypes and sites, plus a copy of the alleles with one byte each.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy import sparse

from artificial_genomes.statistics.checks import check_alleles
from artificial_genomes.statistics.parallel import ordered_map

BLOCK_HAPLOTYPES = 1024
"""Haplotypes on either side of a block of distances."""

BLOCK_SITES = 16_384
"""Sites whose products are added at a time."""

QUERY_HAPLOTYPES = 256
"""Haplotypes whose distances to all known ones are held at once."""

RARE_SHARE = 0.02
"""Sites whose rarer allele has a smaller share in both sets together are multiplied as sparse matrices."""


@dataclass(frozen=True)
class DistancesWithin:
    """Distances between all pairs of haplotypes of one set.

    Attributes
    ----------
    counts : (n_sites + 1,) int64
        Number of pairs at each distance (a pair counts once).
    nearest : (n,) int64
        Distance of a haplotype to the nearest other one.
    by_group : (n_groups, n_sites + 1) int64
        Number of pairs at each distance with one haplotype in a group; pairs within a group count twice, so that the
        sum over groups is twice `counts`.
    nearest_by_group : (n_groups, n) int32
        Distance of a haplotype to the nearest other one of each group.
    """

    counts: np.ndarray
    nearest: np.ndarray
    by_group: np.ndarray
    nearest_by_group: np.ndarray


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
    by_group_a, by_group_b : (n_groups, n_sites + 1) int64
        `counts` by the group of the haplotype of a, and by that of b.
    nearest_a_by_group, nearest_b_by_group : (n_groups_b, n_a), (n_groups_a, n_b) int32
        Distance of a haplotype to the nearest one of each group of the other set.
    """

    counts: np.ndarray
    nearest_a: np.ndarray
    nearest_b: np.ndarray
    by_group_a: np.ndarray
    by_group_b: np.ndarray
    nearest_a_by_group: np.ndarray
    nearest_b_by_group: np.ndarray


def distances_within(alleles: np.ndarray, groups: np.ndarray | None = None, threads: int = 1) -> DistancesWithin:
    """Return the distances of all pairs of haplotypes of one set.

    Parameters
    ----------
    alleles : (n, n_sites) uint8
    groups : (n,) int64, optional
        Group of every haplotype, from 0; by default all are in one.
    threads
        Number of threads.

    Raises
    ------
    ValueError
        Fewer than two haplotypes.

    Examples
    --------
    >>> within = distances_within(np.array([[0, 0, 0], [0, 0, 1], [1, 1, 1]], np.uint8))
    >>> within.counts  # pairs at distance 0, 1, 2 and 3
    array([0, 1, 1, 1])
    >>> within.nearest
    array([1, 1, 2])
    """
    check_alleles(alleles)
    n, n_bins = alleles.shape[0], alleles.shape[1] + 1
    if n < 2:
        raise ValueError("distances within a set need at least two haplotypes")
    groups = _groups(n, groups)
    by_group = np.zeros((groups.max() + 1, n_bins), np.int64)
    nearest = np.full((len(by_group), n), n_bins, np.int32)
    pairs = [(rows, columns) for rows in _blocks(n) for columns in _blocks(n, rows.start)]
    for (rows, columns), block in ordered_map(
        partial(_block, *_coded(alleles) * 2, groups, groups), pairs, threads, "distances within a set"
    ):
        by_group[: len(block.by_row)] += block.by_row
        nearest[:, rows] = np.minimum(nearest[:, rows], block.nearest_row)
        if rows != columns:
            by_group[: len(block.by_column)] += block.by_column
            nearest[:, columns] = np.minimum(nearest[:, columns], block.nearest_column)
    return DistancesWithin(by_group.sum(axis=0) // 2, nearest.min(axis=0).astype(np.int64), by_group, nearest)


def distances_between(
    a: np.ndarray,
    b: np.ndarray,
    groups_a: np.ndarray | None = None,
    groups_b: np.ndarray | None = None,
    threads: int = 1,
) -> DistancesBetween:
    """Return the distances of all pairs of a haplotype of `a` and one of `b`.

    Parameters
    ----------
    a : (n_a, n_sites) uint8
    b : (n_b, n_sites) uint8
    groups_a, groups_b : (n_a,), (n_b,) int64, optional
        Group of every haplotype, from 0; by default all are in one.
    threads
        Number of threads.
    """
    check_alleles(a, b)
    n_bins = a.shape[1] + 1
    groups_a, groups_b = _groups(len(a), groups_a), _groups(len(b), groups_b)
    by_group_a, by_group_b = (np.zeros((groups.max() + 1, n_bins), np.int64) for groups in (groups_a, groups_b))
    nearest_a = np.full((len(by_group_b), len(a)), n_bins, np.int32)
    nearest_b = np.full((len(by_group_a), len(b)), n_bins, np.int32)
    pairs = [(rows, columns) for rows in _blocks(len(a)) for columns in _blocks(len(b))]
    for (rows, columns), block in ordered_map(
        partial(_block, *_coded(a, b), groups_a, groups_b), pairs, threads, "distances between two sets"
    ):
        by_group_a[: len(block.by_row)] += block.by_row
        by_group_b[: len(block.by_column)] += block.by_column
        nearest_a[:, rows] = np.minimum(nearest_a[:, rows], block.nearest_row)
        nearest_b[:, columns] = np.minimum(nearest_b[:, columns], block.nearest_column)
    least = (nearest.min(axis=0).astype(np.int64) for nearest in (nearest_a, nearest_b))
    return DistancesBetween(by_group_a.sum(axis=0), *least, by_group_a, by_group_b, nearest_a, nearest_b)


def nearest_neighbours(query: np.ndarray, known: np.ndarray, threads: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Return distance and index of the nearest haplotype in `known` for each of `query`; of equals, the first.

    Parameters
    ----------
    query : (n, n_sites) uint8
    known : (n_known, n_sites) uint8
    threads
        Number of threads.

    Returns
    -------
    distance, index : (n,) int64

    Examples
    --------
    >>> query, known = np.array([[0, 0, 1]], np.uint8), np.array([[1, 1, 1], [0, 0, 0]], np.uint8)
    >>> nearest_neighbours(query, known)
    (array([1]), array([1]))
    """
    check_alleles(query, known)
    distance = np.full(len(query), query.shape[1] + 1, np.int64)
    index = np.zeros(len(query), np.int64)

    coded = _coded(query, known)

    def search(pair: tuple[slice, slice]) -> tuple[np.ndarray, np.ndarray]:
        block = _hamming(coded[0], pair[0], coded[1], pair[1])
        found = block.argmin(axis=1)
        return block[np.arange(len(block)), found], found + pair[1].start

    pairs = [(rows, columns) for rows in _blocks(len(query)) for columns in _blocks(len(known))]
    for (rows, _), (least, found) in ordered_map(search, pairs, threads, "nearest neighbours"):
        nearer = least < distance[rows]
        distance[rows] = np.where(nearer, least, distance[rows])
        index[rows] = np.where(nearer, found, index[rows])
    return distance, index


def distances_of(query: np.ndarray, known: np.ndarray, threads: int = 1) -> Iterator[np.ndarray]:
    """Yield the distances of some haplotypes at a time to all known ones: (n_rows, n_known) int32.

    Parameters
    ----------
    query : (n, n_sites) uint8
    known : (n_known, n_sites) uint8
    threads
        Number of threads.

    Examples
    --------
    >>> a, b = np.array([[0, 1, 1]], np.uint8), np.array([[0, 1, 0], [1, 0, 0]], np.uint8)
    >>> next(distances_of(a, b))
    array([[1, 3]], dtype=int32)
    """
    check_alleles(query, known)
    coded = _coded(query, known)
    rows = [slice(start, min(start + QUERY_HAPLOTYPES, len(query))) for start in range(0, len(query), QUERY_HAPLOTYPES)]
    for _, block in ordered_map(
        lambda some: _hamming(coded[0], some, coded[1], slice(None)), rows, threads, "distances to known haplotypes"
    ):
        yield block


def nearest_of_other_groups(alleles: np.ndarray, groups: np.ndarray, threads: int = 1) -> np.ndarray:
    """Return the distance of every haplotype to the nearest one of another group: (n,) int64.

    Parameters
    ----------
    alleles : (n, n_sites) uint8
    groups : (n,) int64
        Group of every haplotype. With a single group, all distances are n_sites + 1.
    threads
        Number of threads.
    """
    check_alleles(alleles)
    nearest = np.full(len(alleles), alleles.shape[1] + 1, np.int64)
    (coded,) = _coded(alleles)

    def search(pair: tuple[slice, slice]) -> tuple[np.ndarray, np.ndarray]:
        rows, columns = pair
        block = _hamming(coded, rows, coded, columns)
        block[groups[rows, None] == groups[columns]] = alleles.shape[1] + 1
        return block.min(axis=1), block.min(axis=0)

    pairs = [(rows, columns) for rows in _blocks(len(alleles)) for columns in _blocks(len(alleles), rows.start)]
    for (rows, columns), found in ordered_map(search, pairs, threads, "nearest haplotypes of other groups"):
        for side, least in zip((rows, columns), found, strict=True):
            nearest[side] = np.minimum(nearest[side], least)
    return nearest


def groups_within(
    query: np.ndarray, known: np.ndarray, groups: np.ndarray, distance: np.ndarray, threads: int = 1
) -> np.ndarray:
    """Return how many groups have a haplotype within a distance of each haplotype of `query`: (n,) int64.

    Parameters
    ----------
    query : (n, n_sites) uint8
    known : (n_known, n_sites) uint8
    groups : (n_known,) int64
        Group of every haplotype of `known`, from 0.
    distance : (n,) int64
        The distance for each haplotype of `query`.
    threads
        Number of threads.
    """
    check_alleles(query, known)
    number = np.zeros(len(query), np.int64)
    coded = _coded(query, known)

    def count(rows: slice) -> np.ndarray:
        met = np.zeros((rows.stop - rows.start, groups.max() + 1), bool)
        for columns in _blocks(len(known)):
            block = _hamming(coded[0], rows, coded[1], columns) <= distance[rows, None]
            near, found = block.nonzero()
            met[near, groups[columns][found]] = True
        return met.sum(axis=1)

    blocks = _blocks(len(query))
    for rows, found in ordered_map(count, blocks, threads, "groups within a distance"):
        number[rows] = found
    return number


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

    Examples
    --------
    >>> wasserstein_of_counts(np.array([1, 0, 0]), np.array([1, 0, 1]))  # half of the mass moves by 2
    1.0
    """
    if a.shape != b.shape or not a.sum() or not b.sum():
        raise ValueError(f"cannot compare counts of shapes {a.shape} and {b.shape}, totals {a.sum()} and {b.sum()}")
    return float(np.abs(np.cumsum(a / a.sum()) - np.cumsum(b / b.sum())).sum())


def wasserstein_replicates(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return `wasserstein_of_counts` for many pairs of distributions at once: (replicates,) float64.

    Parameters
    ----------
    a, b : (replicates, n) float64
        Weights of the values 0, 1, 2, ...; rows need not sum to the same.
    """
    last = max((side.any(axis=0).nonzero()[0].max(initial=0) for side in (a, b)), default=0) + 1
    shares = [side[:, :last] / side[:, :last].sum(axis=1, keepdims=True) for side in (a, b)]
    return np.abs(np.cumsum(shares[0] - shares[1], axis=1)).sum(axis=1)


def resampled_within(within: DistancesWithin, draws: np.ndarray) -> np.ndarray:
    """Return the distribution of distances within a set in bootstrap resamples of its groups.

    A pair of haplotypes i, j counts w_i + w_j - 1 times, the linear part of w_i w_j, where w is the number of times
    that the group of a haplotype is drawn: resamples have no pairs of a haplotype with itself, whose distance would be
    0.

    Parameters
    ----------
    within
        From `distances_within`, with groups.
    draws : (replicates, n_groups) float64
        How often each group is drawn.

    Returns
    -------
    (replicates, n_sites + 1) float64
    """
    return draws @ within.by_group - within.counts


def resampled_between(between: DistancesBetween, draws_a: np.ndarray, draws_b: np.ndarray) -> np.ndarray:
    """Return the distribution of distances between two sets in bootstrap resamples, as `resampled_within` does."""
    return draws_a @ between.by_group_a + draws_b @ between.by_group_b - between.counts


@dataclass(frozen=True)
class _Block:
    """Distances of a block of haplotypes (rows) with another (columns): histograms by group, and the smallest
    distances.

    nearest_row : (n_groups of the columns, n_rows) int32, nearest_column : (n_groups of the rows, n_columns) int32
    """

    by_row: np.ndarray
    by_column: np.ndarray
    nearest_row: np.ndarray
    nearest_column: np.ndarray


def _block(a: "_Coded", b: "_Coded", groups_a: np.ndarray, groups_b: np.ndarray, pair: tuple[slice, slice]) -> _Block:
    rows, columns = pair
    distance = _hamming(a, rows, b, columns)
    n_bins = a.n_sites + 1
    if a is b and rows == columns:
        # A haplotype is not its own neighbor, and does not form a pair with itself: put it beyond the last bin.
        np.fill_diagonal(distance, n_bins)
        n_bins += 1
    by_row = _histograms(distance, groups_a[rows, None], n_bins)[:, : a.n_sites + 1]
    one_group = not groups_a[rows].any() and not groups_b[columns].any()
    by_column = by_row if one_group else _histograms(distance, groups_b[columns], n_bins)[:, : a.n_sites + 1]
    least_of_row = _least_by_group(distance.T, groups_b[columns], groups_b.max() + 1)
    least_of_column = _least_by_group(distance, groups_a[rows], groups_a.max() + 1)
    return _Block(by_row, by_column, least_of_row, least_of_column)


def _least_by_group(distance: np.ndarray, groups: np.ndarray, n_groups: int) -> np.ndarray:
    """Return the minimum of every column over the rows of each group: (n_groups, n_columns) int32.

    Groups without rows get the largest integer.
    """
    order = np.argsort(groups, kind="stable")
    found, starts = np.unique(groups[order], return_index=True)
    least = np.full((n_groups, distance.shape[1]), np.iinfo(np.int32).max, np.int32)
    least[found] = np.minimum.reduceat(distance[order], starts, axis=0)
    return least


def _histograms(distance: np.ndarray, groups: np.ndarray, n_bins: int) -> np.ndarray:
    n_groups = groups.max() + 1
    if n_groups == 1:
        return np.bincount(distance.ravel(), minlength=n_bins)[None]
    return np.bincount((distance + groups * n_bins).ravel(), minlength=n_groups * n_bins).reshape(n_groups, n_bins)


def _groups(n: int, groups: np.ndarray | None) -> np.ndarray:
    if groups is None:
        return np.zeros(n, np.int64)
    if len(groups) != n:
        raise ValueError(f"{len(groups)} groups for {n} haplotypes")
    return groups


def _blocks(n: int, first: int = 0) -> list[slice]:
    return [slice(start, min(start + BLOCK_HAPLOTYPES, n)) for start in range(first, n, BLOCK_HAPLOTYPES)]


@dataclass(frozen=True)
class _Coded:
    """Haplotypes with 1 for the rarer allele of a site: common sites, rare sites, and the number of ones of each.

    common : (n, n_common) uint8
    rare : (n, n_rare) float32, sparse
    ones : (n,) float32
    n_sites : int
    """

    common: np.ndarray
    rare: sparse.csr_array
    ones: np.ndarray
    n_sites: int


def _coded(*sets: np.ndarray) -> list[_Coded]:
    """Code sets of haplotypes in the same way; if a set is given twice, both results are the same object."""
    share = sum(alleles.sum(axis=0, dtype=np.int64) for alleles in sets) / sum(map(len, sets))
    turned = (share > 0.5).astype(np.uint8)
    is_rare = np.minimum(share, 1 - share) < RARE_SHARE
    # By numbers, since columns that a mask chooses are copied one by one.
    sites = np.flatnonzero(is_rare), np.flatnonzero(~is_rare)
    coded = []
    for alleles in sets:
        rare, common = (alleles.take(some, axis=1) ^ turned[some] for some in sites)
        rare = sparse.csr_array(rare, dtype=np.float32)
        ones = common.sum(axis=1, dtype=np.int64) + rare.sum(axis=1, dtype=np.float64)
        coded.append(_Coded(common, rare, ones.astype(np.float32), alleles.shape[1]))
    return coded


def _hamming(a: _Coded, rows: slice, b: _Coded, columns: slice) -> np.ndarray:
    """Return the distances of one block, (n_rows, n_columns) int32."""
    product = _product(a.common[rows, :BLOCK_SITES], b.common[columns, :BLOCK_SITES])
    for start in range(BLOCK_SITES, a.common.shape[1], BLOCK_SITES):
        sites = slice(start, start + BLOCK_SITES)
        product += _product(a.common[rows, sites], b.common[columns, sites])
    met = (a.rare[rows] @ b.rare[columns].T).tocoo()
    product[met.row, met.col] += met.data
    product *= -2
    product += a.ones[rows, None]
    product += b.ones[columns]
    return product.astype(np.int32)


def _product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return a.astype(np.float32) @ b.astype(np.float32).T
