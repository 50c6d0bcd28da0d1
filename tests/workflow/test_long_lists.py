"""Runs with more AG sets than a command line has room for: their tables reach the programs all the same."""

import ast
import json
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
from snakemake.shell import shell

from helpers import ROOT, directives, rules
from plan_helpers import plan

ARGUMENT_BYTES = 131_072
"""What Linux takes as one argument."""


@pytest.mark.parametrize("rule", ["scorecard", "paper"])
def test_tables_of_2000_ag_sets_reach_the_program(rule, tmp_path, monkeypatch):
    models = [f"a_model_with_quite_a_long_name_{i}" for i in range(40)]
    datasets = [f"a_dataset_with_quite_a_long_name_{i}" for i in range(10)]
    many = plan(f"""
        run: a_run_with_quite_a_long_name
        seeds: [1, 2, 3, 4, 5]
        datasets: {json.dumps(datasets)}
        dataset_params: {json.dumps({name: {"cohort": "dpyd"} for name in datasets})}
        models: {json.dumps(models)}
        model_params: {json.dumps({name: {"kind": "markov"} for name in models})}
        scan: {{datasets: []}}
        imputation: {{datasets: []}}
        latent: {{datasets: [], masked_datasets: []}}
    """)
    assert len(many.ag_sets()) == 2000
    tables = {"metrics": many.metrics_sources(), "trainings": many.training_sources(), "sets": many.ag_sets()}
    assert len(json.dumps(tables)) > 5 * ARGUMENT_BYTES
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]]))
    command = ast.literal_eval(f"({directives(rules()[rule])['shell'].partition(':')[2].strip()})")
    gates = json.dumps({"fidelity": {"af_r": {"at_least": 0.5}}, "privacy": {}})
    params = {"gates": gates, "default_gates": gates, "datasets": "{}", "tables": json.dumps(tables)}
    script = ROOT / "workflow" / "scripts" / f"{rule}.py"
    output = dict.fromkeys(["scorecard", "metric_table", "verdict", "summary", "table"], "table.tsv")
    with pytest.raises(subprocess.CalledProcessError, match="exit status 2"):
        shell(
            command,
            input=SimpleNamespace(scorecard="scorecard.tsv"),
            output=SimpleNamespace(**output),
            params=SimpleNamespace(script=script, **params),
            log="job.log",
        )
    # The program has read the whole list, and misses the first of its files.
    assert f"error: file not found: {many.metrics_sources()[0].path}. " in (tmp_path / "job.log").read_text()
