"""The configuration, checked before anything else happens.

All mistakes are found in one go and printed together, one line each: where, what, what to do. `schema` says which keys
there are and what they may hold; `relations` and `stage_relations` check what types cannot: names that must exist
somewhere else, files, and stages that need each other.
"""

import copy
import re
import sys
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from artificial_genomes.config import relations, stage_relations
from artificial_genomes.config.automatic import choose_datasets, choose_figures, name_builds
from artificial_genomes.config.faults import Place, Problem, find_faults, parent, read_as, read_numbers, section_of
from artificial_genomes.config.schema import AUTO, CONSTANT, EXTERNAL, SCAN_WHOLE, WorkflowConfig
from artificial_genomes.config.sound import Checked, existing
from artificial_genomes.core.kinds import CUSTOM, OWN_SITES
from artificial_genomes.core.program import EXIT_USER_ERROR

LINES_MAX = 15
"""So many problems are printed; the others are counted."""


@dataclass(frozen=True)
class Configuration:
    """A configuration without known mistakes, and what the rules need from it.

    Attributes
    ----------
    values : dict
        The configuration as Snakemake merged it.
    root : Path
        The folder of the workflow that holds `resources/`.
    """

    values: dict
    root: Path

    @staticmethod
    def any_of(values: Iterable[str]) -> str:
        """Return a regular expression that matches each of `values` as it stands, and nothing else."""
        return "|".join(re.escape(value) for value in values) or "(?!)"

    def dataset_settings(self, dataset: str) -> dict:
        """Return how a data set is cut from its cohort; what it changes in models, and its windows, are left out."""
        settings = self.values["dataset_params"][dataset]
        return {
            key: value
            for key, value in settings.items()
            if key not in ("models", "models_left_out", "model_params", "split", "scan", "windows")
        }

    def split_settings(self, dataset: str) -> dict:
        """Return how a data set is split: the section `split`, with what the data set says otherwise."""
        return self.values["split"] | self.values["dataset_params"][dataset].get("split", {})

    def phased_regions(self, cohort: str, more_datasets: Iterable[str] = ()) -> list[str]:
        """Return the regions that the run needs of a cohort that is phased; none where a data set needs all sites."""
        regions: list[str] = []
        for name in dict.fromkeys([*self.values["datasets"], *more_datasets]):
            settings = self.values["dataset_params"][name]
            if settings["cohort"] == cohort:
                region = settings.get("region")
                if region is None:
                    return []
                regions += [region] if isinstance(region, str) else region
        return list(dict.fromkeys(regions))

    def windows(self, dataset: str) -> dict | None:
        """Return the windows that models of a data set are trained on: n, context_sites; None for all sites at once."""
        return self.values["dataset_params"][dataset].get("windows")

    def scan_settings(self, dataset: str) -> dict:
        """Return how a data set is scanned: the section `scan`, with what the data set says otherwise."""
        settings = self.values["scan"] | self.values["dataset_params"][dataset].get("scan", {})
        return {key: value for key, value in settings.items() if key not in SCAN_WHOLE}

    def model_settings(self, dataset: str, model: str) -> dict:
        """Return the settings of a model on a data set, where those of the data set come first."""
        overrides = self.values["dataset_params"][dataset].get("model_params", {})
        settings = self.values["model_params"][model] | overrides.get(model, {})
        # What a recipe stands for is among the settings already.
        settings.pop("recipe", None)
        if settings["kind"] == CUSTOM:
            both = [part.get("settings", {}) for part in (self.values["model_params"][model], overrides.get(model, {}))]
            settings |= {"module": self.file(settings["module"]), "settings": both[0] | both[1]}
        demography = settings.get("demography", CONSTANT)
        return settings if demography == CONSTANT else settings | {"demography": self.file(demography)}

    def model_files(self, dataset: str, model: str) -> list[str]:
        """Return the files that the settings of a model on a data set name."""
        demography = self.model_settings(dataset, model).get("demography", CONSTANT)
        return [*([] if demography == CONSTANT else [demography]), *self.model_code(model)]

    def model_code(self, model: str) -> list[str]:
        """Return the Python file that a model of kind custom is; nothing for others."""
        return [self.file(self.values["model_params"][model]["module"])] if self._kind(model) == CUSTOM else []

    def matched_models(self) -> list[str]:
        """Return the models of the run whose AGs have the sites of the data set."""
        return [model for model in self.values["models"] if self._kind(model) not in OWN_SITES]

    def external_models(self) -> list[str]:
        """Return the models of the run whose AGs the user brings."""
        return [model for model in self.values["models"] if self._kind(model) == EXTERNAL]

    def models_of(self, dataset: str) -> list[str]:
        """Return the models of the run that have AGs of a data set, as it says, without those brought for others."""
        settings = self.values["dataset_params"][dataset]
        named, left_out = settings.get("models", self.values["models"]), settings.get("models_left_out", [])
        return [
            model
            for model in self.values["models"]
            if model in named
            and model not in left_out
            and (self._kind(model) != EXTERNAL or dataset in self.values["model_params"][model]["genomes"])
        ]

    def played_datasets(self) -> dict[str, str]:
        """Return the data sets of the run that play those of the paper, by the paper's name."""
        roles = self.values["paper"]["datasets"]
        return {role: name for role, name in roles.items() if name in self.values["datasets"]}

    def panels(self) -> list[str]:
        """Return the panels of the imputation: those that the configuration names, or with each model that it can."""
        named = self.values["imputation"]["panels"]
        if named != AUTO:
            return named
        datasets = self.values["imputation"]["datasets"]
        models = [m for m in self.matched_models() if all(m in self.models_of(dataset) for dataset in datasets)]
        return ["real", *(f"real+{model}" for model in models), "real+biobank"]

    def seeds_of(self, model: str) -> list[int]:
        """Return the seeds of a model's AG sets: those of the run, of which what the user brings has the first."""
        seeds = self.values["seeds"]
        return seeds[:1] if model in self.external_models() else seeds

    def drawing_of(self, figure: str) -> str:
        """Return what a figure draws: what its name says, or what it says itself."""
        return self.values["figure_params"][figure].get("draws", figure)

    def figures_of(self, drawing: str) -> list[str]:
        """Return all figures of the configuration that draw something, whether the run has them or not."""
        return [figure for figure in self.values["figure_params"] if self.drawing_of(figure) == drawing]

    def figure_datasets(self, figure: str) -> list[str]:
        """Return the data sets that a figure is drawn for, its own first."""
        settings = self.values["figure_params"][figure]
        return [settings["dataset"], *settings.get("other_datasets", [])]

    def figure_models(self, figure: str, dataset: str) -> list[str]:
        """Return the models that a figure can show: those of a data set, and of them only those that it names."""
        named = self.values["figure_params"][figure].get("models", self.values["models"])
        return [model for model in self.models_of(dataset) if model in named]

    def external_file(self, dataset: str, model: str, key: str) -> list[str]:
        """Return the file that a model of kind external has for a data set under a key; nothing where it has none."""
        file = self.values["model_params"][model].get(key, {}).get(dataset)
        return [] if file is None else [file]

    def is_private(self, dataset: str) -> bool:
        """Say whether a data set is about people whose data are not public."""
        return self.values["cohorts"][self.values["dataset_params"][dataset]["cohort"]]["private"]

    def discriminators(self, dataset: str) -> list[str]:
        """Return the models of a data set whose discriminators are looked at by the latent stage."""
        return [name for name in self.values["latent"]["discriminators"] if name in self.models_of(dataset)]

    def conditional_models(self) -> list[str]:
        """Return the models that make AGs of given populations for the latent stage."""
        latent = self.values["latent"]
        return latent["conditional"] or [] if latent["datasets"] else []

    def _kind(self, model: str) -> str:
        return self.values["model_params"][model]["kind"]

    def file(self, path: str) -> str:
        """Return the path of a file of the user, or of the table of that name that comes with the workflow."""
        return str(existing(path, self.root) or path)


