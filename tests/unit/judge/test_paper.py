import math

import numpy as np
import pandas as pd
import pytest

from artificial_genomes.compare.expectations import DATASETS, jobs_as_published
from artificial_genomes.core.errors import UserError
from artificial_genomes.core.tables import write_tsv
from artificial_genomes.judge import paper
from artificial_genomes.judge.metrics import METRICS, metric_of
from helpers import ROOT

TABLE = ROOT / "resources" / "paper.tsv"
SETS = [("mine", "gan", 1), ("mine", "gan", 2), ("mine", "gan_authors", 1)]


def expectations(**changes):
    row = {
        "dataset": "snps805",
        "model": "gan",
        "authors": "gan_authors",
        "who": "released AGs",
        "reference": "all",
        "how": "as published",
        "metric": "af_r",
        "published": 0.98,
        "better": "higher",
        "tolerance": 0.01,
        "authors_tolerance": 0.002,
        "source": "D",
        "verified": "yes",
        "gates": "yes",
        "note": "",
    }
    return pd.DataFrame([row | changes])


def numbers(**values):
    """Return metrics of the data set `mine` against all people: `gan=[0.97, 0.99]` with seeds 1 and 2."""
    rows = [
        ("mine", model, seed, "all", "af_r", value, 5008)
        for model, of_model in values.items()
        for seed, value in enumerate(of_model, 1)
    ]
    return pd.DataFrame(rows, columns=["dataset", "model", "seed", "reference", "metric", "value", "n"])


def compared(expected=None, sets=SETS, **values):
    expected = expectations() if expected is None else expected
    return paper.compare_with_paper(expected, {"snps805": "mine"}, numbers(**values), numbers(), sets)


@pytest.mark.parametrize(
    ("better", "published", "value", "expected"),
    [
        ("higher", 0.98, 0.97, "reproduced"),
        ("higher", 0.98, 0.9699, "missed"),
        ("higher", 0.98, 0.995, "better"),
        ("lower", 0.40, 0.41, "reproduced"),
        ("lower", 0.40, 0.42, "missed"),
        ("lower", 0.40, 0.30, "better"),
        ("half", 0.208, 0.79, "reproduced"),  # as far from 0.5, on the other side
        ("half", 0.208, 0.45, "better"),
        ("half", 0.54, 0.40, "missed"),
        ("same", 7.04, 7.05, "reproduced"),
        ("same", 7.04, 7.06, "differs"),
        ("same", 7.04, 7.02, "differs"),
        ("higher", 0.98, math.nan, "missing"),
    ],
)
def test_outcome(better, published, value, expected):
    assert paper.outcome(better, published, value, 0.01) == expected


def test_the_mean_over_seeds_is_judged_and_the_released_ags_are_computed_where_the_run_has_them():
    (row,) = compared(gan=[0.96, 0.99], gan_authors=[0.9813]).itertuples()
    assert (row.run_mean, row.run_lowest, row.run_highest, row.seeds, row.n) == (0.975, 0.96, 0.99, 2, 5008)
    assert (row.outcome, row.played_by, row.quantity) == ("reproduced", "mine", "AF r")
    assert (row.authors, row.authors_from, row.authors_outcome) == (0.9813, "this run", "reproduced")
    (row,) = compared(gan=[0.96, 0.99], gan_authors=[0.9829]).itertuples()
    assert row.authors_outcome == "differs"  # neither side of the same AGs' number is better
    (row,) = compared(gan=[0.96, 0.99], sets=SETS[:2]).itertuples()
    assert (row.authors, row.authors_from, row.authors_outcome) == (0.98, "published", "")


def test_a_model_that_the_run_lacks_is_no_fault_and_one_without_a_number_is():
    (row,) = compared(sets=[("mine", "rbm", 1)]).itertuples()
    assert (row.outcome, row.seeds) == ("not run", 0)
    table = compared(sets=SETS[:2])
    assert table["outcome"].tolist() == ["missing"]
    assert len(paper.broken(table)) == 1


def test_numbers_are_those_of_the_same_reference_only():
    table = compared(expectations(reference="test"), gan=[0.98, 0.98])
    assert table["outcome"].tolist() == ["missing"]


def test_scorecard_numbers_are_taken_from_the_scorecard():
    table = paper.compare_with_paper(
        expectations(how="scorecard"), {"snps805": "mine"}, numbers(gan=[0.5]), numbers(gan=[0.98]), SETS
    )
    assert table["run_mean"].tolist() == [0.98]


