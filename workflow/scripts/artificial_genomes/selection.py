"""Scans for selection: PBS and XP-EHH of one group of haplotypes against reference populations.

Fst is Hudson's estimator (Bhatia et al. 2013, doi 10.1101/gr.154831.113). Sites fixed for the same allele in both
populations count as Fst 0; Fst is bounded to 0 ... 0.99999, as in scikit-allel, which keeps PBS finite.
"""

import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass

import allel
import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view

from artificial_genomes.errors import UserError
from artificial_genomes.genetic_map import map_positions
from artificial_genomes.haplotypes import Haplotypes
from artificial_genomes.same_sites import check_same_sites

log = logging.getLogger(__name__)

REAL_CANDIDATES = ("real", "ceiling", "floor")
_FST_MAX = 0.99999
_DRAW_HALVES, _DRAW_FLOOR = range(2)


@dataclass(frozen=True)
class Tracks:
    """The result of scanning one group of haplotypes.

    Attributes
    ----------
    xpehh : DataFrame
        contig, position, id, xpehh_raw (log ratio of integrated EHH), xpehh (standardised over all scored sites).
    pbs : DataFrame
        contig, position, id, pbs.
    windows : DataFrame
        contig, start, end (bp, both included), n (sites), pbs, pbsn1.
    """

    xpehh: pd.DataFrame
    pbs: pd.DataFrame
    windows: pd.DataFrame


def with_label(haplotypes: Haplotypes, label: str) -> Haplotypes:
    """Return the people of a population, or else of a superpopulation.

    Raises
    ------
    UserError
        Nobody has that label.
    """
    for column in ("population", "superpopulation"):
        match = (haplotypes.people[column] == label).to_numpy()
        if match.any():
            return haplotypes.take_people(match)
    known = sorted({*haplotypes.people["population"], *haplotypes.people["superpopulation"]} - {""})
    raise UserError(
        f"nobody to scan against has the population label {label!r}. Known here: {', '.join(known) or 'none'}."
    )


def frequent_sites(groups: Sequence[np.ndarray], maf_min: float) -> np.ndarray:
    """Return which sites have a minor allele frequency of at least `maf_min` in all haplotypes of `groups` together.

    Parameters
    ----------
    groups : sequence of (n_haplotypes, n_sites) uint8

    Returns
    -------
    (n_sites,) bool
    """
    frequency = sum(group.sum(axis=0, dtype=np.int64) for group in groups) / sum(len(group) for group in groups)
    return np.minimum(frequency, 1 - frequency) >= maf_min


def _fst_terms(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return numerator and denominator of Hudson's Fst of every site, both 0 where all alleles are the same."""
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
    """Return PBS and PBSn1 in windows of `window_sites` consecutive sites of a contig, one every `step_sites`.

    The Fst of a window is the ratio of the summed numerators and denominators of its sites. PBSn1 = PBS divided by
    one plus half the sum of the three branch lengths (Malaspinas et al. 2016, doi 10.1038/nature18299).

    Returns
    -------
    DataFrame
        contig, start, end, n, pbs, pbsn1; a contig with fewer sites than a window has no row.
    """
    parts = []
    for contig, place in _contigs(sites):
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
        pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["contig", "start", "end", "n", "pbs"])
    )


def _contigs(sites: pd.DataFrame) -> list[tuple[str, np.ndarray]]:
    """Return every contig with the places of its sites, in the order of the table."""
    return [(contig, np.asarray(rows)) for contig, rows in sites.groupby("contig", sort=False).indices.items()]


def xpehh(
    target: np.ndarray,
    reference: np.ndarray,
    sites: pd.DataFrame,
    genetic_map: pd.DataFrame | None = None,
    threads: int = 1,
) -> np.ndarray:
    """Return the unstandardised XP-EHH of every site: log of the ratio of integrated EHH, target over reference.

    EHH is integrated to the edges of the contig where it has not fallen below 0.05 before; distances between
    neighbouring sites longer than 20 kb count as 20 kb, and an integral across a gap of more than 200 kb is not
    scored. Source: Sabeti et al. 2007, doi 10.1038/nature06250; computed by scikit-allel.

    Parameters
    ----------
    target, reference : (n_haplotypes, n_sites) uint8
    sites : DataFrame
        contig and position of the sites.
    genetic_map
        From `genetic_map.read_genetic_map`; integrates over cM. None integrates over base pairs.
    threads
        scikit-allel uses four threads (or all processors, if fewer) or one: four only where that many are given.

    Returns
    -------
    (n_sites,) float64
        NaN where not scored.
    """
    scores = np.full(len(sites), np.nan)
    for contig, place in _contigs(sites):
        positions = sites["position"].to_numpy()[place]
        with np.errstate(divide="ignore", invalid="ignore"):
            scores[place] = allel.xpehh(
                np.ascontiguousarray(target[:, place].T.astype(np.int8)),
                np.ascontiguousarray(reference[:, place].T.astype(np.int8)),
                positions,
                map_pos=None if genetic_map is None else map_positions(genetic_map, contig, positions),
                include_edges=True,
                use_threads=threads >= min(4, os.cpu_count() or 1),
            )
    scores[~np.isfinite(scores)] = np.nan
    return scores


