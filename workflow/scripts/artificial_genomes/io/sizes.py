"""How many alleles a file of haplotypes may hold, by its size: known before it is read."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from artificial_genomes.core.compressed import container
from artificial_genomes.core.regions import Region
from artificial_genomes.io.tabix import DamagedError, parse_index

ALLELES_PER_BYTE = {None: 0.5, "gzip": 30, "zip": 30, "xz": 50}
"""By compression, at most: VCFs of the 1000 Genomes Project have 26, the .hapt.xz of 10,000 of its SNPs has 46."""


def alleles_at_most(path: str | Path, regions: Sequence[Region] = ()) -> int:
    """Return how many alleles a file may hold in regions; in all of it without regions or an index next to it.

    Raises
    ------
    FileNotFoundError
        The file does not exist yet, as in a dry run.
    """
    path = Path(path)
    # PLINK 2 files pack as densely.
    packing = "gzip" if path.suffix == ".pgen" else container(path)
    return round(_bytes_of(path, regions) * ALLELES_PER_BYTE[packing])


def _bytes_of(path: Path, regions: Sequence[Region]) -> int:
    for ending in (".tbi", ".csi") if regions else ():
        with suppress(DamagedError, OSError):
            index = parse_index(path.with_name(path.name + ending).read_bytes())
            places = [index[region.contig].stretch(region) for region in regions if region.contig in index]
            # The last block of a part starts at its end, and has at most 64 kB.
            return sum(max(0, (end >> 16) - (start >> 16)) + 2**16 for start, end in places)
    return path.stat().st_size
