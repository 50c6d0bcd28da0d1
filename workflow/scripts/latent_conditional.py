"""Compare AGs of given populations with real individuals, population by population."""

import argparse
from pathlib import Path

from artificial_genomes.core import program
from artificial_genomes.core.haplotypes import load_drawn
from artificial_genomes.core.tables import write_tsv
from artificial_genomes.latent.conditional import conditional_metrics
from artificial_genomes.latent.encoding import read_real_sets


def main() -> None:
    """Write the table of populations, and metrics for the AGs and both controls."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--haplotypes", type=Path, required=True, help="real haplotypes")
    parser.add_argument("--split", type=Path, required=True, help="table of individuals with the column split")
    parser.add_argument("--genomes", type=Path, required=True, help="AGs that carry labels")
    parser.add_argument("--folds", type=int, required=True, help="number of cross-validation folds of the classifier")
    parser.add_argument("--seed", type=int, required=True, help="seed of folds, permutations and bootstrap")
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER", help="folder of the tables")
    args = parser.parse_args()

    real = read_real_sets(args.haplotypes, args.split)
    table, metrics = conditional_metrics(load_drawn(args.genomes, len(real.people)), real, args.folds, args.seed)
    write_tsv(table, args.output / "populations.tsv")
    for name, rows in metrics.items():
        write_tsv(rows, args.output / f"{'metrics' if name == 'ag' else name}.tsv")


if __name__ == "__main__":
    program.run(main)
