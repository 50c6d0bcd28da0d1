"""The memory of jobs in MB, as rules ask for it and the check foretells it; docs/resources.md has what was measured."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from artificial_genomes.core.kinds import NEURAL

WEIGHT_BYTES = 24
"""Of a weight in training: itself, its gradient, both moments or averages, all as four-byte numbers."""

UNIT_BYTES = 24
"""Of a hidden unit of an RBM in one chain: its activation, random number, state and the terms of the likelihood."""

DRAWN_UNIT_BYTES = 16
"""Of a hidden unit of an RBM in one AG: its activation, probability, random number and state."""

LIKELIHOOD_CHAINS = 100
"""Chains that estimate the likelihood of an RBM while it trains."""

SCORED_AGS, SCORED_SETS = 2000, 5
"""AGs that a score of a training is of, at the most, and sets of as many as there are validation haplotypes."""

VALIDATION_SHARE = 0.08
"""Share of the people of a dataset that chooses the epoch, by the split that the configuration begins with."""

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
    base = 1700 if settings["kind"] in NEURAL else 500
    more = {"gan": 75 * thousands**2, "hclt": 0.02 * thousands * settings.get("hidden_states", 0) ** 2}
    seen = 28e-6 if settings["kind"] in NEURAL else 9e-6  # as numbers of four bytes, several times
    measured = base + 150 * thousands + more.get(settings["kind"], 0) + seen * alleles
    return round(max(measured, base + 4 / 3 * held_mb(settings, sites, alleles / sites)))


def held_mb(settings: Mapping, sites: float, haplotypes: float) -> float:
    """Return the memory of the weights of a neural model in training and of the units of an RBM, each several times.

    Where these are few it is far below what a training takes in all; of a machine with millions of hidden units it is
    nearly all.

    Parameters
    ----------
    settings
        Of the model, with its kind.
    sites, haplotypes
        Those that the training sees, and those of the dataset.
    """
    match settings["kind"]:
        case "gan" | "wgan" if "latent_size" in settings:
            weights = generator_weights(sites, settings) + critic_weights(sites, settings)
            return WEIGHT_BYTES * weights / 1e6
        case "rbm" if "hidden_units" in settings:
            chains = UNIT_BYTES * max(settings["chains"], settings["batch_size"], LIKELIHOOD_CHAINS)
            ags = DRAWN_UNIT_BYTES * scored(round(haplotypes))[1]
            return settings["hidden_units"] * (WEIGHT_BYTES * sites + max(chains, ags)) / 1e6
    return 0.0


def scored(haplotypes: int) -> tuple[int, int]:
    """Return how many validation haplotypes a dataset has, about, and how many AGs a score is of."""
    validation = max(2, round(VALIDATION_SHARE * haplotypes))
    return validation, validation * min(SCORED_SETS, max(1, SCORED_AGS // validation))


def widest_layer(settings: Mapping) -> int:
    """Return the hidden units of the widest layer that AGs are drawn through; 0 where there is none."""
    return max([settings.get("hidden_units", 0), *settings.get("generator_units", [])])


def generator_weights(sites: float, settings: Mapping) -> float:
    """Return how many weights the generator of a GAN has."""
    if settings["kind"] == "gan":
        return _weights([settings["latent_size"], sites / 1.2, sites / 1.1, sites])
    return _weights([settings["latent_size"], *settings["generator_units"], sites])


def critic_weights(sites: float, settings: Mapping) -> float:
    """Return how many weights the discriminator of a GAN has; layers of packs count by their share of a haplotype."""
    if settings["kind"] == "gan":
        return _weights([sites, sites / 2, sites / 3])
    own = settings["critic_units"]
    return _weights([sites, *own]) + _weights([own[-1], *settings["pack_units"]]) / settings["packing"]


def _weights(layers: Sequence[float]) -> float:
    """Return how many weights dense layers of these sizes have."""
    return sum(a * b for a, b in pairwise(layers))


def generation_mb(kind: str, alleles: int, drawn_alleles: int, model_mb: float) -> int:
    """Return the memory of drawing as many AGs as there are haplotypes; chains and layers hold four-byte numbers.

    Parameters
    ----------
    kind
        Of the model.
    alleles, drawn_alleles
        Of all sites, and of those that are drawn at once: one window of them where there are windows, and as many more
        as the widest layer has units.
    model_mb
        Of the file of the model, of the largest one of windows.
    """
    drawn = 25e-6 if kind in NEURAL else 8e-6
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
    return round(2000 + 32e-6 * alleles)


def latent_tasks_mb(alleles: int) -> int:
    """Return the memory of the supervised tasks, whose classifiers copy what they learn from."""
    return round(2000 + 60e-6 * alleles)


def published_mb(alleles: int) -> int:
    """Return the memory of a comparison as published: all AGs and real haplotypes as eight-byte numbers, thrice."""
    return round(1500 + 50e-6 * alleles)


def release_mb(alleles: int) -> int:
    """Return the memory of writing AGs out."""
    return round(1000 + 16e-6 * alleles)  # PLINK 2 files take eight bytes an allele while they are written
