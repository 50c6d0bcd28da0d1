"""The models against closed forms, brute force, and each other's bytes."""

import itertools

import numpy as np
import pytest

from artificial_genomes.config.model_settings import SETTINGS
from artificial_genomes.core.errors import UserError
from artificial_genomes.core.kinds import CUSTOM, KINDS
from artificial_genomes.core.random_streams import stream
from artificial_genomes.models import bernoulli, gan, load_model, markov, model_module, save_model
from artificial_genomes.models.training import TrainingRun
from helpers import ROOT, training_data
from model_helpers import all_visible, linked_data, random_rbm

RUN = TrainingRun(seed=1)

linked = pytest.fixture(linked_data)


def test_bernoulli_keeps_frequencies_and_breaks_linkage(linked):
    sample = bernoulli.fit(linked, {}, RUN).sample(20_000, 3)
    np.testing.assert_allclose(sample.mean(axis=0), linked.train.mean(axis=0), atol=0.02)
    off_diagonal = np.corrcoef(sample.T)[np.triu_indices(12, 1)]
    assert np.abs(off_diagonal).max() < 0.03


@pytest.mark.parametrize("window", [1, 3])
def test_markov_reproduces_the_joint_frequencies_of_a_window(linked, window):
    sample = markov.fit(linked, {"window": window}, RUN).sample(40_000, 3)
    for start in range(12 - window):
        sites = slice(start, start + window + 1)
        for pattern in itertools.product([0, 1], repeat=window + 1):
            real = (linked.train[:, sites] == pattern).all(axis=1).mean()
            assert (sample[:, sites] == pattern).all(axis=1).mean() == pytest.approx(real, abs=0.02)


def test_markov_counts_equal_counting(linked):
    model = markov.fit(linked, {"window": 2}, RUN)
    site, context = 7, (1, 0)  # allele 1 at site 5, 0 at site 6
    rows = (linked.train[:, 5] == context[0]) & (linked.train[:, 6] == context[1])
    assert model.total[site, 0b10] == rows.sum()
    assert model.alt[site, 0b10] == linked.train[rows, site].sum()


@pytest.mark.parametrize("window", [1, 3])
def test_markov_likelihood_equals_a_loop_over_contexts(linked, window):
    """Also of haplotypes with contexts that training does not show: half of its alleles are fixed here."""
    train = linked.train.copy()
    train[:, :6] = 0
    alleles = np.concatenate([linked.validation[:20], np.ones((1, 12), np.uint8)])
    expected = []
    for haplotype in alleles:
        logs = []
        for site in range(12):
            before = slice(max(0, site - window), site)
            alike = (train[:, before] == haplotype[before]).all(axis=1)
            same = alike & (train[:, site] == haplotype[site])
            logs.append(np.log((same.sum() + 0.5) / (alike.sum() + 1)))
        expected.append(sum(logs))
    model = markov.fit(training_data(train, linked.validation), {"window": window}, RUN)
    np.testing.assert_allclose(model.log_likelihood(alleles), expected)


@pytest.mark.parametrize(("module", "settings"), [(bernoulli, {}), (markov, {"window": 2}), (markov, {"window": 5})])
def test_likelihoods_of_all_haplotypes_add_up_to_one(linked, module, settings):
    data = training_data(linked.train[:30, :8], linked.validation[:, :8])
    log_likelihood = module.fit(data, settings, RUN).log_likelihood(all_visible(8))
    assert np.exp(log_likelihood).sum() == pytest.approx(1, rel=1e-9)


def test_bernoulli_likelihood_is_the_product_over_sites(linked):
    train = linked.train.copy()
    train[:, 0], train[:, 1] = 0, 1
    model = bernoulli.fit(training_data(train, linked.validation), {}, RUN)
    alleles = linked.validation[:20]
    assert {(0, 1), (1, 0)} & {tuple(row) for row in alleles[:, :2]}
    alt = (train.sum(axis=0) + 0.5) / (len(train) + 1)
    expected = [np.log([alt[i] if allele else 1 - alt[i] for i, allele in enumerate(row)]).sum() for row in alleles]
    np.testing.assert_allclose(model.log_likelihood(alleles), expected)


