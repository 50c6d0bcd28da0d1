"""The result of a survey in the terminal; apart, since what makes a survey takes seconds to import."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

COLUMNS = ["topic", "dataset", "what", "value"]
INPUT, COST, NOTE, PROBLEM = "input", "cost", "note", "problem"
WIDTH = 118
PROBLEMS_MAX = 30
EXPECTED = (
    "Memory and limit are what rules request. Time is the estimate for one thread, from the shortest to the "
    "longest\njob; trainings may stop early. Figures and report add a few minutes."
)
CELLS = "; "
"""What stands between the cells of a line of `Costs`."""
HEADINGS = ["stage", "jobs", "memory per job", "time per job", "limit per job", "disk"]
"""Column headings of the lines of `Costs`."""


def screen(table: pd.DataFrame) -> list[str]:
    """Return the lines of text that show the result of a survey."""
    lines = []
    inputs = table[table["topic"] == INPUT]
    names = list(dict.fromkeys(inputs["dataset"]))
    label = max((len(what) for what in inputs["what"]), default=0) + 2
    cells = {(row.what, row.dataset): row.value for row in inputs.itertuples()}
    widths = {name: max(len(name), *(len(cells[key]) for key in cells if key[1] == name)) + 2 for name in names}
    for group in _groups(names, widths, WIDTH - label):
        lines += ["".join(["".ljust(label), *(name.ljust(widths[name]) for name in group)]).rstrip()]
        for what in dict.fromkeys(inputs["what"]):
            if any((what, name) in cells for name in group):
                row = [cells.get((what, name), "?").ljust(widths[name]) for name in group]
                lines.append("".join([what.ljust(label), *row]).rstrip())
        lines.append("")
    costs = table[table["topic"] == COST]
    if len(costs):
        lines += _table([HEADINGS, *([row.what, *row.value.split(CELLS)] for row in costs.itertuples())])
        lines += [EXPECTED, ""]
    for row in table[table["topic"] == NOTE].itertuples():
        lines.append(": ".join(filter(None, ["note", row.dataset, row.value])))
    problems = table[table["topic"] == PROBLEM]
    for row in problems.head(PROBLEMS_MAX).itertuples():
        lines.append(": ".join(filter(None, ["problem", row.dataset, row.value])))
    if len(problems) > PROBLEMS_MAX:
        lines.append(f"... and {len(problems) - PROBLEMS_MAX} more problems")
    if not len(problems):
        lines.append("No problems.")
    return lines


def _table(rows: list[list[str]]) -> list[str]:
    """Return rows of cells in columns."""
    widths = [max(map(len, column)) + 2 for column in zip(*rows, strict=True)]
    return ["".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _groups(names: list[str], widths: Mapping[str, int], room: int) -> list[list[str]]:
    """Return names in groups that fit into one line."""
    groups: list[list[str]] = []
    used = 0
    for name in names:
        if not groups or used + widths[name] > room:
            groups.append([])
            used = 0
        groups[-1].append(name)
        used += widths[name]
    return groups


def read_survey(path: str | Path) -> pd.DataFrame:
    """Read a table that `survey` returned."""
    return pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
