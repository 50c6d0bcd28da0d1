"""The table of people and its join with the samples."""

import csv
import gzip
import io
import logging
from pathlib import Path

import pandas as pd
import pytest

from artificial_genomes.core.errors import UserError
from artificial_genomes.io.people import label_people, read_people
from fuzz import BYTE_CHANGES, LINE_CHANGES, Format, UnreadableError, fuzz, on


def table(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "people.csv"
    path.write_text(text, encoding="utf-8")
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
        # PLINK 2's .psam of 1000 Genomes; remarks may stand before its header.
        "##a remark, with a comma\n#IID\tSEX\tSuperPop\tPopulation\nHG1\t1\tEUR\tGBR\nNA2\t2\tAFR\tYRI\n",
        "#FID\tIID\tSEX\tSuperPop\tPopulation\nF1\tHG1\t1\tEUR\tGBR\nF2\tNA2\t2\tAFR\tYRI\n",
        # 1000GP_Phase3.sample, as offered for IMPUTE.
        "ID POP GROUP SEX\nHG1 GBR EUR male\nNA2 YRI AFR female\n",
        # Excel where a comma ends whole numbers; rows that were emptied keep their separators.
        'sample;population;superpopulation;age\nHG1;GBR;EUR;41,5\n;;;\nNA2;YRI;AFR;"7;8"\n',
        # R's write.table quotes all text.
        '"sample"\t"pop"\t"superpop"\n"HG1"\t"GBR"\t"EUR"\n"NA2"\t"YRI"\t"AFR"\n',
        '"sample" "pop" "superpop"\n"HG1" "GBR" "EUR"\n"NA2" "YRI" "AFR"\n',
        # Quotation marks within a tab-separated cell, and a line separator that is none of text editors.
        'sample\tpop\tnote\tsuper_pop\nHG1\tGBR\t"see mail\tEUR\nNA2\tYRI\tok"\u2028\x0c!\tAFR\n',
    ],
)
def test_tables_in_use_are_read(tmp_path, text):
    people = read_people(table(tmp_path, text))
    assert people.columns.tolist() == ["sample", "population", "superpopulation"]
    assert people.to_numpy().tolist() == EXPECTED


def test_unicode_text_of_excel_and_compressed_tables_are_read(tmp_path):
    text = "sample\tpopulation\tsuperpopulation\r\nHG1\tGBR\tEUR\r\nNA2\tYRI\tAFR\r\n"
    for content in (text.encode("utf-16"), b"\xfe\xff" + text.encode("utf-16-be"), gzip.compress(text.encode())):
        path = tmp_path / "people.txt"
        path.write_bytes(content)
        assert read_people(path).to_numpy().tolist() == EXPECTED


def test_an_unused_column_may_have_any_encoding(tmp_path):
    path = tmp_path / "people.csv"
    path.write_bytes("sample,pop,name,super_pop\nHG1,GBR,Córdoba,EUR\nNA2,YRI,x,AFR\n".encode("latin-1"))
    assert read_people(path).to_numpy().tolist() == EXPECTED


def test_without_superpopulations_each_population_is_its_own(tmp_path):
    people = read_people(table(tmp_path, "sample,pop\nHG1,GBR\nNA2,YRI\n"))
    assert people.to_numpy().tolist() == [["HG1", "GBR", "GBR"], ["NA2", "YRI", "YRI"]]


