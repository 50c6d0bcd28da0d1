"""Draw figure 6: XP-EHH and PBS of real and artificial haplotypes along the region."""

from artificial_genomes import cli
from artificial_genomes.figures.command import figure_parser, save
from artificial_genomes.figures.fig6_scans import draw, numbers
from artificial_genomes.figures.sets import read_sets
from artificial_genomes.metrics import METRIC_COLUMNS


def main() -> None:
    """Read the tables, draw them, write figure and numbers."""
    parser = figure_parser(
        __doc__,
        xpehh="XP-EHH of real haplotypes and models",
        pbs_windows="PBS of real haplotypes and models",
        metrics="metrics of models and controls",
    )
    args = parser.parse_args()
    table = numbers(
        read_sets(args.xpehh, ["contig", "position", "xpehh"]),
        read_sets(args.pbs_windows, ["contig", "start", "end", "pbs"]),
        read_sets(args.metrics, METRIC_COLUMNS),
    )
    save(draw(table), table, args)


if __name__ == "__main__":
    cli.run(main)
