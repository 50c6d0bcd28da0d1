"""A whole scan: which places are scored, what is dropped and why, and what cannot be scanned."""

import numpy as np
import pandas as pd
import pytest

from artificial_genomes.core.errors import UserError
from artificial_genomes.scans.ehh import Integration
from artificial_genomes.scans.places import frequent_sites
from artificial_genomes.scans.statistics import STATISTICS
from artificial_genomes.scans.tracks import require_places, require_scores, scan, scan_target, with_label
from scan_helpers import SETTINGS, haplotypes_of


def parts_of(haplotypes):
    own = (haplotypes.people["population"] == "EUR").to_numpy()
    return haplotypes.take_people(own), haplotypes.take_people(~own)


def track(tracks, statistic):
    return tracks[tracks["statistic"] == statistic].reset_index(drop=True)


def test_a_scan_has_every_track_in_order(three_populations):
    own, public = parts_of(three_populations)
    tracks, _ = scan(own.alleles, own.alleles, public, SETTINGS)
    assert tracks["statistic"].unique().tolist() == list(STATISTICS)
    require_scores(tracks, SETTINGS)
    few, counts = scan(own.alleles, own.alleles, public, SETTINGS | {"statistics": ["nsl", "pbs"]})
    assert few["statistic"].unique().tolist() == ["pbs", "pbsn1", "pbs_site", "nsl"]
    assert set(counts["statistic"]) == {"pbs", "pbsn1", "pbs_site", "nsl"}
    pd.testing.assert_frame_equal(track(few, "nsl"), track(tracks, "nsl"))


def test_scan_counts_what_it_dropped_and_keeps_the_places_of_the_real_people(three_populations):
    own, public = parts_of(three_populations)
    settings = SETTINGS | {"maf_min": 0.1, "ihs_maf_min": 0.2}
    tracks, counts = scan(own.alleles, own.alleles, public, settings)
    numbers = counts.set_index(["statistic", "what"])["places"]
    yri, jpt = (with_label(public, label).alleles for label in ("YRI", "JPT"))
    for statistic, groups, maf_min in (
        ("xpehh", [own.alleles, yri], 0.1),
        ("pbs_site", [own.alleles, yri, jpt], 0.1),
        ("ihs", [own.alleles], 0.2),
        ("nsl", [own.alleles], 0.2),
    ):
        frequency = np.concatenate(groups).mean(axis=0)
        kept = np.minimum(frequency, 1 - frequency) >= maf_min
        assert track(tracks, statistic)["start"].tolist() == own.sites["position"][kept].tolist()
        assert numbers[statistic, "scored"] == kept.sum() < numbers[statistic, "in the data set"] == own.n_sites
        assert numbers[statistic, f"dropped: minor allele frequency below {maf_min}"] == (~kept).sum()
    for statistic in ("pbs", "pbsn1", "h1", "h12", "haplotype_diversity"):
        assert numbers[statistic, "scored"] == len(track(tracks, statistic)) > 5
    # AGs without any variation are scanned at the same places; what compares two alleles has no value there.
    fixed, counts = scan(np.zeros_like(own.alleles), own.alleles, public, settings)
    places = ["statistic", "contig", "start", "end", "id", "n"]
    pd.testing.assert_frame_equal(fixed[places], tracks[places])
    scored = fixed.groupby("statistic")["value"].apply(lambda values: np.isfinite(values).mean())
    assert scored[["xpehh", "pbs", "h12"]].tolist() == [1, 1, 1]
    assert scored[["ihs", "nsl", "tajima_d"]].tolist() == [0, 0, 0]
    numbers = counts.set_index(["statistic", "what"])["places"]
    rare = "dropped: minor allele frequency below 0.2 in the scanned haplotypes"
    assert numbers["ihs", rare] == len(track(tracks, "ihs"))
    assert numbers["tajima_d", "dropped: fewer than 3 segregating sites"] == len(track(tracks, "tajima_d"))
    with pytest.raises(UserError, match="for iHS, nSL, Tajima's D in the real individuals"):
        require_scores(fixed, settings)


def test_counts_add_up(three_populations):
    own, public = parts_of(three_populations)
    ancestral = pd.DataFrame(
        {"contig": "1", "position": own.sites["position"][::3], "ancestral": own.sites["alt"][::3]}
    )
    settings = SETTINGS | {"edges": False}
    tracks, counts = scan(own.alleles[:20], own.alleles, public, settings, Integration(edges=False), ancestral)
    for statistic in ("xpehh", "pbs_site", "ihs", "nsl"):
        number = counts[counts["statistic"] == statistic].set_index("what")["places"]
        assert number.drop("in the data set").sum() == number["in the data set"] == own.n_sites
        assert number["scored"] == np.isfinite(track(tracks, statistic)["raw"]).sum()
    assert counts.loc[counts["what"].str.contains("EHH reaches the end"), "places"].min() > 0


