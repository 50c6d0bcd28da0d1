"""Phase the genotypes of VCF or BCF files with Beagle, and impute those that are missing."""

import argparse
from pathlib import Path

from artificial_genomes.core import program
from artificial_genomes.core.private_folders import mark_private
from artificial_genomes.core.tables import write_tsv
from artificial_genomes.prepare.phasing import phase, read_to_phase


def main() -> None:
    """Phase every file, and join the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vcf", nargs="+", type=Path, required=True, help="VCF or BCF files of the same individuals")
    parser.add_argument("--program", type=Path, required=True, help="Beagle's jar")
    parser.add_argument(
        "--genetic-map", nargs="?", type=Path, help="genetic map with positions in bp and cM; default: one rate"
    )
    parser.add_argument(
        "--settings",
        type=program.json_object,
        required=True,
        help="JSON: build, regions and the arguments of `read_to_phase`",
    )
    parser.add_argument("--seed", type=int, required=True, help="seed of Beagle")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--memory-mb", type=int, required=True, help="memory of the job")
    parser.add_argument("--output", type=Path, required=True, help="output: phased VCF (.vcf.gz), indexed")
    parser.add_argument(
        "--output-qc", type=Path, required=True, help="output: table of what was read, left out and filled in"
    )
    parser.add_argument("--private", action="store_true", help="private cohort: mark the output folder")
    args = parser.parse_args()
    if args.private:
        mark_private(args.output.parent)

    settings = args.settings
    build, regions = settings.pop("build"), settings.pop("regions")
    to_phase = read_to_phase(args.vcf, regions, build, **settings)
    phase(
        to_phase,
        args.program,
        args.output,
        build,
        seed=args.seed,
        threads=args.threads,
        memory_mb=args.memory_mb,
        genetic_map=args.genetic_map,
    )
    write_tsv(to_phase.qc, args.output_qc)


if __name__ == "__main__":
    program.run(main)
