"""The report in a real browser: figures are drawn, tables sort, and nothing is asked from the network."""

import io

import pytest
from PIL import Image

from browser import Browser
from report_helpers import DRAWN, SHOWN, report_of

pytestmark = pytest.mark.integration

FIRST = 'document.querySelector("[data-dataset=structure] table.first")'
HEADS = f"[...{FIRST}.querySelectorAll('thead button')]"


def png(i):
    content = io.BytesIO()
    Image.new("RGB", (300 + i, 200), (i, 90, 160)).save(content, "PNG")
    return content.getvalue()


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with Browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture
def page(browser, tmp_path):
    """The report, opened anew."""
    file = tmp_path / "report.html"
    file.write_text(report_of(tmp_path, png))
    browser.requests.clear()
    browser.problems.clear()
    browser.open(file)
    yield browser
    assert browser.problems == []


def column(page, i):
    """Return what the rows of the first table have to sort by, from top to bottom."""
    return page.value(f"[...{FIRST}.tBodies].map(body => body.rows[0].cells[{i}].dataset.value)")


def sorted_by(page):
    return page.value(f"[...{FIRST}.querySelectorAll('thead th')].map(head => head.getAttribute('aria-sort'))")


def shown_data_sets(page):
    blocks = "[...document.querySelectorAll('[data-dataset]')].filter(block => block.offsetParent !== null)"
    return set(page.value(f"{blocks}.map(block => block.dataset.dataset)"))


def test_every_figure_is_drawn_and_nothing_is_asked_from_the_network(page):
    images = page.value(
        "Promise.all([...document.images].map(image => image.decode().then("
        "() => [image.naturalWidth, image.getBoundingClientRect().width])))"
    )
    # The first one is an SVG; the last one is of another data set.
    assert [natural for natural, _ in images] == [300 + i for i in range(1, len(SHOWN))]
    assert all(width > 100 for _, width in images[:-1])
    assert page.value(f"document.querySelector('#{DRAWN} svg').getBoundingClientRect().width") > 100
    addresses = [address.partition(":")[0] for address in page.requests]
    assert addresses.count("file") == 1
    assert set(addresses) <= {"file", "data"}


def test_the_scoreboard_sorts_by_click_and_by_key_the_best_first(page):
    assert column(page, 1) == ["1", "2", "3"]
    assert sorted_by(page)[1] == "ascending"
    page.click(f"{HEADS}[5]")
    values = [float(value) for value in column(page, 5)]
    assert values == sorted(values, reverse=True)
    assert [order for order in sorted_by(page) if order] == [sorted_by(page)[5]] == ["descending"]
    page.press("Enter")  # the name that was clicked has the focus
    assert [float(value) for value in column(page, 5)] == values[::-1]
    assert sorted_by(page)[5] == "ascending"
    assert page.value("document.getElementById('status').textContent") == "Sorted by LD r, ascending"
    page.click(f"{HEADS}[0]")
    assert column(page, 0) == ["<b>bold</b>", "gan", "rbm"]
    # Ceiling and floor stay below.
    assert page.value(f"[...{FIRST}.tFoot.rows].map(row => row.cells[0].textContent)") == ["Ceiling", "Floor"]


def test_one_data_set_shows_at_a_time_and_all_of_them_in_print(page):
    assert shown_data_sets(page) == {"structure"}
    page.click("document.querySelector('#chooser input[value=biobank]').parentElement")
    assert shown_data_sets(page) == {"biobank"}
    page.call("Emulation.setEmulatedMedia", media="print")
    assert shown_data_sets(page) == {"structure", "biobank"}
    assert page.value("document.getElementById('chooser').offsetParent") is None
    page.call("Emulation.setEmulatedMedia", media="")
    page.click("document.querySelector('#chooser input[value=\"\"]').parentElement")
    assert shown_data_sets(page) == {"structure", "biobank"}


