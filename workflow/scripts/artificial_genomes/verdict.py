"""The verdict on a run: gates on the numbers of the scorecard, models ranked by fidelity, and whether AGs may go out.

A gate looks at every reference of its metric, and the worst one counts; over seeds, it fails where it fails with any.
What has no number is missing and never passes: where a privacy gate is missing, release is unclear at best.
"""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from artificial_genomes.definitions import DEFINITIONS, definition_of
from artificial_genomes.errors import UserError
from artificial_genomes.gates import OUTCOMES, POWER, SHORTFALL_MAX, UNDEFINED, Gate, Judgement, judge, shortfall
from artificial_genomes.metrics import EVERYBODY

COLUMNS = [
    "dataset",
    "model",
    "seed",
    "kind",
    "gate",
    "reference",
    "value",
    "ci_low",
    "ci_high",
    "ceiling",
    "floor",
    "rule",
    "bound",
    "outcome",
    "certain",
    "reason",
]

SUMMARY_COLUMNS = [
    "dataset",
    "model",
    "seeds",
    "fidelity_rank",
    "fidelity_shortfall",
    "fidelity_gates",
    "fidelity_failed",
    "fidelity_missing",
    "fidelity_failed_names",
    "privacy_gates",
    "privacy_failed",
    "privacy_missing",
    "privacy_failed_names",
    "privacy_missing_names",
    "release",
    "why",
]

REFERENCE = "verdict"
"""The reference of what the verdict adds to the scorecard."""

_NUMBERS = ["value", "ci_low", "ci_high", "ceiling", "floor"]
_SET = ["dataset", "model", "seed"]


AgSet = tuple[str, str, int]
"""Dataset, model and seed."""


def parse_set(text: str) -> AgSet:
    """Read a command-line value "dataset:model:seed"."""
    parts = text.split(":")
    if len(parts) != 3 or not parts[2].isdecimal():
        raise UserError(f"expected dataset:model:seed on the command line, got {text}.")
    return parts[0], parts[1], int(parts[2])


def judge_scorecard(scorecard: pd.DataFrame, gates: Sequence[Gate], sets: Sequence[AgSet]) -> pd.DataFrame:
    """Put every gate to every AG set.

    Parameters
    ----------
    scorecard
        dataset model seed reference metric value ci_low ci_high ceiling floor n.
    gates
        See `gates.read_gates`.
    sets
        The AG sets to judge. Other rows, such as those of the panels of an imputation, are passed over.

    Returns
    -------
    DataFrame
        COLUMNS, a row a gate and AG set: outcome is pass, fail, missing or not_applicable; certain is yes where the
        interval lies wholly on one side of the bound, no where it does not, empty where there is none. The numbers are
        those of the worst reference.
    """
    rows = []
    groups = dict(iter(scorecard.groupby(_SET, sort=False)))
    known = scorecard.groupby("dataset")["metric"].agg(set)
    for names in sets:
        group = groups.get(names, scorecard[:0])
        is_unknown = (group["reference"] == EVERYBODY).any()
        for gate in gates:
            row = _judge_references(group[group["metric"] == gate.metric], gate)
            nobody_has_it = gate.metric in DEFINITIONS and gate.metric not in known.get(names[0], ())
            if gate.kind == "fidelity" and nobody_has_it:
                row |= {"outcome": "not_applicable", "reason": f"{row['reason']} for any model of this data set"}
            if is_unknown and gate.kind == "privacy" and row["outcome"] == "missing":
                row["reason"] += ": nobody knows whom the model has learnt from"
            rows.append(dict(zip(_SET, names, strict=True)) | row)
    table = pd.DataFrame(rows, columns=COLUMNS)
    return table.astype(dict.fromkeys([*_NUMBERS, "bound"], float))


