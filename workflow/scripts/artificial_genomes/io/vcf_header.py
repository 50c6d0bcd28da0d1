"""Headers of VCF and BCF files: their lines, samples and contigs."""

import codecs
import os
import re
from pathlib import Path
from typing import BinaryIO

import pandas as pd

from artificial_genomes.core.compressed import opened
from artificial_genomes.core.errors import UserError, counted
from artificial_genomes.core.sites import CONTIG_LENGTHS, contig_length
from artificial_genomes.io.tabix import BLOCK_END

BCF = b"BCF\x02"
FIXED_COLUMNS = ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO"]
FILLED = "FILLED"
"""FORMAT field of genotypes that were filled in by phasing."""

FILLED_LINE = f"##FORMAT=<ID={FILLED},Number=1,Type=Integer,"
_GZIP = b"\x1f\x8b"
_LINE_BYTES_MAX = 1 << 20


def read_header(path: Path) -> list[str]:
    """Return the lines of the header; the last one lists the samples.

    The header is not read by htslib, which crashes on some broken headers and only warns about some truncated files.
    """
    with path.open("rb") as file:
        start = file.read(18)
        if start[:2] == _GZIP and start[12:14] == b"BC":
            file.seek(max(0, os.path.getsize(path) - len(BLOCK_END)))
            if file.read() != BLOCK_END:
                raise UserError(
                    f"{path} is truncated: it lacks the block that ends every bgzip file. Download or create it again."
                )
    try:
        with opened(path) as file:
            lines = _header_lines(file)
    except UserError as error:
        advice = "Correct the path, or download or create the file again."
        raise UserError(f"{path} is not a VCF, or its header is truncated or damaged. {advice}") from error
    if lines is None:
        raise UserError(f"{path} is not a VCF: it does not begin with ##fileformat=VCF.")
    columns = lines[-1].split("\t")
    if columns[:8] != FIXED_COLUMNS or columns[8:9] not in ([], ["FORMAT"]):
        raise UserError(
            f"{path} has no tab-separated line #CHROM POS ID … after its header: it is incomplete. Download or "
            "create it again."
        )
    return lines


def _header_lines(file: BinaryIO) -> list[str] | None:
    first = file.readline(_LINE_BYTES_MAX).removeprefix(codecs.BOM_UTF8)
    if first.startswith(BCF):
        length = int.from_bytes(first[5:9].ljust(4, b"\0"), "little")
        text = (first[9:] + file.read(max(0, length - len(first[9:]))))[:length]
        return text.rstrip(b"\0\n").decode(errors="replace").splitlines() or [""]
    if not first.startswith(b"##fileformat=VCF"):
        return None
    lines = [first]
    for line in file:
        if not line.startswith(b"#"):
            break
        lines.append(line)
        if not line.startswith(b"##"):
            break
    return [line.rstrip(b"\r\n").decode(errors="replace") for line in lines]


def samples_of(header: list[str], path: Path) -> list[str]:
    samples = header[-1].split("\t")[9:]
    if not samples:
        raise UserError(f"{path} has no samples: genotypes of individuals are needed, not a list of sites.")
    foreign = next((number for number, name in enumerate(samples, start=1) if "\ufffd" in name), None)
    if foreign:
        raise UserError(
            f"{path}: the name in sample column {foreign} is not UTF-8. Convert the header (bcftools reheader)."
        )
    repeated = pd.Series(samples).duplicated()
    if repeated.any():
        raise UserError(
            f"{path} has {counted(int(repeated.sum()), 'sample name')} twice, first in sample column "
            f"{int(repeated.argmax()) + 1}. Rename or remove them (bcftools reheader)."
        )
    return samples


def check_same_samples(first: list[str], second: list[str], first_path: str | Path, path: Path) -> None:
    if first == second:
        return
    if sorted(first) == sorted(second):
        raise UserError(
            f"{path} has the samples of {first_path} in a different order. Use the same order (bcftools view -S)."
        )
    missing, extra = len(set(first) - set(second)), len(set(second) - set(first))
    raise UserError(
        f"{path} has different samples from {first_path}: {missing} are missing, {extra} are new. The files of a "
        "cohort must contain different sites of the same individuals."
    )


def contig_lengths(header: list[str]) -> dict[str, int | None]:
    """Return the contigs that a header declares and their lengths; None for an undeclared length."""
    lengths = {}
    for line in header:
        if line.startswith("##contig=<") and (name := re.search(r"[<,]ID=([^,>]+)", line)):
            length = re.search(r"[<,]length=(\d+)", line)
            lengths[name[1]] = int(length[1]) if length else None
    return lengths


def check_contig_lengths(header: list[str], build: str, path: Path) -> bool:
    """Check that no contig has the length of another build; other lengths are invented by tools and are ignored.

    Returns
    -------
    bool
        Whether a contig has its length in the build.
    """
    lengths = contig_lengths(header)
    for contig, length in lengths.items():
        expected = contig_length(contig, build)
        others = [other for other in CONTIG_LENGTHS if length == contig_length(contig, other)]
        if None not in (length, expected) and length != expected and others:
            raise UserError(
                f"{path} is not {build}: in its header, contig {contig} has {length} bp, its length in {others[0]}; "
                f"{build} has {expected}. Check the build of the cohort."
            )
    return any(length is not None and length == contig_length(contig, build) for contig, length in lengths.items())


def unreadable_header(path: Path) -> UserError:
    return UserError(
        f"{path} is truncated or damaged, or its header cannot be read by htslib. Download or create it again; "
        "`bcftools view -h` shows what is wrong."
    )
