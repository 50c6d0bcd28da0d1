"""Set a run beside published numbers: reproduced, better, missed or different, a row a number."""

import argparse
from pathlib import Path

import pandas as pd

from artificial_genomes.core import program
from artificial_genomes.core.tables import read_tsv, write_tsv
from artificial_genomes.judge.paper import compare_with_paper, read_expectations
from artificial_genomes.judge.scorecard import COLUMNS, parse_metrics_file, read_metrics
from artificial_genomes.judge.verdict import parse_set

PUBLISHED = Path(__file__).resolve().parents[2] / "resources" / "paper.tsv"


def main() -> None:
    """Read the numbers of the run, judge them and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scorecard", type=Path, required=True, help="every number of the run")
    parser.add_argument(
        "--metrics",
        nargs="*",
        type=parse_metrics_file,
        default=[],
        metavar="DATASET:MODEL:SEED:PATH",
        help="tables of the comparisons that were done as published",
    )
    parser.add_argument(
        "--sets", nargs="+", type=parse_set, required=True, metavar="DATASET:MODEL:SEED", help="AG sets of the run"
    )
    parser.add_argument(
        "--datasets", type=program.json_object, required=True, help="data set of the run by the paper's name, JSON"
    )
    parser.add_argument("--output", type=Path, required=True, help="output: the table")
    args = parser.parse_args()

    tables = [read_metrics(file) for file in args.metrics]
    as_published = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=COLUMNS)
    scorecard = read_tsv(args.scorecard, COLUMNS)
    expectations = read_expectations(PUBLISHED)
    write_tsv(compare_with_paper(expectations, args.datasets, as_published, scorecard, args.sets), args.output)


if __name__ == "__main__":
    program.run(main)
