"""Draw figure S10: what the RBM's hidden layer has learnt."""

from artificial_genomes.core import program
from artificial_genomes.figures.command import add_private, figure_parser, save
from artificial_genomes.figures.figs10_latent_modes import draw, numbers
from artificial_genomes.figures.sets import read_sets

TABLES = {
    "spectrum": "singular values of the weights; folders are named after the dataset",
    "modes": "haplotypes on the modes",
    "neighbours": "maps of neighbours",
    "units": "hidden units",
    "prototypes": "fixed points",
    "coordinates": "main axes",
    "chains": "distances of chains by sweep",
    "paths": "paths of single chains",
}


def main() -> None:
    """Read the tables, draw them, write figure and numbers."""
    parser = figure_parser(__doc__, **TABLES)
    parser.add_argument("--model", default="rbm", help="name of the model")
    parser.add_argument("--sweeps", type=int, required=True, help="sweeps that its AGs take")
    add_private(parser)
    args = parser.parse_args()
    table = numbers({name: read_sets(getattr(args, name), []) for name in TABLES}, args.private)
    save(draw(table, args.model, args.sweeps), table, args)


if __name__ == "__main__":
    program.run(main)
