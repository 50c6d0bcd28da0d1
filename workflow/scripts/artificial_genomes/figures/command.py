"""The command line of the figures: `figure.py NAME ...` draws the figure whose module is NAME.

After `--then` follow the options of the same figure for another data set.

The module lists its tables in `INPUTS` and further arguments, if any, in `OPTIONS`. Both are options of the command
line. Tables are arguments of `numbers`. An option is passed to every function that has an argument of its name:
`numbers`, `draw`, and the functions that read tables.
"""

import argparse
import importlib
import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from artificial_genomes.figures.style import save_figure_and_numbers

FIGURES = tuple(sorted(path.stem for path in Path(__file__).parent.glob("fig*.py")))
"""Names of the figures, that is, of their modules."""

THEN = "--then"
"""The word between the options of two data sets."""


def figure_module(name: str) -> ModuleType:
    """Return the module of a figure."""
    return importlib.import_module(f"{__package__}.{name}")


def figure_parser(name: str) -> argparse.ArgumentParser:
    """Return the parser of the options of a figure."""
    module = figure_module(name)
    parser = argparse.ArgumentParser(prog=f"figure.py {name}", description=module.__doc__)
    for table, one in module.INPUTS.items():
        number = {"nargs": "+", "required": True} if one.needed else {"nargs": "*", "default": []}
        parser.add_argument(_flag(table), type=Path, metavar="TABLE", help=one.text, **number)
    for option, one in _options(module).items():
        parser.add_argument(_flag(option), type=one.type, required=True, help=one.text)
    parser.add_argument("--private", action="store_true", help="the cohort is private: do not show single individuals")
    for kind, text in (("svg", "the figure"), ("png", "the figure"), ("tsv", "the numbers in the figure")):
        parser.add_argument(_flag(kind), type=Path, required=True, help=f"output: {text}")
    return parser


def draw_figure(description: str | None, arguments: list[str] | None = None) -> None:
    """Draw the figure named on the command line, for one data set after the other, and write each with its numbers.

    Parameters
    ----------
    description
        Description of the program.
    arguments
        Name and options of the figure; by default those of the command line.
    """
    name, *rest = (sys.argv[1:] if arguments is None else arguments) or ["--help"]
    if name not in FIGURES:
        _overview(description).parse_args([name])
    parser, parts = figure_parser(name), [[]]
    for word in rest:
        parts.append([]) if word == THEN else parts[-1].append(word)
    for args in [parser.parse_args(part) for part in parts]:
        _draw(figure_module(name), args)


def _draw(module: ModuleType, args: argparse.Namespace) -> None:
    """Draw a figure for a data set."""
    options = {option: getattr(args, option) for option in ("private", *_options(module))}
    tables = {
        table: one.read(getattr(args, table), **_arguments(one.read, options)) for table, one in module.INPUTS.items()
    }
    numbers = module.numbers(**tables, **_arguments(module.numbers, options))
    figure = module.draw(numbers, **_arguments(module.draw, options))
    save_figure_and_numbers(figure, numbers, args.svg, args.png, args.tsv)


def _overview(description: str | None) -> argparse.ArgumentParser:
    """Return a parser for the name of the figure alone, which lists what each figure shows."""
    shown = "\n".join(f"  {name:22}{(figure_module(name).__doc__ or '').splitlines()[0]}" for name in FIGURES)
    parser = argparse.ArgumentParser(
        prog="figure.py",
        usage=f"figure.py NAME [options] [{THEN} options ...]; figure.py NAME --help lists the options of a figure",
        description=description,
        epilog=f"figures:\n{shown}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", metavar="NAME", choices=FIGURES, help="name of the figure")
    return parser


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _options(module: ModuleType) -> dict:
    return getattr(module, "OPTIONS", {})


def _arguments(function: Callable, options: dict) -> dict:
    """Return the options for which a function has an argument."""
    return {name: options[name] for name in inspect.signature(function).parameters if name in options}
