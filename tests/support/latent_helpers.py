"""What the tests of the hidden layer share."""

import numpy as np
import pandas as pd

from artificial_genomes.core.haplotypes import Haplotypes, artificial_people
from artificial_genomes.latent.encoding import RealSets
from artificial_genomes.models.rbm_machine import Model

POPULATIONS = np.array(["AFR", "EAS", "EUR"])


def people_of_three_populations(n_people: int = 90, n_sites: int = 60, seed: int = 1) -> Haplotypes:
    """Return three populations, each of two parts, whose allele frequencies differ at every site."""
    rng = np.random.default_rng(seed)
    frequencies = rng.uniform(0.1, 0.9, size=(3, n_sites))
    population = np.arange(n_people) % 3
    alleles = (rng.random((2 * n_people, n_sites)) < frequencies[np.repeat(population, 2)]).astype(np.uint8)
    sites = pd.DataFrame(
        {"contig": "1", "position": 100 * np.arange(1, n_sites + 1), "id": ".", "ref": "A", "alt": "C"}
    )
    names = POPULATIONS[population]
    half = (np.arange(n_people) // 3 % 2).astype(str)
    people = artificial_people(n_people).assign(superpopulation=names, population=np.char.add(names, half))
    return Haplotypes(alleles, sites, people)


def real_sets_of(haplotypes: Haplotypes, n_train: int = 60) -> RealSets:
    """Return the first people for training, the others for the test."""
    people = np.arange(len(haplotypes.people))
    return RealSets(haplotypes.take_people(people < n_train), haplotypes.take_people(people >= n_train))


def some_rbm(n_sites: int = 60, n_hidden: int = 20, scale: float = 0.25, hidden: str = "sigmoid") -> Model:
    """Return a machine with random weights."""
    rng = np.random.default_rng(5)
    return Model(
        hidden,
        6,
        (scale * rng.normal(size=(n_sites, n_hidden))).astype(np.float32),
        np.zeros(n_sites, np.float32),
        np.zeros(n_hidden, np.float32),
        np.full((1, n_sites), 0.5, np.float32),
        np.float32(1),
    )
