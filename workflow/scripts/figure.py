"""Draw a figure from the tables of a run: as SVG, as PNG, and as the table of the numbers in it."""

from artificial_genomes.core import program
from artificial_genomes.figures.command import draw_figure


def main() -> None:
    """Read the tables, draw them, write figure and numbers."""
    draw_figure(__doc__)


if __name__ == "__main__":
    program.run(main)
