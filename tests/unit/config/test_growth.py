"""The model of what stages cost: fits, predictions, the table that is shipped, and what the check makes of them."""

import json

import numpy as np
import pandas as pd
import pytest
import yaml

from artificial_genomes.check import survey
from artificial_genomes.check.survey import Costs, Job, asked_mb
from artificial_genomes.compare import comparison
from artificial_genomes.config import growth, memory
from artificial_genomes.config.growth import (
    COLUMNS,
    QUANTITIES,
    SPEED_STAGE,
    Growth,
    Size,
    fit,
    predict,
    read_growth,
    terms,
)
from artificial_genomes.core.tables import read_tsv
from artificial_genomes.latent import maps
from artificial_genomes.models import chunked, li_stephens, rbm, training
from artificial_genomes.statistics import distances
from helpers import ROOT

TABLE = ROOT / "resources" / "growth.tsv"
RUNS = read_tsv(TABLE.with_name("growth_runs.tsv"))
SPLIT = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())["split"]
SIZE = Size(haplotypes=1000, sites=500, file_alleles=4_000_000, all_haplotypes=1200)
LARGER = Size(4000, 2000, 64_000_000, 4800)
BIOBANK = Size(100_000, 65_535, 100_000 * 400_000, 100_000)
RBM = {"kind": "rbm", "epochs": 10, "score_every": 5, "hidden_units": 50, "gibbs_sweeps": 4, "chains": 64}
RBM |= {"batch_size": 64, "sampling_sweeps": 4, "sampling_temperatures": [1.0], "masked_chains": 4}
HCLT = {"kind": "hclt", "epochs": 10, "score_every": 5, "hidden_states": 8, "sampling_temperatures": [1.0]}
GAN = {"kind": "gan", "epochs": 10, "score_every": 5, "batch_size": 32, "latent_size": 20}
WGAN = GAN | {"kind": "wgan", "generator_units": [64, 32], "critic_units": [64, 48], "pack_units": [16], "packing": 8}
MARKOV = {"kind": "markov", "window": 5}
STAGES = {
    "prepare": {},
    "publish": {},
    "release": {},
    "compare": {},
    "together": {"sets": 2},
    "scan": {},
    "impute": {},
    "latent": {},
    "latent_tasks": {"sets": 2},
    "latent_masked": RBM,
    "latent_conditional": {},
    **{f"{job}_{one['kind']}": one for one in (RBM, HCLT, GAN, WGAN, MARKOV) for job in ("train", "generate")},
    **{f"{job}_{kind}": {"kind": kind} for kind in ("bernoulli", "li_stephens") for job in ("train", "generate")},
}


def test_a_fit_finds_the_coefficients_that_made_the_costs():
    rng = np.random.default_rng(2)
    true = dict.fromkeys(terms("compare", SIZE), 0.0)
    true |= {"start": 3.0, "alleles": 0.2, "haplotype_pairs": 0.05, "transport": 0.4}
    sizes = [Size(*rng.integers(100, 20_000, 2).tolist(), 10_000, 5000) for _ in range(20)]
    runs = [(terms("compare", size), predict(true, terms("compare", size))) for size in sizes]
    assert fit(runs) == pytest.approx(true, rel=1e-6, abs=1e-9)


def test_coefficients_are_never_negative():
    runs = [(terms("publish", Size(n, 100, 1, n)), cost) for n, cost in ((100, 9.0), (1000, 5.0), (5000, 2.0))]
    assert min(fit(runs).values()) >= 0


@pytest.mark.parametrize("stage", STAGES)
def test_costs_grow_with_sites_and_haplotypes(stage):
    costs = [read_growth(TABLE).cost(stage, size, STAGES[stage]) for size in (SIZE, LARGER, BIOBANK)]
    for name in QUANTITIES:
        numbers = [cost[name] for cost in costs]
        assert 0 < numbers[0] <= numbers[1] <= numbers[2] < np.inf, name


@pytest.mark.parametrize("settings", [RBM, HCLT, GAN, WGAN], ids=lambda settings: settings["kind"])
def test_twice_the_epochs_cost_more_but_not_more_than_twice(settings):
    growth = read_growth(TABLE)
    once = growth.cost(f"train_{settings['kind']}", SIZE, settings)["seconds"]
    twice = growth.cost(f"train_{settings['kind']}", SIZE, settings | {"epochs": 20})["seconds"]
    assert once < twice <= 2 * once * (1 + 1e-9)


