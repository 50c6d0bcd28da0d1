"""One AG set, or a control in its place, against the real haplotypes of its dataset: all tables of the stage."""

import logging
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from artificial_genomes.compare import linkage
from artificial_genomes.compare.audit import BOTH_REFERENCES, audit
from artificial_genomes.compare.differences import compare_differences
from artificial_genomes.compare.joins import compare_joins
from artificial_genomes.compare.matching import (
    Candidate,
    MatchedPeople,
    ceiling_candidate,
    draw_artificial,
    floor_candidate,
    haplotypes_of,
    match_people,
    model_candidate,
    population_labels,
)
from artificial_genomes.core.errors import UserError
from artificial_genomes.core.haplotypes import Haplotypes
from artificial_genomes.core.metric_table import EVERYBODY, Metrics, metric_rows
from artificial_genomes.core.random_streams import stream
from artificial_genomes.core.sites import evenly_spread
from artificial_genomes.core.store import DRAWN_PEOPLE
from artificial_genomes.statistics import bootstrap, distances, frequencies, nearest, pca, population, three_point

log = logging.getLogger(__name__)

REPLICATES_AT_ONCE = 50
"""Number of replicates of frequencies and of distributions of distances in memory at a time."""

TRANSPORT_HAPLOTYPES = 5000
"""Maximum number of haplotypes per side of an optimal transport, which takes 45 bytes per pair."""

AGREEMENT_REPLICATES = 100
"""Maximum number of half-samples behind the interval of `knn_agreement`."""

TRANSPORT_REPLICATES, TRANSPORT_SPREAD_HAPLOTYPES = 20, 2000
"""Half-samples behind the interval of the optimal transport, and the haplotypes per side of which they take half."""

Tables = dict[str, pd.DataFrame]


def require_axes(pca_axes: int, n_sites: int, n_haplotypes: int) -> None:
    """Raise a `UserError` where a PCA of so many sites and haplotypes does not have the axes asked for."""
    if pca_axes >= min(n_sites, n_haplotypes):
        raise UserError(
            f"{n_sites} sites and {n_haplotypes} haplotypes are too few for compare.pca_axes {pca_axes}. "
            "Lower compare.pca_axes or take more sites."
        )


@dataclass(frozen=True)
class Settings:
    """Settings of a comparison, the `compare` block of the configuration.

    Attributes
    ----------
    references
        Real haplotypes to compare with: "train", "test".
    pca_axes
        Number of principal components.
    three_point_gaps, three_point_triplets
        Gaps in sites between the sites of a triplet; triplets per gap.
    ld_sites_max
        LD uses at most this many sites, spread evenly; None = all.
    ld_near_sites
        Of more than `linkage.ALL_PAIRS_SITES` sites, LD of each is computed with this many of the next ones and with a
        sample of those beyond; None = with all.
    haplotype_window_sites
        Sites of a window in which haplotypes are told apart.
    seed
        Seed of the draw of people, the triplets and the bootstrap: the same for all AG sets.
    bootstrap_replicates
        Resamples of people behind an interval (those of LD are always 40).
    windows
        Number of windows that models are trained on, whose joins are looked at; None = all sites at once.
    artificial_people
        Number of artificial people of every model; None = as many as there are people.
    individuals_max
        Of a dataset with more people, as many are drawn: see `matching.draw_real`.
    """

    references: list[str]
    pca_axes: int
    three_point_gaps: list[int]
    three_point_triplets: int
    ld_sites_max: int | None
    ld_near_sites: int | None
    haplotype_window_sites: int
    seed: int
    bootstrap_replicates: int = 500
    windows: int | None = None
    artificial_people: int | None = None
    individuals_max: int | None = None


class _Sample:
    """One side of a comparison: n haplotypes, resamples of their people, and what is computed from them once.

    alleles : (n, n_sites) uint8
    draws : (replicates, n / 2) float64, resamples of its people
    groups, group_draws : (n,) int64 and (replicates, n_groups) float64, resamples of groups of its people
    within : distances between its haplotypes
    """

    def __init__(self, alleles: np.ndarray, replicates: int, rng: np.random.Generator, threads: int):
        n_people = len(alleles) // 2
        self.alleles, self.n = alleles, len(alleles)
        self.draws = bootstrap.resample_people(n_people, replicates, rng)
        self.groups, self.group_draws = bootstrap.group_people(n_people, replicates, rng)
        self.within = distances.distances_within(alleles, self.groups, threads)