def checked(config: dict, workflow: Path) -> Configuration:
    """Check a configuration; where it has mistakes, print them all and end with exit code 2.

    Numbers that arrived as text (`--config seeds='[1,2]'`, or 1e-3, which is text in YAML) become numbers in `config`,
    models with a recipe get its settings there, and what the configuration leaves to the workflow is written there.

    Parameters
    ----------
    config
        The configuration as Snakemake merged it.
    workflow
        The folder `workflow`, beside which `resources` lies.
    """
    problems = find_problems(config, workflow.parent)
    if problems:
        print("\n".join(report(problems)), file=sys.stderr)
        raise SystemExit(EXIT_USER_ERROR)
    return Configuration(config, workflow.parent)


def load_recipes(root: Path) -> dict[str, dict[str, dict]]:
    """Return the settings of every recipe, by kind of model and name of the recipe."""
    return yaml.safe_load((root / "resources" / "recipes.yaml").read_text(encoding="utf-8"))


def read_defaults(root: Path) -> dict:
    """Return config/config.yaml, in which models have the settings of their recipes."""
    config = yaml.safe_load((root / "config" / "config.yaml").read_text(encoding="utf-8"))
    apply_recipes(config, load_recipes(root))
    return config


def apply_recipes(config: dict, recipes: dict[str, dict[str, dict]]) -> None:
    """Give every model of `config` the settings of its recipe that it does not have itself.

    Recipes that do not exist, and models that are no mappings, are left to the check of types.
    """
    for model in section_of(config, "model_params").values():
        if isinstance(model, dict):
            kind, recipe = (str(model.get(key)) for key in ("kind", "recipe"))
            for key, value in recipes.get(kind, {}).get(recipe, {}).items():
                model.setdefault(key, copy.deepcopy(value))


