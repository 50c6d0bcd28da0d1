"""What is written from the models of the configuration: the tables of its manual, and the schema for editors.

`PYTHONPATH=workflow/scripts python -m artificial_genomes.config.manual` writes both anew; a test fails where they are
stale.
"""

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from artificial_genomes.config.checks import read_defaults
from artificial_genomes.config.faults import expectation, json_schema, plain_schema
from artificial_genomes.config.model_settings import SETTINGS
from artificial_genomes.config.schema import DRAWINGS, ONCE
from artificial_genomes.config.stage_relations import NEEDED_STAGE

MANUAL, SCHEMA = Path("config/README.md"), Path("workflow/schemas/config.schema.yaml")
"""The files that are written, below the folder of the workflow."""

_PLACEHOLDERS = {"cohorts": "cohort", "dataset_params": "dataset", "figure_params": "figure"}
_GATES = ("verdict.fidelity", "verdict.privacy")
_MODEL = "model_params.<model>.kind"
_TABLE = re.compile(r"(<!-- generated: (.+?) -->\n).*?(<!-- end -->\n)", re.DOTALL)
_DRAWINGS = re.compile(r"(<!-- generated from DRAWINGS -->\n).*?(<!-- end -->\n)", re.DOTALL)
_HEAD = "| Key | Meaning | Type and range | Default |\n|---|---|---|---|\n"
_SCHEMA_HEAD = "# Written by artificial_genomes.config.manual from the models of the configuration, for editors."


def write(root: Path) -> None:
    """Write the tables of the manual and the schema for editors anew.

    Parameters
    ----------
    root
        The folder of the workflow.
    """
    for file, text in written(root).items():
        (root / file).write_text(text, encoding="utf-8")


def written(root: Path) -> dict[Path, str]:
    """Return what the manual and the schema should hold, by file."""
    manual = (root / MANUAL).read_text(encoding="utf-8")
    schema = "".join(f"{line}\n" for line in [_SCHEMA_HEAD, *_schema_lines(editor_schema(root))])
    manual = _DRAWINGS.sub(lambda marker: marker[1] + drawings() + marker[2], manual)
    return {MANUAL: with_tables(manual, rows(root)), SCHEMA: schema}


def with_tables(text: str, rows: dict[str, str]) -> str:
    """Return a page with the rows of the keys that a marker `<!-- generated: key key ... -->` names, in its order."""

    def table(marker: re.Match) -> str:
        keys = [key for name in marker[2].split() for key in rows if key == name or key.startswith(f"{name}.")]
        return marker[1] + _HEAD + "".join(f"{rows[key]}\n" for key in keys) + marker[3]

    return _TABLE.sub(table, text)


def drawings() -> str:
    """Return the table of what figures draw: what that shows, what it needs, and whether a run has it only once."""
    lines = ["| What is drawn | |", "|---|---|"]
    for name, shown in DRAWINGS.items():
        needed = [f"needs the data set in `{NEEDED_STAGE[name]}.datasets`"] if name in NEEDED_STAGE else []
        once = ["once per run"] if name in ONCE else []
        lines.append(f"| `{name}` | {'; '.join([shown, *needed, *once])} |")
    return "".join(f"{line}\n" for line in lines)


def rows(root: Path) -> dict[str, str]:
    """Return the row of the manual for every key: meaning, type and range, default."""
    defaults = read_defaults(root)
    found = dict(_rows(plain_schema(), defaults, ""))
    for kind, settings in SETTINGS.items():
        found |= _rows(plain_schema(settings), defaults["model_params"].get(kind), f"model_params.{kind}.")
    return found


def _rows(section: dict, defaults: Any, prefix: str) -> Iterator[tuple[str, str]]:
    for name, node in section["properties"].items():
        key = f"{prefix}{name}"
        values = node["additionalProperties"] if isinstance(node.get("additionalProperties"), dict) else {}
        has_default = isinstance(defaults, dict) and name in defaults
        if key in _GATES:
            yield from _rows(values, None, "verdict.<kind>.<metric>.")
        elif "properties" in node:
            yield from _rows(node, defaults[name] if has_default else None, f"{key}.")
        elif "properties" in values:
            yield from _rows(values, None, f"{key}.<{_PLACEHOLDERS[name]}>.")
        elif "kinds" in values:
            kind = {
                "description": "Kind of the model; the other keys depend on it.",
                "enum": list(SETTINGS),
                "type": [],
            }
            yield _MODEL, _row(_MODEL, kind, "required")
        elif "const" not in node or name != "kind":
            absent = "required" if name in section.get("required", []) else "none"
            yield key, _row(key, node, _value(defaults[name]) if has_default else absent)


def _row(key: str, node: dict, default: str) -> str:
    meaning = node["description"].replace("\n", " ").rstrip(".")
    return f"| `{key}` | {meaning} | {expectation(node)} | {default} |"


def _value(value: Any) -> str:
    return "`" + yaml.safe_dump(value, default_flow_style=True, width=1000).removesuffix("...\n").strip() + "`"


def editor_schema(root: Path) -> dict:
    """Return the JSON Schema of a file that states what differs from the defaults: no key is required in it."""
    schema, defaults = copy.deepcopy(json_schema()), read_defaults(root)
    sections = {entry["$ref"]: defaults[name] for name, entry in schema["properties"].items() if "$ref" in entry}
    kinds = schema["properties"]["model_params"]["additionalProperties"]["discriminator"]["mapping"]
    sections |= {place: defaults["model_params"].get(kind, {}) for kind, place in kinds.items()}
    for place, values in sections.items():
        for key, entry in schema["$defs"][place.rpartition("/")[2]]["properties"].items():
            if key in values and key != "kind":
                entry["default"] = values[key]
    return _for_editors(schema)


def _for_editors(node: Any) -> Any:
    if isinstance(node, list):
        return [_for_editors(part) for part in node]
    if not isinstance(node, dict):
        return node.replace("\n", " ") if isinstance(node, str) else node
    kept = {key: _for_editors(value) for key, value in node.items() if key not in ("required", "discriminator")}
    if "discriminator" in node:
        # An entry of a file may say its kind or leave it to the defaults.
        kept["anyOf"] = kept.pop("oneOf")
    if node.get("type") == "object":
        kept.pop("title", None)  # the name of a class
    return kept


def _schema_lines(schema: dict, indent: str = "") -> Iterator[str]:
    """Yield the lines of a JSON Schema in YAML, one for each key of the configuration."""
    for key, value in schema.items():
        if key not in ("$defs", "properties"):
            yield f"{indent}{key}: {_json(value)}"
            continue
        yield f"{indent}{key}:"
        for name, part in value.items():
            if key == "$defs" and part:
                yield f"{indent}  {name}:"
                yield from _schema_lines(part, f"{indent}    ")
            else:
                yield f"{indent}  {name}: {_json(part)}"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    write(Path(__file__).resolve().parents[4])
