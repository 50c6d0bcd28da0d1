"""Linkage disequilibrium: r2 of all pairs of sites, compared between two sets, and its decay with distance.

r2 is the squared Pearson correlation of the alleles of two sites over haplotypes (Hill and Robertson 1968). With c the
count of ALT alleles of a site, c11 that of haplotypes with ALT at both and n the number of haplotypes,

    r2 = (n c11 - ca cb)^2 / (ca (n - ca) cb (n - cb)).

The counts c11 come from a float32 matrix product, which is exact for whole numbers below 2^24; the rest is float64, so
the result is as accurate as float64. The matrix of all pairs is never in memory: it is summed one strip of rows at a
time. For many sites, pairs of nearby sites are all summed, and a random sample of the distant pairs stands for all of
them, so that time grows with the number of sites and not with its square.
"""

from dataclasses import dataclass

import numpy as np

from artificial_genomes.core.random_streams import stream
from artificial_genomes.statistics.checks import check_alleles
from artificial_genomes.statistics.frequencies import correlation_from_sums
from artificial_genomes.statistics.parallel import ordered_map

BLOCK_SITES = 128
"""Rows of a strip: memory is about 8 x 8 bytes x 128 x n_sites per thread, plus the alleles as float32; with distant
pairs drawn, that of the columns of a strip instead of all sites, and of the alleles as they are."""

FAR_SITES = 1000
"""Number of distant sites that are drawn for each strip of rows, if not all pairs are compared."""

DECAY_EDGES_BP = np.unique(np.ceil(10 ** (np.arange(43) / 5))).astype(np.int64)
"""Edges of the distance bins in bp: five per decade on a logarithmic scale, from 1 bp to 251 Mb."""

MAF_CLASSES = (0.0, 0.01, 0.05, 0.2)
"""Lower ends of the classes of real minor allele frequency; the last one ends at 0.5."""

RARE_MAF = 0.05
"""Pairs of sites are rare if one of them has a lower real minor allele frequency."""

JOIN_SITES = 25
"""Number of sites on either side of a join of windows for measuring LD across it."""

BOOTSTRAP_BLOCK_SITES = 64
"""Number of rows of the r2 matrices of all resamples in memory at a time."""

MIN_PAIRS_PER_BIN = 10
"""Bins with fewer pairs are reported but ignored in `decay_error`."""


@dataclass(frozen=True, kw_only=True)
class LdDecay:
    """Decay of r2 with distance in two sets.

    Attributes
    ----------
    start_bp, end_bp : (n_bins,) int64
        Half-open distance bins with pairs; pairs lie within one contig.
    pairs : (n_bins,) int64
        Number of pairs in a bin that were compared; if the sets have different sites, that of the set with fewer.
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
    r, r_rare, r_common : float
        Pearson's r between real and AG r2: over all pairs of sites, within and across contigs; over those with a site
        whose real minor allele frequency is below 5 %; over those without. Distant pairs may be a sample, which has the
        weight of all of them.
    n_sites, n_pairs : int
        Sites and pairs that were compared.
    class_pairs : (n_classes,) int64
        Number of compared pairs whose rarer site is in a class of `MAF_CLASSES`.
    class_real, class_ag, class_r : (n_classes,) float64
        Mean r2 in both sets, and Pearson's r between them; NaN if a class has no pair.
    """

    r: float
    r_rare: float
    r_common: float
    n_sites: int
    n_pairs: int
    class_pairs: np.ndarray
    class_real: np.ndarray
    class_ag: np.ndarray
    class_r: np.ndarray


def r2_matrix(alleles: np.ndarray) -> np.ndarray:
    """Return r2 of all pairs of sites.

    Parameters
    ----------
    alleles : (n_haplotypes, n_sites) uint8

    Returns
    -------
    (n_sites, n_sites) float64
        NaN in rows and columns of sites that do not vary.

    Examples
    --------
    >>> r2_matrix(np.array([[0, 0, 0], [0, 0, 0], [1, 1, 1], [1, 1, 0]], np.uint8)).round(3)
    array([[1.   , 1.   , 0.333],
           [1.   , 1.   , 0.333],
           [0.333, 0.333, 1.   ]])
    """
    check_alleles(alleles)
    with np.errstate(invalid="ignore", divide="ignore"):
        return _R2(alleles).strip(slice(None), slice(None))


