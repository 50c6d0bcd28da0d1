"""What is wrong with the types and ranges of a configuration, in words: where, what, what to do."""

import difflib
import functools
import math
from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from pydantic import ValidationError
from pydantic.json_schema import GenerateJsonSchema

from artificial_genomes.config.model_settings import SETTINGS
from artificial_genomes.config.schema import EXTERNAL, SCAN_WHOLE, Scan, Split, WorkflowConfig
from artificial_genomes.config.values import LIST, TEXT, Section

Place = tuple[str | int, ...]
Problem = tuple[Place, str]

FIXED = ("kind", "module", "recipe")
"""Settings of a model that a dataset cannot change, since it would then be another model."""

_KEY = "[key]"  # what ends a place of pydantic where a key itself is wrong
_FREE = {"type": []}  # what any value of JSON fits
_TYPE_NAMES = {
    "integer": "a whole number",
    "number": "a number",
    "boolean": "a truth value",
    "array": "a list",
    "object": "a section with keys",
    "string": "text",
}


class Fault(NamedTuple):
    """A mistake in the type or the range of a value.

    Attributes
    ----------
    path, text
        Where it is, and what is wrong and what to do.
    broken
        Place of the value that the other checks must not see; None where it can be used all the same.
    """

    path: Place
    text: str
    broken: Place | None


# JSON Schema of the models, for messages and the manual ---------------------------------------------------------------


