"""Gains of panels by class of sites, over people and seeds."""

import numpy as np
import pandas as pd
import pytest

from artificial_genomes.imputation.gains import classes, imputation_gains
from artificial_genomes.imputation.result import Imputed
from artificial_genomes.imputation.scores import (
    allele_counts,
    nonref_concordance,
    people_weights,
    true_r2,
)
from artificial_genomes.imputation.tables import GAIN_COLUMNS
from artificial_genomes.imputation.target import typed_sites, typed_table
from artificial_genomes.statistics.bootstrap import NORMAL_975
from imputation_helpers import SPLIT, simulated_people

SETTINGS = {"maf_bins": [0, 0.05, 0.25, 0.5], "mac_bins": [1, 3, 20]}


@pytest.fixture(scope="module")
def truth():
    return allele_counts(simulated_people().take_people(SPLIT == "test"))


@pytest.fixture(scope="module")
def typed():
    real = simulated_people()
    train = real.take_people(SPLIT == "train").alleles
    return typed_table(real.sites, train, typed_sites(train, 0.1, 0.05))


@pytest.fixture(scope="module")
def results(truth):
    """Two seeds of three panels; the noise of `real+gan` is smaller than that of `real`."""
    made = {}
    for panel, noise in (("real", 0.5), ("real+gan", 0.4), ("real+rbm", 0.5)):
        for seed in (1, 2):
            rng = np.random.default_rng([seed, len(panel)])
            dosages = np.clip(truth + rng.normal(0, noise, truth.shape), 0, 2)
            made[panel, seed] = Imputed(dosages, rng.random(truth.shape[1]), np.rint(dosages).astype(np.int8))
    return made


@pytest.fixture(scope="module")
def gains(results, truth, typed):
    return imputation_gains(results.items(), truth, typed, SETTINGS, seed=5)


def test_classes_of_sites():
    sites = pd.DataFrame({"maf_biobank": [0, 0.02, 0.05, 0.3, 0.5], "mac_biobank": [0, 2, 5, 30, 50]})
    quality = np.array([0.1, 0.3, 0.8, 1, np.nan])
    found = {(axis, low, high): chosen.tolist() for axis, low, high, chosen in classes(sites, quality, SETTINGS)}
    assert found == {
        ("all", 0, 0.5): [True] * 5,
        ("rare", 0, 0.05): [True, True, False, False, False],
        ("maf", 0, 0.05): [True, True, False, False, False],
        ("maf", 0.05, 0.25): [False, False, True, False, False],
        ("maf", 0.25, 0.5): [False, False, False, True, True],
        ("mac", 0, 0): [True, False, False, False, False],
        ("mac", 1, 2): [False, True, False, False, False],
        ("mac", 3, 19): [False, False, True, False, False],
        ("mac", 20, np.inf): [False, False, False, True, True],
        ("quality", 0, 0.3): [True, False, False, False, False],
        ("quality", 0.3, 0.8): [False, True, False, False, False],
        ("quality", 0.8, 1): [False, False, True, True, False],
    }


def test_values_and_gains_are_means_over_sites_and_seeds(gains, results, truth, typed):
    assert list(gains) == GAIN_COLUMNS
    chosen = ((typed["typed"] == 0) & (truth.std(axis=0) > 0) & (typed["maf_biobank"] < 0.05)).to_numpy()
    r2 = {key: true_r2(result.dosages, truth)[chosen] for key, result in results.items()}
    row = gains.query("panel == 'real+gan' and measure == 'r2' and axis == 'rare'").iloc[0]
    assert row["value"] == pytest.approx(np.mean([r2["real+gan", seed].mean() for seed in (1, 2)]))
    change = np.mean([r2["real+gan", seed] - r2["real", seed] for seed in (1, 2)], axis=0)
    assert row["gain"] == pytest.approx(change.mean())
    assert row["share_better"] == pytest.approx((change > 0.01).mean())
    assert row["share_worse"] == pytest.approx((change < -0.01).mean())
    mean = np.mean([r2["real+gan", seed] for seed in (1, 2)], axis=0)
    assert row["se_sites"] == pytest.approx(mean.std(ddof=1) / np.sqrt(len(mean)))
    assert row[["n_sites", "n_people", "n_seeds"]].tolist() == [chosen.sum(), 30, 2]
    quality = gains.query("panel == 'real+gan' and measure == 'quality' and axis == 'rare'").iloc[0]
    by_seed = [(results["real+gan", s].quality - results["real", s].quality)[chosen].mean() for s in (1, 2)]
    assert quality["gain"] == pytest.approx(np.mean(by_seed))
    assert quality["gain_high"] - quality["gain"] == pytest.approx(NORMAL_975 * np.std(by_seed, ddof=1) / np.sqrt(2))


