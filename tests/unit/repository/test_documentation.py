"""The pages: every link leads somewhere, and every table matches the code."""

import dataclasses
import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from lib.contracts.custom import CUSTOM_PROPERTIES
from lib.settings import MAX_ZONES, EnvironmentSettings
from processor import __version__
from processor.checks.normalization import STEPS
from processor.checks.string_formats import STRING_FORMATS
from processor.contract.column import Rules
from processor.contract.model import Csv
from processor.deidentification.redaction import PATTERNS
from processor.readers.detection import COMPRESSIONS, FORMATS
from tests.unit.documentation import CODE, first_cells, names, table
from tests.unit.synthesis import ROOT, Synthesized, synthesize

PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
README_LINES = 150
RUNBOOK_LINES = 60
RUNBOOK = ["Symptom", "What it means", "What to do", "How to know it is over"]

FENCE = re.compile(r"^( *)```.*?^\1```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^()\s]+)\)")
HEADING = re.compile(r"^#+ +(.+?)$", re.MULTILINE)
# One of our paths in a sentence: a file or folder, without placeholders.
NAMED_PATH = re.compile(
    r"`((?:benchmarks|contracts|docs|lambda|lib|samples|sandbox|tests)/[\w@./-]+)`"
)

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
VERSION = re.compile(r"\[(\d+\.\d+\.\d+)\] - \d{4}-\d{2}-\d{2}")
CHANGES = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def prose(text: str) -> str:
    """A page without its code blocks and code spans."""
    return CODE.sub("", FENCE.sub("", text))


@cache
def anchors(page: Path) -> frozenset[str]:
    """The anchors that GitHub gives the headings of a page.

    https://docs.github.com/en/get-started/writing-on-github/getting-started-with-writing-and-formatting-on-github/basic-writing-and-formatting-syntax
    """
    found: Counter[str] = Counter()
    for heading in HEADING.findall(FENCE.sub("", page.read_text(encoding="utf-8"))):
        anchor = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        found[anchor] += 1
    return frozenset(
        f"{anchor}-{number}" if number else anchor
        for anchor, count in found.items()
        for number in range(count)
    )


def targets(page: Path) -> Iterator[tuple[str, Path, str]]:
    """Yield the links of a page to our files: as written, the file and the anchor."""
    for link in LINK.findall(prose(page.read_text(encoding="utf-8"))):
        if not re.match(r"[a-z]+:", link):
            path, _, anchor = link.partition("#")
            yield link, (page.parent / path).resolve() if path else page, anchor


def broken_links(page: Path) -> list[str]:
    """The links of a page that lead nowhere."""
    return [
        link
        for link, file, anchor in targets(page)
        if not file.exists() or (anchor and anchor not in anchors(file))
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    assert broken_links(page) == []


def test_a_link_that_leads_nowhere_is_found(tmp_path: Path) -> None:
    page, other = tmp_path / "page.md", tmp_path / "other.md"
    other.write_text(
        "# One `two`, three\n\n## Again\n\n## Again\n\n## Again\n\n```\n# no heading\n```\n"
    )
    good = "[a](other.md#one-two-three) [b](other.md#again-2) [c](#here) [d](https://example.com)"
    bad = ["gone.md", "#there", "other.md#again-3", "other.md#no-heading"]
    links = " ".join(f"[x]({link})" for link in bad)
    page.write_text(f"# Here\n\n{good} `[y](code.md)` {links}\n\n```\n[z](fence.md)\n```\n")
    assert broken_links(page) == bad


def test_every_page_can_be_reached_from_the_readme() -> None:
    waiting, reached = [ROOT / "README.md"], set()
    while waiting:
        page = waiting.pop()
        if page not in reached and page.suffix == ".md":
            reached.add(page)
            waiting += [file for _, file, _ in targets(page)]
    assert [page for page in PAGES if page not in reached] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_path_that_a_page_names_exists(page: Path) -> None:
    named = NAMED_PATH.findall(FENCE.sub("", page.read_text(encoding="utf-8")))
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) < README_LINES


@pytest.mark.parametrize(
    "page", sorted((ROOT / "docs" / "runbooks").iterdir()), ids=lambda page: str(page.name)
)
def test_a_runbook_is_short_and_has_the_four_parts(page: Path) -> None:
    """``tests/sandbox/test_runbooks.py`` follows each."""
    text = page.read_text(encoding="utf-8")
    assert len(text.splitlines()) < RUNBOOK_LINES
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == RUNBOOK
    link = f"](runbooks/{page.name})"
    operations = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert link in operations.partition("\n## Runbooks\n")[2].partition("\n## ")[0]


