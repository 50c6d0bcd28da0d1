"""Groups of ancestry: against labels that are known, and a tree that keeps them along the chromosome."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.linalg import eigh
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from artificial_genomes.core.haplotypes import Haplotypes, artificial_people
from artificial_genomes.core.windows import Window, cut
from artificial_genomes.models import ancestry, hclt
from artificial_genomes.models.ancestry import ancestry_groups, blocks_of_states, spread_over_states, tracts
from artificial_genomes.models.chow_liu import Tree
from artificial_genomes.models.chunked import TRACT_COLUMNS, draw_through, tracts_through
from artificial_genomes.models.preconditions import settings_problems
from artificial_genomes.models.training import TrainingRun
from helpers import training_data

SIZES = (60, 120, 20)
SETTINGS = {
    "hidden_states": 12, "initial_persistence": 0.5, "transition_pseudocount": 0.1, "emission_pseudocount": 0.1,
    "sampling_temperatures": [1.0], "epochs": 3, "score_every": 1, "patience": 3, "ancestry_change": 1e-4,
    "labels": "none",
}  # fmt: skip


def populations(n_sites: int = 300, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Return haplotypes of three populations whose sites are independent, and their populations."""
    rng = np.random.default_rng(seed)
    frequencies = np.clip(0.5 + 0.3 * np.random.default_rng(0).standard_normal((3, n_sites)), 0.02, 0.98)
    labels = rng.permutation(np.repeat(np.arange(3), SIZES))
    return (rng.random((len(labels), n_sites)) < frequencies[labels]).astype(np.uint8), labels


def test_populations_are_found_and_numbered_by_size():
    haplotypes, labels = populations()
    groups = ancestry_groups(haplotypes, 3, 1)
    assert np.bincount(groups).tolist() == sorted(SIZES, reverse=True)
    assert adjusted_rand_score(labels, groups) == 1
    np.testing.assert_array_equal(groups, ancestry_groups(haplotypes, 3, 1))


def test_groups_are_as_tight_as_those_of_scikit_learn():
    haplotypes, _ = populations()
    centered = haplotypes - haplotypes.mean(axis=0)
    values, vectors = eigh(centered @ centered.T)
    scores = vectors[:, -6:] * np.sqrt(values[-6:])
    groups = ancestry_groups(haplotypes, 7, 1)
    inertia = sum(((scores[groups == k] - scores[groups == k].mean(axis=0)) ** 2).sum() for k in range(7))
    best = KMeans(7, n_init=20, random_state=1).fit(scores).inertia_
    assert inertia <= 1.05 * best


@pytest.mark.parametrize("n_sites", [1, 2, 40])
@pytest.mark.parametrize("n_different", [1, 2, 3])
def test_haplotypes_that_many_share_are_as_many_groups_as_there_are(n_sites, n_different):
    """As in a short region: fewer different haplotypes than groups, none of which may be divided."""
    rng = np.random.default_rng(n_sites)
    of = rng.permutation(np.arange(60) % n_different)
    haplotypes = rng.integers(0, 2, (n_different, n_sites), np.uint8)[of]
    groups = ancestry_groups(haplotypes, 8, 1)
    different, numbers = np.unique(haplotypes, axis=0, return_inverse=True)
    assert len(set(zip(numbers, groups, strict=True))) == len(different)
    assert set(groups) == set(range(groups.max() + 1))
    assert (groups.max() + 1 == len(different)) or n_sites < 3


@pytest.mark.parametrize("n_groups", [1, 5])
def test_equal_haplotypes_are_one_group(n_groups):
    assert ancestry_groups(np.ones((8, 4), np.uint8), n_groups, 1).tolist() == [0] * 8


def test_as_many_groups_as_haplotypes_are_at_most_that_many():
    haplotypes, _ = populations(n_sites=10)
    groups = ancestry_groups(haplotypes[:6], 6, 1)
    assert set(groups) == set(range(groups.max() + 1))


