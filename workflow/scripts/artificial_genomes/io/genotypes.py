"""Checks of genotypes: haploid individuals written as diploid ones, and genotypes that phasing fills in."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from artificial_genomes.core.errors import Findings, UserError, gathered
from artificial_genomes.core.haplotypes import Haplotypes
from artificial_genomes.core.quality_record import DETAILED_STEPS

HOMOZYGOUS_F = 0.8
"""Individuals are homozygous almost throughout if this share of their expected heterozygosity is missing.

This is the threshold of `plink --check-sex`, which calls such individuals male on the X chromosome.
"""

_SEX_CONTIGS = {"X", "23", "Y", "24", "M", "MT", "26"}
# Share of the expected heterozygous genotypes that must be missing: more on autosomes, where related parents and
# structure within a population remove some as well.
_MISSING_HETEROZYGOTES = {True: 0.05, False: 0.1}
_STANDARD_ERRORS = {True: 3.0, False: 4.0}
_PSEUDOAUTOSOMAL = {  # of X, both ends in (Genome Reference Consortium)
    "GRCh37": ((60_001, 2_699_520), (154_931_044, 155_260_560)),
    "GRCh38": ((10_001, 2_781_479), (155_701_383, 156_030_895)),
}
_SITES_PER_BLOCK = 1000
_SHOWN = 8


@dataclass(frozen=True)
class Heterozygosity:
    """Heterozygous genotypes of individuals on a contig; of X outside the pseudoautosomal regions.

    Attributes
    ----------
    observed, expected : (n_people,) float64
        Numbers of heterozygous genotypes; `expected` assumes Hardy-Weinberg equilibrium within populations.
    """

    contig: str
    observed: np.ndarray
    expected: np.ndarray

    @property
    def is_homozygous(self) -> np.ndarray:
        """Individuals who are homozygous almost throughout: (n_people,) bool."""
        return (self.expected > 0) & (self.observed < (1 - HOMOZYGOUS_F) * self.expected)

    @property
    def is_of_haploids(self) -> bool:
        """Return whether more individuals are homozygous almost throughout than expected by chance for diploids.

        In a short region, many diploid individuals have two equal haplotypes; others then have more heterozygous
        genotypes, so the sum over individuals matches the expectation. If haploid individuals are written twice, this
        sum is too low.
        """
        if not self.expected.any():
            return False
        # The ratio of sums and its standard error over individuals, so that linked sites count as one.
        missing = 1 - self.observed.sum() / self.expected.sum()
        residuals = self.observed - (1 - missing) * self.expected
        error = np.sqrt(np.square(residuals).sum()) / self.expected.sum()
        is_sex = self.contig.removeprefix("chr") in _SEX_CONTIGS
        return (
            missing > _MISSING_HETEROZYGOTES[is_sex]
            and missing > _STANDARD_ERRORS[is_sex] * error
            and self.is_homozygous.sum() >= missing * len(self.observed) / 2
        )


def heterozygosity(haplotypes: Haplotypes, build: str) -> Iterator[Heterozygosity]:
    """Count the heterozygous genotypes of individuals with labels, contig by contig, without filled-in genotypes."""
    contigs, positions = (haplotypes.sites[column].to_numpy() for column in ("contig", "position"))
    labels, groups = np.unique(haplotypes.people["population"].to_numpy(str), return_inverse=True)
    is_in = (np.arange(len(labels))[:, None] == groups).astype(np.float64)  # (n_populations, n_people)
    for contig in pd.unique(contigs):
        used = contigs == contig
        if contig.removeprefix("chr") in ("X", "23"):
            for first, last in _PSEUDOAUTOSOMAL.get(build, ()):
                used &= (positions < first) | (positions > last)
        observed, expected = np.zeros(len(groups)), np.zeros(len(groups))
        places = np.flatnonzero(used)
        for start in range(0, len(places), _SITES_PER_BLOCK):
            block = places[start : start + _SITES_PER_BLOCK]
            first, second = haplotypes.alleles[0::2, block], haplotypes.alleles[1::2, block]
            known = np.ones(first.shape) if haplotypes.filled is None else ~haplotypes.filled[:, block] * 1.0
            n = 2 * is_in @ known
            alt = is_in @ ((first + second) * known)
            # Unbiased in small samples; without known genotypes, there are no heterozygotes either.
            pairs = 2 * alt * (n - alt) / np.maximum(n * (n - 1), 1)
            observed += ((first != second) * known).sum(axis=1)
            expected += (pairs[groups] * known).sum(axis=1)
        yield Heterozygosity(contig, observed, expected)


def check_diploid(
    haplotypes: Haplotypes, rows: np.ndarray, build: str, findings: Findings | None = None
) -> list[tuple[str, str, object]]:
    """Check that individuals are not haploid ones written as diploid, such as men on the X chromosome.

    Parameters
    ----------
    haplotypes
        With labels.
    rows : (n_people,) int
        Indices of the individuals in the cohort's files, from 0.
    build, findings
        See `read_vcf`.

    Returns
    -------
    list
        Rows of the quality record: for each contig the number of individuals who are homozygous almost throughout.

    Raises
    ------
    UserError
        On a contig, more individuals are than expected by chance.
    """
    counts = []
    for one in heterozygosity(haplotypes, build):
        homozygous = one.is_homozygous
        counts.append(("genotypes", f"individuals homozygous almost throughout {one.contig}", int(homozygous.sum())))
        if one.is_of_haploids:
            with gathered(findings):
                raise UserError(_haploids(one, rows[homozygous] + 1))
    return counts


def _haploids(one: Heterozygosity, numbers: np.ndarray) -> str:
    shown = ", ".join(map(str, numbers[:_SHOWN])) + (", …" if len(numbers) > _SHOWN else "")
    start = (
        f"{one.contig}: {len(numbers)} of {len(one.observed)} individuals have no or almost no heterozygous genotypes "
        f"(numbers {shown} of the file's individuals), more than expected by chance: "
    )
    match one.contig.removeprefix("chr"):
        case "X" | "23":
            return start + (
                "most are men whose single X is written twice, so each would count as two haplotypes. Leave out "
                "these individuals, or the X chromosome outside the pseudoautosomal regions."
            )
        case "Y" | "24" | "M" | "MT" | "26":
            return start + "the single haplotype of each is written twice. Leave out this contig."
    return start + (
        "haploid genotypes seem to be written twice, as for haploid cells or pseudo-haploid calls from ancient "
        "DNA. Leave out these individuals."
    )


_BY_INDIVIDUAL, _BY_SITE, _LEFT_OUT = DETAILED_STEPS

_NOTHING_TYPED = 0.9
_POPULATION_SHARE = 0.5
_POPULATION_MIN = 5


def without_missing(
    genotypes: Haplotypes, site_max: float, sample_max: float
) -> tuple[Haplotypes, list[tuple[str, str, object]]]:
    """Leave out individuals and sites with so many missing genotypes that imputing them would amount to inventing them.

    First, individuals with more than 90 % missing genotypes are removed, then sites by their share among the remaining
    individuals, then individuals by their share at the remaining sites. Thus an individual without genotypes removes no
    site, and a site typed in few individuals removes no individual.

    Parameters
    ----------
    genotypes
        `filled` says which genotypes are missing.
    site_max, sample_max
        Largest shares of missing genotypes of a site, and of an individual.

    Returns
    -------
    genotypes : Haplotypes
    left_out : list
        Rows of the quality record: numbers of sites and individuals left out, the individuals with their shares, and
        the number of genotypes that remain to be filled in.

    Raises
    ------
    UserError
        No individual or no site is left.
    """
    missing = genotypes.filled
    if missing is None:
        missing = np.zeros((len(genotypes.people), genotypes.n_sites), bool)
    people = missing.mean(axis=1) <= _NOTHING_TYPED
    shares = missing[people].mean(axis=0) if people.any() else np.ones(genotypes.n_sites)
    sites = shares <= site_max
    if not sites.any():
        raise UserError(
            f"all {genotypes.n_sites} SNPs have more than {site_max:.0%} missing genotypes, too many to fill in. "
            "Leave out individuals with few genotypes, or raise phase_site_missing_max."
        )
    of_people = np.where(people, missing[:, sites].mean(axis=1), missing.mean(axis=1))
    people &= of_people <= sample_max
    if not people.any():
        raise UserError(
            f"all {len(people)} individuals have more than {sample_max:.0%} missing genotypes, too many to fill in. "
            "Use sites that were typed in all individuals, or raise phase_sample_missing_max."
        )
    names = genotypes.people["sample"].to_numpy()
    kept = genotypes if people.all() and sites.all() else genotypes.take_sites(sites).take_people(people)
    n_filled = 0 if kept.filled is None else int(kept.filled.sum())
    qc = [
        ("phasing", f"SNPs with more than {site_max:.0%} missing genotypes, left out", int((~sites).sum())),
        ("phasing", f"individuals with more than {sample_max:.0%} missing genotypes, left out", int((~people).sum())),
        *((_LEFT_OUT, names[i], round(float(of_people[i]), 4)) for i in np.flatnonzero(~people)),
        ("phasing", "genotypes filled in", n_filled),
    ]
    return kept, qc


def sites_of_no_population(haplotypes: Haplotypes) -> np.ndarray:
    """Return whether most genotypes of a population at each site are filled in, so that its alleles come from others.

    Populations of fewer than 5 individuals are ignored. Returns (n_sites,) bool.
    """
    invented = np.zeros(haplotypes.n_sites, bool)
    if haplotypes.filled is not None:
        populations = haplotypes.people["population"].to_numpy()
        for population in pd.unique(populations):
            members = populations == population
            if members.sum() >= _POPULATION_MIN:
                invented |= haplotypes.filled[members].mean(axis=0) > _POPULATION_SHARE
    return invented


def count_filled(haplotypes: Haplotypes) -> list[tuple[str, str, object]]:
    """Return rows of the quality record: genotypes filled in, also by population, individual and site."""
    if haplotypes.filled is None:
        return [("filled in", "genotypes", 0)]
    people, of_people = haplotypes.people, haplotypes.filled.sum(axis=1)
    sites, of_sites = haplotypes.sites, haplotypes.filled.sum(axis=0)
    populations = pd.Series(of_people).groupby(people["population"].to_numpy(), sort=True).sum()
    named = [f"{contig}:{position}" for contig, position in zip(sites["contig"], sites["position"], strict=True)]
    rows = [
        ("filled in", "genotypes", int(of_people.sum())),
        ("filled in", "individuals with any", int((of_people > 0).sum())),
        ("filled in", "sites with any", int((of_sites > 0).sum())),
    ]
    rows += [("filled in, population", name, int(n)) for name, n in populations.items()]
    rows += [(_BY_INDIVIDUAL, name, int(n)) for name, n in zip(people["sample"], of_people, strict=True) if n]
    return rows + [(_BY_SITE, name, int(n)) for name, n in zip(named, of_sites, strict=True) if n]
