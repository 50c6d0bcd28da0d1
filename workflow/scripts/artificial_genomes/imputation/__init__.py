"""Imputation of masked individuals from reference panels with and without AGs, and its accuracy."""

import numpy as np
import pandas as pd

from artificial_genomes.core.errors import UserError
from artificial_genomes.core.sites import FAR_BP, stretches

GAP_MAX_BP = 10_000_000
"""Sites on two sides of a longer gap are imputed separately, since Minimac4 fails in chunks (20 Mb) without a site."""


def imputed_parts(sites: pd.DataFrame, typed: np.ndarray) -> list[tuple[str, np.ndarray]]:
    """Return the parts that are imputed separately: contig and row numbers of sites, in the table's order.

    Contigs are cut at gaps longer than `GAP_MAX_BP`. A segment without typed sites, or with typed sites only, is joined
    to the one before it, or else after it: Beagle gives no dosages if there is nothing to impute. A whole contig whose
    sites are all typed is a part with nothing to impute.

    Parameters
    ----------
    sites : DataFrame
        contig, position; contigs in blocks, positions ascending within them.
    typed : (n_sites,) bool

    Raises
    ------
    UserError
        A contig has no typed site.
    """
    parts: list[tuple[str, np.ndarray]] = []
    for contig, rows in stretches(sites, GAP_MAX_BP):
        is_next = parts and parts[-1][0] == contig
        if is_next and not all(0 < typed[part].sum() < len(part) for part in (rows, parts[-1][1])):
            parts[-1] = (contig, np.concatenate([parts[-1][1], rows]))
        else:
            parts.append((contig, rows))
    for contig, rows in parts:
        if not typed[rows].any():
            first, last = sites["position"].to_numpy()[rows[[0, -1]]]
            raise UserError(
                f"{contig}:{first}-{last} has no typed site, so nothing can be imputed there. Add typed sites, or "
                "remove this contig from the data set."
            )
    return parts


def far_from_typed_sites(sites: pd.DataFrame, typed: np.ndarray) -> str | None:
    """Return a warning, without names, if segments between long gaps have no typed site; else None.

    Parameters
    ----------
    sites : DataFrame
        contig, position; contigs in blocks, positions ascending within them.
    typed : (n_sites,) bool
    """
    places = [rows for _, rows in stretches(sites, FAR_BP)]
    far = [len(rows) for rows in places if not typed[rows].any()]
    if not far:
        return None
    apart = f"more than {FAR_BP // 1000} kb apart"
    return (
        f"no site is typed in {len(far)} of {len(places)} segments ({apart}), so {sum(far)} of {len(sites)} sites "
        "are imputed hardly better than by their frequency. Add typed sites there, or remove these segments from "
        "the data set."
    )
