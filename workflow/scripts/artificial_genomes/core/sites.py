"""Sites of the genome: contigs, their order and lengths, gaps between sites, and duplicate rows."""

from collections.abc import Collection, Iterable

import numpy as np
import pandas as pd

from artificial_genomes.core.errors import UserError, counted
from artificial_genomes.core.haplotypes import Haplotypes
from artificial_genomes.core.regions import contig_key

# Lengths (bp) of chromosomes 1-22, X and Y in the two builds of cohorts, and in those before and after them (Genome
# Reference Consortium, UCSC hg18, T2T Consortium v2.0), by which headers reveal their build.
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
    "NCBI36": dict(
        zip(
            _NAMES,
            [
                *(247249719, 242951149, 199501827, 191273063, 180857866, 170899992, 158821424, 146274826),
                *(140273252, 135374737, 134452384, 132349534, 114142980, 106368585, 100338915, 88827254),
                *(78774742, 76117153, 63811651, 62435964, 46944323, 49691432, 154913754, 57772954),
            ],
            strict=True,
        )
    ),
    "T2T-CHM13": dict(
        zip(
            _NAMES,
            [
                *(248387328, 242696752, 201105948, 193574945, 182045439, 172126628, 160567428, 146259331),
                *(150617247, 134758134, 135127769, 133324548, 113566686, 101161492, 99753195, 96330374),
                *(84276897, 80542538, 61707364, 66210255, 45090682, 51324926, 154259566, 62460029),
            ],
            strict=True,
        )
    ),
}

POSITION_MAX = 1 << 29
"""Largest position (bp) of a tabix index, with which VCFs are written; human chromosomes are less than half as long."""

ROWS_READ = "rows read"
"""Name in the quality record of the rows of a cohort's files in the regions of a dataset."""

NO_POSITION = "no position (POS 0)"
"""Reason for dropping rows at position 0, which VCF uses for telomeres and tools for sites without a position."""

FAILED_FILTER = "failed a filter"
SEVERAL_ALTS = "more than one ALT allele"
NO_ALT = "no ALT allele"
NOT_A_SNP = "not a SNP"
REPEATED = "duplicate of a site"
OTHER_ALLELES = "position with different alleles in another row"
"""Reasons for dropping other rows, as named in the quality record."""

FAR_BP = 200_000
"""Sites on two sides of a longer gap are hardly linked."""

DROP, KEEP = "drop", "keep"
"""What to do with rows that failed a filter (FILTER)."""

_ANY_OTHER_ALLELE = ("*", "<*>", "<NON_REF>")

# Contig of variants without a position on the genome, in VCF files and PLINK.
_NO_CONTIG = ("", ".", "0")


def contig_length(contig: str, build: str) -> int | None:
    """Return the length (bp) of a chromosome in a build, or None if unknown."""
    return CONTIG_LENGTHS.get(build, {}).get(contig.removeprefix("chr"))


def site_order(sites: pd.DataFrame) -> np.ndarray:
    """Return the order that sorts sites by contig (`contig_key`), position, REF and ALT: (n_sites,) int."""
    ranks = {contig: rank for rank, contig in enumerate(sorted(sites["contig"].unique(), key=contig_key))}
    keys = sites.assign(contig=sites["contig"].map(ranks))
    return np.lexsort([keys[column].to_numpy() for column in ("alt", "ref", "position", "contig")])


def stretches(sites: pd.DataFrame, gap_max_bp: int) -> list[tuple[str, np.ndarray]]:
    """Return segments of contigs without a longer gap between two sites: contig and row numbers, in the table's order.

    Parameters
    ----------
    sites
        contig, position; contigs in blocks, positions ascending within them.
    """
    contigs, positions = sites["contig"].to_numpy(), sites["position"].to_numpy()
    ends = np.flatnonzero((contigs[1:] != contigs[:-1]) | (np.diff(positions) > gap_max_bp)) + 1
    return [(contigs[place[0]], place) for place in np.split(np.arange(len(sites)), ends) if len(place)]


def stretch_numbers(sites: pd.DataFrame, gap_max_bp: int) -> np.ndarray:
    """Return the number of the segment (see `stretches`) of every site: (n_sites,) int64."""
    return np.concatenate([np.full(len(place), i) for i, (_, place) in enumerate(stretches(sites, gap_max_bp))])


def checked_position(position: int, place: str) -> int:
    """Return a position (bp), or raise a `UserError` that begins with `place` if it exceeds any contig."""
    if position > POSITION_MAX:
        raise UserError(
            f"{place} has position {position}, beyond {POSITION_MAX}, the largest that a tabix index supports. "
            "Correct or remove the row."
        )
    return position


