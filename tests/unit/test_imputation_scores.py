"""How true imputed genotypes are, and the gain from AGs."""

import numpy as np
import pytest

from artificial_genomes.errors import UserError
from artificial_genomes.haplotypes import Haplotypes
from artificial_genomes.imputation import scores as imputation_scores
from artificial_genomes.imputation.result import Imputed
from artificial_genomes.imputation.scores import allele_counts, score_imputation, true_r2
from imputation_helpers import SPLIT, simulated_people

SETTINGS = {"typed_fraction": 0.1, "typed_maf_min": 0.05, "maf_bins": [0, 0.05, 0.25, 0.5]}


@pytest.fixture(scope="module")
def real():
    return simulated_people()


@pytest.fixture(scope="module")
def split():
    return SPLIT


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


def test_true_r2_of_resampled_people(guesses):
    dosages, truth = guesses
    chosen = np.random.default_rng(3).integers(0, 40, (5, 40))
    weights = np.stack([np.bincount(people, minlength=40) for people in chosen]) / 40
    expected = [[np.corrcoef(dosages[people, i], truth[people, i])[0, 1] ** 2 for i in range(12)] for people in chosen]
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


# Scores ---------------------------------------------------------------------------------------------------------------


def noisy(real, split, noise, seed=4):
    truth = allele_counts(real.take_people(split == "test"))
    rng = np.random.default_rng(seed)
    dosages = np.clip(truth + rng.normal(0, noise, truth.shape), 0, 2)
    return Imputed(dosages, np.linspace(0, 1, real.n_sites), np.rint(dosages).astype(np.int8))


def test_scores_are_those_of_the_imputed_sites_by_frequency_in_the_biobank(real, split):
    imputed = noisy(real, split, 0.4)
    scores = score_imputation(real, split, imputed, None, SETTINGS, seed=1)
    train, test = (allele_counts(real.take_people(split == part)) for part in ("train", "test"))
    frequency = train.mean(axis=0) / 2
    maf = np.minimum(frequency, 1 - frequency)
    np.testing.assert_allclose(scores.sites["maf_biobank"], maf)
    typed = scores.sites["typed"].to_numpy(bool)
    assert typed.sum() == round(0.1 * real.n_sites)
    varies = test.std(axis=0) > 0
    assert not varies.all()
    with np.errstate(invalid="ignore", divide="ignore"):
        r2 = np.array([np.corrcoef(imputed.dosages[:, i], test[:, i])[0, 1] ** 2 for i in range(real.n_sites)])
    np.testing.assert_allclose(scores.sites["r2"][varies], r2[varies], atol=1e-9)
    assert scores.sites["r2"][~varies].isna().all()

    chosen = varies & ~typed
    metrics = scores.metrics.set_index("metric")
    assert metrics.index.tolist() == ["imputation_r2", "imputation_r2_rare"]
    assert metrics.loc["imputation_r2", "value"] == pytest.approx(r2[chosen].mean())
    assert metrics.loc["imputation_r2_rare", "value"] == pytest.approx(r2[chosen & (maf < 0.05)].mean())
    assert metrics["n"].tolist() == [chosen.sum(), (chosen & (maf < 0.05)).sum()]

    bins = scores.bins
    assert bins["n_sites"].sum() == chosen.sum()
    in_middle = chosen & (maf >= 0.05) & (maf < 0.25)
    assert bins.loc[1, "n_sites"] == in_middle.sum()
    assert bins.loc[1, "r2_mean"] == pytest.approx(r2[in_middle].mean())
    assert bins.loc[1, "r2_se"] == pytest.approx(r2[in_middle].std(ddof=1) / np.sqrt(in_middle.sum()))
    assert bins.loc[1, "dr2_mean"] == pytest.approx(imputed.quality[in_middle].mean())


def test_gains_are_paired(real, split):
    better, worse = noisy(real, split, 0.3), noisy(real, split, 0.5)
    metrics = score_imputation(real, split, better, worse, SETTINGS, seed=1).metrics.set_index("metric")
    alone = score_imputation(real, split, worse, None, SETTINGS, seed=1).metrics.set_index("metric")
    for name in ("imputation_r2", "imputation_r2_rare"):
        gain = metrics.loc[f"{name}_gain"]
        assert gain["value"] == pytest.approx(metrics.loc[name, "value"] - alone.loc[name, "value"])
        assert 0 < gain["ci_low"] < gain["value"] < gain["ci_high"]
    none = score_imputation(real, split, worse, worse, SETTINGS, seed=1).metrics.set_index("metric")
    assert none.loc["imputation_r2_gain", ["value", "ci_low", "ci_high"]].tolist() == [0, 0, 0]


def test_interval_of_the_mean_covers_about_as_often_as_it_says():
    """Means over many people stand for the truth; the sets of 40 people should cover it in 95 of 100 cases."""
    rng = np.random.default_rng(6)

    def draw(n):
        truth = rng.binomial(2, 0.3, (n, 30)).astype(float)
        return truth + rng.normal(0, 0.6, truth.shape), truth

    target = true_r2(*draw(100_000)).mean()
    covered = 0
    for _ in range(100):
        dosages, truth = draw(100)
        weights = rng.multinomial(100, np.full(100, 0.01), 100) / 100
        _, low, high = imputation_scores._mean_interval(true_r2(dosages, truth), true_r2(dosages, truth, weights))
        covered += low <= target <= high
    assert covered >= 88


def test_no_site_that_varies(real, split):
    targets = split == "test"
    alleles = real.alleles.copy()
    alleles[np.repeat(targets, 2)] = 0
    fixed = Haplotypes(alleles, real.sites, real.people)
    with pytest.raises(UserError, match="no imputed site varies among the test people"):
        score_imputation(fixed, split, noisy(real, split, 0.1), None, SETTINGS, seed=1)
