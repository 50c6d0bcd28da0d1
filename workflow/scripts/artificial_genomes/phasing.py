"""Phase genotypes with Beagle, which fills in missing ones at the same time.

Source of the program: Browning et al. 2021, doi 10.1016/j.ajhg.2021.08.005.
"""

import logging
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pysam

from artificial_genomes.cli import whole_outputs
from artificial_genomes.errors import UserError
from artificial_genomes.genetic_map import map_positions, read_genetic_map
from artificial_genomes.imputation.imputers import Job, beagle
from artificial_genomes.imputation.result import header_lines, join_vcfs
from artificial_genomes.regions import contig_key
from artificial_genomes.vcf import biallelic_rows

log = logging.getLogger(__name__)


def phase(
    vcfs: Sequence[Path],
    program: str | Path,
    output: Path,
    *,
    seed: int,
    threads: int,
    memory_mb: int,
    genetic_map: Path | None = None,
) -> None:
    """Phase the biallelic SNPs of VCF or BCF files, contig by contig, and write them as one indexed VCF.

    Other rows are left out, as they are later when a dataset is cut. Genotypes that are phased already are phased anew:
    Beagle keeps no phase that it is given only in part.

    Parameters
    ----------
    vcfs
        Files with different sites of the same people, sorted or not.
    program
        Beagle's jar.
    output
        Bgzipped VCF; its index is `output` + ".tbi".
    seed, threads, memory_mb
        What Beagle may take of them.
    genetic_map
        See `read_genetic_map`; without, Beagle assumes 1 cM a million base pairs.

    Raises
    ------
    UserError
        The files cannot be read, hold no SNP, or Beagle fails.
    """
    header, rows = biallelic_rows(vcfs)
    contigs = sorted(rows, key=contig_key)
    centimorgans = None if genetic_map is None else read_genetic_map(genetic_map, contigs)
    with TemporaryDirectory() as folder, whole_outputs(output, f"{output}.tbi") as (partial, _):
        phased = []
        for number, contig in enumerate(contigs):
            place = Path(folder) / str(number)
            place.mkdir()
            target = place / "target.vcf.gz"
            _write_contig(target, header, rows.pop(contig))
            positions = _positions(target)
            map_cm = None if centimorgans is None else map_positions(centimorgans, contig, positions)
            job = Job(target, target, place, contig, positions, map_cm, seed, threads, memory_mb)
            log.info("contig %s: %d SNPs", contig, len(positions))
            phased.append(beagle.phase(program, job))
        join_vcfs(phased, partial, header_lines(phased[0], "##contig="), beagle.version(program))
        try:
            pysam.tabix_index(str(partial), preset="vcf", force=True)
        except OSError as error:
            raise UserError(f"{output} cannot be written: is the disk full? Free some space and run again.") from error


def _write_contig(path: Path, header: str, rows: dict[tuple[int, str, str], str]) -> None:
    """Write the rows of one contig, each site once, in order."""
    with pysam.BGZFile(str(path), "wb") as file:
        file.write(header.encode())
        for place in sorted(rows):
            file.write(rows[place].encode())


def _positions(path: Path) -> np.ndarray:
    table = pd.read_csv(path, sep="\t", comment="#", header=None, usecols=[1], compression="gzip")
    return table[1].to_numpy()
