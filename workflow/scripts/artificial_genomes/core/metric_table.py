"""The table of metrics, one row per number, that every stage writes and the scorecard joins."""

import numpy as np
import pandas as pd

METRIC_COLUMNS = ["reference", "metric", "value", "ci_low", "ci_high", "n"]
"""Columns; the interval may be empty, and n is the number of haplotypes, sites or individuals that a value is based
on."""

CONTROLS = ("ceiling", "floor")
"""Controls that are compared instead of a model: other real haplotypes, and haplotypes with independent sites."""

EVERYBODY = "all"
"""The reference, and the part of the split, if the training individuals of a model are unknown."""

Metrics = dict[str, tuple[float, ...]]
"""Name of a metric -> (value,) or (value, ci_low, ci_high)."""


def metric_rows(reference: str, metrics: Metrics, n: int) -> pd.DataFrame:
    """Return metrics that share reference and n as a table with `METRIC_COLUMNS`."""
    rows = [(reference, name, *(*numbers, np.nan, np.nan)[:3], n) for name, numbers in metrics.items()]
    return pd.DataFrame(rows, columns=METRIC_COLUMNS)
