"""Agreement of scan tracks: correlations, their intervals, and the overlap of the top places with its chance."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from artificial_genomes.core.errors import UserError
from artificial_genomes.scans.agreement import (
    block_correlation,
    compare_tracks,
    relative_difference,
    shift_p_value,
    top_overlap,
)
from artificial_genomes.scans.statistics import top_places


def tracks_of(scores, statistic="xpehh", raw=None):
    places = np.arange(len(scores))
    return pd.DataFrame(
        {
            "statistic": statistic,
            "contig": "1",
            "start": places,
            "end": places,
            "raw": scores if raw is None else raw,
            "value": scores,
        }
    )


def smooth(rng, n):
    return np.convolve(rng.normal(size=n + 50), np.ones(51), "valid")


def test_metrics_are_over_places_scored_in_both():
    rng = np.random.default_rng(1)
    x = rng.normal(size=300)
    y = x + rng.normal(size=300)
    x[:10], y[5:20] = np.nan, np.nan
    table = compare_tracks(tracks_of(x), tracks_of(y), seed=1).set_index("metric")
    x, y = x[20:], y[20:]
    assert table["n"].tolist() == [280, 280, 280, 3, 3]
    assert table["value"]["xpehh_r"] == pytest.approx(np.corrcoef(x, y)[0, 1])
    assert table["value"]["xpehh_spearman"] == pytest.approx(stats.spearmanr(x, y).statistic)
    assert table["value"]["xpehh_nrmse"] == pytest.approx(np.sqrt(np.mean((y - x) ** 2)) / x.std())
    # Of three places no share says anything.
    assert table["value"][["top1_overlap_xpehh", "top1_p_xpehh"]].isna().all()
    assert (table["ci_low"] <= table["value"])[:3].all()
    assert (table["value"] <= table["ci_high"])[:3].all()
    assert (table["reference"] == "test").all()


def test_the_top_places_are_compared_where_there_are_twenty():
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(2, 2049))
    top = [set(np.argsort(-values)[:20]) for values in (x, x + y)]
    table = compare_tracks(tracks_of(x), tracks_of(x + y), seed=1).set_index("metric")
    assert table["value"]["top1_overlap_xpehh"] == pytest.approx(len(top[0] & top[1]) / 20)
    assert table["n"]["top1_overlap_xpehh"] == 20
    fewer = compare_tracks(tracks_of(x[:1949]), tracks_of((x + y)[:1949]), seed=1).set_index("metric")
    assert fewer["n"]["top1_overlap_xpehh"] == 19
    names = ["top1_overlap_xpehh", "top1_p_xpehh"]
    assert fewer.loc[names, ["value", "ci_low", "ci_high"]].isna().all(axis=None)
    assert np.isfinite(fewer["value"]["xpehh_r"])


def test_metrics_of_equal_and_of_unrelated_tracks():
    rng = np.random.default_rng(4)
    real = pd.concat([tracks_of(rng.normal(size=2000)), tracks_of(rng.normal(size=1950), "pbs")], ignore_index=True)
    table = compare_tracks(real, real, seed=1).set_index("metric")["value"]
    names = ["{}_r", "{}_spearman", "{}_nrmse", "top1_overlap_{}", "top1_p_{}"]
    assert list(table.index) == [name.format(statistic) for statistic in ("xpehh", "pbs") for name in names]
    assert table.tolist() == pytest.approx([1, 1, 0, 1, 1 / 2000, 1, 1, 0, 1, 1 / 1950])
    other = compare_tracks(real, real.assign(value=rng.normal(size=3950), raw=rng.normal(size=3950)), seed=1)
    other = other.set_index("metric")
    assert other["value"][["xpehh_r", "xpehh_spearman", "pbs_r", "pbs_spearman"]].abs().max() < 0.35
    assert (other["ci_high"] - other["ci_low"])[["xpehh_r", "pbs_r"]].between(0.05, 0.3).all()
    assert other["value"][["xpehh_nrmse", "pbs_nrmse"]].between(1.1, 1.8).all()


def test_a_shift_that_standardising_hides_is_a_difference():
    rng = np.random.default_rng(5)
    real = rng.normal(size=400)
    table = compare_tracks(tracks_of(real), tracks_of(real, raw=real + 3), seed=1).set_index("metric")["value"]
    assert table["xpehh_r"] == pytest.approx(1)
    assert table["xpehh_nrmse"] == pytest.approx(3 / real.std())


def test_neighbours_that_are_alike_widen_the_interval():
    rng = np.random.default_rng(2)
    rough = block_correlation(*rng.normal(size=(2, 1000)), seed=1)
    alike = block_correlation(smooth(rng, 1000), smooth(rng, 1000), seed=1)
    assert alike[2] - alike[1] > 2 * (rough[2] - rough[1])


@pytest.mark.integration
def test_intervals_cover_the_truth_about_as_often_as_they_say():
    rng = np.random.default_rng(3)
    covered = {"r": 0, "nrmse": 0}
    for _ in range(200):
        common, one, other = rng.normal(size=(3, 400))
        _, low, high = block_correlation(common + one, common + other, seed=1)
        covered["r"] += low <= 0.5 <= high
        _, low, high = relative_difference(common + one, common + other, seed=1)
        covered["nrmse"] += low <= 1 <= high  # sqrt(2) over sqrt(2)
    for number in covered.values():
        assert 0.90 <= number / 200 <= 0.99


def test_a_flat_track_has_no_correlation():
    flat, slope = np.full(50, 0.1), np.arange(50.0)
    assert np.isnan(block_correlation(flat, slope, seed=1)).all()
    assert np.isnan(relative_difference(flat, slope, seed=1)).all()
    assert relative_difference(slope, flat, seed=1)[0] > 1
    table = compare_tracks(tracks_of(slope), tracks_of(np.full(50, np.nan)), seed=1)
    assert table["value"].isna().all()
    assert (table["n"] == 0).all()


def test_overlap_and_its_interval():
    real, other = np.zeros(200, bool), np.zeros(200, bool)
    real[[5, 9, 100, 150]] = True
    other[[5, 9, 100, 151]] = True
    share, low, high = top_overlap(real, other, seed=1)
    assert share == 0.75
    assert low < 0.75 < high == 1
    assert top_overlap(real, real, seed=1) == (1, 1, 1)
    assert np.isnan(top_overlap(np.zeros(9, bool), other[:9], seed=1)).all()


def test_chance_of_the_overlap_is_that_of_all_shifts():
    rng = np.random.default_rng(6)
    for n in (50, 51):
        real = top_places(smooth(rng, n), "xpehh") | (rng.random(n) < 0.2)
        other = np.roll(real, 1) | (rng.random(n) < 0.1)
        observed = np.count_nonzero(real & other)
        as_many = [np.count_nonzero(real & np.roll(other, shift)) >= observed for shift in range(n)]
        assert shift_p_value(real, other) == pytest.approx(np.mean(as_many))
    assert shift_p_value(real, ~real) == 1
    assert np.isnan(shift_p_value(np.zeros(5, bool), np.zeros(5, bool)))


def test_chance_is_uniform_for_unrelated_tracks_whose_neighbours_are_alike():
    rng = np.random.default_rng(7)
    p = [shift_p_value(*(smooth(rng, 600) > 8 for _ in range(2))) for _ in range(100)]
    assert np.mean(np.array(p) <= 0.1) <= 0.2


def test_tracks_of_other_sites_are_not_compared():
    real = tracks_of(np.arange(50.0))
    with pytest.raises(UserError, match="XP-EHH track has different sites"):
        compare_tracks(real, tracks_of(np.arange(49.0)), seed=1)
    with pytest.raises(UserError, match="XP-EHH track has different sites"):
        compare_tracks(real, real.assign(start=real["start"] + 1), seed=1)
