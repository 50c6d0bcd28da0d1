"""Export artificial genomes to formats that other programs read: VCF with index, .hapt with legend, and PLINK 2."""

import argparse
import logging
import time
from pathlib import Path

from artificial_genomes.core import program
from artificial_genomes.core.haplotypes import StoredHaplotypes
from artificial_genomes.core.tables import read_tsv, set_of
from artificial_genomes.io.hapt import write_hapt, write_legend
from artificial_genomes.io.plink2 import write_pgen
from artificial_genomes.io.vcf_writer import write_vcf
from artificial_genomes.release.release import SUMMARY_COLUMNS, read_record, require_release

log = logging.getLogger(__name__)


def main() -> None:
    """Read the artificial genomes and export them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--genomes", required=True, type=Path, help="haplotype store of the artificial genomes")
    parser.add_argument("--build", required=True, help="genome build of the sites, such as GRCh37")
    parser.add_argument("--vcf", required=True, type=Path, help="output: .vcf.gz; its index is written next to it")
    parser.add_argument("--hapt", required=True, type=Path, help="output: .hapt.gz")
    parser.add_argument("--legend", required=True, type=Path, help="output: legend of the .hapt file")
    parser.add_argument(
        "--pgen", required=True, type=Path, help="output: .pgen; .pvar and .psam are written next to it"
    )
    parser.add_argument("--summary", nargs="?", type=Path, help="verdict that AGs of a private cohort must pass")
    parser.add_argument("--record", nargs="?", type=Path, help="table of the near copies that were replaced")
    parser.add_argument(
        "--not-proven", choices=["exclude", "include"], default="exclude", help="AGs whose privacy is not proven"
    )
    args = parser.parse_args()

    genomes = StoredHaplotypes(args.genomes)
    if args.summary:
        dataset, (model, _) = args.genomes.absolute().parents[2].name, set_of(args.genomes)
        summary, with_not_proven = read_tsv(args.summary, SUMMARY_COLUMNS), args.not_proven == "include"
        require_release(summary, dataset, model, with_not_proven, read_record(args.record))
    for what, write in {
        "VCF": lambda: write_vcf(genomes, args.vcf, args.build),
        ".hapt": lambda: write_hapt(genomes, args.hapt, tag="AG"),
        "legend": lambda: write_legend(genomes, args.legend),
        "PLINK 2": lambda: write_pgen(genomes, args.pgen),
    }.items():
        started = time.process_time()
        write()
        log.info("%s written in %.1f s of the processor", what, time.process_time() - started)


if __name__ == "__main__":
    program.run(main)
