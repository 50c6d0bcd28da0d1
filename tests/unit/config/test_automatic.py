"""What a configuration leaves to the workflow, and the template for a cohort with each of its comments."""

import re

import pytest
import yaml

from artificial_genomes.config.automatic import choose_figures, name_builds
from artificial_genomes.config.checks import find_problems, report
from artificial_genomes.config.schema import FIGURES
from helpers import ROOT
from plan_helpers import DEFAULTS, merge, merged

TEMPLATE = (ROOT / "config" / "examples" / "my_cohort.yaml").read_text()
OFF = {"scan": {"datasets": []}, "imputation": {"datasets": []}, "latent": {"datasets": [], "masked_datasets": []}}
COMMENTED = re.compile(r"^( *)# (?!true)([a-z_]+: [^:`\n]+)$", re.MULTILINE)
SCANS, IMPUTED = {"fig6_scans", "figs8_scans"}, {"fig7_imputation", "figs9_imputation"}
LATENT = {"fig8_latent", "figs10_latent_modes", "figs11_latent_tasks"}


@pytest.mark.parametrize(
    ("written", "name"),
    [("hg19", "GRCh37"), ("B37", "GRCh37"), ("grch38", "GRCh38"), ("hg38", "GRCh38"), ("GRCh38", "GRCh38"), (37, 37)],
)
def test_builds_have_other_names(written, name):
    config = {"cohorts": {"mine": {"build": written}, "broken": 3}}
    name_builds(config)
    assert config["cohorts"]["mine"]["build"] == name


def figures_of(changes: dict) -> tuple[list[str], dict]:
    config = merge(merged(DEFAULTS), changes)
    choose_figures(config)
    return config["figures"], config["figure_params"]


def test_the_demo_has_all_figures_of_the_datasets_that_it_names():
    figures, shown = figures_of({})
    assert figures == list(FIGURES)
    assert shown == merged(DEFAULTS)["figure_params"]


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        (OFF, SCANS | IMPUTED | LATENT),
        ({"scan": {"datasets": []}}, SCANS),
        ({"scan": {"statistics": ["pbs"]}}, {"figs8_scans"}),
        ({"imputation": {"datasets": []}}, IMPUTED),
        ({"latent": {"datasets": []}}, LATENT),
        ({"models": ["coalescent"]}, set(FIGURES)),
        ({"models": ["mine"], "model_params": {"mine": {"kind": "external"}}}, {"figs1_training"}),
    ],
)
def test_figures_follow_the_stages(changes, missing):
    assert set(FIGURES) - set(figures_of(changes)[0]) == missing


def test_figures_show_a_dataset_of_the_run_and_keep_a_name_that_is_wrong():
    _, shown = figures_of({"datasets": ["dense"]} | OFF | {"figure_params": {"fig3_ld": {"dataset": "dens"}}})
    assert {shown[figure]["dataset"] for figure in ("fig1_pca", "fig2_frequencies", "fig5_privacy")} == {"dense"}
    assert shown["fig3_ld"]["dataset"] == "dens"


def test_a_figure_of_a_stage_shows_a_dataset_of_it():
    figures, shown = figures_of({"scan": {"datasets": ["dense"]}})
    assert {*figures} >= SCANS
    assert {shown[figure]["dataset"] for figure in SCANS} == {"dense"}


def all_datasets_of(changes: dict) -> dict[str, list[str]]:
    config = merge(merged(DEFAULTS), changes)
    find_problems(config, ROOT)
    return {
        name: [shown["dataset"], *shown.get("other_datasets", [])] for name, shown in config["figure_params"].items()
    }


def test_a_figure_is_drawn_for_all_datasets_that_have_what_it_shows():
    shown = all_datasets_of({})
    assert shown["fig1_pca"] == shown["figs12_attacks"] == ["structure", "dense", "biobank"]
    assert shown["fig5_privacy"] == ["biobank", "structure", "dense"]
    assert shown["fig6_scans"] == shown["fig7_imputation"] == ["biobank"]
    assert shown["fig8_latent"] == ["structure"]


def test_a_figure_is_not_drawn_for_datasets_without_models():
    external = {"kind": "external", "genomes": {"structure": ["a.hapt"]}, "legends": {}}
    shown = all_datasets_of({"models": ["mine"], "model_params": {"mine": external}} | OFF)
    assert shown["fig1_pca"] == ["structure"]
    datasets = {"biobank": {"scan": {"statistics": ["pbs"]}}, "dense": {"scan": {"statistics": ["ihs"]}}}
    shown = all_datasets_of({"scan": {"datasets": ["biobank", "dense"]}, "dataset_params": datasets})
    assert shown["fig6_scans"] == ["biobank"]


def test_datasets_of_a_figure_that_are_written_stay():
    written = {"figure_params": {"fig1_pca": {"other_datasets": []}, "fig3_ld": {"other_datasets": ["biobank"]}}}
    shown = all_datasets_of(written)
    assert (shown["fig1_pca"], shown["fig3_ld"]) == (["structure"], ["dense", "biobank"])
    assert all_datasets_of({"figures": ["fig1_pca"]})["fig1_pca"] == ["structure"]


def test_a_list_of_figures_stays():
    assert figures_of({"figures": ["fig1_pca"]})[0] == ["fig1_pca"]


def test_a_broken_configuration_is_left_to_the_checks():
    for broken in ({"scan": 3}, {"models": None}, {"figure_params": []}, {"datasets": 1}):
        choose_figures(merged(DEFAULTS) | broken)


def mistakes(template: str, folder, monkeypatch, **changes) -> tuple[list[str], list[str]]:
    """Return the mistakes in a configuration above the defaults, and its figures."""
    monkeypatch.chdir(folder)
    (folder / "my_cohort").mkdir(exist_ok=True)
    for name in ("haplotypes.vcf.gz", "people.tsv"):
        (folder / "my_cohort" / name).touch()
    config = merge(merge(merged(DEFAULTS), yaml.safe_load(template)), changes)
    return report(find_problems(config, ROOT)), config["figures"]


def test_the_template_has_no_mistake(tmp_path, monkeypatch):
    lines, figures = mistakes(TEMPLATE, tmp_path, monkeypatch)
    assert lines == []
    assert set(figures) == set(FIGURES) - SCANS - IMPUTED - LATENT


@pytest.mark.parametrize("comment", [match[2] for match in COMMENTED.finditer(TEMPLATE)])
def test_every_comment_of_the_template_works_as_it_stands(comment, tmp_path, monkeypatch):
    uncommented = TEMPLATE.replace(f"# {comment}", comment)
    assert mistakes(uncommented, tmp_path, monkeypatch)[0] == []
    (key,) = yaml.safe_load(comment)
    assert key in str(yaml.safe_load(uncommented))


def test_all_comments_of_the_template_work_together(tmp_path, monkeypatch):
    assert len(COMMENTED.findall(TEMPLATE)) == 5
    text = (
        COMMENTED.sub(r"\1\2", TEMPLATE)
        .replace("people: {}", "people: {population: [CEU]}")
        .replace("public: false", "public: true")
        .replace("datasets: []", "datasets: [mine]")
    )
    lines, figures = mistakes(text, tmp_path, monkeypatch)
    assert lines == []
    assert figures == list(FIGURES)
    config = yaml.safe_load(text)
    assert [config[stage]["datasets"] for stage in ("scan", "imputation", "latent")] == [["mine"]] * 3
    assert config["latent"]["masked_datasets"] == ["mine"]
