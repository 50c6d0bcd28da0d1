"""Figure 1: principal components of real and artificial haplotypes."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.ndimage import gaussian_filter

from artificial_genomes.core.labels import label
from artificial_genomes.figures.aggregate import binned, number, populations, scatter, scatter_populations
from artificial_genomes.figures.panels import dots, haplotypes_compared, mean_text, rows_needed, small_multiples
from artificial_genomes.figures.sets import (
    METRICS,
    PCA,
    PCA_VARIANCE,
    first_axes,
    main_reference,
    metric_rows,
    models_in,
    panel,
    points_of,
    stack_panels,
)
from artificial_genomes.figures.style import (
    PALE,
    model_colours,
    new_figure,
    panel_letters,
    superpopulation_colours,
    superpopulation_legend,
)

INPUTS = {"pca": PCA, "pca_variance": PCA_VARIANCE, "metrics": METRICS}
COLUMNS = 3
INSIDE = 0.8  # share of a superpopulation within its outline


def numbers(
    pca: pd.DataFrame, pca_variance: pd.DataFrame, metrics: pd.DataFrame, private: bool = False
) -> pd.DataFrame:
    """Return the points, the variance explained and the Wasserstein distances that the figure shows.

    Parameters
    ----------
    pca
        set, superpopulation, pc1, pc2: scores of the real haplotypes and of all AG sets of the dataset.
    pca_variance
        axis, explained.
    metrics
        Metrics of models and controls (model, seed, reference, metric, value, ...).
    private
        Whether points are counted in cells, so that no individual can be identified.
    """
    points = points_of(pca, models_in(metrics))
    if private:
        points = binned(points, ["model", "superpopulation"])
    return stack_panels(
        points=points,
        explained=first_axes(pca_variance),
        wasserstein=main_reference(metric_rows(metrics, ["pca_w1_mean"])),
    )


def draw(numbers: pd.DataFrame) -> Figure:
    """Draw the figure from its numbers."""
    points, wasserstein = panel(numbers, "points"), panel(numbers, "wasserstein")
    explained = panel(numbers, "explained").iloc[0]
    models = models_in(points)
    colours = model_colours(models)
    figure = new_figure(height=2.35 * rows_needed(len(models) + 2, COLUMNS) + 0.25)
    panels = small_multiples(figure, len(models) + 2, COLUMNS, share=False)
    clouds, strip = panels[:-1], panels[-1]
    real = points[points["model"] == "real"]

    real_cloud(clouds[0], real)
    for axes, model in zip(clouds[1:], models, strict=True):
        artificial = points[points["model"] == model]
        model_cloud(axes, real, artificial, colours[model])
        axes.set_title(f"{label(model)}, n = {number(artificial):,}")
        text = f"$W_1$ = {mean_text(wasserstein, model, 'pca_w1_mean')}"
        axes.text(0.97, 0.97, text, transform=axes.transAxes, ha="right", va="top")
    low, high = points[["pc1", "pc2"]].min(), points[["pc1", "pc2"]].max()
    margin = 0.06 * (high - low)
    for i, axes in enumerate(clouds):
        axes.set_xlim(low["pc1"] - margin["pc1"], high["pc1"] + margin["pc1"])
        axes.set_ylim(low["pc2"] - margin["pc2"], high["pc2"] + 2 * margin["pc2"])
        axes.set_xlabel(f"PC1 ({explained['pc1']:.1%} of variance)")
        if i % COLUMNS == 0:
            axes.set_ylabel(f"PC2 ({explained['pc2']:.1%} of variance)")
    dots(strip, wasserstein, "pca_w1_mean", models, log_beyond=20)
    strip.set_xlabel(f"$W_1$ to test individuals, mean of axes\n(n = {haplotypes_compared(wasserstein):,} each)")
    superpopulation_legend(figure, populations(real))
    panel_letters(panels)
    return figure


def real_cloud(axes: Axes, real: pd.DataFrame) -> None:
    """Draw real haplotypes, colored by superpopulation."""
    scatter_populations(axes, real)
    axes.set_title(f"Real, n = {number(real):,}")


def model_cloud(axes: Axes, real: pd.DataFrame, artificial: pd.DataFrame, colour: str) -> None:
    """Draw the AGs of a model over real haplotypes, with the outlines of these."""
    scatter(axes, real, PALE)
    scatter(axes, artificial, colour)
    outlines(axes, real)


def outlines(axes: Axes, real: pd.DataFrame) -> None:
    """Outline the region of most haplotypes of each superpopulation: the densest bins of a smoothed histogram."""
    if "superpopulation" not in real:  # no haplotype has a label
        return
    colours = superpopulation_colours(real["superpopulation"].dropna())
    edges = [np.linspace(real[name].min() - 1, real[name].max() + 1, 121) for name in ("pc1", "pc2")]
    x, y = ((edge[:-1] + edge[1:]) / 2 for edge in edges)
    for name, of_population in real.groupby("superpopulation"):
        weights = of_population.get("count")
        counts, _, _ = np.histogram2d(of_population["pc1"], of_population["pc2"], bins=edges, weights=weights)
        density = gaussian_filter(counts, 3)
        ordered = np.sort(density.ravel())[::-1]
        level = ordered[np.searchsorted(np.cumsum(ordered), INSIDE * ordered.sum())]
        axes.contour(x, y, density.T, levels=[level], colors=[colours[name]], linewidths=1.1)
