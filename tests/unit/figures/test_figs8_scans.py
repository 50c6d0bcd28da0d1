import numpy as np
import pandas as pd

from artificial_genomes.figures import figs8_scans
from artificial_genomes.figures.sets import panel
from figure_helpers import CONTROLS, GENES, MODELS, axes_with, candidates_of_real, scan_metrics, sets, track_of


def test_further_scans_show_the_models_of_the_paper(drawn):
    _, numbers, figure = drawn["s8"]
    assert panel(numbers, "tracks")["model"].unique().tolist() == ["real", "gan", "rbm"]
    assert panel(numbers, "tracks")["statistic"].unique().tolist() == ["ihs", "h12", "tajima_d"]
    assert set(panel(numbers, "metrics")["model"]) == {*MODELS, *CONTROLS}
    points = axes_with(figure, "a").lines[0]
    np.testing.assert_allclose(points.get_ydata(), track_of(numbers, "ihs", "real")["value"].abs())
    lowest = track_of(numbers, "tajima_d", "real")
    assert lowest["value"].idxmin() == lowest["top"].idxmax()


def test_of_dense_scores_with_two_ends_the_line_joins_the_highest_of_each_bin():
    rng = np.random.default_rng(1)
    dense = pd.DataFrame({"contig": "7", "start": np.arange(3001) * 100 + 50, "value": rng.normal(size=3001), "id": ""})
    dense = dense.assign(statistic="ihs", end=dense["start"], n=1, raw=dense["value"])
    tracks = sets(["real", "gan"], lambda *_: dense, [1])
    figure = figs8_scans.draw(figs8_scans.numbers(tracks, candidates_of_real(tracks), scan_metrics([1]), GENES))
    line = axes_with(figure, "a").lines[0]
    heights = dense["value"].abs().to_numpy()
    np.testing.assert_allclose(line.get_ydata(), [*heights[:3000].reshape(300, 10).max(axis=1), heights[3000]])
    assert np.all(np.diff(line.get_xdata()) > 0)
