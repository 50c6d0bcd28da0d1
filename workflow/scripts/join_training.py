"""Concatenate the tables of the trainings of all windows of a dataset."""

import argparse

import pandas as pd

from artificial_genomes.core import program
from artificial_genomes.core.tables import read_tsv, write_tsv


def main() -> None:
    """Read the tables, number the windows, and write one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--training", required=True, nargs="+", help="losses and scores by epoch of windows 1, 2, ...")
    parser.add_argument("--output", required=True, help="output: the same with the column window")
    args = parser.parse_args()

    tables = [read_tsv(path, ["epoch", "score"]) for path in args.training]
    for window, table in enumerate(tables, start=1):
        table.insert(0, "window", window)
    write_tsv(pd.concat(tables), args.output)


if __name__ == "__main__":
    program.run(main)
