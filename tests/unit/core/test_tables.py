"""Tab-separated tables: what was written is read, all digits of positions; rows that do not fit are refused."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from artificial_genomes.core.errors import UserError
from artificial_genomes.core.tables import read_tsv, set_of, write_tsv

SCRIPTS = Path(__file__).parents[3] / "workflow/scripts"


def test_names_that_look_like_numbers_stay_names(tmp_path):
    table = pd.DataFrame(
        {
            "dataset": ["1", "01"], "model": ["007", "7"], "contig": ["1", "X"], "sample": ["0001", "1e5"],
            "population": ["01", "3e1"], "superpopulation": ["NA", "1"], "position": [5, 97540371], "value": [0.5, 9.0],
        }
    )  # fmt: skip
    write_tsv(table, tmp_path / "a.tsv")
    pd.testing.assert_frame_equal(read_tsv(tmp_path / "a.tsv"), table)


def test_a_compressed_table_is_read_back_and_has_the_same_bytes_every_time(tmp_path):
    table = pd.DataFrame({"sample": ["01", "b"], "group": [1, 2]})
    paths = [tmp_path / "a.tsv.gz", tmp_path / "b.tsv.gz"]
    for path in paths:
        write_tsv(table, path)
    pd.testing.assert_frame_equal(read_tsv(paths[0]), table)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert paths[0].read_bytes()[:2] == b"\x1f\x8b"


def test_quotation_marks_and_missing_values_are_read_as_they_were_written(tmp_path):
    table = pd.DataFrame({"name": ['a "b"', '"', "NA"], "value": [1.5, None, 2.0]})
    write_tsv(table, tmp_path / "a.tsv")
    pd.testing.assert_frame_equal(read_tsv(tmp_path / "a.tsv"), table)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is not a tab-separated table with a header"),
        ("a\tb\n1\n", "line 2 has 1 cells, the header has 2"),
        # Without the check, pandas takes the first column of such rows for their names.
        ("a\tb\n1\t2\t3\n4\t5\t6\n", "line 2 has 3 cells, the header has 2"),
        ("a\tb\n\n1\t2\n4\t5\t6\n", "line 4 has 3 cells, the header has 2"),
        ('a\tb\n"1\t2\n3\t4\n5"\t6\n', "a quotation mark is not closed within its line"),
        ("a\tc\n1\t2\n", "lacks the columns b; it has a, c"),
    ],
)
def test_rows_that_do_not_fit_are_refused(tmp_path: Path, text: str, message: str):
    path = tmp_path / "a.tsv"
    path.write_text(text)
    with pytest.raises(UserError, match=message):
        read_tsv(path, ["a", "b"])


@pytest.mark.parametrize("kind", ["int64", "float64", "object", "Int64"])
def test_positions_are_exact_in_columns_of_every_type(tmp_path, kind):
    positions = pd.Series([1, 999_999, 1_000_000, 97_540_371, 248_956_422, 2**31 - 1, 2**31 + 1], dtype=kind)
    write_tsv(pd.DataFrame({"x": positions}), tmp_path / "table.tsv")
    lines = (tmp_path / "table.tsv").read_text(encoding="utf-8").split()[1:]
    assert lines == [str(int(position)) for position in positions]


def test_positions_are_exact_beside_gaps_and_other_numbers(tmp_path):
    # A figure's table has positions, midpoints of windows and frequencies in one column.
    x = [97_540_371, 97_540_371.5, np.nan, 0.123456789, -1_234_567, 1e-9, 5]
    write_tsv(pd.DataFrame({"panel": list("abcdefg"), "x": x}), tmp_path / "table.tsv")
    cells = [line.split("\t")[1] for line in (tmp_path / "table.tsv").read_text(encoding="utf-8").splitlines()[1:]]
    assert cells == ["97540371", "97540371.5", "", "0.123457", "-1234567", "1e-09", "5"]


def test_distinct_positions_stay_distinct(tmp_path):
    positions = np.arange(97_540_371, 97_540_371 + 120, dtype=float)
    write_tsv(pd.DataFrame({"x": [*positions, np.nan]}), tmp_path / "table.tsv")
    assert read_tsv(tmp_path / "table.tsv")["x"].dropna().tolist() == positions.tolist()


def test_all_tables_are_written_by_one_function():
    writers = {path.name for path in SCRIPTS.rglob("*.py") if ".to_csv(" in path.read_text(encoding="utf-8")}
    assert writers == {"tables.py"}


def test_sets_are_named_by_their_folders(tmp_path):
    assert set_of("results/demo/compare/dense/gan/seed12/metrics.tsv") == ("gan", 12)
    assert set_of(tmp_path / "real+gan" / "seed1" / "bins.tsv") == ("real+gan", 1)
    with pytest.raises(UserError, match="is not in a folder"):
        set_of("results/demo/compare/dense/gan/metrics.tsv")
