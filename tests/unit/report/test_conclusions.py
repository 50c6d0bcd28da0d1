"""The sentences at the head of the report, each against the numbers of the tables that it is made of."""

import pandas as pd

from artificial_genomes.judge.gates import Gate
from artificial_genomes.judge.verdict import judge_scorecard, summarise
from artificial_genomes.report.conclusions import conclusions

GATES = [
    Gate("fidelity", "af_r", "below_ceiling_max", 0.02),
    Gate("fidelity", "ld_r2_r", "below_ceiling_max", 0.1),
    Gate("privacy", "mia_auc", "at_most", 0.55),
    Gate("privacy", "exact_copies_excess", "at_most", 0.01),
]
COLUMNS = ["dataset", "model", "seed", "reference", "metric", "value", "ci_low", "ci_high", "ceiling", "floor", "n"]
GAIN = "imputation_r2_rare_gain"
PASSED = {"af_r": (0.99, 0.01), "ld_r2_r": (0.97, 0.01), "mia_auc": (0.51, 0.02), "exact_copies_excess": (0.0, 0.001)}
CONTROLS = {
    "af_r": (0.99, 0.99),
    "ld_r2_r": (0.98, 0.0),
    GAIN: (0.1, -0.01),
    "xpehh_r": (0.9, 0.2),
}


def card(dataset, model, seed=1, **numbers):
    """Return rows of a scorecard: value and half of the interval by metric; what is not given passes every gate."""
    rows = []
    for metric, (value, half) in (PASSED | numbers).items():
        ends = [round(value + step, 6) for step in (-half, half)]
        rows.append((dataset, model, seed, "test", metric, value, *ends, *CONTROLS.get(metric, (0.5, 0.5)), 100))
    return rows


def said(*parts, gates=GATES, unfinished=None):
    scorecard = pd.DataFrame([row for part in parts for row in part], columns=COLUMNS)
    sets = list(dict.fromkeys(scorecard[["dataset", "model", "seed"]].itertuples(index=False, name=None)))
    verdict = judge_scorecard(scorecard, gates, sets)
    summary = summarise(verdict, unfinished=unfinished or {})
    return {topic: " | ".join(texts) for topic, texts in conclusions(verdict, summary, scorecard)}


GOOD = card("genes", "rbm")
LEAKY = card("genes", "gan", ld_r2_r=(0.7, 0.05), mia_auc=(0.7, 0.04))
WIDE = card("chip", "rbm", mia_auc=(0.54, 0.02))
NARROW = card("chip", "gan", ld_r2_r=(0.86, 0.04))


def test_cleared_models_are_named_with_their_data_sets_and_all_verdicts_are_counted():
    text = said(GOOD, LEAKY, WIDE, NARROW)["Cleared for release"]
    assert text == (
        "RBM on genes: all 2 privacy gates and all 2 fidelity gates passed. 4 verdicts, one per model and data set: 1 "
        "cleared; 1 safe, not faithful; 1 faithful, privacy not proven; 1 refused."
    )
    both = said(GOOD, card("chip", "rbm"), card("wide", "hclt"), card("wide", "rbm"))["Cleared for release"]
    assert both.startswith("RBM on genes and chip; HCLT and RBM on wide: all 2")
    assert said(LEAKY)["Cleared for release"] == "No model. 1 verdict, one per model and data set: 1 refused."


def test_faithful_models_are_named_with_their_gates():
    text = said(GOOD, LEAKY, WIDE, NARROW)["Faithful"]
    assert text == (
        "On genes RBM (2 of 2 gates); on chip RBM (2 of 2 gates) and GAN (1 of 2 gates). Chance explains the gates "
        "that these models do not pass."
    )
    assert said(LEAKY)["Faithful"] == "On genes no model; the closest is GAN (1 of 2 gates)."
    assert said(GOOD)["Faithful"] == "On genes RBM (2 of 2 gates)."


def test_a_leak_is_told_with_its_number_and_its_limit():
    text = said(GOOD, LEAKY, WIDE, NARROW)["Leaks"]
    assert text.startswith("GAN on genes: Attack AUC 0.700 (0.660 to 0.740): ")
    assert text.endswith("(allowed: at most 0.550).")
    both = card("genes", "gan", mia_auc=(0.7, 0.04), exact_copies_excess=(0.5, 0.01))
    assert said(both)["Leaks"].endswith(", and 1 more gate.")
    assert said(GOOD, WIDE)["Leaks"] == "None is found by the 2 privacy gates in any of 2 verdicts."
    many = [card("genes", f"m{i}", mia_auc=(0.7, 0.04)) for i in range(5)]
    assert said(*many)["Leaks"].endswith(" | Leaks are found in 5 of 5 verdicts.")
    assert said(*many)["Leaks"].count("0.700") == 3


