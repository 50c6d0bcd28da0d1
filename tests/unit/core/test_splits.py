"""The split as the stages read it."""

import numpy as np
import pandas as pd
import pytest

from artificial_genomes.core.errors import UserError
from artificial_genomes.core.splits import load_split
from artificial_genomes.core.tables import write_tsv

SPLIT = ["train"] * 6 + ["validation"] * 2 + ["test", "public"]


@pytest.fixture
def path(tmp_path):
    people = pd.DataFrame({"sample": [f"person{i}" for i in range(10)], "split": SPLIT})
    write_tsv(people, tmp_path / "split.tsv")
    return tmp_path / "split.tsv"


def test_the_split_comes_back(path):
    np.testing.assert_array_equal(load_split(path, 10), SPLIT)


def test_a_table_cut_anywhere_is_never_taken_for_the_split(path):
    whole = path.read_bytes()
    for length in range(len(whole) - 1):  # without its last line break it is whole
        path.write_bytes(whole[:length])
        with pytest.raises(UserError, match=r"split\.tsv"):
            load_split(path, 10)


def test_the_split_of_another_dataset_is_refused(path):
    with pytest.raises(UserError, match=r"split\.tsv has 10 individuals, but the dataset has 12"):
        load_split(path, 12)


@pytest.mark.parametrize("part", ["trian", "", "1"])
def test_a_part_that_there_is_not_is_refused_with_its_line(path, part):
    path.write_text(path.read_text().replace("person3\ttrain", f"person3\t{part}"))
    with pytest.raises(UserError, match=r"split\.tsv, line 5"):
        load_split(path, 10)
