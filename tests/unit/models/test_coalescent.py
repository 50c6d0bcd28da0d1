"""The coalescent model against closed forms and against haplotypes with a known history."""

import math
from pathlib import Path

import msprime
import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import pdist

from artificial_genomes.core.errors import UserError
from artificial_genomes.core.haplotypes import (
    SITE_COLUMNS,
    Haplotypes,
    artificial_people,
    load_haplotypes,
    save_haplotypes,
)
from artificial_genomes.models import coalescent, load_model, save_model
from artificial_genomes.models.training import TrainingData, TrainingRun
from helpers import training_data

RUN = TrainingRun(seed=1)
SETTINGS = {
    "demography": "constant",
    "samples": None,
    "mutation_rate": 1.25e-8,
    "recombination_cm_per_mb": 1.0,
    "oversampling": 2.0,
}
TWO_POPULATIONS = """
time_units: generations
demes:
  - {name: ancestor, epochs: [{end_time: 20000, start_size: 1000}]}
  - {name: A, ancestors: [ancestor], epochs: [{start_size: 1000}]}
  - {name: B, ancestors: [ancestor], epochs: [{start_size: 1000}]}
"""


def as_data(alleles: np.ndarray, positions: np.ndarray, contig: str = "1") -> TrainingData:
    data = training_data(alleles, alleles[:2])
    data.sites["contig"] = contig
    data.sites["position"] = positions
    return data


def known_history(size: float, length: int, n: int = 200, minor_count: int = 1) -> TrainingData:
    """Haplotypes of a population of constant size, simulated without the code under test."""
    trees = msprime.sim_ancestry(
        n // 2, population_size=size, sequence_length=length, recombination_rate=1e-8, random_seed=7
    )
    trees = msprime.sim_mutations(trees, rate=1.25e-8, model=msprime.BinaryMutationModel(), random_seed=8)
    alleles = (trees.genotype_matrix().T > 0).astype(np.uint8)
    count = alleles.sum(axis=0, dtype=int)
    kept = np.minimum(count, n - count) >= minor_count
    return as_data(alleles[:, kept], trees.sites_position[kept].astype(int) + 1)


def diversity(alleles: np.ndarray) -> float:
    """Mean number of differences of two haplotypes, over all pairs."""
    return pdist(alleles, "cityblock").mean()


@pytest.fixture(scope="module")
def known() -> TrainingData:
    return known_history(10_000, 1_000_000)


def test_the_fitted_size_equals_the_closed_form():
    alleles = np.random.default_rng(1).integers(0, 2, (12, 40), np.uint8)
    alleles[:, 0] = [1] + 11 * [0]
    derived = alleles.sum(axis=0, dtype=int)
    assert coalescent.rarest_minor_count(derived, 12) == 1
    expected = diversity(alleles) / (4 * 1.25e-8 * 5000)
    assert coalescent.fitted_size(derived, 12, 1, 1.25e-8, 5000) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("n", "minor_count"), [(8, 1), (9, 2), (12, 4)])
