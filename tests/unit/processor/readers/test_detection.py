"""Formats: the same rows in every format have the same result."""

import io
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.contract.model import Csv
from processor.readers.detection import open_records
from processor.reasons import FileRefusedError
from tests.unit.processor.examples import (
    EXAMPLES,
    PEOPLE,
    RELABELLED,
    column,
    fields,
    make_contract,
)
from tests.unit.processor.formats import (
    NAMES,
    WRITERS,
    check_same_rows,
    read_through,
)
from tests.unit.processor.outcomes import CONTRACT, LIMIT

# Texts that all formats can contain: CSV has no control characters.
TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc"]) | st.sampled_from("\t\r\n")
)
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["P1", "P2", "P77", "", "X", "é\u2028"]),
        st.sampled_from(["ann", "far too long a name", 'a"b', "a,b", "a\nb"]) | TEXTS,
        st.sampled_from(["0151234567", "1", "", "\U0001f600"]),
        st.sampled_from(["1990-02-28", "1990-02-29", "1899-12-31", ""]),
        st.sampled_from(["12.50", "-0.1", "1e5", "12345678", "0", "-0", "", "1.000"]),
    ),
    max_size=8,
)


@EXAMPLES
@given(
    rows=ROWS.filter(bool),
    name=st.sampled_from(sorted(WRITERS)),
    piece=st.integers(1, 99),
    agreed=st.sampled_from([PEOPLE, RELABELLED]),
)
def test_the_same_rows_become_the_same_in_every_format(
    rows: list[tuple[str, ...]], name: str, piece: int, agreed: dict[str, Any]
) -> None:
    check_same_rows(rows, name, piece, agreed)


@pytest.mark.parametrize(
    ("name", "content", "header", "expected"),
    [
        ("a", b"{a:1},x\n", False, [["{a:1}", "x"]]),
        ("a.csv", b"{a:1},x\n", False, [["{a:1}", "x"]]),
        ("a.csv", b"PAR100,x\n", False, [["PAR100", "x"]]),
        ("a", b"PAR1\n", False, [["PAR1"]]),
        ("a", b"PAR1\x15", False, "file:damaged-parquet"),
        ("a.2026", b"{\n\n", False, [["{"]]),
        ("a.jsonl", b'{"id":"P1"}\n', False, [["P1", "", "", "", ""]]),
        ("a.jsonl", b"P1\n", False, "file:not-what-its-name-says"),
        ("a.csv", b'{"id":"P1"}\n', True, "file:not-what-its-name-says"),
        ("a", b'{"id":"P1"}\n', True, [["P1", "", "", "", ""]]),
        ("a", b"\n", False, []),
        ("a", b"\nx\n", False, [[], ["x"]]),
        ("a", b"", False, "file:empty"),
    ],
)
def test_a_brace_begins_json_unless_it_may_be_a_value(
    name: str, content: bytes, header: bool, expected: Any
) -> None:
    agreed = replace(CONTRACT, csv=Csv(header=header))
    found: Any
    try:
        with open_records(io.BytesIO(content), name, agreed, LIMIT) as records:
            found = [row for batch in records for row in fields(batch)]
            assert records.header == NAMES
    except FileRefusedError as refusal:
        found = refusal.reason
    assert found == expected


def test_json_is_known_by_its_name_where_csv_may_begin_with_anything() -> None:
    agreed = replace(make_contract(column("id")), csv=Csv(preamble_lines=1))
    assert read_through(b'{"id":1}\n', "a.jsonl", agreed)[0] == [["1"]]
    assert read_through(b'{"id":1}\nid\nx\n', "a", agreed)[0] == [["x"]]
