"""Figure 1: principal components of real and artificial haplotypes."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from scipy.ndimage import gaussian_filter

from artificial_genomes.core.colors import model_colours
from artificial_genomes.core.labels import label
from artificial_genomes.figures.aggregate import (
    HAPLOTYPES_MIN,
    binned,
    number,
    populations,
    scatter,
    scatter_populations,
)
from artificial_genomes.figures.panels import dots, haplotypes_compared, mean_text, rows_needed
from artificial_genomes.figures.sets import (
    GATES,
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
    PALE,
    belong_to,
    new_figure,
    panel_letters,
    superpopulation_colours,
    superpopulation_legend,
)

INPUTS = {"pca": PCA, "pca_variance": PCA_VARIANCE, "metrics": METRICS}
OPTIONS = GATES
COLUMNS = 4
SQUARE = 1.75  # inches per side of a panel
INSIDE = 0.8  # share of a superpopulation within its outline


def numbers(
    pca: pd.DataFrame,
    pca_variance: pd.DataFrame,
    metrics: pd.DataFrame,
    gates: dict | None = None,
    private: bool = False,
) -> pd.DataFrame:
    """Return the points, the variance explained, the Wasserstein distances and what a gate allows them to be.

    Parameters
    ----------
    pca
        set, superpopulation, pc1, pc2: scores of the real haplotypes and of all AG sets of the dataset.
    pca_variance
        axis, explained.
    metrics
        Metrics of models and controls (model, seed, reference, metric, value, ...).
    gates
        See `limits_of`.
    private
        Whether points are counted in cells, so that no individual can be identified.
    """
    points = points_of(pca, models_in(metrics))
    if private:
        points = binned(points, ["model", "superpopulation"])
    wasserstein = main_reference(metric_rows(metrics, ["pca_w1_mean"]))
    return stack_panels(
        points=points,
        explained=first_axes(pca_variance),
        wasserstein=wasserstein,
        gates=limits_of(wasserstein, gates),
    )


def draw(numbers: pd.DataFrame) -> Figure:
    """Draw the figure from its numbers."""
    points, wasserstein = panel(numbers, "points"), panel(numbers, "wasserstein")
    explained = panel(numbers, "explained").iloc[0]
    models = models_in(points)
    colours = model_colours(models)
    low, high, shape = limits_of_clouds(points, above=2.5)  # room for a text
    rows = rows_needed(len(models) + 2, COLUMNS)
    columns = rows_needed(len(models) + 2, rows)
    figure = new_figure(height=(SQUARE * shape + 0.25) * rows + 0.85)
    grid = figure.subplots(rows, columns, squeeze=False)
    clouds, strip = list(grid.flat[: len(models) + 1]), grid[-1, -1]
    for axes in grid.flat[len(clouds) : -1]:
        axes.remove()
    real = points[points["model"] == "real"]

    real_cloud(clouds[0], real)
    for axes, model in zip(clouds[1:], models, strict=True):
        artificial = points[points["model"] == model]
        model_cloud(axes, real, artificial, colours[model])
        belong_to(model, axes)
        axes.set_title(f"{label(model)}, n = {number(artificial):,}")
        text = f"$W_1$ = {mean_text(wasserstein, model, 'pca_w1_mean')}"
        axes.text(0.97, 0.97, text, transform=axes.transAxes, ha="right", va="top", fontsize=7)
    for i, axes in enumerate(clouds):
        axes.set(xlim=(low["pc1"], high["pc1"]), ylim=(low["pc2"], high["pc2"]), aspect="equal")
        is_lowest, is_first = i + columns >= len(clouds), i % columns == 0
        axes.tick_params(labelbottom=is_lowest, labelleft=is_first)
        if is_lowest:
            axes.set_xlabel(f"PC1 ({explained['pc1']:.1%} of variance)")
        if is_first:
            axes.set_ylabel(f"PC2 ({explained['pc2']:.1%} of variance)")
    strip.yaxis.tick_right()  # on the left, names would part the columns of clouds
    dots(strip, wasserstein, "pca_w1_mean", models, log_beyond=20, limits=panel(numbers, "gates"))
    n = haplotypes_compared(wasserstein)
    strip.set_xlabel(f"← better: $W_1$ to test individuals\n(PC units, mean of axes, n = {n:,} each)", fontsize=7)
    if "count" in points:
        figure.supxlabel(f"Marks count at least {HAPLOTYPES_MIN} haplotypes; others are not shown", fontsize=7)
    superpopulation_legend(figure, populations(real))
    panel_letters([*clouds, strip])
    return figure


def limits_of_clouds(points: pd.DataFrame, above: float = 1.0) -> tuple[pd.Series, pd.Series, float]:
    """Return lower and upper limits of the axes of clouds, and height by width of a panel with equal units.

    Above the points, the margin is `above` times that of the other sides.
    """
    low, high = points[["pc1", "pc2"]].min(), points[["pc1", "pc2"]].max()
    margin = 0.06 * (high - low)
    low, high = low - margin, high + margin * [1, above]
    span = high - low
    return low, high, float(np.clip(span["pc2"] / span["pc1"], 0.6, 1.2))


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
        lines = axes.contour(x, y, density.T, levels=[level], colors=[colours[name]], linewidths=1.1)
        belong_to("real", lines)
        lines.set(path_effects=[withStroke(linewidth=2.2, foreground="white")])
