"""Phased haplotypes in memory and on disk."""

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from artificial_genomes.core.program import whole_output
from artificial_genomes.core.store import damage_told

SITE_COLUMNS = ["contig", "position", "id", "ref", "alt"]
PEOPLE_COLUMNS = ["sample", "population", "superpopulation"]

# A zip entry needs a date; a constant one gives equal haplotypes equal bytes.
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)
_SITES_PER_CHUNK = 1000
_COUNTED_HAPLOTYPES = 1000
_PEOPLE_ARRAYS = ("sample_id", "sample_population", "sample_superpopulation")


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
    """

    alleles: np.ndarray
    sites: pd.DataFrame
    people: pd.DataFrame
    filled: np.ndarray | None = None

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


def artificial_people(n: int) -> pd.DataFrame:
    """Return the table of `n` artificial diploid samples, AG00001 onwards, without populations."""
    return pd.DataFrame({"sample": [f"AG{i:05d}" for i in range(1, n + 1)], "population": "", "superpopulation": ""})


def save_haplotypes(haplotypes: Haplotypes, path: str | Path) -> None:
    """Write haplotypes as one zipped VCF Zarr store (VCF Zarr 0.4, Zarr format 2).

    The same haplotypes give the same bytes. Population labels are added as `sample_population` and
    `sample_superpopulation`, which readers of VCF Zarr ignore.
    """
    n_people, n_sites = len(haplotypes.people), haplotypes.n_sites
    contigs, contig_of_site = np.unique(haplotypes.sites["contig"].to_numpy(str), return_inverse=True)
    genotypes = haplotypes.alleles.T.reshape(n_sites, n_people, 2).astype(np.int8)
    with TemporaryDirectory() as folder, whole_output(path) as partial:
        import zarr  # slow, and not needed by programs that read or write no store

        root = zarr.open_group(folder, mode="w", zarr_format=2)
        root.attrs["vcf_zarr_version"] = "0.4"
        root.attrs["source"] = "artificial-genomes"

        def put(name: str, values: np.ndarray, dimensions: list[str]) -> None:
            chunks = (min(_SITES_PER_CHUNK, n_sites) or 1, *values.shape[1:])
            array = root.create_array(
                name,
                shape=values.shape,
                dtype=values.dtype if values.dtype.kind != "U" else str,
                chunks=chunks if dimensions[0] == "variants" else (len(values) or 1, *values.shape[1:]),
            )
            array[...] = values.astype(object) if values.dtype.kind == "U" else values
            array.attrs["_ARRAY_DIMENSIONS"] = dimensions

        put("contig_id", contigs, ["contigs"])
        put("variant_contig", contig_of_site.astype(np.int16), ["variants"])
        put("variant_position", haplotypes.sites["position"].to_numpy(np.int32), ["variants"])
        put("variant_id", haplotypes.sites["id"].to_numpy(str), ["variants"])
        put("variant_allele", haplotypes.sites[["ref", "alt"]].to_numpy(str), ["variants", "alleles"])
        for name, column in zip(_PEOPLE_ARRAYS, PEOPLE_COLUMNS, strict=True):
            put(name, haplotypes.people[column].to_numpy(str), ["samples"])
        put("call_genotype", genotypes, ["variants", "samples", "ploidy"])
        put("call_genotype_phased", np.ones((n_sites, n_people), bool), ["variants", "samples"])
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_STORED) as archive:
            for file in sorted(Path(folder).rglob("*")):
                if file.is_file():
                    entry = zipfile.ZipInfo(file.relative_to(folder).as_posix(), _ZIP_DATE)
                    archive.writestr(entry, file.read_bytes())


def load_haplotypes(path: str | Path, sites: slice = slice(None)) -> Haplotypes:
    """Read a store written by `save_haplotypes`, all of it or a contiguous run of sites.

    Raises
    ------
    UserError
        The file is not a haplotype store.
    """
    with damage_told(path):
        import zarr

        store = zarr.storage.ZipStore(path, mode="r")
        root = zarr.open_group(store, mode="r")
        text = {name: root[name][:].astype(object) for name in ("contig_id", *_PEOPLE_ARRAYS)}
        ids = root["variant_id"][sites].astype(object)
        alleles = root["variant_allele"][sites].astype(object)
        site_table = pd.DataFrame(
            {
                "contig": text["contig_id"][root["variant_contig"][sites]],
                "position": root["variant_position"][sites].astype(np.int64),
                "id": ids,
                "ref": alleles[:, 0],
                "alt": alleles[:, 1],
            }
        )
        people = pd.DataFrame({column: text[name] for name, column in zip(_PEOPLE_ARRAYS, PEOPLE_COLUMNS, strict=True)})
        genotypes = root["call_genotype"][sites]
        store.close()
    matrix = np.ascontiguousarray(genotypes.reshape(len(site_table), -1).T).view(np.uint8)
    return Haplotypes(matrix, site_table, people)
