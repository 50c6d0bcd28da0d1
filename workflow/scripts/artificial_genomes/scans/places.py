"""Which sites a scan works on, and which of them lie beside each other."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from artificial_genomes.core.sites import FAR_BP, stretches

GAP_MAX_BP = FAR_BP
"""Nothing is scanned across a longer gap between two sites."""


def frequent_sites(groups: Sequence[np.ndarray], maf_min: float) -> np.ndarray:
    """Return which sites have a minor allele frequency of at least `maf_min` in all haplotypes of `groups` together.

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
    """Return which sites have no other one within `GAP_MAX_BP` on their contig: (n_sites,) bool."""
    single = np.zeros(len(sites), bool)
    for _, place in stretches(sites, GAP_MAX_BP):
        single[place] = len(place) == 1
    return single
