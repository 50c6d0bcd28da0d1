"""Figure 5: are AGs too near to real haplotypes? AATS parts, privacy loss, membership and nearest neighbours."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend_handler import HandlerTuple
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from artificial_genomes.core.colors import REAL, model_colours
from artificial_genomes.core.labels import label
from artificial_genomes.figures.panels import (
    CONTROL_TITLES,
    dots,
    draw_limits,
    haplotypes_compared,
    name_rows,
    rows_needed,
    small_multiples,
    with_controls,
)
from artificial_genomes.figures.sets import (
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
from artificial_genomes.figures.style import PALE, belong_to, marks_of, new_figure, panel_letters

INPUTS = {
    "nearest": of_sets("nearest-neighbor distances", ["reference", "kind", "distance", "count"]),
    "metrics": METRICS,
}
OPTIONS = GATES
COLUMNS = 4
PARTS = {"aa_syn": (r"$\mathrm{AA_{syn}}$", "s", 5.5), "aa_truth": (r"$\mathrm{AA_{truth}}$", "o", 4.5)}
"""Name, marker and size of the parts of AATS, in the order of drawing: of equal values, both are seen."""

TOO_CLOSE = "#f0f0f0"
NEIGHBOURS = {
    "dTT": ("real to real", "-", REAL),
    "dTS": ("real to AG", "-", None),
    "dST": ("AG to real", "--", None),
    "dSS": ("AG to AG", ":", None),
}


def numbers(nearest: pd.DataFrame, metrics: pd.DataFrame, gates: dict | None = None) -> pd.DataFrame:
    """Return AATS parts, privacy loss, attack on membership, what gates allow, and cumulative distances to neighbors.

    Parameters
    ----------
    nearest
        model, seed, reference, kind (dTT, dTS, dST, dSS), distance (sites that differ), count.
    metrics
        Metrics of models and controls.
    gates
        See `limits_of`.
    """
    nearest = main_reference(nearest).sort_values("distance", kind="stable")
    groups = nearest.groupby(["model", "seed", "kind"], sort=False)["count"]
    cumulative = nearest.assign(fraction=groups.cumsum() / groups.transform("sum")).sort_index(kind="stable")
    # The privacy loss and the attack are about test and training individuals at once.
    gated = pd.concat(
        [main_reference(metric_rows(metrics, list(PARTS))), metric_rows(metrics, ["privacy_loss", "mia_auc"])]
    )
    return stack_panels(
        parts=metric_rows(metrics, ["aa_truth", "aa_syn"]),
        privacy_loss=metric_rows(metrics, ["privacy_loss"]),
        membership=metric_rows(metrics, ["mia_auc"]),
        nearest=cumulative[["model", "seed", "kind", "distance", "fraction"]],
        gates=limits_of(gated, gates),
    )


def draw(numbers: pd.DataFrame) -> Figure:
    """Draw the figure from its numbers."""
    parts, loss, membership, nearest = (
        panel(numbers, name) for name in ("parts", "privacy_loss", "membership", "nearest")
    )
    models, limits = models_in(parts), panel(numbers, "gates")
    sets = [*models, *(name for name in CONTROL_TITLES if (nearest["model"] == name).any())]
    heights = [2.7, 1.65 * rows_needed(len(sets), COLUMNS) + 0.3]
    figure = new_figure(height=sum(heights))
    top, bottom = figure.subfigures(2, 1, height_ratios=heights, hspace=0.03)
    left, middle, right = top.subplots(1, 3, width_ratios=[6, 4, 4])
    draw_parts(left, parts, with_controls(sets, models), limits)
    n = f"n = {haplotypes_compared(parts):,} each"
    for axes, rows, metric, none, text in (
        (middle, loss, "privacy_loss", 0, f"← better: privacy loss, AATS to\ntest − AATS to train\n({n}; 0 = none)"),
        (right, membership, "mia_auc", 0.5, f"← better: AUC of the best\nattack on membership\n({n}; 0.5 = chance)"),
    ):
        axes.axvline(none, color=PALE, linewidth=4, zorder=0.3)
        dots(axes, rows, metric, models, limits=limits)
        axes.xaxis.set_major_locator(MaxNLocator(4))
        axes.set_xlabel(text)
    right.tick_params(labelleft=False)

    panels = small_multiples(bottom, len(sets), COLUMNS)
    for axes, name in zip(panels, sets, strict=True):
        _nearest(axes, nearest[nearest["model"] == name], model_colours(sets)[name])
        axes.set_title(CONTROL_TITLES.get(name, label(name)))
        belong_to(name, axes)
    panels[0].set_ylim(0, 1.02)
    beyond = nearest.loc[nearest["fraction"] < 0.995, "distance"]
    panels[0].set_xlim(0, max(1, beyond.max()) if len(beyond) else 1)
    bottom.supxlabel("Sites that differ from the nearest neighbor", fontsize=8)
    bottom.supylabel("Cumulative fraction of haplotypes", fontsize=8)
    handles = [
        Line2D([], [], color=colour or "#1f1f1f", linestyle=style, linewidth=2 if kind == "dTT" else 1.1, label=text)
        for kind, (text, style, colour) in NEIGHBOURS.items()
    ]
    handles.append(Patch(color=TOO_CLOSE, label="closer than real to real"))
    bottom.legend(handles=handles, ncols=5, loc="outside upper center")
    panel_letters([left, middle, right, *panels])
    return figure


def draw_parts(axes: Axes, parts: pd.DataFrame, sets: list[str], limits: pd.DataFrame) -> None:
    """Draw both parts of AATS with their intervals, one row per set.

    Filled against test individuals, hollow against training individuals; pale against all, where nobody knows on whom
    a model was trained.
    """
    colours = model_colours(sets)
    axes.axvline(0.5, color=PALE, linewidth=4, zorder=0.3)
    references = {"test": -0.16, "train": 0.16, "all": 0.0}
    for height, name in enumerate(sets):
        of_set, colour = parts[parts["model"] == name], colours[name]
        faces = dict(zip(references, (colour, "white", PALE), strict=True))
        with marks_of(name, axes):
            for metric, (_, marker, size) in PARTS.items():
                for _, row in of_set[of_set["metric"] == metric].iterrows():
                    y = height + references[row["reference"]]
                    ends = row.reindex(["ci_low", "ci_high"]).to_numpy(float)
                    axes.plot(ends, [y, y], color=colour, linewidth=0.8, alpha=0.6)
                    look = {"markersize": size, "markeredgecolor": colour, "markeredgewidth": 0.8}
                    axes.plot(row["value"], y, marker, markerfacecolor=faces[row["reference"]], **look)
    name_rows(axes, sets)
    axes.set_xlim(-0.03, 1.03)
    bounds = limits[limits["metric"].isin(PARTS)] if len(limits) else limits
    if len(bounds) and len(bounds[["low", "high"]].drop_duplicates()) == 1:
        draw_limits(axes, limits, bounds["metric"].iloc[0])
    axes.set_xlabel("Share of haplotypes whose own kind is closer\n(0.5 = ideal, low = copies, high = apart)")
    marks = {text: [(marker, REAL)] for text, marker, _ in reversed(PARTS.values())}
    texts = {"test": "to test individuals", "train": "to training individuals", "all": "to all individuals"}
    for reference, face in zip(texts, (REAL, "white", PALE), strict=True):
        if (parts["reference"] == reference).any():
            marks[texts[reference]] = [(marker, face) for _, marker, _ in reversed(PARTS.values())]
    look = {"linestyle": "", "markersize": 4.5, "markeredgecolor": REAL}
    handles = [
        tuple(Line2D([], [], marker=marker, markerfacecolor=face, **look) for marker, face in of)
        for of in marks.values()
    ]
    axes.legend(
        handles,
        list(marks),
        handler_map={tuple: HandlerTuple(ndivide=None)},
        ncols=2,
        loc="lower right",
        bbox_to_anchor=(1.0, 1.06),
        columnspacing=1.0,
    )


def _nearest(axes: Axes, rows: pd.DataFrame, colour: str) -> None:
    """Draw cumulative nearest-neighbor distances of one AG set, one line per seed."""
    real = rows[(rows["kind"] == "dTT") & (rows["seed"] == rows["seed"].min())]
    x, y = np.r_[0, real["distance"]], np.r_[0, real["fraction"]]
    axes.fill_between(x, y, 1, step="post", color=TOO_CLOSE, linewidth=0, zorder=0)
    for kind, (_, style, own) in NEIGHBOURS.items():
        for _, of_seed in rows[rows["kind"] == kind].groupby("seed"):
            x = np.concatenate([[0], of_seed["distance"]])
            y = np.concatenate([[0], of_seed["fraction"]])
            axes.step(x, y, where="post", linestyle=style, color=own or colour, linewidth=2 if kind == "dTT" else 1.1)
