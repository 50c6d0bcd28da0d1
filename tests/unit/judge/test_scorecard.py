import io
import json
import sys

import numpy as np
import pandas as pd
import pytest

import scorecard as script
from artificial_genomes.core import program
from artificial_genomes.core.errors import UserError
from artificial_genomes.core.tables import write_tsv
from artificial_genomes.judge.scorecard import MetricsFile, build_scorecard

COLUMNS = ["dataset", "model", "seed", "reference", "metric", "value", "ci_low", "ci_high", "ceiling", "floor", "n"]


@pytest.fixture
def metrics(tmp_path):
    """Write a table of metrics; returns what the scorecard is told about it."""

    def write(dataset, model, seed, rows, stage="compare"):
        path = tmp_path / stage / dataset / model / f"seed{seed}" / "metrics.tsv"
        table = pd.DataFrame(rows, columns=["reference", "metric", "value", "ci_low", "ci_high", "n"])
        write_tsv(table, path)
        return MetricsFile(dataset, model, seed, path)

    return write


def row(reference, metric, value, n=10):
    return (reference, metric, value, np.nan, np.nan, n)


def test_controls_become_columns_averaged_over_their_seeds(metrics):
    card = build_scorecard(
        [
            metrics("dense", "gan", 1, [("test", "af_r", 0.9, 0.8, 0.95, 10), row("train", "af_r", 0.7)]),
            metrics("dense", "ceiling", 1, [row("test", "af_r", 0.98)]),
            metrics("dense", "ceiling", 2, [row("test", "af_r", 0.96)]),
            metrics("dense", "floor", 1, [row("test", "af_r", 0.5), row("train", "af_r", 0.4)]),
            metrics("other", "ceiling", 1, [row("test", "af_r", 0.1)]),
        ]
    )
    assert list(card.columns) == COLUMNS
    assert card["model"].tolist() == ["gan", "gan"]
    test, train = card.iloc[0], card.iloc[1]
    assert (test["ceiling"], test["floor"], test["value"], test["n"]) == (pytest.approx(0.97), 0.5, 0.9, 10)
    assert (test["ci_low"], test["ci_high"]) == (0.8, 0.95)
    assert train["floor"] == 0.4
    assert np.isnan(train["ceiling"])
    assert np.isnan(train["ci_low"])


def test_controls_of_one_model_are_its_ceiling_and_floor_and_nobody_elses(metrics):
    card = build_scorecard(
        [
            metrics("dense", "gan", 1, [row("test", "af_r", 0.9)]),
            metrics(
                "dense", "theirs", 1, [row("test", "af_r", 0.8), row("all", "aats", 0.6), row("train", "aats", 0.7)]
            ),
            metrics("dense", "theirs", 1, [row("real", "xpehh_r", 0.3)], stage="scan"),
            metrics("other", "theirs", 1, [row("test", "af_r", 0.2)]),
            metrics("dense", "ceiling", 1, [row("test", "af_r", 0.99), row("train", "aats", 0.5)]),
            metrics("dense", "ceiling", 1, [row("real", "xpehh_r", 0.7)], stage="scan"),
            metrics("dense", "floor", 1, [row("test", "af_r", 0.1), row("all", "aats", 1.0)]),
            metrics("other", "ceiling", 1, [row("test", "af_r", 0.5)]),
            metrics("dense", "theirs.ceiling", 1, [row("test", "af_r", 0.97), row("all", "aats", 0.5)]),
            metrics("dense", "theirs.ceiling", 2, [row("test", "af_r", 0.95)]),
            metrics("dense", "theirs.floor", 1, [row("test", "af_r", 0.4)]),
        ]
    )
    assert card["model"].unique().tolist() == ["gan", "theirs"]
    found = card.set_index(["dataset", "model", "reference", "metric"])[["ceiling", "floor"]]
    expected = {
        ("dense", "gan", "test", "af_r"): (0.99, 0.1),
        ("dense", "theirs", "test", "af_r"): (0.96, 0.4),
        # The general floor is about other haplotypes, the general ceiling too: neither stands in for a missing one.
        ("dense", "theirs", "all", "aats"): (0.5, np.nan),
        ("dense", "theirs", "train", "aats"): (np.nan, np.nan),
        # In a scan the model has no controls of its own.
        ("dense", "theirs", "real", "xpehh_r"): (0.7, np.nan),
        ("other", "theirs", "test", "af_r"): (0.5, np.nan),
    }
    assert {key: pytest.approx(values, nan_ok=True) for key, values in expected.items()} == {
        key: tuple(found.loc[key]) for key in expected
    }


