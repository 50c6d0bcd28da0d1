"""Which AG sets leave: what the verdict's four words allow, and which models a release takes."""

from collections.abc import Mapping, Sequence

import pandas as pd

from artificial_genomes.core.kinds import BASELINES
from artificial_genomes.judge.verdict import CLEARED, FAITHFUL, SAFE, VERDICTS

BEST = "best"
"""The value of `release.models` that takes the best model of every data set."""


def may_leave(word: str, with_not_proven: bool) -> bool:
    """Return whether a verdict lets AGs leave: privacy is proven, or the user consents where it is not."""
    return word in (CLEARED, SAFE) or (with_not_proven and word == FAITHFUL)


def choose_models(
    summary: pd.DataFrame, dataset: str, wanted: str | Sequence[str], kinds: Mapping[str, str], with_not_proven: bool
) -> list[str]:
    """Return the models of a data set that a release takes, in the order of their rank.

    Parameters
    ----------
    summary
        The verdict's summary: dataset, model, verdict, fidelity_rank.
    wanted
        "best" takes the first in rank of the cleared models, baselines aside; where none is cleared and the user
        consents, the first of those whose privacy is not proven. Names take these models, as far as the verdict lets
        them leave.
    kinds
        Kind of every model that the workflow trains.
    with_not_proven
        Whether the user consents to AGs whose privacy is not proven.
    """
    rows = summary[(summary["dataset"] == dataset) & summary["model"].isin(list(kinds))]
    rows = rows.sort_values("fidelity_rank", kind="stable")
    if wanted != BEST:
        allowed = [word for word in VERDICTS if may_leave(word, with_not_proven)]
        return rows.loc[rows["verdict"].isin(allowed) & rows["model"].isin(wanted), "model"].tolist()
    rows = rows[~rows["model"].map(kinds).isin(BASELINES)]
    for word in (CLEARED, FAITHFUL) if with_not_proven else (CLEARED,):
        if (rows["verdict"] == word).any():
            return rows.loc[rows["verdict"] == word, "model"].tolist()[:1]
    return []
