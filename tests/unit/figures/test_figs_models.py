import numpy as np
import pandas as pd
import pytest

from artificial_genomes.figures.sets import panel
from figure_helpers import MODELS, SEEDS, axes_with, points_of


def test_models_beside_each_other_show_what_the_figures_of_one_statistic_show(drawn):
    _, numbers, figure = drawn["models"]
    # The same tables as those of figures 1 to 4.
    for name, alone in (("points", 1), ("frequency", 2)):
        shown, expected = (panel(table, name).dropna(axis=1, how="all") for table in (numbers, drawn[alone][1]))
        pd.testing.assert_frame_equal(shown, expected, check_dtype=False)
    for name, alone in (("decay", 3), ("histogram", 4)):
        of_models = panel(numbers, name)
        shown = of_models[of_models["model"] != "coalescent"].reset_index(drop=True).dropna(axis=1, how="all")
        expected = panel(drawn[alone][1], name).dropna(axis=1, how="all")
        pd.testing.assert_frame_equal(shown, expected, check_dtype=False, check_like=True)
    for letter, model in zip("bcde", MODELS, strict=True):
        points = panel(numbers, "points")
        expected = points.loc[points["model"] == model, ["pc1", "pc2"]]
        np.testing.assert_allclose(points_of(axes_with(figure, letter), 1), expected)
    for letter, model in zip("fghi", MODELS, strict=True):
        rows = panel(numbers, "frequency")
        expected = rows.loc[rows["model"] == model, ["real", "ag"]]
        np.testing.assert_allclose(points_of(axes_with(figure, letter)), expected)


def test_a_model_with_sites_of_its_own_stands_only_in_what_needs_no_common_sites(drawn):
    _, numbers, figure = drawn["models"]
    assert "coalescent" not in set(panel(numbers, "points")["model"]) | set(panel(numbers, "parts")["model"])
    (legend,) = axes_with(figure, "j").figure.legends
    assert "Coalescent" in [text.get_text() for text in legend.get_texts()]
    assert "Coalescent" not in [text.get_text() for text in axes_with(figure, "k").get_yticklabels()]
    names = [text.get_text() for text in axes_with(figure, "n").get_yticklabels()]
    assert names == ["Ceiling", "GAN", "RBM", "Bernoulli", "my_model", "Coalescent", "Floor"]


def test_distances_of_models_lie_over_those_of_real_people_in_one_panel(drawn):
    _, numbers, figure = drawn["models"]
    rows = panel(numbers, "histogram")
    within = axes_with(figure, "l")
    assert within.get_title() == "within AGs"
    # Real people, and a line for each seed of five models and two controls.
    assert len(within.patches) == 1 + 7 * len(SEEDS)
    assert within.patches[0].get_fill()
    of_gan = rows[(rows["model"] == "gan") & (rows["seed"] == 1) & (rows["comparison"] == "within_ag")]
    heights = [patch.get_data().values.sum() for patch in within.patches]
    assert min(heights) == pytest.approx(1) == of_gan["fraction"].sum()


def test_the_privacy_loss_of_both_references_is_there(drawn):
    rows = panel(drawn["models"][1], "metrics")
    assert set(rows.loc[rows["metric"] == "privacy_loss", "reference"]) == {"train+test"}
    assert set(rows.loc[rows["metric"] == "af_r", "reference"]) == {"test"}
