"""What several test modules need."""

import csv
import io
import re
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from artificial_genomes.config.checks import load_recipes
from artificial_genomes.core.haplotypes import Haplotypes
from artificial_genomes.io.hapt import read_hapt
from artificial_genomes.models.training import TrainingData
from fuzz import UnreadableError

ROOT = Path(__file__).parents[2]
FOLDERS = [ROOT / "resources" / "data" / "1000G_real_genomes", ROOT.parent / "shared" / "data"]
RECIPES = load_recipes(ROOT)
"""Settings by kind of model and recipe."""

AUTHORS_FILES = {
    "805": ("805_SNP_1000G_real.hapt.zip", "805_SNP.legend"),
    "10k": ("10K_SNP_1000G_real.hapt.xz", "10k_SNP.legend"),
}


@cache
def authors_file(name: str) -> Haplotypes:
    """Return the haplotypes of one of the authors' files; skip the test where it is absent."""
    hapt, legend = AUTHORS_FILES[name]
    for folder in FOLDERS:
        if (folder / hapt).exists():
            return read_hapt(folder / hapt, folder / legend)
    pytest.skip(f"{hapt} is in none of {', '.join(map(str, FOLDERS))}")


def legend_by_pandas(path: Path) -> list[list]:
    """Return position, id, REF and ALT of a legend, read with pandas; raise `UnreadableError` where rows do not fit."""
    text = path.read_bytes().decode(errors="replace").removeprefix("\ufeff").replace("\r", "\n")
    try:
        rows = pd.read_csv(
            io.StringIO(text), sep=r"\s+", header=None, dtype=str, keep_default_na=False, quoting=csv.QUOTE_NONE,
            engine="python",
        )  # fmt: skip
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise UnreadableError(str(error)) from error
    names = {name.lower(): column for column, name in rows.iloc[0].dropna().items()}
    sites = rows[1:]
    if not {"id", "position", "a0", "a1"} <= {*names} or sites.isna().any(axis=None):
        raise UnreadableError("columns")
    sites = sites[[names[name] for name in ("position", "id", "a0", "a1")]].to_numpy().tolist()
    if not all(position.isascii() and position.isdigit() and 0 < int(position) < 2**31 for position, *_ in sites):
        raise UnreadableError("positions")
    return [[int(position), *rest] for position, *rest in sites]


def training_data(train: np.ndarray, validation: np.ndarray, step_bp: int = 1000) -> TrainingData:
    """Return training data whose sites lie evenly on one contig."""
    n_sites = train.shape[1]
    sites = pd.DataFrame(
        {"contig": "1", "position": step_bp * np.arange(1, n_sites + 1), "id": "", "ref": "A", "alt": "C"}
    )
    return TrainingData(train, validation, sites)


def mosaics(n: int, n_sites: int, seed: int) -> np.ndarray:
    """Return mosaics of five ancestral haplotypes, with mutations."""
    rng = np.random.default_rng(seed)
    ancestors = np.random.default_rng(0).random((5, n_sites)) < 0.4
    source = rng.integers(0, 5, (n, 1 + n_sites // 6)).repeat(6, axis=1)[:, :n_sites]
    return (ancestors[source, np.arange(n_sites)] ^ (rng.random((n, n_sites)) < 0.03)).astype(np.uint8)


def founders_mosaic(n: int, n_sites: int, seed: int) -> np.ndarray:
    """Return mosaics of eight founders that switch every twenty sites or so, so that LD spans any join."""
    rng = np.random.default_rng(seed)
    founders = np.random.default_rng(5).random((8, n_sites)) < 0.4
    switches = rng.random((n, n_sites)) < 0.05
    switches[:, 0] = True
    source = rng.integers(0, 8, (n, n_sites))[np.arange(n)[:, None], np.maximum.accumulate(
        np.where(switches, np.arange(n_sites), 0), axis=1
    )]  # fmt: skip
    return founders[source, np.arange(n_sites)].astype(np.uint8)


@cache
def rules() -> dict[str, str]:
    """Return the body of each rule below workflow/rules, by name.

    Rules made from another (`use rule X as Y with:`) have the directives that they name, the others of that one, and of
    its params those that they do not name.
    """
    bodies, bases = {}, {}
    for base, name, body in re.findall(
        r"^(?:use rule (\w+) as |rule )(\w+)(?: with)?:\n(.*?)(?=^\S|\Z)", rules_text(), re.MULTILINE | re.DOTALL
    ):
        bodies[name], bases[name] = body, base
    for name, base in bases.items():
        if base:
            old, new = directives(bodies[base]), directives(bodies[name])
            params = _params(old.get("params", "")) | _params(new.get("params", ""))
            bodies[name] = "".join((old | new | {"params": "    params:\n" + "".join(params.values())}).values())
    return bodies


@cache
def local_rules() -> set[str]:
    """Return the rules that run where Snakemake does, never as jobs of a cluster."""
    blocks = re.findall(r"^localrules:\n((?:    .*\n)+)", rules_text(), re.MULTILINE)
    return set(re.findall(r"\w+", "".join(blocks)))


def rules_text() -> str:
    """Return what all files below workflow/rules hold."""
    return "\n".join(path.read_text() for path in sorted((ROOT / "workflow" / "rules").glob("*.smk")))


def _params(text: str) -> dict[str, str]:
    """Return the params of a rule by name."""
    parts = re.split(r"^(?=        [\w*])", text, flags=re.MULTILINE)
    return {part.partition("=")[0].strip(): part for part in parts if part.startswith("        ")}


def directives(body: str) -> dict[str, str]:
    """Return the parts of a rule by their keywords: `input`, `output` and so on."""
    parts = re.split(r"^(?=    \w+:)", body, flags=re.MULTILINE)
    return {part.partition(":")[0].strip(): part for part in parts if re.match(r"    \w+:", part)}
