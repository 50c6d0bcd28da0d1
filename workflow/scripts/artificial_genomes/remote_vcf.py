"""Stretches of a large VCF on a server: only the blocks that hold them are fetched.

A bgzipped VCF consists of blocks of at most 64 kB that can be unpacked one by one; its index (tabix) says in which of
them the records of a stretch of the genome lie. Sources: the SAM specification, section 4.1 (BGZF), and the tabix
format, https://samtools.github.io/hts-specs/tabix.pdf. Blocks carry a checksum, so that damage on the way is noticed.
"""

import hashlib
import itertools
import logging
import shutil
import struct
import zlib
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pysam
import requests

from artificial_genomes.cli import take_name, whole_outputs
from artificial_genomes.downloads import FailedError, fetch_part, fetch_whole, from_first
from artificial_genomes.errors import UserError
from artificial_genomes.regions import Region, contig_key

log = logging.getLogger(__name__)

GAP_BP = 16_384
"""Regions that lie nearer to each other than this, a bin of the index, are read in one go."""

# What is asked for at once: much of a long region, little where one site may be found soon.
_PART_BYTES = 4_000_000
_SHORT_PART_BYTES = 32_768
_SHORT_BP = 100_000
# Blocks of genotypes are mostly smaller than this, and never larger than that.
_USUAL_BLOCK_BYTES = 4096
_BLOCK_BYTES = 65_536
_BLOCK_START = struct.Struct("<4s6xH2sHH")
# First bin of a level, and the size of its bins (bp, a power of 2); smallest bins first.
_LEVELS = ((4681, 14), (585, 17), (73, 20), (9, 23), (1, 26), (0, 29))
_N_BINS = 37449


class _DamagedError(FailedError):
    """What was fetched cannot be used and must be fetched anew."""


@dataclass(frozen=True)
class TabixIndex:
    """What a tabix index says of one contig.

    A place in the file is a virtual offset: the start of a block, times 65,536, plus the place in the unpacked block.

    Attributes
    ----------
    bins : list of (int, int, int, int)
        First and last position (bp, 1-based) of a bin, first place of its records and place after the last of them.
    """

    bins: list[tuple[int, int, int, int]]

    def stretch(self, region: Region) -> tuple[int, int]:
        """Return first place and place after the last of the stretch that holds all records whose POS is in a region.

        The file is sorted by POS: behind the records of all bins that end before the region, and before those of all
        bins that begin after it. Long records, which start far before a region and reach into it, are not wanted.
        """
        before = [end for _, last, _, end in self.bins if last < region.start]
        after = [start for first, _, start, _ in self.bins if first > region.end]
        return (
            max(before, default=min(start for _, _, start, _ in self.bins)),
            min(after, default=max(end for _, _, _, end in self.bins)),
        )


def parse_index(content: bytes) -> dict[str, TabixIndex]:
    """Read a tabix index (a bgzipped .tbi), by contig.

    Raises
    ------
    FailedError
        It is damaged, or not such an index.
    """
    try:
        data = b"".join(_unpacked(content, place)[0] for place in _block_places(content))
        magic, n_contigs = struct.unpack_from("<4si", data)
        if magic != b"TBI\1":
            raise FailedError("its index is no tabix index", passing=False)
        (names_length,) = struct.unpack_from("<i", data, 32)
        names = data[36 : 36 + names_length].rstrip(b"\0").split(b"\0")
        place = 36 + names_length
        index = {}
        for name in names[:n_contigs]:
            (n_bins,) = struct.unpack_from("<i", data, place)
            place += 4
            bins = []
            for _ in range(n_bins):
                number, n_chunks = struct.unpack_from("<Ii", data, place)
                places = struct.unpack_from(f"<{2 * n_chunks}Q", data, place + 8)
                place += 8 + 16 * n_chunks
                # Bins beyond the last hold counts.
                for offset, bits in _LEVELS if places and number < _N_BINS else ():
                    if number >= offset:
                        first = (number - offset) << bits
                        bins.append((first + 1, first + (1 << bits), min(places[::2]), max(places[1::2])))
                        break
            (n_windows,) = struct.unpack_from("<i", data, place)
            place += 4 + 8 * n_windows
            if bins:
                index[name.decode()] = TabixIndex(bins)
    except (struct.error, UnicodeDecodeError) as error:
        raise _DamagedError("its index is damaged") from error
    return index


def _block_places(content: bytes) -> Iterator[int]:
    place = 0
    while place < len(content):
        yield place
        place += _block_size(content, place)


def _has_block(content: bytes, place: int) -> bool:
    """Say whether there is a whole block at a place."""
    there = len(content) - place
    return there >= _BLOCK_START.size and there >= _block_size(content, place)


