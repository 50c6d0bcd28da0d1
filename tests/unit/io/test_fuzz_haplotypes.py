"""Mutated VCF, BCF and PLINK 2 files: what is read from them is what independent readers find there.

The independent readers are a parser of VCF text written for this test, and bcftools and plink2, which turn BCF and
PLINK 2 files into VCF text for it.
"""

import gzip
import re
import shutil
import subprocess
from collections import defaultdict
from functools import partial
from pathlib import Path

import numpy as np
import pysam
import pysam.bcftools
import pytest

from artificial_genomes.core.haplotypes import Haplotypes
from artificial_genomes.core.regions import parse_region
from artificial_genomes.io.plink2 import read_pgen, write_pgen
from artificial_genomes.io.vcf import read_vcf
from artificial_genomes.io.vcf_writer import write_vcf
from fuzz import BYTE_CHANGES, LINE_CHANGES, Files, Format, UnreadableError, fuzz, on
from workflow_helpers import cohort

COHORT = cohort(12, 40, contig="chr7", first=1_000_000, step_bp=500)
REGION = "chr7:1002000-1012000"
Read = tuple[list[str], dict[tuple[str, int, str, str], list[int]]]
"""Names of the samples, and the alleles of each biallelic SNP."""


def found(haplotypes: Haplotypes) -> Read:
    sites = haplotypes.sites[["contig", "position", "ref", "alt"]].itertuples(index=False, name=None)
    alleles = haplotypes.alleles.T.tolist()
    return haplotypes.people["sample"].tolist(), dict(zip(sites, alleles, strict=True))


# The independent readers ----------------------------------------------------------------------------------------------


def parsed(text: bytes, region: str | None = None) -> Read:
    """Return the phased, biallelic SNPs of a VCF that passed their filters, one a position.

    Positions with several such SNPs, or with another allele in place of the reference base, are left out.
    """
    # Names of samples are UTF-8; descriptions and names of sites, which are not compared, may have any encoding.
    lines = text.decode(errors="replace").removeprefix("\ufeff").rstrip("\r\n").split("\n")
    lines = [line.rstrip("\r") for line in lines]
    n_header = next((number for number, line in enumerate(lines) if not line.startswith("##")), len(lines))
    if n_header == len(lines) or not lines[0].startswith("##"):
        raise UnreadableError("no header")
    header = lines[n_header].split("\t")
    if header[:9] != ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT"]:
        raise UnreadableError("no line of columns")
    if "\ufffd" in lines[n_header]:
        raise UnreadableError("not UTF-8")
    rows: dict[tuple[str, int], dict[tuple[str, str], list[int] | None]] = defaultdict(dict)
    for line in lines[n_header + 1 :]:
        fields = line.split("\t")
        if region and not _inside(fields, region):
            continue
        if len(fields) != len(header) or line.startswith("#") or not re.fullmatch("[0-9]+", fields[1]):
            raise UnreadableError(f"no row: {line[:40]}")
        contig, position, _, ref, alt, _, passed = fields[:7]
        site = contig, int(position)
        if site[1] == 0 or passed not in ("PASS", "."):
            continue
        ref, alts = ref.upper(), [] if alt == "." else alt.upper().split(",")
        if len(alts) == 1 and {ref, alts[0]} <= {*"ACGT"}:
            new = fields[8].split(":").index("GT") if "GT" in fields[8].split(":") else None
            alleles = None if new is None else [_alleles(cell.split(":")[new]) for cell in fields[9:]]
            if rows[site].setdefault((ref, alts[0]), alleles) != alleles:
                raise UnreadableError(f"two rows of {site}")
        elif any(one in ("*", "<*>", "<NON_REF>") or (one.isalpha() and one[0] != ref[0]) for one in alts):
            rows[site][ref, alt] = None
    sites = {}
    for (contig, position), of_site in rows.items():
        for (ref, alt), alleles in of_site.items() if len(of_site) == 1 else ():
            if alleles is not None:
                if None in alleles:
                    raise UnreadableError(f"genotypes at {contig}:{position}")
                sites[contig, position, ref, alt] = [allele for pair in alleles for allele in pair]
            elif {ref, alt} <= {*"ACGT"}:
                raise UnreadableError(f"no genotypes at {contig}:{position}")
    return header[9:], sites


