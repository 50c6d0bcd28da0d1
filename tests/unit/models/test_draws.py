"""Draws of hidden states: the same as a search in every row."""

import numpy as np
import pytest

from artificial_genomes.models.draws import drawn_states


@pytest.mark.parametrize("n", [1, 40, 5000])
@pytest.mark.parametrize("n_states", [1, 5, 64])
def test_drawn_states_are_those_of_a_search_in_the_row_of_the_parent(n, n_states):
    rng = np.random.default_rng(n)
    # Some states are impossible; numbers lie in between, at 0, at the largest possible one and at bounds.
    probabilities = rng.dirichlet(np.full(n_states, 0.1), n_states).astype(np.float32).astype(np.float64)
    cumulative = np.cumsum(probabilities, axis=1)
    cumulative /= cumulative[:, -1:]
    above = rng.integers(n_states, size=n).astype(np.uint8)
    uniform = rng.random(n, np.float32)
    uniform[: n // 4] = rng.choice([0, 1 - 2**-24, 0.25], n // 4)
    uniform[n // 4 : n // 2] = np.minimum(cumulative[above, -1 - n_states // 2], 1 - 2**-24)[n // 4 : n // 2]
    # As precise as numbers between k and k + 1 are.
    asked = zip(above.tolist(), uniform.tolist(), strict=True)
    expected = [np.searchsorted(cumulative[row] + row, row + number, "right") for row, number in asked]
    np.testing.assert_array_equal(drawn_states(cumulative, above, uniform), expected)


def test_rows_may_end_below_one_and_be_as_many_as_draws():
    rng = np.random.default_rng(3)
    cumulative = np.cumsum(rng.dirichlet(np.ones(4), 50) * rng.uniform(0.5, 1, (50, 1)), axis=1)
    rows, thresholds = np.arange(50), rng.random(50, np.float32) * 0.5
    expected = (cumulative <= thresholds[:, None]).sum(axis=1)
    np.testing.assert_array_equal(drawn_states(cumulative, rows, thresholds), expected)
