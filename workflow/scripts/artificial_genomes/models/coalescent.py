"""Haplotypes of a coalescent simulation (msprime; Baumdicker et al. 2022, Genetics 220:iyab229): their only estimated
parameter is the population size, or they follow a published demographic history.

The AGs have their own sites: as many on each contig, or on each region of one, as the data set has, within the segment
that its sites span. SNPs are biallelic and follow the infinite sites model; those rarer than the rarest SNP of the
training haplotypes are dropped, and the others are thinned at random to the number in the data set. Genealogies
determine linkage and frequencies, whereas the number of mutations determines only the density of SNPs. More SNPs than
needed are therefore simulated (`oversampling`), so that the thinning conditions on the number of sites (`ms -s`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np
import pandas as pd

from artificial_genomes.core.errors import UserError
from artificial_genomes.core.random_streams import stream
from artificial_genomes.core.sites import FAR_BP, stretches
from artificial_genomes.models import Seed
from artificial_genomes.models.training import TrainingData, TrainingRun

if TYPE_CHECKING:
    import tskit

LENGTH_MAX_BP = 100_000_000
"""Maximum total length of all contigs: longer simulations would take hours, and such distant sites are not linked."""

SITE_BP_MIN = 2
"""Minimum number of bp per site of a contig; a simulation cannot yield denser SNPs."""

STRETCH_MIN_BP = 10_000
"""Minimum length of the segments of a contig with gaps for them to be simulated separately."""

CONTIG_COLUMNS = ["contig", "start", "length", "n_sites"]


@dataclass
class Model:
    """A demographic history, and how to sample from it.

    Attributes
    ----------
    demography : str
        The history, in YAML of Demes (Gower et al. 2022, Genetics 222:iyac131).
    populations : (n_populations,) str
        Populations to sample from at time 0.
    shares : (n_populations,) float64
        Share of the AGs from each; they add up to 1.
    contigs : DataFrame
        contig, start (bp, 1-based), length (bp), n_sites; one row per contig or region, in the order of the data set.
    minor_frequency : float
        Minor allele frequency of the rarest SNP.
    mutation_rate, recombination_rate : float
        Per bp and generation; the former with oversampling.
    """

    demography: str
    populations: np.ndarray
    shares: np.ndarray
    contigs: pd.DataFrame
    minor_frequency: float
    mutation_rate: float
    recombination_rate: float

    @classmethod
    def from_arrays(cls, settings: dict, arrays: dict[str, np.ndarray]) -> Self:
        """Build the model from `arrays`."""
        return cls(
            str(arrays["demography"]),
            arrays["populations"],
            arrays["shares"],
            pd.DataFrame({name: arrays[name] for name in CONTIG_COLUMNS}),
            *(float(arrays[name]) for name in ("minor_frequency", "mutation_rate", "recombination_rate")),
        )

    def arrays(self) -> dict[str, np.ndarray]:
        """Return history, samples, contigs and rates."""
        contigs = {name: self.contigs[name].to_numpy() for name in CONTIG_COLUMNS}
        contigs["contig"] = contigs["contig"].astype(str)
        names = ("demography", "populations", "shares", "minor_frequency", "mutation_rate", "recombination_rate")
        return {name: np.array(getattr(self, name)) for name in names} | contigs

    def sample(self, n: int, seed: Seed) -> np.ndarray:
        """Return the haplotypes of `simulate`: (n, n_sites) uint8."""
        return self.simulate(n, seed)[0]

    def simulate(self, n: int, seed: Seed) -> tuple[np.ndarray, pd.DataFrame]:
        """Return the alleles, (n, n_sites) uint8, of all haplotypes of `simulate_in_parts`, and their sites."""
        alleles_of, sites = self.simulate_in_parts(n, seed)
        return alleles_of(slice(0, n)), sites

    def simulate_in_parts(self, n: int, seed: Seed) -> tuple[Callable[[slice], np.ndarray], pd.DataFrame]:
        """Simulate `n` haplotypes and their sites, the same for the same `n` and seed.

        Returns
        -------
        alleles_of : function
            Returns the alleles of consecutive haplotypes: (k, n_sites) uint8, 0 = ancestral, 1 = derived. Rows 2i and
            2i + 1 are from one population; individuals are in random order.
        sites : DataFrame
            contig, position, id, ref, alt, as in `Haplotypes`.

        Raises
        ------
        UserError
            There are fewer SNPs on a contig than the data set has.
        """
        rng = stream(seed, "coalescent AGs")
        n_people = (n + 1) // 2
        people = dict(zip(self.populations.tolist(), _apportion(self.shares, n_people), strict=True))
        order = (2 * rng.permutation(n_people)[:, None] + [0, 1]).ravel()[:n]
        minor_count = max(1, round(self.minor_frequency * n))
        simulated, sites = [], []
        for contig in self.contigs.itertuples(index=False):
            trees = self._trees(int(contig.length), people, order, rng)
            offsets = np.floor(trees.sites_position).astype(np.int64)
            derived = np.array([tree.num_samples(one.node) for tree in trees.trees() for one in tree.mutations()], int)
            frequent = np.flatnonzero(np.minimum(derived, n - derived) >= minor_count)
            # Positions are real numbers, so no site mutates twice; of several SNPs at one base, the first is kept.
            usable = frequent[np.diff(offsets[frequent], prepend=-1) > 0]
            if len(usable) < contig.n_sites:
                raise UserError(
                    f"the coalescent model has {len(usable)} SNPs on contig {contig.contig}, but the data set has "
                    f"{contig.n_sites}. Raise its oversampling in model_params, or use another demography."
                )
            chosen = np.sort(rng.choice(usable, contig.n_sites, replace=False))
            kept = trees.delete_sites(np.setdiff1d(np.arange(trees.num_sites), chosen))
            simulated.append(kept)
            sites.append(pd.DataFrame({"contig": contig.contig, "position": contig.start + offsets[chosen]}))

        def alleles_of(haplotypes: slice) -> np.ndarray:
            samples = [trees.samples()[haplotypes] for trees in simulated]
            parts = [trees.variants(samples=nodes) for trees, nodes in zip(simulated, samples, strict=True)]
            return np.stack([site.genotypes.astype(np.uint8) for part in parts for site in part], axis=1)

        return alleles_of, pd.concat(sites, ignore_index=True).assign(id=".", ref="A", alt="C")

    def _trees(
        self, length: int, people: dict[str, int], order: np.ndarray, rng: np.random.Generator
    ) -> "tskit.TreeSequence":
        """Return the genealogies of one contig with their mutations; samples are haplotypes in the requested order."""
        import demes
        import msprime

        ancestry_seed, mutation_seed = rng.integers(1, 2**31, 2).tolist()
        trees = msprime.sim_ancestry(
            people,
            demography=msprime.Demography.from_demes(demes.loads(self.demography)),
            sequence_length=length,
            recombination_rate=self.recombination_rate,
            random_seed=ancestry_seed,
        )
        return msprime.sim_mutations(
            trees.simplify(trees.samples()[order]),
            rate=self.mutation_rate,
            model=msprime.BinaryMutationModel(),
            discrete_genome=False,
            random_seed=mutation_seed,
        )


def fit(data: TrainingData, settings: dict, run: TrainingRun) -> Model:
    """Fit the size of a population to the training haplotypes, or read a demographic history.

    Parameters
    ----------
    settings
        `demography`: `constant`, or the path of a Demes file; `samples`: {population: share} of that file;
        `mutation_rate` per bp and generation; `recombination_cm_per_mb`; `oversampling`, a factor on the number
        of SNPs that are simulated.

    Raises
    ------
    UserError
        The contigs are too long in total, no site varies, or the history cannot be read or sampled from as requested.
    """
    contigs = simulated_spans(data.sites)
    length = int(contigs["length"].sum())
    derived = data.train.sum(axis=0, dtype=np.int64)
    minor_count = rarest_minor_count(derived, len(data.train))
    if settings["demography"] == "constant":
        size = fitted_size(derived, len(data.train), minor_count, settings["mutation_rate"], length)
        demography, samples = _constant(size), {"population": 1.0}
    else:
        samples = settings["samples"]
        demography = read_demography(settings["demography"], list(samples))
    shares = np.array(list(samples.values()), np.float64)
    return Model(
        demography,
        np.array(list(samples)),
        shares / shares.sum(),
        contigs,
        minor_count / len(data.train),
        settings["mutation_rate"] * settings["oversampling"],
        settings["recombination_cm_per_mb"] * 1e-8,
    )


def simulated_spans(sites: pd.DataFrame) -> pd.DataFrame:
    """Return the `spans` of sites, after checking that they can be simulated.

    Raises
    ------
    UserError
        They are too long in total, or the sites on one are too dense.
    """
    contigs = spans(sites)
    length = int(contigs["length"].sum())
    if length > LENGTH_MAX_BP:
        raise UserError(
            f"the sites of the data set span {length / 1e6:,.0f} Mb on {len(contigs)} contigs, too long for a "
            f"coalescent simulation (at most {LENGTH_MAX_BP / 1e6:,.0f} Mb). Leave this model out of the run, or "
            "set a region for the data set."
        )
    dense = contigs["n_sites"] > contigs["length"] / SITE_BP_MIN
    if dense.any():
        first = contigs[dense].iloc[0]
        raise UserError(
            f"the {first['n_sites']} sites on contig {first['contig']} span {first['length']} bp, too few for a "
            "coalescent simulation. Leave this model out of the run, or set a region for the data set."
        )
    return contigs


def spans(sites: pd.DataFrame) -> pd.DataFrame:
    """Return the segment of each contig from its first to its last site, both included: the columns of `contigs`.

    A contig with gaps, as between regions of a data set, is split into segments (see `stretches`), each with its own
    history, unless one of them would be shorter than `STRETCH_MIN_BP`, which means that its sites are sparse
    everywhere.
    """
    rows = []
    for contig, on_contig in sites.groupby("contig", sort=False):
        positions = on_contig["position"].to_numpy()
        parts = [positions[place] for _, place in stretches(on_contig, FAR_BP)]
        if min(part[-1] - part[0] for part in parts) < STRETCH_MIN_BP:
            parts = [positions]
        rows += [(contig, part[0], part[-1] - part[0] + 1, len(part)) for part in parts]
    return pd.DataFrame(rows, columns=CONTIG_COLUMNS)


def rarest_minor_count(derived: np.ndarray, n: int) -> int:
    """Return the smallest minor allele count of the sites that vary.

    Parameters
    ----------
    derived : (n_sites,) int64
        Count of either allele among `n` haplotypes.

    Raises
    ------
    UserError
        No site varies.

    Examples
    --------
    >>> rarest_minor_count(np.array([0, 3, 9, 10]), n=10)
    1
    """
    minor = np.minimum(derived, n - derived)
    if not minor.any():
        raise UserError("no site varies among the training haplotypes. Use other sites or individuals.")
    return int(minor[minor > 0].min())


def fitted_size(derived: np.ndarray, n: int, minor_count: int, mutation_rate: float, length: int) -> float:
    """Return the diploid size N of a constant population from nucleotide diversity pi = 4 N mu L.

    pi is the mean number of differences of two haplotypes (Tajima 1983, Genetics 105:437). Under the neutral spectrum
    theta / i, sites with a minor allele count of m or more hold the share (n - 2m + 1) / (n - 1) of it; the data are
    assumed to contain all of these and no others.

    Parameters
    ----------
    derived : (n_sites,) int64
        Count of either allele among `n` haplotypes.
    minor_count : int
        m, the count of the rarest site.
    length : int
        L in bp.

    Examples
    --------
    >>> n = 4
    >>> derived = np.array([1, 1, 1, 1, 1, 1, 2, 2, 2, 3, 3])  # the neutral spectrum: theta / i sites with i copies
    >>> round(fitted_size(derived, n, minor_count=1, mutation_rate=1e-8, length=1_000_000))
    150
    """
    diversity = (2 * derived * (n - derived)).sum() / (n * (n - 1))
    share = (n - 2 * minor_count + 1) / (n - 1)
    return float(diversity / share / (4 * mutation_rate * length))


def _constant(size: float) -> str:
    return f"time_units: generations\ndemes: [{{name: population, epochs: [{{start_size: {size!r}}}]}}]\n"


def read_demography(path: str, populations: list[str]) -> str:
    """Return a Demes file as text, after checking that each of the populations can be sampled at present."""
    import demes

    try:
        text = Path(path).read_text(encoding="utf-8")
        history = demes.loads(text)
    except Exception as error:  # any exception of the YAML reader behind demes and of its checks
        reason = str(error).splitlines()[0].strip("\"'")
        raise UserError(f"{path} is not a demographic history in the YAML of Demes ({reason}). Correct it.") from error
    today = [deme.name for deme in history.demes if deme.end_time == 0]
    for population in populations:
        if population not in today:
            raise UserError(
                f"{path} has no present-day population {population!r}. Write under samples: {', '.join(today)}."
            )
    return text


def _apportion(shares: np.ndarray, total: int) -> list[int]:
    """Return whole numbers in proportion to `shares` that add up to `total` (largest remainders)."""
    exact = shares * total
    whole = np.floor(exact).astype(int)
    largest = np.argsort(whole - exact, kind="stable")[: total - whole.sum()]
    whole[largest] += 1
    return whole.tolist()