def compare_model(
    real: Haplotypes, split: np.ndarray, genomes: Haplotypes, settings: Settings, threads: int = 1
) -> Tables:
    """Compare the AGs of a model with real haplotypes; returns the tables of `compare`."""
    people = match_people(split, settings.seed, len(genomes.people))
    candidate = model_candidate(real, people, genomes, settings.seed)
    return compare(real, people, candidate, settings, threads, match_people(split, settings.seed))


def compare_control(
    real: Haplotypes,
    split: np.ndarray,
    control: str,
    control_seed: int,
    settings: Settings,
    n_people_max: int | None = None,
    threads: int = 1,
) -> Tables:
    """Compare a control, "ceiling" or "floor", with real haplotypes; returns the tables of `compare`.

    Parameters
    ----------
    n_people_max
        The number of AG people of the set that the control belongs to, where it is not that of the settings.
    """
    make = {"ceiling": ceiling_candidate, "floor": floor_candidate}[control]
    n_artificial = n_people_max or settings.artificial_people
    people, audited = (match_people(split, settings.seed, at_most) for at_most in (n_artificial, None))
    # As many haplotypes as are read of the AGs that it stands beside.
    n_people = min(n_artificial or int((split != "public").sum()), max(DRAWN_PEOPLE, len(split)))
    candidate = make(real, audited, settings.seed, control_seed, n_people)
    candidate = replace(candidate, compared=candidate.compared[: 2 * people.n_people])
    return compare(real, people, candidate, settings, threads, audited)


def compare_unmatched(
    real: Haplotypes, split: np.ndarray, genomes: Haplotypes, settings: Settings, threads: int = 1
) -> Tables:
    """Compare AGs that have sites of their own with real haplotypes, by what needs no common sites.

    Returns
    -------
    dict of DataFrame
        metrics (af_spectrum_w1, ld_decay_mae, distance_within_w1, duplicates), ld_decay and distances (within_real,
        within_ag), as `compare` returns them.

    Raises
    ------
    UserError
        The AGs have more or fewer sites than the dataset, or there are too few people.
    """
    if genomes.n_sites != real.n_sites:
        raise UserError(
            f"the set of artificial genomes has {genomes.n_sites} sites, the dataset {real.n_sites}: their distances "
            "cannot be compared. Make it again for this dataset."
        )
    people = match_people(split, settings.seed, len(genomes.people))
    n = 2 * people.n_people
    ag = genomes.alleles[draw_artificial(genomes.alleles, people.n_people, settings.seed)]
    within_ag = distances.distances_within(ag, threads=threads).counts
    metrics, tables = [], {}
    for name in _references(people, settings):
        reference = real.take_people(people.references[name]).alleles
        within_real = distances.distances_within(reference, threads=threads).counts
        decay = linkage.compared_decay(
            reference,
            ag,
            real.sites,
            genomes.sites,
            settings.ld_sites_max,
            settings.ld_near_sites,
            settings.seed,
            threads,
        )
        part = {
            "af_spectrum_w1": (frequencies.spectrum_distance(reference, ag),),
            "ld_decay_mae": (decay.decay_error(),),
            "distance_within_w1": (distances.wasserstein_of_counts(within_real, within_ag),),
            "duplicates": (within_ag[0],),
        }
        metrics.append(metric_rows(name, part, n))
        histograms = _histograms("comparison", {"within_real": within_real, "within_ag": within_ag})
        _append(tables, name, {"ld_decay": linkage.decay_table(decay), "distances": histograms})
    return _joined(metrics, tables)


