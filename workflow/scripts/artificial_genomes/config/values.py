"""Kinds of values of the configuration: what a name, a file, a share or a list may be, for the models in `schema`.

A kind of text has a title, which says in messages and in the manual what to write, and an example.
"""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, Tag

ABSENT: Any = None
"""The default of keys that may be left out. It is not a value: only keys in the configuration are checked."""

LIST, TEXT = "<list>", "<text>"
"""Tags of values that are a list or a text; they cannot be keys of the configuration."""


class Section(BaseModel):
    """Keys of the configuration with their types, ranges and, below each, descriptions; no others are allowed."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, use_attribute_docstrings=True)


def _once(values: list) -> list:
    for i, value in enumerate(values):
        if value in values[:i]:
            raise ValueError(f"has {value!r} twice. Write it once.")
    return values


def _no_path_that_grows(name: str) -> str:
    # Snakemake takes such a name for a path that grows without end.
    if re.fullmatch(r".*(.+)\1{19}", name):
        raise ValueError(f"{name!r} ends in text that is repeated 20 times or more. Choose another name.")
    return name


def _is_list(value: Any) -> str:
    return LIST if isinstance(value, list) else TEXT


Once = AfterValidator(_once)
ListOrText = Discriminator(_is_list)

Count = Annotated[int, Field(ge=1)]
Seed = Annotated[int, Field(ge=0, le=2147483647)]
NotNegative = Annotated[float, Field(ge=0)]
Positive = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Part = Annotated[float, Field(gt=0, lt=1)]
"""A share that leaves something on either side."""
PartOrNone = Annotated[float, Field(ge=0, lt=1)]
Maf = Annotated[float, Field(ge=0, le=0.5)]
Rate = Annotated[float, Field(gt=0, le=1)]

Name = Annotated[
    str,
    Field(
        title="a name (letters, digits, - and _; not - first)",
        examples=["my_cohort"],
        pattern="^[A-Za-z0-9_][A-Za-z0-9_-]*$",
        max_length=100,
    ),
    AfterValidator(_no_path_that_grows),
]
FigureName = Annotated[
    str,
    Field(
        title="a figure name (fig or figs, a number, a letter if needed, then _ and lowercase words)",
        examples=["figs3_markov"],
        pattern="^figs?[0-9]+[a-z]?_[a-z0-9_]+$",
    ),
]
File = Annotated[
    str,
    Field(title="a file, relative to the working directory", examples=["my_cohort/haplotypes.vcf.gz"], min_length=1),
]
Image = Annotated[
    str,
    Field(title="a container image, as Apptainer names it", examples=["docker://me/artificial-genomes"], min_length=1),
]
Program = Annotated[str, Field(title="the name of a program on PATH, or its path", examples=["minimac4"], min_length=1)]
Label = Annotated[str, Field(title="a label of the people table", examples=["YRI"], min_length=1)]
Title = Annotated[str, Field(min_length=1)]

Names = Annotated[list[Name], Once]
SomeNames = Annotated[list[Name], Field(min_length=1), Once]
Labels = Annotated[list[Label], Field(min_length=1), Once]
LabelPair = Annotated[list[Label], Field(min_length=2, max_length=2), Once]
Files = Annotated[list[File], Field(min_length=1), Once]
Counts = Annotated[list[Count], Once]
Layers = Annotated[list[Count], Field(min_length=1)]
Temperatures = Annotated[list[Positive], Field(min_length=1), Once]

_REGION = r"^[^:\s]+:[0-9][0-9,]*-[0-9][0-9,]*$"
_PANEL = r"[A-Za-z0-9_][A-Za-z0-9_-]*(@([0-9]+|direct))?"
Region = Annotated[
    str,
    Field(
        title="a region contig:start-end (1-based, both ends included)",
        examples=["1:97540000-98400000"],
        pattern=_REGION,
    ),
]
Regions = Annotated[
    Annotated[str, Field(pattern=_REGION), Tag(TEXT)] | Annotated[list[Region], Field(min_length=1), Tag(LIST)],
    ListOrText,
    Field(
        title="a region contig:start-end (1-based, both ends included), or a list of regions",
        examples=["1:97540000-98400000"],
    ),
]
Panel = Annotated[
    str,
    Field(
        title="a panel of parts joined by +", examples=["real+gan", "real+gan@100"], pattern=rf"^{_PANEL}(\+{_PANEL})*$"
    ),
]
Panels = Annotated[
    Annotated[list[Panel], Once, Tag(LIST)] | Annotated[str, Field(pattern="^auto$"), Tag(TEXT)],
    ListOrText,
    Field(title="auto, or a list of panels, each made of parts joined by +", examples=["auto"]),
]
Figures = Annotated[
    Annotated[list[FigureName], Once, Tag(LIST)] | Annotated[str, Field(pattern="^auto$"), Tag(TEXT)],
    ListOrText,
    Field(title="auto, or a list of figure names", examples=["auto"]),
]
ReleasedModels = Annotated[
    Annotated[str, Field(pattern="^best$"), Tag(TEXT)] | Annotated[SomeNames, Tag(LIST)],
    ListOrText,
    Field(title="the word best, or a list of models", examples=["best"]),
]
