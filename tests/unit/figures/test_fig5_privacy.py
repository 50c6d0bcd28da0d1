import numpy as np

from artificial_genomes.figures.sets import panel
from figure_helpers import axes_with, rng_of


def test_parts_of_aats_stand_at_their_values(drawn):
    _, numbers, figure = drawn[5]
    parts = panel(numbers, "parts")
    axes = axes_with(figure, "a")
    for metric, marker in (("aa_truth", "o"), ("aa_syn", "s")):
        shown = sorted(line.get_xdata()[0] for line in axes.lines if line.get_marker() == marker)
        np.testing.assert_allclose(shown, sorted(parts.loc[parts["metric"] == metric, "value"]))
    assert any(list(line.get_xdata()) == [0.5, 0.5] for line in axes.lines)


def test_cumulative_distances_count_every_haplotype(drawn):
    _, numbers, figure = drawn[5]
    nearest = panel(numbers, "nearest")
    last = nearest.groupby(["model", "seed", "kind"])["fraction"].max()
    np.testing.assert_allclose(last, 1)
    drawn_distances = rng_of("gan", 1).poisson(8, 60)  # dTT comes first
    rows = nearest[(nearest["model"] == "gan") & (nearest["seed"] == 1) & (nearest["kind"] == "dTT")]
    expected = [(drawn_distances <= distance).mean() for distance in rows["distance"]]
    np.testing.assert_allclose(rows["fraction"], expected)
    line = axes_with(figure, "d").lines[0]
    np.testing.assert_allclose(line.get_ydata()[1:], expected)
