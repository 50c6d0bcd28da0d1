import math
import re

import numpy as np
import pandas as pd
import pytest
import yaml

from artificial_genomes.core.tables import read_tsv, write_tsv
from artificial_genomes.judge.gates import Gate, own_bounds, read_gates
from artificial_genomes.judge.scorecard import COLUMNS as SCORECARD_COLUMNS
from artificial_genomes.judge.verdict import (
    COLUMNS,
    SUMMARY_COLUMNS,
    attacked_shares,
    decide,
    judge_scorecard,
    summarise,
    unfinished_trainings,
    with_verdict,
    worst_seeds,
)
from helpers import ROOT

GATES = read_gates(yaml.safe_load((ROOT / "config" / "config.yaml").read_text())["verdict"])

# The 805 SNPs: real half against real half, published AGs and baselines on the same file; what has not been published
# for them is set to the ceiling, or for the baselines to the floor.
CEILING = {
    "af_r": 0.998,
    "af_r_rare": 0.981,
    "fixed_sites_share": 0.0,
    "ld_r2_r": 0.987,
    "ld_r2_r_rare": 0.9,
    "ld_decay_mae": 0.002,
    "three_point_r": 0.922,
    "pca_w1_mean": 0.07,
    "pca_w2d": 0.001,
    "distance_within_w1": 1.35,
    "distance_between_w1": 0.73,
    "aa_truth": 0.505,
    "aa_syn": 0.5,
    "duplicates_share": 0.0,
    "population_share_tv": 0.02,
    "fst_mae": 0.002,
    "exact_copies_excess": 0.0,
    "near_copies_share": 0.01,
    "near_unseen_excess": 0.01,
    "privacy_loss": 0.0,
    "mia_auc": 0.5,
    "mia_tpr": 0.01,
    "mia_individual_auc": 0.5,
    "mia_relative_auc": 0.5,
    "mia_worst_group_auc": 0.51,
    "planted_copies_tpr": 0.9,
    "planted_mosaic5_tpr": 0.9,
}
FLOOR = CEILING | {
    "af_r_rare": 0.994,
    "ld_r2_r": 0.0,
    "ld_r2_r_rare": 0.0,
    "ld_decay_mae": 0.1,
    "three_point_r": 0.012,
    "pca_w1_mean": 1.224,
    "pca_w2d": 0.05,
    "distance_within_w1": 43.2,
    "distance_between_w1": 36.3,
    "aa_truth": 1.0,
    "aa_syn": 0.111,
    "population_share_tv": 0.6,
    "fst_mae": 0.1,
    "near_copies_share": 0.0,
}
MODELS = {
    "bernoulli": FLOOR,
    "markov": FLOOR
    | {
        "ld_r2_r": 0.254,
        "three_point_r": 0.663,
        "pca_w1_mean": 1.411,
        "distance_within_w1": 38.8,
        "distance_between_w1": 32.9,
        "aa_syn": 0.686,
    },
    "gan": CEILING
    | {
        "af_r": 0.982,
        "af_r_rare": 0.863,
        "ld_r2_r": 0.924,
        "three_point_r": 0.883,
        "pca_w1_mean": 0.40,
        "distance_within_w1": 4.8,
        "distance_between_w1": 1.9,
        "aa_truth": 0.208,
        "aa_syn": 0.993,
    },
    "rbm": CEILING
    | {
        "af_r": 0.994,
        "af_r_rare": 0.988,
        "ld_r2_r": 0.977,
        "three_point_r": 0.959,
        "pca_w1_mean": 0.26,
        "distance_within_w1": 7.7,
        "distance_between_w1": 3.9,
        "aa_truth": 0.547,
        "aa_syn": 0.485,
    },
    "real": CEILING,
    "copier": CEILING
    | {
        "exact_copies_excess": 0.517,
        "near_copies_share": 0.6,
        "privacy_loss": 0.188,
        "mia_auc": 0.8,
        "mia_tpr": 0.5,
        "mia_individual_auc": 0.9,
        "mia_relative_auc": 0.9,
        "mia_worst_group_auc": 0.95,
    },
}
PRIVACY = [gate.metric for gate in GATES if gate.kind == "privacy"]


