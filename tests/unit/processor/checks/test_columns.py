"""Values convert exactly or not at all; a row has all of its reasons."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.checks.columns import CheckedBatch, RowCheck
from tests.unit.processor import oracle
from tests.unit.processor.checked import PEOPLE, assert_as_judged, selected
from tests.unit.processor.examples import EXAMPLES, column, make_batch

DIGITS = st.text("0123456789", max_size=4)
YEARS = ["0000", "0001", "0004", "0100", "0400", "1900", "1996", "2000", "2023", "9999", "199"]
DAYS = st.tuples(
    st.sampled_from(YEARS),
    st.sampled_from(["00", "01", "02", "04", "06", "09", "11", "12", "13", "1"]),
    st.sampled_from(["00", "01", "28", "29", "30", "31", "32", "9"]),
).map("-".join) | st.dates().map(str)
TIMES = st.tuples(
    DAYS,
    st.sampled_from("Tt "),
    st.sampled_from(["00:00:00", "23:59:59", "24:00:00", "12:60:00", "12:00:60", "1:00:00"]),
    st.sampled_from(["", ".", ".1", ".000001", ".999999", ".1234567"]),
    st.sampled_from(["Z", "", "z", "+00:00", "-23:59", "+23:59", "+24:00", "+01:60", "+0100"]),
).map("".join)
NUMBERS = st.tuples(
    st.sampled_from(["", "-", "+", " ", "--"]),
    st.integers(0, 10**20).map(str) | st.integers(0, 200).map(str) | DIGITS,
    st.sampled_from(["", ".", ",5", "_0"]) | DIGITS.map(lambda digits: "." + digits),
    st.sampled_from(["", "", "", "e5", "E-07", "e+400", "e", " ", "\n", "f"]),
).map("".join)
EDGES = [
    *(str(sign * 2**bits + more) for bits in (31, 63) for sign in (-1, 1) for more in (-1, 0, 1)),
    *(
        "0",
        "-0",
        "-0.0",
        "0x1F",
        "1_000",
        "\u0661",
        "\u00bd",
        "inf",
        "-Infinity",
        "nan",
        "1e999",
        "5e-324",
        "1e-400",
        "-0.01e-350",
        "0e-400",
        "-0.0e5",
    ),
    *("true", "false", "True", "1", "t", "yes", "TRUE", " true", "true\n", "null", "NULL"),
    *("1990/01/01", "01-01-1990", "1990-01-01T00:00:00Z", "1990-W01-1", "1990001", "-001-01-01"),
    *("00:00:00", "23:59:59.999999", "24:00:00", "06:00:00.0", "6:00:00", "12:00:00Z", "12:00"),
    *("12:00:00+01:00", "12:00:00-24:00", "24:00:00Z", "12:00:00ZZ", "2024-02-29T12:00:00"),
    *("2024-02-29T12:00:00ZZ", "2023-02-29T12:00:00", "2024-02-29T24:00:00Z"),
    *("[]", "{}", '[1, {"a": NaN}]', "[Infinity]", '["NaN"]', '{"a": 1, "a": 2}', "[1e999]"),
    *('{"a": {"b": 1, "c": [1, 1]}}', "[" * 20, "[1,]", "[01]", "'a'", '["\\ud800"]', "null "),
    *("123e4567-e89b-12d3-a456-426614174000", "123E4567-E89B-12D3-A456-42661417400"),
    *("123e4567e89b12d3a456426614174000", "{123e4567-e89b-12d3-a456-426614174000}"),
    *("a@b.example", "a.b+c@d-e.f.example", ".a@b.example", "a@b", "a@-b.example", "a@@b.example"),
    *("é@b.example", "a@b.example.", "a@b..example", "x" * 63 + ".example", "x" * 64),
    *("127.0.0.1", "256.0.0.1", "1.2.3", "01.2.3.4", "1.2.3.4.5", "0.0.0.0"),
    *("::", "::1", "1::", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "1::8", ":::"),
    *("1:2:3:4:5:6:7:8:9", "1::2::3", "::ffff:1.2.3.4", "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:7"),
    *("1:2:3:4:5:6:7::8", "1:2:3:4:5:6::8", "1:2:3:4:5::1.2.3.4", "1:2:3:4:5:6::1.2.3.4"),
    *("fe80::1%eth0", "12345::", "::g", "1:2:3:4:5:6:7:1.2.3.4", "::1.2.3", "1:2:3:4::5:6:7:8"),
    *("0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01", "9999-12-31T23:59:59.999999Z"),
]
TEXTS = st.lists(
    st.sampled_from(EDGES) | NUMBERS | DAYS | TIMES | st.text(max_size=5), min_size=1, max_size=30
)
ADDRESSES = st.ip_addresses().map(str) | st.lists(
    st.sampled_from([":", "::", ".", "0", "1", "ff", "255", "256", "1.2.3.4", "a", "@", "-"]),
    max_size=12,
).map("".join)
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=6,
).map(json.dumps)
OTHERS = st.lists(
    ADDRESSES | DOCUMENTS | st.times().map(str) | st.uuids().map(str) | st.emails(), max_size=30
)
COLUMNS = [
    column("c", "integer"),
    column("c", "integer", required=True, minimum="-10", maximum="150", enum=["0", "7", "100"]),
    column("c", "integer", exclusiveMinimum="-1", exclusiveMaximum="9223372036854775807"),
    column("c", "decimal", precision=5, scale=2),
    column("c", "decimal", precision=3, scale=3, minimum="0.001"),
    column("c", "decimal", precision=38, scale=0, exclusiveMaximum="100"),
    column("c", "decimal", precision=12, scale=2, required=True, enum=["1.50", "2"]),
    column("c", "double"),
    column("c", "double", exclusiveMinimum="0", maximum="1e5"),
    column("c", "boolean"),
    column("c", "boolean", required=True, enum=["true"]),
    column("c", "date"),
    column("c", "date", minimum="1900-01-01", exclusiveMaximum="2024-02-29"),
    column("c", "timestamp"),
    column("c", "timestamp", minimum="1996-01-01T00:00:00+05:00", maximum="2024-01-01T00:00:00Z"),
    column("c", "timestamp", timezone=False),
    column("c", "timestamp", timezone=False, minimum="1996-01-01T00:00:00", required=True),
    column("c", "time"),
    column("c", "time", minimum="06:00:00", exclusiveMaximum="18:30:00.5"),
    column("c", "array"),
    column("c", "object", required=True),
    column("c", "integer", multipleOf="7", minimum="-9223372036854775808"),
    column("c", "decimal", precision=7, scale=2, multipleOf="0.25"),
    column("c", "decimal", precision=18, scale=0, multipleOf="3"),
    *(column("c", format=name) for name in oracle.FORMATS),
    column("c", "string", required=True, minLength=2, maxLength=4),
    column("c", "string", pattern="^[0-9.]+$"),
    column("c", "string", enum=["true", "0", "\u00e9"]),
]


@pytest.mark.no_cover
@pytest.mark.parametrize("rules", COLUMNS, ids=lambda rules: ",".join(map(str, rules.values())))
@EXAMPLES
@given(texts=TEXTS | OTHERS)
def test_a_column_is_judged_as_the_reference_implementation_does(
    rules: dict[str, Any], texts: list[str]
) -> None:
    assert_as_judged(rules, [*texts, ""])


@pytest.mark.parametrize("rules", COLUMNS, ids=lambda rules: ",".join(map(str, rules.values())))
def test_the_edges_are_judged_as_the_reference_implementation_does(rules: dict[str, Any]) -> None:
    assert_as_judged(rules, EDGES)


def check_rows(header: list[str], *rows: list[str]) -> CheckedBatch:
    """Check rows against the people's contract."""
    return RowCheck(PEOPLE, header).check(make_batch(*rows))


