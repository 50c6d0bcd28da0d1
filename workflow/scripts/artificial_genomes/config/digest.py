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
    seen: dict[Path, bytes] = {}
    waiting = [path.resolve() for path in entry_points]
    while waiting:
        path = waiting.pop()
        if path not in seen:
            seen[path] = code_of(path)
            waiting.extend(imported_files(path, root.resolve()))
            if (table := path.with_suffix(".tsv")).is_file():
                waiting.append(table)
    digest = hashlib.sha256()
    for path in sorted(seen):
        digest.update(hashlib.sha256(seen[path]).digest())
    return digest.hexdigest()[:16]


@cache
def code_of(path: Path) -> bytes:
    """Return the code of a Python file without comments, docstrings and formatting; all of a file of another kind."""
    text = path.read_bytes()
    if path.suffix != ".py":
        return text
    return ast.unparse(_WithoutDocstrings().visit(ast.parse(text))).encode()


class _WithoutDocstrings(ast.NodeTransformer):
    """Drops statements that are nothing but a string: docstrings, also those of constants."""

    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        """Return a statement, or None to drop it."""
        is_text = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return None if is_text else node


@cache
def imported_files(path: Path, root: Path) -> list[Path]:
    """Return the files of this package that a Python file imports by name, packages' `__init__.py` included."""
    if path.suffix != ".py":
        return []
    names = []
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    files = []
    for name in names:
        parts = name.split(".")
        if parts[0] == PACKAGE:
            modules = [root.joinpath(*parts[:depth]) for depth in range(1, len(parts) + 1)]
            files += [file for module in modules for file in (module / "__init__.py", module.with_suffix(".py"))]
    return [file for file in dict.fromkeys(files) if file.is_file()]