def compare(
    real: Haplotypes,
    people: MatchedPeople,
    candidate: Candidate,
    settings: Settings,
    threads: int = 1,
    audited: MatchedPeople | None = None,
) -> Tables:
    """Compare n candidate haplotypes with n haplotypes of every reference, and audit the privacy of all candidates.

    Parameters
    ----------
    audited
        The people of the audit, where the AG set is so small that fewer are compared; by default the same.

    Notes
    -----
    Intervals (95 %) resample people, real and artificial ones. By a bootstrap: percentiles for shares and means of
    shares (mia_*, shares of copies); the spread on Fisher's z scale for correlations (af_r, ld_r2_r, three_point_r,
    ...); the spread for distances between distributions (pca_*, distance_*, af_spectrum_w1, population_share_tv) and
    for ld_decay_mae. By half-samples, since nearest neighbours have to be found anew: aa_*, aats, privacy_loss,
    knn_agreement. What counts rare things (fixed sites, singletons, duplicates, different haplotypes) has none:
    resamples repeat haplotypes, and lose rare alleles.

    Returns
    -------
    dict of DataFrame
        metrics (reference metric value ci_low ci_high n) · allele_frequencies (reference contig position id real ag) ·
        spectrum (reference maf_low maf_high real ag; numbers of sites) · ld_decay (reference start_bp end_bp pairs real
        ag) · ld_by_maf (reference maf_low maf_high pairs real ag r) · three_point (reference gap real ag) · distances
        (reference comparison distance count) · nearest (reference kind distance count) · pca (reference set
        superpopulation pc1 ...) · pca_variance (reference axis explained) · populations (reference population real ag;
        haplotypes assigned) · fst (reference population_a population_b real ag) · haplotype_windows (reference contig
        start_bp end_bp real ag) · differences (see `compare_differences`) · privacy, flagged (see `audit`)

    Raises
    ------
    UserError
        Fewer sites than principal components.
    """
    n = 2 * people.n_people
    require_axes(settings.pca_axes, real.n_sites, n)
    triplets, gaps = three_point.draw_triplets(
        real.n_sites,
        settings.three_point_gaps,
        settings.three_point_triplets,
        stream(settings.seed, "triplets"),
    )
    rng = stream(settings.seed, "bootstrap")
    # The same groups on both sides, so that half-samples of both have equally many individuals.
    n_groups = min(bootstrap.RESAMPLED_GROUPS, people.n_people)
    halves = bootstrap.half_groups(n_groups, settings.bootstrap_replicates, stream(settings.seed, "half-samples"))
    labels = population_labels(real, people.train)
    log.info("privacy: %d haplotypes against those of %d people", len(candidate.alleles), len(candidate.seen))
    privacy = audit(real, audited or people, candidate, settings.seed, settings.bootstrap_replicates, threads)
    metrics, tables, neighbours = [privacy.pop("metrics")], {}, {}
    ag = _Sample(candidate.alleles[candidate.compared], settings.bootstrap_replicates, rng, threads)
    for name in _references(people, settings):
        log.info("comparing %d artificial with %d real haplotypes (%s) at %d sites", n, n, name, real.n_sites)
        chosen = people.references[name]
        reference_people = real.take_people(chosen)
        reference = _Sample(reference_people.alleles, settings.bootstrap_replicates, rng, threads)
        neighbours[name] = _Neighbours(reference, ag, halves, threads)
        parts = [
            _compare_frequencies(reference, ag, real.sites),
            linkage.compare_ld(
                reference.alleles,
                ag.alleles,
                [(one.groups, one.group_draws) for one in (reference, ag)],
                real.sites,
                settings.ld_sites_max,
                settings.ld_near_sites,
                settings.seed,
                threads,
            ),
            _compare_three_point(reference, ag, triplets, gaps),
            _compare_pca(reference, ag, reference_people.haplotype_labels("superpopulation"), settings.pca_axes, rng),
            _compare_distances(reference, ag, neighbours[name].between),
            neighbours[name].compare(),
            _compare_windows(reference, ag, real.sites, settings.haplotype_window_sites),
        ]
        panel = real.take_people(people.labelled[name])
        parts.append(compare_differences(reference.alleles, ag.alleles, panel, settings.seed, threads))
        if settings.windows:
            parts.append((compare_joins(reference.alleles, ag.alleles, real.sites, settings.windows), {}))
        if labels is not None:
            known = haplotypes_of(people.labelled[name])
            parts.append(_compare_populations(reference, ag, real.alleles[known], labels[known], halves, rng))
        for part_metrics, part_tables in parts:
            metrics.append(metric_rows(name, part_metrics, n))
            _append(tables, name, part_tables)
    if {"test", "train"} <= neighbours.keys():
        metrics.append(metric_rows(BOTH_REFERENCES, _privacy_loss(neighbours["test"], neighbours["train"]), n))
    for title in OPTIONAL_TABLES:
        tables.setdefault(title, [pd.DataFrame(columns=OPTIONAL_TABLES[title])])
    return _joined(metrics, tables) | privacy


