"""A value becomes the least of its class."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import strategies as st

from processor.contract.column import Written
from processor.contract.model import ContractError
from processor.contracts import parse
from processor.deidentification.pseudonyms import ContractKeys, PseudonymKeys
from tests.unit.processor.aws import HmacKey
from tests.unit.processor.deidentified import PLAIN, compare, leaves
from tests.unit.processor.examples import column, document


def test_a_class_is_known_by_its_least_value() -> None:
    month = column("c", "date", method="generalize", options={"to": "month"})
    assert leaves(month, "1990-02-28", "0001-01-31") == [date(1990, 2, 1), date(1, 1, 1)]
    day = column("c", "timestamp", method="generalize", options={"to": "day"})
    assert leaves(day, "2024-01-01T00:30:00+01:00") == [datetime(2023, 12, 31, tzinfo=UTC)]
    tens = column("c", "integer", method="generalize", options={"width": "10"})
    assert leaves(tens, "19", "-1", "-10", str(-(2**63))) == [10, -10, -10, -(2**63)]


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("string", {"to": "month"}),
        ("string", {"width": "5"}),
        ("date", {"prefix": 2}),
        ("timestamp", {}),
        ("integer", {"prefix": 2}),
        ("decimal", {"to": "year"}),
        ("boolean", {"prefix": 1}),
        ("double", {"width": "5"}),
        ("array", {"prefix": 2}),
    ],
)
def test_generalization_without_its_own_option_leaves_nothing(
    kind: str, options: dict[str, Any]
) -> None:
    (found,) = parse(document(column("a", kind, "generalize", options))).columns
    assert isinstance(found.deidentify, Written)
    kms: Any = HmacKey()
    with pytest.raises(ContractError, match="column a: "):
        found.deidentify.prepare(found, ContractKeys(PseudonymKeys(kms, ""), "people", 1))


CLASSES: list[tuple[dict[str, Any], st.SearchStrategy[str]]] = [
    (column("c", method="generalize", options={"prefix": 2}), PLAIN),
    (column("c", "date", method="generalize", options={"to": "month"}), st.dates().map(str)),
    (column("c", "date", method="generalize", options={"to": "year"}), st.dates().map(str)),
    *(
        (
            column("c", "timestamp", method="generalize", options={"to": unit}),
            st.datetimes().map(lambda moment: moment.isoformat(timespec="seconds") + "Z"),
        )
        for unit in ("hour", "day", "month", "year")
    ),
    *(
        (
            column("c", "integer", method="generalize", options={"width": width}),
            st.integers(-(2**63), 2**63 - 1).map(str) | st.integers(-20, 20).map(str),
        )
        for width in ("1", "7", "1000", str(2**63 - 1))
    ),
    *(
        (
            column(
                "c",
                "decimal",
                "generalize",
                {"width": width},
                precision=precision,
                scale=scale,
            ),
            st.decimals(
                -(10 ** (precision - scale)) + 1,
                10 ** (precision - scale) - 1,
                places=scale,
                allow_nan=False,
            ).map(lambda number: f"{number:f}"),
        )
        for width, precision, scale in (
            ("0.05", 5, 2),
            ("500", 3, 0),
            ("250", 18, 4),
            ("0.3", 18, 17),
        )
    ),
]


@pytest.mark.parametrize(
    ("rules", "values"), CLASSES, ids=[str(rules["deidentify"]) for rules, _ in CLASSES]
)
def test_the_output_is_what_the_reference_implementation_says(
    rules: dict[str, Any], values: st.SearchStrategy[str]
) -> None:
    compare(rules, values)
