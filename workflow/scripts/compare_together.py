"""Compare all AG sets of a dataset, and the controls, with real haplotypes on the axes of one joint PCA."""

import argparse
from pathlib import Path

from threadpoolctl import threadpool_limits

from artificial_genomes.compare.comparison import Settings
from artificial_genomes.compare.matching import load_compared
from artificial_genomes.compare.together import compare_together
from artificial_genomes.core import program
from artificial_genomes.core.haplotypes import load_drawn
from artificial_genomes.core.tables import set_of, write_tsv


def main() -> None:
    """Run the comparison and write its tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--haplotypes", type=Path, required=True, help="haplotype store of the dataset")
    parser.add_argument("--split", type=Path, required=True, help="table of its individuals: sample ... split")
    parser.add_argument(
        "--genomes", type=Path, nargs="+", required=True, help="haplotype stores of AGs, in folders model/seed1"
    )
    parser.add_argument(
        "--fitted", nargs="*", default=[], metavar="MODEL", help="models whose AGs determine the axes and are scored"
    )
    parser.add_argument("--settings", type=program.json_object, required=True, help="the `compare` settings, JSON")
    parser.add_argument("--seed", type=int, required=True, help="seed of the controls")
    parser.add_argument("--threads", type=int, default=1, help="number of threads")
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER", help="folder of the tables")
    args = parser.parse_args()

    settings = Settings(**args.settings)
    real, split = load_compared(args.haplotypes, args.split, settings.individuals_max, settings.seed)
    genomes = {set_of(path)[0]: load_drawn(path, len(real.people)) for path in args.genomes}
    with threadpool_limits(args.threads):
        tables = compare_together(real, split, genomes, args.fitted, args.seed, settings)
    for name, table in tables.items():
        write_tsv(table, args.output / f"{name}.tsv")


if __name__ == "__main__":
    program.run(main)
