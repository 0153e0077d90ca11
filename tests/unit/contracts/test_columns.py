"""A column of a contract: names, types, bounds and other rules."""

import json
from pathlib import Path

import pytest

from lib.contracts import compile_contracts
from processor.checks.string_formats import STRING_FORMATS
from processor.contracts import dump
from tests.unit.contracts.orders import bounded, edited, mistakes

INTEGER = "an integer of 64 bits, such as 0 or -7"
DECIMAL = "a decimal within the column's precision and scale, such as 0 or -7.5"
DOUBLE = "a finite number, such as 0, -7.5 or 1.0e-3"
DATE = 'a day that exists, such as "2026-01-31"'
TIMESTAMP = 'ISO 8601 with Z or an offset, such as "2026-01-31T08:30:00Z"'


@pytest.mark.parametrize(
    ("column", "bound", "form"),
    [
        ("quantity", "1.0", INTEGER),
        ("quantity", "01", INTEGER),
        ("quantity", "+1", INTEGER),
        ("quantity", "0x1", INTEGER),
        ("quantity", "1_0", INTEGER),
        ("quantity", "-9223372036854775809", INTEGER),
        ("quantity", "9223372036854775808", INTEGER),
        ("price", "0.001", DECIMAL),
        ("price", "10000000000", DECIMAL),
        ("price", "1.0e+3", DECIMAL),
        ("weight", ".inf", DOUBLE),
        ("weight", ".nan", DOUBLE),
        ("weight", "1.0e+400", DOUBLE),
        ("ordered_on", "'2030-02-30'", DATE),
        ("ordered_on", "'20301231'", DATE),
        ("ordered_on", "'2030-W01-1'", DATE),
        ("shipped_at", "'2020-01-01T00:00:00'", TIMESTAMP),
        ("shipped_at", "'2020-01-01 00:00:00Z'", TIMESTAMP),
        ("shipped_at", "'2020-01-01T00:00:60Z'", TIMESTAMP),
        ("shipped_at", "'2020-01-01T00:00:00+05:75'", TIMESTAMP),
        ("shipped_at", "'0001-01-01T00:00:00+01:00'", TIMESTAMP),
    ],
)
def test_a_bound_is_a_text_of_the_type(
    directory: Path, column: str, bound: str, form: str
) -> None:
    (sentence,) = mistakes(directory, bounded(column, f"exclusiveMaximum: {bound}"))
    text = bound.strip("'")
    assert sentence.endswith(
        f": column {column!r} has the exclusiveMaximum {text!r}; write {form}."
    )


@pytest.mark.parametrize(
    ("column", "bound"),
    [
        ("quantity", "-9223372036854775808"),
        ("quantity", "9223372036854775807"),
        ("price", "9999999999.99"),
        ("price", "-0.5"),
        ("weight", "1000"),
        ("weight", "1.7976931348623157e+308"),
        ("ordered_on", "'2028-02-29'"),
        ("ordered_on", "'0001-01-01'"),
        ("shipped_at", "'2020-01-01T00:00:00.123456+05:45'"),
    ],
)
def test_a_bound_is_compiled_as_it_is_written(directory: Path, column: str, bound: str) -> None:
    assert mistakes(directory, bounded(column, f"maximum: {bound}")) == []
    found = dump(compile_contracts(directory)["orders"])["columns"]
    (rules,) = (rules for rules in found if rules["name"] == column)
    assert rules["maximum"] == bound.strip("'")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ("minimum: 6, maximum: 5", "minimum 6 and maximum 5"),
        ("minimum: 5, exclusiveMaximum: 5", "minimum 5 and exclusiveMaximum 5"),
        ("exclusiveMinimum: 5, maximum: 5", "exclusiveMinimum 5 and maximum 5"),
        ("exclusiveMinimum: 5, exclusiveMaximum: 5", "exclusiveMinimum 5 and exclusiveMaximum 5"),
        ("minimum: 9, maximum: 10", None),
    ],
)
def test_bounds_leave_room_for_a_value(
    directory: Path, options: str, sentence: str | None
) -> None:
    found = mistakes(directory, bounded("quantity", options))
    assert found == (
        [
            "contracts/orders.odcs.yaml, line 44: column 'quantity' admits no value between "
            f"{sentence}; correct one of them."
        ]
        if sentence
        else []
    )


def test_timestamps_are_compared_as_instants(directory: Path) -> None:
    late, early = "2020-01-01T00:00:00+02:00", "2019-12-31T23:00:00Z"  # late text, early instant
    options = f'minimum: "{late}", maximum: "{early}"'
    assert mistakes(directory, bounded("shipped_at", options)) == []


@pytest.mark.parametrize(
    "physical", ["decimal", "decimal(39,2)", "decimal(0,0)", "decimal(5,6)", "number", "money"]
)
def test_a_number_is_a_decimal_or_a_double(directory: Path, physical: str) -> None:
    assert mistakes(directory, edited("decimal(12,2)", physical)) == [
        "contracts/orders.odcs.yaml, line 47: column 'price' is a number, whose physicalType must "
        "be double or decimal(p,s) with 1 <= p <= 38 and 0 <= s <= p, such as decimal(12,2)."
    ]


