"""Draw figure 6: XP-EHH and PBS of real and artificial haplotypes along the genome."""

from artificial_genomes.core import program
from artificial_genomes.figures import fig6_scans
from artificial_genomes.figures.scan_command import draw_scans


def main() -> None:
    """Draw the figure."""
    draw_scans(__doc__, fig6_scans)


if __name__ == "__main__":
    program.run(main)
