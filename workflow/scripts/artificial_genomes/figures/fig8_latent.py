"""Figure 8: the RBM's hidden layer as an encoding of haplotypes."""

from contextlib import nullcontext

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from artificial_genomes.core.colors import REAL, model_colours
from artificial_genomes.core.labels import FEATURES as NAMES
from artificial_genomes.core.labels import feature, label
from artificial_genomes.figures.aggregate import binned, number, populations, scatter, scatter_populations
from artificial_genomes.figures.panels import seed_dots
from artificial_genomes.figures.sets import METRICS, Option, metric_rows, of_sets, panel, stack_panels
from artificial_genomes.figures.style import (
    CONTROLS,
    PALE,
    belong_to,
    marks_of,
    new_figure,
    panel_letters,
    superpopulation_legend,
)

INPUTS = {
    "coordinates": of_sets(
        "main axes of hidden means and genotypes; folders are named after the dataset",
        ["space", "set", "superpopulation", "pc1", "pc2"],
    ),
    "variance": of_sets("variance explained by the axes", ["space", "axis", "explained"]),
    "metrics": METRICS,
}
OPTIONS = {"model": Option("name of the model whose AGs are shown")}
AREA = 2.5
SPACES = {"genotypes": "Alleles", "hidden": "Hidden means"}
FLOOR = "population_accuracy_permuted"
ENDING = "_population_accuracy"
FEATURES = {f"{name}{ENDING}": known.label for name, known in NAMES.items()} | {FLOOR: "Permuted labels"}
"""Metrics in every table, with their names."""


def features_in(metrics: pd.DataFrame) -> dict[str, str]:
    """Return a table's metrics of predicting superpopulations, with their names; the floor comes last."""
    found = list(metrics.loc[metrics["metric"].str.endswith(ENDING), "metric"].unique())
    ordered = [name for name in FEATURES if name in found] + [name for name in found if name not in FEATURES]
    return {name: feature(name.removesuffix(ENDING)).label for name in ordered} | {FLOOR: FEATURES[FLOOR]}


def numbers(
    coordinates: pd.DataFrame, variance: pd.DataFrame, metrics: pd.DataFrame, private: bool = False
) -> pd.DataFrame:
    """Return the points of the first seed and the accuracies of all.

    Parameters
    ----------
    coordinates
        model (of the hidden layer), seed, space (hidden, genotypes), set (train, test, ag), superpopulation, pc1, pc2.
    variance
        model, seed, space, axis, explained.
    metrics
        model, seed, reference, metric, value, ci_low, ci_high, n.
    private
        Whether points are counted in cells, so that no individual can be identified.
    """
    first = coordinates["seed"].min()
    shown = coordinates[coordinates["seed"] == first]
    if private:
        # Each space has its own scale.
        cells = [binned(one, ["model", "seed", "space", "set", "superpopulation"]) for _, one in shown.groupby("space")]
        shown = pd.concat(cells, ignore_index=True)
    return stack_panels(
        points=shown.rename(columns={"model": "dataset"}),
        explained=variance[(variance["seed"] == first) & (variance["axis"] <= 2)].rename(columns={"model": "dataset"}),
        accuracy=metric_rows(metrics, list(features_in(metrics))).rename(columns={"model": "dataset"}),
    )


def draw(numbers: pd.DataFrame, model: str = "rbm") -> Figure:
    """Draw the figure from its numbers; `model` names the AGs."""
    points, explained, accuracy = (panel(numbers, name) for name in ("points", "explained", "accuracy"))
    figure = new_figure(height=5.3)
    grid = figure.add_gridspec(2, 2, height_ratios=[1, 1])
    panels = [figure.add_subplot(grid[i // 2, i % 2]) for i in range(4)]
    real = points[points["set"].isin(["train", "test"])]
    for axes, space in zip(panels[:2], SPACES, strict=True):
        scatter_populations(axes, real[real["space"] == space], area=AREA)
        axes.set_title(f"{SPACES[space]}, real (n = {number(real[real['space'] == space]):,})")
    hidden = points[points["space"] == "hidden"]
    _artificial(panels[2], hidden, model)
    for axes, space in zip(panels[:3], [*SPACES, "hidden"], strict=True):
        share = explained[explained["space"] == space].set_index("axis")["explained"]
        axes.set_xlabel(f"PC1 ({share[1]:.1%} of variance)")
        axes.set_ylabel(f"PC2 ({share[2]:.1%} of variance)")
        axes.margins(0.06)
    _accuracy(panels[3], accuracy, model)
    superpopulation_legend(figure, populations(real))
    panel_letters(panels)
    return figure


def _artificial(axes: Axes, hidden: pd.DataFrame, model: str) -> None:
    real, ags = hidden[hidden["set"] != "ag"], hidden[hidden["set"] == "ag"]
    scatter(axes, real, PALE, area=AREA)
    scatter(axes, ags, model_colours([model])[model], area=AREA)
    belong_to(model, axes)
    axes.set_title(f"Hidden means, {label(model)} AGs (n = {number(ags):,})")


def _accuracy(axes: Axes, accuracy: pd.DataFrame, model: str) -> None:
    """Draw one row per kind of features: a bar at the mean over seeds, seeds with intervals; a line at the floor."""
    features = features_in(accuracy)
    axes.axvline(accuracy.loc[accuracy["metric"] == FLOOR, "value"].mean(), zorder=0.5, **CONTROLS["floor"])
    for height, metric in enumerate(features):
        rows = accuracy[accuracy["metric"] == metric]
        mean = rows["value"].mean()
        colour = model_colours([model])[model] if metric == "latent_population_accuracy" else REAL
        with marks_of(model, axes) if colour != REAL else nullcontext():
            seed_dots(axes, rows, height, colour)
            axes.plot([mean] * 2, [height - 0.3, height + 0.3], color=colour, linewidth=1.6)
        axes.text(1.02, height, f"{mean:.3f}", va="center", fontsize=7, transform=axes.get_yaxis_transform())
    axes.set_yticks(range(len(features)), list(features.values()))
    axes.tick_params(axis="y", length=0)
    axes.set(xlim=(0, 1), ylim=(len(features) - 0.4, -0.6))
    axes.set_title("Predicting superpopulations")
    axes.set_xlabel(f"Balanced accuracy (better →),\ntest individuals (n = {int(accuracy['n'].iloc[0]):,})")
