"""Phased haplotypes to VCF files."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pysam

from artificial_genomes.core.errors import UserError
from artificial_genomes.core.haplotypes import Haplotypes, StoredHaplotypes
from artificial_genomes.core.program import whole_outputs
from artificial_genomes.core.regions import contig_key
from artificial_genomes.core.sites import contig_length
from artificial_genomes.io.vcf_header import FILLED, FILLED_LINE, FIXED_COLUMNS


def write_vcf(haplotypes: Haplotypes | StoredHaplotypes, path: str | Path, build: str) -> None:
    """Write haplotypes as a bgzipped VCF 4.2 file with phased genotypes, and its tabix index next to it.

    The same haplotypes give the same bytes: the header has no date.

    Parameters
    ----------
    path
        The VCF file, ending in .vcf.gz; the index is `path` + ".tbi".
    build
        Genome build, written as the assembly of the contigs.

    Raises
    ------
    UserError
        The file cannot be written.
    """
    with whole_outputs(path, f"{path}.tbi") as (partial, _):
        try:
            # Level 4 takes a third of the time of level 6, for a seventh more bytes.
            with pysam.BGZFile(str(partial), "wb4") as file:
                file.write(_vcf_header(haplotypes, build).encode())
                for row in _vcf_rows(haplotypes):
                    file.write(row)
            pysam.tabix_index(str(partial), preset="vcf", force=True)
        except OSError as error:  # htslib does not report which
            raise UserError(
                f"{path} cannot be written; the disk may be full. Free some space and run again."
            ) from error


def _vcf_rows(haplotypes: Haplotypes | StoredHaplotypes) -> Iterator[bytes]:
    """Yield the rows of a VCF as text, one per site."""
    n_people, filled, sites = len(haplotypes.people), haplotypes.filled, haplotypes.sites.itertuples(index=False)
    # One genotype is four bytes, such as "0|1" and a tab; the last of a row is followed by a newline.
    text = np.full((n_people, 4), ord("\t"), np.uint8)
    text[:, 1], text[-1, 3] = ord("|"), ord("\n")
    rows = (row for block in haplotypes.site_rows() for row in block)
    for number, (site, alleles) in enumerate(zip(sites, rows, strict=True)):
        np.add(alleles.reshape(n_people, 2), ord("0"), out=text[:, ::2])
        row = f"{site.contig}\t{site.position}\t{site.id}\t{site.ref}\t{site.alt}\t.\tPASS\t.\tGT"
        if filled is None or not (here := filled[:, number]).any():
            yield row.encode() + b"\t" + text.tobytes()
        else:
            cells = (
                f"{call}:{int(is_filled)}"
                for call, is_filled in zip(text.tobytes().decode().split(), here, strict=True)
            )
            yield "\t".join([f"{row}:{FILLED}", *cells]).encode() + b"\n"


def _vcf_header(haplotypes: Haplotypes | StoredHaplotypes, build: str) -> str:
    lines = [
        "##fileformat=VCFv4.2",
        "##source=artificial-genomes",
        '##FILTER=<ID=PASS,Description="All filters passed">',
        '##FORMAT=<ID=GT,Number=1,Type=String,Description="Phased genotype">',
    ]
    if haplotypes.filled is not None:
        what = "1 where the genotype was missing and was filled in when it was phased"
        lines.append(f'{FILLED_LINE}Description="{what}">')
    for contig in sorted(haplotypes.sites["contig"].unique(), key=contig_key):
        length = contig_length(contig, build)
        lines.append(f"##contig=<ID={contig}{f',length={length}' if length else ''},assembly={build}>")
    lines.append("\t".join([*FIXED_COLUMNS, "FORMAT", *haplotypes.people["sample"]]))
    return "\n".join(lines) + "\n"
