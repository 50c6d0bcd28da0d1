"""Draw figure 1: principal components of real and artificial haplotypes."""

from artificial_genomes.core import program
from artificial_genomes.core.metric_table import METRIC_COLUMNS
from artificial_genomes.figures.command import add_private, add_real, figure_parser, save
from artificial_genomes.figures.fig1_pca import draw, numbers
from artificial_genomes.figures.sets import read_first_genomes, read_own_people, read_sets


def main() -> None:
    """Read the tables, draw them, write figure and numbers."""
    parser = figure_parser(
        __doc__,
        genomes="AGs; the first seed of each model is drawn",
        metrics="metrics of models and controls",
    )
    add_real(parser)
    add_private(parser)
    args = parser.parse_args()
    table = numbers(
        read_own_people(args.haplotypes, args.split),
        read_first_genomes(args.genomes),
        read_sets(args.metrics, METRIC_COLUMNS),
        args.private,
    )
    save(draw(table), table, args)


if __name__ == "__main__":
    program.run(main)
