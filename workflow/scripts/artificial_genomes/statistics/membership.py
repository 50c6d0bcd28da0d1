"""What a guess about membership is worth: was a haplotype, or an individual, among those that a model has learnt from?

An attack gives every haplotype a score: the larger, the more it speaks for membership. What the scores are worth is
measured on haplotypes of training individuals (members) and of individuals whom no model has seen (others).
"""

from dataclasses import dataclass
from functools import partial
from typing import Self

import numpy as np
from scipy.special import betaincinv

FALSE_POSITIVE_RATE = 0.01
"""Share of others that an attack may take for members."""

EPSILON_RATES = (0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5)
"""False positive rates at which the lower bound of epsilon looks for the largest one."""


@dataclass(frozen=True)
class Scores:
    """Scores of an attack on membership.

    Attributes
    ----------
    members, others : (n,) float
        Scores of members and of others; larger means a guess of "member". With two haplotypes per individual, rows 2i
        and 2i + 1 belong to individual i.
    """

    members: np.ndarray
    others: np.ndarray

    def auc(self) -> float:
        """Return the area under the ROC curve: 0.5 = the attacker learns nothing, 1 = everything.

        It is the probability that a member's score is the larger one of a member and another individual; ties count
        half.

        Examples
        --------
        >>> Scores(np.array([3, 2]), np.array([1, 2])).auc()
        0.875
        """
        return float(self._curves().auc()[0])

    def true_positive_rate(self, false_positive_rate: float = FALSE_POSITIVE_RATE) -> float:
        """Return the share of members found when a share of others is taken for members; equal to it = nothing learnt.

        Between two points of the ROC curve the rate is interpolated, as where many haplotypes share a score.
        """
        return float(self._curves().rate(false_positive_rate)[0])

    def replicates(
        self, member_weights: np.ndarray, other_weights: np.ndarray, *false_positive_rates: float
    ) -> tuple[np.ndarray, ...]:
        """Return AUC and true positive rates in bootstrap resamples, the scores held fixed.

        Parameters
        ----------
        member_weights, other_weights : (replicates, n) float64
            How often each row was drawn.
        false_positive_rates
            Shares of others that may be taken for members.

        Returns
        -------
        tuple of (replicates,) float64
            AUC, and the true positive rate at each false positive rate.
        """
        curves = self._curves(member_weights, other_weights)
        return curves.auc(), *map(curves.rate, false_positive_rates)

    def of(self, members: np.ndarray, others: np.ndarray) -> Self:
        """Return the scores of some rows, by masks or row numbers."""
        return type(self)(self.members[members], self.others[others])

    def of_individuals(self) -> Self:
        """Return the sums of the scores of both haplotypes of every individual."""
        return type(self)(*(side.reshape(-1, 2).sum(axis=1) for side in (self.members, self.others)))

    def epsilon_low(self, confidence: float = 0.95) -> float:
        """Return a lower confidence bound of the epsilon of differential privacy that an attack with these scores has.

        With (epsilon, 0)-differential privacy the rate of true positives is at most exp(epsilon) times that of false
        positives, and so for true and false negatives (Jagielski et al. 2020). The threshold is chosen on the first
        half of the rows, and Clopper-Pearson bounds of both rates are taken on the other half. 0 = nothing refuted.
        Rows must be independent: those of individuals, see `of_individuals`.
        """
        error = 1 - confidence
        chosen, judged = ([side[part::2] for side in (self.members, self.others)] for part in (0, 1))
        best = (-np.inf, 0.0)
        for rate in EPSILON_RATES:
            for side in (1, 0):  # the threshold among others, or among members
                threshold = np.quantile(chosen[side], 1 - rate if side else rate)
                bound = _epsilon_bound(*chosen, threshold, error)
                best = max(best, (bound, float(threshold)))
        return max(_epsilon_bound(*judged, best[1], error), 0.0)

    def _curves(self, member_weights: np.ndarray | None = None, other_weights: np.ndarray | None = None) -> "_Curves":
        sides = []
        for scores, weights in ((self.members, member_weights), (self.others, other_weights)):
            order = np.argsort(-scores, kind="stable")
            weights = np.ones((1, len(scores))) if weights is None else weights
            passed = np.cumsum(weights.take(order, axis=1), axis=1)
            sides.append((scores[order], np.pad(passed / passed[:, -1:], ((0, 0), (1, 0)))))
        return _Curves(*sides[0], *sides[1])


@dataclass(frozen=True)
class _Curves:
    """ROC curves of one attack, in several resamples.

    Attributes
    ----------
    members, others : (n,) float
        Scores of each side, the largest first.
    found, mistaken : (n_curves, n + 1) float64
        Share of the members, and of the others, whose scores are among the first 0, 1, ..., n of their side.
    """

    members: np.ndarray
    found: np.ndarray
    others: np.ndarray
    mistaken: np.ndarray

    def auc(self) -> np.ndarray:
        larger, not_smaller = (
            self.mistaken.take(_count_above(self.others, self.members, side), axis=1) for side in (0, 1)
        )
        return 1 - (np.diff(self.found, axis=1) * (larger + not_smaller)).sum(axis=1) / 2

    def rate(self, false_positive_rate: float) -> np.ndarray:
        # The score of the other with whom the rate asked for is exceeded, and the way to the point after it.
        at = (self.mistaken[:, 1:] <= false_positive_rate + 1e-12).sum(axis=1)
        threshold = self.others[np.minimum(at, len(self.others) - 1)]
        rows = np.arange(len(self.found))
        (start_x, end_x), (start_y, end_y) = (
            [shares[rows, _count_above(scores, threshold, side)] for side in (0, 1)]
            for scores, shares in ((self.others, self.mistaken), (self.members, self.found))
        )
        run, rise = end_x - start_x, end_y - start_y
        part = np.divide(false_positive_rate - start_x, run, out=np.zeros_like(run), where=run > 0)
        return start_y + np.clip(part, 0, 1) * rise


def _count_above(scores: np.ndarray, values: np.ndarray, equal: int) -> np.ndarray:
    """Return how many of the scores, the largest first, are larger than each value; with `equal`, or as large."""
    return np.searchsorted(-scores, -values, "right" if equal else "left")


def _epsilon_bound(members: np.ndarray, others: np.ndarray, threshold: float, error: float) -> float:
    """Return the larger of the lower bounds of log(TPR / FPR) and log(TNR / FNR).

    Four rates share the error: each bound may be wrong with a fourth of it.
    """
    found, mistaken = (members > threshold).sum(), (others > threshold).sum()
    low = partial(_bound, quantile=error / 4, end=0)
    high = partial(_bound, quantile=1 - error / 4, end=1)
    positives = low(found, len(members)) / high(mistaken, len(others))
    negatives = low(len(others) - mistaken, len(others)) / high(len(members) - found, len(members))
    return float(np.log(max(positives, negatives, np.finfo(float).tiny)))


def _bound(count: int, n: int, quantile: float, end: int) -> float:
    """Return a one-sided Clopper-Pearson bound of a share: the lower one with end 0, the upper one with end 1."""
    if count == end * n:
        return float(end)
    return float(betaincinv(count + end, n - count + 1 - end, quantile))
