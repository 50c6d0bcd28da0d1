"""Haplotypes from and to the text files in which the authors of the paper share theirs: .hapt and legend.

A .hapt file has one line a haplotype, separated by spaces and without header: a tag ("Real", "AG"), the haplotype's
name (``HG00096_A``, ``HG00096_B``) and one 0 (REF) or 1 (ALT) a site. The legend has one line a site: ``id position
a0 a1``, where the id is ``contig:position_ref_alt``. Source: the data released with
https://doi.org/10.1371/journal.pgen.1009303.
"""

import gzip
import logging
import re
from contextlib import nullcontext
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pandas as pd

from artificial_genomes.cli import whole_output
from artificial_genomes.compressed import opened
from artificial_genomes.errors import UserError
from artificial_genomes.haplotypes import Haplotypes

log = logging.getLogger(__name__)

OTHER_LEGEND = (
    "where the legend has {n_sites} sites. Either the legend belongs to another file or this one is truncated."
)

_LEGEND_COLUMNS = ["id", "position", "a0", "a1"]


def read_hapt(path: str | Path, legend: str | Path) -> Haplotypes:
    """Read a .hapt file and its legend.

    Parameters
    ----------
    path
        The .hapt file: plain, or compressed by gzip, xz or zip (one member).
    legend
        Its legend, likewise.

    Returns
    -------
    Haplotypes
        Sites and haplotypes in the files' order; people without labels. Lines 2i and 2i + 1 are one person, named by
        what stands before ``_A`` and ``_B``, or by the name of the first line where the names have no such endings.

    Raises
    ------
    UserError
        A line with another number of alleles than the legend has sites, characters other than 0 and 1, an odd number
        of haplotypes, a truncated file, a legend without contigs.
    """
    sites = read_legend(legend)
    names, alleles = read_hapt_lines(path, len(sites), OTHER_LEGEND)
    if len(names) % 2:
        raise UserError(f"{path} has {len(names)} haplotypes: two lines are needed for each person.")
    people = pd.DataFrame({"sample": _people(names, path), "population": "", "superpopulation": ""}, dtype=object)
    return Haplotypes(alleles, sites, people)


