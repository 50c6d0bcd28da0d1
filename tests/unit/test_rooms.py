"""The package is a house: each room is a stage, and imports point down only."""

import ast
import importlib
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from artificial_genomes.config.digest import PACKAGE
from helpers import ROOT

HOUSE = ROOT / "workflow" / "scripts" / PACKAGE

ROOMS = (
    "core",
    "io",
    "statistics",
    "acquire",
    "models",
    "scans",
    "imputation",
    "compare",
    "latent",
    "judge",
    "release",
    "config",
    "prepare",
    "figures",
    "report",
    "check",
)
"""From the bottom up: a room stands on those before it."""

OUTSIDE_MAX = 1
"""Modules that no room holds: `__init__`."""


def name_of(path: Path) -> str:
    """Return the dotted name of a module."""
    parts = path.relative_to(HOUSE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in HOUSE.rglob("*.py")}


def imported(path: Path) -> set[str]:
    """Return the modules of the package that a module imports, wherever in its code."""
    names = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            full = {f"{node.module}.{alias.name}" for alias in node.names}
            names |= {name if name in MODULES else node.module for name in full}
    return names & MODULES.keys()


def room_of(name: str) -> str:
    """Return the room of a module; "" for one outside."""
    parts = name.split(".")
    return parts[1] if len(parts) > 1 and (HOUSE / parts[1]).is_dir() else ""


@pytest.mark.parametrize("name", sorted(MODULES))
def test_imports_point_down(name):
    for other in imported(MODULES[name]):
        if room_of(name) and room_of(other):
            assert ROOMS.index(room_of(other)) <= ROOMS.index(room_of(name)), f"{name} imports {other}"
        else:
            assert not room_of(name), f"{name} imports {other}, which lies in no room"


def test_no_module_imports_itself_by_others():
    graph = {name: imported(path) - {name} for name, path in MODULES.items()}
    assert len([*TopologicalSorter(graph).static_order()]) == len(MODULES)


def test_few_modules_lie_outside_a_room():
    assert {room_of(name) for name in MODULES} - {""} == {*ROOMS}
    assert len([name for name in MODULES if not room_of(name)]) <= OUTSIDE_MAX


def test_tests_lie_in_folders_named_after_rooms():
    folders = {path.parent.name for tier in ("unit", "integration") for path in ROOT.glob(f"tests/{tier}/*/test_*.py")}
    assert folders <= {*ROOMS}


@pytest.mark.parametrize("path", [*ROOT.glob("bench/*.py"), *ROOT.glob("workflow/scripts/*.py")], ids=str)
def test_programs_import_what_there_is(path):
    """Benchmarks are run by nobody's tests."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == PACKAGE:
            module = importlib.import_module(node.module)
            for alias in node.names:
                found = hasattr(module, alias.name) or f"{node.module}.{alias.name}" in MODULES
                assert found, f"{node.module} has no {alias.name}"