def scorecard(models, seeds=(1,), references=("test", "train"), dataset="structure"):
    """Return a scorecard of models, each with its metrics and no doubt, the same for all seeds and references."""
    rows = []
    for model, values in models.items():
        for seed in seeds:
            for metric, value in values.items():
                for reference in ("train+test",) if metric in PRIVACY else references:
                    controls = CEILING.get(metric, math.nan), FLOOR.get(metric, math.nan)
                    rows.append((dataset, model, seed, reference, metric, value, value, value, *controls, 1002))
    return pd.DataFrame(rows, columns=SCORECARD_COLUMNS).astype({"n": "Int64"})


def change(card, value, interval=None, **where):
    """Return a scorecard in which the rows that match have another value, and interval; by default it is no doubt."""
    is_meant = np.logical_and.reduce([card[column] == name for column, name in where.items()])
    assert is_meant.any()
    numbers = dict(zip(("ci_low", "ci_high"), interval or (value, value), strict=True)) | {"value": value}
    return card.assign(**{column: card[column].mask(is_meant, number) for column, number in numbers.items()})


def judge(card, gates=GATES):
    """Return the verdict on all AG sets of a scorecard."""
    sets = card[["dataset", "model", "seed"]].drop_duplicates().itertuples(index=False, name=None)
    return judge_scorecard(card, gates, list(sets))


def summary_of(card, gates=GATES):
    return summarise(judge(card, gates)).set_index("model")


def failed(summary, model, kind):
    names = summary.loc[model, f"{kind}_failed_names"]
    return names.split(", ") if names else []


def test_models_come_in_the_order_of_their_likeness_to_real_haplotypes():
    models = {name: values for name, values in MODELS.items() if name != "copier"}
    ranks = summary_of(scorecard(models))["fidelity_rank"]
    assert ranks.sort_values().index.tolist() == ["real", "rbm", "gan", "markov", "bernoulli"]
    assert sorted(ranks) == [1, 2, 3, 4, 5]


def test_published_models_fail_for_what_they_are_known_for():
    summary = summary_of(scorecard(MODELS))
    assert failed(summary, "real", "fidelity") == []
    assert failed(summary, "rbm", "fidelity") == ["distance_within_w1"]
    assert failed(summary, "gan", "fidelity") == [
        "af_r_rare",
        "ld_r2_r",
        "pca_w1_mean",
        "aa_truth",
        "aa_syn",
    ]


def test_independent_sites_fail_though_their_frequencies_are_right_and_they_are_no_copies():
    summary = summary_of(scorecard(MODELS))
    wrong = failed(summary, "bernoulli", "fidelity")
    assert {"ld_r2_r", "three_point_r", "pca_w1_mean", "distance_within_w1", "aa_truth", "aa_syn"} <= {*wrong}
    assert not {"af_r", "af_r_rare"} & {*wrong}
    assert summary.loc["bernoulli", "verdict"] == "safe, not faithful"
    assert summary.loc["bernoulli", "why"].startswith("Fidelity gates not passed: LD r; ")


def test_copying_is_best_in_fidelity_and_is_not_released():
    summary = summary_of(scorecard(MODELS))
    copier = summary.loc["copier"]
    assert copier["fidelity_rank"] == 1
    assert copier["fidelity_failed"] == 0
    assert copier["verdict"] == "refused"
    assert copier["privacy_failed"] == 8
    assert "AGs equal training haplotypes" in copier["why"]
    assert summary.loc["real", "verdict"] == "cleared"


def test_a_training_that_ended_at_its_best_epoch_is_named_with_its_seed():
    card = scorecard({"real": CEILING | {"best_epoch_share": 0.5}}, seeds=(1, 2))
    card = change(card, 1.0, metric="best_epoch_share", seed=2)
    unfinished = unfinished_trainings(card)
    assert unfinished == {("structure", "real"): [2]}
    summary = summarise(judge(card), unfinished=unfinished).iloc[0]
    assert summary["not_converged"] == "seed 2"
    assert summarise(judge(card)).iloc[0]["not_converged"] == ""