OPTIONAL_TABLES = {
    "populations": ["reference", "population", "real", "ag"],
    "fst": ["reference", "population_a", "population_b", "real", "ag"],
}
"""Tables that have no rows where all people are of one population, and their columns."""


def _references(people: MatchedPeople, settings: Settings) -> list[str]:
    return [EVERYBODY] if EVERYBODY in people.references else settings.references


def _append(tables: dict[str, list[pd.DataFrame]], reference: str, parts: Tables) -> None:
    for title, table in parts.items():
        table.insert(0, "reference", reference)
        tables.setdefault(title, []).append(table)


def _joined(metrics: list[pd.DataFrame], tables: dict[str, list[pd.DataFrame]]) -> Tables:
    return {
        "metrics": pd.concat(metrics, ignore_index=True),
        **{title: pd.concat(parts, ignore_index=True) for title, parts in tables.items()},
    }


def _compare_frequencies(reference: _Sample, ag: _Sample, sites: pd.DataFrame) -> tuple[Metrics, Tables]:
    real_frequencies, ag_frequencies = reference.alleles.mean(axis=0), ag.alleles.mean(axis=0)
    rare = frequencies.rare_sites(real_frequencies)
    replicates = {"af_r": [], "af_r_rare": [], "af_spectrum_w1": []}
    for some in _some_replicates(len(reference.draws)):
        resampled = [bootstrap.resampled_means(one.alleles, one.draws[some]) for one in (reference, ag)]
        replicates["af_r"].append(frequencies.frequency_correlation(*resampled))
        replicates["af_r_rare"].append(frequencies.frequency_correlation(*resampled, rare))
        replicates["af_spectrum_w1"].append(frequencies.spectrum_replicates(*resampled))
    replicates = {name: np.concatenate(parts) for name, parts in replicates.items()}
    metrics: Metrics = {}
    for name, chosen in (("af_r", None), ("af_r_rare", rare)):
        r = frequencies.frequency_correlation(real_frequencies, ag_frequencies, chosen)
        metrics[name] = (r, *bootstrap.correlation_interval(r, replicates[name]))
    fixed = frequencies.count_fixed_sites(real_frequencies, ag_frequencies)
    varying = int(((real_frequencies > 0) & (real_frequencies < 1)).sum())
    singletons = [frequencies.count_singletons(one.alleles) for one in (reference, ag)]
    spectrum = frequencies.spectrum_distance(reference.alleles, ag.alleles)
    metrics |= {
        "fixed_sites": (fixed,),
        "fixed_sites_share": (fixed / varying if varying else np.nan,),
        "singletons_ratio": (singletons[1] / singletons[0] if singletons[0] else np.nan,),
        "af_spectrum_w1": (spectrum, *bootstrap.distance_interval(spectrum, replicates["af_spectrum_w1"], high=0.5)),
    }
    table = sites[["contig", "position", "id"]].assign(real=real_frequencies, ag=ag_frequencies)
    return metrics, {"allele_frequencies": table, "spectrum": _spectrum_table(reference.alleles, ag.alleles)}


def _spectrum_table(real: np.ndarray, ag: np.ndarray) -> pd.DataFrame:
    edges = np.array([0, *frequencies.MAF_EDGES])
    counts = frequencies.spectrum_by_maf(real, ag)
    return pd.DataFrame({"maf_low": edges[:-1], "maf_high": edges[1:], "real": counts[0], "ag": counts[1]})


