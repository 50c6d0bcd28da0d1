"""The scales of the panels of a drawn figure, by which the report reads values off its marks."""

import re
from typing import Any

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure

POINTS = 72
"""Points per inch, the unit of an SVG file that matplotlib writes."""

_ASIDES = re.compile(r" \(([^()]*(n = |\d[\d,]* \w)|dotted|better)[^()]*\)| n = .*|← better: | better →| ← better")
_NUMBER = re.compile(r"[-−]?[\d.]+%?")


def axes_scales(figure: Figure) -> list[dict[str, Any]]:
    """Return the scales of all panels of a figure whose layout is computed, for JSON.

    Returns
    -------
    list of dict
        box: left, top, right and bottom of the panel, in points from the upper left corner of the figure. x and y:
        label; low and high, the values at the left and right, or lower and upper, end; log, whether the scale is
        logarithmic; unit, by which a value is multiplied before it is shown; names, pairs of value and text, where
        ticks have names.
    """
    height = figure.get_figheight() * POINTS
    panels = []
    for axes in figure.axes:
        axes.apply_aspect()
        extents = axes.get_window_extent().extents / figure.dpi * POINTS
        left, low, right, high = (round(float(one), 2) for one in extents)
        box = [left, round(height - high, 2), right, round(height - low, 2)]
        panels.append({"box": box, "x": _scale(axes, axes.xaxis), "y": _scale(axes, axes.yaxis)})
    return panels


def _scale(axes: Axes, axis: Axis) -> dict[str, Any]:
    is_x = axis.axis_name == "x"
    part = axes.get_figure(root=False)
    shared = part.get_supxlabel() if is_x else part.get_supylabel()
    low, high = axes.get_xlim() if is_x else axes.get_ylim()
    siblings = (axes.get_shared_x_axes() if is_x else axes.get_shared_y_axes()).get_siblings(axes)
    own = axis.get_label_text() or "".join({(one.get_xlabel if is_x else one.get_ylabel)() for one in siblings})
    scale = {"label": _plain(own or shared), "low": float(f"{low:.7g}"), "high": float(f"{high:.7g}")}
    if axis.get_scale() == "log":
        scale["log"] = True
    places = axis.get_majorticklocs()
    texts = [" ".join(text.split()) for text in axis.get_major_formatter().format_ticks(places)]
    ticks = [(float(place), text) for place, text in zip(places, texts, strict=True) if text and text[0] != "$"]
    units = {_unit(place, text) for place, text in ticks if place}
    if len(units) == 1 and None not in units:
        (scale["unit"],) = units
    elif units:
        scale["names"] = ticks
    return scale


def _unit(place: float, text: str) -> float | None:
    """Return by what a tick's value is multiplied to give its text, in three digits; None if that is not a number."""
    return float(f"{float(text.replace('−', '-').rstrip('%')) / place:.3g}") if _NUMBER.fullmatch(text) else None


def _plain(label: str) -> str:
    """Return the label of an axis on one line, without the numbers of haplotypes or sites and the better direction."""
    return _ASIDES.sub("", " ".join(label.split()).replace("$", "").replace("^2", "²"))
