"""Real and artificial haplotypes as hidden means, and other features for supervised tasks."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from artificial_genomes.core.errors import UserError
from artificial_genomes.core.haplotypes import Haplotypes, load_haplotypes
from artificial_genomes.core.splits import load_split
from artificial_genomes.models import load_model
from artificial_genomes.models.rbm_machine import Model

Encoder = Callable[[np.ndarray], np.ndarray]
"""Maps haplotypes (n, n_sites) uint8 to features (n, n_features)."""

FEW_AXES = 10
"""Number of main axes in a typical PCA of a geneticist: enough for continents, too few to contain noise."""


def read_rbm(path: str | Path) -> Model:
    """Read a trained RBM.

    Raises
    ------
    UserError
        The file does not contain an RBM.
    """
    model = load_model(path)
    if not isinstance(model, Model):
        raise UserError(f"{path} is not an RBM: it has no hidden layer. Set latent.model to an RBM.")
    return model


@dataclass(frozen=True)
class RealSets:
    """The dataset's own individuals.

    Attributes
    ----------
    train : Haplotypes
        Training and validation individuals; the latter were only used to choose the epoch.
    test : Haplotypes
        Individuals that no model has seen.
    """

    train: Haplotypes
    test: Haplotypes

    @property
    def people(self) -> pd.DataFrame:
        """Training individuals, then test individuals."""
        return pd.concat([self.train.people, self.test.people], ignore_index=True)


def read_real_sets(haplotypes_path: str | Path, split_path: str | Path) -> RealSets:
    """Read the training and test individuals of a prepared dataset."""
    haplotypes = load_haplotypes(haplotypes_path)
    return real_sets(haplotypes, load_split(split_path, len(haplotypes.people)))


def real_sets(haplotypes: Haplotypes, split: np.ndarray) -> RealSets:
    """Return training and test individuals by their split: train, validation, test or public."""
    return RealSets(
        haplotypes.take_people(np.isin(split, ["train", "validation"])),
        haplotypes.take_people(np.isin(split, ["test"])),
    )


def feature_sets(
    hidden: Encoder, discriminators: dict[str, Encoder], real: RealSets, seed: int
) -> dict[str, np.ndarray]:
    """Return the features of training, then test haplotypes that supervised tasks compare.

    Each set is centered on the training individuals and divided by one number, so that its total variance is that of
    the alleles and a classifier's penalty has the same meaning for all of them. Labels are not used.

    Parameters
    ----------
    hidden
        Hidden means of the RBM.
    discriminators
        The last hidden layer of discriminators, by the name of their model.
    seed
        Seed of the PCA's randomized solver, which large matrices need.

    Returns
    -------
    dict of (n_haplotypes, n_features) float64
        latent (hidden means), pca (as many principal axes of the training individuals as there are hidden units, or as
        many as possible), pca10 (the first ten of them), snps (alleles), and the models of `discriminators`.
    """
    alleles = np.concatenate([real.train.alleles, real.test.alleles])
    n_train = real.train.n_haplotypes
    features = {"latent": hidden(alleles).astype(np.float64)}
    n_axes = min(features["latent"].shape[1], n_train - 1, real.train.n_sites)
    from sklearn.decomposition import PCA  # slow, as in `tasks`

    pca = PCA(n_components=n_axes, random_state=seed).fit(real.train.alleles.astype(np.float64))
    axes = pca.transform(alleles.astype(np.float64))
    features |= {"pca": axes, "pca10": axes[:, :FEW_AXES], "snps": alleles.astype(np.float64)}
    features |= {name: encode(alleles).astype(np.float64) for name, encode in discriminators.items()}
    variance = real.train.alleles.var(axis=0, dtype=np.float64).sum()
    return {name: _scaled(values, n_train, variance) for name, values in features.items()}


def _scaled(values: np.ndarray, n_train: int, variance: float) -> np.ndarray:
    own = values[:n_train].var(axis=0).sum()
    return (values - values[:n_train].mean(axis=0)) * np.sqrt(variance / own if own > 0 else 1.0)
