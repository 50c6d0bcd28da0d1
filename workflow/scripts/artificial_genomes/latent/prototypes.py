"""Prototype haplotypes: the fixed points of the mean-field equations, and which individuals flow to each.

Each training haplotype is a start, from which the equations are iterated until nothing changes. Haplotypes that end at
the same point share what the machine takes for one kind of haplotype. A prototype is made of the machine's parameters.
Where few common haplotypes make up a data set it can equal one, rounded: how many haplotypes it equals is counted.
"""

import logging

import numpy as np
import pandas as pd
from sklearn.cluster import DBSCAN

from artificial_genomes.models.rbm_machine import Model
from artificial_genomes.statistics.distances import nearest_neighbours

log = logging.getLogger(__name__)

DAMPING = 0.5
"""Share of the old values that an iteration keeps, against oscillation."""

TOLERANCE = 1e-3
"""Iterations end where no probability changes by more."""

ITERATIONS_MAX = 1000

SAME_POINT = 0.02
"""Fixed points whose probabilities differ by less, as a root mean square over sites, are one."""


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
    """Return the prototypes of a machine, and which haplotypes flow to each.

    Parameters
    ----------
    alleles : (n, n_sites) uint8
        Haplotypes of the training individuals.
    labels : (n,) object
        Their superpopulations.

    Returns
    -------
    points : (n_prototypes, n_sites) float64
        Probabilities of ALT, means over the starts that end there; those with most starts come first.
    table : DataFrame
        prototype (from 1), n (haplotypes that flow there), converged (how many of them got there before
        `ITERATIONS_MAX`; a prototype of others is no fixed point), superpopulation (that of most of them), purity (the
        share of those), nearest (sites in which the rounded prototype differs from the nearest haplotype of the
        training individuals), copies (of these haplotypes that equal it).
    """
    ends, converged = fixed_points(model, alleles)
    radius = SAME_POINT * np.sqrt(alleles.shape[1])
    # Many ends are the same to three digits, and need be told apart once only.
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