def test_order_is_that_of_datasets_and_models_then_seed_then_file(metrics):
    files = [
        metrics("structure", "rbm", 2, [row("test", "b", 1), row("test", "a", 2)]),
        metrics("structure", "gan", 10, [row("test", "b", 3)]),
        metrics("structure", "rbm", 1, [row("test", "b", 4)]),
        metrics("biobank", "gan", 1, [row("test", "b", 5)]),
        metrics("structure", "gan", 9, [row("test", "b", 6)]),
        metrics("structure", "rbm", 1, [row("test", "c", 7)], stage="scan"),
    ]
    card = build_scorecard(files)
    assert card["value"].tolist() == [4, 7, 1, 2, 6, 3, 5]
    assert card["dataset"].tolist()[-1] == "biobank"


def test_undefined_values_stay_and_do_not_spoil_the_ceiling(metrics):
    card = build_scorecard(
        [
            metrics("dense", "gan", 1, [row("test", "ld_r2_r", np.nan)]),
            metrics("dense", "ceiling", 1, [row("test", "ld_r2_r", np.nan)]),
            metrics("dense", "ceiling", 2, [row("test", "ld_r2_r", 0.9)]),
        ]
    )
    assert np.isnan(card["value"][0])
    assert card["ceiling"][0] == 0.9


def test_one_metric_from_two_files_is_refused(metrics):
    files = [metrics("dense", "gan", 1, [row("test", "af_r", 1)], stage=stage) for stage in ("compare", "scan")]
    with pytest.raises(UserError, match=r"af_r of gan \(seed 1\) on dense against test comes from two"):
        build_scorecard(files)


def test_file_without_a_column_is_refused(metrics, tmp_path):
    file = metrics("dense", "gan", 1, [row("test", "af_r", 1)])
    write_tsv(pd.DataFrame({"metric": ["af_r"], "value": [1.0]}), file.path)
    with pytest.raises(UserError, match="lacks the columns reference"):
        build_scorecard([file])


