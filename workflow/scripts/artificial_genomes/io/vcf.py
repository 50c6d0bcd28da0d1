"""Phased haplotypes from and to VCF files."""

import codecs
import contextlib
import itertools
import logging
import multiprocessing
import os
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, NamedTuple, TypeVar

import cyvcf2
import numpy as np
import pandas as pd
import pysam

from artificial_genomes.core.compressed import opened
from artificial_genomes.core.errors import Findings, UserError, gathered
from artificial_genomes.core.haplotypes import Haplotypes
from artificial_genomes.core.program import whole_outputs
from artificial_genomes.core.regions import Region, check_regions, contig_key
from artificial_genomes.core.sites import (
    CONTIG_LENGTHS,
    DROP,
    NO_POSITION,
    check_contigs,
    check_naming,
    checked_position,
    contig_length,
    replaces_base,
    unique_sites,
)
from artificial_genomes.io.tabix import BLOCK_END, DamagedError, TabixIndex, blocks_of, lines_of_blocks, parse_index

log = logging.getLogger(__name__)

_GZIP = b"\x1f\x8b"
_BCF = b"BCF\x02"
_FIXED_COLUMNS = ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO"]
_BASES = frozenset("ACGT")
# Genotypes with these faults cannot even be counted.
_UNREADABLE = ("half-called", "non-diploid", "impossible")
_SITE = ["contig", "position", "ref", "alt"]
_POSITION_MAX = 2**29  # of the usual indexes
_MISSING_INTEGER = -(2**31)
_FILLED = "FILLED"
_FILLED_LINE = f"##FORMAT=<ID={_FILLED},Number=1,Type=Integer,"
# VCF specification, section 1.4.7.
_CONTIG_NAME = re.compile(rb"[0-9A-Za-z!#$%&+./:;?@^_|~-][0-9A-Za-z!#$%&*+./:;=?@^_|~-]*")
_SITES_PER_BLOCK = 1000
_LINE_BYTES_MAX = 1 << 20
_BYTES_SHOWN = 20
_TAB = ord("\t")
_Item = TypeVar("_Item")

Place = tuple[str, int]
"""Contig and position."""

# What can be wrong with a genotype, in the order in which it is looked for, and what to do about it.
_REPAIRS = {
    "missing": "Impute or remove them; phase: beagle in the cohort does both phasing and imputation.",
    "half-called": "One allele is missing, as in 0/. or ./1. Write these genotypes as missing (./.); leave out the X "
    "chromosome where men are written so.",
    "non-diploid": "Only diploid genotypes are read: leave out the X and Y chromosomes or their haploid parts.",
    "unphased": "Phase the file first, or write phase: beagle in the cohort; phased genotypes are written 0|1.",
    "impossible": "A genotype points to an allele that its row does not have: the file is damaged.",
}
_ONE_OR_TWO = "AGs have two haplotypes per sample (0|1) or one (0), the same at all sites. Write them so."
_COMPLETE = "AGs have no missing genotypes. Write them again."
_REPAIRS_OF_AGS = {
    "missing": _COMPLETE,
    "half-called": _COMPLETE,
    "non-diploid": _ONE_OR_TWO,
    "unphased": "AGs are haplotypes: write them phased (0|1), or one per sample (0).",
    "impossible": _REPAIRS["impossible"],
}


