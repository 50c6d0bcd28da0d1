"""A model of the user's own, the example of the documentation, in a whole run; and what edits of its file run again."""

import json
import re
from pathlib import Path

import pandas as pd
import pytest

from helpers import ROOT
from workflow_helpers import copy_workflow, snakemake, write_config


@pytest.fixture(scope="module")
def workflow(tmp_path_factory) -> Path:
    """Return a copy of the workflow that has run with the example."""
    folder = tmp_path_factory.mktemp("workflow")
    copy_workflow(folder)
    (text,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "own-model.md").read_text(), re.DOTALL)
    (folder / "my_model.py").write_text(text)
    mine = {"kind": "custom", "module": "my_model.py", "settings": {"label": "population"}}
    write_config(folder / "small.yaml", {}, ["fig1_pca"], models=["mine"], model_params={"mine": mine})
    snakemake(folder)
    return folder


def planned(folder: Path) -> list[str]:
    """Return the first words of the jobs about the user's model that a run would do now."""
    jobs = re.findall(r"^Job \d+: (.*)$", snakemake(folder, "genomes", "--dry-run").stdout, re.MULTILINE)
    assert all("mine" in job for job in jobs)
    return sorted(job.split()[0] for job in jobs)


def test_it_stands_in_scorecard_verdict_figures_and_report(workflow):
    results = workflow / "results" / "small"
    scorecard = pd.read_csv(results / "scorecard.tsv", sep="\t")
    assert "mine" in set(scorecard["model"])
    values = scorecard[scorecard["metric"].eq("af_r") & scorecard["reference"].eq("test")].set_index("model")["value"]
    assert values["mine"] > 0.8
    verdict = pd.read_csv(results / "summary.tsv", sep="\t").set_index("model")
    assert verdict.loc["mine", "verdict"] in (
        "cleared",
        "safe, not faithful",
        "faithful, privacy not proven",
        "refused",
    )
    assert "mine" in set(pd.read_csv(results / "figures" / "fig1_pca.tsv", sep="\t")["model"])
    assert "my_model.py" in (results / "report.html").read_text()


def test_the_report_of_snakemake_has_the_tables_and_the_figures_by_data_set(workflow):
    run = snakemake(workflow, "--report", "own.html")
    added = set(re.findall(r"^Adding (\S+) ", run.stdout + run.stderr, re.MULTILINE))
    assert added == {"report.html", "fig1_pca.svg"} | {
        f"{table}.tsv" for table in ("scorecard", "metrics", "verdict", "summary", "datasets")
    }
    (categories,) = re.findall(r"var categories = (\{.*?\}\});", (workflow / "own.html").read_text())
    assert {name: list(parts) for name, parts in json.loads(categories).items()} == {
        "Report": ["Other"],
        "Tables": ["Other"],
        "Figures": ["mine"],
    }


def test_an_edit_of_its_code_trains_it_anew_and_a_comment_or_a_touch_does_not(workflow):
    file = workflow / "my_model.py"
    # Writing touches it too.
    file.write_text(f"# A comment.\n{file.read_text()}")
    assert planned(workflow) == []
    file.write_text(file.read_text().replace("counts / counts.sum()", "counts / counts.sum() * 1"))
    assert planned(workflow) == ["Exporting", "Generating", "Training"]


def test_a_file_without_the_interface_is_found_before_anything_runs(workflow):
    (workflow / "my_model.py").write_text("def fit(data, settings, run):\n    pass\n")
    run = snakemake(workflow, "--dry-run", check=False)
    assert run.returncode == 2
    assert run.stderr.strip().splitlines()[-1] == (
        "config: model_params.mine.module: my_model.py has no class Model. Define it, as docs/own-model.md says."
    )
