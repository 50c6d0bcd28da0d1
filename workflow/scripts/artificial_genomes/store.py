"""The sites of a haplotype store in numbers, without reading its haplotypes."""

import json
import zipfile
from pathlib import Path

import numpy as np


def shape_of_store(path: str | Path) -> tuple[int, int]:
    """Return the number of sites and of haplotypes of a store written by `haplotypes.save_haplotypes`."""
    with zipfile.ZipFile(path) as store:
        sites, people, ploidy = json.loads(store.read("call_genotype/.zarray"))["shape"]
    return sites, people * ploidy


def contigs_of_store(path: str | Path) -> np.ndarray:
    """Return the contig of every site of such a store as a number: (n_sites,) int16."""
    import zarr  # slow, and of rules only those need it whose datasets have windows

    Path(path).stat()  # a store that is not there yet is a FileNotFoundError, which a dry run waits for
    with zarr.storage.ZipStore(path, mode="r") as store:
        return zarr.open_group(store, mode="r")["variant_contig"][:]
