import math

import pytest

from artificial_genomes.judge import gates
from artificial_genomes.judge.gates import KINDS, OUTCOMES, RULES, Gate, judge, read_gates, shortfall
from artificial_genomes.judge.metrics import metric_of

NAN = math.nan


def outcome(rule, bound, value, ceiling=NAN, floor=NAN, metric="something"):
    """Return the outcome of a gate on a number without doubt."""
    return judge(Gate("fidelity", metric, rule, bound), value, ceiling, floor, value, value).outcome


@pytest.mark.parametrize(
    ("rule", "bound", "passing", "failing"),
    [
        ("at_most", 0.02, (0.02, 0, -5), (0.0201, 1)),
        ("at_least", 0.02, (0.02, 1), (0.0199, -1)),
        ("from_half_max", 0.1, (0.4, 0.6, 0.5), (0.399, 0.601, 0, 1)),
        ("below_ceiling_max", 0.02, (0.978, 0.998, 1), (0.9779, 0)),
        ("above_ceiling_max", 0.05, (1.048, 0.998, 0), (1.049, 2)),
    ],
)
def test_each_rule_has_its_side(rule, bound, passing, failing):
    assert {outcome(rule, bound, value, ceiling=0.998) for value in passing} == {"pass"}
    assert {outcome(rule, bound, value, ceiling=0.998) for value in failing} == {"fail"}


@pytest.mark.parametrize(
    ("metric", "ceiling", "floor", "passing", "failing"),
    [
        # A correlation above the ceiling, an error below it: better, and fine.
        ("ld_r2_r", 0.9, 0.1, (0.82, 0.9, 1.0), (0.81, 0.1, -1)),
        ("ld_decay_mae", 2, 22, (4, 2, 0), (4.1, 22, 100)),
        # Neither: 0.2 above the ceiling is as bad as 0.2 below it, copies no better than strangers.
        ("aa_truth", 0.475, 1.0, (0.475, 0.5275, 0.4225), (0.53, 0.42, 0.2)),
    ],
)
def test_closeness_is_one_less_the_distance_in_units_of_ceiling_to_floor(metric, ceiling, floor, passing, failing):
    for expected, values in (("pass", passing), ("fail", failing)):
        assert {outcome("closeness_min", 0.9, value, ceiling, floor, metric) for value in values} == {expected}
    for value in (*passing, *failing):
        is_better = metric_of(metric).sense * (value - ceiling) > 0
        closeness = 1 - (0 if is_better else abs(value - ceiling) / abs(floor - ceiling))
        assert (value in passing) == (closeness >= 0.9 - 1e-9)


@pytest.mark.parametrize(
    ("ceiling", "floor", "why"),
    [
        (0.98, 0.98, "too near to each other"),
        (0.98, 0.93, "too near to each other"),
        (0, 0, "too near to each other"),
        (0.5, 0.9, "independent sites do better"),
    ],
)
def test_closeness_says_nothing_where_the_controls_do_not(ceiling, floor, why):
    judged = judge(Gate("fidelity", "ld_r2_r", "closeness_min", 0.9), min(ceiling, floor) - 0.1, ceiling, floor)
    assert judged.outcome == "not applicable"
    assert why in judged.reason
    # What is far worse than both does not hide behind that.
    judged = judge(Gate("fidelity", "ld_r2_r", "closeness_min", 0.9), min(ceiling, floor) - 0.3, ceiling, floor)
    assert (judged.outcome, "far worse" in judged.reason) == ("fail", True)
    # A bound on the distance from the ceiling needs no floor.
    assert outcome("below_ceiling_max", 0.1, 0.1, ceiling, floor) == ("fail" if ceiling > 0.2 else "pass")


