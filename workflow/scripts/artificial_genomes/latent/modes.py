"""What the weights have learned: their singular value decomposition, and the receptive fields of hidden units."""

import numpy as np
import pandas as pd

from artificial_genomes.core.haplotypes import Haplotypes
from artificial_genomes.core.random_streams import stream
from artificial_genomes.statistics.ld import r2_matrix

MODES_SHOWN = 4
"""Number of modes on which haplotypes are projected."""

TOP_SITES = 5
"""Number of sites listed per hidden unit."""

LD_SITES = 10
"""Number of sites of a hidden unit among which LD is measured."""

FIELD_SHARE = 0.9
"""Share of the squared weights within a unit's receptive field, on the contig with most of them."""


def between_share(values: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the share of the variance of values that lies between classes (eta squared; of an allele, Wright's Fst).

    Parameters
    ----------
    values : (n, k)
    labels : (n,) object

    Returns
    -------
    (k,) float64
        NaN if a column does not vary.
    """
    values = values.astype(np.float64)
    centred = values - values.mean(axis=0)
    between = np.zeros(values.shape[1])
    for name in np.unique(labels):
        members = centred[labels == name]
        between += len(members) * members.mean(axis=0) ** 2
    total = (centred**2).sum(axis=0)
    return np.divide(between, total, out=np.full(len(total), np.nan), where=total > 1e-12 * len(values))


def weight_modes(weights: np.ndarray, seed: int) -> tuple[np.ndarray, pd.DataFrame]:
    """Return the modes of the weights: the directions in allele space that the machine distinguishes.

    Parameters
    ----------
    weights : (n_sites, n_hidden)
    seed
        Seed of the permutations.

    Returns
    -------
    modes : (n_sites, n_modes) float64
        Left singular vectors; the larger half of each points up.
    spectrum : DataFrame
        mode (from 1), singular_value, permuted: that of weights whose entries are permuted within each hidden unit,
        which removes modes shared by units; share: share of the sum of squares.
    """
    left, values, _ = np.linalg.svd(weights.astype(np.float64), full_matrices=False)
    left *= np.where(left.sum(axis=0) < 0, -1, 1)
    permuted = stream(seed, "permuted weights").permuted(weights.astype(np.float64), axis=0)
    spectrum = pd.DataFrame(
        {
            "mode": np.arange(1, len(values) + 1),
            "singular_value": values,
            "permuted": np.linalg.svd(permuted, compute_uv=False),
            "share": values**2 / (values**2).sum(),
        }
    )
    return left, spectrum


def mode_scores(modes: np.ndarray, sets: dict[str, np.ndarray], centre: np.ndarray) -> dict[str, np.ndarray]:
    """Return haplotypes projected on modes: (n, n_modes) float64 by set.

    Parameters
    ----------
    modes : (n_sites, n_modes)
    sets
        (n, n_sites) uint8 by name.
    centre : (n_sites,)
        Allele frequencies that are subtracted from the alleles.
    """
    return {name: (alleles - centre) @ modes for name, alleles in sets.items()}


def receptive_fields(weights: np.ndarray, hidden: np.ndarray, real: Haplotypes) -> pd.DataFrame:
    """Return the sites that every hidden unit sees, and its information about ancestry.

    Parameters
    ----------
    weights : (n_sites, n_hidden)
    hidden : (n_haplotypes, n_hidden)
        Hidden means of `real`.
    real
        Individuals with superpopulations; their names are not used.

    Returns
    -------
    DataFrame
        unit (from 1); top_sites: the sites of largest |weight|, contig:position:weight; effective_sites: the
        participation ratio of squared weights, n where n sites have equal weights; contig: where most of the squared
        weight is; start_bp, end_bp: the shortest segment of sites with 90 % of the squared weight of that contig;
        ld_top: mean r2 between the ten sites of largest |weight|; fst_top: the share of allele variance between
        superpopulations, weighted by squared weights; ancestry: the share of the variance of the unit's mean between
        superpopulations.
    """
    labels = real.haplotype_labels("superpopulation")
    power = weights.astype(np.float64) ** 2
    power = power / np.maximum(power.sum(axis=0), 1e-300)
    site_fst = np.nan_to_num(between_share(real.alleles, labels))
    ancestry = between_share(hidden, labels)
    contigs, positions = real.sites["contig"].to_numpy(), real.sites["position"].to_numpy()
    names = list(dict.fromkeys(contigs))
    places = [np.flatnonzero(contigs == name) for name in names]
    most = np.argmax([power[sites].sum(axis=0) for sites in places], axis=0)
    rows = []
    for unit in range(weights.shape[1]):
        own = power[:, unit]
        order = np.argsort(-own, kind="stable")
        on_contig = places[most[unit]]
        start, end = _field(own[on_contig], positions[on_contig])
        r2 = r2_matrix(real.alleles[:, order[:LD_SITES]])
        rows.append(
            {
                "unit": unit + 1,
                "top_sites": " ".join(f"{contigs[i]}:{positions[i]}:{weights[i, unit]:.2f}" for i in order[:TOP_SITES]),
                "effective_sites": own.sum() ** 2 / max((own**2).sum(), 1e-300),
                "contig": names[most[unit]],
                "start_bp": start,
                "end_bp": end,
                "ld_top": np.nanmean(r2[np.triu_indices(len(r2), 1)]),
                "fst_top": float(own @ site_fst),
                "ancestry": ancestry[unit],
            }
        )
    return pd.DataFrame(rows)


def _field(power: np.ndarray, positions: np.ndarray) -> tuple[int, int]:
    """Return the ends of the shortest segment with `FIELD_SHARE` of the power of a contig."""
    summed = np.concatenate([[0], np.cumsum(power)])
    # The last site of the segment for every first site, if enough power is left.
    last = np.searchsorted(summed, summed[:-1] + FIELD_SHARE * summed[-1] - 1e-12) - 1
    first = np.flatnonzero(last < len(power))
    last = np.maximum(last[first], first)
    best = (positions[last] - positions[first]).argmin()
    return int(positions[first[best]]), int(positions[last[best]])
