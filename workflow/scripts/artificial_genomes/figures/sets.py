"""Tables of several AG sets, read as one."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from artificial_genomes.core.metric_table import CONTROLS, METRIC_COLUMNS
from artificial_genomes.core.program import json_object
from artificial_genomes.core.tables import read_tsv, set_of
from artificial_genomes.judge.gates import allowed_range, closeness, read_gates

NOT_MODELS = ("real", *CONTROLS)
MEASURES = ("value", "r2")
"""Columns of numbers that are drawn or marked as not defined."""


class Input(NamedTuple):
    """A table that a figure reads: description, function from its files to the table, and whether it is required."""

    text: str
    read: Callable[..., Any]
    needed: bool = True


class Option(NamedTuple):
    """A further argument of a figure: description and type."""

    text: str
    type: Callable[[str], Any] = str


GATES = {"gates": Option("`verdict` settings, JSON", json_object)}


def read_sets(paths: Sequence[str | Path], columns: list[str]) -> pd.DataFrame:
    """Read the same table of several AG sets and stack them, in the given order.

    Returns
    -------
    DataFrame
        The rows of the tables with two leading columns, model and seed.
    """
    tables = []
    for path in paths:
        model, seed = set_of(path)
        table = read_tsv(path, columns)
        table.insert(0, "model", model)
        table.insert(1, "seed", seed)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def of_sets(text: str, columns: list[str]) -> Input:
    """Return an input with one file per AG set: see `read_sets`."""
    return Input(text, partial(read_sets, columns=columns))


FREQUENCIES = of_sets("allele frequencies by site", ["reference", "contig", "position", "real", "ag"])
LD_DECAY = of_sets("r2 by distance", ["reference", "start_bp", "end_bp", "pairs", "real", "ag"])
DISTANCES = of_sets("pairwise distances", ["reference", "comparison", "distance", "count"])
METRICS = of_sets("metrics of models and controls", METRIC_COLUMNS)


def of_run(text: str, columns: list[str]) -> Input:
    """Return an input with a single file."""
    return Input(text, lambda paths: read_tsv(paths[0], columns))


PCA = of_run("scores of all sets on common axes", ["set", "superpopulation", "pc1", "pc2"])
PCA_VARIANCE = of_run("variance explained by these axes", ["axis", "explained"])


def points_of(pca: pd.DataFrame, models: Sequence[str]) -> pd.DataFrame:
    """Return the scores of the real haplotypes and of models in their order: model, superpopulation, pc1, pc2."""
    points = pca.rename(columns={"set": "model"})[["model", "superpopulation", "pc1", "pc2"]]
    return pd.concat([points[points["model"] == name] for name in ("real", *models)], ignore_index=True)


def first_axes(pca_variance: pd.DataFrame) -> pd.DataFrame:
    """Return the shares of variance on the first two axes as one row: pc1, pc2."""
    explained = pca_variance.set_index("axis")["explained"]
    return pd.DataFrame({"pc1": [explained[1]], "pc2": [explained[2]]})


def models_in(table: pd.DataFrame) -> list[str]:
    """Return the models of a table in order of appearance: neither real haplotypes nor controls."""
    return [name for name in table["model"].dropna().unique() if name not in NOT_MODELS]


def stack_panels(**panels: pd.DataFrame) -> pd.DataFrame:
    """Return the numbers of several panels as one table, with the panel's name in the first column."""
    return pd.concat([table.assign(panel=name) for name, table in panels.items()], ignore_index=True).pipe(
        lambda table: table[["panel", *table.columns.drop("panel")]]
    )


def panel(numbers: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return the rows of one panel without the columns that it does not use.

    `MEASURES` are kept, since a statistic may be undefined everywhere for haplotypes that hardly vary.
    """
    rows = numbers[numbers["panel"] == name].drop(columns="panel")
    used = rows.notna().any() | rows.columns.isin(MEASURES)
    return rows.loc[:, used].reset_index(drop=True)


def main_reference(table: pd.DataFrame) -> pd.DataFrame:
    """Return the comparison of every set with test individuals, or with the first reference if it has none."""
    by_model = table.groupby("model", sort=False)["reference"]
    main = by_model.agg(lambda references: "test" if (references == "test").any() else references.iloc[0])
    return table[table["reference"] == table["model"].map(main)]


def metric_rows(metrics: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Return the rows of some metrics, in the order of `names`."""
    chosen = metrics[metrics["metric"].isin(names)]
    order = chosen["metric"].map({name: i for i, name in enumerate(names)})
    return chosen.loc[order.sort_values(kind="stable").index].reset_index(drop=True)


def limits_of(metrics: pd.DataFrame, gates: dict | None) -> pd.DataFrame:
    """Return what gates allow the metrics of a table to be, given its controls: metric, low, high.

    Parameters
    ----------
    metrics
        model, metric, value: of one reference.
    gates
        The `verdict` settings, if any.
    """
    means = metrics.groupby(["metric", "model"])["value"].mean()
    rows = []
    for gate in read_gates(gates) if gates else []:
        if (metrics["metric"] == gate.metric).any():
            ceiling, floor = (means.get((gate.metric, name), np.nan) for name in CONTROLS)
            if gate.rule != "closeness_min" or np.isfinite(closeness(gate.metric, ceiling, ceiling, floor)):
                rows.append((gate.metric, *allowed_range(gate, ceiling, floor)))
    return pd.DataFrame(rows, columns=["metric", "low", "high"]).replace([-np.inf, np.inf], np.nan)
