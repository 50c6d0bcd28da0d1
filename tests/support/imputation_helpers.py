"""People, panels and targets that the tests of imputation share."""

from pathlib import Path

import msprime
import numpy as np
import pandas as pd

from artificial_genomes.core.haplotypes import Haplotypes, artificial_people
from artificial_genomes.imputation.imputers import Job
from artificial_genomes.imputation.target import typed_sites
from artificial_genomes.io.vcf_writer import write_vcf

SPLIT = np.array(["public"] * 60 + ["train"] * 50 + ["validation"] * 10 + ["test"] * 30, object)
"""The split of 150 people."""


def simulated_people(n=150, length=200_000, seed=5):
    """People at some 300 sites of contig 20."""
    ancestry = msprime.sim_ancestry(
        n, population_size=10_000, sequence_length=length, recombination_rate=1e-8, random_seed=seed
    )
    mutations = msprime.sim_mutations(ancestry, rate=1e-8, random_seed=seed, model=msprime.BinaryMutationModel())
    alleles = mutations.genotype_matrix().T.astype(np.uint8)
    positions = mutations.sites_position.astype(int) + 1
    ids = [f"s{i}" for i in range(len(positions))]
    sites = pd.DataFrame({"contig": "20", "position": positions, "id": ids, "ref": "A", "alt": "C"})
    people = pd.DataFrame({"sample": [f"p{i}" for i in range(n)], "population": "", "superpopulation": ""})
    return Haplotypes(alleles, sites, people).take_sites(~sites.duplicated("position").to_numpy())


def ags(real, n=20, seed=0):
    """AGs of `n` samples: copies of real haplotypes."""
    rows = np.random.default_rng(seed).integers(0, real.n_haplotypes, 2 * n)
    return Haplotypes(real.alleles[rows], real.sites, artificial_people(n))


def on_two_contigs(haplotypes):
    """The same haplotypes, where the second half of the sites lies on contig 21."""
    half = haplotypes.n_sites // 2
    contigs = np.repeat(["20", "21"], [half, haplotypes.n_sites - half])
    return Haplotypes(haplotypes.alleles, haplotypes.sites.assign(contig=contigs), haplotypes.people)


def allele_counts(haplotypes):
    """The number of ALT alleles of every person at every site."""
    return haplotypes.alleles.reshape(-1, 2, haplotypes.n_sites).sum(axis=1, dtype=int)


def written_target(real, folder: Path, typed_fraction=0.1):
    """Target people, which of their sites are typed, and the VCF of these."""
    target = real.take_people(SPLIT == "test")
    typed = typed_sites(real.take_people(SPLIT == "train").alleles, typed_fraction, 0.05)
    write_vcf(target.take_sites(typed), folder / "target.vcf.gz", "GRCh37")
    return target, typed, folder / "target.vcf.gz"


def written_panel(panel, folder: Path):
    write_vcf(panel, folder / "panel.vcf.gz", "GRCh37")
    return folder / "panel.vcf.gz"


def job_of(panel, target, folder: Path, **changes):
    """A job for one program: panel and target on one contig, written to a folder."""
    folder.mkdir(exist_ok=True)
    for name, haplotypes in (("panel", panel), ("target", target)):
        write_vcf(haplotypes, folder / f"{name}.vcf.gz", "GRCh37")
    settings = {
        "panel": folder / "panel.vcf.gz",
        "target": folder / "target.vcf.gz",
        "folder": folder,
        "contig": panel.sites["contig"].iloc[0],
        "positions": panel.sites["position"].to_numpy(),
        "map_cm": None,
        "seed": 7,
        "threads": 2,
        "memory_mb": 1000,
    }
    return Job(**settings | changes)