def test_counts_say_what_happened_to_each_site(three_populations):
    """Neighbours are near, so no site is told to have none; each reason is one that was made to happen."""
    own, public = parts_of(three_populations)
    n = own.n_sites
    settings = SETTINGS | {"statistics": ["xpehh", "ihs", "nsl"], "ihs_maf_min": 0.01, "maf_min": 0.01}

    def reasons(target, statistic, how):
        tracks, counts = scan(target, own.alleles, public, settings | {"edges": how.edges}, how)
        rows = counts[(counts["statistic"] == statistic) & counts["what"].str.contains("dropped")]
        rows = rows[~rows["what"].str.contains("frequency") & (rows["places"] > 0)]
        missing = ~np.isfinite(track(tracks, statistic)["raw"])
        return dict(zip(rows["what"].str.removeprefix("dropped: "), rows["places"], strict=True)), missing.sum()

    # Two haplotypes that differ everywhere: no stretch of EHH from any site.
    apart = np.array([np.zeros(n), np.ones(n)], np.uint8)
    found, missing = reasons(apart, "xpehh", Integration())
    assert found == {"EHH falls below 0.05 before the next site": missing}
    assert missing > 0
    flat = pd.DataFrame({"contig": "1", "position": [1, 400_000], "cm": [0.0, 0.0]})
    found, missing = reasons(own.alleles, "xpehh", Integration(genetic_map=flat))
    assert found == {"the genetic map has no distance around the site": missing}
    found, missing = reasons(own.alleles, "xpehh", Integration(edges=False))
    assert found == {"EHH reaches the end of the data or a gap of 200 kb": missing}
    assert missing > 0
    # Of ten haplotypes, singletons cannot be scored by what two haplotypes with an allele share.
    for statistic in ("ihs", "nsl"):
        found, _ = reasons(own.alleles[:10], statistic, Integration())
        copies = own.alleles[:10].sum(axis=0)
        assert found["fewer than two haplotypes with an allele"] == np.isin(copies, (1, 9)).sum()
        assert not any("single site" in reason for reason in found)


def test_polarisation_turns_the_sign_and_drops_what_is_unknown(three_populations):
    own, public = parts_of(three_populations)
    sites = own.sites
    ancestral = pd.DataFrame({"contig": "1", "position": sites["position"][::2], "ancestral": sites["alt"][::2]})
    settings = SETTINGS | {"statistics": ["ihs", "nsl"], "frequency_bins": None}
    by_ref, by_table = (scan(own.alleles, own.alleles, public, settings, ancestral=a)[0] for a in (None, ancestral))
    for statistic in ("ihs", "nsl"):
        one, two = track(by_ref, statistic), track(by_table, statistic)
        assert two["start"].isin(sites["position"][::2]).all()
        both = one[one["start"].isin(two["start"])]["raw"].to_numpy()
        np.testing.assert_allclose(two["raw"], -both, atol=1e-9)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"maf_min": 0.5000001},
            "scored for XP-EHH, PBS, PBSn1, PBS of sites in the real individuals.*remove xpehh, pbs from",
        ),
        ({"window_sites": 100_000}, "scored for PBS, PBSn1 in the real individuals"),
        (
            {"haplotype_window_sites": 100_000},
            "scored for H1, H12, Haplotype diversity, Tajima's D in the real individuals",
        ),
        ({"xpehh_reference": "LWK"}, "population label 'LWK'. Known labels: AFR, JPT, YRI, other"),
        ({"pbs_references": ["EUR", "JPT"]}, "population label 'EUR'"),
    ],
)
def test_a_scan_without_a_result_is_an_error(three_populations, change, message):
    own, public = parts_of(three_populations)
    with pytest.raises(UserError, match=message):
        require_scores(scan(own.alleles, own.alleles, public, SETTINGS | change)[0], SETTINGS | change)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"maf_min": 0.5000001},
            "scored for XP-EHH, PBS, PBSn1, PBS of sites in the real individuals.*remove xpehh, pbs from",
        ),
        ({"window_sites": 100_000}, "scored for PBS, PBSn1 in the real individuals"),
        (
            {"haplotype_window_sites": 100_000},
            "scored for H1, H12, Haplotype diversity, Tajima's D in the real individuals",
        ),
        ({"ihs_maf_min": 0.5000001}, "scored for iHS, nSL in the real individuals"),
        ({"xpehh_reference": "LWK"}, "population label 'LWK'. Known labels: AFR"),
        ({"pbs_references": ["EUR", "JPT"]}, "population label 'EUR'"),
        (
            {"xpehh_reference": "FEW"},
            "reference population FEW of the scan has too few individuals.*: 9, but at least 10 are needed",
        ),
    ],
)
def test_what_cannot_be_scanned_is_told_before_anything_is_computed(three_populations, change, message):
    own, public = parts_of(three_populations)
    require_places(own.alleles, public, SETTINGS)
    require_places(own.alleles, public, SETTINGS | {"xpehh_reference": "AFR"})  # a superpopulation
    public.people.loc[public.people.index[:9], "population"] = "FEW"
    with pytest.raises(UserError, match=message):
        require_places(own.alleles, public, SETTINGS | change)


