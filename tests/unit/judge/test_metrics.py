import math

import pandas as pd
import pytest
import yaml

from artificial_genomes.compare.attacks import ATTACKS, PLANTED
from artificial_genomes.core.labels import FEATURES
from artificial_genomes.judge import metrics
from artificial_genomes.judge.gates import read_gates
from artificial_genomes.judge.metrics import (
    DIRECTIONS,
    FAMILIES,
    KEY_METRICS,
    METRICS,
    REGISTRY,
    describe_metrics,
    metric_of,
    number_text,
)
from artificial_genomes.scans.statistics import STATISTICS
from docs.metrics import PAGE, page
from helpers import ROOT

GATES = read_gates(yaml.safe_load((ROOT / "config" / "config.yaml").read_text())["verdict"])


def test_every_entry_has_a_label_of_its_own_a_group_a_direction_and_a_sentence():
    assert len({metric.name for metric in REGISTRY}) == len(REGISTRY)
    labels = [metric.label for metric in METRICS.values()]
    assert len(set(labels)) == len(labels)
    for metric in REGISTRY:
        assert metric.meaning.endswith("."), metric.name
        assert metric.group in metrics.GROUPS
        assert metric.direction in DIRECTIONS
        assert metric.direction or not metric.is_graded, f"{metric.name}: graded, but which way?"
        assert not any(text.endswith(".") for text in (metric.too_low, metric.too_high, metric.undefined))
        assert not metric.is_count or metric.unit or metric.group == "Verdict"


def test_default_gates_are_on_metrics_of_the_registry_and_can_say_what_is_wrong():
    for gate in GATES:
        metric = metric_of(gate.metric)
        assert metric.label != gate.metric, "not in the registry"
        assert metric.is_graded or gate.rule != "closeness_min"
        sides = {"at_most": "high", "above_ceiling_max": "high", "at_least": "low", "below_ceiling_max": "low"}
        side = sides.get(gate.rule) or {1: "low", -1: "high", 0: "both"}[metric.sense]
        assert side == "high" or metric.too_low, metric
        assert side == "low" or metric.too_high, metric
        # A one-sided bound is on the bad side.
        assert not metric.sense or side != {1: "high", -1: "low"}[metric.sense], metric


def test_what_default_gates_need_of_the_registry():
    """Another direction would change verdicts."""
    closeness = {gate.metric: metric_of(gate.metric).sense for gate in GATES if gate.rule == "closeness_min"}
    assert closeness == {
        **dict.fromkeys(("ld_r2_r", "ld_r2_r_rare", "three_point_r"), 1),
        **dict.fromkeys(("ld_decay_mae", "pca_w1_mean", "pca_w2d", "fst_mae"), -1),
        **dict.fromkeys(("distance_within_w1", "distance_between_w1"), -1),
    }
    assert [metric.name for metric in REGISTRY if not metric.can_fail] == ["planted_{planting}_tpr"]
    assert [metric.name for metric in REGISTRY if metric.undefined] == ["near_copies_share", "near_unseen_excess"]


@pytest.mark.parametrize(
    ("name", "sense"),
    [
        *[
            (name, 1)
            for name in ("af_r", "three_point_r_16", "imputation_r2_rare_gain", "imputation_concordance_impute5")
        ],
        *[(name, 1) for name in ("top1_overlap_pbs", "latent_population_accuracy", "pbs_site_spearman")],
        *[(name, -1) for name in ("population_share_tv", "af_spectrum_w1", "mia_auc", "xpehh_nrmse", "top1_p_ihs")],
        *[(name, 0) for name in ("aa_truth", "aa_syn", "fixed_sites_share", "singletons_ratio", "unheard_of")],
    ],
)
def test_which_end_is_good(name, sense):
    assert metric_of(name).sense == sense


