"""Near copies of single individuals among AGs: which they are, and how they are replaced."""

import numpy as np
import pytest

from artificial_genomes.release.near_copies import LEFT, ROUNDS, protect, without_near_copies
from artificial_genomes.statistics.distances import groups_within, nearest_of_other_groups

N_SITES = 80


def haplotypes(n: int, seed) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 2, (n, N_SITES), dtype=np.uint8)


def changed(haplotype: np.ndarray, n_sites: int) -> np.ndarray:
    """Return a haplotype with the other allele at its first sites."""
    copy = haplotype.copy()
    copy[:n_sites] ^= 1
    return copy


REAL = haplotypes(240, 1)
ALONE = np.arange(120)


def distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (a[:, None].astype(int) != b[None]).sum(axis=2)


def brute_force(ags: np.ndarray, real: np.ndarray, families: np.ndarray, shared_by: int) -> np.ndarray:
    """Near copies by the definition, one by one."""
    family = np.repeat(families, 2)
    to_others = distances(real, real).astype(float)
    to_others[family[:, None] == family] = N_SITES + 1
    apart = to_others.min(axis=1)
    unshared = np.sort(apart[apart > 0])
    radius = unshared[int(0.01 * len(unshared))] if len(unshared) else 0
    near = []
    for row in distances(ags, real):
        nearest = row.min()
        is_near = nearest == 0 or nearest < radius or 2 * nearest < apart[row.argmin()]
        near.append(is_near and len(set(family[row <= nearest])) < shared_by)
    return np.array(near)


@pytest.mark.parametrize("block", [7, 1024])
@pytest.mark.parametrize("shared_by", [2, 5])
def test_near_copies_are_those_of_the_definition(monkeypatch, block, shared_by):
    monkeypatch.setattr("artificial_genomes.statistics.distances.BLOCK_HAPLOTYPES", block)
    rng = np.random.default_rng(2)
    # A short region: few founders, most of them carried by several individuals, a few alleles changed.
    real = haplotypes(40, 3)[rng.choice(40, 120, p=(weights := rng.dirichlet(np.full(40, 0.5))))]
    families = rng.integers(0, 50, 60)
    founders = haplotypes(40, 3)[rng.choice(40, 100, p=weights)]
    ags = founders ^ (rng.random(founders.shape) < rng.choice([0, 0.01, 0.1, 0.3], 100)[:, None]).astype(np.uint8)
    protected = protect(real, families, shared_by)
    expected = brute_force(ags, real, families, shared_by)
    np.testing.assert_array_equal(protected.near(ags), expected)
    assert 0 < expected.sum() < 100


def test_distances_to_other_groups_and_groups_within_a_distance(monkeypatch):
    monkeypatch.setattr("artificial_genomes.statistics.distances.BLOCK_HAPLOTYPES", 9)
    groups = np.random.default_rng(4).integers(0, 11, 50)
    real, ags = REAL[:50], haplotypes(30, 5)
    between = distances(real, real)
    between[groups[:, None] == groups] = N_SITES + 1
    np.testing.assert_array_equal(nearest_of_other_groups(real, groups), between.min(axis=1))
    assert (nearest_of_other_groups(real, np.zeros(50, int)) == N_SITES + 1).all()
    limits = np.random.default_rng(6).integers(25, 40, 30)
    expected = [len(set(groups[row <= limit])) for row, limit in zip(distances(ags, real), limits, strict=True)]
    np.testing.assert_array_equal(groups_within(ags, real, groups, limits), expected)


def test_a_haplotype_of_many_may_be_copied_and_one_of_few_may_not():
    real = REAL.copy()
    real[0:10:2] = real[0]  # five individuals
    real[20:28:2] = real[20]  # four
    protected = protect(real, ALONE, 5)
    ags = np.stack([real[0], real[20], real[31], changed(real[20], 3)])
    assert protected.near(ags).tolist() == [False, True, True, True]


def test_relatives_count_as_one():
    real = REAL.copy()
    real[0:10:2] = real[0]
    families = ALONE.copy()
    families[1] = 0
    assert not protect(real, ALONE, 5).near(real[:1]).any()
    assert protect(real, families, 5).near(real[:1]).all()


def test_one_duplicated_individual_hardly_moves_the_criterion():
    again = REAL.copy()
    again[2:4] = again[0:2]
    copies = np.stack([changed(haplotype, 2) for haplotype in REAL])
    assert protect(REAL, ALONE, 5).near(copies).all()
    assert protect(again, ALONE, 5).near(copies[4:]).all()  # also where nobody knows of the duplicate
    assert protect(again, ALONE, 5).radius >= protect(REAL, ALONE, 5).radius - 1 > 10


def test_where_many_share_a_haplotype_a_rare_one_is_still_protected():
    real = np.repeat(haplotypes(4, 7), 60, axis=0)
    rare = changed(real[0], 30)
    real[17] = rare
    protected = protect(real, ALONE, 5)
    assert (
        protected.near(np.stack([rare, changed(rare, 10), changed(rare, 16), real[0]])).tolist()
        == [True, True] + [False] * 2
    )


def half_copies(n, seed):
    """A model that copies a real haplotype every other time."""
    alleles = haplotypes(n, [*np.atleast_1d(seed), 7])
    rng = np.random.default_rng(seed)
    copied = rng.random(n) < 0.5
    alleles[copied] = REAL[rng.integers(0, len(REAL), copied.sum())]
    return alleles


def half_copied_draw(n, seed):
    return half_copies(n, seed), None


def test_near_copies_are_replaced_and_the_rest_stays():
    before, protected = half_copies(300, 1), protect(REAL, ALONE, 5)
    near = protected.near(before)
    (after, _), record = without_near_copies((before, None), half_copied_draw, 1, protected)
    assert near.sum() > 100
    assert not protected.near(after).any()
    np.testing.assert_array_equal(after[~near], before[~near])
    assert (before[near] != after[near]).any(axis=1).all()
    values = dict(record.itertuples(index=False))
    assert values["near copies replaced"] == near.sum() < values["haplotypes drawn as replacements"]
    assert values[LEFT] == 0
    assert values["individuals protected"] == 120
    again, _ = without_near_copies((before, None), half_copied_draw, 1, protected)
    np.testing.assert_array_equal(after, again[0])


def test_what_a_copying_model_leaves_is_recorded():
    protected = protect(REAL, ALONE, 5)
    (after, _), record = without_near_copies((REAL[:40], None), lambda n, seed: (REAL[:n], None), 1, protected)
    values = dict(record.itertuples(index=False))
    assert values[LEFT] == 40
    assert values["near copies replaced"] == 0
    assert values["haplotypes drawn as replacements"] == 40 * ROUNDS
    assert protected.near(after).all()


def test_a_replacement_keeps_the_label_of_what_it_replaces_and_has_groups_of_its_own():
    labels, seen = np.array([0, 0, 1, 1]), []
    before = np.stack([changed(REAL[0], 40), REAL[1], changed(REAL[2], 40), REAL[3]])

    def sample(n, seed, of_labels):
        seen.append(of_labels.tolist())
        return haplotypes(n, 9), np.full((n, before.shape[1]), 7, np.uint8)

    drawn = before, np.zeros_like(before)
    (after, groups), _ = without_near_copies(drawn, sample, 1, protect(REAL, ALONE, 5), labels=labels)
    assert seen == [[0, 1]]
    np.testing.assert_array_equal(groups, np.tile([[0], [7], [0], [7]], before.shape[1]))
    np.testing.assert_array_equal(after[[0, 2]], before[[0, 2]])
