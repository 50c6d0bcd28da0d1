"""Reading and writing of haplotypes in the text files of IMPUTE2 and related programs: .hap, legend and .haps.

A .hap file has one line per site and one column per haplotype, 0 (a0) or 1 (a1), separated by spaces, without header;
two consecutive columns are one individual. The legend names the sites, in the same order: ``id position a0 a1``. A
.haps file has both: contig, id, position, a0, a1 and the haplotypes in every line. Source:
https://mathgen.stats.ox.ac.uk/impute/input_file_options.html.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from artificial_genomes.core.compressed import opened
from artificial_genomes.core.errors import UserError, counted
from artificial_genomes.core.haplotypes import Haplotypes
from artificial_genomes.core.program import whole_output
from artificial_genomes.core.text_files import numbered_lines, read_text
from artificial_genomes.io.hapt import parse_alleles, read_legend, write_legend

# First columns of sample files, and the columns that name individuals; the first in a header is used.
_SAMPLE_HEADERS = ("sample", "id", "id_1", "iid", "fid")
_NAME_COLUMNS = ("id_2", "iid", "sample", "id", "id_1")
_COLUMN_TYPES = {"0", "D", "C", "P", "B"}


def read_impute(hap: str | Path, legend: str | Path, contig: str | None = None) -> tuple[np.ndarray, pd.DataFrame]:
    """Read haplotypes in the format of IMPUTE and their legend.

    Parameters
    ----------
    hap
        The .hap file: plain, or compressed by gzip, xz or zip (one member).
    legend, contig
        Its legend: see `read_legend`.

    Returns
    -------
    alleles : (n_haplotypes, n_sites) uint8
        0 = REF (a0), 1 = ALT (a1).
    sites : DataFrame
        contig, position, id, ref, alt, in the files' order.

    Raises
    ------
    UserError
        Lines of different lengths, characters other than 0 and 1, a number of lines that differs from the number of
        sites, a truncated file, a legend that `read_legend` refuses.
    """
    sites = read_legend(legend, contig)
    rows: list[np.ndarray] = []
    with opened(hap) as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            alleles = parse_alleles(line.strip(), f"{hap}, line {number}")
            if rows and len(alleles) != len(rows[0]):
                raise UserError(
                    f"{hap}, line {number}: {len(alleles)} alleles, but the lines before have {len(rows[0])}: the "
                    "file is damaged. Download or create it again."
                )
            rows.append(alleles)
    if len(rows) != len(sites):
        turned = rows and len(rows[0]) == len(sites)
        raise UserError(
            f"{hap} has {len(rows)} lines (one per site), but {legend} has {len(sites)} sites. "
            + (
                "The number of columns would match: if each line is a haplotype, put a tag and a name before it "
                "(.hapt)."
                if turned
                else "Either they belong to different data, or one of them is truncated."
            )
        )
    return np.ascontiguousarray(np.stack(rows).T), sites


def read_impute_people(
    hap: str | Path, legend: str | Path, samples: str | Path, contig: str | None = None
) -> Haplotypes:
    """Read haplotypes in the format of IMPUTE with the names of their individuals.

    Parameters
    ----------
    hap, legend, contig
        See `read_impute`.
    samples
        A sample file of IMPUTE, SHAPEIT (whose ID_2 names individuals, and ID_1 families), bcftools or PLINK 2, or a
        list of names, one per line.

    Raises
    ------
    UserError
        See `read_impute`; different numbers of individuals, duplicate names, a sample file with an unknown header.
    """
    alleles, sites = read_impute(hap, legend, contig)
    names = _sample_names(samples)
    if alleles.shape[0] != 2 * len(names):
        raise UserError(
            f"{hap} has {alleles.shape[0]} columns (two per individual), but {samples} names {len(names)} "
            "individuals. Use files that belong together."
        )
    repeated = pd.Series(names).duplicated()
    if repeated.any():
        raise UserError(f"{samples} names {counted(int(repeated.sum()), 'individual')} twice. Rename or remove them.")
    people = pd.DataFrame({"sample": names, "population": "", "superpopulation": ""}, dtype=object)
    return Haplotypes(alleles, sites, people)


def _sample_names(path: str | Path) -> list[str]:
    lines = [(number, line.split()) for number, line in numbered_lines(read_text(path))]
    if not lines:
        raise UserError(f"{path} names no individuals: expected a sample file of IMPUTE, or one name per line.")
    header = [name.lower().lstrip("#") for name in lines[0][1]]
    column, n_columns = 0, 1
    names = [header.index(name) for name in _NAME_COLUMNS if header.count(name) == 1]
    if header[0] in _SAMPLE_HEADERS and names:
        column, n_columns = names[0], len(header)
        (number, first), lines = lines[0], lines[1:]
        if any(fields == first for _, fields in lines):
            raise UserError(f"{path} repeats the header in line {number}. Remove that line.")
        if "missing" in header:
            if not lines or len(lines[0][1]) != n_columns or not set(lines[0][1]) <= _COLUMN_TYPES:
                raise UserError(
                    f"{path}: the line after the header must give the types of the {n_columns} columns, such as 0 0 "
                    "0 D. Create the file again."
                )
            lines = lines[1:]
    for number, fields in lines:
        if len(fields) != n_columns or fields[0].startswith("#"):
            raise UserError(
                f"{path}, line {number}: expected {n_columns} column{'s' if n_columns > 1 else ''}, found {len(fields)}"
                f"{', beginning with #' if fields[0].startswith('#') else ''}. Use one name per line, or a table "
                f"whose first column is {', '.join(_SAMPLE_HEADERS)} (in either case)."
            )
    return [fields[column] for _, fields in lines]


def write_impute(haplotypes: Haplotypes, hap: str | Path, legend: str | Path) -> None:
    """Write a .hap file and its legend, uncompressed."""
    write_legend(haplotypes, legend)
    with whole_output(hap) as partial, partial.open("wb") as file:
        for alleles in haplotypes.alleles.T:
            file.write(_allele_text(alleles))


def write_known_haplotypes(haplotypes: Haplotypes, path: str | Path) -> None:
    """Write a .haps file, as SHAPEIT writes it and IMPUTE2 reads it under -known_haps_g."""
    with whole_output(path) as partial, partial.open("wb") as file:
        for site, alleles in zip(haplotypes.sites.itertuples(index=False), haplotypes.alleles.T, strict=True):
            file.write(
                f"{site.contig} {site.id} {site.position} {site.ref} {site.alt} ".encode() + _allele_text(alleles)
            )


def _allele_text(alleles: np.ndarray) -> bytes:
    """Return alleles, (n,) uint8, as a line of digits with spaces between them."""
    text = np.full((len(alleles), 2), ord(" "), np.uint8)
    text[:, 0] = alleles + ord("0")
    text[-1, 1] = ord("\n")
    return text.tobytes()