def test_a_label_may_look_like_a_missing_value(tmp_path):
    people = read_people(table(tmp_path, "sample,pop,super_pop\n001,NA,NaN\n"))
    assert people.to_numpy().tolist() == [["001", "NA", "NaN"]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("sample,population,superpopulation\n", "lists no individuals"),
        (
            "HG1,GBR,EUR\nNA2,YRI,AFR\n",
            "has no column sample. Of its 3 columns, these are recognized: none, as if the first row",
        ),
        (
            "sample,super_pop\nHG1,EUR\n",
            "has no column population. Of its 2 columns, these are recognized: sample, super_pop. Add the",
        ),
        (
            "sample,pop,population,super_pop\nHG1,GBR,GBR,EUR\n",
            "pop and population could both be the column population",
        ),
        (
            "sample,pop,super_pop\nHG1,GBR,EUR\n\nNA2,YRI,AFR\nHG1,GBR,EUR\n",
            "1 sample listed twice, first in line 5",
        ),
        ("sample,pop,super_pop\nHG1,GBR,EUR\nNA2,YRI\n", "line 3 has 2 cells, but the header has 3"),
        (
            "sample\tpop\tnote\nHG1\tGBR\tx\nNA2\tYRI\n",
            "line 3 has 2 cells, but the header has 3. Empty cells need a tab",
        ),
        (
            "sample,name,pop\nHG1,Lima, Peru,PEL\n",
            "line 2 has 4 cells, but the header has 3. A cell that contains a comma needs",
        ),
        (
            "sample;name;pop\nHG1;a;b;GBR\n",
            "line 2 has 4 cells, but the header has 3. A cell that contains a semicolon needs",
        ),
        (
            "sample name pop\nHG1 deep south GBR\n",
            "line 2 has 4 cells, but the header has 3. Separate the columns by tabs",
        ),
        ('sample,pop,note\n\nHG1,GBR,"open\nNA2,YRI,"\n', "line 3 is not a row of cells separated by ,"),
        ('sample,pop,note\nHG1,GBR,"a" b\n', "line 2 is not a row of cells separated by ,"),
        (f"sample,pop,note\nHG1,GBR,{'x' * 140_000}\n", "line 2 is not a row of cells separated by ,"),
        ("sample,pop\nHG1,GBR\n# the others\n", "line 3 begins with #"),
        ("sample,pop\nHG1,GBR\n#,note\n", "line 3 begins with #"),
        ("#FID\tIID\tpop\nF1\tHG1\tGBR\n#F2\tHG2\tYRI\n", "line 3 begins with #"),
        ("sample,pop\nHG1,GBR\nsample,pop\nNA2,YRI\n", "line 3 repeats the header"),
        ("sample,pop\nHG1,G\0R\n", "contains NUL characters"),
        ("sample,pop,super_pop\nHG1,,EUR\nNA2,,AFR\n", "2 individuals without population, first in line 2"),
        ("sample,pop,super_pop\nHG1,GBR,EUR\n,YRI,AFR\n", "1 individual without sample, first in line 3"),
        (
            "sample,pop,super_pop\nHG1,GBR,EUR\nNA2,Yo/ruba,AFR\n",
            "line 3: population 'Yo/ruba' is not a valid label",
        ),
        (
            "sample,pop,super_pop\nHG1,GBR,Northern Europe\n",
            "line 2: superpopulation 'Northern Europe' is not a valid label",
        ),
        ("sample,pop,super_pop\nHG1,GBR,EUR\nNA2,--help,AFR\n", "line 3: population '--help' is not a valid label"),
        (
            "sample,pop,super_pop\nHG1,GBR,EUR\n\nNA2,YRI,AFR\nHG3,GBR,AFR\n",
            r"population GBR is in two superpopulations, EUR \(line 2\) and AFR \(line 5\)",
        ),
        (
            "sample,pop\nHG1,GBR\nNA2,YRI\nHG3,gbr\n",
            r"populations GBR \(line 2\) and gbr \(line 4\) differ only in case",
        ),
        (
            "sample,pop,super_pop\nHG1,A,EUR\nNA2,B,Eur\n",
            r"superpopulations EUR \(line 2\) and Eur \(line 3\) differ only in case",
        ),
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
    assert "2 of 4 individuals of the table have no haplotypes" in caplog.text


def test_samples_without_label_are_counted_and_not_named():
    with pytest.raises(
        UserError, match=r"2 of 4 samples have no label .*first sample column 2.*people_without_labels: drop"
    ) as caught:
        label_people(["A", "secret1", "B", "secret2"], PEOPLE)
    assert "secret" not in str(caught.value)


def test_a_table_of_other_people():
    with pytest.raises(UserError, match=r"2 of 2 samples have no label.*Check that sample names are spelled"):
        label_people(["x", "y"], PEOPLE)


# Mutated tables -------------------------------------------------------------------------------------------------------

TABLE = "sample\tsex\tpop\tsuper_pop\tnote\n" + "".join(
    f"HG{i:03d}\t{1 + i % 2}\tP{i % 4}\tS{i % 2}\tseen {i}\n" for i in range(24)
)


def read_folder(folder: Path) -> list:
    return read_people(folder / "people.txt").to_numpy().tolist()


def read_by_pandas(folder: Path) -> list:
    """Read a table with pandas; nothing is repaired, so that rows of other lengths cannot be read."""
    content = (folder / "people.txt").read_bytes()
    text = content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8", errors="replace")
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    while lines and (lines[0].startswith("##") or not lines[0].strip()):
        del lines[0]
    readings = [wanted_columns("\n".join(lines), separator) for separator in ("\t", ",", ";", r"\s+")]
    readings = [reading for reading in readings if reading is not None]
    if not readings:
        raise UnreadableError("no separator gives the columns")
    people = max(readings, key=lambda reading: reading.shape[1])
    if people.shape[1] == 2:
        people["super_pop"] = people["pop"]
    has_one = people.groupby("pop")["super_pop"].nunique().max() == 1
    if people["sample"].duplicated().any() or not has_one or (people == "").any(axis=None):
        raise UnreadableError("samples twice, a population in two superpopulations, or an empty cell")
    return people.to_numpy().tolist()


def wanted_columns(text: str, separator: str) -> pd.DataFrame | None:
    quoting = csv.QUOTE_MINIMAL if separator in ",;" else csv.QUOTE_NONE
    try:
        rows = pd.read_csv(
            io.StringIO(text), sep=separator, header=None, dtype=str, keep_default_na=False, engine="python",
            quoting=quoting, skipinitialspace=separator in ",;",
        )  # fmt: skip
    except (pd.errors.ParserError, pd.errors.EmptyDataError):
        return None
    rows = rows.map(lambda cell: cell.strip(), na_action="ignore")
    names = [str(name).lower().strip('#"').replace("-", "").replace("_", "").replace(" ", "") for name in rows.iloc[0]]
    rows = rows[1:]
    rows = rows[(rows.fillna("") != "").any(axis=1)]
    places = [names.index(name) if names.count(name) == 1 else None for name in ("sample", "pop", "superpop")]
    if None in places[:2] or rows.isna().any(axis=None):
        return None
    found = rows[[place for place in places if place is not None]]
    return found.set_axis(["sample", "pop", "super_pop"][: found.shape[1]], axis=1).copy()


@pytest.mark.parametrize("separator", ["\t", ",", ";", " "])
def test_mutated_tables_are_refused_or_read_as_pandas_reads_them(tmp_path, mutations, separator):
    text = TABLE.replace(" ", "-") if separator == " " else TABLE
    changes = [on("people.txt", change) for change in BYTE_CHANGES + LINE_CHANGES]
    form = Format({"people.txt": text.replace("\t", separator).encode()}, changes, read_folder, read_by_pandas)
    fuzz(form, mutations, tmp_path)


def test_a_leading_hash_is_part_of_a_name_or_comments_a_row_out(tmp_path):
    people = read_people(table(tmp_path, "sample,pop\nHG1,GBR\n#7,YRI,\n#not here,YRI\n"))
    assert label_people(["#7", "HG1"], people)["population"].tolist() == ["YRI", "GBR"]
    with pytest.raises(UserError, match=r"^1 of 2 samples have only a commented-out row \(#\) "):
        label_people(["HG1", "7"], people)


def test_quotation_marks_of_a_name_are_written_twice_where_a_pair_encloses_it(tmp_path):
    rows = [["sample", "pop"], ['say "hi"', "GBR"], ["A,B", "YRI"], ["O'Brien", "YRI"]]
    with open(tmp_path / "people.tsv", "w", newline="") as file:
        csv.writer(file, delimiter="\t").writerows(rows)
    assert read_people(tmp_path / "people.tsv")["sample"].tolist() == [name for name, _ in rows[1:]]
