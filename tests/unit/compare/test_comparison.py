import re
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import compare as script
from artificial_genomes.compare import comparison, linkage, matching, membership
from artificial_genomes.compare.attacks import ATTACKS, PLANTED, density
from artificial_genomes.compare.audit import audit
from artificial_genomes.compare.joins import compare_joins
from artificial_genomes.compare.tables import COMPARED, UNMATCHED
from artificial_genomes.core import program
from artificial_genomes.core.errors import UserError
from artificial_genomes.core.haplotypes import Haplotypes, artificial_people, save_haplotypes
from artificial_genomes.core.metric_table import METRIC_COLUMNS, metric_rows
from artificial_genomes.core.tables import read_tsv, write_tsv
from artificial_genomes.core.windows import contig_sizes, cut
from artificial_genomes.statistics import ld

SETTINGS = {
    "references": ["test", "train"],
    "pca_axes": 6,
    "three_point_gaps": [1, 4, 16, 512],
    "three_point_triplets": 100,
    "ld_sites_max": None,
    "ld_near_sites": None,
    "haplotype_window_sites": 10,
    "seed": 25,  # draws about equally many people of every population on every side
    "bootstrap_replicates": 20,
}
N_SITES = 120
WITH_INTERVAL = {
    *("af_r", "af_r_rare", "af_spectrum_w1", "ld_r2_r", "ld_r2_r_rare", "ld_r2_r_common", "ld_decay_mae"),
    *("three_point_r", "three_point_r_1", "three_point_r_4", "three_point_r_16", "three_point_r_random"),
    *("pca_w1_mean", "pca_w1_pc1", "pca_w1_pc2", "pca_w2d", "distance_within_w1", "distance_between_w1"),
    *("joins_ratio", "mutations_ratio"),
    *("aa_truth", "aa_syn", "aa_truth_strict", "aa_syn_strict", "aats", "population_share_tv", "knn_agreement"),
}
BOTH_REFERENCES = WITH_INTERVAL | {
    *("fixed_sites", "fixed_sites_share", "singletons_ratio", "pca_independent_w1_mean", "duplicates"),
    *("duplicates_share", "fst_mae", "haplotype_heterozygosity_mae"),
}
AGAINST_TRAIN = {"exact_copies", "exact_copies_share", "exact_copies_excess", "near_copies_share"}
TRAIN_AND_TEST = {
    *("privacy_loss", "near_unseen_excess", "privacy_loss_strict"),
    *("mia_auc", "mia_tpr", "mia_individual_auc", "mia_relative_auc", "mia_worst_group_auc", "mia_epsilon_low"),
    *(f"mia_{attack}_{number}" for attack in ATTACKS for number in ("auc", "tpr")),
    *(f"planted_{planting}_tpr" for planting in PLANTED),
}


