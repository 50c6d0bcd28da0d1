"""Draw figure 7: imputation with and without AGs in the reference panel."""

from artificial_genomes import cli
from artificial_genomes.figures.command import figure_parser, save
from artificial_genomes.figures.fig7_imputation import draw, numbers
from artificial_genomes.figures.sets import read_sets
from artificial_genomes.metrics import METRIC_COLUMNS


def main() -> None:
    """Read the tables, draw them, write figure and numbers."""
    parser = figure_parser(
        __doc__,
        bins="r2 by minor allele frequency; folders are named after the panel",
        metrics="metrics of the panels",
    )
    args = parser.parse_args()
    table = numbers(
        read_sets(args.bins, ["maf_low", "maf_high", "n_sites", "r2_mean", "r2_se"]),
        read_sets(args.metrics, METRIC_COLUMNS),
    )
    save(draw(table), table, args)


if __name__ == "__main__":
    cli.run(main)
