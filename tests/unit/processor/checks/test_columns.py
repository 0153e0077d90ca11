"""Values convert exactly or not at all; a row has all of its reasons."""

import json
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.checks.columns import CheckedBatch, ColumnCheck, RowCheck
from processor.contract.model import ContractError
from processor.reasons import FileRefusedError
from tests.unit.processor import oracle
from tests.unit.processor.examples import EXAMPLES, column, make_batch, make_contract


def check(rules: dict[str, Any], texts: list[str]) -> list[tuple[Any, list[str]]]:
    """Return the value and the reasons of each text of one column."""
    contract = make_contract(rules)
    text = pa.array([text or None for text in texts], pa.string())
    checked, failures = ColumnCheck(contract.columns[0]).check(text)
    assert checked.text is text
    assert len(checked.values) == len(texts)
    reasons: list[list[str]] = [[] for _ in texts]
    for reason, mask in failures:
        assert mask.null_count == 0
        assert mask.true_count > 0
        for index, failed in enumerate(mask.to_pylist()):
            if failed:
                reasons[index].append(reason)
    return list(zip(checked.values.to_pylist(), reasons, strict=True))


def assert_as_judged(rules: dict[str, Any], texts: list[str]) -> None:
    """Check that values and reasons are those of the reference implementation."""
    for text, (value, reasons) in zip(texts, check(rules, texts), strict=True):
        expected, expected_reasons = oracle.judge(text, rules)
        assert reasons == expected_reasons, text
        assert value == expected, text
        assert str(value) == str(expected) or rules["type"] == "decimal", text


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


def test_every_day_of_the_calendar_and_no_other_is_a_date() -> None:
    days = [
        f"{year:04}-{month:02}-{day:02}"
        for year in [*range(12), 99, 100, 200, 400, 1600, 1700, 1900, 1999, 2000, 2024, 2100, 9999]
        for month in range(14)
        for day in range(33)
    ]
    assert_as_judged(column("c", "date"), days)


def test_one_bad_value_costs_the_others_nothing() -> None:
    texts = ["9223372036854775808", "1", "x", "", "-9223372036854775808"]
    assert check(column("c", "integer"), texts) == [
        (None, ["c:integer"]),
        (1, []),
        (None, ["c:integer"]),
        (None, []),
        (-(2**63), []),
    ]


def test_lengths_count_characters() -> None:
    rules = column("c", maxLength=2)
    assert [reasons for _, reasons in check(rules, ["éé", "\U0001f600" * 2, "abc"])] == [
        [],
        [],
        ["c:max-length"],
    ]


def test_a_pattern_applies_to_the_whole_text() -> None:
    rules = column("c", pattern="a|b")
    assert [reasons for _, reasons in check(rules, ["a", "b", "ab", "xa", "b\n"])] == [
        [],
        [],
        *[["c:pattern"]] * 3,
    ]


@pytest.mark.parametrize("rules", [{"minimum": "1.5"}, {"enum": ["1", "one"]}])
def test_a_constant_of_another_type_is_an_error_and_not_a_rule_that_always_holds(
    rules: dict[str, Any],
) -> None:
    contract = make_contract(column("c", "integer", **rules))
    with pytest.raises(ContractError, match="int64"):
        ColumnCheck(contract.columns[0])


PEOPLE = make_contract(
    column("id", "integer", required=True),
    column("name", maxLength=3, pattern="^[a-z]*$"),
    column("note"),
)


def check_rows(header: list[str], *rows: list[str]) -> CheckedBatch:
    """Check rows against the people's contract."""
    return RowCheck(PEOPLE, header).check(make_batch(*rows))


def selected(batch: CheckedBatch) -> dict[str, list[Any]]:
    """Return the clean values by column."""
    return {name: batch.select(found.values).to_pylist() for name, found in batch.columns.items()}


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


