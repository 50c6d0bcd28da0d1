import numpy as np
import pandas as pd
import pytest

from artificial_genomes.figures import fig4_distances
from artificial_genomes.figures.sets import panel
from figure_helpers import axes_with, metrics_table, sets


def test_histograms_hold_all_pairs_of_the_test_reference(drawn):
    _, numbers, figure = drawn[4]
    histogram = panel(numbers, "histogram")
    sums = histogram.groupby(["model", "seed", "comparison"])["fraction"].sum()
    np.testing.assert_allclose(sums, 1)
    rows = histogram[
        (histogram["model"] == "rbm") & (histogram["seed"] == 1) & (histogram["comparison"] == "within_ag")
    ]
    line = axes_with(figure, "b").lines[0]
    assert line.get_drawstyle() == "steps-post"
    starts, values = line.get_data()
    shown = values > 0
    np.testing.assert_allclose(values[shown], rows.sort_values("bin_start")["fraction"])
    np.testing.assert_array_equal(starts[shown], np.sort(rows["bin_start"]))
    assert starts[-1] >= rows["bin_end"].max()


def test_the_peak_of_a_collapsed_model_is_cut_and_written_down():
    def distances(name, seed):
        real = pd.DataFrame({"comparison": "within_real", "distance": range(20), "count": 10})
        ag = pd.DataFrame({"comparison": "within_ag", "distance": [0, 5], "count": [90, 10]})
        return pd.concat([real, ag]).assign(reference="test")

    figure = fig4_distances.draw(fig4_distances.numbers(sets(["gan"], distances, [1]), metrics_table(["gan"], [1])))
    axes = axes_with(figure, "a")
    assert axes.get_ylim() == (0, pytest.approx(4 * 0.05))
    assert [text.get_text() for text in axes.texts] == ["↑ 0.90"]


def test_bins_of_long_haplotypes_are_few():
    def distances(name, seed):
        values = np.arange(0, 6000, 7)
        return pd.DataFrame({"reference": "test", "comparison": "within_ag", "distance": values, "count": 1})

    numbers = fig4_distances.numbers(sets(["gan"], distances, [1]), metrics_table(["gan"], [1]))
    assert 30 <= len(panel(numbers, "histogram")) <= fig4_distances.BINS
