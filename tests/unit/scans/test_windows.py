"""Windows of H1, H12, haplotype diversity and Tajima's D: against brute force."""

from collections import Counter
from itertools import combinations

import numpy as np
import pytest

from artificial_genomes.scans.pbs import pbs_windows
from artificial_genomes.scans.windows import haplotype_statistics, site_windows, tajima_d
from scan_helpers import site_table


def test_windows_lie_on_one_contig():
    sites = site_table(
        np.r_[np.arange(10, 80, 10), np.arange(1, 4), np.arange(1, 6)], ["1"] * 7 + ["2"] * 3 + ["3"] * 5
    )
    windows, places = site_windows(sites, window_sites=4, step_sites=2)
    assert windows.to_numpy().tolist() == [["1", 10, 40, 4], ["1", 30, 60, 4], ["3", 1, 4, 4]]
    assert [place.tolist() for place in places] == [[0, 1, 2, 3], [2, 3, 4, 5], [10, 11, 12, 13]]


def test_no_window_lies_across_a_gap():
    positions = np.r_[np.arange(1, 7), 6 + 200_000 + np.arange(4), 500_000 + np.arange(1, 5)]
    windows, places = site_windows(site_table(positions), window_sites=4, step_sites=2)
    # 200,000 bp are no gap.
    assert [place[0] for place in places] == [0, 2, 4, 6, 10]
    rng = np.random.default_rng(1)
    groups = [rng.integers(0, 2, (20, len(positions)), dtype=np.uint8) for _ in range(3)]
    assert pbs_windows(site_table(positions), *groups, 4, 2)[["start", "end"]].equals(windows[["start", "end"]])


def test_no_window_fits():
    windows, places = site_windows(site_table([1, 2, 3]), 4, 1)
    assert windows.empty
    assert list(windows) == ["contig", "start", "end", "n"]
    assert {name: len(values) for name, values in haplotype_statistics(np.zeros((4, 3), np.uint8), places).items()} == {
        "h1": 0,
        "h12": 0,
        "haplotype_diversity": 0,
    }
    assert len(tajima_d(np.zeros((4, 3), np.uint8), places)) == 0


def test_haplotype_statistics_by_counting():
    rng = np.random.default_rng(1)
    alleles = (rng.random((31, 12)) < 0.4).astype(np.uint8)
    windows, places = site_windows(site_table(np.arange(12)), 4, 3)
    values = haplotype_statistics(alleles, places)
    for i, place in enumerate(places):
        counted = sorted(Counter(map(bytes, alleles[:, place])).values(), reverse=True)
        shares = np.array(counted) / 31
        assert values["h1"][i] == pytest.approx((shares**2).sum())
        assert values["h12"][i] == pytest.approx((shares[0] + shares[1]) ** 2 + (shares[2:] ** 2).sum())
        pairs = [np.array_equal(a, b) for a, b in combinations(alleles[:, place], 2)]
        assert values["haplotype_diversity"][i] == pytest.approx(1 - np.mean(pairs))
    assert len(windows) == 3


def test_tajima_d_by_hand():
    rng = np.random.default_rng(2)
    alleles = (rng.random((20, 8)) < rng.random(8)).astype(np.uint8)
    alleles[:, :5] = [0, 0, 0, 1, 1]  # the first window has one segregating site
    windows = [np.arange(6), np.arange(2, 8)]
    alleles[:, 4] = np.arange(20) < 3
    n, place = 20, windows[1]
    segregating = int(((alleles[:, place].sum(axis=0) > 0) & (alleles[:, place].sum(axis=0) < n)).sum())
    assert segregating >= 3
    pairwise = np.mean([(a != b).sum() for a, b in combinations(alleles[:, place].astype(int), 2)])
    a1, a2 = (sum(1 / i**k for i in range(1, n)) for k in (1, 2))
    e1 = ((n + 1) / (3 * (n - 1)) - 1 / a1) / a1
    e2 = (2 * (n * n + n + 3) / (9 * n * (n - 1)) - (n + 2) / (a1 * n) + a2 / a1**2) / (a1**2 + a2)
    expected = (pairwise - segregating / a1) / np.sqrt(e1 * segregating + e2 * segregating * (segregating - 1))
    values = tajima_d(alleles, windows)
    assert np.isnan(values[0])
    assert values[1] == pytest.approx(expected)
