"""Figure S1: how the models trained, and which epoch was chosen."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter, StrMethodFormatter

from artificial_genomes.core.colors import model_colours
from artificial_genomes.core.labels import label
from artificial_genomes.core.tables import read_tsv
from artificial_genomes.figures.sets import Input, models_in, panel, read_sets, stack_panels
from artificial_genomes.figures.style import CONTROLS, PALE, belong_to, new_figure, panel_letters

INPUTS = {
    "training": Input(
        "losses and scores by epoch", lambda paths: [read_sets([path], ["epoch", "score", "kept"]) for path in paths]
    ),
    "split": Input("table of the dataset's individuals: sample ... split", lambda paths: read_tsv(paths[0], ["split"])),
}
PARTS = {
    "aats": {"aa_truth": r"$\mathrm{AA_{truth}}$", "aa_syn": r"$\mathrm{AA_{syn}}$"},
    "correlations": {"af_r": "$r$ of frequencies", "ld_r2_r": "$r$ of LD"},
    "excess": {"privacy_loss": "Privacy loss", "distance_w1": "$W_1$ of distances"},
}
IDEAL = {"aats": 0.5, "correlations": 1.0, "excess": 0.0}
STYLES = {"solid": "-", "dashed": "--", "dotted": ":", "dash-dotted": "-."}
SMALL = 6.5
LOG_BEYOND = 20
"""Ratio of the last to the first epoch above which the axis is logarithmic."""


def numbers(training: Sequence[pd.DataFrame], split: pd.DataFrame) -> pd.DataFrame:
    """Return the score, its parts and the losses by epoch, of all models that train by epochs.

    Parameters
    ----------
    training
        One per training: model, seed, epoch, the losses, score, its components, and kept (1 at the epoch that was
        kept), in this order; for windows also the column window.
    split
        Individuals of the dataset with their part (column split).
    """
    tables = [part for table in training if len(table) for part in _windows(table)]
    n = 2 * int((split["split"] == "validation").sum())
    shown = {"score": ["score"], **PARTS}
    panels = {name: [_long(table, list(names)) for table in tables] for name, names in shown.items()}
    panels["losses"] = [_long(table, _losses(table)) for table in tables]
    return stack_panels(
        **{name: pd.concat(rows).assign(n=n) for name, rows in panels.items() if any(len(table) for table in rows)}
        or {"score": pd.DataFrame(columns=["model", "seed", "window", "epoch", "chosen", "quantity", "value", "n"])}
    )


def _windows(table: pd.DataFrame) -> list[pd.DataFrame]:
    """Return the trainings on windows of the sites, one table each; a single window is all sites."""
    if "window" not in table:
        return [table.assign(window=1)]
    return [part.reset_index(drop=True) for _, part in table.groupby("window")]


def _losses(table: pd.DataFrame) -> list[str]:
    """Return the names of the losses, the columns between epoch and score."""
    columns = list(table.columns)
    return columns[columns.index("epoch") + 1 : columns.index("score")]


def _long(table: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Return some columns of a training's table, one number per row; `chosen` is 1 at the epoch that was kept."""
    long = table.rename(columns={"kept": "chosen"}).melt(
        ["model", "seed", "window", "epoch", "chosen"],
        [name for name in names if name in table],
        var_name="quantity",
        value_name="value",
    )
    return long.dropna(subset="value")


