"""The statistics of scans: names, titles, and which values count as extreme."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

TOP_SHARE = 0.01
"""Share of the positions of a track that count as candidates of selection."""

TOP_PLACES_MIN = 20
"""Minimum number of candidates of a track for reporting the share of them that two tracks have in common."""

TRACK_COLUMNS = ["statistic", "contig", "start", "end", "id", "n", "raw", "value"]
"""Columns of the table of tracks."""


@dataclass(frozen=True)
class Statistic:
    """One track of a scan.

    Attributes
    ----------
    title
        Display name in figures.
    unit
        Whether a position is one site or a window of sites.
    extreme
        Which values indicate selection: high ones, low ones, or both ends.
    group
        The entry of `scan.statistics` in the configuration that requests it.
    """

    title: str
    unit: Literal["site", "window"]
    extreme: Literal["high", "low", "both"]
    group: str

    def extremeness(self, values: np.ndarray) -> np.ndarray:
        """Return numbers that increase with the evidence of selection: (n,) float64, NaN kept."""
        values = np.asarray(values, float)
        return {"high": values, "low": -values, "both": np.abs(values)}[self.extreme]


STATISTICS = {
    "xpehh": Statistic("XP-EHH", "site", "high", "xpehh"),
    "pbs": Statistic("PBS", "window", "high", "pbs"),
    "pbsn1": Statistic("PBSn1", "window", "high", "pbs"),
    "pbs_site": Statistic("PBS of sites", "site", "high", "pbs"),
    "ihs": Statistic("iHS", "site", "both", "ihs"),
    "nsl": Statistic("nSL", "site", "both", "nsl"),
    "h1": Statistic("H1", "window", "high", "haplotypes"),
    "h12": Statistic("H12", "window", "high", "haplotypes"),
    "haplotype_diversity": Statistic("Haplotype diversity", "window", "low", "haplotypes"),
    "tajima_d": Statistic("Tajima's D", "window", "low", "tajima_d"),
}
"""Every track, in the order of tables and figures."""


def top_places(values: np.ndarray, statistic: str) -> np.ndarray:
    """Return whether each position is among the most extreme 1 % of those with a value (at least one): (n,) bool.

    Of equal values the first ones along the genome count.
    """
    extremeness = STATISTICS[statistic].extremeness(values)
    top = np.zeros(len(extremeness), bool)
    scored = np.flatnonzero(np.isfinite(extremeness))
    if len(scored):
        n = max(1, round(TOP_SHARE * len(scored)))
        top[scored[np.argsort(-extremeness[scored], kind="stable")[:n]]] = True
    return top
