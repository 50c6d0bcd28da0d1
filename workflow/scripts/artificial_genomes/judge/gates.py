"""Gates: what a number of the scorecard must be, whether it is, and in words why not.

Every rule of a gate comes down to a range that the number may lie in; ceiling and floor are those of the number's own
row of the scorecard.
"""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from artificial_genomes.judge.metrics import METRICS, metric_of, value_text

KINDS = ("fidelity", "privacy")
"""Fidelity gates say whether AGs are faithful, and rank models; privacy gates say whether they are safe."""

_RULE_TEXT = {
    "closeness_min": "closeness at least",
    "below_ceiling_max": "below the ceiling by at most",
    "above_ceiling_max": "above the ceiling by at most",
    "from_half_max": "from 0.5 by at most",
    "at_most": "at most",
    "at_least": "at least",
}

RULES = tuple(_RULE_TEXT)
"""What a gate can ask of its metric; `Gate` says what each means."""

_BESIDE_CEILING = ("closeness_min", "below_ceiling_max", "above_ceiling_max")

OUTCOMES = ("fail", "missing", "not proven", "pass", "not applicable")
"""What a gate can say, the worst first."""

NOT_PROVEN = ("missing", "not proven", "not applicable")
"""Outcomes of a privacy gate that neither clear nor refuse AGs."""

CHANCE = 2.0
"""A fidelity gate fails where its number lies beyond the bound by more than this many half-widths of its 95 % interval:
√2 since the ceiling is as uncertain as the number, and √2 since about 16 gates are asked at once (one in 350 each)."""

RELATIVE_GAP = 0.1
"""Ceiling and floor nearer to each other than this share of the larger one say nothing about closeness."""

SHORTFALL_MAX = 1.5
"""More than this, in units of the distance of the floor from the ceiling, is no worse."""

SHORTFALL_AT_BOUND = 0.1
"""The shortfall of a number that may just pass, where distances are not in units of the floor's."""

TOLERANCE = 1e-9
"""What a number may miss its range by: the error of binary fractions."""


class Gate(NamedTuple):
    """A rule for a metric.

    Attributes
    ----------
    kind
        One of KINDS.
    metric
        A metric of the scorecard.
    rule, bound
        One of

        - closeness_min: 1 - |value - ceiling| / |floor - ceiling| at least; for correlations and errors what is better
          than the ceiling counts as the ceiling;
        - below_ceiling_max, above_ceiling_max: so far below, above the ceiling at the most;
        - from_half_max: so far from 0.5 at the most;
        - at_most, at_least.
    """

    kind: str
    metric: str
    rule: str
    bound: float


class Judgement(NamedTuple):
    """What a gate says of a number.

    Attributes
    ----------
    outcome
        One of OUTCOMES. A fidelity gate passes where the number is allowed, and fails where it is beyond its bound by
        more than chance explains. A privacy gate passes where the whole 95 % interval is allowed, and fails where none
        of it is, or where a number without interval is not. Otherwise either is not proven. A privacy gate on a
        metric that cannot fail (`metrics.Metric`) does not fail.
    margin
        Distance from the nearer end of the allowed range, in units of the number: negative outside, NaN where there is
        no range or no number.
    reason
        A sentence without its full stop.
    """

    outcome: str
    margin: float
    reason: str


def read_gates(settings: Mapping[str, Mapping[str, Mapping[str, float | None] | None]]) -> list[Gate]:
    """Return the gates of the `verdict` block of the configuration; null switches a gate, or a rule, off.

    The gates of a kind come in the order of the registry of metrics, those of unknown metrics last.
    """
    places = {metric: place for place, metric in enumerate(METRICS)}
    return [
        Gate(kind, metric, rule, float(bound))
        for kind in KINDS
        for metric, rules in sorted(settings[kind].items(), key=lambda gate: places.get(gate[0], len(places)))
        for rule, bound in (rules or {}).items()
        if bound is not None
    ]


def own_bounds(gates: Sequence[Gate], defaults: Sequence[Gate]) -> str:
    """Return in words which default gates are laxer, of another rule or switched off; "" where none is.

    Stricter gates, and gates on further metrics, are no reason for less trust.
    """
    changed = []
    for default in defaults:
        own = [gate for gate in gates if (gate.kind, gate.metric) == (default.kind, default.metric)]
        if not any(_is_as_strict(gate, default) for gate in own):
            found = ", ".join(map(bound_text, own)) or "switched off"
            changed.append(f"{default.metric} {found} (default: {bound_text(default)})")
    return "; ".join(changed)


def bound_text(gate: Gate) -> str:
    """Return rule and bound of a gate in words: "at most 0.55"."""
    return f"{_RULE_TEXT[gate.rule]} {gate.bound:g}"


def _is_as_strict(gate: Gate, default: Gate) -> bool:
    if gate.rule in ("at_least", "closeness_min"):
        return gate.rule == default.rule and gate.bound >= default.bound
    return gate.rule == default.rule and gate.bound <= default.bound


def allowed_range(gate: Gate, ceiling: float, floor: float) -> tuple[float, float]:
    """Return the lowest and highest number that passes; NaN where a control that the rule needs is missing."""
    bound = gate.bound
    match gate.rule:
        case "at_most":
            return -math.inf, bound
        case "at_least":
            return bound, math.inf
        case "from_half_max":
            return 0.5 - bound, 0.5 + bound
        case "below_ceiling_max":
            return ceiling - bound, math.inf
        case "above_ceiling_max":
            return -math.inf, ceiling + bound
        case "closeness_min":
            reach = (1 - bound) * abs(floor - ceiling)
            sense = metric_of(gate.metric).sense
            return ceiling - reach if sense >= 0 else -math.inf, ceiling + reach if sense <= 0 else math.inf
    raise ValueError(f"unknown rule of a gate: {gate.rule}")


