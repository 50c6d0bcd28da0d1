"""Draw figure 4: pairwise distances within AGs, and between AGs and real haplotypes."""

from artificial_genomes.core import program
from artificial_genomes.core.metric_table import METRIC_COLUMNS
from artificial_genomes.figures.command import figure_parser, save
from artificial_genomes.figures.fig4_distances import draw, numbers
from artificial_genomes.figures.sets import DISTANCE_COLUMNS, read_sets


def main() -> None:
    """Read the tables, draw them, write figure and numbers."""
    parser = figure_parser(
        __doc__,
        distances="pairwise distances",
        metrics="metrics of models and controls",
    )
    args = parser.parse_args()
    table = numbers(read_sets(args.distances, DISTANCE_COLUMNS), read_sets(args.metrics, METRIC_COLUMNS))
    save(draw(table), table, args)


if __name__ == "__main__":
    program.run(main)