def _block_size(content: bytes, place: int) -> int:
    """Return the size in bytes of the BGZF block that begins at a place."""
    if place + _BLOCK_START.size > len(content):
        raise _DamagedError("what came ends within a block")
    magic, extra, name, length, size = _BLOCK_START.unpack_from(content, place)
    if magic != b"\x1f\x8b\x08\x04" or (extra, name, length) != (6, b"BC", 2):
        raise _DamagedError("what came is damaged, or not bgzipped")
    return size + 1


def _unpacked(content: bytes, place: int) -> tuple[bytes, int]:
    """Return the content of the block at a place, its checksum verified, and its size in bytes."""
    size = _block_size(content, place)
    block = content[place + _BLOCK_START.size : place + size]
    if place + size > len(content):
        raise _DamagedError("what came ends within a block")
    try:
        data = zlib.decompress(block[:-8], wbits=-15)
    except zlib.error as error:
        raise _DamagedError("what came is damaged") from error
    if struct.unpack("<II", block[-8:]) != (zlib.crc32(data), len(data)):
        raise _DamagedError("what came is damaged: the checksum of a block is wrong")
    return data, size


class RemoteVcf:
    """A bgzipped, indexed VCF on a server. What was fetched once lies in a folder and is not fetched again.

    Parameters
    ----------
    url
        Its address; that of the index is the same with .tbi.
    folder
        Where the parts go; made where it is not there.
    session
        The connection.
    """

    def __init__(self, url: str, folder: Path, session: requests.Session) -> None:
        self._url, self._folder, self._session = url, folder, session
        folder.mkdir(parents=True, exist_ok=True)
        self.fetched_bytes = 0

    def index(self) -> dict[str, TabixIndex]:
        """Return its index, by contig."""
        path = self._folder / "index"
        if not path.exists():
            partial = self._folder / "partial"
            partial.unlink(missing_ok=True)
            fetch_whole(f"{self._url}.tbi", partial)
            parse_index(partial.read_bytes())
            take_name(partial, path)
            self.fetched_bytes += path.stat().st_size
        return parse_index(path.read_bytes())

    def header(self) -> list[bytes]:
        """Return the lines of its header."""
        lines = []
        for line in self._lines(0, None, _SHORT_PART_BYTES):
            if not line.startswith(b"#"):
                break
            lines.append(line)
        if not lines or not lines[-1].startswith(b"#CHROM\t"):
            raise FailedError("it is no VCF", passing=False)
        return lines

    def records(self, region: Region, index: TabixIndex) -> Iterator[tuple[int, bytes]]:
        """Yield position and line of the records whose POS lies in a region."""
        start, end = index.stretch(region)
        part_bytes = _PART_BYTES if region.end - region.start > _SHORT_BP else _SHORT_PART_BYTES
        for line in self._lines(start, end, part_bytes):
            position = int(line.split(b"\t", 2)[1])
            if position > region.end:
                return
            if position >= region.start:
                yield position, line

    def _lines(self, start: int, end: int | None, part_bytes: int) -> Iterator[bytes]:
        """Yield the lines from one place to another, or to the end of the file."""
        last = None if end is None else end >> 16
        tail = b""
        for place, data in self._blocks(start >> 16, last, part_bytes):
            begin = start & 0xFFFF if place == start >> 16 else 0
            stop = end & 0xFFFF if place == last else len(data)
            *lines, tail = (tail + data[begin:stop]).split(b"\n")
            yield from lines

    def _blocks(self, start: int, last: int | None, part_bytes: int) -> Iterator[tuple[int, bytes]]:
        """Yield place in the file and content of the blocks from one to the last one, fetching some at a time."""
        place, content, offset = start, b"", 0
        while last is None or place <= last:
            while not _has_block(content, offset):
                content, offset = content[offset:], 0
                there = place + len(content)
                end = there + part_bytes if last is None else min(there + part_bytes, last + _USUAL_BLOCK_BYTES)
                part = self._part(there, end if end > there else there + _BLOCK_BYTES)
                if not part:
                    break
                content += part
            if offset == len(content):
                return
            data, size = _unpacked(content, offset)
            yield place, data
            place, offset = place + size, offset + size

    def _part(self, start: int, end: int) -> bytes:
        """Return the bytes from `start` up to `end` of the file, or up to its end."""
        path = self._folder / f"{start}-{end}"
        if not path.exists():
            size = self._folder / "size"
            known = int(size.read_text(encoding="utf-8")) if size.exists() else None
            if known is not None and start >= known:
                return b""
            content, total = fetch_part(self._session, self._url, start, end)
            if known is not None and total != known:
                shutil.rmtree(self._folder)
                self._folder.mkdir()
                raise FailedError("the file on the server has changed while it was read")
            size.write_text(str(total), encoding="utf-8")
            partial = self._folder / "partial"
            partial.write_bytes(content)
            take_name(partial, path)
            self.fetched_bytes += len(content)
        return path.read_bytes()

    def forget(self) -> None:
        """Delete what was fetched."""
        shutil.rmtree(self._folder, ignore_errors=True)


