"""The benchmark of speed runs, and counts what it says it counts."""

import os
import subprocess
import sys

import numpy as np
import pytest

from artificial_genomes.core.tables import read_tsv
from artificial_genomes.models.devices import tensorflow_on
from bench import keras_loop, matrix_products
from helpers import ROOT

BENCH = ROOT / "bench"
MEASURES = [
    "gan_vs_keras_loop",
    "gan_training_of_square",
    "gan_training_of_own_products",
    "gan_training_rate",
    "matrix_product_rate",
    "rbm16_training_of_square",
    "rbm16_training_of_own_products",
    "rbm16_training_rate",
    "rbm16_sampling_of_square",
    "rbm16_sampling_of_own_products",
    "rbm16_sampling_rate",
    "rbm_vs_scikit_learn",
    "markov_fit_and_sample",
    "li_stephens_fit_and_sample",
    "hclt_pass",
]


def test_the_table_of_a_quick_benchmark_is_whole(tmp_path):
    command = [sys.executable, str(BENCH / "speed.py"), "--quick", "--threads", "1", "--table", str(tmp_path / "a.tsv")]
    # Nothing here needs fast code, only soon.
    environment = os.environ | {"XLA_FLAGS": "--xla_backend_optimization_level=0"}
    run = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert run.returncode == 0, run.stdout + run.stderr
    table = read_tsv(tmp_path / "a.tsv").set_index("measure")
    assert [name for name in table.index if name != "rbm_vs_rbms"] == MEASURES
    numbers = table[["value", "lowest", "highest"]].to_numpy()
    assert np.isfinite(numbers).all()
    assert (numbers > 0).all()
    assert (table["lowest"] <= table["value"]).all()
    assert (table["value"] <= table["highest"]).all()


@pytest.mark.parametrize(("ways", "forwards"), [(("joint", "shared"), 1), (("separate", "separate"), 2)])
def test_operations_of_the_gan_are_those_counted_by_hand(ways, forwards):
    # 12 sites, 5 latent numbers, batches of 3: generator 5-10-10-12, discriminator 12-6-4-1.
    generator, discriminator = 5 * 10 + 10 * 10 + 10 * 12, 12 * 6 + 6 * 4 + 4
    discriminator_step = 6 * (3 * discriminator - 12 * 6)
    generator_step = 3 * ((forwards + 2) * generator - 5 * 10) + 3 * 2 * discriminator
    settings = {"latent_size": 5, "batch_size": 3} | dict(zip(("discriminator_step", "latent"), ways, strict=True))
    assert matrix_products.operations(matrix_products.gan_step(12, settings)) == 2 * (
        discriminator_step + generator_step
    )


def test_operations_of_the_rbm_are_those_counted_by_hand():
    sweep = 2 * 40 * 12 * 5
    assert matrix_products.operations(matrix_products.rbm_sweeps(12, 5, 40, 7)) == 2 * 7 * sweep
    gradients_and_means = 2 * (40 + 16) * 12 * 5
    assert matrix_products.operations(matrix_products.rbm_update(12, 5, 40, 7, 16)) == 2 * (
        7 * sweep + gradients_and_means
    )


def test_products_are_computed_into_memory_of_their_shapes():
    matrix_products.multiplier([(3, 4, 5), (5, 3, 4)], repeats=2)()


@pytest.fixture(scope="module")
def loop():
    settings = {"batch_size": 4, "latent_size": 6, "l2": 1e-4}
    settings |= {"generator_learning_rate": 1e-3, "discriminator_learning_rate": 1e-3}
    tensorflow_on("cpu", 1)  # otherwise no later test of this process could choose its threads
    return keras_loop.KerasLoop(np.eye(12, dtype=np.uint8)[:10], settings, seed=1)


def test_each_step_of_the_keras_loop_trains_its_own_network(loop):
    networks = {"discriminator": loop.discriminator, "generator": loop.generator}

    def changed(step):
        before = {name: network.get_weights() for name, network in networks.items()}
        step()
        return {
            name
            for name, network in networks.items()
            if not all(np.array_equal(a, b) for a, b in zip(before[name], network.get_weights(), strict=True))
        }

    assert loop.n_steps == 2
    assert changed(lambda: loop.train_discriminator(loop.real[:4])) == {"discriminator"}
    assert changed(loop.train_generator) == {"generator"}
    assert changed(lambda: loop.run_steps(3)) == {"discriminator", "generator"}
