"""Regions, contigs and their order."""

import numpy as np
import pandas as pd
import pytest

from artificial_genomes.errors import UserError
from artificial_genomes.haplotypes import Haplotypes, artificial_people
from artificial_genomes.regions import Region, contig_key, parse_region
from artificial_genomes.sites import check_contigs, contig_length, unique_sites


def site_table(*sites: str) -> pd.DataFrame:
    """Return sites from texts like ``1:100:A:C``."""
    table = pd.DataFrame([site.split(":") for site in sites], columns=["contig", "position", "ref", "alt"])
    return table.assign(position=table["position"].astype(int), id=list(sites))


def test_region_is_read():
    assert parse_region("1:97600000-97900000") == Region("1", 97600000, 97900000)
    assert parse_region(" chrX:1,000-2,000 ") == Region("chrX", 1000, 2000)
    assert str(Region("1", 5, 9)) == "1:5-9"


@pytest.mark.parametrize("text", ["1", "1:5", "1:5-", "1:x-9", ":5-9", "1:5..9"])
def test_other_texts_are_no_region(text):
    with pytest.raises(UserError, match="is not of the form contig:start-end"):
        parse_region(text)


@pytest.mark.parametrize("text", ["1:9-5", "1:0-5"])
def test_region_must_run_forwards(text):
    with pytest.raises(UserError, match="must start at 1 or later"):
        parse_region(text)


def test_region_contains_both_ends():
    sites = site_table("1:4:A:C", "1:5:A:C", "1:9:A:C", "1:10:A:C", "2:7:A:C")
    assert Region("1", 5, 9).contains(sites).tolist() == [False, True, True, False, False]


def test_contigs_sort_as_people_expect():
    contigs = ["X", "10", "MT", "2", "GL000191.1", "1", "Y", "22"]
    assert sorted(contigs, key=contig_key) == ["1", "2", "10", "22", "X", "Y", "MT", "GL000191.1"]
    assert sorted(["chr10", "chrX", "chr9", "chrM"], key=contig_key) == ["chr9", "chr10", "chrX", "chrM"]


def test_contig_lengths_of_both_builds():
    assert contig_length("chr1", "GRCh37") == 249250621
    assert contig_length("1", "GRCh38") == 248956422
    assert contig_length("GL000191.1", "GRCh37") is None
    assert contig_length("1", "T2T") is None


def test_positions_beyond_a_contig_are_refused():
    check_contigs(site_table("22:51304566:A:C"), "GRCh37")
    check_contigs(site_table("22:51304567:A:C"), "T2T")
    with pytest.raises(UserError, match=r"beyond the end of contig 22 in GRCh37 \(51304566 bp\)"):
        check_contigs(site_table("22:51304567:A:C"), "GRCh37")


def test_unique_sites_sorts_and_leaves_one_row_a_position():
    sites = site_table("2:5:A:C", "1:9:A:C", "1:9:A:C", "1:3:A:T", "1:3:A:C", "1:3:A:T", "1:1:G:C")
    columns = np.array([[1, 0], [0, 1], [0, 1], [1, 1], [0, 0], [1, 1], [0, 0]], np.uint8)
    haplotypes, dropped = unique_sites(Haplotypes(columns.T, sites, artificial_people(1)))
    assert haplotypes.sites["id"].tolist() == ["1:1:G:C", "1:9:A:C", "2:5:A:C"]
    np.testing.assert_array_equal(haplotypes.alleles.T, [[0, 0], [0, 1], [1, 0]])
    assert dropped == {"the same site again": 2, "position with other alleles in another row": 2}


def test_unique_sites_returns_tidy_sites_as_they_are():
    haplotypes = Haplotypes(np.eye(2, dtype=np.uint8), site_table("1:1:A:C", "1:2:A:C"), artificial_people(1))
    assert unique_sites(haplotypes)[0] is haplotypes
