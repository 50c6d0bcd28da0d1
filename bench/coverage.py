"""How often do the 95 % intervals of a comparison cover what they should?

    python bench/coverage.py tree people coalescent --draws 200       (about 1 s per draw)

Each draw takes test, training and spare individuals and AG individuals from one population, compares them by the code
of the workflow, and notes every value with its interval. The target of a metric is its mean over all draws, which is
what the metric has on average at this number of individuals. Coverage is the share of the draws whose interval holds
the target. AGs come from the population too, which is the case in which verdicts are close. Three populations:

- tree: independent draws from a hidden Chow-Liu tree with 16 states, fitted to the authors' 805 SNPs;
- people: individuals of the authors' 805-SNP file, drawn without replacement;
- coalescent: individuals of three populations of 2000 simulated by msprime.

Each has 250 sites, evenly spread.

Draws are appended to results/bench/coverage_{population}.tsv and not repeated; the table of coverages is
results/bench/coverage.tsv.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from fidelity import ROOT, load_file, settings_of
from threadpoolctl import threadpool_limits
from verdict import LABELS, labelled

from artificial_genomes.compare import comparison, together
from artificial_genomes.core import program
from artificial_genomes.core.haplotypes import Haplotypes, artificial_people
from artificial_genomes.core.sites import evenly_spread
from artificial_genomes.core.tables import read_tsv, write_tsv
from artificial_genomes.models import hclt
from artificial_genomes.models.training import TrainingData, TrainingRun

Draw = Callable[[int, np.random.Generator], Haplotypes]
"""From a number of individuals and a generator to these individuals of a population."""

POPULATION_PEOPLE, SITES = 2000, 250
RESULTS = ["draw", "reference", "metric", "value", "ci_low", "ci_high"]


def main() -> None:
    """Draw, compare, write, summarise."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("populations", nargs="+", choices=POPULATIONS)
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--people", type=int, default=100, help="individuals of a reference, and AG individuals")
    parser.add_argument("--labels", type=Path, default=LABELS, help="table of individuals of the authors' file")
    parser.add_argument("--folder", type=Path, default=ROOT / "results" / "bench")
    args = parser.parse_args()

    defaults = yaml.safe_load((ROOT / "config" / "config.yaml").read_text(encoding="utf-8"))["compare"]
    settings = comparison.Settings(**defaults | {"three_point_gaps": [1, 4, 16, 64], "three_point_triplets": 100})
    tables = {name: args.folder / f"coverage_{name}.tsv" for name in args.populations}
    results = {
        name: read_tsv(path, RESULTS) if path.exists() else pd.DataFrame(columns=RESULTS)
        for name, path in tables.items()
    }
    draws = {name: POPULATIONS[name](args.labels) for name in args.populations}
    for number in range(args.draws):
        for name, draw in draws.items():
            if not (results[name]["draw"] == number).any():
                with threadpool_limits(1):
                    one = compared(draw, args.people, number, settings)
                results[name] = pd.concat([results[name], one.assign(draw=number)[RESULTS]], ignore_index=True)
                write_tsv(results[name], tables[name])
    summary = pd.concat([coverage(one).assign(population=name) for name, one in results.items()], ignore_index=True)
    write_tsv(summary, args.folder / "coverage.tsv")
    print(summary.pivot(index="metric", columns="population", values="coverage").to_string(float_format="%.3f"))


def compared(draw: Draw, n_people: int, number: int, settings: comparison.Settings) -> pd.DataFrame:
    """Return the metrics of one draw: reference metric value ci_low ci_high n."""
    drawn = draw(4 * n_people, np.random.default_rng([n_people, number + 1]))
    roles = np.repeat(["test", "train", "ag"], [n_people, 2 * n_people, n_people])
    real, ags = drawn.take_people(roles != "ag"), drawn.take_people(roles == "ag")
    genomes = Haplotypes(ags.alleles, ags.sites, artificial_people(n_people))
    tables = comparison.compare_model(real, roles[roles != "ag"], genomes, settings)
    on_common_axes = together.compare_together(real, roles[roles != "ag"], {"ag": genomes}, ["ag"], 1, settings)[
        "metrics"
    ]
    of_ags = on_common_axes[on_common_axes["model"] == "ag"].drop(columns="model")
    return pd.concat([tables["metrics"], of_ags], ignore_index=True)


