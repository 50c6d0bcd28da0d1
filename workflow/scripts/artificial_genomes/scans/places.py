"""Which sites a scan works on, and how they lie on contigs."""

from collections.abc import Sequence

import numpy as np
import pandas as pd


def contigs(sites: pd.DataFrame) -> list[tuple[str, np.ndarray]]:
    """Return every contig with the places of its sites, in the order of the table."""
    return [(contig, np.asarray(rows)) for contig, rows in sites.groupby("contig", sort=False).indices.items()]


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