@pytest.mark.parametrize(
    ("header", "reason", "position", "name"),
    [
        (["id", "SECRET"], "header:unknown-column", 2, None),
        (["1", "SECRET"], "header:unknown-column", 1, None),
        (["ID"], "header:unknown-column", 1, "id"),
        (["id", " Names"], "header:unknown-column", 2, "name"),
        (["id", "SECRET " * 999], "header:unknown-column", 2, None),
        (["id", ""], "header:unknown-column", 2, None),
        (["id", "note", "note"], "header:duplicate-column", 3, "note"),
        (["name"], "header:missing-column", None, "id"),
    ],
)
def test_a_header_that_is_not_the_contract_s_is_refused_without_being_quoted(
    header: list[str], reason: str, position: int | None, name: str | None
) -> None:
    with pytest.raises(FileRefusedError) as caught:
        RowCheck(PEOPLE, header)
    error = caught.value
    assert (error.reason, error.line, error.column, error.name) == (reason, 1, position, name)
    assert "SECRET" not in repr(error) + str(error)


@pytest.mark.parametrize(
    ("header", "reason", "position", "name"),
    [
        (["E-Mail: ", "id", ""], "", None, None),
        (["", "id", "E-Mail: "], "", None, None),
        (["email", "id"], "header:unknown-column", 1, "email"),
        (["e-mail:", "id"], "header:unknown-column", 1, "email"),
        (["E-Mail: ", "name"], "header:unknown-column", 2, "id"),
        (["E-Mail: ", "note"], "header:unknown-column", 2, "note"),
        (["E-Mail: ", " "], "header:unknown-column", 2, "note"),
        (["E-Mail: ", "b"], "header:unknown-column", 2, "short"),
        (["E-Mail: ", "id", "E-Mail: "], "header:duplicate-column", 3, "email"),
        (["id"], "header:missing-column", None, "email"),
    ],
)
def test_a_file_calls_a_column_by_its_physical_name_alone(
    header: list[str], reason: str, position: int | None, name: str | None
) -> None:
    agreed = make_contract(
        column("email", required=True, physicalName="E-Mail: "),
        column("name", physicalName="id"),
        column("id", physicalName="Name"),
        column("note", physicalName=""),
        column("short", physicalName=" B "),
    )
    if not reason:
        found = RowCheck(agreed, header).check(make_batch(list("abc")))
        assert {name: batch for name, batch in selected(found).items() if batch != [None]} == dict(
            zip(
                [{"E-Mail: ": "email", "id": "name", "": "note"}[label] for label in header],
                [[letter] for letter in "abc"],
                strict=True,
            )
        )
        return
    with pytest.raises(FileRefusedError) as caught:
        RowCheck(agreed, header)
    error = caught.value
    assert (error.reason, error.line, error.column, error.name) == (reason, 1, position, name)


@pytest.mark.parametrize("header", [["ID", "name;note"], ["1", "2", "3"], [""]])
def test_a_header_without_any_column_of_the_contract_is_refused(header: list[str]) -> None:
    lenient = replace(make_contract(column("id"), column("name")), unknown_columns="drop")
    with pytest.raises(FileRefusedError, match="header:no-column") as caught:
        RowCheck(lenient, header)
    assert (caught.value.line, caught.value.text) == (1, ", ".join(header))
    assert RowCheck(lenient, [*header, "id"]).dropped_columns == len(header)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("https://user@example.com:8080/a/b?x=1&y=/#top", True),
        ("http://[2001:db8::7]/c=GB?objectClass?one", True),
        ("mailto:ann@example.com", True),
        ("urn:isbn:0451450523", True),
        ("file:///etc/hosts", True),
        ("tel:+1-816-555-1212", True),
        ("a:", True),
        ("x:/", True),
        ("http://example.com/%7Euser", True),
        ("http://example.com/%7", False),
        ("http://exa mple.com/", False),
        ("http://example.com/a|b", False),
        ("http://example.com/[", False),
        ("http://[::1", False),
        ("//example.com/", False),
        ("example.com", False),
        ("1http://x", False),
        ("http://x/é", False),
        ("http://x#a#b", False),
        ("http://x:port/", False),
    ],
)
def test_a_uri_is_one_of_rfc_3986(text: str, holds: bool) -> None:
    assert check(column("c", format="uri"), [text]) == [(text, [] if holds else ["c:format"])]


def test_json_that_is_too_deep_is_rejected_and_not_a_crash() -> None:
    deep = "[" * 100_000 + "]" * 100_000
    assert check(column("c", "array"), [deep]) == [(None, ["c:array"])]
