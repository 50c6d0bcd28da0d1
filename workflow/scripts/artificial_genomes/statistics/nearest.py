"""Nearest neighbors: adversarial accuracy (AATS) and privacy loss.

Yale et al. 2020, "Generation and evaluation of privacy preserving synthetic health data", Neurocomputing 416:244-255.
"""

from dataclasses import dataclass, fields

import numpy as np

from artificial_genomes.statistics.distances import DistancesBetween, DistancesWithin


@dataclass(frozen=True)
class AdversarialAccuracy:
    """Comparisons that make up AATS, one value per haplotype.

    A value compares the distances to a haplotype's nearest neighbor of the other kind and of its own kind: 1 if the
    other is farther, 0 if it is nearer, 1/2 for a tie (0 in the strict version, which publications use).

    Attributes
    ----------
    truth : (n,) float64
        dTS > dTT of the real haplotypes, ties count half.
    synthetic : (n,) float64
        dST > dSS of the AGs, ties count half.
    truth_strict, synthetic_strict : (n,) float64
        The same; ties count 0.
    """

    truth: np.ndarray
    synthetic: np.ndarray
    truth_strict: np.ndarray
    synthetic_strict: np.ndarray

    def aats(self) -> float:
        """Return AATS, the mean of both parts; 0.5 is ideal, but the parts matter, too."""
        return (float(self.truth.mean()) + float(self.synthetic.mean())) / 2

    def aats_strict(self) -> float:
        """Return AATS with ties counting 0, as in publications."""
        return (float(self.truth_strict.mean()) + float(self.synthetic_strict.mean())) / 2


def adversarial_accuracy(d_tt: np.ndarray, d_ts: np.ndarray, d_st: np.ndarray, d_ss: np.ndarray) -> AdversarialAccuracy:
    """Compare nearest-neighbour distances within and across real haplotypes (T) and AGs (S).

    Parameters
    ----------
    d_tt, d_ts : (n,) int64
        Distance of every real haplotype to the nearest other real one, and to the nearest AG.
    d_st, d_ss : (n,) int64
        Distance of every AG to the nearest real haplotype, and to the nearest other AG.

    Raises
    ------
    ValueError
        The numbers differ: more haplotypes on one side would bring its neighbors closer.

    Examples
    --------
    >>> accuracy = adversarial_accuracy(*np.array([[2, 2], [1, 3], [1, 2], [2, 2]]))
    >>> accuracy.truth, accuracy.synthetic, accuracy.aats()
    (array([0., 1.]), array([0. , 0.5]), 0.375)
    """
    if not d_tt.shape == d_ts.shape == d_st.shape == d_ss.shape:
        raise ValueError(f"AATS needs as many AGs as real haplotypes, got {len(d_ss)} and {len(d_tt)}")
    return AdversarialAccuracy(
        truth=_farther(d_ts, d_tt),
        synthetic=_farther(d_st, d_ss),
        truth_strict=(d_ts > d_tt).astype(np.float64),
        synthetic_strict=(d_st > d_ss).astype(np.float64),
    )


def half_sample_parts(
    within_real: DistancesWithin,
    between: DistancesBetween,
    within_ag: DistancesWithin,
    groups: tuple[np.ndarray, np.ndarray],
    halves: np.ndarray,
) -> dict[str, np.ndarray]:
    """Return the parts of AATS in half-samples of the individuals of both sides, with recomputed neighbors.

    Neighbors must be recomputed within the half-sample: one haplotype is the nearest neighbor of several others, whose
    comparisons are therefore correlated. The bootstrap cannot be used, since in a resample with repeated individuals
    most nearest neighbors are copies at distance 0.

    Parameters
    ----------
    within_real, between, within_ag
        Distances within real haplotypes (T), between these and AGs (S), and within AGs, by groups of individuals.
    groups : 2 of (n,) int64
        Group of every real haplotype and of every AG; the sizes of the groups are the same on both sides.
    halves : (replicates, n_groups) bool
        Groups of each half-sample, on both sides: see `bootstrap.half_groups`.

    Returns
    -------
    dict of (replicates,) float64
        Replicates by attribute of `AdversarialAccuracy`.
    """
    parts = {field.name: np.empty(len(halves)) for field in fields(AdversarialAccuracy)}
    for replicate, half in enumerate(halves):
        real, ag = (half[group] for group in groups)
        accuracy = adversarial_accuracy(
            within_real.nearest_by_group[half].min(axis=0)[real],
            between.nearest_a_by_group[half].min(axis=0)[real],
            between.nearest_b_by_group[half].min(axis=0)[ag],
            within_ag.nearest_by_group[half].min(axis=0)[ag],
        )
        for name, values in parts.items():
            values[replicate] = getattr(accuracy, name).mean()
    return parts


def _farther(other: np.ndarray, own: np.ndarray) -> np.ndarray:
    return (other > own) + 0.5 * (other == own)
