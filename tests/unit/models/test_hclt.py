"""The hidden Chow-Liu tree against brute force over hidden states, alleles and trees."""

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chisquare

from artificial_genomes.models import hclt, hclt_model, load_model, save_model
from artificial_genomes.models.ancestry import with_groups
from artificial_genomes.models.chow_liu import Tree, chow_liu_tree
from artificial_genomes.models.hclt import Learner
from artificial_genomes.models.hclt_model import Model, Patterns
from artificial_genomes.models.training import TrainingData, TrainingRun
from helpers import mosaics, training_data

SETTINGS = {
    "hidden_states": 4, "initial_persistence": 0.5, "transition_pseudocount": 0.1, "emission_pseudocount": 0.1,
    "ancestry_groups": 1, "ancestry_change": 1e-3, "labels": "none", "label_pseudocount": 16,
    "sampling_temperatures": [1.0],
    "epochs": 20, "score_every": 1, "patience": 20,
}  # fmt: skip
PARENTS = np.array([2, 2, 4, 4, -1, 3, 3])
ALL_ALLELES = np.array(list(itertools.product([0, 1], repeat=len(PARENTS))), np.uint8)


def random_tree(n_states: int = 3, parents: np.ndarray = PARENTS) -> Model:
    rng = np.random.default_rng(4)
    transitions = rng.dirichlet(np.full(n_states, 0.7), (len(parents), n_states)).astype(np.float32)
    root = np.argmin(parents)
    transitions[root] = transitions[root][0]
    return Model(parents, transitions, rng.uniform(0.05, 0.95, (len(parents), n_states)).astype(np.float32))


def brute_force(model: Model) -> np.ndarray:
    """Return the probability of each row of ALL_ALLELES, as a sum over all hidden states of all sites."""
    total = np.zeros(len(ALL_ALLELES))
    for states in itertools.product(range(model.n_states), repeat=len(model.parents)):
        p = 1.0
        for site, parent in enumerate(model.parents):
            p *= model.transitions[site, states[parent] if parent >= 0 else 0, states[site]]
        alt = model.emissions[np.arange(len(states)), states].astype(np.float64)
        total += p * np.where(ALL_ALLELES, alt, 1 - alt).prod(axis=1)
    return total


@pytest.fixture
def data() -> TrainingData:
    return training_data(mosaics(300, 24, 1), mosaics(100, 24, 2))


def test_the_likelihood_equals_the_sum_over_all_hidden_states_and_adds_up_to_one():
    model = random_tree()
    found = model.log_likelihood(ALL_ALLELES)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, np.log(brute_force(model)), rtol=1e-5)
    assert np.exp(found).sum() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("unseen", [[4], [0, 3], [0, 1, 2, 5], range(7)])
def test_sites_that_are_not_observed_are_summed_over(unseen):
    model = random_tree()
    observed = np.ones(len(PARENTS), bool)
    observed[list(unseen)] = False
    probabilities = brute_force(model)
    for alleles, found in zip(ALL_ALLELES[::9], model.log_likelihood(ALL_ALLELES[::9], observed), strict=True):
        same = (ALL_ALLELES[:, observed] == alleles[observed]).all(axis=1)
        assert found == pytest.approx(np.log(probabilities[same].sum()), abs=1e-5)


def test_a_likelihood_is_the_same_in_parts_and_in_whatever_company(monkeypatch):
    model = random_tree()
    whole = model.log_likelihood(ALL_ALLELES)
    monkeypatch.setattr(hclt_model, "MESSAGE_BYTES", 1000)
    assert len(list(Patterns.in_parts(model.tree, ALL_ALLELES, model.n_states))) > 4
    np.testing.assert_allclose(model.log_likelihood(ALL_ALLELES), whole, rtol=1e-6)


def test_a_hub_with_many_children_does_not_underflow():
    parents = np.zeros(2001, np.int64)
    parents[0] = -1
    model = Model(parents, np.full((2001, 2, 2), 0.5, np.float32), np.full((2001, 2), 1e-6, np.float32))
    assert model.log_likelihood(np.ones((1, 2001), np.uint8))[0] == pytest.approx(2001 * np.log(1e-6), rel=1e-6)


