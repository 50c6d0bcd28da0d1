"""Figure 1: principal components of real and artificial haplotypes."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.ndimage import gaussian_filter
from sklearn.decomposition import PCA

from artificial_genomes.compare.matching import haplotypes_of
from artificial_genomes.core.haplotypes import Haplotypes
from artificial_genomes.core.labels import label
from artificial_genomes.core.sites import evenly_spread
from artificial_genomes.figures.aggregate import binned, number, populations, scatter, scatter_populations
from artificial_genomes.figures.panels import dots, haplotypes_compared, mean_text, rows_needed, small_multiples
from artificial_genomes.figures.sets import (
    METRICS,
    Input,
    Option,
    main_reference,
    metric_rows,
    models_in,
    panel,
    read_first_genomes,
    read_own_people,
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

INPUTS = {
    "haplotypes": Input("real haplotypes of the dataset", read_own_people),
    "genomes": Input("AGs; the first seed of each model is drawn", read_first_genomes),
    "metrics": METRICS,
}
OPTIONS = {"split": Option("table of the dataset's people: sample ... split", Path)}
COLUMNS = 3
SHOWN = 6000  # haplotypes of a set at the most, of evenly spread people: more are no cloud that the eye could follow
INSIDE = 0.8  # share of a superpopulation within its outline


def combined_pca(real: Haplotypes, artificial: dict[str, np.ndarray], seed: int = 0) -> tuple[pd.DataFrame, np.ndarray]:
    """Project real haplotypes and all AG sets, or a part of large ones, on the two main axes of all of them together.

    Parameters
    ----------
    real
        The people that the AGs stand for.
    artificial
        (n, n_sites) uint8 of each model.
    seed
        Of the randomised solver, which large matrices need.

    Returns
    -------
    points : DataFrame
        model (`real` or a model), superpopulation (of real haplotypes), pc1, pc2; one row a haplotype.
    explained : (2,) float64
        Share of the variance on each axis.
    """
    real = real.take_people(evenly_spread(len(real.people), SHOWN // 2))
    sets = {"real": real.alleles}
    for name, alleles in artificial.items():
        sets[name] = alleles[haplotypes_of(evenly_spread(len(alleles) // 2, SHOWN // 2))]
    pca = PCA(n_components=2, random_state=seed)
    scores = pca.fit_transform(np.concatenate(list(sets.values())).astype(np.float32))
    names = np.repeat(list(sets), [len(alleles) for alleles in sets.values()])
    points = pd.DataFrame({"model": names, "superpopulation": None, "pc1": scores[:, 0], "pc2": scores[:, 1]})
    labels = real.haplotype_labels("superpopulation")
    points.loc[names == "real", "superpopulation"] = np.where(labels == "", None, labels)
    return points, pca.explained_variance_ratio_


def numbers(
    haplotypes: Haplotypes, genomes: dict[str, np.ndarray], metrics: pd.DataFrame, private: bool = False
) -> pd.DataFrame:
    """Return the points, the variance explained and the Wasserstein distances that the figure shows.

    Parameters
    ----------
    haplotypes, genomes
        Real and artificial haplotypes: see `combined_pca`.
    metrics
        Metrics of models and controls (model, seed, reference, metric, value, ...).
    private
        Whether points are counted in cells, so that no person can be told.
    """
    points, explained = combined_pca(haplotypes, genomes)
    if private:
        points = binned(points, ["model", "superpopulation"])
    return stack_panels(
        points=points,
        explained=pd.DataFrame({"pc1": explained[:1], "pc2": explained[1:]}),
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
        cloud(axes, real, PALE)
        cloud(axes, artificial, colours[model])
        outlines(axes, real)
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
    strip.set_xlabel(f"$W_1$ to test people, mean of axes\n(n = {haplotypes_compared(wasserstein):,} each)")
    superpopulation_legend(figure, populations(real))
    panel_letters(panels)
    return figure


def cloud(axes: Axes, points: pd.DataFrame, colour: str | pd.Series) -> None:
    """Draw haplotypes on the first two axes."""
    scatter(axes, points, colour)


def real_cloud(axes: Axes, real: pd.DataFrame) -> None:
    """Draw real haplotypes, coloured by superpopulation."""
    scatter_populations(axes, real)
    axes.set_title(f"Real, n = {number(real):,}")


def outlines(axes: Axes, real: pd.DataFrame) -> None:
    """Outline where most haplotypes of each superpopulation lie: the densest bins of a smoothed histogram."""
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
