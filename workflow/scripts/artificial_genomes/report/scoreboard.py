"""The tables of the report: models by metrics, and what the verdict says of every model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from artificial_genomes.core.labels import label
from artificial_genomes.core.metric_table import CONTROLS
from artificial_genomes.judge.gates import OUTCOMES, closeness
from artificial_genomes.judge.metrics import GROUPS, KEY_METRICS, in_order, metric_of, number_text, value_text
from artificial_genomes.judge.ties import ties
from artificial_genomes.judge.verdict import REFERENCE as VERDICT_REFERENCE
from artificial_genomes.judge.verdict import VERDICTS, worst_seeds

MAIN_REFERENCE = "test"
TRAINING = "train"


@dataclass(frozen=True)
class Cell:
    """A number of the scoreboard.

    Attributes
    ----------
    text, spread
        The mean over seeds, and their range (or the interval, if there is one seed).
    details
        Shown on hover.
    value
        Unrounded value for sorting; None without a number.
    closeness
        1 at the ceiling, 0 as far away as the floor or farther; None if not meaningful.
    failure
        Why a gate on the metric fails for any seed; "" if none does.
    """

    text: str
    spread: str
    details: str
    value: float | None
    closeness: float | None
    failure: str = ""


@dataclass(frozen=True)
class Column:
    """A metric of a scoreboard: name, definition, ceiling and floor, and the order that puts the best first."""

    label: str
    meaning: str
    ceiling: str
    floor: str
    first: str


@dataclass(frozen=True)
class Scoreboard:
    """Models by metrics of one dataset, one group of metrics, one reference."""

    title: str
    columns: list[Column]
    rows: list[tuple[str, list[Cell]]]


Failures = Mapping[tuple[str, str, str], str]
"""Reason why a gate fails, by dataset, model and metric."""


def gate_failures(verdict: pd.DataFrame) -> Failures:
    """Return the reasons of all gates that fail, of all seeds; see `verdict.judge_scorecard`."""
    failures: dict[tuple[str, str, str], list[str]] = {}
    for row in verdict[verdict["outcome"] == "fail"].itertuples():
        text = f"{row.kind} gate failed with seed {row.seed}, against {row.reference}: {row.reason}"
        failures.setdefault((row.dataset, row.model, row.gate), []).append(text)
    return {key: "; ".join(texts) for key, texts in failures.items()}


def scoreboards(
    scorecard: pd.DataFrame, dataset: str, failures: Failures, *, training: bool = False
) -> list[Scoreboard]:
    """Return the scoreboards of a dataset, one per group of metrics.

    Parameters
    ----------
    scorecard
        dataset model seed reference metric value ci_low ci_high ceiling floor n.
    dataset
        Its name.
    failures
        See `gate_failures`; metrics that have one are marked.
    training
        Only comparisons with training individuals; otherwise all others. Metrics without another reference always
        belong to the others.
    """
    rows = scorecard[(scorecard["dataset"] == dataset) & (scorecard["reference"] != VERDICT_REFERENCE)]
    elsewhere = rows.loc[rows["reference"] != TRAINING, "metric"].unique()
    is_training = (rows["reference"] == TRAINING) & rows["metric"].isin(elsewhere)
    rows = rows[is_training if training else ~is_training]
    groups = rows["metric"].map(lambda name: metric_of(name).group)
    return [
        _scoreboard(group, rows[groups == group], failures, in_order(rows.loc[groups == group, "metric"].unique()))
        for group in GROUPS
        if (groups == group).any()
    ]


def _scoreboard(title: str, rows: pd.DataFrame, failures: Failures, metrics: Sequence[str]) -> Scoreboard:
    columns = [_column(metric, rows[rows["metric"] == metric]) for metric in metrics]
    boards = [
        (model, [_cell(metric, of_model[of_model["metric"] == metric], failures) for metric in metrics])
        for model, of_model in rows.groupby("model", sort=False)
    ]
    return Scoreboard(title, columns, boards)


def first_board(scorecard: pd.DataFrame, dataset: str, failures: Failures, verdict: dict) -> Scoreboard:
    """Return the scoreboard at the head of the report: the models of a data set, best first, by the key metrics.

    Parameters
    ----------
    scorecard, dataset, failures
        See `scoreboards`.
    verdict
        Result of `verdict_context` for the data set, whose models are shown in its order.
    """
    models = [row["model"] for row in verdict["rows"]] or [
        model for model in scorecard.loc[scorecard["dataset"] == dataset, "model"].unique() if not {"+", "@"} & {*model}
    ]
    rows = scorecard[
        (scorecard["dataset"] == dataset)
        & scorecard["metric"].isin(KEY_METRICS)
        & scorecard["model"].isin(models)
        & ~scorecard["reference"].isin([TRAINING, VERDICT_REFERENCE])
    ]
    rows = rows.sort_values("model", key=lambda names: names.map(models.index), kind="stable")
    metrics = [name for name in KEY_METRICS if (rows["metric"] == name).any()]
    return _scoreboard(dataset, rows, failures, metrics)


def _column(name: str, rows: pd.DataFrame) -> Column:
    metric = metric_of(name)
    references = [reference for reference in rows["reference"].unique() if reference != MAIN_REFERENCE]
    against = f" Compared with: {', '.join(references)}." if references else ""
    controls = [number_text(rows[control].mean(), name) for control in CONTROLS]
    first = "ascending" if metric.sense < 0 else "descending"
    return Column(metric.label, f"{name}: {metric.definition}{against}", *controls, first)


def _cell(metric: str, rows: pd.DataFrame, failures: Failures) -> Cell:
    rows = rows[np.isfinite(rows["value"])]
    if rows.empty:
        return Cell("–", "", "not defined", None, None)
    value, ceiling, floor = rows["value"].mean(), rows["ceiling"].mean(), rows["floor"].mean()
    first = rows.iloc[0]
    if len(rows) > 1:
        spread = " to ".join(dict.fromkeys(number_text(rows["value"].agg(end), metric) for end in ("min", "max")))
        details = "; ".join(f"seed {row.seed}: {number_text(row.value, metric)}" for row in rows.itertuples())
    elif np.isfinite(first["ci_low"]):
        spread = f"{number_text(first['ci_low'], metric)} to {number_text(first['ci_high'], metric)}"
        details = "95 % interval below"
    else:
        spread, details = "", f"seed {first['seed']}"
    if pd.notna(first["n"]):
        details += f"; n = {int(first['n']):,}"
    near = closeness(metric, value, ceiling, floor) if metric_of(metric).is_graded else np.nan
    failure = failures.get((first["dataset"], first["model"], metric), "")
    return Cell(number_text(value, metric), spread, details, float(value), None if np.isnan(near) else near, failure)


@dataclass(frozen=True)
class Note:
    """A gate that was not passed: a short text and the reason."""

    text: str
    reason: str


def verdict_context(dataset: str, verdict: pd.DataFrame, summary: pd.DataFrame) -> dict:
    """Return the template's context for the verdict on a dataset, the best model first.

    Parameters
    ----------
    dataset
        Its name.
    verdict, summary
        See `verdict.judge_scorecard` and `verdict.summarise`.
    """
    verdict, summary = (table[table["dataset"] == dataset] for table in (verdict, summary))
    worst = worst_seeds(verdict)
    tied = ties(verdict, summary)
    rows = []
    for row in summary.sort_values("fidelity_rank", kind="stable").itertuples():
        own = worst[worst["model"] == row.model]
        fidelity, privacy = (own[own["kind"] == kind] for kind in ("fidelity", "privacy"))
        rows.append(
            {
                "model": row.model,
                "rank": row.fidelity_rank,
                "ties": [label(model) for model in tied[dataset, row.model]],
                "verdict": row.verdict,
                "place": VERDICTS.index(row.verdict),
                "why": row.why,
                "not_converged": "" if pd.isna(row.not_converged) else row.not_converged,
                "guarantee": "" if pd.isna(row.guarantee) else row.guarantee,
                "fidelity": _gate_notes(fidelity, row.fidelity_gates),
                "privacy": _gate_notes(privacy, row.privacy_gates),
            }
        )
    gates = verdict.assign(label=[metric_of(metric).label for metric in verdict["gate"]])
    return {"name": dataset, "rows": rows, "gates": records(gates)}


def _gate_notes(worst: pd.DataFrame, n_gates: int) -> dict:
    notes = {outcome: [] for outcome in OUTCOMES}
    for row in worst.itertuples():
        number = f" {value_text(row.value, row.gate)}" if row.outcome in ("fail", "not proven") else ""
        notes[row.outcome].append(Note(metric_of(row.gate).label + number, row.reason))
    open_gates = {outcome: notes[outcome] for outcome in ("fail", "not proven", "missing") if notes[outcome]}
    return {"gates": n_gates, "passed": len(notes["pass"]), "open": open_gates}


def records(table: pd.DataFrame) -> list[dict]:
    """Return the rows of a table for the template, where missing values are empty."""
    return table.astype(object).fillna("").to_dict("records")
