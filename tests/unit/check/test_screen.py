"""What the terminal shows of a survey."""

import subprocess
import sys

import pandas as pd
import pytest

from artificial_genomes.check.screen import COLUMNS, PROBLEM, PROBLEMS_MAX, screen
from helpers import ROOT


def test_many_problems_are_counted():
    rows = [(PROBLEM, "mine", "", f"wrong {number}") for number in range(PROBLEMS_MAX + 3)]
    lines = screen(pd.DataFrame(rows, columns=COLUMNS))
    assert lines[0] == "problem: mine: wrong 0"
    assert lines[PROBLEMS_MAX - 1 :] == [f"problem: mine: wrong {PROBLEMS_MAX - 1}", "... and 3 more problems"]


@pytest.mark.integration
def test_it_is_shown_without_a_wait_for_what_makes_a_survey():
    code = "import sys, show_check; print(*sys.modules)"
    command = [sys.executable, "-c", code]
    run = subprocess.run(command, cwd=ROOT / "workflow" / "scripts", capture_output=True, text=True, check=True)
    assert not {"sklearn", "allel", "scipy.stats"} & set(run.stdout.split())
