"""Figure S12: what attacks on membership find. Fidelity against the best attack, every attack, and their power."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from artificial_genomes.compare.attacks import ATTACKS, PLANTED
from artificial_genomes.core.colors import model_colours
from artificial_genomes.core.labels import label
from artificial_genomes.figures.panels import CONTROL_TITLES, draw_limits
from artificial_genomes.figures.sets import (
    GATES,
    METRICS,
    limits_of,
    main_reference,
    metric_rows,
    models_in,
    panel,
    stack_panels,
)
from artificial_genomes.figures.style import CONTROLS, marks_of, new_figure, panel_letters, set_legend
from artificial_genomes.statistics.membership import FALSE_POSITIVE_RATE

INPUTS = {"metrics": METRICS}
OPTIONS = GATES
FIDELITY = "ld_r2_r"
BEST_ATTACK = "mia_individual_auc"
AUC = {f"mia_{attack}_auc": attack for attack in ATTACKS}
POWER = {f"planted_{planting}_tpr": text for planting, text in PLANTED.items()}
NUMBERS = ["value", "ci_low", "ci_high"]
CHANCE = {"color": "black", "linestyle": ":", "linewidth": 1.0, "zorder": 0.6}
AUC_SHOWN = (0.47, 0.6)
"""The AUC axis of the first panel reaches at least this far, so that small differences look small."""

MARKERS = "os^vPX*<>ph"
"""Of models in turn, so that nobody needs colours to tell models apart; further models have hollow ones."""

NOT_ATTACKED = "Not attacked: the training individuals are unknown"
NOTHING_PLANTED = "Nothing was planted: too few individuals\nhave haplotypes that other individuals lack"


class Mark(NamedTuple):
    """How a model or a control is drawn in all panels."""

    color: str
    marker: str
    face: str

    def line(self, x: list[float], y: list[float], size: float, alpha: float = 1, **options: str) -> Line2D:
        """Return the mark at places of a panel."""
        edge = 0.8 if self.face == "white" else 0
        look = {"color": self.color, "markerfacecolor": self.face, "markeredgewidth": edge, "markersize": size}
        return Line2D(x, y, linestyle="", marker=self.marker, alpha=alpha, **look, **options)


def numbers(metrics: pd.DataFrame, gates: dict | None = None) -> pd.DataFrame:
    """Return fidelity and the best attack by seed, and the means over seeds of these, of all attacks and their power.

    Parameters
    ----------
    metrics
        Metrics of models and controls.
    gates
        See `limits_of`.

    Returns
    -------
    DataFrame
        panel, model, metric, value, ci_low, ci_high, n; the panel `seeds` also has seed. The interval of a mean reaches
        from the lowest to the highest end of the intervals of its seeds.
    """
    seeds = pd.concat(
        [main_reference(metric_rows(metrics, [FIDELITY])), metric_rows(metrics, [BEST_ATTACK])], ignore_index=True
    )[["model", "seed", "metric", "value", "ci_low", "ci_high", "n"]]
    return stack_panels(
        seeds=seeds,
        frontier=_means(seeds),
        gates=limits_of(seeds[seeds["metric"] == BEST_ATTACK], gates),
        **{name: _of_models(metric_rows(metrics, list(of))) for name, of in (("attacks", AUC), ("power", POWER))},
    )


def draw(numbers: pd.DataFrame) -> Figure:
    """Draw the figure from its numbers."""
    seeds, frontier, attacks, power = (panel(numbers, name) for name in ("seeds", "frontier", "attacks", "power"))
    models = models_in(frontier)
    marks = _marks([*models, *(name for name in CONTROL_TITLES if (frontier["model"] == name).any())])
    n_rows = max((rows["metric"].nunique() for rows in (attacks, power) if len(rows)), default=0)
    heights = [max(2.9, 0.16 * len(marks) + 0.6), max(1.2, n_rows * (0.16 + 0.055 * len(marks)) + 0.7)]
    figure = new_figure(height=sum(heights))
    top, bottom = figure.subfigures(2, 1, height_ratios=heights, hspace=0.03)
    first = top.subplots()
    left, right = bottom.subplots(1, 2, width_ratios=[5, 4])

    _frontier(first, frontier, seeds, marks)
    draw_limits(first, panel(numbers, "gates"), BEST_ATTACK)
    _legend(top, frontier, marks)
    _rows(left, attacks, AUC, marks, NOT_ATTACKED)
    _rows(right, power, POWER, marks, NOTHING_PLANTED if len(attacks) else NOT_ATTACKED)
    left.set_title("Each attack on membership")
    right.set_title("Power: planted haplotypes found")
    if len(attacks):
        left.axvline(0.5, **CHANCE)
        left.set_xlabel(f"AUC per haplotype\n(dotted: 0.5 = chance)\n{_n(attacks, 'haplotypes')} each")
    if len(power):
        right.axvline(FALSE_POSITIVE_RATE, **CHANCE)
        right.set_xlim(-0.03, 1.03)
        right.set_xlabel(
            f"Share found at {100 * FALSE_POSITIVE_RATE:g} % false positives\n"
            f"(dotted: {FALSE_POSITIVE_RATE} = chance)\n{_n(power, 'haplotypes')}"
        )
    panel_letters([first, left, right])
    return figure


def _means(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the means over seeds by model and metric, with the outermost ends of their intervals."""
    groups = rows.groupby(["model", "metric"], sort=False)
    return groups.agg(
        value=("value", "mean"), ci_low=("ci_low", "min"), ci_high=("ci_high", "max"), n=("n", "first")
    ).reset_index()


