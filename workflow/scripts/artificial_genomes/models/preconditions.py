"""Requirements of a training beyond the schema of its settings.

The check of the configuration, `snakemake check` and the trainings use the same functions, so that errors are found
early. This module imports no model.
"""

from collections.abc import Iterator, Mapping

from artificial_genomes.core.errors import UserError


def settings_problems(kind: str, settings: Mapping) -> Iterator[tuple[str, str]]:
    """Yield the key of each setting that contradicts another one, and what to do about it.

    Parameters
    ----------
    kind
        Of the model.
    settings
        Settings of the model; a missing setting contradicts nothing.

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


def require_trainable(kind: str, settings: Mapping, n_train: int) -> None:
    """Raise if a model cannot be trained with its settings on `n_train` haplotypes.

    Raises
    ------
    UserError
        Settings contradict each other, or a batch is larger than the training data.
    """
    for _, text in settings_problems(kind, settings):
        raise UserError(text)
    if kind in ("gan", "wgan") and settings["batch_size"] > n_train:
        raise UserError(
            f"the {kind.upper()}'s batch_size {settings['batch_size']} exceeds the {n_train} training haplotypes. "
            "Lower it."
        )
