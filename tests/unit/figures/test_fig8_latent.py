import numpy as np

from artificial_genomes.figures import fig8_latent
from artificial_genomes.figures.sets import panel
from figure_helpers import axes_with, points_of


def test_bars_stand_at_means_over_seeds_and_dots_at_seeds(drawn):
    axes = axes_with(drawn[8][2], "d")
    bars = [line.get_xdata()[0] for line in axes.lines if line.get_linewidth() == 1.6]
    np.testing.assert_allclose(bars, [0.65] * len(fig8_latent.FEATURES))
    dots = [line.get_xdata()[0] for line in axes.lines if line.get_marker() == "o"]
    np.testing.assert_allclose(dots, [0.6, 0.7] * len(fig8_latent.FEATURES))
    assert [text.get_text() for text in axes.texts] == ["0.650"] * len(fig8_latent.FEATURES)


def test_maps_show_real_people_and_ags_of_the_first_seed(drawn):
    _, numbers, figure = drawn[8]
    points = panel(numbers, "points")
    assert set(points["seed"]) == {1}
    genotypes = points[(points["space"] == "genotypes") & (points["set"] != "ag")]
    np.testing.assert_allclose(points_of(axes_with(figure, "a")), genotypes[["pc1", "pc2"]])
    ags = points[(points["space"] == "hidden") & (points["set"] == "ag")]
    np.testing.assert_allclose(points_of(axes_with(figure, "c"), 1), ags[["pc1", "pc2"]])
