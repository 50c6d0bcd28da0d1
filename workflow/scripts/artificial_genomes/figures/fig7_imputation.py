"""Figure 7: imputation with and without AGs in the reference panel."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from artificial_genomes.figures.sets import metric_rows, panel, stack_panels
from artificial_genomes.labels import label
from artificial_genomes.plotting import CONTROLS, PALE, REAL, model_colours, new_figure, panel_letters

BASE = "real"
CEILING = "real+biobank"
GAINS = {"imputation_r2_rare_gain": "MAF below 5 %", "imputation_r2_gain": "all imputed sites"}


def numbers(bins: pd.DataFrame, metrics: pd.DataFrame) -> pd.DataFrame:
    """Return r2 by MAF bin and panel, and the gains against the panel of real people alone.

    Parameters
    ----------
    bins
        model (the panel), seed, maf_low, maf_high, n_sites, r2_mean, r2_se, dr2_mean.
    metrics
        Metrics of the panels.
    """
    base = bins[bins["model"] == BASE].set_index(["seed", "maf_low"])["r2_mean"]
    keys = pd.MultiIndex.from_frame(bins[["seed", "maf_low"]])
    shown = bins[["model", "seed", "maf_low", "maf_high", "n_sites", "r2_mean", "r2_se"]].rename(
        columns={"model": "imputation_panel"}
    )
    gains = metric_rows(metrics, list(GAINS)).rename(columns={"model": "imputation_panel"})
    return stack_panels(
        r2=shown.assign(gain=bins["r2_mean"].to_numpy() - base.reindex(keys).to_numpy()),
        gain=gains[gains["imputation_panel"] != BASE],
    )


def draw(numbers: pd.DataFrame) -> Figure:
    """Draw the figure from its numbers."""
    r2, gain = panel(numbers, "r2"), panel(numbers, "gain")
    r2 = r2[r2["n_sites"] > 0]
    heights = [2.6, 2.2]
    figure = new_figure(height=sum(heights))
    above, below = figure.subfigures(2, 1, height_ratios=heights, hspace=0.03)
    top = above.subplots()
    by_bin, overall = below.subplots(1, 2, width_ratios=[7, 5])

    names = list(r2["imputation_panel"].unique())
    bins = r2.drop_duplicates("maf_low").sort_values("maf_low")
    ranges = [f"{100 * row.maf_low:g}–{100 * row.maf_high:g}" for row in bins.itertuples()]
    _r2(top, r2, names, bins["maf_low"].to_numpy())
    counts = [f"{text}\nn = {int(n):,}" for text, n in zip(ranges, bins["n_sites"], strict=True)]
    top.set_xticks(range(len(bins)), counts)
    top.set_xlabel("Minor allele frequency in the biobank (%); n imputed sites")
    top.set_ylabel("True $r^2$ of imputed sites")
    top.legend(ncols=len(names), loc="lower right", bbox_to_anchor=(1.0, 1.0), columnspacing=1.2)

    _gain_by_bin(by_bin, r2, names, bins["maf_low"].to_numpy())
    by_bin.set_xticks(range(len(bins)), ranges, fontsize=6)
    by_bin.set_xlabel("Minor allele frequency in the biobank (%)")
    by_bin.set_ylabel("Gain in $r^2$ over Real")
    _overall_gain(overall, gain)
    panel_letters([top, by_bin, overall])
    return figure


def _style(name: str) -> dict:
    """Return colour and marker of an imputation panel: that of the model it adds; the ceiling has its own."""
    if name == CEILING:
        return {"color": CONTROLS["ceiling"]["color"], "marker": "D", "markerfacecolor": "white", "markersize": 4}
    model = name.removeprefix(f"{BASE}+")
    return {"color": model_colours([model])[model], "marker": "o", "markersize": 4}


def _name(name: str) -> str:
    return "Real + biobank (ceiling)" if name == CEILING else label(name)


def _r2(axes: Axes, r2: pd.DataFrame, names: list[str], bins: np.ndarray) -> None:
    """Draw r2 of each panel side by side in every bin: the mean over seeds and 1.96 standard errors over sites."""
    shifts = np.linspace(-0.28, 0.28, len(names)) if len(names) > 1 else [0.0]
    for edge in np.arange(0.5, len(bins) - 1):
        axes.axvline(edge, color=PALE, linewidth=0.5)
    for shift, name in zip(shifts, names, strict=True):
        by_bin = r2[r2["imputation_panel"] == name].groupby("maf_low")[["r2_mean", "r2_se"]].mean()
        x = np.searchsorted(bins, by_bin.index) + shift
        half = 1.96 * by_bin["r2_se"]
        style = _style(name)
        axes.vlines(x, by_bin["r2_mean"] - half, by_bin["r2_mean"] + half, color=style["color"], linewidth=1)
        axes.plot(x, by_bin["r2_mean"], linestyle="", label=_name(name), **style)


def _gain_by_bin(axes: Axes, r2: pd.DataFrame, names: list[str], bins: np.ndarray) -> None:
    """Draw the gain over the base panel: lines through the mean over seeds, faint points for seeds."""
    axes.axhline(0, color=REAL, linewidth=0.8, zorder=0.5)
    for name in names:
        if name == BASE:
            continue
        of_panel = r2[r2["imputation_panel"] == name]
        mean = of_panel.groupby("maf_low")["gain"].mean()
        style = _style(name)
        axes.plot(np.searchsorted(bins, mean.index), mean, linestyle="--" if name == CEILING else "-", **style)
        if of_panel["seed"].nunique() > 1:
            x = np.searchsorted(bins, of_panel["maf_low"])
            axes.plot(x, of_panel["gain"], "o", color=style["color"], markersize=2, alpha=0.5)


def _overall_gain(axes: Axes, gain: pd.DataFrame) -> None:
    """Draw the gain of each panel with its interval: rare sites filled, all sites hollow, a mark a seed."""
    names = list(gain["imputation_panel"].unique())
    axes.axvline(0, color=REAL, linewidth=0.8, zorder=0.5)
    for height, name in enumerate(names):
        colour = _style(name)["color"]
        for metric, offset, face in zip(GAINS, (-0.16, 0.16), (colour, "white"), strict=True):
            rows = gain[(gain["imputation_panel"] == name) & (gain["metric"] == metric)]
            shifts = np.linspace(-0.08, 0.08, len(rows)) if len(rows) > 1 else np.zeros(len(rows))
            intervals = rows.reindex(columns=["ci_low", "ci_high"]).to_numpy(float)
            for value, (low, high), shift in zip(rows["value"], intervals, shifts, strict=True):
                y = height + offset + shift
                axes.plot([low, high], [y, y], color=colour, linewidth=1)
                axes.plot(value, y, "o", markersize=4.5, markerfacecolor=face, markeredgecolor=colour)
    axes.set_yticks(range(len(names)), [f"+ {label(name.removeprefix(f'{BASE}+'))}" for name in names])
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xlabel("Gain in $r^2$ over Real, 95 % interval")
    handles = [
        Line2D([], [], linestyle="", marker="o", markersize=4.5, markeredgecolor=REAL, markerfacecolor=face, label=text)
        for text, face in zip(GAINS.values(), (REAL, "white"), strict=True)
    ]
    axes.legend(handles=handles, ncols=2, loc="lower right", bbox_to_anchor=(1.0, 1.0), handletextpad=0.0)
