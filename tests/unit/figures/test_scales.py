"""The scales of panels: places of marks give their values back."""

import numpy as np
import pytest

from artificial_genomes.figures.scales import POINTS, axes_scales
from artificial_genomes.figures.style import new_figure, settle


def value_at(scale, share):
    low, high = scale["low"], scale["high"]
    return low * (high / low) ** share if scale.get("log") else low + share * (high - low)


def drawn():
    figure = new_figure(height=4)
    top, bottom = figure.subfigures(2, 1)
    left, right = top.subplots(1, 2)
    left.plot([1, 7], [0.2, 0.9])
    left.set(xlabel="Sites that differ (n = 1,002 haplotypes)", ylabel="Mean $r^2$\n(better ↑)")
    right.loglog([1e3, 1e5], [1e-3, 10])
    right.set_xlim(1e5, 1e3)
    right.set_xticks([1e3, 1e4], ["1", "10"])
    below = bottom.subplots()
    below.plot([0.5, 1], [0, 1])
    below.set_xlim(0, 1)
    below.set_yticks([0, 1], ["Ceiling", "GAN"])
    bottom.supxlabel("← better: shared label (2,000 sites)")
    settle(figure)
    return figure


@pytest.mark.integration
def test_places_of_marks_give_their_values():
    figure = drawn()
    rng = np.random.default_rng(1)
    for axes, panel in zip(figure.axes, axes_scales(figure), strict=True):
        left, top, right, bottom = panel["box"]
        x, y = (np.interp(rng.random(), [0, 1], limits) for limits in (axes.get_xlim(), axes.get_ylim()))
        across, up = axes.transData.transform((x, y)) / figure.dpi * POINTS
        assert value_at(panel["x"], (across - left) / (right - left)) == pytest.approx(x, rel=2e-3)
        height = figure.get_figheight() * POINTS
        assert value_at(panel["y"], (bottom - (height - up)) / (bottom - top)) == pytest.approx(y, rel=2e-3, abs=2e-3)


def test_labels_are_those_of_the_panel_or_its_part_without_asides():
    first, second, third = axes_scales(drawn())
    assert (first["x"]["label"], first["y"]["label"]) == ("Sites that differ", "Mean r²")
    assert second["x"]["label"] == ""
    assert third["x"]["label"] == "shared label"


def test_ticks_are_values_in_a_unit_or_names():
    first, second, third = axes_scales(drawn())
    assert first["x"]["unit"] == 1
    assert second["x"]["unit"] == 0.001
    assert second["x"]["log"]
    assert "names" not in first["x"]
    assert third["y"]["names"] == [(0, "Ceiling"), (1, "GAN")]
