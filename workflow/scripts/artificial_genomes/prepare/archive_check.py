"""Comparison of a .hapt file with the archive that it was made from: individuals, sites and alleles must match."""

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from artificial_genomes.core.errors import UserError
from artificial_genomes.core.haplotypes import Haplotypes
from artificial_genomes.io.vcf import read_alleles

log = logging.getLogger(__name__)


def check_rebuilt(haplotypes: Haplotypes, vcfs: Sequence[str | Path]) -> pd.DataFrame:
    """Compare haplotypes with VCF files, site by site and haplotype by haplotype.

    Individuals are matched by name, in any order; haplotype A of an individual is the left allele of ``0|1``. Matching
    of sites, and records with several ALT alleles, are explained in `vcf.read_alleles`.

    Parameters
    ----------
    haplotypes
        The .hapt file: see `hapt.read_hapt`.
    vcfs
        The files to compare with.

    Returns
    -------
    DataFrame
        what, value: the numbers of what was compared, all of it identical.

    Raises
    ------
    UserError
        The first site that is absent, or at which an allele differs, with the number of all such sites; individuals of
        the .hapt file who are not in the VCF files, as a number without names.
    """
    people = haplotypes.people["sample"].tolist()
    samples, alleles, found = read_alleles(vcfs, haplotypes.sites)
    columns = pd.Index(samples).get_indexer(people)
    names = ", ".join(Path(path).name for path in vcfs)
    if (columns < 0).any():
        raise UserError(
            f"{names}: {int((columns < 0).sum())} of the {len(people)} individuals of the .hapt file are missing. "
            "The file was made from another archive, or its individuals have other names."
        )
    absent = found["n_alts"].to_numpy() == 0
    if absent.any():
        first = int(absent.argmax())
        others = found["others"].iloc[first]
        raise UserError(
            f"{names}: {int(absent.sum())} of {len(absent)} sites of the .hapt file are missing, first "
            f"{_text(haplotypes.sites.iloc[first])}{f' (at this position: {others})' if others else ''}. "
            "The file was made from another archive, or with other alleles."
        )
    rows = np.stack([2 * columns, 2 * columns + 1], axis=1).ravel()
    n_different = (alleles[rows] != haplotypes.alleles).sum(axis=0)
    if n_different.any():
        first = int((n_different > 0).argmax())
        raise UserError(
            f"{names}: {int((n_different > 0).sum())} of {len(n_different)} sites differ from the .hapt file, first "
            f"{_text(haplotypes.sites.iloc[first])} in {int(n_different[first])} of {haplotypes.n_haplotypes} "
            "haplotypes. One of the two files is wrong: delete both and run again. If this does not help, the "
            "archive has changed."
        )
    log.info("%d sites of %d individuals are identical in %s", haplotypes.n_sites, len(people), names)
    rows = [
        ("sites", haplotypes.n_sites),
        ("of them from records with several ALT alleles", int((found["n_alts"] > 1).sum())),
        ("of them with other records at the same position", int((found["others"] != "").sum())),
        ("people", len(people)),
        ("individuals of the archive missing from the .hapt file", len(samples) - len(people)),
        ("individuals in the same order", "yes" if (np.diff(columns) > 0).all() else "no"),
        ("alleles compared", haplotypes.alleles.size),
        ("alleles that differ", 0),
    ]
    return pd.DataFrame(rows, columns=["what", "value"])


def _text(site: pd.Series) -> str:
    return f"{site['contig']}:{site['position']} {site['ref']}>{site['alt']}"
