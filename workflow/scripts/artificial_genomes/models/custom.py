"""A user-defined model: a Python file with the interface of the models of this package (docs/own-model.md).

The file is imported only by training and generation. Its return values are checked, so that a mistake ends in a
one-line error that names the line in the file.
"""

import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from numbers import Real
from pathlib import Path
from types import ModuleType
from typing import Any, Self

import numpy as np

from artificial_genomes.core.errors import UserError
from artificial_genomes.models import Seed
from artificial_genomes.models.interface import METHODS
from artificial_genomes.models.training import TrainingData, TrainingRun

_PREFIX = "model."


class Model:
    """The user's model, whose AGs are checked.

    Parameters
    ----------
    model
        Return value of `fit` or `Model.from_arrays` of the user's file.
    path
        The file.
    n_sites
        Number of sites that the model was trained on.
    """

    def __init__(self, model: Any, path: str, n_sites: int):
        self._model, self._path, self._n_sites = model, path, n_sites

    @classmethod
    def from_arrays(cls, settings: dict, arrays: dict[str, np.ndarray]) -> Self:
        """Build the model by `Model.from_arrays` of the file that the settings name."""
        path = settings["module"]
        own = {name.removeprefix(_PREFIX): array for name, array in arrays.items() if name.startswith(_PREFIX)}
        model_class = load_module(path).Model
        with _one_line_errors(path, "Model.from_arrays"):
            model = model_class.from_arrays(settings.get("settings", {}), own)
        return cls(model, path, int(arrays["n_sites"]))

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the arrays of the user's model, and the number of sites.

        Raises
        ------
        UserError
            They are not arrays by name.
        """
        with _one_line_errors(self._path, "Model.arrays"):
            found = self._model.arrays()
            arrays = {name: np.asarray(array) for name, array in found.items()} if isinstance(found, dict) else None
        if arrays is None or any(array.dtype == object for array in arrays.values()):
            raise UserError(
                f"{self._path}: Model.arrays must return a dictionary of arrays of numbers or text. Correct it."
            )
        return {f"{_PREFIX}{name}": array for name, array in arrays.items()} | {"n_sites": np.int64(self._n_sites)}

    def sample(self, n: int, seed: Seed) -> np.ndarray:
        """Return `n` artificial haplotypes: (n, n_sites) uint8.

        Raises
        ------
        UserError
            The user's model returned something different.
        """
        return self._drawn("sample", n, n, seed)

    def __getattr__(self, name: str) -> Callable:
        # If a model cannot continue haplotypes, `models.chunked` has an alternative.
        if name == "continue_haplotypes" and hasattr(self.__dict__.get("_model"), name):
            return lambda context, seed: self._drawn(name, len(context), context, seed)
        raise AttributeError(name)

    def _drawn(self, method: str, n: int, *arguments: Any) -> np.ndarray:
        with _one_line_errors(self._path, f"Model.{method}"):
            alleles = np.asarray(getattr(self._model, method)(*arguments))
        wanted = (n, self._n_sites)
        if alleles.shape != wanted or not np.isin(alleles, (0, 1)).all():
            shape = "x".join(map(str, alleles.shape))
            raise UserError(
                f"{self._path}: Model.{method} returned an array {shape} of {alleles.dtype}. Return one of {wanted[0]}x"
                f"{wanted[1]} with alleles 0 and 1, one haplotype per row."
            )
        return alleles.astype(np.uint8)


def fit(data: TrainingData, settings: dict, run: TrainingRun) -> Model:
    """Train the model of the file `settings["module"]` with `settings["settings"]`.

    Raises
    ------
    UserError
        The file cannot be imported or does not define a model, or its `fit` fails.
    """
    path = settings["module"]
    user_fit = load_module(path).fit
    with _one_line_errors(path, "fit"):
        model = user_fit(data, settings.get("settings", {}), run)
    run.progress[:] = [_progress_row(path, row) for row in run.progress]
    missing = [name for name in METHODS if not hasattr(model, name)]
    if missing:
        raise UserError(f"{path}: fit returned a {type(model).__name__} without {', '.join(missing)}. Return a Model.")
    return Model(model, path, data.n_sites)


def _progress_row(path: str, row: Any) -> dict:
    """Return a row of the user's progress with the columns in the order of the other models: epoch, losses, score."""
    numbers = row if isinstance(row, dict) else {}
    if not all(isinstance(numbers.get(key), Real) and np.isfinite(numbers[key]) for key in ("epoch", "score")):
        raise UserError(
            f"{path}: fit appended {row!r} to run.progress. Append dictionaries with numbers as epoch and score."
        )
    losses = {name: number for name, number in numbers.items() if name not in ("epoch", "score")}
    return {"epoch": numbers["epoch"], **losses, "score": numbers["score"]}


def load_module(path: str) -> ModuleType:
    """Import a file.

    Raises
    ------
    UserError
        The file fails on import, or lacks `fit` or `Model`.
    """
    module = ModuleType(f"custom_model_{Path(path).stem}")
    module.__file__ = path
    sys.modules[module.__name__] = module  # where dataclasses look it up
    with _one_line_errors(path, "import"):
        # Without compiled code on the disk, which would hide an edit made within a second.
        exec(compile(Path(path).read_bytes(), path, "exec"), module.__dict__)
    for wanted in ("fit", "Model"):
        if not callable(getattr(module, wanted, None)):
            raise UserError(f"{path} has no {wanted}. Define it, as docs/own-model.md says.")
    return module


@contextmanager
def _one_line_errors(path: str, what: str) -> Iterator[None]:
    """Turn an exception of the user's code into a one-line error that names the line of the file."""
    try:
        yield
    except (UserError, MemoryError):
        raise
    except Exception as error:
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == path]
        line = getattr(error, "lineno", None) if isinstance(error, SyntaxError) else lines[-1] if lines else None
        place = f"{path}, line {line}" if line else path
        text = f"{type(error).__name__}: {error}".rstrip(": ")
        raise UserError(f"{place}: {what} failed ({text}). Correct the file.") from error
