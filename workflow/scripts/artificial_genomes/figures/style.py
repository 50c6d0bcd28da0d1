"""The look of every figure: sizes, colors, panel letters, and byte-identical files.

Colors of models and superpopulations differ also for readers who see no red or no green, and stand out on white; they
were found by a search with these demands, which a test repeats. A model has one color in all figures.
"""

import base64
import io
import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure, FigureBase
from matplotlib.lines import Line2D
from matplotlib.text import Annotation, Text
from PIL import Image

from artificial_genomes.core.colors import FIXED
from artificial_genomes.core.program import whole_outputs
from artificial_genomes.core.tables import write_tsv
from artificial_genomes.figures.scales import axes_scales

WIDTH = 7.5  # inches; at 200 dots an inch 1500 pixels
PNG_DPI = 200
LAYER_DPI = 150  # of the rasterized layers within an SVG, most of its bytes
LAYER_COLOURS = 256  # one byte per point

PALE = "#d9d9d9"
CONTROLS = {
    "ceiling": {"color": FIXED["ceiling"], "linestyle": "--", "linewidth": 1.0},
    "floor": {"color": FIXED["floor"], "linestyle": ":", "linewidth": 1.3},
}
SUPERPOPULATIONS = {"AFR": "#8c5b01", "AMR": "#6a1422", "EAS": "#31714b", "EUR": "#210fe9", "SAS": "#ae397f"}
# For other groups, the first ones more different than the next; the colors of superpopulations are among them.
_GROUPS = (
    *("#210fe9", "#80a000", "#6a1422", "#000040", "#a080e0"),
    *("#60a080", "#8c5b01", "#ae397f", "#600080", "#31714b"),
)

_INK = "0.15"  # a little lighter than black
_STYLE = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 8,
    "text.color": _INK,
    "axes.axisbelow": True,
    "axes.edgecolor": _INK,
    "axes.labelcolor": _INK,
    "axes.titlesize": 8.5,
    "axes.labelsize": 8,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlepad": 5,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "xtick.minor.size": 1.5,
    "ytick.minor.size": 1.5,
    "xtick.minor.width": 0.8,
    "ytick.minor.width": 0.8,
    "legend.frameon": False,
    "legend.fontsize": 7,
    "legend.handlelength": 1.6,
    "legend.title_fontsize": 9.6,
    "lines.linewidth": 1.1,
    "lines.markersize": 4.8,
    "lines.solid_capstyle": "round",
    "patch.edgecolor": "white",
    "patch.force_edgecolor": True,
    "patch.linewidth": 0.8,
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
    matplotlib.rcParams.update(_STYLE)
    return Figure(figsize=(width, height), layout="constrained")


def save_figure(figure: Figure, svg: str | Path, png: str | Path) -> None:
    """Write a figure as SVG and PNG, without dates or random ids: equal figures give equal bytes.

    Marks of a model (`belong_to`) are groups of the SVG with the ids `model-NAME.1`, `model-NAME.2`, ... Its
    description is JSON: see `scales.axes_scales`.
    """
    settle(figure)
    scales = json.dumps(axes_scales(figure), ensure_ascii=False, separators=(",", ":"))
    with whole_outputs(svg, png) as (partial_svg, partial_png):
        figure.savefig(partial_svg, format="svg", dpi=LAYER_DPI, metadata={"Date": None, "Description": scales})
        figure.savefig(partial_png, format="png")
        text = Path(partial_svg).read_text(encoding="utf-8")
        Path(partial_svg).write_text(
            _LAYER.sub(lambda layer: layer[1] + _fewer_bytes(layer[2]), text), encoding="utf-8"
        )


_LAYER = re.compile(r"(data:image/png;base64,)([^\"]+)")


