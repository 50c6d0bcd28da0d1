"""Impute the test people of a dataset, masked but for array sites, from a reference panel with Beagle."""

import argparse
from functools import partial
from pathlib import Path

from artificial_genomes import cli
from artificial_genomes.beagle import run_beagle
from artificial_genomes.haplotypes import load_haplotypes
from artificial_genomes.imputation import build_panel, impute, parse_panel, typed_sites
from artificial_genomes.tables import read_tsv


def main() -> None:
    """Put the panel together, mask the test people, run Beagle."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--haplotypes", type=Path, required=True, help="haplotype store, public people included")
    parser.add_argument("--split", type=Path, required=True, help="table of its people: sample ... split")
    parser.add_argument("--panel", required=True, help="parts joined by +: real, biobank or a model")
    parser.add_argument("--models", nargs="*", default=[], help="the models in the panel")
    parser.add_argument("--genomes", nargs="*", default=[], type=Path, help="their haplotype stores, in the same order")
    parser.add_argument("--build", required=True, help="genome build of the dataset")
    parser.add_argument("--beagle-jar", type=Path, required=True)
    parser.add_argument("--genetic-map", nargs="?", type=Path, help="genetic map in PLINK format; none: 1 cM per Mb")
    parser.add_argument("--settings", type=cli.json_object, required=True, help="JSON: typed_fraction, typed_maf_min")
    parser.add_argument("--seed", type=int, required=True, help="seed of Beagle")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--memory-mb", type=int, required=True, help="memory of the job")
    parser.add_argument("--output", type=Path, required=True, help="imputed VCF (.vcf.gz), indexed")
    args = parser.parse_args()

    real = load_haplotypes(args.haplotypes)
    split = read_tsv(args.split, ["split"])["split"].to_numpy()
    genomes = {model: load_haplotypes(path) for model, path in zip(args.models, args.genomes, strict=True)}
    panel = build_panel(parse_panel(args.panel, args.models), real, split, genomes)
    typed = typed_sites(real.take_people(split == "train").alleles, **args.settings)
    beagle = partial(
        run_beagle,
        args.beagle_jar,
        seed=args.seed,
        threads=args.threads,
        memory_mb=args.memory_mb,
        genetic_map=args.genetic_map,
    )
    impute(panel, real.take_people(split == "test"), typed, args.build, beagle, args.output)


if __name__ == "__main__":
    cli.run(main)
