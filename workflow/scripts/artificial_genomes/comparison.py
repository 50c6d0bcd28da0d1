"""One AG set, or a control in its place, against the real haplotypes of its dataset: all tables of the stage.

Every comparison is of n haplotypes with n haplotypes, since distances to nearest neighbours, r2 and frequencies all
depend on n. Two controls are computed by the same code with other haplotypes in the place of the AGs:

- the *ceiling*: other real people of the training set, as good as AGs can be;
- the *floor*: haplotypes whose sites are drawn one by one from the allele frequencies of the training set.
"""

import logging
from dataclasses import dataclass

import numpy as np
import pandas as pd

from artificial_genomes.errors import UserError
from artificial_genomes.haplotypes import Haplotypes
from artificial_genomes.metrics import METRIC_COLUMNS
from artificial_genomes.same_sites import check_same_sites
from artificial_genomes.statistics import bootstrap, distances, frequencies, ld, nearest, pca, three_point

log = logging.getLogger(__name__)

MIN_PEOPLE = 5

BOTH_REFERENCES = "train+test"
"""The reference of metrics that set the distances to train against those to test people."""

LD_REPLICATES = 40
LD_INTERVAL_WORK = 1e9
"""r2 gets an interval where n_haplotypes x n_sites^2 is below this, about 0.02 s a replicate."""

Tables = dict[str, pd.DataFrame]
Metrics = dict[str, tuple[float, ...]]
"""Name of a metric -> (value,) or (value, ci_low, ci_high)."""

