"""Ancestral alleles: their table, and which sites they are known for."""

import pytest

from artificial_genomes.core.errors import UserError
from artificial_genomes.scans.polarisation import polarise, read_ancestral
from scan_helpers import site_table


@pytest.fixture
def table(tmp_path):
    def write(*rows):
        path = tmp_path / "ancestral.tsv"
        path.write_text("\n".join(["contig\tposition\tancestral", *rows]) + "\n")
        return path

    return write


def test_sites_by_their_ancestral_allele(table):
    path = table("chr1\t10\tA", "1\t20\tc|||", "1\t30\tG", "1\t40\t.", "2\t50\tC", "1\t50\tN", "1\t60\tA")
    known, alt_is_ancestral = polarise(site_table([10, 20, 30, 40, 50, 70]), read_ancestral(path))
    assert known.tolist() == [True, True, False, False, False, False]
    assert alt_is_ancestral.tolist() == [False, True, False, False, False, False]


def test_without_a_table_ref_is_ancestral():
    known, alt_is_ancestral = polarise(site_table([1, 2]), None)
    assert known.all()
    assert not alt_is_ancestral.any()


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["1\t10\tA", "1\tten\tA"], "line 3: the position is not a number"),
        (["1\t10\tA", "chr1\t10\tG"], "names different ancestral alleles for 1:10"),
    ],
)
def test_tables_that_cannot_be_right(table, rows, message):
    with pytest.raises(UserError, match=message):
        read_ancestral(table(*rows))


def test_a_table_without_the_columns(tmp_path):
    path = tmp_path / "a.tsv"
    path.write_text("chrom\tpos\tAA\n1\t1\tA\n")
    with pytest.raises(UserError, match="lacks the columns contig, position, ancestral"):
        read_ancestral(path)


def test_the_same_row_twice_is_one(table):
    assert len(read_ancestral(table("1\t10\tA", "1\t10\ta"))) == 1
