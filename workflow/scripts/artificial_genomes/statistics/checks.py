"""Checks of allele matrices for all statistics."""

import numpy as np

# Sums of 0/1 products are whole numbers; float32 represents them exactly below this, so its fast matrix product is
# exact.
EXACT_IN_FLOAT32 = 2**24


def check_alleles(*sets: np.ndarray) -> None:
    """Check that all `sets` are allele matrices over the same sites.

    Parameters
    ----------
    *sets : (n_haplotypes, n_sites) uint8
        0/1 alleles; the numbers of haplotypes may differ.

    Raises
    ------
    ValueError
        A set is not two-dimensional uint8, is empty, contains values other than 0 and 1, or has a different number of
        sites.
    """
    for alleles in sets:
        if alleles.ndim != 2 or alleles.dtype != np.uint8:
            raise ValueError(f"alleles must be a 2-D uint8 array, got {alleles.ndim}-D {alleles.dtype}")
        if alleles.size == 0:
            raise ValueError(f"no alleles to compare, the shape is {alleles.shape}")
        if alleles.max() > 1:
            raise ValueError(f"alleles must be 0 or 1, found {alleles.max()}")
        if alleles.shape[1] != sets[0].shape[1]:
            raise ValueError(f"the sets have {sets[0].shape[1]} and {alleles.shape[1]} sites")
        if max(alleles.shape) >= EXACT_IN_FLOAT32:
            raise ValueError(f"{alleles.shape} haplotypes x sites are too many for exact counts in float32")


def check_people(n_haplotypes: int) -> int:
    """Return the number of diploid individuals behind `n_haplotypes` rows (2i and 2i + 1 belong to individual i).

    Raises
    ------
    ValueError
        The number is odd.

    Examples
    --------
    >>> check_people(6)
    3
    """
    if n_haplotypes % 2:
        raise ValueError(f"{n_haplotypes} haplotypes are not pairs of diploid individuals")
    return n_haplotypes // 2
