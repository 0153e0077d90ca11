"""docs/privacy.md: what its tables claim is proven by tests that exist.

A link to a file of tests has the name of the test as its words:
``[nothing leaves](../tests/unit/processor/deidentification/test_drop.py)``.
"""

import re

import pytest

from processor.deidentification.methods import METHODS
from tests.unit.documentation import find_tests, first_cells
from tests.unit.synthesis import ROOT, Synthesized, synthesize

PAGE = (ROOT / "docs" / "privacy.md").read_text(encoding="utf-8")
LINK = re.compile(r"\[([^\[\]]+)\]\(\.\./(tests/[\w/]+\.py)\)")
TABLE = re.compile(r"(?:^\|.*\n)+", re.MULTILINE)


def unknown_tests(page: str) -> list[str]:
    """The tests that a page names and that do not exist."""
    return [
        f"{words}: {path}"
        for words, path in LINK.findall(page)
        if not (ROOT / path).exists() or f"test_{words.replace(' ', '_')}" not in find_tests(path)
    ]


def unproven_rows(page: str) -> list[str]:
    """The rows of the tables of a page that name no test."""
    return [
        row
        for table in TABLE.findall(page)
        for row in table.splitlines()[2:]
        if not LINK.search(row)
    ]


def test_every_test_that_it_names_exists() -> None:
    assert LINK.search(PAGE)
    assert unknown_tests(PAGE) == []


def test_every_row_of_its_tables_is_proven() -> None:
    assert TABLE.search(PAGE)
    assert unproven_rows(PAGE) == []


GOOD = "[nothing leaves](../tests/unit/processor/deidentification/test_drop.py)"


@pytest.mark.parametrize(
    "bad",
    [GOOD.replace("nothing", "something"), GOOD.replace("test_drop", "test_dropped")],
    ids=["no such test", "no such file"],
)
def test_a_wrong_name_is_found(bad: str) -> None:
    assert unknown_tests(GOOD) == []
    assert len(unknown_tests(f"{GOOD}, {bad}")) == 1


def test_a_row_without_a_test_is_found() -> None:
    table = f"| claim | proven by |\n| --- | --- |\n| this | {GOOD} |\n"
    assert unproven_rows(table) == []
    assert unproven_rows(f"{table}| that | nothing |\n\nText.\n") == ["| that | nothing |"]


def test_every_method_is_there() -> None:
    named = first_cells("privacy.md", "## What each method protects against, and what not")
    assert named == [*(method.name for method in METHODS), "kAnonymity"]


def test_every_place_of_the_bucket_is_among_the_copies() -> None:
    """A place that nobody says how long it lives has no rule about that."""
    _, bucket = Synthesized(
        synthesize(settings='{"compactedDatasets": ["customers"]}', encrypts=True)
    ).one("AWS::S3::Bucket")
    rules = bucket["LifecycleConfiguration"]["Rules"]
    places = {rule["Prefix"] for rule in rules if "Prefix" in rule}
    named = first_cells("privacy.md", "## How long each copy lives")
    assert {name for name in named if name.endswith("/")} == places
