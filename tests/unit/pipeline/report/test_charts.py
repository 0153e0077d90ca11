"""The charts of a report."""

from xml.etree import ElementTree

import pytest

from pipeline.report.charts import draw
from pipeline.report.figures import Bar


@pytest.mark.parametrize("number", [1, 5, 62])
def test_a_chart_has_a_bar_for_each_number_and_few_labels(number: int) -> None:
    bars = [Bar(f"2026-03-{day:02}", 100 + day, day) for day in range(1, number + 1)]
    svg = draw(bars, 7)
    root = ElementTree.fromstring(svg)
    classes = [one.get("class", "") for one in root.iter()]
    assert classes.count("bar") == 2 * number
    labels = [one.text for one in root.iter() if one.get("class") == "major"]
    assert 1 <= len([text for text in labels if text and text.startswith("2026-")]) <= 8
    assert "#chart-7" in svg
    assert "clean rows" in svg
    assert "rejected rows" in svg


def test_a_chart_loads_and_runs_nothing_and_has_the_colours_of_the_page() -> None:
    svg = draw([Bar("2026-03-01", 1, 1)], 0)
    assert "<script" not in svg
    assert "<!--" not in svg
    assert "href" not in svg
    assert "url(" not in svg
    assert all(f"var(--{colour})" in svg for colour in ("ink", "line", "clean", "rejected"))
    assert draw([Bar("2026-03-01", 1, 1)], 0) == svg


def test_files_without_rows_have_a_chart_too() -> None:
    assert draw([Bar("2026-03-01", 0, 0)], 0).startswith("<svg")