def _some_replicates(n: int) -> list[slice]:
    return [slice(start, start + REPLICATES_AT_ONCE) for start in range(0, n, REPLICATES_AT_ONCE)]


def _compare_three_point(
    reference: _Sample, ag: _Sample, triplets: np.ndarray, gaps: np.ndarray
) -> tuple[Metrics, Tables]:
    sides = [three_point.three_point(one.alleles, triplets) for one in (reference, ag)]
    replicates = [
        three_point.three_point_replicates(one.alleles, triplets, one.groups, one.group_draws)
        for one in (reference, ag)
    ]
    metrics: Metrics = {}
    for gap in ["", *dict.fromkeys(gaps)]:
        chosen = gaps == gap if gap else np.ones(len(gaps), bool)
        r = three_point.three_point_correlation(*(one[chosen] for one in sides))
        resampled = three_point.three_point_correlation(*(one[:, chosen] for one in replicates))
        name = f"three_point_r_{gap}" if gap else "three_point_r"
        metrics[name] = (r, *bootstrap.correlation_interval(r, resampled))
    return metrics, {"three_point": pd.DataFrame({"gap": gaps, "real": sides[0], "ag": sides[1]})}


def _compare_pca(
    reference: _Sample, ag: _Sample, superpopulations: np.ndarray, n_axes: int, rng: np.random.Generator
) -> tuple[Metrics, Tables]:
    coupled = pca.coupled_pca(reference.alleles, ag.alleles, n_axes)
    metrics = wasserstein_metrics("pca", coupled.real, coupled.ag, reference.draws, ag.draws, rng)
    independent = pca.independent_pca(reference.alleles, ag.alleles, n_axes)
    metrics["pca_independent_w1_mean"] = (pca.wasserstein_per_axis(independent).mean(),)
    scores = pd.DataFrame(
        np.concatenate([coupled.real, coupled.ag]), columns=[f"pc{axis}" for axis in range(1, n_axes + 1)]
    )
    scores.insert(0, "set", ["real"] * reference.n + ["ag"] * ag.n)
    scores.insert(1, "superpopulation", [*superpopulations, *[""] * ag.n])
    variance = pd.DataFrame({"axis": np.arange(1, n_axes + 1), "explained": coupled.explained})
    return metrics, {"pca": scores, "pca_variance": variance}


def wasserstein_metrics(
    name: str,
    real: np.ndarray,
    ag: np.ndarray,
    real_draws: np.ndarray,
    ag_draws: np.ndarray,
    rng: np.random.Generator,
) -> Metrics:
    """Return the distances of two clouds of scores, (n, n_axes): the mean of the axes, the first two, their plane."""
    values = np.array([pca.wasserstein_1d(*axis) for axis in zip(real.T, ag.T, strict=True)])
    replicates = np.array(
        [pca.wasserstein_replicates(*axis, real_draws, ag_draws) for axis in zip(real.T, ag.T, strict=True)]
    )
    parts = {
        f"{name}_w1_mean": (values.mean(), replicates.mean(axis=0)),
        f"{name}_w1_pc1": (values[0], replicates[0]),
        f"{name}_w1_pc2": (values[1], replicates[1]),
    }
    metrics = {metric: (value, *bootstrap.distance_interval(value, one)) for metric, (value, one) in parts.items()}
    plane = [_thinned_people(side[:, :2], TRANSPORT_HAPLOTYPES) for side in (real, ag)]
    return metrics | {f"{name}_w2d": _transport(*plane, rng)}


