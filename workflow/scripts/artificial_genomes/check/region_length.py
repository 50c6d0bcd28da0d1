"""How long a region must be for a verdict on privacy: so long that few individuals share a whole haplotype."""

import bisect
import math
from collections.abc import Callable

import numpy as np

from artificial_genomes.core.haplotypes import Haplotypes
from artificial_genomes.core.regions import Region
from artificial_genomes.statistics.privacy import NEAR_SHARE

ALLELES_MAX = 200_000_000
"""Maximum number of alleles that are read to find a longer region."""

FACTOR_MAX = 10.0
"""Extrapolated lengths are at most this many times the present one."""

EXTRAPOLATED_MAX = 0.5
"""Share above which nothing is extrapolated: it hardly falls with the length at first."""

RARER = "Or use rarer sites (maf_min)."

ReadRegion = Callable[[Region], tuple[Haplotypes, np.ndarray]]
"""Returns the haplotypes of the dataset's own individuals in a region, at the sites that the dataset would have there
without a maximum number, and whether each belongs to the test: (n_haplotypes,) bool."""


def shared_share(alleles: np.ndarray, is_test: np.ndarray) -> float:
    """Return the share of test haplotypes that are identical to one of the other haplotypes.

    Parameters
    ----------
    alleles : (n_haplotypes, n_sites) uint8
        0 or 1.
    is_test : (n_haplotypes,) bool
        Whether each haplotype belongs to the test.
    """
    packed = np.packbits(alleles, axis=1)
    others = {row.tobytes() for row in packed[~is_test]}
    return float(np.mean([row.tobytes() in others for row in packed[is_test]]))


def shortest_region(haplotypes: Haplotypes, is_test: np.ndarray, around: Region) -> tuple[Region, int] | None:
    """Return the shortest region around another one in which few test haplotypes are shared, and its number of sites.

    Parameters
    ----------
    haplotypes, is_test
        Haplotypes on one contig, and whether each belongs to the test: (n_haplotypes,) bool.
    around
        Region that is extended by the same length on both sides.

    Returns
    -------
    tuple or None
        None if more than NEAR_SHARE of the test haplotypes are shared even at all sites.
    """
    positions = haplotypes.sites["position"].to_numpy()
    beyond = np.maximum(0, np.maximum(around.start - positions, positions - around.end))
    lengths = np.unique(beyond)

    # Haplotypes that differ at some sites differ at more sites, too, so the share falls with the length.
    def is_enough(place: int) -> bool:
        return shared_share(haplotypes.alleles[:, beyond <= lengths[place]], is_test) <= NEAR_SHARE

    place = bisect.bisect_left(range(len(lengths)), True, key=is_enough)
    if place == len(lengths):
        return None
    inside = positions[beyond <= lengths[place]]
    return Region(around.contig, min(around.start, int(inside[0])), max(around.end, int(inside[-1]))), len(inside)


def times_as_long(alleles: np.ndarray, is_test: np.ndarray) -> tuple[float, float] | None:
    """Return how many times as many sites would be enough, extrapolated: the least, and the most.

    The share of shared haplotypes falls faster than a power of the number of sites and more slowly than exponentially.
    Both are fitted to all sites and to the half in the middle. None if the share is too large to extrapolate.

    Parameters
    ----------
    alleles, is_test
        As in `shared_share`; the share is above NEAR_SHARE.
    """
    n_sites = alleles.shape[1]
    half = shared_share(alleles[:, n_sites // 4 : n_sites - n_sites // 4], is_test)
    whole = shared_share(alleles, is_test)
    if whole > EXTRAPOLATED_MAX or half <= whole:
        return None
    steps = math.log(whole / NEAR_SHARE) / math.log(half / whole)
    return 1 + steps / 2, min(2**steps, FACTOR_MAX)


def advice(
    haplotypes: Haplotypes, is_test: np.ndarray, sites_max: int | None, alleles_per_bp: float, read: ReadRegion | None
) -> str:
    """Return what makes a dataset long enough for a verdict on privacy.

    Parameters
    ----------
    haplotypes, is_test
        Haplotypes of the dataset's own individuals, of which too many are shared, and whether each belongs to the
        test: (n_haplotypes,) bool.
    sites_max
        Maximum number of sites of the dataset.
    alleles_per_bp
        Number of alleles per base pair that are read from the files of the cohort.
    read
        Reads a longer region; None if that is impossible.
    """
    contigs = haplotypes.sites["contig"].unique()
    factors = times_as_long(haplotypes.alleles, is_test)
    if read is None or len(contigs) > 1:
        return f"{_needed(factors, haplotypes.n_sites, lambda n: f'{round(n, -1):,.0f} sites')} {RARER}"
    present = _span(haplotypes)
    longest = ALLELES_MAX / alleles_per_bp
    if factors:
        longest = min(longest, 2 * factors[1] * present.length)
    more = max(0, math.ceil((longest - present.length) / 2))
    wider, is_test = read(Region(present.contig, max(1, present.start - more), present.end + more))
    if found := shortest_region(wider, is_test, present):
        region, n_sites = found
        limit = f" and sites_max: null (it has {n_sites:,} sites)" if sites_max and n_sites > sites_max else ""
        return f"{_length(region.length)} are long enough: use the region {region}{limit}. {RARER}"
    shared, tried = shared_share(wider.alleles, is_test), _span(wider).length
    needed = _needed(times_as_long(wider.alleles, is_test), tried, _length)
    return f"In all {_length(tried)} that were read around it, {shared:.1%} do. {needed} {RARER}"


def _span(haplotypes: Haplotypes) -> Region:
    """Return the region from the first to the last site, on one contig."""
    first, last = haplotypes.sites["position"].iloc[[0, -1]].tolist()
    return Region(haplotypes.sites["contig"].iloc[0], first, last)


def _needed(factors: tuple[float, float] | None, present: float, written: Callable[[float], str]) -> str:
    """Return the length that would be enough, in words."""
    if factors is None:
        return f"Several times {written(present)} would be needed."
    low, high = (written(present * factor) for factor in factors)
    if factors[1] == FACTOR_MAX:
        return f"More than {low} would be needed (extrapolated)."
    if low == high:
        return f"About {high} would be needed (extrapolated)."
    unit = high[high.rindex(" ") :]
    return f"About {low.removesuffix(unit)} to {high} would be needed (extrapolated)."


def _length(length: float) -> str:
    """Return a length in kb or Mb."""
    return f"{length / 1e6:.1f} Mb" if length >= 1e6 else f"{math.ceil(length / 1e3)} kb"