@pytest.mark.parametrize(("n_states", "n_groups"), [(12, 3), (7, 3), (4, 1), (5, 5)])
def test_states_are_divided_and_lead_to_other_groups_as_often_as_asked(n_states, n_groups):
    blocks, shares = blocks_of_states(n_states, n_groups), np.arange(1, n_groups + 1) / np.arange(1, n_groups + 1).sum()
    assert np.ptp(np.bincount(blocks)) <= 1
    spread = spread_over_states(blocks, shares, 0.2)
    np.testing.assert_allclose(spread.sum(axis=1), 1)
    other = blocks[:, None] != blocks
    np.testing.assert_allclose((spread * other).sum(axis=1), 0.2 if n_groups > 1 else 0)
    for of in range(n_groups):
        to = [spread[blocks == of][0, blocks == group].sum() for group in range(n_groups)]
        elsewhere = np.delete(to, of)
        np.testing.assert_allclose(
            elsewhere / max(elsewhere.sum(), 1), 0.2 * np.delete(shares, of) / max(1 - shares[of], 1e-9)
        )


def halves_agree(alleles: np.ndarray) -> float:
    """Return the share of haplotypes whose halves are most likely of the same population."""
    haplotypes, labels = populations()
    frequencies = np.stack([haplotypes[labels == label].mean(axis=0) for label in range(3)])
    frequencies = np.clip(frequencies, 0.02, 0.98)
    odds = np.where(alleles[:, None], np.log(frequencies), np.log(1 - frequencies))
    first, second = odds[:, :, :150].sum(axis=2).argmax(axis=1), odds[:, :, 150:].sum(axis=2).argmax(axis=1)
    return float((first == second).mean())


@pytest.mark.integration
def test_ags_of_a_tree_with_groups_keep_their_ancestry():
    """Sites are independent within a population, so that only the ancestry is shared along a haplotype."""
    haplotypes, _ = populations()
    validation, _ = populations(seed=2)
    agree = {}
    for n_groups in (1, 3):
        settings = SETTINGS | {"ancestry_groups": n_groups}
        model = hclt.fit(training_data(haplotypes, validation), settings, TrainingRun(1))
        ags = model.sample(1000, 1)
        agree[n_groups] = halves_agree(ags)
        assert np.abs(ags.mean(axis=0) - haplotypes.mean(axis=0)).mean() < 0.03
    assert halves_agree(validation) > 0.99
    assert agree[3] > 0.995 > 0.98 > agree[1]


@pytest.mark.parametrize(("groups", "states", "problem"), [(13, 12, "exceed its hidden_states 12"), (2, 12, None)])
def test_more_groups_than_states_are_refused(groups, states, problem):
    found = [text for _, text in settings_problems("hclt", {"ancestry_groups": groups, "hidden_states": states})]
    assert bool(found) == bool(problem)
    assert all(problem in text for text in found)


def test_tracts_are_what_is_connected_in_the_tree_within_a_contig(monkeypatch):
    monkeypatch.setattr(ancestry, "TRACED_AT_ONCE", 3 * 48)
    rng = np.random.default_rng(1)
    shuffled = rng.permutation(48)
    parents = np.empty(48, np.int64)
    parents[shuffled] = [-1, *(shuffled[rng.integers(0, i)] for i in range(1, 48))]
    groups = rng.integers(0, 2, (7, 48)).astype(np.uint8)
    sites = pd.DataFrame({"contig": np.repeat(["1", "2"], [30, 18]), "position": rng.integers(1, 9, 48).cumsum()})
    expected = set()
    for row, of_sites in enumerate(groups):
        component = np.arange(48)
        for site in shuffled[1:]:  # parents first
            if of_sites[site] == of_sites[parents[site]]:
                component[site] = component[parents[site]]
        for key, at in sites.assign(component=component).groupby(["component", "contig"]):
            place = at["position"]
            expected.add((row, key[1], place.min(), place.max(), len(at), of_sites[at.index[0]]))
    found = tracts(groups, Tree(parents).edges(), sites)
    assert {tuple(row) for row in found.to_numpy()} == expected
    assert len(found) == len(expected)
    assert (found["n_sites"].groupby(found["row"]).sum() == 48).all()
    assert found["row"].is_monotonic_increasing
    first = pd.Series(np.arange(48), pd.MultiIndex.from_frame(sites))
    assert (
        first.loc[list(zip(found["contig"], found["start_bp"], strict=True))]
        .groupby(found["row"].to_numpy())
        .diff()
        .dropna()
        > 0
    ).all()


