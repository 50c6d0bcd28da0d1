"""The one exception that is meant for the person who runs the workflow, and how several are gathered."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


class UserError(Exception):
    """Something that the user can mend: says what is wrong, where, and what to do.

    The command-line scripts print it as one line and exit with code 2, without a traceback.
    """


@dataclass
class Findings:
    """What a check finds where a run would stop at the first fault.

    Attributes
    ----------
    problems
        Texts of the `UserError`s, without repeats.
    genotypes
        Number of genotypes looked at, of SNPs with two alleles.
    unusable
        Of these, those that cannot be used, by reason: missing, unphased, ...
    """

    problems: list[str] = field(default_factory=list)
    genotypes: int = 0
    unusable: Counter[str] = field(default_factory=Counter)


@contextmanager
def gathered(findings: Findings | None) -> Iterator[None]:
    """Note a `UserError` of the block among the findings; without findings it goes on its way."""
    try:
        yield
    except UserError as error:
        if findings is None:
            raise
        if str(error) not in findings.problems:
            findings.problems.append(str(error))
