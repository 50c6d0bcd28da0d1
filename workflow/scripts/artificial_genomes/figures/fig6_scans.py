"""Figure 6: do AGs inherit signals of selection? XP-EHH and PBS along the region."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, FigureBase
from matplotlib.lines import Line2D

from artificial_genomes.figures.panels import dots, mean_text
from artificial_genomes.figures.sets import metric_rows, models_in, panel, stack_panels
from artificial_genomes.labels import label
from artificial_genomes.plotting import REAL, model_colours, new_figure, panel_letters

TOP = 0.99  # the quantile above which sites and windows count as candidates
STATISTICS = {"xpehh": "XP-EHH", "pbs": "PBS"}
_PALE_REAL = "#b3b3b3"


def numbers(xpehh: pd.DataFrame, windows: pd.DataFrame, metrics: pd.DataFrame) -> pd.DataFrame:
    """Return the tracks of the first seed of real haplotypes and models, and the correlations of all seeds.

    Parameters
    ----------
    xpehh
        model, seed, contig, position, xpehh of models and of `real`.
    windows
        model, seed, contig, start, end, pbs.
    metrics
        Metrics of models and controls.
    """
    shown = windows.assign(position=(windows["start"] + windows["end"]) / 2, value=windows["pbs"])
    tracks = {"xpehh": xpehh.assign(value=xpehh["xpehh"]), "pbs": shown}
    columns = ["model", "seed", "contig", "position", "value", "top"]
    panels = {}
    for name, track in tracks.items():
        first = track.groupby("model")["seed"].transform("min")
        track = track[(track["seed"] == first) & ~track["model"].isin(("ceiling", "floor"))]
        limit = track.groupby("model")["value"].transform("quantile", TOP)
        panels[name] = track.assign(top=(track["value"] >= limit).astype(int))[columns]
    return stack_panels(**panels, metrics=metric_rows(metrics, ["xpehh_r", "pbs_r"]))


def draw(numbers: pd.DataFrame) -> Figure:
    """Draw the figure from its numbers."""
    tracks = {name: panel(numbers, name) for name in STATISTICS}
    metrics = panel(numbers, "metrics")
    models = models_in(tracks["xpehh"])
    heights = [1.2 * len(models) + 0.3, 1.6]
    figure = new_figure(height=sum(heights))
    top, bottom = figure.subfigures(2, 1, height_ratios=heights, hspace=0.03)
    grid = top.subplots(len(models), 2, sharex="col", squeeze=False)
    strips = bottom.subplots(1, 2)
    for column, (statistic, title) in enumerate(STATISTICS.items()):
        track = tracks[statistic]
        real = track[track["model"] == "real"]
        for axes, model in zip(grid[:, column], models, strict=True):
            _track(axes, real, track[track["model"] == model], model_colours(models)[model])
            axes.set_title(f"{label(model)}, $r$ = {mean_text(metrics, model, f'{statistic}_r', 2)}")
            axes.set_ylabel(title)
        what = "sites" if statistic == "xpehh" else "windows"
        grid[-1, column].set_xlabel(f"Position on chromosome {real['contig'].iloc[0]} (Mb), {len(real):,} {what}")
        dots(strips[column], metrics, f"{statistic}_r", models)
        strips[column].set_xlabel(f"Correlation with the real {title} track")
    _legend(top)
    panel_letters([*grid.flat, *strips])
    return figure


def _track(axes: Axes, real: pd.DataFrame, of_model: pd.DataFrame, colour: str) -> None:
    """Draw real and AG values along the genome, dots at the top 1 % of each, a line where that of real begins."""
    for rows, tint, order in ((real, _PALE_REAL, 1), (of_model, colour, 2)):
        rows = rows.sort_values("position")
        axes.plot(rows["position"] / 1e6, rows["value"], color=tint, linewidth=0.8, zorder=order)
        top = rows[rows["top"] == 1]
        axes.plot(
            top["position"] / 1e6,
            top["value"],
            "o",
            markersize=3.2 if rows is real else 2.6,
            markeredgewidth=0.5,
            markeredgecolor="white",
            color=REAL if tint == _PALE_REAL else colour,
            zorder=order + 2,
        )
    if real["top"].any():
        axes.axhline(real.loc[real["top"] == 1, "value"].min(), color=REAL, linestyle="--", linewidth=0.6, zorder=0.5)


def _legend(figure: FigureBase) -> None:
    handles = [
        Line2D([], [], color=_PALE_REAL, label="real"),
        Line2D([], [], color="#1f1f1f", label="AGs (colour of the model)"),
        Line2D([], [], linestyle="", marker="o", color="#1f1f1f", markersize=3, label="top 1 % of each"),
        Line2D([], [], linestyle="--", color=REAL, linewidth=0.6, label="where the top 1 % of real begins"),
    ]
    figure.legend(handles=handles, ncols=4, loc="outside upper center")
