"""A chromosome of simulated haplotypes, for config/examples/chromosome.yaml and docs/scale.md.

    python bench/chromosome.py
    python bench/chromosome.py --individuals 10000 --mb 2.6 --folder results/bench/individuals

2,504 individuals of three populations under the out-of-Africa history of Gutenkunst et al. 2009 (msprime), as long as
chromosome 22. Four fifths of the recombination lies in hotspots, a tenth of the sequence, as in human genetic maps;
the density of SNPs is that of the 1000 Genomes Project. Simulated SNPs that would be more than that are left out at
random.

Written to results/bench/chromosome/: haplotypes.vcf.gz with its index, people.tsv. With the same seed the same bytes.
"""

import argparse
from pathlib import Path

import demes
import msprime
import numpy as np
import pandas as pd
from fidelity import ROOT

from artificial_genomes.core import program
from artificial_genomes.core.errors import UserError
from artificial_genomes.core.haplotypes import Haplotypes
from artificial_genomes.core.random_streams import stream
from artificial_genomes.core.sites import contig_length
from artificial_genomes.core.tables import write_tsv
from artificial_genomes.io.vcf_writer import write_vcf

FOLDER = ROOT / "results" / "bench" / "chromosome"
HISTORY = ROOT / "resources" / "out_of_africa.yaml"
CONTIG, BUILD = "22", "GRCh37"

INDIVIDUALS = 2504
SUPERPOPULATIONS = {"YRI": "AFR", "CEU": "EUR", "CHB": "EAS"}

SITES_PER_MB = 4000
"""SNPs with a minor allele frequency of 0.5 % or more: some 200,000 on chromosome 22 of the 1000 Genomes Project."""

MAF_WRITTEN = 0.004
"""Rarer SNPs are not written; data sets filter again, at 0.5 % in their training and validation individuals."""

MUTATION_RATE = 2.5e-8
"""Per bp and generation, twice the human rate: more SNPs than needed, of which some are then left out."""

CM_PER_MB, HOT_SHARE, HOT_RECOMBINATION, HOTSPOT_BP = 1.2, 0.1, 0.8, 2000
"""Mean recombination rate, share of the sequence in hotspots, their share of the recombination, and their length."""


def main() -> None:
    """Simulate, and write the files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mb", type=float, help="length in Mb; default: that of the chromosome")
    parser.add_argument("--individuals", type=int, default=INDIVIDUALS, help="about a third of each population")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    args = parser.parse_args()
    length = round(args.mb * 1e6) if args.mb else contig_length(CONTIG, BUILD)
    haplotypes = simulated(length, args.individuals, args.seed)
    print(f"{haplotypes.n_haplotypes} haplotypes, {haplotypes.n_sites} SNPs on {length / 1e6:g} Mb", flush=True)
    write_tsv(haplotypes.people, args.folder / "people.tsv")
    write_vcf(haplotypes, args.folder / "haplotypes.vcf.gz", BUILD)


def simulated(length: int, individuals: int, seed: int) -> Haplotypes:
    """Return haplotypes on `length` bp, individuals sorted by population."""
    sizes = {name: (individuals + place) // len(SUPERPOPULATIONS) for place, name in enumerate(SUPERPOPULATIONS)}
    rng = stream(seed, "chromosome")
    ancestry_seed, mutation_seed = rng.integers(1, 2**31, 2).tolist()
    trees = msprime.sim_ancestry(
        sizes,
        demography=msprime.Demography.from_demes(demes.load(HISTORY)),
        recombination_rate=recombination_map(length, rng),
        random_seed=ancestry_seed,
    )
    trees = msprime.sim_mutations(
        trees,
        rate=MUTATION_RATE,
        model=msprime.BinaryMutationModel(),
        discrete_genome=False,
        random_seed=mutation_seed,
    )
    n = trees.num_samples
    positions = np.floor(trees.sites_position).astype(np.int64)
    counts = np.array([tree.num_samples(one.node) for tree in trees.trees() for one in tree.mutations()], np.int64)
    minor = np.minimum(counts, n - counts) / n
    # Of several SNPs at one base, the first is kept.
    usable = np.flatnonzero((minor >= MAF_WRITTEN) & (np.diff(positions, prepend=-1) > 0))
    share = SITES_PER_MB * length / 1e6 / np.count_nonzero(minor[usable] >= 0.005)
    if share > 1:
        raise UserError(f"{len(usable)} SNPs were simulated, too few. Raise MUTATION_RATE.")
    chosen = np.sort(rng.choice(usable, round(share * len(usable)), replace=False))
    kept = trees.delete_sites(np.setdiff1d(np.arange(trees.num_sites), chosen))
    by_site = np.empty((len(chosen), n), np.uint8)
    for row, variant in zip(by_site, kept.variants(), strict=True):
        row[:] = variant.genotypes
    people = pd.DataFrame({"population": np.repeat(list(sizes), list(sizes.values()))})
    people["superpopulation"] = people["population"].map(SUPERPOPULATIONS)
    people.insert(0, "sample", [f"SIM{i:04d}" for i in range(1, len(people) + 1)])
    sites = pd.DataFrame({"contig": CONTIG, "position": positions[chosen] + 1, "id": ".", "ref": "A", "alt": "C"})
    return Haplotypes(by_site.T, sites, people)


def recombination_map(length: int, rng: np.random.Generator) -> msprime.RateMap:
    """Return a map with hotspots at random places; their rates, and those between them, have a gamma distribution."""
    n_hotspots = max(1, round(HOT_SHARE * length / HOTSPOT_BP))
    starts = np.sort(rng.choice(length // HOTSPOT_BP, n_hotspots, replace=False)) * HOTSPOT_BP
    edges = np.unique(np.concatenate([[0, length], starts, np.minimum(starts + HOTSPOT_BP, length)]))
    hot = np.isin(edges[:-1], starts)
    widths, rates = np.diff(edges), rng.gamma(1, size=len(edges) - 1)
    for where, part in ((hot, HOT_RECOMBINATION), (~hot, 1 - HOT_RECOMBINATION)):
        rates[where] *= part * CM_PER_MB * 1e-8 * length / (rates * widths)[where].sum()
    return msprime.RateMap(position=edges, rate=rates)


if __name__ == "__main__":
    program.run(main)
