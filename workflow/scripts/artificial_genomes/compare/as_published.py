"""The comparisons behind published numbers, as published: all AGs, and numbers of haplotypes that need not be equal.

The other comparisons of the workflow take equally many haplotypes on each side, of people whom no model has seen, and
their numbers depend on how many those are. Here AGs meet the same haplotypes as in the published tables, so that the
numbers can be set beside those.
"""

import numpy as np
import pandas as pd

from artificial_genomes.compare.expectations import REAL_HALF, REAL_TRAIN
from artificial_genomes.core.errors import UserError
from artificial_genomes.core.haplotypes import Haplotypes
from artificial_genomes.core.metric_table import EVERYBODY, metric_rows
from artificial_genomes.core.random_streams import stream
from artificial_genomes.core.sites import evenly_spread
from artificial_genomes.statistics import distances, frequencies, ld, nearest, pca, three_point

GAPS = [1, 4, 16, 64, 256, 512, 1024]
TRIPLETS = 1000
LD_SITES_MAX = 5000

_SPLIT_SEED = 42


def published_metrics(real: np.ndarray, ags: np.ndarray, sites: pd.DataFrame, threads: int = 1) -> dict[str, float]:
    """Return what published tables say of AGs against one set of real haplotypes, but for AATS.

    Parameters
    ----------
    real, ags : (n_real, n_sites), (n_ag, n_sites) uint8
    sites
        contig and position.
    threads
        Number of threads.
    """
    real_af, ag_af = real.mean(axis=0), ags.mean(axis=0)
    chosen = evenly_spread(len(sites), LD_SITES_MAX)
    contigs, positions = (sites[name].to_numpy()[chosen] for name in ("contig", "position"))
    triplets, _ = three_point.draw_triplets(len(sites), GAPS, TRIPLETS, stream(1, "triplets as published"))
    within_real, within_ag = (distances.distances_within(part, threads=threads) for part in (real, ags))
    between = distances.distances_between(real, ags, threads=threads)
    per_axis = pca.wasserstein_per_axis(pca.coupled_pca(real, ags))
    return {
        "af_r": frequencies.frequency_correlation(real_af, ag_af),
        "af_r_rare": frequencies.frequency_correlation(real_af, ag_af, frequencies.rare_sites(real_af)),
        "fixed_sites": frequencies.count_fixed_sites(real_af, ag_af),
        "ld_r2_r": ld.compare_ld(real[:, chosen], ags[:, chosen], contigs, positions, threads=threads).r,
        "pca_w1_mean": per_axis.mean(),
        "pca_w1_pc1": per_axis[0],
        "pca_w1_pc2": per_axis[1],
        "distance_within_w1": distances.wasserstein_of_counts(within_real.counts, within_ag.counts),
        "distance_between_w1": distances.wasserstein_of_counts(within_real.counts, between.counts),
        "three_point_r": three_point.three_point_correlation(
            *(three_point.three_point(alleles, triplets) for alleles in (real, ags))
        ),
    }


def accuracy(real: np.ndarray, ags: np.ndarray, threads: int = 1) -> nearest.AdversarialAccuracy:
    """Return the comparisons behind AATS of equally many real haplotypes and AGs."""
    across = distances.distances_between(real, ags, threads=threads)
    d_tt, d_ss = (distances.distances_within(part, threads=threads).nearest for part in (real, ags))
    return nearest.adversarial_accuracy(d_tt, across.nearest_a, across.nearest_b, d_ss)


def compare_as_published(
    real: Haplotypes, split: np.ndarray, genomes: Haplotypes | str, reference: str, seed: int, threads: int = 1
) -> pd.DataFrame:
    """Compare AGs with real haplotypes as a published table does.

    Parameters
    ----------
    real
        The people of a dataset.
    split : (n_people,) str
        train, validation, test or public; or all and public.
    genomes
        The AGs; or REAL_HALF or REAL_TRAIN.
    reference
        "all", the dataset's own people, or "test".
    seed
        Of the draw of haplotypes for AATS, where there are more real ones or more AGs.
    threads
        Number of threads.

    Returns
    -------
    DataFrame
        reference metric value ci_low ci_high n; without intervals. n is the number of AGs, for AATS of either side.

    Raises
    ------
    UserError
        AGs of other sites, no test people, or "real_train" against all.
    """
    own = np.flatnonzero(split != "public")
    if genomes == REAL_HALF:
        order = own[np.random.RandomState(_SPLIT_SEED).permutation(len(own))]
        half = len(order) // 2
        compared, ags = real.take_people(order[:half]).alleles, real.take_people(order[half:]).alleles
    else:
        chosen = own if reference == EVERYBODY else np.flatnonzero(split == reference)
        others = np.setdiff1d(own, chosen)
        if not len(chosen) or (genomes == REAL_TRAIN and not len(others)):
            raise UserError(f"nobody of the dataset is left to compare with ({reference}). Check its split.")
        compared = real.take_people(chosen).alleles
        ags = real.take_people(others).alleles if genomes == REAL_TRAIN else genomes.alleles
    if ags.shape[1] != compared.shape[1]:
        raise UserError(f"the AGs have {ags.shape[1]} sites, the dataset {compared.shape[1]}. Make the AGs again.")
    n = min(len(compared), len(ags))
    rng = stream(seed, "haplotypes as published")
    # People stand sorted by population, so that the first n would be a part of the populations.
    parts = accuracy(*(part[np.sort(rng.permutation(len(part))[:n])] for part in (compared, ags)), threads)
    adversarial = {
        "aa_truth_strict": (parts.truth_strict.mean(),),
        "aa_syn_strict": (parts.synthetic_strict.mean(),),
    }
    others = {name: (value,) for name, value in published_metrics(compared, ags, real.sites, threads).items()}
    return pd.concat(
        [metric_rows(reference, adversarial, n), metric_rows(reference, others, len(ags))], ignore_index=True
    )
