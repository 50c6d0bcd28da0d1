"""The registry of metrics: what each number of the scorecard is called and means, and which end of it is good.

`metrics.tsv` beside this module holds a row per metric, in the order of tables, and this module reads it. A name with
placeholders in braces, such as `{statistic}_r`, stands for a family of metrics. The bounds of gates are not here: they
are settings, `verdict` in `config/config.yaml`.
"""

import csv
import math
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from artificial_genomes.compare.attacks import ATTACKS, PLANTED
from artificial_genomes.core.labels import feature
from artificial_genomes.scans.statistics import STATISTICS, TOP_PLACES_MIN

DIRECTIONS = {"more is better": 1, "less is better": -1, "best at the ceiling": 0, "": 0}
"""The sign of each direction; "" is that of metrics which have another ideal, or none."""

COLUMNS = ["name", "label", "group", "direction", "unit", "meaning"]
"""Columns of the table of metrics of a run."""


class Metric(NamedTuple):
    """What the workflow knows of a metric: a row of the registry.

    Attributes
    ----------
    name
        In the scorecard.
    label, group
        Its short name in tables, and the table that it stands in.
    direction
        Which values are good: a key of `DIRECTIONS`.
    unit
        What it counts or is measured in; "" for correlations and the like.
    is_count
        Whether it is a number of things, shown as a whole number.
    is_graded
        Whether a place between ceiling and floor says how good a value is.
    can_fail
        Whether a privacy gate on it can fail. One on the power of the attack cannot: an attack that would miss copies
        proves nothing, and refutes nothing.
    first_page
        Names under which the first page of the report shows it.
    data_card
        What the data card of a release calls it; "" where it is not shown there.
    meaning
        Its definition, a sentence.
    too_low, too_high
        What it means that a gate finds it too low or too high, without a full stop.
    undefined
        Where it has no number; "" where nothing special is to be said.
    """

    name: str
    label: str
    group: str
    direction: str = ""
    unit: str = ""
    is_count: bool = False
    is_graded: bool = False
    can_fail: bool = True
    first_page: tuple[str, ...] = ()
    data_card: str = ""
    meaning: str = "No definition."
    too_low: str = ""
    too_high: str = ""
    undefined: str = ""

    @property
    def sense(self) -> int:
        """1 where more is better (correlations), -1 where less is (errors, distances), 0 where both ends are bad."""
        return DIRECTIONS[self.direction]

    @property
    def definition(self) -> str:
        """Its meaning, and why it may have no number."""
        return f"{self.meaning} {self.undefined[0].upper()}{self.undefined[1:]}." if self.undefined else self.meaning


def read_registry(path: Path) -> list[Metric]:
    """Return the rows of the registry, families among them."""
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    metrics = []
    for row in rows:
        flags = {
            "is_count": row.pop("count") == "yes",
            "is_graded": row.pop("graded") != "no",
            "can_fail": row.pop("fails") != "no",
        }
        first_page = row.pop("first_page")
        shown = (row["name"],) if first_page == "yes" else tuple(first_page.split())
        metrics.append(Metric(**row, **flags, first_page=shown))
    return metrics


REGISTRY = read_registry(Path(__file__).with_suffix(".tsv"))
METRICS = {metric.name: metric for metric in REGISTRY if "{" not in metric.name}
FAMILIES = [metric for metric in REGISTRY if "{" in metric.name]
GROUPS = tuple(dict.fromkeys(metric.group for metric in REGISTRY))
KEY_METRICS = tuple(name for metric in REGISTRY for name in metric.first_page)
"""Metrics of the first page of the report, as far as a dataset has them."""

_UNKNOWN_GROUP = "Other"
_PATTERNS = {
    "attack": "|".join(ATTACKS),
    "planting": "|".join(PLANTED),
    "gap": r"\w+",
    "statistic": "|".join(STATISTICS),
    "feature": r"\w+?",
    "n": r"\d+",
}
"""Which text the placeholders of names stand for."""


