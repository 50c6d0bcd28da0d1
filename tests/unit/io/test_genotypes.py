"""What genotypes mean: haploid individuals written as diploid ones, and genotypes that were filled in."""

import msprime
import numpy as np
import pandas as pd
import pytest

from artificial_genomes.core.errors import Findings, UserError
from artificial_genomes.core.haplotypes import Haplotypes, artificial_people
from artificial_genomes.io.genotypes import check_diploid, count_filled, heterozygosity, sites_of_no_population


def cohort(n: int, contig: str = "X", length: float = 1e5, seed: int = 1, first: int = 100_000_000) -> Haplotypes:
    """Return `n` unrelated diploid individuals of two populations, at the variable sites of one region."""
    split = msprime.Demography()
    for name in ("A", "B", "AB"):
        split.add_population(name=name, initial_size=10_000)
    split.add_population_split(time=2000, derived=["A", "B"], ancestral="AB")
    samples = {"A": n // 2, "B": n - n // 2}
    ancestry = msprime.sim_ancestry(
        samples, demography=split, sequence_length=length, recombination_rate=1e-8, random_seed=seed
    )
    mutations = msprime.sim_mutations(ancestry, rate=1e-8, random_seed=seed, model=msprime.BinaryMutationModel())
    alleles = mutations.genotype_matrix().T.astype(np.uint8)
    positions = first + np.arange(alleles.shape[1])
    sites = pd.DataFrame({"contig": contig, "position": positions, "id": ".", "ref": "A", "alt": "C"})
    people = artificial_people(n).assign(population=["A"] * (n // 2) + ["B"] * (n - n // 2))
    return Haplotypes(alleles, sites, people)


def doubled(people: Haplotypes, individuals: np.ndarray) -> Haplotypes:
    """Write the first haplotype of some individuals twice."""
    people.alleles[1::2][individuals] = people.alleles[0::2][individuals]
    return people


def checked(people: Haplotypes, build: str = "GRCh38", **options) -> list:
    return check_diploid(people, np.arange(len(people.people)), build, **options)


@pytest.mark.parametrize("seed", range(1, 9))
@pytest.mark.parametrize("length", [2e4, 2e5])
def test_diploid_individuals_pass_however_short_the_region(seed, length):
    ((_, what, number),) = checked(cohort(60, length=length, seed=seed))
    assert what == "individuals homozygous almost throughout X"
    assert number < 25  # in a short region many have two equal haplotypes


@pytest.mark.parametrize(
    ("contig", "what"),
    [("X", "most are men"), ("chrX", "most are men"), ("23", "most are men"), ("7", "pseudo-haploid")],
)
def test_individuals_whose_one_haplotype_is_written_twice_are_refused(contig, what):
    men = np.arange(60) % 2 == 0
    with pytest.raises(UserError, match=rf"{contig}: 3\d of 60 individuals .*\(numbers 1, .*{what}"):
        checked(doubled(cohort(60, contig), men))
    findings = Findings()
    ((_, _, number),) = checked(doubled(cohort(60, contig), men), findings=findings)
    assert (30 <= number < 40, len(findings.problems)) == (True, 1)


@pytest.mark.parametrize("contig", ["chrY", "MT", "chrM"])
def test_contigs_of_which_everybody_has_one_are_refused(contig):
    with pytest.raises(UserError, match=rf"{contig}: 40 of 40 .*Leave out this contig"):
        checked(doubled(cohort(40, contig), np.ones(40, bool)))


def test_a_tenth_of_the_individuals_is_enough_where_there_are_many():
    few = np.arange(300) % 10 == 0
    with pytest.raises(UserError, match=r"X: 3\d of 300"):
        checked(doubled(cohort(300, length=5e5), few))
    people = cohort(300, length=5e5)
    assert checked(people)[0][2] < 5


@pytest.mark.parametrize(("build", "first"), [("GRCh37", 1_000_000), ("GRCh38", 155_800_000)])
def test_pseudo_autosomal_regions_do_not_count(build, first):
    men = np.arange(60) % 2 == 0
    assert checked(doubled(cohort(60, first=first), men), build)[0][2] == 0
    with pytest.raises(UserError):
        checked(doubled(cohort(60, first=first), men), "another build")


def test_numbers_are_those_of_the_file():
    people = doubled(cohort(40), np.arange(40) < 20)
    with pytest.raises(UserError, match=r"\(numbers 101, 102, "):
        check_diploid(people, np.arange(100, 140), "GRCh38")


def test_heterozygosity_is_counted_and_expected_by_brute_force():
    people = cohort(12, seed=4)
    rng = np.random.default_rng(2)
    filled = rng.random((12, people.n_sites)) < 0.2
    (one,) = heterozygosity(Haplotypes(people.alleles, people.sites, people.people, filled), "GRCh38")
    observed, expected = np.zeros(12), np.zeros(12)
    for site in range(people.n_sites):
        for population in "AB":
            known = np.flatnonzero((people.people["population"] == population) & ~filled[:, site])
            genotypes = people.alleles[:, site].reshape(12, 2)[known]
            drawn = genotypes.ravel()
            # Chance that two different haplotypes of the population differ.
            pairs = [drawn[i] != drawn[j] for i in range(len(drawn)) for j in range(i)]
            observed[known] += genotypes[:, 0] != genotypes[:, 1]
            expected[known] += np.mean(pairs) if pairs else 0
    np.testing.assert_allclose(one.observed, observed)
    np.testing.assert_allclose(one.expected, expected)


def test_genotypes_filled_in_are_counted_by_population_individual_and_site():
    people = cohort(12)
    assert count_filled(people) == [("filled in", "genotypes", 0)]
    filled = np.zeros((12, people.n_sites), bool)
    filled[2, :3] = filled[11, 2] = True
    rows = count_filled(Haplotypes(people.alleles, people.sites, people.people, filled))
    assert rows == [
        ("filled in", "genotypes", 4),
        ("filled in", "individuals with any", 2),
        ("filled in", "sites with any", 3),
        ("filled in, population", "A", 3),
        ("filled in, population", "B", 1),
        ("filled in, individual", "AG00003", 3),
        ("filled in, individual", "AG00012", 1),
        ("filled in, site", "X:100000000", 1),
        ("filled in, site", "X:100000001", 1),
        ("filled in, site", "X:100000002", 2),
    ]


def test_sites_at_which_most_of_a_population_is_filled_in():
    people = cohort(12)
    assert not sites_of_no_population(people).any()
    filled = np.zeros((12, people.n_sites), bool)
    filled[:4, 0] = filled[6:9, 1] = filled[[0, 1, 2, 6, 7, 8], 2] = True
    population = people.people.assign(population=["A"] * 6 + ["B"] * 6)
    invented = sites_of_no_population(Haplotypes(people.alleles, people.sites, population, filled))
    assert np.flatnonzero(invented).tolist() == [0]
    # Of four people chance alone can take three.
    small = people.people.assign(population=["A"] * 4 + ["B"] * 8)
    assert not sites_of_no_population(Haplotypes(people.alleles, people.sites, small, filled)).any()