def _judge_references(rows: pd.DataFrame, gate: Gate) -> dict:
    """Return the row of a gate, that of the worst reference."""
    name = definition_of(gate.metric).label
    worst, judged = Judgement("missing", math.nan, "", f"{name} was not computed"), {"reference": ""}
    if len(rows):
        found = [
            (judge(gate, row["value"], row["ceiling"], row["floor"], row["ci_low"], row["ci_high"]), row)
            for row in rows[["reference", *_NUMBERS]].to_dict("records")
        ]
        worst, judged = min(found, key=lambda one: _badness(one[0].outcome, one[0].margin))
    return judged | {
        "kind": gate.kind,
        "gate": gate.metric,
        "rule": gate.rule,
        "bound": gate.bound,
        "outcome": worst.outcome,
        "certain": worst.certain,
        "reason": worst.reason,
    }


def _badness(outcome: str, margin: float) -> tuple[int, float]:
    """Return a key that sorts the worst outcome first, and of equal ones that with the smallest margin."""
    return OUTCOMES.index(outcome), math.inf if math.isnan(margin) else margin


def worst_seeds(verdict: pd.DataFrame) -> pd.DataFrame:
    """Return of every gate of a data set and model the row of the seed with which it does worst, in the order given."""
    badness = [
        _badness(row.outcome, judge(_gate_of(row), row.value, row.ceiling, row.floor).margin)
        for row in verdict.itertuples()
    ]
    order = sorted(range(len(verdict)), key=lambda i: badness[i])
    keys = ["dataset", "model", "kind", "gate"]
    worst = verdict.iloc[order].drop_duplicates(keys)
    return verdict[keys].drop_duplicates().merge(worst, on=keys)[verdict.columns]


def _gate_of(row: tuple) -> Gate:
    return Gate(row.kind, row.gate, row.rule, row.bound)


def summarise(verdict: pd.DataFrame) -> pd.DataFrame:
    """Sum a verdict up: a row a data set and model, over seeds.

    Models of a data set that pass every fidelity gate rank before those that do not. Within either group the smaller
    shortfall comes first: the root of the mean square of `gates.shortfall` over fidelity gates, which lets a bad part
    weigh more than many small ones, and the mean over seeds. A missing number counts as the largest shortfall.

    Returns
    -------
    DataFrame
        SUMMARY_COLUMNS; fidelity_gates and privacy_gates count those that apply. release is yes where every privacy
        gate passed with every seed; no where one fails for certain (its interval lies beyond the bound, or it has
        none); unclear where it cannot be told: gates fail within their intervals, have no number, or the attack misses
        planted copies; "no data" where there is no privacy gate. why says so in words.
    """
    shortfalls = verdict.assign(
        square=[
            (SHORTFALL_MAX if row.outcome == "missing" else shortfall(_gate_of(row), row.value, row.ceiling, row.floor))
            ** 2
            for row in verdict.itertuples()
        ]
    )
    worst = worst_seeds(verdict)
    rows = []
    for (dataset, model), group in shortfalls.groupby(["dataset", "model"], sort=False):
        own = worst[(worst["dataset"] == dataset) & (worst["model"] == model)]
        fidelity, privacy = (own[own["kind"] == kind] for kind in ("fidelity", "privacy"))
        per_seed = np.sqrt(group[group["kind"] == "fidelity"].groupby("seed")["square"].mean())
        seeds = group["seed"].drop_duplicates()
        release, why = _release(privacy, (group["reference"] == EVERYBODY).any(), len(seeds))
        rows.append(
            {
                "dataset": dataset,
                "model": model,
                "seeds": ", ".join(map(str, seeds)),
                "fidelity_shortfall": per_seed.mean(),
                "fidelity_gates": int((fidelity["outcome"] != "not_applicable").sum()),
                "fidelity_failed": int((fidelity["outcome"] == "fail").sum()),
                "fidelity_missing": int((fidelity["outcome"] == "missing").sum()),
                "fidelity_failed_names": _names(fidelity, "fail"),
                # A privacy gate that says nothing has not passed.
                "privacy_gates": len(privacy),
                "privacy_failed": int((privacy["outcome"] == "fail").sum()),
                "privacy_missing": int(privacy["outcome"].isin(["missing", "not_applicable"]).sum()),
                "privacy_failed_names": _names(privacy, "fail"),
                "privacy_missing_names": _names(privacy, "missing", "not_applicable"),
                "release": release,
                "why": why,
            }
        )
    summary = pd.DataFrame(rows, columns=SUMMARY_COLUMNS)
    # A shortfall that is nowhere defined comes last.
    not_passed = summary["fidelity_failed"] + summary["fidelity_missing"] > 0
    key = pd.Series(list(zip(not_passed, summary["fidelity_shortfall"].fillna(np.inf), strict=True)), dtype=object)
    summary["fidelity_rank"] = [
        1 + sum(other < key[i] for other in key[summary["dataset"] == summary["dataset"][i]]) for i in summary.index
    ]
    return summary


