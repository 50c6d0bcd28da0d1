"""What the figures of imputation share: names, colors and marks of reference panels, and forests of gains."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import FigureBase
from matplotlib.lines import Line2D

from artificial_genomes.core.colors import REAL, model_colours
from artificial_genomes.core.labels import label
from artificial_genomes.figures.style import CONTROLS, PALE, belong_to, marks_of, set_legend
from artificial_genomes.imputation.tables import BASE, DIRECT

CEILING = "real+biobank"
LEGEND_COLUMNS = 5


def added_model(panel: str) -> str:
    """Return the model that a panel adds to the public individuals, or the name of any other panel."""
    return panel.removeprefix(f"{BASE}+").partition("@")[0]


def main_panels(panels: Sequence[str]) -> list[str]:
    """Return the panels of public individuals, alone or with all AGs of a model or the biobank, and the models that
    impute by themselves, in their order.
    """
    return [
        panel
        for panel in panels
        if panel == BASE or panel.endswith(DIRECT) or (panel.startswith(f"{BASE}+") and "@" not in panel)
    ]


def panel_style(panel: str) -> dict:
    """Return color and marker of a panel: those of the model it adds; the ceiling has its own."""
    if panel == CEILING:
        return {"color": CONTROLS["ceiling"]["color"], "marker": "D", "markerfacecolor": "white", "markersize": 4}
    model = added_model(panel)
    return {"color": model_colours([model])[model], "marker": "s" if panel.endswith(DIRECT) else "o", "markersize": 4}


def panel_name(panel: str) -> str:
    """Return the display name of a panel."""
    if panel.endswith(DIRECT):
        return f"{label(added_model(panel))}, no panel"
    return "Real + biobank (ceiling)" if panel == CEILING else label(panel)


def panel_legend(owner: FigureBase, panels: Sequence[str]) -> None:
    """Name panels above the plots."""
    handles = {panel: Line2D([], [], linestyle="", label=panel_name(panel), **panel_style(panel)) for panel in panels}
    columns = -(-len(handles) // -(-len(handles) // LEGEND_COLUMNS))
    set_legend(owner, handles, columns, added_model, loc="outside upper center", handletextpad=0.0)


def separate_classes(axes: Axes, n_classes: int) -> None:
    """Draw pale lines between classes of sites."""
    for edge in np.arange(0.5, n_classes - 1):
        axes.axvline(edge, color=PALE, linewidth=0.5, zorder=0)
    axes.set_xlim(-0.5, n_classes - 0.5)


def forest(axes: Axes, gains: pd.DataFrame, panels: Sequence[str]) -> None:
    """Draw the gain of panels with its interval, one row per panel: rare sites filled, all sites hollow.

    Parameters
    ----------
    gains
        Rows of `imputation.tables.GAIN_COLUMNS` of one measure.
    """
    axes.axvline(0, color=REAL, linewidth=0.8, zorder=0.5)
    for height, panel in enumerate(panels):
        colour = panel_style(panel)["color"]
        for axis, offset, face in (("rare", -0.16, colour), ("all", 0.16, "white")):
            rows = gains[(gains["panel_added"] == panel) & (gains["axis"] == axis)]
            with marks_of(added_model(panel), axes):
                for gain, low, high in rows[["gain", "gain_low", "gain_high"]].to_numpy(float):
                    axes.plot([low, high], [height + offset] * 2, color=colour, linewidth=1)
                    axes.plot(gain, height + offset, "o", markersize=4.5, markerfacecolor=face, markeredgecolor=colour)
    names = [
        panel_name(panel) if panel.endswith(DIRECT) else f"+ {label(panel.removeprefix(f'{BASE}+'))}"
        for panel in panels
    ]
    axes.set_yticks(range(len(panels)), names)
    for text, panel in zip(axes.get_yticklabels(), panels, strict=True):
        belong_to(added_model(panel), text)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(panels) - 0.4, -0.6)
    handles = [
        Line2D([], [], linestyle="", marker="o", markersize=4.5, markeredgecolor=REAL, markerfacecolor=face, label=text)
        for text, face in (("MAF below 5 %", REAL), ("all imputed sites", "white"))
    ]
    axes.legend(handles=handles, ncols=2, loc="lower right", bbox_to_anchor=(1.0, 1.0), handletextpad=0.0)


def gain_lines(axes: Axes, gains: pd.DataFrame, panels: Sequence[str], lows: np.ndarray) -> None:
    """Draw gains over the base by class of sites: one line per panel, with intervals.

    Parameters
    ----------
    gains
        Rows of one measure and one axis.
    lows
        Lower ends of the classes, from left to right.
    """
    axes.axhline(0, color=REAL, linewidth=0.8, zorder=0.5)
    panels = [panel for panel in panels if panel != BASE]
    shifts = np.linspace(-0.22, 0.22, len(panels)) if len(panels) > 1 else [0.0]
    for shift, panel in zip(shifts, panels, strict=True):
        rows = gains[gains["panel_added"] == panel].sort_values("low")
        x, style = np.searchsorted(lows, rows["low"]) + shift, panel_style(panel)
        with marks_of(added_model(panel), axes):
            axes.vlines(x, rows["gain_low"], rows["gain_high"], color=style["color"], linewidth=0.8, alpha=0.6)
            axes.plot(x, rows["gain"], linestyle="--" if panel == CEILING else "-", linewidth=0.8, **style)
    separate_classes(axes, len(lows))
