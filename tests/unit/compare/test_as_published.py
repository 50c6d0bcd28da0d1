"""What is compared as published, against independent calculations and the published numbers of real people."""

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import cdist
from scipy.stats import wasserstein_distance

from artificial_genomes.compare.as_published import compare_as_published
from artificial_genomes.compare.expectations import REAL_HALF, REAL_TRAIN
from artificial_genomes.core.errors import UserError
from artificial_genomes.core.haplotypes import Haplotypes, artificial_people
from artificial_genomes.judge.paper import compare_with_paper, read_expectations, verify
from helpers import ROOT, authors_file


def people(n_people, seed, n_sites=60):
    rng = np.random.default_rng(seed)
    founders = rng.random((8, n_sites)) < 0.4
    alleles = founders[rng.integers(8, size=(2 * n_people, 1)), np.arange(n_sites)] ^ (
        rng.random((2 * n_people, n_sites)) < 0.1
    )
    sites = pd.DataFrame({"contig": "1", "position": 100 * np.arange(1, n_sites + 1), "id": "", "ref": "A", "alt": "C"})
    return Haplotypes(alleles.astype(np.uint8), sites, artificial_people(n_people))


def values(table):
    return table.set_index("metric")["value"]


def test_numbers_are_those_of_plain_loops_over_all_haplotypes_whatever_their_number():
    real, ags = people(30, 1), people(41, 2)
    split = np.array(["train"] * 18 + ["test"] * 9 + ["public"] * 3)
    found = compare_as_published(real, split, ags, "test", 1)
    test, others = real.alleles[36:54].astype(float), ags.alleles.astype(float)
    assert set(found["reference"]) == {"test"}
    assert dict(found[["metric", "n"]].itertuples(index=False))["af_r"] == 82
    numbers = values(found)
    assert numbers["af_r"] == pytest.approx(np.corrcoef(test.mean(0), others.mean(0))[0, 1])
    within = [cdist(part, part, "cityblock")[np.triu_indices(len(part), 1)] for part in (test, others)]
    between = cdist(test, others, "cityblock").ravel()
    assert numbers["distance_within_w1"] == pytest.approx(wasserstein_distance(*within))
    assert numbers["distance_between_w1"] == pytest.approx(wasserstein_distance(within[0], between))
    r2 = []
    for part in (test, others):
        with np.errstate(invalid="ignore", divide="ignore"):
            r2.append(np.corrcoef(part.T)[np.triu_indices(60, 1)] ** 2)
    both = np.isfinite(r2[0]) & np.isfinite(r2[1])
    assert numbers["ld_r2_r"] == pytest.approx(np.corrcoef(r2[0][both], r2[1][both])[0, 1], abs=1e-6)


def test_adversarial_accuracy_takes_equally_many_haplotypes_and_all_of_the_smaller_side():
    real, ags = people(20, 3), people(12, 4)
    split = np.array(["all"] * 20)
    found = compare_as_published(real, split, ags, "all", 5).set_index("metric")
    assert found.loc["aa_truth_strict", "n"] == 24
    # All 24 AGs are there; which 24 real haplotypes are drawn depends on the seed alone.
    again = compare_as_published(real, split, ags, "all", 5).set_index("metric")
    pd.testing.assert_frame_equal(found, again)
    same = compare_as_published(people(12, 4), np.array(["all"] * 12), ags, "all", 5).set_index("metric")
    assert same.loc["aa_truth_strict", "value"] == 0  # every real haplotype is among the AGs


def test_real_people_in_the_place_of_ags_are_halves_or_all_that_are_not_test_people():
    real = people(30, 1)
    split = np.array(["train"] * 14 + ["validation"] * 4 + ["test"] * 9 + ["public"] * 3)
    train = compare_as_published(real, split, REAL_TRAIN, "test", 1)
    as_ags = Haplotypes(real.alleles[:36], real.sites, artificial_people(18))
    pd.testing.assert_frame_equal(train, compare_as_published(real, split, as_ags, "test", 1))
    half = compare_as_published(real, split, REAL_HALF, "all", 1).set_index("metric")
    assert half.loc["af_r", "n"] == 28  # of 27 people, without the public ones


def test_what_cannot_be_compared_is_said_in_a_line():
    real = people(10, 1)
    with pytest.raises(UserError, match="nobody of the dataset is left"):
        compare_as_published(real, np.array(["train"] * 10), people(5, 2), "test", 1)
    with pytest.raises(UserError, match="50 sites, the dataset 60"):
        compare_as_published(real, np.array(["all"] * 10), people(5, 2, n_sites=50), "all", 1)


@pytest.mark.real_data
def test_real_halves_of_the_805_snps_reproduce_every_published_number():
    real = authors_file("805")
    half = compare_as_published(real, np.array(["all"] * len(real.people)), REAL_HALF, "all", 1)
    table = compare_with_paper(
        read_expectations(ROOT / "resources" / "paper.tsv"),
        {"snps805": "structure"},
        half.assign(dataset="structure", model=REAL_HALF, seed=1),
        pd.DataFrame(columns=["dataset", "model", "seed", "reference", "metric", "value", "n"]),
        [("structure", "other", 1)],
    )
    of_half = table[table["model"] == REAL_HALF].set_index("metric")
    assert len(of_half) == 9
    assert set(of_half["outcome"]) == {"reproduced"}
    # The halves are those of the canonical permutation, so that the tolerances are roundings, but for random triplets.
    assert of_half["tolerance"].drop("three_point_r").max() <= 0.001
    order = np.random.RandomState(42).permutation(len(real.people))
    halves = [real.take_people(part).alleles.astype(float) for part in np.split(order, 2)]
    within = [(_hamming(part, part)[np.triu_indices(len(part), 1)]) for part in halves]
    distances = {"within": within[1], "between": _hamming(*halves).ravel()}
    for name, others in distances.items():
        row = of_half.loc[f"distance_{name}_w1"]
        assert wasserstein_distance(within[0], others) == pytest.approx(row["published"], abs=row["tolerance"])
    assert verify(table).startswith("28 published numbers gate: 9 reproduced, 19 not run")


def _hamming(a, b):
    return a.sum(axis=1)[:, None] + b.sum(axis=1) - 2 * a @ b.T
