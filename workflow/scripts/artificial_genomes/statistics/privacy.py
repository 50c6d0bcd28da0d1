"""Privacy: copies of training haplotypes among AGs, and what an attacker learns from AGs about who trained a model.

An attack on membership is given a haplotype and the AGs and guesses whether the haplotype was among those that the
model learnt from. It scores the haplotype by a distance: smaller means "was". What such a score is worth is measured on
training haplotypes (members) and on those of other people. Two scores are used:

- the distance to the nearest AG (Chen et al. 2020, GAN-Leaks, doi 10.1145/3372297.3417238);
- that distance less the distance to the nearest of some real haplotypes that are neither: calibrated, since a rare
  haplotype is far from everything, and a common one near, whether a model has seen it or not.
"""

from dataclasses import dataclass

import numpy as np

from artificial_genomes.statistics.bootstrap import resampled_means

NEAR_SHARE = 0.01
"""Share of unseen real haplotypes that may lie as near to a training haplotype as a near copy does."""

FALSE_POSITIVE_RATE = 0.01
"""Share of other people whom an attack may take for members."""

PLANTED_SHARE = 0.1
"""So many of the members' haplotypes are planted among the AGs, to see whether the attack finds them."""


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


@dataclass(frozen=True)
class Attack:
    """Scores of an attack on membership: smaller means a guess of "was in the training set".

    Attributes
    ----------
    members, others : (n,) int64
        Scores of training haplotypes and of those of other people; rows 2i and 2i + 1 belong to person i.
    """

    members: np.ndarray
    others: np.ndarray

    def auc(self) -> float:
        """Return the area under the ROC curve: 0.5 = the attacker learns nothing, 1 = everything.

        It is the chance that a member's score is the smaller one of a member and another person, ties counted half.
        """
        return float(_auc_of_shares(*(shares[None] for shares in self._shares()))[0])

    def true_positive_rate(self) -> float:
        """Return the share of the members found when 1 % of others are taken for members; 0.01 = nothing learnt.

        Where many share a score, so much of them is taken as makes 1 %: the ROC curve is read between its points.
        """
        return float(_rate_of_shares(*(shares[None] for shares in self._shares()))[0])

    def replicates(self, member_draws: np.ndarray, other_draws: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return AUC and true positive rate in bootstrap resamples of people, the AGs held fixed.

        Parameters
        ----------
        member_draws, other_draws : (replicates, n_people) float64
            From `bootstrap.resample_people`.

        Returns
        -------
        auc, rate : (replicates,) float64
        """
        values = self.values()
        shares = (
            resampled_means(self.members[:, None] == values, member_draws),
            resampled_means(self.others[:, None] == values, other_draws),
        )
        return _auc_of_shares(*shares), _rate_of_shares(*shares)

    def of(self, members: np.ndarray, others: np.ndarray) -> "Attack":
        """Return the attack on some of the haplotypes, by masks."""
        return Attack(self.members[members], self.others[others])

    def with_copies(self, to_copies: "Attack") -> "Attack":
        """Return the attack where further AGs, at the distances of another attack, are among the AGs."""
        return Attack(np.minimum(self.members, to_copies.members), np.minimum(self.others, to_copies.others))

    def values(self) -> np.ndarray:
        """Return the different scores in ascending order: (n_values,) int64."""
        return np.unique(np.concatenate([self.members, self.others]))

    def _shares(self) -> tuple[np.ndarray, np.ndarray]:
        values = self.values()
        return tuple(
            np.bincount(np.searchsorted(values, side), minlength=len(values)) / len(side)
            for side in (self.members, self.others)
        )


def _auc_of_shares(members: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return P(member < other) + P(equal) / 2 from shares (..., n_values) at ascending values."""
    farther = 1 - np.cumsum(others, axis=-1)
    return (members * (farther + others / 2)).sum(axis=-1)


def _rate_of_shares(members: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return the true positive rate from shares (n, n_values) at ascending values."""
    found, mistaken = (np.cumsum(shares, axis=1) for shares in (members, others))
    # The last point at or below the rate asked for, and the way from there to the next.
    at = (mistaken <= FALSE_POSITIVE_RATE + 1e-12).sum(axis=1) - 1
    rows = np.arange(len(members))
    after = np.minimum(at + 1, members.shape[1] - 1)
    start_x, start_y = (np.where(at >= 0, curve[rows, np.maximum(at, 0)], 0.0) for curve in (mistaken, found))
    run, rise = mistaken[rows, after] - start_x, found[rows, after] - start_y
    part = np.divide(FALSE_POSITIVE_RATE - start_x, run, out=np.zeros_like(run), where=run > 0)
    return start_y + np.clip(part, 0, 1) * rise


def planted_rate(attack: Attack, planted: np.ndarray, to_planted: Attack) -> float:
    """Return the share of planted members that an attack finds at 1 % false positives: its power.

    Copies of the planted members' haplotypes are put among the AGs. An attack that does not find these would find no
    other copies, so that low numbers of it prove nothing.

    Parameters
    ----------
    attack
        Calibrated scores with the AGs as they are.
    planted : (n_planted,) int64
        Rows of the members whose haplotypes are planted.
    to_planted
        Calibrated scores if there were the planted copies only.

    Returns
    -------
    float
        NaN where nothing is planted.

    Examples
    --------
    >>> attack = Attack(members=np.array([0, 1, 2, 3]), others=np.array([0, 1, 2, 3]))
    >>> to_planted = Attack(members=np.array([-5, 9, 9, 9]), others=np.array([9, 9, 9, 9]))
    >>> planted_rate(attack, np.array([0]), to_planted)
    1.0
    """
    if not len(planted):
        return np.nan
    together = attack.with_copies(to_planted)
    return Attack(together.members[planted], together.others).true_positive_rate()


def planted_replicates(
    attack: Attack, planted: np.ndarray, to_planted: Attack, member_draws: np.ndarray, other_draws: np.ndarray
) -> np.ndarray:
    """Return `planted_rate` in bootstrap resamples of people: (replicates,) float64.

    Parameters
    ----------
    attack, planted, to_planted
        See `planted_rate`.
    member_draws, other_draws : (replicates, n_people) float64
        From `bootstrap.resample_people`.

    Returns
    -------
    (replicates,) float64
        NaN where nobody of the planted ones is drawn.
    """
    together = attack.with_copies(to_planted)
    values = together.values()
    is_planted = np.isin(np.arange(len(together.members)), planted)
    found = resampled_means((together.members[:, None] == values) & is_planted[:, None], member_draws)
    drawn = resampled_means(is_planted, member_draws)
    shares = found / np.where(drawn > 0, drawn, np.nan)[:, None]
    return _rate_of_shares(shares, resampled_means(together.others[:, None] == values, other_draws))