@pytest.mark.parametrize(
    ("name", "label", "meaning"),
    [
        ("three_point_r_16", "3-point r, 16", "correlations over triplets of sites 16 sites apart."),
        ("three_point_r_random", "3-point r, random", "correlations over triplets of sites anywhere."),
        ("pbs_r", "PBS r", "Pearson correlation with the real track, over windows."),
        ("pbs_site_r", "PBS of sites r", "Pearson correlation with the real track, over sites."),
        ("imputation_r2_rare_minimac4", "True r², rare, minimac4", METRICS["imputation_r2_rare"].meaning),
        (
            "latent_fine_over_pca10",
            "Hidden means over pca10, fine",
            "populations from hidden means minus that from ten",
        ),
        (
            "gan_early_population_accuracy_20_labels",
            "Populations by gan_early, 20 labels",
            "learned from 20 labelled individuals per class",
        ),
        ("snps_population_fine_accuracy", "Populations by snps, fine", "for the populations of test individuals"),
        ("unheard_of", "unheard_of", "No definition."),
        ("imputation_unheard_of", "imputation_unheard_of", "No definition."),
    ],
)
def test_members_of_families_are_named_and_explained(name, label, meaning):
    metric = metric_of(name)
    assert (metric.name, metric.label) == (name, label)
    assert meaning in metric.meaning
    assert "{" not in metric.meaning
    assert (metric.group == "Other") == ("unheard" in name)


def test_no_member_of_a_family_belongs_to_another_too():
    values = {"gap": ["16", "random"], "statistic": STATISTICS, "feature": [*FEATURES, "wgan_early"], "n": ["5"]}
    values |= {"attack": ATTACKS, "planting": PLANTED}
    for family in FAMILIES:
        (placeholder, *others) = [name for name in values if f"{{{name}}}" in family.name]
        for value in values[placeholder]:
            name = family.name.format_map({placeholder: value} | {other: values[other][0] for other in others})
            assert metric_of(name).group == family.group
            assert metric_of(name).label == family.label.format_map(
                {"gap": value, "feature": value, "n": "5", "attack": value, "planted": PLANTED.get(value)}
                | ({"title": STATISTICS[value].title} if value in STATISTICS else {})
            )


def test_key_metrics_are_in_the_order_of_the_report():
    assert KEY_METRICS[:2] == ("af_r", "ld_r2_r")
    assert KEY_METRICS[-3:] == ("xpehh_r", "pbs_r", "imputation_r2_rare_gain")
    assert all(metric_of(name).group != "Other" for name in KEY_METRICS)


def test_the_page_of_metrics_is_that_of_the_registry():
    assert PAGE.read_text(encoding="utf-8") == page(REGISTRY), "run python docs/metrics.py"


def test_a_changed_meaning_changes_the_page():
    changed = [REGISTRY[0]._replace(meaning="Something else."), *REGISTRY[1:]]
    assert page(changed) != page(REGISTRY)


def test_the_table_of_a_run_has_a_row_per_metric_in_the_order_of_the_registry():
    table = describe_metrics(["xpehh_r", "exact_copies", "af_r", "af_r", "new", "fidelity_rank"])
    assert list(table.columns) == ["name", "label", "group", "direction", "unit", "meaning"]
    assert table["name"].tolist() == ["af_r", "exact_copies", "fidelity_rank", "xpehh_r", "new"]
    assert table["direction"].tolist() == ["more is better", "less is better", "less is better", "more is better", ""]
    (near,) = describe_metrics(["near_copies_share"])["meaning"]
    assert near.endswith(
        "Nearness means nothing where more than 1 % of unseen individuals share haplotypes with training individuals."
    )
    assert table["unit"].tolist() == ["", "AGs", "", "", ""]
    assert isinstance(describe_metrics([]), pd.DataFrame)


@pytest.mark.parametrize(
    ("value", "metric", "text"),
    [
        (0.12345, "af_r", "0.123"),
        (-0.02, "privacy_loss", "−0.020"),
        (-0.0001, "privacy_loss", "0.000"),
        (3.0, "exact_copies", "3"),
        (2.5, "exact_copies", "2.5"),
        (12345.6, "distance_within_w1", "12,346"),
        (-250.0, "x", "−250"),
        (math.nan, "af_r", "–"),
    ],
)
def test_numbers_are_short(value, metric, text):
    assert number_text(value, metric) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.12345, "0.123"), (0.00123, "0.0012"), (-0.004, "−0.004"), (0, "0.000"), (43.2, "43.2"), (math.nan, "–")],
)
def test_small_numbers_keep_two_digits(value, text):
    assert metrics.value_text(value) == text
