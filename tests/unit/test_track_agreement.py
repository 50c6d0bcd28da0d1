"""Agreement of scan tracks: correlation, its interval, and the overlap of the highest places."""

import numpy as np
import pandas as pd
import pytest

from artificial_genomes.errors import UserError
from artificial_genomes.selection import Tracks
from artificial_genomes.track_agreement import block_correlation, compare_tracks, top_overlap


def tracks_of(scores, windows=None):
    places = pd.DataFrame({"contig": "1", "position": np.arange(len(scores)), "id": "s"})
    windows = scores[::5] if windows is None else windows
    starts = pd.DataFrame({"contig": "1", "start": np.arange(len(windows))})
    return Tracks(places.assign(xpehh=scores), places.assign(pbs=scores), starts.assign(pbs=windows))


def smooth(rng, n):
    return np.convolve(rng.normal(size=n + 50), np.ones(51), "valid")


def test_correlation_is_pearsons_over_places_scored_in_both():
    rng = np.random.default_rng(1)
    x = rng.normal(size=300)
    y = x + rng.normal(size=300)
    x[:10], y[5:20] = np.nan, np.nan
    r, low, high, n = block_correlation(x, y, seed=1)
    assert n == 280
    assert r == pytest.approx(np.corrcoef(x[20:], y[20:])[0, 1])
    assert low < r < high


def test_neighbours_that_are_alike_widen_the_interval():
    rng = np.random.default_rng(2)
    rough = block_correlation(*rng.normal(size=(2, 1000)), seed=1)
    alike = block_correlation(smooth(rng, 1000), smooth(rng, 1000), seed=1)
    assert alike[2] - alike[1] > 2 * (rough[2] - rough[1])


def test_interval_covers_the_truth_about_as_often_as_it_says():
    rng = np.random.default_rng(3)
    covered = 0
    for _ in range(200):
        common, one, other = rng.normal(size=(3, 400))
        _, low, high, _ = block_correlation(common + one, common + other, seed=1)
        covered += low <= 0.5 <= high
    assert 0.90 <= covered / 200 <= 0.99


def test_a_flat_track_has_no_correlation():
    assert np.isnan(block_correlation(np.full(50, 0.1), np.arange(50.0), seed=1)[:3]).all()
    assert np.isnan(block_correlation(np.array([1.0, np.nan]), np.array([1.0, 2.0]), seed=1)[:3]).all()


def test_overlap_of_the_highest_places():
    real, other = np.zeros(200), np.zeros(200)
    real[[5, 40, 9]] = 3, 2, 1
    other[[5, 40, 41]] = 3, 2, 1
    assert top_overlap(real, other) == (1, 2)
    real[5] = np.nan  # not scored in one: not compared
    assert top_overlap(real, other) == (1 / 2, 2)
    assert top_overlap(real, -other)[0] == 0
    assert top_overlap(np.arange(20.0), np.arange(20.0)) == (1, 1)


def test_metrics_of_equal_and_of_unrelated_tracks():
    rng = np.random.default_rng(4)
    real = tracks_of(rng.normal(size=500))
    table = compare_tracks(real, real, seed=1).set_index("metric")
    assert table["value"].tolist() == pytest.approx([1, 1, 1, 1])
    assert table["n"].tolist() == [500, 100, 5, 5]
    assert (table["reference"] == "biobank").all()
    other = compare_tracks(real, tracks_of(rng.normal(size=500)), seed=1).set_index("metric")
    assert np.abs(other["value"]).max() < 0.35
    assert (other["ci_high"] - other["ci_low"])[["xpehh_r", "pbs_r"]].between(0.05, 0.6).all()


def test_tracks_of_other_sites_are_not_compared():
    real = tracks_of(np.arange(50.0))
    with pytest.raises(UserError, match="xpehh track was made from other sites"):
        compare_tracks(real, tracks_of(np.arange(49.0)), seed=1)
    with pytest.raises(UserError, match="windows track was made from other sites"):
        compare_tracks(real, tracks_of(np.arange(50.0), np.arange(9.0)), seed=1)
