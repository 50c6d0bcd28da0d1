"""Panels that several figures share."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import FigureBase
from matplotlib.ticker import LogLocator, NullFormatter

from artificial_genomes.core.colors import REAL, model_colours
from artificial_genomes.core.labels import label
from artificial_genomes.figures.sets import NOT_MODELS, models_in
from artificial_genomes.figures.style import CONTROLS, belong_to, marks_of

TWO_DECADES = 100
BELOW_VALUES = 3
"""A logarithmic axis goes this far below the smallest value, as a ratio; intervals that go further end in an arrow."""

REFUSED = "#eeeeee"
"""Of what a gate does not allow."""

CONTROL_TITLES = {"ceiling": "Ceiling: real individuals", "floor": "Floor: independent sites"}


def rows_needed(n_panels: int, columns: int) -> int:
    """Return the number of rows for `n_panels` in at most `columns` columns."""
    return -(-n_panels // columns)


def small_multiples(figure: FigureBase, n_panels: int, columns: int, share: bool = True) -> list[Axes]:
    """Add `n_panels` panels of equal size in rows of at most `columns`; they share their axes if `share`.

    Rows are as equally long as possible, so that few places stay empty.
    """
    rows = rows_needed(n_panels, columns)
    columns = rows_needed(n_panels, rows)
    grid = figure.subplots(rows, columns, sharex=share, sharey=share, squeeze=False)
    for axes in grid.flat[n_panels:]:
        axes.remove()
    panels = list(grid.flat[:n_panels])
    for axes in panels[max(0, n_panels - columns) :]:
        axes.tick_params(labelbottom=True)
    return panels


def with_controls(names: Sequence[str], models: Sequence[str]) -> list[str]:
    """Return models in their order, after the ceiling and before the floor, if `names` has these."""
    first, last = ([name] if name in names else [] for name in ("ceiling", "floor"))
    return [*first, *models, *last]


def dots(
    axes: Axes,
    rows: pd.DataFrame,
    metric: str,
    models: Sequence[str] | None = None,
    log_beyond: float | None = None,
    limits: pd.DataFrame | None = None,
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
    limits
        What gates allow: see `sets.limits_of`.
    """
    chosen = rows[(rows["metric"] == metric) & np.isfinite(rows["value"])]
    names = with_controls(list(chosen["model"].unique()), models_in(rows) if models is None else models)
    colours = model_colours(names)
    for height, name in enumerate(names):
        of_name = chosen[chosen["model"] == name]
        values = of_name["value"].to_numpy()
        with marks_of(name, axes):
            if name in CONTROLS:
                axes.axvline(values.mean(), zorder=0.5, **CONTROLS[name])
                axes.plot(values.mean(), height, "D", color=colours[name], markersize=4, markeredgewidth=0)
                continue
            if of_name.empty and len(chosen):
                place = axes.get_yaxis_transform()
                axes.text(0.02, height, "not defined", fontsize=6, va="center", color=REAL, transform=place)
            seed_dots(axes, of_name, height, colours[name])
            if len(values) > 1:
                axes.plot([values.mean()] * 2, [height - 0.33, height + 0.33], color=colours[name], linewidth=1.6)
    name_rows(axes, names)
    axes.margins(x=0.08)
    values = chosen["value"].to_numpy()
    if log_beyond and len(values) and values.min() > 0 and values.max() / values.min() > log_beyond:
        _make_logarithmic(axes, chosen.reindex(columns=["value", "ci_low", "ci_high"]).to_numpy(float))
        for height, name in enumerate(names):
            for _, row in chosen[chosen["model"] == name].reindex(columns=["ci_low"]).iterrows():
                if name not in CONTROLS and row["ci_low"] < axes.get_xlim()[0]:
                    with marks_of(name, axes):
                        axes.plot(axes.get_xlim()[0], height, "<", color=colours[name], markersize=3, clip_on=False)
    if limits is not None:
        draw_limits(axes, limits, metric)


