"""Linkage disequilibrium: r2 of all pairs of sites, compared between two sets, and its decay with distance.

r2 is the squared Pearson correlation of the alleles of two sites over haplotypes (Hill and Robertson 1968). With c the
count of ALT alleles of a site, c11 that of haplotypes with ALT at both and n the number of haplotypes,

    r2 = (n c11 - ca cb)^2 / (ca (n - ca) cb (n - cb)).

The counts c11 come from a float32 matrix product, which is exact for whole numbers below 2^24; the rest is float64, so
the result is as accurate as float64.
"""

from dataclasses import dataclass

import numpy as np

from artificial_genomes.statistics.checks import check_alleles, check_people
from artificial_genomes.statistics.frequencies import correlation_from_sums

BLOCK_SITES = 256
"""Rows of the r2 matrix held at a time: memory is about 3 x 8 bytes x 256 x n_sites beside the float32 alleles."""

DECAY_EDGES_BP = np.unique(np.ceil(10 ** (np.arange(43) / 5))).astype(np.int64)
"""Edges of the distance bins in bp: five to the decade on one logarithmic scale, from 1 bp to 251 Mb."""

RESAMPLED_GROUPS = 50
"""Groups of people that the bootstrap of r2 resamples."""

BOOTSTRAP_BLOCK_SITES = 64
"""Rows of the r2 matrices of all resamples held at a time."""

MIN_PAIRS_PER_BIN = 10
"""Bins with fewer pairs are reported but do not count in `decay_error`."""


@dataclass(frozen=True, kw_only=True)
class LdDecay:
    """Decay of r2 with distance in two sets.

    Attributes
    ----------
    start_bp, end_bp : (n_bins,) int64
        Half-open distance bins, those with pairs only; pairs lie within one contig.
    pairs : (n_bins,) int64
        Number of pairs in a bin; where the sets have sites of their own, that of the set with fewer.
    real, ag : (n_bins,) float64
        Mean r2 of a bin.
    """

    start_bp: np.ndarray
    end_bp: np.ndarray
    pairs: np.ndarray
    real: np.ndarray
    ag: np.ndarray

    def decay_error(self) -> float:
        """Return the mean over bins of |AG - real| mean r2; NaN without a bin of at least 10 pairs."""
        counted = self.pairs >= MIN_PAIRS_PER_BIN
        return float(np.abs(self.ag - self.real)[counted].mean()) if counted.any() else np.nan


@dataclass(frozen=True, kw_only=True)
class LdComparison(LdDecay):
    """LD of two sets over the sites that vary in both.

    Attributes
    ----------
    r : float
        Pearson's r between real and AG r2 over all pairs of sites, within and across contigs.
    n_sites, n_pairs : int
        Sites and pairs that were compared.
    """

    r: float
    n_sites: int
    n_pairs: int


def thin_sites(n_sites: int, at_most: int) -> np.ndarray:
    """Return indices of at most `at_most` sites spread evenly over `n_sites`: (k,) int64."""
    if n_sites <= at_most:
        return np.arange(n_sites)
    return np.linspace(0, n_sites - 1, at_most).round().astype(np.int64)


def r2_matrix(alleles: np.ndarray) -> np.ndarray:
    """Return r2 of all pairs of sites.

    Parameters
    ----------
    alleles : (n_haplotypes, n_sites) uint8

    Returns
    -------
    (n_sites, n_sites) float64
        NaN in rows and columns of sites that do not vary.
    """
    check_alleles(alleles)
    with np.errstate(invalid="ignore", divide="ignore"):
        return _R2(alleles).strip(0, alleles.shape[1])