def judge(
    gate: Gate, value: float, ceiling: float, floor: float, ci_low: float = math.nan, ci_high: float = math.nan
) -> Judgement:
    """Return what a gate says of a number, its 95 % interval, its ceiling and its floor (NaN where there is none)."""
    metric = metric_of(gate.metric)
    if not math.isfinite(value):
        if gate.rule in _BESIDE_CEILING and not math.isfinite(ceiling):
            why = ", nor is it for other real people"
            return Judgement("not applicable", math.nan, f"{metric.label} is not defined{why}")
        why = f": {metric.undefined}" if metric.undefined else ""
        return Judgement("missing", math.nan, f"{metric.label} is not defined{why}")
    shown = f"{metric.label} {value_text(value, gate.metric)}"
    low, high = allowed_range(gate, ceiling, floor)
    if math.isnan(low) or math.isnan(high):
        return Judgement("not proven", math.nan, f"{shown} has no ceiling or floor to compare with")
    if gate.rule == "closeness_min":
        useless = _uninformative(metric.sense, ceiling, floor)
        if useless and _beyond_both(metric.sense, value, ceiling, floor):
            return Judgement("fail", math.nan, f"{shown}: far worse than real people and than independent sites")
        if useless:
            return Judgement("not applicable", math.nan, f"{shown}: {useless}")
    margin = min(value - low, high - value)
    is_allowed = margin >= -TOLERANCE
    has_interval = math.isfinite(ci_low) and math.isfinite(ci_high)
    if has_interval and ci_low < ci_high:
        shown += f" ({value_text(ci_low, gate.metric)} to {value_text(ci_high, gate.metric)})"
    if gate.kind == "privacy":
        is_proven = has_interval and low - TOLERANCE <= ci_low and ci_high <= high + TOLERANCE
        is_refuted = not is_allowed and not (has_interval and ci_low <= high and low <= ci_high)
        is_refuted &= metric.can_fail
    else:
        is_proven = is_allowed
        is_refuted = has_interval and -margin > CHANCE * (ci_high - value if value < low else value - ci_low)
    outcome = "pass" if is_proven else "fail" if is_refuted else "not proven"
    if is_allowed:
        what = "within bounds"
    elif value < low:
        what = metric.too_low or "too low"
    else:
        what = metric.too_high or "too high"
    if outcome == "not proven":
        what += ", not proven" if has_interval else ", not proven without an interval"
    return Judgement(outcome, margin, f"{shown}: {what} (allowed: {_range_text(low, high, gate.metric)})")


def shortfall(gate: Gate, value: float, ceiling: float, floor: float) -> float:
    """Return how far a number falls short: 0 at the ceiling or on its better side, 1 at the floor, 1.5 at the most.

    It is in units of the distance of the floor from the ceiling. For the rules below_ceiling_max and above_ceiling_max,
    whose metrics may have a floor as good as the ceiling, what may just pass counts 0.1; for from_half_max it is the
    distance from 0.5 in units of 0.5. NaN where the number is, or where ceiling and floor say nothing.
    """
    if gate.rule == "from_half_max":
        away = abs(value - 0.5) / 0.5
    elif gate.rule in ("below_ceiling_max", "above_ceiling_max"):
        distance = ceiling - value if gate.rule == "below_ceiling_max" else value - ceiling
        away = SHORTFALL_AT_BOUND * distance / gate.bound if gate.bound else math.inf * distance if distance else 0.0
    else:
        away = _away({"at_least": 1, "at_most": -1}.get(gate.rule, metric_of(gate.metric).sense), value, ceiling, floor)
    return away if math.isnan(away) else min(max(away, 0.0), SHORTFALL_MAX)


def closeness(metric: str, value: float, ceiling: float, floor: float) -> float:
    """Return how close a number is to its ceiling: 1 at the ceiling, 0 at the floor or beyond.

    For correlations and errors what is better than the ceiling counts as the ceiling. NaN where ceiling and floor say
    nothing.
    """
    away = _away(metric_of(metric).sense, value, ceiling, floor)
    return away if math.isnan(away) else min(max(1 - away, 0.0), 1.0)


def _away(direction: int, value: float, ceiling: float, floor: float) -> float:
    """Return the distance of a number from its ceiling in units of that of the floor; below 0 on the better side."""
    if _uninformative(direction, ceiling, floor):
        return math.nan
    distance = direction * (ceiling - value) if direction else abs(ceiling - value)
    return distance / abs(floor - ceiling)


def _uninformative(direction: int, ceiling: float, floor: float) -> str:
    """Return why a place between ceiling and floor says nothing; "" where it says something."""
    gap = abs(floor - ceiling)
    if not math.isfinite(gap):
        return "there is no ceiling or no floor to compare with"
    controls = f"ceiling {value_text(ceiling)}, floor {value_text(floor)}"
    if gap <= RELATIVE_GAP * max(abs(floor), abs(ceiling)):
        return f"ceiling and floor are too near to each other to tell ({controls})"
    if direction * (ceiling - floor) < 0:
        return f"independent sites do better here than real people ({controls})"
    return ""


def _beyond_both(direction: int, value: float, ceiling: float, floor: float) -> bool:
    """Return whether a number is far worse than both controls: an error twice the larger, a correlation 0.2 below."""
    if direction > 0:
        return value < min(ceiling, floor) - 0.2
    return direction < 0 and value > 2 * max(ceiling, floor)


def _range_text(low: float, high: float, metric: str) -> str:
    if low == -math.inf:
        return f"at most {value_text(high, metric)}"
    if high == math.inf:
        return f"at least {value_text(low, metric)}"
    return f"{value_text(low, metric)} to {value_text(high, metric)}"
