"""Genetic maps: the formats in use, interpolation, and maps that cannot be right."""

import gzip

import numpy as np
import pytest

from artificial_genomes.errors import UserError
from artificial_genomes.genetic_map import map_positions, read_genetic_map

FORMATS = {
    "hapmap": "Chromosome Position(bp) Rate(cM/Mb) Map(cM)\nchr1 1000 2.0 0\nchr1 2000 1 0.5\nchr1 4000 0 1e0\n",
    "1000 Genomes": "position COMBINED_rate(cM/Mb) Genetic_Map(cM)\n1000 2.0 0\n2000 1 0.5\n4000 0 1.0\n",
    "shapeit4": "pos\tchr\tcM\n1000\t1\t0\n2000\t1\t0.5\n4000\t1\t1.0\n",
    "plink": "1 . 0 1000\n1 rs5 0.5 2000\n1 . 1.0 4000\n",
}


@pytest.mark.parametrize("text", FORMATS.values(), ids=FORMATS)
def test_every_format_gives_the_same_positions(tmp_path, text):
    path = tmp_path / "map.txt.gz"
    path.write_bytes(gzip.compress(text.encode()))
    positions = np.array([0, 1000, 1500, 2000, 3000, 4000, 7000])
    # Beyond the ends: the mean rate, 1 cM in 3 kb.
    expected = [-1 / 3, 0, 0.25, 0.5, 0.75, 1, 2]
    np.testing.assert_allclose(map_positions(read_genetic_map(path), "1", positions), expected, atol=1e-12)
    np.testing.assert_allclose(map_positions(read_genetic_map(path), "chr1", positions), expected, atol=1e-12)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is not a table"),
        ("1 2 3\n", "neither a header nor the 4 columns"),
        ("chr pos rate\n1 5 1\n", "exactly one column of cm"),
        ("chr pos cM\n1 5 x\n1 6 1\n", "no number"),
        ("chr pos cM\n1 5 1\n1 5 2\n", "does not increase along contig 1"),
        ("chr pos cM\n1 5 1\n1 6 0.5\n", "does not increase along contig 1"),
    ],
)
def test_maps_that_cannot_be_used(tmp_path, text, message):
    path = tmp_path / "map.txt"
    path.write_text(text)
    with pytest.raises(UserError, match=message):
        read_genetic_map(path)


def test_a_contig_without_a_map(tmp_path):
    path = tmp_path / "map.txt"
    path.write_text(FORMATS["shapeit4"])
    with pytest.raises(UserError, match="fewer than two positions on contig 2"):
        map_positions(read_genetic_map(path), "2", np.array([5]))