def test_privacy_of_a_set_is_not_proven_by_attacks_on_a_draw_of_it():
    large = scorecard({name: MODELS[name] | {"ags_attacked_share": 0.02} for name in ("real", "bernoulli", "copier")})
    summary = summarise(judge(large), attacked=attacked_shares(large)).set_index("model")
    assert summary.loc["real", "verdict"] == "faithful, privacy not proven"
    assert summary.loc["real", "why"].endswith(
        "Attacks saw 2.00% of the AGs, a random draw: privacy is not proven, since more reveal more."
    )
    assert summary.loc[["bernoulli", "copier"], "verdict"].tolist() == ["refused", "refused"]
    assert summary_of(large).loc[["real", "bernoulli"], "verdict"].tolist() == ["cleared", "safe, not faithful"]
    assert attacked_shares(scorecard(MODELS)) == {}


def test_privacy_is_not_proven_by_attacks_on_a_draw_of_the_individuals():
    large = scorecard({name: MODELS[name] | {"individuals_attacked_share": 0.2} for name in ("real", "copier")})
    summary = summarise(judge(large), attacked=attacked_shares(large)).set_index("model")
    assert summary["verdict"].to_dict() == {"real": "faithful, privacy not proven", "copier": "refused"}
    assert summary.loc["real", "why"].endswith(
        "Attacks saw 20.00% of the individuals, a random draw: privacy is not proven, as AGs may copy others."
    )
    both = scorecard({"real": CEILING | {"individuals_attacked_share": 0.2, "ags_attacked_share": 0.5}})
    assert attacked_shares(both)["structure", "real"].count(" Attacks saw ") == 2


def test_opposite_errors_of_aats_do_not_cancel():
    blind = {"aats": 0.5, "aa_truth": 1.0, "aa_syn": 0.0}
    card = scorecard({"bernoulli": CEILING | blind})
    assert failed(summary_of(card), "bernoulli", "fidelity") == ["aa_truth", "aa_syn"]
    assert not any(gate.metric == "aats" for gate in GATES)


def test_one_bad_seed_is_enough_and_its_number_is_shown():
    card = scorecard({"real": CEILING}, seeds=(1, 2, 3))
    card = change(card, 0.93, metric="ld_r2_r", seed=2)
    card = change(card, 0.66, metric="mia_auc", seed=3)
    verdict = judge(card)
    summary = summarise(verdict).iloc[0]
    assert summary["seeds"] == "1, 2, 3"
    assert (summary["fidelity_failed_names"], summary["privacy_failed_names"]) == ("ld_r2_r", "mia_auc")
    assert summary["verdict"] == "refused"
    assert summary["why"].endswith(", with seed 3.")
    worst = worst_seeds(verdict).set_index("gate")
    assert (worst.loc["ld_r2_r", "seed"], worst.loc["ld_r2_r", "value"]) == (2, 0.93)
    assert worst.index.tolist() == [gate.metric for gate in GATES]
    # The means over seeds would have passed.
    means = scorecard({"real": CEILING | card.groupby("metric")["value"].mean().to_dict()})
    assert summary_of(means).loc["real", ["fidelity_failed", "privacy_failed"]].tolist() == [0, 0]


def test_the_worst_reference_counts():
    card = change(scorecard({"real": CEILING}), 0.25, metric="aa_truth", reference="train")
    card = change(card, 0.35, metric="aa_truth", reference="test")
    card = change(card, 0.9, metric="ld_r2_r", reference="test")
    card = change(card, np.nan, metric="fst_mae", reference="train")
    card = change(card, 0.9, metric="fst_mae", reference="test")
    card = change(card, np.nan, metric="pca_w2d", reference="train")
    verdict = judge(card).set_index("gate")
    assert list(verdict.reset_index().columns.sort_values()) == sorted(COLUMNS)
    found = verdict.loc[["aa_truth", "ld_r2_r", "fst_mae", "pca_w2d"], ["reference", "outcome"]].to_numpy().tolist()
    assert found == [["train", "fail"], ["test", "fail"], ["test", "fail"], ["train", "missing"]]
    assert verdict.loc["aa_truth", "value"] == 0.25
    # By how much numbers miss their bounds: 0.4, closeness 0.95 of 0.987, and of 0.002 beside 0.1.
    margins = verdict.loc[["aa_truth", "ld_r2_r", "fst_mae"], "margin"].tolist()
    assert margins == pytest.approx([-0.15, 0.9 - 0.95 * 0.987, 0.002 + 0.2 * 0.098 - 0.9])
    assert math.isnan(verdict.loc["pca_w2d", "margin"])


