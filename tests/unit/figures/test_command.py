"""The command line of the figures: every module is drawn by its name, and each depends on its own code alone."""

import inspect
import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from artificial_genomes.config.digest import code_digest, imported_files
from artificial_genomes.config.schema import COMPARED_MODELS
from artificial_genomes.config.schema import FIGURES as CONFIGURED
from artificial_genomes.core.tables import read_tsv, write_tsv
from artificial_genomes.figures.command import FIGURES, draw_figure, figure_module, figure_parser
from artificial_genomes.imputation.tables import GAIN_COLUMNS
from figure_helpers import CONTROLS, MODELS, metrics_table
from helpers import ROOT, directives, rules

SCRIPTS = ROOT / "workflow" / "scripts"
MODULES = SCRIPTS / "artificial_genomes" / "figures"


def test_every_figure_of_the_configuration_has_a_module_and_a_rule():
    assert {*FIGURES} == {*CONFIGURED, COMPARED_MODELS}
    assert {*FIGURES} <= {*rules()}


@pytest.mark.parametrize("name", FIGURES)
def test_what_a_figure_reads_and_is_told_are_arguments_of_its_functions(name):
    module = figure_module(name)
    taken = inspect.signature(module.numbers).parameters
    if not any(one.kind is inspect.Parameter.VAR_KEYWORD for one in taken.values()):
        assert [*module.INPUTS] == [table for table in taken if table in module.INPUTS]
        assert {table for table in taken if taken[table].default is inspect.Parameter.empty} <= {*module.INPUTS}
    readers = [table.read for table in module.INPUTS.values()]
    arguments = {
        argument for one in (module.numbers, module.draw, *readers) for argument in inspect.signature(one).parameters
    }
    assert {*getattr(module, "OPTIONS", {})} <= arguments


@pytest.mark.parametrize("name", FIGURES)
def test_the_rule_of_a_figure_gives_what_its_module_asks_for(name):
    body, module = rules()[name], figure_module(name)
    tables = re.findall(r"^            (\w+)=", directives(body)["input"], re.MULTILINE)
    assert {*module.INPUTS} <= {*tables} <= {*module.INPUTS, *getattr(module, "OPTIONS", {})}
    for option in getattr(module, "OPTIONS", {}):
        assert f'"--{option}"' in body or option in tables


def test_a_figure_depends_on_its_own_module_and_on_no_other(tmp_path):
    def files(name):
        waiting, found = [SCRIPTS / "figure.py", MODULES / f"{name}.py"], set()
        while waiting:
            path = waiting.pop()
            if path not in found:
                found.add(path)
                waiting += imported_files(path, SCRIPTS)
        return {path.stem for path in found if path.parent == MODULES} & {*FIGURES}

    for name in FIGURES:
        if name != COMPARED_MODELS:  # it shows what five others show
            assert files(name) == {name}
    assert files(COMPARED_MODELS) > {"fig1_pca", "fig5_privacy"}
    digests = {code_digest([SCRIPTS / "figure.py", MODULES / f"{name}.py"], SCRIPTS) for name in FIGURES}
    assert len(digests) == len(FIGURES)


@pytest.mark.integration
def test_a_figure_imports_the_module_of_no_other():
    code = (
        "import sys; from artificial_genomes.figures.command import figure_parser; figure_parser('fig3_ld');"
        "print([name for name in sys.modules if name.startswith('artificial_genomes.figures.fig')])"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=SCRIPTS, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "['artificial_genomes.figures.fig3_ld']"


def test_help_lists_the_figures_and_what_one_of_them_needs(capsys):
    for arguments in (["--help"], []):
        with pytest.raises(SystemExit) as ended:
            draw_figure("Draw a figure.", arguments)
        assert ended.value.code == 0
        text = capsys.readouterr().out
        assert all(f"  {name} " in text for name in FIGURES)
        assert "Figure 3: linkage disequilibrium" in text
    with pytest.raises(SystemExit) as ended:
        draw_figure("Draw a figure.", ["fig3_ld", "--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert "Figure 3: linkage disequilibrium" in text
    assert "--ld-decay TABLE" in text


def test_an_unknown_figure_is_a_mistake_of_the_user(capsys):
    with pytest.raises(SystemExit) as ended:
        draw_figure("Draw a figure.", ["fig3", "--svg", "a.svg"])
    assert ended.value.code == 2
    assert "invalid choice: 'fig3'" in capsys.readouterr().err


def test_tables_that_need_not_be_given_are_optional():
    one = figure_parser("fig6_scans")
    files = ["--tracks", "a", "--candidates", "b", "--metrics", "c", "--build", "GRCh38"]
    outputs = ["--svg", "x", "--png", "y", "--tsv", "z"]
    assert one.parse_args([*files, "--genes", *outputs]).genes == []
    assert one.parse_args([*files, *outputs]).genes == []
    assert not one.parse_args([*files, *outputs]).private


def test_a_figure_is_written_with_its_numbers(tmp_path):
    rows = [
        (
            "real+gan" if added else "real",
            "r2",
            axis,
            low,
            high,
            0.8,
            0.02,
            0.1 * added,
            0.05,
            0.15,
            0.3,
            0.2,
            20,
            30,
            1,
        )
        for added in (0, 1)
        for axis, low, high in (("all", 0, 0.5), ("rare", 0, 0.05), ("maf", 0, 0.05), ("maf", 0.05, 0.5))
    ]
    write_tsv(pd.DataFrame(rows, columns=GAIN_COLUMNS), tmp_path / "gains.tsv")
    outputs = [f"--{kind}={tmp_path / 'figure'}.{kind}" for kind in ("svg", "png", "tsv")]
    draw_figure(None, ["fig7_imputation", "--gains", str(tmp_path / "gains.tsv"), *outputs])
    assert (tmp_path / "figure.svg").stat().st_size > 1000
    assert (tmp_path / "figure.png").read_bytes().startswith(b"\x89PNG")
    shown = read_tsv(tmp_path / "figure.tsv")
    np.testing.assert_allclose(shown.loc[shown["panel"] == "overall", "gain"], 0.1)


@pytest.mark.integration
def test_the_same_tables_give_the_same_bytes_in_another_process(tmp_path):
    inputs = {"distances": [], "metrics": []}
    metrics = metrics_table()
    for model in [*MODELS, *CONTROLS]:
        folder = tmp_path / model / "seed1"
        of_set = metrics[(metrics["model"] == model) & (metrics["seed"] == 1)]
        write_tsv(of_set.drop(columns=["model", "seed"]), folder / "metrics.tsv")
        values = np.arange(5, 60)
        table = pd.DataFrame({"reference": "test", "comparison": "within_ag", "distance": values, "count": values})
        write_tsv(table, folder / "distances.tsv")
        for name, files in inputs.items():
            files.append(str(folder / f"{name}.tsv"))
    for hash_seed in ("1", "2"):
        outputs = [f"--{kind}={tmp_path / hash_seed}.{kind}" for kind in ("svg", "png", "tsv")]
        options = ["--distances", *inputs["distances"], "--metrics", *inputs["metrics"], "--gates", "{}", *outputs]
        command = [sys.executable, str(SCRIPTS / "figure.py"), "fig4_distances", *options]
        subprocess.run(command, check=True, capture_output=True, env={"PYTHONHASHSEED": hash_seed, "PATH": ""})
    for kind in ("svg", "png", "tsv"):
        assert (tmp_path / f"1.{kind}").read_bytes() == (tmp_path / f"2.{kind}").read_bytes()
