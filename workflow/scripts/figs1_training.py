"""Draw figure S1: training curves, and the choice of the epoch."""

from pathlib import Path

from artificial_genomes.core import program
from artificial_genomes.core.tables import read_tsv
from artificial_genomes.figures.command import figure_parser, save
from artificial_genomes.figures.figs1_training import TRAINING_COLUMNS, draw, numbers
from artificial_genomes.figures.sets import read_sets


def main() -> None:
    """Read the tables, draw them, write figure and numbers."""
    parser = figure_parser(__doc__, training="losses and scores by epoch")
    parser.add_argument("--split", type=Path, required=True, help="table of the dataset's people: sample ... split")
    args = parser.parse_args()
    trainings = [read_sets([path], TRAINING_COLUMNS) for path in args.training]
    table = numbers(trainings, read_tsv(args.split, ["split"]))
    save(draw(table), table, args)


if __name__ == "__main__":
    program.run(main)
