"""Reading PLINK 2 files whose tables are not as PLINK writes them."""

from pathlib import Path

import numpy as np
import pytest

from artificial_genomes.core.errors import UserError
from artificial_genomes.core.regions import parse_region
from artificial_genomes.io.plink2 import read_pgen, write_pgen
from workflow_helpers import cohort

COHORT = cohort(20, 30, contig="7", first=1_000_000, step_bp=500)


@pytest.fixture
def pgen(tmp_path) -> Path:
    write_pgen(COHORT, tmp_path / "a.pgen")
    return tmp_path / "a.pgen"


def changed(pgen: Path, ending: str, line: int, change) -> None:
    """Replace a line of a table, by its number, by any number of lines."""
    path = pgen.with_suffix(ending)
    lines = path.read_text().splitlines()
    lines[line - 1 : line] = change(lines[line - 1])
    path.write_text("\n".join(lines) + "\n")


def at(position: str):
    return lambda line: ["\t".join([line.split("\t")[0], position, *line.split("\t")[2:]])]


ODD = {
    "remark": (".pvar", lambda line: ["# a remark", line], "a.pvar, line 9 is a remark. Remove the line"),
    "second header": (".pvar", lambda line: ["##x", line], "a.pvar, line 9 is a remark. Remove the line"),
    "empty line": (".pvar", lambda line: ["", line], "a.pvar, line 9 is empty. Remove the line"),
    "short row": (".pvar", lambda line: [line[:-2]], "a.pvar, line 9 has 4 columns, but the header has 5"),
    "empty column": (".pvar", lambda line: [line[:-1]], "a.pvar, line 9 has a column that is empty or contains spaces"),
    "long row": (".pvar", lambda line: [line + "\tx"], "a.pvar, line 9 has 6 columns, but the header has 5"),
    "row too many": (".pvar", lambda line: [line, line], "raw_variant_ct == 31, but .* contains 30.*belong together"),
    "row too few": (".pvar", lambda line: [], "raw_variant_ct == 29, but .* contains 30.*belong together"),
    "no number": (".pvar", at("1e5"), "a.pvar, line 9 has '1e5' as POS"),
    "other digits": (".pvar", at("\u0661"), "a.pvar, line 9 has '\u0661' as POS"),
    "beyond 32 bits": (".pvar", at("4294967301"), "a.pvar, line 9 has position 4294967301, beyond 536870912"),
    "two namings": (".pvar", lambda line: ["chr" + line], "in two ways, such as 7 and chr7"),
    "one allele": (
        ".pvar",
        lambda line: [line[:-3] + "A\tA"],
        "1 site with the same allele as REF and ALT, first 7:1003500",
    ),
    "person with a remark": (
        ".psam",
        lambda line: [line + "\told"],
        "a.psam, line 9 has 3 columns, but the header has 2",
    ),
    "person without a sex": (
        ".psam",
        lambda line: [line[:-2]],
        "a.psam, line 9 has a column that is empty or contains spaces",
    ),
    "name with a space": (
        ".psam",
        lambda line: [line.replace("son", " ")],
        "a.psam, line 9 has a column that is empty",
    ),
    "person too few": (".psam", lambda line: [], "a.pgen cannot be read"),
    "person commented out": (".psam", lambda line: ["#" + line], "a.psam, line 9 is a remark. Remove the line"),
}


@pytest.mark.parametrize("case", ODD)
def test_odd_lines_are_refused_with_their_number(pgen, case):
    ending, change, message = ODD[case]
    changed(pgen, ending, 9, change)
    for regions in ([], [parse_region("7:1000000-1002000")]):
        if regions and case == "one allele":  # outside the region
            continue
        with pytest.raises(UserError, match=message):
            read_pgen(pgen, regions)


def test_line_ends_of_windows_do_no_harm(pgen):
    for ending in (".pvar", ".psam"):
        path = pgen.with_suffix(ending)
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    haplotypes, _ = read_pgen(pgen)
    np.testing.assert_array_equal(haplotypes.alleles, COHORT.alleles)
    assert haplotypes.people["sample"].tolist() == COHORT.people["sample"].tolist()


def test_rows_without_a_position_are_dropped_and_counted(pgen):
    changed(pgen, ".pvar", 2, at("0"))
    haplotypes, rows = read_pgen(pgen)
    np.testing.assert_array_equal(haplotypes.alleles, COHORT.alleles[:, 1:])
    assert (rows["rows read"], rows["no position (POS 0)"]) == (30, 1)
