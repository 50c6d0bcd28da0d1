"""Phased haplotypes in memory and on disk."""

import logging
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from artificial_genomes.core.random_streams import stream
from artificial_genomes.core.store import DRAWN_PEOPLE, PIECE_PEOPLE, damage_told, shape_of_store
from artificial_genomes.core.store_writer import PEOPLE_ARRAYS, PEOPLE_COLUMNS, StoreWriter

if TYPE_CHECKING:
    from zarr import Array, Group

log = logging.getLogger(__name__)

SITE_COLUMNS = ["contig", "position", "id", "ref", "alt"]

BLOCK_ALLELES = 2**25
"""Maximum number of alleles in a block of sites, of which writers of files make text."""

_COUNTED_HAPLOTYPES = 1000


@dataclass(frozen=True)
class Haplotypes:
    """Phased, biallelic haplotypes of diploid individuals.

    Attributes
    ----------
    alleles : (n_haplotypes, n_sites) uint8
        0 = REF, 1 = ALT. Rows 2i and 2i + 1 are the two haplotypes of individual i.
    sites : DataFrame, one row per site
        contig (str), position (int, bp, 1-based), id, ref, alt (str); sorted by contig block and position.
    people : DataFrame, one row per individual
        sample, population, superpopulation (str; empty where unknown).
    filled : (n_people, n_sites) bool or None
        Genotypes that were missing and that phasing has filled in, or will fill in; None if there are none. Known only
        for genotypes read from the files of a cohort.
    drawn_from : int or None
        Number of individuals of the AG set or the dataset that these are a random draw of; None if they are all.
    """

    alleles: np.ndarray
    sites: pd.DataFrame
    people: pd.DataFrame
    filled: np.ndarray | None = None
    drawn_from: int | None = None

    def __post_init__(self) -> None:
        if self.alleles.shape != (2 * len(self.people), len(self.sites)):
            raise ValueError(
                f"alleles {self.alleles.shape} do not match {len(self.people)} individuals and {len(self.sites)} sites"
            )

    @property
    def n_haplotypes(self) -> int:
        """Number of haplotypes, twice the number of individuals."""
        return self.alleles.shape[0]

    @property
    def n_sites(self) -> int:
        """Number of sites."""
        return self.alleles.shape[1]

    def haplotype_labels(self, column: str) -> np.ndarray:
        """Return a column of `people`, repeated for each haplotype: (n_haplotypes,) object."""
        return np.repeat(self.people[column].to_numpy(object), 2)

    def take_people(self, people: np.ndarray | Sequence[int]) -> "Haplotypes":
        """Return the haplotypes of some individuals (boolean mask or positions), in the given order."""
        positions = np.arange(len(self.people))[np.asarray(people)]
        rows = np.stack([2 * positions, 2 * positions + 1], axis=1).ravel()
        filled = None if self.filled is None else self.filled[positions]
        return Haplotypes(self.alleles[rows], self.sites, self.people.iloc[positions].reset_index(drop=True), filled)

    def take_sites(self, sites: np.ndarray | Sequence[int]) -> "Haplotypes":
        """Return the haplotypes at some sites (boolean mask or positions), in the given order."""
        positions = np.arange(self.n_sites)[np.asarray(sites)]
        return Haplotypes(
            np.take(self.alleles, positions, axis=1),
            self.sites.iloc[positions].reset_index(drop=True),
            self.people,
            None if self.filled is None else self.filled[:, positions],
        )

    def alt_counts(self, people: np.ndarray) -> np.ndarray:
        """Return the number of ALT alleles of some individuals, (n_people,) bool, at every site: (n_sites,) int64.

        Haplotypes are processed in blocks, since a copy of all would double the memory.
        """
        chosen = np.repeat(people, 2)
        counts = np.zeros(self.n_sites, np.int64)
        for start in range(0, self.n_haplotypes, _COUNTED_HAPLOTYPES):
            rows = slice(start, start + _COUNTED_HAPLOTYPES)
            counts += self.alleles[rows][chosen[rows]].sum(axis=0, dtype=np.int64)
        return counts

    def allele_frequencies(self) -> np.ndarray:
        """Return the ALT allele frequency of every site: (n_sites,) float64."""
        return self.alleles.mean(axis=0)

    def haplotype_rows(self) -> Iterator[np.ndarray]:
        """Yield all haplotypes in one block, as `StoredHaplotypes` yields its own in several."""
        yield self.alleles

    def site_rows(self) -> Iterator[np.ndarray]:
        """Yield blocks (n, n_haplotypes) uint8 of consecutive sites."""
        for sites in _blocks(self.n_sites, self.n_haplotypes):
            yield np.ascontiguousarray(self.alleles[:, sites].T)


