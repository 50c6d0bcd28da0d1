"""Reading and writing .hapt files and legends."""

import gzip
import hashlib
import lzma
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from artificial_genomes.core.errors import UserError
from artificial_genomes.core.haplotypes import Haplotypes
from artificial_genomes.io.hapt import read_hapt, read_legend, write_hapt, write_legend
from artificial_genomes.io.vcf import read_vcf
from artificial_genomes.io.vcf_writer import write_vcf
from fuzz import BYTE_CHANGES, LINE_CHANGES, Format, UnreadableError, fuzz, on
from helpers import ROOT, legend_by_pandas

PAPER_FILES = ROOT.parent / "shared" / "data"

HAPT = """Real HG00096_A 1 1 0
Real HG00096_B 0 1 0
Real NA12878X_A 0 0 1
Real NA12878X_B 1 0 1
"""
LEGEND = """id position a0 a1
1:1243896_C_T 1243896 C T
1:11005417_C_T 11005417 C T
X:15_G_A 15 G A
"""
ALLELES = [[1, 1, 0], [0, 1, 0], [0, 0, 1], [1, 0, 1]]


@pytest.fixture
def legend(tmp_path) -> Path:
    path = tmp_path / "a.legend"
    path.write_text(LEGEND)
    return path


def written(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def zipped(path: Path, *members: str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member in members:
            archive.writestr(member, HAPT)
    return path


@pytest.mark.parametrize("kind", ["plain", "gz", "xz", "zip", "windows", "no last new line"])
def test_every_container_gives_the_same(tmp_path, legend, kind):
    path = tmp_path / "a.hapt"
    match kind:
        case "plain":
            written(path, HAPT)
        case "gz":
            written(path, gzip.compress(HAPT.encode()))
        case "xz":
            written(path, lzma.compress(HAPT.encode()))
        case "zip":
            zipped(path, "805.hapt")
        case "windows":
            written(path, HAPT.replace("\n", "\r\n"))
        case _:
            written(path, HAPT[:-1])
    haplotypes = read_hapt(path, legend)
    np.testing.assert_array_equal(haplotypes.alleles, ALLELES)
    assert haplotypes.alleles.dtype == np.uint8
    assert haplotypes.people["sample"].tolist() == ["HG00096", "NA12878X"]
    assert haplotypes.sites["contig"].tolist() == ["1", "1", "X"]
    assert haplotypes.sites["position"].tolist() == [1243896, 11005417, 15]
    assert haplotypes.sites["ref"].tolist() == ["C", "C", "G"]
    assert haplotypes.sites["alt"].tolist() == ["T", "T", "A"]


def test_lines_without_names_of_people_are_paired(tmp_path, legend):
    path = written(tmp_path / "a.hapt", "AG AG0 1 1 0\nAG AG1 0 1 0\nAG AG2 0 0 1\nAG AG3 1 0 1\n")
    haplotypes = read_hapt(path, legend)
    np.testing.assert_array_equal(haplotypes.alleles, ALLELES)
    assert haplotypes.people["sample"].tolist() == ["AG0", "AG2"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text.replace("1 1 0", "1 1 0 0"), "line 1: 4 alleles, but the legend has 3 sites"),
        (lambda text: text[:-3], "line 4: 2 alleles, but the legend has 3 sites"),
        (lambda text: text.replace("0 0 1", "0 2 1"), "line 3: alleles must be 0 or 1"),
        (lambda text: text.replace("0 0 1", "0 . 1"), "line 3: alleles must be 0 or 1"),
        (lambda text: text.replace("0 0 1", "0\t0\t1"), "line 3: alleles must be 0 or 1"),
        (lambda text: "".join(text.splitlines(keepends=True)[:3]), "3 haplotypes: two lines are needed"),
        (lambda text: "", "no haplotypes"),
        (lambda text: text.replace("HG00096_B", "HG00097_B"), "line 2: not the second haplotype"),
        (lambda text: text.replace("HG00096_A", "HG00096"), "line 2: not the second haplotype"),
        (
            lambda text: text.replace("HG00096_A", "x").replace("HG00096_B", "HG00096_A"),
            "line 2: not the second haplotype",
        ),
        (lambda text: text.replace("Real NA12878X_A", "#Real NA12878X_A"), "line 3 begins with #"),
        (lambda text: text.replace("HG00096_A", ""), "line 1: expected a tag, a name"),
        (
            lambda text: text.replace("1 1 0", "1 - 0"),
            "line 1: alleles must be 0 or 1.*missing second X chromosome of men",
        ),
        (lambda text: text + text, "2 individuals twice, first in line 5"),
        (lambda text: "hello\n", "line 1: expected a tag, a name and 3 alleles"),
        (lambda text: LEGEND, "line 1: "),
    ],
)
def test_broken_hapt(tmp_path, legend, change, message):
    with pytest.raises(UserError, match=rf"a\.hapt.*{message}"):
        read_hapt(written(tmp_path / "a.hapt", change(HAPT)), legend)