def _release(privacy: pd.DataFrame, is_unknown: bool, n_seeds: int) -> tuple[str, str]:
    """Return whether AGs may be released (yes, no, unclear, or "no data"), and why."""
    if privacy.empty:
        return "no data", "There is no privacy gate."
    bad = privacy[privacy["outcome"] != "pass"]
    if bad.empty:
        seeds = "" if n_seeds == 1 else f", with each of {n_seeds} seeds"
        return "yes", f"All {len(privacy)} privacy gates passed{seeds}."
    failed = bad[bad["outcome"] == "fail"]
    why = ["Unknown training people."] if is_unknown else []
    for row in failed.itertuples():
        why.append(f"{row.reason}{'' if n_seeds == 1 else f', with seed {row.seed}'}.")
    unanswered = bad.loc[bad["outcome"] != "fail", "gate"]
    if len(unanswered):
        why.append(f"No answer: {'; '.join(definition_of(metric).label for metric in unanswered)}.")
        known = dict.fromkeys(UNDEFINED[metric] for metric in unanswered if metric in UNDEFINED)
        why += [f"{reason[0].upper()}{reason[1:]}; a longer stretch has fewer of them." for reason in known]
    is_sure = (failed["certain"] != "no") & (failed["gate"] != POWER)
    return "no" if is_sure.any() else "unclear", " ".join(why)


def _names(worst: pd.DataFrame, *outcomes: str) -> str:
    return ", ".join(worst.loc[worst["outcome"].isin(outcomes), "gate"])


def with_verdict(scorecard: pd.DataFrame, verdict: pd.DataFrame, summary: pd.DataFrame) -> pd.DataFrame:
    """Return the scorecard, every AG set followed by what the verdict says of it.

    The rows have the reference "verdict": fidelity_rank (over all seeds of a model), and the numbers of gates of this
    seed that failed or are missing: fidelity_gates_failed, fidelity_gates_missing, privacy_gates_failed,
    privacy_gates_missing.
    """
    ranks = summary.set_index(["dataset", "model"])["fidelity_rank"]
    judged = dict(iter(verdict.groupby(_SET, sort=False)))
    parts = []
    for names, group in scorecard.groupby(_SET, sort=False):
        rows = group.to_dict("records")
        if names in judged:
            values = {"fidelity_rank": ranks[names[:2]]}
            for kind in ("fidelity", "privacy"):
                for outcome, word in (("fail", "failed"), ("missing", "missing")):
                    is_counted = (judged[names]["kind"] == kind) & (judged[names]["outcome"] == outcome)
                    values[f"{kind}_gates_{word}"] = is_counted.sum()
            about = dict(zip(_SET, names, strict=True)) | {"reference": REFERENCE}
            rows += [about | {"metric": metric, "value": value} for metric, value in values.items()]
        parts += rows
    table = pd.DataFrame(parts, columns=scorecard.columns)
    return table.astype(dict.fromkeys(_NUMBERS, float) | {"n": "Int64"})
