"""Draw some models beside each other: variants of a kind, or a model and its comparators."""

from artificial_genomes.core import program
from artificial_genomes.core.metric_table import METRIC_COLUMNS
from artificial_genomes.figures.command import add_private, add_real, figure_parser, save
from artificial_genomes.figures.figs_models import draw, numbers
from artificial_genomes.figures.sets import (
    DISTANCE_COLUMNS,
    FREQUENCY_COLUMNS,
    LD_DECAY_COLUMNS,
    read_first_genomes,
    read_own_people,
    read_sets,
)


def main() -> None:
    """Read the tables, draw them, write figure and numbers."""
    parser = figure_parser(
        __doc__,
        genomes="AGs with the sites of the dataset; the first seed of each model is drawn",
        allele_frequencies="allele frequencies by site, of the same AGs",
        ld_decay="r2 by distance, also of AGs with sites of their own and of controls",
        distances="pairwise distances, of the same",
        metrics="metrics, of the same",
    )
    add_real(parser)
    add_private(parser)
    args = parser.parse_args()
    table = numbers(
        read_own_people(args.haplotypes, args.split),
        read_first_genomes(args.genomes),
        read_sets(args.allele_frequencies, FREQUENCY_COLUMNS),
        read_sets(args.ld_decay, LD_DECAY_COLUMNS),
        read_sets(args.distances, DISTANCE_COLUMNS),
        read_sets(args.metrics, METRIC_COLUMNS),
        args.private,
    )
    save(draw(table), table, args)


if __name__ == "__main__":
    program.run(main)
