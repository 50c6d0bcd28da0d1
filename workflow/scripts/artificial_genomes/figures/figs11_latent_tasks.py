"""Figure S11: uses of the RBM's hidden layer and its AGs."""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import cycle
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from artificial_genomes.core.colors import REAL, model_colours
from artificial_genomes.core.labels import feature, label
from artificial_genomes.core.metric_table import METRIC_COLUMNS
from artificial_genomes.core.tables import read_tsv
from artificial_genomes.figures.panels import seed_dots
from artificial_genomes.figures.sets import Input, metric_rows, panel, stack_panels
from artificial_genomes.figures.style import (
    CONTROLS,
    belong_to,
    marks_of,
    new_figure,
    panel_letters,
    set_legend,
    superpopulation_colours,
    superpopulation_legend,
)
from artificial_genomes.latent.tables import POPULATION_COLUMNS


def read_stacked(paths: Sequence[Path], columns: list[str], with_source: bool = False) -> pd.DataFrame:
    """Read tables in folders dataset/stage/seed1 and stack them with the columns dataset and seed.

    With `with_source`, a further column gives the model of a row, or else the name of its file.
    """
    tables = [pd.DataFrame(columns=["dataset", "seed", *(["source"] if with_source else []), *columns])]
    for path in paths:
        table = read_tsv(path, columns)
        table = table.assign(dataset=path.absolute().parts[-4], seed=int(path.parent.name.removeprefix("seed")))
        if with_source:
            table = table.assign(source=table.get("model", "rbm" if path.stem == "metrics" else path.stem))
        tables.append(table.drop(columns="model", errors="ignore"))
    return pd.concat([table for table in tables if len(table)] or tables, ignore_index=True)


def read_populations(paths: Sequence[Path]) -> pd.DataFrame:
    """Stack tables in folders dataset/conditional/model/seed1, with the columns dataset, model and seed."""
    tables = [pd.DataFrame(columns=["dataset", "model", "seed", *POPULATION_COLUMNS])]
    for path in paths:
        dataset, _, model, seed = path.absolute().parts[-5:-1]
        table = read_tsv(path, POPULATION_COLUMNS)
        tables.append(table.assign(dataset=dataset, model=model, seed=int(seed.removeprefix("seed"))))
    return pd.concat(tables[1:] or tables, ignore_index=True)


_BY_SOURCE = partial(read_stacked, columns=METRIC_COLUMNS, with_source=True)
INPUTS = {
    "tasks": Input(
        "metrics of the tasks: dataset/tasks/seed1/metrics.tsv, ...", partial(read_stacked, columns=METRIC_COLUMNS)
    ),
    "usefulness": Input("AGs and controls as training data: usefulness.tsv, ceiling.tsv, floor.tsv", _BY_SOURCE),
    "masked": Input("masked sites: dataset/masked/seed1/metrics.tsv, beagle.tsv, ...", _BY_SOURCE, needed=False),
    "populations": Input(
        "AGs of given populations: dataset/conditional/model/seed1/populations.tsv, ...",
        read_populations,
        needed=False,
    ),
}
FEATURE_COLOURS = {"pca": "#4d4d4d", "pca10": "#8c8c8c", "snps": "#000000"}
"""Of features that belong to no model."""

LATENT = "rbm"
"""The kind of model whose hidden layer is shown."""

MASKED = {"rbm": "RBM", "beagle": "Beagle", "commonest": "Most common allele"}


def numbers(
    tasks: pd.DataFrame, usefulness: pd.DataFrame, masked: pd.DataFrame, populations: pd.DataFrame
) -> pd.DataFrame:
    """Return the rows that the figure shows.

    Parameters
    ----------
    tasks
        dataset, seed and `metric_table.METRIC_COLUMNS` of `latent.tasks`.
    usefulness
        The same with `source`: a model, ceiling or floor.
    masked
        The same with `source`: rbm, beagle or commonest; may be empty.
    populations
        dataset, model, seed and the columns of `latent.conditional`; may be empty.
    """
    fine = tasks["metric"].str.endswith("population_fine_accuracy") | tasks["metric"].eq(
        "population_fine_accuracy_permuted"
    )
    few = tasks["metric"].str.contains(r"_population_accuracy_\d+_labels$")
    every = tasks["metric"].str.endswith("_population_accuracy") | tasks["metric"].eq("population_accuracy_permuted")
    return stack_panels(
        fine=tasks[fine],
        few=tasks[few],
        every=tasks[every],
        usefulness=usefulness[usefulness["metric"] == "train_on_ag_accuracy"],
        masked=metric_rows(masked, ["masked_r2"]),
        populations=populations,
    )


