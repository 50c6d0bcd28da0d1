"""What an attacker on membership holds."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import pandas as pd


@dataclass(frozen=True, eq=False)
class Evidence:
    """What an attacker holds.

    Attributes
    ----------
    ags : (n_ags, n_sites) uint8
        All AGs that are released.
    others : (n_others, n_sites) uint8
        Real haplotypes of the same populations, of individuals whom the attack does not ask about.
    sites : DataFrame
        contig and position of every site.
    seed : int
        Of whatever an attack draws.
    threads : int
        Number of threads.
    honest : Evidence
        What there was before something was planted; None where nothing is.
    """

    ags: np.ndarray
    others: np.ndarray
    sites: pd.DataFrame
    seed: int
    threads: int = 1
    honest: Self | None = None

    def with_planted(self, haplotypes: np.ndarray) -> Self:
        """Return the evidence with further haplotypes (n, n_sites) uint8 among the AGs."""
        return replace(self, ags=np.concatenate([self.ags, haplotypes]), honest=self)