def across_ratio(real: np.ndarray, ag: np.ndarray, joins: np.ndarray, stretch: np.ndarray | None = None) -> float:
    """Return the share of LD across joins of windows that AGs keep: mean r2 in AGs over that in real haplotypes.

    Parameters
    ----------
    real, ag : (n_haplotypes, n_sites) uint8
    joins : (n_joins,) int64
        First site after each join. Pairs consist of one of the `JOIN_SITES` sites before a join and one of as many
        after it.
    stretch : (n_sites,) int64
        Number of the segment of each site; sites in different segments, far apart or on two contigs, are not paired.
        None: all are in one segment.

    Returns
    -------
    float
        Over the pairs of sites that vary in both sets; NaN if there are none.

    Examples
    --------
    >>> real = np.array([[0, 0], [0, 0], [1, 1], [1, 1]], np.uint8)
    >>> ag = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.uint8)  # the sites are independent
    >>> across_ratio(real, ag, np.array([1]))
    0.0
    """
    sums = np.zeros(2)
    stretch = np.zeros(real.shape[1]) if stretch is None else stretch
    for join in joins:
        around = slice(max(join - JOIN_SITES, 0), join + JOIN_SITES)
        before = join - around.start
        r2 = [r2_matrix(alleles[:, around])[:before, before:] for alleles in (real, ag)]
        is_pair = stretch[around][:before, None] == stretch[around][before:]
        sums += np.where(is_pair & np.isfinite(r2[0] + r2[1]), r2, 0).sum(axis=(1, 2))
    return float(sums[1] / sums[0]) if sums[0] else np.nan


def bootstrap_ld(
    real: np.ndarray,
    ag: np.ndarray,
    contigs: np.ndarray,
    positions: np.ndarray,
    real_groups: tuple[np.ndarray, np.ndarray],
    ag_groups: tuple[np.ndarray, np.ndarray],
) -> dict[str, np.ndarray]:
    """Return r, r_rare, r_common and `decay_error` of `compare_ld` in bootstrap resamples of groups of individuals.

    The counts c11 of a resample are sums of those of its groups, so that a replicate needs one pass over the pairs
    instead of a matrix product over individuals. Memory is about 4 bytes x 64 x n_sites x (n_groups + 3 x replicates).

    Parameters
    ----------
    real, ag, contigs, positions
        As in `compare_ld`.
    real_groups, ag_groups : (n,) int64 and (replicates, n_groups) float64
        Group of every haplotype, and how often each group is drawn: see `bootstrap.group_people`.

    Returns
    -------
    dict of (replicates,) float64
        Over the pairs of sites that vary in both resamples; NaN if there are fewer than two.
    """
    check_alleles(real, ag)
    both = _vary(real) & _vary(ag)
    segments = _decay_segments(np.asarray(contigs)[both], np.asarray(positions)[both], DECAY_EDGES_BP)
    sets = [_Resamples(real[:, both], *real_groups), _Resamples(ag[:, both], *ag_groups)]
    # A site can lose its rarer allele in a resample: the r2 of its pairs is then set to zero below and not counted.
    varies = (sets[0].inverse_sd > 0) & (sets[1].inverse_sd > 0)
    # Which sites are rare depends on the sample, and few pairs of rare sites can dominate their correlation.
    frequencies = sets[0].counts / sets[0].n[:, None]
    sums = [
        _PairSums(segments, _classes(frequency) * varying[:, None])
        for frequency, varying in zip(frequencies, varies, strict=True)
    ]
    for start in range(0, both.sum(), BOOTSTRAP_BLOCK_SITES):
        strips = [one.strip(start, start + BOOTSTRAP_BLOCK_SITES, varies) for one in sets]
        columns = np.arange(start, both.sum())
        for one, x, y in zip(sums, *strips, strict=True):
            one.add(one.of_strip(x, y, start, columns))
    parts = [one.comparison(DECAY_EDGES_BP) for one in sums]
    values = {name: [getattr(part, name) for part in parts] for name in ("r", "r_rare", "r_common")}
    values["decay_error"] = [part.decay_error() for part in parts]
    return {name: np.array(replicates) for name, replicates in values.items()}


