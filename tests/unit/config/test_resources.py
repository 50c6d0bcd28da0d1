"""What rules ask for covers what jobs were measured to take, and what jobs are expected to take is near to it."""

import ast
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import yaml

import group_ancestry
from artificial_genomes.compare import comparison, linkage
from artificial_genomes.compare.attacks import density
from artificial_genomes.config import resources
from artificial_genomes.config.checks import Configuration, read_defaults
from artificial_genomes.core import store
from artificial_genomes.core.kinds import KINDS
from artificial_genomes.models import hclt, rbm, save_model, training
from helpers import ROOT
from plan_helpers import DATASETS

SPLIT = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())["split"]
DEFAULTS = Configuration(read_defaults(ROOT) | DATASETS, ROOT)
TREE = DEFAULTS.model_settings("dense", "hclt") | {"epochs": 20, "score_every": 10}
CHUNK = {"hidden_states": 36, "ancestry_groups": 3, "epochs": 20, "score_every": 2, "sampling_temperatures": [1.0]}
SHORT = {"epochs": 6, "score_every": 3, "sampling_temperatures": [1.0]}
RBM_10K = {
    "hidden_units": 300,
    "epochs": 200,
    "batch_size": 64,
    "chains": 128,
    "gibbs_sweeps": 10,
    "sampling_sweeps": 10,
}
# A rule, haplotypes of the dataset's own people, all haplotypes, sites; measured seconds of the processor, and peak MB.
# Of preparations the sites are the rows of the files in the regions.
MEASURED = [
    ("prepare", 0, 400, 6367, 1.1, 105),
    ("prepare", 0, 6000, 88_019, 17.3, 810),
    ("prepare", 0, 5008, 182, 1.1, 143),
    ("prepare", 0, 5008, 9828, 3.1, 237),
    ("prepare", 0, 5008, 32_280, 7.3, 435),
    ("prepare", 0, 5008, 19_939, 6.8, 373),
    ("prepare", 0, 5008, 38_335, 11.3, 564),
    ("prepare", 0, 5008, 74_978, 17.4, 923),
    ("prepare", 0, 20_000, 11_171, 13.9, 676),
    ("prepare", 0, 5008, 221_614, 56.6, 2390),
    ("group_ancestry", 5008, 5008, 2000, 1.5, 215),
    ("generate", 4800, 6000, 2000, 2.5, 225),
    ("generate", 2560, 3200, 1600, 2.6, 207),  # an RBM
    ("generate", 10_000, 10_000, 10_000, 4.2, 425),
    ("generate", 100_000, 100_000, 10_000, 28.5, 633),
    ("publish_genomes", 4800, 6000, 2000, 1.9, 130),
    ("publish_genomes", 10_000, 10_000, 10_000, 7.2, 312),
    ("release", 4800, 6000, 2000, 3.6, 245),
    ("compare", 1006, 1006, 400, 5, 204),
    ("compare", 5008, 5008, 120, 10.3, 272),
    ("compare", 5008, 5008, 169, 14.8, 273),
    ("compare", 5008, 5008, 805, 35.9, 425),
    ("compare", 5008, 5008, 16_384, 84.2, 1116),
    ("compare", 5008, 5008, 65_535, 332.1, 2969),
    ("compare", 20_000, 20_000, 2000, 230.5, 1427),
    ("compare_together", 4800, 6000, 2000, 2.9, 381),
    ("scan", 2560, 3200, 1600, 10.8, 196),
    ("impute_beagle", 2560, 3200, 1600, 3.4, 101),
    ("impute_beagle", 1006, 5008, 10_000, 22, 671),
    ("impute_direct", 5008, 5008, 10_000, 17, 476),
    ("latent", 2560, 3200, 1600, 15.3, 307),
    ("latent_tasks", 2560, 3200, 1600, 10, 295),
    ("latent_masked", 2560, 3200, 1600, 7.8, 255),
    ("latent_conditional", 2560, 3200, 1600, 3.8, 230),
]
# A model and what differs from its defaults on `dense`; then as above.
TRAININGS = [
    ("bernoulli", {}, 4800, 6000, 2000, 1.0, 116),
    ("markov", {}, 4800, 6000, 2000, 1.1, 127),
    ("markov", {}, 5008, 5008, 10_000, None, 420),
    ("hclt", TREE, 4800, 6000, 2000, 9.1, 208),
    ("hclt", TREE | {"hidden_states": 64}, 4000, 5000, 5000, 23.9, 497),
    ("hclt", TREE | {"hidden_states": 16, "epochs": 10, "score_every": 2}, 20_000, 20_000, 2000, 12.3, 225),
    ("hclt", CHUNK, 5008, 5008, 2248, 4.3, 198),
    ("hclt", {"hidden_states": 256}, 1006, 5008, 10_000, None, 8204),
    ("rbm", SHORT, 2560, 3200, 1600, 18.7, 986),
    ("rbm", RBM_10K, 5008, 5008, 10_000, 3085, 1738),
    ("wgan", SHORT, 2560, 3200, 1600, 21.1, 1169),
    ("wgan", {"epochs": 240}, 5008, 5008, 805, 271, 1118),
    ("gan", SHORT, 2560, 3200, 1600, 24.9, 1225),
    ("gan", {"epochs": 600, "latent_size": 600, "batch_size": 32}, 5008, 5008, 805, 736, 1068),
    ("gan", {"epochs": 20, "latent_size": 600, "batch_size": 32}, 5008, 5008, 10_000, 20 * 189, 7600),
]


