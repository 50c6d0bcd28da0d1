"""The configuration, checked before anything else happens.

All mistakes are found in one go and printed together, one line each: where, what, what to do. The schema
(`workflow/schemas/config.schema.yaml`) says which keys there are and what they may hold; the functions below check
what a schema cannot: names that must exist somewhere else, files, and stages that need each other.
"""

import copy
import csv
import difflib
import functools
import itertools
import math
import re
import sys
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema
import yaml

from artificial_genomes.acquire.sources import VcfFile, read_sources, read_vcf_sources, vcf_source
from artificial_genomes.config.cohort_files import FILE_KEYS
from artificial_genomes.core.errors import UserError
from artificial_genomes.core.kinds import DISCRIMINATORS, OWN_SITES
from artificial_genomes.core.program import EXIT_USER_ERROR
from artificial_genomes.core.regions import parse_regions
from artificial_genomes.judge.choice import BEST
from artificial_genomes.judge.gates import KINDS, RULES
from artificial_genomes.models.preconditions import settings_problems

LINES_MAX = 15
"""So many problems are printed; the others are counted."""

DOWNLOADS = "resources/data/"
"""Files below this folder are downloaded by the workflow."""

CONTROLS = ("real", "ceiling", "floor")
"""What stands in a model's place in some results."""

RESERVED = (*CONTROLS, "biobank", "together", "real_half", "real_train")
"""Names that no model can take: those, parts of imputation panels that are no models, and folders of results."""

EXTERNAL = "external"
"""The kind of models whose AGs the user brings: nothing is trained, and there is one AG set whatever the seeds."""

AUTO = "auto"
"""The panels of an imputation that no list names: people, and people with the AGs of each model of the run."""

CONSTANT = "constant"
"""The demography that is no file."""

SCAN_WHOLE = ("datasets", "controls")
"""Settings of the scans that no single data set has."""

SCAN_FILES = ("genetic_map", "ancestral", "genes")
"""Settings of a scan that are files."""

NEEDED_STAGE = {
    "fig6_scans": "scan",
    "figs8_scans": "scan",
    "fig7_imputation": "imputation",
    "figs9_imputation": "imputation",
    "fig8_latent": "latent",
    "figs10_latent_modes": "latent",
    "figs11_latent_tasks": "latent",
}
"""Figures that show the results of a stage that works on some data sets only."""

FIGURES = (
    "fig1_pca",
    "fig2_frequencies",
    "fig3_ld",
    "fig4_distances",
    "fig5_privacy",
    "fig6_scans",
    "fig7_imputation",
    "fig8_latent",
    "figs1_training",
    "figs8_scans",
    "figs9_imputation",
    "figs10_latent_modes",
    "figs11_latent_tasks",
)
"""Figures that draw what their name says; others say what they draw."""

COMPARED_MODELS = "figs_models"
"""What figures draw that set some models beside each other, those with sites of their own among them."""

ONCE = ("fig7_imputation", "fig8_latent", "figs9_imputation", "figs10_latent_modes", "figs11_latent_tasks")
"""Figures that a run has once, and that choose models by the settings of their stage."""

SHOWN_SCANS = {"fig6_scans": ("xpehh", "pbs"), "figs8_scans": ("ihs", "nsl", "haplotypes", "tajima_d")}
"""Scans that a figure shows, of which it needs one at least."""

TRAINING_SHARE_MIN = 0.1
"""Less than this share of the people cannot be meant to train on."""

NAMED = ("cohorts", "dataset_params", "model_params", "figure_params")
"""Sections whose keys become names of folders and files."""

SECTION_OF = {"datasets": "dataset_params", "models": "model_params"}
"""Where the names in a list are defined."""

