"""The tutorial: what it tells readers to save and to type does what it says."""

import re
import shlex
import subprocess
import sys

import pandas as pd

from helpers import ROOT
from workflow_helpers import snakemake

PAGE = (ROOT / "docs" / "tutorial.md").read_text()


def blocks(language: str) -> list[str]:
    """Return the blocks of code in a language; those of commands have none."""
    found = re.findall(r"^```(\w*)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    return [text for name, text in found if name == language]


def test_the_tutorial_leads_from_a_simulated_cohort_to_a_verdict(tmp_path):
    cohort = tmp_path / "my_cohort"
    cohort.mkdir()
    (program,), (configuration,) = blocks("python"), blocks("yaml")
    (cohort / "simulate.py").write_text(program)
    (cohort / "tutorial.yaml").write_text(configuration)
    subprocess.run([sys.executable, "my_cohort/simulate.py"], cwd=tmp_path, check=True)

    check, run, release = (shlex.split(command)[1:] for command in blocks(""))
    config = [tmp_path / "my_cohort" / "tutorial.yaml"]
    results = tmp_path / "results" / "tutorial"
    earlier = results / "release/mine/hclt/seed1/genomes.vcf.gz"
    earlier.parent.mkdir(parents=True)
    earlier.touch()
    for command, exit_code in ((check, 0), (run, 0), (release, 2)):
        targets, (name, path) = command[:-2], command[-2:]
        assert (name, path) == ("--configfile", "my_cohort/tutorial.yaml")
        ran = snakemake(tmp_path, "--snakefile", ROOT / "Snakefile", "--", *targets, config=config, check=False)
        assert ran.returncode == exit_code, ran.stdout + ran.stderr
        assert (results / "report.html").exists() == (command is not check)
    assert len({line for line in (ran.stdout + ran.stderr).splitlines() if line.startswith("error: ")}) == 1
    assert not (results / "release").exists()  # what was released before is not cleared any more

    # What the page says to see.
    card = pd.read_csv(results / "scorecard.tsv", sep="\t").query("metric == 'ld_r2_r' and reference == 'test'")
    ld = card.set_index("model")["value"]
    assert ld["hclt"] > 0.5 > ld["bernoulli"]
    assert "cleared" not in set(pd.read_csv(results / "summary.tsv", sep="\t")["verdict"])
    assert (tmp_path / "logs/tutorial/train/mine/hclt/seed1.log").exists()
    split = pd.read_csv(results / "prepare/mine/split.tsv", sep="\t")["split"]
    assert (split == "test").sum() == int(re.search(r"with (\d+) unseen individuals", PAGE)[1])
