"""The functions of all attacks."""

from collections.abc import Callable

import numpy as np

from artificial_genomes.compare.attacks import density, frequencies, local, nearest, segments
from artificial_genomes.compare.attacks.evidence import Evidence

SCORES: dict[str, Callable[[Evidence], np.ndarray]] = {
    "nearest": nearest.score,
    "calibrated": nearest.score_calibrated,
    "local": local.score,
    "density": density.score,
    "segments": segments.score,
    "frequencies": frequencies.score,
    "whitened": frequencies.score_whitened,
}
"""By name of the attack, from the evidence to a score for each haplotype that is asked about, (n,) float64."""
