"""The page of a report in a real browser: on a phone, light and dark, by keyboard, by ear."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.report.figures import figures_of
from pipeline.report.page import render
from tests.unit.pipeline.account import MOMENT, REFUSED, record
from tests.unit.pipeline.report.browser import Tab, find, opened

PHONE, DESK = 360, 1280  # CSS pixels
LONG = "a_very_long_name_of_a_dataset_without_any_place_to_break_it"

LOOK = """(() => {
  const root = document.documentElement, all = name => [...document.querySelectorAll(name)];
  const style = element => getComputedStyle(element);
  return {
    dark: matchMedia("(prefers-color-scheme: dark)").matches,
    overflow: root.scrollWidth - root.clientWidth,
    paper: style(document.body).backgroundColor,
    texts: [...new Set(all("h1, p, td, th, a, .wrong, .quiet").map(e => style(e).color))],
    chart: [...new Set(all("svg text").filter(e => e.textContent).map(e => style(e).fill))],
    bars: [...new Set(all("svg .bar rect").map(e => style(e).fill))],
    drawn: all("svg .bar rect").filter(e => e.getBoundingClientRect().height > 0).length,
    labels: all("svg text").filter(e => e.textContent && e.getBoundingClientRect().height)
      .map(e => e.getBoundingClientRect().height),
    loaded: performance.getEntriesByType("resource").length,
  };
})()"""
REACHABLE = """[...document.querySelectorAll("a[href], summary, [tabindex='0']")].filter(
  element => element.checkVisibility()).length"""
FOCUSED = """(() => {
  const e = document.activeElement;
  return [e.tagName, e.getAttribute("aria-label") || e.textContent.trim(),
          getComputedStyle(e).outlineStyle, e.getBoundingClientRect().left >= 0];
})()"""


@pytest.fixture(scope="module", name="page")
def write_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page about two datasets."""
    measured = {"k": 3, "required": 5, "classes": 1, "rows_below": 1, "counted": "rows"}
    records = [
        *(record(days=day) for day in range(30)),
        record(days=3, **REFUSED),
        record(f"{LONG}/", anonymity=measured),
    ]
    figures = figures_of(records, {"customers": timedelta(days=1)}, MOMENT + timedelta(days=60))
    file = tmp_path_factory.mktemp("report") / "report.html"
    file.write_text(render(figures, suffix="test", now=MOMENT, since=None), encoding="utf-8")
    return file


@pytest.fixture(name="tab")
def open_tab(tmp_path: Path) -> Iterator[Tab]:
    """A tab of a new Chromium: no page before it had the focus."""
    browser = find()
    if browser is None:
        pytest.skip("no Chromium here: install it, or let CHROMIUM name it")
    with opened(browser, tmp_path) as tab:
        yield tab


def contrast(one: str, other: str) -> float:
    """The contrast of two colours. https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio"""

    def luminance(colour: str) -> float:
        parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("dark", [False, True])
def test_the_page_is_readable(tab: Tab, page: Path, width: int, dark: bool) -> None:
    tab.open(page, width=width, dark=dark)
    found: dict[str, Any] = tab.evaluate(LOOK)
    assert found["dark"] == dark
    assert found["overflow"] == 0, "the page itself must not scroll sideways"
    assert found["loaded"] == 0
    for text in (*found["texts"], *found["chart"]):
        assert contrast(text, found["paper"]) >= 4.5, text
    assert len(found["bars"]) == 2
    for colour in found["bars"]:
        assert contrast(colour, found["paper"]) >= 3, colour
    assert found["drawn"] >= 60
    assert min(found["labels"]) >= 9, "too small to be read"


def test_the_page_is_used_by_keyboard(tab: Tab, page: Path) -> None:
    tab.open(page, width=PHONE, dark=False)
    reached = []
    for _ in range(tab.evaluate(REACHABLE)):
        tab.press_tab()
        kind, name, outline, visible = tab.evaluate(FOCUSED)
        assert outline != "none", name
        assert visible, name
        reached.append((kind, name))
    assert "BODY" not in {kind for kind, _ in reached}
    assert reached[0] == ("A", "Skip to the datasets")
    assert ("DIV", "Chart of the rows over time") in reached
    assert reached.count(("SUMMARY", "The numbers of the chart")) == 2


def test_the_page_is_heard(tab: Tab, page: Path) -> None:
    tab.open(page, width=DESK, dark=False)
    nodes = tab.call("Accessibility.getFullAXTree")["nodes"]
    heard = [
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in nodes
        if not node.get("ignored")
    ]
    assert ("heading", "What became of the files of test") in heard
    assert ("heading", LONG) in heard
    pictures = [name for role, name in heard if role in ("image", "img")]
    assert len(pictures) == 2
    assert all("the table below has the numbers" in name for name in pictures)
    assert ("main", "") in heard
    assert {"rowheader", "columnheader", "region"} <= {role for role, _ in heard}
    named = {name for role, name in heard if role in ("region", "table", "link")}
    assert "" not in named