def test_a_multiple_is_of_few_digits(directory: Path) -> None:
    text = bounded("price", "multipleOf: 0.05")
    assert mistakes(directory, text) == []
    assert dump(compile_contracts(directory)["orders"])["columns"][6]["multipleOf"] == "0.05"
    (sentence,) = mistakes(directory, text.replace("decimal(12,2)", "decimal(19,2)"))
    assert "takes decimals of up to 18 digits; remove it." in sentence


@pytest.mark.parametrize("kind", ["array", "object"])
def test_arrays_and_objects_are_kept_as_json_on_purpose(directory: Path, kind: str) -> None:
    text = f"logicalType: {kind}\n        physicalType: json"
    assert mistakes(directory, edited("logicalType: boolean", text)) == []
    assert dump(compile_contracts(directory)["orders"])["columns"][-1]["type"] == kind


def test_formats_are_those_that_the_processor_knows(directory: Path) -> None:
    for name in STRING_FORMATS:
        assert mistakes(directory, edited("minLength: 2", f"format: {name}")) == []
        assert dump(compile_contracts(directory)["orders"])["columns"][0]["format"] == name


def test_a_column_may_be_unique_and_of_times(directory: Path) -> None:
    options = 'logicalTypeOptions: {minimum: "08:00:00", exclusiveMaximum: "18:00:00.5"}'
    text = f"logicalType: time\n        unique: true\n        {options}"
    assert mistakes(directory, edited("logicalType: boolean", text)) == []
    gift = dump(compile_contracts(directory)["orders"])["columns"][-1]
    assert (gift["type"], gift["unique"]) == ("time", True)
    assert (gift["minimum"], gift["exclusiveMaximum"]) == ("08:00:00", "18:00:00.5")


@pytest.mark.parametrize("default", ["", ", defaultTimezone: Etc/UTC", ", defaultTimezone: UTC"])
def test_a_timestamp_may_have_no_zone(directory: Path, default: str) -> None:
    minimum = "minimum: '2024-03-31T02:30:00', exclusiveMaximum: '2024-03-31T02:30:00.5'"
    options = f"{{timezone: false{default}, {minimum}}}"
    text = f"logicalType: timestamp\n        logicalTypeOptions: {options}"
    assert mistakes(directory, edited("logicalType: boolean", text)) == []
    gift = dump(compile_contracts(directory)["orders"])["columns"][-1]
    assert (gift["type"], gift["timezone"]) == ("timestamp", False)
    assert gift["exclusiveMaximum"] == "2024-03-31T02:30:00.5"
    with_zone = edited("logicalType: boolean", text.replace("00.5", "00.5Z"))
    [sentence] = mistakes(directory, with_zone)
    assert sentence.endswith('write ISO 8601 without a zone, such as "2026-01-31T08:30:00".')


def test_a_decimal_may_be_all_fraction(directory: Path) -> None:
    text = bounded("price", "maximum: 0.5").replace("decimal(12,2)", "Decimal(38, 38)")
    assert mistakes(directory, text) == []
    price = dump(compile_contracts(directory)["orders"])["columns"][6]
    assert (price["precision"], price["scale"]) == (38, 38)


@pytest.mark.parametrize("name", ["a:b", "a\\tb", " a", "a ", "{a", "x" * 129])
def test_a_column_name_fits_a_header_and_a_reason(directory: Path, name: str) -> None:
    (sentence,) = mistakes(directory, edited("name: gift", f'name: "{name}"'))
    assert "printable characters without a colon" in sentence


@pytest.mark.parametrize("name", ["gift wrapped?", "Größe", "a{b}", "PAR1", "x" * 128])
def test_a_column_name_may_be_any_header(directory: Path, name: str) -> None:
    assert mistakes(directory, edited("name: gift", f'name: "{name}"')) == []


@pytest.mark.parametrize(
    "label", ["E-Mail: ", "", " ", "e.mail", 'a "b"', "GIFT", "Größe\n(cm)", "a{b}", "x" * 1024]
)
def test_files_may_call_a_column_almost_anything(directory: Path, label: str) -> None:
    text = edited("name: gift\n", f"name: gift\n        physicalName: {json.dumps(label)}\n")
    assert mistakes(directory, text) == []
    gift = dump(compile_contracts(directory)["orders"])["columns"][-1]
    assert (gift["name"], gift["physicalName"], gift["output"]) == ("gift", label, "gift")


@pytest.mark.parametrize("label", ["{mail}", " \n{mail", "e\x1bmail", "\0", "x" * 1025])
def test_the_name_of_a_column_in_files_fits_a_header(directory: Path, label: str) -> None:
    text = edited("name: gift\n", f"name: gift\n        physicalName: {json.dumps(label)}\n")
    assert mistakes(directory, text) == [
        f"contracts/orders.odcs.yaml, line 64: column 'gift' has the physicalName {label!r}; use "
        "up to 1,024 characters without a brace first and without control characters but tab and "
        "line ends."
    ]


def test_columns_may_exchange_their_names_in_files(directory: Path) -> None:
    text = edited("name: gift\n", "name: gift\n        physicalName: phone\n")
    text = text.replace("name: phone\n", "name: phone\n        physicalName: gift\n")
    assert mistakes(directory, text) == []


def test_a_physical_name_that_is_the_name_says_nothing(directory: Path) -> None:
    text = edited("name: gift\n", "name: gift\n        physicalName: gift\n")
    assert mistakes(directory, text) == []
    assert "physicalName" not in dump(compile_contracts(directory)["orders"])["columns"][-1]
