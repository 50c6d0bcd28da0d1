"""Figure S10: what the RBM's hidden layer has learned."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from artificial_genomes.core.colors import REAL, model_colours
from artificial_genomes.figures.aggregate import (
    HAPLOTYPES_MIN,
    binned,
    number,
    populations,
    scatter,
    scatter_populations,
)
from artificial_genomes.figures.sets import Option, of_sets, panel, stack_panels
from artificial_genomes.figures.style import (
    CONTROLS,
    PALE,
    belong_to,
    marks_of,
    new_figure,
    panel_letters,
    superpopulation_colours,
    superpopulation_legend,
)

INPUTS = {
    "spectrum": of_sets("singular values of the weights; folders are named after the dataset", []),
    "modes": of_sets("haplotypes on the modes", []),
    "neighbours": of_sets("maps of neighbors", []),
    "units": of_sets("hidden units", []),
    "prototypes": of_sets("fixed points", []),
    "coordinates": of_sets("main axes", []),
    "chains": of_sets("distances of chains by sweep", []),
    "paths": of_sets("paths of single chains", []),
}
OPTIONS = {"model": Option("name of the model"), "sweeps": Option("number of sweeps that each of its AGs takes", int)}
SPECTRUM_SHOWN = 30
AREA = 2.5
SPACES = {"genotypes": "Neighbors by alleles", "hidden": "Neighbors by hidden means"}
PANELS = ("spectrum", "modes", "neighbours", "units", "prototypes", "points", "chains", "paths")


def numbers(*, private: bool = False, **tables: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that the figure shows, of the first seed.

    Parameters
    ----------
    tables
        By title, tables of `latent.explore` with leading columns model (the dataset) and seed: spectrum, modes,
        neighbours, units, prototypes, coordinates, chains, paths.
    private
        Whether haplotypes are counted in cells, and prototypes with few haplotypes (converging or equal) are left out,
        so that no individual can be identified.
    """
    first = {
        title: table[table["seed"] == table["seed"].min()].rename(columns={"model": "dataset"})
        for title, table in tables.items()
    }
    real = first["modes"][first["modes"]["set"] != "ag"]
    points = first["coordinates"]
    points = points[(points["space"] == "genotypes") & (points["set"] != "ag")]
    real = real[["dataset", "seed", "set", "superpopulation", "mode1", "mode2"]]
    neighbours, prototypes = first["neighbours"], first["prototypes"]
    if private:
        people = ["dataset", "seed", "set", "superpopulation"]
        real = binned(real, people, columns=("mode1", "mode2"))
        points = binned(points, people)
        # Each space has its own scale.
        neighbours = pd.concat(
            [binned(one, [*people, "space"], columns=("x", "y")) for _, one in neighbours.groupby("space")],
            ignore_index=True,
        )
        common = (prototypes["copies"] == 0) | (prototypes["copies"] >= HAPLOTYPES_MIN)
        prototypes = prototypes[common & (prototypes["n"] >= HAPLOTYPES_MIN)].drop(columns=["nearest", "copies"])
    return stack_panels(
        spectrum=first["spectrum"][first["spectrum"]["mode"] <= SPECTRUM_SHOWN],
        modes=real,
        neighbours=neighbours,
        units=first["units"].drop(columns="top_sites"),
        prototypes=prototypes,
        points=points,
        chains=first["chains"],
        paths=first["paths"],
    )


def draw(numbers: pd.DataFrame, model: str, sweeps: int) -> Figure:
    """Draw the figure from its numbers; `model` names the RBM, `sweeps` is the number of sweeps of its AGs."""
    spectrum, modes, neighbours, units, prototypes, points, chains, paths = (panel(numbers, name) for name in PANELS)
    figure = new_figure(height=9.6)
    grid = figure.subplots(4, 2)
    panels = list(grid.flat)
    _spectrum(panels[0], spectrum)
    scatter_populations(panels[1], modes, AREA, ("mode1", "mode2"))
    panels[1].set(xlabel="Mode 1", ylabel="Mode 2")
    panels[1].set_title(f"Haplotypes on two modes (n = {number(modes):,})")
    for axes, (space, title) in zip(panels[2:4], SPACES.items(), strict=True):
        _neighbours(axes, neighbours[neighbours["space"] == space], title)
    _units(panels[4], units)
    _prototypes(panels[5], prototypes, points)
    _chains(panels[6], chains, model, sweeps)
    _paths(panels[7], paths, points, model, sweeps)
    superpopulation_legend(figure, populations(modes))
    panel_letters(panels)
    return figure