@pytest.fixture(scope="module", autouse=True)
def short_attack():
    """The attacks take most of the time of a comparison: here at few sites, with few iterations and replicates."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(density, "SITES_MAX", 30)
        patch.setattr(density, "ITERATIONS", 4)
        patch.setattr(membership, "RELEARNT", 5)
        yield


@pytest.fixture
def unaudited(monkeypatch):
    """Leave out the audit, of which a test looks at nothing."""
    nothing = metric_rows("train+test", {"mia_auc": (0.5,)}, 0)
    monkeypatch.setattr(comparison, "audit", lambda *rest: {"metrics": nothing})


def sites(n=N_SITES):
    return pd.DataFrame(
        {
            "contig": np.repeat(["1", "2"], [n // 2, n - n // 2]).astype(object),
            "position": np.arange(n) * 900 + 1,
            "id": [f"rs{i}" for i in range(n)],
            "ref": "A",
            "alt": "C",
        }
    )


def structured_alleles(n_people, seed):
    """Haplotypes of three populations, each a mosaic of its own founders: structure and LD."""
    rng = np.random.default_rng(seed)
    founders = np.random.default_rng(0).random((3, 12, N_SITES)) < np.random.default_rng(1).beta(
        0.4, 0.8, (3, 1, N_SITES)
    )
    population = np.arange(n_people) * 3 // n_people
    of_haplotype = population.repeat(2)
    alleles = np.empty((2 * n_people, N_SITES), np.uint8)
    state = rng.integers(0, 12, 2 * n_people)
    for site in range(N_SITES):
        state = np.where(rng.random(2 * n_people) < 0.08, rng.integers(0, 12, 2 * n_people), state)
        alleles[:, site] = founders[of_haplotype, state, site]
    return alleles, np.array(["AFR", "EAS", "EUR"], object)[population]


@pytest.fixture(scope="module")
def real():
    alleles, labels = structured_alleles(200, 1)
    people = pd.DataFrame({"sample": [f"P{i:03d}" for i in range(200)], "population": "X", "superpopulation": labels})
    return Haplotypes(alleles, sites(), people)


@pytest.fixture(scope="module")
def split():
    """A fifth for the test, a tenth for validation, spread over the populations; the last people are public."""
    parts = np.array(["test", "train", "train", "train", "train", "validation", "train", "train", "test", "train"])
    split = np.tile(parts, 20).astype(object)
    split[190:] = "public"
    return split


@pytest.fixture(scope="module")
def settings():
    return comparison.Settings(**SETTINGS)


@pytest.fixture(scope="module")
def controls(real, split, settings):
    return {name: comparison.compare_control(real, split, name, 1, settings) for name in ("ceiling", "floor")}


@pytest.fixture(scope="module")
def ags():
    return as_genomes(structured_alleles(200, 3)[0])


@pytest.fixture(scope="module")
def of_ags(real, split, ags, settings):
    return comparison.compare_model(real, split, ags, settings)


def values(tables, reference):
    metrics = tables["metrics"]
    return metrics[metrics["reference"] == reference].set_index("metric")["value"]


def as_genomes(alleles):
    return Haplotypes(alleles, sites(), artificial_people(len(alleles) // 2))


@pytest.mark.parametrize("reference", ["test", "train"])
def test_ceiling_beats_floor_on_every_fidelity_metric(controls, reference):
    ceiling, floor = (values(controls[name], reference) for name in ("ceiling", "floor"))
    higher = ["ld_r2_r", "three_point_r"]
    lower = [
        "ld_decay_mae",
        "pca_w1_mean",
        "pca_w1_pc1",
        "pca_w1_pc2",
        "pca_w2d",
        "distance_within_w1",
        "distance_between_w1",
    ]
    assert (ceiling[higher] > floor[higher]).all()
    assert (ceiling[lower] < floor[lower]).all()
    # Independent sites keep the frequencies, the only thing that they know.
    assert floor["af_r"] == pytest.approx(ceiling["af_r"], abs=0.02)
    worse_part = [max(abs(one[part] - 0.5) for part in ("aa_truth", "aa_syn")) for one in (ceiling, floor)]
    assert worse_part[0] < 0.1
    assert worse_part[1] > 0.4


@pytest.mark.usefixtures("unaudited")
def test_joins_of_chunks_are_compared_where_there_are_chunks(real, split, settings, controls):
    assert not {"ancestry_joins_r", "ld_joins_ratio", "ld_within_windows_ratio"} & set(
        controls["ceiling"]["metrics"]["metric"]
    )
    in_windows = replace(settings, windows=3)
    tables = [comparison.compare_control(real, split, name, 1, in_windows) for name in ("ceiling", "floor")]
    for reference in ("test", "train"):
        ceiling, floor = (values(one, reference) for one in tables)
        assert ceiling["ancestry_joins_r"] > 0.5 > 0.2 > abs(floor["ancestry_joins_r"])
        for metric in ("ld_joins_ratio", "ld_within_windows_ratio"):
            assert ceiling[metric] > 0.7 > 0.5 > floor[metric]


def test_ld_that_is_lost_at_joins_alone_is_kept_within_windows(real, monkeypatch):
    """A candidate each of whose windows is that of other individuals has the LD of real haplotypes within all."""
    monkeypatch.setattr(ld, "JOIN_SITES", 15)  # half a window
    windows, rng = cut(contig_sizes(real.sites["contig"].to_numpy()), 3, 0), np.random.default_rng(1)
    shuffled = [rng.permutation(real.alleles[:, window.own : window.stop]) for window in windows]
    metrics = compare_joins(real.alleles, np.concatenate(shuffled, axis=1), real.sites, 3)
    assert metrics["ld_within_windows_ratio"] == (pytest.approx(1),)
    assert metrics["ld_joins_ratio"][0] < 0.5


def test_controls_leak_nothing(controls):
    for tables in controls.values():
        both = values(tables, "train+test")
        assert abs(both["privacy_loss"]) < 0.15
        assert both["mia_nearest_auc"] == pytest.approx(0.5, abs=0.12)
        assert values(tables, "train")["exact_copies"] == 0
    assert values(controls["ceiling"], "train+test")["mia_auc"] == pytest.approx(0.5, abs=0.12)
    # Independent sites have the frequencies of the training individuals, and those of few tell who they are.
    floor = values(controls["floor"], "train+test")
    assert floor["mia_auc"] == floor["mia_frequencies_auc"] > 0.6


def test_metrics_table_has_the_promised_rows(controls):
    metrics = controls["ceiling"]["metrics"]
    assert list(metrics.columns) == METRIC_COLUMNS
    assert set(metrics.loc[metrics["reference"] == "test", "metric"]) == BOTH_REFERENCES
    assert set(metrics.loc[metrics["reference"] == "train", "metric"]) == BOTH_REFERENCES | AGAINST_TRAIN
    assert set(metrics.loc[metrics["reference"] == "train+test", "metric"]) == TRAIN_AND_TEST
    assert not metrics.duplicated(["reference", "metric"]).any()
    audited = metrics["metric"].isin(AGAINST_TRAIN | {"near_unseen_excess"})
    assert (metrics.loc[~audited, "n"] == 76).all(), "38 test people, 76 haplotypes on every side"
    assert (metrics.loc[audited, "n"] == 114).all(), "of 95 spare people 38 calibrate the attack"
    with_interval = metrics.dropna(subset="ci_low")
    shares = (AGAINST_TRAIN - {"exact_copies"}) | (TRAIN_AND_TEST - {"privacy_loss_strict", "mia_epsilon_low"})
    assert set(with_interval["metric"]) == WITH_INTERVAL | shares
    inside = with_interval["ci_low"].le(with_interval["value"]) & with_interval["value"].le(with_interval["ci_high"])
    # The rate at 1 % of 76 others is read below the first of them, and percentiles can lie on one side of it.
    assert all(re.fullmatch(r"mia_(\w+_)?tpr", name) for name in with_interval.loc[~inside, "metric"])
    distances = with_interval["metric"].str.contains("_w1|_w2d|_mae|_tv")
    assert (with_interval.loc[distances, "ci_low"] >= 0).all()


def test_tables_have_the_promised_columns_and_sums(controls, real):
    tables = controls["floor"]
    assert set(tables) == set(COMPARED)
    columns = {name: " ".join(table.columns) for name, table in tables.items() if name != "metrics"}
    assert columns == {
        "allele_frequencies": "reference contig position id real ag",
        "spectrum": "reference maf_low maf_high real ag",
        "ld_by_maf": "reference maf_low maf_high pairs real ag r",
        "populations": "reference population real ag",
        "fst": "reference population_a population_b real ag",
        "haplotype_windows": "reference contig start_bp end_bp real ag",
        "differences": "reference part low high sites real ag n",
        "attacks": "attack unit group members others auc auc_low auc_high tpr_at_0.01 tpr_at_0.01_low tpr_at_0.01_high"
        " tpr_at_0.001 tpr_at_0.001_low tpr_at_0.001_high epsilon_low",
        "power": "planting attack planted tpr_at_0.01 tpr_at_0.01_low tpr_at_0.01_high",
        "flagged": "haplotype distance threshold reason population",
        "ld_decay": "reference start_bp end_bp pairs real ag",
        "three_point": "reference gap real ag",
        "distances": "reference comparison distance count",
        "nearest": "reference kind distance count",
        "pca": "reference set superpopulation pc1 pc2 pc3 pc4 pc5 pc6",
        "pca_variance": "reference axis explained",
    }
    assert len(tables["allele_frequencies"]) == 2 * N_SITES
    totals = tables["distances"].groupby(["reference", "comparison"])["count"].sum()
    assert totals["test"].to_dict() == {"within_real": 76 * 75 // 2, "within_ag": 76 * 75 // 2, "between": 76 * 76}
    assert (tables["nearest"].groupby(["reference", "kind"])["count"].sum() == 76).all()
    assert set(tables["nearest"]["kind"]) == {"dTT", "dTS", "dST", "dSS"}
    assert set(tables["three_point"]["gap"]) == {"1", "4", "16", "random"}, "512 does not fit into 120 sites"
    for name in ("real", "ag"):
        assert (tables["spectrum"].groupby("reference")[name].sum() == N_SITES).all()
        assert (tables["populations"].groupby("reference")[name].sum() == 76).all()
    assert len(tables["fst"]) == 2 * 3
    assert len(tables["haplotype_windows"]) == 2 * 12
    combined = tables["attacks"].query("attack == 'combined' and unit == 'haplotype'").set_index("group")
    assert set(combined.index) == {"all", "AFR", "EAS", "EUR"}, "the rarest tenth has too few haplotypes"
    assert combined["members"].drop("all").sum() == combined["members"]["all"] == 76
    scores = tables["pca"]
    assert (scores.groupby(["reference", "set"]).size() == 76).all()
    assert set(scores.loc[scores["set"] == "real", "superpopulation"]) == {"AFR", "EAS", "EUR"}
    assert (scores.loc[scores["set"] == "ag", "superpopulation"] == "").all()
    for table in tables.values():
        text = table.to_csv()
        assert not any(name in text for name in real.people["sample"])


def test_people_are_matched_disjoint_and_not_public(split):
    people = comparison.match_people(split, seed=1)
    test, train = people.references["test"], people.references["train"]
    assert len(test) == len(train) == people.n_people == 38
    assert (split[test] == "test").all()
    assert (split[train] == "train").all()
    assert (split[people.spare] == "train").all()
    assert not set(train) & set(people.spare)
    assert len(train) + len(people.spare) == len(people.train) == (split == "train").sum()
    np.testing.assert_array_equal(comparison.match_people(split, seed=1).references["train"], train)
    assert set(comparison.match_people(split, seed=2).references["train"]) != set(train)


def test_few_train_people_are_halved(settings):
    split = np.repeat(["test", "train"], [40, 61])
    people = comparison.match_people(split, seed=1)
    assert people.n_people == len(people.references["test"]) == 30
    assert len(people.spare) == 31


def test_part_of_the_test_people_is_a_random_part():
    """People stand sorted by population; the first ones would be one population."""
    split = np.repeat(["test", "train"], [400, 200])
    assert comparison.match_people(split, seed=1).references["test"].mean() == pytest.approx(200, abs=40)


def test_ceiling_is_made_of_train_people_that_no_reference_holds(real, split):
    people = comparison.match_people(split, seed=1)
    candidate = comparison.ceiling_candidate(real, people, 1, 1)
    assert candidate.alleles.shape == (76, N_SITES)
    spare = {row.tobytes() for row in real.take_people(people.spare).alleles}
    assert all(row.tobytes() in spare for row in candidate.alleles)
    assert len(candidate.alleles) // 2 + len(candidate.seen) == len(people.known)
    other = comparison.ceiling_candidate(real, people, 1, 2)
    assert (other.alleles != candidate.alleles).any()


def test_controls_are_audited_with_as_many_people_as_there_are_ags_as_far_as_real_people_last(real, split):
    people = comparison.match_people(split, seed=1, n_people_max=20)
    ceiling, floor = (
        make(real, people, 1, 1, 150) for make in (comparison.ceiling_candidate, comparison.floor_candidate)
    )
    assert len(floor.alleles) == 300
    # As many people as a reference has are left, by whom the attack is calibrated.
    assert len(ceiling.own) == len(people.spare) - 20
    assert set(ceiling.own) < set(people.spare)
    assert [len(one.compared) for one in (ceiling, floor)] == [40, 40]


def test_floor_keeps_frequencies_and_nothing_else(real, split):
    people = comparison.match_people(split, seed=1)
    alleles = comparison.floor_candidate(real, people, 1, 1).alleles
    frequency = real.take_people(split == "train").allele_frequencies()
    error = np.sqrt(np.clip(frequency * (1 - frequency), 1e-12, None) / len(alleles))
    assert (np.abs(alleles.mean(axis=0) - frequency) < 5 * error).all()
    with np.errstate(invalid="ignore", divide="ignore"):
        r = np.corrcoef(alleles.T.astype(float))
    assert np.nanmean(r[np.triu_indices(N_SITES, 1)] ** 2) == pytest.approx(1 / len(alleles), rel=0.2)


def test_copies_of_train_people_are_seen_by_every_privacy_metric(real, split, settings):
    train = real.take_people(np.random.default_rng(1).permutation(np.flatnonzero(split == "train"))).alleles
    tables = comparison.compare_model(real, split, as_genomes(train), settings)
    against_train, both = values(tables, "train"), values(tables, "train+test")
    assert against_train["exact_copies"] == len(train)
    assert against_train["exact_copies_share"] == 1
    assert against_train["exact_copies_excess"] > 0.9
    assert against_train["aats"] < 0.4
    assert both["privacy_loss"] > 0.05
    assert both["mia_auc"] > 0.9
    assert both["mia_calibrated_auc"] > 0.9
    assert both["mia_segments_auc"] > 0.9
    assert both["mia_auc"] == max(both[f"mia_{attack}_auc"] for attack in ATTACKS)
    assert both["mia_worst_group_auc"] >= both["mia_combined_auc"] > 0.9
    worst = tables["metrics"].set_index("metric").loc["mia_worst_group_auc"]
    assert worst["ci_low"] <= worst["value"] <= worst["ci_high"]
    assert both["mia_individual_auc"] > 0.95
    assert both["mia_relative_auc"] > 0.7, "children of members are seen too"
    assert both["mia_epsilon_low"] > 0.5
    power = tables["metrics"].set_index("metric").loc["planted_copies_tpr"]
    assert power["ci_low"] <= power["value"] <= power["ci_high"]
    copies = tables["metrics"].set_index(["reference", "metric"]).loc[("train", "exact_copies")]
    assert copies["n"] == len(train), "copies are counted in all AGs"


def test_planted_copies_show_that_the_attack_has_power(controls, real, split, settings):
    """Without it a quiet attack would prove nothing; where every haplotype is shared there is nothing to plant."""
    assert values(controls["floor"], "train+test")["planted_copies_tpr"] > 0.8
    assert values(controls["floor"], "train+test")["planted_errors_tpr"] > 0.8
    shared = Haplotypes(real.alleles[np.arange(400) % 4 * 90], real.sites, real.people)
    tables = comparison.compare_control(shared, split, "floor", 1, settings)
    assert np.isnan(values(tables, "train+test")["planted_copies_tpr"])
    assert tables["power"].empty


@pytest.mark.integration
def test_copies_of_test_people_say_that_they_were_not_unseen(real, split, settings):
    wide = np.random.default_rng(5).integers(0, 2, (1000, N_SITES), dtype=np.uint8)
    cohort = Haplotypes(wide[:400], real.sites, real.people)
    genomes = wide[400:800].copy()
    genomes[:40] = cohort.take_people(split == "test").alleles[:40]
    metrics = values(comparison.compare_model(cohort, split, as_genomes(genomes), settings), "train+test")
    assert metrics["near_unseen_excess"] == pytest.approx(0.1, abs=0.04)
    copies = genomes.copy()
    copies[:40] = cohort.take_people(split == "train").alleles[:40]
    metrics = values(comparison.compare_model(cohort, split, as_genomes(copies), settings), "train+test")
    assert metrics["near_unseen_excess"] < 0


@pytest.mark.integration
def test_a_draw_of_a_larger_set_is_named_as_in_that_set_and_says_its_share(real, split, settings):
    wide = np.random.default_rng(5).integers(0, 2, (1000, N_SITES), dtype=np.uint8)
    cohort = Haplotypes(wide[:400], real.sites, real.people)
    genomes = wide[400:800].copy()
    genomes[7] = cohort.take_people(split == "train").alleles[0]
    names = pd.DataFrame({"sample": [f"AG{10 * i:05d}" for i in range(200)], "population": "", "superpopulation": ""})
    drawn = Haplotypes(genomes, real.sites, names, drawn_from=2000)
    tables = comparison.compare_model(cohort, split, drawn, settings)
    flagged = tables["flagged"].set_index("haplotype")["reason"]
    assert flagged["AG00030_B"] == "exact copy"
    assert values(tables, "train")["ags_attacked_share"] == 0.1
    whole = comparison.compare_model(cohort, split, as_genomes(genomes), settings)
    places = [int(name[2:-2]) - 1 for name in whole["flagged"]["haplotype"]]
    assert [int(name[2:-2]) for name in flagged.index] == [10 * place for place in places]
    assert "ags_attacked_share" not in values(whole, "train")


@pytest.mark.integration
def test_of_a_large_dataset_a_draw_is_compared_and_the_share_of_individuals_told(real, split, settings, tmp_path):
    save_haplotypes(real, tmp_path / "real.vcz.zip")
    write_tsv(real.people.assign(split=split), tmp_path / "split.tsv")
    n_own = (split != "public").sum()
    whole, parts = matching.load_compared(tmp_path / "real.vcz.zip", tmp_path / "split.tsv", n_own, 1)
    assert whole.drawn_from is None
    assert np.array_equal(whole.alleles, real.alleles)
    assert parts.tolist() == split.tolist()
    half, parts = matching.load_compared(tmp_path / "real.vcz.zip", tmp_path / "split.tsv", n_own // 2, 1)
    drawn = real.people["sample"].isin(half.people["sample"]).to_numpy()
    assert np.array_equal(half.alleles, real.take_people(drawn).alleles)
    assert parts.tolist() == split[drawn].tolist()
    assert half.drawn_from == n_own
    assert "public" not in parts
    for part in ("train", "validation", "test"):
        assert (parts == part).sum() == pytest.approx((split == part).sum() / 2, abs=0.5)
    tables = comparison.compare_model(half, parts, as_genomes(real.alleles[:100]), settings)
    assert values(tables, "train")["individuals_attacked_share"] == pytest.approx(0.5, abs=0.01)
    assert "individuals_attacked_share" not in values(
        comparison.compare_model(real, split, as_genomes(real.alleles[:100]), settings), "train"
    )


def test_the_draw_of_individuals_is_random_by_its_seed_and_leaves_out_the_public_panel():
    split = np.array(["train"] * 600 + ["public"] * 500 + ["test"] * 200 + ["validation"] * 200)
    assert matching.draw_real(split, 1000, 1).tolist() == list(range(1500))
    assert matching.draw_real(split, None, 1).tolist() == list(range(1500))
    drawn = matching.draw_real(split, 100, 1)
    assert np.unique(split[drawn], return_counts=True)[1].tolist() == [20, 60, 20]
    assert (np.diff(drawn) > 0).all()
    assert matching.draw_real(split, 100, 1).tolist() == drawn.tolist() != matching.draw_real(split, 100, 2).tolist()
    assert drawn[:60].mean() == pytest.approx(300, abs=4 * 600 / np.sqrt(12 * 60))


@pytest.mark.integration
def test_the_ceiling_is_audited_as_ags_would_be(real, split, settings):
    """Its people may not be among those who say how near other haplotypes are: planted copies would stand out more."""
    people = comparison.match_people(split, 1)
    candidate = matching.ceiling_candidate(real, people, 1, 1)
    assert set(candidate.own) <= set(people.spare)
    without = audit(real, people, candidate, 1, 20)["metrics"].set_index("metric")["value"]
    named = matching.Candidate(candidate.alleles, candidate.compared, candidate.seen)
    with_them = audit(real, people, named, 1, 20)["metrics"].set_index("metric")["value"]
    assert without["mia_nearest_auc"] == with_them["mia_nearest_auc"]
    assert without["mia_calibrated_auc"] != with_them["mia_calibrated_auc"]


@pytest.mark.integration
def test_the_power_of_the_audit_does_not_depend_on_the_number_of_resamples(real, split):
    people = comparison.match_people(split, 1)
    candidate = matching.floor_candidate(real, people, 1, 1)
    few, many = (
        audit(real, people, candidate, 1, n)["metrics"].set_index("metric").loc["planted_copies_tpr", "value"]
        for n in (5, 50)
    )
    assert few == many


def test_one_in_a_hundred_of_fewer_haplotypes_refutes_nothing(controls):
    """With 76 unseen haplotypes nobody knows how near one in a hundred lies."""
    metrics = controls["ceiling"]["metrics"].set_index("metric")
    for metric in ("near_copies_share", "mia_tpr", "mia_calibrated_tpr", "planted_copies_tpr"):
        assert metrics.loc[metric, "ci_low"] == 0


@pytest.mark.integration
def test_copies_of_validation_people_count_too(real, split, settings, ags, of_ags):
    """They chose the epoch: their haplotypes may not be given away either."""
    genomes = ags.alleles.copy()
    genomes[:10] = real.take_people(split == "validation").alleles[:10]
    tables = comparison.compare_model(real, split, as_genomes(genomes), settings)
    assert values(tables, "train")["exact_copies"] - values(of_ags, "train")["exact_copies"] >= 8


def test_nobody_can_know_which_ags_will_be_compared(split):
    genomes = structured_alleles(200, 3)[0]
    drawn = matching.draw_artificial(genomes, 38, 1)
    np.testing.assert_array_equal(drawn, matching.draw_artificial(genomes, 38, 1))
    assert len(set(drawn)) == 76
    assert (drawn[1::2] == drawn[0::2] + 1).all()
    # Junk in the place of what was not drawn changes the draw.
    junk = genomes.copy()
    junk[np.setdiff1d(np.arange(400), drawn)] = 0
    assert set(matching.draw_artificial(junk, 38, 1)) != set(drawn)


def test_near_copies_are_flagged_by_name_and_population(real, split, settings):
    """Haplotypes with many sites that say who is who: a copy with a changed allele is nearer than unseen people are."""
    wide = np.random.default_rng(5).integers(0, 2, (1000, N_SITES), dtype=np.uint8)
    cohort = Haplotypes(wide[:400], real.sites, real.people)
    train = cohort.take_people(comparison.match_people(split, 1).known)
    genomes = wide[400:800].copy()
    genomes[6] = train.alleles[10]
    genomes[9] = train.alleles[100]
    genomes[9, 5] ^= 1
    tables = comparison.compare_model(cohort, split, as_genomes(genomes), settings)
    labels = train.haplotype_labels("superpopulation")
    flagged = tables["flagged"].set_index("haplotype")
    threshold = flagged["threshold"].iloc[0]
    assert flagged.loc["AG00004_A"].tolist() == [0, threshold, "exact copy", labels[10]]
    assert flagged.loc["AG00005_B"].tolist() == [1, threshold, "near copy", labels[100]]
    assert threshold > 20
    assert (flagged["distance"] < threshold).all()
    assert values(tables, "train")["near_copies_share"] == pytest.approx(len(flagged) / 400)
    assert len(flagged) < 0.06 * 400, "unrelated haplotypes are seldom flagged"


@pytest.mark.integration
def test_without_a_split_everybody_is_one_reference(real, settings):
    """What is known of an AG set that somebody else made: who was trained on is not."""
    split = np.full(200, "all", object)
    split[190:] = "public"
    people = comparison.match_people(split, 1)
    reference, labelled, spare = people.references["all"], people.labelled["all"], people.spare
    assert people.n_people == 76
    assert not set(reference) & set(spare)
    assert not set(labelled) & (set(reference) | set(spare))
    assert set(people.train) == set(range(190))
    genomes = as_genomes(np.concatenate([real.alleles[40:42], structured_alleles(199, 3)[0]]))
    tables = comparison.compare_model(real, split, genomes, settings)
    assert set(tables["metrics"]["reference"]) == {"all"}
    metrics = values(tables, "all")
    assert set(metrics.index) == BOTH_REFERENCES | AGAINST_TRAIN
    assert metrics["exact_copies"] == 2
    assert tables["attacks"].empty
    assert tables["power"].empty
    ceiling, floor = (
        values(comparison.compare_control(real, split, name, 1, settings), "all") for name in ("ceiling", "floor")
    )
    assert ceiling["ld_r2_r"] > floor["ld_r2_r"] + 0.5
    assert ceiling["exact_copies"] == 0
    assert metrics["ld_r2_r"] > 0.7


@pytest.mark.integration
@pytest.mark.parametrize("where", ["argument", "settings"])
def test_controls_are_as_small_as_the_set_that_they_belong_to(real, split, settings, controls, where):
    n_people_max = 20 if where == "argument" else None
    asked = settings if n_people_max else replace(settings, artificial_people=20)
    metrics = comparison.compare_control(real, split, "floor", 1, asked, n_people_max)["metrics"]
    # Those who are attacked are as many as for any other set.
    is_attack = metrics["metric"].str.startswith(("mia_", "planted_"))
    assert (metrics.loc[~is_attack, "n"] == 40).all()
    assert (metrics.loc[is_attack, "n"] == 76).all()
    full = controls["floor"]["metrics"]
    audited = full["metric"].isin(AGAINST_TRAIN | {"near_unseen_excess"})
    assert (full.loc[audited, "n"] == 380).all(), "as many as AGs are made by default"
    assert (full.loc[~audited, "n"] == 76).all()


def test_people_of_one_population_have_no_population_metrics(real, split, settings):
    alone = Haplotypes(real.alleles, real.sites, real.people.assign(superpopulation="EUR", population="FIN"))
    tables = comparison.compare_control(alone, split, "floor", 1, settings)
    assert not {"fst_mae", "population_share_tv", "knn_agreement"} & set(values(tables, "test").index)
    both = values(tables, "train+test")
    assert both["mia_worst_group_auc"] == both["mia_combined_auc"]
    # With the interval, so that few people are not refused for certain.
    metrics = tables["metrics"].set_index("metric")[["value", "ci_low", "ci_high"]]
    assert metrics.loc["mia_worst_group_auc"].tolist() == metrics.loc["mia_combined_auc"].tolist()
    assert tables["populations"].empty
    assert list(tables["fst"].columns) == ["reference", "population_a", "population_b", "real", "ag"]


@pytest.mark.usefixtures("unaudited")
def test_lost_populations_are_seen(real, split, settings, controls):
    one = real.take_people(np.flatnonzero(real.people["superpopulation"] == "EAS").repeat(3)[:190])
    tables = comparison.compare_model(real, split, as_genomes(one.alleles), settings)
    metrics = values(tables, "test")
    assert metrics["population_share_tv"] == pytest.approx(2 / 3, abs=0.12)
    assert metrics["fst_mae"] > 5 * values(controls["ceiling"], "test")["fst_mae"]
    populations = tables["populations"].query("reference == 'test'").set_index("population")["ag"]
    assert populations["EAS"] == 76


def test_optimal_transport_is_between_no_more_people_than_memory_allows():
    rng = np.random.default_rng(3)
    scores, other = rng.normal(size=(400, 2)), rng.normal(0.5, 1, (400, 2))
    assert np.array_equal(comparison._thinned_people(scores, 400), scores)
    fewer = comparison._thinned_people(scores, 200)
    pairs = {tuple(pair.ravel()) for pair in scores.reshape(200, 2, 2)}
    kept = [tuple(pair.ravel()) for pair in fewer.reshape(100, 2, 2)]
    assert len(set(kept)) == 100, "whole people, each once"
    assert set(kept) <= pairs
    # Numbers of a part of the people are near to those of all.
    part = comparison._transport(fewer, comparison._thinned_people(other, 200), rng)
    whole = comparison._transport(scores, other, rng)
    assert part[1] < whole[0] < part[2]


@pytest.mark.integration
def test_the_interval_of_transport_covers_its_mean(monkeypatch):
    rng = np.random.default_rng(4)
    drawn = [comparison._transport(*rng.normal(size=(2, 80, 2)), rng) for _ in range(100)]
    values, low, high = np.transpose(drawn)
    assert ((low <= values.mean()) & (values.mean() <= high)).mean() >= 0.85
    assert (high - low).mean() / 3.92 < 2 * values.std()
    # Half-samples of a part of the people give no narrower intervals.
    monkeypatch.setattr(comparison, "TRANSPORT_SPREAD_HAPLOTYPES", 40)
    thinned = np.transpose([comparison._transport(*rng.normal(size=(2, 80, 2)), rng) for _ in range(60)])
    assert (thinned[2] - thinned[1]).mean() > 0.8 * (high - low).mean()


@pytest.mark.integration
def test_same_seed_same_tables_for_any_number_of_threads(real, split, settings, controls):
    again = comparison.compare_control(real, split, "floor", 1, settings, threads=2)
    for name, table in controls["floor"].items():
        pd.testing.assert_frame_equal(table, again[name])


@pytest.mark.usefixtures("unaudited")
def test_duplicates_and_fixed_sites_show_a_collapsed_generator(real, split, settings):
    collapsed = np.repeat(structured_alleles(1, 5)[0][:1], 80, axis=0)
    metrics = values(comparison.compare_model(real, split, as_genomes(collapsed), settings), "test")
    assert metrics["duplicates"] == 76 * 75 // 2
    frequency = real.take_people(split == "test").allele_frequencies()
    assert metrics["fixed_sites"] == ((frequency > 0) & (frequency < 1)).sum()
    assert np.isnan(metrics["ld_r2_r"])
    assert metrics["aa_syn"] == 1, "every AG is nearer to another AG than to any real haplotype"


def test_few_ags_lower_the_number_on_both_sides(real, split, settings):
    genomes = as_genomes(structured_alleles(20, 9)[0])
    metrics = comparison.compare_model(real, split, genomes, settings)["metrics"]
    compared = metrics["metric"].isin(BOTH_REFERENCES | {"privacy_loss"})
    assert (metrics.loc[compared, "n"] == 40).all()
    # The attack has all the people that it would have for a larger set.
    attacked = metrics["metric"].str.startswith("mia_")
    assert (metrics.loc[attacked, "n"] == 76).all()


@pytest.mark.usefixtures("unaudited")
def test_one_reference_has_no_train_against_test_metric(real, split):
    settings = comparison.Settings(**{**SETTINGS, "references": ["test"]})
    metrics = comparison.compare_control(real, split, "floor", 1, settings)["metrics"]
    assert "privacy_loss" not in set(metrics["metric"])


@pytest.mark.usefixtures("unaudited")
@pytest.mark.parametrize(("rare_sites", "has_number"), [(4, False), (5, True)])
def test_linkage_of_few_rare_sites_has_no_number(real, split, rare_sites, has_number):
    settings = comparison.Settings(**{**SETTINGS, "references": ["test"]})
    test = matching.match_people(split, settings.seed).references["test"]
    frequency = real.take_people(test).allele_frequencies()
    minor = np.minimum(frequency, 1 - frequency)
    rare = np.flatnonzero((minor > 0) & (minor < 0.05))
    chosen = np.sort(np.concatenate([np.flatnonzero(minor >= 0.05), rare[:rare_sites]]))
    tables = comparison.compare_control(real.take_sites(chosen), split, "ceiling", 1, settings)
    assert np.isfinite(values(tables, "test")["ld_r2_r"])
    assert np.isfinite(values(tables, "test")["ld_r2_r_rare"]) == has_number


@pytest.mark.usefixtures("unaudited")
def test_another_seed_gives_other_numbers(controls, real, split, settings):
    other = comparison.compare_control(real, split, "floor", 2, settings)
    assert (values(other, "test") != values(controls["floor"], "test")).any()


@pytest.mark.usefixtures("unaudited")
def test_blocks_of_replicates_change_nothing(controls, real, split, settings, monkeypatch):
    monkeypatch.setattr(comparison, "REPLICATES_AT_ONCE", 7)
    again = comparison.compare_control(real, split, "ceiling", 1, settings)
    both = [tables["metrics"] for tables in (controls["ceiling"], again)]
    both = [one[one["metric"].isin(BOTH_REFERENCES)].reset_index(drop=True) for one in both]
    pd.testing.assert_frame_equal(*both, rtol=1e-12)


@pytest.mark.usefixtures("unaudited")
def test_distant_pairs_are_sampled_among_many_sites_only(controls, real, split, settings, monkeypatch):
    near = replace(settings, ld_near_sites=5)
    few = comparison.compare_control(real, split, "ceiling", 1, near)
    pd.testing.assert_frame_equal(controls["ceiling"]["ld_by_maf"], few["ld_by_maf"])
    monkeypatch.setattr(linkage, "ALL_PAIRS_SITES", N_SITES - 1)
    monkeypatch.setattr(ld, "BLOCK_SITES", 16)
    monkeypatch.setattr(ld, "FAR_SITES", 10)
    many = comparison.compare_control(real, split, "ceiling", 1, near)
    assert many["ld_by_maf"]["pairs"].sum() < few["ld_by_maf"]["pairs"].sum()
    r = [values(tables, "test")["ld_r2_r"] for tables in (few, many)]
    assert r[0] != r[1] == pytest.approx(r[0], abs=0.05)


def test_too_few_people_or_sites_are_the_users_business(real, split, settings):
    with pytest.raises(UserError, match="too few to compare"):
        comparison.match_people(np.repeat(["test", "train"], [4, 50]), seed=1)
    with pytest.raises(UserError, match=r"Lower compare\.pca_axes"):
        comparison.compare_control(real.take_sites(np.arange(6)), split, "floor", 1, settings)


def moved(genomes):
    """The same alleles at other positions, 7 bp further on."""
    return Haplotypes(
        genomes.alleles, genomes.sites.assign(position=genomes.sites["position"] + 7), artificial_people(200)
    )


@pytest.mark.usefixtures("unaudited")
def test_sites_of_their_own_leave_the_metrics_that_need_no_common_sites(real, split, settings, controls):
    people = np.random.default_rng(2).permutation(200)
    genomes = as_genomes(structured_alleles(200, 3)[0]).take_people(people)
    unmatched = comparison.compare_unmatched(real, split, moved(genomes), settings)
    matched = comparison.compare_model(real, split, genomes, settings)
    assert set(unmatched) == set(UNMATCHED)
    for reference in ("test", "train"):
        found = values(unmatched, reference)
        assert set(found.index) == {"af_spectrum_w1", "ld_decay_mae", "distance_within_w1", "duplicates"}
        expected = values(matched, reference)[found.index]
        # All distances stay, but here sites that vary in one of the sets only count for it.
        assert found["ld_decay_mae"] == pytest.approx(expected["ld_decay_mae"], abs=0.015)
        exact = found.index.drop("ld_decay_mae")
        np.testing.assert_allclose(found[exact], expected[exact])
        floor = values(controls["floor"], reference)
        assert (found[["ld_decay_mae", "distance_within_w1"]] < floor[["ld_decay_mae", "distance_within_w1"]]).all()
    assert (unmatched["metrics"]["n"] == 76).all()
    assert list(unmatched["metrics"].columns) == METRIC_COLUMNS
    assert set(unmatched["distances"]["comparison"]) == {"within_real", "within_ag"}
    for name in ("ld_decay", "distances"):
        assert list(unmatched[name].columns) == list(matched[name].columns)


def test_ags_with_sites_of_their_own_need_as_many(real, split, settings):
    genomes = as_genomes(structured_alleles(200, 3)[0]).take_sites(np.arange(100))
    with pytest.raises(UserError, match="has 100 sites, the dataset 120"):
        comparison.compare_unmatched(real, split, genomes, settings)


@pytest.fixture
def run_script(tmp_path, real, split, monkeypatch):
    save_haplotypes(real, tmp_path / "haplotypes.vcz.zip")
    write_tsv(real.people.assign(split=split), tmp_path / "split.tsv")

    def run(*arguments):
        files = ["--haplotypes", str(tmp_path / "haplotypes.vcz.zip"), "--split", str(tmp_path / "split.tsv")]
        settings = pd.Series(SETTINGS).to_json()
        output = ["--settings", settings, "--output", str(tmp_path / "out")]
        monkeypatch.setattr(sys, "argv", ["compare.py", *files, *output, *arguments])
        program.run(script.main)
        return tmp_path / "out"

    return run


@pytest.mark.integration
def test_script_writes_every_table(run_script, ags, of_ags, tmp_path):
    save_haplotypes(ags, tmp_path / "genomes.vcz.zip")
    folder = run_script("--genomes", str(tmp_path / "genomes.vcz.zip"))
    assert {path.name for path in folder.iterdir()} == {f"{name}.tsv" for name in of_ags}
    written = read_tsv(folder / "metrics.tsv")
    np.testing.assert_allclose(written["value"], of_ags["metrics"]["value"], rtol=1e-5)


@pytest.mark.usefixtures("unaudited")
def test_script_writes_a_control(run_script):
    metrics = read_tsv(run_script("--control", "floor", "--seed", "3") / "metrics.tsv")
    assert metrics.set_index(["reference", "metric"])["value"]["test", "ld_r2_r"] < 0.2


def test_script_compares_ags_with_sites_of_their_own_when_told_so(run_script, tmp_path, capsys):
    save_haplotypes(moved(as_genomes(structured_alleles(200, 3)[0])), tmp_path / "genomes.vcz.zip")
    with pytest.raises(SystemExit):
        run_script("--genomes", str(tmp_path / "genomes.vcz.zip"))
    assert "has different sites from the dataset" in capsys.readouterr().err
    folder = run_script("--genomes", str(tmp_path / "genomes.vcz.zip"), "--unmatched")
    assert {path.name for path in folder.iterdir()} == {"metrics.tsv", "ld_decay.tsv", "distances.tsv"}


def test_script_refuses_ags_of_other_sites(run_script, real, tmp_path, capsys):
    save_haplotypes(real.take_sites(np.arange(100)), tmp_path / "genomes.vcz.zip")
    with pytest.raises(SystemExit) as stopped:
        run_script("--genomes", str(tmp_path / "genomes.vcz.zip"))
    assert stopped.value.code == 2
    errors = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1
    assert "100 sites" in errors[0]
    assert not (tmp_path / "out").exists()
