"""Nearest neighbours: adversarial accuracy (AATS), privacy loss, membership inference and exact copies.

Yale et al. 2020, "Generation and evaluation of privacy preserving synthetic health data", Neurocomputing 416:244-255.
"""

from dataclasses import dataclass

import numpy as np

from artificial_genomes.statistics.bootstrap import resampled_means
from artificial_genomes.statistics.checks import check_alleles


@dataclass(frozen=True)
class AdversarialAccuracy:
    """Comparisons behind AATS, one value a haplotype.

    A value says how a haplotype's nearest neighbour of the other kind compares with that of its own kind: 1 farther,
    0 nearer; at equal distance 0 in the strict version and 1/2 in that with ties.

    Attributes
    ----------
    truth : (n,) float64
        dTS > dTT of the real haplotypes, strict.
    synthetic : (n,) float64
        dST > dSS of the AGs, strict.
    truth_ties, synthetic_ties : (n,) float64
        The same with half a tie counted.
    """

    truth: np.ndarray
    synthetic: np.ndarray
    truth_ties: np.ndarray
    synthetic_ties: np.ndarray

    def aats(self) -> float:
        """Return AATS, strict: the mean of both parts; 0.5 is ideal, yet look at the parts too."""
        return (float(self.truth.mean()) + float(self.synthetic.mean())) / 2

    def aats_replicates(self, real_draws: np.ndarray, ag_draws: np.ndarray) -> np.ndarray:
        """Return AATS in bootstrap resamples of people: (replicates,) float64."""
        return (resampled_means(self.truth, real_draws) + resampled_means(self.synthetic, ag_draws)) / 2


def adversarial_accuracy(d_tt: np.ndarray, d_ts: np.ndarray, d_st: np.ndarray, d_ss: np.ndarray) -> AdversarialAccuracy:
    """Compare nearest-neighbour distances within and across real haplotypes (T) and AGs (S).

    Intervals resample the people of the returned values. The neighbours stay those of the whole sample: in a resample
    with repeated people the nearest neighbour of nearly everybody would be a copy at distance 0.

    Parameters
    ----------
    d_tt, d_ts : (n,) int64
        Distance of every real haplotype to the nearest other real one, and to the nearest AG.
    d_st, d_ss : (n,) int64
        Distance of every AG to the nearest real haplotype, and to the nearest other AG.

    Raises
    ------
    ValueError
        The numbers differ: more haplotypes on one side would make its neighbours nearer.
    """
    if not d_tt.shape == d_ts.shape == d_st.shape == d_ss.shape:
        raise ValueError(f"AATS needs as many AGs as real haplotypes, got {len(d_ss)} and {len(d_tt)}")
    return AdversarialAccuracy(
        truth=(d_ts > d_tt).astype(np.float64),
        synthetic=(d_st > d_ss).astype(np.float64),
        truth_ties=_farther(d_ts, d_tt),
        synthetic_ties=_farther(d_st, d_ss),
    )


def _farther(other: np.ndarray, own: np.ndarray) -> np.ndarray:
    return (other > own) + 0.5 * (other == own)


def membership_auc(members: np.ndarray, others: np.ndarray) -> float:
    """Return how well the distance to the nearest AG tells training members from other people.

    It is the area under the ROC curve of the guess "nearer to an AG = was in the training set": the chance that a
    member's haplotype lies nearer to its nearest AG than another person's does, ties counted half. 0.5 is no leak.

    Parameters
    ----------
    members, others : (n,) int64
        Distances of haplotypes to the nearest AG.
    """
    values = np.unique(np.concatenate([members, others]))
    return float(_auc_of_shares((members[:, None] == values).mean(axis=0), (others[:, None] == values).mean(axis=0)))


def membership_auc_replicates(
    members: np.ndarray, others: np.ndarray, member_draws: np.ndarray, other_draws: np.ndarray
) -> np.ndarray:
    """Return `membership_auc` in bootstrap resamples of people, the AGs held fixed: (replicates,) float64.

    Parameters
    ----------
    members, others : (2 * n_people,) int64
        As in `membership_auc`; rows 2i and 2i + 1 belong to person i.
    member_draws, other_draws : (replicates, n_people) float64
        From `bootstrap.resample_people`.
    """
    values = np.unique(np.concatenate([members, others]))
    return _auc_of_shares(
        resampled_means(members[:, None] == values, member_draws),
        resampled_means(others[:, None] == values, other_draws),
    )


def _auc_of_shares(members: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return P(member < other) + P(equal) / 2 from shares (..., n_values) at ascending values."""
    farther = 1 - np.cumsum(others, axis=-1)
    return (members * (farther + others / 2)).sum(axis=-1)


def count_copies(ag: np.ndarray, real: np.ndarray) -> int:
    """Return how many AGs are equal to some real haplotype at every site.

    Parameters
    ----------
    ag : (n_ag, n_sites) uint8
    real : (n_real, n_sites) uint8
    """
    check_alleles(ag, real)
    known = {row.tobytes() for row in np.packbits(real, axis=1)}
    return sum(row.tobytes() in known for row in np.packbits(ag, axis=1))
