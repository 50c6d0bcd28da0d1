"""Print a comparison of a run with published numbers, and end with exit code 2 if a tolerance is violated."""

import argparse
from pathlib import Path

from artificial_genomes.core import program
from artificial_genomes.core.errors import UserError
from artificial_genomes.judge.paper import read_table, text_table, verify


def main() -> None:
    """Print the table and the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--table", type=Path, nargs="*", default=[], help="table of a run next to the published numbers"
    )
    args = parser.parse_args()
    if not args.table:
        raise UserError(
            "no data set of the run corresponds to one of the paper's, so nothing can be verified. Set "
            "paper.datasets in the configuration."
        )
    for path in args.table:
        table = read_table(path)
        print(text_table(table))
        print(verify(table))


if __name__ == "__main__":
    program.run(main)