def test_many_windows_draw_as_many_alleles_as_all_sites_at_once_and_more_where_candidates_are_drawn():
    window = Size(1000, 50, 4_000_000, 1200)
    for settings in (RBM, MARKOV, HCLT):
        stage = f"generate_{settings['kind']}"
        cut, whole = terms(stage, window, settings | {"windows": 10}), terms(stage, SIZE, settings)
        if settings is RBM:  # every window has hidden units of its own
            assert cut.pop("units") / whole.pop("units") == pytest.approx((500 + 10 * 50) / (500 + 50))
        assert cut == pytest.approx(whole)
    one, ten = (terms("generate_wgan", window, WGAN | {"windows": n})["work"] for n in (1, 10))
    assert ten == pytest.approx(10 * growth.CANDIDATES * one)


def test_what_the_model_says_of_the_stages_is_what_they_do():
    assert comparison.TRANSPORT_HAPLOTYPES == growth.TRANSPORT_HAPLOTYPES
    assert growth.INTERVAL_SITES == comparison.LD_INTERVAL_SITES == training.SCORE_SITES
    assert growth.BLOCK_HAPLOTYPES == distances.BLOCK_HAPLOTYPES
    assert growth.MOSAIC_ALLELES == li_stephens.BLOCK_ALLELES
    assert growth.MAP_HAPLOTYPES == maps.NEIGHBOUR_MAP_HAPLOTYPES
    assert pytest.approx((1 - SPLIT["test"]) * SPLIT["validation"]) == memory.VALIDATION_SHARE
    assert chunked.CANDIDATES == growth.CANDIDATES


