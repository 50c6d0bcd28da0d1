"""A run beside published numbers: which of them it reproduces, betters or misses, by tolerances that are written down.

`resources/paper.tsv` holds the published numbers, one a row, under the paper's names of its data sets; the
configuration says which data sets of a run play them (`paper.datasets`).
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from artificial_genomes.compare.expectations import AS_PUBLISHED, DATASETS, REAL_HALF, REAL_TRAIN
from artificial_genomes.core.errors import UserError
from artificial_genomes.core.labels import label
from artificial_genomes.core.tables import read_tsv
from artificial_genomes.judge.metrics import metric_of, value_text
from artificial_genomes.judge.verdict import AgSet

EXPECTATION_COLUMNS = [
    "dataset",
    "model",
    "authors",
    "who",
    "reference",
    "how",
    "metric",
    "published",
    "better",
    "tolerance",
    "authors_tolerance",
    "source",
    "verified",
    "gates",
    "note",
]

COLUMNS = [
    "dataset",
    "played_by",
    "quantity",
    "model",
    "who",
    "reference",
    "metric",
    "published",
    "source",
    "verified",
    "authors",
    "authors_from",
    "authors_outcome",
    "run_mean",
    "run_lowest",
    "run_highest",
    "seeds",
    "n",
    "better",
    "tolerance",
    "outcome",
    "gates",
    "note",
]

BETTER = ("higher", "lower", "half", "same")
"""Which value is better than a published one: a higher one, a lower one, one nearer to 0.5, none."""

OUTCOMES = ("reproduced", "better", "missed", "differs", "missing", "not run")
BROKEN = ("missed", "differs", "missing")

_TOLERANCE = 1e-9  # what a number may miss its range by: the error of binary fractions
_NUMBERS = ["published", "authors", "run_mean", "run_lowest", "run_highest", "tolerance"]


def read_expectations(path: str | Path) -> pd.DataFrame:
    """Read the table of published numbers.

    Returns
    -------
    DataFrame
        EXPECTATION_COLUMNS: `dataset` (one of DATASETS), `model` (of the run, or REAL_HALF, REAL_TRAIN), `authors` (the
        model of kind external that holds the AGs behind the number), `who` made the number, `reference`, `how`
        (AS_PUBLISHED or scorecard), `metric`, `published`, `better` (one of BETTER), `tolerance`, `authors_tolerance`,
        `source`, `verified` and `gates` (yes, no), `note`.

    Raises
    ------
    UserError
        A column is missing, or a row holds what nobody can judge by.
    """
    table = read_tsv(path, EXPECTATION_COLUMNS)
    words = {"dataset": DATASETS, "how": (AS_PUBLISHED, "scorecard"), "better": BETTER}
    words |= {"verified": ("yes", "no"), "gates": ("yes", "no")}
    for column, known in words.items():
        wrong = table[~table[column].isin(known)]
        if len(wrong):
            raise UserError(
                f"{path}, line {wrong.index[0] + 2}: {column} is {wrong[column].iloc[0]!r}. "
                f"Write one of {', '.join(known)}."
            )
    for column in ("published", "tolerance"):
        if not pd.api.types.is_numeric_dtype(table[column]) or table[column].isna().any():
            raise UserError(f"{path}: not every {column} is a number. Correct the column.")
    text = [name for name in EXPECTATION_COLUMNS if name not in ("published", "tolerance", "authors_tolerance")]
    return table.assign(**{name: table[name].fillna("") for name in text})


def outcome(better: str, published: float, value: float, tolerance: float) -> str:
    """Return what a value is beside a published one: reproduced within the tolerance, or better, missed or differs."""
    if not math.isfinite(value):
        return "missing"
    gain = {
        "higher": value - published,
        "lower": published - value,
        "half": abs(published - 0.5) - abs(value - 0.5),
        "same": -abs(value - published),
    }[better]
    if abs(gain) <= tolerance + _TOLERANCE:
        return "reproduced"
    if better == "same":
        return "differs"
    return "better" if gain > 0 else "missed"


def compare_with_paper(
    expectations: pd.DataFrame,
    datasets: Mapping[str, str],
    as_published: pd.DataFrame,
    scorecard: pd.DataFrame,
    sets: Sequence[AgSet],
) -> pd.DataFrame:
    """Set a run beside published numbers.

    Parameters
    ----------
    expectations
        See `read_expectations`.
    datasets
        Data set of the run by the paper's name; rows of other data sets are left out.
    as_published
        dataset model seed reference metric value n, of `as_published.compare_as_published`.
    scorecard
        The scorecard of the run.
    sets
        The AG sets of the run.

    Returns
    -------
    DataFrame
        COLUMNS. `authors` is the number of the AGs that the paper's authors released: computed by this run
        (`authors_from` "this run") where it has them, else as published. `outcome` judges the mean over seeds.
    """
    run = {(dataset, model) for dataset, model, _ in sets}
    numbers = {AS_PUBLISHED: as_published, "scorecard": scorecard}
    rows = []
    for row in expectations[expectations["dataset"].isin(datasets)].itertuples():
        dataset, table = datasets[row.dataset], numbers[row.how]
        wanted = table[
            (table["dataset"] == dataset) & (table["reference"] == row.reference) & (table["metric"] == row.metric)
        ]
        own = wanted[wanted["model"] == row.model]
        values = own["value"].to_numpy(float)
        is_run = (dataset, row.model) in run or row.model in (REAL_HALF, REAL_TRAIN)
        mean = float(values.mean()) if len(values) else math.nan
        authors, authors_from, authors_outcome = math.nan, "", ""
        if row.authors and (dataset, row.authors) in run:
            theirs = wanted.loc[wanted["model"] == row.authors, "value"]
            authors, authors_from = float(theirs.mean()) if len(theirs) else math.nan, "this run"
            # The statistic of the same AGs: neither side of the published number is better.
            tolerance = row.authors_tolerance if math.isfinite(row.authors_tolerance) else row.tolerance
            authors_outcome = outcome("same", row.published, authors, tolerance)
        elif row.authors and row.verified == "yes":
            authors, authors_from = row.published, "published"
        rows.append(
            {name: getattr(row, name) for name in EXPECTATION_COLUMNS if name in COLUMNS}
            | {
                "played_by": dataset,
                "quantity": metric_of(row.metric).label,
                "authors": authors,
                "authors_from": authors_from,
                "authors_outcome": authors_outcome,
                "run_mean": mean,
                "run_lowest": values.min(initial=np.inf) if len(values) else math.nan,
                "run_highest": values.max(initial=-np.inf) if len(values) else math.nan,
                "seeds": len(values),
                "n": own["n"].iloc[0] if len(own) else pd.NA,
                "outcome": outcome(row.better, row.published, mean, row.tolerance) if is_run else "not run",
            }
        )
    table = pd.DataFrame(rows, columns=COLUMNS)
    return table.astype(dict.fromkeys(_NUMBERS, float) | {"n": "Int64"})


def broken(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that a run must not have: verified numbers, which gate, beyond their tolerance."""
    is_off = table["outcome"].isin(BROKEN) | table["authors_outcome"].isin(BROKEN)
    return table[(table["verified"] == "yes") & (table["gates"] == "yes") & is_off]