def settings_of(model: str, changes: dict) -> dict:
    return DEFAULTS.model_settings("dense", model) | changes


@pytest.mark.parametrize(("rule", "own", "everybody", "sites", "seconds", "mb"), MEASURED)
def test_requests_cover_what_jobs_took_and_expected_times_are_near(rule, own, everybody, sites, seconds, mb):
    haplotypes = own if rule not in ("prepare", "scan") and not rule.startswith("impute") else everybody
    expected = resources.seconds(rule, sites, haplotypes)
    assert expected / 4 < seconds < 1.3 * expected
    assert seconds < 60 * resources.runtime(rule, sites, everybody) / 2
    assert mb < resources.memory_mb(rule, sites, everybody) < 4 * mb + 2000
    assert resources.disk_mb(rule, sites, everybody) > 0


def test_a_tree_in_chunks_with_groups_of_ancestry_takes_longer_to_draw():
    settings, sites, haplotypes = settings_of("hclt", {"hidden_states": 36, "ancestry_groups": 3}), 65_535, 5008
    size, seconds, mb = (settings, sites, 2250, haplotypes), 56.9, 1028
    assert resources.generation_seconds(*size) == pytest.approx(seconds, rel=0.15)
    assert mb < resources.generation_mb(*size, 12) < 3 * mb + 2000
    assert seconds < 60 * resources.generation_runtime(*size) / 2
    whole = resources.generation_seconds(settings, sites, sites, haplotypes)
    assert whole == resources.seconds("generate", sites, haplotypes) < seconds


def test_time_of_a_comparison_of_many_sites_grows_in_proportion_to_them():
    few, more, many = (resources.seconds("compare", sites, 5008) for sites in (50_000, 100_000, 150_000))
    assert many - more == pytest.approx(more - few)
    assert resources.ALL_PAIRS_THOUSANDS * 1000 == linkage.ALL_PAIRS_SITES
    assert resources.DENSITY_SITES == density.SITES_MAX


@pytest.mark.parametrize(("model", "changes", "own", "everybody", "sites", "seconds", "mb"), TRAININGS)
def test_requests_of_trainings_cover_what_they_took(model, changes, own, everybody, sites, seconds, mb):
    settings = settings_of(model, changes)
    assert mb < resources.training_mb(settings, sites, everybody) < 3 * mb + 2000
    if seconds:
        expected = resources.training_seconds(settings, sites, own)
        assert expected / 3 < seconds < 1.3 * expected
        assert seconds < 60 * resources.training_runtime(settings, sites, everybody) / 2


@pytest.mark.parametrize(
    ("model", "changes", "sites", "epoch"),
    [
        # Seconds of an epoch on an NVIDIA H100 (docs/paper.md).
        ("gan", {"latent_size": 600, "batch_size": 32}, 805, 0.030),
        ("gan", {"latent_size": 600, "batch_size": 32}, 10_000, 0.82),
        ("wgan", {}, 805, 0.015),
        ("wgan", {}, 10_000, 0.096),
        ("rbm", RBM_10K, 10_000, 0.26),
    ],
)
def test_requests_of_trainings_on_a_gpu_cover_what_they_took(model, changes, sites, epoch):
    settings = settings_of(model, changes | {"epochs": 10_000, "score_every": 10_000})
    expected = resources.training_seconds(settings, sites, 5008, "gpu")
    assert expected / 8 < 10_000 * epoch < 1.3 * expected
    assert 10_000 * epoch < 60 * resources.training_runtime(settings, sites, 5008, "gpu") / 2


@pytest.mark.parametrize("rule", resources.NEEDS)
def test_needs_grow_with_sites_and_haplotypes(rule):
    sizes = [(500, 1000), (2000, 4000), (65_535, 100_000)]
    for of in (resources.seconds, resources.memory_mb, resources.runtime, resources.disk_mb):
        small, larger, biobank = (of(rule, *size) for size in sizes)
        assert 0 <= small <= larger <= biobank < np.inf