def test_script_writes_the_same_bytes_twice(metrics, tmp_path, monkeypatch):
    files = [
        metrics("dense", "gan", 1, [("test", "af_r", 1 / 3, 0.25, 0.375, 10), row("train", "exact_copies", 0)]),
        metrics("dense", "floor", 1, [row("test", "af_r", 2 / 3)]),
    ]
    sources = [[file.dataset, file.model, file.seed, str(file.path)] for file in files]
    privacy = {"dense": {"gan": {"epsilon": 8, "delta": 1e-5}}}
    tables = json.dumps(
        {"metrics": sources, "trainings": [], "sets": [["dense", "gan", 1]], "differential_privacy": privacy}
    )
    written = []
    gates = '{"fidelity": {"af_r": {"at_least": 0.5}}, "privacy": {"mia_auc": {"at_most": 0.6}, "off": null}}'
    for name in ("a", "b"):
        outputs = {
            option: tmp_path / name / f"{option}.tsv" for option in ("output", "metric-table", "verdict", "summary")
        }
        options = [text for option, path in outputs.items() for text in (f"--{option}", str(path))]
        monkeypatch.setattr(sys, "argv", ["scorecard.py", "--gates", gates, "--default-gates", gates, *options])
        monkeypatch.setattr(sys, "stdin", io.StringIO(tables))
        program.run(script.main)
        written.append([path.read_text() for path in outputs.values()])
    assert written[0] == written[1]
    scorecard, metric_table, verdict, summary = written[0]
    assert scorecard == (
        "\t".join(COLUMNS) + "\n"
        "dense\tgan\t1\ttest\taf_r\t0.333333\t0.25\t0.375\t\t0.666667\t10\n"
        "dense\tgan\t1\ttrain\texact_copies\t0\t\t\t\t\t10\n"
        "dense\tgan\t1\tverdict\tfidelity_rank\t1\t\t\t\t\t\n"
        "dense\tgan\t1\tverdict\tfidelity_gates_failed\t1\t\t\t\t\t\n"
        "dense\tgan\t1\tverdict\tfidelity_gates_missing\t0\t\t\t\t\t\n"
        "dense\tgan\t1\tverdict\tfidelity_gates_not_proven\t0\t\t\t\t\t\n"
        "dense\tgan\t1\tverdict\tprivacy_gates_failed\t0\t\t\t\t\t\n"
        "dense\tgan\t1\tverdict\tprivacy_gates_not_proven\t1\t\t\t\t\t\n"
    )
    names = [line.split("\t")[0] for line in metric_table.splitlines()]
    assert names[:4] == ["name", "af_r", "exact_copies", "fidelity_rank"]
    assert len(names) == 1 + 8
    assert verdict.splitlines()[1:] == [
        "dense\tgan\t1\tfidelity\taf_r\ttest\t0.333333\t0.25\t0.375\t\t0.666667\tat_least\t0.5\t-0.166667\tfail\t"
        "AF r 0.333 (0.250 to 0.375): allele frequencies are not those of real haplotypes (allowed: at least 0.500)",
        "dense\tgan\t1\tprivacy\tmia_auc\t\t\t\t\t\t\tat_most\t0.6\t\tmissing\tAttack AUC was not computed",
    ]
    assert summary.splitlines()[1:] == [
        "dense\tgan\t1\trefused\tNeither faithful nor proven to be private. Fidelity gates not passed: AF r. Privacy "
        "not proven: Attack AUC.\t\t\tepsilon 8, delta 1e-05\t1\t\t1\t1\t0\t0\taf_r\t\t1\t0\t1\t\tmia_auc"
    ]


TRAINING = ["window", "epoch", "score", "kept"]


def best_epoch_share(metrics, folder, rows):
    write_tsv(pd.DataFrame(rows, columns=TRAINING), folder / "training.tsv")
    files = [metrics("dense", "gan", 1, [row("test", "af_r", 0.9)])]
    return build_scorecard(files, [MetricsFile("dense", "gan", 1, folder / "training.tsv")]).set_index("metric")


def test_the_kept_epoch_of_a_training_is_a_share_of_the_last(metrics, tmp_path):
    # Scores that look alike in a table of six digits: the training knows which epoch it kept.
    rows = [(1, 10, 2500.121, 0), (1, 20, 2500.118, 1), (1, 30, 2500.1183, 0)]
    card = best_epoch_share(metrics, tmp_path, rows)
    assert card.loc["best_epoch_share", "value"] == 2 / 3
    assert card.loc["best_epoch_share", "reference"] == "validation"
    assert card["n"].isna().tolist() == [False, True]


def test_of_windows_that_counts_which_came_nearest_to_its_last_epoch(metrics, tmp_path):
    rows = [(1, 10, 0.1, 1), (1, 20, 0.2, 0), (2, 10, 0.2, 0), (2, 20, 0.1, 1)]
    assert best_epoch_share(metrics, tmp_path, rows).loc["best_epoch_share", "value"] == 1


def test_a_model_without_epochs_has_no_best_one(metrics, tmp_path):
    assert best_epoch_share(metrics, tmp_path, []).index.tolist() == ["af_r"]
