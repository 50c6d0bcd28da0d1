"""What a haplotype store holds, without reading its haplotypes."""

import json
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from artificial_genomes.core.errors import UserError

DRAWN_PEOPLE = 10_000
"""Artificial individuals of a set that statistics and attacks read, unless the dataset has more real ones."""

PIECE_PEOPLE = 5000
"""Individuals whose haplotypes are a chunk of a store, and whose AGs are drawn at once."""


def shape_of_store(path: str | Path) -> tuple[int, int]:
    """Return the number of sites and of haplotypes of a store written by `haplotypes.save_haplotypes`.

    Raises
    ------
    UserError
        The file is not a haplotype store, or is damaged.
    FileNotFoundError
        The store does not exist yet, as in a dry run.
    """
    with damage_told(path), zipfile.ZipFile(path) as store:
        sites, people, ploidy = json.loads(store.read("call_genotype/.zarray"))["shape"]
    return sites, people * ploidy


def contigs_of_store(path: str | Path) -> np.ndarray:
    """Return the contig of every site of such a store as a number: (n_sites,) int16.

    Raises
    ------
    UserError, FileNotFoundError
        As in `shape_of_store`.
    """
    import zarr  # slow, and needed only by rules whose datasets have windows

    with damage_told(path):
        # Not `with`, whose exit fails if the file could not be opened.
        store = zarr.storage.ZipStore(path, mode="r")
        contigs = zarr.open_group(store, mode="r")["variant_contig"][:]
        store.close()
    return contigs


def check_stores(windows_of: Mapping[str, object]) -> None:
    """Check that stores can be read for their sites, which rules need to estimate the memory and time of their jobs.

    Parameters
    ----------
    windows_of
        Windows of the dataset by path of its store, which may not exist yet; rules of windows need the contigs, too.

    Raises
    ------
    UserError
        A store is damaged. In a rule, this would end in a traceback of Snakemake.
    """
    for path, windows in windows_of.items():
        if Path(path).exists():
            shape_of_store(path)
            if windows:
                contigs_of_store(path)


@contextmanager
def damage_told(path: str | Path) -> Iterator[None]:
    """Turn errors of reading a damaged store into a `UserError` that names the file."""
    with open(path, "rb"):  # raises if it does not exist or must not be read
        pass
    try:
        yield
    # What a zip file without its end, with wrong checksums or without an array raises. A group that zarr does not find
    # is a FileNotFoundError.
    except (zipfile.BadZipFile, KeyError, ValueError, EOFError, NotImplementedError, FileNotFoundError) as error:
        raise UserError(
            f"{path} is not a haplotype store of this workflow ({error}). Delete it and run again."
        ) from error
