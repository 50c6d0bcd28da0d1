"""Prototype haplotypes: the fixed points of the mean-field equations, and the individuals that converge to each.

The equations are iterated from each training haplotype until convergence. Haplotypes that converge to the same point
belong to one kind of haplotype for the machine. A prototype is a function of the machine's parameters. In a data set of
few common haplotypes, a rounded prototype can equal one of them; such equalities are counted.
"""

import logging

import numpy as np
import pandas as pd
from sklearn.cluster import DBSCAN

from artificial_genomes.models.rbm_machine import Model
from artificial_genomes.statistics.distances import nearest_neighbours

log = logging.getLogger(__name__)

DAMPING = 0.5
"""Damping: share of the old values that an iteration keeps, to prevent oscillation."""

TOLERANCE = 1e-3
"""Largest change of a probability at convergence."""

ITERATIONS_MAX = 1000

SAME_POINT = 0.02
"""Root mean square difference over sites below which fixed points count as the same."""


def fixed_points(model: Model, alleles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Iterate the mean-field equations from haplotypes.

    Parameters
    ----------
    alleles : (n, n_sites) uint8

    Returns
    -------
    points : (n, n_sites) float32
        Probabilities of ALT.
    converged : (n,) bool
    """
    points = alleles.astype(np.float32)
    active = np.arange(len(points))
    for _ in range(ITERATIONS_MAX):
        present = points[active]
        following = DAMPING * present + (1 - DAMPING) * model.mean_field_step(present)
        points[active] = following
        active = active[np.abs(following - present).max(axis=1) > TOLERANCE * (1 - DAMPING)]
        if not len(active):
            break
    converged = np.ones(len(points), bool)
    converged[active] = False
    return points, converged


def prototypes(model: Model, alleles: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, pd.DataFrame]:
    """Return the prototypes of a machine, and the haplotypes that converge to each.

    Parameters
    ----------
    alleles : (n, n_sites) uint8
        Haplotypes of the training individuals.
    labels : (n,) object
        Their superpopulations.

    Returns
    -------
    points : (n_prototypes, n_sites) float64
        Probabilities of ALT, means over the starts that end there; those with the most starts come first.
    table : DataFrame
        prototype (from 1), n (haplotypes that converge to it), converged (how many of them do so before
        `ITERATIONS_MAX`; a prototype of others is not a fixed point), superpopulation (their majority superpopulation),
        purity (its share among them), nearest (sites in which the rounded prototype differs from the nearest haplotype
        of the training individuals), copies (of these haplotypes that equal it).
    """
    ends, converged = fixed_points(model, alleles)
    radius = SAME_POINT * np.sqrt(alleles.shape[1])
    # Many end points are equal to three digits and need to be compared only once.
    unique, of_end = np.unique(np.round(ends, 3), axis=0, return_inverse=True)
    cluster = DBSCAN(eps=radius, min_samples=1).fit_predict(unique)[of_end.ravel()]
    sizes = np.bincount(cluster)
    order = np.argsort(-sizes, kind="stable")
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    cluster = rank[cluster]
    points = np.array([ends[cluster == i].mean(axis=0, dtype=np.float64) for i in range(len(order))])
    rounded = (points > 0.5).astype(np.uint8)
    nearest, _ = nearest_neighbours(rounded, alleles)
    rows = []
    for i in range(len(order)):
        names, counts = np.unique(labels[cluster == i], return_counts=True)
        rows.append(
            {
                "prototype": i + 1,
                "n": int(counts.sum()),
                "converged": int(converged[cluster == i].sum()),
                "superpopulation": names[counts.argmax()],
                "purity": counts.max() / counts.sum(),
                "nearest": int(nearest[i]),
                "copies": int((alleles == rounded[i]).all(axis=1).sum()),
            }
        )
    table = pd.DataFrame(rows)
    log.info(
        "%d prototypes, of which %d equal a haplotype of a training individual",
        len(table),
        int((table["copies"] > 0).sum()),
    )
    return points, table
