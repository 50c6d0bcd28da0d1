"""Regions of a large VCF on a server: only the blocks that contain them are downloaded.

The index says which blocks these are (see `tabix`). Blocks have checksums, so damage in transit is detected.
"""

import hashlib
import itertools
import logging
import shutil
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from pathlib import Path

import pysam
import requests

from artificial_genomes.acquire.downloads import FailedError, fetch_part, fetch_whole, from_first
from artificial_genomes.core.errors import UserError
from artificial_genomes.core.program import take_name, whole_outputs
from artificial_genomes.core.regions import Region, contig_key
from artificial_genomes.io.tabix import DamagedError, TabixIndex, has_block, lines_of_blocks, parse_index, unpacked

log = logging.getLogger(__name__)

GAP_BP = 16_384
"""Regions closer to each other than this, the size of a bin of the index, are read together."""

# Bytes per request: many for a long region, few if a single site may be found soon.
_PART_BYTES = 4_000_000
_SHORT_PART_BYTES = 32_768
_SHORT_BP = 100_000
# Blocks of genotypes are mostly smaller than this, and never larger than that.
_USUAL_BLOCK_BYTES = 4096
_BLOCK_BYTES = 65_536


class RemoteVcf:
    """A bgzipped, indexed VCF on a server. Downloaded parts are kept in a folder and are not downloaded again.

    Parameters
    ----------
    url
        Its address; that of the index is the same with .tbi.
    folder
        Folder of the parts; created if missing.
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
            raise FailedError("it is not a VCF", passing=False)
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
        """Yield the lines from one offset to another, or to the end of the file."""
        last = None if end is None else end >> 16
        yield from lines_of_blocks(self._blocks(start >> 16, last, part_bytes), start, end)

    def _blocks(self, start: int, last: int | None, part_bytes: int) -> Iterator[tuple[int, bytes]]:
        """Yield offset and content of the blocks from one to the last one, downloading some at a time."""
        place, content, offset = start, b"", 0
        while last is None or place <= last:
            while not has_block(content, offset):
                content, offset = content[offset:], 0
                there = place + len(content)
                end = there + part_bytes if last is None else min(there + part_bytes, last + _USUAL_BLOCK_BYTES)
                part = self._part(there, end if end > there else there + _BLOCK_BYTES)
                if not part:
                    break
                content += part
            if offset == len(content):
                return
            data, size = unpacked(content, offset)
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
                raise FailedError("the file on the server changed while it was read")
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
    """Return segments that join regions close to each other, with the regions in each; by contig and position."""
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
    """Write the records of some regions of an archive with one VCF per chromosome to one bgzipped, indexed VCF.

    Records are those whose POS lies in a region, of any type (SNPs, indels, several ALT alleles), in the order of
    the genome, with the header of the first VCF. Downloaded parts are kept next to `path` in a folder whose name begins
    with `.partial-`, from which the next attempt or run resumes. An existing file at `path` is kept.

    Parameters
    ----------
    urls
        The address with {contig} instead of the chromosome, and those of mirrors, tried in this order.
    regions
        Regions to fetch.
    path
        The file, ending in .vcf.gz; its index is `path` + ".tbi".
    attempts, wait_s
        See `downloads.download_url`.

    Raises
    ------
    UserError
        All addresses failed, an archive has no such contig or record, or the disk is full.
    """
    path = Path(path)
    if path.exists():
        log.info("%s exists: nothing to download", path)
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
        more = f"The next run resumes from the {kept / 1e6:.1f} MB downloaded so far. " if kept else ""
        return (
            f"{more}Check the network, or place the file yourself at {path}: given a copy of the archive, `bcftools "
            "view "
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
    """Write header and records; return the number of records, and of bytes that were downloaded."""
    columns, n_records, n_bytes = None, 0, 0
    for contig, grouped in itertools.groupby(stretches, key=lambda stretch: stretch[0].contig):
        of_contig = list(grouped)
        n_regions = sum(len(within) for _, within in of_contig)
        asked = str(of_contig[0][0]) if n_regions == 1 else f"the {n_regions} requested regions"
        source = RemoteVcf(address.replace("{contig}", contig), parts / contig, session)
        try:
            index, header = source.index(), source.header()
            if contig not in index:
                raise FailedError(f"it has no contig {contig}, only {', '.join(list(index)[:5])}", passing=False)
            if columns is None:
                file.write(b"\n".join(header) + b"\n")
            elif header[-1] != columns:
                raise FailedError("its individuals differ from those of the previous chromosomes", passing=False)
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
        except DamagedError as error:
            source.forget()
            raise FailedError(f"chromosome {contig}: the download is unusable: {error}") from error
        except FailedError as error:
            raise FailedError(f"chromosome {contig}: {error}", error.passing) from error
        if n_contig == 0:
            raise UserError(
                f"the archive has no record of chromosome {contig} in {asked}. Check that positions and build are "
                "those of the archive."
            )
        log.info("chromosome %s: %d records", contig, n_contig)
        n_records, n_bytes = n_records + n_contig, n_bytes + source.fetched_bytes
    return n_records, n_bytes