def draw(numbers: pd.DataFrame) -> Figure:
    """Draw the figure from its numbers."""
    figure = new_figure(height=7.6)
    panels = list(figure.subplots(3, 2).flat)
    _fine(panels[0], panel(numbers, "fine"))
    _few(panels[1], panel(numbers, "few"), panel(numbers, "every"))
    _sources(panels[2], panel(numbers, "usefulness"), "AGs as training data")
    panels[2].set_xlabel("Balanced accuracy, real test individuals (better →)")
    masked, populations = panel(numbers, "masked"), panel(numbers, "populations")
    if len(masked):
        _sources(panels[3], masked, f"Masked sites of {masked['dataset'].iloc[0]}")
        panels[3].set_xlabel("True $r^2$ of dosage, mean over masked sites\n(better →)")
    if len(populations):
        _fst(panels[4], populations)
        superpopulation_legend(figure, populations["population"].unique())
        _conditional(panels[5], populations)
    for axes, rows in zip(panels[3:], (masked, populations, populations), strict=True):
        if not len(rows):
            axes.set_axis_off()
            axes.text(0.5, 0.5, "not requested", ha="center", va="center", transform=axes.transAxes)
    panel_letters(panels)
    return figure


def _feature(metric: str) -> str:
    return metric.partition("_population")[0]


def _model(name: str) -> str:
    """Return the model that features come from, or the name of other features and sources."""
    return LATENT if name == "latent" else name


def _colour(name: str) -> str:
    return FEATURE_COLOURS.get(name) or model_colours([_model(name)])[_model(name)]


def _rows(axes: Axes, rows: pd.DataFrame, names: list[str], texts: list[str], colours: list[str], column: str) -> None:
    """Draw one dot per seed with its interval, one row per name."""
    for height, (name, colour) in enumerate(zip(names, colours, strict=True)):
        with marks_of(_model(name), axes):
            seed_dots(axes, rows[rows[column] == name], height, colour)
    axes.set_yticks(range(len(names)), texts)
    for text, name in zip(axes.get_yticklabels(), names, strict=True):
        belong_to(_model(name), text)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.margins(x=0.08)


def _fine(axes: Axes, rows: pd.DataFrame) -> None:
    if not len(rows):
        axes.set_axis_off()
        axes.text(0.5, 0.5, "a single population", ha="center", va="center", transform=axes.transAxes)
        return
    rows = rows.assign(feature=rows["metric"].map(_feature))
    permuted = rows["metric"].str.endswith("permuted")
    axes.axvline(rows.loc[permuted, "value"].mean(), zorder=0.5, **CONTROLS["floor"])
    rows = rows[~permuted]
    names = list(rows["feature"].unique())
    _rows(axes, rows, names, [feature(name).label for name in names], [_colour(name) for name in names], "feature")
    axes.set_xlabel(f"Balanced accuracy, test individuals (n = {int(rows['n'].iloc[0]):,})")
    axes.set_title("Populations (dotted: permuted)")


