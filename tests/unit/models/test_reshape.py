"""Recombined training haplotypes against closed forms of their ancestry and of LD, and a loop over the definition."""

import logging

import numpy as np
import pytest

from artificial_genomes.models import load_model, reshape, save_model
from artificial_genomes.models.training import TrainingData, TrainingRun
from helpers import training_data

RUN = TrainingRun(seed=1)
SETTINGS = {"generations": 8, "recombination_cm_per_mb": 1.0}


def data_of(train: np.ndarray, step_bp: int = 1000, contigs: int = 1) -> TrainingData:
    """Training data on contigs of equal length, with evenly spaced sites; positions begin anew on each."""
    data = training_data(train, train[:2], step_bp)
    length = data.n_sites // contigs
    data.sites["contig"] = (np.arange(data.n_sites) // length).astype(str)
    data.sites["position"] = step_bp * (np.arange(data.n_sites) % length + 1)
    return data


def random_data(n_train: int, n_sites: int, **sites: int) -> TrainingData:
    """Training data of random alleles."""
    return data_of(np.random.default_rng(3).integers(0, 2, (n_train, n_sites), np.uint8), **sites)


def ancestry(n: int, morgans: np.ndarray, generations: int, seed: int) -> np.ndarray:
    """Return which founder each descendant has its allele from: (n, n_sites) uint16."""
    labels = np.repeat(np.arange(n, dtype=np.uint16)[:, None], len(morgans), axis=1)
    reshape.recombine(labels, morgans, generations, np.random.default_rng(seed))
    return labels


def same_founder(n: int, r: float, generations: int) -> float:
    """Return the probability that two sites of a descendant come from one founder, generation by generation.

    Two sites on one haplotype stay together unless they recombine; on two haplotypes they meet where these are paired,
    one pair in n - 1, and recombine.
    """
    together = 1.0
    for _ in range(generations):
        together = together * (1 - r) + (1 - together) * r / (n - 1)
    return together


def haldane(morgans: float) -> float:
    """Return the probability of an odd number of crossovers."""
    return (1 - np.exp(-2 * morgans)) / 2


def covariances(haplotypes: np.ndarray) -> np.ndarray:
    """Return the covariances of alleles: (n_sites, n_sites) float64."""
    return np.cov(haplotypes.T.astype(float), bias=True)


def looped_descendants(labels: np.ndarray, morgans: np.ndarray, generations: int, rng: np.random.Generator) -> None:
    """The definition, pair by pair and site by site."""
    for _ in range(generations):
        order = rng.permutation(len(labels))
        for one, other in zip(order[0::2], order[1::2], strict=False):
            is_swapped = False
            for site, distance in enumerate(morgans):
                recombines = 0.5 if np.isinf(distance) else haldane(distance)
                is_swapped ^= rng.random() < recombines
                if is_swapped:
                    labels[one, site], labels[other, site] = labels[other, site], labels[one, site]


@pytest.mark.parametrize("n_train", [40, 41])
@pytest.mark.parametrize("generations", [1, 8, 200])
def test_allele_counts_are_kept_exactly_by_every_full_round(n_train, generations):
    data = random_data(n_train, 50, contigs=2, step_bp=500_000)
    model = reshape.fit(data, SETTINGS | {"generations": generations}, RUN)
    once, thrice = model.sample(n_train, 1), model.sample(3 * n_train, 1)
    assert not np.array_equal(np.unique(once, axis=0), np.unique(data.train, axis=0))
    np.testing.assert_array_equal(once.sum(axis=0), data.train.sum(axis=0))
    np.testing.assert_array_equal(thrice.sum(axis=0), 3 * data.train.sum(axis=0))
    np.testing.assert_array_equal(thrice[:n_train], once)
    assert not np.array_equal(np.unique(thrice[n_train : 2 * n_train], axis=0), np.unique(once, axis=0))


def test_fewer_ags_are_a_random_part_of_the_descendants():
    data = random_data(50, 30, step_bp=500_000)
    model = reshape.fit(data, SETTINGS, RUN)
    parts = [model.sample(10, seed) for seed in range(400)]
    assert {part.shape for part in parts} == {(10, 30)}
    # Four standard errors of a mean over 4000 draws of alleles with frequency 1/2, which without replacement is an
    # upper bound.
    np.testing.assert_allclose(np.mean(parts, axis=(0, 1)), data.train.mean(axis=0), atol=4 * 0.5 / np.sqrt(4000))


def test_an_ag_stands_beside_its_founder_no_more_often_than_chance():
    data = random_data(64, 40)
    model = reshape.fit(data, {"generations": 1, "recombination_cm_per_mb": 0.0}, RUN)
    ags = np.stack([model.sample(64, seed) for seed in range(200)])
    copies = (ags == data.train).all(axis=2)
    assert copies.mean() == pytest.approx(1 / 64, abs=4 * np.sqrt(1 / 64 / copies.size))
    # Without recombination within a contig, AGs are the training haplotypes in another order.
    np.testing.assert_array_equal(np.sort(ags[0].view("V40"), axis=0), np.sort(data.train.view("V40"), axis=0))


@pytest.mark.integration
@pytest.mark.parametrize(("n", "generations", "distance"), [(4, 3, 0.2), (10, 5, 0.05), (200, 16, 0.01), (6, 40, 1.0)])
def test_breakpoints_are_as_many_as_the_closed_form_says(n, generations, distance):
    n_sites = 60
    morgans = np.array([np.inf] + [distance] * (n_sites - 1))
    counts = np.array([
        (np.diff(ancestry(n, morgans, generations, seed).astype(int), axis=1) != 0).sum(axis=1).mean()
        for seed in range(1000 // n + 20)
    ])  # fmt: skip
    r = haldane(distance)
    together = 1 / n + (1 - 1 / n) * (1 - r * n / (n - 1)) ** generations
    assert same_founder(n, r, generations) == pytest.approx(together, rel=1e-9)
    expected = (n_sites - 1) * (1 - together)
    assert counts.mean() == pytest.approx(expected, abs=4 * counts.std() / np.sqrt(len(counts)))


def test_breakpoints_of_a_dense_map_are_generations_times_its_length():
    morgans = np.array([np.inf] + [0.5 / 2000] * 2000)  # half a Morgan
    founders = ancestry(500, morgans, 8, seed=2)
    # Where segments of one founder meet again, about one breakpoint in 500 is lost.
    assert (np.diff(founders.astype(int), axis=1) != 0).sum(axis=1).mean() == pytest.approx(8 * 0.5, rel=0.08)


def test_a_share_of_the_descendants_in_a_short_region_are_whole_founders():
    founders = ancestry(2000, np.array([np.inf] + [0.02 / 400] * 400), 8, seed=3)  # 2 Mb
    whole = (founders == founders[:, :1]).all(axis=1).mean()
    assert whole == pytest.approx(np.exp(-8 * 0.02), abs=4 * np.sqrt(0.85 * 0.15 / 1000))  # both of a pair recombine


def test_contigs_assort_independently_in_every_generation():
    n, generations = 12, 3
    founders = np.concatenate([ancestry(n, np.array([np.inf, 0.0, np.inf, 0.0]), generations, i) for i in range(1500)])
    assert (founders[:, 0] == founders[:, 1]).all()
    assert (founders[:, 2] == founders[:, 3]).all()
    expected = same_founder(n, 0.5, generations)
    assert (founders[:, 1] == founders[:, 2]).mean() == pytest.approx(expected, abs=0.02)


@pytest.mark.integration
def test_descendants_are_distributed_as_those_of_a_loop():
    n, morgans = 6, np.array([np.inf, 0.1, 0.4, np.inf, 0.2, 0.05])
    ours, looped = [], []
    rng = np.random.default_rng(8)
    for seed in range(1500):
        ours.append(ancestry(n, morgans, 2, seed))
        labels = np.repeat(np.arange(n)[:, None], len(morgans), axis=1)
        looped_descendants(labels, morgans, 2, rng)
        looped.append(labels)
    shares = [
        # For every two sites: how often their founders are the same.
        (one[..., :, None] == one[..., None, :]).mean(axis=(0, 1))
        for one in (np.array(ours), np.array(looped))
    ]
    np.testing.assert_allclose(*shares, atol=0.03)
    for one in (np.array(ours), np.array(looped)):
        np.testing.assert_array_equal(np.sort(one, axis=1), np.arange(n)[None, :, None] + 0 * one)


def test_ld_falls_by_the_recombination_fraction_in_every_generation():
    n, n_sites, generations = 400, 60, 12
    rng = np.random.default_rng(1)
    train = (rng.random((n, 1)) < 0.5).astype(np.uint8) ^ (rng.random((n, n_sites)) < 0.1)  # linked at any distance
    model = reshape.fit(data_of(train, step_bp=1_000_000), SETTINGS | {"generations": generations}, RUN)  # 60 cM
    before, after = covariances(train), np.mean([covariances(model.sample(n, seed)) for seed in range(60)], axis=0)
    for gap in (1, 5, 10, 20, 40):
        kept = np.diag(after, gap).sum() / np.diag(before, gap).sum()
        r = haldane(0.01 * gap)
        assert kept == pytest.approx((1 - r * n / (n - 1)) ** generations, abs=0.012)
        assert kept == pytest.approx((1 - r) ** generations, abs=0.015)
    np.testing.assert_allclose(np.diag(after), np.diag(before), rtol=1e-9)


def test_after_many_generations_on_a_long_map_nothing_is_linked():
    train = np.repeat(np.random.default_rng(1).integers(0, 2, (1000, 1), np.uint8), 20, axis=1)
    model = reshape.fit(data_of(train, step_bp=20_000_000), SETTINGS | {"generations": 60}, RUN)
    correlation = np.corrcoef(model.sample(1000, 1).T)[np.triu_indices(20, 1)]
    assert (1 - haldane(0.2)) ** 60 < 1e-4
    assert correlation.std() == pytest.approx(1 / np.sqrt(999), rel=0.25)


def test_the_map_has_the_rate_of_the_settings_and_no_end_to_end_distance():
    data = random_data(10, 12, contigs=3, step_bp=20_000)
    morgans = reshape.fit(data, SETTINGS | {"recombination_cm_per_mb": 2.5}, RUN).morgans.reshape(3, 4)
    np.testing.assert_array_equal(morgans[:, 0], np.inf)
    np.testing.assert_allclose(morgans[:, 1:], 0.02 * 0.025, rtol=1e-12)


@pytest.mark.integration
@pytest.mark.parametrize("block", [1, 700])
def test_blocks_change_nothing_but_the_draws(monkeypatch, block):
    monkeypatch.setattr(reshape, "BLOCK_ALLELES", block)
    n, morgans = 20, np.array([np.inf, 0.3, 0.3, np.inf, 0.3])
    founders = np.array([ancestry(n, morgans, 4, seed) for seed in range(400)])
    assert (founders[..., 1] == founders[..., 2]).mean() == pytest.approx(same_founder(n, haldane(0.3), 4), abs=0.03)
    np.testing.assert_array_equal(np.sort(founders, axis=1), np.arange(n)[None, :, None] + 0 * founders)


def test_a_saved_model_samples_the_same_bytes(tmp_path):
    model = reshape.fit(random_data(30, 43), SETTINGS, RUN)
    save_model(tmp_path / "a.npz", "reshape", SETTINGS, model)
    save_model(tmp_path / "b.npz", "reshape", SETTINGS, load_model(tmp_path / "a.npz"))
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    np.testing.assert_array_equal(load_model(tmp_path / "b.npz").sample(50, 4), model.sample(50, 4))
    assert not np.array_equal(model.sample(50, 5), model.sample(50, 4))


def test_training_and_sampling_say_nothing_of_haplotypes(caplog, capfd):
    run = TrainingRun(seed=1)
    with caplog.at_level(logging.DEBUG):
        reshape.fit(random_data(30, 43), SETTINGS, run).sample(60, 1)
    assert (caplog.records, run.progress) == ([], [])
    assert capfd.readouterr() == ("", "")
