"""The look of every figure: sizes, colors, panel letters, and byte-identical files.

Colors are safe for color-blind readers: Okabe and Ito's (2008) for models, Tol's muted scheme for superpopulations.
"""

import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import seaborn
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text

from artificial_genomes.core.kinds import KINDS
from artificial_genomes.core.program import whole_outputs
from artificial_genomes.core.tables import write_tsv

WIDTH = 7.5  # inches; at 200 dots an inch 1500 pixels
PNG_DPI = 200

REAL = "#4d4d4d"
PALE = "#d9d9d9"
CONTROLS = {
    "ceiling": {"color": "#4d4d4d", "linestyle": "--", "linewidth": 1.0},
    "floor": {"color": "#8c8c8c", "linestyle": ":", "linewidth": 1.3},
}
SUPERPOPULATIONS = {"AFR": "#ddaa33", "AMR": "#cc6677", "EAS": "#117733", "EUR": "#4fb3e0", "SAS": "#882255"}

_MODELS = {name: kind.color for name, kind in KINDS.items()}
_OTHERS = ("#e69f00", "#aa4499", "#661100", "#225555", "#5a7d2b", "#8c564b")
_STYLE = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 8,
    "axes.titlesize": 8.5,
    "axes.labelsize": 8,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlepad": 5,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "xtick.minor.size": 1.5,
    "ytick.minor.size": 1.5,
    "legend.frameon": False,
    "legend.fontsize": 7,
    "legend.handlelength": 1.6,
    "lines.linewidth": 1.1,
    "savefig.dpi": PNG_DPI,
    "figure.dpi": PNG_DPI,  # of the rasterized layers within an SVG
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "artificial-genomes",
}


def new_figure(height: float, width: float = WIDTH) -> Figure:
    """Return an empty figure in the style of this workflow, regardless of the user's matplotlib settings.

    Parameters
    ----------
    height, width
        Inches.
    """
    matplotlib.rcdefaults()
    seaborn.set_theme(context="paper", style="ticks", palette="colorblind", rc=_STYLE)
    return Figure(figsize=(width, height), layout="constrained")


def save_figure(figure: Figure, svg: str | Path, png: str | Path) -> None:
    """Write a figure as SVG and PNG, without dates or random ids: equal figures give equal bytes."""
    _settle_layout(figure)
    with whole_outputs(svg, png) as (partial_svg, partial_png):
        figure.savefig(partial_svg, format="svg", metadata={"Date": None})
        figure.savefig(partial_png, format="png")


def _settle_layout(figure: Figure) -> None:
    """Compute the layout once and round it, since the last digits depend on the hash seed of the process."""
    figure.get_layout_engine().execute(figure)
    figure.set_layout_engine("none")
    for part in figure.subfigs:
        part.bbox_relative.bounds = np.round(part.bbox_relative.bounds, 4)
    for axes in figure.axes:
        axes.set_position(np.round(axes.get_position(original=True).bounds, 4))
    for text in figure.findobj(Text):
        if text.figure is not None and text in text.figure.texts:
            text.set_position(np.round(text.get_position(), 4))


def save_figure_and_numbers(
    figure: Figure, numbers: pd.DataFrame, svg: str | Path, png: str | Path, tsv: str | Path
) -> None:
    """Write a figure and the table that it was drawn from."""
    write_tsv(numbers, tsv)
    save_figure(figure, svg, png)


def model_colours(models: Iterable[str]) -> dict[str, str]:
    """Return a color for each model: fixed for known models, determined by the name for others.

    Unknown names in one call get different colors as long as there are any left.
    """
    colours = {"real": REAL} | {name: style["color"] for name, style in CONTROLS.items()} | _MODELS
    free = list(_OTHERS)
    for name in sorted(set(models) - set(colours)):
        choice = free or list(_OTHERS)
        colours[name] = choice[zlib.crc32(name.encode()) % len(choice)]
        if free:
            free.remove(colours[name])
    return {name: colours[name] for name in models}


def superpopulation_colours(names: Iterable[str]) -> dict[str, str]:
    """Return a color for each superpopulation; labels other than those of 1000 Genomes get a spare color."""
    unknown = sorted(set(names) - set(SUPERPOPULATIONS))
    return SUPERPOPULATIONS | {name: _OTHERS[i % len(_OTHERS)] for i, name in enumerate(unknown)}


def superpopulation_legend(figure: Figure, names: Iterable[str]) -> None:
    """Add a legend of superpopulations above the panels of a figure."""
    colours = superpopulation_colours(names)
    handles = [
        Line2D([], [], linestyle="", marker="o", markersize=4, color=colours[name], label=name)
        for name in sorted(set(names))
    ]
    figure.legend(handles=handles, ncols=len(handles), loc="outside upper center", handletextpad=0.0)


def panel_letters(panels: Sequence[Axes]) -> None:
    """Mark panels a, b, c, ... in the corner above the axes."""
    for letter, axes in zip("abcdefghijklmnopqrstuvwxyz", panels, strict=False):
        axes.set_title(letter, loc="left", fontweight="bold", fontsize=10)