@pytest.mark.parametrize("rule", RULES)
def test_what_has_no_number_is_missing_and_never_passes(rule):
    assert outcome(rule, 0.1, NAN, 0.9, 0.1) == "missing"
    assert outcome(rule, 0.1, math.inf, 0.9, 0.1) == "missing"
    needs_ceiling = "ceiling" in rule or rule == "closeness_min"
    # What others reach is not known: nothing is proven, and nothing refuted.
    assert (outcome(rule, 0.1, 0.5, NAN, 0.1) == "not proven") == needs_ceiling
    assert (outcome(rule, 0.1, 0.5, 0.9, NAN) == "not proven") == (rule == "closeness_min")


@pytest.mark.parametrize(
    ("value", "low", "high", "fidelity", "privacy"),
    [
        (0.5, 0.45, 0.55, "pass", "pass"),
        (0.5, 0.4, 0.6, "pass", "pass"),
        (0.5, 0.39, 0.55, "pass", "not proven"),
        (0.5, 0.45, 0.61, "pass", "not proven"),
        # Fidelity fails where the number is more than two half-widths beyond the bound.
        (0.7, 0.66, 0.9, "fail", "fail"),
        (0.7, 0.64, 0.71, "not proven", "fail"),
        (0.7, 0.59, 0.71, "not proven", "not proven"),
        (0.3, 0.1, 0.34, "fail", "fail"),
        (0.3, 0.29, 0.36, "not proven", "fail"),
        (0.3, 0.2, 0.41, "not proven", "not proven"),
        # Without an interval privacy may be refuted, and is never proven.
        (0.5, NAN, NAN, "pass", "not proven"),
        (0.7, NAN, 0.8, "not proven", "fail"),
        (NAN, NAN, NAN, "missing", "missing"),
    ],
)
def test_fidelity_judges_the_number_and_privacy_its_whole_interval(value, low, high, fidelity, privacy):
    for kind, expected in (("fidelity", fidelity), ("privacy", privacy)):
        judged = judge(Gate(kind, "aa_syn", "from_half_max", 0.1), value, NAN, NAN, low, high)
        assert judged.outcome == expected
        assert ("not proven" in judged.reason) == (judged.outcome == "not proven")
        assert (f"({low:.3f} to {high:.3f})" in judged.reason) == (low == low and value == value)


@pytest.mark.parametrize(
    ("rule", "bound", "inside", "across", "outside"),
    [
        ("at_most", 0.55, (0.5, 0.55), (0.5, 0.56), (0.56, 0.6)),
        ("at_least", 0.25, (0.25, 0.9), (0.2, 0.9), (0.1, 0.2)),
    ],
)
def test_one_sided_limits_of_privacy_are_proven_by_the_end_of_the_interval_that_is_nearer(
    rule, bound, inside, across, outside
):
    for (low, high), expected in ((inside, "pass"), (across, "not proven"), (outside, "fail")):
        gate = Gate("privacy", "something", rule, bound)
        assert judge(gate, (low + high) / 2, NAN, NAN, low, high).outcome == expected


def test_an_attack_without_power_refuses_nobody():
    gate = Gate("privacy", "planted_copies_tpr", "at_least", 0.25)
    assert [judge(gate, one, NAN, NAN, one - 0.01, one + 0.01).outcome for one in (0.1, 0.25, 0.9)] == [
        "not proven",
        "not proven",
        "pass",
    ]


DEFAULTS = [
    Gate("fidelity", "ld_r2_r", "closeness_min", 0.95),
    Gate("privacy", "mia_auc", "at_most", 0.55),
    Gate("privacy", "planted_copies_tpr", "at_least", 0.25),
]


def test_own_bounds_are_those_that_are_laxer_than_the_defaults():
    assert gates.own_bounds(DEFAULTS, DEFAULTS) == ""
    stricter = [gate._replace(bound=gate.bound + (0.01 if gate.rule != "at_most" else -0.01)) for gate in DEFAULTS]
    assert gates.own_bounds([*stricter, Gate("privacy", "mia_tpr", "at_most", 1)], DEFAULTS) == ""
    laxer = [
        Gate("fidelity", "ld_r2_r", "at_least", 0.9),
        Gate("privacy", "mia_auc", "at_most", 1),
    ]
    assert gates.own_bounds(laxer, DEFAULTS) == (
        "ld_r2_r at least 0.9 (default: closeness at least 0.95); mia_auc at most 1 (default: at most 0.55); "
        "planted_copies_tpr switched off (default: at least 0.25)"
    )


