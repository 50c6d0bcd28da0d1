"""Draw figure 3: linkage disequilibrium of real and artificial haplotypes."""

from artificial_genomes.core import program
from artificial_genomes.core.metric_table import METRIC_COLUMNS
from artificial_genomes.figures.command import add_real, figure_parser, save
from artificial_genomes.figures.fig3_ld import draw, numbers
from artificial_genomes.figures.sets import LD_DECAY_COLUMNS, read_first_genomes, read_own_people, read_sets


def main() -> None:
    """Read the tables, draw them, write figure and numbers."""
    parser = figure_parser(
        __doc__,
        genomes="AGs; the first seed of each model is drawn",
        ld_decay="r2 by distance",
        metrics="metrics of models and controls",
    )
    add_real(parser)
    args = parser.parse_args()
    table = numbers(
        read_own_people(args.haplotypes, args.split),
        read_first_genomes(args.genomes),
        read_sets(args.ld_decay, LD_DECAY_COLUMNS),
        read_sets(args.metrics, METRIC_COLUMNS),
    )
    save(draw(table), table, args)


if __name__ == "__main__":
    program.run(main)
