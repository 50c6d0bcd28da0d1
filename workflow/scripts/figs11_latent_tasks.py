"""Draw figure S11: what the RBM's hidden layer, and its AGs, are good for."""

import argparse
from pathlib import Path

import pandas as pd

from artificial_genomes.core import program
from artificial_genomes.core.metric_table import CONTROLS, METRIC_COLUMNS
from artificial_genomes.core.tables import read_tsv
from artificial_genomes.figures.command import save
from artificial_genomes.figures.figs11_latent_tasks import draw, numbers
from artificial_genomes.latent.tables import POPULATION_COLUMNS


def main() -> None:
    """Read the tables, draw them, write figure and numbers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=Path, nargs="+", required=True, help="folders dataset/tasks/seed1, ...")
    parser.add_argument("--masked", type=Path, nargs="*", default=[], help="folders dataset/masked/seed1, ...")
    parser.add_argument(
        "--conditional", type=Path, nargs="*", default=[], help="folders dataset/conditional/seed1, ..."
    )
    for name, text in (("svg", "the figure"), ("png", "the figure"), ("tsv", "the numbers in the figure")):
        parser.add_argument(f"--{name}", type=Path, required=True, help=f"output: {text}")
    args = parser.parse_args()
    models = _stacked(args.tasks, {"": "usefulness"}, ["model", *METRIC_COLUMNS])
    models = models.assign(source=models["model"]).drop(columns="model")
    taught = pd.concat([models, _stacked(args.tasks, {name: name for name in CONTROLS}, METRIC_COLUMNS)])
    masked = _stacked(args.masked, {"rbm": "metrics", "beagle": "beagle", "commonest": "commonest"}, METRIC_COLUMNS)
    table = numbers(
        _stacked(args.tasks, {"": "metrics"}, METRIC_COLUMNS).drop(columns="source"),
        taught[taught["metric"] == "train_on_ag_accuracy"],
        masked,
        _stacked(args.conditional, {"": "populations"}, POPULATION_COLUMNS).drop(columns="source"),
    )
    save(draw(table), table, args)


def _stacked(folders: list[Path], names: dict[str, str], columns: list[str]) -> pd.DataFrame:
    """Return tables of several seeds behind the columns dataset, seed and source."""
    tables = [pd.DataFrame(columns=["dataset", "seed", "source", *columns])]
    for folder in folders:
        for source, name in names.items():
            table = read_tsv(folder / f"{name}.tsv", columns)
            seed, dataset = int(folder.name.removeprefix("seed")), folder.parts[-3]
            tables.append(table.assign(dataset=dataset, seed=seed, source=source))
    return pd.concat([table for table in tables if len(table)] or tables, ignore_index=True)


if __name__ == "__main__":
    program.run(main)
