"""Build a reference panel for imputation from real individuals and artificial genomes."""

import argparse
from pathlib import Path

from artificial_genomes.core import program
from artificial_genomes.core.haplotypes import load_haplotypes
from artificial_genomes.core.splits import load_split
from artificial_genomes.imputation.panels import build_panel, parse_panel
from artificial_genomes.io.vcf_writer import write_vcf


def main() -> None:
    """Write the panel as VCF."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--haplotypes", type=Path, required=True, help="haplotype store, including public individuals")
    parser.add_argument("--split", type=Path, required=True, help="table of its individuals: sample ... split")
    parser.add_argument("--panel", required=True, help="parts joined by +: real, biobank, a model, or a model@AGs")
    parser.add_argument("--models", nargs="*", default=[], help="the models in the panel")
    parser.add_argument(
        "--genomes", nargs="*", default=[], type=Path, help="haplotype stores of these models, in the same order"
    )
    parser.add_argument("--build", required=True, help="genome build of the dataset")
    parser.add_argument("--output", type=Path, required=True, help="output: the panel (.vcf.gz), indexed")
    args = parser.parse_args()

    real = load_haplotypes(args.haplotypes)
    split = load_split(args.split, len(real.people))
    parts = parse_panel(args.panel, args.models)
    # Only those of the panel, which may be few of a large set.
    n_people = {part.name: None if part.n_ags is None else part.n_ags // 2 for part in parts}
    genomes = {
        model: load_haplotypes(path, people=slice(n_people[model]))
        for model, path in zip(args.models, args.genomes, strict=True)
        if model in n_people
    }
    write_vcf(build_panel(parts, real, split, genomes), args.output, args.build)


if __name__ == "__main__":
    program.run(main)
