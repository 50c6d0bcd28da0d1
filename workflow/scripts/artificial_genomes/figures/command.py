"""The command line that the scripts of all figures share."""

import argparse
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from artificial_genomes.figures.style import save_figure_and_numbers


def figure_parser(description: str | None, **tables: str) -> argparse.ArgumentParser:
    """Return a parser with an option for each kind of table, and the three outputs.

    Parameters
    ----------
    tables
        Help text by name. Each option takes one file an AG set, which lie in folders `{model}/seed{seed}`: these names
        say which set a file belongs to, and the order of the files is the order of the models in the figure.
    """
    parser = argparse.ArgumentParser(description=description)
    for name, text in tables.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=Path, nargs="+", required=True, help=text)
    parser.add_argument("--svg", type=Path, required=True, help="output: the figure")
    parser.add_argument("--png", type=Path, required=True, help="output: the figure")
    parser.add_argument("--tsv", type=Path, required=True, help="output: the numbers in the figure")
    return parser


def add_real(parser: argparse.ArgumentParser) -> None:
    """Add the options of figures that show real haplotypes."""
    parser.add_argument("--haplotypes", type=Path, required=True, help="real haplotypes of the dataset")
    parser.add_argument("--split", type=Path, required=True, help="table of its people: sample ... split")


def add_private(parser: argparse.ArgumentParser) -> None:
    """Add the option of figures that show people one by one, unless they are of a private cohort."""
    parser.add_argument("--private", action="store_true", help="count people in cells: none can be told")


def save(figure: Figure, numbers: pd.DataFrame, args: argparse.Namespace) -> None:
    """Write what the parser of `figure_parser` names."""
    save_figure_and_numbers(figure, numbers, args.svg, args.png, args.tsv)