def test_a_reference_that_tells_nothing_does_not_hide_one_that_does():
    card = scorecard({"real": CEILING})
    card["floor"] = card["floor"].mask((card["metric"] == "ld_r2_r") & (card["reference"] == "train"), 0.987)
    verdict = judge(card).set_index("gate")
    assert verdict.loc["ld_r2_r", ["reference", "outcome"]].tolist() == ["test", "pass"]


def test_what_was_not_computed_is_missing_counts_as_not_passed_and_forbids_release():
    card = scorecard(MODELS | {"half_scored": CEILING})
    card = card[(card["model"] != "half_scored") | ~card["metric"].isin(["ld_r2_r", "fst_mae", "mia_auc"])]
    summary = summary_of(card)
    half = summary.loc["half_scored"]
    assert (half["fidelity_failed"], half["fidelity_missing"], half["fidelity_gates"]) == (0, 2, 16)
    # After rbm, which fails one gate and falls little short: a missing number counts as much as one beyond the floor.
    assert half["fidelity_rank"] > summary.loc["rbm", "fidelity_rank"]
    not_proven = half["privacy_not_proven"], half["privacy_not_proven_names"]
    assert (half["privacy_failed"], *not_proven) == (0, 1, "mia_auc")
    assert half["verdict"] == "refused"
    assert half["why"] == (
        "Neither faithful nor proven to be private. Fidelity gates not passed: LD r; Fst error. "
        "Privacy not proven: Attack AUC."
    )


@pytest.mark.parametrize(
    ("fidelity", "privacy", "word"),
    [
        (faithful, privacy, {"proven": proven, "leak": "refused"}.get(privacy.split()[0], not_proven))
        for faithful, proven, not_proven in (
            ("faithful", "cleared", "faithful, privacy not proven"),
            ("fails by chance", "safe, not faithful", "faithful, privacy not proven"),
            ("no interval", "safe, not faithful", "faithful, privacy not proven"),
            ("fails", "safe, not faithful", "refused"),
            ("missing", "safe, not faithful", "refused"),
            ("no gate", "safe, not faithful", "refused"),
        )
        for privacy in (
            "proven",
            "interval across the limit",
            "value beyond the limit",
            "no interval",
            "missing",
            "no power",
            "no gate",
            "leak",
            "leak and missing",
        )
    ],
)
def test_every_cell_of_the_decision_table(fidelity, privacy, word):
    card = scorecard({"real": CEILING})
    card = {
        "fails": lambda: change(card, 0.5, metric="ld_r2_r"),
        "fails by chance": lambda: change(card, 0.9, (0.86, 0.93), metric="ld_r2_r"),
        "no interval": lambda: change(card, 0.5, (np.nan, np.nan), metric="ld_r2_r"),
        "missing": lambda: change(card, np.nan, metric="ld_r2_r"),
    }.get(fidelity, lambda: card)()
    card = {
        "interval across the limit": lambda: change(card, 0.51, (0.46, 0.6), metric="mia_auc"),
        "value beyond the limit": lambda: change(card, 0.59, (0.51, 0.65), metric="mia_auc"),
        "no interval": lambda: change(card, 0.5, (np.nan, np.nan), metric="mia_auc"),
        "missing": lambda: change(card, np.nan, metric="mia_auc"),
        "no power": lambda: change(card, 0.02, metric="planted_copies_tpr"),
        "leak": lambda: change(card, 0.7, metric="mia_auc"),
        "leak and missing": lambda: change(change(card, 0.7, metric="mia_auc"), np.nan, metric="privacy_loss"),
    }.get(privacy, lambda: card)()
    without = {kind for kind, state in (("fidelity", fidelity), ("privacy", privacy)) if state == "no gate"}
    # Without any gate there is no verdict: a gate that does not apply stands for none.
    gates = [gate for gate in GATES if gate.kind not in without] or [Gate("fidelity", "aa_syn", "closeness_min", 0)]
    assert (
        summary_of(card.assign(floor=card["ceiling"]) if len(without) == 2 else card, gates)["verdict"]["real"] == word
    )


