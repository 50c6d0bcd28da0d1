"""The hidden Chow-Liu tree against brute force over hidden states, alleles and trees."""

import itertools

import numpy as np
import pytest
from sklearn.metrics import mutual_info_score

from artificial_genomes.models import hclt, hclt_model, load_model, save_model
from artificial_genomes.models.hclt import Learner
from artificial_genomes.models.hclt_model import Model, Patterns, Tree
from artificial_genomes.models.training import TrainingData, TrainingRun
from helpers import training_data

SETTINGS = {
    "hidden_states": 4, "initial_persistence": 0.5, "transition_pseudocount": 0.1, "emission_pseudocount": 0.1,
    "ancestry_groups": 1, "ancestry_change": 1e-3,
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


def mosaics(n: int, n_sites: int, seed: int) -> np.ndarray:
    """Return mosaics of five ancestral haplotypes, with mutations."""
    rng = np.random.default_rng(seed)
    ancestors = np.random.default_rng(0).random((5, n_sites)) < 0.4
    source = rng.integers(0, 5, (n, 1 + n_sites // 6)).repeat(6, axis=1)[:, :n_sites]
    return (ancestors[source, np.arange(n_sites)] ^ (rng.random((n, n_sites)) < 0.03)).astype(np.uint8)


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


def test_expected_counts_equal_brute_force():
    model, alleles = random_tree(2), mosaics(40, 7, 3)
    transitions, emitted, _ = model.expected_counts(Patterns.of(model.tree, alleles))
    n_sites = len(PARENTS)
    expected_transitions, expected_emitted = np.zeros((n_sites, 2, 2)), np.zeros((n_sites, 2, 2))
    root = model.tree.order[0]
    states = np.array(list(itertools.product([0, 1], repeat=n_sites)))
    joint = np.ones((len(states), len(alleles)))
    for site, parent in enumerate(PARENTS):
        above = states[:, parent] if parent >= 0 else np.zeros(len(states), int)
        alt = model.emissions[site, states[:, site], None]
        joint *= model.transitions[site, above, states[:, site], None] * np.where(alleles[:, site], alt, 1 - alt)
    posterior = joint / joint.sum(axis=0)
    for site, parent in enumerate(PARENTS):
        for s, weights in zip(states, posterior, strict=True):
            expected_transitions[site, s[parent] if parent >= 0 else slice(None), s[site]] += weights.sum()
            np.add.at(expected_emitted[site, :, s[site]], alleles[:, site], weights)
    np.testing.assert_allclose(transitions, expected_transitions, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(emitted, expected_emitted, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(transitions[root][0], transitions[root][1])


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


def test_samples_have_the_probabilities_of_the_model():
    model = random_tree()
    codes = model.sample(100_000, 3) @ (2 ** np.arange(6, -1, -1))
    found = np.bincount(codes, minlength=128) / len(codes)
    np.testing.assert_allclose(found, brute_force(model), atol=0.004)


def test_samples_reproduce_pair_frequencies_of_linked_sites(data):
    sample = hclt.fit(data, SETTINGS | {"hidden_states": 8}, TrainingRun(1)).sample(20_000, 1).astype(np.float64)
    tree = hclt_model.chow_liu_tree(data.train)
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
    tree = Tree(hclt_model.chow_liu_tree(mosaics(200, 60, 1)))
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


def test_mutual_information_equals_scikit_learn(data, monkeypatch):
    monkeypatch.setattr(hclt_model, "TREE_PSEUDOCOUNT", 1e-9)
    found = hclt_model.mutual_information(data.train, block=7)
    for a, b in itertools.combinations(range(data.n_sites), 2):
        assert found[a, b] == pytest.approx(mutual_info_score(data.train[:, a], data.train[:, b]), abs=1e-6)
    np.testing.assert_array_equal(found, found.T)


def test_the_tree_is_the_best_of_all_spanning_trees(data):
    n_sites = 6
    information = hclt_model.mutual_information(data.train[:, :n_sites])
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
    parents = hclt_model.chow_liu_tree(data.train[:, :n_sites])
    assert {tuple(sorted((site, parent))) for site, parent in enumerate(parents) if parent >= 0} == set(best)


def test_the_tree_is_the_same_under_ties_and_covers_sites_that_do_not_vary():
    alleles = mosaics(50, 10, 1).repeat(2, axis=1)
    alleles[:, 7] = 0
    parents = hclt_model.chow_liu_tree(alleles)
    assert (parents < 0).sum() == 1
    assert sorted(Tree(parents).order) == list(range(20))
    np.testing.assert_array_equal(parents, hclt_model.chow_liu_tree(alleles.copy()))


def test_the_root_has_half_of_the_sites_below_none_of_its_children():
    tree = Tree(hclt_model.chow_liu_tree(mosaics(200, 60, 1)))
    sizes = np.ones(60, int)
    for site in reversed(tree.order[1:]):
        sizes[tree.parents[site]] += sizes[site]
    assert sizes[tree.children[tree.order[0]]].max() <= 30


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
