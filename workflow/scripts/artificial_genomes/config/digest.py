"""A hash of the code behind a rule, so that editing it (and nothing else) makes the rule run again.

Snakemake decides by modification time for `script:` files and never looks into imported modules; a digest among the
`params` of a rule changes exactly when the code of the script, or of a module of this package that it imports directly
or through others, changes. Comments, docstrings and formatting are no code.
"""

import ast
import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

PACKAGE = "artificial_genomes"


def code_digest(entry_points: Iterable[Path], root: Path) -> str:
    """Return 16 hexadecimal digits that stand for the code reachable from some files.

    Parameters
    ----------
    entry_points
        Python files whose imports are followed; a file of another kind (a template) counts by its content alone, and by
        all of it. The table beside a module, of its name with `.tsv`, counts with it.
    root
        The folder that holds the package.
    """
    root = root.resolve()
    seen: dict[Path, bytes] = {}
    waiting = [path.resolve() for path in entry_points]
    while waiting:
        path = waiting.pop()
        if path not in seen:
            seen[path], _ = code_and_imports(path)
            waiting.extend(imported_files(path, root))
            if (table := path.with_suffix(".tsv")).is_file():
                waiting.append(table)
    digest = hashlib.sha256()
    for path in sorted(seen):
        digest.update(hashlib.sha256(seen[path]).digest())
    return digest.hexdigest()[:16]


@cache
def code_and_imports(path: Path) -> tuple[bytes, list[str]]:
    """Return the code of a Python file without comments, docstrings and formatting, and the names that it imports.

    Docstrings are all statements that are nothing but a string, also those of constants. A file of another kind is code
    as a whole.
    """
    text = path.read_bytes()
    if path.suffix != ".py":
        return text, []
    tree = ast.parse(text)
    names = []
    # Every Snakemake reads all files: neither docstrings nor imports are looked for in expressions.
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for field in ("body", "orelse", "finalbody", "handlers", "cases"):
            if block := getattr(node, field, None):
                block[:] = [one for one in block if not _is_text(one)]
                waiting += block
    return ast.unparse(tree).encode(), names


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


@cache
def imported_files(path: Path, root: Path) -> list[Path]:
    """Return the files of this package that a Python file imports by name, packages' `__init__.py` included."""
    files = []
    for name in code_and_imports(path)[1]:
        parts = name.split(".")
        if parts[0] == PACKAGE:
            modules = [root.joinpath(*parts[:depth]) for depth in range(1, len(parts) + 1)]
            files += [file for module in modules for file in (module / "__init__.py", module.with_suffix(".py"))]
    return [file for file in dict.fromkeys(files) if file.is_file()]
