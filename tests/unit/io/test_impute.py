"""Reading haplotypes in the format of IMPUTE."""

import gzip
import lzma
import zipfile
from pathlib import Path

import numpy as np
import pytest

from artificial_genomes.core.errors import UserError
from artificial_genomes.io.impute import read_impute, read_impute_people
from fuzz import BYTE_CHANGES, LINE_CHANGES, Format, UnreadableError, fuzz, on
from helpers import legend_by_pandas

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
        "rs3 30 A T Biallelic_SNP 0.1\n"
    )
    legend = written(tmp_path / "a.legend", text)
    hap = written(tmp_path / "a.hap", HAP)
    _, sites = read_impute(hap, legend, contig="chr22")
    assert sites["contig"].tolist() == ["chr22", "chr22", "chr22"]
    assert sites["position"].tolist() == [10, 20, 30]
    with pytest.raises(UserError, match=r"a\.legend, line 2: expected an id like 1:1243896_C_T"):
        read_impute(hap, legend)
    # Another id of the file knows better.
    legend.write_text(text.replace("rs3", "9:30"))
    assert read_impute(hap, legend, contig="chr22")[1]["contig"].tolist() == ["9", "9", "9"]


def test_an_id_that_contradicts_the_position_is_refused_though_the_contig_is_known(tmp_path):
    legend = written(tmp_path / "a.legend", LEGEND.replace(" 11005417", " 11005418"))
    with pytest.raises(UserError, match=r"a\.legend, line 3: expected an id like"):
        read_impute(written(tmp_path / "a.hap", HAP), legend, contig="1")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HAP + "0 0 0 0\n", r"has 4 lines \(one per site\), but .*a\.legend has 3 sites"),
        (HAP[:16], r"has 2 lines \(one per site\), but .* has 3 sites"),
        ("", "has 0 lines"),
        ("1 0 0\n0 1 1\n1 1 0\n1 1 0\n", r"has 4 lines.*if each line is a haplotype, put a tag and a name before it"),
        (HAP.replace("1 1 0 0", "1 - 0 -"), "line 2: alleles must be 0 or 1.*missing second X chromosome of men"),
        (HAP.replace("1 1 0 0", "1 1 0"), "line 2: 3 alleles, but the lines before have 4"),
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


@pytest.mark.parametrize(
    "text",
    [
        "Anna\nBerta\n",
        "ID POP GROUP SEX\nAnna GBR EUR female\nBerta YRI AFR female\n",
        "ID_1 ID_2 missing father mother sex plink_pheno\n0 0 0 D D D B\nF1 Anna 0 0 0 2 -9\nF1 Berta 0 0 0 2 -9\n",
        "ID_1 ID_2 missing\r\n0 0 0\r\n1 Anna 0\r\n2 Berta 0\r\n",
        "ID_1 missing sex\n0 0 D\nAnna 0 2\nBerta 0 2\n",
        "sample population group sex\nAnna GBR EUR 2\nBerta YRI AFR 2\n",
        "#FID\tIID\tSEX\nF1\tAnna\t2\nF1\tBerta\t2\n",
        "#IID\tSEX\n\nAnna\t2\nBerta\t2\n",
    ],
)
def test_people_are_named_by_the_column_that_names_them(tmp_path, legend, text):
    hap = written(tmp_path / "a.hap", HAP)
    for content in (text.encode(), text.encode("utf-16"), gzip.compress(text.encode())):
        people = read_impute_people(hap, legend, written(tmp_path / "a.sample", content)).people
        assert people["sample"].tolist() == ["Anna", "Berta"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "names no individuals"),
        ("Anna\n", r"has 4 columns \(two per individual\), but .*a.sample names 1 individuals"),
        ("Anna\nAnna\n", "names 1 individual twice"),
        ("Anna\n#Berta\n", "line 2: expected 1 column, found 1, beginning with #"),
        (
            "Anna GBR\nBerta YRI\n",
            "line 1: expected 1 column, found 2. Use one name per line, or a table whose first",
        ),
        ("ID POP GROUP\nAnna GBR EUR\nBerta YRI\n", "line 3: expected 3 columns, found 2"),
        ("ID_1 ID_2 missing\nA Anna 0\nB Berta 0\n", "the line after the header must give the types of the 3 columns"),
        ("ID_1 ID_2 missing\n0 0 0 0\nA Anna 0\n", "the line after the header must give the types of the 3 columns"),
        ("sample pop\nAnna GBR\nsample pop\n", "repeats the header in line 1"),
        ("ID POP GROUP\n\nAnna GBR EUR x\n", "line 3: expected 3 columns, found 4"),
    ],
)
def test_broken_sample_files(tmp_path, legend, text, message):
    with pytest.raises(UserError, match=message):
        read_impute_people(written(tmp_path / "a.hap", HAP), legend, written(tmp_path / "a.sample", text))


# Mutated files --------------------------------------------------------------------------------------------------------


def read_folder(folder: Path) -> tuple:
    haplotypes = read_impute_people(folder / "a.hap", folder / "a.legend", folder / "a.sample")
    sites = haplotypes.sites[["position", "id", "ref", "alt"]].to_numpy().tolist()
    return sites, haplotypes.people["sample"].tolist(), haplotypes.alleles.tolist()


def read_plainly(folder: Path) -> tuple:
    """Read the three files word by word."""
    lines = [line.strip() for line in (folder / "a.hap").read_bytes().split(b"\n")]
    rows = [
        [{"0": 0, "1": 1}.get(allele) for allele in line.decode(errors="replace").split(" ")] for line in lines if line
    ]
    sites = legend_by_pandas(folder / "a.legend")
    if len({len(row) for row in rows}) != 1 or len(rows) != len(sites) or any(None in row for row in rows):
        raise UnreadableError("alleles")
    text = (folder / "a.sample").read_bytes().decode(errors="replace").replace("\r", "\n")
    people = [line.split() for line in text.split("\n") if line.strip()]
    if len({*map(len, people)}) != 1:
        raise UnreadableError("columns")
    if people[0][1:2] == ["ID_2"] and people[1:] and people[1][:3] == ["0", "0", "0"]:
        names = [person[1] for person in people[2:]]
    elif all(len(person) == 1 for person in people):
        names = [person[0] for person in people]
    else:
        raise UnreadableError("names")
    if 2 * len(names) != len(rows[0]) or len({*names}) < len(names):
        raise UnreadableError("people")
    return sites, names, [list(column) for column in zip(*rows, strict=True)]


@pytest.mark.parametrize("changed", ["a.hap", "a.legend", "a.sample"])
def test_mutated_files_are_refused_or_read_as_they_stand(tmp_path, mutations, changed):
    alleles = np.random.default_rng(2).integers(0, 2, (12, 16)).astype(str)
    files = {
        "a.hap": "".join(f"{' '.join(row)}\n" for row in alleles),
        "a.legend": "id position a0 a1 TYPE\n"
        + "".join(f"rs{i}:{10 + i}:A:C {10 + i} A C SNP\n" for i in range(11))
        + "7:99:G:T 99 G T SNP\n",
        "a.sample": "ID_1 ID_2 missing sex\n0 0 0 D\n" + "".join(f"F{i // 2} P{i} 0 {1 + i % 2}\n" for i in range(8)),
    }
    changes = [on(changed, change) for change in BYTE_CHANGES + LINE_CHANGES]
    form = Format({name: text.encode() for name, text in files.items()}, changes, read_folder, read_plainly)
    fuzz(form, mutations, tmp_path)