def test_diversity_of_the_frequent_sites_of_a_neutral_spectrum_gives_back_theta(n, minor_count):
    # Sites with the derived allele i times: theta / i of them, here with a theta that makes all of these whole.
    counts = np.arange(minor_count, n - minor_count + 1)
    theta = math.lcm(*counts.tolist())
    derived = np.repeat(counts, theta // counts)
    size = coalescent.fitted_size(derived, n, minor_count, mutation_rate=1e-8, length=1_000_000)
    assert size == pytest.approx(theta / (4 * 1e-8 * 1_000_000))


@pytest.mark.parametrize("minor_count", [1, 20])
def test_the_size_of_a_known_history_is_found(minor_count):
    data = known_history(10_000, 2_000_000, minor_count=minor_count)
    model = coalescent.fit(data, SETTINGS, RUN)
    size = float(model.demography.partition("start_size: ")[2].partition("}")[0])
    assert size == pytest.approx(10_000, rel=0.25)


@pytest.mark.integration
def test_diversity_agrees_with_that_of_the_data(known):
    model = coalescent.fit(known, SETTINGS, RUN)
    simulated = np.mean([diversity(model.sample(200, seed)) for seed in range(6)])
    assert simulated == pytest.approx(diversity(known.train), rel=0.15)


def test_sites_are_as_many_in_the_same_stretch_and_none_is_too_rare(known):
    kept = np.minimum(known.train.mean(axis=0), 1 - known.train.mean(axis=0)) >= 0.1
    first = as_data(known.train[:, kept], known.sites["position"][kept].to_numpy(), "1")
    second = as_data(first.train[:, :50], first.sites["position"][:50].to_numpy() + 5_000_000, "2")
    both = TrainingData(
        np.hstack([first.train, second.train]),
        first.validation,
        pd.concat([first.sites, second.sites], ignore_index=True),
    )
    alleles, sites = coalescent.fit(both, SETTINGS, RUN).simulate(101, 3)
    assert alleles.shape == (101, both.n_sites)
    assert alleles.dtype == np.uint8
    assert list(sites.columns) == SITE_COLUMNS
    assert list(sites["contig"]) == list(both.sites["contig"])
    for contig in ("1", "2"):
        ours, theirs = (table.loc[table["contig"] == contig, "position"] for table in (sites, both.sites))
        assert ours.is_monotonic_increasing
        assert ours.is_unique
        assert theirs.min() <= ours.min()
        assert ours.max() <= theirs.max()
    count = alleles.sum(axis=0, dtype=int)
    assert np.minimum(count, 101 - count).min() >= 10


def test_neighbouring_sites_are_linked_and_contigs_are_not(known):
    two = TrainingData(
        np.hstack([known.train, known.train]),
        known.validation,
        pd.concat([known.sites, known.sites], ignore_index=True),
    )
    two.sites["contig"] = np.repeat(["1", "2"], known.n_sites)
    alleles = coalescent.fit(two, SETTINGS, RUN).sample(200, 2)
    common = np.minimum(alleles.mean(axis=0), 1 - alleles.mean(axis=0)) > 0.1
    r2 = np.corrcoef(alleles[:, common].T) ** 2
    n_first = common[: known.n_sites].sum()
    neighbours = np.diag(r2[:n_first, :n_first], 1).mean()
    across = r2[:n_first, n_first:].mean()
    assert neighbours > 0.3
    assert across < 0.03


def test_a_demes_file_is_sampled_from_by_shares(tmp_path, known):
    path = tmp_path / "history.yaml"
    path.write_text(TWO_POPULATIONS)
    settings = SETTINGS | {"demography": str(path), "samples": {"A": 3, "B": 1}, "oversampling": 20.0}
    model = coalescent.fit(known, settings, RUN)
    path.unlink()  # the model holds the history
    alleles = model.sample(80, 1)
    assert alleles.shape == (80, known.n_sites)
    # The populations split long before any coalescence within them: each has SNPs that all its people share.
    distance = (alleles[:, None] != alleles[None]).sum(axis=2)
    near = distance < distance.max() / 2
    assert sorted(near.sum(axis=1).tolist()) == 20 * [20] + 60 * [60]
    assert (near[0::2] == near[1::2]).all(), "both haplotypes of a person are of one population"
    assert not (near.sum(axis=1)[:60] == 60).all(), "people stand in random order"


@pytest.mark.integration
def test_the_same_seed_gives_the_same_bytes(tmp_path, known):
    model = coalescent.fit(known, SETTINGS, RUN)
    save_model(tmp_path / "a.npz", "coalescent", SETTINGS, model)
    loaded = load_model(tmp_path / "a.npz")
    save_model(tmp_path / "b.npz", "coalescent", SETTINGS, loaded)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    alleles, sites = model.simulate(60, 4)
    again, same_sites = loaded.simulate(60, 4)
    np.testing.assert_array_equal(alleles, again)
    pd.testing.assert_frame_equal(sites, same_sites)
    np.testing.assert_array_equal(model.sample(60, 4), alleles)
    assert not np.array_equal(model.sample(60, 5), alleles)
    alleles_of, same_sites = model.simulate_in_parts(60, 4)
    parts = [alleles_of(slice(start, start + 22)) for start in (0, 22, 44)]
    np.testing.assert_array_equal(np.concatenate(parts), alleles)
    pd.testing.assert_frame_equal(sites, same_sites)
    # As a store of haplotypes they are what they were.
    genomes = Haplotypes(alleles, sites, artificial_people(30))
    save_haplotypes(genomes, tmp_path / "genomes.vcz.zip")
    pd.testing.assert_frame_equal(load_haplotypes(tmp_path / "genomes.vcz.zip").sites, sites)


def test_too_few_snps_are_the_users_business(known):
    model = coalescent.fit(known, SETTINGS | {"oversampling": 1e-3}, RUN)
    with pytest.raises(UserError, match=r"SNPs on contig 1, but the data set has \d+\. Raise its oversampling"):
        model.sample(50, 1)


def test_sites_all_over_the_genome_are_refused_at_once():
    data = training_data(np.eye(176, dtype=np.uint8), np.zeros((2, 176), np.uint8), step_bp=15_000_000)
    data.sites["contig"] = np.repeat([str(i) for i in range(1, 23)], 8)
    with pytest.raises(UserError, match=r"span 2,310 Mb on 22 contigs, too long .* set a region for the data set"):
        coalescent.fit(data, SETTINGS, RUN)


def test_regions_of_a_contig_are_simulated_apart(known):
    half = known.n_sites // 2
    positions = known.sites["position"].to_numpy()
    apart = as_data(known.train, positions + 150_000_000 * (np.arange(known.n_sites) >= half))
    model = coalescent.fit(apart, SETTINGS, RUN)
    assert model.contigs["n_sites"].tolist() == [half, known.n_sites - half]
    ends = [apart.sites["position"].iloc[[0, half - 1]], apart.sites["position"].iloc[[half, -1]]]
    assert model.contigs["start"].tolist() == [low for low, _ in ends]
    assert model.contigs["length"].tolist() == [high - low + 1 for low, high in ends]
    _, sites = model.simulate(60, 1)
    for (low, high), rows in zip(ends, (slice(0, half), slice(half, None)), strict=True):
        assert sites["position"].iloc[rows].between(low, high).all()
    # A few sites by themselves are no region.
    sparse = as_data(known.train, np.r_[positions[:-1], positions[-1] + 1_000_000])
    assert len(coalescent.spans(sparse.sites)) == 1


def test_sites_that_do_not_vary_are_refused():
    data = training_data(np.ones((10, 5), np.uint8), np.ones((2, 5), np.uint8))
    with pytest.raises(UserError, match="no site varies"):
        coalescent.fit(data, SETTINGS, RUN)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is not a demographic history"),
        ("demes: [", "is not a demographic history"),
        ("time_units: generations\ndemes: [{name: A}]", "is not a demographic history"),
        (None, "is not a demographic history"),
        (TWO_POPULATIONS.replace("name: B", "name: C"), "has no present-day population 'B'.* A, C"),
    ],
)
def test_a_broken_demes_file_is_the_users_business(tmp_path, known, text, message):
    path: Path = tmp_path / "history.yaml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(UserError, match=message) as error:
        coalescent.fit(known, SETTINGS | {"demography": str(path), "samples": {"A": 1, "B": 1}}, RUN)
    assert "\n" not in str(error.value)


def test_shares_become_whole_people():
    assert coalescent._apportion(np.array([0.5, 0.3, 0.2]), 7) == [4, 2, 1]
    assert coalescent._apportion(np.array([1 / 3, 1 / 3, 1 / 3]), 10) == [4, 3, 3]
