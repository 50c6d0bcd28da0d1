"""The digest of a script changes with the code behind the script, and with nothing else."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from artificial_genomes.config.digest import code_and_imports, code_digest, imported_files
from helpers import ROOT

SCRIPTS = ROOT / "workflow" / "scripts"


@pytest.fixture
def scripts(tmp_path):
    """Return a folder with two scripts, a package of modules that import each other, and a template."""
    files = {
        "compare.py": "import numpy\nfrom artificial_genomes import cli\nfrom artificial_genomes.ld import r2\n",
        "late.py": "def main():\n    import artificial_genomes.models.gan\n",
        "artificial_genomes/__init__.py": "",
        "artificial_genomes/cli.py": "from artificial_genomes.errors import UserError\n",
        "artificial_genomes/errors.py": "class UserError(Exception):\n    pass\n",
        # Two modules that import each other.
        "artificial_genomes/ld.py": "from artificial_genomes import pairs\nr2 = 1\n",
        "artificial_genomes/pairs.py": "import artificial_genomes.ld\n",
        "artificial_genomes/scan.py": "",
        "artificial_genomes/models/__init__.py": "from artificial_genomes.errors import UserError\n",
        "artificial_genomes/models/gan.py": "",
        "artificial_genomes/models/rbm.py": "",
        "report.html.j2": "<p>{{ text }}</p>\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def digest(scripts: Path, *names: str) -> str:
    """Return the digest as a new Snakemake process would compute it."""
    code_and_imports.cache_clear()
    imported_files.cache_clear()
    return code_digest([scripts / name for name in names], scripts)


def edit(path: Path) -> None:
    path.write_text(path.read_text() + "changed = True\n")


def test_the_table_beside_a_module_counts_with_it(scripts):
    without = digest(scripts, "compare.py")
    table = scripts / "artificial_genomes" / "ld.tsv"
    table.write_text("name\tmeaning\n")
    with_table = digest(scripts, "compare.py")
    edit(table)
    assert len({without, with_table, digest(scripts, "compare.py")}) == 3


def test_touching_files_changes_nothing(scripts):
    before = digest(scripts, "compare.py")
    for path in scripts.rglob("*"):
        os.utime(path, (2_000_000_000, 2_000_000_000))
    assert digest(scripts, "compare.py") == before


@pytest.mark.parametrize(
    "edited",
    [
        "compare.py",
        "artificial_genomes/__init__.py",
        "artificial_genomes/cli.py",
        "artificial_genomes/ld.py",
        # Through another module
        "artificial_genomes/errors.py",
        "artificial_genomes/pairs.py",
    ],
)
def test_an_edit_of_what_is_imported_changes_the_digest(scripts, edited):
    before = digest(scripts, "compare.py")
    edit(scripts / edited)
    assert digest(scripts, "compare.py") != before


@pytest.mark.parametrize(
    "edited", ["artificial_genomes/scan.py", "artificial_genomes/models/gan.py", "late.py", "report.html.j2"]
)
def test_an_edit_of_what_is_not_imported_changes_nothing(scripts, edited):
    before = digest(scripts, "compare.py")
    edit(scripts / edited)
    assert digest(scripts, "compare.py") == before


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a = 1\n", "# a comment\na = 1  # another\n"),
        ("a = 1\n", '"""What it is for."""\na = 1\n"""The first letter."""\n'),
        ("def f(x):\n    return x\n", 'def f(x):\n    """Return x."""\n\n    return (x)\n'),
        ("class A:\n    b = 2\n", 'class A:\n    """An A."""\n\n    b = 2\n    """A B."""\n'),
        ("f(a, 'b')\n", 'f(\n    a,\n    "b",\n)\n'),
    ],
)
def test_comments_docstrings_and_formatting_are_no_code(scripts, before, after):
    module = scripts / "artificial_genomes" / "errors.py"
    module.write_text(before)
    digest_before = digest(scripts, "compare.py")
    module.write_text(after)
    assert digest(scripts, "compare.py") == digest_before
    module.write_text(after + "g = 3\n")
    assert digest(scripts, "compare.py") != digest_before


@pytest.mark.parametrize(("before", "after"), [("a = 1\n", "a = 1.0\n"), ('f("b")\n', 'f("b ")\n'), ("x\n", "not x\n")])
def test_constants_and_strings_that_are_used_are_code(scripts, before, after):
    module = scripts / "artificial_genomes" / "errors.py"
    module.write_text(before)
    digest_before = digest(scripts, "compare.py")
    module.write_text(after)
    assert digest(scripts, "compare.py") != digest_before


def test_an_import_inside_a_function_and_the_packages_above_it_count(scripts):
    before = digest(scripts, "late.py")
    edit(scripts / "artificial_genomes/models/gan.py")
    after_module = digest(scripts, "late.py")
    edit(scripts / "artificial_genomes/models/__init__.py")
    after_package = digest(scripts, "late.py")
    edit(scripts / "artificial_genomes/errors.py")
    assert len({before, after_module, after_package, digest(scripts, "late.py")}) == 4


def test_a_module_that_is_found_by_its_name_counts_where_it_is_named_too(scripts):
    # model_module("rbm") leaves no import to find: the rule names the file beside the script.
    before = digest(scripts, "compare.py", "artificial_genomes/models/rbm.py")
    edit(scripts / "artificial_genomes/models/rbm.py")
    assert digest(scripts, "compare.py", "artificial_genomes/models/rbm.py") != before


def test_a_template_counts_by_its_content(scripts):
    before = digest(scripts, "compare.py", "report.html.j2")
    edit(scripts / "report.html.j2")
    assert digest(scripts, "compare.py", "report.html.j2") != before


def test_the_digest_does_not_depend_on_where_the_workflow_lies(scripts, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("clone") / "workflow"
    scripts.rename(elsewhere)
    moved = digest(elsewhere, "compare.py")
    elsewhere.rename(scripts)
    assert digest(scripts, "compare.py") == moved


LOADED = """
import importlib.util, json, sys
from pathlib import Path
root = Path(sys.argv[1])
sys.path.insert(0, str(root))
loaded = {}
for script in sorted(root.glob("*.py")):
    for name in [name for name in sys.modules if name.split(".")[0] == "artificial_genomes"]:
        del sys.modules[name]
    spec = importlib.util.spec_from_file_location("script", script)
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
    modules = {name: module for name, module in sys.modules.items() if name.split(".")[0] == "artificial_genomes"}
    loaded[script.name] = [module.__file__ for module in modules.values()]
print(json.dumps(loaded))
"""


@pytest.mark.integration
def test_whatever_python_loads_for_a_script_of_the_workflow_counts():
    run = subprocess.run([sys.executable, "-c", LOADED, str(SCRIPTS)], capture_output=True, text=True, check=True)
    loaded = json.loads(run.stdout)
    assert "compare.py" in loaded
    for script, modules in loaded.items():
        waiting, found = [SCRIPTS / script], set()
        while waiting:
            path = waiting.pop()
            if path not in found:
                found.add(path)
                waiting += imported_files(path, SCRIPTS)
        assert {Path(module) for module in modules} <= found, script
