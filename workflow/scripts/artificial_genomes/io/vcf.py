"""Phased haplotypes from VCF and BCF files."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cyvcf2
import numpy as np
import pandas as pd

from artificial_genomes.core.errors import Findings, UserError, counted, gathered
from artificial_genomes.core.haplotypes import Haplotypes
from artificial_genomes.core.regions import Region, check_regions
from artificial_genomes.core.sites import (
    DROP,
    FAILED_FILTER,
    NO_ALT,
    NOT_A_SNP,
    ROWS_READ,
    SEVERAL_ALTS,
    check_contigs,
    check_naming,
    replaces_base,
    unique_sites,
)
from artificial_genomes.io.vcf_header import (
    FILLED,
    FILLED_LINE,
    check_contig_lengths,
    check_same_samples,
    read_header,
    samples_of,
)
from artificial_genomes.io.vcf_rows import RowTally, records_of

_BASES = frozenset("ACGT")
# Genotypes with these faults cannot even be counted.
_UNREADABLE = ("half-called", "non-diploid", "impossible")
_SITE = ["contig", "position", "ref", "alt"]
_POSITION_MAX = 2**29  # of the usual indexes
_MISSING_INTEGER = -(2**31)
_SITES_PER_BLOCK = 1000

Place = tuple[str, int]
"""Contig and position."""

# Faults of a genotype, in the order in which they are checked, and what to do about each.
_REPAIRS = {
    "missing": "Impute or remove them, or set phase: beagle in the cohort, which phases and imputes.",
    "half-called": "One allele is missing, as in 0/. or ./1. Write these genotypes as missing (./.); leave out the X "
    "chromosome if men are coded like this.",
    "non-diploid": "Only diploid genotypes are supported: leave out the X and Y chromosomes or their haploid parts.",
    "unphased": "Phase the file first (phased genotypes are written 0|1), or set phase: beagle in the cohort.",
    "impossible": "A genotype refers to an allele that its row does not have: the file is damaged. Replace it.",
}
_ONE_OR_TWO = "AGs need two haplotypes per sample (0|1) or one (0), the same at all sites. Write the file accordingly."
_COMPLETE = "AGs must not have missing genotypes. Create the file again."
_REPAIRS_OF_AGS = {
    "missing": _COMPLETE,
    "half-called": _COMPLETE,
    "non-diploid": _ONE_OR_TWO,
    "unphased": "AGs are haplotypes: write them phased (0|1), or one per sample (0).",
    "impossible": _REPAIRS["impossible"],
}


@dataclass
class _Tally(RowTally):
    """Counts while haplotypes are read, including phase sets and unusable genotypes.

    Attributes
    ----------
    to_phase
        Whether genotypes will be phased again, so that their phase is ignored.
    faults
        By position: the row's unusable genotypes by fault, and the first individual of each.
    other_alleles
        Positions where skipped rows have alleles that a SNP at the same position would code as REF.
    """

    to_phase: bool = False
    faults: dict[Place, list[tuple[str, int, str]]] = field(default_factory=dict)
    other_alleles: set[Place] = field(default_factory=set)
    phase_sets: "_PhaseSets" = field(default_factory=lambda: _PhaseSets())

    def add_faults(self, genotypes: np.ndarray, contig: str, position: int, file: str) -> None:
        """Note the unusable genotypes of a row, each by its first fault."""
        calls = genotypes[:, :-1]
        faults = {
            "missing": (calls < 0).all(axis=1),
            "non-diploid": (calls != -2).sum(axis=1) != 2,
            "half-called": (calls == -1).any(axis=1),
            "unphased": genotypes[:, -1] == 0,
            "impossible": (calls > 1).any(axis=1),
        }
        seen = np.zeros(len(genotypes), bool)
        for fault, people in faults.items():
            people &= ~seen
            seen |= people
            if people.any():
                place = f"{file} {contig}:{position}, sample column {np.flatnonzero(people)[0] + 1}"
                self.faults.setdefault((contig, position), []).append((fault, int(people.sum()), place))


class _PhaseSets:
    """The number of phase sets of each individual, contig by contig.

    The relative phase of two genotypes of an individual is known only if they are in one phase set (VCF specification,
    FORMAT PS); genotypes without a phase set form one, too. Only heterozygous genotypes have a phase.
    """

    def __init__(self) -> None:
        self._numbers: dict[object, int] = {None: 1}
        # Of contigs without any phase set so far: who has a phase, (n_people,) bool.
        self._unset: dict[str, np.ndarray] = {}
        self._first: dict[str, np.ndarray] = {}  # (n_people,) number of the first set, 0 = none yet
        self._several: dict[str, np.ndarray] = {}  # (n_people,) bool
        self._place = ""

    def add(self, contig: str, position: int, phased: np.ndarray, sets: np.ndarray | None) -> None:
        """Note the phase sets (see `of_row`) of a row, of those whose genotype has a phase: (n_people,) bool."""
        unset = self._unset.setdefault(contig, np.zeros(len(phased), bool))
        if contig not in self._first:
            if sets is None:
                unset |= phased
                return
            self._first[contig] = self._numbers[None] * unset.astype(np.int64)
            self._several[contig] = np.zeros(len(phased), bool)
        first, sets = self._first[contig], self._numbers[None] if sets is None else sets
        new = phased & (first != 0) & (first != sets)
        if new.any() and not self._place:
            self._place = f"{contig}:{position}, sample column {int(new.argmax()) + 1}"
        self._several[contig] |= new
        np.copyto(first, sets, where=phased & (first == 0))

    def of_row(self, record: cyvcf2.Variant, n_people: int, kind: type[int] | type[str]) -> np.ndarray | None:
        """Return the number of each individual's phase set, (n_people,) int64; None if the row has none.

        Phase sets of a file are of one type, `kind`.
        """
        names = record.format("PS", kind) if "PS" in record.FORMAT else None
        if names is None:
            return None
        of_row, places = np.unique(names.reshape(n_people, -1)[:, 0], return_inverse=True)
        known = [None if name in (".", "", _MISSING_INTEGER) else name for name in of_row.tolist()]
        return np.array([self._numbers.setdefault(name, len(self._numbers) + 1) for name in known])[places]

    def check(self) -> None:
        """Refuse individuals with several phase sets on a contig."""
        for contig, several in self._several.items():
            if several.any():
                raise UserError(
                    f"{int(several.sum())} of {len(several)} individuals are phased on contig {contig} in several "
                    f"phase sets (FORMAT PS), whose relative phase is unknown; the first at {self._place}. Set "
                    "phase: beagle in the cohort to phase them again, or choose a region within one set."
                )


def read_vcf(
    paths: Sequence[str | Path],
    regions: Sequence[Region] = (),
    build: str = "",
    findings: Findings | None = None,
    failed: str = DROP,
    to_phase: bool = False,
    ags: bool = False,
) -> tuple[Haplotypes, dict[str, int]]:
    """Read the phased, biallelic SNPs of VCF or BCF files.

    The files contain different sites of the same individuals; a site in several files is used once. Rows need not be
    sorted, and files need no index; if regions are given and there is an index next to the file, it saves time.
    Positions with different alleles in another row are left out: see `unique_sites`.

    Parameters
    ----------
    paths
        Files: plain, gzipped or bgzipped VCF, or BCF.
    regions
        Regions to read, which must not overlap; none reads everything.
    build
        The genome build that the files should have, such as GRCh37; an unknown build is not checked.
    findings
        Collects faults that do not prevent reading the rest of the files; None raises the first one.
    failed
        What to do with rows that failed a filter (FILTER is neither PASS nor missing): DROP leaves them out, as if the
        file did not have them, KEEP reads them.
    to_phase
        Read genotypes that will be phased, of the whole contigs of the regions. Unphased and missing genotypes are then
        not faults: the haplotypes have an individual's REF before its ALT, and `filled` says which genotypes are
        missing.
    ags
        Whether the file contains AGs, which may have one haplotype per sample: two consecutive samples are then one
        artificial individual, and the last of an odd number is left out.

    Returns
    -------
    haplotypes : Haplotypes
        Sites sorted by contig (1-22, X, Y, M, others) and position; individuals without labels. A site without an id
        gets ``contig:position_ref_alt``.
    rows : dict
        Number of rows read from the regions, and of rows dropped by reason.

    Raises
    ------
    UserError
        Not a VCF, truncated, no samples, samples that differ from those of the first file, missing, half-called,
        unphased or non-diploid genotypes, several phase sets of an individual on a contig, contigs or lengths of
        another build, no site, or none in one of the regions.
    """
    tally = _Tally(to_phase=to_phase)
    places = {region: Region(region.contig, 1, _POSITION_MAX) if to_phase else region for region in regions}
    filled: dict[int, np.ndarray] = {}
    records: list[tuple[str, int, str, str, str]] = []
    rows: list[np.ndarray] = []
    samples: list[str] = []
    n_haplotypes = 0
    builds_stated = []
    for path in map(Path, paths):
        header = read_header(path)
        file_samples = samples_of(header, path)
        if samples:
            check_same_samples(samples, file_samples, paths[0], path)
        samples = file_samples
        with gathered(findings):
            builds_stated.append(check_contig_lengths(header, build, path))
        for record, alleles, missing in _read_snps(
            path, header, list(dict.fromkeys(places.values())), tally, failed, ags
        ):
            n_haplotypes = len(alleles)
            if missing is not None and missing.any():
                filled[len(records)] = missing
            records.append(record)
            # Eight alleles per byte, since most rows of a file are too rare to be kept.
            rows.append(np.packbits(alleles))
    if findings is not None:
        findings.build_is_stated = all(builds_stated)
    with gathered(findings):
        check_naming(tally.contigs)
    check_regions({region: tally.regions[place] for region, place in places.items()}, tally.contigs, findings)
    if not records:
        raise UserError(f"{_names(paths)}: no biallelic SNP among {tally.rows[ROWS_READ]} rows. Check the files.")
    sites = pd.DataFrame(records, columns=["contig", "position", "id", "ref", "alt"])
    with gathered(findings):
        check_contigs(sites, build)
    n_people = n_haplotypes // 2
    haplotypes = Haplotypes(
        _turned(rows, n_haplotypes), sites, _unlabelled(samples[:n_people]), _masks(filled, n_people, len(sites))
    )
    haplotypes, repeated = unique_sites(haplotypes, tally.other_alleles)
    repairs = _REPAIRS_OF_AGS if ags else _REPAIRS
    if to_phase:
        repairs = {fault: repair for fault, repair in repairs.items() if fault not in ("missing", "unphased")}
    haplotypes = _without_faults(haplotypes, tally.faults, findings, repairs)
    with gathered(findings):
        tally.phase_sets.check()
    return haplotypes, {**tally.rows, **repeated}


def _without_faults(
    haplotypes: Haplotypes,
    faults: Mapping[Place, list[tuple[str, int, str]]],
    findings: Findings | None,
    repairs: Mapping[str, str],
) -> Haplotypes:
    """Refuse sites with unusable genotypes; a check records them and continues as if they were sound where possible.

    Sites that are left out anyway, such as the rows of a split multi-allelic site, may have any genotypes.
    """
    places = list(zip(haplotypes.sites["contig"], haplotypes.sites["position"], strict=True))
    found = [fault for place in places for fault in faults.get(place, ())] if faults else []
    counts: Counter[str] = Counter()
    first: dict[str, str] = {}
    for fault, number, place in found:
        counts[fault] += number
        first.setdefault(fault, place)
    if findings is not None:
        findings.genotypes += len(haplotypes.people) * haplotypes.n_sites
        findings.unusable += counts
    refused = [fault for fault in repairs if fault in first]
    if not refused:
        return haplotypes
    unreadable = [any(fault in _UNREADABLE for fault, _, _ in faults.get(place, ())) for place in places]
    # If nothing else can be read, this is the reason.
    with gathered(None if all(unreadable) else findings):
        texts = (
            f"{counted(counts[fault], f'{fault} genotype')}, first in {first[fault]}. {repairs[fault]}"
            for fault in refused
        )
        raise UserError(" ".join(texts))
    return haplotypes.take_sites(~np.array(unreadable))


def read_alleles(paths: Sequence[str | Path], sites: pd.DataFrame) -> tuple[list[str], np.ndarray, pd.DataFrame]:
    """Read the carriers of given alleles, including those of records with several ALT alleles.

    A site matches the record with its contig, position and REF whose ALT alleles include its own. Haplotypes with
    exactly this ALT allele are 1 and all others 0, as if a record with several ALT alleles were split into one row each
    (`bcftools norm --multiallelics -any`).

    Parameters
    ----------
    paths
        VCF or BCF files of the same individuals.
    sites
        contig, position, ref, alt.

    Returns
    -------
    samples : list of str
    alleles : (n_haplotypes, n_sites) uint8
        0 if no record has the site.
    found : DataFrame, one row per site
        n_alts (number of ALT alleles of its record, 0 if there is none) and others (other alleles of the records at its
        position, such as ``C>A``; may be empty).

    Raises
    ------
    UserError
        As `read_vcf`; a site whose rows differ from each other.
    """
    wanted = {key: row for row, key in enumerate(sites[_SITE].itertuples(index=False, name=None))}
    places = {(contig, position) for contig, position, _, _ in wanted}
    n_alts = np.zeros(len(sites), int)
    others: dict[tuple[str, int], list[str]] = {}
    samples: list[str] = []
    alleles = np.zeros((0, len(sites)), np.uint8)
    for path in map(Path, paths):
        header = read_header(path)
        file_samples = samples_of(header, path)
        if samples:
            check_same_samples(samples, file_samples, paths[0], path)
        else:
            samples, alleles = file_samples, np.zeros((2 * len(file_samples), len(sites)), np.uint8)
        for record, known in records_of(path, header, (), RowTally()):
            place = record.CHROM, record.POS
            if place not in places:
                continue
            rows = [wanted.get((*place, record.REF, alt)) for alt in record.ALT]
            for alt, row in zip(record.ALT, rows, strict=True):
                if row is None:
                    others.setdefault(place, []).append(f"{record.REF}>{alt}")
            if any(row is not None for row in rows):
                place_of_row = f"{path.name} {record.CHROM}:{record.POS}"
                calls = _diploid_calls(record, place_of_row, len(samples)) if known is None else known
            for number, row in enumerate(rows, start=1):
                if row is not None:
                    carried = calls == number
                    if n_alts[row] and not np.array_equal(alleles[:, row], carried):
                        raise UserError(f"{path} has {record.CHROM}:{record.POS} twice with different genotypes.")
                    alleles[:, row], n_alts[row] = carried, len(rows)
    found = pd.DataFrame(
        {
            "n_alts": n_alts,
            "others": [", ".join(others.get((contig, position), [])) for contig, position, _, _ in wanted],
        }
    )
    return samples, alleles, found


def _diploid_calls(record: cyvcf2.Variant, place: str, n_people: int) -> np.ndarray:
    """Return the phased alleles of a record, (n_haplotypes,) int16: 0 = REF, 1 = the first ALT and so on."""
    genotypes = _genotypes(record, place, n_people)
    if genotypes.shape[1] != 3 or (genotypes[:, :2] < 0).any() or not genotypes[:, 2].all():
        raise UserError(
            f"{place} has genotypes that are missing, unphased or not diploid. Download or create the file again."
        )
    return genotypes[:, :2].ravel()


def _read_snps(
    path: Path, header: list[str], regions: Sequence[Region], tally: _Tally, failed: str, ags: bool
) -> Iterator[tuple[tuple[str, int, str, str, str], np.ndarray, np.ndarray | None]]:
    """Yield a file's biallelic SNPs.

    Each is (contig, position, id, ref, alt), the alleles, (n_haplotypes,) uint8, and which genotypes are missing, or
    were before they were phased: (n_people,) bool, or None if none are.
    """
    n_people = len(samples_of(header, path))
    ploidies: set[int] = set()
    declared = next((line for line in header if line.startswith("##FORMAT=<ID=PS,")), "")
    # htslib treats undeclared fields as text.
    phase_set_type = int if "Type=Integer" in declared else str
    says_filled = any(line.startswith(FILLED_LINE) for line in header)
    for record, alleles in records_of(path, header, regions, tally):
        contig, position = record.CHROM, record.POS
        tally.rows[ROWS_READ] += 1
        if record.FILTER is not None and failed == DROP:
            tally.rows[FAILED_FILTER] += 1
            continue
        ref, alts = record.REF.upper(), [alt.upper() for alt in record.ALT]
        is_snp = ref in _BASES and len(alts) == 1 and alts[0] in _BASES
        if not is_snp and any(replaces_base(ref, alt) for alt in alts):
            tally.other_alleles.add((contig, position))
        if len(alts) != 1:
            tally.rows[SEVERAL_ALTS if alts else NO_ALT] += 1
            continue
        alt = alts[0]
        if not is_snp:
            tally.rows[NOT_A_SNP] += 1
            continue
        site = (contig, position, record.ID or f"{contig}:{position}_{ref}_{alt}", ref, alt)
        if alleles is None:
            genotypes = _genotypes(record, f"{path.name} {contig}:{position}", n_people)
        if ags:
            ploidies.add(3 if alleles is not None else genotypes.shape[1])
            if len(ploidies) > 1:
                raise UserError(
                    f"{path.name} {contig}:{position}: ploidy differs from that of earlier rows. {_ONE_OR_TWO}"
                )
        if alleles is not None:
            pairs = alleles.reshape(-1, 2)
            if tally.to_phase:
                alleles = np.sort(pairs, axis=1).ravel()
            else:
                tally.phase_sets.add(contig, position, pairs[:, 0] != pairs[:, 1], None)
            yield site, alleles, None
            continue
        is_paired = ags and genotypes.shape[1] == 2
        if is_paired:
            genotypes = _paired(genotypes, f"{path.name} {contig}:{position}")
        alleles = np.zeros(2 * len(genotypes), np.uint8)
        missing = None
        if says_filled and FILLED in record.FORMAT:
            missing = record.format(FILLED, int)[:, 0] == 1
        first, second = genotypes[:, 0], genotypes[:, 1]
        # As unsigned numbers, missing (-1) and absent (-2) alleles are large ones.
        is_binary = (first | second).view(np.uint16).max() <= 1
        if not (genotypes.shape[1] == 3 and is_binary and genotypes[:, 2].all()):
            tally.add_faults(genotypes, contig, position, path.name)
            if tally.to_phase:
                missing = (genotypes[:, :-1] < 0).all(axis=1)
            first, second = first == 1, second == 1
        if genotypes.shape[1] == 3:
            if tally.to_phase:
                first, second = np.minimum(first, second), np.maximum(first, second)
            elif not is_paired:
                phased = (first != second) & (genotypes[:, -1] == 1)
                sets = tally.phase_sets.of_row(record, len(genotypes), phase_set_type)
                tally.phase_sets.add(contig, position, phased, sets)
            alleles[0::2], alleles[1::2] = first, second
        yield site, alleles, missing


def _paired(genotypes: np.ndarray, place: str) -> np.ndarray:
    """Return haploid genotypes, (n_samples, 2), each consecutive pair as one phased genotype: (n_samples // 2, 3)."""
    alleles = genotypes[:, 0]
    if len(alleles) < 2:
        raise UserError(f"{place} has one haplotype; at least two are needed.")
    if alleles.min() < 0 or alleles.max() > 1:
        column = int(((alleles < 0) | (alleles > 1)).argmax()) + 1
        raise UserError(f"{place}, sample column {column}: the allele is not 0 or 1. {_COMPLETE}")
    pairs = alleles[: len(alleles) // 2 * 2].reshape(-1, 2)
    return np.column_stack([pairs, np.ones(len(pairs), pairs.dtype)])


def _genotypes(record: cyvcf2.Variant, place: str, n_people: int) -> np.ndarray:
    """Return (n_people, ploidy + 1) int16: alleles (-1 missing, -2 absent), then 1 where phased."""
    try:
        genotypes = record.genotype.array()
    except Exception as error:  # as above
        raise UserError(f"{place} has no genotypes (GT). Use a file with phased genotypes.") from error
    if len(genotypes) != n_people:
        raise UserError(
            f"{place} has {len(genotypes)} genotypes, but the header names {n_people} samples: the header's line "
            "##FORMAT=<ID=GT,Number=1,Type=String,…> or the row is damaged. Download or create the file again."
        )
    # A BCF may have room for more alleles than any genotype of the row has.
    while genotypes.shape[1] > 3 and (genotypes[:, -2] == -2).all():
        genotypes = np.delete(genotypes, -2, axis=1)
    return genotypes


def _turned(rows: list[np.ndarray], n_haplotypes: int) -> np.ndarray:
    """Return the (n_haplotypes, n_sites) matrix of packed rows of one site each."""
    alleles = np.empty((n_haplotypes, len(rows)), np.uint8)
    for start in range(0, len(rows), _SITES_PER_BLOCK):
        block = np.stack(rows[start : start + _SITES_PER_BLOCK])
        alleles[:, start : start + len(block)] = np.unpackbits(block, axis=1, count=n_haplotypes).T
    return alleles


def _masks(rows: Mapping[int, np.ndarray], n_people: int, n_sites: int) -> np.ndarray | None:
    """Return masks, (n_people,) bool, of some sites as one: (n_people, n_sites) bool; None if no site has one."""
    if not rows:
        return None
    masks = np.zeros((n_people, n_sites), bool)
    for site, mask in rows.items():
        masks[:, site] = mask
    return masks


def _unlabelled(samples: list[str]) -> pd.DataFrame:
    return pd.DataFrame({"sample": samples, "population": "", "superpopulation": ""}, dtype=object)


def _names(paths: Sequence[str | Path]) -> str:
    return ", ".join(Path(path).name for path in paths)
