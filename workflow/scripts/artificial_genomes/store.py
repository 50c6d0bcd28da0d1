"""The size of a haplotype store, without reading its haplotypes."""

import json
import zipfile
from pathlib import Path


def shape_of_store(path: str | Path) -> tuple[int, int]:
    """Return the number of sites and of haplotypes of a store written by `haplotypes.save_haplotypes`."""
    with zipfile.ZipFile(path) as store:
        sites, people, ploidy = json.loads(store.read("call_genotype/.zarray"))["shape"]
    return sites, people * ploidy
