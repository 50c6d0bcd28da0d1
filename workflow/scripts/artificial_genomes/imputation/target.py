"""The individuals to impute: which of their sites are typed by an array, and the table of all sites."""

import logging
from pathlib import Path

import numpy as np
import pandas as pd

from artificial_genomes.core.errors import UserError
from artificial_genomes.core.haplotypes import SITE_COLUMNS
from artificial_genomes.core.tables import read_tsv
from artificial_genomes.imputation import far_from_typed_sites, imputed_parts
from artificial_genomes.statistics.frequencies import minor_allele_counts

log = logging.getLogger(__name__)

TYPED_COLUMNS = [*SITE_COLUMNS, "maf_biobank", "mac_biobank", "typed"]
"""Columns of the table of sites."""


SETTING = "imputation.typed_fraction or imputation.typed_maf_min"
"""Settings to change if too few sites are typed."""


def typed_sites(train: np.ndarray, typed_fraction: float, typed_maf_min: float, setting: str = SETTING) -> np.ndarray:
    """Choose the sites that a genotyping array would type.

    Parameters
    ----------
    train : (n_haplotypes, n_sites) uint8
        Haplotypes from which allele frequencies are computed.
    typed_fraction
        Share of all sites to type; fewer if not enough are frequent.
    typed_maf_min
        Smallest minor allele frequency of a typed site.
    setting
        Setting to change if too few sites are typed, for the message.

    Returns
    -------
    (n_sites,) bool
        Typed sites, evenly spaced among the frequent ones.

    Raises
    ------
    UserError
        Fewer than two sites would be typed, or all of them.
    """
    n_sites = train.shape[1]
    candidates = np.flatnonzero(minor_allele_counts(train) / len(train) >= typed_maf_min)
    n_typed = min(round(typed_fraction * n_sites), len(candidates))
    if not 2 <= n_typed < n_sites:
        raise UserError(
            f"{n_typed} of {n_sites} sites would be typed ({len(candidates)} have a minor allele frequency of at least "
            f"{typed_maf_min}). Change {setting}, or use more sites."
        )
    chosen = candidates[np.linspace(0, len(candidates) - 1, n_typed).round().astype(int)]
    typed = np.zeros(n_sites, bool)
    typed[chosen] = True
    return typed


def array_sites(sites: pd.DataFrame, array: pd.DataFrame) -> np.ndarray:
    """Return whether an array types each site: (n_sites,) bool.

    Parameters
    ----------
    sites : DataFrame
        contig, position.
    array : DataFrame
        contig, position of the array's sites, in any order and from any region; contigs with or without "chr".

    Raises
    ------
    UserError
        The array types fewer than two of the sites, or all of them.
    """
    ours, theirs = (
        pd.MultiIndex.from_arrays([table["contig"].astype(str).str.removeprefix("chr"), table["position"]])
        for table in (sites, array)
    )
    typed = ours.isin(theirs)
    if not 2 <= typed.sum() < len(sites):
        raise UserError(
            f"{typed.sum()} of {len(sites)} sites are in the table of typed sites. Check its build and region, or "
            "set imputation.typed_sites to null."
        )
    return typed


def chosen_sites(
    sites: pd.DataFrame, train: np.ndarray, settings: dict[str, float], array: Path | None, setting: str = SETTING
) -> np.ndarray:
    """Return whether each site is typed: (n_sites,) bool.

    Parameters
    ----------
    sites : DataFrame
        Sites of the dataset.
    train : (n_haplotypes, n_sites) uint8
        The biobank's haplotypes.
    settings
        typed_fraction and typed_maf_min, which select sites if there is no array.
    array
        Table of an array's sites (contig, position).
    setting
        Setting to change if too few sites are typed, for the message.

    Raises
    ------
    UserError
        As `array_sites` and `typed_sites`; or the table cannot be read.
    """
    if array:
        return array_sites(sites, read_tsv(array, ["contig", "position"]))
    return typed_sites(train, **settings, setting=setting)


def typed_table(sites: pd.DataFrame, train: np.ndarray, typed: np.ndarray) -> pd.DataFrame:
    """Return the table of all sites before imputation, and warn about segments without typed sites.

    Parameters
    ----------
    sites : DataFrame
        Sites of the dataset.
    train : (n_haplotypes, n_sites) uint8
        The biobank's haplotypes.
    typed : (n_sites,) bool

    Returns
    -------
    DataFrame
        contig, position, id, ref, alt, maf_biobank, mac_biobank (copies of the minor allele), typed (1 or 0).

    Raises
    ------
    UserError
        A contig has no typed site.
    """
    imputed_parts(sites, typed)
    if warning := far_from_typed_sites(sites, typed):
        log.warning("%s", warning)
    counts = minor_allele_counts(train)
    return sites[SITE_COLUMNS].assign(
        maf_biobank=counts / len(train), mac_biobank=counts.astype(int), typed=typed.astype(int)
    )