def standardise(scores: np.ndarray) -> np.ndarray:
    """Return the scores less their mean, divided by their standard deviation (NaN ignored; 0 where all are equal)."""
    centred = scores - np.nanmean(scores)
    spread = np.nanstd(scores)
    return centred / spread if spread > 0 else centred


def scan(
    target: np.ndarray,
    own: np.ndarray,
    public: Haplotypes,
    settings: dict,
    genetic_map: pd.DataFrame | None = None,
    threads: int = 1,
) -> tuple[Tracks, pd.DataFrame]:
    """Scan one group of haplotypes.

    Which sites are scanned is decided by the real people alone, so that it is the same for every target.

    Parameters
    ----------
    target : (n_haplotypes, n_sites) uint8
        The haplotypes to scan: real ones or AGs.
    own : (n_own, n_sites) uint8
        The real haplotypes that the target stands for; only used to choose sites.
    public
        People among whom the reference populations are; same sites.
    settings
        xpehh_reference, pbs_references (two), maf_min, window_sites, step_sites.

    Returns
    -------
    Tracks
    DataFrame
        statistic, what, sites: how many sites were scored or dropped, and why.

    Raises
    ------
    UserError
        A reference population is missing, or no site or window can be scored.
    """
    reference = with_label(public, settings["xpehh_reference"]).alleles
    pair = [with_label(public, label).alleles for label in settings["pbs_references"]]
    sites = public.sites[["contig", "position", "id"]]

    kept = frequent_sites([own, reference], settings["maf_min"])
    xpehh_table = sites[kept].reset_index(drop=True)
    raw = xpehh(target[:, kept], reference[:, kept], xpehh_table, genetic_map, threads)
    scored = int(np.isfinite(raw).sum())
    counts = [
        ("xpehh", "in the data set", len(sites)),
        ("xpehh", f"dropped: minor allele frequency below {settings['maf_min']}", int((~kept).sum())),
        ("xpehh", "dropped: gap of more than 200 kb, or a single site", len(raw) - scored),
        ("xpehh", "scored", scored),
    ]
    _require(scored, "site", "XP-EHH", settings)

    kept = frequent_sites([own, *pair], settings["maf_min"])
    _require(int(kept.sum()), "site", "PBS", settings)
    pbs_table = sites[kept].reset_index(drop=True)
    groups = [group[:, kept] for group in (target, *pair)]
    windows = pbs_windows(pbs_table, *groups, settings["window_sites"], settings["step_sites"])
    _require(len(windows), f"window of {settings['window_sites']} sites", "PBS", settings)
    counts += [
        ("pbs", "in the data set", len(sites)),
        ("pbs", f"dropped: minor allele frequency below {settings['maf_min']}", int((~kept).sum())),
        ("pbs", "scored", int(kept.sum())),
        ("pbs", "windows scored", len(windows)),
    ]
    for statistic, what, number in counts:
        log.info("%s, sites %s: %d", statistic, what, number)
    tracks = Tracks(
        xpehh_table.assign(xpehh_raw=raw, xpehh=standardise(raw)), pbs_table.assign(pbs=pbs(*groups)), windows
    )
    return tracks, pd.DataFrame(counts, columns=["statistic", "what", "sites"])


def scan_target(own: Haplotypes, candidate: str | Haplotypes, seed: int) -> np.ndarray:
    """Return the haplotypes to scan, always as many as a half of `own` has people.

    Parameters
    ----------
    own
        The real people that the scan is about.
    candidate
        "real": a random half of them, with which all others are compared; "ceiling": the other half; "floor":
        haplotypes with independent sites, drawn from the allele frequencies of all of them; or AGs, of which the first
        ones are taken (all of them, where there are too few).
    seed
        Of the halves and of the floor.

    Returns
    -------
    (n_haplotypes, n_sites) uint8

    Raises
    ------
    UserError
        Fewer than two people, or AGs with other sites than `own`.
    """
    n = len(own.people) // 2
    if n == 0:
        raise UserError(f"{len(own.people)} people are too few for a scan. Widen the people filter of the dataset.")
    order = np.random.default_rng([seed, _DRAW_HALVES]).permutation(len(own.people))
    if candidate == "real":
        return own.take_people(np.sort(order[:n])).alleles
    if candidate == "ceiling":
        return own.take_people(np.sort(order[n : 2 * n])).alleles
    if candidate == "floor":
        uniform = np.random.default_rng([seed, _DRAW_FLOOR]).random((2 * n, own.n_sites))
        return (uniform < own.allele_frequencies()).astype(np.uint8)
    check_same_sites(candidate.sites, own.sites, "the set of artificial genomes")
    if candidate.n_haplotypes < 2 * n:
        log.info("only %d artificial haplotypes for %d real ones", candidate.n_haplotypes, 2 * n)
    return candidate.alleles[: 2 * n]


def _require(number: int, what: str, statistic: str, settings: dict) -> None:
    if number == 0:
        raise UserError(
            f"no {what} can be scored for {statistic} (minor allele frequency >= {settings['maf_min']}). "
            "Use a longer region, smaller windows or a lower scan.maf_min."
        )
