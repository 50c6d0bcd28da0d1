"""Hidden Chow-Liu trees at a temperature: powers of probabilities that keep the frequencies of states and alleles."""

from dataclasses import replace

import numpy as np
import pytest

from artificial_genomes.models.hclt_model import Model
from artificial_genomes.models.sharpening import SHARE_ERROR, Sharpened, fitted_weights
from model_helpers import at_temperature

PARENTS = np.array([2, 2, 4, 4, -1, 3, 3])


def random_tree(parents: np.ndarray, n_states: int, concentration: float, seed: int) -> Model:
    rng = np.random.default_rng(seed)
    transitions = rng.dirichlet(np.full(n_states, concentration), (len(parents), n_states)).astype(np.float32)
    transitions[np.argmin(parents)] = transitions[np.argmin(parents)][0]
    return Model(parents, transitions, rng.beta(0.3, 0.5, (len(parents), n_states)).clip(1e-4, 1 - 1e-4).astype("f4"))


@pytest.mark.parametrize("temperature", [0.5, 0.9, 2])
def test_a_tree_at_a_temperature_is_that_of_scaled_tables(temperature):
    model = random_tree(PARENTS, 4, 0.7, 1)
    steps, emissions = at_temperature(model, temperature)
    found = sharpened(model, temperature)
    np.testing.assert_allclose([found.transitions(site) for site in range(7)], steps, atol=1e-4)
    np.testing.assert_allclose(found.emissions, emissions, atol=1e-5)


def test_states_that_hardly_ever_change_keep_their_shares_along_a_chain():
    """Two groups of states with rare changes between them are what scaling is slow at; 500 sites would add it up."""
    blocks = np.repeat([0, 1], 4)
    stays = np.where(blocks[:, None] == blocks, (1 - 1e-4) / 4, 1e-4 / 4)
    chain = random_tree(np.arange(-1, 499), 8, 0.3, 2)
    transitions = (chain.transitions * stays).astype(np.float32)
    transitions[0] = np.array([0.4, 0.3, 0.15, 0.05, 0.04, 0.03, 0.02, 0.01])
    model = replace(chain, transitions=transitions / transitions.sum(axis=2, keepdims=True))
    found, shares = sharpened(model, 0.5), model.state_shares()
    reached = found.transitions(0)[0]
    for site in range(1, 500):
        reached = reached @ found.transitions(site)
        assert np.abs(reached - shares[site]).max() < 2 * SHARE_ERROR
    # What squares alone would do.
    power = transitions[0][0] ** 2
    assert power[:4].sum() / power.sum() - 0.9 > 0.08


def test_ags_at_a_low_temperature_keep_their_frequencies_and_get_more_alike():
    model = replace(random_tree(PARENTS, 4, 0.7, 3), temperature=np.float32(0.4))
    ags, usual = model.sample(100_000, 5), replace(model, temperature=np.float32(1)).sample(100_000, 5)
    frequencies = (model.state_shares() * model.emissions).sum(axis=1)
    np.testing.assert_allclose(ags.mean(axis=0), frequencies, atol=0.006)
    assert np.abs(np.cov(ags.T)).sum() > 1.3 * np.abs(np.cov(usual.T)).sum()


def test_a_state_that_no_way_leads_to_stays_out_and_nothing_is_undefined():
    steps = np.array([[1, 0, 0], [0.5, 0.5, 0], [0, 1, 0]])
    above = np.array([0.5, 0.5, 0])
    weights, shares = fitted_weights(10 * np.log(np.maximum(steps, 1e-30)), above, above @ steps)
    np.testing.assert_allclose(shares, above @ steps, atol=SHARE_ERROR)
    assert np.isfinite(weights).all()


def test_a_new_temperature_counts_at_once():
    model = replace(random_tree(PARENTS, 4, 0.7, 3), temperature=np.float32(0.4))
    first = model.sample(200, 5)
    model.temperature = np.float32(2)
    assert not np.array_equal(model.sample(200, 5), first)
    model.temperature = np.float32(0.4)
    np.testing.assert_array_equal(model.sample(200, 5), first)


def sharpened(model: Model, temperature: float) -> Sharpened:
    return Sharpened(model.tree, model.transitions, model.emissions, model.state_shares(), temperature)
