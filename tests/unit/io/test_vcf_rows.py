"""Rows of VCF files: regions and indexes, and lines that are no rows."""

import gzip
import os
import re
import subprocess
import sys
from pathlib import Path

import cyvcf2
import numpy as np
import pandas as pd
import pysam
import pytest

from artificial_genomes.core.errors import Findings, UserError
from artificial_genomes.core.haplotypes import Haplotypes
from artificial_genomes.core.regions import parse_region, parse_regions
from artificial_genomes.io import vcf_rows
from artificial_genomes.io.vcf import read_vcf
from artificial_genomes.io.vcf_writer import write_vcf
from helpers import ROOT
from vcf_helpers import GOOD_ROWS, HEADER, bgzipped, indexed, packed, random_haplotypes, vcf_text, write


@pytest.fixture
def haplotypes() -> Haplotypes:
    return random_haplotypes()


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
        "duplicate of a site": 0,
        "position with different alleles in another row": 0,
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
    with pytest.raises(UserError, match="line 4 has 11 columns, but the header has 12"):
        read_vcf([path], [parse_region("2:1-100")])
    pysam.tabix_index(str(path), preset="vcf", force=True)
    assert read_vcf([path], [parse_region("2:1-100")])[0].n_sites == 1


def test_a_damaged_index_is_not_used(tmp_path):
    path = bgzipped(write(tmp_path / "a.vcf", vcf_text(GOOD_ROWS)))
    Path(f"{path}.tbi").write_bytes(b"not an index")
    assert read_vcf([path], [parse_region("2:1-100")])[0].n_sites == 1


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
    with pytest.raises(UserError, match=f"has 1:{position} after 2:0, so its index belongs to another file"):
        read_vcf([path], [parse_region("2:1-60000000")])


def test_files_without_the_contig_of_the_region_are_passed_over(tmp_path):
    paths = [bgzipped(write(tmp_path / f"chr{c}.vcf", vcf_text([f"{c} 7 . A C 0|1 0|0 0|0"]))) for c in "123"]
    for path in paths:
        pysam.tabix_index(str(path), preset="vcf", force=True)
    assert read_vcf(paths, [parse_region("2:1-10")])[0].sites["contig"].tolist() == ["2"]


def cat(lines: list[str], place: int, new: list[str]) -> str:
    return "".join(f"{line}\n" for line in [*lines[:place], *new, *lines[place:]])


