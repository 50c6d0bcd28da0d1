"""All AG sets of a dataset beside the real haplotypes: on the axes of one PCA, and by the LD of the same sites."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from artificial_genomes.compare.comparison import Settings, Tables, wasserstein_metrics
from artificial_genomes.compare.matching import (
    ceiling_candidate,
    floor_candidate,
    haplotypes_of,
    match_people,
    model_candidate,
)
from artificial_genomes.core.haplotypes import Haplotypes
from artificial_genomes.core.metric_table import METRIC_COLUMNS, metric_rows
from artificial_genomes.core.random_streams import stream
from artificial_genomes.core.same_sites import check_same_sites
from artificial_genomes.core.sites import evenly_spread
from artificial_genomes.statistics import bootstrap, ld, pca

SHOWN_HAPLOTYPES = 6000
"""Maximum number of haplotypes of a set that have a row in `pca`, those of evenly spread individuals."""

LD_SPAN_SITES = 10_000
"""The LD matrices are of sites in the middle of the data set, among this many: farther ones would show no LD."""

LD_SITES = 200
"""Maximum number of sites of the LD matrices, about what a figure can resolve."""

LD_MAF_MIN = 0.05
"""Minimum minor allele frequency of these sites: r2 of rarer ones is mostly noise."""


def compare_together(
    real: Haplotypes,
    split: np.ndarray,
    genomes: dict[str, Haplotypes],
    fitted: Sequence[str],
    control_seed: int,
    settings: Settings,
) -> Tables:
    """Compare AG sets of a dataset with real haplotypes on the axes of one PCA of all of them (combined PCA).

    Each set that is fitted has the weight of n haplotypes. All others are projected on the axes: the controls, the AG
    sets that are not fitted, and the other haplotypes of those that are.

    Parameters
    ----------
    split : (n_people,) str
        Part of every individual; the dataset is about all but those that are `public`.
    genomes
        AG sets by model, with the sites of the dataset.
    fitted
        Models that determine the axes, together with the real haplotypes, and that get metrics.
    control_seed
        Of the ceiling and the floor.

    Returns
    -------
    dict of DataFrame
        metrics (model reference metric value ci_low ci_high n; of fitted models and controls) · pca (set
        superpopulation pc1 ...; haplotypes of the individuals that the dataset is about (`real`), of the AG sets and of
        the controls) · pca_variance (axis explained) · ld_matrix (see `ld_matrix`)

    Raises
    ------
    UserError
        The AGs of a model have other sites than the dataset.
    """
    for name, one in genomes.items():
        check_same_sites(one.sites, real.sites, f"the set of {name} AGs")
    people = match_people(split, settings.seed, min((len(genomes[name].people) for name in fitted), default=None))
    reference = "test" if "test" in settings.references else settings.references[0]
    candidates = {name: model_candidate(real, people, genomes[name], settings.seed) for name in fitted}
    sets = {name: one.alleles[one.compared] for name, one in candidates.items()}
    controls = {
        name: make(real, people, settings.seed, control_seed).alleles
        for name, make in (("ceiling", ceiling_candidate), ("floor", floor_candidate))
    }
    compared = {"real": real.take_people(people.references[reference]).alleles, **sets}
    axes = pca.CommonAxes(list(compared.values()), settings.pca_axes)
    scores = {name: axes.scores(alleles) for name, alleles in (compared | controls).items()}
    rng = stream(settings.seed, "bootstrap of common axes")
    draws = [bootstrap.resample_people(people.n_people, settings.bootstrap_replicates, rng) for _ in range(2)]
    metrics = [
        metric_rows(
            reference,
            wasserstein_metrics("pca_combined", scores["real"], scores[name], *draws, rng),
            2 * people.n_people,
        ).assign(model=name)
        for name in [*sets, *controls]
    ]
    own = real.take_people(split != "public")
    shown = {"real": own.alleles, **{name: one.alleles for name, one in genomes.items()}}
    chosen = evenly_spread(len(own.people), SHOWN_HAPLOTYPES // 2)
    labels = {"real": own.take_people(chosen).haplotype_labels("superpopulation")}
    points = {name: axes.scores(_evenly_spread_people(alleles)) for name, alleles in shown.items()}
    points |= {name: scores[name] for name in controls}
    return {
        "metrics": pd.concat(metrics)[["model", *METRIC_COLUMNS]],
        "pca": pd.concat([_scores_table(name, one, labels.get(name, "")) for name, one in points.items()]),
        "pca_variance": pd.DataFrame({"axis": np.arange(1, settings.pca_axes + 1), "explained": axes.explained}),
        "ld_matrix": ld_matrix(own.sites, shown),
    }


def _evenly_spread_people(alleles: np.ndarray) -> np.ndarray:
    return alleles[haplotypes_of(evenly_spread(len(alleles) // 2, SHOWN_HAPLOTYPES // 2))]


def _scores_table(name: str, scores: np.ndarray, superpopulations: np.ndarray | str) -> pd.DataFrame:
    table = pd.DataFrame(scores, columns=[f"pc{axis}" for axis in range(1, scores.shape[1] + 1)])
    table.insert(0, "set", name)
    table.insert(1, "superpopulation", superpopulations)
    return table


def ld_matrix(sites: pd.DataFrame, sets: dict[str, np.ndarray]) -> pd.DataFrame:
    """Return r2 of all pairs of at most `LD_SITES` common sites in every set, of the middle `LD_SPAN_SITES` sites.

    Parameters
    ----------
    sites : DataFrame
        contig, position.
    sets : dict of (n, n_sites) uint8
        By name; that of `real` says which sites are common.

    Returns
    -------
    DataFrame
        contig_a position_a contig_b position_b, and r2_NAME of every set, empty where a site is fixed.
    """
    first = max(0, (len(sites) - LD_SPAN_SITES) // 2)
    chosen = first + common_sites(sets["real"][:, first : first + LD_SPAN_SITES])
    a, b = np.triu_indices(len(chosen), k=1)
    columns = {
        f"{name}_{end}": sites[name].to_numpy()[chosen[ends]]
        for end, ends in (("a", a), ("b", b))
        for name in ("contig", "position")
    }
    r2 = {f"r2_{name}": ld.r2_matrix(alleles[:, chosen])[a, b] for name, alleles in sets.items()}
    return pd.DataFrame(columns | r2)


def common_sites(alleles: np.ndarray, n_sites: int = LD_SITES, maf_min: float = LD_MAF_MIN) -> np.ndarray:
    """Return places of at most `n_sites` sites of (n, n_sites) uint8, evenly spaced among the common ones: (k,) int64.

    Where fewer than two sites are common, all of them count.
    """
    frequency = alleles.mean(axis=0)
    common = np.flatnonzero(np.minimum(frequency, 1 - frequency) >= maf_min)
    if len(common) < 2:
        common = np.arange(alleles.shape[1])
    return common[evenly_spread(len(common), n_sites)]
