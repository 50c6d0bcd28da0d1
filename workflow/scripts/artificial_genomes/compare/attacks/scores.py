"""The functions of all attacks."""

from collections.abc import Callable

import numpy as np

from artificial_genomes.compare.attacks import density, frequencies, local, nearest, segments
from artificial_genomes.compare.attacks.evidence import Evidence

SCORES: dict[str, Callable[[Evidence, np.ndarray], np.ndarray]] = {
    "nearest": nearest.score,
    "calibrated": nearest.score_calibrated,
    "local": local.score,
    "density": density.score,
    "segments": segments.score,
    "frequencies": frequencies.score,
    "whitened": frequencies.score_whitened,
}
"""By name of the attack, from the evidence and haplotypes (n, n_sites) uint8 to a score for each, (n,) float64."""
