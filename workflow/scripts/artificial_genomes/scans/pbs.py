"""Population branch statistic of one group of haplotypes against two reference populations.

Fst is Hudson's estimator (Bhatia et al. 2013, doi 10.1101/gr.154831.113). Sites fixed for the same allele in both
populations count as Fst 0; Fst is bounded to 0 ... 0.99999, as in scikit-allel, which keeps PBS finite.
"""

import allel
import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view

from artificial_genomes.core.sites import stretches
from artificial_genomes.scans.places import GAP_MAX_BP

_FST_MAX = 0.99999


def _fst_terms(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return numerator and denominator of Hudson's Fst of every site, both 0 if all alleles are the same."""
    return allel.hudson_fst(_allele_counts(a), _allele_counts(b))


def _allele_counts(group: np.ndarray) -> np.ndarray:
    """Return the number of REF and ALT alleles of every site: (n_sites, 2) int64."""
    alt = group.sum(axis=0, dtype=np.int64)
    return np.stack([len(group) - alt, alt], axis=1)


def _branch_lengths(numerators: np.ndarray, denominators: np.ndarray) -> np.ndarray:
    """Return -log(1 - Fst) with the conventions stated at the top of this module."""
    fst = np.divide(numerators, denominators, out=np.zeros(numerators.shape), where=denominators > 0)
    return -np.log(1 - np.clip(fst, 0, _FST_MAX))


def pbs(target: np.ndarray, reference_1: np.ndarray, reference_2: np.ndarray) -> np.ndarray:
    """Return the population branch statistic of `target` at every site.

    Source: Yi et al. 2010, doi 10.1126/science.1190371.

    Parameters
    ----------
    target, reference_1, reference_2 : (n_haplotypes, n_sites) uint8

    Returns
    -------
    (n_sites,) float64
    """
    t1, t2, t12 = (
        _branch_lengths(*_fst_terms(a, b))
        for a, b in ((target, reference_1), (target, reference_2), (reference_1, reference_2))
    )
    return (t1 + t2 - t12) / 2


def pbs_windows(
    sites: pd.DataFrame,
    target: np.ndarray,
    reference_1: np.ndarray,
    reference_2: np.ndarray,
    window_sites: int,
    step_sites: int,
) -> pd.DataFrame:
    """Return PBS and PBSn1 in windows of `window_sites` consecutive sites of a segment, one every `step_sites`.

    The Fst of a window is the ratio of the summed numerators and denominators of its sites. PBSn1 = PBS divided by
    one plus half the sum of the three branch lengths (Malaspinas et al. 2016, doi 10.1038/nature18299).

    Returns
    -------
    DataFrame
        contig, start, end, n, pbs, pbsn1; a segment (see `sites.stretches`) with fewer sites than a window has no row.
    """
    parts = []
    for contig, place in stretches(sites, GAP_MAX_BP):
        if len(place) < window_sites:
            continue
        t1, t2, t12 = (
            _branch_lengths(
                *(
                    sliding_window_view(term, window_sites)[::step_sites].sum(axis=1)
                    for term in _fst_terms(a[:, place], b[:, place])
                )
            )
            for a, b in ((target, reference_1), (target, reference_2), (reference_1, reference_2))
        )
        positions = sliding_window_view(sites["position"].to_numpy()[place], window_sites)[::step_sites]
        value = (t1 + t2 - t12) / 2
        parts.append(
            pd.DataFrame(
                {
                    "contig": contig,
                    "start": positions[:, 0],
                    "end": positions[:, -1],
                    "n": window_sites,
                    "pbs": value,
                    "pbsn1": value / (1 + (t1 + t2 + t12) / 2),
                }
            )
        )
    return (
        pd.concat(parts, ignore_index=True)
        if parts
        else pd.DataFrame(columns=["contig", "start", "end", "n", "pbs", "pbsn1"])
    )