def test_a_million_ags_take_time_and_little_more_memory():
    """Pieces of AGs are held at once, beside tables of individuals and packed rows of sites."""
    assert resources.PIECE_HAPLOTYPES == 2 * store.PIECE_PEOPLE
    assert resources.DRAWN_HAPLOTYPES == 2 * store.DRAWN_PEOPLE
    tree = settings_of("hclt", TREE)
    for rule in ("generate", "publish_genomes"):
        piece, million = ((10_000, n) for n in (10_000, 1_000_000))
        assert resources.with_ags(rule, 5008, 500_000) == 1_000_000
        assert resources.memory_mb(rule, *million) - resources.memory_mb(rule, *piece) == 990
        for of in (resources.seconds, resources.disk_mb):
            none, one, hundred = (of(rule, *size) for size in ((0, 0), piece, million))
            assert hundred - none == pytest.approx(100 * (one - none))
    assert resources.generation_mb(tree, 10_000, 10_000, 1_000_000, 10) < 4000


def test_windows_are_grouped_by_as_many_sites_as_expected():
    assert resources.GROUPED_SITES == group_ancestry.GROUPED_SITES


def test_statistics_of_a_million_ags_are_those_of_a_draw():
    for rule in ("compare", "compare_together", "scan", "latent", "impute_panel"):
        assert resources.with_ags(rule, 5008, 500_000) == 2 * store.DRAWN_PEOPLE
        assert resources.with_ags(rule, 5008, 5000) == 10_000
        assert resources.with_ags(rule, 100_000, 500_000) == 100_000
    # Of a large dataset as many are compared as the configuration says.
    for rule, compared in (("compare", 20_000), ("compare_together", 20_000), ("scan", 100_000)):
        assert resources.with_ags(rule, 100_000, None, 10_000) == compared
    # The attack on all sets is on a draw, and files are written of all AGs.
    once, twice = (resources.seconds("release", 1000, n) for n in (10**6, 2 * 10**6))
    assert twice - once == pytest.approx(0.1 * 1000, rel=0.01)


def test_every_kind_can_be_asked_for():
    for kind in KINDS:
        models = [name for name, one in DEFAULTS.values["model_params"].items() if one["kind"] == kind]
        settings = DEFAULTS.model_settings("dense", models[0]) if models else {"kind": kind, "module": "mine.py"}
        size = resources.model_file_mb(settings, 500, 1000)
        assert size > 0
        assert 1000 < resources.generation_mb(settings, 500, 100, 1000, size) < 2000
        assert resources.training_runtime(settings, 100, 200) >= resources.TRAINING_MINUTES


def test_more_sets_than_were_measured_take_more_memory():
    few, many = (resources.memory_mb("compare_together", 1000, 5000, sets) for sets in (6, 12))
    assert few == resources.memory_mb("compare_together", 1000, 5000)
    assert many == pytest.approx(2 * few, abs=1)


def test_a_model_that_nobody_has_measured_has_hours():
    settings = {"kind": "custom", "module": "mine.py"}
    assert resources.training_runtime(settings, 0, 200) == 3 * 60
    assert resources.training_runtime(settings, 10_000, 200) == 3 * 60 * 11


@pytest.mark.parametrize("model", ["gan", "wgan", "rbm", "hclt"])
def test_trainings_of_more_epochs_may_take_longer_and_a_gpu_takes_less(model):
    settings = settings_of(model, {"epochs": 10_000})
    once = resources.training_seconds(settings, 1000, 4000)
    twice = resources.training_seconds(settings | {"epochs": 20_000}, 1000, 4000)
    assert once < twice <= 2 * once
    assert resources.training_seconds(settings, 1000, 4000, epochs=20_000) == twice
    limits = [resources.training_runtime(settings, 1000, 4000, device) for device in ("cpu", "gpu")]
    assert limits[0] > 3 * once / 60
    assert (limits[0] > limits[1]) == KINDS[model].is_neural


def test_a_score_at_more_temperatures_takes_longer():
    settings = settings_of("wgan", {"sampling_temperatures": [1.0]})
    more = settings | {"sampling_temperatures": [1.0, 1.1, 1.2]}
    assert resources.training_seconds(settings, 100, 4000) < resources.training_seconds(more, 100, 4000)


@pytest.mark.parametrize(
    ("hidden_units", "haplotypes", "peak"),
    [
        (100_000, 220, 1238),
        (50_000, 5008, 1626),  # of 2000 AGs; measured with 1000
        (2_000_000, 220, 8800),
    ],
)
def test_memory_grows_with_hidden_units(hidden_units, haplotypes, peak):
    """Peaks of trainings on 40 sites; docs/resources.md has those of machines of a usual size."""
    settings = settings_of("rbm", {"hidden_units": hidden_units, "chains": 128, "batch_size": 128})
    assert peak < resources.training_mb(settings, 40, haplotypes) < 3 * peak