def read_hapt_lines(path: str | Path, n_sites: int, mismatch: str) -> tuple[list[str], np.ndarray]:
    """Read names and alleles of a .hapt file, however its haplotypes are named and whatever their number.

    Parameters
    ----------
    path
        The .hapt file: see `read_hapt`.
    n_sites
        Number of alleles of every line.
    mismatch
        What to say where a line has more or fewer alleles: a text with {n_sites}, such as `OTHER_LEGEND`.

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
            if len(fields) < 3:
                raise UserError(f"{place}: expected a tag, a name and {n_sites} alleles, separated by spaces.")
            alleles = parse_alleles(fields[2], place)
            if len(alleles) != n_sites:
                raise UserError(f"{place}: {len(alleles)} alleles {mismatch.format(n_sites=n_sites)}")
            names.append(fields[1].decode(errors="replace"))
            rows.append(alleles)
    if not rows:
        raise UserError(f"{path} has 0 haplotypes.")
    return names, np.stack(rows)


def parse_alleles(text: bytes, place: str) -> np.ndarray:
    """Return the alleles, (n,) uint8, of a text such as ``0 1 1``.

    Raises
    ------
    UserError
        Other characters than 0 and 1, or more than a space between them; `place` says where.
    """
    characters = np.frombuffer(text, np.uint8)
    alleles = characters[::2] - ord("0")
    if len(characters) % 2 == 0 or alleles.max() > 1 or (characters[1::2] != ord(" ")).any():
        raise UserError(f"{place}: alleles must be 0 or 1, separated by single spaces.")
    return alleles


def _people(names: list[str], path: str | Path) -> list[str]:
    firsts, seconds = names[::2], names[1::2]
    pairs = [
        (first.removesuffix("_A"), second.removesuffix("_B")) for first, second in zip(firsts, seconds, strict=True)
    ]
    if all(name.endswith("_A") for name in firsts) and all(name.endswith("_B") for name in seconds):
        torn = [person for person, (first, second) in enumerate(pairs) if first != second]
        if torn:
            raise UserError(
                f"{path}, line {2 * torn[0] + 2}: not the second haplotype of the person in the line before."
            )
        people = [first for first, _ in pairs]
    else:
        log.info("%s does not name people (NAME_A, NAME_B): every two lines are taken as one person", path)
        people = firsts
    repeated = pd.Series(people).duplicated()
    if repeated.any():
        raise UserError(
            f"{path} has {int(repeated.sum())} people twice, first in line {2 * int(repeated.argmax()) + 1}."
        )
    return people


def read_legend(path: str | Path, contig: str | None = None) -> pd.DataFrame:
    """Read a legend: a table of sites with contig, position, id, ref and alt, in the file's order.

    Parameters
    ----------
    path
        Plain, or compressed by gzip, xz or zip. Columns after the first four are not used.
    contig
        Contig of the sites whose ids do not say it (rsIDs); None where every id must.

    Raises
    ------
    UserError
        Other columns, positions that are no numbers, ids that do not begin with ``contig:position``.
    """
    with opened(path) as file:
        text = file.read().decode(errors="replace")
    lines = [line.split() for line in text.splitlines() if line.strip()]
    if not lines or lines[0][:4] != _LEGEND_COLUMNS:
        raise UserError(f"{path} is not a legend: its first line must be {' '.join(_LEGEND_COLUMNS)!r}.")
    records = []
    for number, fields in enumerate(lines[1:], start=2):
        is_whole = len(fields) == len(lines[0]) and fields[1].isdecimal()
        contig_of_site = _contig(fields[0], fields[1], contig) if is_whole else None
        if contig_of_site is None:
            raise UserError(f"{path}, line {number}: expected an id like 1:1243896_C_T, then its position and alleles.")
        records.append((contig_of_site, int(fields[1]), fields[0], fields[2], fields[3]))
    if not records:
        raise UserError(f"{path} is a legend without sites.")
    return pd.DataFrame(records, columns=["contig", "position", "id", "ref", "alt"])


def _contig(identifier: str, position: str, otherwise: str | None) -> str | None:
    """Return the contig that an id names, `otherwise` where it names none; None where its position is another one."""
    match = re.match(r"(?!rs\d)([^:]+):(\d+)", identifier)
    if not match:
        return otherwise
    return match[1] if match[2] == position else None


def write_hapt(haplotypes: Haplotypes, path: str | Path, tag: str) -> None:
    """Write haplotypes as a .hapt file, gzipped where the path ends in .gz; equal haplotypes give equal bytes.

    Parameters
    ----------
    tag
        First word of every line: "Real" or "AG" in the authors' files.
    """
    # Two bytes an allele: the digit and a space; the last of a line ends in a new line.
    text = np.full((haplotypes.n_sites, 2), ord(" "), np.uint8)
    text[-1, 1] = ord("\n")
    with (
        whole_output(path) as partial,
        partial.open("wb") as raw,
        _gzipped(raw) if str(path).endswith(".gz") else nullcontext(raw) as file,
    ):
        for row, sample in enumerate(haplotypes.haplotype_labels("sample")):
            text[:, 0] = haplotypes.alleles[row] + ord("0")
            file.write(f"{tag} {sample}_{'AB'[row % 2]} ".encode() + text.tobytes())


def _gzipped(raw: BinaryIO) -> gzip.GzipFile:
    # Without name and time, which would change the bytes from run to run. Level 4 takes a quarter of the time of 6.
    return gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0, compresslevel=4)


def write_legend(haplotypes: Haplotypes, path: str | Path) -> None:
    """Write the legend of a .hapt file: ``id position a0 a1``, with ids of the form ``contig:position_ref_alt``."""
    sites = haplotypes.sites
    lines = [
        f"{site.contig}:{site.position}_{site.ref}_{site.alt} {site.position} {site.ref} {site.alt}"
        for site in sites.itertuples(index=False)
    ]
    with whole_output(path) as partial:
        partial.write_text("\n".join([" ".join(_LEGEND_COLUMNS), *lines]) + "\n", encoding="utf-8")
