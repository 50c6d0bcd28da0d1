"""Streams of random numbers, each named after what is drawn from it.

A stream depends on a seed and on names, which are hashed together. Two streams of a run are therefore independent
unless seed and all names are equal, and a new stream does not change the others. Seeds that are lists of numbers lack
this property: NumPy pads them with zeros, so ``default_rng(1)`` and ``default_rng([1, 0])`` are the same stream.
"""

import hashlib
import json

import numpy as np


def derived_seed(seed: int, *names: str | int) -> int:
    """Return the seed for a part of a job, for functions that take a seed and draw several streams from it.

    Parameters
    ----------
    seed
        Seed of the job: from the configuration, or itself derived.
    names
        What the seed is for: at least one name, and numbers if a loop needs several seeds.

    Returns
    -------
    int
        128 bits.

    Examples
    --------
    >>> derived_seed(1, "window", 2) != derived_seed(1, "window", 3)
    True
    """
    if not names:
        raise TypeError("a derived seed needs a name")
    key = json.dumps([int(seed), *(name if isinstance(name, str) else int(name) for name in names)])
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:16], "little")


def stream(seed: int, *names: str | int) -> np.random.Generator:
    """Return the generator of one named stream; see `derived_seed` for the parameters."""
    return np.random.default_rng(derived_seed(seed, *names))
