import numpy as np

from artificial_genomes.figures import fig8_latent
from artificial_genomes.figures.sets import panel
from figure_helpers import axes_with, points_of


def test_bars_are_means_over_seeds(drawn):
    _, _, figure = drawn[8]
    widths = [bar.get_width() for bar in axes_with(figure, "d").patches]
    np.testing.assert_allclose(widths, [0.65] * len(fig8_latent.FEATURES))


def test_maps_show_real_people_and_ags_of_the_first_seed(drawn):
    _, numbers, figure = drawn[8]
    points = panel(numbers, "points")
    assert set(points["seed"]) == {1}
    genotypes = points[(points["space"] == "genotypes") & (points["set"] != "ag")]
    np.testing.assert_allclose(points_of(axes_with(figure, "a")), genotypes[["pc1", "pc2"]])
    ags = points[(points["space"] == "hidden") & (points["set"] == "ag")]
    np.testing.assert_allclose(points_of(axes_with(figure, "c"), 1), ags[["pc1", "pc2"]])
