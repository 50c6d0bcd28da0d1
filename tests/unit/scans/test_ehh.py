"""XP-EHH, iHS and nSL: against brute force, simulated sweeps and scikit-allel."""

import os
from itertools import combinations

import allel
import numpy as np
import pandas as pd
import pytest

from artificial_genomes.scans.ehh import Integration, ihs, nsl, standardise, xpehh
from scan_helpers import groups_of, site_table


def integrated_ehh(haplotypes, positions, core, step):
    """Integrate EHH from a site in one direction by looking at every pair; gaps longer than 20 kb count as 20 kb."""
    pairs = list(combinations(haplotypes, 2))
    place, alike, area = core, [a[core] == b[core] for a, b in pairs], 0
    while 0 <= place + step < len(positions) and np.mean(alike) > 0.05:
        following = place + step
        still = [same and a[following] == b[following] for same, (a, b) in zip(alike, pairs, strict=True)]
        gap = min(abs(positions[following] - positions[place]), 20_000)
        area += gap * (np.mean(alike) + np.mean(still)) / 2
        place, alike = following, still
    return area


@pytest.mark.parametrize("threads", [1, 4])
def test_xpehh_is_that_of_a_brute_force_loop(threads):
    rng = np.random.default_rng(0)
    target, reference = ((rng.random((n, 15)) < share).astype(np.uint8) for n, share in ((10, 0.3), (8, 0.2)))
    positions = np.sort(rng.choice(np.arange(1, 200_000), 15, replace=False))
    assert np.diff(positions).max() > 20_000
    expected = [
        np.log(
            sum(integrated_ehh(target, positions, core, step) for step in (1, -1))
            / sum(integrated_ehh(reference, positions, core, step) for step in (1, -1))
        )
        for core in range(15)
    ]
    np.testing.assert_allclose(
        xpehh(target, reference, site_table(positions), Integration(threads=threads)), expected, atol=1e-6
    )


def test_xpehh_integrates_over_the_genetic_map(three_populations):
    target, reference, _ = groups_of(three_populations)
    sites = three_populations.sites
    uniform = pd.DataFrame({"contig": "", "position": [1, 1_000_001], "cm": [0.0, 1.0]})
    physical = xpehh(target, reference, sites)
    # The ratio of two integrals does not depend on the unit of a uniform map ...
    np.testing.assert_allclose(xpehh(target, reference, sites, Integration(uniform)), physical, atol=1e-6)
    # ... but it does on a map that is not uniform.
    hotspot = pd.DataFrame({"contig": "1", "position": [1, 150_000, 151_000, 300_000], "cm": [0, 0.1, 5, 5.1]})
    assert np.abs(xpehh(target, reference, sites, Integration(hotspot)) - physical).max() > 0.1


@pytest.mark.parametrize("edges", [True, False])
@pytest.mark.parametrize("apart", ["contigs", "regions", "too near"])
def test_contigs_and_regions_of_a_contig_are_scanned_apart(three_populations, apart, edges):
    target, reference, _ = groups_of(three_populations)
    half, sites, how = three_populations.n_sites // 2, three_populations.sites, Integration(edges=edges)
    if apart == "contigs":
        sites = sites.assign(contig=["1"] * half + ["2"] * (len(sites) - half))
    else:
        shift = 200_000 - (sites["position"][half] - sites["position"][half - 1]) + (apart == "regions")
        sites = sites.assign(position=sites["position"] + shift * (np.arange(len(sites)) >= half))
    for score in (
        lambda part: xpehh(target[:, part], reference[:, part], sites[part].reset_index(drop=True), how),
        lambda part: ihs(target[:, part], sites[part].reset_index(drop=True), 0.05, how),
        lambda part: nsl(target[:, part], sites[part].reset_index(drop=True), 0.05, how),
    ):
        parts = np.concatenate([score(slice(0, half)), score(slice(half, None))])
        assert np.isfinite(parts[half - 20 : half + 20]).any() or not edges
        assert np.array_equal(score(slice(None)), parts, equal_nan=True) == (apart != "too near")


def test_a_sweep_in_the_target_stands_out(three_populations):
    target, reference, _ = groups_of(three_populations)
    swept = target.copy()
    middle = three_populations.n_sites // 2
    near = slice(middle - 40, middle + 40)
    swept[: int(0.8 * len(swept)), near] = swept[0, near]
    scores = standardise(xpehh(swept, reference, three_populations.sites))
    assert scores[near].mean() > 1
    assert near.start <= np.argmax(scores) < near.stop
    assert scores.mean() == pytest.approx(0, abs=1e-9)
    assert scores.std() == pytest.approx(1)


def test_threads_are_not_exceeded(monkeypatch):
    asked = []
    monkeypatch.setattr(os, "cpu_count", lambda: 16)
    monkeypatch.setattr(
        allel, "xpehh", lambda h1, h2, positions, **how: asked.append(how["use_threads"]) or np.zeros(len(positions))
    )
    for threads in (1, 2, 4, 8):
        xpehh(
            np.zeros((2, 3), np.uint8), np.zeros((2, 3), np.uint8), site_table([1, 2, 3]), Integration(threads=threads)
        )
    assert asked == [False, False, True, True]