def joined(regions: Sequence[Region]) -> list[tuple[Region, list[Region]]]:
    """Return stretches that hold regions near each other, and the regions in each; by contig and position."""
    ordered = sorted(regions, key=lambda region: (contig_key(region.contig), region.start, region.end))
    stretches: list[tuple[Region, list[Region]]] = []
    for region in ordered:
        if stretches:
            stretch, within = stretches[-1]
            if stretch.contig == region.contig and region.start <= stretch.end + GAP_BP:
                longer = Region(stretch.contig, stretch.start, max(stretch.end, region.end))
                stretches[-1] = longer, [*within, region]
                continue
        stretches.append((region, [region]))
    return stretches


def fetch_regions(
    urls: Sequence[str], regions: Sequence[Region], path: str | Path, attempts: int = 3, wait_s: float = 5.0
) -> None:
    """Write the records of some regions of an archive's VCFs, one VCF a chromosome, to one bgzipped and indexed VCF.

    Records are those whose POS lies in a region, whatever they are (SNPs, indels, several ALT alleles), in the order of
    the genome, with the header of the first VCF. What came so far lies beside `path` in a folder whose name begins with
    `.partial-`, so that the next attempt or run goes on from there. A file that lies at `path` already is kept.

    Parameters
    ----------
    urls
        The address with {contig} in the place of the chromosome, and those of mirrors, asked in this order.
    regions
        What to fetch.
    path
        The file, ending in .vcf.gz; its index is `path` + ".tbi".
    attempts, wait_s
        See `downloads.download_url`.

    Raises
    ------
    UserError
        No address gave the regions, an archive has no such contig or record, or the disk is full.
    """
    path = Path(path)
    if path.exists():
        log.info("%s is there: nothing to download", path)
        return
    folder = path.with_name(f".partial-{path.name}")
    stretches = joined(regions)

    def fetch(address: str) -> None:
        parts = folder / hashlib.sha256(address.encode()).hexdigest()[:12]
        with requests.Session() as session, whole_outputs(path, f"{path}.tbi") as (partial, _):
            with pysam.BGZFile(str(partial), "wb") as file:
                n_records, n_bytes = _write(file, address, stretches, parts, session)
            pysam.tabix_index(str(partial), preset="vcf", force=True)
        log.info("%d records; %.1f MB fetched now", n_records, n_bytes / 1e6)

    def advice() -> str:
        kept = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) if folder.exists() else 0
        more = f"The next run goes on from the {kept / 1e6:.1f} MB that came. " if kept else ""
        return (
            f"{more}Check the network, or put the file yourself at {path}: from a copy of the archive, `bcftools view "
            "--regions … --output-type z` writes it."
        )

    from_first(urls, fetch, path, advice, attempts, wait_s)
    shutil.rmtree(folder, ignore_errors=True)


def _write(
    file: pysam.BGZFile,
    address: str,
    stretches: list[tuple[Region, list[Region]]],
    parts: Path,
    session: requests.Session,
) -> tuple[int, int]:
    """Write header and records; return the number of records, and of bytes that were fetched."""
    columns, n_records, n_bytes = None, 0, 0
    for contig, grouped in itertools.groupby(stretches, key=lambda stretch: stretch[0].contig):
        of_contig = list(grouped)
        n_regions = sum(len(within) for _, within in of_contig)
        asked = str(of_contig[0][0]) if n_regions == 1 else f"the {n_regions} regions asked for"
        source = RemoteVcf(address.replace("{contig}", contig), parts / contig, session)
        try:
            index, header = source.index(), source.header()
            if contig not in index:
                raise FailedError(f"it has no contig {contig}, only {', '.join(list(index)[:5])}", passing=False)
            if columns is None:
                file.write(b"\n".join(header) + b"\n")
            elif header[-1] != columns:
                raise FailedError("it has other people than the chromosomes before it", passing=False)
            columns = header[-1]
            n_contig = 0
            for stretch, within in of_contig:
                starts = [region.start for region in within]
                for position, line in source.records(stretch, index[contig]):
                    # Regions are sorted by start, and may overlap.
                    upto = bisect_left(starts, position + 1)
                    if any(region.end >= position for region in within[:upto]):
                        file.write(line + b"\n")
                        n_contig += 1
        except FailedError as error:
            if isinstance(error, _DamagedError):
                source.forget()
            raise FailedError(f"chromosome {contig}: {error}", error.passing) from error
        if n_contig == 0:
            raise UserError(
                f"the archive has no record of chromosome {contig} in {asked}. Check the positions, and the build: "
                "they must be those of the archive."
            )
        log.info("chromosome %s: %d records", contig, n_contig)
        n_records, n_bytes = n_records + n_contig, n_bytes + source.fetched_bytes
    return n_records, n_bytes
