"""The models against closed forms, brute force, and each other's bytes."""

import itertools

import numpy as np
import pytest

from artificial_genomes.config.model_settings import SETTINGS
from artificial_genomes.core.errors import UserError
from artificial_genomes.core.kinds import CUSTOM, KINDS
from artificial_genomes.core.random_streams import stream
from artificial_genomes.models import bernoulli, gan, load_model, markov, model_module, rbm, save_model
from artificial_genomes.models.training import TrainingData, TrainingRun
from helpers import RECIPES, ROOT, training_data

RUN = TrainingRun(seed=1)


def as_data(haplotypes: np.ndarray) -> TrainingData:
    half = len(haplotypes) // 2
    return training_data(haplotypes[:half], haplotypes[half:])


@pytest.fixture
def linked() -> TrainingData:
    """Two ancestral types with mutations, so that sites are linked: 800 haplotypes, 12 sites."""
    rng = np.random.default_rng(5)
    types = rng.integers(0, 2, (2, 12))
    haplotypes = types[rng.integers(0, 2, 800)] ^ (rng.random((800, 12)) < 0.1)
    return as_data(haplotypes.astype(np.uint8))


def random_rbm(hidden: str, n_sites: int = 5, n_hidden: int = 3, sweeps: int = 200) -> rbm.Model:
    rng = np.random.default_rng(2)
    return rbm.Model(
        hidden,
        sweeps,
        rng.normal(0, 1, (n_sites, n_hidden)).astype(np.float32),
        rng.normal(0, 0.5, n_sites).astype(np.float32),
        rng.normal(0, 0.5, n_hidden).astype(np.float32),
        np.full((1, n_sites), 0.5, np.float32),
        np.float32(1),
    )


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


def test_sigmoid_rbm_samples_its_boltzmann_distribution():
    model = random_rbm("sigmoid")
    visible = np.array(list(itertools.product([0, 1], repeat=5)))
    # Closed form: sum over hidden units of exp(-energy).
    log_weight = visible @ model.visible_bias + np.log1p(np.exp(visible @ model.weights + model.hidden_bias)).sum(
        axis=1
    )
    expected = np.exp(log_weight) / np.exp(log_weight).sum()
    sample = model.sample(40_000, 7) @ (2 ** np.arange(4, -1, -1))
    found = np.bincount(sample, minlength=32) / len(sample)
    np.testing.assert_allclose(found, expected, atol=0.01)


@pytest.mark.integration
def test_relu_rbm_samples_its_boltzmann_distribution():
    model = random_rbm("relu", sweeps=300)
    visible = np.array(list(itertools.product([0, 1], repeat=5)))
    # Integral over each hidden h >= 0 of exp(h a - h^2 / 2), by quadrature.
    h = np.linspace(0, 15, 20_001)
    activation = visible @ model.weights + model.hidden_bias
    integrals = np.trapezoid(np.exp(activation[..., None] * h - h**2 / 2), h, axis=-1)
    weight = np.exp(visible @ model.visible_bias) * integrals.prod(axis=1)
    sample = model.sample(40_000, 7) @ (2 ** np.arange(4, -1, -1))
    np.testing.assert_allclose(np.bincount(sample, minlength=32) / len(sample), weight / weight.sum(), atol=0.01)


def all_visible(n_sites: int = 5) -> np.ndarray:
    return np.array(list(itertools.product([0, 1], repeat=n_sites)), np.uint8)


@pytest.mark.parametrize("hidden", ["sigmoid", "relu"])
def test_free_energies_give_the_partition_function_that_ais_estimates(hidden):
    model = random_rbm(hidden)
    exact = np.logaddexp.reduce(-model.free_energy(all_visible()))
    estimate, error = model.log_partition(seed=1, chains=500, temperatures=500)
    assert 0 < error < 0.05
    assert estimate == pytest.approx(exact, abs=4 * error)
    total = np.exp(model.log_likelihood(all_visible(), 1, 500, 500)).sum()
    assert total == pytest.approx(1, abs=5 * error)


@pytest.mark.parametrize("hidden", ["sigmoid", "relu"])
def test_pseudo_log_likelihood_equals_the_conditionals_of_the_boltzmann_distribution(hidden):
    model = random_rbm(hidden)
    log_weight = -model.free_energy(all_visible())
    alleles = all_visible()[[3, 9, 30]]
    expected = 0
    for row in alleles:
        for site in range(5):
            others = (np.delete(all_visible(), site, 1) == np.delete(row, site)).all(axis=1)
            own = others & (all_visible()[:, site] == row[site])
            expected += log_weight[own].item() - np.logaddexp.reduce(log_weight[others])
    assert model.pseudo_log_likelihood(alleles, 1, sites=20_000) == pytest.approx(expected / 3, abs=0.05)


