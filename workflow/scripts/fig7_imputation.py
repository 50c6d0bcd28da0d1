"""Draw figure 7: imputation with and without AGs in the reference panel."""

from artificial_genomes.core import program
from artificial_genomes.core.tables import read_tsv
from artificial_genomes.figures.command import figure_parser, save
from artificial_genomes.figures.fig7_imputation import draw, numbers
from artificial_genomes.imputation.tables import GAIN_COLUMNS


def main() -> None:
    """Read the table, draw it, write figure and numbers."""
    parser = figure_parser(__doc__, gains="gains of all panels of the first program")
    args = parser.parse_args()
    table = numbers(read_tsv(args.gains[0], GAIN_COLUMNS))
    save(draw(table), table, args)


if __name__ == "__main__":
    program.run(main)
