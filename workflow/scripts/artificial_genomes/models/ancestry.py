"""Groups of ancestry among training haplotypes, and hidden states that belong to one of them.

Chromosomes are mosaics of few ancestries that change rarely. A model whose hidden states may all follow each other
forgets within some hundred sites which ancestry it is in; its AGs are then mixtures that nobody carries.
"""

import warnings

import numpy as np
import pandas as pd
from scipy.sparse import coo_array

from artificial_genomes.core.random_streams import stream

AXES = 6
"""Principal components on which haplotypes are grouped; fewer where there are fewer groups or sites."""

STARTS = 10
"""Starts of the k-means clustering; the tightest groups are kept."""


TRACED_AT_ONCE = 10**6
"""Number of sites of haplotypes whose tracts are found at once."""


def ancestry_groups(haplotypes: np.ndarray, n_groups: int, seed: int) -> np.ndarray:
    """Group haplotypes by k-means on their first principal components.

    Parameters
    ----------
    haplotypes : (n, n_sites) uint8
        Alleles; n is at least `n_groups`. A single site is not grouped.
    n_groups : int
        Largest number of groups; there are fewer where there are fewer different haplotypes.
    seed
        Of the starts.

    Returns
    -------
    (n,) int64
        Group of each haplotype, from 0 in decreasing order of size; every number up to the largest occurs.
    """
    from scipy.cluster.vq import kmeans2  # slow, and needed only by trainings with several groups
    from scipy.sparse.linalg import svds

    # Equal haplotypes are of one group, and an axis is one of several.
    n_groups = n_groups if n_groups == 1 else min(n_groups, len(np.unique(haplotypes, axis=0)))
    n_axes = min(AXES, n_groups, *(length - 1 for length in haplotypes.shape))
    if n_groups == 1 or n_axes == 0:
        return np.zeros(len(haplotypes), np.int64)
    rng = stream(seed, "ancestry groups")
    centered = haplotypes - haplotypes.mean(axis=0, dtype=np.float64)
    axes, lengths, _ = svds(centered, n_axes, v0=rng.standard_normal(min(centered.shape)))
    scores = axes * lengths
    with warnings.catch_warnings():
        # A start may leave a group empty; the numbers of the others are closed up below.
        warnings.filterwarnings("ignore", "One of the clusters is empty")
        starts = [kmeans2(scores, n_groups, minit="++", rng=rng) for _ in range(STARTS)]
    _, groups = min(starts, key=lambda start: ((scores - start[0][start[1]]) ** 2).sum())
    _, numbers, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    return np.argsort(np.argsort(-sizes, kind="stable"))[numbers]


def blocks_of_states(n_states: int, n_groups: int) -> np.ndarray:
    """Return the group of each hidden state, (n_states,) int64: equally many for every group, one more for the first.

    Examples
    --------
    >>> blocks_of_states(8, 3)
    array([0, 0, 0, 1, 1, 1, 2, 2])
    """
    return np.sort(np.arange(n_states) % n_groups)


def with_groups(alleles: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Return alleles and groups as one number each, allele + 2 (1 + group): uint16 of the shape of both together."""
    return alleles + 2 * (groups.astype(np.uint16) + 1)


def tracts(groups: np.ndarray, edges: np.ndarray, sites: pd.DataFrame) -> pd.DataFrame:
    """Return the tracts of haplotypes: sites of one contig and group that are connected in the tree.

    The tree joins sites that are not neighbors on the chromosome, so tracts may overlap.

    Parameters
    ----------
    groups : (n, n_sites) uint8
        Group of every site of every haplotype.
    edges : (n_edges, 2) int64
        Pairs of sites that the tree joins; of chunks, those of the trees of all chunks.
    sites : DataFrame
        contig and position of the sites.

    Returns
    -------
    DataFrame
        row, of `groups`; contig; start_bp and end_bp, positions of the first and the last site; n_sites; group. In the
        order of rows and first sites.
    """
    from scipy.sparse.csgraph import connected_components  # as above

    contigs, names = pd.factorize(sites["contig"])
    positions, n_sites = sites["position"].to_numpy(), len(sites)
    at_once, tables = max(1, TRACED_AT_ONCE // n_sites), []
    for start in range(0, len(groups), at_once):
        part = groups[start : start + at_once]
        row, edge = np.nonzero(part[:, edges[:, 0]] == part[:, edges[:, 1]])
        joined = (row * n_sites + edges[edge].T).astype(np.int32)
        graph = coo_array((np.ones(len(row), bool), tuple(joined)), shape=(part.size, part.size))
        _, component = connected_components(graph, directed=False)
        keys = component.astype(np.int64) * len(names) + np.tile(contigs, len(part))
        order = np.argsort(keys, kind="stable")
        ends = np.append(np.flatnonzero(np.diff(keys[order])), len(keys) - 1)
        starts = np.append(0, ends[:-1] + 1)
        in_order = np.argsort(order[starts])
        first, last, counts = (each[in_order] for each in (order[starts], order[ends], ends - starts + 1))
        columns = {
            "row": start + first // n_sites, "contig": names[contigs[first % n_sites]],
            "start_bp": positions[first % n_sites], "end_bp": positions[last % n_sites],
            "n_sites": counts, "group": part.ravel()[first],
        }  # fmt: skip
        tables.append(pd.DataFrame(columns))
    return pd.concat(tables, ignore_index=True)


def spread_over_states(blocks: np.ndarray, shares: np.ndarray, change: float) -> np.ndarray:
    """Return where the states lead that forget all but their ancestry.

    Parameters
    ----------
    blocks : (n_states,) int64
        Group of each state.
    shares : (n_groups,) float64
        Share of the haplotypes in each group.
    change : float
        Probability that the group changes, to another one by its share.

    Returns
    -------
    (n_states, n_states) float64
        Probability of each state (last axis) after each state; equal within a group.

    Examples
    --------
    >>> spread_over_states(np.array([0, 0, 1]), np.array([0.75, 0.25]), 0.1)
    array([[0.45, 0.45, 0.1 ],
           [0.45, 0.45, 0.1 ],
           [0.05, 0.05, 0.9 ]])
    """
    n_groups = len(shares)
    to = np.tile(shares, (n_groups, 1))
    np.fill_diagonal(to, 0)
    if n_groups > 1:
        to *= change / to.sum(axis=1, keepdims=True)
        np.fill_diagonal(to, 1 - change)
    else:
        to[:] = 1
    return (to / np.bincount(blocks, minlength=n_groups))[blocks][:, blocks]
