"""The copying model against a loop over haplotypes and sites, its limits and closed forms."""

import numpy as np
import pytest

from artificial_genomes.models import li_stephens, load_model, save_model
from artificial_genomes.models.training import TrainingData, TrainingRun
from helpers import training_data

RUN = TrainingRun(seed=1)
SETTINGS = {"effective_size": 11418, "recombination_cm_per_mb": 1.0, "mutation_scale": 1.0}


def random_data(n_train: int, n_sites: int, contigs: int = 1, step_bp: int = 1000) -> TrainingData:
    """Random haplotypes on contigs of equal length; positions begin anew on each."""
    alleles = np.random.default_rng(3).integers(0, 2, (n_train, n_sites), np.uint8)
    data = training_data(alleles, alleles[:2], step_bp)
    length = n_sites // contigs
    data.sites["contig"] = (np.arange(n_sites) // length).astype(str)
    data.sites["position"] = step_bp * (np.arange(n_sites) % length + 1)
    return data


def labelled_data(n_sites: int, contigs: int = 1, step_bp: int = 1000) -> TrainingData:
    """Two templates, all 0 and all 1, so that an AG shows which one it copies."""
    data = random_data(2, n_sites, contigs, step_bp)
    data.train[:] = [[0], [1]]
    return data


def looped_mosaics(data: TrainingData, n: int, settings: dict, rng: np.random.Generator) -> np.ndarray:
    """The definition, allele by allele."""
    n_train = len(data.train)
    theta = settings["mutation_scale"] / sum(1 / i for i in range(1, n_train))
    haplotypes = np.empty((n, data.n_sites), np.uint8)
    sites = list(zip(data.sites["contig"], data.sites["position"], strict=True))
    for haplotype in haplotypes:
        for site, (contig, position) in enumerate(sites):
            if site == 0 or contig != sites[site - 1][0]:
                template = rng.integers(n_train)
            else:
                morgans = settings["recombination_cm_per_mb"] / 100 * (position - sites[site - 1][1]) / 1e6
                if rng.random() < 1 - np.exp(-4 * settings["effective_size"] * morgans / n_train):
                    template = rng.integers(n_train)
            mutates = rng.random() < theta / (2 * (theta + n_train))
            haplotype[site] = data.train[template, site] ^ mutates
    return haplotypes


def run_lengths(haplotypes: np.ndarray) -> np.ndarray:
    """Return the lengths of runs of equal alleles, in sites."""
    ends = np.ones(haplotypes.shape, bool)
    ends[:, :-1] = haplotypes[:, 1:] != haplotypes[:, :-1]
    return np.diff(np.flatnonzero(ends), prepend=-1)


def test_mosaics_are_distributed_as_those_of_a_loop():
    data = labelled_data(60, step_bp=200)  # about 2.7 switches to the other template
    settings = SETTINGS | {"mutation_scale": 0.0}
    ours = li_stephens.fit(data, settings, RUN).sample(8000, 1)
    looped = looped_mosaics(data, 2000, settings, np.random.default_rng(2))
    changes = [(np.diff(one.astype(int), axis=1) != 0).sum(axis=1) for one in (ours, looped)]
    for k in range(8):
        assert (changes[0] == k).mean() == pytest.approx((changes[1] == k).mean(), abs=0.035)
    lengths = [run_lengths(one) for one in (ours, looped)]
    assert lengths[0].mean() == pytest.approx(lengths[1].mean(), rel=0.05)
    for quantile in (0.25, 0.5, 0.75):
        assert np.quantile(lengths[0], quantile) == pytest.approx(np.quantile(lengths[1], quantile), abs=2)


def test_switch_probabilities_equal_the_formula_and_are_1_where_a_contig_begins():
    data = random_data(50, 12, contigs=3)
    model = li_stephens.fit(data, SETTINGS, RUN)
    expected = 1 - np.exp(-4 * 11418 * 1e-8 * 1000 / 50)
    np.testing.assert_allclose(model.switch.reshape(3, 4)[:, 1:], expected, rtol=1e-12)
    np.testing.assert_array_equal(model.switch.reshape(3, 4)[:, 0], 1)


def test_contigs_are_copied_independently():
    data = labelled_data(20, contigs=2)
    sample = li_stephens.fit(data, SETTINGS | {"recombination_cm_per_mb": 0, "mutation_scale": 0}, RUN).sample(4000, 5)
    first, second = sample[:, :10], sample[:, 10:]
    for contig in (first, second):
        assert (contig == contig[:, :1]).all()
    assert np.corrcoef(first[:, 0], second[:, 0])[0, 1] == pytest.approx(0, abs=0.05)


def test_the_mutation_rate_is_that_of_theta():
    data = training_data(np.zeros((20, 50), np.uint8), np.zeros((2, 50), np.uint8))
    theta = 1 / sum(1 / i for i in range(1, 20))
    model = li_stephens.fit(data, SETTINGS, RUN)
    assert model.mutation == pytest.approx(theta / (2 * (theta + 20)), rel=1e-12)
    sample = li_stephens.fit(data, SETTINGS | {"mutation_scale": 10.0}, RUN).sample(20_000, 3)
    expected = 10 * theta / (2 * (10 * theta + 20))
    assert sample.mean() == pytest.approx(expected, rel=0.01)
    np.testing.assert_allclose(sample.mean(axis=0), expected, atol=0.01)


def test_without_recombination_and_mutation_ags_are_copies_of_all_templates_alike():
    data = random_data(8, 30)
    model = li_stephens.fit(data, SETTINGS | {"recombination_cm_per_mb": 0.0, "mutation_scale": 0.0}, RUN)
    copied = (model.sample(4000, 1)[:, None] == data.train).all(axis=2)
    assert (copied.sum(axis=1) == 1).all()
    np.testing.assert_allclose(copied.mean(axis=0), 1 / 8, atol=0.02)


@pytest.mark.parametrize("block", [1, 700, 2_000_000])
def test_frequencies_are_kept_whatever_the_block(monkeypatch, block):
    monkeypatch.setattr(li_stephens, "BLOCK_ALLELES", block)
    data = random_data(60, 100, contigs=4)
    sample = li_stephens.fit(data, SETTINGS, RUN).sample(3000, 2)
    np.testing.assert_allclose(sample.mean(axis=0), data.train.mean(axis=0), atol=0.045)


def test_a_saved_model_samples_the_same_bytes(tmp_path):
    model = li_stephens.fit(random_data(30, 43), SETTINGS, RUN)
    save_model(tmp_path / "a.npz", "li_stephens", SETTINGS, model)
    save_model(tmp_path / "b.npz", "li_stephens", SETTINGS, load_model(tmp_path / "a.npz"))
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    np.testing.assert_array_equal(load_model(tmp_path / "b.npz").sample(50, 4), model.sample(50, 4))
    assert not np.array_equal(model.sample(50, 5), model.sample(50, 4))