def test_impossible_alleles_have_no_likelihood():
    model = random_tree()
    model.emissions[5] = 0
    alleles = np.zeros((2, 7), np.uint8)
    alleles[1, 5] = 1
    found = model.log_likelihood(alleles)
    assert np.isfinite(found[0])
    assert found[1] == -np.inf


def test_patterns_are_those_of_the_subtrees():
    tree, alleles = Tree(PARENTS), mosaics(60, 7, 3)
    patterns = Patterns.of(tree, alleles)
    below = {site: [site] for site in range(7)}
    for site in reversed(tree.order[1:]):
        below[PARENTS[site]] = below[PARENTS[site]] + below[site]
    for site in range(7):
        assert len(patterns.alleles[site]) == len(np.unique(alleles[:, below[site]], axis=0))
    rows = {tree.order[0]: patterns.within[tree.order[0]].indices}
    for site in tree.order[1:]:
        rows[site] = patterns.within[site].indices[rows[PARENTS[site]]]
    for site in range(7):
        np.testing.assert_array_equal(patterns.alleles[site][rows[site]], alleles[:, site])


def brute_force_counts(
    model: Model, alleles: np.ndarray, groups: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the expected counts of transitions and of alleles, as sums over all hidden states of all sites.

    With groups, each site is in a state of the haplotype's.
    """
    n_sites, n_states = model.emissions.shape
    transitions, emitted = np.zeros((n_sites, n_states, n_states)), np.zeros((n_sites, 2, n_states))
    states = np.array(list(itertools.product(range(n_states), repeat=n_sites)))
    joint = np.ones((len(states), len(alleles)))
    for site, parent in enumerate(PARENTS):
        above = states[:, parent] if parent >= 0 else np.zeros(len(states), int)
        alt = model.emissions[site, states[:, site], None]
        joint *= model.transitions[site, above, states[:, site], None] * np.where(alleles[:, site], alt, 1 - alt)
    if groups is not None:
        joint *= (model.state_groups[states][:, :, None] == groups).all(axis=1)
    posterior = joint / joint.sum(axis=0)
    for site, parent in enumerate(PARENTS):
        for s, weights in zip(states, posterior, strict=True):
            transitions[site, s[parent] if parent >= 0 else slice(None), s[site]] += weights.sum()
            np.add.at(emitted[site, :, s[site]], alleles[:, site], weights)
    return transitions, emitted


def test_expected_counts_of_haplotypes_of_known_groups_equal_brute_force():
    model, alleles = replace(random_tree(3), state_groups=np.array([0, 1, 1], np.uint8)), mosaics(40, 7, 3)
    groups = np.random.default_rng(1).integers(0, 2, 40)
    patterns = Patterns.of(model.tree, with_groups(alleles, groups[:, None]))
    transitions, emitted, _ = model.expected_counts(patterns, grouped=True)
    expected_transitions, expected_emitted = brute_force_counts(model, alleles, groups)
    np.testing.assert_allclose(emitted, expected_emitted, rtol=1e-4, atol=1e-5)
    below = PARENTS >= 0
    np.testing.assert_allclose(transitions[below], expected_transitions[below], rtol=1e-4, atol=1e-5)


def test_expected_counts_equal_brute_force():
    model, alleles = random_tree(2), mosaics(40, 7, 3)
    transitions, emitted, _ = model.expected_counts(Patterns.of(model.tree, alleles))
    expected_transitions, expected_emitted = brute_force_counts(model, alleles)
    root = model.tree.order[0]
    np.testing.assert_allclose(transitions, expected_transitions, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(emitted, expected_emitted, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(transitions[root][0], transitions[root][1])


def labeled() -> tuple[Model, TrainingData]:
    """Return a tree of two superpopulations, of which the first has two thirds of the individuals, and its data."""
    alleles = np.concatenate([mosaics(80, 7, 3), 1 - mosaics(40, 7, 3)])
    people = pd.DataFrame({"population": "", "superpopulation": ["AFR"] * 40 + ["EUR"] * 20})
    data = replace(training_data(alleles, alleles), people=people)
    return hclt.with_labels(random_tree(2), data, "superpopulation", 3.0), data


def test_probabilities_of_a_label_are_those_its_haplotypes_are_expected_to_have():
    model, data = labeled()
    assert model.label_names.tolist() == [["", "AFR"], ["", "EUR"]]
    np.testing.assert_allclose(model.label_shares, [2 / 3, 1 / 3])
    for label, of in enumerate((slice(0, 80), slice(80, 120))):
        states, alleles = brute_force_counts(model, data.train[of])
        states += 3 * model.transitions
        expected = states / states.sum(axis=2, keepdims=True)
        np.testing.assert_allclose(model.label_transitions[label], expected, rtol=1e-4, atol=1e-5)
        expected = (alleles[:, 1] + 3 * model.emissions) / (alleles.sum(axis=1) + 3)
        np.testing.assert_allclose(model.label_emissions[label], expected, rtol=1e-4, atol=1e-5)


def test_ags_of_a_label_have_its_probabilities():
    model, _ = labeled()
    labels = np.random.default_rng(1).integers(0, 2, 60_000)
    codes = model.sample(len(labels), 3, labels) @ (2 ** np.arange(6, -1, -1))
    for label in range(2):
        tree = Model(PARENTS, model.label_transitions[label], model.label_emissions[label])
        found = np.bincount(codes[labels == label], minlength=128)
        assert chisquare(found, brute_force(tree) / brute_force(tree).sum() * found.sum()).pvalue > 0.01
    assert abs(np.corrcoef(codes[labels == 0][:20_000], codes[labels == 1][:20_000])[0, 1]) < 0.03
    by_share = model.sample(600, 3)
    np.testing.assert_array_equal(by_share, model.sample(600, 3, model.allot_labels(600, 3)))
    np.testing.assert_allclose(model.log_likelihood(ALL_ALLELES), random_tree(2).log_likelihood(ALL_ALLELES))


def test_a_tree_with_labels_is_trained_like_one_without_and_is_the_same_after_saving(data, tmp_path):
    people = pd.DataFrame({"population": "", "superpopulation": ["AFR", "EUR", "EUR"] * 50})
    settings = SETTINGS | {"labels": "superpopulation"}
    model = hclt.fit(replace(data, people=people), settings, TrainingRun(1))
    np.testing.assert_array_equal(model.transitions, hclt.fit(data, SETTINGS, TrainingRun(1)).transitions)
    save_model(tmp_path / "model.npz", "hclt", settings, model)
    np.testing.assert_array_equal(load_model(tmp_path / "model.npz").sample(50, 4), model.sample(50, 4))


def test_expectation_maximisation_never_lowers_the_likelihood(data):
    settings = SETTINGS | {"transition_pseudocount": 0, "emission_pseudocount": 0}
    learner = Learner(data, settings, TrainingRun(1))
    likelihoods = []
    for epoch in range(30):
        learner.run_epochs(epoch, 1)
        likelihoods.append(learner.model().log_likelihood(data.train).mean())
    assert np.diff(likelihoods).min() > -1e-5
    assert likelihoods[-1] > likelihoods[0] + 0.5


def test_training_in_parts_gives_the_same_model(data, monkeypatch):
    whole = hclt.fit(data, SETTINGS, TrainingRun(1))
    monkeypatch.setattr(hclt_model, "MESSAGE_BYTES", 20_000)
    parts = hclt.fit(data, SETTINGS, TrainingRun(1))
    np.testing.assert_allclose(parts.log_likelihood(data.train), whole.log_likelihood(data.train), atol=1e-2)


def test_the_epoch_is_chosen_by_the_likelihood_of_validation_haplotypes(data):
    run = TrainingRun(1)
    model = hclt.fit(data, SETTINGS, run)
    best = min(row["score"] for row in run.progress)
    assert best == pytest.approx(-model.log_likelihood(data.validation).mean())
    independent = np.log(np.where(data.validation, data.train.mean(axis=0), 1 - data.train.mean(axis=0))).sum(axis=1)
    assert best < -independent.mean() - 1


def test_no_alleles_are_impossible_after_training(data):
    model = hclt.fit(data, SETTINGS, TrainingRun(1))
    assert np.isfinite(model.log_likelihood(1 - data.train)).all()
    data.train[:, 3] = 0
    assert np.isfinite(hclt.fit(data, SETTINGS, TrainingRun(1)).log_likelihood(1 - data.train)).all()


def test_more_states_than_haplotypes_can_be_trained(data):
    few = training_data(data.train[:3], data.validation)
    assert hclt.fit(few, SETTINGS | {"hidden_states": 6}, TrainingRun(1)).sample(5, 1).shape == (5, 24)


def test_codes_are_numbered_by_a_table_as_by_sorting(monkeypatch):
    codes = np.random.default_rng(2).integers(0, 700, 200)
    by_table = hclt_model._numbered(codes, 1000)
    monkeypatch.setattr(hclt_model, "TABLE_CODES", 0)
    for table, by_sorting in zip(by_table, hclt_model._numbered(codes, 1000), strict=True):
        np.testing.assert_array_equal(table, by_sorting)


def test_samples_have_the_probabilities_of_the_model():
    model = random_tree()
    codes = model.sample(100_000, 3) @ (2 ** np.arange(6, -1, -1))
    found = np.bincount(codes, minlength=128) / len(codes)
    np.testing.assert_allclose(found, brute_force(model), atol=0.004)


def test_samples_reproduce_pair_frequencies_of_linked_sites(data):
    sample = hclt.fit(data, SETTINGS | {"hidden_states": 8}, TrainingRun(1)).sample(20_000, 1).astype(np.float64)
    tree = chow_liu_tree(data.train)
    for site, parent in enumerate(tree):
        if parent >= 0:
            real = (data.train[:, site] & data.train[:, parent]).mean()
            assert (sample[:, site] * sample[:, parent]).mean() == pytest.approx(real, abs=0.03)


def test_conditional_samples_have_the_conditional_probabilities():
    model = random_tree()
    observed = np.array([1, 0, 0, 1, 0, 1, 1], bool)
    alleles = np.array([1, 0, 0, 0, 1, 1, 0], np.uint8)
    drawn = model.sample_given(np.tile(alleles, (60_000, 1)), observed, 5)
    assert drawn.dtype == np.uint8
    assert (drawn[:, observed] == alleles[observed]).all()
    same = (ALL_ALLELES[:, observed] == alleles[observed]).all(axis=1)
    expected = np.where(same, brute_force(model), 0)
    found = np.bincount(drawn @ (2 ** np.arange(6, -1, -1)), minlength=128) / len(drawn)
    np.testing.assert_allclose(found, expected / expected.sum(), atol=0.01)


def joint_of_groups(model: Model) -> np.ndarray:
    """Return the probability of all alleles (rows) with all groups of a tree of 4 states and 2 groups: (128, 128).

    Rows and columns are numbered by `ALL_ALLELES`. All hidden states of all sites are enumerated.
    """
    temperature = float(model.temperature)
    states = np.array(list(itertools.product(range(4), repeat=7)))
    above = np.where(PARENTS >= 0, states[:, PARENTS], 0)
    alt = model.emissions[np.arange(7), states].astype(np.float64) ** (1 / temperature)
    alt /= alt + (1 - model.emissions[np.arange(7), states].astype(np.float64)) ** (1 / temperature)
    steps = model.transitions.astype(np.float64) ** (1 / temperature)
    steps /= steps.sum(axis=2, keepdims=True)
    of_states = steps[np.arange(7), above, states].prod(axis=1)
    groups = code(states // 2)
    return np.array(
        [np.bincount(groups, of_states * np.where(alleles, alt, 1 - alt).prod(axis=1), 128) for alleles in ALL_ALLELES]
    )


def code(zeros_and_ones: np.ndarray) -> np.ndarray:
    """Return the row of `ALL_ALLELES` that each row is."""
    return zeros_and_ones @ (2 ** np.arange(6, -1, -1))


def test_draws_have_the_joint_probabilities_of_alleles_and_groups_of_all_hidden_states(grouped_tree):
    haplotypes, groups = grouped_tree.sample_with_groups(200_000, 5)
    np.testing.assert_array_equal(haplotypes, grouped_tree.sample(200_000, 5))
    agrees_with(joint_of_groups(grouped_tree), haplotypes, groups)


def test_draws_given_alleles_and_groups_have_their_conditional_probabilities(grouped_tree):
    """Of alleles and groups of all sites, for several contexts at once; the sites of a context are no subtree."""
    joint = joint_of_groups(grouped_tree)
    for n_context in (1, 3):
        known = np.array(list(itertools.product([0, 1], repeat=2 * n_context)), np.uint8).repeat(4000, axis=0)
        context, groups = known[:, :n_context], known[:, n_context:]
        drawn, drawn_groups = grouped_tree.continue_with_groups(context, groups, 5)
        np.testing.assert_array_equal(drawn[:, :n_context], context)
        np.testing.assert_array_equal(drawn_groups[:, :n_context], groups)
        of_context = np.arange(128) >> (7 - n_context)
        # Contexts are equally frequent here.
        of_contexts = np.zeros((2**n_context, 2**n_context))
        np.add.at(of_contexts, (of_context[:, None], of_context), joint)
        agrees_with(joint / of_contexts[of_context[:, None], of_context] / of_contexts.size, drawn, drawn_groups)
        # The groups count: without them, others are drawn.
        drawn, drawn_groups = grouped_tree.continue_with_groups(context, None, 5)
        of_alleles = joint / of_contexts.sum(axis=1)[of_context][:, None] / len(of_contexts)
        agrees_with(of_alleles, drawn, drawn_groups)
        np.testing.assert_array_equal(drawn, grouped_tree.continue_haplotypes(context, 5))


@pytest.fixture(params=[1, 0.5])
def grouped_tree(request) -> Model:
    return replace(random_tree(4), state_groups=np.array([0, 0, 1, 1], np.uint8), temperature=np.float32(request.param))


def agrees_with(joint: np.ndarray, haplotypes: np.ndarray, groups: np.ndarray) -> None:
    """Compare draws with the probabilities of alleles and groups, (128, 128)."""
    expected = joint.ravel() * len(haplotypes)
    found = np.bincount(128 * code(haplotypes) + code(groups), minlength=len(expected))
    rare = expected < 5
    found, expected = (np.append(x[~rare], x[rare].sum()) for x in (found, expected))
    assert chisquare(found, expected, sum_check=False).pvalue > 0.005


def test_an_improbable_group_is_followed():
    """Along a chain, groups that hardly ever change but do so at every site of the context."""
    n_sites = 40
    stay = np.float32([[1 - 1e-12, 1e-12], [1e-12, 1 - 1e-12]])
    transitions = np.tile(stay, (n_sites, 1, 1))
    transitions[0] = 0.5
    emissions = np.tile(np.float32([1e-6, 1 - 1e-6]), (n_sites, 1))
    model = Model(np.arange(n_sites) - 1, transitions, emissions, state_groups=np.array([0, 1], np.uint8))
    groups = np.tile(np.arange(30, dtype=np.uint8) % 2, (9, 1))
    haplotypes, drawn = model.continue_with_groups(1 - groups, groups, 1)  # also the wrong alleles
    np.testing.assert_array_equal(drawn[:, :30], groups)
    np.testing.assert_array_equal(drawn[:, 30:], 1)
    np.testing.assert_array_equal(haplotypes[:, 30:], 1)


def test_groups_of_ags_with_labels_are_those_of_the_label():
    model, data = labeled()
    # The states of the first label lead to the first group alone, those of the second to the second.
    transitions = np.stack([np.full_like(model.transitions, group) for group in (0, 1)])
    transitions[..., 0] = 1 - transitions[..., 1]
    emissions = np.stack([np.full_like(model.emissions, alt) for alt in (0, 1)])
    model = replace(
        model, label_transitions=transitions, label_emissions=emissions, state_groups=np.array([0, 1], np.uint8)
    )
    labels = np.random.default_rng(1).integers(0, 2, len(data.train))
    context = np.tile(labels[:, None], 2).astype(np.uint8)
    for drawn in (
        model.sample_with_groups(len(labels), 1, labels),
        model.continue_with_groups(context, context, 1, labels),
        model.continue_with_groups(context, None, 1, labels),
        (model.continue_haplotypes(context, 1, labels),),
    ):
        for each in drawn:
            np.testing.assert_array_equal(each, np.tile(labels[:, None], 7))


def test_conditional_samples_in_parts_belong_to_their_haplotypes(monkeypatch):
    # Every state stays as it is along the tree and has its own allele: all sites of a haplotype are equal.
    parents = random_tree().parents
    transitions = np.tile(np.eye(2, dtype=np.float32), (7, 1, 1))
    transitions[parents.argmin()] = 0.5
    model = hclt.Model(parents, transitions, np.tile(np.float32([1e-6, 1 - 1e-6]), (7, 1)))
    observed = np.arange(7) == 3
    alleles = np.tile(np.random.default_rng(2).integers(0, 2, (300, 1), np.uint8), 7)
    monkeypatch.setattr(hclt_model, "MESSAGE_BYTES", 150)
    assert len(list(hclt_model.Patterns.in_parts(model.tree, alleles, 2))) > 1
    given = np.where(observed, alleles, 1 - alleles)
    np.testing.assert_array_equal(model.sample_given(given, observed, 5), alleles)


def in_groups_of_ancestry() -> Model:
    """A random tree whose four states belong to two groups that almost never follow each other."""
    model = random_tree(4)
    within = np.kron(np.eye(2), np.ones((2, 2))).astype(np.float32)
    model.transitions *= np.where(within, 1, np.float32(1e-6))
    model.transitions /= model.transitions.sum(axis=2, keepdims=True)
    root = model.parents.argmin()
    model.transitions[root] = model.transitions[root][0]
    return model


@pytest.mark.parametrize(
    ("made", "unseen"),
    [
        *((random_tree, unseen) for unseen in ([], [4], [0, 3], [0, 1, 2, 5], range(7))),
        *((in_groups_of_ancestry, unseen) for unseen in ([], [0, 3])),
    ],
)
def test_predictions_equal_brute_force(made, unseen, monkeypatch):
    model = made()
    observed = np.ones(len(PARENTS), bool)
    observed[list(unseen)] = False
    joint = brute_force(model)
    expected = np.empty(ALL_ALLELES.shape)
    for site in range(len(PARENTS)):
        others = observed & (np.arange(len(PARENTS)) != site)
        for row, alleles in enumerate(ALL_ALLELES):
            same = (ALL_ALLELES[:, others] == alleles[others]).all(axis=1)
            expected[row, site] = joint[same & (ALL_ALLELES[:, site] == 1)].sum() / joint[same].sum()
    found = model.predict(ALL_ALLELES, observed)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)
    # Alleles that are not observed do not matter, nor does in how many parts haplotypes are worked on.
    monkeypatch.setattr(hclt_model, "MESSAGE_BYTES", 1000)
    hidden = np.where(observed, ALL_ALLELES, 1 - ALL_ALLELES).astype(np.uint8)
    np.testing.assert_allclose(model.predict(hidden, observed), expected, rtol=1e-4, atol=1e-6)


def test_predictions_of_a_chain_that_shows_its_states_are_those_of_its_neighbors():
    # Alleles that show their states are a Markov chain: P(x given both neighbors) ~ t(left, x) t(x, right).
    stay, n_sites = 0.9, 6
    step = np.array([[stay, 1 - stay], [1 - stay, stay]])
    transitions = np.tile(step.astype(np.float32), (n_sites, 1, 1))
    transitions[0] = 0.5
    states = np.tile(np.float32([hclt_model.EMISSION_MIN, 1 - hclt_model.EMISSION_MIN]), (n_sites, 1))
    model = Model(np.arange(n_sites) - 1, transitions, states)
    alleles = np.array(list(itertools.product([0, 1], repeat=n_sites)), np.uint8)
    found = model.predict(alleles)
    for site in range(n_sites):
        left = step[alleles[:, site - 1]] if site else np.ones((len(alleles), 2))
        right = step[alleles[:, site + 1]] if site + 1 < n_sites else np.ones((len(alleles), 2))
        both = left * right
        np.testing.assert_allclose(found[:, site], both[:, 1] / both.sum(axis=1), atol=1e-4)


def test_predictions_of_leaves_of_a_hub_equal_a_product_over_the_other_leaves():
    n_leaves, shown = 1500, np.float32([1e-6, 1 - 1e-6])
    rng = np.random.default_rng(1)
    transitions = rng.uniform(0.02, 0.98, (1 + n_leaves, 2, 1)).astype(np.float32)
    transitions = np.concatenate([1 - transitions, transitions], axis=2)
    transitions[0] = 0.5
    alleles = rng.integers(0, 2, (4, 1 + n_leaves), np.uint8)
    # Leaves as the hub's first state has them, as its second, as both halfway, and at random.
    for row, states in enumerate((0, 1, np.arange(n_leaves) % 2)):
        alleles[row, 1:] = rng.random(n_leaves) < transitions[np.arange(1, 1 + n_leaves), states, 1]
    model = Model(np.r_[-1, np.zeros(n_leaves, np.int64)], transitions, np.tile(shown, (1 + n_leaves, 1)))
    observed = np.arange(1 + n_leaves) > 0
    logs = np.log(transitions[np.arange(1 + n_leaves)[:, None], :, alleles.T].astype(np.float64))[1:]
    others = logs.sum(axis=0) - logs  # (leaf, haplotype, state of the hub)
    weights = np.exp(others - others.max(axis=2, keepdims=True))
    weights /= weights.sum(axis=2, keepdims=True)
    expected = (weights * transitions[1:, None, :, 1]).sum(axis=2).T
    np.testing.assert_allclose(model.predict(alleles, observed)[:, 1:], expected, atol=1e-3)


def test_depth_first_few_sites_wait_for_their_children():
    tree = Tree(chow_liu_tree(mosaics(200, 60, 1)))
    waiting, most, seen = {-1}, 0, []
    for site, is_last in tree.depth_first():
        assert tree.parents[site] in waiting
        if is_last:
            waiting.remove(tree.parents[site])
        waiting |= {site} if tree.children[site] else set()
        most, seen = max(most, len(waiting)), [*seen, site]
    assert sorted(seen) == list(range(60))
    assert not waiting
    assert most <= 1 + np.log2(60)


def test_at_a_temperature_probabilities_are_powers_of_themselves(monkeypatch):
    model = random_tree()
    model.temperature = np.float32(0.5)
    squared = model.transitions.astype(np.float64) ** 2
    emissions = model.emissions.astype(np.float64)
    alt = emissions**2 / (emissions**2 + (1 - emissions) ** 2)
    sharp = Model(model.parents, squared / squared.sum(axis=2, keepdims=True), alt)
    found = np.bincount(model.sample(60_000, 5) @ (2 ** np.arange(6, -1, -1)), minlength=128) / 60_000
    np.testing.assert_allclose(found, brute_force(sharp), atol=0.01)
    # The likelihood is that of the model, whatever AGs are drawn at.
    np.testing.assert_allclose(model.log_likelihood(ALL_ALLELES), np.log(brute_force(model)), rtol=1e-5)


def test_validation_people_choose_the_temperature(data):
    model = hclt.fit(data, SETTINGS | {"sampling_temperatures": [3.0, 1.0, 0.2]}, TrainingRun(1))
    assert model.temperature == 1


def test_a_single_site_is_a_tree(data):
    one = training_data(data.train[:, :1], data.validation[:, :1])
    sample = hclt.fit(one, SETTINGS, TrainingRun(1)).sample(5000, 1)
    assert sample.mean() == pytest.approx(one.train.mean(), abs=0.03)


def test_a_saved_model_samples_the_same_bytes(tmp_path, data):
    model = hclt.fit(data, SETTINGS, TrainingRun(1))
    save_model(tmp_path / "a.npz", "hclt", SETTINGS, model)
    save_model(tmp_path / "b.npz", "hclt", SETTINGS, load_model(tmp_path / "a.npz"))
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    np.testing.assert_array_equal(load_model(tmp_path / "b.npz").sample(50, 4), model.sample(50, 4))
    assert not np.array_equal(model.sample(50, 5), model.sample(50, 4))
    save_model(tmp_path / "again.npz", "hclt", SETTINGS, hclt.fit(data, SETTINGS, TrainingRun(1)))
    assert (tmp_path / "again.npz").read_bytes() == (tmp_path / "a.npz").read_bytes()
