"""Haplotypes from and to the text files of IMPUTE2 and its kin: .hap, legend and .haps.

A .hap file has one line a site and one column a haplotype, 0 (a0) or 1 (a1), separated by spaces, without header; two
columns after each other are a person. The legend names the sites, in the same order: ``id position a0 a1``. A .haps
file has both: contig, id, position, a0, a1 and the haplotypes in every line. Source:
https://mathgen.stats.ox.ac.uk/impute/input_file_options.html.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from artificial_genomes.cli import whole_output
from artificial_genomes.compressed import opened
from artificial_genomes.errors import UserError
from artificial_genomes.haplotypes import Haplotypes
from artificial_genomes.hapt import parse_alleles, read_legend, write_legend


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
        Lines of different lengths, characters other than 0 and 1, another number of lines than the legend has sites, a
        truncated file, a legend that `read_legend` refuses.
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
                    f"{hap}, line {number}: {len(alleles)} alleles where the lines before have {len(rows[0])}: damaged."
                    " Fetch or write it again."
                )
            rows.append(alleles)
    if len(rows) != len(sites):
        raise UserError(
            f"{hap} has {len(rows)} lines, one a site, where {legend} has {len(sites)} sites. "
            "Either they belong to different files or one of them is truncated."
        )
    return np.ascontiguousarray(np.stack(rows).T), sites


def read_impute_people(hap: str | Path, legend: str | Path, samples: str | Path) -> Haplotypes:
    """Read haplotypes in the format of IMPUTE with the names of their people.

    Parameters
    ----------
    hap, legend
        See `read_impute`.
    samples
        The sample file of IMPUTE (its first column; a header that begins with "sample", "ID_1" or "IID", and the line
        of zeros after the latter two, are known), or a list of names, one a line.

    Raises
    ------
    UserError
        See `read_impute`; other numbers of people, or names that are there twice.
    """
    alleles, sites = read_impute(hap, legend)
    names = _sample_names(samples)
    if alleles.shape[0] != 2 * len(names):
        raise UserError(
            f"{hap} has {alleles.shape[0]} columns, two a person, where {samples} names {len(names)} people. "
            "Do they belong together?"
        )
    repeated = pd.Series(names).duplicated()
    if repeated.any():
        raise UserError(f"{samples} has {int(repeated.sum())} names of people twice. Rename or remove them.")
    people = pd.DataFrame({"sample": names, "population": "", "superpopulation": ""}, dtype=object)
    return Haplotypes(alleles, sites, people)


def _sample_names(path: str | Path) -> list[str]:
    with opened(path) as file:
        rows = [line.split() for line in file.read().decode(errors="replace").splitlines() if line.strip()]
    if rows and rows[0][0].lower() in ("sample", "id_1", "iid"):
        rows = rows[1:]
        if rows and set(rows[0][:3]) == {"0"}:
            rows = rows[1:]
    if not rows:
        raise UserError(f"{path} names no people: expected a sample file of IMPUTE, or one name a line.")
    return [row[0] for row in rows]


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
