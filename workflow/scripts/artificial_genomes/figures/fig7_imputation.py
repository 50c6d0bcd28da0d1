"""Figure 7: imputation with and without AGs in the reference panel."""

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
    separate_classes,
)
from artificial_genomes.figures.sets import Input, panel, stack_panels
from artificial_genomes.figures.style import PALE, marks_of, new_figure, panel_letters
from artificial_genomes.imputation.tables import BASE, GAIN_COLUMNS

INPUTS = {"gains": Input("gains of all panels of the first program", lambda paths: read_tsv(paths[0], GAIN_COLUMNS))}


def numbers(gains: pd.DataFrame) -> pd.DataFrame:
    """Return what the figure shows: values and gains by bin of minor allele frequency, and over rare and all sites.

    Parameters
    ----------
    gains
        `imputation.tables.GAIN_COLUMNS` of one program.
    """
    gains = gains[gains["panel"].isin(main_panels(gains["panel"].unique()))].rename(columns={"panel": "panel_added"})
    r2 = gains[gains["measure"] == "r2"]
    return stack_panels(
        by_maf=r2[(r2["axis"] == "maf") & (r2["n_sites"] > 0)],
        overall=r2[r2["axis"].isin(("rare", "all")) & (r2["panel_added"] != BASE)],
        quality=gains[gains["measure"].eq("quality") & gains["axis"].eq("rare") & (gains["panel_added"] != BASE)],
    )


def draw(numbers: pd.DataFrame) -> Figure:
    """Draw the figure from its numbers."""
    by_maf, overall, quality = (panel(numbers, name) for name in ("by_maf", "overall", "quality"))
    panels = list(by_maf["panel_added"].unique())
    added = [name for name in panels if name != BASE]
    bins = by_maf.drop_duplicates("low").sort_values("low")
    lows = bins["low"].to_numpy()
    figure = new_figure(height=7.4)
    top, middle, bottom = figure.subfigures(3, 1, height_ratios=[2.5, 2.2, 2.3], hspace=0.03)
    values, gain = top.subplots(), middle.subplots()
    rows, own = bottom.subplots(1, 2, width_ratios=[3, 2])

    _values(values, by_maf, panels, lows)
    ranges = [f"{100 * low:g}–{100 * high:g}" for low, high in zip(bins["low"], bins["high"], strict=True)]
    values.set_xticks(range(len(bins)), [f"{t}\n{int(n):,}" for t, n in zip(ranges, bins["n_sites"], strict=True)])
    values.set_xlabel("Minor allele frequency in the biobank (%); below: imputed sites")
    values.set_ylabel("True $r^2$ of imputed sites\n(better ↑)")
    panel_legend(figure, panels)
    gain_lines(gain, by_maf, panels, lows)
    gain.set_xticks(range(len(bins)), ranges)
    gain.set_xlabel("Minor allele frequency in the biobank (%)")
    gain.set_ylabel("Gain in true $r^2$ over Real\n(better ↑)")
    forest(rows, overall, added)
    counts = overall.iloc[0]
    n_seeds = int(counts["n_seeds"])
    seeds = f"{n_seeds} seed" + "s" * (n_seeds != 1)
    rows.set_xlabel(f"Gain in true $r^2$ (better →)\n(n = {int(counts['n_people'])} individuals, {seeds})")
    _own_measure(own, overall, quality, added)
    panel_letters([values, gain, rows, own])
    return figure


def _values(axes: Axes, by_maf: pd.DataFrame, panels: list[str], lows: np.ndarray) -> None:
    """Draw r2 of the panels side by side in every bin, with 1.96 standard errors over sites within [0, 1]."""
    shifts = np.linspace(-0.3, 0.3, len(panels)) if len(panels) > 1 else [0.0]
    separate_classes(axes, len(lows))
    for shift, name in zip(shifts, panels, strict=True):
        rows = by_maf[by_maf["panel_added"] == name].sort_values("low")
        x, half, style = np.searchsorted(lows, rows["low"]) + shift, 1.96 * rows["se_sites"], panel_style(name)
        ends = (rows["value"] - half).clip(lower=0), (rows["value"] + half).clip(upper=1)
        with marks_of(added_model(name), axes):
            axes.vlines(x, *ends, color=style["color"], linewidth=1)
            axes.plot(x, rows["value"], linestyle="", **style)


def _own_measure(axes: Axes, overall: pd.DataFrame, quality: pd.DataFrame, panels: list[str]) -> None:
    """Draw the gain in the program's own quality against that in true r2, at rare sites."""
    if "gain" not in quality:  # `panel` leaves out columns without a value
        axes.text(0.5, 0.5, "no site with a minor allele\nfrequency below 5 %", transform=axes.transAxes, ha="center")
        axes.set_axis_off()
        return
    axes.axhline(0, color=PALE, linewidth=0.6, zorder=0)
    axes.axvline(0, color=PALE, linewidth=0.6, zorder=0)
    rare = overall[overall["axis"] == "rare"].set_index("panel_added")["gain"]
    own = quality.set_index("panel_added")["gain"]
    for name in panels:
        with marks_of(added_model(name), axes):
            axes.plot(rare[name], own[name], linestyle="", **panel_style(name))
    ends = [*rare, *own, 0.0]
    margin = 0.1 * (max(ends) - min(ends))
    limits = min(ends) - margin, max(ends) + margin
    axes.plot(limits, limits, color=REAL, linestyle=":", linewidth=0.8, zorder=0)
    axes.set(xlim=limits, ylim=limits, aspect="equal")
    axes.set_xlabel("Gain in true $r^2$, MAF below 5 %")
    axes.set_ylabel("Gain in the program's\nown quality")
