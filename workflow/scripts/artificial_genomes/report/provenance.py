"""The provenance of the results of a run: configuration, code, software, input files, cost."""

import copy
import platform
import re
import subprocess
import tomllib
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path

import pandas as pd

from artificial_genomes.acquire.sources import sha256_of
from artificial_genomes.config.cohort_files import FILE_KEYS, files_of_cohort
from artificial_genomes.core.kinds import CUSTOM

HIDDEN = "(private)"

EXTERNAL_FILE_KEYS = ("genomes", "legends", "trained_on")
"""Keys with files by data set in a model of kind external."""


def hide_private(config: dict) -> dict:
    """Return the configuration without the file names of private cohorts, of AGs made elsewhere, and of own models."""
    shown = copy.deepcopy(config)
    for cohort in shown.get("cohorts", {}).values():
        if cohort.get("private"):
            for key in FILE_KEYS:
                if cohort.get(key):
                    cohort[key] = [HIDDEN] * len(cohort[key]) if isinstance(cohort[key], list) else HIDDEN
    for section, dataset, _, private in _external_files(shown):
        if private:
            section[dataset] = HIDDEN
    for model in _custom_models(shown) if _has_private(shown) else ():
        model.update({key: HIDDEN for key in ("module", "settings") if key in model})
    return shown


def _has_private(config: dict) -> bool:
    return any(cohort.get("private") for cohort in config.get("cohorts", {}).values())


def _custom_models(config: dict) -> list[dict]:
    """Return the entries of models defined by users' files; their settings may name files, too."""
    return [model for model in config.get("model_params", {}).values() if model["kind"] == CUSTOM]


def _external_files(config: dict) -> Iterator[tuple[dict, str, str, bool]]:
    """Yield section and data set of a file of AGs made elsewhere, its cohort, and whether it is private."""
    for model in config.get("model_params", {}).values():
        for key in EXTERNAL_FILE_KEYS if model["kind"] == "external" else ():
            for dataset in model.get(key, {}):
                cohort = config["dataset_params"][dataset]["cohort"]
                yield model[key], dataset, cohort, bool(config["cohorts"][cohort].get("private"))


def software_versions(project: Path) -> pd.DataFrame:
    """Return name, version and source of the requirements in the project file.

    The source is `installed`, or `pinned` if a package is not in the current environment (with conda, each rule has its
    own).
    """
    declared = tomllib.loads(project.read_text(encoding="utf-8"))["project"]
    rows = [
        (declared["name"], declared["version"], "this workflow"),
        ("python", platform.python_version(), "installed"),
    ]
    for requirement in declared["dependencies"]:
        name, pinned = re.match(r"([\w.-]+)==([^\s;]+)", requirement).groups()
        try:
            rows.append((name, metadata.version(name), "installed"))
        except metadata.PackageNotFoundError:
            if ";" not in requirement:  # otherwise it may be for another platform
                rows.append((name, pinned, "pinned"))
    rows.append((platform.system().lower(), platform.machine(), "system"))
    return pd.DataFrame(rows, columns=["name", "version", "source"])


def git_state(folder: Path) -> pd.DataFrame:
    """Return commit, its date and whether files differ from it, as a table of key and value; `unknown` without git."""

    def git(*arguments: str) -> str | None:
        try:
            done = subprocess.run(
                ["git", "-C", str(folder), *arguments],
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                check=True,
            )
        except (OSError, subprocess.CalledProcessError):
            return None
        return done.stdout.strip()

    changes = git("status", "--porcelain", "--untracked-files=no")
    rows = [
        ("commit", git("rev-parse", "HEAD") or "unknown"),
        ("date", git("log", "-1", "--format=%cI") or "unknown"),
        ("uncommitted changes", "unknown" if changes is None else "yes" if changes else "no"),
    ]
    return pd.DataFrame(rows, columns=["key", "value"])


def input_checksums(config: dict, files: Iterable[str]) -> pd.DataFrame:
    """Return cohort, file, size and SHA-256 of input files; the names of private files are hidden."""
    cohorts = {}
    for name, cohort in config.get("cohorts", {}).items():
        for path in files_of_cohort(cohort):
            first, hidden = cohorts.get(path, (name, False))
            cohorts[path] = first, hidden or bool(cohort.get("private"))
    for section, dataset, name, private in _external_files(config):
        first, hidden = cohorts.get(section[dataset], (name, False))
        cohorts[section[dataset]] = (first, hidden or private)
    for model in _custom_models(config):
        cohorts[model["module"]] = ("", _has_private(config))
    rows = []
    for file in files:
        cohort, private = cohorts.get(file, ("", False))
        rows.append((cohort, HIDDEN if private else file, Path(file).stat().st_size, sha256_of(file)))
    return pd.DataFrame(rows, columns=["cohort", "file", "bytes", "sha256"])


def output_checksums(files: Iterable[Path], folder: Path) -> pd.DataFrame:
    """Return file (relative to a folder), size and SHA-256 of results: equal runs on one machine give equal values."""
    rows = [(file.relative_to(folder).as_posix(), file.stat().st_size, sha256_of(file)) for file in files]
    return pd.DataFrame(rows, columns=["file", "bytes", "sha256"])


def merge_benchmarks(folder: Path) -> pd.DataFrame:
    """Return jobs, time and peak memory of each stage, from the benchmark files below a folder.

    Similar rules are one stage.

    Returns
    -------
    DataFrame
        rule, jobs, seconds and cpu_seconds (of all jobs), peak_mb (of the largest); slowest rules first. What was too
        short to be measured has no peak_mb, and counts nothing in cpu_seconds.
    """
    rows = []
    for file in sorted(folder.rglob("*.tsv")):
        rule = file.relative_to(folder).parts[0].removesuffix(".tsv")
        table = pd.read_csv(file, sep="\t", na_values=["-", "NA"])
        rows.append((rule, *table[["s", "cpu_time", "max_rss"]].iloc[-1]))
    table = pd.DataFrame(rows, columns=["rule", "seconds", "cpu_seconds", "peak_mb"])
    sums = {column: (column, "sum") for column in ("seconds", "cpu_seconds")}
    merged = table.groupby("rule").agg(jobs=("rule", "size"), **sums, peak_mb=("peak_mb", "max"))
    return merged.sort_values(["seconds"], ascending=False, kind="stable").reset_index()
