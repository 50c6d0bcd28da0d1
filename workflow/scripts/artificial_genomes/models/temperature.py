"""Alleles drawn from log-odds at a temperature: below 1 they are nearer to certain, above 1 more independent.

A model that is trained for a while only is less sure of alleles than haplotypes are, and a GAN may be too sure. The
temperature mends that. Alone it would make rare alleles rarer, or more frequent; offsets of the log-odds, one a site,
undo what it does to allele frequencies.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from scipy.special import expit

from artificial_genomes.models import Seed
from artificial_genomes.training import TrainingData, validation_score

OFFSET_HAPLOTYPES = 2000
"""The offsets of a temperature are those of so many AGs."""

FREQUENCY_TOLERANCE, OFFSET_STEPS_MAX = 1e-4, 50
"""Newton's method for the offsets ends when all frequencies are that close, or after so many steps."""


class LogOddsModel(Protocol):
    """A model that draws each allele of an AG from its log-odds, given other random numbers."""

    temperature: np.ndarray
    offsets: np.ndarray

    def sample_log_odds(self, n: int, seed: Seed) -> np.ndarray:
        """Return the log-odds of ALT of `n` AGs at temperature 1: (n, n_sites) float32."""


def draw_alleles(log_odds: np.ndarray, temperature: float, offsets: np.ndarray, seed: Seed) -> np.ndarray:
    """Draw alleles (n, n_sites) uint8 with the log-odds of ALT (n, n_sites) / temperature + offsets (n_sites,)."""
    rng = np.random.default_rng([*np.atleast_1d(seed), 1])
    return (rng.random(log_odds.shape, np.float32) < expit(log_odds / temperature + offsets)).astype(np.uint8)


def frequency_offsets(log_odds: np.ndarray, temperature: float) -> np.ndarray:
    """Return offsets (n_sites,) of log-odds (n, n_sites) at which allele frequencies are those of temperature 1."""
    offsets = np.zeros(log_odds.shape[1], np.float32)
    if temperature == 1:
        return offsets
    wanted, scaled = expit(log_odds).mean(axis=0), log_odds / np.float32(temperature)
    for _ in range(OFFSET_STEPS_MAX):
        probabilities = expit(scaled + offsets)
        gap = wanted - probabilities.mean(axis=0)
        if np.abs(gap).max() < FREQUENCY_TOLERANCE:
            break
        slope = (probabilities * (1 - probabilities)).mean(axis=0)
        # Far away the slope says little: no step is longer than 1.
        offsets += np.clip(gap / np.maximum(slope, 1e-6), -1, 1)
    return offsets


def score_at_temperatures(
    model: LogOddsModel, data: TrainingData, temperatures: Sequence[float], seed: Seed
) -> dict[str, float]:
    """Set a model to the temperature whose AGs have the best `validation_score`, and return that score."""
    seeds = np.atleast_1d(seed).tolist()
    calibration = model.sample_log_odds(OFFSET_HAPLOTYPES, [*seeds, 2])
    kept: dict[int, np.ndarray] = {}

    def generate(n: int, seed: Seed) -> np.ndarray:
        # What else an AG is made of is the same at every temperature.
        if n not in kept:
            kept[n] = model.sample_log_odds(n, seed)
        return draw_alleles(kept[n], *settings[-1], seed)

    settings, scores = [], []
    for temperature in temperatures:
        settings.append((np.float32(temperature), frequency_offsets(calibration, temperature)))
        scores.append(validation_score(data, generate, seed) | {"temperature": temperature})
    best = int(np.argmin([score["score"] for score in scores]))
    model.temperature, model.offsets = settings[best]
    return scores[best]
