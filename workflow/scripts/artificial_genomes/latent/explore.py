"""What the hidden layer of one RBM has learned, as tables."""

import numpy as np
import pandas as pd

from artificial_genomes.core.metric_table import metric_rows
from artificial_genomes.latent.chains import follow_chains
from artificial_genomes.latent.encoding import RealSets
from artificial_genomes.latent.maps import neighbour_maps, principal_maps
from artificial_genomes.latent.modes import (
    MODES_SHOWN,
    between_share,
    mode_scores,
    receptive_fields,
    weight_modes,
)
from artificial_genomes.latent.prototypes import prototypes
from artificial_genomes.models.rbm_machine import Model


def explore(model: Model, real: RealSets, artificial: np.ndarray, seed: int) -> dict[str, pd.DataFrame]:
    """Encode real and artificial haplotypes by the hidden layer and describe what it has learned.

    Parameters
    ----------
    artificial : (n, n_sites) uint8
        AGs of the machine.
    seed
        Seed of all random numbers.

    Returns
    -------
    dict of DataFrame
        By the titles of `tables.EXPLORED`; the functions that compute them describe their content. `spectrum` has also
        the share of the variance of each mode that lies between the superpopulations of test individuals, `prototypes`
        also pc1 and pc2 on the main axes of the training individuals' genotypes. `metrics` has
        `metric_table.METRIC_COLUMNS`: latent_modes (singular values above the largest of permuted weights),
        latent_mode_ancestry (the largest ancestry of a mode), latent_prototypes, latent_prototype_purity (share of
        training haplotypes that belong to the majority superpopulation of their prototype) and latent_prototype_copies
        (prototypes that equal a training haplotype).
    """
    sets = {"train": real.train.alleles, "test": real.test.alleles, "ag": artificial}
    labels = {
        name: part.haplotype_labels("superpopulation") for name, part in (("train", real.train), ("test", real.test))
    }
    spaces = {
        "genotypes": {name: alleles.astype(np.float32) for name, alleles in sets.items()},
        "hidden": {name: model.hidden_means(alleles) for name, alleles in sets.items()},
    }
    coordinates, variance, pca = principal_maps(spaces, labels, seed)

    modes, spectrum = weight_modes(model.weights, seed)
    scores = mode_scores(modes, sets, real.train.allele_frequencies())
    spectrum["ancestry"] = between_share(scores["test"], labels["test"])
    mode_table = pd.concat(
        [
            pd.DataFrame(of_set[:, :MODES_SHOWN]).rename(columns=lambda i: f"mode{i + 1}").assign(
                set=name, superpopulation=labels.get(name, "")
            )
            for name, of_set in scores.items()
        ],
        ignore_index=True,
    )  # fmt: skip
    points, prototype_table = prototypes(model, real.train.alleles, labels["train"])
    at = pca.transform(points)
    metrics = {
        "latent_modes": (int((spectrum["singular_value"] > spectrum["permuted"].max()).sum()),),
        "latent_mode_ancestry": (spectrum["ancestry"].max(),),
        "latent_prototypes": (len(prototype_table),),
        "latent_prototype_purity": (np.average(prototype_table["purity"], weights=prototype_table["n"]),),
        "latent_prototype_copies": (int((prototype_table["copies"] > 0).sum()),),
    }
    distances, paths = follow_chains(model, pca, real.test.alleles, seed)
    return {
        "coordinates": coordinates,
        "variance": variance,
        "neighbours": neighbour_maps(spaces, labels, seed),
        "spectrum": spectrum,
        "modes": mode_table,
        "units": receptive_fields(model.weights, spaces["hidden"]["test"], real.test),
        "prototypes": prototype_table.assign(pc1=at[:, 0], pc2=at[:, 1]),
        "chains": distances,
        "paths": paths,
        "metrics": metric_rows("train", metrics, real.train.n_haplotypes),
    }
