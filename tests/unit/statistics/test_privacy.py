import numpy as np
import pytest
from sklearn.metrics import roc_auc_score, roc_curve

from artificial_genomes.statistics import bootstrap
from artificial_genomes.statistics.privacy import (
    Attack,
    find_copies,
    near_share_replicates,
    planted_rate,
    planted_replicates,
)


def labels_and_guesses(members, others):
    return np.repeat([1, 0], [len(members), len(others)]), -np.concatenate([members, others])


@pytest.fixture
def attack():
    rng = np.random.default_rng(4)
    return Attack(rng.poisson(40, 500), rng.poisson(55, 300))


def test_auc_and_rate_agree_with_scikit_learn(attack):
    labels, guesses = labels_and_guesses(attack.members, attack.others)
    assert attack.auc() == pytest.approx(roc_auc_score(labels, guesses))
    false, true, _ = roc_curve(labels, guesses, drop_intermediate=False)
    assert attack.true_positive_rate() == pytest.approx(np.interp(0.01, false, true))
    assert 0.05 < attack.true_positive_rate() < 0.5


def test_extremes_and_chance():
    assert Attack(np.zeros(4, int), np.ones(4, int)).auc() == 1
    assert Attack(np.zeros(4, int), np.ones(4, int)).true_positive_rate() == 1
    same = Attack(np.full(40, 7), np.full(60, 7))
    assert same.auc() == 0.5
    assert same.true_positive_rate() == pytest.approx(0.01), "a guess at random finds 1 % of the members"
    assert Attack(np.full(40, 7), np.full(60, 3)).true_positive_rate() == 0


def test_replicates_are_those_of_the_drawn_people():
    rng = np.random.default_rng(5)
    attack = Attack(rng.poisson(4, 40), rng.poisson(5, 40))
    draws = [bootstrap.resample_people(20, 4, rng) for _ in range(2)]
    auc, rate = attack.replicates(*draws)
    for k in range(4):
        drawn = Attack(
            *(
                np.repeat(values.reshape(20, 2), times[k].astype(int), axis=0).ravel()
                for values, times in zip((attack.members, attack.others), draws, strict=True)
            )
        )
        assert auc[k] == pytest.approx(drawn.auc())
        assert rate[k] == pytest.approx(drawn.true_positive_rate())


def test_attack_on_a_part(attack):
    masks = np.arange(500) < 50, np.arange(300) >= 100
    part = attack.of(*masks)
    assert part.auc() == Attack(attack.members[:50], attack.others[100:]).auc()


def test_near_copies_are_nearer_than_one_in_a_hundred_unseen():
    unseen = np.arange(200, 400)
    copies = find_copies(np.array([0, 150, 201, 202, 203, 500]), unseen)
    # 2 of 200, one in a hundred, lie below 202.
    assert copies.threshold == 202
    np.testing.assert_array_equal(copies.near, [True, True, True, False, False, False])
    np.testing.assert_array_equal(copies.exact, [True, False, False, False, False, False])
    assert copies.near_share() == 0.5


def test_where_real_people_are_alike_nothing_is_near():
    unseen = np.repeat([0, 30], [5, 95])
    copies = find_copies(np.array([0, 0, 1, 30]), unseen)
    assert copies.threshold == 0
    assert copies.exact.sum() == 2
    assert not copies.near.any()
    assert np.isnan(copies.near_share()), "that none is near says nothing"


def test_replicates_of_the_near_share_move_the_threshold_too():
    rng = np.random.default_rng(3)
    unseen, ag = rng.poisson(60, 200), rng.poisson(60, 4000)
    replicates = near_share_replicates(ag, unseen, 300, rng)
    threshold_alone = np.array([(ag < np.sort(rng.choice(unseen, 200))[2]).mean() for _ in range(300)])
    assert replicates.std() == pytest.approx(threshold_alone.std(), rel=0.4)
    fixed = (ag < np.sort(unseen)[2]).mean()
    assert replicates.std() > 3 * np.sqrt(fixed * (1 - fixed) / 4000), "the AGs alone would promise too much"


def test_unseen_haplotypes_themselves_have_at_most_their_share():
    rng = np.random.default_rng(1)
    for n in (7, 99, 100, 1000):
        unseen = rng.poisson(12, n)
        assert find_copies(unseen, unseen).near.mean() <= 0.01


def test_planted_copies_are_found_where_haplotypes_differ_and_not_where_all_are_alike():
    rng = np.random.default_rng(2)
    n = 400
    different = Attack(rng.normal(0, 5, n).round(), rng.normal(0, 5, n).round())
    planted = np.arange(40)
    # A copy puts the distance to 0, which lies 60 below that to other real haplotypes.
    to_planted = Attack(np.where(np.arange(n) < 40, -60, 30), np.full(n, 30))
    assert planted_rate(different, planted, to_planted) == 1
    alike = Attack(np.zeros(n), np.zeros(n))
    assert planted_rate(alike, planted, Attack(np.zeros(n), np.zeros(n))) == pytest.approx(0.01)
    assert np.isnan(planted_rate(alike, planted[:0], alike))


def test_replicates_of_the_power_are_those_of_people_drawn_again():
    rng = np.random.default_rng(4)
    attack = Attack(*rng.integers(-9, 9, (2, 60)))
    to_planted = Attack(*rng.integers(-12, 20, (2, 60)))
    planted = np.arange(0, 60, 7)
    draws = [bootstrap.resample_people(30, 3, rng) for _ in range(2)]
    found = planted_replicates(attack, planted, to_planted, *draws)
    for i, rates in enumerate(found):
        rows = [np.repeat(np.arange(60), np.repeat(side[i].astype(int), 2)) for side in draws]
        again = [getattr(attack, side)[own] for side, own in zip(("members", "others"), rows, strict=True)]
        copies = [getattr(to_planted, side)[own] for side, own in zip(("members", "others"), rows, strict=True)]
        drawn = np.flatnonzero(np.isin(rows[0], planted))
        assert rates == pytest.approx(planted_rate(Attack(*again), drawn, Attack(*copies)))
    nobody = np.zeros((1, 30))
    nobody[0, 1] = 30
    assert np.isnan(planted_replicates(attack, planted[:1], to_planted, nobody, draws[1][:1])).all()
