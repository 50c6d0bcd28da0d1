"""Reading and writing of phased haplotypes as PLINK 2 files: .pgen (genotypes), .pvar (sites) and .psam (individuals).

Source: https://www.cog-genomics.org/plink/2.0/formats. They are read by pgenlib, the library of PLINK 2's author.
"""

import logging
import mmap
import multiprocessing
from collections import Counter
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import pandas as pd
import pgenlib

from artificial_genomes.core.errors import Findings, UserError, counted, gathered
from artificial_genomes.core.haplotypes import SITE_COLUMNS, Haplotypes, StoredHaplotypes
from artificial_genomes.core.program import whole_outputs
from artificial_genomes.core.regions import Region, in_regions
from artificial_genomes.core.sites import (
    DROP,
    FAILED_FILTER,
    KEEP,
    NO_ALT,
    NO_POSITION,
    NOT_A_SNP,
    ROWS_READ,
    SEVERAL_ALTS,
    check_contigs,
    check_naming,
    checked_position,
    places_of_other_alleles,
    unique_sites,
)
from artificial_genomes.core.text_files import read_text

log = logging.getLogger(__name__)

_MISSING = -9
_BASES = frozenset("ACGT")
_PVAR_COLUMNS = ["#CHROM", "POS", "ID", "REF", "ALT"]
_PASSED = ("PASS", ".")
# The columns used are among the first; INFO, the last, may contain spaces.
_N_NAMED = len(_PVAR_COLUMNS)
_PSAM_NAMES = ("#IID", "IID")


def read_pgen(
    path: str | Path,
    regions: Sequence[Region] = (),
    build: str = "",
    findings: Findings | None = None,
    failed: str = DROP,
) -> tuple[Haplotypes, dict[str, int]]:
    """Read the phased, biallelic SNPs of a PLINK 2 file set.

    Parameters
    ----------
    path
        The .pgen file; .pvar and .psam of the same name, not compressed, must be next to it.
    regions, build, findings, failed
        See `vcf.read_vcf`.

    Returns
    -------
    haplotypes : Haplotypes
        Sites sorted, one per position; individuals without labels. Missing ids become ``contig:position_ref_alt``.
    rows : dict
        Number of rows read from the regions, and of rows dropped by reason.

    Raises
    ------
    UserError
        A file of the set is missing or damaged, genotypes are missing or unphased, contigs or positions belong to
        another build, or there is no site, or none in one of the regions.
    """
    path = Path(path)
    sites, rows = _read_pvar(_beside(path, ".pvar"), regions, findings, failed)
    samples = _read_psam(_beside(path, ".psam"))
    chosen = sites.index[sites["is_snp"]].to_numpy()
    if not len(chosen):
        raise UserError(f"{path.name}: no biallelic SNP among {rows['rows read']} rows. Check the files.")
    names = [f"{site.contig}:{site.position}" for site in sites.loc[chosen].itertuples(index=False)]
    others = places_of_other_alleles(sites[~sites["is_snp"]])
    alleles, sound = _read_alleles(path, chosen, names, len(samples), findings)
    kept = sites.loc[chosen[sound], SITE_COLUMNS].reset_index(drop=True)
    with gathered(findings):
        check_contigs(kept, build)
    people = pd.DataFrame({"sample": samples, "population": "", "superpopulation": ""}, dtype=object)
    haplotypes, repeated = unique_sites(Haplotypes(alleles, kept, people), others)
    return haplotypes, {**rows, **repeated}


def _beside(path: Path, ending: str) -> Path:
    found = path.with_suffix(ending)
    if found.exists():
        return found
    compressed = path.with_suffix(f"{ending}.zst")
    if compressed.exists():
        raise UserError(
            f"{compressed} is compressed with Zstandard. Unpack it first: plink2 --zst-decompress {compressed.name} > "
            f"{found.name}"
        )
    raise UserError(f"{path} has no {found.name} next to it: a PLINK 2 file set is .pgen, .pvar and .psam. Add it.")


