"""Figure 2: allele frequencies and three-point correlations of real and artificial haplotypes."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from artificial_genomes.core.colors import model_colours
from artificial_genomes.core.labels import label
from artificial_genomes.figures.aggregate import cell_counts, number, scatter
from artificial_genomes.figures.panels import (
    dots,
    haplotypes_compared,
    mean_text,
    name_line_ends,
    rows_needed,
    small_multiples,
)
from artificial_genomes.figures.sets import (
    FREQUENCIES,
    GATES,
    METRICS,
    limits_of,
    main_reference,
    metric_rows,
    models_in,
    of_sets,
    panel,
    stack_panels,
)
from artificial_genomes.figures.style import CONTROLS, PALE, belong_to, marks_of, new_figure, panel_letters
from artificial_genomes.statistics.frequencies import RARE_FREQUENCY, pearson

INPUTS = {
    "allele_frequencies": FREQUENCIES,
    "three_point": of_sets("three-point correlations by triplet", ["reference", "gap", "real", "ag"]),
    "metrics": METRICS,
}
OPTIONS = GATES
COLUMNS = 4

BINS = 20
"""Bins per side of the grids in which sites and triplets of a private cohort are counted."""


def numbers(
    allele_frequencies: pd.DataFrame,
    three_point: pd.DataFrame,
    metrics: pd.DataFrame,
    gates: dict | None = None,
    private: bool = False,
) -> pd.DataFrame:
    """Return the scatters of the first seed, and the correlations of all seeds with what gates allow them to be.

    Parameters
    ----------
    allele_frequencies
        model, seed, reference, contig, position, id, real, ag: allele frequencies by site.
    three_point
        model, seed, reference, gap, real, ag: one row per triplet of sites.
    metrics
        Metrics of models and controls.
    gates
        See `limits_of`.
    private
        See `first_seeds`.
    """
    three_point = main_reference(three_point).astype({"gap": str})
    models = models_in(allele_frequencies)
    correlations = three_point.groupby(["model", "seed", "gap"], sort=False)[["real", "ag"]].apply(
        lambda rows: pearson(*rows.to_numpy(float).T)
    )
    metrics = main_reference(metric_rows(metrics, ["af_r", "af_r_rare", "three_point_r"]))
    return stack_panels(
        frequency=first_seeds(allele_frequencies, models, ["contig", "position"], private),
        three_point=first_seeds(three_point, models, ["gap"], private),
        three_point_by_gap=correlations.rename("value").reset_index(),
        metrics=metrics,
        gates=limits_of(metrics, gates),
    )


def first_seeds(table: pd.DataFrame, models: list[str], columns: list[str], private: bool = False) -> pd.DataFrame:
    """Return real and AG values of the first seed of each model.

    Parameters
    ----------
    columns
        Identify the values: sites, or gaps of triplets.
    private
        Count the values in the cells of a grid instead of listing them with `columns`: allele frequencies of known
        sites reveal whether a given individual is among a few test individuals (Homer et al. 2008, PLOS Genet
        4:e1000167).
    """
    table = main_reference(table)
    shown = table["model"].isin(models) & (table["seed"] == table.groupby("model")["seed"].transform("min"))
    if private:
        return cell_counts(table[shown].dropna(subset=["real", "ag"]), ["model", "seed"], BINS, ("real", "ag"))
    return table.loc[shown, ["model", "seed", *columns, "real", "ag"]]


def draw(numbers: pd.DataFrame) -> Figure:
    """Draw the figure from its numbers."""
    frequency, three_point = panel(numbers, "frequency"), panel(numbers, "three_point")
    metrics, by_gap = panel(numbers, "metrics"), panel(numbers, "three_point_by_gap")
    limits = panel(numbers, "gates")
    models = models_in(frequency)
    rows = rows_needed(len(models), COLUMNS)
    heights = [2.0 * rows, 2.0 * rows, 1.9]
    figure = new_figure(height=sum(heights))
    top, middle, bottom = figure.subfigures(3, 1, height_ratios=heights, hspace=0.02)

    above = small_multiples(top, len(models), COLUMNS)
    scatters(above, frequency, models, metrics, {"$r$": "af_r", f"$r$ (real ≤ {RARE_FREQUENCY})": "af_r_rare"})
    top.supxlabel(
        f"Frequency of the alternate allele, real ({number(frequency[frequency['model'] == models[0]]):,} sites, "
        f"n = {haplotypes_compared(metrics):,} haplotypes)",
        fontsize=8,
    )
    top.supylabel("Frequency of the\nalternate allele, AGs", fontsize=8)
    below = small_multiples(middle, len(models), COLUMNS)
    scatters(below, three_point, models, metrics, {"$r$": "three_point_r"})
    middle.supxlabel(
        f"Three-point correlation, real ({number(three_point[three_point['model'] == models[0]]):,} triplets of sites)",
        fontsize=8,
    )
    middle.supylabel("Three-point correlation, AGs", fontsize=8)

    all_sites, rare, gaps = bottom.subplots(1, 3, width_ratios=[3, 3, 4])
    dots(all_sites, metrics, "af_r", models, limits=limits)
    all_sites.set_xlabel("$r$ of frequencies, all sites\nbetter →")
    dots(rare, metrics, "af_r_rare", models, limits=limits)
    rare.tick_params(labelleft=False)
    rare.set_xlabel(f"$r$ of frequencies, real ≤ {RARE_FREQUENCY}\nbetter →")
    for axes in (all_sites, rare):
        axes.xaxis.set_major_locator(MaxNLocator(4))
    _by_gap(gaps, by_gap)
    panel_letters([*above, *below, all_sites, rare, gaps])
    return figure


def scatters(
    panels: list[Axes], points: pd.DataFrame, models: list[str], metrics: pd.DataFrame, shown: dict[str, str]
) -> None:
    """Draw AG against real values, one panel per model, with the diagonal and the metrics `shown` (text: name)."""
    colours = model_colours(models)
    low, high = points[["real", "ag"]].min().min(), points[["real", "ag"]].max().max()
    margin, headroom = 0.05 * (high - low), (0.12 + 0.1 * len(shown)) * (high - low)
    ticks = [tick for tick in MaxNLocator(5).tick_values(low, high) if low - margin <= tick <= high + margin]
    for axes, model in zip(panels, models, strict=True):
        of_model = points[points["model"] == model]
        axes.plot([low, high], [low, high], color=PALE, linewidth=1, zorder=0.5)
        scatter(axes, of_model, colours[model], 4, ("real", "ag"))
        text = "\n".join(f"{name} = {mean_text(metrics, model, metric)}" for name, metric in shown.items())
        axes.text(0.03, 0.99, text, transform=axes.transAxes, ha="left", va="top", fontsize=7)
        axes.set(xlim=(low - margin, high + margin), ylim=(low - margin, high + headroom), title=label(model))
        axes.set(xticks=ticks, yticks=ticks)
        belong_to(model, axes)


def _by_gap(axes: Axes, by_gap: pd.DataFrame) -> None:
    """Draw the correlation by gap: a bold line per model at the mean over seeds, thin lines for the seeds.

    No line leads to triplets of random sites, which have no gap.
    """
    gaps = list(dict.fromkeys(by_gap["gap"].astype(str)))
    table = by_gap.assign(x=by_gap["gap"].astype(str).map({gap: i for i, gap in enumerate(gaps)}))
    colours = model_colours(table["model"].unique())
    is_random = np.array([gap == "random" for gap in gaps])
    for name, of_model in table.groupby("model", sort=False):
        by_seed = of_model.pivot_table(index="x", columns="seed", values="value", dropna=False)
        by_seed = by_seed.reindex(range(len(gaps)))
        mark = {"color": colours[name], "marker": "D" if name in CONTROLS else "o", "markersize": 3}
        with marks_of(name, axes):
            for rows in (by_seed[~is_random], by_seed[is_random]):
                axes.plot(rows.index, rows.mean(axis=1), **mark | CONTROLS.get(name, {}))
                if name not in CONTROLS and by_seed.shape[1] > 1:
                    axes.plot(rows.index, rows, color=colours[name], linewidth=0.5, alpha=0.6)
    # On a line of its own, since its neighbor may have four digits.
    axes.set_xticks(range(len(gaps)), ["\nrandom" if gap == "random" else gap for gap in gaps])
    axes.set_xlabel("Gap between three sites (in sites)")
    axes.set_ylabel("Three-point $r$\n(better ↑)")
    ends = table[table["x"] == len(gaps) - 1].groupby("model", sort=False)["value"].mean()
    name_line_ends(axes, ends, len(gaps) - 1)