def long_hapt() -> bytes:
    bits = np.random.default_rng(1).integers(0, 2, (400, 3)).astype(str)
    return "".join(f"Real P{i // 2}_{'AB'[i % 2]} {' '.join(row)}\n" for i, row in enumerate(bits)).encode()


@pytest.mark.parametrize("compress", [gzip.compress, lzma.compress])
def test_truncated_hapt(tmp_path, legend, compress):
    whole = compress(long_hapt())
    with pytest.raises(UserError, match="truncated or damaged"):
        read_hapt(written(tmp_path / "a.hapt", whole[:-20]), legend)


def test_truncated_zip(tmp_path, legend):
    whole = zipped(tmp_path / "a.zip", "a.hapt").read_bytes()
    with pytest.raises(UserError, match="truncated or damaged"):
        read_hapt(written(tmp_path / "b.zip", whole[:-20]), legend)


def test_zip_of_several_files(tmp_path, legend):
    with pytest.raises(UserError, match="contains 2 files"):
        read_hapt(zipped(tmp_path / "a.zip", "a.hapt", "b.hapt"), legend)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is not a legend"),
        (HAPT, "is not a legend"),
        ("id position a0 a1\n", "without sites"),
        (LEGEND.replace("1:1243896_C_T", "rs123"), "line 2: expected an id like"),
        (LEGEND.replace(" 11005417", " 11005418"), "line 3: expected an id like"),
        (LEGEND.replace(" 15 G A", " 15 G"), "line 4 has 3 columns, but the header has 4"),
        (LEGEND.replace(" 15 G A", " 15 G A x"), "line 4 has 5 columns, but the header has 4"),
        (LEGEND.replace("X:15_G_A 15", "X:15_G_A 15.0"), "line 4: the position must be a whole number"),
        (
            LEGEND.replace("X:15_G_A 15", "X:0_G_A 0"),
            "line 4: the position must be a whole number of base pairs from 1",
        ),
        (
            LEGEND.replace("X:15", "X:2147483648").replace(" 15", " 2147483648"),
            "line 4: the position must be .* to 2147483647",
        ),
        (LEGEND.replace(" 15 G A", " 15 A A"), "line 4: a0 and a1 are the same allele"),
        (LEGEND.replace("X:15", "\n#X:15"), "line 5 begins with #"),
        (LEGEND.replace("a0 a1", "a1 a2"), "must have the columns id, position, a0, a1"),
        (LEGEND.replace("a0 a1", "a0 a0"), "must have the columns id, position, a0, a1"),
    ],
)
def test_broken_legend(tmp_path, text, message):
    with pytest.raises(UserError, match=rf"a\.legend.*{message}"):
        read_legend(written(tmp_path / "a.legend", text))