def read_table(path: str | Path) -> pd.DataFrame:
    """Read what `compare_with_paper` returned; text that is absent is ""."""
    table = read_tsv(path, COLUMNS)
    text = [name for name in COLUMNS if name not in (*_NUMBERS, "seeds", "n")]
    return table.assign(**{name: table[name].astype(object).fillna("").astype(str) for name in text})


def counts_text(table: pd.DataFrame) -> str:
    """Return how many of the numbers that gate have which outcome: "40 numbers gate: 12 reproduced, 28 not run"."""
    gating = table[table["gates"] == "yes"]
    counts = gating["outcome"].value_counts()
    parts = [f"{counts[name]} {name}" for name in OUTCOMES if name in counts]
    return f"{len(gating)} published numbers gate: {', '.join(parts) or 'none'}"


def verify(table: pd.DataFrame) -> str:
    """Return what a run reproduces, in a line.

    Raises
    ------
    UserError
        Tolerances are broken; the message names the numbers.
    """
    names = []
    for row in broken(table).itertuples():
        numbers = [(row.run_mean, row.model)] if row.outcome in BROKEN else []
        numbers += [(row.authors, "released AGs")] if row.authors_outcome in BROKEN else []
        for value, what in numbers:
            shown = f"{value_text(value, row.metric)}, published {value_text(row.published, row.metric)}"
            names.append(f"{row.metric} of {what} on {row.played_by} ({shown})")
    if names:
        raise UserError(f"{counts_text(table)}. Beyond their tolerance: {'; '.join(names)}.")
    return f"{counts_text(table)}. None is beyond its tolerance."


def text_table(table: pd.DataFrame) -> str:
    """Return the table for a terminal, a line a number."""
    shown = pd.DataFrame(
        {
            "data set": table["dataset"] + " (" + table["played_by"] + ")",
            "model": [label(name) for name in table["model"]],
            "quantity": table["quantity"],
            "against": table["reference"],
            "published": _numbers(table, "published") + table["verified"].map({"yes": "", "no": " (unverified)"}),
            "authors' AGs": _numbers(table, "authors")
            + table["authors_from"].map(lambda text: f" ({text})" if text else ""),
            "this run": [run_text(row) for row in table.itertuples()],
            "outcome": table["outcome"].where(table["gates"] == "yes", table["outcome"] + " (does not gate)"),
        }
    )
    lines = [list(shown.columns), *shown.astype(str).to_numpy().tolist()]
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def _numbers(table: pd.DataFrame, column: str) -> pd.Series:
    return pd.Series(
        [value_text(value, metric) for value, metric in zip(table[column], table["metric"], strict=True)], table.index
    )


def run_text(row: tuple) -> str:
    """Return mean and range over seeds of a row of the table."""
    mean = value_text(row.run_mean, row.metric)
    if row.seeds < 2:
        return mean
    return f"{mean} ({value_text(row.run_lowest, row.metric)} to {value_text(row.run_highest, row.metric)})"
