"""Compare artificial genomes, or a control instead of them, with the real haplotypes of their dataset."""

import argparse
from pathlib import Path

from threadpoolctl import threadpool_limits

from artificial_genomes.compare.comparison import Settings, compare_control, compare_model, compare_unmatched
from artificial_genomes.compare.matching import load_compared
from artificial_genomes.core import program
from artificial_genomes.core.haplotypes import load_drawn
from artificial_genomes.core.metric_table import CONTROLS
from artificial_genomes.core.store import shape_of_store
from artificial_genomes.core.tables import write_tsv


def main() -> None:
    """Run the comparison and write its tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--haplotypes", type=Path, required=True, help="haplotype store of the dataset")
    parser.add_argument("--split", type=Path, required=True, help="table of its individuals: sample ... split")
    candidate = parser.add_mutually_exclusive_group(required=True)
    candidate.add_argument("--genomes", type=Path, help="haplotype store of the artificial genomes")
    candidate.add_argument("--control", choices=CONTROLS, help="compare this control instead of artificial genomes")
    parser.add_argument(
        "--like", type=Path, metavar="GENOMES", help="limit the control to the number of these artificial genomes"
    )
    parser.add_argument("--unmatched", action="store_true", help="the artificial genomes have sites of their own")
    parser.add_argument("--settings", type=program.json_object, required=True, help="the `compare` settings, JSON")
    parser.add_argument("--seed", type=int, default=0, help="seed of the control")
    parser.add_argument("--threads", type=int, default=1, help="number of threads")
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER", help="folder of the tables")
    args = parser.parse_args()

    settings = Settings(**args.settings)
    real, split = load_compared(args.haplotypes, args.split, settings.individuals_max, settings.seed)
    n_people_max = shape_of_store(args.like)[1] // 2 if args.like else None
    with threadpool_limits(args.threads):
        if args.control:
            tables = compare_control(real, split, args.control, args.seed, settings, n_people_max, args.threads)
        else:
            compare = compare_unmatched if args.unmatched else compare_model
            tables = compare(real, split, load_drawn(args.genomes, len(real.people)), settings, args.threads)
    for name, table in tables.items():
        write_tsv(table, args.output / f"{name}.tsv")


if __name__ == "__main__":
    program.run(main)