def test_the_table_of_the_docs_has_every_cell():
    """The words of docs/verdict.md are those of the code."""
    table = re.search(r"\n(\| fidelity .*?)\n\n", (ROOT / "docs" / "verdict.md").read_text(), re.S)
    rows = [[cell.strip(" *") for cell in line.strip("|").split("|")] for line in table[1].splitlines()][2:]
    privacy = (["pass"], ["pass", "not proven", "missing"], ["pass", "missing", "fail"])
    fidelity = (["pass", "not applicable"], ["pass", "not proven"], ["pass", "not proven", "fail"])
    assert len(rows) == len(fidelity)
    for row, outcomes in zip(rows, fidelity, strict=True):
        assert row[1:] == [decide(outcomes, state) for state in privacy]
    for unfaithful in ([], ["not applicable"], ["pass", "missing"]):
        assert [decide(unfaithful, state) for state in privacy] == rows[2][1:]
    for fine, row in zip(fidelity, rows, strict=True):
        assert decide(fine, []) == decide(fine, ["not applicable"]) == row[2]


def test_reasons_say_what_would_prove_privacy():
    def why(card):
        summary = summary_of(card).loc["real"]
        assert summary["verdict"] == "faithful, privacy not proven"
        return summary["why"]

    card = scorecard({"real": CEILING})
    wide = change(card, 0.5, (0.34, 0.66), metric="mia_auc")
    assert why(wide) == (
        "Privacy not proven: Attack AUC. About 4.0 times as many individuals would prove it, if the numbers stay as "
        "they are."
    )
    assert "More individuals would tell" in why(change(card, 0.59, (0.5, 0.65), metric="mia_auc"))
    shared = why(change(card, np.nan, metric="near_copies_share"))
    assert "share haplotypes with training individuals. A longer region would prove it" in shared
    assert "A longer region would prove it" in why(change(card, 0.02, metric="planted_copies_tpr"))
    assert why(change(wide, np.nan, metric="near_copies_share")).endswith("as they are. Both are needed.")
    assert "Not computed: Attack AUC." in why(change(card, np.nan, metric="mia_auc"))


def test_bounds_of_ones_own_are_said_whatever_the_verdict():
    gates = [gate for gate in GATES if gate.metric != "mia_auc"]
    verdict = judge(scorecard(MODELS), gates)
    summary = summarise(verdict, own_bounds(gates, GATES)).set_index("model")
    text = "By bounds of your own: mia_auc switched off (default: at most 0.58)."
    assert summary["why"].str.startswith(text).all()
    assert summary.loc["real", "verdict"] == "cleared"
    assert (summary_of(scorecard(MODELS))["own_bounds"] == "").all()


def test_what_nobody_in_the_data_set_has_does_not_apply():
    """People of one population have no Fst; a metric that does not exist is missing."""
    card = scorecard({"real": CEILING})
    card = card[~card["metric"].isin(["fst_mae", "population_share_tv"])]
    gates = [*GATES, Gate("fidelity", "no_such_metric", "at_most", 1)]
    outcome = judge(card, gates).set_index("gate")["outcome"]
    assert outcome[["fst_mae", "population_share_tv"]].tolist() == ["not applicable"] * 2
    assert outcome["no_such_metric"] == "missing"