def _spectrum(axes: Axes, spectrum: pd.DataFrame) -> None:
    axes.plot(spectrum["mode"], spectrum["permuted"], label="permuted weights", zorder=1, **CONTROLS["floor"])
    shown = axes.scatter(
        spectrum["mode"],
        spectrum["singular_value"],
        c=spectrum["ancestry"],
        cmap="viridis",
        vmin=0,
        vmax=1,
        s=14,
        zorder=2,
    )
    axes.figure.colorbar(shown, ax=axes, label="Variance between\nsuperpopulations")
    axes.legend(loc="upper right")
    axes.set(xlabel="Mode of the weights", ylabel="Singular value")
    axes.set_title("Spectrum of the weights")


def _neighbours(axes: Axes, rows: pd.DataFrame, title: str) -> None:
    ags = rows["set"] == "ag"
    scatter(axes, rows[ags], PALE, AREA, ("x", "y"))
    scatter_populations(axes, rows[~ags], AREA, ("x", "y"))
    axes.set(
        xlabel=f"t-SNE 1 (n = {number(rows[~ags]):,} real, {number(rows[ags]):,} AGs)",
        ylabel="t-SNE 2",
        xticks=[],
        yticks=[],
    )
    axes.set_title(f"{title} (gray: AGs)")


def _units(axes: Axes, units: pd.DataFrame) -> None:
    shown = axes.scatter(
        units["effective_sites"], units["ancestry"], c=units["fst_top"], cmap="viridis", s=8, linewidths=0
    )
    axes.figure.colorbar(shown, ax=axes, label="$F_{ST}$ of its sites")
    axes.set(xlabel="Sites that a unit sees (effective number)", ylabel="Variance between\nsuperpopulations")
    axes.set_title(f"Hidden units (n = {len(units):,})")


def _prototypes(axes: Axes, prototypes: pd.DataFrame, points: pd.DataFrame) -> None:
    scatter(axes, points, PALE, area=3)
    axes.set(xlabel="PC1 of alleles", ylabel="PC2 of alleles")
    if prototypes.empty:  # a private cohort without common ones
        axes.set_title("Prototypes (none can be shown)")
        return
    names = populations(prototypes)
    colours = names.map(superpopulation_colours(names))
    size = 8 + 160 * prototypes["n"] / prototypes["n"].sum()
    axes.scatter(prototypes["pc1"], prototypes["pc2"], s=size, c=colours, edgecolors="black", linewidths=0.5)
    axes.set_title(f"Prototypes ({len(prototypes):,} of {int(prototypes['n'].sum()):,} haplotypes)")


def _chains(axes: Axes, chains: pd.DataFrame, model: str, sweeps: int) -> None:
    colour = model_colours([model])[model]
    for name, style in (("w1_pc1", "-"), ("w1_pc2", "--")):
        with marks_of(model, axes):
            axes.plot(chains["sweep"], chains[name], style, color=colour, label=name.removeprefix("w1_").upper())
    axes.axvline(sweeps, **CONTROLS["ceiling"])
    axes.text(sweeps, axes.get_ylim()[1], " sweeps of an AG", va="top", color=REAL, fontsize=7)
    belong_to(model, axes.legend(loc="upper right"))
    axes.set(xlabel="Sweeps from a random start", ylabel="Wasserstein distance\nto test individuals")
    axes.set_title("Gibbs chains")


def _paths(axes: Axes, paths: pd.DataFrame, points: pd.DataFrame, model: str, sweeps: int) -> None:
    scatter(axes, points, PALE, area=3)
    colour = model_colours([model])[model]
    until = paths[paths["sweep"] <= sweeps]
    start, end = (until[until["sweep"] == sweep] for sweep in (0, until["sweep"].max()))
    with marks_of(model, axes):
        for _, path in until.groupby("chain"):
            axes.plot(path["pc1"], path["pc2"], color=colour, linewidth=0.5, alpha=0.6)
        axes.plot(start["pc1"], start["pc2"], "o", color="white", markeredgecolor=REAL, markersize=3, label="start")
        axes.plot(end["pc1"], end["pc2"], "o", color=colour, markersize=3, label="end")
    belong_to(model, axes.legend(loc="best"))
    axes.set(xlabel="PC1 of alleles", ylabel="PC2 of alleles")
    axes.set_title(f"Paths of {until['chain'].nunique()} chains, {int(np.max(until['sweep']))} sweeps")
