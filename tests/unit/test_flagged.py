import numpy as np
import pytest

from artificial_genomes.errors import UserError
from artificial_genomes.flagged import without_flagged
from artificial_genomes.statistics.distances import nearest_neighbours


def haplotypes(n, seed):
    return np.random.default_rng(seed).integers(0, 2, (n, 80), dtype=np.uint8)


TRAIN, VALIDATION = haplotypes(120, 1), haplotypes(200, 2)


def half_copies(n, seed):
    """A model that copies a training haplotype every other time."""
    alleles = haplotypes(n, [*np.atleast_1d(seed), 7])
    rng = np.random.default_rng(seed)
    copied = rng.random(n) < 0.5
    alleles[copied] = TRAIN[rng.integers(0, len(TRAIN), copied.sum())]
    return alleles


def test_copies_are_replaced_and_the_rest_stays():
    before = half_copies(300, 1)
    after = without_flagged(before, half_copies, 1, TRAIN, VALIDATION)
    distance = nearest_neighbours(before, TRAIN)[0]
    allowed = np.sort(nearest_neighbours(VALIDATION, TRAIN)[0])[2]
    assert (distance == 0).sum() > 100
    assert nearest_neighbours(after, TRAIN)[0].min() >= allowed
    kept = distance >= allowed
    np.testing.assert_array_equal(after[kept], before[kept])
    assert (before[~kept] != after[~kept]).any(axis=1).all()
    np.testing.assert_array_equal(after, without_flagged(before, half_copies, 1, TRAIN, VALIDATION))


def test_a_model_that_only_copies_is_refused():
    with pytest.raises(UserError, match=r"40 of 40 AGs are still too near .* this model copies"):
        without_flagged(TRAIN[:40], lambda n, seed: TRAIN[:n], 1, TRAIN, VALIDATION)


def test_where_real_people_are_alike_nothing_is_flagged():
    alike = np.repeat(TRAIN[:4], 50, axis=0)
    np.testing.assert_array_equal(without_flagged(TRAIN[:4], half_copies, 1, alike, alike), TRAIN[:4])