def artificial_people(n: int) -> pd.DataFrame:
    """Return the table of `n` artificial diploid samples, AG00001 onwards, without populations."""
    return pd.DataFrame({"sample": [f"AG{i:05d}" for i in range(1, n + 1)], "population": "", "superpopulation": ""})


def save_haplotypes(haplotypes: Haplotypes, path: str | Path) -> None:
    """Write haplotypes as one zipped VCF Zarr store, see `StoreWriter`; the same haplotypes give the same bytes."""
    with TemporaryDirectory() as folder:
        writer = StoreWriter(folder, haplotypes.sites, haplotypes.people)
        for number, people in enumerate(writer.pieces):
            writer.add(number, haplotypes.alleles[2 * people.start : 2 * people.stop])
        writer.write(path)


def load_haplotypes(
    path: str | Path, sites: slice | np.ndarray = slice(None), people: Sequence[int] | np.ndarray | slice = slice(None)
) -> Haplotypes:
    """Read a store written by `save_haplotypes`, all of it or a part.

    Parameters
    ----------
    sites
        Sites to read: a contiguous run, or their positions in ascending order.
    people
        Individuals to read: a slice, or their positions in ascending order.

    Raises
    ------
    UserError
        The file is not a haplotype store.
    """
    with _opened(path) as root:
        site_table, people_table = _tables(root, sites)
        positions = np.arange(len(people_table))[people]
        alleles = _alleles(root["call_genotype"], sites, positions)
    if len(positions) < len(people_table):
        people_table = people_table.iloc[positions].reset_index(drop=True)
    return Haplotypes(alleles, site_table, people_table)


def load_drawn(path: str | Path, n_people_max: int = 0) -> Haplotypes:
    """Read the AGs of a store, at most those of `n_people_max` individuals, or of `DRAWN_PEOPLE` if that is more.

    Of a larger set they are a random draw, which depends on the content of the store: whoever makes AGs cannot choose
    which ones are looked at.

    Raises
    ------
    UserError
        The file is not a haplotype store.
    """
    n_people, n_people_max = shape_of_store(path)[1] // 2, max(n_people_max, DRAWN_PEOPLE)
    if n_people <= n_people_max:
        return load_haplotypes(path)
    with damage_told(path), zipfile.ZipFile(path) as archive:
        content = [value for entry in archive.infolist() for value in (entry.filename, entry.CRC)]
    drawn = stream(0, "drawn AGs", *content).choice(n_people, n_people_max, replace=False)
    log.info("%s: %d of %d artificial individuals are read, a random draw", path, n_people_max, n_people)
    return replace(load_haplotypes(path, people=np.sort(drawn)), drawn_from=n_people)