def test_the_changelog_keeps_its_form_and_has_this_version() -> None:
    """https://keepachangelog.com/en/1.1.0/"""
    levels: dict[int, list[str]] = {1: [], 2: [], 3: []}
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    for marks, heading in re.findall(r"^(#+) (.*)$", text, re.MULTILINE):
        levels[len(marks)].append(heading)
    assert levels[1] == ["Changelog"]
    unreleased, *releases = levels[2]
    assert unreleased == "[Unreleased]"
    versions = [version for version in map(VERSION.fullmatch, releases) if version]
    assert len(versions) == len(releases)
    assert versions[0][1] == __version__ == PROJECT["version"]
    assert set(levels[3]) <= CHANGES


def to_camel(name: str) -> str:
    """The name of a field in JSON."""
    return re.sub("_(.)", lambda match: match[1].upper(), name)


def bounds(schema: dict[str, Any]) -> Iterator[str]:
    """Yield what the documentation must say about the values that a JSON schema allows."""
    for one in [*schema.get("anyOf", []), *filter(None, [schema.get("items")])]:
        yield from bounds(one)
    yield from map(str, [*schema.get("enum", []), *filter(None, [schema.get("const")])])
    if schema.get("type") == "boolean":
        yield from ("`true`", "`false`")
    if "minimum" in schema:
        yield f"{schema['minimum']:,} to {schema['maximum']:,}"
    if "maxLength" in schema:
        yield str(schema["maxLength"])


def test_the_table_of_settings_is_that_of_the_class() -> None:
    adapter = TypeAdapter(EnvironmentSettings)
    defaults = adapter.dump_python(EnvironmentSettings(), mode="json", by_alias=True)
    rows = {names([row[0]])[0]: row for row in table("settings.md", "## Settings")}
    assert list(rows) == list(defaults)
    for name, schema in adapter.json_schema(by_alias=True)["properties"].items():
        _, default, allowed, meaning = rows[name]
        assert default == f"`{json.dumps(defaults[name])}`", name
        assert [one for one in bounds(schema) if one not in allowed] == [], name
        assert meaning
    assert f"1 to {MAX_ZONES}" in rows["availabilityZones"][2]


def test_the_table_of_outputs_is_that_of_the_stack() -> None:
    settings = '{"auditTrail": true, "compactedDatasets": ["customers"]}'
    stack = Synthesized(synthesize(settings=settings, encrypts=True))
    assert first_cells("settings.md", "## Outputs") == list(stack.outputs)


def test_the_tables_of_a_contract_are_those_of_the_code() -> None:
    csv = {to_camel(field.name) for field in dataclasses.fields(Csv)}
    assert set(first_cells("contracts.md", "## CSV dialects")) == csv
    of_a_column = {"deidentify"}
    of_a_file = set(first_cells("contracts.md", "## Rules for a whole file"))
    assert of_a_file == set(CUSTOM_PROPERTIES) - of_a_column
    properties = first_cells("contracts.md", "## Columns")
    rules = first_cells("contracts.md", "The rules under `logicalTypeOptions`:")
    asked = {to_camel(field.name) for field in dataclasses.fields(Rules)}
    assert asked <= {*properties, *rules}


@pytest.mark.parametrize(
    ("known", "heading"),
    [
        (STRING_FORMATS, "The rules under `logicalTypeOptions`:"),
        (STEPS, "## De-identification"),
        (PATTERNS, "## De-identification"),
    ],
    ids=["string formats", "normalizations", "redaction patterns"],
)
def test_every_choice_of_a_contract_is_named(known: Any, heading: str) -> None:
    text = (ROOT / "docs" / "contracts.md").read_text(encoding="utf-8")
    section = re.split(r"^## ", text.partition(heading)[2], flags=re.MULTILINE)[0]
    assert set(known) <= set(names([section]))


def test_every_ending_that_promises_a_format_is_named() -> None:
    text = (ROOT / "docs" / "contracts.md").read_text(encoding="utf-8")
    section = text.partition("\n## File formats\n")[2].partition("\n### ")[0]
    endings = {name for name in names([section]) if name.startswith(".")}
    assert endings == {f".{ending}" for ending in (*FORMATS, *COMPRESSIONS)}


@pytest.mark.parametrize(
    ("heading", "folder", "prefix"),
    [("## The stack", "lib", "lib/"), ("## The processor", "lambda/processor", "")],
)
def test_every_room_is_on_the_map(heading: str, folder: str, prefix: str) -> None:
    there = {
        f"{prefix}{path.name}/" if path.is_dir() else f"{prefix}{path.name}"
        for path in (ROOT / folder).iterdir()
        if path.name not in ("__init__.py", "__pycache__", "tap_stack.py")
    }
    assert set(first_cells("architecture.md", heading)) == there
