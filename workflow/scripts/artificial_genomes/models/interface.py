"""What a Python file must define to be a model, checked without running it."""

import ast
from collections.abc import Iterator
from pathlib import Path

METHODS = ("from_arrays", "arrays", "sample")
"""Required attributes of the class `Model`."""

FIT_ARGUMENTS = ("data", "settings", "run")


def interface_problems(path: Path) -> Iterator[str]:
    """Yield what a file lacks to be a model of kind custom, and what to do.

    Imported names are assumed to be correct, and so are methods that the class may inherit: the training checks again
    after importing the file.
    """
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError) as error:
        line, text = getattr(error, "lineno", None), getattr(error, "msg", error)
        yield f"{path}{f', line {line}' if line else ''}: not Python ({text}). Correct it."
        return
    found = {name: node for node in _statements(tree.body) for name in _names(node)}
    if "*" in found:
        return
    fit, model = found.get("fit"), found.get("Model")
    if fit is None or (isinstance(fit, ast.FunctionDef) and not _takes(fit.args, len(FIT_ARGUMENTS))):
        yield f"{path} has no function fit({', '.join(FIT_ARGUMENTS)}). Define it, as docs/own-model.md says."
    if model is None:
        yield f"{path} has no class Model. Define it, as docs/own-model.md says."
    elif isinstance(model, ast.ClassDef):
        methods = {name for node in model.body for name in _names(node)}
        missing = [name for name in METHODS if name not in methods and not model.bases]
        if missing:
            names = ", ".join(missing)
            yield f"{path}, line {model.lineno}: Model has no {names}. Define it, as docs/own-model.md says."
        if "simulate" in methods:
            yield (
                f"{path}: Model has a method simulate, but AGs of kind custom must have the sites of the data "
                "set. Rename it."
            )


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield statements, including those within `if`, `try` and `with`."""
    for node in body:
        yield node
        if isinstance(node, ast.If | ast.Try | ast.With):
            for part in ("body", "orelse", "finalbody"):
                yield from _statements(getattr(node, part, []))
            for handler in getattr(node, "handlers", []):
                yield from _statements(handler.body)


def _names(node: ast.stmt) -> list[str]:
    """Return the names that a statement defines."""
    match node:
        case ast.FunctionDef() | ast.ClassDef():
            return [node.name]
        case ast.Import() | ast.ImportFrom():
            return [alias.asname or alias.name for alias in node.names]
        case ast.Assign():
            return [target.id for target in node.targets if isinstance(target, ast.Name)]
        case ast.AnnAssign(target=ast.Name()):
            return [node.target.id]
    return []


def _takes(arguments: ast.arguments, n: int) -> bool:
    """Return whether a function can be called with `n` positional arguments."""
    given = len(arguments.posonlyargs) + len(arguments.args)
    needs = given - len(arguments.defaults)
    has_more = any(default is None for default in arguments.kw_defaults)
    return needs <= n and (given >= n or arguments.vararg is not None) and not has_more