def test_sites_are_classed_by_the_quality_that_public_people_alone_give(gains, results, truth, typed):
    chosen = ((typed["typed"] == 0) & (truth.std(axis=0) > 0)).to_numpy() & (results["real", 1].quality < 0.3)
    row = gains.query("panel == 'real+gan' and measure == 'r2' and axis == 'quality' and low == 0").iloc[0]
    change = [
        true_r2(results["real+gan", seed].dosages, truth)[chosen]
        - true_r2(results["real", seed].dosages, truth)[chosen]
        for seed in (1, 2)
    ]
    assert row["n_sites"] == chosen.sum() > 10
    assert row["gain"] == pytest.approx(np.mean(change))


def test_intervals_are_over_people_and_seeds(gains, results, truth, typed):
    """The same by an explicit loop: the spread of the mean difference over resampled people and seeds."""
    chosen = ((typed["typed"] == 0) & (truth.std(axis=0) > 0)).to_numpy()
    weights = people_weights(len(truth), 5)
    difference = [
        np.nanmean(
            true_r2(results["real+gan", seed].dosages[:, chosen], truth[:, chosen], weights)
            - true_r2(results["real", seed].dosages[:, chosen], truth[:, chosen], weights),
            axis=1,
        )
        for seed in (1, 2)
    ]
    rng = np.random.default_rng(1)
    draws = [np.mean([difference[s][b] for s in rng.integers(0, 2, 2)]) for b in range(500) for _ in range(20)]
    row = gains.query("panel == 'real+gan' and measure == 'r2' and axis == 'all'").iloc[0]
    assert row["gain_high"] - row["gain"] == pytest.approx(NORMAL_975 * np.std(draws), rel=0.1)
    assert row["gain_low"] > 0


def test_nonref_concordance_counts_the_same_sites_for_every_panel(gains, results, truth, typed):
    """Against a loop over resamples and sites: a site counts while its truth varies."""
    chosen = ((typed["typed"] == 0) & (truth.std(axis=0) > 0) & (typed["maf_biobank"] < 0.05)).to_numpy()
    row = gains.query("panel == 'real+gan' and measure == 'nonref_concordance' and axis == 'rare'").iloc[0]
    of_sites = {key: nonref_concordance(result.genotypes, truth)[chosen] for key, result in results.items()}
    assert row["value"] == pytest.approx(np.mean([of_sites["real+gan", seed] for seed in (1, 2)]))
    change = [(of_sites["real+gan", seed] - of_sites["real", seed]).mean() for seed in (1, 2)]
    assert row["gain"] == pytest.approx(np.mean(change))
    counts = np.rint(people_weights(len(truth), 5) * len(truth)).astype(int)
    difference = np.empty((2, len(counts)))
    for b, times in enumerate(counts):
        people = np.repeat(np.arange(len(truth)), times)
        varies = truth[people].std(axis=0) > 0
        for i, seed in enumerate((1, 2)):
            own, base = (results[panel, seed].genotypes[people] for panel in ("real+gan", "real"))
            means = [nonref_concordance(calls, truth[people])[chosen & varies].mean() for calls in (own, base)]
            difference[i, b] = means[0] - means[1]
    # Two seeds out of two, with replacement: each alone in a quarter of the draws, both in half of them.
    draws = np.concatenate([difference[0], difference[1], difference.mean(axis=0), difference.mean(axis=0)])
    assert row["gain_high"] - row["gain"] == pytest.approx(NORMAL_975 * draws.std(), rel=0.1)


def test_the_base_gains_nothing_and_one_seed_is_enough(gains, results, truth, typed):
    base = gains.query("panel == 'real' and n_sites > 0")
    assert (base[["gain", "gain_low", "gain_high"]] == 0).all(axis=None)
    one = [(key, result) for key, result in results.items() if key[1] == 1]
    rows = imputation_gains(one, truth, typed, SETTINGS, seed=5).query("axis == 'all' and panel == 'real+rbm'")
    r2, quality = rows.set_index("measure").loc["r2"], rows.set_index("measure").loc["quality"]
    assert r2["gain_low"] < r2["gain"] < r2["gain_high"]
    assert np.isnan(quality["gain_low"])


def test_classes_without_sites_have_no_numbers(results, truth, typed):
    settings = {"maf_bins": [0, 0.5], "mac_bins": [1000]}
    gains = imputation_gains(results.items(), truth, typed, settings, seed=5)
    empty = gains.query("axis == 'mac' and low == 1000")
    assert len(empty) == 3 * 3
    assert (empty["n_sites"] == 0).all()
    assert empty[["value", "se_sites", "gain", "gain_low", "share_better"]].isna().all(axis=None)
