"""Groups of ancestry among training haplotypes, and hidden states that belong to one of them.

Chromosomes are mosaics of few ancestries that change rarely. A model whose hidden states may all follow each other
forgets within some hundred sites which ancestry it is in; its AGs are then mixtures that nobody carries.
"""

import warnings

import numpy as np
import pandas as pd

from artificial_genomes.core.random_streams import stream
from artificial_genomes.models.hclt_model import Tree

AXES = 6
"""Principal components on which haplotypes are grouped; fewer where there are fewer groups or sites."""

STARTS = 10
"""Starts of the k-means clustering; the tightest groups are kept."""


TRACED_AT_ONCE = 100
"""Number of haplotypes whose tracts are found at once."""


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
    n_groups = min(n_groups, len(np.unique(haplotypes, axis=0)))
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


def tracts(groups: np.ndarray, tree: Tree, sites: pd.DataFrame, own: int = 0) -> pd.DataFrame:
    """Return the tracts of haplotypes: sites of one contig and group that are connected in the tree.

    The tree joins sites that are not neighbors on the chromosome, so tracts may overlap.

    Parameters
    ----------
    groups : (n, n_sites) uint8
        Group of every site of every haplotype.
    tree
        Tree of the sites.
    sites : DataFrame
        contig and position of the sites.
    own
        Number of the first site that counts; those before only connect others.

    Returns
    -------
    DataFrame
        row, of `groups`; contig; start_bp and end_bp, positions of the first and the last site; n_sites; group. In the
        order of rows and first sites.
    """
    contigs, names = pd.factorize(sites["contig"])
    positions, n_sites = sites["position"].to_numpy(), len(sites)
    tables = []
    for start in range(0, len(groups), TRACED_AT_ONCE):
        by_site = np.ascontiguousarray(groups[start : start + TRACED_AT_ONCE].T)
        # The site of each tract that is nearest to the root.
        tops = np.empty(by_site.shape, np.int64)
        for site in tree.order:
            parent = tree.parents[site]
            continued = (by_site[site] == by_site[parent]) & (parent >= 0)
            tops[site] = np.where(continued, tops[parent], site)
        keys = ((np.arange(by_site.shape[1]) * n_sites + tops) * len(names) + contigs[:, None]).T[:, own:]
        _, first, counts = np.unique(keys, return_index=True, return_counts=True)
        _, from_end = np.unique(keys[:, ::-1], return_index=True)
        order = np.argsort(first)
        rows, first = np.divmod(first[order], n_sites - own)
        last = n_sites - 1 - from_end[order] % (n_sites - own)
        first += own
        columns = {
            "row": start + rows, "contig": names[contigs[first]], "start_bp": positions[first],
            "end_bp": positions[last], "n_sites": counts[order], "group": by_site[first, rows],
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
