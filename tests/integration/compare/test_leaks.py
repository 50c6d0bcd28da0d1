"""Leaks on the 805 SNPs that distances to nearest neighbours do not show, and real people, who leak nothing."""

import numpy as np
import pytest

from artificial_genomes.compare.attacks import density
from artificial_genomes.compare.attacks.planting import PLANTINGS
from artificial_genomes.compare.matching import Candidate, ceiling_candidate, match_people
from artificial_genomes.compare.membership import attack_membership
from artificial_genomes.models import hclt
from artificial_genomes.models.training import TrainingData, TrainingRun
from helpers import authors_file

pytestmark = pytest.mark.real_data


@pytest.fixture(scope="module")
def cohort():
    real = authors_file("805")
    order = np.random.RandomState(42).permutation(len(real.people))
    split = np.full(len(order), "train", object)
    split[order[:501]] = "test"
    split[order[501:701]] = "validation"
    return real, split, match_people(split, 1)


def attacked(cohort, candidate):
    real, _, people = cohort
    metrics, _ = attack_membership(real, people, candidate, None, 1, 5, 2)
    return {name: value[0] for name, value in metrics.items()}


def test_a_tree_that_distances_would_clear_is_found_out(cohort):
    real, split, people = cohort
    train, validation = (real.take_people(split == part).alleles for part in ("train", "validation"))
    settings = {"hidden_states": 16, "epochs": 20, "score_every": 1, "patience": 3, "sampling_temperatures": [1.0]}
    settings |= {"initial_persistence": 0.9, "transition_pseudocount": 0.1, "emission_pseudocount": 0.1}
    settings |= {"ancestry_groups": 1, "ancestry_change": 1e-3, "labels": "none"}
    tree = hclt.fit(TrainingData(train, validation, real.sites), settings, TrainingRun(1))
    found = attacked(cohort, Candidate(tree.sample(5008, 1), np.arange(0), people.known))
    assert found["mia_nearest_auc"] < 0.55
    assert found["mia_calibrated_auc"] < 0.6
    assert found["mia_auc"] > 0.65
    assert found["mia_individual_auc"] > found["mia_auc"] + 0.02
    assert found["mia_epsilon_low"] > 0.2


@pytest.fixture
def few_sites(monkeypatch):
    """Let the attack by trees, which takes most of the time, look at some of the sites."""
    monkeypatch.setattr(density, "SITES_MAX", 200)


@pytest.mark.usefixtures("few_sites")
def test_a_mosaic_of_twenty_people_is_found_out(cohort):
    real, split, people = cohort
    train = real.take_people(split == "train").alleles
    contigs = real.sites["contig"].to_numpy()
    found = attacked(
        cohort, Candidate(PLANTINGS["mosaic20"](train, contigs, np.random.default_rng(1)), np.arange(0), people.known)
    )
    assert found["mia_calibrated_auc"] < 0.6
    assert found["mia_segments_auc"] > 0.99
    assert found["mia_tpr"] > 0.9


@pytest.mark.usefixtures("few_sites")
def test_other_real_people_leak_nothing_and_planted_copies_would_be_found(cohort):
    real, _, people = cohort
    found = attacked(cohort, ceiling_candidate(real, people, 1, 1))
    for name in ("mia_density_auc", "mia_segments_auc", "mia_whitened_auc", "mia_combined_auc"):
        assert abs(found[name] - 0.5) < 3.5 * 0.013, name
    assert found["mia_auc"] < 0.56
    for planting in ("copies", "errors", "mosaic2", "mosaic5", "mosaic20", "children"):
        assert found[f"planted_{planting}_tpr"] > 0.8, planting
