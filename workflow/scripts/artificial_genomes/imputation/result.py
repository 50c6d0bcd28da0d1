"""Results of imputation programs: joined under a clean header, read, checked."""

import gzip
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cyvcf2
import numpy as np
import pandas as pd
import pysam

from artificial_genomes.core.errors import UserError
from artificial_genomes.core.haplotypes import SITE_COLUMNS
from artificial_genomes.core.same_sites import check_same_sites

QUALITIES = ("DR2", "R2", "INFO")
"""INFO keys of the programs' own estimates of a site's quality."""

_LEFT_OUT = ("##filedate=", "##contig=", "##imputation=")


@dataclass(frozen=True)
class Imputed:
    """The result of an imputation program for some individuals.

    Attributes
    ----------
    dosages : (n_people, n_sites) float64
        Expected number of ALT alleles, 0 to 2.
    quality : (n_sites,) float64
        The program's own estimate of the squared correlation between dosage and truth: Beagle's DR2, Minimac4's R2,
        INFO of IMPUTE. NaN if it gives none.
    genotypes : (n_people, n_sites) int8
        Number of ALT alleles of the program's best-guess genotype.
    """

    dosages: np.ndarray
    quality: np.ndarray
    genotypes: np.ndarray


def read_imputed(path: str | Path, sites: pd.DataFrame, samples: Sequence[str]) -> Imputed:
    """Read an imputed VCF (FORMAT GT and DS, INFO with one of `QUALITIES`) and check that it is complete.

    Raises
    ------
    UserError
        The file is not a VCF, lacks dosages or genotypes, or has other sites or individuals than expected.
    """
    rows, dosages, quality, genotypes = [], [], [], []
    try:
        reader = cyvcf2.VCF(str(path), gts012=True)
    except Exception as error:  # cyvcf2 raises OSError or a bare Exception
        raise UserError(f"the imputed genotypes are not a VCF ({error}). Check the program.") from error
    if list(reader.samples) != list(samples):
        raise UserError("the imputed genotypes are not of the individuals to impute. Check the program.")
    key = next((key for key in QUALITIES if f"##INFO=<ID={key}," in reader.raw_header), None)
    if key is None:
        raise UserError(f"the imputed genotypes have no quality (INFO {', '.join(QUALITIES)}).")
    for record in reader:
        place = f"{record.CHROM}:{record.POS}"
        rows.append((record.CHROM, record.POS, record.ID, record.REF, ",".join(record.ALT)))
        dosage = record.format("DS")
        if dosage is None or not np.isfinite(dosage).all():
            raise UserError(f"the imputed genotypes have no dosages (FORMAT DS) at {place}.")
        if (record.gt_types > 2).any():
            raise UserError(f"the imputed genotypes are missing (FORMAT GT) at {place}.")
        dosages.append(dosage[:, 0])
        genotypes.append(record.gt_types.astype(np.int8))
        quality.append(record.INFO.get(key, np.nan))
    reader.close()
    check_same_sites(pd.DataFrame(rows, columns=SITE_COLUMNS), sites, "the imputed VCF")
    return Imputed(
        np.array(dosages, dtype=np.float64).T, np.array(quality, dtype=np.float64), np.array(genotypes, dtype=np.int8).T
    )


def join_vcfs(sources: Sequence[Path], destination: Path, contigs: Sequence[str], program: str) -> None:
    """Copy the rows of gzipped VCFs, one after the other, into a bgzipped one, with the header of the first that has
    one.

    Dates are left out of the header, so that equal results have equal bytes.

    Parameters
    ----------
    contigs
        Contig lines that replace those of the header.
    program
        Name and version of the program, for the line ``##imputation``.

    Raises
    ------
    UserError
        A source is truncated or not a gzipped VCF.
    """
    with pysam.BGZFile(str(destination), "wb") as file:
        for line in next(filter(None, (header_lines(source, "#") for source in sources)), []):
            if line.startswith("#CHROM"):
                file.write("".join([*contigs, f"##imputation={program}\n"]).encode())
            if not line.lower().startswith(_LEFT_OUT):
                file.write(line.encode())
        for source in sources:
            for line in _lines(source):
                if not line.startswith("#"):
                    file.write(line.encode())


def header_lines(path: Path, start: str) -> list[str]:
    """Return the header lines of a gzipped VCF that start with a given text."""
    lines = []
    for line in _lines(path):
        if not line.startswith("#"):
            break
        if line.startswith(start):
            lines.append(line)
    return lines


def _lines(path: Path) -> Iterator[str]:
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            yield from lines
    except (EOFError, gzip.BadGzipFile, UnicodeDecodeError) as error:
        raise UserError(
            f"the genotypes in {path.name} are truncated or not a gzipped VCF ({error}). Run again."
        ) from error
