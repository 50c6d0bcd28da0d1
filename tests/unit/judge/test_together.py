"""AG sets of one data set that are released together are attacked together."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from artificial_genomes.core.errors import UserError
from artificial_genomes.core.haplotypes import Haplotypes, artificial_people
from artificial_genomes.judge.gates import Gate
from artificial_genomes.judge.together import judge_together, require_together

N_PEOPLE, N_SITES = 300, 200
GATES = [
    Gate("privacy", "mia_auc", "at_most", 0.8),
    Gate("privacy", "privacy_loss", "at_most", 0.05),
]


@pytest.fixture(scope="module")
def real():
    alleles = np.random.default_rng(1).integers(0, 2, (2 * N_PEOPLE, N_SITES), dtype=np.uint8)
    sites = pd.DataFrame({"contig": "1", "position": range(1, N_SITES + 1), "id": ".", "ref": "A", "alt": "C"})
    people = artificial_people(N_PEOPLE)
    return Haplotypes(alleles, sites, people)


def copies_of(real, people):
    """Return near copies of some people as an AG set."""
    alleles = real.take_people(people).alleles.copy()
    alleles[:, :5] ^= 1
    return Haplotypes(alleles, real.sites, artificial_people(len(people)))


@pytest.mark.integration
def test_sets_that_each_copy_a_part_of_the_people_leak_more_together(real):
    split = np.repeat(["train", "test"], [200, 100])
    parts = [copies_of(real, np.arange(start, start + 60)) for start in (0, 60, 120)]
    auc = [
        judge_together(real, split, sets, GATES, 1, 100).set_index("gate").loc["mia_auc"]
        for sets in ([parts[0]], parts[:2], parts)
    ]
    assert [one["outcome"] for one in auc] == ["pass", "not proven", "fail"]
    # A copied member is found for certain, another by chance: 3, 6 and 9 of 10 are copied.
    for one, share in zip(auc, (0.3, 0.6, 0.9), strict=True):
        assert one["value"] == pytest.approx(share + (1 - share) / 2, abs=0.05)


@pytest.mark.integration
def test_only_gates_on_the_attack_are_asked(real):
    split = np.repeat(["train", "test"], [200, 100])
    verdict = judge_together(real, split, [copies_of(real, np.arange(60))], GATES, 1, 20)
    assert verdict["gate"].tolist() == ["mia_auc"]


@pytest.mark.integration
def test_sets_or_individuals_of_which_a_draw_was_attacked_are_not_proven_together(real):
    """As they are for a single set: more AGs reveal more, and AGs may copy individuals who were not drawn."""
    split = np.repeat(["train", "test"], [200, 100])
    innocent = [copies_of(real, np.arange(200, 230))] * 2
    for of_real, of_ags, reason in (
        (1500, None, "Attacks saw 20.00% of the individuals"),
        (None, 90, "Attacks saw 50.00% of the AGs"),
    ):
        sets = [innocent[0], replace(innocent[1], drawn_from=of_ags)]
        verdict = judge_together(replace(real, drawn_from=of_real), split, sets, GATES, 1, 20)
        assert verdict["outcome"].tolist()[1:] == ["not proven"]
        with pytest.raises(UserError, match=f"{reason}, a random draw: privacy is not proven"):
            require_together(verdict, "mine", ["rbm", "gan"], False)


def outcomes(*words):
    return pd.DataFrame({"outcome": words, "reason": [f"number {i}" for i in range(len(words))]})


def test_what_may_be_released_together():
    names = ["rbm (seed 1)", "rbm (seed 2)"]
    said = require_together(outcomes("pass", "pass"), "mine", names, False)
    assert said == "rbm (seed 1), rbm (seed 2) on mine together: all 2 privacy gates that attack them passed."
    assert require_together(outcomes("pass", "not proven"), "mine", names, True).endswith(
        "privacy not proven. number 1."
    )
    for words, consent in ((("not proven", "pass"), False), (("fail", "pass"), True)):
        with pytest.raises(UserError, match=r"may not be released together.*number 0\. Name fewer"):
            require_together(outcomes(*words), "mine", names, consent)
