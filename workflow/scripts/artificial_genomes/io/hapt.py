"""Reading and writing of haplotypes in the text files that the authors of the paper use: .hapt and legend.

A .hapt file has one line per haplotype, separated by spaces and without header: a tag ("Real", "AG"), the haplotype's
name (``HG00096_A``, ``HG00096_B``) and one 0 (REF) or 1 (ALT) per site. The legend has one line per site: ``id position
a0 a1``, where the id is ``contig:position_ref_alt``. Source: the data released with
https://doi.org/10.1371/journal.pgen.1009303. Legends of IMPUTE have more columns and other ids.
"""

import gzip
import logging
import re
from contextlib import nullcontext
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pandas as pd

from artificial_genomes.core.compressed import opened
from artificial_genomes.core.errors import UserError, counted
from artificial_genomes.core.haplotypes import Haplotypes, StoredHaplotypes
from artificial_genomes.core.program import whole_output
from artificial_genomes.core.regions import contig_in_name
from artificial_genomes.core.text_files import numbered_lines, read_text

log = logging.getLogger(__name__)

OTHER_LEGEND = (
    "but the legend has {n_sites} sites. Either the legend belongs to another file, or this file is truncated."
)

_HAPLOID = (
    " If - stands for the missing second X chromosome of men: only diploid individuals are supported, so leave out "
    "men or chromosome X."
)

_LEGEND_COLUMNS = ["id", "position", "a0", "a1"]
# Names of these columns in existing legends, in lower case.
_LEGEND_SYNONYMS = (("id", "rsid", "rs"), ("position", "pos"), ("a0", "x0"), ("a1", "x1"))
_CHROMOSOME = re.compile(r"(chr)?(\d{1,2}|X|Y|MT?)")
_POSITION_MAX = 2**31 - 1


def read_hapt(path: str | Path, legend: str | Path, contig: str | None = None) -> Haplotypes:
    """Read a .hapt file and its legend.

    Parameters
    ----------
    path
        The .hapt file: plain, or compressed by gzip, xz or zip (one member).
    legend, contig
        Its legend: see `read_legend`.

    Returns
    -------
    Haplotypes
        Sites and haplotypes in the files' order; individuals without labels. Lines 2i and 2i + 1 are one individual,
        named by the part before ``_A`` and ``_B``, or by the first line if no name has such an ending.

    Raises
    ------
    UserError
        A line whose number of alleles differs from the number of sites, characters other than 0 and 1, an odd number
        of haplotypes, lines that do not pair, a truncated file, a legend that `read_legend` refuses.
    """
    sites = read_legend(legend, contig)
    names, alleles = read_hapt_lines(path, len(sites), OTHER_LEGEND)
    if len(names) % 2:
        raise UserError(f"{path} has {len(names)} haplotypes: two lines are needed per individual.")
    people = pd.DataFrame({"sample": _people(names, path), "population": "", "superpopulation": ""}, dtype=object)
    return Haplotypes(alleles, sites, people)


def read_hapt_lines(path: str | Path, n_sites: int, mismatch: str) -> tuple[list[str], np.ndarray]:
    """Read names and alleles of a .hapt file with any names and any number of haplotypes.

    Parameters
    ----------
    path
        The .hapt file: see `read_hapt`.
    n_sites
        Number of alleles of every line.
    mismatch
        Message for a line with more or fewer alleles: a text with {n_sites}, such as `OTHER_LEGEND`.

    Returns
    -------
    names : list of str
    alleles : (n_haplotypes, n_sites) uint8

    Raises
    ------
    UserError
        See `read_hapt`; no haplotypes.
    """
    names: list[str] = []
    rows: list[np.ndarray] = []
    with opened(path) as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            place = f"{path}, line {number}"
            fields = line.rstrip().split(b" ", 2)
            if line.startswith(b"#"):
                raise UserError(f"{place} begins with #. Remove the line, or the #.")
            if len(fields) < 3 or not fields[1]:
                raise UserError(f"{place}: expected a tag, a name and {n_sites} alleles, separated by spaces.")
            alleles = parse_alleles(fields[2], place)
            if len(alleles) != n_sites:
                raise UserError(f"{place}: {len(alleles)} alleles, {mismatch.format(n_sites=n_sites)}")
            names.append(fields[1].decode(errors="replace"))
            rows.append(alleles)
    if not rows:
        raise UserError(f"{path} has no haplotypes.")
    return names, np.stack(rows)


def parse_alleles(text: bytes, place: str) -> np.ndarray:
    """Return the alleles, (n,) uint8, of a text such as ``0 1 1``.

    Raises
    ------
    UserError
        Characters other than 0 and 1, or more than one space between them; `place` says where.
    """
    characters = np.frombuffer(text, np.uint8)
    alleles = characters[::2] - ord("0")
    if len(characters) % 2 == 0 or alleles.max() > 1 or (characters[1::2] != ord(" ")).any():
        raise UserError(
            f"{place}: alleles must be 0 or 1, separated by single spaces.{_HAPLOID if b'-' in text else ''}"
        )
    return alleles


def _people(names: list[str], path: str | Path) -> list[str]:
    paired = [name.endswith(("_A", "_B")) for name in names]
    if any(paired):
        for first in range(0, len(names), 2):
            person = names[first].removesuffix("_A")
            if names[first : first + 2] != [f"{person}_A", f"{person}_B"]:
                raise UserError(
                    f"{path}, line {first + 2}: not the second haplotype of the individual in the line before. Two "
                    "lines, NAME_A and NAME_B, are one individual."
                )
        people = [name.removesuffix("_A") for name in names[::2]]
    else:
        log.info("%s does not name individuals (NAME_A, NAME_B): every two lines are taken as one individual", path)
        people = names[::2]
    repeated = pd.Series(people).duplicated()
    if repeated.any():
        raise UserError(
            f"{path} has {counted(int(repeated.sum()), 'individual')} twice, first in line "
            f"{2 * int(repeated.argmax()) + 1}. Rename or remove them."
        )
    return people


