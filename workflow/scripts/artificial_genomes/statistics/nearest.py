"""Nearest neighbours: adversarial accuracy (AATS) and privacy loss.

Yale et al. 2020, "Generation and evaluation of privacy preserving synthetic health data", Neurocomputing 416:244-255.
"""

from dataclasses import dataclass

import numpy as np

from artificial_genomes.statistics.bootstrap import resampled_means


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
