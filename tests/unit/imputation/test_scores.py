"""How true imputed genotypes are: against numpy's correlation and loops over people and sites."""

import numpy as np
import pytest

from artificial_genomes.core.errors import UserError
from artificial_genomes.imputation.result import Imputed
from artificial_genomes.imputation.scores import (
    REPLICATES,
    allele_counts,
    mean_over_sites,
    nonref_concordance,
    people_weights,
    score_imputation,
    site_scores,
    true_r2,
)
from artificial_genomes.imputation.target import typed_sites, typed_table
from artificial_genomes.statistics.bootstrap import NORMAL_975
from imputation_helpers import SPLIT, simulated_people


@pytest.fixture(scope="module")
def real():
    return simulated_people()


@pytest.fixture(scope="module")
def typed(real):
    train = real.take_people(SPLIT == "train").alleles
    return typed_table(real.sites, train, typed_sites(train, 0.1, 0.05))


@pytest.fixture(scope="module")
def truth(real):
    return allele_counts(real.take_people(SPLIT == "test"))


# True r2 --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def guesses():
    rng = np.random.default_rng(2)
    truth = rng.binomial(2, 0.3, (40, 12)).astype(float)
    dosages = np.clip(truth + rng.normal(0, 0.5, truth.shape), 0, 2)
    return dosages, truth


def test_true_r2_is_the_squared_correlation(guesses):
    dosages, truth = guesses
    expected = [np.corrcoef(dosages[:, i], truth[:, i])[0, 1] ** 2 for i in range(12)]
    np.testing.assert_allclose(true_r2(dosages, truth), expected, atol=1e-12)


def test_true_r2_of_resampled_people(guesses, monkeypatch):
    dosages, truth = guesses
    chosen = np.random.default_rng(3).integers(0, 40, (5, 40))
    weights = np.stack([np.bincount(people, minlength=40) for people in chosen]) / 40
    expected = [[np.corrcoef(dosages[people, i], truth[people, i])[0, 1] ** 2 for i in range(12)] for people in chosen]
    np.testing.assert_allclose(true_r2(dosages, truth, weights), expected, atol=1e-9)
    monkeypatch.setattr("artificial_genomes.imputation.scores._BLOCK_SITES", 5)
    np.testing.assert_allclose(true_r2(dosages, truth, weights), expected, atol=1e-9)


def test_true_r2_without_variation(guesses):
    dosages, truth = guesses
    truth[:, 0] = 1  # nothing to impute
    dosages[:, 1] = 0.01  # nothing learnt
    r2 = true_r2(dosages, truth)
    assert np.isnan(r2[0])
    assert r2[1] == 0
    # A resample in which neither of them varies any more.
    only_one_person = np.eye(40)[[0]]
    assert np.isnan(true_r2(dosages, truth, only_one_person)).all()


def test_nonref_concordance_of_resampled_people():
    rng = np.random.default_rng(8)
    truth, calls = rng.binomial(2, 0.1, (2, 20, 12))
    chosen = rng.integers(0, 20, (6, 20))
    weights = np.stack([np.bincount(people, minlength=20) for people in chosen]) / 20
    found = nonref_concordance(calls, truth, weights)
    for people, row in zip(chosen, found, strict=True):
        for i in range(12):
            right = [calls[j, i] == truth[j, i] for j in people if calls[j, i] > 0 or truth[j, i] > 0]
            np.testing.assert_allclose(row[i], np.mean(right) if right else np.nan)
    calls[:, 0] = truth[:, 0] = 0
    assert np.isnan(nonref_concordance(calls, truth)[0])


def test_means_pass_over_what_is_not_defined():
    assert mean_over_sites(np.array([1.0, np.nan, 3.0])) == 2
    assert np.isnan(mean_over_sites(np.array([np.nan])))
    assert np.isnan(mean_over_sites(np.array([])))
    np.testing.assert_array_equal(mean_over_sites(np.array([[1.0, np.nan], [np.nan, np.nan]])), [1, np.nan])


# Scores ---------------------------------------------------------------------------------------------------------------


def noisy(truth, noise, seed=4):
    rng = np.random.default_rng(seed)
    dosages = np.clip(truth + rng.normal(0, noise, truth.shape), 0, 2)
    return Imputed(dosages, rng.random(truth.shape[1]), np.rint(dosages).astype(np.int8))


def test_scores_of_sites(truth, typed):
    imputed = noisy(truth, 0.5)
    sites = site_scores(imputed, truth, typed)
    for i in range(0, truth.shape[1], 17):
        pairs = list(zip(imputed.genotypes[:, i], truth[:, i], strict=True))
        carriers = [(call, true) for call, true in pairs if call > 0 or true > 0]
        assert sites["concordance"][i] == pytest.approx(np.mean([call == true for call, true in pairs]))
        if carriers:
            assert sites["nonref_concordance"][i] == pytest.approx(np.mean([call == true for call, true in carriers]))
        else:
            assert np.isnan(sites["nonref_concordance"][i])
        assert sites["af_truth"][i] == pytest.approx(truth[:, i].mean() / 2)
    np.testing.assert_array_equal(sites["r2"].isna(), truth.std(axis=0) == 0)


