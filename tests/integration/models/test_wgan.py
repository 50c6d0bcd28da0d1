"""The Wasserstein GAN: its parts against closed forms, its generators against each other, and no collapse."""

import numpy as np
import pytest

from artificial_genomes.core.errors import UserError
from artificial_genomes.models import load_model, save_model, wgan
from artificial_genomes.models.devices import tensorflow_on
from artificial_genomes.models.training import TrainingData, TrainingRun
from helpers import training_data

SETTINGS = {
    "epochs": 150, "score_every": 25, "patience": 150, "batch_size": 32, "latent_size": 8, "generator_units": [32, 32],
    "critic_units": [64, 32], "pack_units": [32], "packing": 4, "critic_steps": 2, "gradient_penalty": 10,
    "generator_learning_rate": 1e-3, "critic_learning_rate": 2e-3, "generator_average": 0.98,
    "sampling_temperatures": [1.0],
}  # fmt: skip


@pytest.fixture(scope="module")
def tf():
    return tensorflow_on("cpu", 1)


def types(n_sites: int = 24) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 2, (2, n_sites))


def two_types(n: int, seed: int) -> np.ndarray:
    """Return mutated copies of two types, 30 and 70 %."""
    rng = np.random.default_rng(seed)
    return (types()[(rng.random(n) < 0.7).astype(int)] ^ (rng.random((n, 24)) < 0.1)).astype(np.uint8)


@pytest.fixture(scope="module")
def data() -> TrainingData:
    return training_data(two_types(600, 1), two_types(200, 2))


@pytest.fixture(scope="module")
def trained(data) -> wgan.Model:
    return wgan.fit(data, SETTINGS, TrainingRun(1))


@pytest.mark.parametrize("slope", [0.5, 1.0, 3.0])
def test_the_penalty_of_a_linear_critic_is_that_of_its_slope(tf, slope):
    weights = np.array([[0.6], [0.0], [0.8]], np.float32) * slope
    packs = tf.constant(np.random.default_rng(1).normal(size=(5, 1, 3)).astype(np.float32))
    penalty = wgan.gradient_penalty(lambda x: x @ weights + 2, packs)
    assert float(penalty) == pytest.approx((slope - 1) ** 2, abs=1e-5)


def test_the_penalty_of_a_network_equals_finite_differences(tf):
    rng = np.random.default_rng(3)
    first, second = (rng.normal(size=shape) for shape in [(4, 6), (6, 1)])

    def critic(x):
        return tf.tanh(tf.reshape(x, (-1, 4)) @ first) @ second

    packs, step = rng.normal(size=(7, 2, 2)), 1e-5
    steps = step * np.eye(4).reshape(4, 2, 2)
    slopes = np.array([(critic(packs + d) - critic(packs - d))[:, 0] / (2 * step) for d in steps])
    expected = np.mean((np.sqrt((slopes**2).sum(axis=0)) - 1) ** 2)
    assert float(wgan.gradient_penalty(critic, tf.constant(packs))) == pytest.approx(expected, rel=1e-6)


def test_the_critic_sees_packs_whose_order_means_nothing(tf, data):
    haplotypes = np.arange(24, dtype=np.float32).reshape(6, 4)
    packs = wgan.pack(tf.constant(haplotypes), 3).numpy()
    np.testing.assert_array_equal(packs, [haplotypes[:3], haplotypes[3:]])
    critic = wgan.Learner(data, SETTINGS, TrainingRun(1)).critic
    assert critic.input_shape == (None, 4, data.n_sites)
    real = 2 * data.train[:4].astype(np.float32) - 1
    # A pack of one haplotype four times is another thing than four haplotypes.
    in_order, reverse, alike = critic(np.stack([real, real[::-1], np.repeat(real[:1], 4, axis=0)])).numpy()[:, 0]
    assert in_order == pytest.approx(reverse, abs=1e-5)
    assert abs(in_order - alike) > 1e-3