def read_legend(path: str | Path, contig: str | None = None) -> pd.DataFrame:
    """Read a legend: a table of sites with contig, position, id, ref and alt, in the file's order.

    If some ids do not contain the contig (rsIDs), it is taken from the other ids, else from the file's name
    (``..._chr7.legend.gz``), else it is `contig`.

    Parameters
    ----------
    path
        Plain, or compressed by gzip, xz or zip; columns are found by name; only id, position, a0 and a1 are used.
    contig
        Contig of the sites if neither the ids nor the file's name contain it; None if they must.

    Raises
    ------
    UserError
        A column is missing, a row has more or fewer columns than the header, a position is not a whole number from 1 to
        2,147,483,647, both alleles of a site are the same, an id contains a different position, or no contig is known.
    """
    lines = numbered_lines(read_text(path))
    header = lines[0][1].lower().split() if lines else []
    places = [[at for at, name in enumerate(header) if name in names] for names in _LEGEND_SYNONYMS]
    if any(len(found) != 1 for found in places):
        raise UserError(f"{path} is not a legend: its first line must have the columns {', '.join(_LEGEND_COLUMNS)}.")
    records = []
    for number, line in lines[1:]:
        place, fields = f"{path}, line {number}", line.split()
        if line.startswith("#"):
            raise UserError(f"{place} begins with #. Remove the line, or the #.")
        if len(fields) != len(header):
            raise UserError(
                f"{place} has {len(fields)} columns, but the header has {len(header)}. Download or create the file "
                "again."
            )
        identifier, position, ref, alt = (fields[at] for (at,) in places)
        if not re.fullmatch("[0-9]+", position) or not 1 <= int(position) <= _POSITION_MAX:
            raise UserError(f"{place}: the position must be a whole number of base pairs from 1 to {_POSITION_MAX}.")
        if ref == alt:
            raise UserError(f"{place}: a0 and a1 are the same allele. Correct or remove the site.")
        records.append((_contig(identifier, int(position), place), int(position), identifier, ref, alt))
    if not records:
        raise UserError(f"{path} is a legend without sites.")
    sites = pd.DataFrame(records, columns=["contig", "position", "id", "ref", "alt"])
    nameless = sites["contig"].isna()
    if nameless.any():
        others = sites["contig"].dropna().unique()
        known = (others[0] if len(others) == 1 else None) if len(others) else _contig_of_file(path, contig)
        if known is None:
            raise UserError(
                f"{path}, line {lines[1 + int(nameless.argmax())][0]}: expected an id like 1:1243896_C_T, since "
                "neither the other ids nor the file's name (…chr1….legend) give the contig. Rename the legend, or "
                "set a region for the data set."
            )
        sites["contig"] = sites["contig"].fillna(known)
    return sites


def _contig(identifier: str, position: int, place: str) -> str | None:
    """Return the contig in an id; None if there is none, as in `rs1:10:A:C` or the name of a variant."""
    match = re.match(r"([^:]+):(\d+)(_[^_]+_[^_]+$)?", identifier)
    if not match or re.match(r"rs\d", identifier) or not (match[3] or _CHROMOSOME.fullmatch(match[1])):
        return None
    if int(match[2]) != position:
        raise UserError(f"{place}: expected an id like 1:1243896_C_T with the position of the site, {position}.")
    return match[1]


def _contig_of_file(path: str | Path, contig: str | None) -> str | None:
    """Return the contig in a file's name, with or without "chr" like `contig`, or else `contig`."""
    name = contig_in_name(path)
    return contig if name is None or (contig or "").removeprefix("chr") == name else name


def write_hapt(haplotypes: Haplotypes | StoredHaplotypes, path: str | Path, tag: str) -> None:
    """Write haplotypes as a .hapt file, gzipped if the path ends in .gz; equal haplotypes give equal bytes.

    Parameters
    ----------
    tag
        First word of every line: "Real" or "AG" in the authors' files.
    """
    # Two bytes per allele: the digit and a space; the last of a line is followed by a newline.
    text = np.full((haplotypes.n_sites, 2), ord(" "), np.uint8)
    text[-1, 1] = ord("\n")
    with (
        whole_output(path) as partial,
        partial.open("wb") as raw,
        _gzipped(raw) if str(path).endswith(".gz") else nullcontext(raw) as file,
    ):
        names = (f"{sample}_{end}" for sample in haplotypes.people["sample"] for end in "AB")
        rows = (row for block in haplotypes.haplotype_rows() for row in block)
        for name, alleles in zip(names, rows, strict=True):
            np.add(alleles, ord("0"), out=text[:, 0])
            file.write(f"{tag} {name} ".encode() + text.tobytes())


def _gzipped(raw: BinaryIO) -> gzip.GzipFile:
    # Without name and time, which would change the bytes from run to run. Level 4 takes a quarter of the time of level
    # 6.
    return gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0, compresslevel=4)


def write_legend(haplotypes: Haplotypes | StoredHaplotypes, path: str | Path) -> None:
    """Write the legend of a .hapt file: ``id position a0 a1``, with ids of the form ``contig:position_ref_alt``."""
    sites = haplotypes.sites
    lines = [
        f"{site.contig}:{site.position}_{site.ref}_{site.alt} {site.position} {site.ref} {site.alt}"
        for site in sites.itertuples(index=False)
    ]
    with whole_output(path) as partial:
        partial.write_text("\n".join([" ".join(_LEGEND_COLUMNS), *lines]) + "\n", encoding="utf-8")