def _fewer_bytes(png: str) -> str:
    """Return an image (base64) with a palette of at most `LAYER_COLOURS` colors: a fifth of the bytes."""
    layer = Image.open(io.BytesIO(base64.b64decode(png))).convert("RGBA")
    # Four bytes as one number: rows of an array take numpy ten times longer to sort.
    colours, index = np.unique(np.asarray(layer).view(">u4")[..., 0], return_inverse=True)
    if len(colours) <= LAYER_COLOURS:  # as they are
        small = Image.fromarray(index.astype(np.uint8), "P")
        small.putpalette(colours.tobytes(), "RGBA")
    else:
        small = layer.quantize(LAYER_COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    written = io.BytesIO()
    small.save(written, "png", optimize=True)
    return base64.b64encode(written.getvalue()).decode()


def settle(figure: Figure) -> None:
    """Number ids, compute the layout and round it, since its last digits depend on the hash seed of the process."""
    _number_groups(figure)
    if engine := figure.get_layout_engine():  # a figure that is written again has none
        engine.execute(figure)
        # With an engine, even one that does nothing, matplotlib draws every file twice.
        figure.set_layout_engine(None)
    for part in figure.subfigs:
        part.bbox_relative.bounds = np.round(part.bbox_relative.bounds, 4)
    for axes in figure.axes:
        axes.set_position(np.round(axes.get_position(original=True).bounds, 4))
    for text in figure.findobj(Text):
        if text.figure is not None and text in text.figure.texts:
            text.set_position(np.round(text.get_position(), 4))


def belong_to(model: str, *artists: Artist) -> None:
    """Mark artists, or whole panels, as those of a model or control, so that a reader of the SVG can hide them."""
    for artist in artists:
        artist.set_gid(f"model-{model}")


@contextmanager
def marks_of(model: str, axes: Axes) -> Iterator[None]:
    """Mark what is drawn in a panel meanwhile as that of a model or control: see `belong_to`."""
    before = {*axes.get_children()}
    yield
    belong_to(model, *(artist for artist in axes.get_children() if artist not in before))


def _number_groups(figure: Figure) -> None:
    """Make the ids of groups unique: model names contain no dot."""
    counts: Counter[str] = Counter()
    for artist in dict.fromkeys(figure.findobj(lambda artist: artist.get_gid() is not None)):
        group = artist.get_gid().partition(".")[0]
        # The line of an annotation is drawn before its text, in a group of its own.
        for part in (artist, *([artist.arrow_patch] if isinstance(artist, Annotation) and artist.arrow_patch else [])):
            counts[group] += 1
            part.set_gid(f"{group}.{counts[group]}")


def save_figure_and_numbers(
    figure: Figure, numbers: pd.DataFrame, svg: str | Path, png: str | Path, tsv: str | Path
) -> None:
    """Write a figure and the table that it was drawn from."""
    write_tsv(numbers, tsv)
    save_figure(figure, svg, png)


def superpopulation_colours(names: Collection[str]) -> dict[str, str]:
    """Return a color for each superpopulation; labels other than those of 1000 Genomes get one that is left."""
    known, unknown = set(names) & set(SUPERPOPULATIONS), sorted(set(names) - set(SUPERPOPULATIONS))
    left = [color for color in _GROUPS if color not in {SUPERPOPULATIONS[name] for name in known}]
    return SUPERPOPULATIONS | {name: left[i % len(left)] for i, name in enumerate(unknown)}


def superpopulation_legend(figure: Figure, names: Iterable[str]) -> None:
    """Add a legend of superpopulations above the panels of a figure."""
    colours = superpopulation_colours(names)
    handles = [
        Line2D([], [], linestyle="", marker="o", markersize=4, color=colours[name], label=name)
        for name in sorted(set(names))
    ]
    figure.legend(handles=handles, ncols=len(handles), loc="outside upper center", handletextpad=0.0)


def set_legend(
    owner: FigureBase | Axes,
    handles: Mapping[str, Artist],
    columns: int,
    model_of: Callable[[str], str] = str,
    **options: Any,
) -> None:
    """Add a legend of models, by name, that reads by rows: matplotlib fills columns.

    Parameters
    ----------
    model_of
        Returns the model that an entry belongs to, if entries are not models.
    """
    if not handles:
        return
    names = [list(handles)[i] for first in range(columns) for i in range(first, len(handles), columns)]
    legend = owner.legend(handles=[handles[name] for name in names], ncols=columns, **options)
    for name, handle, text in zip(names, legend.legend_handles, legend.get_texts(), strict=True):
        belong_to(model_of(name), handle, text)


def panel_letters(panels: Sequence[Axes]) -> None:
    """Mark panels a, b, c, ... to the left of the corner above the axes, where titles do not reach."""
    for letter, axes in zip("abcdefghijklmnopqrstuvwxyz", panels, strict=False):
        axes.set_title(letter, loc="left", ha="right", fontweight="bold", fontsize=10)
