import numpy as np
import pytest

from artificial_genomes.statistics.privacy import find_copies, near_share_replicates


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
