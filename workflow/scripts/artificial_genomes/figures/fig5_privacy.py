"""Figure 5: are AGs too near to real haplotypes? AATS parts, privacy loss, membership and nearest neighbours."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from artificial_genomes.core.labels import label
from artificial_genomes.figures.panels import (
    CONTROL_TITLES,
    dots,
    haplotypes_compared,
    name_rows,
    rows_needed,
    small_multiples,
)
from artificial_genomes.figures.sets import (
    METRICS,
    main_reference,
    metric_rows,
    models_in,
    of_sets,
    panel,
    stack_panels,
)
from artificial_genomes.figures.style import PALE, REAL, model_colours, new_figure, panel_letters

INPUTS = {
    "nearest": of_sets("nearest-neighbor distances", ["reference", "kind", "distance", "count"]),
    "metrics": METRICS,
}
COLUMNS = 3
PARTS = {"aa_truth": (r"$\mathrm{AA_{truth}}$", "o"), "aa_syn": (r"$\mathrm{AA_{syn}}$", "s")}
NEIGHBOURS = {
    "dTT": ("real to real", "-", REAL),
    "dTS": ("real to AG", "-", None),
    "dST": ("AG to real", "--", None),
    "dSS": ("AG to AG", ":", None),
}


def numbers(nearest: pd.DataFrame, metrics: pd.DataFrame) -> pd.DataFrame:
    """Return the AATS parts, the privacy loss, the attack on membership and the cumulative distances to neighbours.

    Parameters
    ----------
    nearest
        model, seed, reference, kind (dTT, dTS, dST, dSS), distance (sites that differ), count.
    metrics
        Metrics of models and controls.
    """
    nearest = main_reference(nearest).sort_values("distance", kind="stable")
    groups = nearest.groupby(["model", "seed", "kind"], sort=False)["count"]
    cumulative = nearest.assign(fraction=groups.cumsum() / groups.transform("sum")).sort_index(kind="stable")
    return stack_panels(
        parts=metric_rows(metrics, list(PARTS)),
        privacy_loss=metric_rows(metrics, ["privacy_loss"]),
        membership=metric_rows(metrics, ["mia_auc"]),
        nearest=cumulative[["model", "seed", "kind", "distance", "fraction"]],
    )


def draw(numbers: pd.DataFrame) -> Figure:
    """Draw the figure from its numbers."""
    parts, loss, membership, nearest = (
        panel(numbers, name) for name in ("parts", "privacy_loss", "membership", "nearest")
    )
    models = models_in(parts)
    sets = [*models, *(name for name in CONTROL_TITLES if (nearest["model"] == name).any())]
    heights = [2.6, 1.75 * rows_needed(len(sets), COLUMNS)]
    figure = new_figure(height=sum(heights))
    top, bottom = figure.subfigures(2, 1, height_ratios=heights, hspace=0.03)
    left, middle, right = top.subplots(1, 3, width_ratios=[6, 4, 4])
    draw_parts(left, parts, sets)
    n = f"n = {haplotypes_compared(parts):,} each"
    for axes, rows, metric, none, text in (
        (middle, loss, "privacy_loss", 0, f"Privacy loss: AATS to\ntest − AATS to train\n({n}; 0 = none)"),
        (right, membership, "mia_auc", 0.5, f"Best attack on\nmembership, AUC\n({n}; 0.5 = chance)"),
    ):
        dots(axes, rows, metric, models)
        axes.axvline(none, color=PALE, linewidth=4, zorder=0)
        axes.xaxis.set_major_locator(MaxNLocator(4))
        axes.set_xlabel(text)
    right.tick_params(labelleft=False)

    panels = small_multiples(bottom, len(sets), COLUMNS)
    for axes, name in zip(panels, sets, strict=True):
        _nearest(axes, nearest[nearest["model"] == name], model_colours(sets)[name])
        axes.set_title(CONTROL_TITLES.get(name, label(name)))
    panels[0].set_ylim(0, 1.02)
    beyond = nearest.loc[nearest["fraction"] < 0.995, "distance"]
    panels[0].set_xlim(0, max(1, beyond.max()) if len(beyond) else 1)
    bottom.supxlabel("Sites that differ from the nearest neighbour", fontsize=8)
    bottom.supylabel("Cumulative fraction of haplotypes", fontsize=8)
    handles = [
        Line2D([], [], color=colour or "#1f1f1f", linestyle=style, linewidth=2 if kind == "dTT" else 1.1, label=text)
        for kind, (text, style, colour) in NEIGHBOURS.items()
    ]
    bottom.legend(handles=handles, ncols=4, loc="outside upper center")
    panel_letters([left, middle, right, *panels])
    return figure


def draw_parts(axes: Axes, parts: pd.DataFrame, sets: list[str]) -> None:
    """Draw both parts of AATS: a row a set.

    Filled against test people, hollow against training people; pale against all, where nobody knows who trained.
    """
    colours = model_colours(sets)
    axes.axvline(0.5, color=PALE, linewidth=4, zorder=0)
    for height, name in enumerate(sets):
        of_set = parts[parts["model"] == name]
        colour = colours[name]
        for reference, offset, face in (("test", -0.14, colour), ("train", 0.14, "white"), ("all", 0, PALE)):
            of_reference = of_set[of_set["reference"] == reference]
            if len(of_reference):
                means = of_reference.groupby("metric")["value"].mean()
                axes.plot([means.min(), means.max()], [height + offset] * 2, color=colour, linewidth=0.6, alpha=0.6)
            for _, row in of_reference.iterrows():
                axes.plot(
                    row["value"],
                    height + offset,
                    PARTS[row["metric"]][1],
                    markersize=5,
                    markerfacecolor=face,
                    markeredgecolor=colour,
                    markeredgewidth=1,
                )
    name_rows(axes, sets)
    axes.set_xlim(-0.03, 1.03)
    axes.set_xlabel("Share of haplotypes whose own kind is nearer\n(0.5 = ideal, low = copies, high = apart)")
    marks = [(text, marker, "black") for text, marker in PARTS.values()]
    marks += [("to test people", "D", "black"), ("to training people", "D", "white")]
    compared_with_all = (parts["reference"] == "all").any()
    if compared_with_all:
        marks.append(("to all people", "D", PALE))
    handles = [
        Line2D(
            [], [], linestyle="", marker=marker, markersize=5, markeredgecolor="black", markerfacecolor=face, label=text
        )
        for text, marker, face in marks
    ]
    axes.legend(
        handles=handles,
        ncols=3 if compared_with_all else 2,
        loc="lower right",
        bbox_to_anchor=(1.0, 0.99),
        handletextpad=0.0,
        columnspacing=1.0,
    )


def _nearest(axes: Axes, rows: pd.DataFrame, colour: str) -> None:
    """Draw cumulative nearest-neighbour distances of one AG set, a line a seed."""
    for kind, (_, style, own) in NEIGHBOURS.items():
        for _, of_seed in rows[rows["kind"] == kind].groupby("seed"):
            x = np.concatenate([[0], of_seed["distance"]])
            y = np.concatenate([[0], of_seed["fraction"]])
            axes.step(x, y, where="post", linestyle=style, color=own or colour, linewidth=2 if kind == "dTT" else 1.1)
