"""Requirements of a training beyond the schema of its settings.

The check of the configuration, `snakemake check` and the trainings use the same functions, so that errors are found
early. This module imports no model.
"""

from collections.abc import Iterator, Mapping

from artificial_genomes.core.errors import UserError


def settings_problems(kind: str, settings: Mapping, has_panel: bool = False) -> Iterator[tuple[str, str]]:
    """Yield the key of each setting that contradicts another one, and what to do about it.

    Parameters
    ----------
    kind
        Of the model.
    settings
        Settings of the model; a missing setting contradicts nothing.
    has_panel
        Whether the data set has a public panel, which may choose what individuals of the data set may not.

    Examples
    --------
    >>> [key for key, _ in settings_problems("rbm", {"local_units": 30, "hidden_units": 20})]
    ['local_units']
    """
    batch_size, packing = settings.get("batch_size", 0), settings.get("packing", 1)
    if kind == "wgan" and batch_size % packing:
        yield (
            "batch_size",
            f"the WGAN's batch_size {batch_size} is not a multiple of its packing {packing}. Change one of them.",
        )
    local, hidden = settings.get("local_units", 0), settings.get("hidden_units")
    if kind == "rbm" and hidden is not None and local > hidden:
        yield "local_units", f"the RBM's local_units {local} exceed its hidden_units {hidden}. Change one of them."
    groups, states = settings.get("ancestry_groups", 1), settings.get("hidden_states")
    if kind == "hclt" and states is not None and groups > states:
        yield (
            "ancestry_groups",
            f"the tree's ancestry_groups {groups} exceed its hidden_states {states}. Change one of them.",
        )
    if kind == "hclt" and settings.get("differential_privacy"):
        if settings.get("labels", "none") != "none":
            yield "labels", "differential_privacy does not cover what is learned about each label. Write none."
        if not has_panel:
            yield from _private_tree_problems(settings)


def _private_tree_problems(settings: Mapping) -> Iterator[tuple[str, str]]:
    """Yield settings of a tree with differential privacy that would make validation individuals choose something."""
    private = "differential_privacy does not let validation individuals choose"
    if len(settings.get("sampling_temperatures", [1.0])) > 1:
        yield "sampling_temperatures", f"{private} the temperature. Write one, as in [1.0]."
    epochs = settings.get("epochs", 0)
    if settings.get("score_every", epochs) < epochs:
        yield "score_every", f"{private} the epoch. Write {epochs}, the number of epochs."
    if settings.get("ancestry_groups", 1) > 1:
        yield "ancestry_groups", "differential_privacy does not let training individuals be grouped. Write 1."
    if settings.get("hidden_states", 2) % 2:
        text = f"with differential_privacy a state is a class and an allele, and {settings['hidden_states']} is odd."
        yield "hidden_states", f"{text} Write twice the number of classes."


PANEL_MIN = 10
"""Smallest number of individuals of a public panel on which a tree is trained."""


def require_panel(n: int) -> None:
    """Raise `UserError` if a tree cannot be trained on a public panel of `n` individuals."""
    if n < PANEL_MIN:
        raise UserError(
            f"the public panel has {n} individuals, but a tree that is trained on it needs {PANEL_MIN}. Use a larger "
            "panel, or public: false."
        )


def require_trainable(kind: str, settings: Mapping, n_train: int, has_panel: bool = False) -> None:
    """Raise if a model cannot be trained with its settings on `n_train` haplotypes, or on those of a public panel.

    Raises
    ------
    UserError
        Settings contradict each other, or a batch is larger than the training data.
    """
    for _, text in settings_problems(kind, settings, has_panel):
        raise UserError(text)
    if kind in ("gan", "wgan") and settings["batch_size"] > n_train:
        raise UserError(
            f"the {kind.upper()}'s batch_size {settings['batch_size']} exceeds the {n_train} training haplotypes. "
            "Lower it."
        )
    groups = settings.get("ancestry_groups", 1)
    if kind == "hclt" and groups > n_train:
        raise UserError(f"the tree's ancestry_groups {groups} exceed the {n_train} training haplotypes. Lower them.")
