"""Haplotypes that the tests of the scans share."""

import numpy as np
import pandas as pd

from artificial_genomes.core.haplotypes import Haplotypes
from artificial_genomes.scans.tracks import with_label

SETTINGS = {
    "statistics": ["xpehh", "pbs", "ihs", "nsl", "haplotypes", "tajima_d"],
    "xpehh_reference": "YRI",
    "pbs_references": ["YRI", "JPT"],
    "maf_min": 0.01,
    "ihs_maf_min": 0.05,
    "window_sites": 10,
    "step_sites": 5,
    "haplotype_window_sites": 12,
    "haplotype_step_sites": 6,
    "xpehh_bins": None,
    "frequency_bins": 5,
    "edges": True,
}


def site_table(positions, contigs="1"):
    n = len(positions)
    return pd.DataFrame(
        {"contig": contigs, "position": positions, "id": [f"s{i}" for i in range(n)], "ref": "A", "alt": "C"}
    )


def haplotypes_of(alleles, populations, positions=None):
    n_people, n_sites = len(alleles) // 2, alleles.shape[1]
    people = pd.DataFrame(
        {
            "sample": [f"p{i}" for i in range(n_people)],
            "population": populations,
            "superpopulation": ["AFR" if label == "YRI" else "other" for label in populations],
        }
    )
    return Haplotypes(
        alleles, site_table(positions if positions is not None else 1000 * np.arange(1, n_sites + 1)), people
    )


def groups_of(haplotypes):
    return [with_label(haplotypes, label).alleles for label in ("EUR", "YRI", "JPT")]


def counts(group):
    return np.stack([len(group) - group.sum(axis=0, dtype=int), group.sum(axis=0, dtype=int)], axis=1)
