"""Selection of the sites for a scan, and of isolated sites."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from artificial_genomes.core.sites import FAR_BP, stretches

GAP_MAX_BP = FAR_BP
"""Scans do not cross longer gaps between two sites."""


def frequent_sites(groups: Sequence[np.ndarray], maf_min: float) -> np.ndarray:
    """Return whether each site has a minor allele frequency of at least `maf_min` in all `groups` together.

    Parameters
    ----------
    groups : sequence of (n_haplotypes, n_sites) uint8

    Returns
    -------
    (n_sites,) bool
    """
    frequency = sum(group.sum(axis=0, dtype=np.int64) for group in groups) / sum(len(group) for group in groups)
    return np.minimum(frequency, 1 - frequency) >= maf_min


def alone(sites: pd.DataFrame) -> np.ndarray:
    """Return whether each site has no other within `GAP_MAX_BP` on its contig: (n_sites,) bool."""
    single = np.zeros(len(sites), bool)
    for _, place in stretches(sites, GAP_MAX_BP):
        single[place] = len(place) == 1
    return single
