"""Haplotype stores, zipped VCF Zarr, written in pieces of individuals."""

import zipfile
from pathlib import Path

import numpy as np
import pandas as pd

from artificial_genomes.core.program import sync, whole_output
from artificial_genomes.core.store import PIECE_PEOPLE

PEOPLE_COLUMNS = ["sample", "population", "superpopulation"]
PEOPLE_ARRAYS = ("sample_id", "sample_population", "sample_superpopulation")

# A zip entry needs a date; a constant one gives equal haplotypes equal bytes.
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)
_SITES_PER_CHUNK = 1000
_GENOTYPES, _PHASED = "call_genotype", "call_genotype_phased"


class StoreWriter:
    """Writes haplotypes as one zipped VCF Zarr store (VCF Zarr 0.4, Zarr format 2), piece by piece.

    Population labels are added as `sample_population` and `sample_superpopulation`, which readers of VCF Zarr ignore.
    A piece is `PIECE_PEOPLE` individuals, and its alleles are chunks of their own. Chunks have 1,000 sites too, so that
    the store can be read haplotype by haplotype and site by site, with few chunks in memory.

    Parameters
    ----------
    folder
        Holds the pieces until the store is written; pieces that another writer of the same store has finished there
        are kept.
    sites, people : DataFrame
        As those of `Haplotypes`.

    Attributes
    ----------
    pieces : list of slice
        Individuals of each piece.
    """

    def __init__(self, folder: str | Path, sites: pd.DataFrame, people: pd.DataFrame) -> None:
        self.folder, self._store = Path(folder), Path(folder) / "store"
        starts = range(0, len(people), PIECE_PEOPLE)
        self.pieces = [slice(start, min(start + PIECE_PEOPLE, len(people))) for start in starts]
        begun = self.folder / "begun"
        if not begun.exists():
            self._begin(sites, people)
            begun.touch()
        import zarr  # slow, and not needed by programs that write no store

        self._root = zarr.open_group(self._store, mode="r+")

    def _begin(self, sites: pd.DataFrame, people: pd.DataFrame) -> None:
        """Write the tables of sites and individuals, and make room for the alleles."""
        import zarr

        contigs, contig_of_site = np.unique(sites["contig"].to_numpy(str), return_inverse=True)
        root = zarr.open_group(self._store, mode="w", zarr_format=2)
        root.attrs["vcf_zarr_version"] = "0.4"
        root.attrs["source"] = "artificial-genomes"
        n_chunk, piece = min(_SITES_PER_CHUNK, len(sites)) or 1, min(PIECE_PEOPLE, len(people)) or 1

        def put(name: str, values: np.ndarray, dimensions: list[str]) -> None:
            length = n_chunk if dimensions[0] == "variants" else len(values) or 1
            is_text = values.dtype.kind == "U"
            array = root.create_array(
                name,
                shape=values.shape,
                dtype=str if is_text else values.dtype,
                chunks=(length, *values.shape[1:]),
            )
            array[...] = values.astype(object) if is_text else values
            array.attrs["_ARRAY_DIMENSIONS"] = dimensions

        put("contig_id", contigs, ["contigs"])
        put("variant_contig", contig_of_site.astype(np.int16), ["variants"])
        put("variant_position", sites["position"].to_numpy(np.int32), ["variants"])
        put("variant_id", sites["id"].to_numpy(str), ["variants"])
        put("variant_allele", sites[["ref", "alt"]].to_numpy(str), ["variants", "alleles"])
        for name, column in zip(PEOPLE_ARRAYS, PEOPLE_COLUMNS, strict=True):
            put(name, people[column].to_numpy(str), ["samples"])
        for name, dtype, ploidy in ((_GENOTYPES, np.int8, [2]), (_PHASED, bool, [])):
            shape, chunks = (len(sites), len(people), *ploidy), (n_chunk, piece, *ploidy)
            array = root.create_array(name, shape=shape, dtype=dtype, chunks=chunks)
            array.attrs["_ARRAY_DIMENSIONS"] = ["variants", "samples", "ploidy"][: len(shape)]

    def add(self, number: int, alleles: np.ndarray) -> None:
        """Write the alleles, (n_haplotypes, n_sites) uint8, of a piece."""
        people, n_sites = self.pieces[number], alleles.shape[1]
        genotypes, phased = self._root[_GENOTYPES], self._root[_PHASED]
        for start in range(0, n_sites, _SITES_PER_CHUNK):
            sites = slice(start, min(start + _SITES_PER_CHUNK, n_sites))
            block = np.ascontiguousarray(alleles[:, sites].T).reshape(-1, people.stop - people.start, 2)
            genotypes[sites, people] = block.view(np.int8)
            phased[sites, people] = np.ones(block.shape[:2], bool)

    def finish(self, number: int) -> None:
        """Note that a piece is complete, once it is on the disk: a later writer in this folder keeps it."""
        for file in self._store.glob(f"{_GENOTYPES}*/*.{number}*"):
            sync(file)
        done = self._note(number)
        done.touch()
        sync(done.parent)

    def is_finished(self, number: int) -> bool:
        """Return whether a piece is complete."""
        return self._note(number).exists()

    def _note(self, number: int) -> Path:
        return self.folder / f"piece{number}.finished"

    def write(self, path: str | Path) -> None:
        """Write the store, whole or not at all, once all pieces are there."""
        with whole_output(path) as partial, zipfile.ZipFile(partial, "w", zipfile.ZIP_STORED) as archive:
            for file in sorted(self._store.rglob("*")):
                # A writer that was killed leaves parts of chunks, which zarr writes under other names first.
                if file.is_file() and file.suffix != ".partial":
                    entry = zipfile.ZipInfo(file.relative_to(self._store).as_posix(), _ZIP_DATE)
                    archive.writestr(entry, file.read_bytes())
