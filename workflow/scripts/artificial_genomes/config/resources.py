"""What a job takes: memory and minutes, as its rule asks for them and as `snakemake check` shows them before a run.

One table says what jobs were measured to take, by the size of their dataset; trainings, which depend on the settings of
their model, have functions and a table of their own. docs/resources.md compares both with runs. A request is a limit:
it covers what was measured with a margin, since a job that goes over it is killed.

Sizes are those of a haplotype store: sites, and haplotypes of the dataset's own people and of its public panel. Seconds
are those of one thread of an AMD EPYC (Zen 3).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from artificial_genomes.core.kinds import CUSTOM, NEURAL

LIMIT = 3
"""A rule asks for this many times the minutes that its job is expected to take."""


@dataclass(frozen=True)
class Needs:
    """What a job takes: sums of terms in millions of alleles, thousands of haplotypes and thousands of sites.

    Attributes
    ----------
    mb, mb_per_million
        Memory: whatever the size; per million alleles.
    minutes
        The shortest time limit.
    seconds
        Expected: whatever the size; per million alleles; per million alleles and thousand haplotypes; per squared
        thousand sites; per squared thousand haplotypes.
    disk_mb
        Files that stay: whatever the size; per million alleles.
    has_transport
        Optimal transport between people takes memory too.
    piece
        Haplotypes of which alleles are held at once, where sets of AGs are worked on in pieces; None holds all.
    kb_per_haplotype
        Memory of each haplotype that is not held: tables of individuals, and rows of sites with eight alleles per byte.
    samples_sites
        Of many sites, not all are looked at: the cost per million alleles is that of the density attack, of at most
        `DENSITY_SITES` sites, and beyond `ALL_PAIRS_THOUSANDS` thousand sites, not all pairs are in LD.
    """

    mb: int
    mb_per_million: float
    minutes: int
    seconds: tuple[float, float, float, float, float] = (0, 0, 0, 0, 0)
    disk_mb: tuple[float, float] = (0, 0)
    has_transport: bool = False
    piece: int | None = None
    kb_per_haplotype: float = 0
    samples_sites: bool = False


PIECE_HAPLOTYPES, DRAWN_HAPLOTYPES = 10_000, 20_000
"""Haplotypes that are drawn at once, and those of a set that statistics and attacks read at most (`core.store`)."""

_IMPUTE = Needs(2000, 0, 60, (1.5, 0.3, 0.1, 0, 0), (0.05, 0.1))
NEEDS = {
    # Its alleles are those that are read: of all rows in the regions of a dataset.
    "prepare": Needs(1000, 2.3, 20, (1.5, 0.047, 0, 0, 0), (0.05, 0.25)),
    # Its alleles are those of the sites that it groups by, as eight-byte numbers.
    "group_ancestry": Needs(500, 20, 10, (1, 0.1, 0, 0, 0), (0.01, 0)),
    "generate": Needs(1000, 7, 30, (2, 0.045, 0, 0, 0), (0.05, 0.25), False, PIECE_HAPLOTYPES, 1),
    "publish_genomes": Needs(1000, 6, 10, (1, 0.1, 0, 0, 0), (0.05, 0.4), False, PIECE_HAPLOTYPES, 1),
    # The attack on all sets together holds what it reads of them.
    "release": Needs(1000, 16, 60, (1, 0.1, 0.05, 0, 0.01), (0.05, 0.7), False, DRAWN_HAPLOTYPES, 1),
    # Up to 134 million alleles are held as eight-byte numbers, for the PCA.
    # Attacks on membership take most of the time.
    "compare": Needs(1000, 12, 10, (5, 4, 0.1, 0.3, 0.2), (0.5, 0.1), has_transport=True, samples_sites=True),
    "compare_together": Needs(1000, 22, 10, (2, 0.1, 0.01, 0, 0.1), (0.1, 0.05), has_transport=True),
    # All AGs and real haplotypes as eight-byte numbers, three times.
    "compare_published": Needs(1500, 50, 10, (30, 10, 1, 5, 1)),
    "scan": Needs(1000, 8, 20, (2, 0, 0.5, 0.1, 0), (0.1, 0.2)),
    "impute_panel": Needs(1000, 8, 20),
    # Besides its model: messages, which are bounded, and the probabilities of the targets.
    "impute_direct": Needs(2500, 4, 20, (2, 0.3, 0, 0, 0), (0.05, 0.3)),
    "impute_beagle": _IMPUTE,
    "impute_minimac4": _IMPUTE,
    "impute_impute5": _IMPUTE,
    "impute_impute2": Needs(2000, 0, 240, _IMPUTE.seconds, _IMPUTE.disk_mb),
    "masked_beagle": _IMPUTE,
    # Genotypes and hidden means of all haplotypes, several times.
    "latent": Needs(2000, 32, 60, (6, 1, 0, 0.5, 1), (0.2, 0.1)),
    # Classifiers copy what they learn from.
    "latent_tasks": Needs(2000, 60, 120, (4, 1, 0.15, 0.5, 1), (0.05, 0)),
    "latent_masked": Needs(2000, 32, 60, (2, 1, 0.05, 0.6, 0.5), (0.05, 0)),
    "latent_conditional": Needs(2000, 32, 60, (3, 0.2, 0, 0.1, 0.2), (0.05, 0)),
}
"""What jobs take, by rule; rules that work alike share a row."""

DENSITY_SITES = 2000
"""Sites that the density attack looks at, at most (`compare.attacks.density.SITES_MAX`)."""

ALL_PAIRS_THOUSANDS = 10
"""Of at most as many thousand sites LD is that of all pairs (`compare.linkage.ALL_PAIRS_SITES`)."""

MEASURED_SETS = 6
"""AG sets that `compare_together` was measured with; more take as much more."""

TRANSPORT_MB = 1200
"""Of optimal transport between as many haplotypes as it takes at most, see `comparison`."""


COMPARISONS = ("compare", "compare_together")
"""Rules that read a draw of a dataset of more than `compare.individuals_max` individuals."""


def with_ags(rule: str, haplotypes: int, artificial_people: int | None, individuals_max: int | None = None) -> int:
    """Return the number of haplotypes that a rule works on: of real ones, or of AGs where it reads more of them."""
    if rule in COMPARISONS and individuals_max is not None:
        haplotypes = min(haplotypes, 2 * individuals_max)
    ags = 2 * (artificial_people or 0)
    return max(haplotypes, ags if NEEDS[rule].piece else min(ags, DRAWN_HAPLOTYPES))


def memory_mb(rule: str, sites: int = 0, haplotypes: int = 0, sets: int = 1) -> int:
    """Return the memory that a rule of `NEEDS` asks for, in MB; `sets` are the AG sets that it holds at once."""
    needs = NEEDS[rule]
    # A fifth of the people are compared with as many AGs, 50 bytes a pair.
    transport = min(50e-6 * (haplotypes / 5) ** 2, TRANSPORT_MB) if needs.has_transport else 0
    held = _held(needs, haplotypes)
    total = (
        needs.mb
        + needs.mb_per_million * sites * held / 1e6
        + needs.kb_per_haplotype * (haplotypes - held) / 1e3
        + transport
    )
    return round(total * max(1, sets / MEASURED_SETS))


def seconds(rule: str, sites: int, haplotypes: int) -> float:
    """Return the seconds that a job of a rule of `NEEDS` is expected to take."""
    needs, millions, thousands = NEEDS[rule], sites * haplotypes / 1e6, sites / 1e3
    held = _held(needs, haplotypes)
    counted, partners = millions, thousands
    if needs.samples_sites:
        counted, partners = min(sites, DENSITY_SITES) * haplotypes / 1e6, min(thousands, ALL_PAIRS_THOUSANDS)
    terms = (1, counted, sites * held**2 / 1e9, thousands * partners, (held / 1e3) ** 2)
    return sum(cost * term for cost, term in zip(needs.seconds, terms, strict=True))


def _held(needs: Needs, haplotypes: int) -> int:
    """Return the number of haplotypes that a job works on at once."""
    return haplotypes if needs.piece is None else min(haplotypes, needs.piece)


def runtime(rule: str, sites: int = 0, haplotypes: int = 0) -> int:
    """Return the time limit that a rule of `NEEDS` asks for, in minutes."""
    return max(NEEDS[rule].minutes, math.ceil(LIMIT * seconds(rule, sites, haplotypes) / 60))


def disk_mb(rule: str, sites: int, haplotypes: int) -> float:
    """Return what a job of a rule of `NEEDS` writes, in MB."""
    fixed, per_million = NEEDS[rule].disk_mb
    return fixed + per_million * sites * haplotypes / 1e6


# --- trainings and draws of AGs

TRAINING_MINUTES = 30
"""The shortest time limit of a training."""


@dataclass(frozen=True)
class TrainingNeeds:
    """Seconds of a training: of its start, per thousand steps, per 10^9 multiplications, and of the scores.

    Scores are per million pairs of haplotypes whose distances they take.
    """

    start: float
    steps: float
    products: float
    scores: float


TRAINING = {
    "gan": TrainingNeeds(12, 0.5, 0.04, 0.4),
    "wgan": TrainingNeeds(16, 0.5, 0.02, 0.1),
    "rbm": TrainingNeeds(13, 0, 0.02, 0.25),
    "hclt": TrainingNeeds(2, 0, 0.025, 0.1),
}

GPU_STEPS, GPU_PRODUCTS = 1.0, 0.0003
"""Seconds of a GPU (an NVIDIA H100) per thousand steps and per 10^9 multiplications; AGs are drawn without it."""

CUSTOM_SECONDS = 3600
"""Expected of a kind that nobody has measured: this time, and the same again per thousand sites."""

WEIGHT_BYTES = 24
"""Of a weight in training: itself, its gradient, both moments or averages, all as four-byte numbers."""

UNIT_BYTES = 24
"""Of a hidden unit of an RBM in one chain: its activation, random number, state and the terms of the likelihood."""

DRAWN_UNIT_BYTES = 16
"""Of a hidden unit of an RBM in one AG: its activation, probability, random number and state."""

LIKELIHOOD_CHAINS, LIKELIHOOD_SWEEPS = 100, 300
"""Chains that estimate the likelihood of an RBM at each score, and their sweeps."""

SCORED_AGS, SCORED_SETS = 2000, 5
"""AGs that a score of a training is of, at most, and sets of as many as there are validation haplotypes."""

MESSAGES_MB = 2200
"""Of the messages of belief propagation that are held at once, at most (`hclt_model.MESSAGE_BYTES`)."""

CONTINUED_SECONDS = 0.0035
"""Of a tree in chunks with groups of ancestry: seconds more to draw a million alleles, per hidden state."""

GROUPED_SITES = 2000
"""Sites by which haplotypes of windows are grouped by ancestry, at most (`group_ancestry.GROUPED_SITES`)."""

VALIDATION_SHARE = 0.08
"""Share of the people of a dataset that chooses the epoch, by the split that the configuration begins with."""


def training_mb(settings: Mapping, sites: float, haplotypes: float) -> int:
    """Return the memory that a training asks for; measured at 169 to 10,000 sites, with a third to spare.

    TensorFlow alone takes a gigabyte. The weights of the paper's GAN, their gradients and moments grow with the square
    of the sites, the probabilities of a hidden Chow-Liu tree with that of its states.

    Parameters
    ----------
    settings
        Of the model, with its kind.
    sites, haplotypes
        Those that the training sees (one window of them where there are windows), and those of the dataset.
    """
    thousands = sites / 1000
    base = 1700 if settings["kind"] in NEURAL else 500
    tables = (0.02 + 0.005 * _labels(settings)) * settings.get("hidden_states", 0) ** 2
    more = {"gan": 75 * thousands**2, "hclt": thousands * tables}
    seen = 28e-6 if settings["kind"] in NEURAL else 9e-6  # as numbers of four bytes, several times
    measured = base + 150 * thousands + more.get(settings["kind"], 0) + seen * sites * haplotypes
    return round(max(measured, base + 4 / 3 * _held_mb(settings, sites, haplotypes)))


def training_seconds(
    settings: Mapping, sites: float, haplotypes: float, device: str = "cpu", epochs: int | None = None
) -> float:
    """Return the seconds that a training is expected to take.

    Parameters
    ----------
    settings, sites, haplotypes
        As in `training_mb`.
    device
        `cpu` or `gpu`.
    epochs
        That it runs; by default all of its settings, which it may stop before.
    """
    kind = settings["kind"]
    if kind == CUSTOM or (kind not in TRAINING and "epochs" in settings):
        return CUSTOM_SECONDS * (1 + sites / 1e3)
    if kind not in TRAINING:
        return 1 + 0.03 * sites * haplotypes / 1e6
    needs, epochs = TRAINING[kind], settings["epochs"] if epochs is None else epochs
    scores, temperatures = epochs / settings["score_every"], len(settings["sampling_temperatures"])
    validation, ags = scored(round(haplotypes))
    per_step, per_product = (
        (GPU_STEPS, GPU_PRODUCTS) if device == "gpu" and kind in NEURAL else (needs.steps, needs.products)
    )
    if kind == "hclt":  # AGs choose its temperature alone, where there is a choice
        drawings = temperatures if temperatures > 1 else 0
        other = 0.5 * (sites / 1e3) ** 2 + 0.2 * sites * haplotypes / 1e6  # pairs of sites; alleles
    else:
        drawings, other = scores * temperatures, per_step * epochs * haplotypes / settings["batch_size"] / 1e3
    of_epoch, of_score = _products(settings, sites, haplotypes, ags, validation)
    products = per_product * epochs * of_epoch + needs.products * scores * of_score
    pairs = drawings * ags * (ags + 4 * validation)
    return needs.start + other + products / 1e9 + needs.scores * pairs / 1e6


def training_runtime(settings: Mapping, sites: float, haplotypes: float, device: str = "cpu") -> int:
    """Return the time limit that a training asks for, in minutes: all of its epochs fit into it."""
    return max(TRAINING_MINUTES, math.ceil(LIMIT * training_seconds(settings, sites, haplotypes, device) / 60))


def generation_mb(settings: Mapping, sites: int, drawn_sites: float, haplotypes: int, model_mb: float) -> int:
    """Return the memory that drawing AGs asks for.

    Parameters
    ----------
    sites, drawn_sites
        All, and those that are drawn at once: of one window where there are windows.
    model_mb
        Of the file of the model, of the largest one of windows.
    """
    piece = min(haplotypes, PIECE_HAPLOTYPES)
    # Chains and layers hold four-byte numbers.
    drawn = 25e-6 if settings["kind"] in NEURAL else 8e-6
    widest = max([settings.get("hidden_units", 0), *settings.get("generator_units", [])])
    needed = memory_mb("generate", sites, haplotypes) + 2 * model_mb + drawn * (drawn_sites + widest) * piece
    if settings.get("ancestry_groups", 1) > 1:
        needed += 1e-6 * sites * piece
        if drawn_sites < sites:  # AGs are continued by belief propagation
            messages = 8e-6 * settings["hidden_states"] * drawn_sites * _patterns(drawn_sites, piece)
            needed += min(messages, MESSAGES_MB)
    return round(needed)


def generation_seconds(settings: Mapping, sites: int, drawn_sites: float, haplotypes: int) -> float:
    """Return the seconds that drawing AGs is expected to take; parameters as in `generation_mb`."""
    continued = settings.get("ancestry_groups", 1) > 1 and drawn_sites < sites  # by belief propagation
    more = CONTINUED_SECONDS * settings["hidden_states"] * sites * haplotypes / 1e6 if continued else 0
    return seconds("generate", sites, haplotypes) + more


def generation_runtime(settings: Mapping, sites: int, drawn_sites: float, haplotypes: int) -> int:
    """Return the time limit of drawing AGs, in minutes; parameters as in `generation_mb`."""
    expected = generation_seconds(settings, sites, drawn_sites, haplotypes)
    return max(NEEDS["generate"].minutes, math.ceil(LIMIT * expected / 60))


def direct_mb(sites: int, haplotypes: int, model_mb: float) -> int:
    """Return the memory that imputation by a model itself asks for; `model_mb` is the largest file of the model."""
    return round(memory_mb("impute_direct", sites, haplotypes) + 2 * model_mb)


def model_file_mb(settings: Mapping, sites: float, haplotypes: float) -> float:
    """Return the size of the file of a trained model, about: four bytes a number."""
    match settings["kind"]:
        case "gan" | "wgan":
            numbers = _generator_weights(sites, settings) + _critic_weights(sites, settings)
        case "rbm":
            numbers = sites * settings["hidden_units"]
        case "hclt":
            numbers = sites * settings["hidden_states"] ** 2 * (1 + _labels(settings))
        case "markov":
            numbers = sites * 2 ** settings["window"]
        case "li_stephens" | "reshape":
            numbers = sites * haplotypes / 32  # they hold them, a bit an allele
        case _:
            numbers = sites
    return 4 * numbers / 1e6


def scored(haplotypes: int) -> tuple[int, int]:
    """Return how many validation haplotypes a dataset has, about, and how many AGs a score is of."""
    validation = max(2, round(VALIDATION_SHARE * haplotypes))
    return validation, validation * min(SCORED_SETS, max(1, SCORED_AGS // validation))


def _held_mb(settings: Mapping, sites: float, haplotypes: float) -> float:
    """Return the memory of the weights of a neural model in training and of the units of an RBM, each several times.

    Where these are few it is far below what a training takes in all; of a machine with millions of hidden units it is
    nearly all.
    """
    match settings["kind"]:
        case "gan" | "wgan" if "latent_size" in settings:
            weights = _generator_weights(sites, settings) + _critic_weights(sites, settings)
            return WEIGHT_BYTES * weights / 1e6
        case "rbm" if "hidden_units" in settings:
            chains = UNIT_BYTES * max(settings["chains"], settings["batch_size"], LIKELIHOOD_CHAINS)
            ags = DRAWN_UNIT_BYTES * scored(round(haplotypes))[1]
            return settings["hidden_units"] * (WEIGHT_BYTES * sites + max(chains, ags)) / 1e6
    return 0.0


def _products(settings: Mapping, sites: float, haplotypes: float, ags: int, validation: int) -> tuple[float, float]:
    """Return the multiplications of an epoch and of a score."""
    match settings["kind"]:
        case "gan":
            # A step has a forward pass of the generator and a backward one, which is two; the discriminator has both
            # on twice as many haplotypes, then judges the generator with one of each, the backward one of inputs alone.
            generator, critic = _generator_weights(sites, settings), _critic_weights(sites, settings)
            return haplotypes * (3 * generator + 8 * critic), ags * generator
        case "wgan":
            # Two forward passes and one backward of the generator. The critic: forward and backward on real haplotypes
            # and AGs; on the points between, slopes by their inputs, then backward through all that; and the generator
            # is judged.
            generator, critic = _generator_weights(sites, settings), _critic_weights(sites, settings)
            return haplotypes * (4 * generator + 14 * critic), ags * generator
        case "rbm":
            # A sweep of a chain is a product with the weights each way. An update takes hidden means and the gradient
            # of batch and chains; a score draws AGs, estimates the likelihood, and takes 50 free energies.
            chains = settings["chains"] / settings["batch_size"]
            swept = 1 + chains * (1 + settings["gibbs_sweeps"])
            drawn = ags * settings["sampling_sweeps"] + LIKELIHOOD_CHAINS * LIKELIHOOD_SWEEPS
            weights = sites * settings["hidden_units"]
            return 2 * haplotypes * swept * weights, (2 * drawn + 50 * validation) * weights
    return sites * _patterns(sites, haplotypes) * settings["hidden_states"] ** 2, 0


def _patterns(sites: float, haplotypes: float) -> float:
    """Return how many different patterns of alleles a tree has below a site, about.

    In simulated people 16 times as many haplotypes had 2.5 to 2.9 times as many of them, and four times as many sites
    1.7 to 2.4 times.
    """
    return math.cbrt(haplotypes) * math.sqrt(sites)


def _labels(settings: Mapping) -> int:
    """Return how many labels a tree has, about: those of the 1000 Genomes Project."""
    return {"superpopulation": 5, "population": 26}.get(settings.get("labels", "none"), 0)


def _generator_weights(sites: float, settings: Mapping) -> float:
    """Return how many weights the generator of a GAN has."""
    if settings["kind"] == "gan":
        return _weights([settings["latent_size"], sites / 1.2, sites / 1.1, sites])
    return _weights([settings["latent_size"], *settings["generator_units"], sites])


def _critic_weights(sites: float, settings: Mapping) -> float:
    """Return how many weights the discriminator of a GAN has; layers of packs count by their share of a haplotype."""
    if settings["kind"] == "gan":
        return _weights([sites, sites / 2, sites / 3])
    own = settings["critic_units"]
    return _weights([sites, *own]) + _weights([own[-1], *settings["pack_units"]]) / settings["packing"]


def _weights(layers: Sequence[float]) -> float:
    """Return how many weights dense layers of these sizes have."""
    return sum(a * b for a, b in pairwise(layers))
