"""Regions, contigs and their order."""

import numpy as np
import pandas as pd
import pytest

from artificial_genomes.core.errors import Findings, UserError
from artificial_genomes.core.haplotypes import Haplotypes, artificial_people
from artificial_genomes.core.regions import Region, contig_key, in_regions, name_regions, parse_region, parse_regions
from artificial_genomes.core.sites import check_contigs, contig_length, unique_sites


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


def test_regions_are_sorted_and_may_touch():
    texts = ["chr10:5-9", "chr7:10-20", "chr7:1-9", "chrX:1-2"]
    assert [str(region) for region in parse_regions(texts)] == ["chr7:1-9", "chr7:10-20", "chr10:5-9", "chrX:1-2"]
    assert parse_regions("1:5-9") == (Region("1", 5, 9),)
    assert parse_regions(None) == ()


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["2:1-9", "1:20-30", "1:30-40"], "regions 1:20-30 and 1:30-40 overlap"),
        (["1:1-90", "1:20-30", "1:95-99"], "regions 1:1-90 and 1:20-30 overlap"),
        (["1:1-9", "chr2:1-9"], "regions chr2:1-9 and 1:1-9 name contigs in two ways, with and without chr"),
    ],
)
def test_regions_that_overlap_or_name_contigs_in_two_ways(texts, message):
    with pytest.raises(UserError, match=message):
        parse_regions(texts)


def test_of_many_regions_the_first_are_named():
    assert name_regions(None) == "all sites"
    assert name_regions(["2:1-9", "1:2,000-3,000"]) == "1:2000-3000, 2:1-9"
    many = name_regions([f"{contig}:1-9" for contig in range(1, 23)])
    assert many == "1:1-9, 2:1-9, 3:1-9, 4:1-9, 5:1-9, … (22 regions)"


def test_sites_of_regions_and_all_that_have_none():
    sites = site_table("1:4:A:C", "1:5:A:C", "1:9:A:C", "2:7:A:C")
    assert in_regions(sites, ()).all()
    assert in_regions(sites, parse_regions(["1:5-8", "2:1-9"])).tolist() == [False, True, False, True]
    findings = Findings()
    regions = parse_regions(["1:5-8", "2:1-6", "3:1-9"])
    assert in_regions(sites, regions, findings).tolist() == [False, True, False, False]
    assert [problem.split(" ")[1] for problem in findings.problems] == ["2:1-6", "3:1-9:"]
    # Without any site there is nothing to go on with.
    with pytest.raises(UserError, match="region 2:1-6 contains no site"):
        in_regions(sites, regions[1:], findings)


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
    assert dropped == {"duplicate of a site": 2, "position with different alleles in another row": 2}


def test_unique_sites_returns_tidy_sites_as_they_are():
    haplotypes = Haplotypes(np.eye(2, dtype=np.uint8), site_table("1:1:A:C", "1:2:A:C"), artificial_people(1))
    assert unique_sites(haplotypes)[0] is haplotypes