# What a stream of random numbers is for: each has its own, so that a change in one leaves the others alone.
_DRAW_PEOPLE, _DRAW_TRIPLETS, _BOOTSTRAP, _CONTROL = range(4)


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
        LD uses at most this many sites, spread evenly.
    seed
        Seed of the draw of train people, the triplets and the bootstrap: the same for all AG sets.
    bootstrap_replicates
        Resamples of people behind an interval (those of LD are always 40).
    """

    references: list[str]
    pca_axes: int
    three_point_gaps: list[int]
    three_point_triplets: int
    ld_sites_max: int
    seed: int
    bootstrap_replicates: int = 500


@dataclass(frozen=True)
class MatchedPeople:
    """People of the references, equally many, and the train people that are left for the ceiling.

    Attributes
    ----------
    references : dict of (n_people,) int64
        Positions of people in the dataset by name of the reference.
    spare : (n_spare,) int64
        Positions of the train people that are in no reference; at least n_people.
    train : (n_train,) int64
        Positions of all train people.
    """

    references: dict[str, np.ndarray]
    spare: np.ndarray
    train: np.ndarray

    @property
    def n_people(self) -> int:
        """Number of people in every reference."""
        return len(self.references["train"])


@dataclass(frozen=True)
class Candidate:
    """Haplotypes in the place of the AGs.

    Attributes
    ----------
    alleles : (n, n_sites) uint8
        All of them. The first ones are compared; copies are counted in all.
    seen : (n_seen, n_sites) uint8
        Real haplotypes whose copies count as copies.
    """

    alleles: np.ndarray
    seen: np.ndarray


@dataclass(frozen=True)
class _Sample:
    """One side of a comparison: n haplotypes and what is computed from them once.

    alleles : (n, n_sites) uint8
    draws : (replicates, n / 2) float64, resamples of its people
    within : distances between its haplotypes
    three_point : (n_triplets,) float64
    """

    alleles: np.ndarray
    draws: np.ndarray
    within: distances.DistancesWithin
    three_point: np.ndarray

    @property
    def n(self) -> int:
        return len(self.alleles)


def match_people(split: np.ndarray, seed: int, n_people_max: int | None = None) -> MatchedPeople:
    """Choose equally many test and train people, such that as many train people stay spare for the ceiling.

    There are as many as test people, or half the train people where those are fewer than two times the test people.

    Parameters
    ----------
    split : (n_people,) str
        train, validation, test or public.
    seed : int
        The draw is the same for every AG set of a dataset.
    n_people_max : int, optional
        No more than this: the number of AG people, where a set is small.

    Raises
    ------
    UserError
        Fewer than 5 people are left on a side.
    """
    rng = np.random.default_rng([seed, _DRAW_PEOPLE])
    # Real people stand sorted by population: any part of them has to be a random one.
    test, train = (rng.permutation(np.flatnonzero(split == name)) for name in ("test", "train"))
    n_people = min(len(test), len(train) // 2)
    if n_people_max is not None:
        n_people = min(n_people, n_people_max)
    if n_people < MIN_PEOPLE:
        raise UserError(
            f"{len(train)} train people, {len(test)} test people and {n_people_max or 'no'} artificial people are too "
            f"few to compare: at least {MIN_PEOPLE} test, {2 * MIN_PEOPLE} train and {MIN_PEOPLE} artificial people "
            "are needed. Widen the people filter of the dataset or change split."
        )
    references = {"test": np.sort(test[:n_people]), "train": np.sort(train[:n_people])}
    return MatchedPeople(references, np.sort(train[n_people:]), np.sort(train))


def model_candidate(real: Haplotypes, split: np.ndarray, genomes: Haplotypes) -> Candidate:
    """Return the AGs of a model, to be compared with the people of `real`.

    Raises
    ------
    UserError
        The sites of the AGs are not those of the dataset.
    """
    check_same_sites(genomes.sites, real.sites, "the set of artificial genomes")
    return Candidate(genomes.alleles, real.take_people(split == "train").alleles)


def ceiling_candidate(real: Haplotypes, people: MatchedPeople, seed: int, control_seed: int) -> Candidate:
    """Draw train people that no reference holds, as many as a reference, to stand in for AGs."""
    rng = np.random.default_rng([seed, _CONTROL, control_seed])
    drawn = np.sort(rng.choice(people.spare, people.n_people, replace=False))
    others = np.setdiff1d(people.train, drawn)
    return Candidate(real.take_people(drawn).alleles, real.take_people(others).alleles)


def floor_candidate(real: Haplotypes, people: MatchedPeople, seed: int, control_seed: int) -> Candidate:
    """Draw haplotypes with independent sites from the allele frequencies of all train people."""
    rng = np.random.default_rng([seed, _CONTROL, control_seed])
    train = real.take_people(people.train)
    shape = (2 * people.n_people, real.n_sites)
    alleles = (rng.random(shape, dtype=np.float32) < train.allele_frequencies()).astype(np.uint8)
    return Candidate(alleles, train.alleles)


def compare_model(real: Haplotypes, split: np.ndarray, genomes: Haplotypes, settings: Settings) -> Tables:
    """Compare the AGs of a model with real haplotypes; returns the tables of `compare`."""
    people = match_people(split, settings.seed, len(genomes.people))
    return compare(real, people, model_candidate(real, split, genomes), settings)


def compare_unmatched(real: Haplotypes, split: np.ndarray, genomes: Haplotypes, settings: Settings) -> Tables:
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
    ag = genomes.alleles[:n]
    within_ag = distances.distances_within(ag).counts
    metrics, tables = [], {}
    for name in settings.references:
        reference = real.take_people(people.references[name]).alleles
        within_real = distances.distances_within(reference).counts
        decay = _unmatched_decay(reference, real.sites, ag, genomes.sites, settings.ld_sites_max)
        part = {
            "af_spectrum_w1": (frequencies.spectrum_distance(reference, ag),),
            "ld_decay_mae": (decay.decay_error(),),
            "distance_within_w1": (distances.wasserstein_of_counts(within_real, within_ag),),
            "duplicates": (within_ag[0],),
        }
        metrics.append(_metric_rows(name, part, n))
        histograms = _histograms("comparison", {"within_real": within_real, "within_ag": within_ag})
        for title, table in (("ld_decay", _decay_table(decay)), ("distances", histograms)):
            table.insert(0, "reference", name)
            tables.setdefault(title, []).append(table)
    return {
        "metrics": pd.concat(metrics, ignore_index=True),
        **{title: pd.concat(parts, ignore_index=True) for title, parts in tables.items()},
    }


def compare_control(real: Haplotypes, split: np.ndarray, control: str, control_seed: int, settings: Settings) -> Tables:
    """Compare a control, "ceiling" or "floor", with real haplotypes; returns the tables of `compare`."""
    make = {"ceiling": ceiling_candidate, "floor": floor_candidate}[control]
    people = match_people(split, settings.seed)
    return compare(real, people, make(real, people, settings.seed, control_seed), settings)


def compare(real: Haplotypes, people: MatchedPeople, candidate: Candidate, settings: Settings) -> Tables:
    """Compare n candidate haplotypes with n haplotypes of every reference.

    Intervals (95 %) are from a bootstrap over people, real and artificial ones: percentiles for shares, differences of
    shares and areas (aa_*, aats, privacy_loss, mia_auc), the spread on Fisher's z scale for correlations (af_r,
    af_r_rare, and ld_r2_r where that is quick). Other metrics have none: their resamples with repeated haplotypes
    would not behave like samples.

    Returns
    -------
    dict of DataFrame
        metrics (reference metric value ci_low ci_high n) · allele_frequencies (reference contig position id real ag) ·
        ld_decay (reference start_bp end_bp pairs real ag) · three_point (reference gap real ag) · distances (reference
        comparison distance count) · nearest (reference kind distance count) · pca (reference set superpopulation pc1
        ...) · pca_variance (reference axis explained)

    Raises
    ------
    UserError
        Fewer sites than principal components.
    """
    n = 2 * people.n_people
    if settings.pca_axes >= min(real.n_sites, 2 * n):
        raise UserError(
            f"{real.n_sites} sites and {n} haplotypes are too few for compare.pca_axes {settings.pca_axes}. "
            "Lower compare.pca_axes or take more sites."
        )
    triplets, gaps = three_point.draw_triplets(
        real.n_sites,
        settings.three_point_gaps,
        settings.three_point_triplets,
        np.random.default_rng([settings.seed, _DRAW_TRIPLETS]),
    )
    rng = np.random.default_rng([settings.seed, _BOOTSTRAP])

    def sample(alleles: np.ndarray) -> _Sample:
        return _Sample(
            alleles,
            bootstrap.resample_people(len(alleles) // 2, settings.bootstrap_replicates, rng),
            distances.distances_within(alleles),
            three_point.three_point(alleles, triplets),
        )

    ag = sample(candidate.alleles[:n])
    metrics, tables, neighbours = [_metric_rows("train", _copies(candidate), len(candidate.alleles))], {}, {}
    for name in settings.references:
        log.info("comparing %d artificial with %d real haplotypes (%s) at %d sites", n, n, name, real.n_sites)
        reference_people = real.take_people(people.references[name])
        reference = sample(reference_people.alleles)
        neighbours[name] = _Neighbours(reference, ag)
        parts = [
            _compare_frequencies(reference, ag, real.sites),
            _compare_ld(reference, ag, real.sites, settings.ld_sites_max, rng),
            _compare_three_point(reference, ag, gaps),
            _compare_pca(reference, ag, reference_people.haplotype_labels("superpopulation"), settings.pca_axes),
            _compare_distances(reference, ag, neighbours[name].between),
            neighbours[name].compare(),
        ]
        for part_metrics, part_tables in parts:
            metrics.append(_metric_rows(name, part_metrics, n))
            for title, table in part_tables.items():
                table.insert(0, "reference", name)
                tables.setdefault(title, []).append(table)
    if {"test", "train"} <= neighbours.keys():
        metrics.append(_metric_rows(BOTH_REFERENCES, _privacy(neighbours["test"], neighbours["train"]), n))
    return {
        "metrics": pd.concat(metrics, ignore_index=True),
        **{title: pd.concat(parts, ignore_index=True) for title, parts in tables.items()},
    }


def _metric_rows(reference: str, metrics: Metrics, n: int) -> pd.DataFrame:
    rows = [(reference, name, *(*numbers, np.nan, np.nan)[:3], n) for name, numbers in metrics.items()]
    return pd.DataFrame(rows, columns=METRIC_COLUMNS)


def _copies(candidate: Candidate) -> Metrics:
    copies = nearest.count_copies(candidate.alleles, candidate.seen)
    return {"exact_copies": (copies,), "exact_copies_share": (copies / len(candidate.alleles),)}


def _compare_frequencies(reference: _Sample, ag: _Sample, sites: pd.DataFrame) -> tuple[Metrics, Tables]:
    real_frequencies, ag_frequencies = reference.alleles.mean(axis=0), ag.alleles.mean(axis=0)
    real_resampled = bootstrap.resampled_means(reference.alleles, reference.draws)
    ag_resampled = bootstrap.resampled_means(ag.alleles, ag.draws)
    metrics = {}
    for name, chosen in (("af_r", None), ("af_r_rare", frequencies.rare_sites(real_frequencies))):
        r = frequencies.frequency_correlation(real_frequencies, ag_frequencies, chosen)
        replicates = frequencies.frequency_correlation(real_resampled, ag_resampled, chosen)
        metrics[name] = (r, *bootstrap.correlation_interval(r, replicates))
    metrics["fixed_sites"] = (frequencies.count_fixed_sites(real_frequencies, ag_frequencies),)
    metrics["af_spectrum_w1"] = (frequencies.spectrum_distance(reference.alleles, ag.alleles),)
    table = sites[["contig", "position", "id"]].assign(real=real_frequencies, ag=ag_frequencies)
    return metrics, {"allele_frequencies": table}


def _compare_ld(
    reference: _Sample, ag: _Sample, sites: pd.DataFrame, sites_max: int, rng: np.random.Generator
) -> tuple[Metrics, Tables]:
    chosen = ld.thin_sites(len(sites), sites_max)
    real_alleles, ag_alleles = reference.alleles[:, chosen], ag.alleles[:, chosen]
    contigs, positions = (sites[name].to_numpy()[chosen] for name in ("contig", "position"))
    comparison = ld.compare_ld(real_alleles, ag_alleles, contigs, positions)
    interval = (np.nan, np.nan)
    if reference.n * len(chosen) ** 2 <= LD_INTERVAL_WORK:
        replicates = ld.bootstrap_ld_correlation(real_alleles, ag_alleles, LD_REPLICATES, rng)
        interval = bootstrap.correlation_interval(comparison.r, replicates)
    metrics = {"ld_r2_r": (comparison.r, *interval), "ld_decay_mae": (comparison.decay_error(),)}
    return metrics, {"ld_decay": _decay_table(comparison)}


def _decay_table(decay: ld.LdDecay) -> pd.DataFrame:
    return pd.DataFrame({name: getattr(decay, name) for name in ("start_bp", "end_bp", "pairs", "real", "ag")})


def _unmatched_decay(
    real: np.ndarray, real_sites: pd.DataFrame, ag: np.ndarray, ag_sites: pd.DataFrame, sites_max: int
) -> ld.LdDecay:
    chosen = ld.thin_sites(len(real_sites), sites_max)
    places = [
        tuple(sites[name].to_numpy()[chosen] for name in ("contig", "position")) for sites in (real_sites, ag_sites)
    ]
    return ld.compare_decay(real[:, chosen], ag[:, chosen], *places)


def _compare_three_point(reference: _Sample, ag: _Sample, gaps: np.ndarray) -> tuple[Metrics, Tables]:
    r = three_point.three_point_correlation(reference.three_point, ag.three_point)
    table = pd.DataFrame({"gap": gaps, "real": reference.three_point, "ag": ag.three_point})
    return {"three_point_r": (r,)}, {"three_point": table}


def _compare_pca(reference: _Sample, ag: _Sample, superpopulations: np.ndarray, n_axes: int) -> tuple[Metrics, Tables]:
    coupled = pca.coupled_pca(reference.alleles, ag.alleles, n_axes)
    per_axis = pca.wasserstein_per_axis(coupled)
    metrics = {"pca_w1_mean": (per_axis.mean(),)}
    metrics |= {f"pca_w1_pc{axis}": (distance,) for axis, distance in enumerate(per_axis[:2], 1)}
    metrics["pca_w2d"] = (pca.wasserstein_2d(coupled.real[:, :2], coupled.ag[:, :2]),)
    scores = pd.DataFrame(
        np.concatenate([coupled.real, coupled.ag]), columns=[f"pc{axis}" for axis in range(1, n_axes + 1)]
    )
    scores.insert(0, "set", ["real"] * reference.n + ["ag"] * ag.n)
    scores.insert(1, "superpopulation", [*superpopulations, *[""] * ag.n])
    variance = pd.DataFrame({"axis": np.arange(1, n_axes + 1), "explained": coupled.explained})
    return metrics, {"pca": scores, "pca_variance": variance}


def _compare_distances(reference: _Sample, ag: _Sample, between: distances.DistancesBetween) -> tuple[Metrics, Tables]:
    counts = {"within_real": reference.within.counts, "within_ag": ag.within.counts, "between": between.counts}
    metrics = {
        "distance_within_w1": (distances.wasserstein_of_counts(counts["within_real"], counts["within_ag"]),),
        "distance_between_w1": (distances.wasserstein_of_counts(counts["within_real"], counts["between"]),),
        "duplicates": (ag.within.counts[0],),
    }
    return metrics, {"distances": _histograms("comparison", counts)}


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

    def __init__(self, reference: _Sample, ag: _Sample):
        self.reference, self.ag = reference, ag
        self.between = distances.distances_between(reference.alleles, ag.alleles)
        self.accuracy = nearest.adversarial_accuracy(
            reference.within.nearest, self.between.nearest_a, self.between.nearest_b, ag.within.nearest
        )

    def compare(self) -> tuple[Metrics, Tables]:
        """Return both parts of AATS, strict and with ties, and the distances behind them."""
        accuracy = self.accuracy
        parts = {
            "aa_truth": (accuracy.truth, self.reference),
            "aa_syn": (accuracy.synthetic, self.ag),
            "aa_truth_ties": (accuracy.truth_ties, self.reference),
            "aa_syn_ties": (accuracy.synthetic_ties, self.ag),
        }
        metrics = {
            name: (
                values.mean(),
                *bootstrap.percentile_interval(bootstrap.resampled_means(values, sample.draws)),
            )
            for name, (values, sample) in parts.items()
        }
        metrics["aats"] = (accuracy.aats(), *bootstrap.percentile_interval(self.aats_replicates()))
        counts = {
            "dTT": self.reference.within.nearest,
            "dTS": self.between.nearest_a,
            "dST": self.between.nearest_b,
            "dSS": self.ag.within.nearest,
        }
        table = _histograms("kind", {kind: np.bincount(values) for kind, values in counts.items()})
        return metrics, {"nearest": table}

    def aats_replicates(self) -> np.ndarray:
        return self.accuracy.aats_replicates(self.reference.draws, self.ag.draws)


def _privacy(test: _Neighbours, train: _Neighbours) -> Metrics:
    """Return what is nearer to train than to test people: privacy loss and membership inference."""
    members, others = train.between.nearest_a, test.between.nearest_a
    return {
        "privacy_loss": (
            test.accuracy.aats() - train.accuracy.aats(),
            *bootstrap.percentile_interval(test.aats_replicates() - train.aats_replicates()),
        ),
        "mia_auc": (
            nearest.membership_auc(members, others),
            *bootstrap.percentile_interval(
                nearest.membership_auc_replicates(members, others, train.reference.draws, test.reference.draws)
            ),
        ),
    }
