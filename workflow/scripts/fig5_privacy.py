"""Draw figure 5: AATS parts, privacy loss and nearest-neighbour distances."""

from artificial_genomes.core import program
from artificial_genomes.core.metric_table import METRIC_COLUMNS
from artificial_genomes.figures.command import figure_parser, save
from artificial_genomes.figures.fig5_privacy import draw, numbers
from artificial_genomes.figures.sets import NEAREST_COLUMNS, read_sets


def main() -> None:
    """Read the tables, draw them, write figure and numbers."""
    parser = figure_parser(
        __doc__,
        nearest="nearest-neighbour distances",
        metrics="metrics of models and controls",
    )
    args = parser.parse_args()
    table = numbers(read_sets(args.nearest, NEAREST_COLUMNS), read_sets(args.metrics, METRIC_COLUMNS))
    save(draw(table), table, args)


if __name__ == "__main__":
    program.run(main)