def _make_logarithmic(axes: Axes, numbers: np.ndarray) -> None:
    """Make the x axis logarithmic, around values (first column) and the ends of their intervals."""
    values, ends = numbers[:, 0], numbers[numbers > 0]
    low, high = np.log([max(ends.min(), values.min() / BELOW_VALUES), ends.max()])
    axes.set_xscale("log")
    axes.set_xlim(np.exp(low - 0.05 * (high - low)), np.exp(high + 0.05 * (high - low)))
    # Labels of minor ticks within a decade would overlap.
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if values.max() / values.min() < TWO_DECADES else (1,)))
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_formatter(NullFormatter())


def draw_limits(axes: Axes, limits: pd.DataFrame, metric: str) -> None:
    """Shade the part of the x axis that a gate on a metric does not allow, and write above it what it allows."""
    limits = limits.reindex(columns=["metric", "low", "high"])  # without gates, the table has no columns
    for limit in limits.loc[limits["metric"] == metric, ["low", "high"]].to_numpy(float):
        finite = limit[np.isfinite(limit)]
        for bound in finite:
            axes.axvline(bound, color="black", linewidth=0.5, zorder=0.4)
        low, high = axes.get_xlim()
        for start, end in ((low, limit[0]), (limit[1], high)):
            if np.isfinite([start, end]).all():
                axes.axvspan(start, end, color=REFUSED, linewidth=0, zorder=0)
        axes.set_xlim(low, high)
        signs = ["" if np.isfinite(limit).all() else "≥ " if np.isfinite(limit[0]) else "≤ "]
        text = "gate: " + signs[0] + " to ".join(f"{bound:.3g}" for bound in finite).replace("-", "−")
        axes.text(1.0, 1.02, text, transform=axes.transAxes, ha="right", va="bottom", fontsize=6)


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
        belong_to(name, text)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(names) - 0.4, -0.6)


def spread(values: np.ndarray, step: float, low: float, high: float) -> np.ndarray:
    """Return places for labels of increasing values: at least `step` apart, within bounds, as close as possible."""
    from scipy.optimize import isotonic_regression  # slow, and needed by few figures

    step = min(step, (high - low) / max(len(values) - 1, 1))
    steps = step * np.arange(len(values))
    return np.clip(isotonic_regression(values - steps).x, low, high - step * (len(values) - 1)) + steps


def name_line_ends(axes: Axes, values: pd.Series, x: float) -> None:
    """Write names to the right of a panel, apart from each other and joined to the ends of their lines.

    Parameters
    ----------
    values
        Height of each line's end, by the name of a model or control.
    x
        Where the lines end.
    """
    low, high = axes.get_ylim()
    values = values.dropna().sort_values()
    heights = spread(values.to_numpy(float), 0.11 * (high - low), low, high)
    colours = model_colours(values.index)
    leader = {"arrowstyle": "-", "linewidth": 0.5, "relpos": (0, 0.5), "shrinkA": 1, "shrinkB": 2}
    for (name, value), height in zip(values.items(), heights, strict=True):
        text = axes.annotate(
            label(name),
            (x, value),
            xytext=(1.03, height),
            textcoords=axes.get_yaxis_transform(),
            va="center",
            fontsize=7,
            color=colours[name],
            arrowprops=leader | {"color": colours[name]},
            annotation_clip=False,
        )
        belong_to(name, text)


def mean_text(rows: pd.DataFrame, model: str, metric: str, digits: int = 3) -> str:
    """Return the mean over seeds of a model's metric as text."""
    value = rows.loc[(rows["model"] == model) & (rows["metric"] == metric), "value"].mean()
    return f"{value:.{digits}f}".replace("-", "−") if np.isfinite(value) else "not defined"


def haplotypes_compared(metrics: pd.DataFrame) -> int:
    """Return the number of haplotypes on each side of the comparisons in a figure."""
    return int(metrics.loc[~metrics["model"].isin(NOT_MODELS), "n"].iloc[0])