def _transport(real: np.ndarray, ag: np.ndarray, rng: np.random.Generator) -> tuple[float, float, float]:
    """Return the transport between two clouds of points, (n, 2), with its interval from half-samples of people.

    The dual potentials of the transport would be cheaper, but the transport between samples of one population is mostly
    noise, and there they give too wide intervals at large values and too narrow ones at small values.
    """
    value = pca.wasserstein_2d(real, ag)
    few = [_thinned_people(side, TRANSPORT_SPREAD_HAPLOTYPES) for side in (real, ag)]
    halves = bootstrap.half_groups(len(few[0]) // 2, TRANSPORT_REPLICATES, rng).repeat(2, axis=1)
    replicates = np.array([pca.wasserstein_2d(*(side[half] for side in few)) for half in halves])
    # The root of the transport, whose costs are squares, is a distance.
    interval = np.square(bootstrap.distance_interval(np.sqrt(value), np.sqrt(replicates), high=1))
    # Spreads fall at least as the root of the number of people.
    thinned = np.sqrt(len(few[0]) / len(real))
    return value, *(value + (bound - value) * thinned for bound in interval)


def _thinned_people(scores: np.ndarray, n_max: int) -> np.ndarray:
    """Return the scores, (n, n_axes), of at most `n_max` haplotypes, those of people evenly spread."""
    return scores.reshape(len(scores) // 2, 2, -1)[evenly_spread(len(scores) // 2, n_max // 2)].reshape(
        -1, scores.shape[1]
    )


def _compare_distances(reference: _Sample, ag: _Sample, between: distances.DistancesBetween) -> tuple[Metrics, Tables]:
    counts = {"within_real": reference.within.counts, "within_ag": ag.within.counts, "between": between.counts}
    replicates = {"within_ag": [], "between": []}
    for some in _some_replicates(len(reference.group_draws)):
        draws = reference.group_draws[some], ag.group_draws[some]
        within_real = distances.resampled_within(reference.within, draws[0])
        within_ag = distances.resampled_within(ag.within, draws[1])
        replicates["within_ag"].append(distances.wasserstein_replicates(within_real, within_ag))
        others = distances.resampled_between(between, *draws)
        replicates["between"].append(distances.wasserstein_replicates(within_real, others))
    metrics: Metrics = {}
    for name, other in (("distance_within_w1", "within_ag"), ("distance_between_w1", "between")):
        value = distances.wasserstein_of_counts(counts["within_real"], counts[other])
        metrics[name] = (value, *bootstrap.distance_interval(value, np.concatenate(replicates[other])))
    # Share of the haplotypes that have a twin, beside the number of identical pairs.
    metrics["duplicates"] = (ag.within.counts[0],)
    metrics["duplicates_share"] = ((ag.within.nearest == 0).mean(),)
    return metrics, {"distances": _histograms("comparison", counts)}


def _compare_populations(
    reference: _Sample,
    ag: _Sample,
    labelled: np.ndarray,
    labels: np.ndarray,
    halves: np.ndarray,
    rng: np.random.Generator,
) -> tuple[Metrics, Tables]:
    """Assign both sides to populations by the same labelled haplotypes, and compare sizes and differences of those."""
    k = min(population.NEIGHBOURS, len(labelled))
    sides = [population.assign_populations(one.alleles, labelled, labels, k) for one in (reference, ag)]
    names = sorted(set(labels))
    shares = [np.array([side.labels == name for name in names]).T for side in sides]
    resampled = [
        bootstrap.resampled_means(share, one.draws) for share, one in zip(shares, (reference, ag), strict=True)
    ]
    distance = population.share_distance(sides[0].labels, sides[1].labels)
    replicates = np.abs(resampled[0] - resampled[1]).sum(axis=1) / 2
    few = halves[:AGREEMENT_REPLICATES]
    labelled_groups = bootstrap.random_groups(len(labelled) // 2, halves.shape[1], rng)
    agreement = sides[1].agreement.mean()
    halved = population.half_sample_agreement(
        ag.alleles, labelled, labels, k, (few[:, ag.groups], few[:, labelled_groups])
    )
    fst = [
        population.fst_between(one.alleles, side.labels, names)
        for one, side in zip((reference, ag), sides, strict=True)
    ]
    pairs = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :]]
    metrics = {
        "population_share_tv": (distance, *bootstrap.distance_interval(distance, replicates, high=1)),
        "knn_agreement": (
            agreement,
            *bootstrap.half_sample_interval(agreement, halved, halves.shape[1], low=0, high=1),
        ),
        "fst_mae": (population.fst_error(*fst),),
    }
    counts = [share.sum(axis=0) for share in shares]
    return metrics, {
        "populations": pd.DataFrame({"population": names, "real": counts[0], "ag": counts[1]}),
        "fst": pd.DataFrame(pairs, columns=["population_a", "population_b"]).assign(real=fst[0], ag=fst[1]),
    }


