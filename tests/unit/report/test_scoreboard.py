"""The tables of the report."""

import pandas as pd
import pytest

from artificial_genomes.core.tables import read_tsv, write_tsv
from artificial_genomes.judge.metrics import GROUPS
from artificial_genomes.report import scoreboard as report
from report_helpers import judged, scorecard


def test_columns_sort_the_best_first():
    rows = pd.concat([scorecard().assign(metric=name) for name in ("pca_w1_mean", "af_r")]).drop_duplicates(
        ["dataset", "model", "seed", "reference", "metric"]
    )
    board = report.first_board(rows, "structure", {}, {"rows": []})
    assert [(column.label, column.first) for column in board.columns] == [
        ("AF r", "descending"),
        ("PCA W₁", "ascending"),
    ]


def test_without_gates_the_report_says_so(tmp_path):
    *_, verdict, summary = judged(tmp_path)
    assert report.verdict_context("nothing", verdict, summary) == {"name": "nothing", "rows": [], "gates": []}


def test_the_rows_of_the_verdict_are_no_board_of_their_own(tmp_path):
    card = judged(tmp_path)[0]
    assert (card["reference"] == "verdict").any()
    with_rows, without = (report.scoreboards(table, "structure", {}) for table in (card, scorecard()))
    assert [board.title for board in with_rows] == [board.title for board in without]


def test_scoreboard_cells_are_means_with_spread_and_place():
    board = report.scoreboards(scorecard(), "structure", {})[0]
    assert board.title == GROUPS[0]
    assert [column.label for column in board.columns] == ["LD r"]
    assert (board.columns[0].ceiling, board.columns[0].floor) == ("0.980", "0.020")
    cell = dict(board.rows)["gan"][0]
    assert (cell.text, cell.spread) == ("0.850", "0.800 to 0.900")
    assert cell.value == pytest.approx(0.85)
    assert cell.details == "seed 1: 0.900; seed 2: 0.800; n = 1,002"
    assert cell.closeness == pytest.approx((0.85 - 0.02) / 0.96)


def test_one_seed_shows_its_interval_and_references_other_than_test_people_are_named():
    boards = {board.title: board for board in report.scoreboards(scorecard(), "biobank", {})}
    selection = boards["Selection"]
    assert selection.rows[0][1][0].spread == "0.400 to 0.600"
    assert "Compared with: biobank" in selection.columns[0].meaning
    assert "Compared with" not in boards[GROUPS[0]].columns[0].meaning


def test_comparisons_with_training_people_stand_apart_unless_there_are_no_others():
    main = [column.label for board in report.scoreboards(scorecard(), "structure", {}) for column in board.columns]
    training = report.scoreboards(scorecard(), "structure", {}, training=True)
    assert main == ["LD r", "Copies"]
    assert [[column.label for column in board.columns] for board in training] == [["LD r"]]
    assert report.scoreboards(scorecard(), "biobank", {}, training=True) == []


def test_metrics_without_order_or_value_have_no_meter():
    boards = {board.title: board for board in report.scoreboards(scorecard(), "biobank", {})}
    assert boards["Copying and privacy"].rows[0][1][0].closeness is None
    assert boards[GROUPS[0]].rows[0][1][0].closeness is None  # ceiling and floor are too near to each other
    unknown = boards["Other"]
    assert unknown.columns[0].label == "a_new_metric"
    assert unknown.rows[0][1][0] == report.Cell("–", "", "not defined", None, None)


def test_metrics_whose_gate_fails_are_marked_by_more_than_color(tmp_path):
    card, _, verdict, _ = judged(tmp_path)
    failures = report.gate_failures(verdict)
    reason = "LD r 0.750: linkage between sites is not that of real haplotypes (allowed: at least 0.870)"
    assert failures["structure", "gan", "ld_r2_r"].endswith(
        f"; fidelity gate failed with seed 2, against train: {reason}"
    )
    assert failures["structure", "<b>bold</b>", "ld_r2_r"].count("gate failed with seed") == 2
    assert "ld_r2_r" not in [metric for _, model, metric in failures if model == "rbm"]
    for training in (False, True):
        board = report.scoreboards(card, "structure", failures, training=training)[0]
        marks = {model: cells[0].failure for model, cells in board.rows}
        assert marks == {
            "gan": failures["structure", "gan", "ld_r2_r"],
            "rbm": "",
            "<b>bold</b>": failures["structure", "<b>bold</b>", "ld_r2_r"],
        }
    assert report.scoreboards(card, "structure", {})[0].rows[0][1][0].failure == ""


def test_a_training_that_has_not_converged_is_marked_with_its_seed(tmp_path):
    *_, verdict, summary = judged(tmp_path)
    summary = summary.assign(not_converged=["seed 1", *[""] * (len(summary) - 1)])
    write_tsv(summary, tmp_path / "summary.tsv")
    again = read_tsv(tmp_path / "summary.tsv", ["not_converged"])
    name = summary["dataset"].iloc[0]
    marks = [row["not_converged"] for row in report.verdict_context(name, verdict, again)["rows"]]
    assert sorted(marks, reverse=True)[0] == "seed 1"
    assert set(marks) <= {"seed 1", ""}


def test_models_whose_closeness_differs_by_less_than_chance_are_ties(tmp_path):
    *_, verdict, summary = judged(tmp_path)
    rows = report.verdict_context("structure", verdict, summary)["rows"]
    assert [(row["model"], row["ties"]) for row in rows] == [("rbm", []), ("gan", []), ("<b>bold</b>", [])]
    wide = verdict.assign(ci_low=verdict["value"] - 1.0, ci_high=verdict["value"] + 1.0)
    rows = report.verdict_context("structure", wide, summary)["rows"]
    assert [(row["model"], row["ties"]) for row in rows] == [
        ("rbm", []),
        ("gan", ["<b>bold</b>"]),
        ("<b>bold</b>", ["GAN"]),
    ]
