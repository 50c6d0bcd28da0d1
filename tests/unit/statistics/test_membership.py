import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.metrics import roc_auc_score, roc_curve

from artificial_genomes.statistics import bootstrap
from artificial_genomes.statistics.membership import Scores


@pytest.fixture
def scores():
    rng = np.random.default_rng(4)
    return Scores(rng.poisson(55, 500), rng.poisson(40, 300))


@pytest.mark.parametrize("rate", [0.01, 0.001])
def test_auc_and_rate_agree_with_scikit_learn(scores, rate):
    labels = np.repeat([1, 0], [500, 300])
    guesses = np.concatenate([scores.members, scores.others])
    assert scores.auc() == pytest.approx(roc_auc_score(labels, guesses))
    false, true, _ = roc_curve(labels, guesses, drop_intermediate=False)
    assert scores.true_positive_rate(rate) == pytest.approx(np.interp(rate, false, true))
    assert 0.001 < scores.true_positive_rate(rate) < 0.6


def test_extremes_and_chance():
    apart = Scores(np.ones(4), np.zeros(4))
    assert (apart.auc(), apart.true_positive_rate()) == (1, 1)
    same = Scores(np.full(40, 7.5), np.full(60, 7.5))
    assert same.auc() == 0.5
    assert same.true_positive_rate() == pytest.approx(0.01), "a guess at random finds 1 % of the members"
    assert Scores(np.full(40, 3), np.full(60, 7)).true_positive_rate() == 0


def test_replicates_are_those_of_the_drawn_individuals():
    rng = np.random.default_rng(5)
    scores = Scores(rng.poisson(5, 40), rng.poisson(4, 60))
    weights = [bootstrap.resample_people(n, 4, rng).repeat(2, axis=1) for n in (20, 30)]
    auc, rate = scores.replicates(*weights, 0.01)
    for k in range(4):
        drawn = Scores(
            *(
                np.repeat(values, times[k].astype(int))
                for values, times in zip((scores.members, scores.others), weights, strict=True)
            )
        )
        assert auc[k] == pytest.approx(drawn.auc())
        assert rate[k] == pytest.approx(drawn.true_positive_rate())


def test_parts_and_individuals(scores):
    part = scores.of(np.arange(500) < 50, np.arange(300) >= 100)
    assert part.auc() == Scores(scores.members[:50], scores.others[100:]).auc()
    people = scores.of_individuals()
    assert people.members[3] == scores.members[6] + scores.members[7]
    assert people.auc() > scores.auc(), "two haplotypes tell more than one"


def test_epsilon_of_randomized_response_is_found_and_never_overstated():
    """A member says so with a probability p, another with 1 - p: this has epsilon log(p / (1 - p)) exactly."""
    rng = np.random.default_rng(3)
    epsilon = np.log(0.8 / 0.2)
    bounds = []
    for _ in range(100):
        members, others = rng.random(2000) < 0.8, rng.random(2000) < 0.2
        bounds.append(Scores(members + 0.0, others + 0.0).epsilon_low())
    assert np.median(bounds) > 0.75 * epsilon
    assert np.mean(np.array(bounds) > epsilon) <= 0.05


def test_chance_refutes_no_epsilon():
    rng = np.random.default_rng(6)
    bounds = [Scores(*rng.normal(size=(2, 500))).epsilon_low() for _ in range(100)]
    assert np.mean(np.array(bounds) > 0) <= 0.05


def test_epsilon_of_a_perfect_attack_is_that_of_its_counts():
    # Half of 200 rows judge: 100 of 100 found, 0 of 100 mistaken, a one-sided bound of 1.25 % on either rate.
    low = binomtest(100, 100).proportion_ci(0.975).low
    high = binomtest(0, 100).proportion_ci(0.975).high
    assert Scores(np.ones(200), np.zeros(200)).epsilon_low() == pytest.approx(np.log(low / high))