class _Resamples:
    """r2 of one set in all resamples of its individuals, a strip of rows at a time; float32."""

    def __init__(self, alleles: np.ndarray, groups: np.ndarray, draws: np.ndarray):
        self.draws = draws.astype(np.float32)
        self.groups = [alleles[groups == k].astype(np.float32) for k in range(draws.shape[1])]
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


def compare_ld(
    real: np.ndarray,
    ag: np.ndarray,
    contigs: np.ndarray,
    positions: np.ndarray,
    edges_bp: np.ndarray = DECAY_EDGES_BP,
    threads: int = 1,
    near_sites: int | None = None,
    seed: int = 0,
) -> LdComparison:
    """Compare r2 of all pairs of sites that vary in both sets, also by frequency, and the decay of r2 with distance.

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
    threads
        Number of threads.
    near_sites
        Compare every site with the next `near_sites` sites and with `FAR_SITES` random sites beyond them, the same for
        neighboring sites. The distant pairs have the weight of all distant pairs. None: compare all pairs.
    seed
        Of the random sites.

    Raises
    ------
    ValueError
        Positions are not ascending within a contig, a contig is not contiguous, or a bin begins below 1 bp.

    Examples
    --------
    >>> real = np.array([[0, 0, 0], [0, 0, 0], [1, 1, 1], [1, 1, 0]], np.uint8)
    >>> same = compare_ld(real, real, np.array(["1", "1", "1"]), np.array([100, 200, 400]))
    >>> same.n_pairs, round(same.r, 6), same.decay_error()  # too few pairs per bin for the decay
    (3, 1.0, nan)
    """
    check_alleles(real, ag)
    if np.min(edges_bp) < 1:
        raise ValueError("distance bins must begin at 1 bp or later")
    both = _vary(real) & _vary(ag)
    segments = _decay_segments(np.asarray(contigs)[both], np.asarray(positions)[both], np.asarray(edges_bp))
    sets = [_R2(alleles[:, both], small=near_sites is not None) for alleles in (real, ag)]
    n_sites = int(both.sum())
    sums = _PairSums(segments, _classes(real[:, both].mean(axis=0)))

    def sums_of_strip(start: int) -> list[_StripSums]:
        stop = min(start + BLOCK_SITES, n_sites)
        end = n_sites if near_sites is None else min(stop + near_sites, n_sites)
        strips = [one.strip(slice(start, stop), slice(start, end)) for one in sets]
        for strip in strips:
            # Each pair counts once: the diagonal and everything left of it are zero in every sum.
            rows = len(strip)
            strip[:, :rows] = np.triu(strip[:, :rows], 1)
        parts = [sums.of_strip(*strips, start, np.arange(start, end))]
        if end < n_sites:
            n_far = min(FAR_SITES, n_sites - end)
            far = end + np.sort(stream(seed, "distant sites", start).choice(n_sites - end, n_far, replace=False))
            strips = [one.strip(slice(start, stop), far) for one in sets]
            parts.append(sums.of_strip(*strips, start, far, weight=(n_sites - end) / n_far))
        return parts

    # The first strips are the longest, so progress counted in strips would mislead at first.
    for _, parts in ordered_map(sums_of_strip, range(0, n_sites, BLOCK_SITES), threads, "LD of pairs of sites"):
        for part in parts:
            sums.add(part)
    return sums.comparison(np.asarray(edges_bp))


