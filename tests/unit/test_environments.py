"""The environments: exact, in agreement with each other, documented, and enough for the rules that name them."""

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from artificial_genomes.digest import imported_files

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "workflow" / "scripts"
YAMLS = sorted((ROOT / "envs").glob("*.yaml"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())

# A package by its names elsewhere: on conda-forge, and as the module that Python imports.
CONDA_NAMES = {"matplotlib-base": "matplotlib", "seaborn-base": "seaborn"}
MODULE_NAMES = {"allel": "scikit-allel", "ot": "pot", "sklearn": "scikit-learn", "yaml": "pyyaml"}


def project_pins() -> dict[str, str]:
    """Return the version of each package of pyproject.toml, with those of its development group."""
    dependencies = [*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["dev"]]
    return dict(re.fullmatch(r"([\w-]+)==([\w.]+)(?: ;.*)?", dependency).groups() for dependency in dependencies)


def conda_pins(path: Path) -> dict[str, str]:
    """Return the version of each package of an environment, by its name in pyproject.toml where it stands there."""
    pins = dict(
        re.fullmatch(r"([\w-]+)=([\w.]+)", line).groups() for line in yaml.safe_load(path.read_text())["dependencies"]
    )
    return {CONDA_NAMES.get(name, name): version for name, version in pins.items()}


def locked() -> dict[str, list[str]]:
    """Return the hashes of each `name==version` of the lock."""
    entries = {}
    for entry in (ROOT / "envs" / "requirements.txt").read_text().replace("\\\n", " ").splitlines():
        requirement, *hashes = re.split(r"\s+--hash=", entry)
        entries[requirement.split(";")[0].strip()] = hashes
    return entries


def rules() -> list[tuple[str, str, str]]:
    """Return name, environment and script of every rule that runs a script."""
    found = []
    for path in sorted((ROOT / "workflow" / "rules").glob("*.smk")):
        for name, body in re.findall(r"^rule (\w+):\n(.*?)(?=^\S|\Z)", path.read_text(), re.MULTILINE | re.DOTALL):
            environment = re.search(r'^    conda:\n        "(.+)"', body, re.MULTILINE)
            script = re.search(r'script=script\("(.+?)"\)', body)
            if "    shell:" in body:
                found.append((name, environment[1] if environment else "", script[1] if script else ""))
    return found


def third_party_modules(script: Path) -> set[str]:
    """Return the modules of others that a script and the package modules behind it need in order to be imported."""
    waiting, seen, modules = [script], set(), set()
    while waiting:
        path = waiting.pop()
        if path not in seen:
            seen.add(path)
            waiting += imported_files(path, SCRIPTS)
            source = path.read_text()
            if "importlib.import_module" in source:  # of one of its neighbours, by name
                waiting += path.parent.glob("*.py")
            for node in ast.parse(source).body:  # imports inside functions may never happen
                if isinstance(node, ast.Import):
                    modules |= {alias.name.partition(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom):
                    modules.add(node.module.partition(".")[0])
    return modules - sys.stdlib_module_names - {"artificial_genomes"}


@pytest.mark.parametrize("path", YAMLS, ids=lambda path: path.stem)
def test_conda_environment_is_exact_and_agrees_with_the_lock(path):
    environment = yaml.safe_load(path.read_text())
    assert set(environment) == {"channels", "dependencies"}
    # `defaults` has other licence terms, and some solvers take `nodefaults` for a channel.
    assert environment["channels"] in (["conda-forge"], ["conda-forge", "bioconda"])
    pins = conda_pins(path)
    assert len(pins) == len(environment["dependencies"])
    from_pip = {requirement.partition("==")[0]: requirement for requirement in locked()}
    agreed = {f"{name}=={version}" for name, version in pins.items() if name in from_pip}
    assert agreed == {from_pip[name] for name in pins if name in from_pip}
    minor = re.match(r"\d+\.\d+", pins["python"])[0]
    assert minor in ("3.11", "3.12")


def test_conda_environments_agree_with_each_other():
    versions = {pin for path in YAMLS for pin in conda_pins(path).items()}
    assert len(versions) == len(dict(versions))


def test_every_rule_names_an_environment_that_exists_and_every_environment_is_named():
    named = {name: environment for name, environment, _ in rules()}
    assert len(named) >= 10
    assert {name for name, environment in named.items() if not environment} == set()
    files = {name: (ROOT / "workflow" / "rules" / environment).resolve() for name, environment in named.items()}
    assert {name: str(path) for name, path in files.items() if path not in YAMLS} == {}
    assert set(YAMLS) == set(files.values())


WITH_SCRIPT = [rule for rule in rules() if rule[2]]


@pytest.mark.parametrize(("name", "environment", "script"), WITH_SCRIPT, ids=[name for name, _, _ in WITH_SCRIPT])
def test_what_a_script_imports_is_in_both_environments(name, environment, script):
    needed = {MODULE_NAMES.get(module, module) for module in third_party_modules(SCRIPTS / script)}
    assert needed - set(conda_pins(ROOT / "workflow" / "rules" / environment)) == set()
    assert needed - set(project_pins()) == set()


def test_lock_has_hashes_and_no_address():
    entries = locked()
    assert len(entries) > 50
    for requirement, hashes in entries.items():
        assert re.fullmatch(r"[\w.-]+==[\w.+!]+", requirement)
        assert hashes
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", text) for text in hashes)


def test_lock_holds_what_pyproject_asks_for():
    missing = {f"{name}=={version}" for name, version in project_pins().items()} - set(locked())
    assert missing == set(), "run `make lock`"


def test_every_package_is_explained():
    table = set(re.findall(r"^\| ([\w-]+) \|", (ROOT / "envs" / "README.md").read_text(), re.MULTILINE)) - {"package"}
    used = set(project_pins()).union(*(conda_pins(path) for path in YAMLS))
    assert table == used