def check_naming(contigs: Iterable[str]) -> None:
    """Check that all contigs of the files, including those outside the regions, follow one naming scheme.

    Raises
    ------
    UserError
        Some chromosomes are named with "chr" and others without.
    """
    chromosomes = [contig for contig in contigs if contig.removeprefix("chr") in (*_NAMES, "M", "MT")]
    named = {contig.startswith("chr"): contig for contig in sorted(chromosomes, key=contig_key, reverse=True)}
    if len(named) > 1:
        raise UserError(
            f"the files name contigs in two ways, such as {named[False]} and {named[True]}. Rename those of one "
            "file (bcftools annotate --rename-chrs)."
        )


def check_contigs(sites: pd.DataFrame, build: str) -> None:
    """Check that the sites lie within contigs and that their alleles differ.

    Raises
    ------
    UserError
        Sites without a contig, positions beyond the contig's end in this build, or REF and ALT the same.
    """
    without_contig = sites["contig"].isin(_NO_CONTIG)
    if without_contig.any():
        raise UserError(
            f"{counted(int(without_contig.sum()), 'site')} without a contig (CHROM is empty, '.' or '0'). Remove them."
        )
    for contig in sorted(sites["contig"].unique(), key=contig_key):
        length = contig_length(contig, build)
        last = sites.loc[sites["contig"] == contig, "position"].max()
        if length is not None and last > length:
            raise UserError(
                f"position {last} lies beyond the end of contig {contig} in {build} ({length} bp). "
                "Check the build of the cohort."
            )
    same = sites[sites["ref"] == sites["alt"]]
    if len(same):
        first = same.iloc[0]
        raise UserError(
            f"{counted(len(same), 'site')} with the same allele as REF and ALT, first "
            f"{first['contig']}:{first['position']} {first['ref']}>{first['alt']}. Correct or remove them."
        )


def evenly_spread(n: int, at_most: int | None) -> np.ndarray:
    """Return the indices of at most `at_most` (None = all) of `n` items, evenly spaced: (k,) int64."""
    if at_most is None or n <= at_most:
        return np.arange(n)
    return np.linspace(0, n - 1, at_most).round().astype(np.int64)


def replaces_base(ref: str, alt: str) -> bool:
    """Return whether carriers of an ALT allele lack the first base of REF: they have another base, or a deletion (*).

    Insertions, deletions and symbolic alleles such as <DEL> begin after that base, so their carriers have it.
    """
    if not alt.isalpha():
        return alt in _ANY_OTHER_ALLELE
    return alt[0] != ref[0]


def places_of_other_alleles(sites: pd.DataFrame) -> set[tuple[str, int]]:
    """Return contigs and positions of sites that are not SNPs and whose carriers lack the reference base."""
    return {
        (site.contig, site.position)
        for site in sites.itertuples(index=False)
        if any(replaces_base(site.ref, alt) for alt in site.alt.split(","))
    }


def unique_sites(
    haplotypes: Haplotypes, other_alleles: Collection[tuple[str, int]] = ()
) -> tuple[Haplotypes, dict[str, int]]:
    """Sort the sites and keep one row per position.

    Duplicate rows of a site (same position and alleles), as in files that share sites, are kept once. Rows with
    different alleles at one position are a multi-allelic site split over rows: all are dropped, since a single row
    would code the carriers of the other ALT alleles as REF.

    Parameters
    ----------
    haplotypes
        SNPs.
    other_alleles
        Positions where rows that are not SNPs have such alleles: see `places_of_other_alleles`.

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
        or (
            haplotypes.filled is not None
            and not np.array_equal(haplotypes.filled[:, order[row]], haplotypes.filled[:, order[row - 1]])
        )
    ]
    if disagreeing:
        first = sites.iloc[disagreeing[0]]
        raise UserError(
            f"{counted(len(disagreeing), 'site')} listed twice with different genotypes, first "
            f"{first['contig']}:{first['position']} {first['ref']}>{first['alt']}. Keep one row per site."
        )
    split = sites[~repeats].duplicated(["contig", "position"], keep=False).reindex(sites.index, fill_value=False)
    split_rows = split.to_numpy(bool)
    if other_alleles:
        places = zip(sites["contig"], sites["position"], strict=True)
        split_rows = split_rows | (~repeats & np.array([place in other_alleles for place in places], bool))
    dropped = {
        REPEATED: int(repeats.sum()),
        OTHER_ALLELES: int(split_rows.sum()),
    }
    kept = order[~repeats & ~split_rows]
    if np.array_equal(kept, np.arange(haplotypes.n_sites)):
        return haplotypes, dropped
    return haplotypes.take_sites(kept), dropped
