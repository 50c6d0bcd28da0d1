"""How many alleles a file of haplotypes may hold, by its size: known before it is read."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from artificial_genomes.core.compressed import container
from artificial_genomes.core.regions import Region
from artificial_genomes.io.tabix import DamagedError, parse_index

PACKED_ALLELES, TEXT_ALLELES = 30, 0.5
"""Alleles per byte, at most: of compressed files (26 in the VCFs of the 1000 Genomes Project) and of plain text."""


def alleles_at_most(path: str | Path, regions: Sequence[Region] = ()) -> int:
    """Return how many alleles a file may hold in regions; in all of it without regions or an index next to it.

    Raises
    ------
    FileNotFoundError
        The file does not exist yet, as in a dry run.
    """
    path = Path(path)
    packed = path.suffix == ".pgen" or container(path) is not None
    return round(_bytes_of(path, regions) * (PACKED_ALLELES if packed else TEXT_ALLELES))


def _bytes_of(path: Path, regions: Sequence[Region]) -> int:
    for ending in (".tbi", ".csi") if regions else ():
        with suppress(DamagedError, OSError):
            index = parse_index(path.with_name(path.name + ending).read_bytes())
            places = [index[region.contig].stretch(region) for region in regions if region.contig in index]
            # The last block of a stretch starts at its end, and has at most 64 kB.
            return sum(max(0, (end >> 16) - (start >> 16)) + 2**16 for start, end in places)
    return path.stat().st_size
