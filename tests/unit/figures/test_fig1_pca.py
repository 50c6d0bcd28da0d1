import numpy as np
import pytest

from artificial_genomes.figures import fig1_pca
from artificial_genomes.figures.sets import panel
from figure_helpers import MODELS, axes_with, metrics_table, pca_tables, points_of


def test_points_are_those_of_the_models_shown_in_their_order(drawn):
    for table in (drawn[1][1], drawn["models"][1]):
        points = panel(table, "points")
        assert list(points["model"].unique()) == ["real", *MODELS]
        pca, _ = pca_tables()
        for name in ("real", *MODELS):
            shown = points.loc[points["model"] == name, ["pc1", "pc2"]]
            np.testing.assert_array_equal(shown, pca.loc[pca["set"] == name, ["pc1", "pc2"]])
        explained = panel(table, "explained").iloc[0]
        assert explained[["pc1", "pc2"]].tolist() == [0.2, 0.1]
    # Panels below others name the axis.
    assert axes_with(drawn[1][2], "e").get_xlabel() == "PC1 (20.0% of variance)"


def test_people_without_labels_have_points_and_no_outlines():
    pca, variance = pca_tables()
    numbers = fig1_pca.numbers(pca.assign(superpopulation=None), variance, metrics_table())
    figure = fig1_pca.draw(numbers)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["no label"]
    assert len(axes_with(figure, "b").collections) == 2


def test_pca_panels_show_the_points_of_the_table(drawn):
    _, numbers, figure = drawn[1]
    points = panel(numbers, "points")
    for letter, model in zip("bcde", MODELS, strict=True):
        expected = points.loc[points["model"] == model, ["pc1", "pc2"]]
        np.testing.assert_allclose(points_of(axes_with(figure, letter), 1), expected)
    real = points[points["model"] == "real"]
    np.testing.assert_allclose(points_of(axes_with(figure, "a")), real[["pc1", "pc2"]])
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == ["AFR", "EUR", "no label"]


def test_dots_stand_at_the_values_of_seeds_and_controls(drawn):
    _, numbers, figure = drawn[1]
    rows = panel(numbers, "wasserstein")
    axes = axes_with(figure, "f")
    names = [text.get_text() for text in axes.get_yticklabels()]
    assert names == ["Ceiling", "GAN", "RBM", "Bernoulli", "my_model", "Floor"]
    dots = {
        (round(line.get_ydata()[0]), round(float(line.get_xdata()[0]), 9))
        for line in axes.lines
        if line.get_marker() == "o"
    }
    expected = {
        (height, round(value, 9))
        for height, model in enumerate(MODELS, 1)
        for value in rows.loc[rows["model"] == model, "value"]
    }
    assert dots == expected
    dashed = [line.get_xdata()[0] for line in axes.lines if line.get_linestyle() == "--"]
    assert dashed == [pytest.approx(rows.loc[rows["model"] == "ceiling", "value"].mean())]
