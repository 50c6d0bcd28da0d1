"""The rows of VCF and BCF files, of all sites or of regions: their text checked, then read by htslib."""

import contextlib
import itertools
import logging
import multiprocessing
import os
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, TypeVar

import cyvcf2
import numpy as np

from artificial_genomes.core.compressed import opened
from artificial_genomes.core.errors import UserError
from artificial_genomes.core.regions import Region
from artificial_genomes.core.sites import NO_POSITION, ROWS_READ, checked_position
from artificial_genomes.io.tabix import DamagedError, TabixIndex, blocks_of, lines_of_blocks, parse_index
from artificial_genomes.io.vcf_header import BCF, FIXED_COLUMNS, contig_lengths, unreadable_header

log = logging.getLogger(__name__)

# VCF specification, section 1.4.7.
_CONTIG_NAME = re.compile(rb"[0-9A-Za-z!#$%&+./:;?@^_|~-][0-9A-Za-z!#$%&*+./:;=?@^_|~-]*")
_BYTES_SHOWN = 20
_TAB = ord("\t")
# A phased genotype, "0|0" and a tab, as a number of four bytes; the bits by which the others differ from it.
_GENOTYPE = np.frombuffer(b"0|0\t", np.uint32)[0]
_ALLELES = np.frombuffer(b"\1\0\1\0", np.uint32)[0]
_Item = TypeVar("_Item")


@dataclass
class RowTally:
    """Counts while rows are read: rows by outcome and by region, and contigs."""

    rows: Counter = field(default_factory=Counter)
    contigs: set[str] = field(default_factory=set)
    regions: Counter[Region] = field(default_factory=Counter)


Record = tuple[cyvcf2.Variant, np.ndarray | None]
"""A row, and its alleles (n_haplotypes,) uint8 if it holds nothing but phased genotypes of REF and the first ALT. The
other columns of such a row are then all that htslib has parsed."""


def records_of(path: Path, header: list[str], regions: Sequence[Region], tally: RowTally) -> Iterator[Record]:
    """Yield the rows of a file whose position lies in one of the regions; without regions, all rows.

    htslib parses single rows of text but does not read the file itself: it treats lines that begin with # as rows or as
    the end of the file, crashes on some of them, and does not number lines.
    """
    if _is_bcf(path):
        rows = ((record.CHROM, record.POS, record) for record in _sound(_opened_bcf(path), path))
        yield from ((record, None) for record in _within(regions, rows, tally))
        return
    parse = _Parser(path, header)
    index = _index(path) if regions else None
    if index is None:
        yield from map(parse, _within(regions, _rows(path, header), tally))
        return
    tally.contigs |= index.keys()
    for region in regions:
        if region.contig in index:
            yield from map(parse, _within([region], _rows_of_stretch(path, header, region, index), tally))


def _within(regions: Sequence[Region], rows: Iterable[tuple[str, int, _Item]], tally: RowTally) -> Iterator[_Item]:
    """Yield the rows whose contig and position lie in one of the regions, and count them."""
    of_contig: dict[str, list[Region]] = {}
    for region in regions:
        of_contig.setdefault(region.contig, []).append(region)
    for contig, position, item in rows:
        tally.contigs.add(contig)
        if position == 0:
            tally.rows[ROWS_READ] += 1
            tally.rows[NO_POSITION] += 1
            continue
        if regions:
            inside = (region for region in of_contig.get(contig, ()) if region.start <= position <= region.end)
            region = next(inside, None)
            if region is None:
                continue
            tally.regions[region] += 1
        yield item


class _Row(NamedTuple):
    """A row of a VCF as text, with its number of columns and its place."""

    contig: str
    position: int
    text: bytes
    place: str


def _rows(path: Path, header: list[str]) -> Iterator[tuple[str, int, _Row]]:
    """Yield contig, position and text of all rows of a VCF.

    Raises
    ------
    UserError
        A line that is not a row of the VCF, see `_row`; an empty line that is not the last.
    """
    n_columns, empty = header[-1].count("\t") + 1, 0
    for number, line in _numbered_lines(path, len(header)):
        if not line or line.isspace():
            empty = empty or number
            continue
        if empty:
            raise UserError(f"{path}, line {empty} is empty, but rows follow. Remove the line.")
        row = _row(line, f"{path}, line {number}", n_columns)
        yield row.contig, row.position, row


def _numbered_lines(path: Path, n_header: int) -> Iterator[tuple[int, bytes]]:
    number = n_header
    try:
        with opened(path) as file:
            for line in itertools.islice(file, n_header, None):
                number += 1
                yield number, line
    except UserError as error:
        raise UserError(
            f"{path} cannot be read beyond line {number}: truncated or damaged. Download or create it again."
        ) from error


