"""A tree with differential privacy of a private cohort, from its files to the release and its data card."""

import numpy as np
import pandas as pd

from artificial_genomes.config.checks import read_defaults
from artificial_genomes.core.haplotypes import load_haplotypes
from helpers import ROOT
from workflow_helpers import cohort, snakemake, write_cohort, write_config

GATES = read_defaults(ROOT)["verdict"]["privacy"]


def test_a_private_cohort_is_released_with_its_epsilon(tmp_path):
    write_cohort(cohort(160, 60, contig="chr2", name="P{i}"), tmp_path, "GRCh38")
    tree = {
        "epochs": 3, "score_every": 3, "hidden_states": 8, "sampling_temperatures": [1.0],
        "differential_privacy": {"epsilon": 2.0, "delta": 1e-4, "noise": "secret", "neighbours": 2},
    }  # fmt: skip
    write_config(
        tmp_path / "small.yaml",
        {},
        [],
        cohorts={"mine": {"vcf": ["cohort.vcf.gz"], "people": "people.tsv", "build": "GRCh38", "private": True}},
        models=["hclt"],
        model_params={"hclt": tree},
        latent={"datasets": [], "masked_datasets": [], "conditional": None},
        generate={"redraw": "none", "n": 50},
        # So few people prove nothing by the default bounds.
        verdict={"privacy": dict.fromkeys(GATES) | {"mia_auc": {"at_most": 1}}},
        release={"models": ["hclt"]},
    )
    snakemake(tmp_path, "--snakefile", ROOT / "Snakefile", "--", "release")
    (results,) = (tmp_path / "results").iterdir()
    text = (results / "release" / "README.md").read_text()
    assert "- hclt on mine: epsilon 2, delta 0.0001 for each seed.\n" in text
    assert "not searched for" in text
    (path,) = results.glob("train/mine/hclt/seed*/training.tsv")
    assert len(pd.read_csv(path, sep="\t")) == 0
    (path,) = results.glob("release/mine/hclt/seed*/genomes.vcz.zip")
    released = load_haplotypes(path)
    assert np.isin(released.alleles, [0, 1]).all()
    assert len(released.people) == 50
    floor = pd.read_csv(results / "compare" / "mine" / "floor" / "seed1" / "metrics.tsv", sep="\t")
    assert (floor.loc[floor["metric"] == "near_copies_share", "n"] == 100).all()
