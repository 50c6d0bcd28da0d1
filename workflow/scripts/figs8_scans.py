"""Draw figure S8: iHS, nSL, H12, haplotype diversity and Tajima's D of real and artificial haplotypes."""

from artificial_genomes.core import program
from artificial_genomes.figures import figs8_scans
from artificial_genomes.figures.scan_command import draw_scans


def main() -> None:
    """Draw the figure."""
    draw_scans(__doc__, figs8_scans)


if __name__ == "__main__":
    program.run(main)
