"""Independent sites: every allele is drawn from its training frequency. The floor that any model must beat."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from artificial_genomes.models import Seed
from artificial_genomes.training import TrainingData, TrainingRun


@dataclass
class Model:
    """ALT allele frequencies, (n_sites,) float64."""

    frequencies: np.ndarray

    @classmethod
    def from_arrays(cls, settings: dict, arrays: dict[str, np.ndarray]) -> Self:
        """Build the model from `arrays`."""
        return cls(arrays["frequencies"])

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the frequencies."""
        return {"frequencies": self.frequencies}

    def sample(self, n: int, seed: Seed) -> np.ndarray:
        """Return `n` haplotypes with independent sites: (n, n_sites) uint8."""
        uniform = np.random.default_rng(seed).random((n, len(self.frequencies)))
        return (uniform < self.frequencies).astype(np.uint8)


def fit(data: TrainingData, settings: dict, run: TrainingRun) -> Model:
    """Return the allele frequencies of the training haplotypes."""
    return Model(data.train.mean(axis=0))
