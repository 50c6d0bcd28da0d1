"""The tree of a public panel that is adapted with differential privacy: its tilt, its shifts, and its releases."""

import itertools

import numpy as np
import pytest

from artificial_genomes.core.errors import UserError
from artificial_genomes.models import hclt, load_model, save_model
from artificial_genomes.models.accountant import Accountant, composed, mu_of
from artificial_genomes.models.hclt_model import Model
from artificial_genomes.models.public_tree import (
    Adapter,
    allele_frequencies,
    reduced,
    state_shares,
    tilted,
    tilted_towards,
    with_frequencies,
)
from artificial_genomes.models.training import TrainingRun
from artificial_genomes.statistics.frequencies import pearson
from private_tree_helpers import EXTREME, N_SITES, Recorder, data_of, populations, settings

N_STATES = 3
PATHS = np.array(list(itertools.product(range(N_STATES), repeat=4)))


def tiny_model() -> Model:
    """Return a tree of four sites: 1 is the root, 0 and 2 are its children, 3 is a child of 2."""
    rng = np.random.default_rng(1)
    transitions = rng.dirichlet(np.ones(N_STATES), (4, N_STATES)).astype(np.float32)
    transitions[1] = transitions[1][0]
    return Model(np.array([1, -1, 1, 2]), transitions, rng.uniform(0.1, 0.9, (4, N_STATES)).astype(np.float32))


def path_probabilities(model: Model) -> np.ndarray:
    """Return the probability of each of `PATHS`, one state a site."""
    steps = [(1, np.zeros(len(PATHS), int)), (0, PATHS[:, 1]), (2, PATHS[:, 1]), (3, PATHS[:, 2])]
    return np.prod([model.transitions[site][above, PATHS[:, site]] for site, above in steps], axis=0)


def shares_of(probabilities: np.ndarray) -> np.ndarray:
    """Return the probability of every state of every site, from those of `PATHS`."""
    return np.array([[probabilities[PATHS[:, s] == k].sum() for k in range(N_STATES)] for s in range(4)])


def test_shares_of_states_are_sums_over_all_paths():
    model = tiny_model()
    np.testing.assert_allclose(state_shares(model), shares_of(path_probabilities(model)), atol=1e-6)


def test_states_given_alleles_are_those_of_bayes_rule():
    model = tiny_model()
    alleles = np.array(list(itertools.product([0, 1], repeat=4)), np.uint8)
    given = [
        path_probabilities(model)
        * np.prod([np.abs(1 - row[s] - model.emissions[s][PATHS[:, s]]) for s in range(4)], axis=0)
        for row in alleles
    ]
    expected = np.array([shares_of(row / row.sum()) for row in given])
    found = model.states_given(alleles, np.array([3, 0]))
    np.testing.assert_allclose(found, expected[:, [3, 0]], atol=1e-5)
    mean = (expected * model.emissions).sum(axis=2)
    np.testing.assert_allclose(model.expected_alleles(alleles), mean, atol=1e-5)


def test_a_reduced_model_has_the_same_states():
    rng = np.random.default_rng(4)
    parents = np.array([-1, *(rng.integers(0, site) for site in range(1, 12))])
    transitions = rng.dirichlet(np.ones(N_STATES), (12, N_STATES)).astype(np.float32)
    transitions[0] = transitions[0][0]
    model = Model(parents, transitions, rng.uniform(0.1, 0.9, (12, N_STATES)).astype(np.float32))
    sites, factor = np.array([11, 3, 8]), rng.normal(0, 1, (3, N_STATES))
    small, places = reduced(model, sites)
    assert len(small.parents) < 8
    np.testing.assert_allclose(state_shares(small)[places], state_shares(model)[sites], atol=1e-6)
    # The joint probabilities too: any tilt has the same sum.
    assert tilted(small, places, factor)[1] == pytest.approx(tilted(model, sites, factor)[1], abs=1e-6)


def test_a_tilt_multiplies_the_probability_of_every_path():
    model, tilt = tiny_model(), np.random.default_rng(2).normal(0, 1, (2, N_STATES))
    expected = path_probabilities(model) * np.exp(tilt[0][PATHS[:, 3]] + tilt[1][PATHS[:, 1]])
    found, total = tilted(model, np.array([3, 1]), tilt)
    assert total == pytest.approx(np.log(expected.sum()), abs=1e-6)
    np.testing.assert_allclose(path_probabilities(found), expected / expected.sum(), atol=1e-6)


def test_a_tilt_without_doubt_gives_the_shares_and_with_much_doubt_nothing():
    model, sites = tiny_model(), np.array([0, 3])
    other = shares_of(np.random.default_rng(3).dirichlet(np.ones(len(PATHS))))[sites]
    exact = tilted_towards(model, sites, other, 0)
    np.testing.assert_allclose(state_shares(exact)[sites], other, atol=1e-3)
    same = tilted_towards(model, sites, other, 1e6)
    np.testing.assert_allclose(same.transitions, model.transitions, atol=1e-5)


def test_frequencies_are_reached():
    model, wanted = tiny_model(), np.array([0.02, 0.5, 0.93, 0.31])
    found = with_frequencies(model, wanted)
    np.testing.assert_allclose(allele_frequencies(found), wanted, atol=1e-5)
    np.testing.assert_array_equal(found.transitions, model.transitions)


