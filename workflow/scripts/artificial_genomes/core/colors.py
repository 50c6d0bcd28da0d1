"""The color of each model, the same in all figures and in the report."""

import zlib
from collections.abc import Iterable

from artificial_genomes.core.kinds import KINDS

REAL = "#4d4d4d"
FIXED = {"real": REAL, "ceiling": REAL, "floor": "#8c8c8c"}
_OTHERS = ("#e0162a", "#702005", "#b35968", "#5b355a", "#5f43ff", "#807f48")


def model_colours(models: Iterable[str]) -> dict[str, str]:
    """Return a color for each model: fixed for known models, determined by the name for others.

    Unknown names in one call get different colors as long as there are any left.
    """
    colours = FIXED | {name: kind.color for name, kind in KINDS.items()}
    for name in sorted(set(models) - set(colours)):
        first = zlib.crc32(name.encode()) % len(_OTHERS)
        order = [*_OTHERS[first:], *_OTHERS[:first]]
        colours[name] = next((color for color in order if color not in colours.values()), order[0])
    return {name: colours[name] for name in models}