def _alleles(cell: str) -> list[int] | None:
    """Return the two alleles of a phased genotype, None where it is not one of two alleles."""
    match = re.fullmatch(r"\|?0*([01])\|0*([01])", cell)
    return [int(allele) for allele in match.groups()] if match else None


def _inside(fields: list[str], region: str) -> bool:
    """Say whether a line is a row of the region, since no others need to be sound."""
    contig, start, end = re.split("[:-]", region)
    is_row = fields[0] == contig and len(fields) > 1 and re.fullmatch("[0-9]+", fields[1])
    return bool(is_row) and int(start) <= int(fields[1]) <= int(end)


def unpacked(path: Path) -> bytes:
    data = path.read_bytes()
    if data[:2] != b"\x1f\x8b":
        return data
    try:
        return gzip.decompress(data)
    except Exception as error:  # whatever is wrong with it
        raise UnreadableError("damaged gzip") from error


def by_program(*command: str | Path) -> bytes:
    """Return what a program prints."""
    ran = subprocess.run(command, capture_output=True, check=False)
    if ran.returncode:
        raise UnreadableError(ran.stderr.decode(errors="replace")[:200])
    return ran.stdout


# Both readers of each format; those of the program run in a process of their own --------------------------------------


def read_plain(folder: Path) -> Read:
    return found(read_vcf([folder / "a.vcf"])[0])


def reference_plain(folder: Path) -> Read:
    return parsed(unpacked(folder / "a.vcf"))


def read_indexed(folder: Path) -> Read:
    return found(read_vcf([folder / "a.vcf.gz"], [parse_region(REGION)])[0])


def reference_indexed(folder: Path) -> Read:
    return parsed(unpacked(folder / "a.vcf.gz"), REGION)


def read_bcf(folder: Path) -> Read:
    return found(read_vcf([folder / "a.bcf"])[0])


def reference_bcf(folder: Path) -> Read:
    return parsed(by_program("bcftools", "view", "--no-version", folder / "a.bcf"))


def read_plink(folder: Path) -> Read:
    return found(read_pgen(folder / "a.pgen")[0])


def reference_plink(folder: Path) -> Read:
    options = ["--output-chr", "chrM", "--out", folder / "out"]
    by_program("plink2", "--pfile", folder / "a", "--export", "vcf", "id-paste=iid", *options)
    return parsed((folder / "out.vcf").read_bytes())


# Sound inputs, and what is done to them -------------------------------------------------------------------------------


def vcf_files(folder: Path) -> Files:
    write_vcf(COHORT, folder / "a.vcf.gz", "GRCh38")
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def plain_files(folder: Path) -> Files:
    return {"a.vcf": gzip.decompress(vcf_files(folder)["a.vcf.gz"])}


def bcf_files(folder: Path) -> Files:
    text = plain_files(folder)["a.vcf"]
    (folder / "a.vcf").write_bytes(text)
    pysam.bcftools.view("-Ob", "-o", str(folder / "a.bcf"), str(folder / "a.vcf"), catch_stdout=False)
    return {"a.bcf": (folder / "a.bcf").read_bytes()}


def plink_files(folder: Path) -> Files:
    write_pgen(COHORT, folder / "a.pgen")
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def bgzipped(data: bytes, folder: Path) -> bytes:
    with pysam.BGZFile(str(folder / "packed"), "wb") as file:
        file.write(data)
    return (folder / "packed").read_bytes()


def gunzipped(data: bytes) -> bytes:
    """Return what is packed; nothing where an earlier change damaged it."""
    try:
        return gzip.decompress(data)
    except Exception:
        return b""


def of_other_version(files: Files, rng: np.random.Generator, folder: Path) -> Files:
    """Put the index of another version of the file beside it, which has fewer rows, or other ones."""
    lines = gunzipped(files["a.vcf.gz"]).splitlines(keepends=True)
    rows = [number for number, line in enumerate(lines) if line.startswith(b"chr7\t")]
    if not rows:
        return files
    start = int(rng.integers(len(rows)))
    gone = {*rows[start : start + 1 + int(rng.integers(len(rows)))]}
    path = folder / "other.vcf.gz"
    path.write_bytes(bgzipped(b"".join(line for number, line in enumerate(lines) if number not in gone), folder))
    try:
        pysam.tabix_index(str(path), preset="vcf", force=True)
    except OSError:
        return files
    return files | {"a.vcf.gz.tbi": Path(f"{path}.tbi").read_bytes()}


