"""Draw figure 8: the hidden layer of the RBM as an encoding of haplotypes."""

from artificial_genomes.core import program
from artificial_genomes.core.metric_table import METRIC_COLUMNS
from artificial_genomes.figures.command import add_private, figure_parser, save
from artificial_genomes.figures.fig8_latent import draw, numbers
from artificial_genomes.figures.sets import read_sets


def main() -> None:
    """Read the tables, draw them, write figure and numbers."""
    parser = figure_parser(
        __doc__,
        coordinates="main axes of hidden means and genotypes; folders are named after the dataset",
        variance="variance explained by the axes",
        metrics="accuracy of classification",
    )
    parser.add_argument("--model", default="rbm", help="name of the model whose AGs are shown")
    add_private(parser)
    args = parser.parse_args()
    table = numbers(
        read_sets(args.coordinates, ["space", "set", "superpopulation", "pc1", "pc2"]),
        read_sets(args.variance, ["space", "axis", "explained"]),
        read_sets(args.metrics, METRIC_COLUMNS),
        args.private,
    )
    save(draw(table, args.model), table, args)


if __name__ == "__main__":
    program.run(main)
