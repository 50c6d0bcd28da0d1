"""Reading haplotypes in the format of IMPUTE."""

import gzip
import lzma
import zipfile
from pathlib import Path

import numpy as np
import pytest

from artificial_genomes.errors import UserError
from artificial_genomes.impute_files import read_impute

# Three sites of two people.
HAP = "1 0 0 1\n1 1 0 0\n0 0 1 1\n"
LEGEND = """id position a0 a1
1:1243896_C_T 1243896 C T
1:11005417_C_T 11005417 C T
X:15_G_A 15 G A
"""


def written(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.fixture
def legend(tmp_path) -> Path:
    return written(tmp_path / "a.legend", LEGEND)


@pytest.mark.parametrize("kind", ["plain", "gzip", "xz", "zip", "windows", "no last new line"])
def test_every_container_gives_the_same(tmp_path, legend, kind):
    path = tmp_path / "a.hap"
    match kind:
        case "gzip":
            written(path, gzip.compress(HAP.encode()))
        case "xz":
            written(path, lzma.compress(HAP.encode()))
        case "zip":
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr("chr1.hap", HAP)
        case "windows":
            written(path, HAP.replace("\n", "\r\n"))
        case "no last new line":
            written(path, HAP[:-1])
        case _:
            written(path, HAP)
    alleles, sites = read_impute(path, legend)
    np.testing.assert_array_equal(alleles, [[1, 1, 0], [0, 1, 0], [0, 0, 1], [1, 0, 1]])
    assert alleles.dtype == np.uint8
    assert sites["contig"].tolist() == ["1", "1", "X"]
    assert sites["position"].tolist() == [1243896, 11005417, 15]
    assert sites["ref"].tolist() == ["C", "C", "G"]
    assert sites["alt"].tolist() == ["T", "T", "A"]


def test_numbers_read_are_those_of_numpy(tmp_path):
    alleles = np.random.default_rng(1).integers(0, 2, (30, 40))
    np.savetxt(tmp_path / "a.hap.gz", alleles.T, fmt="%d")
    lines = ["id position a0 a1", *(f"7:{position}_A_C {position} A C" for position in range(1, 41))]
    read, _ = read_impute(tmp_path / "a.hap.gz", written(tmp_path / "a.legend", "\n".join(lines)))
    np.testing.assert_array_equal(read, alleles)


def test_the_contig_of_sites_named_by_rsids_is_that_of_the_dataset(tmp_path):
    text = (
        "id position a0 a1 TYPE EUR\nrs1 10 A C Biallelic_SNP 0.5\nrs2:20:A:G 20 A G Biallelic_SNP 0.1\n"
        "9:30 30 A T Biallelic_SNP 0.1\n"
    )
    legend = written(tmp_path / "a.legend", text)
    hap = written(tmp_path / "a.hap", HAP)
    _, sites = read_impute(hap, legend, contig="chr22")
    assert sites["contig"].tolist() == ["chr22", "chr22", "9"]
    assert sites["position"].tolist() == [10, 20, 30]
    with pytest.raises(UserError, match=r"a\.legend, line 2: expected an id like 1:1243896_C_T"):
        read_impute(hap, legend)


def test_an_id_that_contradicts_the_position_is_refused_though_the_contig_is_known(tmp_path):
    legend = written(tmp_path / "a.legend", LEGEND.replace(" 11005417", " 11005418"))
    with pytest.raises(UserError, match=r"a\.legend, line 3: expected an id like"):
        read_impute(written(tmp_path / "a.hap", HAP), legend, contig="1")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HAP + "0 0 0 0\n", r"has 4 lines, one a site, where .*a\.legend has 3 sites"),
        (HAP[:16], "has 2 lines, one a site, where .* has 3 sites"),
        ("", "has 0 lines"),
        (HAP.replace("1 1 0 0", "1 1 0"), "line 2: 3 alleles where the lines before have 4"),
        (HAP.replace("1 1 0 0", "1 1 ? ?"), "line 2: alleles must be 0 or 1"),
        (HAP.replace("1 1 0 0", "1  1 0 0"), "line 2: alleles must be 0 or 1, separated by single spaces"),
        (HAP.replace("1 1 0 0", "1 1 0 2"), "line 2: alleles must be 0 or 1"),
        (HAP.replace("1 1 0 0", "1100"), "line 2: alleles must be 0 or 1"),
    ],
)
def test_broken_files(tmp_path, legend, text, message):
    with pytest.raises(UserError, match=rf"a\.hap.*{message}"):
        read_impute(written(tmp_path / "a.hap", text), legend)


def test_a_truncated_file(tmp_path, legend):
    whole = gzip.compress(HAP.encode())
    with pytest.raises(UserError, match=r"a\.hap\.gz is truncated or damaged"):
        read_impute(written(tmp_path / "a.hap.gz", whole[:-6]), legend)