def test_one_site_on_a_contig_cannot_be_scored():
    rng = np.random.default_rng(0)
    haplotypes = haplotypes_of(rng.integers(0, 2, (60, 1)).astype(np.uint8), ["EUR"] * 10 + ["YRI"] * 10 + ["JPT"] * 10)
    own, public = parts_of(haplotypes)
    tracks, counts = scan(own.alleles, own.alleles, public, SETTINGS)
    with pytest.raises(UserError, match="nothing can be scored for XP-EHH, PBS"):
        require_scores(tracks, SETTINGS)
    number = counts[counts["statistic"] == "xpehh"].set_index("what")["places"]
    assert number["dropped: a single site without others within 200 kb"] == 1


def test_labels_are_those_of_populations_or_superpopulations(three_populations):
    assert with_label(three_populations, "JPT").people["population"].unique().tolist() == ["JPT"]
    assert len(with_label(three_populations, "other").people) == 40


def test_frequent_sites_pool_all_haplotypes():
    groups = [np.array([[1, 0, 1]] * 6, np.uint8), np.array([[0, 0, 1], [0, 1, 1], [0, 0, 1], [0, 0, 1]], np.uint8)]
    assert frequent_sites(groups, 0.1).tolist() == [True, True, False]
    assert frequent_sites(groups, 0.2).tolist() == [True, False, False]


def test_agreement_is_with_unseen_people_and_all_targets_are_equally_many():
    people = haplotypes_of(np.random.default_rng(1).integers(0, 2, (38, 50)).astype(np.uint8), ["EUR"] * 19)
    own, test, few = (people.take_people(part) for part in (np.arange(12), np.arange(12, 19), np.arange(12, 15)))
    rows = [{tuple(row) for row in part.alleles} for part in (own, test)]
    real, ceiling = (scan_target(own, test, name, seed=5) for name in ("real", "ceiling"))
    assert {tuple(row) for row in real} == rows[1]
    assert {tuple(row) for row in ceiling} < rows[0]
    floor = scan_target(own, test, "floor", seed=5)
    assert real.shape == ceiling.shape == floor.shape == scan_target(own, test, own, seed=5).shape == (14, 50)
    np.testing.assert_array_equal(scan_target(own, test, own, seed=5), own.alleles[:14])
    np.testing.assert_array_equal(floor, scan_target(own, test, "floor", seed=5))
    assert not np.array_equal(ceiling, scan_target(own, test, "ceiling", seed=6))
    # With more test people than others, some of them are drawn.
    assert len(scan_target(few, own, "real", 1)) == len(scan_target(few, own, "ceiling", 1)) == 6
    # Independent sites: the frequencies are those of people whom models know, the haplotypes are not.
    many = haplotypes_of(np.tile(own.alleles, (60, 1)), ["EUR"] * (12 * 60), own.sites["position"])
    np.testing.assert_allclose(
        scan_target(many, many, "floor", seed=1).mean(axis=0),
        own.allele_frequencies(),
        atol=5 * 0.5 / np.sqrt(24 * 60),
    )
    assert {tuple(row) for row in floor}.isdisjoint(rows[0])


def test_targets_that_cannot_be_scanned(three_populations):
    own, _ = parts_of(three_populations)
    nobody = own.take_people(np.zeros(len(own.people), bool))
    for sides in ((own, nobody), (nobody, own)):
        with pytest.raises(UserError, match=r"individuals are too few.*raise split.test"):
            scan_target(*sides, "real", 1)
    with pytest.raises(UserError, match="artificial genomes has 5 sites"):
        scan_target(own, own, own.take_sites(np.arange(5)), 1)