def _few(axes: Axes, few: pd.DataFrame, every: pd.DataFrame) -> None:
    permuted = every["metric"].eq("population_accuracy_permuted")
    if len(few):
        labelled = few["metric"].str.extract(r"_(\d+)_labels$")[0].astype(int)
        ticks = sorted(labelled.unique())
        few = few.assign(feature=few["metric"].map(_feature), labelled=labelled)
    else:
        ticks, few = [], pd.DataFrame({"feature": [], "labelled": []})
    every = every[~permuted].assign(feature=lambda rows: rows["metric"].map(_feature))
    handles: dict[str, Line2D] = {}
    for i, name in enumerate(every["feature"].unique()):
        own = few[few["feature"] == name]
        means = [own.loc[own["labelled"] == n, "value"].mean() for n in ticks]
        means.append(every.loc[every["feature"] == name, "value"].mean())
        lows = [own.loc[own["labelled"] == n, "ci_low"].mean() for n in ticks]
        highs = [own.loc[own["labelled"] == n, "ci_high"].mean() for n in ticks]
        places = np.arange(len(means)) + 0.04 * (i - 2)
        with marks_of(_model(name), axes):
            (handles[_model(name)],) = axes.plot(
                places, means, "o-", color=_colour(name), markersize=3, label=feature(name).label
            )
            axes.vlines(places[: len(ticks)], lows, highs, color=_colour(name), linewidth=1)
    axes.set_xticks(range(len(ticks) + 1), [*map(str, ticks), "all"])
    # Room for the legend below the lines.
    low, high = axes.get_ylim()
    axes.set_ylim(low - 0.4 * (high - low), high)
    set_legend(axes, handles, 1, loc="lower right", fontsize=6)
    axes.set(xlabel="Labeled individuals per superpopulation", ylabel="Balanced accuracy")
    axes.set_title("Few labels")


def _sources(axes: Axes, rows: pd.DataFrame, title: str) -> None:
    known = [name for name in rows["source"].unique() if name not in CONTROLS]
    names = [name for name in ("ceiling", *known, "floor") if (rows["source"] == name).any()]
    texts = {"ceiling": "Ceiling: real individuals", "floor": "Floor: permuted labels"} | MASKED
    colours = [REAL if name in (*CONTROLS, "beagle", "commonest") else model_colours([name])[name] for name in names]
    _rows(axes, rows, names, [texts.get(name, label(name)) for name in names], colours, "source")
    axes.set_title(title)


def _sets(populations: pd.DataFrame) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Yield the name, the text and the rows of the ceiling, the floor (both of the first model) and every model."""
    first = populations["model"] == populations["model"].iloc[0]
    for name, text in (("ceiling", "training individuals"), ("floor", "AGs, labels permuted")):
        yield name, text, populations[first & (populations["set"] == name)]
    for name, rows in populations[populations["set"] == "ag"].groupby("model", sort=False):
        yield name, f"AGs, {label(name)}", rows


def _fst(axes: Axes, populations: pd.DataFrame) -> None:
    """Draw each set's Fst to its own and to the nearest other population."""
    colours = superpopulation_colours(list(populations["population"].unique()))
    for (_, text, rows), mark in zip(_sets(populations), cycle("Dxos^vp"), strict=False):
        for population, own in rows.groupby("population", sort=False):
            places = own["fst_own"], own["fst_nearest_other"]
            axes.plot(*places, mark, color=colours[population], markersize=5, markerfacecolor="none")
        axes.plot([], [], mark, color=REAL, markerfacecolor="none", label=text)
    limits = axes.get_xlim()
    axes.plot(limits, limits, zorder=0.5, **CONTROLS["floor"])
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=2, columnspacing=1)
    axes.set(
        xlabel="$F_{ST}$ to test individuals of the same population", ylabel="$F_{ST}$ to the nearest\nother population"
    )
    axes.set_title("AGs of given populations")


def _conditional(axes: Axes, populations: pd.DataFrame) -> None:
    names = list(populations["population"].unique())
    places, handles = np.arange(len(names)), {}
    sets = list(_sets(populations))
    colours = {"ceiling": REAL, "floor": "#8c8c8c"} | model_colours([name for name, *_ in sets[2:]])
    width = 0.75 / len(sets)
    for i, (name, text, rows) in enumerate(sets):
        means, shift = rows.groupby("population")["accuracy"].mean().reindex(names), (i - (len(sets) - 1) / 2) * width
        with marks_of(name, axes):
            handles[name] = axes.bar(places + shift, means, 0.92 * width, color=colours[name], label=text)
    axes.set_xticks(places, names, rotation=0 if len(names) <= 8 else 90)
    axes.set(ylabel="Share assigned to\ntheir own population", ylim=(0, 1))
    set_legend(axes, handles, 2, loc="upper center", bbox_to_anchor=(0.5, -0.1), columnspacing=1)
    n = int(populations[populations["set"] == "ag"].groupby(["model", "seed"])["n_ag"].sum().mean())
    axes.set_title(f"Seen by a classifier (n = {n:,} AGs)")