def test_metrics_are_over_imputed_sites_that_vary(truth, typed):
    imputed = noisy(truth, 0.4)
    metrics = score_imputation(truth, typed, imputed, None, seed=1).metrics.set_index("metric")
    chosen = (typed["typed"] == 0) & (truth.std(axis=0) > 0)
    rare = chosen & (typed["maf_biobank"] < 0.05)
    assert not chosen.all()
    r2 = np.array([np.corrcoef(imputed.dosages[:, i], truth[:, i])[0, 1] ** 2 for i in np.flatnonzero(chosen)])
    calls, true, dosages = imputed.genotypes[:, chosen], truth[:, chosen], imputed.dosages[:, chosen]
    carriers = (calls > 0) | (true > 0)
    expected = {
        "imputation_r2": r2.mean(),
        "imputation_r2_rare": r2[rare[chosen].to_numpy()].mean(),
        "imputation_concordance": (calls == true).mean(),
        "imputation_nonref_concordance": (calls == true)[carriers].mean(),
        "imputation_dosage_slope": np.polyfit(dosages.ravel(), true.ravel(), 1)[0],
        "imputation_quality": imputed.quality[chosen].mean(),
        "imputation_quality_rare": imputed.quality[rare].mean(),
    }
    assert metrics["value"].to_dict() == pytest.approx(expected)
    assert metrics["n"].tolist() == [chosen.sum(), rare.sum(), *[chosen.sum()] * 4, rare.sum()]
    with_interval = metrics.drop(["imputation_quality", "imputation_quality_rare"])
    assert (with_interval["ci_low"] < with_interval["value"]).all()
    assert metrics.loc["imputation_quality", ["ci_low", "ci_high"]].isna().all()
    named = score_imputation(truth, typed, imputed, None, seed=1, suffix="_minimac4").metrics["metric"]
    assert named.tolist() == [f"{name}_minimac4" for name in metrics.index]


def test_intervals_are_those_of_resampled_people(truth, typed):
    imputed = noisy(truth, 0.4)
    metrics = score_imputation(truth, typed, imputed, None, seed=3).metrics.set_index("metric")
    chosen = ((typed["typed"] == 0) & (truth.std(axis=0) > 0)).to_numpy()
    weights = people_weights(len(truth), 3)
    assert weights.shape == (REPLICATES, 30)
    right = (imputed.genotypes == truth)[:, chosen].mean(axis=1)
    half = NORMAL_975 * np.std([w @ right for w in weights], ddof=1)
    row = metrics.loc["imputation_concordance"]
    assert (row["ci_high"] - row["ci_low"]) / 2 == pytest.approx(half)


def test_gains_are_paired(truth, typed):
    better, worse = noisy(truth, 0.3), noisy(truth, 0.5)
    metrics = score_imputation(truth, typed, better, worse, seed=1).metrics.set_index("metric")
    alone = score_imputation(truth, typed, worse, None, seed=1).metrics.set_index("metric")
    for name in ("r2", "r2_rare", "concordance", "nonref_concordance"):
        gain = metrics.loc[f"imputation_{name}_gain"]
        own, base = (table["value"][f"imputation_{name}"] for table in (metrics, alone))
        assert gain["value"] == pytest.approx(own - base)
        assert 0 < gain["ci_low"] < gain["value"] < gain["ci_high"]
    none = score_imputation(truth, typed, worse, worse, seed=1).metrics.set_index("metric")
    assert none.loc["imputation_r2_gain", ["value", "ci_low", "ci_high"]].tolist() == [0, 0, 0]


@pytest.mark.integration
def test_interval_of_the_mean_covers_about_as_often_as_it_says():
    """Means over many people stand for the truth; the sets of 100 people should cover it in 95 of 100 cases."""
    rng = np.random.default_rng(6)

    def draw(n):
        truth = rng.binomial(2, 0.3, (n, 30)).astype(float)
        return truth + rng.normal(0, 0.6, truth.shape), truth

    target = true_r2(*draw(100_000)).mean()
    covered = 0
    for _ in range(100):
        dosages, truth = draw(100)
        weights = rng.multinomial(100, np.full(100, 0.01), 100) / 100
        half = NORMAL_975 * mean_over_sites(true_r2(dosages, truth, weights)).std(ddof=1)
        covered += abs(true_r2(dosages, truth).mean() - target) <= half
    assert covered >= 88


def test_calibration_counts_every_genotype_and_site_once(truth, typed):
    imputed = noisy(truth, 0.2)
    imputed.quality[3] = np.nan
    scores = score_imputation(truth, typed, imputed, None, seed=1)
    chosen = ((typed["typed"] == 0) & (truth.std(axis=0) > 0)).to_numpy()
    by_kind = scores.calibration.groupby("kind")["n"].sum()
    assert by_kind["dosage"] == chosen.sum() * 30
    assert by_kind["quality"] == chosen.sum() - chosen[3]
    row = scores.calibration.query("kind == 'dosage' and low == 0.9").iloc[0]
    here = (imputed.dosages[:, chosen] >= row["low"]) & (imputed.dosages[:, chosen] < row["high"])
    assert row["n"] == here.sum()
    assert row["predicted"] == pytest.approx(imputed.dosages[:, chosen][here].mean())
    assert row["observed"] == pytest.approx(truth[:, chosen][here].mean())
    assert row["low"] <= row["predicted"] < row["high"]


def test_no_site_that_varies(truth, typed):
    with pytest.raises(UserError, match="no imputed site varies among the test individuals"):
        score_imputation(np.zeros_like(truth), typed, noisy(truth, 0.1), None, seed=1)
