"""Scans by windows of sites: Garud's H1 and H12, haplotype diversity, Tajima's D; computed by scikit-allel."""

import allel
import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view

from artificial_genomes.core.sites import stretches
from artificial_genomes.scans.places import GAP_MAX_BP

HAPLOTYPE_STATISTICS = ("h1", "h12", "haplotype_diversity")


def site_windows(sites: pd.DataFrame, window_sites: int, step_sites: int) -> tuple[pd.DataFrame, list[np.ndarray]]:
    """Return windows of consecutive sites of a segment, one every `step_sites` sites.

    Returns
    -------
    windows : DataFrame
        contig, start, end (bp, both included), n; a segment (see `sites.stretches`) with fewer sites than a window has
        no row.
    places : list of (window_sites,) int64
        The sites of every window.
    """
    rows, places = [], []
    for contig, place in stretches(sites, GAP_MAX_BP):
        if len(place) < window_sites:
            continue
        positions = sites["position"].to_numpy()[place]
        for window in sliding_window_view(np.arange(len(place)), window_sites)[::step_sites]:
            rows.append((contig, positions[window[0]], positions[window[-1]], window_sites))
            places.append(place[window])
    return pd.DataFrame(rows, columns=["contig", "start", "end", "n"]), places


def haplotype_statistics(alleles: np.ndarray, places: list[np.ndarray]) -> dict[str, np.ndarray]:
    """Return Garud's H1 and H12 and the haplotype diversity of every window.

    H1 is the sum of the squared frequencies of the distinct haplotypes; H12 combines the two most common ones (Garud et
    al. 2015, doi 10.1371/journal.pgen.1005004). The diversity is (1 - H1) n / (n - 1) (Nei and Tajima 1981).

    Parameters
    ----------
    alleles : (n_haplotypes, n_sites) uint8
    places
        From `site_windows`.

    Returns
    -------
    dict of (n_windows,) float64
    """
    values = np.array([allel.garud_h(_sites_first(alleles, place))[:2] for place in places]).reshape(-1, 2)
    n = len(alleles)
    return {"h1": values[:, 0], "h12": values[:, 1], "haplotype_diversity": (1 - values[:, 0]) * n / (n - 1)}


def tajima_d(alleles: np.ndarray, places: list[np.ndarray]) -> np.ndarray:
    """Return Tajima's D of every window: (n_windows,) float64, NaN with fewer than three segregating sites.

    Source: Tajima 1989, Genetics 123:585-595. Data sets without rare sites have too high a D everywhere.
    """
    alt = alleles.sum(axis=0, dtype=np.int64)
    counts = np.stack([len(alleles) - alt, alt], axis=1)
    return np.array([allel.tajima_d(counts[place]) for place in places])


def _sites_first(alleles: np.ndarray, place: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(alleles[:, place].T.astype(np.int8))
