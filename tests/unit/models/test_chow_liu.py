"""The Chow-Liu tree against other programs and against all spanning trees of few sites."""

import itertools

import numpy as np
import pytest
from scipy.sparse.csgraph import minimum_spanning_tree
from sklearn.metrics import mutual_info_score

from artificial_genomes.models import chow_liu
from artificial_genomes.models.chow_liu import Tree, chow_liu_tree, mutual_information
from helpers import mosaics


def information_of_all_pairs(haplotypes: np.ndarray) -> np.ndarray:
    information = mutual_information(haplotypes)
    return np.stack([information(site) for site in range(haplotypes.shape[1])])


def test_mutual_information_equals_scikit_learn(monkeypatch):
    alleles = mosaics(300, 24, 1)
    monkeypatch.setattr(chow_liu, "TREE_PSEUDOCOUNT", 1e-9)
    found = information_of_all_pairs(alleles)
    for a, b in itertools.combinations(range(24), 2):
        assert found[a, b] == pytest.approx(mutual_info_score(alleles[:, a], alleles[:, b]), abs=1e-6)
    np.testing.assert_array_equal(found, found.T)


def test_the_tree_is_the_best_of_all_spanning_trees():
    n_sites = 6
    alleles = mosaics(300, 24, 1)[:, :n_sites]
    information = information_of_all_pairs(alleles)
    pairs = list(itertools.combinations(range(n_sites), 2))

    def is_tree(edges) -> bool:
        group = list(range(n_sites))
        for a, b in edges:
            if group[a] == group[b]:
                return False
            group = [group[b] if g == group[a] else g for g in group]
        return True

    trees = [edges for edges in itertools.combinations(pairs, n_sites - 1) if is_tree(edges)]
    assert len(trees) == n_sites ** (n_sites - 2)
    best = max(trees, key=lambda edges: sum(float(information[edge]) for edge in edges))
    parents = chow_liu_tree(alleles)
    assert {tuple(sorted((site, parent))) for site, parent in enumerate(parents) if parent >= 0} == set(best)


@pytest.mark.parametrize(("n", "n_sites"), [(300, 150), (63, 40), (65, 2), (5, 1)])
def test_the_tree_weighs_as_much_as_that_of_scipy_on_the_matrix_of_all_pairs(n, n_sites):
    alleles = mosaics(n, n_sites, 1)
    pseudocount = chow_liu.TREE_PSEUDOCOUNT
    one_hot = np.stack([1 - alleles, alleles], axis=2).reshape(n, -1).astype(float)
    joint = (one_hot.T @ one_hot).reshape(n_sites, 2, n_sites, 2).swapaxes(1, 2) + pseudocount
    joint /= n + 4 * pseudocount
    margins = joint.sum(axis=3, keepdims=True) * joint.sum(axis=2, keepdims=True)
    information = (joint * np.log(joint / margins)).sum(axis=(2, 3))
    best = -minimum_spanning_tree(-information).sum()
    parents = chow_liu_tree(alleles)
    below = np.flatnonzero(parents >= 0)
    assert len(below) == n_sites - 1
    assert information[below, parents[below]].sum() == pytest.approx(best, abs=1e-5)


def test_the_tree_is_the_same_under_ties_and_covers_sites_that_do_not_vary():
    alleles = mosaics(50, 10, 1).repeat(2, axis=1)
    alleles[:, 7] = 0
    parents = chow_liu_tree(alleles)
    assert (parents < 0).sum() == 1
    assert sorted(Tree(parents).order) == list(range(20))
    np.testing.assert_array_equal(parents, chow_liu_tree(alleles.copy()))


def test_the_root_has_half_of_the_sites_below_none_of_its_children():
    tree = Tree(chow_liu_tree(mosaics(200, 60, 1)))
    sizes = np.ones(60, int)
    for site in reversed(tree.order[1:]):
        sizes[tree.parents[site]] += sizes[site]
    assert sizes[tree.children[tree.order[0]]].max() <= 30