def test_data_sets_that_nobody_plays_are_left_out():
    assert compared(expectations(dataset="snps10k"), gan=[0.98]).empty


def test_verify_names_what_is_broken_and_counts_the_rest():
    with pytest.raises(UserError) as caught:
        paper.verify(compared(gan=[0.9], gan_authors=[0.9]))
    message = str(caught.value)
    assert message.startswith("1 published numbers gate: 1 missed. Beyond their tolerance: ")
    assert "af_r of gan on mine (0.900, published 0.980)" in message
    assert "af_r of released AGs on mine (0.900, published 0.980)" in message
    passed = paper.verify(compared(gan=[0.98, 0.98], gan_authors=[0.98]))
    assert passed == "1 published numbers gate: 1 reproduced. None is beyond its tolerance."


@pytest.mark.parametrize("changes", [{"gates": "no"}, {"verified": "no"}, {"verified": "no", "gates": "no"}])
def test_what_is_unverified_or_a_goal_never_fails_a_run(changes):
    table = compared(expectations(**changes), gan=[0.5], gan_authors=[0.5])
    assert table["outcome"].tolist() == ["missed"]
    paper.verify(table)
    assert ("unverified" in paper.text_table(table)) == ("verified" in changes)


def test_the_table_survives_its_file_and_reads_as_lines(tmp_path):
    table = pd.concat([compared(gan=[0.96, 0.99], gan_authors=[0.98]), compared(sets=[("mine", "rbm", 1)])])
    write_tsv(table, tmp_path / "paper.tsv")
    read = paper.read_table(tmp_path / "paper.tsv")
    assert list(read.columns) == paper.COLUMNS
    head, first, second = paper.text_table(read).splitlines()
    assert head.split("  ")[0] == "data set"
    assert "snps805 (mine)  GAN" in first
    assert "0.980 (this run)" in first
    assert "0.975 (0.960 to 0.990)" in first
    assert first.endswith("reproduced")
    assert second.endswith("not run")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"better": "more"}, "line 2: better is 'more'. Write one of higher, lower, half, same."),
        ({"dataset": "805"}, "line 2: dataset is"),
        ({"gates": "maybe"}, "line 2: gates is 'maybe'"),
        ({"published": "n/a"}, "not every published is a number"),
    ],
)
def test_a_row_that_nobody_can_judge_by_is_refused(tmp_path, changes, message):
    write_tsv(expectations(**changes), tmp_path / "paper.tsv")
    with pytest.raises(UserError, match=message.replace(".", r"\.")):
        paper.read_expectations(tmp_path / "paper.tsv")


def test_the_shipped_numbers_are_complete():
    table = paper.read_expectations(TABLE)
    assert set(table["dataset"]) == set(DATASETS)
    assert not table.duplicated(["dataset", "model", "who", "reference", "metric"]).any()
    assert all(metric_of(metric).group != "Other" for metric in table["metric"])
    assert (table["tolerance"] > 0).all()
    # Recalled numbers are marked, and never gate.
    assert ((table["source"] == "m") == (table["verified"] == "no")).all()
    assert (table.loc[table["verified"] == "no", "gates"] == "no").all()
    published = table.set_index(["dataset", "model", "metric"])["published"]
    assert published["snps805", "rbm", "ld_r2_r"] == 0.977
    assert published["snps10k", "real_train", "distance_within_w1"] == 10.6576
    # A released AG set has one reference a data set, by which it is compared again.
    computed = table[table["how"] == "as published"]
    assert (computed.groupby(["dataset", "model"])["reference"].nunique() == 1).all()
    known = {"af_r", "af_r_rare", "ld_r2_r", "three_point_r", "aa_truth_strict", "aa_syn_strict"}
    known |= {"pca_w1_mean", "pca_w1_pc1", "pca_w1_pc2", "distance_within_w1", "distance_between_w1"}
    assert set(computed["metric"]) <= known <= set(METRICS)


def test_jobs_are_those_of_data_sets_that_play_the_papers():
    jobs = jobs_as_published(TABLE, {"snps805": "mine"})
    assert ("mine", "gan_authors", "all") in jobs
    assert ("mine", "real_half", "all") in jobs
    assert {dataset for dataset, _, _ in jobs} == {"mine"}
    assert len(jobs) == len(set(jobs))
    assert jobs_as_published(TABLE, {}) == []
    assert np.all(
        [reference in ("all", "test") for _, _, reference in jobs_as_published(TABLE, dict.fromkeys(DATASETS, "x"))]
    )