def compare_decay(
    real: np.ndarray,
    ag: np.ndarray,
    real_places: tuple[np.ndarray, np.ndarray],
    ag_places: tuple[np.ndarray, np.ndarray],
    edges_bp: np.ndarray = DECAY_EDGES_BP,
    threads: int = 1,
    near_sites: int | None = None,
    seed: int = 0,
) -> LdDecay:
    """Compare the decay of r2 with distance in two sets with different sites.

    Parameters
    ----------
    real : (n_real, n_real_sites) uint8
    ag : (n_ag, n_ag_sites) uint8
    real_places, ag_places : ((n_sites,) str, (n_sites,) int)
        Contigs and positions of the sites of each set, as in `compare_ld`.
    edges_bp : (n_bins + 1,) int, optional
        As in `compare_ld`.
    threads, near_sites, seed
        As in `compare_ld`.
    """
    # Each set with itself: the comparison of the two sets is not used here.
    sides = [
        compare_ld(one, one, *places, edges_bp, threads, near_sites, seed)
        for one, places in ((real, real_places), (ag, ag_places))
    ]
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
    """r2 of one set, a strip of rows at a time; `small` holds the alleles in a quarter of the memory."""

    def __init__(self, alleles: np.ndarray, small: bool = False):
        self.n = alleles.shape[0]
        self.alleles = alleles if small else alleles.astype(np.float32)
        self.counts = self.alleles.sum(axis=0, dtype=np.float64)
        self.inverse_sd = 1 / np.sqrt(self.counts * (self.n - self.counts))

    def strip(self, rows: slice, columns: slice | np.ndarray) -> np.ndarray:
        """Return some rows and columns of the r2 matrix, (n_rows, n_columns) float64."""
        first, second = (self.alleles[:, sites].astype(np.float32, copy=False) for sites in (rows, columns))
        covariance = (first.T @ second).astype(np.float64)
        covariance *= self.n
        covariance -= np.multiply.outer(self.counts[rows], self.counts[columns])
        covariance *= self.inverse_sd[rows, None]
        covariance *= self.inverse_sd[columns]
        return np.square(covariance, out=covariance)


def _classes(frequency: np.ndarray) -> np.ndarray:
    """Return whether each site reaches the lower end of each class of minor allele frequency.

    Parameters
    ----------
    frequency : (n_sites,) float
        ALT frequencies of the real haplotypes.

    Returns
    -------
    (n_sites, n_classes) float64
        0 or 1. A pair lies in the last class that both of its sites reach.
    """
    minor = np.minimum(frequency, 1 - frequency)
    return (minor[:, None] >= np.array(MAF_CLASSES)).astype(np.float64)


@dataclass(frozen=True)
class _StripSums:
    """Sums over the pairs of one strip of rows, and their weight.

    reaching : (6, n_classes) float64
        Of x, y, xx, yy, xy and 1, over the pairs that reach each class.
    binned : (3, n_bins) float64
        Of x, y and 1, over the pairs in each bin of distance.
    """

    reaching: np.ndarray
    binned: np.ndarray
    weight: float