def _table(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Return the header, which begins with #, and the rows of a .pvar or .psam with the numbers of their lines."""
    lines = read_text(path).removesuffix("\n").split("\n")
    lines = [line.removesuffix("\r") for line in lines]
    n_header = next((number for number, line in enumerate(lines) if not line.startswith("##")), len(lines))
    if n_header == len(lines) or not lines[n_header].startswith("#"):
        raise UserError(f"{path} has no header line that begins with #: it is not a {path.suffix} file of PLINK 2.")
    separator = "\t" if "\t" in lines[n_header] else None
    header = lines[n_header].split(separator)
    rows = []
    for number, line in enumerate(lines[n_header + 1 :], start=n_header + 2):
        fields = line.split(separator)
        if not line.strip() or line.startswith("#"):
            # PLINK 2 refuses them, too.
            raise UserError(f"{path}, line {number} is {'a remark' if line.strip() else 'empty'}. Remove the line.")
        if len(fields) != len(header):
            raise UserError(
                f"{path}, line {number} has {len(fields)} columns, but the header has {len(header)}: the file is "
                "truncated or damaged. Download or create it again."
            )
        if any(not field.strip() for field in fields) or any(len(field.split()) > 1 for field in fields[:_N_NAMED]):
            raise UserError(
                f"{path}, line {number} has a column that is empty or contains spaces, which PLINK 2 does not allow."
            )
        # Further columns may have any encoding.
        if any("\ufffd" in field for field in fields[:_N_NAMED]):
            raise UserError(f"{path}, line {number} is not UTF-8. Save the file as UTF-8.")
        rows.append((number, fields))
    return header, rows


def _read_pvar(
    path: Path, regions: Sequence[Region], findings: Findings | None, failed: str
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Return the sites of the regions, with the rows of the file as index and whether each is a SNP of two alleles."""
    header, cells = _table(path)
    if header[:5] != _PVAR_COLUMNS:
        raise UserError(
            f"{path} does not begin with the columns {' '.join(_PVAR_COLUMNS)}: it is damaged, or not a .pvar file."
        )
    filters = header.index("FILTER") if "FILTER" in header else None
    records = []
    for row, (number, fields) in enumerate(cells):
        contig, identifier, ref, alt = fields[0], fields[2], fields[3].upper(), fields[4]
        if not (fields[1].isascii() and fields[1].isdigit()):
            raise UserError(
                f"{path}, line {number} has {fields[1]!r} as POS, which is not a position. Download or create the "
                "file again."
            )
        position = checked_position(int(fields[1]), f"{path}, line {number}")
        if identifier == ".":
            identifier = f"{contig}:{position}_{ref}_{alt}"
        passes = filters is None or fields[filters] in _PASSED
        records.append((row, contig, position, identifier, ref, alt.upper(), passes or failed == KEEP))
    if not records:
        raise UserError(f"{path} lists no sites.")
    sites = pd.DataFrame(records, columns=["row", *SITE_COLUMNS, "is_used"]).set_index("row")
    with gathered(findings):
        check_naming(sites["contig"].unique())
    sites = sites[in_regions(sites, regions, findings)]
    n_read, sites = len(sites), sites[sites["position"] > 0]
    n_placed, sites = len(sites), sites[sites["is_used"]]
    several, none = sites["alt"].str.contains(","), sites["alt"] == "."
    is_snp = sites["ref"].isin(_BASES) & sites["alt"].isin(_BASES)
    rows = {
        ROWS_READ: n_read,
        NO_POSITION: n_read - n_placed,
        FAILED_FILTER: n_placed - len(sites),
        SEVERAL_ALTS: int(several.sum()),
        NO_ALT: int(none.sum()),
        NOT_A_SNP: int((~is_snp & ~several & ~none).sum()),
    }
    return sites.assign(is_snp=is_snp), {what: number for what, number in rows.items() if number or what == ROWS_READ}


def _read_psam(path: Path) -> list[str]:
    header, cells = _table(path)
    column = next((header.index(name) for name in _PSAM_NAMES if name in header), None)
    if column is None:
        raise UserError(
            f"{path} has no column IID, the names of the individuals. Add it, or write the file with PLINK 2."
        )
    samples = [fields[column] for _, fields in cells]
    if not samples:
        raise UserError(f"{path} lists no individuals.")
    repeated = pd.Series(samples).duplicated()
    if repeated.any():
        raise UserError(f"{path} names {counted(int(repeated.sum()), 'individual')} twice. Rename or remove them.")
    return samples


def _read_alleles(
    path: Path, rows: np.ndarray, names: list[str], n_people: int, findings: Findings | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return alleles, (n_haplotypes, n_sound) uint8, and whether each row is sound: (n_rows,) bool."""
    # In a second process: a damaged .pgen can crash pgenlib or corrupt the memory of the process that reads it.
    shared = mmap.mmap(-1, max(1, 2 * n_people * len(rows)))
    alleles = np.frombuffer(shared, np.uint8, 2 * n_people * len(rows)).reshape(2 * n_people, len(rows))
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_fill, args=(path, rows, names, alleles, sender))
    process.start()
    sender.close()
    try:
        outcome = receiver.recv()
    except EOFError as error:
        raise UserError(f"{path} cannot be read: it is damaged. Write it again with `plink2 --make-pgen`.") from error
    finally:
        process.join()
    if isinstance(outcome, UserError):
        raise outcome
    faults, first, is_faulty = outcome
    # A check continues as if genotypes were neither missing nor unphased.
    sound = ~is_faulty if findings is None else np.ones(len(rows), bool)
    if findings is not None:
        findings.genotypes += n_people * len(rows)
        findings.unusable += faults
    if faults:
        with gathered(findings):
            counts = " ".join(
                f"{counted(faults[fault], f'{fault} genotype')}, first at {place}." for fault, place in first.items()
            )
            raise UserError(f"{path.name}: {counts} Phase and impute the file first, and keep the phase in PLINK 2.")
    return (alleles if sound.all() else alleles[:, sound]), sound


def _fill(path: Path, rows: np.ndarray, names: list[str], alleles: np.ndarray, sender: Connection) -> None:
    """Fill `alleles` and send the number of faulty genotypes, the first of each kind, and which rows have any."""
    n_people = len(alleles) // 2
    faults: Counter[str] = Counter()
    first: dict[str, str] = {}
    is_faulty = np.zeros(len(rows), bool)
    codes, phased = np.empty(2 * n_people, np.int32), np.empty(n_people, np.uint8)
    try:
        for place, _ in enumerate(_variants(path, rows, n_people, codes, phased)):
            pairs = codes.reshape(n_people, 2)
            missing = (pairs == _MISSING).any(axis=1)
            unphased = ~missing & (pairs[:, 0] != pairs[:, 1]) & (phased == 0)
            for fault, people in (("missing", missing), ("unphased", unphased)):
                if people.any():
                    is_faulty[place] = True
                    faults[fault] += int(people.sum())
                    first.setdefault(fault, f"{names[place]}, individual {int(people.argmax()) + 1} of the .psam")
            alleles[:, place] = np.maximum(codes, 0)
        sender.send((faults, first, is_faulty))
    except UserError as error:
        sender.send(error)


def _variants(path: Path, rows: np.ndarray, n_people: int, codes: np.ndarray, phased: np.ndarray) -> Iterator[None]:
    """Fill `codes` (2n,) and `phased` (n,) with one row of genotypes after the other."""
    try:
        sites = pgenlib.PvarReader(str(path.with_suffix(".pvar")).encode())
        with pgenlib.PgenReader(str(path).encode(), raw_sample_ct=n_people, pvar=sites) as reader:
            for row in rows:
                reader.read_alleles_and_phasepresent(int(row), codes, phased)
                yield
    except (RuntimeError, ValueError, AssertionError, TypeError) as error:
        reason = error.args[0] if error.args else error
        reason = " ".join((reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)).split())
        raise UserError(
            f"{path} cannot be read ({reason}). Check that .pgen, .pvar and .psam belong together, or write them "
            "again with `plink2 --make-pgen`."
        ) from error


