"""Fixtures that several test modules share."""

import numpy as np
import pytest

from artificial_genomes.core.haplotypes import Haplotypes


@pytest.fixture(scope="session")
def three_populations() -> Haplotypes:
    """Simulated haplotypes of three populations of 20 people: EUR and JPT split from each other, earlier from YRI."""
    # Here, since pytest loads this file whatever test is asked for.
    import msprime

    from scan_helpers import haplotypes_of

    demography = msprime.Demography.from_species_tree("((EUR:1000,JPT:1000):2000,YRI:3000)", initial_size=5000)
    ancestry = msprime.sim_ancestry(
        {"EUR": 20, "JPT": 20, "YRI": 20},
        demography=demography,
        sequence_length=300_000,
        recombination_rate=1e-8,
        random_seed=3,
    )
    mutations = msprime.sim_mutations(ancestry, rate=2e-8, random_seed=3, model=msprime.BinaryMutationModel())
    alleles = mutations.genotype_matrix().T.astype(np.uint8)
    return haplotypes_of(alleles, ["EUR"] * 20 + ["JPT"] * 20 + ["YRI"] * 20, mutations.sites_position.astype(int) + 1)
