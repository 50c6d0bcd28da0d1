"""Which models a release takes."""

import pandas as pd
import pytest

from artificial_genomes.core.kinds import BASELINES
from artificial_genomes.judge.choice import choose_models
from artificial_genomes.judge.verdict import CLEARED, FAITHFUL, REFUSED, SAFE

KINDS = {name: name for name in ("gan", "rbm", "hclt", *BASELINES)} | {"rbm_small": "rbm"}


def summary(**words):
    """Return a summary of one data set, the models ranked as they come."""
    rows = [("mine", model, word, rank) for rank, (model, word) in enumerate(words.items(), 1)]
    return pd.DataFrame(rows, columns=["dataset", "model", "verdict", "fidelity_rank"])


def test_the_best_cleared_model_is_released_and_never_a_baseline():
    words = {"li_stephens": CLEARED, "gan": FAITHFUL, "markov": CLEARED, "rbm_small": CLEARED, "rbm": CLEARED}
    assert choose_models(summary(**words), "mine", "best", KINDS, False) == ["rbm_small"]
    # A model whose privacy is not proven does not stand in for one that is cleared, whatever its rank.
    assert choose_models(summary(**words), "mine", "best", KINDS, True) == ["rbm_small"]
    assert choose_models(summary(**words), "other", "best", KINDS, True) == []


@pytest.mark.parametrize("word", [SAFE, REFUSED])
def test_what_is_not_faithful_is_never_the_best(word):
    assert choose_models(summary(gan=word, rbm=word), "mine", "best", KINDS, True) == []


def test_consent_takes_the_best_of_those_whose_privacy_is_not_proven():
    words = {"bernoulli": FAITHFUL, "gan": SAFE, "rbm": FAITHFUL, "hclt": FAITHFUL}
    assert choose_models(summary(**words), "mine", "best", KINDS, True) == ["rbm"]
    assert choose_models(summary(**words), "mine", "best", KINDS, False) == []


def test_named_models_are_released_as_far_as_the_verdict_allows():
    words = {"li_stephens": REFUSED, "rbm": FAITHFUL, "gan": CLEARED, "bernoulli": SAFE, "hclt": CLEARED}
    named = ["bernoulli", "gan", "rbm", "li_stephens"]
    assert choose_models(summary(**words), "mine", named, KINDS, False) == ["gan", "bernoulli"]
    assert choose_models(summary(**words), "mine", named, KINDS, True) == ["rbm", "gan", "bernoulli"]


def test_ags_that_somebody_else_made_are_not_released():
    assert choose_models(summary(theirs=CLEARED), "mine", "best", KINDS, False) == []
    assert choose_models(summary(theirs=CLEARED), "mine", ["theirs"], KINDS, False) == []