def draw(numbers: pd.DataFrame) -> Figure:
    """Draw the figure from its numbers.

    Each model has its own row of panels, since scores of different models may differ in meaning.
    """
    panels = {name: panel(numbers, name) for name in ("score", *PARTS, "losses")}
    models = models_in(numbers)
    figure = new_figure(height=max(1.7 * len(models), 2))
    if not models:
        axes = figure.subplots()
        axes.set_axis_off()
        axes.text(0.5, 0.5, "no model that trains by epochs", ha="center", va="center")
        return figure
    colours = model_colours(models)
    grid = figure.subplots(len(models), len(panels), squeeze=False)
    for row, model in zip(grid, models, strict=True):
        for axes, (name, rows) in zip(row, panels.items(), strict=True):
            of_model = rows[rows["model"] == model] if len(rows) else rows
            if of_model.empty:
                axes.set_axis_off()
                continue
            _curves(axes, of_model, name, colours[model])
            belong_to(model, axes)
        _describe_score(row[0], panels["score"], model, has_parts=row[1].axison)
        if not row[1].axison:
            reason = "chosen by a score\nof its own"
            row[2].text(0.5, 0.5, reason, ha="center", va="center", color=CONTROLS["floor"]["color"], fontsize=SMALL)
    panel_letters([row[0] for row in grid])
    return figure


def _curves(axes: Axes, rows: pd.DataFrame, name: str, colour: str) -> None:
    """Draw quantities by epoch: one line per seed and window, one style per quantity, dots at chosen epochs."""
    trainings = len(rows[["seed", "window"]].drop_duplicates())
    if name in IDEAL:
        axes.axhline(IDEAL[name], color=PALE, linewidth=4, zorder=0)
    quantities = list(rows["quantity"].unique())
    for quantity, style in zip(quantities, STYLES.values(), strict=False):
        for _, of_training in rows[rows["quantity"] == quantity].groupby(["seed", "window"]):
            axes.plot(
                of_training["epoch"],
                of_training["value"],
                linestyle=style,
                color=colour,
                linewidth=1.0 if trainings == 1 else 0.6,
                alpha=1 if trainings == 1 else 0.8,
            )
            chosen = of_training[of_training["chosen"] == 1]
            axes.plot(
                chosen["epoch"], chosen["value"], "o", color=colour, markersize=4, markeredgecolor="white", zorder=3
            )
    names = [PARTS.get(name, {}).get(quantity, quantity.replace("_", " ").capitalize()) for quantity in quantities]
    if len(names) > 1:
        names = [f"{text} ({style})" for text, style in zip(names, STYLES, strict=False)]
    axes.set_ylabel("\n".join(names), fontsize=SMALL)
    axes.set_xlabel("Epoch", fontsize=SMALL)
    epochs = rows["epoch"]
    if epochs.max() > LOG_BEYOND * epochs.min():
        axes.set_xscale("log")
        # Beyond two decades, there is no room for more labels.
        few = epochs.max() > 100 * epochs.min()
        axes.xaxis.set_major_locator(LogLocator(subs=(1,) if few else (1, 3)))
        axes.xaxis.set_minor_formatter(NullFormatter())
    else:
        axes.xaxis.set_major_locator(MaxNLocator(3, integer=True))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.yaxis.set_major_locator(MaxNLocator(4))
    if name == "aats":
        axes.set_ylim(-0.03, 1.03)


def _describe_score(axes: Axes, rows: pd.DataFrame, model: str, has_parts: bool) -> None:
    """Write what the score of a model is, on how many haplotypes, and which epochs it chose."""
    of_model = rows[rows["model"] == model]
    meaning = "Score (0 = perfect)" if has_parts else "Own score"
    axes.set_ylabel(f"{meaning},\nn = {of_model['n'].iloc[0]:,.0f} haplotypes", fontsize=SMALL)
    last = of_model.groupby(["seed", "window"])["epoch"].transform("max")
    is_chosen = of_model["chosen"] == 1
    chosen = of_model.loc[is_chosen, "epoch"]
    ends = dict.fromkeys(f"{epoch:,.0f}" for epoch in (chosen.min(), chosen.max()))
    unfinished = ",\nnot converged" if (of_model["epoch"] == last)[is_chosen].any() else ""
    axes.set_xlabel(f"Epoch (chosen: {'–'.join(ends)}{unfinished})", fontsize=SMALL)
    # Next to the letter of the row; a long name may extend above the next panel.
    name = axes.annotate(label(model), (0, 1), xytext=(16, 6), xycoords="axes fraction", textcoords="offset points")
    name.set_in_layout(False)