def test_columns_of_a_legend_are_found_by_name(tmp_path):
    """1000GP_Phase3 has more columns, and rsIDs beside ids with the contig; HapMap's legends have other names."""
    expected = [["7", 10, "A", "C"], ["7", 20, "-", "T"]]
    for text in (
        "id position a0 a1 TYPE EUR ALL\nrs1:10:A:C 10 A C Biallelic_SNP 0 1\n7:20:-:T 20 - T Biallelic_INDEL 0 0\n",
        "\ufeffrsID\ta1\ta0\tposition\r\n7:10_A_C\tC\tA\t10\r\n\r\n7:20_-_T\tT\t-\t20\r\n",
        "pos X1 X0 rs\n10 C A rs1\n20 T - 7:20\n",
    ):
        legend = read_legend(written(tmp_path / "a.legend", text))
        assert legend[["contig", "position", "ref", "alt"]].to_numpy().tolist() == expected


@pytest.mark.parametrize(
    ("name", "contig", "expected"),
    [
        ("1000GP_Phase3_chr7.legend", None, "7"),
        ("1000GP_Phase3_chr7.legend", "7", "7"),
        ("1000GP_Phase3_chr7.legend", "chr7", "chr7"),
        ("1000GP_Phase3_chrX.legend", "chr7", "X"),
        ("a.legend", "chr7", "chr7"),
    ],
)
def test_the_contig_of_rsids_is_that_of_the_files_name_or_the_region(tmp_path, name, contig, expected):
    # Neither a variant's name nor an rsID is a contig.
    path = written(tmp_path / name, "id position a0 a1\nrs1:10:A:C 10 A C\nesv3638374:20:A:<CN0> 20 A <CN0>\n")
    assert read_legend(path, contig)["contig"].unique().tolist() == [expected]


def test_what_was_read_is_written_again(tmp_path, legend):
    haplotypes = read_hapt(written(tmp_path / "a.hapt", HAPT), legend)
    write_hapt(haplotypes, tmp_path / "b.hapt", tag="Real")
    write_hapt(haplotypes, tmp_path / "b.hapt.gz", tag="Real")
    write_legend(haplotypes, tmp_path / "b.legend")
    assert (tmp_path / "b.hapt").read_text() == HAPT
    assert gzip.decompress((tmp_path / "b.hapt.gz").read_bytes()).decode() == HAPT
    assert (tmp_path / "b.legend").read_text() == LEGEND


def test_gzip_carries_neither_time_nor_name(tmp_path, legend):
    haplotypes = read_hapt(written(tmp_path / "a.hapt", HAPT), legend)
    write_hapt(haplotypes, tmp_path / "b.hapt.gz", tag="AG")
    content = (tmp_path / "b.hapt.gz").read_bytes()
    assert content[4:8] == bytes(4)
    assert not content[3] & 0b1000  # FNAME, RFC 1952


def test_legend_ids_are_made_from_the_sites(tmp_path):
    sites = pd.DataFrame({"contig": ["7"], "position": [55], "id": ["rs1"], "ref": ["A"], "alt": ["G"]})
    people = pd.DataFrame({"sample": ["P"], "population": "", "superpopulation": ""})
    write_legend(Haplotypes(np.zeros((2, 1), np.uint8), sites, people), tmp_path / "a.legend")
    assert (tmp_path / "a.legend").read_text() == "id position a0 a1\n7:55_A_G 55 A G\n"


needs_a_file_of_the_paper = pytest.mark.parametrize(
    ("hapt", "legend_name", "git_blob", "n_sites"),
    [
        ("805_SNP_1000G_real.hapt.zip", "805_SNP.legend", "f7e42d62bb89eb016c8806db16870a6758971f9d", 805),
        ("10K_SNP_1000G_real.hapt.xz", "10k_SNP.legend", "8fa1733b1b881da291bb8e366fea2cdff14e704d", 10000),
    ],
)


def paper_haplotypes(hapt: str, legend_name: str) -> Haplotypes:
    if not (PAPER_FILES / hapt).exists():
        pytest.skip(f"the authors' file {hapt} is absent")
    return read_hapt(PAPER_FILES / hapt, PAPER_FILES / legend_name)