class _PairSums:
    """Sums over pairs of sites of r2 in two sets, x and y: by class of frequency and by distance.

    segments : (n_sites, n_bins + 1) int64, from `_decay_segments`
    classes : (n_sites, n_classes) float64, from `_classes`; 0 throughout for an ignored site
    """

    def __init__(self, segments: np.ndarray, classes: np.ndarray):
        self.segments, self.classes = segments, classes
        # As in `_StripSums`, by weight.
        self.reaching, self.binned = np.zeros((6, classes.shape[1])), np.zeros((3, segments.shape[1] - 1))
        # Numbers of pairs, whatever their weight.
        self.compared, self.compared_binned = (
            np.zeros(sums.shape[1], np.int64) for sums in (self.reaching, self.binned)
        )

    def of_strip(
        self, x: np.ndarray, y: np.ndarray, start: int, columns: np.ndarray, weight: float = 1.0
    ) -> _StripSums:
        """Return the sums of a strip.

        Parameters
        ----------
        x, y : (n_rows, n_columns)
            r2 in rows from `start` on; 0 on the diagonal and left of it.
        columns : (n_columns,) int64
            Their sites, ascending: from `start` on, or beyond the last row.
        weight
            How many pairs each of them stands for.
        """
        rows = slice(start, start + len(x))
        of_rows, of_columns = self.classes[rows], self.classes[columns]
        reaching = np.empty_like(self.reaching)
        for k, values in enumerate((x, y, x * x, y * y, x * y)):
            reaching[k] = ((values @ of_columns.astype(x.dtype)) * of_rows).sum(axis=0)
        n_rows, n_columns = of_rows.sum(axis=0), of_columns.sum(axis=0)
        twice = n_rows * (n_rows + 1) / 2 if columns[0] == start else 0
        reaching[5] = n_rows * n_columns - twice
        binned = np.empty_like(self.binned)
        # The sites of a bin are contiguous, so its sum is the difference of two running sums.
        before = np.searchsorted(columns, self.segments[rows])
        running = np.zeros((len(x), len(columns) + 1))
        for k, values in enumerate((x, y)):
            np.cumsum(values, axis=1, dtype=np.float64, out=running[:, 1:])
            binned[k] = np.diff(np.take_along_axis(running, before, axis=1), axis=1).sum(axis=0)
        binned[2] = np.diff(before, axis=1).sum(axis=0)
        return _StripSums(reaching, binned, weight)

    def add(self, part: _StripSums) -> None:
        """Add what `of_strip` returned."""
        self.reaching += part.weight * part.reaching
        self.binned += part.weight * part.binned
        self.compared += part.reaching[5].astype(np.int64)
        self.compared_binned += part.binned[2].astype(np.int64)

    def comparison(self, edges_bp: np.ndarray) -> LdComparison:
        """Return the statistics computed from the sums."""
        # Pairs in a class: those that reach it, minus those that reach the next.
        of_class = self.reaching - np.append(self.reaching[:, 1:], np.zeros((6, 1)), axis=1)
        common = MAF_CLASSES.index(RARE_MAF)
        filled = self.compared_binned > 0
        with np.errstate(invalid="ignore"):
            class_real, class_ag = of_class[:2] / of_class[5]
        return LdComparison(
            r=_correlation(self.reaching[:, 0]),
            r_rare=_correlation(self.reaching[:, 0] - self.reaching[:, common]),
            r_common=_correlation(self.reaching[:, common]),
            n_sites=int(self.classes[:, 0].sum()),
            n_pairs=int(self.compared[0]),
            class_pairs=self.compared - np.append(self.compared[1:], 0),
            class_real=class_real,
            class_ag=class_ag,
            class_r=np.array([_correlation(one) for one in of_class.T]),
            start_bp=edges_bp[:-1][filled],
            end_bp=edges_bp[1:][filled],
            pairs=self.compared_binned[filled],
            real=self.binned[0, filled] / self.binned[2, filled],
            ag=self.binned[1, filled] / self.binned[2, filled],
        )


def _correlation(sums: np.ndarray) -> float:
    """Return Pearson's r from the sums of x, y, xx, yy, xy and 1 over pairs; NaN with fewer than two pairs."""
    x, y, xx, yy, xy, n_pairs = sums
    if n_pairs < 2:
        return np.nan
    return correlation_from_sums(xx - x * x / n_pairs, yy - y * y / n_pairs, xy - x * y / n_pairs)


def _decay_segments(contigs: np.ndarray, positions: np.ndarray, edges_bp: np.ndarray) -> np.ndarray:
    """Return the start of each site's partners in each distance bin: (n_sites, n_bins + 1) int64.

    Partners of site i in bin k are the sites segments[i, k]:segments[i, k + 1], all after i on the same contig.
    """
    segments = np.zeros((len(positions), len(edges_bp)), np.int64)
    if not len(positions):
        return segments
    blocks = np.split(np.arange(len(positions)), np.flatnonzero(contigs[1:] != contigs[:-1]) + 1)
    if len(set(contigs)) < len(blocks):
        raise ValueError("the sites of a contig must be contiguous")
    for block in blocks:
        here = positions[block]
        if (np.diff(here) < 0).any():
            raise ValueError(f"positions on contig {contigs[block[0]]} are not ascending")
        segments[block] = block[:1] + np.searchsorted(here, here[:, None] + edges_bp, side="left")
    return segments
