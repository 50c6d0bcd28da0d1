"""The model of what stages cost: fits, predictions, and the table that is shipped."""

import numpy as np
import pandas as pd
import pytest

from artificial_genomes.growth import COLUMNS, QUANTITIES, SPEED_STAGE, Growth, Size, fit, predict, read_growth, terms
from artificial_genomes.survey import asked_mb
from artificial_genomes.tables import read_tsv
from helpers import ROOT

TABLE = ROOT / "resources" / "growth.tsv"
SIZE = Size(haplotypes=1000, sites=500, file_alleles=4_000_000, all_haplotypes=1200)
SETTINGS = {
    "rbm": {"epochs": 10, "score_every": 5, "hidden_units": 50, "gibbs_sweeps": 4, "chains": 64, "batch_size": 64}
    | {"sampling_sweeps": 4, "sampling_temperatures": [1.0]},
    "hclt": {"epochs": 10, "score_every": 5, "hidden_states": 8},
}


def test_a_fit_finds_the_coefficients_that_made_the_costs():
    rng = np.random.default_rng(2)
    true = {"start": 3.0, "alleles": 0.2, "haplotype_pairs": 0.05, "site_pairs": 0.0}
    sizes = [Size(*rng.integers(100, 5000, 2), 10_000, 5000) for _ in range(12)]
    runs = [(terms("compare", size), predict(true, terms("compare", size))) for size in sizes]
    assert fit(runs) == pytest.approx(true, rel=1e-6, abs=1e-9)


def test_coefficients_are_never_negative():
    runs = [(terms("latent", Size(n, 100, 1, n)), cost) for n, cost in ((100, 9.0), (1000, 5.0), (5000, 2.0))]
    assert min(fit(runs).values()) >= 0


@pytest.mark.parametrize("stage", ["prepare", "generate", "publish", "compare", "scan", "impute", "latent"])
def test_costs_grow_with_sites_and_haplotypes(stage):
    growth = read_growth(TABLE)
    cost = growth.cost(stage, SIZE)
    larger = growth.cost(stage, Size(4000, 2000, 64_000_000, 4800))
    assert all(larger[name] >= cost[name] > 0 for name in QUANTITIES)


@pytest.mark.parametrize("kind", SETTINGS)
def test_twice_the_epochs_cost_more_but_not_more_than_twice(kind):
    growth = read_growth(TABLE)
    once = growth.cost(f"train_{kind}", SIZE, SETTINGS[kind])["seconds"]
    twice = growth.cost(f"train_{kind}", SIZE, SETTINGS[kind] | {"epochs": 20})["seconds"]
    assert once < twice <= 2 * once * (1 + 1e-9)


def test_a_slower_machine_takes_longer():
    table = read_tsv(TABLE, COLUMNS)
    speed = table.loc[table["stage"] == SPEED_STAGE, "coefficient"].iloc[0]
    here, slower = Growth(table), Growth(table, speed / 3)
    assert slower.cost("compare", SIZE)["seconds"] == pytest.approx(3 * here.cost("compare", SIZE)["seconds"])
    assert slower.cost("compare", SIZE)["disk_mb"] == here.cost("compare", SIZE)["disk_mb"]


def test_stages_that_nobody_measured_have_no_cost():
    assert read_growth(TABLE).cost("train_external", SIZE) is None


def test_the_table_is_what_its_runs_give():
    """The coefficients of one stage, fitted again from the measured runs that are shipped."""
    runs = pd.read_csv(TABLE.with_name("growth_runs.tsv"), sep="\t")
    compare = runs[runs["stage"] == "compare"]
    fitted = fit(
        [
            (terms("compare", Size(row.haplotypes, row.sites, row.file_alleles, row.all_haplotypes)), row.seconds)
            for row in compare.itertuples()
        ]
    )
    table = read_tsv(TABLE, COLUMNS)
    shipped = table[(table["stage"] == "compare") & (table["quantity"] == "seconds")]
    assert dict(zip(shipped["term"], shipped["coefficient"], strict=True)) == pytest.approx(fitted, rel=1e-4)


def test_the_memory_that_is_asked_for_at_10000_sites_covers_what_was_measured_there_and_not_much_more():
    """Peaks of trainings on 5008 haplotypes with 10,000 sites (docs/benchmarks.md)."""
    size = Size(haplotypes=5008, sites=10_000, file_alleles=50_080_000, all_haplotypes=5008)
    peaks = {"markov": ({}, 420), "bernoulli": ({}, 347), "hclt": ({"hidden_states": 64}, 1206), "rbm": ({}, 1698)}
    for kind, (settings, peak) in peaks.items():
        asked = asked_mb(f"train_{kind}", size, {"kind": kind} | settings)
        assert peak < asked < 6 * peak + 1000
