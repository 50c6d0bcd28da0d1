"""Ranks that say nothing."""

import math

import numpy as np
import pandas as pd
import pytest

from artificial_genomes.judge.ties import ties

CEILING, BOUND = 0.98, 0.1


def rows(model, values, half, seed=1, outcome="pass"):
    """Return gates of a model whose shortfall is 0.1 (ceiling - value) / bound = ceiling - value."""
    return [
        {"dataset": "d", "model": model, "seed": seed, "kind": "fidelity", "gate": f"m{i}", "value": value}
        | {"ci_low": value - half, "ci_high": value + half, "ceiling": CEILING, "floor": 0.0}
        | {"rule": "below_ceiling_max", "bound": BOUND, "outcome": outcome}
        for i, value in enumerate(values)
    ]


def summary_of(verdict, failed=()):
    """Return the columns of a summary that ties need; the shortfall is computed by its definition."""
    by_seed = verdict.assign(square=(CEILING - verdict["value"]) ** 2).groupby(["model", "seed"], sort=False)["square"]
    short = np.sqrt(by_seed.mean()).groupby("model", sort=False).mean()
    table = pd.DataFrame({"dataset": "d", "model": short.index, "fidelity_shortfall": short.to_numpy()})
    table["fidelity_rank"] = table["fidelity_shortfall"].rank().astype(int)
    return table.assign(fidelity_failed=[int(model in failed) for model in table["model"]], fidelity_missing=0)


def tied(*parts, failed=()):
    verdict = pd.DataFrame([row for part in parts for row in part])
    return {model: others for (_, model), others in ties(verdict, summary_of(verdict, failed)).items()}


def test_two_models_tie_if_they_differ_by_less_than_the_interval_of_the_difference():
    # With one gate the shortfall has the interval of the number: sqrt(2) times its half must reach 0.03.
    limit = 0.03 / math.sqrt(2)
    a, b = [0.95], [0.92]
    assert tied(rows("a", a, 1.01 * limit), rows("b", b, 1.01 * limit)) == {"a": ["b"], "b": ["a"]}
    assert tied(rows("a", a, 0.99 * limit), rows("b", b, 0.99 * limit)) == {"a": [], "b": []}
    assert tied(rows("a", a, 0.0), rows("b", b, 0.0)) == {"a": [], "b": []}


def test_the_interval_is_that_of_random_numbers_around_the_gates():
    rng = np.random.default_rng(1)
    values, half = np.array([0.95, 0.90, 0.88]), 0.01
    drawn = CEILING - values - rng.normal(0, half / 1.96, (200_000, 3))
    reach = 1.96 * np.sqrt((drawn**2).mean(axis=1)).std()
    short = math.sqrt(np.mean((CEILING - values) ** 2))
    # A second model without error, just within the interval and just outside.
    for factor, expected in ((0.97, ["b"]), (1.03, [])):
        other = CEILING - (short + factor * reach)
        assert tied(rows("a", values, half), rows("b", [other] * 3, 0.0))["a"] == expected


def test_seeds_that_differ_make_ties():
    seeds = [*rows("a", [0.95], 0.0, 1), *rows("a", [0.89], 0.0, 2)]
    # Mean shortfall 0.06; two seeds 0.06 apart have a standard error of 0.03 of their mean.
    assert tied(seeds, rows("b", [0.98 - 0.06 - 0.058], 0.0))["a"] == ["b"]
    assert tied(seeds, rows("b", [0.98 - 0.06 - 0.060], 0.0))["a"] == []


def test_a_faithful_model_and_one_that_is_not_are_no_tie():
    parts = rows("a", [0.95], 0.1), rows("b", [0.94], 0.1), rows("c", [0.93], 0.1)
    assert tied(*parts) == {"a": ["b", "c"], "b": ["a", "c"], "c": ["a", "b"]}
    assert tied(*parts, failed=["b"]) == {"a": ["c"], "b": [], "c": ["a"]}


@pytest.mark.parametrize("missing", ["ci_low", "ceiling"])
def test_what_is_not_known_makes_no_tie(missing):
    verdict = pd.DataFrame(rows("a", [0.95], 0.1) + rows("b", [0.94], 0.1)).assign(**{missing: np.nan})
    summary = summary_of(verdict.assign(ceiling=CEILING))
    assert set(map(tuple, ties(verdict, summary).values())) == {()}
