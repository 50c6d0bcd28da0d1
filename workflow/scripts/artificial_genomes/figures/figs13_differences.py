"""Figure S13: where AGs differ from real haplotypes of other individuals, beside where real haplotypes do."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullFormatter

from artificial_genomes.core.colors import REAL, model_colours
from artificial_genomes.core.labels import label
from artificial_genomes.figures.panels import TWO_DECADES, dots, with_controls
from artificial_genomes.figures.sets import (
    METRICS,
    main_reference,
    metric_rows,
    models_in,
    of_sets,
    panel,
    stack_panels,
)
from artificial_genomes.figures.style import CONTROLS, marks_of, new_figure, panel_letters, set_legend

INPUTS = {
    "differences": of_sets(
        "differences from the panel", ["reference", "part", "low", "high", "sites", "real", "ag", "n"]
    ),
    "metrics": METRICS,
}
COUNTED_MIN = 10
"""Minimum number of sites of a class, and of what is counted in it on either side: fewer tell of individuals."""

PARTS = {
    "mismatches": "Mismatches with\nthe nearest haplotype",
    "mutations": "Mutations in\ntracts of haplotypes",
    "runs": "Mismatches with the\nnearest, by their run",
}
"""What the upper panels count."""


def numbers(differences: pd.DataFrame, metrics: pd.DataFrame) -> pd.DataFrame:
    """Return the ratio of AGs to real haplotypes in every class, and the ratios of joins and of mutations.

    Parameters
    ----------
    differences
        model, seed and the columns of `compare.differences.compare_differences`.
    metrics
        Metrics of models and controls.
    """
    rows = main_reference(differences)
    counted = rows[["real", "ag"]].mul(rows["n"], axis=0).min(axis=1)
    rows = rows[rows["part"].isin(PARTS) & (counted >= COUNTED_MIN) & ~(rows["sites"] < COUNTED_MIN)]
    shown = metric_rows(main_reference(metrics), ["joins_ratio", "mutations_ratio"])
    return stack_panels(classes=rows.assign(ratio=rows["ag"] / rows["real"]), metrics=shown)


def draw(numbers: pd.DataFrame) -> Figure:
    """Draw the figure from its numbers."""
    classes, metrics = panel(numbers, "classes"), panel(numbers, "metrics")
    models = models_in(metrics)
    figure = new_figure(height=5.2)
    top, bottom = figure.subfigures(2, 1, height_ratios=[3, 2.2], hspace=0.03)
    panels = top.subplots(1, len(PARTS), sharey=True)
    for axes, (part, title) in zip(panels, PARTS.items(), strict=True):
        _ratios(axes, classes[classes["part"] == part], with_controls(list(classes["model"].unique()), models))
        axes.set_title(title)
        axes.set_xlabel("Mismatches in the run (1: isolated)" if part == "runs" else "Minor allele frequency (%)")
    ratios = classes.loc[classes["ratio"] > 0, "ratio"]
    if len(ratios) and ratios.max() / ratios.min() < TWO_DECADES:
        panels[0].yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))  # of all of them
    panels[0].set_ylabel("AGs / real haplotypes\n(1 is ideal)")
    names = with_controls(list(metrics["model"].unique()), models)
    handles = {name: Line2D([], [], label=label(name), **_style(name)) for name in names}
    set_legend(top, handles, min(len(handles), 5), loc="outside upper center")

    joins, mutations = bottom.subplots(1, 2)
    for axes, metric in ((joins, "joins_ratio"), (mutations, "mutations_ratio")):
        dots(axes, metrics, metric, models, log_beyond=4)
        axes.axvline(1, color=REAL, linewidth=0.6, zorder=0.4)
    n = f" (n = {int(classes['n'].max()):,} haplotypes)" if len(classes) else ""
    joins.set_xlabel(f"Joins, AGs / real{n}")
    mutations.set_xlabel("Mutations, AGs / real")
    mutations.tick_params(labelleft=False)
    panel_letters([*panels, joins, mutations])
    return figure


def _style(name: str) -> dict:
    return CONTROLS.get(name) or {"color": model_colours([name])[name], "marker": "o", "markersize": 3}


def _ratios(axes: Axes, rows: pd.DataFrame, names: list[str]) -> None:
    """Draw the ratio of every class, one line per set, at the mean over seeds."""
    axes.axhline(1, color=REAL, linewidth=0.6, zorder=0.4)
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter(NullFormatter())
    bounds = sorted({*rows[["low", "high"]].itertuples(index=False, name=None)})
    for name in names:
        means = rows[rows["model"] == name].groupby(["low", "high"])["ratio"].mean().reindex(bounds)
        with marks_of(name, axes):
            axes.plot(np.arange(len(bounds)), means.to_numpy(), **_style(name))
    axes.set_xticks(range(len(bounds)), [_class_text(low, high) for low, high in bounds])
    axes.margins(x=0.1)


def _class_text(low: float, high: float) -> str:
    """Return a class of frequencies in per cent, or of whole numbers below `high`."""
    if not np.isfinite(high):
        return f"{low:g}+"
    if high < 1:
        return f"{100 * low:g}–{100 * high:g}"
    return f"{low:g}" if high == low + 1 else f"{low:g}–{high - 1:g}"