class _PlainSchema(GenerateJsonSchema):
    """Without titles of fields, which repeat their names, and without defaults, which stand in config/config.yaml."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def default_schema(self, schema: Any) -> dict:
        return self.generate_inner(schema["schema"])

    def dict_schema(self, schema: Any) -> dict:
        # Pydantic's own drops the title of keys.
        found = {
            "type": "object",
            "additionalProperties": self.generate_inner(schema.get("values_schema", {"type": "any"})),
        }
        if "keys_schema" in schema:
            found["propertyNames"] = self.generate_inner(schema["keys_schema"])
        self.update_with_validations(found, schema, self.ValidationsMapping.object)
        return found


@functools.cache
def json_schema(section: type[Section] = WorkflowConfig) -> dict:
    """Return the JSON Schema of a section, or of the whole configuration."""
    return section.model_json_schema(schema_generator=_PlainSchema)


@functools.cache
def plain_schema(section: type[Section] = WorkflowConfig) -> dict:
    """Return `json_schema` with what it refers to in its place, all types as lists, and models by kind as `kinds`."""
    schema = json_schema(section)
    return _plain(schema, schema.get("$defs", {}))


def _plain(node: dict, definitions: dict) -> dict:
    if "$ref" in node:
        rest = {key: value for key, value in node.items() if key != "$ref"}
        return _plain(definitions[node["$ref"].rpartition("/")[2]] | rest, definitions)
    if "anyOf" in node:  # a value or null
        rest = {key: value for key, value in node.items() if key != "anyOf"}
        inner = _plain(node["anyOf"][0] | rest, definitions)
        return inner | {"type": [*inner["type"], "null"]}
    node = node | {"type": [node["type"]] if "type" in node else []}
    for key in ("items", "additionalProperties", "propertyNames"):
        if isinstance(node.get(key), dict):
            node[key] = _plain(node[key], definitions)
    if "properties" in node:
        node["properties"] = {name: _plain(part, definitions) for name, part in node["properties"].items()}
    if "discriminator" in node:
        places = node["discriminator"]["mapping"]
        node["kinds"] = {kind: _plain({"$ref": places[kind]}, definitions) for kind in SETTINGS}
        node["type"] = ["object"]
    elif "oneOf" in node:  # a list or a text
        node["oneOf"] = [_plain(part, definitions) for part in node["oneOf"]]
        node["type"] = [kind for part in node["oneOf"] for kind in part["type"]]
    return node


def expectation(node: dict) -> str:
    """Return in words what a part of `plain_schema` wants: "a whole number from 1"."""
    types = node["type"]
    if "enum" in node or "const" in node:
        text = "one of " + ", ".join(node.get("enum", [node.get("const")]))
    elif "title" in node and "object" not in types:
        text = node["title"]
    elif "integer" in types or "number" in types:
        text = "a whole number" if "integer" in types else "a number"
        to, below = ("and up to", "and below") if "exclusiveMinimum" in node else ("to", "to below")
        bounds = {"minimum": "from", "exclusiveMinimum": "above", "maximum": to, "exclusiveMaximum": below}
        text += "".join(f" {word} {node[key]}" for key, word in bounds.items() if key in node)
    elif "boolean" in types:
        text = "true or false"
    elif "array" in types:
        text = f"a list, each {expectation(node['items'])}"
    else:
        text = "keys with values, indented below it" if "object" in types else "text"
    return f"{text}, or null" if "null" in types else text


# Mistakes -------------------------------------------------------------------------------------------------------------


class _Error(NamedTuple):
    """An error of pydantic: its kind, place and value, what the schema has there, and the text of checks of our own."""

    kind: str
    place: Place
    value: Any
    node: dict
    message: str


def find_faults(config: dict) -> Iterator[Fault]:
    """Yield every value of a configuration that has a wrong type, is out of range or is not known."""
    missing: dict[Place, list[tuple[str, str]]] = {}
    for error in _errors(config):
        match error.kind:
            case "missing":
                missing.setdefault(error.place[:-1], []).append((str(error.place[-1]), expectation(error.node)))
            case "key":
                yield Fault(error.place, error.message, None)
            case _:
                # What has a key too many can be used all the same, and so can a list with something twice.
                is_twice = error.kind == "value_error" and isinstance(error.value, list)
                usable = error.kind == "extra_forbidden" or is_twice
                yield Fault(error.place, _explained(error), None if usable else error.place)
    for place, keys in missing.items():
        names = ", ".join(key for key, _ in keys)
        yield Fault(place, f"lacks {names}. Add {'them' if len(keys) > 1 else f'it: {keys[0][1]}'}.", None)


def read_numbers(config: dict) -> None:
    """Turn text into a number, truth value or null, in place, where the schema has those and the text reads as one."""
    for error in list(_errors(config)):
        if error.kind.endswith("_type") and isinstance(error.value, str):
            for value in _readings(error.value):
                if _json_type(value) & set(error.node["type"]):
                    parent(config, error.place)[error.place[-1]] = value
                    break


def _errors(config: dict) -> Iterator[_Error]:
    yield from _errors_of(WorkflowConfig, config, ())
    for section, place, override, fixed, kind in _overrides(config):
        # Neither are all keys needed here, nor are all allowed.
        known = {name: entry for name, entry in plain_schema(section)["properties"].items() if name not in fixed}
        for key in override:
            if key not in known:
                yield _Error("extra_forbidden", (*place, key), None, {"properties": known}, "")
        changed = {key: value for key, value in override.items() if key in known} | kind
        yield from (error for error in _errors_of(section, changed, place) if error.kind != "missing")


def _overrides(config: dict) -> Iterator[tuple[type[Section], Place, dict, Collection[str], dict]]:
    """Yield what datasets change: section, place, settings, keys that they cannot change, and the kind of a model."""
    models = section_of(config, "model_params")
    for dataset, settings in section_of(config, "dataset_params").items():
        yield Split, ("dataset_params", dataset, "split"), section_of(settings, "split"), (), {}
        yield Scan, ("dataset_params", dataset, "scan"), section_of(settings, "scan"), SCAN_WHOLE, {}
        for model, override in section_of(settings, "model_params").items():
            kind = section_of(models, model).get("kind")
            if isinstance(override, dict) and isinstance(kind, str) and kind in SETTINGS and kind != EXTERNAL:
                place = ("dataset_params", dataset, "model_params", model)
                yield SETTINGS[kind], place, override, FIXED, {"kind": kind}


def section_of(node: Any, key: str) -> dict:
    """Return the mapping under a key; an empty one where there is none."""
    section = node.get(key) if isinstance(node, dict) else None
    return section if isinstance(section, dict) else {}


def _errors_of(section: type[Section], values: dict, place: Place) -> Iterator[_Error]:
    try:
        section.model_validate(values)
    except ValidationError as invalid:
        for error in invalid.errors(include_url=False):
            kind, value = error["type"], error["input"]
            path, node = _found(error["loc"], plain_schema(section))
            if kind.startswith("union_tag_"):  # a kind of model that there is not, or none
                path, node = (*path, "kind"), {"enum": list(SETTINGS), "type": ["string"]}
                kind, value = ("literal_error", value["kind"]) if kind.endswith("_invalid") else ("missing", value)
            message = str(error.get("ctx", {}).get("error", ""))
            if path[-1:] == (_KEY,):
                path, kind, message = path[:-1], "key", _explained(_Error(kind, path, value, node, message))
            yield _Error(kind, (*place, *path), value, node, message)


def _found(location: tuple[str | int, ...], node: dict) -> tuple[Place, dict]:
    """Return place and schema of an error of pydantic, whose location names the branches of unions too.

    Where keys are missing or unknown, the schema is that of their section; where a key is wrong, that of keys.
    """
    path: list[str | int] = []
    for i, part in enumerate(location):
        if node == _FREE:  # keys of it, each after the type of what holds it
            return (*path, *location[i + 1 :: 2]), node
        if "kinds" in node:
            node = node["kinds"][part]
        elif part == LIST:
            node = next(branch for branch in node["oneOf"] if "array" in branch["type"])
        elif part != TEXT:  # what a text should be, if it is no list, the union says
            path.append(part)
            if isinstance(part, int):
                node = node["items"]
            elif part in node.get("properties", {}):
                node = node["properties"][part]
            elif location[i + 1 :] == (_KEY,):
                node = node["propertyNames"]
            elif isinstance(node.get("additionalProperties"), dict):
                node = node["additionalProperties"]
    return tuple(path), node


def _explained(error: _Error) -> str:
    value, wanted = error.value, expectation(error.node) if "type" in error.node else ""
    match error.kind:
        case "extra_forbidden":
            return "unknown key. " + suggestion(error.place[-1], error.node["properties"], "Known here")
        case "value_error":
            return error.message
        case "literal_error" if isinstance(value, str):
            choices = error.node.get("enum", [error.node.get("const")])
            return f"{value!r} is not known. " + suggestion(value, choices, "Write one of")
        case "literal_error" | "model_attributes_type":
            return _wrong_type(value, error.node["type"], wanted)
        case kind if kind.endswith("_type"):
            return _wrong_type(value, error.node["type"], wanted)
        case "string_pattern_mismatch":
            return f"{value!r} is not {wanted.removesuffix(', or null')}. Write one like {error.node['examples'][0]}."
        case "string_too_short":
            return f"is empty. Write {wanted}."
        case "too_short" if not value:
            return "is empty. Write at least one."
        case "too_short" | "too_long":
            return f"has {len(value)} {'entry' if len(value) == 1 else 'entries'}. Write {error.node.get('minItems')}."
        case "string_too_long":
            return f"has {len(value)} characters. Write up to {error.node['maxLength']}."
        case "finite_number":
            return f"{value} is not a finite number. Write a finite one."
        case "invalid-json-value":
            return f"YAML reads this as {read_as(value)}. Put the text in quotes."
    return f"{value!r} is out of range. Write {wanted}."


def _wrong_type(value: Any, types: list[str], wanted: str) -> str:
    if value is None:
        return f"is empty. Write {wanted}, or delete the line to keep the default."
    if "string" in types and not isinstance(value, list | dict):
        return f"YAML reads this as {read_as(value)}. Put the text in quotes."
    if "array" in types and not isinstance(value, dict):
        return f"{value!r} is not a list. Write [{value}]."
    text = repr(value)
    return f"{text if len(text) <= 40 else f'{text[:37]}...'} is not {_TYPE_NAMES[types[0]]}. Write {wanted}."


def read_as(value: Any) -> str:
    """Return what YAML made of a text without quotes."""
    if value is None:
        return "nothing (null)"
    if isinstance(value, bool):
        return f"the truth value {str(value).lower()}"
    return f"the {'number' if isinstance(value, int | float) else 'date'} {value}"


def suggestion(word: Any, known: Collection[str], introduction: str) -> str:
    """Return "Did you mean ...?" where a known word is near and has no other digit, else all known words."""
    by_small_letters = {name.casefold(): name for name in known}
    small = str(word).casefold()
    near = difflib.get_close_matches(small, by_small_letters, n=1, cutoff=0.65)
    # Names that differ only in a digit name different things: hg17 is not hg19, and hg37 means GRCh37, not hg38.
    if near and (near[0] == small or _any_digits(near[0]) != _any_digits(small)):
        return f"Did you mean {by_small_letters[near[0]]}?"
    return f"{introduction}: {', '.join(known)}." if known else "None is defined yet."


def _any_digits(text: str) -> str:
    return "".join("0" if character.isdigit() else character for character in text)


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


def _json_type(value: Any) -> set[str]:
    if value is None:
        return {"null"}
    if isinstance(value, bool):
        return {"boolean"}
    return {"integer", "number"} if isinstance(value, int) else {"number"}


def parent(node: Any, path: Place) -> Any:
    """Return the section or list that holds the value at a place."""
    return functools.reduce(lambda node, part: node[part], path[:-1], node)
