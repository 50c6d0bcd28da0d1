"""Bgzipped VCFs: their blocks, and the indexes that say in which of them the records of a region lie.

A bgzipped file consists of blocks of at most 64 kB that can be unpacked one by one. A place in it is a virtual offset:
the start of a block times 65,536, plus the offset in the unpacked block. Sources: the SAM specification, section 4.1
(BGZF), and the formats of the indexes, https://samtools.github.io/hts-specs/tabix.pdf (.tbi) and
https://samtools.github.io/hts-specs/CSIv1.pdf (.csi).
"""

import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from artificial_genomes.core.regions import Region

BLOCK_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
"""The empty block that closes every bgzipped file."""

_BLOCK_START = struct.Struct("<4s6xH2sHH")
# Of a .tbi: size (bp, a power of 2) of the smallest bins, and number of levels above them.
_TBI_BINS = 14, 5
_LEVELS_MAX = 10
# Columns of contig and position, as `tabix -p vcf` writes them; other presets with 1-based positions work as well.
_CONTIG_COLUMN, _POSITION_COLUMN, _ZERO_BASED = 1, 2, 0x10000


class DamagedError(Exception):
    """Blocks or an index cannot be used; the text says why."""


@dataclass(frozen=True)
class TabixIndex:
    """The index of one contig.

    Attributes
    ----------
    bins : list of (int, int, int, int)
        First and last position (bp, 1-based) of a bin, first place of its records and place after the last of them.
    """

    bins: list[tuple[int, int, int, int]]

    @property
    def start(self) -> int:
        """Place of the contig's first record."""
        return min(start for _, _, start, _ in self.bins)

    @property
    def end(self) -> int:
        """Place after the contig's last record."""
        return max(end for *_, end in self.bins)

    def stretch(self, region: Region) -> tuple[int, int]:
        """Return the start and end of the part of the file that contains all records whose POS is in a region.

        The file is sorted by POS, so the part begins after the records of all bins that end before the region and ends
        before those of all bins that begin after it. Long records that start far before a region and extend into it are
        not included.
        """
        before = [end for _, last, _, end in self.bins if last < region.start]
        after = [start for first, _, start, _ in self.bins if first > region.end]
        return max(before, default=self.start), min(after, default=self.end)


def parse_index(content: bytes) -> dict[str, TabixIndex]:
    """Read the index of a bgzipped VCF, a .tbi or .csi (both are bgzipped), by contig.

    Raises
    ------
    DamagedError
        The file is damaged or not such an index.
    """
    data = b"".join(unpacked(content, place)[0] for place in _block_places(content))
    try:
        match data[:4]:
            case b"TBI\1":
                shift, depth = _TBI_BINS
                (n_contigs,) = struct.unpack_from("<i", data, 4)
                names, place = _names(data, 8)
            case b"CSI\1":
                shift, depth, _ = struct.unpack_from("<3i", data, 4)
                names, place = _names(data, 16)
                (n_contigs,) = struct.unpack_from("<i", data, place)
                place += 4
            case _:
                raise DamagedError("its index is not a tabix index")
        if depth not in range(_LEVELS_MAX) or shift not in range(32):
            raise DamagedError("its index is damaged")
        is_csi = data[:4] == b"CSI\1"
        index = {}
        for name in names[:n_contigs]:
            (n_bins,) = struct.unpack_from("<i", data, place)
            place += 4
            bins = []
            for _ in range(n_bins):
                (number,) = struct.unpack_from("<I", data, place)
                place += 12 if is_csi else 4
                (n_chunks,) = struct.unpack_from("<i", data, place)
                places = struct.unpack_from(f"<{2 * n_chunks}Q", data, place + 4)
                place += 4 + 16 * n_chunks
                span = _span(number, shift, depth)
                if span and places:
                    bins.append((*span, min(places[::2]), max(places[1::2])))
            if not is_csi:
                (n_windows,) = struct.unpack_from("<i", data, place)
                place += 4 + 8 * n_windows
            if bins:
                index[name.decode()] = TabixIndex(bins)
    except (struct.error, UnicodeDecodeError) as error:
        raise DamagedError("its index is damaged") from error
    return index


def _names(data: bytes, place: int) -> tuple[list[bytes], int]:
    """Return the contigs that an index lists, and the offset after them."""
    form, contig, position, _, _, _, length = struct.unpack_from("<7i", data, place)
    if (contig, position) != (_CONTIG_COLUMN, _POSITION_COLUMN) or form & _ZERO_BASED:
        raise DamagedError("its index does not belong to a VCF")
    place += 28
    return data[place : place + length].rstrip(b"\0").split(b"\0"), place + length


def _span(number: int, shift: int, depth: int) -> tuple[int, int] | None:
    """Return first and last position of a bin; None for bins beyond the last, which contain counts."""
    if number >= ((1 << 3 * (depth + 1)) - 1) // 7:
        return None
    level = next(level for level in range(depth, -1, -1) if number >= ((1 << 3 * level) - 1) // 7)
    bits = shift + 3 * (depth - level)
    first = (number - ((1 << 3 * level) - 1) // 7) << bits
    return first + 1, first + (1 << bits)


def _block_places(content: bytes) -> Iterator[int]:
    place = 0
    while place < len(content):
        yield place
        place += _block_size(content, place)


def has_block(content: bytes, place: int) -> bool:
    """Return whether a complete block begins at a place."""
    there = len(content) - place
    return there >= _BLOCK_START.size and there >= _block_size(content, place)


def _block_size(content: bytes, place: int) -> int:
    """Return the size in bytes of the block that begins at a place."""
    if place + _BLOCK_START.size > len(content):
        raise DamagedError("it ends within a block")
    magic, extra, name, length, size = _BLOCK_START.unpack_from(content, place)
    if magic != b"\x1f\x8b\x08\x04" or (extra, name, length) != (6, b"BC", 2):
        raise DamagedError("it is damaged, or not bgzipped")
    return size + 1


def unpacked(content: bytes, place: int) -> tuple[bytes, int]:
    """Return the content of the block at a place, its checksum verified, and its size in bytes.

    Raises
    ------
    DamagedError
        There is no block, or half of one, or it is damaged.
    """
    size = _block_size(content, place)
    block = content[place + _BLOCK_START.size : place + size]
    if place + size > len(content):
        raise DamagedError("it ends within a block")
    try:
        data = zlib.decompress(block[:-8], wbits=-15)
    except zlib.error as error:
        raise DamagedError("it is damaged") from error
    if struct.unpack("<II", block[-8:]) != (zlib.crc32(data), len(data)):
        raise DamagedError("it is damaged: the checksum of a block is wrong")
    return data, size


def blocks_of(file: BinaryIO, start: int, last: int) -> Iterator[tuple[int, bytes]]:
    """Yield place in a file and content of the blocks from one to the last one."""
    place = start
    file.seek(start)
    while place <= last and (head := file.read(_BLOCK_START.size)):
        data, size = unpacked(head + file.read(_block_size(head, 0) - len(head)), 0)
        yield place, data
        place += size


def lines_of_blocks(blocks: Iterable[tuple[int, bytes]], start: int, end: int | None) -> Iterator[bytes]:
    """Yield the lines from one virtual offset to another, or to the end of the blocks."""
    last = None if end is None else end >> 16
    tail = b""
    for place, data in blocks:
        begin = start & 0xFFFF if place == start >> 16 else 0
        stop = end & 0xFFFF if place == last else len(data)
        *lines, tail = (tail + data[begin:stop]).split(b"\n")
        yield from lines
    if tail:
        yield tail