Place = tuple[str | int, ...]
Problem = tuple[Place, str]


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
            key: value for key, value in settings.items() if key not in ("models", "model_params", "scan", "windows")
        }

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
        demography = settings.get("demography", CONSTANT)
        return settings if demography == CONSTANT else settings | {"demography": self.file(demography)}

    def model_files(self, dataset: str, model: str) -> list[str]:
        """Return the files that the settings of a model on a data set name."""
        demography = self.model_settings(dataset, model).get("demography", CONSTANT)
        return [] if demography == CONSTANT else [demography]

    def matched_models(self) -> list[str]:
        """Return the models of the run whose AGs have the sites of the data set."""
        return [model for model in self.values["models"] if self._kind(model) not in OWN_SITES]

    def external_models(self) -> list[str]:
        """Return the models of the run whose AGs the user brings."""
        return [model for model in self.values["models"] if self._kind(model) == EXTERNAL]

    def models_of(self, dataset: str) -> list[str]:
        """Return the models of the run that have AGs of a data set, as it says, without those brought for others."""
        named = self.values["dataset_params"][dataset].get("models", self.values["models"])
        return [
            model
            for model in self.values["models"]
            if model in named
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

    def figure_models(self, figure: str) -> list[str]:
        """Return the models that a figure can show: those of its data set, and of them only those that it names."""
        settings = self.values["figure_params"][figure]
        named = settings.get("models", self.values["models"])
        return [model for model in self.models_of(settings["dataset"]) if model in named]

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
        """Return the model that makes AGs of given populations for the latent stage, or nothing."""
        latent = self.values["latent"]
        return [latent["conditional"]] if latent["datasets"] and latent["conditional"] else []

    def _kind(self, model: str) -> str:
        return self.values["model_params"][model]["kind"]

    def file(self, path: str) -> str:
        """Return the path of a file of the user, or of the table of that name that comes with the workflow."""
        return str(_existing(path, self.root) or path)


def checked(config: dict, workflow: Path) -> Configuration:
    """Check a configuration; where it has mistakes, print them all and end with exit code 2.

    Numbers that arrived as text (`--config seeds='[1,2]'`, or 1e-3, which is text in YAML) become numbers in `config`,
    and models with a recipe get its settings there.

    Parameters
    ----------
    config
        The configuration as Snakemake merged it.
    workflow
        The folder `workflow`, beside which `resources` lies.
    """
    schema = load_schema(workflow)
    problems = find_problems(config, schema, workflow.parent)
    if problems:
        print("\n".join(report(problems, schema)), file=sys.stderr)
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

    Recipes that do not exist, and models that are no mappings, are left to the check against the schema.
    """
    for model in _section(config, "model_params").values():
        if isinstance(model, dict):
            kind, recipe = (str(model.get(key)) for key in ("kind", "recipe"))
            for key, value in recipes.get(kind, {}).get(recipe, {}).items():
                model.setdefault(key, copy.deepcopy(value))


def load_schema(workflow: Path) -> dict:
    """Return the schema of the configuration, in which the kinds of models are the definitions with a fixed `kind`."""
    schema = yaml.safe_load((workflow / "schemas" / "config.schema.yaml").read_text(encoding="utf-8"))
    model = schema["$defs"]["model"]
    kinds = [name for name, part in schema["$defs"].items() if "const" in part.get("properties", {}).get("kind", {})]
    model["properties"]["kind"]["enum"] = kinds
    model["allOf"] = [
        {
            "if": {"required": ["kind"], "properties": {"kind": {"const": kind}}},
            "then": {"$ref": f"#/$defs/{kind}"},
        }
        for kind in kinds
    ]
    return schema


def report(problems: list[Problem], schema: dict) -> list[str]:
    """Return the lines to print, in the order of the configuration's sections."""
    sections = list(schema["properties"])

    def section(problem: Problem) -> int:
        return sections.index(problem[0][0]) if problem[0] and problem[0][0] in sections else -1

    lines = [": ".join(filter(None, ["config", where(path), text])) for path, text in sorted(problems, key=section)]
    return lines if len(lines) <= LINES_MAX else [*lines[:LINES_MAX], f"... and {len(lines) - LINES_MAX} more"]


def where(path: Place) -> str:
    """Return a place in the configuration as a person would write it: `scan.pbs_references[1]`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")


def find_problems(config: dict, schema: dict, root: Path) -> list[Problem]:
    """Return every mistake: its place in the configuration, and what is wrong and what to do.

    Text that reads as a number, where the schema has one, becomes that number in `config`, and models with a recipe get
    its settings there.

    Parameters
    ----------
    config
        The configuration as Snakemake merged it.
    schema
        What `load_schema` returns.
    root
        The folder of the workflow that holds `resources/`.
    """
    unquoted = dict(_unquoted_keys(config))
    if unquoted:
        config = _with_text_keys(config)
    apply_recipes(config, load_recipes(root))
    _read_numbers(config, schema)
    faults = list(_schema_faults(config, schema))
    problems = [*unquoted.items(), *((fault.path, fault.text) for fault in faults if fault.path not in unquoted)]
    # The other checks see the configuration without its broken values, so that one mistake gives one line.
    sound = _without(config, {fault.broken for fault in faults if fault.broken})
    for check in _CHECKS:
        problems += check(_Checked(sound, config, root))
    return problems


# Schema ---------------------------------------------------------------------------------------------------------------


def expectation(schema: dict) -> str:
    """Return in words what a schema without sections wants: "a whole number from 1"."""
    types = _types(schema)
    if "enum" in schema:
        text = "one of " + ", ".join(schema["enum"])
    elif "integer" in types or "number" in types:
        text = "a whole number" if "integer" in types else "a number"
        bounds = {"minimum": "from", "exclusiveMinimum": "above", "maximum": "to", "exclusiveMaximum": "and below"}
        text += "".join(f" {word} {schema[key]}" for key, word in bounds.items() if key in schema)
    elif "boolean" in types:
        text = "true or false"
    elif "array" in types and "string" not in types:
        items = schema.get("items", {})
        text = f"a list, each {expectation(items)}" if "type" in items else "a list in brackets"
    elif "object" in types:
        text = "keys with values below it, indented"
    else:
        # The description of a kind of value says what to write; that of a key, a full sentence, says what it is for.
        is_kind = "examples" in schema and not schema["description"].endswith(".")
        text = _description(schema) if is_kind else "text"
    return f"{text}, or null" if "null" in types else text


class _Fault(NamedTuple):
    path: Place
    text: str
    broken: Place | None
    """Place of the value that the other checks must not see; None where it can be used all the same."""


# Mistakes that leave the value itself usable.
_INCOMPLETE = ("required", "additionalProperties", "oneOf", "uniqueItems")


def _schema_faults(config: dict, schema: dict) -> Iterator[_Fault]:
    for path, error in _schema_errors(config, schema):
        if "propertyNames" in error.schema_path:
            yield _Fault((*path, error.instance), _not_a_name(error), None)
        else:
            broken = path if error.validator not in _INCOMPLETE else None
            yield from (_Fault(place, text, broken) for place, text in _explained(error, path))


def _schema_errors(config: dict, schema: dict) -> Iterator[tuple[Place, jsonschema.ValidationError]]:
    for error in _validator(schema).iter_errors(config):
        yield tuple(error.absolute_path), error
    for path, override, known in _overrides(config, schema):
        # All keys are optional here.
        partial = {"additionalProperties": False, "properties": known, "$defs": schema["$defs"]}
        for error in _validator(partial).iter_errors(override):
            yield (*path, *error.absolute_path), error


def _overrides(config: dict, schema: dict) -> Iterator[tuple[Place, dict, dict]]:
    """Yield place, settings and schemas by key of all that a data set changes: settings of its scan and of models."""
    scan = {key: value for key, value in schema["properties"]["scan"]["properties"].items() if key not in SCAN_WHOLE}
    kinds = [kind for kind in schema["$defs"]["model"]["properties"]["kind"]["enum"] if kind != EXTERNAL]
    models = _section(config, "model_params")
    for dataset, settings in _section(config, "dataset_params").items():
        yield ("dataset_params", dataset, "scan"), _section(settings, "scan"), scan
        for model, override in _section(settings, "model_params").items():
            if isinstance(override, dict) and model in models:
                kind = _section(models, model).get("kind")
                if kind in kinds:
                    # Neither the kind nor the recipe is to be changed: that would be another model.
                    settings = schema["$defs"][kind]["properties"].items()
                    known = {key: value for key, value in settings if key not in ("kind", "recipe")}
                    yield ("dataset_params", dataset, "model_params", model), override, known


def _section(node: Any, key: str) -> dict:
    section = node.get(key) if isinstance(node, dict) else None
    return section if isinstance(section, dict) else {}


def _explained(error: jsonschema.ValidationError, path: Place) -> Iterator[Problem]:
    value, schema = error.instance, error.schema
    match error.validator:
        case "additionalProperties":
            for key in value:
                if key not in schema["properties"]:
                    yield (*path, key), "unknown key. " + suggestion(key, schema["properties"], "Known here")
        case "required":
            # One error for each key: tell of all of them at the first.
            missing = [key for key in schema["required"] if key not in value]
            if error.message.startswith(repr(missing[0])):
                yield path, f"lacks {', '.join(missing)}. Add {'it' if len(missing) == 1 else 'them'}."
        case "oneOf":
            choices = [" and ".join(branch["required"]) for branch in schema["oneOf"]]
            yield path, f"give either {', or '.join(choices)}."
        case "type":
            yield path, _wrong_type(value, schema)
        case "enum":
            yield path, f"{value!r} is not known. " + suggestion(value, schema["enum"], "Write one of")
        case "pattern":
            yield path, _not_a_name(error)
        case "minLength" | "minItems" | "minProperties" if not value:
            yield path, f"is empty. Write {'at least one' if error.validator != 'minLength' else expectation(schema)}."
        case "maxLength":
            yield path, f"has {len(value)} characters. Write up to {error.validator_value}."
        case "not":
            yield path, f"{value!r} ends in what is repeated 20 times or more. Choose another name."
        case "minItems" | "maxItems":
            yield path, f"has {len(value)} entries. Write {error.validator_value}."
        case "uniqueItems":
            twice = next(item for i, item in enumerate(value) if item in value[:i])
            yield path, f"has {twice!r} twice. Write it once."
        case _:
            yield path, f"{value!r} is out of range. Write {expectation(schema)}."


def _wrong_type(value: Any, schema: dict) -> str:
    wanted = expectation(schema)
    if value is None:
        return f"is empty. Write {wanted}, or delete the line to keep the default."
    if "string" in _types(schema) and not isinstance(value, list | dict):
        return f"YAML reads this as {_read_as(value)}. Put the text in quotes."
    if "array" in _types(schema) and not isinstance(value, dict):
        return f"{value!r} is not a list. Write [{value}]."
    kind = {"integer": "a whole number", "number": "a number", "boolean": "a truth value", "array": "a list"}
    kind |= {"object": "a section with keys", "string": "text"}
    return f"{_shown(value)} is not {kind[_types(schema)[0]]}. Write {wanted}."


def suggestion(word: Any, known: Collection[str], introduction: str) -> str:
    """Return "Did you mean ...?" where a known word is near, else all known words."""
    by_small_letters = {name.casefold(): name for name in known}
    near = difflib.get_close_matches(str(word).casefold(), by_small_letters, n=1, cutoff=0.65)
    if near:
        return f"Did you mean {by_small_letters[near[0]]}?"
    return f"{introduction}: {', '.join(known)}." if known else "There is none yet."


def _read_as(value: Any) -> str:
    if value is None:
        return "nothing (null)"
    if isinstance(value, bool):
        return f"the truth value {str(value).lower()}"
    return f"the {'number' if isinstance(value, int | float) else 'date'} {value}"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def _not_a_name(error: jsonschema.ValidationError) -> str:
    return f"{error.instance!r} is not {_description(error.schema)}. Write one like {error.schema['examples'][0]}."


def _description(schema: dict) -> str:
    return schema["description"][0].lower() + schema["description"][1:]


def _types(schema: dict) -> list[str]:
    types = schema.get("type", [])
    return types if isinstance(types, list) else [types]


def _validator(schema: dict) -> jsonschema.protocols.Validator:
    return _validator_class()(schema)


@functools.cache
def _validator_class() -> type:
    base = jsonschema.Draft202012Validator
    # JSON Schema takes 1.0 for a whole number; as part of a path it is not one.
    whole = base.TYPE_CHECKER.redefine(
        "integer", lambda _, value: isinstance(value, int) and not isinstance(value, bool)
    )
    return jsonschema.validators.extend(base, {"pattern": _whole_pattern}, type_checker=whole)


def _whole_pattern(
    _: jsonschema.protocols.Validator, pattern: str, instance: Any, __: dict
) -> Iterator[jsonschema.ValidationError]:
    """Match all of a text: `$` alone would let a line break follow."""
    if isinstance(instance, str) and not re.fullmatch(pattern, instance):
        yield jsonschema.ValidationError(f"{instance!r} does not match {pattern!r}")


# What YAML and the command line do to values --------------------------------------------------------------------------


def _read_numbers(config: dict, schema: dict) -> None:
    """Turn text into a number, truth value or null, in place, where the schema has those and the text reads as one."""
    for path, error in list(_schema_errors(config, schema)):
        if error.validator == "type" and isinstance(error.instance, str):
            for value in _readings(error.instance):
                if _validator({"type": error.validator_value}).is_valid(value):
                    _parent(config, path)[path[-1]] = value
                    break


def _readings(text: str) -> Iterator[Any]:
    if text in ("null", "true", "false"):
        yield {"null": None, "true": True, "false": False}[text]
    for read in (int, float):
        try:
            number = read(text)
        except ValueError:
            continue
        yield number
        if math.isfinite(number) and number == int(number):
            yield int(number)


def _unquoted_keys(node: Any, path: Place = ()) -> Iterator[Problem]:
    if isinstance(node, dict):
        for key, value in node.items():
            if not isinstance(key, str):
                yield (*path, str(key)), f"YAML reads this key as {_read_as(key)}. Put it in quotes."
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
        del _parent(copied, path)[path[-1]]
    return copied


def _unshared(node: Any) -> Any:
    """Return a copy in which no two places hold the same list or section."""
    if isinstance(node, dict):
        return {key: _unshared(value) for key, value in node.items()}
    return [_unshared(value) for value in node] if isinstance(node, list) else node


def _parent(node: Any, path: Place) -> Any:
    return functools.reduce(lambda node, part: node[part], path[:-1], node)


# What a schema cannot check -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Checked:
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
                    yield name, f"{name!r} is not defined in {section}. {suggestion(name, known, 'Defined are')}"

    def chosen(self, key: str) -> list[str] | None:
        """Return `datasets` or `models`; None where a name in it is wrong, so that what refers to it is not judged."""
        names = self.get(key)
        complete = names is not None and len(names) == len(self.written[key])
        return names if complete and not list(self.undefined(names, SECTION_OF[key])) else None

    def file(self, path: Place) -> Iterator[Problem]:
        """Yield a problem where the file that the configuration names at a place cannot be had."""
        text = self.get(*path) if not isinstance(path[-1], int) else self.get(*path[:-1])[path[-1]]
        if text.startswith(DOWNLOADS):
            known, vcf_sources = _downloads(self.root)
            source = vcf_source(vcf_sources, text.removeprefix(DOWNLOADS))
            region = source and re.fullmatch(source.pattern, text.removeprefix(DOWNLOADS)).groupdict()
            if region and region.get("start") and not 1 <= int(region["start"]) <= int(region["end"]):
                yield path, f"{text} names a region that holds no position. Write a start from 1 and an end after it."
            elif source is None and text not in known:
                near = suggestion(text, known, "They are")
                near = near if near.startswith("Did") else "Keep files of your own in another folder."
                yield path, f"{text} is none of the files that the workflow downloads (resources/README.md). {near}"
        elif text.startswith("-"):
            yield path, f"programs take {text} for an option. Rename the file, or write its whole path."
        elif _existing(text, self.root) is None:
            yield path, f"no file {Path(text).absolute()}. Correct the path; it starts from the working directory."


def _existing(path: str, root: Path) -> Path | None:
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


def _infinities(checked: _Checked) -> Iterator[Problem]:
    def walk(node: Any, path: Place) -> Iterator[Problem]:
        if isinstance(node, float) and not math.isfinite(node):
            yield path, f"{node} is not a number to calculate with. Write a finite one."
        for key, value in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
            yield from walk(value, (*path, key))

    return walk(checked.sound, ())


def _names(checked: _Checked) -> Iterator[Problem]:
    """Yield names that stand for something else, also where a disk does not tell capitals from small letters."""
    reserved = {name.casefold(): name for name in RESERVED}
    for model in checked.get("model_params", default={}):
        if model.casefold() in reserved:
            path, meant = ("model_params", model), reserved[model.casefold()]
            yield path, f"{meant} means something else in the results. Give the model another name."
    for section in NAMED:
        seen: dict[str, str] = {}
        for name in checked.get(section, default={}):
            other = seen.setdefault(name.casefold(), name)
            if other != name:
                text = f"differs from {other} by capitals only, which some disks take for the same folder. Rename one."
                yield (section, name), text


_PHASING = ("phase_map", "phase_site_missing_max", "phase_sample_missing_max")


def _cohorts(checked: _Checked) -> Iterator[Problem]:
    for name, cohort in checked.get("cohorts", default={}).items():
        for key in FILE_KEYS:
            if isinstance(cohort.get(key), str):
                yield from checked.file(("cohorts", name, key))
            for i in range(len(cohort[key]) if isinstance(cohort.get(key), list) else 0):
                yield from checked.file(("cohorts", name, key, i))
        for key in ("phase", *_PHASING):
            if key in cohort and "vcf" not in cohort:
                yield ("cohorts", name, key), "only genotypes of vcf can be phased. Remove the line, or give vcf."
        if "rows_failing_filter" in cohort and not {"vcf", "pgen"} & cohort.keys():
            place = ("cohorts", name, "rows_failing_filter")
            yield place, "only vcf and pgen say which rows failed a filter. Remove the line."
        for key in _PHASING:
            if key in cohort and "phase" not in cohort:
                yield ("cohorts", name, key), "nothing is phased. Write phase: beagle, or remove the line."
        if "pgen" in cohort and not cohort["pgen"].endswith(".pgen"):
            yield ("cohorts", name, "pgen"), f"{cohort['pgen']} does not end in .pgen. Name that file of the set."


def _datasets(checked: _Checked) -> Iterator[Problem]:
    for _, text in checked.undefined(checked.get("datasets", default=[]), "dataset_params"):
        yield ("datasets",), text
    for name, dataset in checked.get("dataset_params", default={}).items():
        path = ("dataset_params", name)
        if "cohort" in dataset:
            for _, text in checked.undefined([dataset["cohort"]], "cohorts"):
                yield (*path, "cohort"), text
        try:
            parse_regions(dataset.get("region"))
        except UserError as error:
            yield (*path, "region"), str(error)
        if dataset.get("public") and dataset.get("people") == {}:
            yield (*path, "public"), "nobody is left for the public panel. Say under people whom the data set is about."
        if dataset.get("public_share") and dataset.get("public") is False:
            yield (*path, "public_share"), "needs a public panel. Write public: true, or delete the line."
        if dataset.get("windows") and name in checked.get("datasets", default=[]):
            for model in _models_of(checked, name):
                if _is_unmatched(checked, model):
                    text = f"{model} simulates sites of its own. Take it out of models, or delete the windows."
                    yield (*path, "windows"), text
                elif _labels(checked, name, model):
                    text = (
                        f"{model} makes AGs of given populations, which no windows keep. Write labels: none, or delete"
                    )
                    yield (*path, "windows"), f"{text} the windows."
        undefined = dict(checked.undefined(dataset.get("models", []), "model_params"))
        yield from (((*path, "models"), text) for text in undefined.values())
        is_run = "models" in dataset and name in checked.get("datasets", default=[])
        if is_run and not undefined and not _models_of(checked, name):
            yield (*path, "models"), "names none of models. Add one of them, or delete the line."
        for model, text in checked.undefined(dataset.get("model_params", {}), "model_params"):
            yield (*path, "model_params", model), text
        for model in dataset.get("model_params", {}):
            if _kind(checked, model) == EXTERNAL:
                text = "is of kind external, which names its files by data set. Say all of it under model_params."
                yield (*path, "model_params", model), text


def _split(checked: _Checked) -> Iterator[Problem]:
    test, validation = checked.get("split", "test", default=0), checked.get("split", "validation", default=0)
    training = (1 - test) * (1 - validation)
    if training < TRAINING_SHARE_MIN:
        yield ("split",), f"test and validation leave {training:.0%} of the people to train on. Write smaller shares."


def _models(checked: _Checked) -> Iterator[Problem]:
    for _, text in checked.undefined(checked.get("models", default=[]), "model_params"):
        yield ("models",), text
    models = checked.chosen("models")
    if models and checked.get("figures") and all(_is_unmatched(checked, model) for model in models):
        yield ("models",), "all have sites of their own, which no figure can show. Add another, or write figures: []."
    yield from _settings(checked)
    yield from _demographies(checked)
    yield from _externals(checked)


def _settings(checked: _Checked) -> Iterator[Problem]:
    """Yield settings that contradict each other, of the models that the run trains."""
    found: dict[Problem, None] = {}
    for dataset in checked.get("datasets", default=[]):
        for model in _trained_on(checked, dataset):
            place = ("dataset_params", dataset, "model_params", model)
            own, settings = checked.get(*place, default={}), checked.get("model_params", model, default={})
            for key, text in settings_problems(settings.get("kind", ""), settings | own):
                found[(*(place if key in own else place[2:]), key), text] = None
    yield from found


def _trained_on(checked: _Checked, dataset: str) -> list[str]:
    """Return the models that the run trains on a data set, that of AGs of given populations among them."""
    models = [model for model in _models_of(checked, dataset) if _kind(checked, model) != EXTERNAL]
    conditional = checked.get("latent", "conditional")
    if conditional and dataset in checked.get("latent", "datasets", default=[]):
        models.append(conditional)
    return models


def _externals(checked: _Checked) -> Iterator[Problem]:
    """Yield what is wrong with the files of the models whose AGs the user brings."""
    for name, model in checked.get("model_params", default={}).items():
        if model.get("kind") != EXTERNAL:
            continue
        path, genomes = ("model_params", name), model.get("genomes")
        for key in ("genomes", "legends", "trained_on"):
            undefined = dict(checked.undefined(model.get(key, {}), "dataset_params"))
            yield from (((*path, key, dataset), text) for dataset, text in undefined.items())
            for dataset in model.get(key, {}):
                if dataset in undefined:
                    continue
                if genomes is not None and dataset not in checked.written["model_params"][name]["genomes"]:
                    yield (*path, key, dataset), f"genomes has no {dataset}. Add it there, or remove it here."
                else:
                    yield from checked.file((*path, key, dataset))
        datasets = checked.chosen("datasets")
        is_run = datasets is not None and name in checked.get("models", default=[])
        if is_run and genomes and not any(_has_genomes(checked, name, dataset) for dataset in datasets):
            text = f"names none of datasets ({', '.join(datasets)}). Add one, or take {name} out of models."
            yield (*path, "genomes"), text


def _demographies(checked: _Checked) -> Iterator[Problem]:
    """Yield what is wrong with the histories of coalescent models, also where a data set changes them."""
    models = checked.get("model_params", default={})
    places = [("model_params", name) for name in models]
    for dataset, settings in checked.get("dataset_params", default={}).items():
        for name in settings.get("model_params", {}):
            places.append(("dataset_params", dataset, "model_params", name))
    for path in places:
        own = checked.get(*path)
        settings = models.get(path[-1], {}) | own
        demography = settings.get("demography")
        if settings.get("kind") != "coalescent" or demography is None or not {"demography", "samples"} & own.keys():
            continue
        if demography == CONSTANT:
            if settings.get("samples"):
                yield (*path, "samples"), "a constant population has no parts. Write null, or name a demography."
            continue
        if "demography" in own:
            yield from checked.file((*path, "demography"))
        if "samples" in settings and not settings["samples"]:
            yield (*path, "samples"), "is null. Write the populations of the demography to sample, as in {CEU: 1}."


def _kind(checked: _Checked, model: str) -> str | None:
    return checked.get("model_params", model, "kind")


def _labels(checked: _Checked, dataset: str, model: str) -> bool:
    """Say whether a model has label units on a data set."""
    settings = checked.get("model_params", model, default={})
    override = checked.get("dataset_params", dataset, "model_params", model, default={})
    return (settings | override).get("labels", "none") != "none"


def _is_unmatched(checked: _Checked, model: str) -> bool:
    return _kind(checked, model) in OWN_SITES


def _models_of(checked: _Checked, dataset: str) -> list[str]:
    """Return the models of the run that a data set names; all where it names none."""
    models = checked.get("models", default=[])
    named = checked.get("dataset_params", dataset, "models", default=models)
    return [model for model in models if model in named]


def _has_genomes(checked: _Checked, model: str, dataset: str) -> bool:
    """Say whether a model has AGs of a data set, or may have them once its settings are mended."""
    if model not in checked.get("dataset_params", dataset, "models", default=[model]):
        return False
    if _kind(checked, model) != EXTERNAL:
        return True
    written = checked.written["model_params"][model].get("genomes")
    return not isinstance(written, dict) or dataset in written


def _scan(checked: _Checked) -> Iterator[Problem]:
    yield from _stage(checked, "scan", public=True)
    places = [("scan",), *(("dataset_params", name, "scan") for name in checked.get("dataset_params", default={}))]
    for place in places:
        for key in SCAN_FILES:
            if checked.get(*place, key):
                yield from checked.file((*place, key))
    controls = checked.get("scan", "controls")
    if controls:
        yield from _controls(checked, controls)


def _controls(checked: _Checked, controls: str) -> Iterator[Problem]:
    path = ("scan", "controls")
    missing = list(checked.file(path))
    yield from missing
    if missing:
        return
    try:
        with open(_existing(controls, checked.root), encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t"))
    except (UnicodeDecodeError, csv.Error) as error:
        yield path, f"{controls} is not a table in UTF-8 ({error}). Save it as UTF-8."
        return
    if not rows or "dataset" not in rows[0]:
        yield path, f"{controls} has no rows with a column dataset, separated by tabs. Add them, or write null."
        return
    for name, text in checked.undefined({str(row["dataset"]): None for row in rows}, "dataset_params"):
        yield path, f"{controls} needs the data set {name}: {text}"


def _imputation(checked: _Checked) -> Iterator[Problem]:
    yield from _stage(checked, "imputation", public=True)
    for key in ("maf_bins", "mac_bins"):
        bins = checked.get("imputation", key, default=[])
        if any(low >= high for low, high in itertools.pairwise(bins)):
            yield ("imputation", key), "the edges do not increase. Write each larger than the one before."
    yield from _panels(checked)
    if checked.get("imputation", "datasets"):
        beagle = ["beagle_jar"] if "beagle" in checked.get("imputation", "tools", default=[]) else []
        for key in (*beagle, "typed_sites", "genetic_map"):
            if checked.get("imputation", key):
                yield from checked.file(("imputation", key))
        if "real" not in _named_panels(checked, default=["real"]):
            yield ("imputation", "panels"), "the panel real is missing, and gains are against it. Add real."


def _named_panels(checked: _Checked, default: list[str]) -> list[str]:
    """Return the panels that the configuration names; `default` where it leaves them to the workflow."""
    panels = checked.get("imputation", "panels", default=AUTO)
    return default if panels == AUTO else panels


def _panels(checked: _Checked) -> Iterator[Problem]:
    """Yield what is wrong with the parts of panels. Where nothing is imputed, models need only be defined."""
    section = "models" if checked.get("imputation", "datasets") else "model_params"
    models = checked.chosen("models") if section == "models" else checked.get("model_params")
    if models is None:
        return
    for panel in _named_panels(checked, default=[]):
        written, path = [part.partition("@") for part in panel.split("+")], ("imputation", "panels")
        parts = [name for name, _, _ in written]
        for name, _, size in written:
            if size and name in ("real", "biobank"):
                yield path, f"{panel} has a size for {name}, which comes whole. Write {name} alone."
            elif size and (int(size) < 2 or int(size) % 2):
                yield path, f"{panel} has {size} AGs of {name}, and two make one person. Write an even number from 2."
        known = ["real", "biobank", *models]
        for part in dict.fromkeys(parts):
            if part not in known:
                near = suggestion(part, known, "Parts are")
                yield path, f"{part!r} in {panel} is no part of a panel and not in {section}. {near}"
            elif parts.count(part) > 1:
                yield path, f"{panel} names {part} twice. Write it once."
            elif _is_unmatched(checked, part):
                yield path, f"{part!r} in {panel} has sites of its own, which no panel can use. Take another model."
            else:
                for dataset in checked.get("imputation", "datasets", default=[]):
                    if part in models and not _has_genomes(checked, part, dataset):
                        yield path, f"{part!r} in {panel} has no AGs of {dataset}. Add them, or remove the panel."
        if "real" in parts[1:] and parts[0] != "real":
            yield path, f"{panel} does not begin with real. Write real first."


def _latent(checked: _Checked) -> Iterator[Problem]:
    yield from _stage(checked, "latent", public=False)
    masked = checked.get("latent", "masked_datasets", default=[])
    yield from ((("latent", "masked_datasets"), text) for text in _not_run(checked, masked))
    if masked and not checked.get("imputation", "datasets") and checked.get("imputation", "beagle_jar"):
        yield from checked.file(("imputation", "beagle_jar"))
    model, models = checked.get("latent", "model"), checked.chosen("models")
    if model is None or models is None or not (checked.get("latent", "datasets") or masked):
        return
    if model not in models:
        near = suggestion(model, models, "They are")
        yield ("latent", "model"), f"{model!r} is not among models. {near} Or write latent.datasets: []."
    elif checked.get("model_params", model, "kind", default="rbm") != "rbm":
        yield ("latent", "model"), f"{model!r} is not of kind rbm. Write the name of a model that is."
    for key in ("datasets", "masked_datasets"):
        for dataset in checked.get("latent", key, default=[]):
            if checked.get("dataset_params", dataset, "windows"):
                text = f"{dataset} has windows, so that no RBM sees all of it. Remove it, or its windows."
                yield ("latent", key), text
            elif model in models and not _has_genomes(checked, model, dataset):
                yield ("latent", key), f"{dataset} does not have {model}. Add it to the models of {dataset}."
    for name in checked.get("latent", "discriminators", default=[]):
        undefined = dict(checked.undefined([name], "model_params"))
        yield from ((("latent", "discriminators"), text) for text in undefined.values())
        if not undefined and _kind(checked, name) not in (*DISCRIMINATORS, None):
            yield ("latent", "discriminators"), f"{name!r} has no discriminator. Write models of kind gan or wgan."
    yield from _conditional(checked)


def _conditional(checked: _Checked) -> Iterator[Problem]:
    """Yield what is wrong with the model that makes AGs of given populations."""
    name, path = checked.get("latent", "conditional"), ("latent", "conditional")
    if not name:
        return
    undefined = dict(checked.undefined([name], "model_params"))
    yield from ((path, text) for text in undefined.values())
    if undefined:
        return
    if _kind(checked, name) not in ("rbm", None):
        yield path, f"{name!r} is not of kind rbm. Write the name of a model that is, or null."
        return
    for dataset in checked.get("latent", "datasets", default=[]):
        own = checked.get("dataset_params", dataset, "model_params", name, "labels")
        if (own or checked.get("model_params", name, "labels")) == "none":
            yield path, f"{name!r} has no labels on {dataset!r}. Set its labels, or write null."


def _verdict(checked: _Checked) -> Iterator[Problem]:
    paths = [("verdict", kind, metric) for kind in KINDS for metric in checked.get("verdict", kind, default={})]
    for path in paths:
        if checked.get(*path) is None:
            continue
        # A rule with a broken value is a rule all the same, and so may be one with an unknown name.
        written = _parent(checked.written, path)[path[-1]]
        rules = [rule for rule in RULES if written.get(rule) is not None]
        if len(rules) > 1:
            yield path, f"has more than one rule, {' and '.join(rules)}. Keep one and write null for the others."
        elif not rules and not written.keys() - set(RULES):
            yield path, f"has no rule. Write one of {', '.join(RULES)}; or null in place of the gate, for none."


def _paper(checked: _Checked) -> Iterator[Problem]:
    names = checked.get("paper", "datasets", default={})
    for role, name in names.items():
        path = ("paper", "datasets", role)
        wrong = [text for _, text in checked.undefined([name], "dataset_params")]
        yield from ((path, text) for text in wrong)
        if not wrong and list(names.values()).count(name) > 1:
            yield path, f"{name!r} plays two of the paper's data sets. Name another, or delete the line."


def _release(checked: _Checked) -> Iterator[Problem]:
    wanted = checked.get("release", "models", default=BEST)
    own = [name for name in checked.get("models", default=[]) if _kind(checked, name) != EXTERNAL]
    for i, name in enumerate([] if wanted == BEST else wanted):
        if name not in own:
            yield (
                ("release", "models", i),
                f"{name!r} is not a model that this run trains. {suggestion(name, own, 'Those are')}",
            )


def _figures(checked: _Checked) -> Iterator[Problem]:
    known = checked.written.get("figure_params")
    if not isinstance(known, dict):
        return
    for i, figure in enumerate(checked.get("figures", default=[])):
        if figure not in known:
            yield (
                ("figures", i),
                f"{figure!r} is not in figure_params. {suggestion(figure, known, 'Defined there are')}",
            )
            continue
        place = ("figure_params", figure)
        drawing = checked.get(*place, "draws", default=figure)
        if drawing not in (*FIGURES, COMPARED_MODELS):
            if isinstance(known[figure], dict) and "draws" not in known[figure]:
                yield place, f"lacks draws. Say what is drawn, as in draws: {COMPARED_MODELS}."
            continue
        if drawing != figure and figure in FIGURES:
            yield (*place, "draws"), f"{figure} draws what its name says. Give a figure of your own another name."
            continue
        yield from _figure(checked, figure, drawing)


def _figure(checked: _Checked, figure: str, drawing: str) -> Iterator[Problem]:
    """Yield what is wrong with the data set and the models of a figure."""
    yield from _shown_models(checked, figure, drawing)
    dataset = checked.get("figure_params", figure, "dataset")
    if not dataset:
        return
    path = ("figure_params", figure, "dataset")
    wrong = list(_not_run(checked, [dataset]))
    yield from ((path, f"{text} Or take {figure} out of figures.") for text in wrong)
    if not wrong:
        yield from ((path, text) for text in _nothing_to_draw(checked, figure, dataset))
    stage = NEEDED_STAGE.get(drawing)
    if stage and not wrong and dataset not in checked.get(stage, "datasets", default=[dataset]):
        yield path, f"{dataset!r} is not in {stage}.datasets. Add it there, or take {figure} out of figures."
    elif drawing in SHOWN_SCANS and not wrong:
        scans = _scanned(checked, dataset)
        if scans is not None and not set(SHOWN_SCANS[drawing]) & set(scans):
            shown = ", ".join(SHOWN_SCANS[drawing])
            yield path, f"none of {shown} is scanned. Add one to scan.statistics, or take {figure} out of figures."


def _shown_models(checked: _Checked, figure: str, drawing: str) -> Iterator[Problem]:
    """Yield what is wrong with the models that a figure names."""
    path, models = ("figure_params", figure, "models"), checked.chosen("models")
    named = checked.get(*path, default=[])
    if named and drawing in ONCE:
        yield path, f"{figure} does not choose models. Delete the line."
        return
    for model in named if models is not None else []:
        if model not in models:
            yield path, f"{model!r} is not among models. {suggestion(model, models, 'They are')}"
        elif drawing != COMPARED_MODELS and _is_unmatched(checked, model):
            yield path, f"{model!r} has sites of its own, which {drawing} cannot show. Take another model."


def _scanned(checked: _Checked, dataset: str) -> list[str] | None:
    """Return the statistics of a data set's scan; None where one of them is broken."""
    path = ("dataset_params", dataset, "scan", "statistics")
    path = path if checked.get(*path) else path[2:]
    scans = checked.get(*path)
    return scans if scans and scans == _parent(checked.written, path)[path[-1]] else None


def _nothing_to_draw(checked: _Checked, figure: str, dataset: str) -> Iterator[str]:
    """Yield why no model can stand in a figure of a data set."""
    models = checked.chosen("models") or []
    named = checked.get("figure_params", figure, "models", default=models)
    matched = [model for model in models if not _is_unmatched(checked, model)]
    shown = [model for model in matched if model in named]
    if not matched:
        return  # said once, of all figures
    if not shown:
        if set(named) <= set(models):
            yield f"{figure} has no model with the sites of {dataset!r}. Add one to its models."
    elif not any(_has_genomes(checked, model, dataset) for model in shown):
        yield f"no model has AGs of {dataset!r}. Name another data set, or take {figure} out of figures."
    elif checked.get("figure_params", figure, "draws", default=figure) == "figs1_training" and all(
        _kind(checked, model) == EXTERNAL for model in shown
    ):
        yield f"no model is trained. Take {figure} out of figures."


def _stage(checked: _Checked, stage: str, public: bool) -> Iterator[Problem]:
    """Yield what is wrong with the data sets that a stage works on."""
    names = checked.get(stage, "datasets", default=[])
    yield from (((stage, "datasets"), text) for text in _not_run(checked, names))
    for name in names if public else []:
        if checked.get("dataset_params", name, "public") is False:
            path = ("dataset_params", name, "public")
            yield path, f"{stage}.datasets has {name!r}, which needs a public panel. Write true."


def _not_run(checked: _Checked, names: Iterable[str]) -> Iterator[str]:
    names = list(names)
    undefined = dict(checked.undefined(names, "dataset_params"))
    yield from undefined.values()
    datasets = checked.chosen("datasets")
    for name in names:
        if datasets is not None and name not in datasets and name not in undefined:
            yield f"{name!r} is not among datasets ({', '.join(datasets)}). Write one of them, or add it there."


_CHECKS = (
    _infinities,
    _names,
    _cohorts,
    _datasets,
    _split,
    _models,
    _scan,
    _imputation,
    _latent,
    _verdict,
    _paper,
    _release,
    _figures,
)
