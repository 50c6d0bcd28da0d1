"""Panels that several figures share."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import FigureBase
from matplotlib.ticker import LogLocator, NullFormatter

from artificial_genomes.core.labels import label
from artificial_genomes.figures.sets import NOT_MODELS, models_in
from artificial_genomes.figures.style import CONTROLS, REAL, model_colours

TWO_DECADES = 100
CONTROL_TITLES = {"ceiling": "Ceiling: other real individuals", "floor": "Floor: independent sites"}


def rows_needed(n_panels: int, columns: int) -> int:
    """Return the number of rows for `n_panels` in at most `columns` columns."""
    return -(-n_panels // columns)


def small_multiples(figure: FigureBase, n_panels: int, columns: int, share: bool = True) -> list[Axes]:
    """Add `n_panels` panels of equal size in rows of at most `columns`; they share their axes if `share`."""
    columns = min(columns, n_panels)
    rows = rows_needed(n_panels, columns)
    grid = figure.subplots(rows, columns, sharex=share, sharey=share, squeeze=False)
    for axes in grid.flat[n_panels:]:
        axes.remove()
    panels = list(grid.flat[:n_panels])
    for axes in panels[max(0, n_panels - columns) :]:
        axes.tick_params(labelbottom=True)
    return panels


def dots(
    axes: Axes, rows: pd.DataFrame, metric: str, models: Sequence[str] | None = None, log_beyond: float | None = None
) -> None:
    """Draw one metric: one row per model, one dot per seed with its interval, and a bar at the mean over seeds.

    The ceiling is in the first row and the floor in the last; lines through all rows mark their values.

    Parameters
    ----------
    rows
        Columns model, seed, metric, value and, where known, ci_low and ci_high.
    models
        From top to bottom; default: those of `rows`.
    log_beyond
        Ratio of the largest to the smallest value above which the axis is logarithmic.
    """
    chosen = rows[(rows["metric"] == metric) & np.isfinite(rows["value"])]
    models = models_in(rows) if models is None else models
    controls = [name for name in CONTROLS if (chosen["model"] == name).any()]
    names = [*controls[:1], *models, *controls[1:]] if len(controls) == 2 else [*models, *controls]
    colours = model_colours(names)
    for height, name in enumerate(names):
        of_name = chosen[chosen["model"] == name]
        values = of_name["value"].to_numpy()
        if name in CONTROLS:
            axes.axvline(values.mean(), zorder=0.5, **CONTROLS[name])
            axes.plot(values.mean(), height, "D", color=colours[name], markersize=4, markeredgewidth=0)
            continue
        seed_dots(axes, of_name, height, colours[name])
        if len(values) > 1:
            axes.plot([values.mean()] * 2, [height - 0.33, height + 0.33], color=colours[name], linewidth=1.6)
    name_rows(axes, names)
    values = chosen["value"].to_numpy()
    if log_beyond and len(values) and values.min() > 0 and values.max() / values.min() > log_beyond:
        axes.set_xscale("log")
        # Labels of minor ticks within a decade would overlap.
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if values.max() / values.min() < TWO_DECADES else (1,)))
        axes.xaxis.set_major_formatter("{x:g}")
        axes.xaxis.set_minor_formatter(NullFormatter())
    axes.margins(x=0.08)


def seed_dots(axes: Axes, rows: pd.DataFrame, height: float, colour: str, size: float = 4) -> None:
    """Draw one dot per seed with its interval, around a height.

    Parameters
    ----------
    rows
        Columns value and, where known, ci_low and ci_high; one row per seed.
    size
        Size of the dots, in points.
    """
    offsets = np.linspace(-0.18, 0.18, len(rows)) if len(rows) > 1 else np.zeros(len(rows))
    intervals = rows.reindex(columns=["ci_low", "ci_high"]).to_numpy(float)
    for value, (low, high), offset in zip(rows["value"], intervals, offsets, strict=True):
        axes.plot([low, high], [height + offset] * 2, color=colour, linewidth=1, alpha=0.7)
        axes.plot(value, height + offset, "o", color=colour, markersize=size, markeredgewidth=0)


def name_rows(axes: Axes, names: Sequence[str]) -> None:
    """Make the y axis a list of models and controls, from top to bottom; controls in their own gray."""
    axes.set_yticks(range(len(names)), [label(name) for name in names])
    for text, name in zip(axes.get_yticklabels(), names, strict=True):
        text.set_color(CONTROLS[name]["color"] if name in CONTROLS else "black")
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(names) - 0.4, -0.6)


def name_line_ends(axes: Axes, values: pd.Series, x: float) -> None:
    """Label lines at their right end, shifted where the labels would overlap.

    Parameters
    ----------
    values
        Height of each line's end, by the name of a model or control.
    x
        Where the lines end.
    """
    low, high = axes.get_ylim()
    step = 0.09 * (high - low)
    values = values.dropna().sort_values()
    heights = values.to_numpy(copy=True)
    for i in range(1, len(heights)):
        heights[i] = max(heights[i], heights[i - 1] + step)
    if len(heights):
        heights -= max(0.0, heights[-1] - high)
    colours = model_colours(values.index)
    for name, height in zip(values.index, heights, strict=True):
        axes.annotate(
            label(name),
            (x, height),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            fontsize=7,
            color=colours.get(name, REAL),
        )


def mean_text(rows: pd.DataFrame, model: str, metric: str, digits: int = 3) -> str:
    """Return the mean over seeds of a model's metric as text."""
    value = rows.loc[(rows["model"] == model) & (rows["metric"] == metric), "value"].mean()
    return f"{value:.{digits}f}".replace("-", "−") if np.isfinite(value) else "not defined"


def haplotypes_compared(metrics: pd.DataFrame) -> int:
    """Return the number of haplotypes on each side of the comparisons in a figure."""
    return int(metrics.loc[~metrics["model"].isin(NOT_MODELS), "n"].iloc[0])