def report(problems: list[Problem]) -> list[str]:
    """Return the lines to print, in the order of the configuration's sections."""
    sections = list(WorkflowConfig.model_fields)

    def section(problem: Problem) -> int:
        return sections.index(problem[0][0]) if problem[0] and problem[0][0] in sections else -1

    lines = [": ".join(filter(None, ["config", where(path), text])) for path, text in sorted(problems, key=section)]
    return lines if len(lines) <= LINES_MAX else [*lines[:LINES_MAX], f"... and {len(lines) - LINES_MAX} more"]


def where(path: Place) -> str:
    """Return a place in the configuration as a person would write it: `scan.pbs_references[1]`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")


def find_problems(config: dict, root: Path) -> list[Problem]:
    """Return every mistake: its place in the configuration, and what is wrong and what to do.

    Text that reads as a number, where one is expected, becomes that number in `config`, models with a recipe get its
    settings there, and what the configuration leaves to the workflow is written there.

    Parameters
    ----------
    config
        The configuration as Snakemake merged it.
    root
        The folder of the workflow that holds `resources/`.
    """
    unquoted = dict(_unquoted_keys(config))
    if unquoted:
        config = _with_text_keys(config)
    apply_recipes(config, load_recipes(root))
    name_builds(config)
    is_chosen = choose_figures(config)
    read_numbers(config)
    faults = list(find_faults(config))
    problems = [*unquoted.items(), *((fault.path, fault.text) for fault in faults if fault.path not in unquoted)]
    # The other checks see the configuration without its broken values, so that one mistake gives one line.
    sound = _without(config, {fault.broken for fault in faults if fault.broken})
    checked = Checked(sound, config, root)
    if is_chosen:
        choose_datasets(checked)
    for check in (*relations.CHECKS, *stage_relations.CHECKS):
        problems += check(checked)
    return problems


# What YAML and the command line do to values --------------------------------------------------------------------------


def _unquoted_keys(node: Any, path: Place = ()) -> Iterator[Problem]:
    if isinstance(node, dict):
        for key, value in node.items():
            if not isinstance(key, str):
                yield (*path, str(key)), f"YAML reads this key as {read_as(key)}. Put it in quotes."
            yield from _unquoted_keys(value, (*path, str(key)))
    elif isinstance(node, list):
        for i, value in enumerate(node):
            yield from _unquoted_keys(value, (*path, i))


def _with_text_keys(node: Any) -> Any:
    if isinstance(node, dict):
        return {str(key): _with_text_keys(value) for key, value in node.items()}
    return [_with_text_keys(value) for value in node] if isinstance(node, list) else node


def _without(config: dict, places: Collection[Place]) -> dict:
    """Return a copy that lacks some values."""
    # Without what YAML anchors share: a value is taken out of its own place alone.
    copied = _unshared(config)
    # What lies deeper or later in a list first, so that the other places stay right.
    for path in sorted(places, key=lambda path: [(isinstance(part, int), part) for part in path], reverse=True):
        del parent(copied, path)[path[-1]]
    return copied


def _unshared(node: Any) -> Any:
    """Return a copy in which no two places hold the same list or section."""
    if isinstance(node, dict):
        return {key: _unshared(value) for key, value in node.items()}
    return [_unshared(value) for value in node] if isinstance(node, list) else node
