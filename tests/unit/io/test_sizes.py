"""How many alleles files may hold, by their sizes."""

import numpy as np
import pandas as pd
import pytest

from artificial_genomes.core.haplotypes import Haplotypes
from artificial_genomes.core.regions import Region
from artificial_genomes.io.sizes import alleles_at_most
from artificial_genomes.io.vcf_writer import write_vcf

N_SITES, STEP_BP = 20_000, 100


@pytest.fixture(scope="module")
def vcf(tmp_path_factory):
    """A bgzipped VCF of 200 haplotypes, with its index, and the number of its alleles."""
    alleles = np.random.default_rng(1).random((200, N_SITES)) < 0.1
    sites = pd.DataFrame({"contig": "1", "position": np.arange(1, N_SITES + 1) * STEP_BP})
    sites = sites.assign(id=".", ref="A", alt="C")
    people = pd.DataFrame({"sample": [f"S{i}" for i in range(100)], "population": "", "superpopulation": ""})
    path = tmp_path_factory.mktemp("sizes") / "some.vcf.gz"
    write_vcf(Haplotypes(alleles.astype(np.uint8), sites, people), path, "GRCh37")
    return path, alleles.size


def test_a_file_holds_no_more_than_that(vcf):
    path, n = vcf
    assert n < alleles_at_most(path) < 10 * n


def test_of_a_region_an_index_says_which_part_of_the_file_holds_it(vcf):
    path, n = vcf
    whole, tenth = alleles_at_most(path), Region("1", 1, N_SITES * STEP_BP // 10)
    assert n / 10 < alleles_at_most(path, [tenth]) < whole / 4
    assert alleles_at_most(path, [Region("2", 1, 1000)]) == 0
    alone = path.with_name("alone.vcf.gz")
    alone.write_bytes(path.read_bytes())
    assert alleles_at_most(alone, [tenth]) == whole
    alone.with_name("alone.vcf.gz.tbi").write_bytes(b"no index")
    assert alleles_at_most(alone, [tenth]) == whole


def test_text_has_two_bytes_per_allele_and_pgen_fewer(tmp_path):
    text, packed = tmp_path / "some.hapt", tmp_path / "some.pgen"
    for path in (text, packed):
        path.write_bytes(b"0 1 " * 500)
    assert alleles_at_most(text) == 1000
    assert alleles_at_most(packed) > 1000


def test_of_a_file_that_is_not_there_yet_nothing_is_known(tmp_path):
    with pytest.raises(FileNotFoundError):
        alleles_at_most(tmp_path / "later.vcf.gz", [Region("1", 1, 10)])