def indexed_anew(files: Files, rng: np.random.Generator, folder: Path) -> Files:
    """Index the file as it is now, by one of two programs, where they can."""
    path = folder / "anew.vcf.gz"
    path.write_bytes(files["a.vcf.gz"])
    kind = ("tbi", "csi")[int(rng.integers(2))]
    try:
        pysam.tabix_index(str(path), preset="vcf", force=True, csi=kind == "csi")
    except OSError:
        return files
    others = {name: data for name, data in files.items() if name == "a.vcf.gz"}
    return others | {f"a.vcf.gz.{kind}": Path(f"{path}.{kind}").read_bytes()}


def text_of_bcf(data: bytes) -> bytes:
    return _converted(data, "-Ov")


def bcf_of_text(data: bytes) -> bytes:
    return _converted(data, "-Ob")


def _converted(data: bytes, kind: str) -> bytes:
    """Return a file in another format of bcftools; nothing where it cannot read it."""
    ran = subprocess.run(["bcftools", "view", "--no-version", kind, "-"], input=data, capture_output=True, check=False)
    return b"" if ran.returncode else ran.stdout


def test_plain_vcf(mutations, tmp_path):
    changes = [on("a.vcf", change) for change in (*BYTE_CHANGES, *LINE_CHANGES, *LINE_CHANGES)]
    _check(Format(plain_files(_folder(tmp_path)), changes, read_plain, reference_plain), mutations, tmp_path)


def test_indexed_vcf(mutations, tmp_path):
    folder = _folder(tmp_path)
    pack = partial(bgzipped, folder=folder)
    within = [on("a.vcf.gz", change, gunzipped, pack) for change in (*LINE_CHANGES, *BYTE_CHANGES)]
    outside = [on(name, change) for name in ("a.vcf.gz", "a.vcf.gz.tbi") for change in BYTE_CHANGES]
    other, anew = _named(of_other_version, folder), _named(indexed_anew, folder)
    files = vcf_files(folder)
    changes = [*within, *within, *outside, *[other] * 6, *[anew] * 12]
    _check(Format(files, changes, read_indexed, reference_indexed), mutations, tmp_path)


@pytest.mark.integration
@pytest.mark.skipif(not shutil.which("bcftools"), reason="bcftools is not installed")
def test_bcf(mutations, tmp_path):
    folder = _folder(tmp_path)
    pack = partial(bgzipped, folder=folder)
    changes = [on("a.bcf", change, gunzipped, pack) for change in BYTE_CHANGES] * 3
    changes += [on("a.bcf", change) for change in BYTE_CHANGES]
    changes += [on("a.bcf", change, text_of_bcf, bcf_of_text) for change in LINE_CHANGES] * 6
    _check(Format(bcf_files(folder), changes, read_bcf, reference_bcf), mutations, tmp_path)


@pytest.mark.integration
@pytest.mark.skipif(not shutil.which("plink2"), reason="plink2 is not installed")
def test_plink(mutations, tmp_path):
    changes = [on("a.pgen", change) for change in BYTE_CHANGES]
    changes += [on(name, change) for name in ("a.pvar", "a.psam") for change in (*BYTE_CHANGES, *LINE_CHANGES)]
    form = Format(plink_files(_folder(tmp_path)), changes, read_plink, reference_plink)
    _check(form, mutations, tmp_path)


def _named(change, folder: Path):
    changed = partial(change, folder=folder)
    changed.__name__ = change.__name__
    return changed


def _folder(tmp_path: Path) -> Path:
    folder = tmp_path / "sound"
    folder.mkdir()
    return folder


def _check(form: Format, mutations: int, folder: Path) -> None:
    counts = fuzz(form, mutations, folder)
    assert counts["read"] > mutations / 50, counts
    assert counts["refused"] > mutations / 5, counts
