"""The one exception that addresses the user of the workflow, and the collection of several."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


class UserError(Exception):
    """An error that the user can correct: the text says what is wrong, where, and what to do.

    The command-line scripts print it as one line and exit with code 2, without a traceback.
    """


def counted(number: int, noun: str) -> str:
    """Return a number with its noun.

    Examples
    --------
    >>> counted(1, "sample"), counted(2504, "sample")
    ('1 sample', '2,504 samples')
    """
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


@dataclass
class Findings:
    """Everything that a check finds, where a run would stop at the first error.

    Attributes
    ----------
    problems
        Texts of the `UserError`s, without duplicates.
    genotypes
        Number of genotypes inspected, at biallelic SNPs.
    unusable
        Number of them that cannot be used, by reason: missing, unphased, ...
    build_is_stated
        Whether the header of every file states a contig length of the cohort's genome build.
    """

    problems: list[str] = field(default_factory=list)
    genotypes: int = 0
    unusable: Counter[str] = field(default_factory=Counter)
    build_is_stated: bool = False


@contextmanager
def gathered(findings: Findings | None) -> Iterator[None]:
    """Add a `UserError` of the block to the findings; without findings, it propagates."""
    try:
        yield
    except UserError as error:
        if findings is None:
            raise
        if str(error) not in findings.problems:
            findings.problems.append(str(error))
