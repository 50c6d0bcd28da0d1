"""The tree of Chow and Liu (1968): the spanning tree of the sites with the largest sum of mutual information."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

TREE_PSEUDOCOUNT = 0.25
"""Added to each of the four counts of a pair of sites, for mutual information."""


@dataclass(frozen=True)
class Tree:
    """A rooted tree of sites.

    Attributes
    ----------
    parents : (n_sites,) int64
        Parent of each site, -1 for the root.
    order : list of int
        Sites, parents before children.
    children : list of list of int
        Children of each site.
    """

    parents: np.ndarray
    order: list[int] = field(init=False)
    children: list[list[int]] = field(init=False)

    def __post_init__(self) -> None:
        children = [[] for _ in self.parents]
        for site, parent in enumerate(self.parents.tolist()):
            if parent >= 0:
                children[parent].append(site)
        order = np.flatnonzero(self.parents < 0).tolist()
        for site in order:
            order.extend(children[site])
        object.__setattr__(self, "order", order)
        object.__setattr__(self, "children", children)

    def edges(self) -> np.ndarray:
        """Return every site but the root and its parent: (n_sites - 1, 2) int64."""
        below = np.flatnonzero(self.parents >= 0)
        return np.column_stack([below, self.parents[below]])

    def depth_first(self) -> Iterator[tuple[int, bool]]:
        """Yield the sites depth first, smaller subtrees first, and whether each is the last child of its parent.

        At any time few sites have some of their children behind them and others to come: fewer than log2(n_sites).
        """
        sizes = np.ones(len(self.parents), np.int64)
        for site in reversed(self.order[1:]):
            sizes[self.parents[site]] += sizes[site]
        to_come = [(self.order[0], True)]
        while to_come:
            site, is_last = to_come.pop()
            yield site, is_last
            largest_first = sorted(self.children[site], key=lambda child: -sizes[child])
            to_come += [(child, i == 0) for i, child in enumerate(largest_first)]


def mutual_information(haplotypes: np.ndarray) -> Callable[[int], np.ndarray]:
    """Return a function from a site to its mutual information with every site.

    No matrix of all pairs is held: one of 65,535 sites would take 17 GB.

    Parameters
    ----------
    haplotypes : (n, n_sites) uint8
        Alleles.

    Returns
    -------
    function
        From the number of a site to (n_sites,) float32, in nats; 0 with itself. The same to the last bit in both
        directions.
    """
    n, n_sites = haplotypes.shape
    # Bits of 64 haplotypes in a word, so that few operations count the haplotypes with ALT at both sites.
    bits = np.packbits(haplotypes, axis=0)
    padded = np.pad(bits, ((0, -len(bits) % 8), (0, 0))).reshape(-1, 8, n_sites)
    words = np.ascontiguousarray(padded.swapaxes(1, 2)).view(np.uint64)[:, :, 0]
    alt = haplotypes.sum(axis=0, dtype=np.int64)
    total = n + 4 * TREE_PSEUDOCOUNT
    # x log x of every count that can occur, instead of a logarithm for each pair.
    joint = _x_log_x((np.arange(n + 1) + TREE_PSEUDOCOUNT) / total)
    single = _x_log_x((np.arange(n + 1) + 2 * TREE_PSEUDOCOUNT) / total)
    entropy = single[alt] + single[n - alt]

    def information(site: int) -> np.ndarray:
        # Summed in the smallest type that holds n, which is fast.
        both = np.bitwise_count(words & words[:, site, None]).sum(axis=0, dtype=np.min_scalar_type(n)).astype(np.int64)
        # In an order that makes both directions equal.
        sums = joint[both] + joint[n - alt[site] - alt + both]
        sums += joint[alt[site] - both] + joint[alt - both]
        row = (sums - (entropy[site] + entropy)).astype(np.float32)
        row[site] = 0
        return row

    return information


def _x_log_x(x: np.ndarray) -> np.ndarray:
    return x * np.log(x)


def maximum_spanning_tree(weights: Callable[[int], np.ndarray], n: int) -> np.ndarray:
    """Return the edges of the spanning tree with the largest sum of weights, by Prim's algorithm.

    Of equal weights the edge to the site that comes first wins, so the tree is the same every time.

    Parameters
    ----------
    weights
        From a site to the weights of its edges to all sites, (n,); asked once for each site. Symmetric.
    n : int
        Number of sites.

    Returns
    -------
    (n - 1, 2) int64
        Each edge leads from a site that is in the tree already to a new one.

    Examples
    --------
    >>> maximum_spanning_tree((np.array([[0, 1, 3], [1, 0, 2], [3, 2, 0]]) * 1.0).__getitem__, 3)
    array([[0, 2],
           [2, 1]])
    """
    best, source = weights(0).copy(), np.zeros(n, np.int64)
    best[0] = -np.inf
    outside = np.ones(n, bool)
    outside[0] = False
    edges = np.empty((n - 1, 2), np.int64)
    for i in range(n - 1):
        new = int(np.argmax(best))
        edges[i] = source[new], new
        outside[new] = False
        best[new] = -np.inf
        row = weights(new)
        closer = outside & (row > best)
        best[closer], source[closer] = row[closer], new
    return edges


def chow_liu_tree(haplotypes: np.ndarray) -> np.ndarray:
    """Return the parent of every site in the Chow-Liu tree of haplotypes (n, n_sites); that of the root is -1.

    The root is the site with the smallest sum of distances to the others, so that subtrees are small.
    """
    return rooted(maximum_spanning_tree(mutual_information(haplotypes), haplotypes.shape[1]))


def rooted(edges: np.ndarray) -> np.ndarray:
    """Return the parent of every site from the edges of a tree, in the order of `maximum_spanning_tree`."""
    n = len(edges) + 1
    sizes = np.ones(n, np.int64)
    for above, below in edges[::-1]:
        sizes[above] += sizes[below]
    parents = np.full(n, -1)
    parents[edges[:, 1]] = edges[:, 0]
    # The centroid: the smallest subtree that holds at least half of the sites.
    root = min(np.flatnonzero(2 * sizes >= n), key=lambda site: sizes[site])
    site, above = root, -1
    while site >= 0:
        parents[site], site, above = above, parents[site], site
    return parents