def test_memory_grows_with_layers_of_networks():
    narrow = settings_of("wgan", {})
    wide = narrow | {"generator_units": [100_000, 100_000]}
    assert resources.training_mb(wide, 1000, 1000) > 24e-6 * 1e10
    assert resources.training_mb(narrow, 1000, 1000) < 4000
    drawn = [resources.generation_mb(settings, 1000, 1000, 1000, 0) for settings in (narrow, wide)]
    assert drawn[1] - drawn[0] > 4e-6 * 1000 * 90_000


@pytest.mark.parametrize("model", ["gan", "wgan"])
def test_products_of_gans_count_the_weights_of_their_layers(model):
    """Layers by their shapes, as many passes as steps have."""
    sizes = {"latent_size": 20, "batch_size": 32, "score_every": 10**9, "epochs": 10**9}
    settings = settings_of(model, sizes | {"generator_units": [64, 32], "critic_units": [64, 48], "pack_units": [16]})
    shapes = {
        "gan": ([(20, 500 / 1.2), (500 / 1.2, 500 / 1.1), (500 / 1.1, 500)], [(500, 250), (250, 500 / 3)]),
        "wgan": ([(20, 64), (64, 32), (32, 500)], [(500, 64), (64, 48), (48, 2)]),  # 16 units of packs of 8
    }[model]
    generator, critic = (sum(a * b for a, b in layers) for layers in shapes)
    passes = {"gan": (3, 8), "wgan": (4, 14)}[model]
    needs = resources.TRAINING[model]
    an_epoch = 1000 * (passes[0] * generator + passes[1] * critic) * needs.products / 1e9 + 1000 / 32e3 * needs.steps
    assert resources.training_seconds(settings, 500, 1000) / 1e9 == pytest.approx(an_epoch, rel=1e-6)


def test_what_the_model_says_of_the_stages_is_what_they_do():
    assert resources.TRANSPORT_MB >= 45e-6 * comparison.TRANSPORT_HAPLOTYPES**2
    assert pytest.approx((1 - SPLIT["test"]) * SPLIT["validation"]) == resources.VALIDATION_SHARE


@pytest.mark.parametrize("haplotypes", [100, 1000, pytest.param(30_000, marks=pytest.mark.integration)])
def test_a_score_is_of_as_many_ags_as_the_model_says(haplotypes):
    n_validation, n_ags = resources.scored(haplotypes)
    rng = np.random.default_rng(haplotypes)
    drawn = []

    def generate(n, seed):
        drawn.append(n)
        return rng.integers(0, 2, (n, 5)).astype(np.uint8)

    real = rng.integers(0, 2, (haplotypes // 4, 5)).astype(np.uint8)
    data = training.TrainingData(real, real[:n_validation], pd.DataFrame())
    training.validation_score(data, generate, 1)
    assert drawn == [n_ags]
    assert n_validation == pytest.approx(resources.VALIDATION_SHARE * haplotypes, rel=0.01)


def test_the_likelihood_of_an_rbm_takes_as_many_sweeps_as_the_model_says(monkeypatch):
    asked = []

    def log_likelihood(self, alleles, seed, chains, temperatures):
        asked.append((chains, temperatures))
        return np.zeros(len(alleles))

    monkeypatch.setattr(rbm.Model, "log_likelihood", log_likelihood)
    weights, zeros = np.ones((4, 3), np.float32), np.zeros(4, np.float32)
    machine = rbm.Model("sigmoid", 2, weights, zeros, zeros[:3], np.full((1, 4), 0.5), np.float32(1))
    alleles = np.eye(4, dtype=np.uint8)
    rbm.monitors(machine, training.TrainingData(alleles, alleles, pd.DataFrame()), 1)
    assert asked == [(resources.LIKELIHOOD_CHAINS, resources.LIKELIHOOD_SWEEPS)]


@pytest.mark.parametrize("n_labels", [0, 5])
def test_the_file_of_a_tree_is_as_large_as_estimated(tmp_path, n_labels):
    transitions = np.full((400, 8, 8), 1 / 8, np.float32)
    tree = hclt.Model(np.arange(400) - 1, transitions, np.full((400, 8), 0.5, np.float32))
    if n_labels:
        tree = replace(tree, label_transitions=np.stack([transitions] * n_labels))
    save_model(tmp_path / "model.npz", "hclt", {}, tree)
    settings = {"kind": "hclt", "hidden_states": 8, "labels": "superpopulation" if n_labels else "none"}
    size = (tmp_path / "model.npz").stat().st_size / 1e6
    assert resources.model_file_mb(settings, 400, 1000) == pytest.approx(size, rel=0.2)


def test_the_snakefile_can_read_it_in_no_time():
    tree = ast.parse((ROOT / "workflow/scripts/artificial_genomes/config/resources.py").read_text())
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported <= {"collections.abc", "dataclasses", "itertools", "artificial_genomes.core.kinds"}
