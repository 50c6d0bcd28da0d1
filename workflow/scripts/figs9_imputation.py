"""Draw figure S9: where AGs help imputation, by rare classes, number of AGs, calibration and program."""

from pathlib import Path

import pandas as pd

from artificial_genomes.core import program
from artificial_genomes.core.tables import read_tsv
from artificial_genomes.figures.command import figure_parser, save
from artificial_genomes.figures.figs9_imputation import draw, numbers
from artificial_genomes.figures.sets import read_sets
from artificial_genomes.imputation.tables import CALIBRATION_COLUMNS, GAIN_COLUMNS


def main() -> None:
    """Read the tables, draw them, write figure and numbers."""
    parser = figure_parser(
        __doc__,
        gains="gains of all panels of each program: .../tool/gains.tsv",
        calibration="calibration of the panels of the first program",
    )
    args = parser.parse_args()
    gains = [read_tsv(path, GAIN_COLUMNS).assign(tool=Path(path).absolute().parent.name) for path in args.gains]
    table = numbers(pd.concat(gains, ignore_index=True), read_sets(args.calibration, CALIBRATION_COLUMNS))
    save(draw(table), table, args)


if __name__ == "__main__":
    program.run(main)
