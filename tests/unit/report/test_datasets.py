import numpy as np
import pandas as pd

from artificial_genomes.core.quality_record import QC_COLUMNS, SITE_FACTS
from artificial_genomes.prepare import preparation
from artificial_genomes.report.datasets import COLUMNS, describe_datasets

SOURCES = pd.DataFrame(
    {"source": ["pypgx", "panel"], "version": ["0.11.0", "1"], "licence": ["open access.", "MIT."], "citation": "x"}
)
CONFIG = {
    "cohorts": {
        "public": {
            "vcf": ["resources/data/pypgx/0.11.0/GRCh37/DPYD.vcf.gz"],
            "people": "resources/data/panel/1/people.csv",
            "build": "GRCh37",
            "private": False,
        },
        "mixed": {
            "vcf": ["mine.vcf"],
            "people": "resources/data/panel/1/people.csv",
            "build": "GRCh38",
            "private": False,
        },
        "closed": {"vcf": ["/secret/a.vcf"], "people": "/secret/p.tsv", "build": "GRCh38", "private": True},
    },
    "dataset_params": {
        "dense": {"cohort": "public", "region": "1:5-90"},
        "own": {"cohort": "mixed", "region": ["chr2:1-9", "chr1:2,000-3,000"]},
        "biobank": {"cohort": "closed", "region": None},
    },
}


def people(*parts):
    return pd.DataFrame(
        {
            "sample": [f"SECRET{i}" for i in range(len(parts))],
            "superpopulation": (["AFR", "EUR", None] * len(parts))[: len(parts)],
            "split": parts,
        }
    )


def qc(sites):
    rows = [("read", "biallelic SNPs", "99"), ("filter", "monomorphic", "7"), ("sites", "sites", sites)]
    rows += [("sites", "monomorphic", "2"), ("sites", SITE_FACTS["maf_below_0.05"], "3")]
    rows += [("sites", "contigs", "1"), ("sites", "first", "1:6"), ("sites", "last", "1:80")]
    return pd.DataFrame(rows, columns=QC_COLUMNS)


def test_a_row_counts_people_and_sites_and_says_where_they_come_from():
    tables = [
        ("dense", people("train", "train", "validation", "test", "public"), qc("12")),
        ("own", people("train", "test"), qc("10")),
        ("biobank", people("train", "test"), qc("10")),
    ]
    table = describe_datasets(tables, CONFIG, SOURCES)
    assert list(table.columns) == COLUMNS
    dense, own, biobank = table.to_dict("records")
    assert (dense["people"], dense["haplotypes"], dense["public"], dense["validation"]) == (4, 8, 1, 1)
    assert (dense["sites"], dense["monomorphic"], dense["maf_below_0.05"]) == ("12", "2", "3")  # kept, not filtered out
    assert (dense["build"], dense["region"], dense["first"], dense["last"]) == ("GRCh37", "1:5-90", "1:6", "1:80")
    assert dense["superpopulations"] == "AFR 2, EUR 1, no label 1"  # without the public person
    assert (dense["source"], dense["licence"]) == ("pypgx 0.11.0; panel 1", "open access. MIT.")
    assert (own["source"], own["licence"], own["region"]) == (
        "panel 1; user files",
        "MIT.",
        "chr1:2000-3000, chr2:1-9",
    )
    assert (biobank["source"], biobank["licence"], biobank["region"]) == ("private", "", "all sites")
    assert "SECRET" not in table.to_csv()
    assert "/secret" not in table.to_csv()


def test_what_the_preparation_counts_is_found():
    """The two are linked by nothing but the text of a row."""
    sites = pd.DataFrame({"contig": ["1", "2"], "position": [7, 9]})
    rows = preparation._describe_sites(sites, np.array([0, 50]), 100)
    table = describe_datasets([("dense", people("train"), pd.DataFrame(rows, columns=QC_COLUMNS))], CONFIG, SOURCES)
    assert table.loc[0, list(SITE_FACTS)].tolist() == [2, 1, 1, 2, "1:7", "2:9"]