def _compare_windows(reference: _Sample, ag: _Sample, sites: pd.DataFrame, window_sites: int) -> tuple[Metrics, Tables]:
    """Compare how many different haplotypes there are, window by window."""
    contigs, positions = sites["contig"].to_numpy(), sites["position"].to_numpy()
    windows = population.site_windows(contigs, window_sites)
    real, artificial = (population.haplotype_heterozygosity(one.alleles, windows) for one in (reference, ag))
    table = pd.DataFrame(
        {
            "contig": contigs[windows[:, 0]],
            "start_bp": positions[windows[:, 0]],
            "end_bp": positions[windows[:, 1] - 1],
            "real": real,
            "ag": artificial,
        }
    )
    return {"haplotype_heterozygosity_mae": (np.abs(real - artificial).mean(),)}, {"haplotype_windows": table}


def _histograms(column: str, counts: dict[str, np.ndarray]) -> pd.DataFrame:
    """Return counts by distance, those above zero, one histogram below the other."""
    filled = {name: np.flatnonzero(histogram) for name, histogram in counts.items()}
    return pd.DataFrame(
        {
            column: np.repeat(list(filled), [len(values) for values in filled.values()]),
            "distance": np.concatenate(list(filled.values())),
            "count": np.concatenate([counts[name][values] for name, values in filled.items()]),
        }
    )


class _Neighbours:
    """Nearest neighbours between a reference (T) and the AGs (S)."""

    def __init__(self, reference: _Sample, ag: _Sample, halves: np.ndarray, threads: int):
        self.reference, self.ag = reference, ag
        self.between = distances.distances_between(reference.alleles, ag.alleles, reference.groups, ag.groups, threads)
        self.accuracy = nearest.adversarial_accuracy(
            reference.within.nearest, self.between.nearest_a, self.between.nearest_b, ag.within.nearest
        )
        self.n_groups = halves.shape[1]
        self.halved = nearest.half_sample_parts(
            reference.within, self.between, ag.within, (reference.groups, ag.groups), halves
        )

    def compare(self) -> tuple[Metrics, Tables]:
        """Return both parts of AATS, with half of every tie and strict, and the distances behind them."""
        accuracy = self.accuracy
        parts = {
            "aa_truth": (accuracy.truth.mean(), self.halved["truth"]),
            "aa_syn": (accuracy.synthetic.mean(), self.halved["synthetic"]),
            "aa_truth_strict": (accuracy.truth_strict.mean(), self.halved["truth_strict"]),
            "aa_syn_strict": (accuracy.synthetic_strict.mean(), self.halved["synthetic_strict"]),
            "aats": (accuracy.aats(), self.aats_replicates()),
        }
        metrics = {
            name: (value, *bootstrap.half_sample_interval(value, replicates, self.n_groups, low=0, high=1))
            for name, (value, replicates) in parts.items()
        }
        counts = {
            "dTT": self.reference.within.nearest,
            "dTS": self.between.nearest_a,
            "dST": self.between.nearest_b,
            "dSS": self.ag.within.nearest,
        }
        table = _histograms("kind", {kind: np.bincount(values) for kind, values in counts.items()})
        return metrics, {"nearest": table}

    def aats_replicates(self) -> np.ndarray:
        return (self.halved["truth"] + self.halved["synthetic"]) / 2


def _privacy_loss(test: _Neighbours, train: _Neighbours) -> Metrics:
    """Return how much nearer AGs are to train than to test people."""
    replicates = test.aats_replicates() - train.aats_replicates()
    loss = test.accuracy.aats() - train.accuracy.aats()
    strict = test.accuracy.aats_strict() - train.accuracy.aats_strict()
    return {
        "privacy_loss": (loss, *bootstrap.half_sample_interval(loss, replicates, test.n_groups, low=-1, high=1)),
        "privacy_loss_strict": (strict,),
    }
