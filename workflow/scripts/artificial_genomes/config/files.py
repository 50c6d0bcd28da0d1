"""Configuration files, read once more and strictly.

Snakemake reads and merges them before the workflow sees anything. If a key is given twice, it silently takes the last
value; if a list contains itself, or grows without bounds through its aliases, the checks would never end.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml

from artificial_genomes.core.errors import UserError

NODES_MAX = 100_000
"""Most values that a file may hold once its aliases are written out."""

_MERGE = "tag:yaml.org,2002:merge"


def check_configuration_files(paths: Iterable[str | Path]) -> None:
    """Check configuration files of which Snakemake has read and merged the values.

    Raises
    ------
    UserError
        A file is not there, is no text in UTF-8, is no YAML or JSON with keys, gives a key twice, or holds aliases
        that lead in a circle or to more than `NODES_MAX` values.
    """
    for path in paths:
        _check(Path(path))


def _check(path: Path) -> None:
    text = _text(path)
    try:
        # In JSON, tabs may stand between values; as spaces YAML reads them too, on the same lines.
        text = text.replace("\t", " ") if _is_json(text) else text
        loader = yaml.FullLoader(text)
        root = loader.get_single_node()
        if not isinstance(root, yaml.MappingNode):
            raise UserError(f"{path} has no keys with values (`key: value`) at its top level. Add some.")
        for text in _faults(root, loader):
            raise UserError(f"{path}, {text}")
        loader.construct_document(root)
    except yaml.MarkedYAMLError as error:
        place = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise UserError(
            f"{path}{place}: {error.problem or error.context}. Correct the YAML: indent with spaces, and close quotes "
            "and brackets."
        ) from error
    except (yaml.YAMLError, ValueError, TypeError, OverflowError, RecursionError) as error:
        # Characters that YAML forbids; a date like 2026-13-45; lists within thousands of lists.
        raise UserError(f"{path} is not valid YAML ({error}). Correct it.") from error


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except IsADirectoryError as error:
        raise UserError(f"{path} is a folder, not a configuration file. Name a file.") from error
    except FileNotFoundError as error:
        raise UserError(f"the configuration file {path} does not exist. Check its path.") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise UserError(f"{path}, line {line}: not text in UTF-8. Save the file as UTF-8.") from error


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _faults(root: yaml.Node, loader: yaml.FullLoader) -> Iterator[str]:
    """Yield what is wrong with the nodes of a file, with lines: keys given twice, circles and floods of aliases."""
    sizes: dict[int, int] = {}
    open_nodes: set[int] = set()
    # Each node is visited before and after what it holds. Without recursion, since a file may be nested deeply.
    stack = [(root, False)]
    while stack:
        node, is_done = stack.pop()
        parts = _parts(node)
        if is_done:
            open_nodes.discard(id(node))
            sizes[id(node)] = 1 + sum(sizes[id(part)] for part in parts)
            if sizes[id(node)] > NODES_MAX:
                yield f"line {_line(node)}: its aliases expand to more than {NODES_MAX:,} values. Write the values out."
                return
        elif id(node) in open_nodes:
            yield f"line {_line(node)}: the value of the anchor contains itself through an alias. Remove the alias."
            return
        elif id(node) not in sizes:
            open_nodes.add(id(node))
            if isinstance(node, yaml.MappingNode):
                yield from _repeated(node, loader)
            stack += [(node, True), *((part, False) for part in parts)]


def _parts(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return node.value if isinstance(node, yaml.SequenceNode) else []


def _repeated(node: yaml.MappingNode, loader: yaml.FullLoader) -> Iterator[str]:
    lines: dict[object, int] = {}
    for key_node, _ in node.value:
        line = _line(key_node)
        if not isinstance(key_node, yaml.ScalarNode):
            yield f"line {line}: a key is a list or a mapping. Write text."
            return
        # `<<` is no key but an order to merge, for which YAML has no value.
        key = key_node.value if key_node.tag == _MERGE else loader.construct_object(key_node)
        if key in lines:
            yield (
                f"line {line}: the key {key_node.value!r} was given before, in line {lines[key]}. Keep one of the two."
            )
        lines[key] = line


def _line(node: yaml.Node) -> int:
    return node.start_mark.line + 1