def test_equal_scores_have_no_spread():
    assert standardise(np.array([2.0, 2.0, np.nan])).tolist()[:2] == [0, 0]


# iHS and nSL ----------------------------------------------------------------------------------------------------------


def integrated_homozygosity(haplotypes, positions, core, step):
    """Integrate EHH among the haplotypes with one allele of the core site, by looking at every pair."""
    pairs = list(combinations(haplotypes, 2))
    place, alike, area = core, [True] * len(pairs), 0
    while 0 <= place + step < len(positions) and np.mean(alike) > 0.05:
        following = place + step
        still = [same and a[following] == b[following] for same, (a, b) in zip(alike, pairs, strict=True)]
        area += abs(positions[following] - positions[place]) * (np.mean(alike) + np.mean(still)) / 2
        place, alike = following, still
    return area


def shared_sites(haplotypes, core):
    """Return the mean number of sites over which pairs are alike around the core, up to the ends of the data."""
    lengths = []
    for a, b in combinations(haplotypes, 2):
        different = np.flatnonzero(a != b)
        left = different[different < core].max(initial=-1)
        right = different[different > core].min(initial=len(a))
        lengths.append(right - left)
    return np.mean(lengths)


@pytest.mark.parametrize("threads", [1, 2])
def test_ihs_and_nsl_are_those_of_a_brute_force_loop(threads):
    rng = np.random.default_rng(2)
    founders = (rng.random((5, 14)) < 0.5).astype(np.uint8)
    alleles = founders[rng.integers(0, 5, 16)] ^ (rng.random((16, 14)) < 0.1)
    positions = np.cumsum(rng.integers(100, 3000, 14))
    frequency = alleles.mean(axis=0)
    expected_ihs, expected_nsl = np.full(14, np.nan), np.full(14, np.nan)
    for core in np.flatnonzero(np.minimum(frequency, 1 - frequency) >= 0.2):
        derived, ancestral = (alleles[alleles[:, core] == allele] for allele in (1, 0))
        areas = [
            sum(integrated_homozygosity(group, positions, core, step) for step in (1, -1))
            for group in (derived, ancestral)
        ]
        expected_ihs[core] = np.log(areas[0] / areas[1])
        expected_nsl[core] = np.log(shared_sites(derived, core) / shared_sites(ancestral, core))
    assert 5 < np.isfinite(expected_ihs).sum() < 14
    how = Integration(threads=threads)
    np.testing.assert_allclose(ihs(alleles, site_table(positions), 0.2, how), expected_ihs, atol=1e-6)
    np.testing.assert_allclose(nsl(alleles, site_table(positions), 0.2, how), expected_nsl, atol=1e-6)


def test_without_edges_only_sites_are_scored_where_ehh_decays(three_populations):
    target, reference, _ = groups_of(three_populations)
    sites, inside = three_populations.sites, Integration(edges=False)
    with_edges, without = xpehh(target, reference, sites), xpehh(target, reference, sites, inside)
    assert np.isfinite(with_edges).all()
    assert 0 < np.isnan(without).sum() < len(sites)
    assert np.isnan(without[[0, -1]]).all()
    np.testing.assert_allclose(without, allel.xpehh(target.T.astype("i1"), reference.T.astype("i1"), sites["position"]))
    assert np.isnan(ihs(target, sites, 0.05, inside)).sum() > np.isnan(ihs(target, sites, 0.05)).sum()


def test_a_swept_allele_has_the_longer_haplotypes(three_populations):
    # The other allele stands on haplotypes without any LD.
    target = np.random.default_rng(1).permuted(groups_of(three_populations)[0], axis=0)
    middle = three_populations.n_sites // 2
    near = slice(middle - 40, middle + 40)
    target[: len(target) // 2, near] = target[0, near]
    target[:, middle] = np.arange(len(target)) < len(target) // 2
    for score in (ihs, nsl):
        assert score(target, three_populations.sites, 0.05)[middle] > 1
        flipped = target.copy()
        flipped[:, middle] ^= 1
        assert score(flipped, three_populations.sites, 0.05)[middle] < -1


def test_standardising_in_bins_is_that_of_scikit_allel_where_bins_are_the_same():
    rng = np.random.default_rng(3)
    counts = np.repeat(np.arange(10, 50, 10), 50)
    scores = rng.normal(counts / 10, 1 + counts / 20)
    scores[::17] = np.nan
    expected, _ = allel.standardize_by_allele_count(scores, counts, bins=[10, 20, 30, 40, 50], diagnostics=False)
    np.testing.assert_allclose(standardise(scores, counts, bins=4), expected, atol=1e-12)


def test_bins_never_hold_less_than_twenty_sites():
    rng = np.random.default_rng(4)
    counts, scores = rng.integers(1, 100, 45), rng.normal(size=45)
    two = standardise(scores, counts, bins=20)
    low = counts < np.sort(counts)[23]
    for part in (two[low], two[~low]):
        assert len(part) >= 20
        assert part.mean() == pytest.approx(0, abs=1e-9)
        assert part.std() == pytest.approx(1)
    np.testing.assert_allclose(standardise(scores[:30], counts[:30], bins=20), standardise(scores[:30]))
    assert np.isnan(standardise(np.full(5, np.nan), counts[:5], bins=20)).all()
