"""What the checks of a configuration work on, and questions that several of them have."""

import functools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from artificial_genomes.acquire.sources import VcfFile, read_sources, read_vcf_sources, vcf_source
from artificial_genomes.config.faults import Place, Problem, suggestion
from artificial_genomes.config.schema import EXTERNAL
from artificial_genomes.core.kinds import OWN_SITES

DOWNLOADS = "resources/data/"
"""Files below this folder are downloaded by the workflow."""

SECTION_OF = {"datasets": "dataset_params", "models": "model_params"}
"""Where the names in a list are defined."""


@dataclass(frozen=True)
class Checked:
    """What the checks look at: `sound` is the configuration without its broken values, `written` all of it."""

    sound: dict
    written: dict
    root: Path

    def get(self, *path: str, default: Any = None) -> Any:
        """Return a sound value, or `default` where there is none."""
        node = self.sound
        for part in path:
            if not isinstance(node, dict) or part not in node:
                return default
            node = node[part]
        return node

    def undefined(self, names: Iterable[str], section: str) -> Iterator[tuple[str, str]]:
        """Yield every name that a section does not define, and what to say about it."""
        known = self.written.get(section)
        if isinstance(known, dict):
            for name in names:
                if name not in known:
                    yield name, f"{name!r} is not defined in {section}. {suggestion(name, known, 'Defined names')}"

    def chosen(self, key: str) -> list[str] | None:
        """Return `datasets` or `models`; None where a name in it is wrong, so that what refers to it is not checked."""
        names = self.get(key)
        complete = names is not None and len(names) == len(self.written[key])
        return names if complete and not list(self.undefined(names, SECTION_OF[key])) else None

    def file(self, path: Place) -> Iterator[Problem]:
        """Yield a problem where the file that the configuration names at a place cannot be found."""
        text = self.get(*path) if not isinstance(path[-1], int) else self.get(*path[:-1])[path[-1]]
        if text.startswith(DOWNLOADS):
            known, vcf_sources = _downloads(self.root)
            source = vcf_source(vcf_sources, text.removeprefix(DOWNLOADS))
            region = source and re.fullmatch(source.pattern, text.removeprefix(DOWNLOADS)).groupdict()
            if region and region.get("start") and not 1 <= int(region["start"]) <= int(region["end"]):
                yield path, f"{text} names a region without positions. Write a start of at least 1 and a later end."
            elif source is None and text not in known:
                near = suggestion(text, known, "")
                near = near if near.startswith("Did") else "Keep your own files in another folder."
                yield path, f"{text} is not a file that the workflow downloads (resources/README.md). {near}"
        elif text.startswith("-"):
            yield path, f"programs read {text} as an option. Rename the file, or write its full path."
        elif existing(text, self.root) is None:
            wrong = "is a folder, no file" if Path(text).is_dir() else "does not exist"
            yield path, f"{Path(text).absolute()} {wrong}. Correct the path; it is relative to the working directory."

    def kind(self, model: str) -> str | None:
        """Return the kind of a model; None where it is broken or missing."""
        return self.get("model_params", model, "kind")

    def has_labels(self, dataset: str, model: str) -> bool:
        """Say whether a model has label units on a data set."""
        settings = self.get("model_params", model, default={})
        override = self.get("dataset_params", dataset, "model_params", model, default={})
        return (settings | override).get("labels", "none") != "none"

    def is_unmatched(self, model: str) -> bool:
        """Say whether the AGs of a model have sites of their own."""
        return self.kind(model) in OWN_SITES

    def models_of(self, dataset: str) -> list[str]:
        """Return the models of the run that a data set names, or all, without those that it leaves out."""
        models = self.get("models", default=[])
        named = self.get("dataset_params", dataset, "models", default=models)
        left_out = self.get("dataset_params", dataset, "models_left_out", default=[])
        return [model for model in models if model in named and model not in left_out]

    def has_genomes(self, model: str, dataset: str) -> bool:
        """Say whether a model has AGs of a data set, or may have them once its settings are corrected."""
        if model not in self.get("dataset_params", dataset, "models", default=[model]):
            return False
        if model in self.get("dataset_params", dataset, "models_left_out", default=[]):
            return False
        if self.kind(model) != EXTERNAL:
            return True
        written = self.written["model_params"][model].get("genomes")
        return not isinstance(written, dict) or dataset in written


def existing(path: str, root: Path) -> Path | None:
    """Return the file in the working directory, or else among the tables that come with the workflow."""
    if Path(path).is_file():
        return Path(path)
    shipped = root / path
    return shipped if path.startswith("resources/") and shipped.is_file() else None


@functools.cache
def _downloads(root: Path) -> tuple[list[str], list[VcfFile]]:
    table = root / "resources" / "sources.tsv"
    _, members, url_files = read_sources(table, root / "resources" / "members.tsv")
    vcf_sources = read_vcf_sources(table)
    return [DOWNLOADS + path for path in [*members, *url_files, *(source.file for source in vcf_sources)]], vcf_sources