def _rows_of_stretch(
    path: Path, header: list[str], region: Region, index: Mapping[str, TabixIndex]
) -> Iterator[tuple[str, int, _Row]]:
    """Yield the rows between the offsets that an index gives for a region, including some before and after it.

    Raises
    ------
    UserError
        A line that is not a row, see `_row`; another contig or descending positions, which contradict the index.
    """
    n_columns, last = header[-1].count("\t") + 1, 0
    start, end = index[region.contig].stretch(region)
    try:
        with path.open("rb") as file:
            for line in lines_of_blocks(blocks_of(file, start >> 16, end >> 16), start, end):
                row = _row(line, f"{path}, the row after {region.contig}:{last}", n_columns)
                if row.contig != region.contig or row.position < last:
                    raise UserError(
                        f"{path} has {row.contig}:{row.position} after {region.contig}:{last}, so its index belongs "
                        "to another file. Index the file again (tabix --preset vcf)."
                    )
                last = row.position
                yield row.contig, row.position, row
    except DamagedError as error:
        raise UserError(
            f"{path} cannot be read beyond {region.contig}:{last}: truncated or damaged. Download or create it again."
        ) from error


def _row(line: bytes, place: str, n_columns: int) -> _Row:
    """Return a row of a VCF whose line has been checked.

    Raises
    ------
    UserError
        A second header or a comment, a number of columns that differs from the header's, no contig or no position.
    """
    text = line.rstrip(b"\r\n")
    if text.startswith((b"##", b"#CHROM")):
        raise UserError(
            f"{place} is a second header: VCFs cannot be concatenated with cat. Use bcftools concat, or list the "
            "files under vcf."
        )
    if text.startswith(b"#"):
        raise UserError(f"{place} begins with # among the rows. Remove the line.")
    # Three times as fast as bytes.count for many columns.
    columns = int(np.count_nonzero(np.frombuffer(text, np.uint8) == _TAB)) + 1
    if columns != n_columns:
        raise _damaged_row(place, f"has {columns} columns, but the header has {n_columns}")
    first = text.index(b"\t")
    contig, position = text[:first], text[first + 1 : text.index(b"\t", first + 1)]
    if not _CONTIG_NAME.fullmatch(contig):
        raise _damaged_row(place, f"begins with {_shown(contig)}, which is not a contig")
    if not position.isdigit():
        raise _damaged_row(place, f"has {_shown(position)} as POS, which is not a position")
    return _Row(contig.decode(), checked_position(int(position), place), text, place)


def _damaged_row(place: str, what: str) -> UserError:
    return UserError(f"{place} {what}: truncated or damaged. Download or create it again.")


def _shown(text: bytes) -> str:
    return repr(text[:_BYTES_SHOWN].decode(errors="replace"))


class _Parser:
    """Turns the rows of a VCF from text into records, by htslib.

    Rows of phased genotypes alone are most rows of large files. Their genotypes are read from the text, several times
    as fast, and htslib parses the columns before them.
    """

    def __init__(self, path: Path, header: list[str]):
        of_sites = [*header[:-1], "\t".join(FIXED_COLUMNS)]
        try:
            self._parser, self._parser_of_sites = (
                cyvcf2.Writer.from_string(os.devnull, "\n".join(lines) + "\n") for lines in (header, of_sites)
            )
        except Exception as error:  # cyvcf2 has no narrower class
            raise unreadable_header(path) from error
        self._contigs = set(contig_lengths(header))
        self._n_people = header[-1].count("\t") - len(FIXED_COLUMNS)
        self._has_leading_phase = False
        if not any(line.startswith("##FORMAT=<ID=GT,") for line in header):
            self._parser.add_to_header('##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">')

    def __call__(self, row: _Row) -> Record:
        if row.contig not in self._contigs:
            for parser in (self._parser, self._parser_of_sites):
                parser.add_to_header(f"##contig=<ID={row.contig}>")
            self._contigs.add(row.contig)
        *fixed, what, genotypes = row.text.split(b"\t", len(FIXED_COLUMNS) + 1)
        if what == b"GT" and (alleles := _phased_alleles(genotypes, self._n_people)) is not None:
            try:
                return self._parser_of_sites.variant_from_string(b"\t".join(fixed).decode()), alleles
            except Exception as error:  # as above
                raise _unreadable(row) from error
        return self._parsed(row), None

    def _parsed(self, row: _Row) -> cyvcf2.Variant:
        text = _without_leading_phase(row.text) if self._has_leading_phase else row.text
        try:
            return self._parser.variant_from_string(text.decode())
        except Exception as error:  # as above
            if not self._has_leading_phase and _without_leading_phase(text) != text:
                self._has_leading_phase = True
                return self._parsed(row)
            raise _unreadable(row) from error