@pytest.mark.parametrize("haplotypes", [100, 1000, 30_000])
def test_a_score_is_of_as_many_ags_as_the_model_says(haplotypes):
    n_validation, n_ags = growth.scored(haplotypes)
    rng = np.random.default_rng(haplotypes)
    drawn = []

    def generate(n, seed):
        drawn.append(n)
        return rng.integers(0, 2, (n, 5)).astype(np.uint8)

    real = rng.integers(0, 2, (haplotypes // 4, 5)).astype(np.uint8)
    data = training.TrainingData(real, real[:n_validation], pd.DataFrame())
    training.validation_score(data, generate, 1)
    assert drawn == [n_ags]
    assert n_validation == pytest.approx(memory.VALIDATION_SHARE * haplotypes, rel=0.01)


def test_the_likelihood_of_an_rbm_takes_as_many_sweeps_as_the_model_says(monkeypatch):
    asked = []

    def log_likelihood(self, alleles, seed, chains, temperatures):
        asked.append(chains * temperatures)
        return np.zeros(len(alleles))

    monkeypatch.setattr(rbm.Model, "log_likelihood", log_likelihood)
    weights, zeros = np.ones((4, 3), np.float32), np.zeros(4, np.float32)
    machine = rbm.Model("sigmoid", 2, weights, zeros, zeros[:3], np.full((1, 4), 0.5), np.float32(1))
    alleles = np.eye(4, dtype=np.uint8)
    rbm.monitors(machine, training.TrainingData(alleles, alleles, pd.DataFrame()), 1)
    assert asked == [growth.AIS_SWEEPS]


@pytest.mark.parametrize("kind", ["gan", "wgan"])
def test_work_of_gans_counts_the_weights_of_their_layers(kind):
    """Layers by their shapes, as many passes as steps have."""
    settings = {"gan": GAN, "wgan": WGAN}[kind]
    shapes = {
        "gan": ([(20, 500 / 1.2), (500 / 1.2, 500 / 1.1), (500 / 1.1, 500)], [(500, 250), (250, 500 / 3)]),
        "wgan": ([(20, 64), (64, 32), (32, 500)], [(500, 64), (64, 48), (48, 2)]),  # 16 units of packs of 8
    }[kind]
    generator, critic = (sum(a * b for a, b in layers) for layers in shapes)
    passes = {"gan": (3, 8), "wgan": (4, 14)}[kind]
    one, two = (terms(f"train_{kind}", SIZE, settings | {"epochs": n, "score_every": 1000})["work"] for n in (0, 2))
    expected = 2 * SIZE.haplotypes * (passes[0] * generator + passes[1] * critic)
    expected += 2 / 1000 * growth.scored(SIZE.haplotypes)[1] * generator
    assert (two - one) * 1e9 == pytest.approx(expected)


def test_what_is_done_in_blocks_stops_growing():
    small, large = Size(2048, 4000, 1, 2048), Size(20_480, 4000, 1, 20_480)
    for stage, term in (("release", "block_alleles"), ("release", "block"), ("generate_li_stephens", "block")):
        settings = STAGES[stage]
        assert terms(stage, small, settings, "mb")[term] == terms(stage, large, settings, "mb")[term] > 0
    assert terms("latent", small)["mapped"] < terms("latent", large)["mapped"] == 2 * growth.MAP_HAPLOTYPES / 1e3
    assert terms("impute", large)["states"] == pytest.approx(10 * terms("impute", small)["states"])


def test_a_slower_machine_takes_longer():
    table = read_tsv(TABLE, COLUMNS)
    speed = table.loc[table["stage"] == SPEED_STAGE, "coefficient"].iloc[0]
    here, slower = Growth(table), Growth(table, speed / 3)
    assert slower.cost("compare", SIZE)["seconds"] == pytest.approx(3 * here.cost("compare", SIZE)["seconds"])
    assert slower.cost("compare", SIZE)["disk_mb"] == here.cost("compare", SIZE)["disk_mb"]


def test_stages_that_nobody_measured_have_no_cost():
    assert read_growth(TABLE).cost("train_external", SIZE) is None


def measured_runs(stage: str, quantity: str) -> list[tuple[float, dict[str, float], float]]:
    """Return haplotypes times sites, terms and cost of the runs of a stage that are shipped, of repeats the least."""
    runs = RUNS[(RUNS["stage"] == stage) & RUNS[quantity].notna()].sort_values(quantity)
    runs = runs.drop_duplicates(["people", "sites", "haplotypes", "file_alleles", "all_haplotypes", "settings"])
    return [
        (
            row.haplotypes * row.sites,
            terms(
                stage,
                Size(row.haplotypes, row.sites, row.file_alleles, row.all_haplotypes),
                json.loads(row.settings),
                quantity,
            ),
            getattr(row, quantity),
        )
        for row in runs.itertuples()
    ]


@pytest.mark.parametrize("quantity", QUANTITIES)
@pytest.mark.parametrize("stage", sorted(set(RUNS["stage"])))
def test_the_table_is_what_its_runs_give_and_predicts_the_next_size_within_30_per_cent(stage, quantity):
    runs = measured_runs(stage, quantity)
    table = read_tsv(TABLE, COLUMNS)
    shipped = table[(table["stage"] == stage) & (table["quantity"] == quantity)]
    fitted = fit([(of, cost) for _, of, cost in runs])
    coefficients = dict(zip(shipped["term"], shipped["coefficient"], strict=True))
    assert coefficients.keys() == fitted.keys()
    # Of terms that grew alike in all runs it is arbitrary which one has the coefficient: costs are compared.
    costs = [predict(fitted, of) for _, of, _ in runs]
    assert [predict(coefficients, of) for _, of, _ in runs] == pytest.approx(costs, rel=1e-4)
    assert set(shipped["measured"]) == {len(runs)}
    half = max(size for size, _, _ in runs) / 2
    smaller = fit([(of, cost) for size, of, cost in runs if size <= half])
    error = max((predict(smaller, of) / cost - 1 for size, of, cost in runs if size > half), key=abs)
    assert shipped["next_size_error"].to_numpy() == pytest.approx(error, abs=1e-4)
    if (stage, quantity) != ("generate_gan", "disk_mb"):  # a GAN of few epochs draws AGs that are much alike
        assert abs(error) < 0.3


def job(cost_of: str, size: Size, settings: dict | None = None, all_sites: int | None = None) -> Job:
    return Job("mine", cost_of, size, settings or {}, 1, all_sites or size.sites)


def test_the_memory_that_is_asked_for_at_10000_sites_covers_what_was_measured_there_and_not_much_more():
    """Peaks of trainings on 5008 haplotypes with 10,000 sites (docs/benchmarks.md)."""
    size = Size(haplotypes=5008, sites=10_000, file_alleles=50_080_000, all_haplotypes=5008)
    peaks = {"markov": ({}, 420), "bernoulli": ({}, 347), "hclt": ({"hidden_states": 64}, 1206), "rbm": ({}, 1698)}
    for kind, (settings, peak) in peaks.items():
        asked = asked_mb(job(f"train_{kind}", size, {"kind": kind} | settings))
        assert peak < asked < 6 * peak + 1000


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage != "prepare"])
@pytest.mark.parametrize("size", [SIZE, LARGER, BIOBANK], ids=["small", "larger", "biobank"])
def test_rules_ask_for_what_the_model_foretells_and_not_for_far_more(stage, size):
    expected = read_growth(TABLE).cost(stage, size, STAGES[stage])["mb"]
    asked = asked_mb(job(stage, size, STAGES[stage]))
    assert expected < asked
    # At this size nobody has measured the map of all AGs, which asks for what a comparison does.
    if (stage, size) != ("together", BIOBANK):
        assert asked < 12 * expected + 2000