class StoredHaplotypes:
    """Haplotypes that stay on disk and are read block by block, for sets that do not fit into memory.

    Parameters
    ----------
    path
        A store written by `save_haplotypes`.

    Attributes
    ----------
    sites, people : DataFrame
        As those of `Haplotypes`.
    filled : None
        A store does not say which genotypes phasing has filled in.

    Raises
    ------
    UserError
        The file is not a haplotype store.
    """

    filled = None

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        with _opened(path) as root:
            self.sites, self.people = _tables(root, slice(None))

    @property
    def n_haplotypes(self) -> int:
        """Number of haplotypes, twice the number of individuals."""
        return 2 * len(self.people)

    @property
    def n_sites(self) -> int:
        """Number of sites."""
        return len(self.sites)

    def haplotype_rows(self) -> Iterator[np.ndarray]:
        """Yield blocks (n, n_sites) uint8 of consecutive haplotypes."""
        with _opened(self.path) as root:
            genotypes = root["call_genotype"]
            for start in range(0, len(self.people), PIECE_PEOPLE):
                yield _alleles(genotypes, slice(None), np.arange(len(self.people))[start : start + PIECE_PEOPLE])

    def site_rows(self) -> Iterator[np.ndarray]:
        """Yield blocks (n, n_haplotypes) uint8 of consecutive sites.

        One row of chunks of the store is held at a time, with eight alleles per byte.
        """
        with _opened(self.path) as root:
            genotypes = root["call_genotype"]
            n_sites, n_people, _ = genotypes.chunks
            for start in range(0, self.n_sites, n_sites):
                columns = [
                    np.packbits(genotypes[start : start + n_sites, first : first + n_people].reshape(-1, width), axis=1)
                    for first in range(0, len(self.people), n_people)
                    if (width := 2 * min(n_people, len(self.people) - first))
                ]
                packed = np.concatenate(columns, axis=1)
                del columns
                for rows in _blocks(len(packed), self.n_haplotypes):
                    yield np.unpackbits(packed[rows], axis=1, count=self.n_haplotypes)


@contextmanager
def _opened(path: str | Path) -> Iterator["Group"]:
    """Open a store for reading; a damaged one is a `UserError`."""
    with damage_told(path):
        import zarr  # slow, and not needed by programs that read or write no store

        # Not `with`, whose exit fails if the file could not be opened.
        store = zarr.storage.ZipStore(path, mode="r")
        yield zarr.open_group(store, mode="r")
        store.close()


def _blocks(n_sites: int, n_haplotypes: int) -> Iterator[slice]:
    """Yield blocks of sites with at most `BLOCK_ALLELES` alleles."""
    step = max(1, BLOCK_ALLELES // max(1, n_haplotypes))
    return (slice(start, min(start + step, n_sites)) for start in range(0, n_sites, step))


def _tables(root: "Group", sites: slice | np.ndarray) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the tables of some sites and of all individuals of a store."""
    text = {name: root[name][:].astype(object) for name in ("contig_id", *PEOPLE_ARRAYS)}
    ids = root["variant_id"].oindex[sites].astype(object)
    alleles = root["variant_allele"].oindex[sites].astype(object)
    site_table = pd.DataFrame(
        {
            "contig": text["contig_id"][root["variant_contig"].oindex[sites]],
            "position": root["variant_position"].oindex[sites].astype(np.int64),
            "id": ids,
            "ref": alleles[:, 0],
            "alt": alleles[:, 1],
        }
    )
    people = pd.DataFrame({column: text[name] for name, column in zip(PEOPLE_ARRAYS, PEOPLE_COLUMNS, strict=True)})
    return site_table, people


def _alleles(genotypes: "Array", sites: slice | np.ndarray, people: np.ndarray) -> np.ndarray:
    """Return the alleles of some sites and individuals, in ascending order, of a store: (n_haplotypes, n_sites) uint8.

    Chunks are read one by one, so that only the result is large.
    """
    n_all, n_people_all, _ = genotypes.shape
    sites = np.arange(n_all)[sites]
    alleles = np.empty((2 * len(people), len(sites)), np.uint8)
    chunk_sites, chunk_people, _ = genotypes.chunks
    for first in range(0, n_people_all, chunk_people):
        low, high = np.searchsorted(people, [first, first + chunk_people])
        if low == high:
            continue
        inside = people[low:high] - first
        for at in range(0, n_all, chunk_sites):
            start, stop = np.searchsorted(sites, [at, at + chunk_sites])
            if start == stop:
                continue
            rows = sites[start:stop]
            block = genotypes[rows[0] : rows[-1] + 1, first : first + chunk_people]
            if len(rows) < len(block):
                block = block[rows - rows[0]]
            if len(inside) < block.shape[1]:
                block = block[:, inside]
            alleles[2 * low : 2 * high, start:stop] = block.reshape(len(block), -1).T
    return alleles