@cache
def metric_of(name: str) -> Metric:
    """Return the entry of a metric; an unknown one is shown under its own name.

    Examples
    --------
    >>> metric_of("top1_overlap_xpehh").label, metric_of("imputation_r2_minimac4").label
    ('Top 1 % XP-EHH', 'True r², minimac4')
    """
    if name in METRICS:
        return METRICS[name]
    for family in FAMILIES:
        pattern = re.sub(r"\{(\w+)\}", lambda match: f"(?P<{match[1]}>{_PATTERNS[match[1]]})", family.name)
        if found := re.fullmatch(pattern, name):
            return filled(family, _words(**found.groupdict()))
    # Programs after the first have the same metrics under their own names: `imputation_r2_minimac4`.
    base, _, program = name.rpartition("_")
    if base.startswith("imputation_") and base in METRICS:
        return METRICS[base]._replace(name=name, label=f"{METRICS[base].label}, {program}", first_page=(), data_card="")
    return Metric(name, name, _UNKNOWN_GROUP)


def filled(family: Metric, words: Mapping[str, str]) -> Metric:
    """Return a member of a family: words in the place of the placeholders."""
    texts = {key: getattr(family, key).format_map(words) for key in ("name", "label", "meaning", "too_low")}
    return family._replace(**texts)


def _words(**values: str) -> dict[str, str]:
    """Return the words for all placeholders of a family from those of its name."""
    words = dict(values)
    if attack := ATTACKS.get(values.get("attack", "")):
        words |= attack._asdict()
    if planted := PLANTED.get(values.get("planting", "")):
        words["planted"] = planted
    if gap := values.get("gap"):
        words["where"] = "anywhere" if gap == "random" else f"{gap} sites apart"
    if statistic := STATISTICS.get(values.get("statistic", "")):
        words |= {"title": statistic.title, "places": f"{statistic.unit}s", "top": str(TOP_PLACES_MIN)}
    if "feature" in values:
        words["features"] = feature(values["feature"]).text
    return words


GENERAL_WORDS = {
    **{name: f"{{{name}}}" for name in _PATTERNS},
    "where": "at a distance of {gap} sites (`random`: anywhere)",
    "looks": "{attack} (docs/privacy.md)",
    "knows": "what that page says",
    "planted": "{planting}",
    "title": "{statistic}",
    "places": "sites or windows",
    "top": str(TOP_PLACES_MIN),
    "features": "{feature}",
}
"""What stands in the place of placeholders where a family as a whole is described."""


def in_order(names: Iterable[str]) -> list[str]:
    """Return names of metrics in the order of the registry; members of families, and unknown ones, come last."""
    places = {name: place for place, name in enumerate(METRICS)}
    return sorted(names, key=lambda name: places.get(name, len(places)))


def describe_metrics(names: Iterable[str]) -> pd.DataFrame:
    """Return what metrics are: a table with COLUMNS, a row per metric."""
    metrics = [metric_of(name) for name in in_order(dict.fromkeys(names))]
    metrics = [metric._replace(meaning=metric.definition) for metric in metrics]
    return pd.DataFrame(metrics, columns=Metric._fields)[COLUMNS]


def number_text(value: float, metric: str = "") -> str:
    """Return a number as it is shown: counts and large numbers whole, from 10 on one decimal, and else three."""
    if not math.isfinite(value):
        return "–"
    is_count = metric_of(metric).is_count
    whole = abs(value) >= 100 or (is_count and float(value).is_integer())
    text = f"{value:,.0f}" if whole else f"{value:.1f}" if is_count or abs(value) >= 10 else f"{value:.3f}"
    return text.removeprefix("-") if float(text.replace(",", "")) == 0 else text.replace("-", "−")


def value_text(value: float, metric: str = "") -> str:
    """Return a number as `number_text`, but with two significant digits where three decimals would hide it."""
    return f"{value:.2g}".replace("-", "−") if 0 < abs(value) < 0.01 else number_text(value, metric)