def test_reasons_say_which_way_and_how_far():
    def reason(metric, value, rule="from_half_max", bound=0.1):
        return judge(Gate("fidelity", metric, rule, bound), value, NAN, NAN, value, value).reason

    allowed = "(allowed: 0.400 to 0.600)"
    assert reason("aa_syn", 0.993) == (f"AAsyn 0.993: AGs are nearer to each other than to real haplotypes {allowed}")
    assert reason("aa_syn", 0.11) == f"AAsyn 0.110: AGs are nearer to real haplotypes than to each other {allowed}"
    assert reason("aa_truth", 0.2) == f"AAtruth 0.200: AGs sit on real haplotypes {allowed}"
    assert reason("aa_truth", 0.99) == f"AAtruth 0.990: real haplotypes are far from AGs {allowed}"
    assert reason("aa_truth", 0.5) == f"AAtruth 0.500: within bounds {allowed}"
    assert reason("unheard_of", 0.0004, "at_least", 0.1) == "unheard_of 0.0004: too low (allowed: at least 0.100)"
    assert reason("unheard_of", 7, "at_most", 0.1) == "unheard_of 7.000: too high (allowed: at most 0.100)"


@pytest.mark.parametrize(
    ("metric", "rule", "value", "ceiling", "floor", "expected"),
    [
        ("ld_r2_r", "closeness_min", 0.9, 0.9, 0.1, 0),
        ("ld_r2_r", "closeness_min", 0.95, 0.9, 0.1, 0),
        ("ld_r2_r", "closeness_min", 0.5, 0.9, 0.1, 0.5),
        ("ld_r2_r", "closeness_min", -9, 0.9, 0.1, 1.5),
        ("pca_w2d", "closeness_min", 0.3, 0.1, 1.1, 0.2),
        ("pca_w2d", "closeness_min", 0.0, 0.1, 1.1, 0),
        ("aa_truth", "closeness_min", 0.2, 0.4, 1, 1 / 3),
        ("aa_truth", "closeness_min", 0.6, 0.4, 1, 1 / 3),
        ("other", "below_ceiling_max", 0.6, 0.8, 0.4, 0.2),  # twice the bound of 0.1
        ("other", "below_ceiling_max", 0.9, 0.8, 0.4, 0),
        ("other", "above_ceiling_max", 0.6, 0.4, 0.8, 0.2),
        ("other", "above_ceiling_max", 9, 0.4, 0.8, 1.5),
        ("other", "at_most", 0.6, 0.4, 0.8, 0.5),
        ("other", "at_least", 0.6, 0.8, 0.4, 0.5),
        ("aa_syn", "from_half_max", 0.75, NAN, NAN, 0.5),
        ("aa_syn", "from_half_max", 0.25, NAN, NAN, 0.5),
        ("af_r", "below_ceiling_max", 0.5, 0.998, 0.997, 0.498),  # the floor plays no part
        ("af_r", "below_ceiling_max", 0.5, 0.5, 0.9, 0),
        ("af_r", "closeness_min", 0.5, 0.998, 0.997, NAN),  # ceiling and floor say nothing
        ("af_r", "closeness_min", 0.5, 0.5, 0.9, NAN),  # the floor is the better one
        ("ld_r2_r", "closeness_min", NAN, 0.9, 0.1, NAN),
        ("ld_r2_r", "closeness_min", 0.5, NAN, 0.1, NAN),
        ("aa_syn", "from_half_max", NAN, NAN, NAN, NAN),
    ],
)
def test_shortfall(metric, rule, value, ceiling, floor, expected):
    found = shortfall(Gate("fidelity", metric, rule, 0.1), value, ceiling, floor)
    assert found == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize(
    ("rule", "ceiling", "expected"),
    [
        ("closeness_min", NAN, "not applicable"),
        ("below_ceiling_max", NAN, "not applicable"),
        ("closeness_min", 0.9, "missing"),
        ("at_most", NAN, "missing"),
    ],
)
def test_what_is_undefined_for_real_people_too_is_not_held_against_ags(rule, ceiling, expected):
    found = judge(Gate("fidelity", "ld_r2_r_rare", rule, 0.5), NAN, ceiling, 0.1)
    assert found.outcome == expected