def test_alleles_are_drawn_with_their_probability_and_pass_gradients(tf):
    log_odds = tf.constant(np.tile(np.float32([-2, 0, 1]), (20_000, 1)))
    uniform = tf.random.stateless_uniform(log_odds.shape, [1, 2], 1e-6, 1 - 1e-6)
    with tf.GradientTape() as tape:
        tape.watch(log_odds)
        alleles = wgan.draw_signs(log_odds, uniform)
        total = tf.reduce_sum(alleles)
    np.testing.assert_allclose(np.unique(alleles.numpy()), [-1, 1], atol=1e-6)
    probabilities = 1 / (1 + np.exp(-np.array([-2, 0, 1])))
    np.testing.assert_allclose((alleles.numpy() > 0).mean(axis=0), probabilities, atol=0.015)
    noisy = log_odds + tf.math.log(uniform / (1 - uniform))
    np.testing.assert_allclose(tape.gradient(total, log_odds), (1 - tf.tanh(noisy / 2) ** 2) / 2, atol=1e-4)


@pytest.mark.usefixtures("uncompiled")
def test_the_numpy_generator_equals_that_of_the_training(tf, data):
    learner = wgan.Learner(data, SETTINGS | {"generator_average": 0}, TrainingRun(1))
    learner.run_epochs(0, 2)
    latent = np.random.default_rng(1).standard_normal((50, 8), np.float32)
    np.testing.assert_allclose(
        learner.model().log_odds(latent), learner.generator(latent).numpy(), rtol=1e-4, atol=1e-4
    )


def test_the_temperature_divides_log_odds():
    model = wgan.Model([(np.zeros((2, 3), np.float32), np.float32([-3, 0, 3]))], np.float32(2), [])
    expected = 1 / (1 + np.exp(-np.array([-1.5, 0, 1.5])))
    np.testing.assert_allclose(model.sample(20_000, 1).mean(axis=0), expected, atol=0.015)


@pytest.mark.usefixtures("uncompiled")
def test_the_running_average_lies_between_the_generators(data):
    first, last = (wgan.Learner(data, SETTINGS | {"generator_average": kept}, TrainingRun(1)) for kept in (0, 0.9))
    first.run_epochs(0, 3)
    last.run_epochs(0, 3)
    # The average plays no part in the game.
    np.testing.assert_array_equal(first.generator.get_weights()[0], last.generator.get_weights()[0])
    np.testing.assert_array_equal(first.model().layers[0][0], first.generator.get_weights()[0])
    assert not np.array_equal(last.model().layers[0][0], last.generator.get_weights()[0])


def test_a_trained_generator_makes_both_types_with_their_linkage_and_frequencies(data, trained):
    ags = trained.sample(2000, 1)
    np.testing.assert_allclose(ags.mean(axis=0), data.train.mean(axis=0), atol=0.12)
    # The nearest type, and how far away it is: 2.4 mutations in real haplotypes.
    away = (ags[:, None] != types()).sum(axis=2)
    assert 0.55 < (away[:, 1] < away[:, 0]).mean() < 0.85
    assert 1.2 < away.min(axis=1).mean() < 3.6
    # A collapsed generator repeats itself.
    assert len(np.unique(ags, axis=0)) > 0.6 * len(np.unique(two_types(2000, 9), axis=0))


@pytest.mark.usefixtures("uncompiled")
def test_chunks_of_epochs_do_not_matter(data):
    whole, chunks = (wgan.Learner(data, SETTINGS, TrainingRun(1)) for _ in range(2))
    whole.run_epochs(0, 3)
    chunks.run_epochs(0, 1)
    chunks.run_epochs(1, 2)
    for name, value in whole.state().items():
        np.testing.assert_array_equal(value, chunks.state()[name])


def test_a_saved_wgan_samples_the_same_bytes(tmp_path, trained):
    save_model(tmp_path / "a.npz", "wgan", SETTINGS, trained)
    save_model(tmp_path / "b.npz", "wgan", SETTINGS, load_model(tmp_path / "a.npz"))
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    np.testing.assert_array_equal(load_model(tmp_path / "b.npz").sample(50, 4), trained.sample(50, 4))
    assert not np.array_equal(trained.sample(50, 5), trained.sample(50, 4))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"batch_size": 700}, "batch_size 700 exceeds the 600 training haplotypes"),
        ({"batch_size": 30}, "batch_size 30 is not a multiple of its packing 4"),
    ],
)
def test_batches_that_cannot_be_are_refused(data, changes, message):
    with pytest.raises(UserError, match=message):
        wgan.fit(data, SETTINGS | changes, TrainingRun(1))
