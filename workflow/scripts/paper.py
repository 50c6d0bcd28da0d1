"""Compare a run with published numbers: reproduced, better, missed or different, one row per number.

Standard input lists, as JSON, the tables of the comparisons as published and the AG sets of the run:
{"metrics": [[dataset, model, seed, path], ...], "sets": [[dataset, model, seed], ...]}.
"""

import argparse
import sys
from pathlib import Path

import pandas as pd

from artificial_genomes.core import program
from artificial_genomes.core.tables import read_tsv, write_tsv
from artificial_genomes.judge.paper import compare_with_paper, read_expectations
from artificial_genomes.judge.scorecard import COLUMNS, MetricsFile, read_metrics

PUBLISHED = Path(__file__).resolve().parents[2] / "resources" / "paper.tsv"


def main() -> None:
    """Read the numbers of the run, judge them and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scorecard", type=Path, required=True, help="every number of the run")
    parser.add_argument(
        "--datasets",
        type=program.json_object,
        required=True,
        help="data set of the run for each data set of the paper, JSON",
    )
    parser.add_argument("--output", type=Path, required=True, help="output: the table")
    args = parser.parse_args()

    listed = program.json_object(sys.stdin.read())
    sets = [tuple(ag_set) for ag_set in listed["sets"]]
    tables = [read_metrics(MetricsFile(*source)) for source in listed["metrics"]]
    as_published = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=COLUMNS)
    scorecard = read_tsv(args.scorecard, COLUMNS)
    expectations = read_expectations(PUBLISHED)
    write_tsv(compare_with_paper(expectations, args.datasets, as_published, scorecard, sets), args.output)


if __name__ == "__main__":
    program.run(main)