def test_a_privacy_gate_that_says_nothing_has_not_passed():
    gates = [Gate("privacy", "mia_auc", "closeness_min", 0.9)]
    summary = summary_of(scorecard({"real": CEILING}), gates)  # ceiling and floor are both 0.5
    assert judge(scorecard({"real": CEILING}), gates)["outcome"].tolist() == ["not applicable"]
    assert summary.loc["real", ["privacy_failed", "privacy_not_proven", "verdict"]].tolist() == [0, 1, "refused"]


def test_unknown_training_people_are_said_and_not_released():
    values = {metric: CEILING[metric] for metric in CEILING if metric not in PRIVACY}
    known = {"exact_copies_excess": 0.0, "near_copies_share": 0.01}
    card = scorecard({"theirs": values | known}, references=("all",))
    card["reference"] = "all"
    theirs = summary_of(card).loc["theirs"]
    assert (theirs["fidelity_failed"], theirs["fidelity_missing"]) == (0, 0)
    assert theirs["verdict"] == "faithful, privacy not proven"
    assert theirs["why"].startswith("Unknown training individuals.")
    assert theirs["why"].endswith("The list of training individuals would prove it.")
    assert theirs["privacy_not_proven"] == len(PRIVACY) - 2
    verdict = judge(card).set_index("gate")
    assert "the training individuals are not known" in verdict.loc["mia_auc", "reason"]


def test_without_privacy_gates_there_is_no_answer():
    summary = summary_of(scorecard({"real": CEILING}), [gate for gate in GATES if gate.kind == "fidelity"])
    assert summary.loc["real", ["verdict", "privacy_gates"]].tolist() == ["faithful, privacy not proven", 0]
    assert "There is no privacy gate." in summary.loc["real", "why"]


def test_gates_that_do_not_apply_are_not_counted():
    card = scorecard({"real": CEILING})
    card["floor"] = card["floor"].mask(card["metric"] == "ld_r2_r", 0.98)
    assert summary_of(card).loc["real", ["fidelity_gates", "fidelity_failed", "fidelity_missing"]].tolist() == [
        15,
        0,
        0,
    ]


def test_ranks_are_within_a_data_set_and_equal_for_equals():
    one = scorecard({"gan": MODELS["gan"], "rbm": MODELS["rbm"], "twin": MODELS["rbm"]})
    other = scorecard({"rbm": MODELS["bernoulli"], "gan": MODELS["real"]}, dataset="dense")
    card = pd.concat([one, other], ignore_index=True)
    verdict = judge(card)
    summary = summarise(verdict)
    assert list(summary.columns) == SUMMARY_COLUMNS
    assert summary[["dataset", "model", "fidelity_rank"]].to_numpy().tolist() == [
        ["structure", "gan", 3],
        ["structure", "rbm", 1],
        ["structure", "twin", 1],
        ["dense", "rbm", 2],
        ["dense", "gan", 1],
    ]


def test_failures_are_ranked_by_the_shortfall_of_seeds_in_which_bad_parts_weigh_more():
    gates = [Gate("fidelity", "ld_r2_r", "at_least", 0.9), Gate("fidelity", "aa_syn", "from_half_max", 0.1)]
    card = scorecard(
        {name: {"ld_r2_r": r, "aa_syn": 0.5} for name, r in {"a": 0.5, "b": 0.4, "c": 0.45}.items()}, seeds=(1, 2)
    )
    card = change(card, 0.6, model="b", seed=2, metric="ld_r2_r")  # mean of b: 0.5 as a's
    card = change(card, 0.9, model="a", seed=1, metric="aa_syn")
    summary = summary_of(card, gates)
    expected = {
        # ceiling 0.987, floor 0; the root of the mean square of two gates, then the mean of two seeds
        "a": (np.hypot(0.487 / 0.987, 0.8) + 0.487 / 0.987) / 2**1.5,
        "b": (0.587 / 0.987 + 0.387 / 0.987) / 2**1.5,
        "c": 0.537 / 0.987 / 2**0.5,
    }
    for model, shortfall in expected.items():
        assert summary.loc[model, "fidelity_shortfall"] == pytest.approx(shortfall)
    assert summary["fidelity_rank"].to_dict() == {"b": 1, "c": 2, "a": 3}


