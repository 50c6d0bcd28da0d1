"""Tables of several AG sets, read as one."""

import numpy as np
import pandas as pd
import pytest

from artificial_genomes.core.errors import UserError
from artificial_genomes.core.tables import write_tsv
from artificial_genomes.figures.sets import limits_of, main_reference, metric_rows, read_sets
from figure_helpers import metrics_table


def test_tables_of_sets_are_stacked_in_the_order_given(tmp_path):
    paths = [tmp_path / model / f"seed{seed}" / "x.tsv" for model in ("rbm", "gan") for seed in (2, 1)]
    for i, path in enumerate(paths):
        write_tsv(pd.DataFrame({"value": [i]}), path)
    table = read_sets(paths, ["value"])
    assert table.to_dict("list") == {"model": ["rbm", "rbm", "gan", "gan"], "seed": [2, 1, 2, 1], "value": [0, 1, 2, 3]}
    with pytest.raises(UserError, match="lacks the columns"):
        read_sets(paths, ["other"])


def test_metrics_come_in_the_order_asked_for():
    rows = metric_rows(metrics_table(["gan"], [1]), ["pca_w1_mean", "af_r"])
    assert list(rows["metric"]) == ["pca_w1_mean"] * 2 + ["af_r"] * 2


def test_test_people_are_the_main_reference_where_there_are_any():
    table = pd.DataFrame({"model": "gan", "reference": ["train", "test", "all"], "value": [1, 2, 3]})
    assert list(main_reference(table)["value"]) == [2]
    assert list(main_reference(table[table["reference"] != "test"])["value"]) == [1]
    theirs = pd.DataFrame({"model": "theirs", "reference": ["all"], "value": [4]})
    assert list(main_reference(pd.concat([theirs, table]))["value"]) == [4, 2]
    assert main_reference(table[:0]).empty


def test_limits_are_what_gates_allow_beside_the_controls_of_a_table():
    rows = [
        ("ld_r2_r", "ceiling", 0.9),
        ("ld_r2_r", "ceiling", 1.0),
        ("ld_r2_r", "floor", 0.15),
        ("ld_r2_r", "gan", 0.5),
    ]
    rows += [("mia_auc", "gan", 0.5), ("pca_w1_mean", "ceiling", 0.2), ("pca_w1_mean", "floor", 0.2)]
    metrics = pd.DataFrame(rows, columns=["metric", "model", "value"])
    gates = {
        # The ceiling is 0.95, the floor 0.15; what ceiling and floor share cannot be close to either.
        "fidelity": {
            "ld_r2_r": {"closeness_min": 0.9},
            "pca_w1_mean": {"closeness_min": 0.8},
            "af_r": {"below_ceiling_max": 0.02},
        },
        "privacy": {"mia_auc": {"at_most": 0.58}, "mia_tpr": None},
    }
    limits = limits_of(metrics, gates)
    assert limits["metric"].tolist() == ["ld_r2_r", "mia_auc"]
    np.testing.assert_allclose(limits[["low", "high"]], [[0.87, np.nan], [np.nan, 0.58]])
    assert limits_of(metrics, None).empty