def test_what_is_undecided_comes_with_what_would_decide_it():
    # The interval reaches 0.02 up, and there is room for 0.01: four times as many individuals halve it.
    sentence = (
        "RBM on chip: 1 of 2 privacy gates not proven. About 4.0 times as many individuals would prove it, if the "
        "numbers stay as they are."
    )
    assert said(GOOD, LEAKY, WIDE, NARROW)["Undecided"] == sentence
    assert "Undecided" not in said(GOOD)
    no_gates = said(GOOD, gates=GATES[:2])["Undecided"]
    assert no_gates.startswith("RBM on genes: no privacy gate is set.")


def test_trainings_that_have_not_converged_are_named():
    text = said(GOOD, WIDE, unfinished={("chip", "rbm"): [1, 2]})["Undecided"]
    assert text.endswith(" | Not converged, so that more epochs may give better AGs: RBM on chip (seed 1, seed 2).")


def test_imputation_says_who_helps_beyond_chance_and_what_real_haplotypes_would():
    helps = card("chip", "rbm", **{GAIN: (0.05, 0.04)}), card("chip", "gan", **{GAIN: (-0.02, 0.01)})
    assert said(*helps)["Imputation"] == (
        "On chip, AGs raise the mean true r² of imputed rare sites (MAF below 5 %) when they are added to the public "
        "reference panel: those of RBM by 0.050 (0.010 to 0.090); the biobank's own haplotypes (ceiling) by 0.100. "
        "Below 0 with its whole interval: GAN by −0.020 (−0.030 to −0.010)."
    )
    unsure = card("chip", "rbm", **{GAIN: (0.05, 0.06)}), card("chip", "gan", **{GAIN: (0.02, 0.03)})
    assert said(*unsure)["Imputation"] == (
        "On chip, AGs of no model raise the mean true r² of imputed rare sites (MAF below 5 %) when they are added to "
        "the public reference panel, beyond chance: those of RBM by 0.050 (−0.010 to 0.110) at best; the biobank's own "
        "haplotypes (ceiling) by 0.100."
    )
    assert "Imputation" not in said(GOOD)


def test_over_seeds_a_gain_counts_if_every_interval_is_above_0():
    sure = card("chip", "rbm", 1, **{GAIN: (0.05, 0.04)}), card("chip", "rbm", 2, **{GAIN: (0.03, 0.02)})
    assert "those of RBM by 0.040 (0.010 to 0.090);" in said(*sure)["Imputation"]
    unsure = card("chip", "rbm", 1, **{GAIN: (0.05, 0.04)}), card("chip", "rbm", 2, **{GAIN: (0.03, 0.04)})
    assert said(*unsure)["Imputation"].startswith("On chip, AGs of no model raise")


def test_scans_say_who_agrees_best_beside_real_individuals_and_independent_sites():
    scans = card("chip", "rbm", xpehh_r=(0.8, 0.1)), card("chip", "gan", xpehh_r=(0.3, 0.2), pbs_r=(0.99, 0.01))
    assert said(*scans)["Selection scans"] == (
        "On chip, XP-EHH r of AGs and real haplotypes is highest for RBM with 0.800 (0.700 to 0.900); other real "
        "individuals score 0.900 and independent sites 0.200. The whole interval of RBM lies above independent sites."
    )
    none = card("chip", "gan", xpehh_r=(0.3, 0.2))
    assert said(none)["Selection scans"].endswith(" No whole interval of a model lies above independent sites.")


def test_reference_panels_are_no_models():
    panel = ("genes", "real", 1, "test", GAIN, 0.9, 0.8, 1.0, 0.1, 0.0, 100)
    scorecard = pd.DataFrame([*GOOD, panel], columns=COLUMNS)
    verdict = judge_scorecard(scorecard, GATES, [("genes", "rbm", 1)])
    assert "Imputation" not in dict(conclusions(verdict, summarise(verdict), scorecard))


def test_without_gates_there_are_no_conclusions():
    assert said(GOOD, gates=[]) == {}
