import numpy as np
import pytest

from artificial_genomes.figures.sets import panel
from figure_helpers import MODELS, axes_with, points_of


def test_scatters_show_the_first_seed(drawn):
    _, numbers, figure = drawn[2]
    for letters, name in (("abcd", "frequency"), ("efgh", "three_point")):
        table = panel(numbers, name)
        assert set(table["seed"]) == {1}
        for letter, model in zip(letters, MODELS, strict=True):
            expected = table.loc[table["model"] == model, ["real", "ag"]]
            np.testing.assert_allclose(points_of(axes_with(figure, letter)), expected)


def test_correlations_by_gap_are_pearsons_and_undefined_ones_stay_out(drawn):
    numbers = drawn[2][1]
    by_gap, points = panel(numbers, "three_point_by_gap"), panel(numbers, "three_point")
    for row in by_gap[by_gap["seed"] == 1].itertuples():
        of_gap = points[(points["model"] == row.model) & (points["gap"] == row.gap)]
        if row.model in MODELS:
            assert row.value == pytest.approx(of_gap["real"].corr(of_gap["ag"]))
    assert by_gap.loc[by_gap["model"] == "floor", "value"].isna().all()


def test_text_in_a_panel_is_the_mean_over_seeds(drawn):
    _, numbers, figure = drawn[2]
    metrics = panel(numbers, "metrics")
    value = metrics.loc[(metrics["model"] == "gan") & (metrics["metric"] == "af_r"), "value"].mean()
    assert f"= {value:.3f}" in axes_with(figure, "a").texts[0].get_text()
