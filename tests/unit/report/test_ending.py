"""The last lines of a run."""

import os

import pandas as pd
import pytest

from artificial_genomes.core.tables import write_tsv
from artificial_genomes.report.ending import ending

START = 1_000_000_000


@pytest.fixture
def results(tmp_path):
    """Return the folder of a run that has ended, with a release."""
    rows = [
        ("long_name", "rbm", "refused", "seed 1", "", 2),
        ("long_name", "hclt", "faithful, privacy not proven", "", "epsilon 3, delta 1e-05", 1),
        ("long_name", "tree", "refused", "seed 1", "epsilon 1, delta 1e-05", 3),
        ("a", "markov", "cleared", "", "", 1),
    ]
    columns = ["dataset", "model", "verdict", "not_converged", "guarantee", "fidelity_rank"]
    write_tsv(pd.DataFrame(rows, columns=columns), tmp_path / "summary.tsv")
    (tmp_path / "report.html").touch()
    for seed in (1, 2):
        (tmp_path / "release" / "a" / "markov" / f"seed{seed}").mkdir(parents=True)
    (tmp_path / "release" / "README.md").touch()
    return tmp_path


def test_verdicts_release_and_report_are_named(results):
    assert ending(results, START) == [
        "Verdicts, the most faithful model of a data set first:",
        "  a          markov  cleared",
        "  long_name  hclt    faithful, privacy not proven  epsilon 3, delta 1e-05",
        "  long_name  rbm     refused                       training not converged (seed 1): raise its epochs",
        "  long_name  tree    refused                       "
        "epsilon 1, delta 1e-05; training on the panel not converged (seed 1): raise its epochs",
        f"Released to {results}/release: a/markov/seed1, a/markov/seed2. "
        f"{results}/release/README.md is their data card.",
        f"Report: {results}/report.html",
    ]


@pytest.mark.parametrize(
    ("older", "kept"),
    [
        (["summary.tsv", "report.html", "release/README.md"], []),
        (["report.html", "release/README.md"], ["Verdicts", "  a", *["  long_name"] * 3]),
        (["summary.tsv", "release/README.md"], ["Report"]),
        (["summary.tsv", "report.html"], ["Released"]),
    ],
)
def test_what_an_earlier_run_has_written_is_left_out(results, older, kept):
    for name in older:
        os.utime(results / name, (START - 1, START - 1))
    lines = ending(results, START)
    assert len(lines) == len(kept)
    assert all(line.startswith(start) for line, start in zip(lines, kept, strict=True))


def test_a_release_without_ags_is_not_called_one(tmp_path):
    (tmp_path / "release").mkdir()
    (tmp_path / "release" / "README.md").touch()
    assert ending(tmp_path, START) == [f"No AGs are released. {tmp_path}/release/README.md says why."]


def test_a_run_that_has_written_none_of_it_says_nothing(tmp_path):
    assert ending(tmp_path, START) == []
