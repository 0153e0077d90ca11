"""Values without quotes, which YAML takes for something else."""

from pathlib import Path

import pytest

from lib.contracts import compile_contracts
from tests.unit.contracts.orders import bounded, edited, mistakes


def test_a_date_without_quotes_is_the_text_that_it_is_in_yaml_1_2(directory: Path) -> None:
    text = edited('"2030-12-31"', "2030-12-31").replace(
        '"2020-01-01T00:00:00Z"', "2020-01-01 00:00:00Z"
    )
    text = text.replace("version: 1.2.0", "version: 2024-01-01\ntags: [2024-01-01]")
    text = text.replace("[{value: AT}", "[{value: 2024-12-31}")
    text = text.replace(
        "status: active", "status: active\ncontractCreatedTs: 2024-01-01T10:00:00+02:00"
    )
    text = text.replace(
        "      - name: gift",
        "        examples: [2022-10-03, 2022-10-03T10:00:00]\n      - name: gift",
    )
    assert mistakes(directory, text) == [
        "contracts/orders.odcs.yaml, line 64: column 'shipped_at' has the minimum '2020-01-01 "
        '00:00:00Z\'; write ISO 8601 with Z or an offset, such as "2026-01-31T08:30:00Z".'
    ]
    text = text.replace("01 00:00:00Z", "01T00:00:00Z")
    assert mistakes(directory, text) == []
    contract = compile_contracts(directory)["orders"]
    columns = {column.name: column for column in contract.columns}
    assert contract.version == "2024-01-01"
    assert columns["ordered_on"].rules.maximum == "2030-12-31"
    assert columns["shipped_at"].rules.minimum == "2020-01-01T00:00:00Z"
    assert columns["country"].rules.enum == ("2024-12-31", "NO")


@pytest.mark.parametrize("nothing", ["", " ~"])
def test_nothing_where_text_is_needed_is_reported(directory: Path, nothing: str) -> None:
    (found,) = mistakes(directory, edited("version: 1.2.0", f"version:{nothing}"))
    assert found.endswith("field 'version' is empty; write text in quotes.")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        *[("1.0", "a number"), ("5", "a number"), ("1.10", "the number 1.1")],
        *[
            ("0123", "the number 83"),
            ("1_000", "the number 1000"),
            ("12:30:00", "the number 45000"),
        ],
        *[
            ("yes", "true"),
            ("No", "false"),
            ("off", "false"),
            ("null", "null"),
            (".inf", "the number inf"),
        ],
    ],
)
def test_what_yaml_reads_where_text_is_needed_is_reported(
    directory: Path, written: str, read: str
) -> None:
    text = edited("logicalType: boolean", f"logicalType: boolean\n        tags: [{written}]")
    assert mistakes(directory, text) == [
        f"contracts/orders.odcs.yaml, line 65: field 'tags[0]' of column 'gift' is {written} "
        f'without quotes, which YAML reads as {read}; put it in quotes: "{written}".'
    ]


def test_a_whole_number_in_an_enum_is_its_digits(directory: Path) -> None:
    assert mistakes(directory, edited('{value: "NO"}', "{value: 10}, {value: -1}")) == []
    columns = compile_contracts(directory)["orders"].columns
    assert columns[4].rules.enum == ("AT", "10", "-1")


@pytest.mark.parametrize(
    ("option", "complaint"),
    [
        ("minimum: '1'", "minimum' of column 'quantity' is '1' in quotes, and so text; write 1"),
        (
            "minimum: '1.5'",
            "minimum' of column 'quantity' is '1.5' in quotes, and so text; write 1.5",
        ),
    ],
)
def test_a_number_in_quotes_is_reported(directory: Path, option: str, complaint: str) -> None:
    assert mistakes(directory, bounded("quantity", option)) == [
        f"contracts/orders.odcs.yaml, line 44: field 'logicalTypeOptions.{complaint} without them."
    ]
