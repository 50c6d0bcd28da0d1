"""Compare all AG sets of a dataset, and the controls, with real haplotypes on the axes of one PCA of all of them."""

import argparse
from pathlib import Path

import pandas as pd
from threadpoolctl import threadpool_limits

from artificial_genomes.compare.comparison import Settings, compare_together
from artificial_genomes.core import program
from artificial_genomes.core.haplotypes import load_haplotypes
from artificial_genomes.core.metric_table import METRIC_COLUMNS
from artificial_genomes.core.splits import load_split
from artificial_genomes.core.tables import write_tsv


def main() -> None:
    """Run the comparison and write its tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--haplotypes", type=Path, required=True, help="haplotype store of the dataset")
    parser.add_argument("--split", type=Path, required=True, help="table of its people: sample ... split")
    parser.add_argument("--models", nargs="+", required=True, help="names of the models")
    parser.add_argument("--genomes", type=Path, nargs="+", required=True, help="haplotype store of each one's AGs")
    parser.add_argument("--settings", type=program.json_object, required=True, help="the `compare` settings, JSON")
    parser.add_argument("--seed", type=int, required=True, help="seed of the controls")
    parser.add_argument("--threads", type=int, default=1, help="number of threads")
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER", help="folder of the tables")
    args = parser.parse_args()

    real = load_haplotypes(args.haplotypes)
    split = load_split(args.split, len(real.people))
    genomes = {model: load_haplotypes(path) for model, path in zip(args.models, args.genomes, strict=True)}
    with threadpool_limits(args.threads):
        metrics, scores = compare_together(real, split, genomes, args.seed, Settings(**args.settings))
    table = pd.concat([table.assign(model=name) for name, table in metrics.items()])
    write_tsv(table[["model", *METRIC_COLUMNS]], args.output / "metrics.tsv")
    write_tsv(scores, args.output / "pca.tsv")


if __name__ == "__main__":
    program.run(main)
