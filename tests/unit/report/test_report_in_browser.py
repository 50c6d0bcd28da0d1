"""The report in a real browser: figures are drawn, tables sort, and nothing is asked from the network."""

import io

import pytest
from PIL import Image

from browser import Browser
from report_helpers import SHOWN, report_of

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
    return page.value(f"[...{FIRST}.tBodies[0].rows].map(row => row.cells[{i}].dataset.value)")


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
    assert [natural for natural, _ in images] == [300 + i for i in range(len(SHOWN))]
    assert all(width > 100 for _, width in images)
    addresses = [address.partition(":")[0] for address in page.requests]
    assert addresses.count("file") == 1
    assert set(addresses) <= {"file", "data"}


def test_the_scoreboard_sorts_by_click_and_by_key_the_best_first(page):
    assert column(page, 1) == ["1", "2", "3"]
    assert sorted_by(page)[1] == "ascending"
    page.click(f"{HEADS}[4]")
    values = [float(value) for value in column(page, 4)]
    assert values == sorted(values, reverse=True)
    assert [order for order in sorted_by(page) if order] == [sorted_by(page)[4]] == ["descending"]
    page.press("Enter")  # the name that was clicked has the focus
    assert [float(value) for value in column(page, 4)] == values[::-1]
    assert sorted_by(page)[4] == "ascending"
    assert page.value("document.getElementById('sorted').textContent") == "Sorted by LD r, ascending"
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
    assert page.value("getComputedStyle(document.getElementById('chooser')).display") == "none"
    page.call("Emulation.setEmulatedMedia", media="")
    page.click("document.querySelector('#chooser input[value=\"\"]').parentElement")
    assert shown_data_sets(page) == {"structure", "biobank"}


def test_definitions_and_reasons_show_on_hover_and_on_focus(page):
    tip = "(tip => tip.hidden ? '' : tip.textContent)(document.getElementById('tip'))"
    assert page.value(tip) == ""
    page.centre(f"{HEADS}[4]")
    page.settle()
    page.hover(f"{HEADS}[4]")
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
    assert page.value("document.activeElement.matches('td.failed, th[tabindex], td[tabindex], .scroll')")


@pytest.mark.parametrize("width", [1400, 800, 400])
def test_no_window_is_too_narrow(page, width):
    page.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
    assert page.value("document.documentElement.scrollWidth") <= width
    page.call("Emulation.clearDeviceMetricsOverride")
