"""The ancestral alleles of sites."""

from pathlib import Path

import numpy as np
import pandas as pd

from artificial_genomes.core.errors import UserError
from artificial_genomes.core.tables import read_tsv

_COLUMNS = ["contig", "position", "ancestral"]


def read_ancestral(path: str | Path) -> pd.DataFrame:
    """Read a table of ancestral alleles: tab separated, with the columns contig, position and ancestral; plain or gzip.

    An allele may be in lower case and be followed by `|` and more, as in the AA field of the 1000 Genomes VCFs.

    Returns
    -------
    DataFrame
        contig (str, without chr), position (int, bp), ancestral (A, C, G or T; other rows are left out).

    Raises
    ------
    UserError
        A column is missing, a position is not a number, or a site appears twice with different alleles.
    """
    table = read_tsv(path, _COLUMNS)[_COLUMNS]
    positions = pd.to_numeric(table["position"], errors="coerce")
    if positions.isna().any():
        line = int(positions.isna().to_numpy().argmax()) + 2
        raise UserError(f"{path}, line {line}: the position is not a number. Write whole base pairs.")
    table = pd.DataFrame(
        {
            "contig": table["contig"].astype(str).str.removeprefix("chr"),
            "position": positions.astype(int),
            "ancestral": table["ancestral"].astype(str).str.split("|").str[0].str.strip().str.upper(),
        }
    )
    table = table[table["ancestral"].isin(list("ACGT"))].drop_duplicates()
    twice = table[table.duplicated(["contig", "position"])]
    if len(twice):
        raise UserError(
            f"{path} names different ancestral alleles for {twice['contig'].iloc[0]}:{twice['position'].iloc[0]} "
            f"(and {len(twice) - 1} more sites). Keep one of them."
        )
    return table.reset_index(drop=True)


def polarise(sites: pd.DataFrame, ancestral: pd.DataFrame | None) -> tuple[np.ndarray, np.ndarray]:
    """Return whether the ancestral allele of each site is known, and whether it is ALT.

    Parameters
    ----------
    sites : DataFrame
        contig, position, ref, alt.
    ancestral
        From `read_ancestral`; None treats REF as ancestral everywhere.

    Returns
    -------
    known, alt_is_ancestral : (n_sites,) bool
        An ancestral allele that is neither REF nor ALT counts as unknown.
    """
    if ancestral is None:
        return np.ones(len(sites), bool), np.zeros(len(sites), bool)
    places = pd.DataFrame(
        {"contig": sites["contig"].str.removeprefix("chr").to_numpy(), "position": sites["position"].to_numpy()}
    )
    allele = places.merge(ancestral, how="left", on=["contig", "position"])["ancestral"].to_numpy()
    is_ref, is_alt = allele == sites["ref"].to_numpy(), allele == sites["alt"].to_numpy()
    return is_ref | is_alt, is_alt
