"""Alleles drawn from log-odds at a temperature: below 1 they are more certain, above 1 more random.

A model after a short training is less certain of alleles than it should be, and a GAN may be too certain.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

import numpy as np
from scipy.special import expit

from artificial_genomes.core.random_streams import stream
from artificial_genomes.models import Seed
from artificial_genomes.models.training import TrainingData, validation_score


class LogOddsModel(Protocol):
    """A model, a dataclass, that draws each allele of an AG independently, given its log-odds."""

    temperature: np.ndarray

    def sample_log_odds(self, n: int, seed: Seed) -> np.ndarray:
        """Return the log-odds of ALT of `n` AGs at temperature 1: (n, n_sites) float32."""


Tempered = TypeVar("Tempered", bound=LogOddsModel)


def draw_alleles(log_odds: np.ndarray, temperature: float, seed: Seed) -> np.ndarray:
    """Draw alleles (n, n_sites) uint8 with the log-odds of ALT (n, n_sites) / temperature, at 0 the more likely ones.

    Examples
    --------
    >>> draw_alleles(np.array([[-0.1, 0.1]]), temperature=0, seed=1)
    array([[0, 1]], dtype=uint8)
    """
    if temperature == 0:
        return (log_odds > 0).astype(np.uint8)
    rng = stream(seed, "alleles at a temperature")
    return (rng.random(log_odds.shape, np.float32) < expit(log_odds / temperature)).astype(np.uint8)


def score_at_temperatures(
    model: Tempered, data: TrainingData, temperatures: Sequence[float], seed: Seed
) -> tuple[Tempered, dict[str, float]]:
    """Return a model at the temperature whose AGs have the best `validation_score`, and that score.

    The given model is not changed.
    """
    kept: dict[int, np.ndarray] = {}

    def scored(temperature: np.float32) -> dict[str, float]:
        def generate(n: int, seed: Seed) -> np.ndarray:
            # The log-odds of an AG are the same at every temperature.
            if n not in kept:
                kept[n] = model.sample_log_odds(n, seed)
            return draw_alleles(kept[n], temperature, seed)

        return validation_score(data, generate, seed)

    scores = [scored(np.float32(temperature)) | {"temperature": temperature} for temperature in temperatures]
    best = min(scores, key=lambda score: score["score"])
    return replace(model, temperature=np.float32(best["temperature"])), best