def test_definitions_and_reasons_show_on_hover_and_on_focus(page):
    tip = "(tip => tip.hidden ? '' : tip.textContent)(document.getElementById('tip'))"
    assert page.value(tip) == ""
    page.centre(f"{HEADS}[5]")
    page.settle()
    page.hover(f"{HEADS}[5]")
    assert page.value(tip).startswith("ld_r2_r: Pearson correlation of real and AG r²")
    page.press("Escape")
    assert page.value(tip) == ""
    page.value(f"{FIRST}.querySelector('td.failed').focus()")
    assert "gate failed with seed" in page.value(tip)
    assert page.value("document.activeElement.getAttribute('aria-describedby')") == "tip"
    # Inside the window, and above all else.
    inside = page.value(
        "(r => r.left >= 0 && r.top >= 0 && r.right <= innerWidth && r.bottom <= innerHeight)"
        "(document.getElementById('tip').getBoundingClientRect())"
    )
    assert inside
    page.press("Tab")
    assert page.value("document.activeElement.matches('td.failed, th[tabindex], button.more, .scroll')")


def is_shown(page, selector):
    return page.value(f"document.querySelector({selector!r}).offsetParent !== null")


def test_the_name_of_a_model_opens_and_closes_the_reasons_of_its_verdict(page):
    button = f"{FIRST}.querySelector('button.more')"
    assert not is_shown(page, "#why-structure-1")
    page.click(button)
    assert is_shown(page, "#why-structure-1")
    assert page.value(f"{button}.getAttribute('aria-expanded')") == "true"
    # Reasons stay below their model when the table is sorted.
    page.click(f"{HEADS}[0]")
    rows = f"[...{FIRST}.querySelectorAll('tr[id]')].map(row => row.previousElementSibling.cells[0].innerText)"
    assert [name.split()[-1] for name in page.value(rows)] == ["<b>bold</b>", "GAN", "RBM"]
    page.click(f"{FIRST}.querySelector('[aria-controls=why-structure-1]')")
    assert not is_shown(page, "#why-structure-1")


def test_a_model_that_is_switched_off_leaves_tables_and_figures(page):
    drawn = f"document.querySelectorAll('#{DRAWN} svg [style*=\"#\"]')"
    marks = f"[...{drawn}].map(mark => getComputedStyle(mark.parentElement).display)"
    columns = "[...document.querySelector('table.numbers').tHead.rows[0].cells].filter(c => c.offsetParent).length"
    assert (page.value(marks), page.value(columns)) == (["inline", "inline"], 6)
    page.click("document.querySelector('#models input[value=gan]').parentElement")
    assert (page.value(marks), page.value(columns)) == (["none", "inline"], 5)
    assert not is_shown(page, "table.first [data-model=gan]")
    page.click("document.querySelector('#models input[value=gan]').parentElement")
    assert (page.value(marks), page.value(columns)) == (["inline", "inline"], 6)


def test_a_figure_is_enlarged_by_click_or_button_and_returns_by_escape(page):
    width = f"document.querySelector('#{DRAWN} svg, #zoom svg').getBoundingClientRect().width"
    before = page.value(width)
    for press in (f"document.querySelector('#{DRAWN} svg')", f"document.querySelector('#{DRAWN} .enlarge')"):
        page.click(press)
        assert page.value("document.getElementById('zoom').open")
        assert page.value(width) > before
        page.click("document.querySelector('#zoom button[value=\"2\"]')")
        page.settle()
        assert page.value(width) > 1.8 * before
        page.press("Escape")
        page.settle()
        assert page.value(width) == before
        assert page.value(f"document.querySelector('#{DRAWN} h3').nextElementSibling.className") == "picture"
    assert page.value("document.activeElement.className") == "enlarge"


def test_a_mark_in_a_figure_tells_its_model(page):
    line = f"document.querySelector('#{DRAWN} path[style]')"
    page.centre(line)
    page.settle()
    page.hover(line)
    assert page.value("document.getElementById('tip').textContent") == "GAN"


TIP = "(tip => tip.hidden ? '' : tip.textContent)(document.getElementById('tip'))"


