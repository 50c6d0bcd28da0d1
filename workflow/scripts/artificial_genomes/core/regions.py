"""Regions of the genome, as a data set names them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from artificial_genomes.core.errors import Findings, UserError, gathered

if TYPE_CHECKING:
    import pandas as pd

_REGIONS_SHOWN = 5
_CONTIG_IN_NAME = re.compile(r"chr(\d{1,2}|X|Y|MT?)(?![0-9A-Za-z])", re.IGNORECASE)


@dataclass(frozen=True)
class Region:
    """A segment of one contig: `start` to `end` in bp, 1-based, both included."""

    contig: str
    start: int
    end: int

    @property
    def length(self) -> int:
        """Number of base pairs."""
        return self.end - self.start + 1

    def __str__(self) -> str:
        return f"{self.contig}:{self.start}-{self.end}"

    def contains(self, sites: "pd.DataFrame") -> np.ndarray:
        """Return whether each site lies in the region: (n_sites,) bool."""
        inside = (sites["contig"] == self.contig) & sites["position"].between(self.start, self.end)
        return inside.to_numpy(bool)


def parse_region(text: str) -> Region:
    """Read a region such as ``1:97600000-97900000``; commas in the numbers are ignored.

    Raises
    ------
    UserError
        The text has a different form, or the region ends before it starts.
    """
    match = re.fullmatch(r"([^:\s]+):([\d,]+)-([\d,]+)", text.strip())
    if not match:
        raise UserError(f"region {text!r} is not of the form contig:start-end, such as 1:97600000-97900000.")
    region = Region(match[1], int(match[2].replace(",", "")), int(match[3].replace(",", "")))
    if not 1 <= region.start <= region.end:
        raise UserError(f"region {text} must start at 1 or later and must not end before it starts.")
    return region


def parse_regions(setting: str | Sequence[str] | None) -> tuple[Region, ...]:
    """Read the regions of a data set, in the order of contigs (`contig_key`) and positions.

    Parameters
    ----------
    setting
        One region, several, or None for all sites, which returns no region.

    Raises
    ------
    UserError
        See `parse_region`; regions overlap, or some contigs are named with "chr" and others without.
    """
    texts = [setting] if isinstance(setting, str) else setting or []
    regions = sorted(map(parse_region, texts), key=lambda region: (contig_key(region.contig), region.start))
    named = {region.contig.startswith("chr"): region for region in regions}
    if len(named) > 1:
        raise UserError(
            f"regions {named[True]} and {named[False]} name contigs in two ways, with and without chr. Write all of "
            "them as in the cohort's files."
        )
    for before, after in pairwise(regions):
        if before.contig == after.contig and after.start <= before.end:
            raise UserError(f"regions {before} and {after} overlap. Merge them, or end the first one earlier.")
    return tuple(regions)


def name_regions(setting: str | Sequence[str] | None) -> str:
    """Return the regions of a data set as text; of many, only the first ones and their number."""
    regions = parse_regions(setting)
    if not regions:
        return "all sites"
    shown = ", ".join(map(str, regions[:_REGIONS_SHOWN]))
    return shown if len(regions) <= _REGIONS_SHOWN else f"{shown}, … ({len(regions)} regions)"


def in_regions(sites: "pd.DataFrame", regions: Sequence[Region], findings: Findings | None = None) -> np.ndarray:
    """Return whether each site lies in one of the regions, True for all sites without regions: (n_sites,) bool.

    Raises
    ------
    UserError
        A region has no site; added to the findings instead, if there are any and another region has sites.
    """
    if not regions:
        return np.ones(len(sites), bool)
    inside = {region: region.contains(sites) for region in regions}
    rows = {region: int(here.sum()) for region, here in inside.items()}
    check_regions(rows, sites["contig"].unique(), findings)
    return np.logical_or.reduce([*inside.values()])


def check_regions(rows: Mapping[Region, int], contigs: Iterable[str], findings: Findings | None = None) -> None:
    """Check that each region has rows; see `in_regions`."""
    for region, number in rows.items():
        if not number:
            with gathered(findings if any(rows.values()) else None):
                raise no_sites_in_region(region, contigs)


def no_sites_in_region(region: Region, contigs: Iterable[str]) -> UserError:
    """Return the error for a region without a site, given the contigs that the files have."""
    contigs = sorted(set(contigs), key=contig_key)
    shown = ", ".join(contigs[:5]) + (", …" if len(contigs) > 5 else "")
    bare = region.contig.removeprefix("chr")
    other = bare if region.contig.startswith("chr") else f"chr{bare}"
    if region.contig in contigs:
        return UserError(
            f"region {region} contains no site of the files, although they have contig {region.contig}. "
            "Check the positions and the build."
        )
    if other in contigs:
        return UserError(
            f"region {region}: the file's contigs are named {shown}. Write {other}:{region.start}-{region.end}."
        )
    return UserError(
        f"region {region}: the files have no contig {region.contig}, only {shown or 'no contig at all'}. "
        "Correct the region."
    )


def contig_key(contig: str) -> tuple[int, int, str]:
    """Return the sorting key of a contig: 1-22, X, Y, M, then others by name; with or without "chr"."""
    name = contig.removeprefix("chr")
    if name.isdigit():
        return (0, int(name), contig)
    named = {"X": 1, "Y": 2, "M": 3, "MT": 3}
    return (1, named.get(name, 4), contig)


def contig_in_name(file: str | Path) -> str | None:
    """Return the contig in the name of a file, without "chr" (7 for `genetic_map_chr7.txt`), or None."""
    found = _CONTIG_IN_NAME.search(Path(file).name)
    return found[1].upper() if found else None
