"""Titles of the tables of comparisons, which the rules name their outputs after."""

COMPARED = (
    "metrics",
    "allele_frequencies",
    "spectrum",
    "ld_decay",
    "ld_by_maf",
    "three_point",
    "distances",
    "nearest",
    "pca",
    "pca_variance",
    "populations",
    "fst",
    "haplotype_windows",
    "differences",
    "attacks",
    "power",
    "flagged",
)
"""Titles of the tables of `comparison.compare`."""

UNMATCHED = ("metrics", "ld_decay", "distances")
"""Titles of the tables of `comparison.compare_unmatched`."""

TOGETHER = ("metrics", "pca", "pca_variance", "ld_matrix")
"""Titles of the tables of `together.compare_together`."""
