"""Scans by the length of haplotypes: XP-EHH, iHS and nSL, computed by scikit-allel, segment by segment.

EHH is followed from a site in both directions until it falls below 0.05, and integrated over centimorgan if a genetic
map is given, else over base pairs. The distance between neighboring sites counts as at most 20 kb, and haplotypes are
not followed across gaps of more than 200 kb (Voight et al. 2006, doi 10.1371/journal.pbio.0040072): such a gap, as
between two regions of a data set, is an end of the data.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass

import allel
import numpy as np
import pandas as pd

from artificial_genomes.core.sites import stretches
from artificial_genomes.io.genetic_map import map_positions
from artificial_genomes.scans.places import GAP_MAX_BP, frequent_sites

GAP_SCALE_BP = 20_000
_BIN_SITES_MIN = 20


@dataclass(frozen=True)
class Integration:
    """How EHH is integrated.

    Attributes
    ----------
    genetic_map
        From `genetic_map.read_genetic_map`; None integrates over base pairs.
    edges
        Whether to score sites whose EHH reaches the end of the data before it falls below 0.05. Short regions have
        hardly any others.
    threads
        scikit-allel runs XP-EHH on four threads (or all processors, if fewer) or on one, iHS and nSL on two or one; it
        uses several only if that many are given.
    """

    genetic_map: pd.DataFrame | None = None
    edges: bool = True
    threads: int = 1


PHYSICAL = Integration()
"""Over base pairs, up to the ends of the data, on one thread."""


def _by_stretch(sites: pd.DataFrame, integration: Integration, score: Callable[..., np.ndarray]) -> np.ndarray:
    """Return the scores of all sites: `score(place, positions, how)` scores a segment; NaN if not finite."""
    scores = np.full(len(sites), np.nan)
    for contig, place in stretches(sites, GAP_MAX_BP):
        positions = sites["position"].to_numpy()[place]
        genetic_map = integration.genetic_map
        how = {
            "map_pos": None if genetic_map is None else map_positions(genetic_map, contig, positions),
            "include_edges": integration.edges,
            "gap_scale": GAP_SCALE_BP,
        }
        with np.errstate(divide="ignore", invalid="ignore"):
            scores[place] = score(place, positions, how)
    scores[~np.isfinite(scores)] = np.nan
    return scores


def _as_allel(alleles: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Return haplotypes in the format of scikit-allel: (n_sites, n_haplotypes) int8."""
    return np.ascontiguousarray(alleles[:, place].T.astype(np.int8))


def xpehh(
    target: np.ndarray, reference: np.ndarray, sites: pd.DataFrame, integration: Integration = PHYSICAL
) -> np.ndarray:
    """Return the unstandardized XP-EHH of every site: log of the ratio of integrated EHH, target over reference.

    Source: Sabeti et al. 2007, doi 10.1038/nature06250.

    Parameters
    ----------
    target, reference : (n_haplotypes, n_sites) uint8
    sites : DataFrame
        contig and position of the sites.

    Returns
    -------
    (n_sites,) float64
        NaN if not scored.
    """
    threads = integration.threads >= min(4, os.cpu_count() or 1)

    def score(place: np.ndarray, positions: np.ndarray, how: dict) -> np.ndarray:
        return allel.xpehh(_as_allel(target, place), _as_allel(reference, place), positions, use_threads=threads, **how)

    return _by_stretch(sites, integration, score)


def ihs(target: np.ndarray, sites: pd.DataFrame, maf_min: float, integration: Integration = PHYSICAL) -> np.ndarray:
    """Return the unstandardized iHS of every site: log of the ratio of integrated EHH, allele 1 over allele 0.

    Voight et al. (2006, doi 10.1371/journal.pbio.0040072) use the inverse ratio, so their sign is the opposite.

    Parameters
    ----------
    target : (n_haplotypes, n_sites) uint8
        0 = ancestral, 1 = derived.
    maf_min
        Sites with a smaller minor allele frequency in the target are not scored, but still distinguish haplotypes.

    Returns
    -------
    (n_sites,) float64
        NaN if not scored.
    """
    threads = integration.threads >= 2

    def score(place: np.ndarray, positions: np.ndarray, how: dict) -> np.ndarray:
        return allel.ihs(_as_allel(target, place), positions, min_maf=maf_min, use_threads=threads, **how)

    return np.where(frequent_sites([target], maf_min), _by_stretch(sites, integration, score), np.nan)


def nsl(target: np.ndarray, sites: pd.DataFrame, maf_min: float, integration: Integration = PHYSICAL) -> np.ndarray:
    """Return the unstandardized nSL of every site: like iHS, but with lengths counted in sites.

    No map is used, and haplotypes are followed to the ends of the data. Source: Ferrer-Admetlla et al. 2014,
    doi 10.1093/molbev/msu077.

    Returns
    -------
    (n_sites,) float64
        NaN if the minor allele frequency in the target is below `maf_min`.
    """
    threads = integration.threads >= 2

    def score(place: np.ndarray, _: np.ndarray, __: dict) -> np.ndarray:
        return allel.nsl(_as_allel(target, place), use_threads=threads)

    return np.where(frequent_sites([target], maf_min), _by_stretch(sites, PHYSICAL, score), np.nan)


def standardise(scores: np.ndarray, allele_counts: np.ndarray | None = None, bins: int | None = None) -> np.ndarray:
    """Return the scores minus their mean, divided by their standard deviation (0 if all are equal).

    Parameters
    ----------
    scores : (n_sites,) float64
        NaN if not scored, which is kept.
    allele_counts : (n_sites,) int
        Counts of allele 1; needed for bins.
    bins
        Number of bins of the allele count, with about as many scored sites each, within which scores are standardized
        separately; fewer if a bin would contain less than 20 scored sites. None: over all sites.

    Returns
    -------
    (n_sites,) float64
    """
    scored = np.flatnonzero(np.isfinite(scores))
    result = np.full(len(scores), np.nan)
    bins = min(bins or 1, len(scored) // _BIN_SITES_MIN)
    if bins <= 1:
        parts = [scored]
    else:
        edges = np.unique(np.quantile(allele_counts[scored], np.linspace(0, 1, bins + 1)[1:-1], method="higher"))
        of_site = np.searchsorted(edges, allele_counts[scored], side="right")
        parts = [scored[of_site == i] for i in range(len(edges) + 1)]
    for part in parts:
        if len(part):
            centred = scores[part] - scores[part].mean()
            spread = scores[part].std()
            result[part] = centred / spread if spread > 0 else centred
    return result
