"""Comparison of some models: variants of one kind, or a model and its comparators."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from artificial_genomes.core.colors import REAL, model_colours
from artificial_genomes.core.labels import label
from artificial_genomes.figures.aggregate import binned, number, populations
from artificial_genomes.figures.fig1_pca import model_cloud, real_cloud
from artificial_genomes.figures.fig2_frequencies import first_seeds, scatters
from artificial_genomes.figures.fig3_ld import DECAY_COLUMNS, decay_lines, draw_decay
from artificial_genomes.figures.fig4_distances import PEAK, histograms
from artificial_genomes.figures.fig5_privacy import PARTS, draw_parts
from artificial_genomes.figures.panels import (
    dots,
    haplotypes_compared,
    mean_text,
    rows_needed,
    small_multiples,
    with_controls,
)
from artificial_genomes.figures.sets import (
    DISTANCES,
    FREQUENCIES,
    GATES,
    LD_DECAY,
    METRICS,
    PCA,
    PCA_VARIANCE,
    first_axes,
    limits_of,
    main_reference,
    metric_rows,
    models_in,
    panel,
    points_of,
    stack_panels,
)
from artificial_genomes.figures.style import (
    CONTROLS,
    PALE,
    belong_to,
    marks_of,
    new_figure,
    panel_letters,
    set_legend,
    superpopulation_legend,
)

INPUTS = {
    "pca": PCA,
    "pca_variance": PCA_VARIANCE,
    "allele_frequencies": FREQUENCIES,
    "ld_decay": LD_DECAY,
    "distances": DISTANCES,
    "metrics": METRICS,
}
OPTIONS = GATES
COLUMNS = 4
SHORT_NAME = 12
"""Number of letters of a name that fit into the title of a panel next to n."""

METRICS = {
    "af_r": "$r$ of frequencies\nbetter →",
    "ld_r2_r": "$r$ of LD\nbetter →",
    "three_point_r": "Three-point $r$\nbetter →",
    "pca_w1_mean": "$W_1$ of PCA\n(PC units)\n← better",
    "distance_within_w1": "$W_1$ of distances\nwithin AGs (sites)\n← better",
    "privacy_loss": "Privacy loss\n← better",
}
COMPARISONS = {"within_ag": "within AGs", "between": "AGs to real"}


def numbers(
    pca: pd.DataFrame,
    pca_variance: pd.DataFrame,
    allele_frequencies: pd.DataFrame,
    ld_decay: pd.DataFrame,
    distances: pd.DataFrame,
    metrics: pd.DataFrame,
    gates: dict | None = None,
    private: bool = False,
) -> pd.DataFrame:
    """Return the points of a PCA, frequencies, LD by distance, distances, AATS parts and the metrics that are drawn.

    Parameters
    ----------
    pca
        set, superpopulation, pc1, pc2: scores of the real haplotypes and of all AG sets of the dataset with its sites.
    pca_variance
        axis, explained.
    allele_frequencies
        model, seed, reference, position, real, ag: allele frequencies by site.
    ld_decay
        model, seed, reference, start_bp, end_bp, pairs, real, ag.
    distances
        model, seed, reference, comparison, distance, count.
    metrics
        Metrics of controls and models, including models with their own sites.
    gates
        See `limits_of`.
    private
        Whether points and sites are counted in cells, so that no individual can be identified.
    """
    points = points_of(pca, models_in(allele_frequencies))
    if private:
        points = binned(points, ["model", "superpopulation"])
    # The privacy loss is about test and training individuals at once.
    shown = pd.concat(
        [
            main_reference(metric_rows(metrics, [name for name in METRICS if name != "privacy_loss"])),
            metric_rows(metrics, ["privacy_loss"]),
        ]
    )
    parts = metric_rows(metrics, list(PARTS))
    return stack_panels(
        points=points,
        explained=first_axes(pca_variance),
        frequency=first_seeds(allele_frequencies, models_in(allele_frequencies), ["contig", "position"], private),
        decay=decay_lines(ld_decay),
        histogram=histograms(distances),
        parts=parts,
        metrics=shown,
        gates=limits_of(pd.concat([shown, main_reference(parts)]), gates),
    )


def draw(numbers: pd.DataFrame) -> Figure:
    """Draw the figure from its numbers."""
    points, frequency, decay, histogram, parts, metrics = (
        panel(numbers, name) for name in ("points", "frequency", "decay", "histogram", "parts", "metrics")
    )
    explained, limits = panel(numbers, "explained").iloc[0], panel(numbers, "gates")
    matched, models = models_in(points), models_in(metrics)
    cloud_rows, scatter_rows = rows_needed(len(matched) + 1, COLUMNS), rows_needed(len(matched), COLUMNS)
    heights = [1.95 * cloud_rows + 0.25, 1.95 * scatter_rows, 2.7, 2.1, 1.05 + 0.17 * (len(models) + 2)]
    figure = new_figure(height=sum(heights))
    first, second, third, fourth, fifth = figure.subfigures(5, 1, height_ratios=heights, hspace=0.02)

    clouds = _clouds(first, points, explained, matched, metrics)
    above = small_multiples(second, len(matched), COLUMNS)
    scatters(above, frequency, matched, metrics, {"$r$": "af_r"})
    n = haplotypes_compared(metrics)
    n_sites = number(frequency[frequency["model"] == matched[0]])
    second.supxlabel(f"Frequency of the alternate allele, real ({n_sites:,} sites, n = {n:,} haplotypes)", fontsize=8)
    second.supylabel("Frequency of the\nalternate allele, AGs", fontsize=8)

    lines, shares = third.subplots(1, 2, width_ratios=[6, 5])
    set_legend(third, draw_decay(lines, decay, models), DECAY_COLUMNS + 2, loc="outside upper center")
    draw_parts(shares, parts, with_controls(list(parts["model"].unique()), models_in(parts)), limits)
    shares.xaxis.label.set_fontsize(7)
    curves = fourth.subplots(1, 2, sharey=True)
    _distances(curves, histogram, models)
    curves[0].set_ylabel("Fraction of pairs")
    fourth.supxlabel(f"Sites that differ between two haplotypes (n = {n:,} per set)", fontsize=8)
    _distance_legend(fourth, models)

    strips = fifth.subplots(1, len(METRICS))
    for i, (axes, (metric, title)) in enumerate(zip(strips, METRICS.items(), strict=True)):
        dots(axes, metrics, metric, models, log_beyond=20 if "w1" in metric else None, limits=limits)
        axes.tick_params(labelleft=i == 0)
        if axes.get_xscale() == "linear":
            axes.xaxis.set_major_locator(MaxNLocator(3))
        axes.set_xlabel(title, fontsize=7)
    strips[-1].axvline(0, color=PALE, linewidth=4, zorder=0.3)
    panel_letters([*clouds, *above, lines, shares, *curves, *strips])
    return figure


def _clouds(
    figure: SubFigure, points: pd.DataFrame, explained: pd.Series, models: list[str], metrics: pd.DataFrame
) -> list[Axes]:
    """Draw real haplotypes and the AGs of every model on the axes of all of them together."""
    clouds = small_multiples(figure, len(models) + 1, COLUMNS)
    real, colours = points[points["model"] == "real"], model_colours(models)
    real_cloud(clouds[0], real)
    for axes, model in zip(clouds[1:], models, strict=True):
        artificial = points[points["model"] == model]
        model_cloud(axes, real, artificial, colours[model])
        belong_to(model, axes)
        # A long name next to n would overlap the letter of the panel.
        between = ", " if len(label(model)) <= SHORT_NAME else "\n"
        axes.set_title(f"{label(model)}{between}n = {number(artificial):,}")
        text = f"$W_1$ = {mean_text(metrics, model, 'pca_w1_mean')}"
        axes.text(0.97, 0.97, text, transform=axes.transAxes, ha="right", va="top", fontsize=7)
    figure.supxlabel(f"PC1 ({explained['pc1']:.1%} of variance)", fontsize=8)
    figure.supylabel(f"PC2 ({explained['pc2']:.1%})", fontsize=8)
    superpopulation_legend(figure, populations(real))
    return clouds


def _distances(panels: list[Axes], histogram: pd.DataFrame, models: list[str]) -> None:
    """Draw distances within AGs and from AGs to real haplotypes, one line per model and seed, over the real ones."""
    colours = model_colours(models)
    width = int((histogram["bin_end"] - histogram["bin_start"]).iloc[0])
    edges = np.arange(histogram["bin_start"].min(), histogram["bin_end"].max() + 1, width)

    def heights(rows: pd.DataFrame) -> np.ndarray:
        return rows.set_index("bin_start")["fraction"].reindex(edges[:-1], fill_value=0).to_numpy()

    real = histogram[(histogram["comparison"] == "within_real") & (histogram["model"] == models[0])]
    real = real[real["seed"] == real["seed"].iloc[0]]
    for axes, (comparison, title) in zip(panels, COMPARISONS.items(), strict=True):
        axes.stairs(heights(real), edges, color=REAL, alpha=0.3, fill=True)
        chosen = histogram[histogram["comparison"] == comparison]
        for name in [*reversed(CONTROLS), *models]:
            style = CONTROLS.get(name, {"color": colours.get(name), "linewidth": 1.1})
            with marks_of(name, axes):
                for _, of_seed in chosen[chosen["model"] == name].groupby("seed"):
                    axes.stairs(heights(of_seed), edges, **style)
        axes.set_title(title)
    shown = histogram.loc[histogram["fraction"] > 2e-4, ["bin_start", "bin_end"]]
    for axes in panels:
        axes.set_xlim(max(0, shown["bin_start"].min()), shown["bin_end"].max())
    panels[0].set_ylim(0, min(1.05 * histogram["fraction"].max(), PEAK * real["fraction"].max()))


def _distance_legend(figure: SubFigure, models: list[str]) -> None:
    colours = model_colours(models)
    handles = {"real": Patch(color=REAL, alpha=0.3, linewidth=0, label="Real")}
    handles |= {name: Line2D([], [], color=colours[name], label=label(name)) for name in models}
    handles |= {name: Line2D([], [], label=label(name), **style) for name, style in CONTROLS.items()}
    set_legend(figure, handles, min(len(handles), 7), loc="outside upper center")
