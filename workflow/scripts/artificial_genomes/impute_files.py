"""Haplotypes from the text files of IMPUTE2 and its kin: .hap and legend.

A .hap file has one line a site and one column a haplotype, 0 (a0) or 1 (a1), separated by spaces, without header; two
columns after each other are a person. The legend names the sites, in the same order: ``id position a0 a1``. Source:
https://mathgen.stats.ox.ac.uk/impute/impute_v2.html#-h.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from artificial_genomes.compressed import opened
from artificial_genomes.errors import UserError
from artificial_genomes.hapt import parse_alleles, read_legend


def read_impute(hap: str | Path, legend: str | Path, contig: str | None = None) -> tuple[np.ndarray, pd.DataFrame]:
    """Read haplotypes in the format of IMPUTE and their legend.

    Parameters
    ----------
    hap
        The .hap file: plain, or compressed by gzip, xz or zip (one member).
    legend, contig
        Its legend: see `read_legend`.

    Returns
    -------
    alleles : (n_haplotypes, n_sites) uint8
        0 = REF (a0), 1 = ALT (a1).
    sites : DataFrame
        contig, position, id, ref, alt, in the files' order.

    Raises
    ------
    UserError
        Lines of different lengths, characters other than 0 and 1, another number of lines than the legend has sites, a
        truncated file, a legend that `read_legend` refuses.
    """
    sites = read_legend(legend, contig)
    rows: list[np.ndarray] = []
    with opened(hap) as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            alleles = parse_alleles(line.strip(), f"{hap}, line {number}")
            if rows and len(alleles) != len(rows[0]):
                raise UserError(
                    f"{hap}, line {number}: {len(alleles)} alleles where the lines before have {len(rows[0])}: damaged."
                    " Fetch or write it again."
                )
            rows.append(alleles)
    if len(rows) != len(sites):
        raise UserError(
            f"{hap} has {len(rows)} lines, one a site, where {legend} has {len(sites)} sites. "
            "Either they belong to different files or one of them is truncated."
        )
    return np.ascontiguousarray(np.stack(rows).T), sites
