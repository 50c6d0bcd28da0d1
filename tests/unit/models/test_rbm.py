"""The training of the RBM: its local units, its limits, and what it learns."""

import numpy as np
import pytest

from artificial_genomes.core.errors import UserError
from artificial_genomes.models import rbm
from artificial_genomes.models.training import TrainingRun
from helpers import RECIPES
from model_helpers import linked_data

RUN = TrainingRun(seed=1)

RBM = RECIPES["rbm"]["ours"] | {
    "hidden_units": 8, "local_units": 2, "local_sites": 3, "batch_size": 50, "chains": 100, "weight_average": 0,
    "epochs": 150,
}  # fmt: skip

linked = pytest.fixture(linked_data)


def test_local_units_see_neighbouring_sites_and_together_all():
    seen = rbm.connections(100, 13, 10, 20)
    assert seen[:, :3].all()
    for unit in seen[:, 3:].T:
        np.testing.assert_array_equal(np.flatnonzero(unit), np.flatnonzero(unit)[0] + np.arange(20))
    assert seen[:, 3:].any(axis=1).all()
    assert rbm.connections(5, 2, 2, 20).all()
    assert rbm.connections(5, 2, 0, 20).all()


@pytest.mark.integration
def test_local_units_keep_to_their_sites_in_training(linked):
    settings = RBM | {"hidden_units": 6, "local_units": 4, "local_sites": 3, "l1": 1e-4}
    learner = rbm.Learner(linked, settings, RUN)
    learner.run_epochs(0, 3)
    assert ((learner.model().weights != 0) == rbm.connections(12, 6, 4, 3)).all()


@pytest.mark.integration
def test_weights_that_are_no_numbers_end_a_training(linked):
    settings = RBM | {"hidden": "relu", "learning_rate": 50.0, "sampling_temperatures": [1.0]}
    with pytest.raises(UserError, match="training diverged by epoch"):
        rbm.fit(linked, settings | {"score_every": 150, "patience": 150}, RUN)


def test_more_local_units_than_units_are_refused(linked):
    with pytest.raises(UserError, match="local_units 9 exceed its hidden_units 8"):
        rbm.Learner(linked, RBM | {"local_units": 9}, RUN)


@pytest.mark.integration
@pytest.mark.parametrize("chain_start", ["restarted", "persistent"])
@pytest.mark.parametrize("hidden", ["sigmoid", "relu"])
def test_a_trained_rbm_has_the_frequencies_and_the_linkage_of_the_data(linked, hidden, chain_start):
    settings = RBM | {"hidden": hidden, "chain_start": chain_start}
    learner = rbm.Learner(linked, settings, RUN)
    learner.run_epochs(0, 150)
    sample = learner.model().sample(5000, 1)
    np.testing.assert_allclose(sample.mean(axis=0), linked.train.mean(axis=0), atol=0.06)
    pairs = np.triu_indices(12, 1)
    real, artificial = (np.corrcoef(alleles.T)[pairs] for alleles in (linked.train, sample))
    assert np.corrcoef(real, artificial)[0, 1] > 0.9
    assert artificial.std() == pytest.approx(real.std(), rel=0.3)
