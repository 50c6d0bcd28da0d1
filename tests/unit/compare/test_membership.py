"""The suite of attacks: who is attacked by what, and what its numbers are."""

import numpy as np
import pandas as pd
import pytest

from artificial_genomes.compare import membership
from artificial_genomes.compare.attacks import ATTACKS, COMBINED, PLANTED
from artificial_genomes.compare.matching import Candidate, match_people
from artificial_genomes.core.haplotypes import Haplotypes, artificial_people
from artificial_genomes.statistics.membership import Scores

N_PEOPLE, N_SITES = 260, 200


@pytest.fixture(scope="module")
def cohort():
    """People of two populations with linked sites, and their split."""
    rng = np.random.default_rng(3)
    founders = rng.random((2, 15, N_SITES)) < rng.uniform(0.1, 0.5, (2, 1, N_SITES))
    population = np.arange(2 * N_PEOPLE) // 2 % 2
    donors = rng.integers(15, size=(2 * N_PEOPLE, N_SITES // 10)).repeat(10, axis=1)
    alleles = founders[population[:, None], donors, np.arange(N_SITES)] ^ (rng.random(donors.shape) < 0.02)
    sites = pd.DataFrame({"contig": "1", "position": range(1, N_SITES + 1), "id": ".", "ref": "A", "alt": "C"})
    real = Haplotypes(alleles.astype(np.uint8), sites, artificial_people(N_PEOPLE))
    labels = np.array(["AAA", "BBB"])[population]
    return real, np.repeat(["test", "train"], [80, 180]), labels


def attacked(cohort, ags, replicates=50):
    real, split, labels = cohort
    people = match_people(split, 1)
    candidate = Candidate(ags, np.arange(0), people.known)
    return membership.attack_membership(real, people, candidate, labels, 1, replicates)


@pytest.fixture(scope="module")
def copied(cohort):
    real, split, _ = cohort
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(membership, "RELEARNT", 5)
        return attacked(cohort, real.take_people(split == "train").alleles)


def test_the_best_attack_decides(copied):
    metrics, tables = copied
    assert set(tables["attacks"]["attack"]) == set(ATTACKS)
    of_haplotypes = tables["attacks"].query("unit == 'haplotype' and group == 'all'").set_index("attack")
    assert metrics["mia_auc"][0] == of_haplotypes["auc"].max() > 0.99
    assert metrics["mia_tpr"][0] == of_haplotypes["tpr_at_0.01"].max() > 0.9
    assert metrics["mia_auc"][2] == of_haplotypes["auc_high"].max()
    assert metrics["mia_epsilon_low"][0] > 1


def test_rows_are_of_every_attack_unit_and_group(copied):
    table = copied[1]["attacks"]
    assert list(table.columns) == membership.ATTACK_COLUMNS
    rows = table.groupby(["unit", "group"])["attack"].apply(set).to_dict()
    everything = set(ATTACKS)
    assert rows == {
        ("haplotype", "all"): everything,
        ("individual", "all"): everything,
        # The logistic regression learns from haplotypes of members, which relatives are not.
        ("relative", "all"): everything - {COMBINED},
        ("haplotype", "AAA"): everything,
        ("haplotype", "BBB"): everything,
    }, "the rarest tenth has too few haplotypes"
    members = table.query("attack == 'nearest'").set_index(["unit", "group"])["members"]
    assert members["haplotype", "all"] == members["haplotype", "AAA"] + members["haplotype", "BBB"] == 160
    assert members["individual", "all"] == members["relative", "all"] == 80
    assert table["epsilon_low"].notna().equals(table["unit"] == "individual")


@pytest.mark.integration
def test_planted_copies_are_found_among_ags_that_leak_nothing(cohort):
    real, split, _ = cohort
    alleles = real.take_people(split == "test").alleles
    # Independent sites know nothing but frequencies of the others.
    ags = (np.random.default_rng(2).random((300, N_SITES)) < alleles.mean(axis=0)).astype(np.uint8)
    metrics, tables = attacked(cohort, ags)
    power = tables["power"].pivot(index="attack", columns="planting", values="tpr_at_0.01")
    assert set(power.columns) == set(PLANTED)
    assert set(power.index) == set(ATTACKS) - {COMBINED}
    for planting in ("copies", "errors", "children"):
        value, low, high = metrics[f"planted_{planting}_tpr"]
        assert value == power[planting].max() > 0.7
        assert low <= value <= high
    assert power.loc["nearest", "copies"] > 0.9
    assert power.loc["nearest", "mosaic20"] < 0.5 < power.loc["segments", "mosaic5"]
    assert (tables["power"]["planted"] == 8).all(), "5 % of 160 haplotypes, both of an individual"


def test_each_haplotype_is_planted_in_one_way_and_with_that_of_its_individual():
    plan = membership._plan_plantings(np.arange(200), 200, np.random.default_rng(1))
    rows = np.concatenate(list(plan.values()))
    assert len(rows) == len(set(rows)) == 10 * len(PLANTED)
    assert all(set(one) == set(one ^ 1) for one in plan.values())
    few = membership._plan_plantings(np.arange(9), 200, np.random.default_rng(1))
    assert few == {}, "four individuals are too few for six ways"


def test_the_combined_attack_learns_which_scores_count():
    rng = np.random.default_rng(4)
    hint = [Scores(rng.normal(0.5, 1, 600), rng.normal(0, 1, 600)) for _ in range(4)]
    noise = [Scores(*rng.normal(0, 50, (2, 600))) for _ in range(3)]
    combined = membership.combine([*hint, *noise], 1)
    best = max(one.auc() for one in hint)
    # Four independent hints of 0.5 standard deviations are one of 1: an AUC of 0.76.
    assert combined.auc() == pytest.approx(0.76, abs=0.03)
    assert combined.auc() > best + 0.06


@pytest.mark.integration
def test_the_combined_attack_never_learns_from_the_individual_it_judges():
    """Scores that are each individual's own number could be learnt by heart."""
    rng = np.random.default_rng(5)
    aucs = [
        membership.combine([Scores(*rng.normal(size=(2, 200))) for _ in range(5)], draw).auc() for draw in range(40)
    ]
    assert np.mean(aucs) < 0.52


@pytest.mark.integration
def test_the_interval_of_the_combined_attack_holds_what_its_learning_adds(monkeypatch):
    """Of attacks that know nothing, whose combination is learned from chance."""
    monkeypatch.setattr(membership, "RELEARNT", 12)
    rng = np.random.default_rng(6)
    values, half_widths = [], []
    for draw in range(25):
        attacks = {f"noise{k}": Scores(*rng.normal(size=(2, 160))) for k in range(7)}
        units = {"haplotype": attacks | {COMBINED: membership.combine(list(attacks.values()), draw)}}
        units["individual"] = {name: scores.of_individuals() for name, scores in units["haplotype"].items()}
        rows, _ = membership._attack_rows(units, {}, 200, draw, rng)
        row = next(row for row in rows if (row["attack"], row["unit"]) == (COMBINED, "haplotype"))
        values.append(row["auc"])
        half_widths.append((row["auc_high"] - row["auc_low"]) / 2)
        assert row["auc_low"] < row["auc"] < row["auc_high"]
    # With the scores held fixed: 1.1 standard deviations, and 0.72 of the draws.
    assert 1.5 * np.std(values, ddof=1) < np.mean(half_widths) < 4 * np.std(values, ddof=1)
    assert (np.abs(np.array(values) - 0.5) <= half_widths).mean() >= 0.9