@pytest.mark.parametrize(
    ("kind", "settings", "haplotypes", "peak"),
    [
        # Peaks of trainings on 40 sites; docs/resources.md has those of machines of a usual size.
        ("rbm", {"hidden_units": 100_000, "chains": 128, "batch_size": 128}, 220, 1238),
        ("rbm", {"hidden_units": 50_000, "chains": 128, "batch_size": 128}, 5008, 1626),  # 2000 AGs, measured of 1000
        ("rbm", {"hidden_units": 2_000_000, "chains": 128, "batch_size": 128}, 220, 8800),
    ],
)
def test_memory_grows_with_hidden_units(kind, settings, haplotypes, peak):
    size = Size(haplotypes=haplotypes, sites=40, file_alleles=1, all_haplotypes=haplotypes)
    asked = asked_mb(job(f"train_{kind}", size, RBM | settings | {"kind": kind}))
    assert peak < asked < 3 * peak
    costs = Costs(read_growth(TABLE), {"train rbm": [job("train_rbm", size, RBM | settings)]})
    assert bool(costs.problems) == (asked > 0.9 * survey.memory_mb())
    millions = RBM | settings | {"hidden_units": 10**7}
    (problem,) = Costs(read_growth(TABLE), {"train rbm": [job("train_rbm", size, millions)]}).problems
    assert problem.startswith("train rbm of mine needs ")


def test_memory_grows_with_layers_of_networks():
    size = Size(haplotypes=1000, sites=1000, file_alleles=1, all_haplotypes=1000)
    wide = WGAN | {"generator_units": [100_000, 100_000]}
    assert asked_mb(job("train_wgan", size, wide)) > 24e-6 * 1e10
    assert asked_mb(job("train_wgan", size, WGAN)) < 4000
    drawn = [asked_mb(job("generate_wgan", size, settings)) for settings in (WGAN, wide)]
    assert drawn[1] - drawn[0] > 4e-6 * 1000 * 90_000


def test_a_biobank_in_one_piece_is_a_problem_and_windows_are_named(monkeypatch):
    monkeypatch.setattr(survey, "memory_mb", lambda: 64_000)
    jobs = {"train hclt": [job("train_hclt", BIOBANK, HCLT | {"hidden_states": 64})]}
    costs = Costs(read_growth(TABLE), jobs)
    (problem,) = costs.problems
    assert problem.startswith("train hclt of mine needs ")
    assert "this machine has 64,000" in problem
    n = int(problem.partition("windows: {n: ")[2].partition(",")[0])
    window = Size(BIOBANK.haplotypes, -(-65_535 // n) + 200, BIOBANK.file_alleles, BIOBANK.all_haplotypes)
    cut = Job("mine", "train_hclt", window, HCLT | {"hidden_states": 64}, n, 65_535)
    assert not Costs(read_growth(TABLE), {"train hclt": [cut]}).problems
    one_less = Size(100_000, -(-65_535 // (n - 1)) + 200, BIOBANK.file_alleles, 100_000)
    assert n == 2 or Costs(read_growth(TABLE), {"x": [job("train_hclt", one_less, HCLT, 65_535)]}).problems


def test_jobs_of_days_are_pointed_out():
    costs = Costs(read_growth(TABLE), {"train gan": [job("train_gan", BIOBANK, GAN)]})
    assert any("a job of train gan of mine takes about" in note and "days" in note for note in costs.notes)
    assert not Costs(read_growth(TABLE), {"train gan": [job("train_gan", SIZE, GAN)]}).notes


def test_what_nobody_has_measured_is_said():
    costs = Costs(read_growth(TABLE), {"train mine": [job("train_custom", SIZE, {"kind": "custom"})]})
    asked = memory.training_mb({"kind": "rbm"}, SIZE.sites, SIZE.all_haplotypes * SIZE.sites)
    assert costs.lines["train mine"] == (
        f"1 job, whose cost nobody has measured (asks for {asked:,.0f} MB a job, a general estimate)"
    )
