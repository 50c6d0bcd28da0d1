"""The check that two sets of haplotypes have the same sites."""

import numpy as np
import pandas as pd

from artificial_genomes.core.errors import UserError

_COLUMNS = ["contig", "position", "ref", "alt"]


def check_same_sites(sites: pd.DataFrame, expected: pd.DataFrame, name: str) -> None:
    """Check that two tables of sites have the same contig, position, REF and ALT in the same order.

    Parameters
    ----------
    sites, expected : DataFrame
        contig, position, ref, alt.
    name
        What `sites` belongs to, for the message.

    Raises
    ------
    UserError
        They differ; the message names the first different site.
    """
    n = min(len(sites), len(expected))
    ours, theirs = (table[_COLUMNS].to_numpy(object) for table in (sites, expected))
    differing = np.flatnonzero((ours[:n] != theirs[:n]).any(axis=1))
    if len(differing):
        first = differing[0]
        raise UserError(
            f"{name} has different sites from the dataset: site {first + 1} is {_text(ours[first])}, "
            f"expected {_text(theirs[first])}. Create it again for this dataset."
        )
    if len(sites) != len(expected):
        end = f"the last shared site is {_text(ours[n - 1])}" if n else "no site is shared"
        raise UserError(
            f"{name} has {len(sites)} sites, the dataset {len(expected)}; {end}. Create it again for this dataset."
        )


def _text(site: np.ndarray) -> str:
    contig, position, ref, alt = site
    return f"{contig}:{position} {ref}>{alt}"
