import numpy as np
import pytest
from scipy.spatial.distance import cdist

from artificial_genomes.latent.explore import explore
from artificial_genomes.latent.maps import neighbour_maps, principal_maps
from artificial_genomes.latent.tables import EXPLORED
from latent_helpers import people_of_three_populations, real_sets_of, some_rbm


@pytest.fixture(scope="module")
def explored():
    real = real_sets_of(people_of_three_populations())
    return real, explore(some_rbm(), real, real.train.alleles[:40], seed=3)


def test_maps_are_principal_components_of_the_training_people():
    real = people_of_three_populations()
    train, test = real.alleles[:120].astype(np.float32), real.alleles[120:].astype(np.float32)
    labels = {"train": real.haplotype_labels("superpopulation")[:120]}
    coordinates, variance, pca = principal_maps({"genotypes": {"train": train, "test": test}}, labels, seed=0)
    centred = train - train.mean(axis=0)
    _, singular, axes = np.linalg.svd(centred, full_matrices=False)
    np.testing.assert_allclose(variance["explained"], (singular**2 / (singular**2).sum())[:2], rtol=1e-4)
    np.testing.assert_allclose(np.abs(pca.components_), np.abs(axes[:2]), atol=1e-4)
    for name, features in (("train", train), ("test", test)):
        found = coordinates.loc[coordinates["set"] == name, ["pc1", "pc2"]].to_numpy()
        expected = (features - train.mean(axis=0)) @ axes[:2].T
        np.testing.assert_allclose(np.abs(found), np.abs(expected), atol=1e-3)


def test_maps_of_all_spaces_point_the_same_way():
    features = np.random.default_rng(1).normal(size=(50, 6)) * [5, 3, 1, 1, 1, 1]
    spaces = {"genotypes": {"train": features}, "hidden": {"train": -features}}
    coordinates, *_ = principal_maps(spaces, {}, seed=0)
    first, second = (coordinates.loc[coordinates["space"] == space, ["pc1", "pc2"]].to_numpy() for space in spaces)
    np.testing.assert_allclose(first, second)


def test_neighbours_stay_neighbours_on_their_map():
    rng = np.random.default_rng(2)
    cluster = np.repeat([0, 1, 2], 40)
    features = 8 * np.eye(3, 10)[cluster] + rng.normal(size=(120, 10))
    table = neighbour_maps({"hidden": {"test": features[:60], "ag": features[60:]}}, {}, seed=1)
    distances = cdist(table[["x", "y"]], table[["x", "y"]])
    np.fill_diagonal(distances, np.inf)
    assert (cluster[distances.argmin(axis=1)] == cluster).mean() > 0.98


@pytest.mark.integration
def test_exploring_is_the_same_for_the_same_seed(explored):
    real, first = explored
    second = explore(some_rbm(), real, real.train.alleles[:40], seed=3)
    assert set(first) == set(EXPLORED)
    assert all(first[title].equals(second[title]) for title in EXPLORED)


def test_tables_hold_every_set_and_no_names(explored):
    real, tables = explored
    counts = tables["coordinates"].groupby(["space", "set"]).size()
    assert counts.to_dict() == {
        (space, name): n for space in ("genotypes", "hidden") for name, n in (("train", 120), ("test", 60), ("ag", 40))
    }
    names = set(real.people["sample"])
    for table in tables.values():
        assert not names & set(table.astype(str).to_numpy().ravel())
    assert (tables["modes"].loc[tables["modes"]["set"] == "ag", "superpopulation"] == "").all()