def test_whoever_passes_every_gate_comes_before_those_who_do_not():
    gates = [Gate("fidelity", "ld_r2_r", "at_least", 0.9), Gate("fidelity", "aa_syn", "from_half_max", 0.1)]
    passing, failing = {"ld_r2_r": 0.91, "aa_syn": 0.6}, {"ld_r2_r": 0.899, "aa_syn": 0.5}
    summary = summary_of(scorecard({"failing": failing, "passing": passing}), gates)
    assert summary.loc["failing", "fidelity_shortfall"] < summary.loc["passing", "fidelity_shortfall"]
    assert summary["fidelity_rank"].to_dict() == {"failing": 2, "passing": 1}


def test_only_ag_sets_are_judged_and_those_without_numbers_miss_everything():
    # An imputation with several seeds may use the one set of somebody else's AGs.
    card = pd.concat([scorecard({"gan": CEILING}), scorecard({"gan": {"imputation_r2": 0.9}}, seeds=(2,))])
    card = pd.concat([card, scorecard({"real+gan": {"imputation_r2": 0.9}})], ignore_index=True)
    verdict = judge_scorecard(card, GATES, [("structure", "gan", 1), ("structure", "rbm", 7)])
    assert verdict.groupby(["model", "seed"]).size().to_dict() == {("gan", 1): len(GATES), ("rbm", 7): len(GATES)}
    assert set(verdict.loc[verdict["model"] == "gan", "outcome"]) == {"pass"}
    assert set(verdict.loc[verdict["model"] == "rbm", "outcome"]) == {"missing"}


def test_the_scorecard_gets_the_verdict_after_each_set():
    card = change(scorecard(MODELS, seeds=(1, 2)), np.nan, model="real", metric="af_r", seed=2)
    card = pd.concat([card, scorecard({"real+gan": {"imputation_r2": 0.9}})], ignore_index=True)
    verdict = judge(card[card["model"].isin(MODELS)])
    summary = summarise(verdict)
    full = with_verdict(card, verdict, summary)
    assert list(full.columns) == SCORECARD_COLUMNS
    pd.testing.assert_frame_equal(full[full["reference"] != "verdict"].reset_index(drop=True), card)
    added = full[full["reference"] == "verdict"]
    assert added[["ci_low", "ci_high", "ceiling", "floor", "n"]].isna().all(axis=None)
    values = added.set_index(["model", "seed", "metric"])["value"]
    assert len(values) == 6 * 2 * len(MODELS)
    assert values["gan", 1, "fidelity_gates_failed"] == 5
    assert values["copier", 2, "privacy_gates_failed"] == 8
    assert values["real", :, "fidelity_gates_missing"].tolist() == [0, 1]
    assert values["real", 1, "fidelity_rank"] == summary.set_index("model").loc["real", "fidelity_rank"]
    places = full.reset_index().groupby(["model", "seed"])["index"].agg(["min", "max", "size"])
    assert (places["max"] - places["min"] + 1 == places["size"]).all()


def test_without_gates_there_is_no_verdict_and_the_scorecard_stays():
    card = scorecard({"real": CEILING})
    verdict = judge(card, [])
    summary = summarise(verdict)
    assert (len(verdict), len(summary)) == (0, 0)
    pd.testing.assert_frame_equal(with_verdict(card, verdict, summary), card)


def test_tables_survive_being_written_and_the_summary_is_the_same_from_them(tmp_path):
    card = scorecard(MODELS | {"theirs": {"af_r": 0.99}}, seeds=(1, 2))
    verdict = judge(card)
    write_tsv(verdict, tmp_path / "verdict.tsv")
    again = read_tsv(tmp_path / "verdict.tsv", COLUMNS)
    assert "\n" not in "".join(verdict["reason"])
    keys = ["model", "gate", "seed"]
    pd.testing.assert_frame_equal(worst_seeds(again)[keys], worst_seeds(verdict)[keys])
    columns = ["fidelity_rank", "fidelity_failed_names", "privacy_failed_names", "verdict", "why"]
    pd.testing.assert_frame_equal(summarise(again)[columns], summarise(verdict)[columns])
