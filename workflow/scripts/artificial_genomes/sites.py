"""Sites of the genome: regions, contigs, their order and lengths."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from artificial_genomes.errors import UserError
from artificial_genomes.haplotypes import Haplotypes

# Lengths (bp) of chromosomes 1-22, X and Y in the two builds (Genome Reference Consortium).
_NAMES = [*map(str, range(1, 23)), "X", "Y"]
CONTIG_LENGTHS = {
    "GRCh37": dict(
        zip(
            _NAMES,
            [
                *(249250621, 243199373, 198022430, 191154276, 180915260, 171115067, 159138663, 146364022),
                *(141213431, 135534747, 135006516, 133851895, 115169878, 107349540, 102531392, 90354753),
                *(81195210, 78077248, 59128983, 63025520, 48129895, 51304566, 155270560, 59373566),
            ],
            strict=True,
        )
    ),
    "GRCh38": dict(
        zip(
            _NAMES,
            [
                *(248956422, 242193529, 198295559, 190214555, 181538259, 170805979, 159345973, 145138636),
                *(138394717, 133797422, 135086622, 133275309, 114364328, 107043718, 101991189, 90338345),
                *(83257441, 80373285, 58617616, 64444167, 46709983, 50818468, 156040895, 57227415),
            ],
            strict=True,
        )
    ),
}

# What VCF files and PLINK write for variants that have no place on the genome.
_NO_CONTIG = ("", ".", "0")


@dataclass(frozen=True)
class Region:
    """A stretch of one contig: `start` to `end` in bp, 1-based, both ends in."""

    contig: str
    start: int
    end: int

    def __str__(self) -> str:
        return f"{self.contig}:{self.start}-{self.end}"

    def contains(self, sites: pd.DataFrame) -> np.ndarray:
        """Say of each site whether it lies in the region: (n_sites,) bool."""
        inside = (sites["contig"] == self.contig) & sites["position"].between(self.start, self.end)
        return inside.to_numpy(bool)


def parse_region(text: str) -> Region:
    """Read a region such as ``1:97600000-97900000``; commas in the numbers are ignored.

    Raises
    ------
    UserError
        The text has another form, or the region ends before it starts.
    """
    match = re.fullmatch(r"([^:\s]+):([\d,]+)-([\d,]+)", text.strip())
    if not match:
        raise UserError(f"region {text!r} is not of the form contig:start-end, such as 1:97600000-97900000.")
    region = Region(match[1], int(match[2].replace(",", "")), int(match[3].replace(",", "")))
    if not 1 <= region.start <= region.end:
        raise UserError(f"region {text} must start at 1 or later and end where it starts or after.")
    return region


def no_sites_in_region(region: Region, contigs: Iterable[str]) -> UserError:
    """Return the error for a region without a site, given the contigs that the files have."""
    contigs = sorted(set(contigs), key=contig_key)
    shown = ", ".join(contigs[:5]) + (", …" if len(contigs) > 5 else "")
    bare = region.contig.removeprefix("chr")
    other = bare if region.contig.startswith("chr") else f"chr{bare}"
    if region.contig in contigs:
        return UserError(
            f"region {region} holds no site of the files, though they have contig {region.contig}. "
            "Check the positions and the build."
        )
    if other in contigs:
        return UserError(
            f"region {region}: but the file's contigs are {shown}; write {other}:{region.start}-{region.end}."
        )
    return UserError(f"region {region}: the files have no contig {region.contig}, only {shown or 'none at all'}.")


def contig_key(contig: str) -> tuple[int, int, str]:
    """Return the sorting key of a contig: 1-22, X, Y, M, then others by name; with or without "chr"."""
    name = contig.removeprefix("chr")
    if name.isdigit():
        return (0, int(name), contig)
    named = {"X": 1, "Y": 2, "M": 3, "MT": 3}
    return (1, named.get(name, 4), contig)


def contig_length(contig: str, build: str) -> int | None:
    """Return the length (bp) of a chromosome in a build, or None where it is not known."""
    return CONTIG_LENGTHS.get(build, {}).get(contig.removeprefix("chr"))


def site_order(sites: pd.DataFrame) -> np.ndarray:
    """Return the order that sorts sites by contig (`contig_key`), position, REF and ALT: (n_sites,) int."""
    ranks = {contig: rank for rank, contig in enumerate(sorted(sites["contig"].unique(), key=contig_key))}
    keys = sites.assign(contig=sites["contig"].map(ranks))
    return np.lexsort([keys[column].to_numpy() for column in ("alt", "ref", "position", "contig")])


def check_contigs(sites: pd.DataFrame, build: str) -> None:
    """Check that the sites lie on contigs of one naming style, and within them.

    Raises
    ------
    UserError
        Sites without a contig, a mixture of names with and without "chr", or positions beyond the contig's end in
        this build.
    """
    homeless = sites["contig"].isin(_NO_CONTIG)
    if homeless.any():
        raise UserError(f"{int(homeless.sum())} sites lie on no contig (CHROM is empty, '.' or '0'). Remove them.")
    contigs = sorted(sites["contig"].unique(), key=contig_key)
    both = [contig for contig in contigs if f"chr{contig}" in contigs]
    if both:
        raise UserError(
            f"the files call the same contig {both[0]} and chr{both[0]}. Rename one of them "
            "(bcftools annotate --rename-chrs)."
        )
    for contig in contigs:
        length = contig_length(contig, build)
        last = sites.loc[sites["contig"] == contig, "position"].max()
        if length is not None and last > length:
            raise UserError(
                f"position {last} lies beyond the end of contig {contig} in {build} ({length} bp). "
                "Check the build of the cohort."
            )


def unique_sites(haplotypes: Haplotypes) -> tuple[Haplotypes, dict[str, int]]:
    """Sort the sites and leave one row a position.

    Rows that repeat a site (same position and alleles) are taken once, as files that share sites do. Rows with other
    alleles at one position are a multi-allelic site split over rows: all of them go, since a row by itself would call
    the carriers of the other ALT alleles REF.

    Returns
    -------
    haplotypes : Haplotypes
    dropped : dict
        Number of rows dropped, by reason.

    Raises
    ------
    UserError
        Two rows of one site have different genotypes.
    """
    order = site_order(haplotypes.sites)
    sites = haplotypes.sites.iloc[order].reset_index(drop=True)
    repeats = sites.duplicated(["contig", "position", "ref", "alt"]).to_numpy()
    disagreeing = [
        row
        for row in np.flatnonzero(repeats)
        if not np.array_equal(haplotypes.alleles[:, order[row]], haplotypes.alleles[:, order[row - 1]])
    ]
    if disagreeing:
        first = sites.iloc[disagreeing[0]]
        raise UserError(
            f"{len(disagreeing)} sites appear twice with different genotypes, first {first['contig']}:"
            f"{first['position']} {first['ref']}>{first['alt']}. Keep one row of each site."
        )
    split = sites[~repeats].duplicated(["contig", "position"], keep=False).reindex(sites.index, fill_value=False)
    split_rows = split.to_numpy(bool)
    dropped = {
        "the same site again": int(repeats.sum()),
        "position with other alleles in another row": int(split_rows.sum()),
    }
    kept = order[~repeats & ~split_rows]
    if np.array_equal(kept, np.arange(haplotypes.n_sites)):
        return haplotypes, dropped
    return haplotypes.take_sites(kept), dropped
