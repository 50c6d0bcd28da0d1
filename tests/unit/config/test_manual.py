"""The manual and the schema for editors: written from the models of the configuration, and never stale."""

import re

import jsonschema
import pytest
import yaml

from artificial_genomes.config import manual, schema, values
from artificial_genomes.config.checks import read_defaults
from artificial_genomes.config.model_settings import SETTINGS
from artificial_genomes.judge.gates import KINDS, read_gates
from helpers import ROOT

DEFAULTS = read_defaults(ROOT)
COMMAND = "Run PYTHONPATH=workflow/scripts python -m artificial_genomes.config.manual"
MODELS = [
    model
    for model in (*vars(schema).values(), *SETTINGS.values())
    if isinstance(model, type) and issubclass(model, values.Section)
]


def test_what_is_written_from_the_models_is_not_stale():
    stale = [file for file, text in manual.written(ROOT).items() if (ROOT / file).read_text() != text]
    assert not stale, COMMAND


def test_the_manual_has_a_row_for_every_key_once():
    text = (ROOT / "config" / "README.md").read_text()
    assert len(manual.rows(ROOT)) > 180
    for row in manual.rows(ROOT).values():
        assert text.count(f"{row}\n") == 1, row


@pytest.mark.parametrize(
    "row",
    [
        "| `split.test` | Share of a data set's individuals that are held out for testing and that no model sees | "
        "a number above 0 and below 1 | `0.2` |",
        "| `scan.step_sites` | Step from one PBS window to the next in sites | a whole number from 1 | `5` |",
        "| `scan.ihs_maf_min` | Smallest minor allele frequency of the sites that iHS and nSL score | a number from 0 "
        "to 0.5 | `0.05` |",
        "| `cohorts.<cohort>.build` | Genome build of the positions; hg19 and b37 mean GRCh37, hg38 and b38 mean "
        "GRCh38 | one of GRCh37, GRCh38, hg19, hg38, b37, b38 | required |",
        "| `model_params.wgan.critic_units` | Numbers of units of the critic's hidden layers that each haplotype "
        "passes through | a list, each a whole number from 1 | `[512, 256]` |",
        "| `model_params.rbm.hidden_units` | Number of hidden units | a whole number from 1 | `150` |",
        "| `verdict.<kind>.<metric>.at_most` | Largest value | a number, or null | none |",
    ],
)
def test_a_row_says_meaning_type_range_and_default(row):
    assert row in manual.rows(ROOT).values()


def test_the_table_of_figures_says_what_they_show_and_need():
    lines = manual.drawings().splitlines()
    assert "| `fig3_ld` | LD matrices and decay of LD with distance |" in lines
    assert "| `fig6_scans` | XP-EHH and PBS; needs the data set in `scan.datasets` |" in lines
    needs = "needs the data set in `latent.datasets`; once per run"
    assert f"| `fig8_latent` | Hidden layer of the RBM; {needs} |" in lines
    assert f"{manual.drawings()}<!-- end -->\n" in (ROOT / manual.MANUAL).read_text()


def test_only_tables_between_markers_are_written():
    text = "a\n<!-- generated: b.c d -->\nstale\n<!-- end -->\n| `b.c` | by hand |\n"
    rows = {"d": "| `d` |", "b.cd": "| `b.cd` |", "b.c.e": "| `b.c.e` |"}
    assert manual.with_tables(text, rows) == (
        "a\n<!-- generated: b.c d -->\n| Key | Meaning | Type and range | Default |\n|---|---|---|---|\n| `b.c.e` |\n"
        "| `d` |\n<!-- end -->\n| `b.c` | by hand |\n"
    )


def test_every_key_of_the_defaults_is_in_the_manual():
    def keys(node, path):
        for key, value in node.items():
            kind = path[0] if path else None
            placeholders = {"cohorts": "<cohort>", "dataset_params": "<dataset>", "figure_params": "<figure>"}
            name = placeholders.get(kind, key) if len(path) == 1 else key
            below = (*path, name) if len(path) < 3 or path[0] != "verdict" else ("verdict", "<kind>", "<metric>", name)
            if below[0] == "dataset_params" and below[2:] in (("model_params",), ("split",)):
                yield ".".join(below)
            elif isinstance(value, dict) and value:
                yield from keys(value, below)
            elif value != {}:
                yield ".".join(below)

    known = set(manual.rows(ROOT))
    for key in keys(DEFAULTS, ()):
        # A second model of a kind has the keys of the first.
        key = key.replace("_labels.", ".").replace("_private.", ".")
        assert key in known or key.endswith(".kind"), key


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_sections_are_closed_and_every_key_has_a_description_and_no_default(model):
    assert model.model_config["extra"] == "forbid"
    assert model.__doc__.rstrip().endswith(".")
    for name, field in model.model_fields.items():
        is_section = isinstance(field.annotation, type) and issubclass(field.annotation, values.Section)
        assert name == "kind" or is_section or field.description, name
        # Defaults have one place, which is config/config.yaml.
        assert field.is_required() or field.default is values.ABSENT, name


def test_editors_take_every_configuration_and_mark_what_is_wrong():
    written = yaml.safe_load((ROOT / manual.SCHEMA).read_text())
    jsonschema.Draft202012Validator.check_schema(written)
    editor = jsonschema.Draft202012Validator(written)
    files = [*ROOT.glob("config/*.yaml"), *ROOT.glob("config/examples/*.yaml")]
    assert len(files) >= 6
    for file in files:
        assert list(editor.iter_errors(yaml.safe_load(file.read_text()))) == [], file
        place = "../" * (len(file.relative_to(ROOT).parts) - 1)
        assert file.read_text().startswith(f"# yaml-language-server: $schema={place}{manual.SCHEMA}\n"), file
    for wrong in ("devize: cpu", "split: {test: 1}", "model_params: {gan: {epoch: 3}}", "seeds: [-1]", "run: 5"):
        assert len(list(editor.iter_errors(yaml.safe_load(wrong)))) == 1, wrong
    gan = written["$defs"]["Gan"]["properties"]
    assert gan["epochs"]["default"] == DEFAULTS["model_params"]["gan"]["epochs"]


def test_the_manual_gives_a_reason_for_every_gate():
    manual = (ROOT / "config" / "README.md").read_text()
    tables = re.findall(r"^\| (Fidelity|Privacy) gate \| Rule \| Why \|\n(.*?)\n\n", manual, re.MULTILINE | re.DOTALL)
    assert [kind.lower() for kind, _ in tables] == list(KINDS)
    for kind, table in tables:
        written = []
        for names, rule in re.findall(r"^\| (`.+?) \| (.+?) \| .+ \|$", table, re.MULTILINE):
            (bound,) = set(re.findall(r"0\.\d+", rule.replace("of 0.5", "")))
            written += [(name, float(bound)) for name in re.findall(r"`(\w+)`", names)]
        given = [(gate.metric, gate.bound) for gate in read_gates(DEFAULTS["verdict"]) if gate.kind == kind.lower()]
        assert sorted(written) == sorted(given)