def coverage(results: pd.DataFrame) -> pd.DataFrame:
    """Return metric, coverage, target, sd (of the values), interval_sd (mean width / 3.92) and draws of every interval.

    Draws in which a number is not defined are left out. Of two references the first counts.
    """
    rows = []
    for (metric, _), of_metric in results.groupby(["metric", "reference"], sort=False):
        defined = of_metric.dropna(subset=["value", "ci_low", "ci_high"])
        if not len(defined) or metric in {row[0] for row in rows}:
            continue
        target = defined["value"].mean()
        covered = (defined["ci_low"] <= target) & (target <= defined["ci_high"])
        width = (defined["ci_high"] - defined["ci_low"]).mean() / 3.92
        rows.append((metric, covered.mean(), target, defined["value"].std(), width, len(defined)))
    return pd.DataFrame(rows, columns=["metric", "coverage", "target", "sd", "interval_sd", "draws"])


def thinned(real: Haplotypes) -> Haplotypes:
    """Return the haplotypes at `SITES` evenly spread sites."""
    return real.take_sites(evenly_spread(real.n_sites, SITES))


def tree(labels: Path) -> Draw:
    """Return draws from a tree that is fitted to all individuals of the authors' 805 SNPs."""
    real = thinned(load_file("805"))
    fitted, other = real.take_people(np.arange(0, 2504, 2)), real.take_people(np.arange(1, 2504, 50))
    settings = settings_of("hclt", "805", {"epochs": 20, "sampling_temperatures": [1.0]})
    del settings["kind"]
    model = hclt.fit(TrainingData(fitted.alleles, other.alleles, real.sites), settings, TrainingRun(1))

    def draw(n: int, rng: np.random.Generator) -> Haplotypes:
        return Haplotypes(model.sample(2 * n, int(rng.integers(2**31))), real.sites, artificial_people(n))

    return draw


def people(labels: Path) -> Draw:
    """Return draws of individuals of the authors' 805 SNPs, without replacement."""
    real, _ = labelled(thinned(load_file("805")), labels)
    return lambda n, rng: real.take_people(rng.permutation(len(real.people))[:n])


def coalescent(labels: Path) -> Draw:
    """Return draws of individuals of three simulated populations, without replacement."""
    import msprime

    demography = msprime.Demography.island_model([10_000] * 3, migration_rate=2e-4)
    names = [population.name for population in demography.populations]
    trees = msprime.sim_ancestry(
        dict.fromkeys(names, POPULATION_PEOPLE),
        demography=demography,
        sequence_length=400_000,
        recombination_rate=1e-8,
        random_seed=1,
    )
    trees = msprime.sim_mutations(trees, rate=1.5e-8, random_seed=1, model=msprime.BinaryMutationModel())
    alleles = trees.genotype_matrix().T.astype(np.uint8)
    frequency = alleles.mean(axis=0)
    usable = np.flatnonzero(np.minimum(frequency, 1 - frequency) >= 0.01)
    positions = trees.sites_position[usable].astype(int) + 1
    sites = pd.DataFrame({"contig": "1", "position": positions, "id": ".", "ref": "A", "alt": "C"})
    table = artificial_people(3 * POPULATION_PEOPLE)
    table["population"] = table["superpopulation"] = np.repeat(names, POPULATION_PEOPLE)
    real = thinned(Haplotypes(alleles[:, usable], sites, table))
    return lambda n, rng: real.take_people(rng.permutation(len(real.people))[:n])


POPULATIONS = {"tree": tree, "people": people, "coalescent": coalescent}


if __name__ == "__main__":
    program.run(main)
