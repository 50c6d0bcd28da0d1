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
    0 nearer, 1/2 at equal distance; the strict version, which publications use, has 0 there.

    Attributes
    ----------
    truth : (n,) float64
        dTS > dTT of the real haplotypes, half a tie counted.
    synthetic : (n,) float64
        dST > dSS of the AGs, half a tie counted.
    truth_strict, synthetic_strict : (n,) float64
        The same without ties.
    """

    truth: np.ndarray
    synthetic: np.ndarray
    truth_strict: np.ndarray
    synthetic_strict: np.ndarray

    def aats(self) -> float:
        """Return AATS, the mean of both parts; 0.5 is ideal, yet look at the parts too."""
        return (float(self.truth.mean()) + float(self.synthetic.mean())) / 2

    def aats_strict(self) -> float:
        """Return AATS where a tie counts nothing, as publications have it."""
        return (float(self.truth_strict.mean()) + float(self.synthetic_strict.mean())) / 2

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
        truth=_farther(d_ts, d_tt),
        synthetic=_farther(d_st, d_ss),
        truth_strict=(d_ts > d_tt).astype(np.float64),
        synthetic_strict=(d_st > d_ss).astype(np.float64),
    )


def _farther(other: np.ndarray, own: np.ndarray) -> np.ndarray:
    return (other > own) + 0.5 * (other == own)