def _unreadable(row: _Row) -> UserError:
    return _damaged_row(row.place, f"({row.contig}:{row.position}) has a field that cannot be read")


def _phased_alleles(genotypes: bytes, n_people: int) -> np.ndarray | None:
    """Return the alleles, (2 * n_people,) uint8, of text like ``0|1`` and a tab per person; None of any other text."""
    if len(genotypes) != 4 * n_people - 1:
        return None
    text = np.frombuffer(genotypes + b"\t", np.uint8)
    if ((text.view(np.uint32) & ~_ALLELES) != _GENOTYPE).any():
        return None
    return text[::2] & 1


def _without_leading_phase(row: bytes) -> bytes:
    """Return a row without the phase of first alleles, such as in |0|1, which VCF 4.4 allows and htslib cannot parse.

    A genotype whose first allele is marked as unphased (/0|1) becomes unphased.
    """
    *fixed, genotypes = row.split(b"\t", len(FIXED_COLUMNS) + 1)
    unphased = re.sub(rb"(?<=\t)/([^\t:|]*)\|", rb"/\1/", b"\t" + genotypes)
    return b"\t".join(fixed) + re.sub(rb"(?<=\t)[|/](?=[0-9.])", b"", unphased)


def _is_bcf(path: Path) -> bool:
    with opened(path) as file:
        return file.read(len(BCF)) == BCF


def _opened_bcf(path: Path) -> cyvcf2.VCF:
    # htslib ends the process silently if the type of genotypes is damaged, so another process reads them first.
    trial = multiprocessing.get_context("fork").Process(target=_read_through, args=(path,))
    trial.start()
    trial.join()
    if trial.exitcode:
        raise UserError(f"{path} has genotypes that htslib cannot read: it is damaged. Download or create it again.")
    try:
        return cyvcf2.VCF(str(path))
    except Exception as error:  # as above
        raise unreadable_header(path) from error


def _read_through(path: Path) -> None:
    """Read the genotypes of a BCF, at most up to the first that cannot be read."""
    with contextlib.suppress(Exception):
        for record in cyvcf2.VCF(str(path)):
            record.genotype.array()


def _sound(rows: Iterable[cyvcf2.Variant], path: Path) -> Iterator[cyvcf2.Variant]:
    """Yield the records of a BCF up to the first that cannot be read, which raises a `UserError`."""
    rows, last = iter(rows), "the header"
    while True:
        try:
            record = next(rows)
            place = f"{record.CHROM}:{record.POS}"
            if record.POS < 0 or not _CONTIG_NAME.fullmatch(record.CHROM.encode()):
                raise UserError(f"{place} is not a position")
            checked_position(record.POS, place)
            # Damaged text fails when it is asked for.
            _ = record.ID, record.REF, record.ALT
        except StopIteration:
            return
        except Exception as error:  # as above
            raise UserError(
                f"{path} cannot be read beyond {last}: truncated or damaged. "
                "Fetch or write it again; `bcftools view` shows where it breaks."
            ) from error
        last = place
        yield record


def _index(path: Path) -> dict[str, TabixIndex] | None:
    """Return the index next to a VCF, by contig; None if none matches the current file.

    An index of another version of the file would hide rows. Therefore no index is used if any of them is older than the
    file, since file times may be wrong for the others, too, or if rows lie before its start or after its end.
    """
    indexes = [path.with_name(path.name + ending) for ending in (".tbi", ".csi")]
    indexes = [index for index in indexes if index.exists()]
    if any(index.stat().st_mtime < path.stat().st_mtime for index in indexes):
        log.info("%s is newer than its index: reading the whole file", path)
        return None
    for index in indexes:
        try:
            contigs = parse_index(index.read_bytes())
            if contigs and _holds_all_rows(path, contigs.values()):
                return contigs
        except (DamagedError, OSError):
            pass
        log.info("%s does not match the current %s: not used", index, path.name)
    return None


def _holds_all_rows(path: Path, contigs: Collection[TabixIndex]) -> bool:
    """Return whether all rows of a bgzipped VCF lie between the ends of its index."""
    start, end = min(contig.start for contig in contigs), max(contig.end for contig in contigs)
    with path.open("rb") as file:
        before = lines_of_blocks(blocks_of(file, 0, start >> 16), 0, start)
        if not all(line.startswith(b"#") for line in before):
            return False
        after = lines_of_blocks(blocks_of(file, end >> 16, path.stat().st_size), end, None)
        return not any(line.strip() for line in after)
