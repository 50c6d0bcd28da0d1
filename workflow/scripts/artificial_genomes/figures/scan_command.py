"""The program that both figures of the scans share."""

from types import ModuleType

import pandas as pd

from artificial_genomes.core.metric_table import METRIC_COLUMNS
from artificial_genomes.figures.command import figure_parser, save
from artificial_genomes.figures.sets import read_sets
from artificial_genomes.scans.candidates import COLUMNS, GENE_COLUMNS, read_genes
from artificial_genomes.scans.statistics import TRACK_COLUMNS


def draw_scans(description: str | None, figure: ModuleType) -> None:
    """Read the tables that the command line names, draw them, write figure and numbers.

    Parameters
    ----------
    description
        Of the program.
    figure
        The module of the figure, with `numbers` and `draw`.
    """
    parser = figure_parser(
        description,
        tracks="tracks of real haplotypes and models",
        candidates="candidates of the real haplotypes",
        metrics="metrics of models and controls",
    )
    parser.add_argument("--genes", nargs="?", help="table of genes; none: no names")
    parser.add_argument("--build", required=True, help="genome build of the data set, for the genes")
    args = parser.parse_args()
    genes = read_genes(args.genes, args.build) if args.genes else pd.DataFrame(columns=GENE_COLUMNS[1:])
    table = figure.numbers(
        read_sets(args.tracks, TRACK_COLUMNS),
        read_sets(args.candidates, COLUMNS),
        read_sets(args.metrics, METRIC_COLUMNS),
        genes,
    )
    save(figure.draw(table), table, args)