def test_markov_samples_no_context_that_was_never_seen(linked):
    sample = markov.fit(linked, {"window": 4}, RUN).sample(5000, 1)
    for start in range(12 - 4):
        seen = {tuple(row) for row in linked.train[:, start : start + 5]}
        assert {tuple(row) for row in sample[:, start : start + 5]} <= seen


def test_gan_generator_equals_a_loop_over_layers():
    rng = np.random.default_rng(1)
    layers = [
        (rng.normal(0, 1, shape).astype(np.float32), np.zeros(shape[1], np.float32)) for shape in [(4, 6), (6, 8)]
    ]
    latent = stream(9, "gan latent points").standard_normal((10, 4), np.float32)
    hidden = latent @ layers[0][0]
    hidden = np.where(hidden > 0, hidden, 0.01 * hidden)
    output = np.tanh(hidden @ layers[1][0])
    # The authors' way: negatives to 0, then round.
    expected = np.round(np.maximum(output, 0))
    np.testing.assert_array_equal(gan.Model(layers, np.float32(0), []).sample(10, 9), expected)


def test_gan_draws_alleles_with_its_outputs_as_probabilities_or_nearer_to_certain():
    outputs = np.float32([-0.5, 0, 0.2, 0.4, 0.9, 1])
    layers = [(np.zeros((3, 6), np.float32), np.arctanh(np.clip(outputs, -1, 1 - 1e-7)))]
    drawn, halfway, rounded = (gan.Model(layers, np.float32(t), []).sample(20_000, 9).mean(0) for t in (1, 0.5, 0))
    # At temperature 0.5 the odds are squared.
    for got, expected in ((drawn, [0, 0, 0.2, 0.4, 0.9, 1]), (halfway, [0, 0, 1 / 17, 4 / 13, 81 / 82, 1])):
        np.testing.assert_allclose(got, expected, atol=5 * np.sqrt(0.25 / 20_000))
    np.testing.assert_array_equal(rounded, [0, 0, 0, 0, 1, 1])


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("bernoulli", {}),
        ("markov", {"window": 3}),
        ("rbm", {"hidden": "sigmoid", "sampling_sweeps": 5, "relu_cutoff": None}),
    ],
)
def test_a_saved_model_samples_the_same_bytes(tmp_path, linked, kind, settings):
    model = random_rbm("sigmoid", sweeps=5) if kind == "rbm" else {"bernoulli": bernoulli, "markov": markov}[kind].fit(
        linked, settings, RUN
    )  # fmt: skip
    save_model(tmp_path / "a.npz", kind, settings, model)
    save_model(tmp_path / "b.npz", kind, settings, load_model(tmp_path / "a.npz"))
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    np.testing.assert_array_equal(load_model(tmp_path / "b.npz").sample(50, 4), model.sample(50, 4))
    assert not np.array_equal(model.sample(50, 5), model.sample(50, 4))


def test_a_broken_model_file_is_named(tmp_path):
    (tmp_path / "model.npz").write_bytes(b"PK\x03\x04 not a model")
    with pytest.raises(UserError, match=r"model\.npz is not a model"):
        load_model(tmp_path / "model.npz")


def test_every_kind_has_a_module_with_what_its_row_says():
    modules = {path.stem for path in (ROOT / "workflow/scripts/artificial_genomes/models").glob("*.py")}
    for name, kind in KINDS.items():
        assert name in modules
        model = model_module(name).Model
        assert hasattr(model, "discriminator_features") == kind.has_discriminator
        assert hasattr(model, "simulate") == kind.has_own_sites
        assert hasattr(model_module(name), "tensorflow_on") == (kind.is_neural and name != CUSTOM)
    # An External model is brought, not made.
    assert SETTINGS.keys() == KINDS.keys() | {"external"}
    assert len({kind.color for kind in KINDS.values()}) == len({kind.label for kind in KINDS.values()}) == len(KINDS)
