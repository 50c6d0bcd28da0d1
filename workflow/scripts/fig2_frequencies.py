"""Draw figure 2: allele frequencies and three-point correlations of real and artificial haplotypes."""

from artificial_genomes.core import program
from artificial_genomes.core.metric_table import METRIC_COLUMNS
from artificial_genomes.figures.command import add_private, figure_parser, save
from artificial_genomes.figures.fig2_frequencies import draw, numbers
from artificial_genomes.figures.sets import FREQUENCY_COLUMNS, THREE_POINT_COLUMNS, read_sets


def main() -> None:
    """Read the tables, draw them, write figure and numbers."""
    parser = figure_parser(
        __doc__,
        allele_frequencies="allele frequencies by site",
        three_point="three-point correlations by triplet",
        metrics="metrics of models and controls",
    )
    add_private(parser)
    args = parser.parse_args()
    table = numbers(
        read_sets(args.allele_frequencies, FREQUENCY_COLUMNS),
        read_sets(args.three_point, THREE_POINT_COLUMNS),
        read_sets(args.metrics, METRIC_COLUMNS),
        args.private,
    )
    save(draw(table), table, args)


if __name__ == "__main__":
    program.run(main)