def bootstrap_ld_correlation(real: np.ndarray, ag: np.ndarray, replicates: int, rng: np.random.Generator) -> np.ndarray:
    """Return `LdComparison.r` in bootstrap resamples of real and artificial people.

    People are put into 50 groups at random, once, and the groups are resampled: the counts c11 of a resample are then
    sums of those of its groups, and a replicate costs a pass over the pairs instead of a matrix product over people.
    Memory is about 4 bytes x 64 x n_sites x (50 + 3 x replicates).

    Parameters
    ----------
    real : (n_real, n_sites) uint8
        Rows 2i and 2i + 1 belong to person i.
    ag : (n_ag, n_sites) uint8
    replicates : int

    Returns
    -------
    (replicates,) float64
        Over the pairs of sites that vary in both resamples; NaN where there are fewer than two.
    """
    check_alleles(real, ag)
    both = _vary(real) & _vary(ag)
    sets = [_Resamples(alleles[:, both], replicates, rng) for alleles in (real, ag)]
    # A site can lose its rarer allele in a resample: the r2 of its pairs is then zero below, and they are not counted.
    varies = (sets[0].inverse_sd > 0) & (sets[1].inverse_sd > 0)
    sums, products = np.zeros((2, replicates)), np.zeros((3, replicates))
    for start in range(0, varies.shape[1], BOOTSTRAP_BLOCK_SITES):
        strips = [one.strip(start, start + BOOTSTRAP_BLOCK_SITES, varies) for one in sets]
        for k, (x, y) in enumerate(zip(*strips, strict=True)):
            sums[:, k] += x.sum(dtype=np.float64), y.sum(dtype=np.float64)
            products[:, k] += np.vdot(x, x), np.vdot(y, y), np.vdot(x, y)
    n_varying = varies.sum(axis=1)
    return _correlation(n_varying * (n_varying - 1) // 2, sums, products)


class _Resamples:
    """r2 of one set in all resamples of its people, a strip of rows at a time; float32."""

    def __init__(self, alleles: np.ndarray, replicates: int, rng: np.random.Generator):
        n_people = check_people(len(alleles))
        n_groups = min(RESAMPLED_GROUPS, n_people)
        group = rng.permutation(np.arange(n_people) % n_groups).repeat(2)
        draws = rng.multinomial(n_groups, np.full(n_groups, 1 / n_groups), size=replicates)
        self.draws = draws.astype(np.float32)
        self.groups = [alleles[group == k].astype(np.float32) for k in range(n_groups)]
        self.n = (draws @ np.array([len(one) for one in self.groups])).astype(np.float32)
        self.counts = self.draws @ np.array([one.sum(axis=0) for one in self.groups])
        variance = self.counts * (self.n[:, None] - self.counts)
        self.inverse_sd = np.divide(1, np.sqrt(variance), out=np.zeros_like(variance), where=variance > 0)

    def strip(self, start: int, stop: int, varies: np.ndarray) -> np.ndarray:
        """Return rows start:stop and columns start: right of the diagonal, (replicates, rows, columns) float32.

        varies : (replicates, n_sites) bool, sites whose r2 with others is not to be zero.
        """
        joint = np.array([one[:, start:stop].T @ one[:, start:] for one in self.groups])
        r2 = (self.draws @ joint.reshape(len(joint), -1)).reshape(-1, *joint.shape[1:])
        r2 *= self.n[:, None, None]
        r2 -= self.counts[:, start:stop, None] * self.counts[:, None, start:]
        scale = self.inverse_sd * varies
        r2 *= scale[:, start:stop, None]
        r2 *= scale[:, None, start:]
        rows = r2.shape[1]
        r2[:, :, :rows] = np.triu(r2[:, :, :rows], 1)
        return np.square(r2, out=r2)


def _correlation(n_pairs: np.ndarray | int, sums: np.ndarray, products: np.ndarray) -> np.ndarray | float:
    """Return Pearson's r from sums of x and y and of xx, yy and xy; NaN with fewer than two pairs."""
    n_pairs = np.where(np.asarray(n_pairs) > 1, n_pairs, np.nan)
    return correlation_from_sums(*(products - np.stack([sums[0] ** 2, sums[1] ** 2, sums[0] * sums[1]]) / n_pairs))


def compare_ld(
    real: np.ndarray,
    ag: np.ndarray,
    contigs: np.ndarray,
    positions: np.ndarray,
    edges_bp: np.ndarray = DECAY_EDGES_BP,
) -> LdComparison:
    """Compare r2 of all pairs of sites that vary in both sets, and the decay of r2 with distance.

    Parameters
    ----------
    real : (n_real, n_sites) uint8
    ag : (n_ag, n_sites) uint8
    contigs : (n_sites,) str
        Contig of every site, in blocks.
    positions : (n_sites,) int
        Position in bp, ascending within a contig. Two sites at one position have no bin.
    edges_bp : (n_bins + 1,) int, optional
        Ascending edges of the half-open distance bins, the first at least 1.

    Raises
    ------
    ValueError
        Positions are not ascending within a contig, a contig comes back after another, or a bin begins below 1 bp.
    """
    check_alleles(real, ag)
    if np.min(edges_bp) < 1:
        raise ValueError("distance bins begin at 1 bp or later")
    both = _vary(real) & _vary(ag)
    segments = _decay_segments(np.asarray(contigs)[both], np.asarray(positions)[both], np.asarray(edges_bp))
    r, n_pairs, real_sums, ag_sums = _accumulate(real[:, both], ag[:, both], segments)
    pairs = np.diff(segments, axis=1).sum(axis=0)
    filled = pairs > 0
    return LdComparison(
        r=r,
        n_sites=int(both.sum()),
        n_pairs=n_pairs,
        start_bp=np.asarray(edges_bp)[:-1][filled],
        end_bp=np.asarray(edges_bp)[1:][filled],
        pairs=pairs[filled],
        real=real_sums[filled] / pairs[filled],
        ag=ag_sums[filled] / pairs[filled],
    )


def compare_decay(
    real: np.ndarray,
    ag: np.ndarray,
    real_places: tuple[np.ndarray, np.ndarray],
    ag_places: tuple[np.ndarray, np.ndarray],
    edges_bp: np.ndarray = DECAY_EDGES_BP,
) -> LdDecay:
    """Compare the decay of r2 with distance in two sets that have sites of their own.

    Parameters
    ----------
    real : (n_real, n_real_sites) uint8
    ag : (n_ag, n_ag_sites) uint8
    real_places, ag_places : ((n_sites,) str, (n_sites,) int)
        Contigs and positions of the sites of each set, as in `compare_ld`.
    edges_bp : (n_bins + 1,) int, optional
        As in `compare_ld`.
    """
    # A set against itself: what belongs to pairs of sets is of no use here.
    sides = [compare_ld(one, one, *places, edges_bp) for one, places in ((real, real_places), (ag, ag_places))]
    _, in_real, in_ag = np.intersect1d(sides[0].start_bp, sides[1].start_bp, return_indices=True)
    return LdDecay(
        start_bp=sides[0].start_bp[in_real],
        end_bp=sides[0].end_bp[in_real],
        pairs=np.minimum(sides[0].pairs[in_real], sides[1].pairs[in_ag]),
        real=sides[0].real[in_real],
        ag=sides[1].ag[in_ag],
    )


def _vary(alleles: np.ndarray) -> np.ndarray:
    return alleles.min(axis=0) != alleles.max(axis=0)


class _R2:
    """r2 of one set, a strip of rows at a time."""

    def __init__(self, alleles: np.ndarray):
        self.n = alleles.shape[0]
        self.alleles = alleles.astype(np.float32)
        self.counts = self.alleles.sum(axis=0, dtype=np.float64)
        self.inverse_sd = 1 / np.sqrt(self.counts * (self.n - self.counts))

    def strip(self, start: int, stop: int) -> np.ndarray:
        """Return rows start:stop and columns start: of the r2 matrix, (stop - start, n_sites - start) float64."""
        covariance = (self.alleles[:, start:stop].T @ self.alleles[:, start:]).astype(np.float64)
        covariance *= self.n
        covariance -= np.multiply.outer(self.counts[start:stop], self.counts[start:])
        covariance *= self.inverse_sd[start:stop, None]
        covariance *= self.inverse_sd[start:]
        return np.square(covariance, out=covariance)


def _accumulate(real: np.ndarray, ag: np.ndarray, segments: np.ndarray) -> tuple[float, int, np.ndarray, np.ndarray]:
    """Sum over all pairs of sites: (r, number of pairs, real and AG sums of r2 per distance bin).

    segments : (n_sites, n_bins + 1) int64, from `_decay_segments`.
    """
    n_sites, n_bins = segments.shape[0], segments.shape[1] - 1
    sets = [_R2(real), _R2(ag)]
    sums, products = np.zeros(2), np.zeros(3)
    binned = np.zeros((2, n_bins))
    for start in range(0, n_sites, BLOCK_SITES):
        stop = min(start + BLOCK_SITES, n_sites)
        strips = [one.strip(start, stop) for one in sets]
        for k, strip in enumerate(strips):
            # A pair counts once: the diagonal and what is left of it is zero in every sum below.
            strip[:, : stop - start] = np.triu(strip[:, : stop - start], 1)
            sums[k] += strip.sum()
            products[k] += np.vdot(strip, strip)
        products[2] += np.vdot(*strips)
        for k in range(2):
            # The sites of a bin are neighbours, so that its sum is a difference of two running sums.
            running = np.cumsum(strips[k], axis=1, out=strips[k])
            before = np.take_along_axis(running, segments[start:stop] - 1 - start, axis=1)
            binned[k] += np.diff(before, axis=1).sum(axis=0)
    n_pairs = n_sites * (n_sites - 1) // 2
    return _correlation(n_pairs, sums, products), n_pairs, *binned


def _decay_segments(contigs: np.ndarray, positions: np.ndarray, edges_bp: np.ndarray) -> np.ndarray:
    """Return for every site where its partners of each distance bin begin: (n_sites, n_bins + 1) int64.

    Partners of site i in bin k are the sites segments[i, k]:segments[i, k + 1], all after i on the same contig.
    """
    segments = np.zeros((len(positions), len(edges_bp)), np.int64)
    if not len(positions):
        return segments
    blocks = np.split(np.arange(len(positions)), np.flatnonzero(contigs[1:] != contigs[:-1]) + 1)
    if len(set(contigs)) < len(blocks):
        raise ValueError("the sites of a contig must stand together")
    for block in blocks:
        here = positions[block]
        if (np.diff(here) < 0).any():
            raise ValueError(f"positions on contig {contigs[block[0]]} are not ascending")
        segments[block] = block[:1] + np.searchsorted(here, here[:, None] + edges_bp, side="left")
    return segments
