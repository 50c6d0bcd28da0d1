"""The memory of jobs in MB, as rules ask for it and the check foretells it; docs/resources.md has what was measured."""

from collections.abc import Mapping

NEURAL_KINDS = ("gan", "wgan", "rbm")
"""Kinds of models that TensorFlow trains."""


PREPARATION_MB = 1500
"""Asked for cutting a dataset from a cohort: how large it is nobody knows before the cohort is read."""

TRANSPORT_MB = 1200
"""Of optimal transport between as many haplotypes as it takes at the most, see `comparison`."""


def training_mb(settings: Mapping, sites: float, alleles: int) -> int:
    """Return the memory of a training; measured at 169 to 10,000 sites, with a third to spare.

    TensorFlow alone takes a gigabyte. The weights of the paper's GAN, their gradients and moments grow with the square
    of the sites, the probabilities of a hidden Chow-Liu tree with that of its states.

    Parameters
    ----------
    settings
        kind, hidden_states.
    sites
        Those that the training sees, one window of them where there are windows.
    alleles
        Of all haplotypes at these sites.
    """
    thousands = sites / 1000
    base = 1700 if settings["kind"] in NEURAL_KINDS else 500
    more = {"gan": 75 * thousands**2, "hclt": 0.02 * thousands * settings.get("hidden_states", 0) ** 2}
    seen = 28e-6 if settings["kind"] in NEURAL_KINDS else 9e-6  # as numbers of four bytes, several times
    return round(base + 150 * thousands + more.get(settings["kind"], 0) + seen * alleles)


def generation_mb(kind: str, alleles: int, drawn_alleles: int, model_mb: float) -> int:
    """Return the memory of drawing as many AGs as there are haplotypes; chains and layers hold four-byte numbers.

    Parameters
    ----------
    kind
        Of the model.
    alleles, drawn_alleles
        Of all sites, and of those that are drawn at once: one window of them where there are windows.
    model_mb
        Of the file of the model, of the largest one of windows.
    """
    drawn = 25e-6 if kind in NEURAL_KINDS else 8e-6
    return round(1000 + 2 * model_mb + 7e-6 * alleles + drawn * drawn_alleles)


def comparison_mb(sites: int, haplotypes: int) -> int:
    """Return the memory of a comparison: 22 bytes for each allele of the dataset, and what the programs take.

    A fifth of the people are compared with as many AGs; their PCA holds them several times as eight-byte numbers.
    Optimal transport takes 50 bytes for each of their pairs.
    """
    transport = min(50e-6 * (haplotypes / 5) ** 2, TRANSPORT_MB)
    return round(1000 + 22e-6 * sites * haplotypes + transport)


def scan_mb(alleles: int) -> int:
    """Return the memory of a scan: eight bytes for each allele of the dataset, and what the programs take."""
    return round(1000 + 8e-6 * alleles)


def imputation_mb(alleles: int) -> int:
    """Return the memory of putting panels together and of scoring, as much as that of a scan."""
    return scan_mb(alleles)


def latent_mb(alleles: int) -> int:
    """Return the memory of exploring a hidden layer: genotypes and hidden means of all haplotypes, several times."""
    return round(2000 + 60e-6 * alleles)


def published_mb(alleles: int) -> int:
    """Return the memory of a comparison as published: all AGs and real haplotypes as eight-byte numbers, thrice."""
    return round(1500 + 50e-6 * alleles)


def release_mb(alleles: int) -> int:
    """Return the memory of writing AGs out."""
    return round(1000 + 16e-6 * alleles)  # PLINK 2 files take eight bytes an allele while they are written