def check_files_of_the_paper(haplotypes: Haplotypes, folder: Path, legend_name: str, git_blob: str) -> None:
    """Write the haplotypes and compare the bytes with those of the authors."""
    write_hapt(haplotypes, folder / "a.hapt", tag="Real")
    content = (folder / "a.hapt").read_bytes()
    assert hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest() == git_blob
    write_legend(haplotypes, folder / "a.legend")
    assert (folder / "a.legend").read_bytes() == (PAPER_FILES / legend_name).read_bytes()


@pytest.mark.integration
@needs_a_file_of_the_paper
def test_files_of_the_paper_come_back_to_the_last_byte(tmp_path, hapt, legend_name, git_blob, n_sites):
    haplotypes = paper_haplotypes(hapt, legend_name)
    assert haplotypes.alleles.shape == (5008, n_sites)
    check_files_of_the_paper(haplotypes, tmp_path, legend_name, git_blob)


@pytest.mark.integration
@needs_a_file_of_the_paper
def test_files_of_the_paper_come_back_from_a_vcf_to_the_last_byte(tmp_path, hapt, legend_name, git_blob, n_sites):
    write_vcf(paper_haplotypes(hapt, legend_name), tmp_path / "a.vcf.gz", "GRCh37")
    haplotypes, rows = read_vcf([tmp_path / "a.vcf.gz"], build="GRCh37")
    assert rows["rows read"] == haplotypes.n_sites == n_sites
    check_files_of_the_paper(haplotypes, tmp_path, legend_name, git_blob)


# Mutated files --------------------------------------------------------------------------------------------------------

N_FUZZED = 12
FUZZED_LEGEND = "id position a0 a1\n" + "".join(f"7:{100 + i}_A_C {100 + i} A C\n" for i in range(N_FUZZED))


def fuzzed_hapt() -> str:
    rows = np.random.default_rng(1).integers(0, 2, (16, N_FUZZED)).astype(str)
    return "".join(f"Real P{i // 2}_{'AB'[i % 2]} {' '.join(row)}\n" for i, row in enumerate(rows))


def read_folder(folder: Path) -> tuple:
    haplotypes = read_hapt(folder / "a.hapt", folder / "a.legend")
    sites = haplotypes.sites[["position", "id", "ref", "alt"]].to_numpy().tolist()
    return sites, haplotypes.people["sample"].tolist(), haplotypes.alleles.tolist()


def read_plainly(folder: Path) -> tuple:
    """Read a .hapt and its legend word by word."""
    lines = (folder / "a.hapt").read_bytes().split(b"\n")
    rows = [line.rstrip().decode(errors="replace").split(" ") for line in lines if line.strip()]
    names = [row[1] if len(row) > 1 else "" for row in rows]
    alleles = [[{"0": 0, "1": 1}.get(allele) for allele in row[2:]] for row in rows]
    sites = legend_by_pandas(folder / "a.legend")
    if len(rows) % 2 or any(len(row) != len(sites) or None in row for row in alleles):
        raise UnreadableError("alleles")
    pairs = list(zip(names[::2], names[1::2], strict=True))
    has_pairs = all(a[-2:] == "_A" and b[-2:] == "_B" and a[:-2] == b[:-2] for a, b in pairs)
    if not has_pairs and any(name.endswith(("_A", "_B")) for name in names):
        raise UnreadableError("lines do not pair")
    return sites, [first[:-2] if has_pairs else first for first, _ in pairs], alleles


@pytest.mark.parametrize("changed", ["a.hapt", "a.legend"])
def test_mutated_files_are_refused_or_read_as_they_stand(tmp_path, mutations, changed):
    changes = [on(changed, change) for change in BYTE_CHANGES + LINE_CHANGES]
    files = {"a.hapt": fuzzed_hapt().encode(), "a.legend": FUZZED_LEGEND.encode()}
    fuzz(Format(files, changes, read_folder, read_plainly), mutations, tmp_path)
