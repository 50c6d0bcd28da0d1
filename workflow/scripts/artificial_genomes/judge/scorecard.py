"""The scorecard: every number of a run, with what the controls scored, in one table."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from artificial_genomes.core.errors import UserError
from artificial_genomes.core.metric_table import CONTROLS, METRIC_COLUMNS, Metrics, metric_rows
from artificial_genomes.core.tables import read_tsv

COLUMNS = [
    "dataset",
    "model",
    "seed",
    "reference",
    "metric",
    "value",
    "ci_low",
    "ci_high",
    "ceiling",
    "floor",
    "n",
]
_ROW = ["dataset", "model", "seed", "reference", "metric"]
_STATISTIC = ["dataset", "reference", "metric"]
_METRIC = ["dataset", "model", "metric"]


@dataclass(frozen=True)
class MetricsFile:
    """A table of metrics (reference metric value ci_low ci_high n) and what it is about.

    `model` is a model of the run, or "ceiling" or "floor" for the metrics of a control; a control of one model alone is
    "{model}.ceiling" or "{model}.floor".
    """

    dataset: str
    model: str
    seed: int
    path: str | Path


def build_scorecard(files: Sequence[MetricsFile], trainings: Sequence[MetricsFile] = ()) -> pd.DataFrame:
    """Join tables of metrics into the scorecard.

    The rows of a control become the ceiling or floor of all rows with the same dataset, reference and metric, averaged
    over the seeds of the control. Where a model has controls of its own for a metric, only those become its ceiling and
    floor: the general ones are about other references, or other numbers of haplotypes.

    Parameters
    ----------
    files
        Datasets and models keep the order in which they first come; the metrics of one stay in the order of the files.
    trainings
        Tables of scores by epoch, see `read_training`.

    Returns
    -------
    DataFrame
        dataset model seed reference metric value ci_low ci_high ceiling floor n, a row a number; ceiling, floor and
        the interval are missing where there is none.

    Raises
    ------
    UserError
        A file lacks a column, or two files hold the same metric.
    """
    rows = pd.concat([*map(read_metrics, files), *map(read_training, trainings)], ignore_index=True)
    repeated = rows.duplicated(_ROW)
    if repeated.any():
        row = rows[repeated].iloc[0]
        raise UserError(
            f"{row['metric']} of {row['model']} (seed {row['seed']}) on {row['dataset']} against {row['reference']} "
            "comes from two metrics files. Delete the stale one."
        )
    # Names of models hold no dot.
    owner, _, control = (rows["model"].str.rpartition(".")[part] for part in range(3))
    is_control = control.isin(CONTROLS)
    scored, controls = rows[~is_control], rows[is_control].assign(model=owner, control=control)
    has_own = pd.MultiIndex.from_frame(scored[_METRIC]).isin(pd.MultiIndex.from_frame(controls[_METRIC]))
    scored = scored.assign(owner=scored["model"].where(has_own, ""))
    for name in CONTROLS:
        mean = controls[controls["control"] == name].groupby(["model", *_STATISTIC])["value"].mean().rename(name)
        scored = scored.join(mean, on=["owner", *_STATISTIC])
    return _in_order(scored)[COLUMNS]


def read_metrics(file: MetricsFile) -> pd.DataFrame:
    """Read a table of metrics with the data set, model and seed that it is about.

    Of a table of several models, which has a column `model`, the rows of this one are read.
    """
    table = read_tsv(file.path, METRIC_COLUMNS)
    if "model" in table.columns:
        table = table[table["model"] == file.model]
    return _of_file(table[METRIC_COLUMNS], file)


def read_training(file: MetricsFile) -> pd.DataFrame:
    """Read a table of scores by epoch as the metric `best_epoch_share`, in the same columns as `read_metrics`.

    The metric is the epoch that was kept divided by the last epoch. For a dataset in windows, it is the largest value
    over windows. A model without epochs has no row.
    """
    table = read_tsv(file.path, ["epoch", "score", "kept"])
    windows = table.groupby("window") if "window" in table.columns else [(1, table)]
    shares = [
        epochs.loc[epochs["kept"] == 1, "epoch"].max() / epochs["epoch"].max() for _, epochs in windows if len(epochs)
    ]
    metrics: Metrics = {"best_epoch_share": (max(shares),)} if shares else {}
    return _of_file(metric_rows("validation", metrics, pd.NA), file)


def _of_file(table: pd.DataFrame, file: MetricsFile) -> pd.DataFrame:
    table = table.astype({"value": float, "ci_low": float, "ci_high": float, "n": "Int64"})
    return table.assign(dataset=file.dataset, model=file.model, seed=file.seed)


def _in_order(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows by dataset and model (in order of appearance) and seed."""

    def rank(column: pd.Series) -> pd.Series:
        return column if column.name == "seed" else pd.Series(pd.factorize(column)[0], column.index)

    return rows.sort_values(["dataset", "model", "seed"], key=rank, kind="stable", ignore_index=True)
