"""Tables of several AG sets, read as one."""

import pandas as pd
import pytest

from artificial_genomes.core.errors import UserError
from artificial_genomes.core.tables import write_tsv
from artificial_genomes.figures.sets import main_reference, metric_rows, read_sets
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
