"""The page of a report, as text; a browser looks at it in tests/integration."""

import json
import re
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest

from pipeline.records import Record
from pipeline.report.figures import figures_of
from pipeline.report.page import render
from tests.unit.pipeline.account import MOMENT, REFUSED, broken, manifest, record

ODD = "<script>alert(1)</script>\"'&\x1b\N{RIGHT-TO-LEFT OVERRIDE}{{ 7 * 7 }}"
VOID = {"meta", "br", "img", "input", "link"}
LOADING = ("href", "src", "srcset", "action", "data", "poster", "xlink:href")


class Page(HTMLParser):
    """What a browser would see."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"style", "script"} & set(self.open):
            self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of each element of a kind."""
        return [attributes for name, attributes in self.elements if name == tag]


def page_of(*records: Record, **options: Any) -> Page:
    """The page about some records."""
    figures = figures_of(records, {"customers": timedelta(days=1)}, MOMENT + timedelta(days=5))
    return Page(render(figures, **{"suffix": "test", "now": MOMENT, "since": None, **options}))


def test_it_names_the_quality_rules_that_files_broke() -> None:
    rules = [broken("a <b>"), broken("kept", passed=True)]
    text = page_of(record(quality=rules), record(days=1, quality=rules)).text
    table = "".join(text.partition("Quality rules that files broke")[2].split())
    assert table.startswith("rulemustbeseverityfilesa<b>atleast1,000rowswarning2")
    assert "kept" not in text
    assert "Quality rules" not in page_of(record()).text


@pytest.fixture(name="page")
def make_page() -> Page:
    """A page about two datasets."""
    measured = {"k": 3, "required": 5, "classes": 1, "rows_below": 1, "counted": "rows"}
    return page_of(record(), record(days=1, **REFUSED), record("payments/", anonymity=measured))


def test_it_says_how_each_dataset_is(page: Page) -> None:
    text = " ".join(page.text.split())
    for part in (
        "What became of the files of test",
        "customers payments" if "customers payments" in text else "customers",
        "2 files, 1 of them refused as a whole; 20 rows, 11 of them rejected (55.0%).",
        "The next file is 4 d late by the contract.",
        "email:required",
        "The column is required, and the field is empty.",
        "producer: Supply the value.",
        "k is 3, and 5 is required. It counts rows.",
        "of 1 measured file, the least k",
        "1 file had less, and was refused.",
        "all files",
    ):
        assert part in text
    assert len(page.all("svg")) == 2


def test_it_is_whole_and_loads_nothing(page: Page) -> None:
    assert not page.open
    assert not page.all("script")
    assert not page.all("link")
    loaded = [
        attributes[name]
        for _, attributes in page.elements
        for name in LOADING
        if attributes.get(name)
    ]
    assert loaded
    assert all(target and target.startswith("#") for target in loaded)
    (policy,) = (one["content"] for one in page.all("meta") if one.get("http-equiv"))
    assert policy
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'")


def test_every_link_leads_somewhere_and_no_id_comes_twice(page: Page) -> None:
    ids = [attributes["id"] for _, attributes in page.elements if attributes.get("id")]
    assert len(ids) == len(set(ids))
    assert {f"#{one}" for one in ids} >= {one["href"] for one in page.all("a")}
    labels = [attributes.get("aria-labelledby") for _, attributes in page.elements]
    assert set(filter(None, labels)) <= set(ids)


def test_it_can_be_heard_and_used_without_a_mouse(page: Page) -> None:
    assert page.all("html")[0]["lang"] == "en"
    assert [tag for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)] == ["h1", "h2", "h2"]
    assert len(page.all("main")) == 1
    assert all(one.get("scope") in ("col", "row") for one in page.all("th"))
    assert len(page.all("caption")) == len(page.all("table"))
    scrolled = [one for one in page.all("div") if one.get("class") == "scroll"]
    assert scrolled
    for one in scrolled:
        assert (one["tabindex"], one["role"]) == ("0", "region")
        assert one["aria-label"]
    pictures = [one for one in page.all("div") if one.get("role") == "img"]
    assert len(pictures) == 2
    assert all(one["aria-label"] for one in pictures)
    assert [tag for tag, _ in page.elements].index("a") < [tag for tag, _ in page.elements].index(
        "header"
    )


def test_code_in_the_advice_is_shown_as_code(page: Page) -> None:
    assert page.all("code")
    assert "`" not in page.text


def test_no_name_whatever_it_is_becomes_a_part_of_the_page() -> None:
    content = manifest(
        f"incoming/{ODD}/a.csv",
        dataset=ODD,
        rejected_by_reason={f"{ODD}:required": 1},
        outputs={},
    )
    odd = Record.parse(json.dumps(content).encode(), "manifests/x.json")
    page = page_of(odd, suffix=ODD)
    assert not page.all("script")
    assert not page.open
    assert "{{ 7 * 7 }}" in page.text
    assert "<script>alert(1)</script>" in page.text
    assert not {"\x1b", "\N{RIGHT-TO-LEFT OVERRIDE}"} & set(page.text)


def test_no_name_and_no_value_of_a_file_is_on_it() -> None:
    secret = manifest("incoming/customers/secret-name.csv", "secret-version")
    page = page_of(Record.parse(json.dumps(secret).encode(), "x"))
    assert "secret" not in str(page.elements) + page.text


def test_without_files_it_says_so() -> None:
    text = render([], suffix="test", now=MOMENT, since=MOMENT)
    assert "No file has been processed." in text
    assert "files processed since\n2026-03-01T12:30:00Z" in text


def test_a_dataset_without_rejects_or_processed_files() -> None:
    rows = {"read": 1, "clean": 1, "rejected": 0}
    text = page_of(record(rows=rows, rejected_by_reason={})).text
    assert "1 file, 0 of them refused" in text
    assert "No row was rejected." in text
    none = {"k": None, "required": 2}
    text = page_of(record("", anonymity=none), record("other/", **REFUSED)).text
    assert "the least k is\nunknown" in text
    assert "(in no folder)" in text
    assert "in time" in text
    assert "none" in text