def test_a_rejected_row_carries_all_its_reasons() -> None:
    batch = check_rows(
        ["id", "name", "note"],
        ["1", "ann", ""],
        [],
        ["", "X", ""],
        ["2", "TOOLONG", ""],
        ["3"],
        ["one", "bob", ""],
        ["4", "", "x"],
    )
    assert batch.rejects == {
        1: ["row:blank"],
        2: ["id:required", "name:pattern"],
        3: ["name:pattern", "name:max-length"],
        4: ["row:field-count"],
        5: ["id:integer"],
    }
    assert selected(batch) == {"id": [1, 4], "name": ["ann", None], "note": [None, "x"]}


def test_the_order_of_the_header_is_the_file_s_own() -> None:
    batch = check_rows(["note", "id", "name"], ["x", "1", "ann"])
    assert not batch.rejects
    assert selected(batch) == {"id": [1], "name": ["ann"], "note": ["x"]}


def test_an_optional_column_may_be_absent() -> None:
    assert selected(check_rows(["id"], ["1"], ["2"])) == {
        "id": [1, 2],
        "name": [None, None],
        "note": [None, None],
    }


@pytest.mark.parametrize("rows", [[["1"], ["2", "x"]], [[]]])
def test_there_may_be_no_row_with_the_right_number_of_fields(rows: list[list[str]]) -> None:
    batch = check_rows(["id", "name", "note"], *rows)
    assert sorted(batch.rejects) == list(range(len(rows)))
    assert selected(batch) == {"id": [], "name": [], "note": []}
