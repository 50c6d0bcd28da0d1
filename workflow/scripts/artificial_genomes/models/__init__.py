"""The generative models: one module per kind.

A module `KIND.py` holds `fit(data, settings, run) -> Model`, which trains, and a class `Model` with

- `sample(n, seed) -> (n, n_sites) uint8`: artificial haplotypes, the same for the same seed;
- `arrays() -> dict[str, ndarray]`: all that `Model.from_arrays(settings, arrays)` needs to build it again;
- optionally, `continue_haplotypes(context, seed) -> (n, n_sites) uint8`: haplotypes that begin with the given alleles
  `context` (n, n_context); see `models.chunked`;
- if hidden states belong to groups of ancestry, `state_groups` (n_states,) uint8, `sample_with_groups(n, seed) -> Draw`
  and `continue_with_groups(context, groups, seed) -> Draw`;
- if its AGs have sites of their own, `simulate(n, seed) -> (alleles, sites)`, which also returns the table of sites,
  and `simulate_in_parts(n, seed) -> (alleles_of, sites)`, whose function returns the alleles of consecutive haplotypes;
- if it imputes, `predict(alleles, observed) -> (n, n_sites) float32`: the probability of ALT at every site, given the
  alleles at all other sites that are `observed` (n_sites,);
- if it has a discriminator, `discriminator_features(alleles) -> (n, n_units) float32`.

Sampling does not need TensorFlow, which is imported only to train a neural model. A new kind needs a new module, its
row in `core.kinds`, its settings in `config.model_settings`, and a test. The kind `custom` is a user's file with the
same interface.
"""

import importlib
import json
import zipfile
from pathlib import Path
from types import ModuleType
from typing import Protocol, Self

import numpy as np

from artificial_genomes.core.errors import UserError
from artificial_genomes.core.program import whole_output

Seed = int
"""A seed from the configuration, or one derived from it by `random_streams.derived_seed`."""

Draw = tuple[np.ndarray, np.ndarray | None]
"""Alleles of AGs, (n, n_sites) uint8, and the group of ancestry of every site, the same shape; None without groups."""


class Model(Protocol):
    """A trained model of haplotypes."""

    @classmethod
    def from_arrays(cls, settings: dict, arrays: dict[str, np.ndarray]) -> Self:
        """Build a model from its settings and what `arrays` returned."""

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the parameters by name."""

    def sample(self, n: int, seed: Seed) -> np.ndarray:
        """Return `n` artificial haplotypes: (n, n_sites) uint8, 0 = REF, 1 = ALT."""


def model_module(kind: str) -> ModuleType:
    """Return the module of a kind of model."""
    return importlib.import_module(f"{__name__}.{kind}")


def save_model(path: str | Path, kind: str, settings: dict, model: Model) -> None:
    """Write a model as one `.npz`: its parameters, its kind and its settings (JSON). Equal models, equal bytes."""
    header = json.dumps({"kind": kind, "settings": settings}, sort_keys=True)
    with whole_output(path) as partial:
        np.savez(partial, header=np.array(header), **model.arrays())


def load_model(path: str | Path) -> Model:
    """Read a model written by `save_model`.

    Raises
    ------
    UserError
        The file is not a model of this workflow.
    """
    try:
        with open(path, "rb") as raw, np.load(raw) as file:
            arrays = {name: file[name] for name in file.files}
        header = json.loads(str(arrays.pop("header")))
        return model_module(header["kind"]).Model.from_arrays(header["settings"], arrays)
    except (zipfile.BadZipFile, ValueError, TypeError, KeyError, EOFError) as error:
        raise UserError(
            f"{path} is not a model of this version of the workflow ({error}). Delete it and train again."
        ) from error