def _of_models(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the means of metrics that are defined for at least one model: controls alone are not shown."""
    means = _means(rows[np.isfinite(rows["value"])])
    return means if models_in(means) else means[:0]


def _marks(names: Sequence[str]) -> dict[str, Mark]:
    """Return a mark for each model and control; controls are diamonds, and no model is."""
    colours, marks = model_colours(names), {}
    for i, name in enumerate(name for name in names if name not in CONTROLS):
        hollow = i // len(MARKERS) % 2
        marks[name] = Mark(colours[name], MARKERS[i % len(MARKERS)], "white" if hollow else colours[name])
    for name in CONTROLS:
        if name in names:
            marks[name] = Mark(colours[name], "D", colours[name] if name == "ceiling" else "white")
    return marks


def _frontier(axes: Axes, frontier: pd.DataFrame, seeds: pd.DataFrame, marks: dict[str, Mark]) -> None:
    """Draw fidelity against the best attack: a large mark per model with both intervals, a small one per seed."""
    axes.set_title("Faithful and private: the upper left corner is best")
    of_attack = frontier[frontier["metric"] == BEST_ATTACK]
    if not models_in(of_attack):
        _say(axes, NOT_ATTACKED)
        return
    axes.set_xlabel(
        "AUC of the best attack, which holds both haplotypes of an individual\n"
        f"(dotted: 0.5 = chance; {_n(of_attack, 'individuals', 2)} each)"
    )
    axes.set_ylabel(
        f"LD $r$ of AGs and real haplotypes\n({_n(frontier[frontier['metric'] == FIDELITY], 'haplotypes')} each)"
    )
    means = frontier.set_index(["model", "metric"]).reindex(
        pd.MultiIndex.from_product([marks, [BEST_ATTACK, FIDELITY]]), columns=NUMBERS
    )
    by_seed = seeds.pivot_table(index=["model", "seed"], columns="metric", values="value")
    axes.axvline(0.5, **CHANCE)
    # Models lie above controls: independent sites would hide behind the floor.
    for name, mark in sorted(marks.items(), key=lambda item: item[0] not in CONTROLS):
        (x, *x_interval), (y, *y_interval) = means.loc[name].to_numpy(float)
        if not np.isfinite([x, y]).all():
            continue
        if name == "ceiling":
            for line, place in ((axes.axhline, y), (axes.axvline, x)):
                line(place, zorder=0.5, **CONTROLS[name] | {"linewidth": 0.7})
        own = by_seed.loc[name]
        with marks_of(name, axes):
            axes.plot(x_interval, [y, y], color=mark.color, linewidth=0.9, alpha=0.7)
            axes.plot([x, x], y_interval, color=mark.color, linewidth=0.9, alpha=0.7)
            if len(own) > 1 and name not in CONTROLS:
                for _, one in own.iterrows():
                    axes.add_line(mark.line([one[BEST_ATTACK]], [one[FIDELITY]], 3, alpha=0.6))
            axes.add_line(mark.line([x], [y], 6))
    axes.margins(0.04)
    low, high = axes.get_xlim()
    axes.set_xlim(min(low, AUC_SHOWN[0]), max(high, AUC_SHOWN[1]))


def _rows(axes: Axes, rows: pd.DataFrame, names: dict[str, str], marks: dict[str, Mark], nothing: str) -> None:
    """Draw metrics below each other, in each of them a mark per model and control with its interval.

    A dashed line shows what the ceiling has in this row.
    """
    if rows.empty:
        _say(axes, nothing)
        return
    shown = [name for name in marks if (rows["model"] == name).any()]
    height = 0.8 / max(len(shown), 4)
    for place, metric in enumerate(names):
        of_metric = rows[rows["metric"] == metric].set_index("model").reindex(columns=NUMBERS)
        if place % 2:
            axes.axhspan(place - 0.5, place + 0.5, color="#f4f4f4", linewidth=0, zorder=0)
        for i, name in enumerate(shown):
            if name not in of_metric.index:
                continue
            x, *interval = of_metric.loc[name]
            y, mark = place + height * (i - (len(shown) - 1) / 2), marks[name]
            if name == "ceiling":
                axes.plot([x, x], [place - 0.5, place + 0.5], zorder=0.5, **CONTROLS[name])
            with marks_of(name, axes):
                axes.plot(interval, [y, y], color=mark.color, linewidth=0.8, alpha=0.7)
                axes.add_line(mark.line([x], [y], 3.6))
    axes.set_yticks(range(len(names)), list(names.values()))
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.margins(x=0.05)


def _legend(figure: Figure, frontier: pd.DataFrame, marks: dict[str, Mark]) -> None:
    attacked = set(frontier.loc[frontier["metric"] == BEST_ATTACK, "model"])
    missing = set(marks) - attacked if attacked else set()
    names = {name: CONTROL_TITLES.get(name, label(name)) + " (not attacked)" * (name in missing) for name in marks}
    handles = {name: mark.line([], [], 5, label=names[name]) for name, mark in marks.items()}
    set_legend(figure, handles, 1, loc="outside right center", handletextpad=0.2)


def _n(rows: pd.DataFrame, unit: str, per_unit: int = 1) -> str:
    """Return how many haplotypes or individuals a side models were compared on; a range where models differ.

    Parameters
    ----------
    rows
        Columns model and n.
    unit
        What is counted.
    per_unit
        Haplotypes per unit.
    """
    n = rows.loc[~rows["model"].isin(CONTROLS), "n"]
    ends = dict.fromkeys(f"{int(end) // per_unit:,}" for end in (n.min(), n.max()))
    return f"n = {' to '.join(ends)} {unit}"


def _say(axes: Axes, text: str) -> None:
    """Write in a panel why it is empty."""
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center")
    axes.set_axis_off()
