"""What a run shows in the terminal, of which `tests/unit/report/test_terminal.py` tries out each line."""

from pathlib import Path

import pytest

from helpers import ROOT
from workflow_helpers import cohort, snakemake, write_cohort, write_config


@pytest.fixture
def folder(tmp_path) -> Path:
    """Return a folder with a cohort, and a configuration whose region has a single site."""
    write_cohort(cohort(), tmp_path)
    write_config(tmp_path / "small.yaml", {}, [], dataset={"region": "1:900-1000"}, models=["markov"])
    return tmp_path


def checked(folder: Path, *arguments: str) -> list[str]:
    """Check the inputs; return what Snakemake wrote."""
    run = snakemake(folder, "--snakefile", ROOT / "Snakefile", *arguments, "--", "check", check=False)
    assert run.returncode == 2
    assert run.stdout.splitlines()[-1].startswith("problem: mine: 1 sites are left")
    return run.stderr.splitlines()


def test_problems_are_the_last_lines(folder):
    lines = checked(folder)
    assert lines[-1] == "error: 1 problem, shown above. Correct it before the run."
    start = lines.index("Building DAG of jobs...")
    assert lines[start : start + 3] == ["Building DAG of jobs...", "2 jobs", "Checking the inputs"]
    assert not any(word in line for line in lines for word in ("RuleException", "Shutting down", "python"))


def test_who_wants_it_sees_what_snakemake_says(folder):
    lines = checked(folder, "--quiet", "host")
    assert {"Job stats:", "RuleException:", "Select jobs to execute..."} <= set(lines)