def test_a_point_of_a_figure_tells_its_values(page):
    mark = f"document.querySelector('#{DRAWN} use')"
    page.centre(mark)
    page.settle()
    # 40 of 90 points from the left of 0 to 900 sites; 10 of 60 points above 0.1 %, on a scale of three decades.
    at = page.value(
        f"(svg => {{ const c = svg.getScreenCTM(); return {{x: 40.5 * c.a + c.e, y: 50.5 * c.d + c.f}}; }})"
        f"(document.querySelector('#{DRAWN} svg'))"
    )
    page.call("Input.dispatchMouseEvent", type="mouseMoved", **at)
    assert page.value(TIP) == "RBM; Sites: 400; Share (%): 0.316"
    assert page.value(f"document.querySelector('#{DRAWN} .ring').getAttribute('cx')") == "40"
    page.press("Escape")
    assert page.value(TIP) == ""


def test_arrows_go_from_point_to_point_and_leave_out_models_that_are_switched_off(page):
    page.value(f"document.querySelector('#{DRAWN} svg').focus()")
    page.settle()  # focus scrolls
    told = []
    for key in ("Right", "Right", "Right", "Right", "Up", "Left"):
        page.press(f"Arrow{key}")
        told.append(page.value(TIP))
        assert page.value("document.getElementById('status').textContent") == told[-1]
    start, end, mark = (
        "GAN; Sites: 0; Share (%): 3.16",
        "GAN; Sites: 900; Share (%): 3.16",
        "RBM; Sites: 400; Share (%): 0.316",
    )
    assert told == [start, end, mark, start, mark, end]
    page.click("document.querySelector('#models input[value=gan]').parentElement")
    page.value(f"document.querySelector('#{DRAWN} svg').focus()")
    page.settle()  # focus scrolls
    for _ in range(2):
        page.press("ArrowRight")
        assert page.value(TIP) == mark


def search(page, words):
    box = "document.getElementById('search')"
    page.value(f"({box}.value = {words!r}, {box}.dispatchEvent(new Event('input')))")


def test_search_leaves_metrics_sections_and_figures_that_have_all_words(page):
    def found(what, text):
        return page.value(f"[...document.querySelectorAll('{what}')].filter(e => e.offsetParent).map(e => {text})")

    page.click("document.querySelector('#chooser input[value=\"\"]').parentElement")
    metrics = ".numbers tbody tr", "e.cells[0].innerText"
    assert {"LD r", "AF r"} <= set(found(*metrics))
    search(page, "frequencies pearson")  # words of its definition
    assert set(found(*metrics)) == {"AF r"}
    search(page, "disequilibrium SQUARE mirror")  # of a caption
    assert found("figure", "e.id") == ["fig3_ld", "figs7a_ld"]
    assert found("#contents li", "e.innerText.split(' ')[0]")[-2:] == ["3", "S7a"]
    search(page, "")
    assert len(found("figure", "e.id")) == len(SHOWN)


def test_a_link_to_another_data_set_chooses_it(page):
    assert not is_shown(page, "#figs7a_ld")
    assert not is_shown(page, '#contents a[href="#figs7a_ld"]')
    page.click("document.querySelector('#figures p a[href=\"#figs7a_ld\"]')")
    page.settle()
    assert is_shown(page, "#figs7a_ld")
    assert shown_data_sets(page) == {"biobank"}


def test_a_table_is_copied_as_it_is_shown_with_numbers_in_six_digits(page):
    page.click("document.querySelector('#models input[value=rbm]').parentElement")
    assert page.value(f"tsv({FIRST})").splitlines()[:2] == [
        "Model\tRank\tVerdict\tFidelity gates\tPrivacy gates\tLD r",
        "GAN\t2\t✗ refused\t0/1\t0/2\t0.85",
    ]
    page.click(f"{FIRST}.closest('.scroll').previousElementSibling.querySelector('button')")
    assert page.value("document.getElementById('status').textContent") == "Table copied"


def test_dark_screens_keep_figures_on_white(page):
    colors = "['body', '.picture'].map(part => getComputedStyle(document.querySelector(part)).backgroundColor)"
    white = "rgb(255, 255, 255)"
    assert page.value(colors) == [white, white]
    page.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    dark, card = page.value(colors)
    page.call("Emulation.setEmulatedMedia", features=[])
    assert dark != white
    assert card == white


@pytest.mark.parametrize("width", [1400, 800, 390])
def test_no_window_is_too_narrow(page, width):
    page.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
    assert page.value("document.documentElement.scrollWidth") <= width
    page.call("Emulation.clearDeviceMetricsOverride")
