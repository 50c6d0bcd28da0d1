"""Draw figure S8: iHS, nSL, H12, haplotype diversity and Tajima's D of real and artificial haplotypes."""

import pandas as pd

from artificial_genomes import cli
from artificial_genomes.figures.command import figure_parser, save
from artificial_genomes.figures.figs8_scans import draw, numbers
from artificial_genomes.figures.sets import read_sets
from artificial_genomes.metrics import METRIC_COLUMNS
from artificial_genomes.scans.candidates import COLUMNS, GENE_COLUMNS, read_genes
from artificial_genomes.scans.statistics import TRACK_COLUMNS


def main() -> None:
    """Read the tables, draw them, write figure and numbers."""
    parser = figure_parser(
        __doc__,
        tracks="tracks of real haplotypes and models",
        candidates="candidates of the real haplotypes",
        metrics="metrics of models and controls",
    )
    parser.add_argument("--genes", nargs="?", help="table of genes; none: no names")
    parser.add_argument("--build", required=True, help="genome build of the data set, for the genes")
    args = parser.parse_args()
    genes = read_genes(args.genes, args.build) if args.genes else pd.DataFrame(columns=GENE_COLUMNS[1:])
    table = numbers(
        read_sets(args.tracks, TRACK_COLUMNS),
        read_sets(args.candidates, COLUMNS),
        read_sets(args.metrics, METRIC_COLUMNS),
        genes,
    )
    save(draw(table), table, args)


if __name__ == "__main__":
    cli.run(main)
