"""AG sets of one data set that are released together: whoever gets them all attacks them all."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from artificial_genomes.compare.audit import audit
from artificial_genomes.compare.matching import Candidate, match_people
from artificial_genomes.core.errors import UserError
from artificial_genomes.core.haplotypes import Haplotypes
from artificial_genomes.judge.gates import Gate
from artificial_genomes.judge.verdict import attacked_shares, judge_scorecard


def judge_together(
    real: Haplotypes,
    split: np.ndarray,
    sets: Sequence[Haplotypes],
    gates: Sequence[Gate],
    seed: int,
    replicates: int,
) -> pd.DataFrame:
    """Put the privacy gates to the union of AG sets.

    Parameters
    ----------
    real, split
        Haplotypes of the data set, or of a draw of it, and the part of the split that each of its people is in.
    sets
        AG sets at the sites of the data set, or draws of them.
    gates
        Those on numbers of the audit are asked; the privacy loss is about as many AGs as real haplotypes, and is no
        other for more of them.
    seed, replicates
        Of the draw of people and planted copies, and of the bootstrap over people.

    Returns
    -------
    DataFrame
        See `verdict.judge_scorecard`; below it a row without a gate, not proven, where only a draw was attacked.
    """
    people = match_people(split, seed)
    alleles = np.concatenate([one.alleles for one in sets])
    n_people = sum(one.drawn_from or len(one.people) for one in sets)
    candidate = Candidate(alleles, np.arange(0), people.known, drawn_share=len(alleles) / (2 * n_people))
    metrics = audit(real, people, candidate, seed, replicates)["metrics"]
    about = {"dataset": "", "model": "", "seed": 0}
    asked = [gate for gate in gates if gate.metric in set(metrics["metric"])]
    card = metrics.assign(**about, ceiling=np.nan, floor=np.nan)
    verdict = judge_scorecard(card, asked, [tuple(about.values())])
    drawn = [{"outcome": "not proven", "reason": text.strip(" .")} for text in attacked_shares(card).values()]
    return pd.concat([verdict, pd.DataFrame(drawn)], ignore_index=True) if drawn else verdict


def require_together(verdict: pd.DataFrame, dataset: str, names: Sequence[str], with_not_proven: bool) -> str:
    """Return what to say of AG sets that may be released together.

    Parameters
    ----------
    verdict
        See `judge_together`.
    dataset, names
        The data set and its AG sets.
    with_not_proven
        Whether the user consents to AGs whose privacy is not proven.

    Raises
    ------
    UserError
        A gate fails, or is not proven without the user's consent.
    """
    bad = verdict[verdict["outcome"] != "pass"]
    if bad.empty:
        return f"{', '.join(names)} on {dataset} together: all {len(verdict)} privacy gates that attack them passed."
    reasons = "; ".join(bad["reason"])
    if with_not_proven and "fail" not in set(bad["outcome"]):
        return f"{', '.join(names)} on {dataset} together: privacy not proven. {reasons}."
    raise UserError(
        f"the AG sets {', '.join(names)} of {dataset} may not be released together, whatever each is alone. {reasons}. "
        "Name fewer in release.models, or run fewer seeds."
    )