RBM = RECIPES["rbm"]["ours"] | {
    "hidden_units": 8, "local_units": 2, "local_sites": 3, "batch_size": 50, "chains": 100, "weight_average": 0,
    "epochs": 150,
}  # fmt: skip


def test_local_units_see_neighbouring_sites_and_together_all():
    seen = rbm.connections(100, 13, 10, 20)
    assert seen[:, :3].all()
    for unit in seen[:, 3:].T:
        np.testing.assert_array_equal(np.flatnonzero(unit), np.flatnonzero(unit)[0] + np.arange(20))
    assert seen[:, 3:].any(axis=1).all()
    assert rbm.connections(5, 2, 2, 20).all()
    assert rbm.connections(5, 2, 0, 20).all()


@pytest.mark.integration
def test_local_units_keep_to_their_sites_in_training(linked):
    settings = RBM | {"hidden_units": 6, "local_units": 4, "local_sites": 3, "l1": 1e-4}
    learner = rbm.Learner(linked, settings, RUN)
    learner.run_epochs(0, 3)
    assert ((learner.model().weights != 0) == rbm.connections(12, 6, 4, 3)).all()


@pytest.mark.integration
def test_weights_that_are_no_numbers_end_a_training(linked):
    settings = RBM | {"hidden": "relu", "learning_rate": 50.0, "sampling_temperatures": [1.0]}
    with pytest.raises(UserError, match="training diverged by epoch"):
        rbm.fit(linked, settings | {"score_every": 150, "patience": 150}, RUN)


def test_more_local_units_than_units_are_refused(linked):
    with pytest.raises(UserError, match="local_units 9 are more than its hidden_units 8"):
        rbm.Learner(linked, RBM | {"local_units": 9}, RUN)


@pytest.mark.integration
@pytest.mark.parametrize("chain_start", ["restarted", "persistent"])
@pytest.mark.parametrize("hidden", ["sigmoid", "relu"])
def test_a_trained_rbm_has_the_frequencies_and_the_linkage_of_the_data(linked, hidden, chain_start):
    settings = RBM | {"hidden": hidden, "chain_start": chain_start}
    learner = rbm.Learner(linked, settings, RUN)
    learner.run_epochs(0, 150)
    sample = learner.model().sample(5000, 1)
    np.testing.assert_allclose(sample.mean(axis=0), linked.train.mean(axis=0), atol=0.06)
    pairs = np.triu_indices(12, 1)
    real, artificial = (np.corrcoef(alleles.T)[pairs] for alleles in (linked.train, sample))
    assert np.corrcoef(real, artificial)[0, 1] > 0.9
    assert artificial.std() == pytest.approx(real.std(), rel=0.3)


def test_the_noise_of_a_training_is_uniform_and_independent():
    tf = pytest.importorskip("tensorflow")
    rng = np.random.default_rng(3)
    rows, columns = (rng.integers(0, 2**32, n, np.uint32) for n in (512, 800))
    bits = rbm._hash(tf, tf.constant(rows[:, None] ^ columns)).numpy()
    uniform = bits / 2**32
    assert uniform.mean() == pytest.approx(0.5, abs=5 / np.sqrt(12 * uniform.size))
    counts = np.bincount((bits >> 20).ravel(), minlength=4096)
    chi2 = ((counts - counts.mean()) ** 2 / counts.mean()).sum()
    assert chi2 == pytest.approx(4095, abs=5 * np.sqrt(2 * 4095))
    for table in (uniform, uniform.T):
        correlation = np.corrcoef(table)[np.triu_indices(len(table), 1)]
        assert np.abs(correlation).max() < 6 / np.sqrt(table.shape[1])
        assert correlation.std() == pytest.approx(1 / np.sqrt(table.shape[1]), rel=0.05)


@pytest.mark.parametrize("hidden", ["sigmoid", "relu"])
def test_hidden_means_equal_quadrature(hidden):
    model = random_rbm(hidden)
    model.hidden_bias[:] = [-12, 0.3, 9]
    alleles = np.array([[0, 1, 0, 1, 1]], np.uint8)
    activation = (alleles @ model.weights + model.hidden_bias)[0].astype(np.float64)
    if hidden == "sigmoid":
        expected = 1 / (1 + np.exp(-activation))
    else:
        h = np.linspace(0, 40, 400_001)
        density = np.exp(-((h - activation[:, None]) ** 2) / 2 + np.maximum(-activation, 0)[:, None] ** 2 / 2)
        expected = (density * h).sum(axis=1) / density.sum(axis=1)
    np.testing.assert_allclose(model.hidden_means(alleles)[0], expected, rtol=2e-3)


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
