"""Figure S9: where AGs help imputation: rare classes, number of AGs, calibration, programs."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from artificial_genomes.core.colors import REAL
from artificial_genomes.core.tables import read_tsv
from artificial_genomes.figures.imputation_panels import (
    added_model,
    forest,
    gain_lines,
    main_panels,
    panel_legend,
    panel_style,
)
from artificial_genomes.figures.sets import Input, of_sets, panel, stack_panels
from artificial_genomes.figures.style import marks_of, new_figure, panel_letters
from artificial_genomes.imputation.tables import BASE, CALIBRATION_COLUMNS, GAIN_COLUMNS


def read_gains(paths: Sequence[Path]) -> pd.DataFrame:
    """Return the concatenated gains of several programs, each from a folder of its name, with a column `tool`."""
    gains = [read_tsv(path, GAIN_COLUMNS).assign(tool=path.absolute().parent.name) for path in paths]
    return pd.concat(gains, ignore_index=True)


INPUTS = {
    "gains": Input("gains of all panels of each program: .../tool/gains.tsv", read_gains),
    "calibration": of_sets("calibration of the panels of the first program", CALIBRATION_COLUMNS),
}

CLASS_SITES_MIN = 10
"""Minimum number of sites of a class of minor allele counts: with fewer, it describes single sites."""

TITLES = {"beagle": "Beagle", "minimac4": "Minimac4", "impute5": "IMPUTE5", "impute2": "IMPUTE2"}


def numbers(gains: pd.DataFrame, calibration: pd.DataFrame) -> pd.DataFrame:
    """Return what the figure shows.

    Parameters
    ----------
    gains
        tool and `imputation.tables.GAIN_COLUMNS`, of all programs, the first one first.
    calibration
        model (the panel), seed and `imputation.tables.CALIBRATION_COLUMNS`, of the first program.
    """
    gains = gains[gains["measure"] == "r2"].rename(columns={"panel": "panel_added"})
    main = gains["panel_added"].isin(main_panels(gains["panel_added"].unique())) & (gains["panel_added"] != BASE)
    first = gains["tool"] == gains["tool"].iloc[0]
    rare = gains["axis"] == "rare"
    sizes = gains[first & rare & gains["panel_added"].str.startswith(f"{BASE}+")]
    sizes = sizes.assign(ags=sizes["panel_added"].str.partition("@")[2].replace("", "all"))
    sized = {added_model(name) for name in sizes["panel_added"] if "@" in name}
    calibration = calibration[
        (calibration["kind"] == "quality") & calibration["model"].isin(main_panels(calibration["model"]))
    ]
    several = gains["tool"].nunique() > 1
    return stack_panels(
        by_mac=gains[first & main & (gains["axis"] == "mac") & (gains["n_sites"] >= CLASS_SITES_MIN)],
        by_size=sizes[sizes["panel_added"].map(added_model).isin(sized)],
        quality=calibration.rename(columns={"model": "panel_added"}),
        tools=gains[main & gains["axis"].isin(("rare", "all"))] if several else gains.iloc[:0],
    )


def draw(numbers: pd.DataFrame) -> Figure:
    """Draw the figure from its numbers."""
    by_mac, by_size, quality, tools = (panel(numbers, name) for name in ("by_mac", "by_size", "quality", "tools"))
    panels = list(by_mac["panel_added"].unique())
    names = list(tools["tool"].unique()) if len(tools) else []
    heights = [2.4, 2.4] + ([0.5 + 0.34 * len(panels)] if names else [])
    figure = new_figure(height=sum(heights))
    parts = figure.subfigures(len(heights), 1, height_ratios=heights, hspace=0.03)
    top = parts[0].subplots()
    columns = 1 + bool(len(by_size))
    middle = parts[1].subplots(1, columns, squeeze=False)[0]

    classes = by_mac.drop_duplicates("low").sort_values("low")
    gain_lines(top, by_mac, panels, classes["low"].to_numpy())
    ranges = [_range(low, high) for low, high in zip(classes["low"], classes["high"], strict=True)]
    top.set_xticks(
        range(len(classes)), [f"{text}\n{int(n):,}" for text, n in zip(ranges, classes["n_sites"], strict=True)]
    )
    top.set_xlabel("Copies of the minor allele in the biobank; below: imputed sites")
    top.set_ylabel("Gain in true $r^2$ over Real\n(better ↑)")
    panel_legend(figure, [BASE, *panels])
    _calibration(middle[0], quality)
    if len(by_size):
        _sizes(middle[1], by_size)
    rows = []
    if names:
        rows = list(parts[2].subplots(1, len(names), squeeze=False, sharex=True)[0])
        for axes, name in zip(rows, names, strict=True):
            forest(axes, tools[tools["tool"] == name], panels)
            axes.set_xlabel(f"Gain in true $r^2$, {TITLES.get(name, name)} (better →)")
            if axes is not rows[-1]:
                axes.get_legend().remove()
    panel_letters([top, *middle, *rows])
    return figure


def _range(low: float, high: float) -> str:
    if not np.isfinite(high):
        return f"{low:g} or more"
    return f"{low:g}" if low == high else f"{low:g}–{high:g}"


def _calibration(axes: Axes, quality: pd.DataFrame) -> None:
    """Draw mean true r2 against the mean of the program's own quality, for sites in ten bins of the latter."""
    axes.plot([0, 1], [0, 1], color=REAL, linestyle=":", linewidth=0.8, zorder=0)
    for name in quality["panel_added"].unique():
        rows = quality[quality["panel_added"] == name]
        weighted = rows.assign(predicted=rows["predicted"] * rows["n"], observed=rows["observed"] * rows["n"])
        sums = weighted.groupby("low")[["predicted", "observed", "n"]].sum()
        with marks_of(added_model(name), axes):
            axes.plot(sums["predicted"] / sums["n"], sums["observed"] / sums["n"], linewidth=0.8, **panel_style(name))
    axes.set_xlabel("Quality by the program itself, mean of sites")
    axes.set_ylabel("True $r^2$, mean of sites")


def _sizes(axes: Axes, by_size: pd.DataFrame) -> None:
    """Draw the gain at rare sites by the number of AGs in the panel."""
    axes.axhline(0, color=REAL, linewidth=0.8, zorder=0.5)
    order = [*sorted({size for size in by_size["ags"].astype(str) if size != "all"}, key=float), "all"]
    for model, rows in by_size.groupby(by_size["panel_added"].map(added_model), sort=False):
        x = rows["ags"].astype(str).map(order.index)
        rows = rows.assign(x=x).sort_values("x")
        style = panel_style(f"{BASE}+{model}")
        with marks_of(model, axes):
            axes.vlines(rows["x"], rows["gain_low"], rows["gain_high"], color=style["color"], linewidth=0.8, alpha=0.6)
            axes.plot(rows["x"], rows["gain"], linewidth=0.8, **style)
    axes.set_xticks(range(len(order)), [f"{float(size):g}" if size != "all" else size for size in order])
    axes.set_xlabel("AGs in the panel")
    axes.set_ylabel("Gain in true $r^2$,\nMAF below 5 % (better ↑)")
    axes.margins(x=0.15)
