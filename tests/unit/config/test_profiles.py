"""The profiles: every rule has its place in jobs of a cluster, and what stands there exists."""

import yaml

from helpers import ROOT, local_rules, rules

SLURM = yaml.safe_load((ROOT / "profiles" / "slurm" / "config.yaml").read_text())

# Steps that may take long, or many processors: each is a job of its own.
ALONE = {
    *("phase_beagle", "train", "train_window", "scan_real", "scan", "scan_control", "imputation_gains", "release"),
    *("latent", "latent_tasks", "latent_masked", "latent_conditional"),
}


def test_every_rule_is_alone_or_in_a_group_or_local():
    grouped = [entry.split("=")[0] for entry in SLURM["groups"]]
    assert len(grouped) == len(set(grouped))
    assert set(grouped) | ALONE | local_rules() == set(rules())
    assert not set(grouped) & ALONE


def test_groups_with_several_components_are_groups():
    groups = {entry.split("=")[1] for entry in SLURM["groups"]}
    assert {entry.split("=")[0] for entry in SLURM["group-components"]} <= groups


def test_touched_files_of_any_size_are_compared_by_their_content():
    profiles = [yaml.safe_load(file.read_text()) for file in (ROOT / "profiles").glob("*/config.yaml")]
    assert {profile["max-checksum-file-size"] for profile in profiles} == {"1TB"}


def test_a_lost_node_is_no_failure_and_a_failure_is_tried_again():
    assert SLURM["executor"] == "slurm"
    assert SLURM["slurm-requeue"] is True
    assert SLURM["retries"] >= 1
    # No account or partition of anybody's.
    assert "default-resources" not in SLURM
    assert "set-resources" not in SLURM
