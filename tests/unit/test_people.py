"""The table of people and its join with the samples."""

import logging
from pathlib import Path

import pandas as pd
import pytest

from artificial_genomes.errors import UserError
from artificial_genomes.people import label_people, read_people


def table(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "people.csv"
    path.write_text(text)
    return path


EXPECTED = [["HG1", "GBR", "EUR"], ["NA2", "YRI", "AFR"]]


@pytest.mark.parametrize(
    "text",
    [
        "sample,population,superpopulation\nHG1,GBR,EUR\nNA2,YRI,AFR\n",
        "sample,rs1,population,superpopulation,gender\nHG1,CT,GBR,EUR,male\nNA2,TT,YRI,AFR,female\n",
        # The panel file of 1000 Genomes phase 3: two empty columns in the header only.
        "sample\tpop\tsuper_pop\tgender\t\t\nHG1\tGBR\tEUR\tmale\nNA2\tYRI\tAFR\tfemale\n",
        # The sample table of the data portal.
        "Sample name\tSex\tPopulation code\tPopulation name\tSuperpopulation code\n"
        "HG1\tmale\tGBR\tBritish\tEUR\nNA2\tmale\tYRI\tYoruba\tAFR\n",
        # The pedigree of the 30x panel.
        "FamilyID SampleID FatherID MotherID Sex Population Superpopulation\n"
        "HG1 HG1 0 0 1 GBR EUR\nNA2 NA2 0 0 2 YRI AFR\n",
        "super-pop, Sample_ID ,POP\r\nEUR, HG1 ,GBR\r\n\r\nAFR,NA2,YRI\r\n",
        "\ufeffsample,population,superpopulation\nHG1,GBR,EUR\nNA2,YRI,AFR",
        'sample,population,superpopulation,note\nHG1,GBR,EUR,"a, b"\nNA2,YRI,AFR,\n',
    ],
)
def test_tables_in_use_are_read(tmp_path, text):
    people = read_people(table(tmp_path, text))
    assert people.columns.tolist() == ["sample", "population", "superpopulation"]
    assert people.to_numpy().tolist() == EXPECTED


def test_a_label_may_look_like_a_missing_value(tmp_path):
    people = read_people(table(tmp_path, "sample,pop,super_pop\n001,NA,NaN\n"))
    assert people.to_numpy().tolist() == [["001", "NA", "NaN"]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("sample,population,superpopulation\n", "names no people"),
        (
            "HG1,GBR,EUR\nNA2,YRI,AFR\n",
            "has no column sample; of its 3 columns none is known, as if the first row were no header",
        ),
        (
            "sample,population\nHG1,GBR\n",
            "has no column superpopulation; of its 2 columns sample, population are known",
        ),
        (
            "sample,pop,population,super_pop\nHG1,GBR,GBR,EUR\n",
            "pop and population both look like the column population",
        ),
        ("sample,pop,super_pop\nHG1,GBR,EUR\nNA2,YRI,AFR\nHG1,GBR,EUR\n", "1 samples are there twice, first in row 4"),
        ("sample,pop,super_pop\nHG1,GBR,EUR\nNA2,YRI\n", "1 people have no superpopulation, first in row 3"),
        ("sample,pop,super_pop\nHG1,,EUR\nNA2,,AFR\n", "2 people have no population, first in row 2"),
        ("sample,pop,super_pop\nHG1,GBR,EUR\n,YRI,AFR\n", "1 people have no sample, first in row 3"),
        ("sample,pop,super_pop\nHG1,GBR,EUR\nNA2,Yo/ruba,AFR\n", "row 3: population 'Yo/ruba' has characters"),
        ("sample,pop,super_pop\nHG1,GBR,Northern Europe\n", "row 2: superpopulation 'Northern Europe' has characters"),
    ],
)
def test_broken_tables(tmp_path, text, message):
    with pytest.raises(UserError, match=rf"people\.csv.*{message}"):
        read_people(table(tmp_path, text))


PEOPLE = pd.DataFrame(
    {"sample": list("ABCD"), "population": ["P1", "P1", "P2", "P3"], "superpopulation": ["S1", "S1", "S2", "S2"]}
)


def test_labels_come_in_the_order_of_the_samples(caplog):
    caplog.set_level(logging.INFO)
    labelled = label_people(["D", "A"], PEOPLE)
    assert labelled.to_numpy().tolist() == [["D", "P3", "S2"], ["A", "P1", "S1"]]
    assert labelled.columns.tolist() == ["sample", "population", "superpopulation"]
    assert "2 of 4 people of the table have no haplotypes" in caplog.text


def test_samples_without_label_are_counted_and_not_named():
    with pytest.raises(
        UserError, match=r"2 of 4 samples have no label .*first sample column 2.*people_without_labels: drop"
    ) as caught:
        label_people(["A", "secret1", "B", "secret2"], PEOPLE)
    assert "secret" not in str(caught.value)


def test_a_table_of_other_people():
    with pytest.raises(UserError, match=r"2 of 2 samples have no label.*Do the names of the samples agree"):
        label_people(["x", "y"], PEOPLE)