@pytest.mark.integration
def test_what_clipping_takes_from_all_states_moves_no_state():
    model = panel()

    class Clipping(Accountant):
        def release(self, total, sensitivity, share):
            total = total * 0.95 if np.ndim(total) == 2 else total
            return super().release(total, sensitivity, share)

    alleles = model.sample(20_000, 1)
    adapter = Adapter(model, alleles, Clipping(1000, 1e-5, "seed", 1))
    adapter._adapt_states()
    truth = model.states_given(alleles, np.arange(N_SITES)).mean(axis=0)
    assert np.abs(state_shares(adapter._model) - truth).mean() < 0.005  # 0.19 if the shares do not add up to 1


def test_frequencies_of_the_panel_stay_where_few_individuals_tell_nothing():
    model = with_frequencies(panel(), np.full(N_SITES, 0.001))

    class FirstSite(Accountant):
        def release(self, total, sensitivity, share):
            numbers = np.zeros(np.shape(total))
            numbers[..., 0] = 10 if np.shape(total) == (N_SITES,) else 0
            return numbers, 1e-3

    adapter = Adapter(model, np.zeros((20, N_SITES), np.uint8), FirstSite(0.5, 1e-5, "seed", 1))
    adapter._adapt_frequencies("frequencies", 1.0, lambda alleles: alleles - np.float32(0))
    found = allele_frequencies(adapter._model)
    assert found[0] == pytest.approx(0.501, abs=1e-3)
    np.testing.assert_allclose(found[1:], 0.001, atol=1e-5)  # and not one in forty


def test_a_panel_of_few_individuals_is_refused():
    with pytest.raises(UserError, match="has 9 individuals, but a tree that is trained on it needs 10"):
        hclt.fit(data_of(populations(20, 1), populations(9, 2)), PANEL | settings(8), TrainingRun(1))


def test_labels_are_refused():
    own = PANEL | settings(8) | {"labels": "population"}
    with pytest.raises(UserError, match="does not cover what is learned about each label"):
        hclt.fit(data_of(populations(20, 1), populations(20, 2)), own, TrainingRun(1))


def panel() -> Model:
    """Return a tree of two thirds of the populations."""
    return hclt.fit(hclt.panel_data(data_of(EXTREME["usual"], populations(80, 3)), 1), PANEL, TrainingRun(1))


PANEL = {
    "hidden_states": 6, "epochs": 3, "score_every": 1, "patience": 3, "sampling_temperatures": [1.0],
    "ancestry_groups": 1, "ancestry_change": 0.01, "initial_persistence": 0.5, "transition_pseudocount": 0.5,
    "emission_pseudocount": 0.5, "labels": "none",
}  # fmt: skip


def adapted(alleles: np.ndarray, answers=None) -> tuple[Model, Recorder]:
    """Adapt to haplotypes that stand for those of 61 individuals, the others of which count for nothing."""
    recorder = Recorder(answers)
    adapter = Adapter(panel(), alleles, recorder)
    adapter._n = 122
    return adapter.adapted(), recorder


@pytest.mark.parametrize("individual", EXTREME)
def test_an_individual_changes_no_sum_by_more_than_its_sensitivity(individual):
    others = populations(60, 1)
    _, with_it = adapted(np.concatenate([EXTREME[individual], others]))
    # The same answers, so that all that has been released before is the same.
    _, without = adapted(others, with_it.answers)
    assert with_it.bounds == without.bounds
    changes = [np.linalg.norm(a - b) for a, b in zip(with_it.totals, without.totals, strict=True)]
    ratios = np.array(changes) / with_it.bounds
    assert len(ratios) == 6
    assert (ratios <= 1 + 1e-6).all()
    assert ratios.max() > 0.5  # not bounds that nobody comes near
    assert composed(with_it.spent) == pytest.approx(mu_of(200, 1e-5), rel=1e-6)


def test_the_model_depends_on_the_data_through_what_is_released_alone():
    model, record = adapted(populations(60, 1))
    other = np.random.default_rng(8).integers(0, 2, (120, N_SITES), dtype=np.uint8)
    again, record_again = adapted(other, record.answers)
    assert not np.allclose(record.totals[1], record_again.totals[1])
    for name, array in model.arrays().items():
        np.testing.assert_array_equal(array, again.arrays()[name])


def test_frequencies_come_from_the_individuals_as_far_as_the_budget_allows():
    panel, individuals = populations(300, 1), populations(300, 2)
    of_others = individuals[:, ::-1].copy()  # as if of a population that the panel lacks
    truth = of_others.mean(axis=0)

    def frequencies(epsilon: float) -> np.ndarray:
        own = PANEL | settings(epsilon) | {"epochs": 3, "score_every": 3}
        return allele_frequencies(hclt.fit(data_of(of_others, panel), own, TrainingRun(1)))

    errors = [np.abs(frequencies(epsilon) - truth).mean() for epsilon in (0.01, 3, 100)]
    assert errors[0] > errors[1] > errors[2]
    assert errors[0] > 0.8 * np.abs(panel.mean(axis=0) - truth).mean()
    assert errors[2] < 0.02
    assert pearson(frequencies(100), truth) > 0.995


def test_the_adapted_model_is_saved_and_drawn_from_like_any_other(tmp_path):
    run = TrainingRun(1)
    own = PANEL | settings(8) | {"score_every": 1, "sampling_temperatures": [0.9]}
    model = hclt.fit(data_of(populations(60, 1), populations(60, 2)), own, run)
    assert len(run.progress) == 3  # of the panel, which is public
    save_model(tmp_path / "model.npz", "hclt", own, model)
    loaded = load_model(tmp_path / "model.npz")
    np.testing.assert_array_equal(loaded.sample(20, 3), model.sample(20, 3))
    assert loaded.temperature == np.float32(0.9)
