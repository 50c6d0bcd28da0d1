"""Points of private cohorts, drawn as counts: no mark of a figure represents a single individual."""

import logging

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from artificial_genomes.core.errors import UserError
from artificial_genomes.figures.style import superpopulation_colours

log = logging.getLogger(__name__)

HAPLOTYPES_MIN = 10
"""Minimum number of haplotypes, from at least half as many individuals, per mark in a figure of a private cohort."""

_PER_BIN = 20
_BINS = (4, 30)
_AREA, _AREA_OF_BIN = 2.2, 45
_CROWD = 2000
"""Clouds of more points have smaller and paler ones, so that dense regions stand out."""


def binned(
    points: pd.DataFrame, by: list[str], minimum: int = HAPLOTYPES_MIN, columns: tuple[str, str] = ("pc1", "pc2")
) -> pd.DataFrame:
    """Count points in a grid, so that no single individual can be identified.

    The grid is made coarser until a cell contains enough real haplotypes.

    Parameters
    ----------
    points
        The two columns of coordinates and those of `by`; one row per haplotype.
    by
        Points with different values in these columns are counted separately. AGs are those with `ag` in `set`, or
        without that column, with anything but `real` in `model`.
    minimum
        Cells with fewer points are left out.
    columns
        Names of the columns of coordinates.

    Returns
    -------
    DataFrame
        The columns `by`, the coordinates (middle of a cell), count.

    Raises
    ------
    UserError
        No group has enough real haplotypes for a single cell, so AGs have nothing to be compared with.
    """
    for n_bins in range(int(np.clip(np.sqrt(len(points) / _PER_BIN), *_BINS)), 0, -1):
        counts = cell_counts(points, by, n_bins, columns)
        kept = counts[counts["count"] >= minimum].reset_index(drop=True)
        real = kept["set"] != "ag" if "set" in by else kept["model"] == "real"
        if real.any():
            break
    else:
        raise UserError(
            f"no group of the figure has {minimum} real haplotypes close to each other, and single individuals of a "
            "private cohort are not drawn. Remove this figure from figures, or use more individuals."
        )
    hidden = len(points) - int(kept["count"].sum())
    log.info("%d of %d haplotypes lie in cells of fewer than %d: not shown", hidden, len(points), minimum)
    return kept


def cell_counts(points: pd.DataFrame, by: list[str], n_bins: int, columns: tuple[str, str]) -> pd.DataFrame:
    """Count points in the cells of a grid with at most `n_bins` bins per side; see `binned`."""
    cells = points[by].copy()
    for axis in columns:
        # Rounded edges; the exact range would reveal the coordinates of the outermost points.
        edges = MaxNLocator(n_bins).tick_values(points[axis].min(), points[axis].max())
        place = np.clip(np.searchsorted(edges, points[axis], side="right") - 1, 0, len(edges) - 2)
        cells[axis] = (edges[place] + edges[place + 1]) / 2
    return cells.groupby([*by, *columns], dropna=False, sort=False).size().rename("count").reset_index()


def number(points: pd.DataFrame) -> int:
    """Return the number of haplotypes, or sites, behind points: one each, or the counts."""
    return int(points["count"].sum()) if "count" in points else len(points)


def scatter(
    axes: Axes,
    points: pd.DataFrame,
    colour: str | pd.Series,
    area: float = _AREA,
    columns: tuple[str, str] = ("pc1", "pc2"),
) -> None:
    """Draw points at two columns; counted points are sized by their number."""
    if "count" in points:
        area = _AREA_OF_BIN * points["count"] / points["count"].max()
    alpha = 0.6
    if len(points) > _CROWD:
        area, alpha = area / 2, 0.5
    axes.scatter(points[columns[0]], points[columns[1]], s=area, c=colour, linewidths=0, alpha=alpha, rasterized=True)


def populations(points: pd.DataFrame) -> pd.Series:
    """Return the superpopulation of points, `no label` if they have none."""
    return points.reindex(columns=["superpopulation"])["superpopulation"].astype(object).fillna("no label")


def scatter_populations(
    axes: Axes, points: pd.DataFrame, area: float = _AREA, columns: tuple[str, str] = ("pc1", "pc2")
) -> None:
    """Draw points as `scatter` does, colored by superpopulation."""
    names = populations(points)
    scatter(axes, points, names.map(superpopulation_colours(names)), area, columns)