def test_an_error_far_beyond_equal_controls_fails():
    gate = Gate("fidelity", "pca_w2d", "closeness_min", 0.8)
    assert judge(gate, 0.589, 0.0271, 0.0270).outcome == "fail"
    assert judge(gate, 0.05, 0.0271, 0.0270).outcome == "not applicable"


def test_a_bound_of_nothing_lets_no_distance_pass():
    gate = Gate("fidelity", "other", "above_ceiling_max", 0.0)
    assert shortfall(gate, 0.5, 0.4, 0.8) == 1.5
    assert shortfall(gate, 0.3, 0.4, 0.8) == 0
    assert shortfall(gate, 0.4, 0.4, 0.8) == 0


def test_gates_are_read_in_the_order_of_definitions_and_null_switches_them_off():
    settings = {
        "privacy": {"mia_auc": {"at_most": 1}, "off": None},
        "fidelity": {
            "new": {"at_most": 1},
            "ld_r2_r": {"at_least": 0.5},
            "af_r": {"at_least": None, "closeness_min": 0.5},
        },
    }
    assert read_gates(settings) == [
        Gate("fidelity", "af_r", "closeness_min", 0.5),
        Gate("fidelity", "ld_r2_r", "at_least", 0.5),
        Gate("fidelity", "new", "at_most", 1.0),
        Gate("privacy", "mia_auc", "at_most", 1.0),
    ]
    assert KINDS == ("fidelity", "privacy")


def test_an_unknown_rule_is_a_defect():
    with pytest.raises(ValueError, match="unknown rule"):
        outcome("at_best", 1, 1)


def test_every_outcome_can_come():
    found = {outcome("closeness_min", 0.9, value, 1, floor) for value in (NAN, 0, 1) for floor in (0, 1)}
    assert found == {*OUTCOMES} - {"not proven"}, "numbers without doubt are never that"


@pytest.mark.parametrize(
    ("metric", "value", "ceiling", "floor", "expected"),
    [
        ("ld_r2_r", 0.9, 0.9, 0.1, 1),
        ("ld_r2_r", 0.1, 0.9, 0.1, 0),
        ("ld_r2_r", 0.5, 0.9, 0.1, 0.5),
        ("ld_r2_r", 1.0, 0.9, 0.1, 1),
        ("pca_w1_mean", 1, 2, 20, 1),
        ("pca_w1_mean", 40, 2, 20, 0),
        ("aa_truth", 0.2, 0.475, 1.0, 1 - 0.275 / 0.525),  # copies
        ("ld_r2_r", 0.5, 0.99, 0.98, math.nan),
        ("ld_r2_r", 0.5, math.nan, 0.1, math.nan),
        ("ld_r2_r", 0, 0, 0, math.nan),
    ],
)
def test_closeness(metric, value, ceiling, floor, expected):
    assert gates.closeness(metric, value, ceiling, floor) == pytest.approx(expected, nan_ok=True)
    # The gate passes where closeness reaches its bound.
    if not math.isnan(expected) and 0 < expected < 1:
        for bound, outcome in ((expected - 0.01, "pass"), (expected + 0.01, "fail")):
            gate = gates.Gate("fidelity", metric, "closeness_min", bound)
            assert gates.judge(gate, value, ceiling, floor, value, value).outcome == outcome
