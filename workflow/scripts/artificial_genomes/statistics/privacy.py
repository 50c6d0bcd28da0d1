"""Privacy: copies of training haplotypes among AGs."""

from dataclasses import dataclass

import numpy as np

NEAR_SHARE = 0.01
"""Share of unseen real haplotypes that may lie as near to a training haplotype as a near copy does."""


@dataclass(frozen=True)
class Copies:
    """AGs that lie too near to training haplotypes.

    Attributes
    ----------
    exact : (n_ag,) bool
        Equal to a training haplotype at every site.
    near : (n_ag,) bool
        Nearer to one than `threshold`.
    threshold : int
        In sites. At most 1 % of unseen real haplotypes lie nearer than that to a training haplotype; 0, and nothing is
        near, where more than 1 % of them are equal to one: there nearness tells nothing.
    """

    exact: np.ndarray
    near: np.ndarray
    threshold: int

    def near_share(self) -> float:
        """Return the share of the AGs that are near; NaN where nearness tells nothing."""
        return float(self.near.mean()) if self.threshold else np.nan


def find_copies(ag: np.ndarray, unseen: np.ndarray) -> Copies:
    """Judge how near AGs lie to training haplotypes by how near unseen real haplotypes lie to them.

    Parameters
    ----------
    ag : (n_ag,) int64
        Distance of every AG to the nearest training haplotype.
    unseen : (n_unseen,) int64
        Distance of real haplotypes that no model has seen to the nearest training haplotype.

    Examples
    --------
    >>> copies = find_copies(np.array([0, 1, 5, 7]), np.array([2, 4, 4, 6]))
    >>> copies.threshold, copies.near_share()  # nearer than the nearest unseen haplotype
    (2, 0.5)
    """
    threshold = int(_near_threshold(unseen))
    return Copies(ag == 0, ag < threshold, threshold)


def _near_threshold(unseen: np.ndarray) -> np.ndarray:
    # The largest distance with at most that share of the unseen haplotypes below it is one of theirs.
    place = int(NEAR_SHARE * unseen.shape[-1])
    return np.partition(unseen, place, axis=-1)[..., place]


def near_share_replicates(ag: np.ndarray, unseen: np.ndarray, replicates: int, rng: np.random.Generator) -> np.ndarray:
    """Return the share of near AGs in bootstrap resamples of people, artificial and unseen ones: (replicates,) float64.

    Unlike the AGs themselves, the distance that counts as near depends on few haplotypes.

    Parameters
    ----------
    ag, unseen : (2 * n_people,) int64
        As in `find_copies`; rows 2i and 2i + 1 belong to person i.
    """
    sides = [one.reshape(-1, 2)[rng.integers(0, len(one) // 2, (replicates, len(one) // 2))] for one in (ag, unseen)]
    drawn, others = (side.reshape(replicates, -1) for side in sides)
    return (drawn < _near_threshold(others)[:, None]).mean(axis=1)
