"""What AGs that are drawn chunk by chunk keep across the joins: linkage and ancestry."""

import numpy as np
import pandas as pd

from artificial_genomes.core.metric_table import Metrics
from artificial_genomes.core.sites import FAR_BP, evenly_spread, stretch_numbers
from artificial_genomes.core.windows import contig_sizes, cut, joins
from artificial_genomes.statistics.ld import across_ratio
from artificial_genomes.statistics.pca import agreement_of_parts

ANCESTRY_SITES = 1000
"""Maximum number of sites of a chunk, evenly spaced, for the agreement of ancestry."""

LEFT_OUT = 10
"""A tenth of the sites of a chunk is left out at each of its ends: their LD would count as ancestry."""


def compare_joins(real: np.ndarray, ag: np.ndarray, sites: pd.DataFrame, n_windows: int) -> Metrics:
    """Return the metrics of the joins of windows.

    Parameters
    ----------
    real, ag : (n, n_sites) uint8
        Haplotypes of the reference, and AGs.
    sites
        contig and position of the sites.
    n_windows
        Number of windows that models are trained on.
    """
    sizes = contig_sizes(sites["contig"].to_numpy())
    windows, parts = cut(sizes, n_windows, 0), []
    for window in windows:
        n_left_out = (window.stop - window.own) // LEFT_OUT
        n_inner = window.stop - window.own - 2 * n_left_out
        parts.append(window.own + n_left_out + evenly_spread(n_inner, ANCESTRY_SITES))
    metrics: Metrics = {"ancestry_joins_r": (agreement_of_parts(real, ag, parts),)}
    stretch = stretch_numbers(sites, FAR_BP)
    middles = np.array([(window.own + window.stop) // 2 for window in windows])
    for name, places in (("ld_joins_ratio", joins(sizes, n_windows)), ("ld_within_windows_ratio", middles)):
        if len(places):
            metrics[name] = (across_ratio(real, ag, places, stretch),)
    return metrics