def write_pgen(haplotypes: Haplotypes | StoredHaplotypes, path: str | Path) -> None:
    """Write haplotypes as a PLINK 2 file set: .pgen (phased), .pvar and .psam; equal haplotypes give equal bytes.

    Parameters
    ----------
    path
        The .pgen file; the others are written next to it.
    """
    path = Path(path)
    with whole_outputs(path, path.with_suffix(".pvar"), path.with_suffix(".psam")) as (pgen, pvar, psam):
        with pgenlib.PgenWriter(
            str(pgen).encode(),
            len(haplotypes.people),
            variant_ct=haplotypes.n_sites,
            nonref_flags=False,
            hardcall_phase_present=True,
        ) as writer:
            for block in haplotypes.site_rows():
                for row in block:
                    writer.append_alleles(row.astype(np.int32), all_phased=True)
        with pvar.open("w", encoding="utf-8") as file:
            file.write("\t".join(_PVAR_COLUMNS) + "\n")
            for site in haplotypes.sites.itertuples(index=False):
                file.write(f"{site.contig}\t{site.position}\t{site.id}\t{site.ref}\t{site.alt}\n")
        psam.write_text(
            "#IID\tSEX\n" + "".join(f"{name}\tNA\n" for name in haplotypes.people["sample"]), encoding="utf-8"
        )
