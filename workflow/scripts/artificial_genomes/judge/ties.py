"""Which ranks are ties: models whose fidelity differs by less than chance explains."""

import math

import numpy as np
import pandas as pd

from artificial_genomes.judge.gates import Gate, shortfall

Z = 1.96
"""Standard errors in half of a 95 % interval."""


def ties(verdict: pd.DataFrame, summary: pd.DataFrame) -> dict[tuple[str, str], list[str]]:
    """Return the models with which each model ties, by dataset and model, the best first.

    Two models tie if their shortfalls (`verdict.summarise`) differ by less than half of the 95 % interval of the
    difference, and if both are faithful or neither is. Errors of gates and of models are taken as independent; all
    models are compared with the same individuals, so the interval is rather too wide.

    Parameters
    ----------
    verdict, summary
        See `verdict.judge_scorecard` and `verdict.summarise`.
    """
    reach = {names: _reach(rows) for names, rows in verdict.groupby(["dataset", "model"], sort=False)}
    found = {}
    for dataset, models in summary.sort_values("fidelity_rank", kind="stable").groupby("dataset", sort=False):
        rows = list(models.itertuples())
        for one in rows:
            found[dataset, one.model] = [
                other.model
                for other in rows
                if other.model != one.model
                and _is_faithful(other) == _is_faithful(one)
                and abs(other.fidelity_shortfall - one.fidelity_shortfall)
                < math.hypot(reach[dataset, one.model], reach[dataset, other.model])
            ]
    return found


def _is_faithful(row: tuple) -> bool:
    return row.fidelity_failed == 0 and row.fidelity_missing == 0


def _reach(rows: pd.DataFrame) -> float:
    """Return half of the 95 % interval of the shortfall of a model, from the rows of its gates and seeds.

    The shortfall of a seed is S = sqrt(sum s² / n) over n gates, so an error h of one s changes S by s h / (n S). What
    differs between seeds adds to it.
    """
    within, values = [], []
    for _, gates in rows[rows["kind"] == "fidelity"].groupby("seed"):
        short, half = np.transpose([_with_error(row) for row in gates.itertuples()])
        known = np.isfinite(short)
        value = math.sqrt(np.mean(short[known] ** 2)) if known.any() else math.nan
        values.append(value)
        within.append(math.sqrt(np.sum((short[known] * half[known]) ** 2)) / (known.sum() * value) if value else 0.0)
    between = Z**2 * np.var(values, ddof=1) / len(values) if len(values) > 1 else 0.0
    return math.sqrt(np.mean(np.square(within)) + between) if values else 0.0


def _with_error(row: tuple) -> tuple[float, float]:
    """Return the shortfall of a gate's number and half of its 95 % interval (0 without an interval)."""
    gate = Gate(row.kind, row.gate, row.rule, row.bound)
    value, *ends = (shortfall(gate, number, row.ceiling, row.floor) for number in (row.value, row.ci_low, row.ci_high))
    half = abs(ends[1] - ends[0]) / 2
    return value, half if math.isfinite(half) else 0.0