LINES = vcf_text([f"1 {100 + i} . A C 0|1 0|0 1|1" for i in range(40)]).splitlines()
ODD_LINES = {
    "second header": (LINES[:3], "line 24 is a second header: VCFs cannot be concatenated with cat"),
    "second line of columns": (LINES[2:3], "line 24 is a second header"),
    "remark": (["# end of chunk 1"], "line 24 begins with # among the rows. Remove the line"),
    "row commented out": (["#" + LINES[5]], "line 24 begins with # among the rows"),
    "remark before an empty line": (["#", ""], "line 24 begins with # among the rows"),
    "empty line": ([""], "line 24 is empty, but rows follow"),
    "line of spaces": (["  \t "], "line 24 is empty, but rows follow"),
    "one column less": ([LINES[5].rpartition("\t")[0]], "line 24 has 11 columns, but the header has 12"),
    "one column more": ([LINES[5] + "\t0|1"], "line 24 has 13 columns, but the header has 12"),
    "two rows in one line": ([LINES[5] + LINES[6]], "line 24 has 23 columns, but the header has 12"),
    "text": (["The end"], "line 24 has 1 columns, but the header has 12"),
    "no position": ([LINES[5].replace("102", "1e2")], "line 24 has '1e2' as POS, which is not a position"),
    "negative position": ([LINES[5].replace("102", "-102")], "line 24 has '-102' as POS, which is not a position"),
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
    with pytest.raises(UserError, match=r"the row after 1:119 (is a second header|begins with # among the rows)"):
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


def random_rows(rng: np.random.Generator, n: int) -> list[str]:
    """Return rows of four people: most of phased genotypes alone, others with everything that may stand there."""
    odd = ["0/1", "./.", "0|.", "0", "1|2", "0|1:7", "0|1:.", "|0|1", "00|1", "0|1 ", "2|0"]
    rows = []
    for number in range(n):
        calls = [f"{a}|{b}" for a, b in rng.integers(0, 2, (4, 2))]
        if rng.random() < 0.3:
            calls[rng.integers(4)] = odd[rng.integers(len(odd))]
        form = "GT:PS" if any(":" in call for call in calls) else "GT"
        alt = "C,T" if rng.random() < 0.1 else "C"
        rows.append("\t".join(["1", str(100 + number), ".", "A", alt, "7", "PASS", "DP=4", form, *calls]))
    return rows


@pytest.mark.integration
@pytest.mark.parametrize("how", [{}, {"to_phase": True}, {"ags": True}])
@pytest.mark.parametrize("seed", range(3))
def test_genotypes_are_the_same_from_their_text_and_from_htslib(tmp_path, monkeypatch, seed, how):
    """A row at a time and all together: with the same haplotypes, faults and counts, or the same error."""
    header = HEADER + '##FORMAT=<ID=PS,Number=1,Type=Integer,Description="Phase set">\n'
    rows = random_rows(np.random.default_rng(seed), 40)
    start = vcf_text([], "A B C D", header)
    texts = [start + row + "\n" for row in rows] + [start + "\n".join(rows) + "\n"]
    paths = [write(tmp_path / f"{number}.vcf", text) for number, text in enumerate(texts)]
    from_text = [outcome(path, how) for path in paths]
    by_text = []
    whole = vcf_rows._phased_alleles
    monkeypatch.setattr(vcf_rows, "_phased_alleles", lambda *row: by_text.append(whole(*row) is not None))
    assert [outcome(path, how) for path in paths] == from_text
    assert 0 < sum(by_text) < len(by_text)


def outcome(path: Path, how: dict) -> object:
    """Return what is read and found in a file, or the message of the error."""
    findings = Findings()
    try:
        haplotypes, counts = read_vcf([path], findings=findings, **how)
    except UserError as error:
        return str(error)
    filled = None if haplotypes.filled is None else haplotypes.filled.tolist()
    return haplotypes.alleles.tolist(), haplotypes.sites.to_numpy().tolist(), filled, counts, findings


def test_alleles_are_those_that_cyvcf2_reads(haplotypes, tmp_path):
    write_vcf(haplotypes, tmp_path / "a.vcf.gz", "GRCh37")
    read, _ = read_vcf([tmp_path / "a.vcf.gz"])
    records = list(cyvcf2.VCF(str(tmp_path / "a.vcf.gz")))
    calls = np.stack([record.genotype.array()[:, :2].ravel() for record in records], axis=1)
    np.testing.assert_array_equal(read.alleles, calls)
    assert read.sites["position"].tolist() == [record.POS for record in records]


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


@pytest.mark.parametrize("is_indexed", [False, True])
@pytest.mark.parametrize(
    ("region", "message"),
    [
        ("1:900-950", "region 1:900-950 contains no site"),
        ("chr1:100-200", "region chr1:100-200: the file's contigs are named 1, 2. Write 1:100-200"),
        ("7:100-200", "the files have no contig 7, only 1, 2"),
    ],
)
def test_region_without_sites(tmp_path, region, message, is_indexed):
    path = bgzipped(write(tmp_path / "a.vcf", vcf_text(GOOD_ROWS)))
    if is_indexed:
        pysam.tabix_index(str(path), preset="vcf", force=True)
    with pytest.raises(UserError, match=message):
        read_vcf([path], [parse_region(region)])


def test_rows_without_a_position_are_dropped_and_counted(tmp_path):
    path = write(tmp_path / "a.vcf", vcf_text(["1 0 . A C 0|0 0|1 1|1", *GOOD_ROWS]))
    haplotypes, counts = read_vcf([path])
    assert haplotypes.sites["position"].tolist() == [100, 200, 50]
    assert (counts["rows read"], counts["no position (POS 0)"]) == (4, 1)


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
    with pytest.raises(UserError, match=r"a\.bcf has genotypes that htslib cannot read: it is damaged"):
        read_vcf([path])


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
