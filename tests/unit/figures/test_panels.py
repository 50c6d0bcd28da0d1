"""Panels that several figures share."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

from artificial_genomes.figures.panels import dots, name_line_ends, small_multiples, spread
from artificial_genomes.figures.style import new_figure


def test_ticks_of_a_logarithmic_row_of_dots_are_few_and_plain():
    axes = new_figure(height=2).subplots()
    rows = pd.DataFrame({"model": ["a", "b"], "seed": 1, "metric": "m", "value": [1.5, 45.0]})
    dots(axes, rows, "m", log_beyond=20)
    axes.figure.draw_without_rendering()
    low, high = axes.get_xlim()
    shown = [text.get_text() for text in axes.get_xticklabels() if low <= text.get_position()[0] <= high]
    assert shown == ["2", "5", "10", "20", "50"]
    assert not any(text.get_text() for text in axes.get_xticklabels(minor=True))


def test_intervals_that_a_logarithmic_axis_cuts_end_in_an_arrow():
    axes = new_figure(height=2).subplots()
    rows = pd.DataFrame({"model": ["gan", "rbm", "wgan"], "seed": 1, "metric": "m", "value": [0.5, 1.0, 45.0]})
    dots(axes, rows.assign(ci_low=[-0.1, 0.4, 40], ci_high=[1.5, 2, 50]), "m", log_beyond=20)
    low, high = axes.get_xlim()
    assert low < 0.4
    assert high > 50
    assert [line.get_xydata().tolist() for line in axes.lines if line.get_marker() == "<"] == [[[low, 0]]]


def test_a_model_without_a_value_says_so_beside_those_with_one():
    axes = new_figure(height=2).subplots()
    rows = pd.DataFrame({"model": ["gan", "rbm"], "seed": 1, "metric": "m", "value": [0.5, np.nan]})
    dots(axes, rows, "m")
    assert [(text.get_text(), text.get_position()[1]) for text in axes.texts] == [("not defined", 1)]


@pytest.mark.parametrize("limits", [(0.2, np.nan), (np.nan, 0.7), (0.2, 0.7)])
def test_what_a_gate_does_not_allow_is_shaded(limits):
    axes = new_figure(height=2).subplots()
    rows = pd.DataFrame({"model": ["gan", "rbm"], "seed": 1, "metric": "m", "value": [0.0, 1.0]})
    dots(axes, rows, "m", limits=pd.DataFrame([("m", *limits)], columns=["metric", "low", "high"]))
    low, high = axes.get_xlim()
    allowed = np.linspace(low, high, 101)
    spans = [patch.get_extents().transformed(axes.transData.inverted()) for patch in axes.patches]
    is_shaded = np.any([(span.x0 - 1e-9 <= allowed) & (allowed <= span.x1 + 1e-9) for span in spans], axis=0)
    expected = (allowed < np.nan_to_num(limits[0], nan=-np.inf)) | (allowed > np.nan_to_num(limits[1], nan=np.inf))
    np.testing.assert_array_equal(is_shaded, expected)


def test_labels_are_moved_as_little_as_possible():
    rng = np.random.default_rng(1)
    for _ in range(5):
        values = np.sort(rng.random(6))
        places = spread(values, 0.12, 0.0, 1.0)
        apart = [{"type": "ineq", "fun": lambda x, i=i: x[i + 1] - x[i] - 0.12} for i in range(5)]
        best = minimize(
            lambda x, values=values: ((x - values) ** 2).sum(),
            np.linspace(0, 1, 6),
            bounds=[(0, 1)] * 6,
            constraints=apart,
            options={"ftol": 1e-12},
        )
        np.testing.assert_allclose(places, best.x, atol=1e-4)
    np.testing.assert_allclose(spread(np.array([0.5, 0.5, 0.6]), 0.9, 0.0, 1.0), [0, 0.5, 1])


def test_every_line_is_named_at_its_end():
    axes = new_figure(height=2).subplots()
    axes.set_ylim(0, 1)
    name_line_ends(axes, pd.Series({"gan": 0.01, "floor": 0.0, "rbm": 1.0, "wgan": np.nan}), 3)
    assert [text.get_text() for text in axes.texts] == ["Floor", "GAN", "RBM"]
    assert [text.xy for text in axes.texts] == [(3, 0.0), (3, 0.01), (3, 1.0)]
    assert not any(text.get_annotation_clip() for text in axes.texts)


@pytest.mark.parametrize(("n", "rows"), [(4, [4]), (5, [3, 2]), (6, [3, 3]), (9, [3, 3, 3]), (10, [4, 4, 2])])
def test_rows_of_panels_are_of_equal_length_where_they_can_be(n, rows):
    panels = small_multiples(new_figure(height=2), n, 4)
    counts = pd.Series([axes.get_subplotspec().rowspan.start for axes in panels]).value_counts(sort=False)
    assert counts.tolist() == rows