@dataclass
class _Tally:
    """What has been seen while reading: rows by fate, contigs, rows by region, phase sets, and what cannot be used.

    Attributes
    ----------
    to_phase
        Whether genotypes will be phased anew, so that their phase means nothing.
    faults
        By position: the row's unusable genotypes by fault, and the first individual of each.
    other_alleles
        Positions where rows that are not read have alleles that a SNP beside them would call REF.
    """

    to_phase: bool = False
    rows: Counter = field(default_factory=Counter)
    contigs: set[str] = field(default_factory=set)
    regions: Counter[Region] = field(default_factory=Counter)
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
    """In how many phase sets individuals are phased, contig by contig.

    Genotypes of an individual have a known phase to each other only where they are of one phase set (VCF specification,
    FORMAT PS); those without a phase set are of one too. Only heterozygous genotypes have a phase.
    """

    def __init__(self) -> None:
        self._numbers: dict[object, int] = {None: 1}
        self._first: dict[str, np.ndarray] = {}  # (n_people,) number of the first set, 0 = none yet
        self._several: dict[str, np.ndarray] = {}  # (n_people,) bool
        self._place = ""

    def add(self, record: cyvcf2.Variant, genotypes: np.ndarray, kind: type[int] | type[str]) -> None:
        """Note the phase sets of a row, which are of one type in a file."""
        phased = (genotypes[:, 0] != genotypes[:, 1]) & (genotypes[:, -1] == 1)
        sets = self._sets(record, len(genotypes), kind)
        first = self._first.setdefault(record.CHROM, np.zeros(len(genotypes), np.int64))
        several = self._several.setdefault(record.CHROM, np.zeros(len(genotypes), bool))
        new = phased & (first != 0) & (first != sets)
        if new.any() and not self._place:
            self._place = f"{record.CHROM}:{record.POS}, sample column {int(new.argmax()) + 1}"
        several |= new
        np.copyto(first, sets, where=phased & (first == 0))

    def _sets(self, record: cyvcf2.Variant, n_people: int, kind: type[int] | type[str]) -> np.ndarray:
        """Return the number of each individual's phase set: (n_people,) int64."""
        names = record.format("PS", kind) if "PS" in record.FORMAT else None
        if names is None:
            return np.full(n_people, self._numbers[None])
        of_row, places = np.unique(names.reshape(n_people, -1)[:, 0], return_inverse=True)
        known = [None if name in (".", "", _MISSING_INTEGER) else name for name in of_row.tolist()]
        return np.array([self._numbers.setdefault(name, len(self._numbers) + 1) for name in known])[places]

    def check(self) -> None:
        """Refuse individuals who are phased in several sets of a contig."""
        for contig, several in self._several.items():
            if several.any():
                raise UserError(
                    f"{int(several.sum())} of {len(several)} individuals are phased on contig {contig} in several "
                    f"phase sets (FORMAT PS), whose phase to each other is unknown; the first at {self._place}. Write "
                    "phase: beagle in the cohort, which phases them anew, or choose a region within one set."
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

    The files hold different sites of the same people; a site that several files share is taken once. Rows need not
    be sorted and files need no index; where regions are asked for and an index lies beside the file, it saves time.
    Positions with other alleles in another row are left out: see `unique_sites`.

    Parameters
    ----------
    paths
        Files: plain, gzipped or bgzipped VCF, or BCF.
    regions
        The stretches to read, which do not overlap; none reads everything.
    build
        The genome build that the files should have, such as GRCh37; an unknown build is not checked.
    findings
        Where faults are noted that do not keep the rest of the files from being read; None raises the first.
    failed
        What to do with rows that failed a filter (FILTER is neither PASS nor missing): DROP leaves them out, as if the
        file did not have them, KEEP reads them.
    to_phase
        Read genotypes that will be phased, of the whole contigs of the regions. Unphased and missing ones are no
        faults: the haplotypes have an individual's REF before its ALT, and `filled` says which genotypes are missing.
    ags
        Whether the file is of AGs, which may have one haplotype per sample: two samples after each other are then one
        AG, and the last of an odd number is left out.

    Returns
    -------
    haplotypes : Haplotypes
        Sites sorted by contig (1-22, X, Y, M, others) and position; people without labels. A site without an id gets
        ``contig:position_ref_alt``.
    rows : dict
        Number of rows read from the regions, and of rows dropped by reason.

    Raises
    ------
    UserError
        Not a VCF, truncated, no samples, other samples than in the first file, missing, half-called, unphased or
        non-diploid genotypes, several phase sets of an individual on a contig, contigs or lengths of another build, no
        site, or none in one of the regions.
    """
    tally = _Tally(to_phase)
    places = {region: Region(region.contig, 1, _POSITION_MAX) if to_phase else region for region in regions}
    filled: dict[int, np.ndarray] = {}
    records: list[tuple[str, int, str, str, str]] = []
    rows: list[np.ndarray] = []
    samples: list[str] = []
    n_haplotypes = 0
    for path in map(Path, paths):
        header = _read_header(path)
        file_samples = _samples(header, path)
        if samples:
            _check_same_samples(samples, file_samples, paths[0], path)
        samples = file_samples
        with gathered(findings):
            _check_contig_lengths(header, build, path)
        for record, alleles, missing in _read_snps(
            path, header, list(dict.fromkeys(places.values())), tally, failed, ags
        ):
            n_haplotypes = len(alleles)
            if missing is not None and missing.any():
                filled[len(records)] = missing
            records.append(record)
            # Eight alleles a byte, since most rows of a file are too rare to be kept.
            rows.append(np.packbits(alleles))
    with gathered(findings):
        check_naming(tally.contigs)
    check_regions({region: tally.regions[place] for region, place in places.items()}, tally.contigs, findings)
    if not records:
        raise UserError(f"{_names(paths)}: no biallelic SNP among {tally.rows['rows read']} rows. Check the files.")
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
    """Refuse sites with unusable genotypes; a check notes them and goes on, as if those it can read over were sound.

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
    # Where nothing else can be read, this is why.
    with gathered(None if all(unreadable) else findings):
        texts = (f"{counts[fault]} {fault} genotypes, first in {first[fault]}. {repairs[fault]}" for fault in refused)
        raise UserError(" ".join(texts))
    return haplotypes.take_sites(~np.array(unreadable))


def read_alleles(paths: Sequence[str | Path], sites: pd.DataFrame) -> tuple[list[str], np.ndarray, pd.DataFrame]:
    """Read who carries given alleles, also those of records with several ALT alleles.

    A site is the record with its contig, position and REF among whose ALT alleles its own is. 1 are the haplotypes with
    exactly this ALT allele, 0 all others, as where a record with several ALT alleles is split into one row each
    (`bcftools norm --multiallelics -any`).

    Parameters
    ----------
    paths
        VCF or BCF files of the same people.
    sites
        contig, position, ref, alt.

    Returns
    -------
    samples : list of str
    alleles : (n_haplotypes, n_sites) uint8
        0 where no record has the site.
    found : DataFrame, one row a site
        n_alts (number of ALT alleles of its record, 0 where there is none) and others (alleles of the records at its
        position that are not it, such as ``C>A``; empty where there are none).

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
        header = _read_header(path)
        file_samples = _samples(header, path)
        if samples:
            _check_same_samples(samples, file_samples, paths[0], path)
        else:
            samples, alleles = file_samples, np.zeros((2 * len(file_samples), len(sites)), np.uint8)
        for record in _records(path, header, (), _Tally()):
            place = record.CHROM, record.POS
            if place not in places:
                continue
            rows = [wanted.get((*place, record.REF, alt)) for alt in record.ALT]
            for alt, row in zip(record.ALT, rows, strict=True):
                if row is None:
                    others.setdefault(place, []).append(f"{record.REF}>{alt}")
            if any(row is not None for row in rows):
                calls = _diploid_calls(record, f"{path.name} {record.CHROM}:{record.POS}", len(samples))
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
            f"{place} has genotypes that are missing, unphased or not diploid. Fetch or write the file again."
        )
    return genotypes[:, :2].ravel()


def _read_snps(
    path: Path, header: list[str], regions: Sequence[Region], tally: _Tally, failed: str, ags: bool
) -> Iterator[tuple[tuple[str, int, str, str, str], np.ndarray, np.ndarray | None]]:
    """Yield a file's biallelic SNPs.

    Each is (contig, position, id, ref, alt), the alleles, (n_haplotypes,) uint8, and which genotypes are missing, or
    were before they were phased: (n_people,) bool, None where none are.
    """
    n_people = len(_samples(header, path))
    ploidies: set[int] = set()
    declared = next((line for line in header if line.startswith("##FORMAT=<ID=PS,")), "")
    # htslib takes what is not declared for text.
    phase_set_type = int if "Type=Integer" in declared else str
    says_filled = any(line.startswith(_FILLED_LINE) for line in header)
    for record in _records(path, header, regions, tally):
        contig, position = record.CHROM, record.POS
        tally.rows["rows read"] += 1
        if record.FILTER is not None and failed == DROP:
            tally.rows["failed a filter"] += 1
            continue
        ref, alts = record.REF.upper(), [alt.upper() for alt in record.ALT]
        is_snp = ref in _BASES and len(alts) == 1 and alts[0] in _BASES
        if not is_snp and any(replaces_base(ref, alt) for alt in alts):
            tally.other_alleles.add((contig, position))
        if len(alts) != 1:
            tally.rows["more than one ALT allele" if alts else "no ALT allele"] += 1
            continue
        alt = alts[0]
        if not is_snp:
            tally.rows["not a SNP"] += 1
            continue
        genotypes = _genotypes(record, f"{path.name} {contig}:{position}", n_people)
        if ags:
            ploidies.add(genotypes.shape[1])
            if len(ploidies) > 1:
                raise UserError(f"{path.name} {contig}:{position}: other ploidy than before. {_ONE_OR_TWO}")
        is_paired = ags and genotypes.shape[1] == 2
        if is_paired:
            genotypes = _paired(genotypes, f"{path.name} {contig}:{position}")
        alleles = np.zeros(2 * len(genotypes), np.uint8)
        missing = None
        if says_filled and _FILLED in record.FORMAT:
            missing = record.format(_FILLED, int)[:, 0] == 1
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
                tally.phase_sets.add(record, genotypes, phase_set_type)
            alleles[0::2], alleles[1::2] = first, second
        yield (contig, position, record.ID or f"{contig}:{position}_{ref}_{alt}", ref, alt), alleles, missing


def _paired(genotypes: np.ndarray, place: str) -> np.ndarray:
    """Return haploid genotypes, (n_samples, 2), two after each other as one phased genotype: (n_samples // 2, 3)."""
    alleles = genotypes[:, 0]
    if len(alleles) < 2:
        raise UserError(f"{place} has one haplotype; at least two are needed.")
    if alleles.min() < 0 or alleles.max() > 1:
        column = int(((alleles < 0) | (alleles > 1)).argmax()) + 1
        raise UserError(f"{place}, sample column {column}: the allele is not 0 or 1. {_COMPLETE}")
    pairs = alleles[: len(alleles) // 2 * 2].reshape(-1, 2)
    return np.column_stack([pairs, np.ones(len(pairs), pairs.dtype)])


def _records(path: Path, header: list[str], regions: Sequence[Region], tally: _Tally) -> Iterator[cyvcf2.Variant]:
    """Yield the rows of a file whose position lies in one of the regions, all where there are none.

    htslib parses rows of text one by one, and does not read the file: it takes lines that begin with # for rows or for
    the end of the file, crashes on some of them, and numbers none.
    """
    if _is_bcf(path):
        rows = ((record.CHROM, record.POS, record) for record in _sound(_opened_bcf(path), path))
        yield from _within(regions, rows, tally)
        return
    parse = _Parser(path, header)
    index = _index(path) if regions else None
    if index is None:
        yield from map(parse, _within(regions, _rows(path, header), tally))
        return
    tally.contigs |= index.keys()
    for region in regions:
        if region.contig in index:
            yield from map(parse, _within([region], _rows_of_stretch(path, header, region, index), tally))


def _within(regions: Sequence[Region], rows: Iterable[tuple[str, int, _Item]], tally: _Tally) -> Iterator[_Item]:
    """Yield what belongs to contigs and positions that lie in one of the regions, and count."""
    of_contig: dict[str, list[Region]] = {}
    for region in regions:
        of_contig.setdefault(region.contig, []).append(region)
    for contig, position, item in rows:
        tally.contigs.add(contig)
        if position == 0:
            tally.rows["rows read"] += 1
            tally.rows[NO_POSITION] += 1
            continue
        if regions:
            inside = (region for region in of_contig.get(contig, ()) if region.start <= position <= region.end)
            region = next(inside, None)
            if region is None:
                continue
            tally.regions[region] += 1
        yield item


class _Row(NamedTuple):
    """A row of a VCF as text, its columns counted, and where it stands."""

    contig: str
    position: int
    text: bytes
    place: str


def _rows(path: Path, header: list[str]) -> Iterator[tuple[str, int, _Row]]:
    """Yield contig, position and text of all rows of a VCF.

    Raises
    ------
    UserError
        A line that is no row of the VCF, see `_row`; an empty line that is not the last.
    """
    n_columns, empty = header[-1].count("\t") + 1, 0
    for number, line in _numbered_lines(path, len(header)):
        if not line or line.isspace():
            empty = empty or number
            continue
        if empty:
            raise UserError(f"{path}, line {empty} is empty, and rows follow. Remove the line.")
        row = _row(line, f"{path}, line {number}", n_columns)
        yield row.contig, row.position, row


def _numbered_lines(path: Path, n_header: int) -> Iterator[tuple[int, bytes]]:
    number = n_header
    try:
        with opened(path) as file:
            for line in itertools.islice(file, n_header, None):
                number += 1
                yield number, line
    except UserError as error:
        raise UserError(
            f"{path} cannot be read beyond line {number}: truncated or damaged. Fetch or write it again."
        ) from error


def _rows_of_stretch(
    path: Path, header: list[str], region: Region, index: Mapping[str, TabixIndex]
) -> Iterator[tuple[str, int, _Row]]:
    """Yield the rows between the places that an index gives for a region, with some before and after it.

    Raises
    ------
    UserError
        A line that is no row, see `_row`; another contig or descending positions, which the index rules out.
    """
    n_columns, last = header[-1].count("\t") + 1, 0
    start, end = index[region.contig].stretch(region)
    try:
        with path.open("rb") as file:
            for line in lines_of_blocks(blocks_of(file, start >> 16, end >> 16), start, end):
                row = _row(line, f"{path}, the row behind {region.contig}:{last}", n_columns)
                if row.contig != region.contig or row.position < last:
                    raise UserError(
                        f"{path} has {row.contig}:{row.position} behind {region.contig}:{last}, so that its index "
                        "belongs to another file. Index the file again (tabix --preset vcf)."
                    )
                last = row.position
                yield row.contig, row.position, row
    except DamagedError as error:
        raise UserError(
            f"{path} cannot be read beyond {region.contig}:{last}: truncated or damaged. Fetch or write it again."
        ) from error


def _row(line: bytes, place: str, n_columns: int) -> _Row:
    """Return a row of a VCF whose line has been checked.

    Raises
    ------
    UserError
        A second header or a remark, another number of columns than the header's, no contig or position.
    """
    text = line.rstrip(b"\r\n")
    if text.startswith((b"##", b"#CHROM")):
        raise UserError(
            f"{place} is a second header: VCFs cannot be put together with cat. Use bcftools concat, or name the files "
            "one by one under vcf."
        )
    if text.startswith(b"#"):
        raise UserError(f"{place} begins with # among the rows. Remove the line.")
    # Three times as fast as bytes.count where there are many.
    columns = int(np.count_nonzero(np.frombuffer(text, np.uint8) == _TAB)) + 1
    if columns != n_columns:
        raise _damaged_row(place, f"has {columns} columns where the header has {n_columns}")
    first = text.index(b"\t")
    contig, position = text[:first], text[first + 1 : text.index(b"\t", first + 1)]
    if not _CONTIG_NAME.fullmatch(contig):
        raise _damaged_row(place, f"begins with {_shown(contig)}, which names no contig")
    if not position.isdigit():
        raise _damaged_row(place, f"has {_shown(position)} as POS, which is no position")
    return _Row(contig.decode(), checked_position(int(position), place), text, place)


def _damaged_row(place: str, what: str) -> UserError:
    return UserError(f"{place} {what}: truncated or damaged. Fetch or write it again.")


def _shown(text: bytes) -> str:
    return repr(text[:_BYTES_SHOWN].decode(errors="replace"))


class _Parser:
    """Turns the rows of a VCF from text into records, by htslib."""

    def __init__(self, path: Path, header: list[str]):
        try:
            self._parser = cyvcf2.Writer.from_string(os.devnull, "\n".join(header) + "\n")
        except Exception as error:  # cyvcf2 has no narrower class
            raise _unreadable_header(path) from error
        self._contigs = set(_contig_lengths(header))
        self._has_leading_phase = False
        if not any(line.startswith("##FORMAT=<ID=GT,") for line in header):
            self._parser.add_to_header('##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">')

    def __call__(self, row: _Row) -> cyvcf2.Variant:
        if row.contig not in self._contigs:
            self._parser.add_to_header(f"##contig=<ID={row.contig}>")
            self._contigs.add(row.contig)
        text = _without_leading_phase(row.text) if self._has_leading_phase else row.text
        try:
            return self._parser.variant_from_string(text.decode())
        except Exception as error:  # as above
            if not self._has_leading_phase and _without_leading_phase(text) != text:
                self._has_leading_phase = True
                return self(row)
            raise _damaged_row(row.place, f"({row.contig}:{row.position}) has a field that cannot be read") from error


def _without_leading_phase(row: bytes) -> bytes:
    """Return a row without the phase of first alleles, such as in |0|1, which VCF 4.4 allows and htslib cannot parse.

    A genotype whose first allele is said to be unphased (/0|1) becomes unphased.
    """
    *fixed, genotypes = row.split(b"\t", len(_FIXED_COLUMNS) + 1)
    unphased = re.sub(rb"(?<=\t)/([^\t:|]*)\|", rb"/\1/", b"\t" + genotypes)
    return b"\t".join(fixed) + re.sub(rb"(?<=\t)[|/](?=[0-9.])", b"", unphased)


def _is_bcf(path: Path) -> bool:
    with opened(path) as file:
        return file.read(len(_BCF)) == _BCF


def _opened_bcf(path: Path) -> cyvcf2.VCF:
    # htslib ends the process without a word where the type of genotypes is damaged, so that another one reads first.
    trial = multiprocessing.get_context("fork").Process(target=_read_through, args=(path,))
    trial.start()
    trial.join()
    if trial.exitcode:
        raise UserError(f"{path} has genotypes that htslib cannot read: damaged. Fetch or write it again.")
    try:
        return cyvcf2.VCF(str(path))
    except Exception as error:  # as above
        raise _unreadable_header(path) from error


def _read_through(path: Path) -> None:
    """Read the genotypes of a BCF, if need be up to the first that cannot be read."""
    with contextlib.suppress(Exception):
        for record in cyvcf2.VCF(str(path)):
            record.genotype.array()


def _unreadable_header(path: Path) -> UserError:
    return UserError(
        f"{path} is truncated or damaged, or has a header that htslib cannot read. "
        "Fetch or write it again; `bcftools view -h` shows what is wrong."
    )


def _sound(rows: Iterable[cyvcf2.Variant], path: Path) -> Iterator[cyvcf2.Variant]:
    """Yield the records of a BCF up to the first that cannot be read, which raises a `UserError`."""
    rows, last = iter(rows), "the header"
    while True:
        try:
            record = next(rows)
            place = f"{record.CHROM}:{record.POS}"
            if record.POS < 0 or not _CONTIG_NAME.fullmatch(record.CHROM.encode()):
                raise UserError(f"{place} is no place")
            checked_position(record.POS, place)
            # Damaged text fails when it is asked for.
            _ = record.ID, record.REF, record.ALT
        except StopIteration:
            return
        except Exception as error:  # as above
            raise UserError(
                f"{path} cannot be read beyond {last}: truncated or damaged. "
                "Fetch or write it again; `bcftools view` shows where it breaks."
            ) from error
        last = place
        yield record


def _genotypes(record: cyvcf2.Variant, place: str, n_people: int) -> np.ndarray:
    """Return (n_people, ploidy + 1) int16: alleles (-1 missing, -2 absent), then 1 where phased."""
    try:
        genotypes = record.genotype.array()
    except Exception as error:  # as above
        raise UserError(f"{place} has no genotypes (GT). Only files with phased genotypes can be read.") from error
    if len(genotypes) != n_people:
        raise UserError(
            f"{place} has {len(genotypes)} genotypes where the header names {n_people} samples: the header's line "
            "##FORMAT=<ID=GT,Number=1,Type=String,…> or the row is damaged. Fetch or write the file again."
        )
    # A BCF may have room for more alleles than any genotype of the row has.
    while genotypes.shape[1] > 3 and (genotypes[:, -2] == -2).all():
        genotypes = np.delete(genotypes, -2, axis=1)
    return genotypes


def _index(path: Path) -> dict[str, TabixIndex] | None:
    """Return the index beside a VCF, by contig; None where there is none that belongs to the file as it is now.

    An index made for another version of the file hides rows. So none is used where one of them is older than the file,
    since file times may be wrong for the other too, and none that leaves rows before its start or after its end.
    """
    indexes = [path.with_name(path.name + ending) for ending in (".tbi", ".csi")]
    indexes = [index for index in indexes if index.exists()]
    if any(index.stat().st_mtime < path.stat().st_mtime for index in indexes):
        log.info("%s is newer than an index beside it: reading the whole file", path)
        return None
    for index in indexes:
        try:
            contigs = parse_index(index.read_bytes())
            if contigs and _holds_all_rows(path, contigs.values()):
                return contigs
        except (DamagedError, OSError):
            pass
        log.info("%s does not belong to %s as it is now: not used", index, path.name)
    return None


def _holds_all_rows(path: Path, contigs: Collection[TabixIndex]) -> bool:
    """Say whether all rows of a bgzipped VCF lie between the ends of its index."""
    start, end = min(contig.start for contig in contigs), max(contig.end for contig in contigs)
    with path.open("rb") as file:
        before = lines_of_blocks(blocks_of(file, 0, start >> 16), 0, start)
        if not all(line.startswith(b"#") for line in before):
            return False
        after = lines_of_blocks(blocks_of(file, end >> 16, path.stat().st_size), end, None)
        return not any(line.strip() for line in after)


def _read_header(path: Path) -> list[str]:
    """Return the header's lines, the one with the samples last.

    It is read here and not by htslib, which crashes on some broken headers and warns only of some truncated files.
    """
    with path.open("rb") as file:
        start = file.read(18)
        if start[:2] == _GZIP and start[12:14] == b"BC":
            file.seek(max(0, os.path.getsize(path) - len(BLOCK_END)))
            if file.read() != BLOCK_END:
                raise UserError(
                    f"{path} is truncated: it lacks the block that ends every bgzip file. Fetch or write it again."
                )
    try:
        with opened(path) as file:
            lines = _header_lines(file)
    except UserError as error:
        raise UserError(f"{path} is truncated or damaged in its header. Fetch or write it again.") from error
    if lines is None:
        raise UserError(f"{path} is not a VCF: it does not begin with ##fileformat=VCF.")
    columns = lines[-1].split("\t")
    if columns[:8] != _FIXED_COLUMNS or columns[8:9] not in ([], ["FORMAT"]):
        raise UserError(f"{path} has no tab-separated line #CHROM POS ID … after its header: not a whole VCF.")
    return lines


def _header_lines(file: BinaryIO) -> list[str] | None:
    first = file.readline(_LINE_BYTES_MAX).removeprefix(codecs.BOM_UTF8)
    if first.startswith(_BCF):
        length = int.from_bytes(first[5:9].ljust(4, b"\0"), "little")
        text = (first[9:] + file.read(max(0, length - len(first[9:]))))[:length]
        return text.rstrip(b"\0\n").decode(errors="replace").splitlines() or [""]
    if not first.startswith(b"##fileformat=VCF"):
        return None
    lines = [first]
    for line in file:
        if not line.startswith(b"#"):
            break
        lines.append(line)
        if not line.startswith(b"##"):
            break
    return [line.rstrip(b"\r\n").decode(errors="replace") for line in lines]


def _samples(header: list[str], path: Path) -> list[str]:
    samples = header[-1].split("\t")[9:]
    if not samples:
        raise UserError(f"{path} has no samples: genotypes of people are needed, not a list of sites.")
    foreign = next((number for number, name in enumerate(samples, start=1) if "\ufffd" in name), None)
    if foreign:
        raise UserError(
            f"{path}: the name in sample column {foreign} is not UTF-8. Convert the header (bcftools reheader)."
        )
    repeated = pd.Series(samples).duplicated()
    if repeated.any():
        raise UserError(
            f"{path} has {int(repeated.sum())} sample names twice, first in sample column "
            f"{int(repeated.argmax()) + 1}. Rename or remove them (bcftools reheader)."
        )
    return samples


def _check_same_samples(first: list[str], second: list[str], first_path: str | Path, path: Path) -> None:
    if first == second:
        return
    if sorted(first) == sorted(second):
        raise UserError(
            f"{path} has the samples of {first_path} in another order. Write it in the same order (bcftools view -S)."
        )
    missing, extra = len(set(first) - set(second)), len(set(second) - set(first))
    raise UserError(
        f"{path} has other samples than {first_path}: {missing} are missing, {extra} are new. "
        "The files of a cohort hold different sites of the same people."
    )


def _contig_lengths(header: list[str]) -> dict[str, int | None]:
    """Return the contigs that a header declares and their lengths, None where it does not say."""
    lengths = {}
    for line in header:
        if line.startswith("##contig=<") and (name := re.search(r"[<,]ID=([^,>]+)", line)):
            length = re.search(r"[<,]length=(\d+)", line)
            lengths[name[1]] = int(length[1]) if length else None
    return lengths


def _check_contig_lengths(header: list[str], build: str, path: Path) -> None:
    """Check that no contig has the length of another build; other lengths are a tool's invention and say nothing."""
    for contig, length in _contig_lengths(header).items():
        expected = contig_length(contig, build)
        others = [other for other in CONTIG_LENGTHS if length == contig_length(contig, other)]
        if None not in (length, expected) and length != expected and others:
            raise UserError(
                f"{path} is not {build}: its header gives contig {contig} {length} bp, which is its length in "
                f"{others[0]}; {build} has {expected}. Check the build of the cohort."
            )


def _turned(rows: list[np.ndarray], n_haplotypes: int) -> np.ndarray:
    """Return the (n_haplotypes, n_sites) matrix of packed rows of one site each."""
    alleles = np.empty((n_haplotypes, len(rows)), np.uint8)
    for start in range(0, len(rows), _SITES_PER_BLOCK):
        block = np.stack(rows[start : start + _SITES_PER_BLOCK])
        alleles[:, start : start + len(block)] = np.unpackbits(block, axis=1, count=n_haplotypes).T
    return alleles


def _masks(rows: Mapping[int, np.ndarray], n_people: int, n_sites: int) -> np.ndarray | None:
    """Return masks, (n_people,) bool, of some sites as one: (n_people, n_sites) bool; None where no site has one."""
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


def write_vcf(haplotypes: Haplotypes, path: str | Path, build: str) -> None:
    """Write haplotypes as a bgzipped VCF 4.2 file with phased genotypes, and its tabix index beside it.

    The same haplotypes give the same bytes: the header has no date.

    Parameters
    ----------
    path
        The VCF file, ending in .vcf.gz; the index is `path` + ".tbi".
    build
        Genome build, written as the assembly of the contigs.

    Raises
    ------
    UserError
        The file cannot be written.
    """
    with whole_outputs(path, f"{path}.tbi") as (partial, _):
        try:
            with pysam.BGZFile(str(partial), "wb") as file:
                file.write(_vcf_header(haplotypes, build).encode())
                for row in _vcf_rows(haplotypes):
                    file.write(row)
            pysam.tabix_index(str(partial), preset="vcf", force=True)
        except OSError as error:  # htslib does not say which
            raise UserError(f"{path} cannot be written: is the disk full? Free some space and run again.") from error


def _vcf_rows(haplotypes: Haplotypes) -> Iterator[bytes]:
    """Yield the rows of a VCF as text, one a site."""
    n_people, filled = len(haplotypes.people), haplotypes.filled
    for start in range(0, haplotypes.n_sites, _SITES_PER_BLOCK):
        sites = haplotypes.sites.iloc[start : start + _SITES_PER_BLOCK]
        # One genotype is four bytes, such as "0|1" and a tab; the last of a row ends in a new line.
        text = np.full((len(sites), n_people, 4), ord("\t"), np.uint8)
        text[:, :, 1] = ord("|")
        alleles = haplotypes.alleles[:, start : start + len(sites)].T.reshape(len(sites), n_people, 2)
        text[:, :, [0, 2]] = alleles + ord("0")
        text[:, -1, 3] = ord("\n")
        for number, (site, genotypes) in enumerate(zip(sites.itertuples(index=False), text, strict=True), start):
            row = f"{site.contig}\t{site.position}\t{site.id}\t{site.ref}\t{site.alt}\t.\tPASS\t.\tGT"
            if filled is None or not (here := filled[:, number]).any():
                yield row.encode() + b"\t" + genotypes.tobytes()
            else:
                calls = genotypes.tobytes().decode().split()
                cells = (f"{call}:{int(is_filled)}" for call, is_filled in zip(calls, here, strict=True))
                yield "\t".join([f"{row}:{_FILLED}", *cells]).encode() + b"\n"


def _vcf_header(haplotypes: Haplotypes, build: str) -> str:
    lines = [
        "##fileformat=VCFv4.2",
        "##source=artificial-genomes",
        '##FILTER=<ID=PASS,Description="All filters passed">',
        '##FORMAT=<ID=GT,Number=1,Type=String,Description="Phased genotype">',
    ]
    if haplotypes.filled is not None:
        what = "1 where the genotype was missing and was filled in when it was phased"
        lines.append(f'{_FILLED_LINE}Description="{what}">')
    for contig in sorted(haplotypes.sites["contig"].unique(), key=contig_key):
        length = contig_length(contig, build)
        lines.append(f"##contig=<ID={contig}{f',length={length}' if length else ''},assembly={build}>")
    lines.append("\t".join([*_FIXED_COLUMNS, "FORMAT", *haplotypes.people["sample"]]))
    return "\n".join(lines) + "\n"