def chain(n_sites: int) -> hclt.Model:
    """Return a tree along the sites."""
    transitions = np.full((n_sites, 2, 2), 0.5, np.float32)
    emissions = np.full((n_sites, 2), 0.5, np.float32)
    return hclt.Model(np.arange(n_sites) - 1, transitions, emissions, state_groups=np.array([0, 1], np.uint8))


def test_tracts_run_across_the_joins_of_chunks():
    groups = np.array([[0, 0, 1, 1, 1, 0, 0, 0, 1], [1] * 9], np.uint8)
    sites = pd.DataFrame({"contig": ["7"] * 6 + ["8"] * 3, "position": 10 * np.arange(9)})
    ags = Haplotypes(np.zeros_like(groups), sites, artificial_people(1))
    windows, trees = [Window(0, 0, 4), Window(2, 4, 9)], [chain(4), chain(7)]
    table = tracts_through([lambda: trees[0], lambda: trees[1]], windows, ags, groups)
    assert list(table) == TRACT_COLUMNS
    # haplotype, contig, first and last position, number of sites, group
    assert [tuple(row) for row in table.drop(columns="sample").to_numpy()] == [
        (1, "7", 0, 10, 2, 0), (1, "7", 20, 40, 3, 1), (1, "7", 50, 50, 1, 0), (1, "8", 60, 70, 2, 0),
        (1, "8", 80, 80, 1, 1), (2, "7", 0, 50, 6, 1), (2, "8", 60, 80, 3, 1),
    ]  # fmt: skip
    assert set(table["sample"]) == {"AG00001"}
    nothing = tracts_through([object], windows[:1], ags, None)
    assert list(nothing) == TRACT_COLUMNS
    assert not len(nothing)


def in_chunks(n_groups: int) -> tuple[list, list[Window]]:
    """Return trees of two chunks whose groups are those of all sites, and their windows."""
    haplotypes, _ = populations()
    validation, _ = populations(seed=2)
    windows = cut([300], 2, 10)
    models = []
    for window in windows:
        part = slice(window.start, window.stop)
        groups = ancestry_groups(haplotypes[:, ::2], n_groups, 1)
        data = replace(training_data(haplotypes[:, part], validation[:, part]), groups=groups)
        models.append(hclt.fit(data, SETTINGS | {"ancestry_groups": n_groups}, TrainingRun(1)))
    return models, windows


def test_groups_are_the_same_in_all_chunks():
    haplotypes, labels = populations()
    models, windows = in_chunks(3)
    numbers = np.argsort(np.argsort(-np.array(SIZES)))[labels]
    for model, window in zip(models, windows, strict=True):
        # The whole haplotype is the context: only the groups are drawn.
        _, groups = model.continue_with_groups(haplotypes[:, window.start : window.stop], None, 1)
        assert (groups == numbers[:, None]).mean() > 0.98


@pytest.mark.integration
def test_ags_drawn_chunk_by_chunk_keep_their_ancestry():
    """The ten sites of the context say little of the ancestry."""
    kept = {}
    for n_groups in (1, 3):
        models, windows = in_chunks(n_groups)
        alleles, groups = draw_through([lambda model=model: model for model in models], windows, 1000, 1)
        kept[n_groups] = halves_agree(alleles)
    assert kept[3] > 0.995 > 0.9 > kept[1]
    assert (groups[:, 149] == groups[:, 150]).mean() > 0.99
    again, same = draw_through([lambda model=model: model for model in models], windows, 1000, 1)
    np.testing.assert_array_equal(again, alleles)
    np.testing.assert_array_equal(same, groups)


@pytest.mark.parametrize("n_groups", [1, 3])
def test_haplotypes_are_of_the_group_of_their_population_along_all_sites(n_groups):
    haplotypes, labels = populations()
    data = training_data(haplotypes, haplotypes[:20])
    model = hclt.fit(data, SETTINGS | {"ancestry_groups": n_groups}, TrainingRun(1))
    if n_groups == 1:
        assert "state_groups" not in model.arrays()
        return
    again = hclt.Model.from_arrays(SETTINGS, model.arrays())
    np.testing.assert_array_equal(again.state_groups, blocks_of_states(12, 3))
    numbers = np.argsort(np.argsort(-np.array(SIZES)))[labels]
    assert (again.continue_with_groups(haplotypes, None, 1)[1] == numbers[:, None]).mean() > 0.98
