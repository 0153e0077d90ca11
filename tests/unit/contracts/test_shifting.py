"""The method ``shift`` in a contract: by whom values move, and the bounds before and after."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from lib.contracts import compile_contracts
from lib.contracts.published import publish
from processor.checks.types import value_of
from processor.deidentification.shift import MOST_DAYS
from tests.unit.contracts.orders import CONTRACT, bounded, compare, deidentified, mistakes
from tests.unit.processor.examples import EXAMPLES

SHIFT = "shift, days: 30, by: email"


def with_options(column: str, options: str, method: str = SHIFT) -> str:
    """The valid contract with a method and other rules for a column of dates or instants."""
    text = bounded(column, options)
    custom = f"        customProperties: [{{property: deidentify, value: {{method: {method}}}}}]\n"
    return text.replace(f"- name: {column}\n", f"- name: {column}\n{custom}")


def bounds(directory: Path, column: str) -> dict[str, str]:
    """The rules of a compiled column."""
    (found,) = [
        one for one in compile_contracts(directory)["orders"].columns if one.name == column
    ]
    return {name: rule for name, rule in vars(found.rules).items() if rule is not None}


def promised(directory: Path, column: str) -> dict[str, Any]:
    """What the published contract says of a column."""
    document = yaml.safe_load(publish(directory)["orders"])
    (found,) = [one for one in document["schema"][0]["properties"] if one["name"] == column]
    return dict(found)


@pytest.mark.parametrize(
    ("by", "named"),
    [("nobody", "nobody"), ("country", "country"), ("comment", "comment"), ("ordered_on",) * 2],
)
def test_values_move_as_a_column_with_tokens_does(directory: Path, by: str, named: str) -> None:
    (sentence,) = mistakes(directory, deidentified("ordered_on", f"shift, days: 30, by: {by}"))
    assert sentence.endswith(
        f"column 'ordered_on' is shifted by {named!r}, which is not a column with tokens; name "
        "one with the method pseudonymize or hmac or encrypt."
    )


@pytest.mark.parametrize(
    ("method", "what"),
    [
        ("shift, days: 30", "has no by; name a column with tokens, by the method pseudonymize or"),
        ("shift, by: email", "has the days ''; use a whole number from 1"),
        ("shift, days: '30', by: email", "'30'; use a whole number from 1, without quotes"),
        ("shift, days: 0, by: email", "has the days '0'; use a whole number from 1"),
        (f"shift, days: {MOST_DAYS + 1}, by: email", "use at most 36,525, a century"),
    ],
)
def test_it_needs_days_and_a_subject(directory: Path, method: str, what: str) -> None:
    (sentence,) = mistakes(directory, deidentified("ordered_on", method))
    assert what in sentence


@pytest.mark.parametrize(
    ("column", "type_"), [("quantity", "integer"), ("country", "string"), ("gift", "boolean")]
)
def test_only_dates_and_instants_move(directory: Path, column: str, type_: str) -> None:
    (sentence,) = mistakes(directory, deidentified(column, SHIFT))
    assert f"is of type {type_}, but shift is for type date or timestamp" in sentence


@pytest.mark.parametrize(
    ("column", "options", "compiled", "published"),
    [
        (
            "ordered_on",
            'minimum: "2020-01-01", maximum: "2024-02-29"',
            {"minimum": "2020-01-01", "maximum": "2024-02-29"},
            {"minimum": "2019-12-02", "maximum": "2024-03-30"},
        ),
        (
            "ordered_on",
            'exclusiveMinimum: "2020-03-01", exclusiveMaximum: "2020-04-01"',
            {
                "minimum": "0001-01-31",
                "exclusive_minimum": "2020-03-01",
                "maximum": "9999-12-01",
                "exclusive_maximum": "2020-04-01",
            },
            {
                "minimum": "0001-01-01",
                "exclusiveMinimum": "2020-01-31",
                "maximum": "9999-12-31",
                "exclusiveMaximum": "2020-05-01",
            },
        ),
        (
            "ordered_on",
            'minimum: "0001-01-01", maximum: "9999-12-31"',
            {"minimum": "0001-01-31", "maximum": "9999-12-01"},
            {"minimum": "0001-01-01", "maximum": "9999-12-31"},
        ),
        (
            "shipped_at",
            'minimum: "2020-01-01T02:00:00+02:00"',
            {"minimum": "2020-01-01T02:00:00+02:00", "maximum": "9999-12-01T23:59:59.999999Z"},
            {"minimum": "2019-12-02T00:00:00Z", "maximum": "9999-12-31T23:59:59.999999Z"},
        ),
        (
            "shipped_at",
            'minimum: "2020-01-01T00:00:00", timezone: false',
            {"minimum": "2020-01-01T00:00:00", "maximum": "9999-12-01T23:59:59.999999"},
            {"minimum": "2019-12-02T00:00:00", "maximum": "9999-12-31T23:59:59.999999"},
        ),
    ],
)
def test_bounds_are_checked_before_and_promised_as_wide_as_values_move(
    directory: Path,
    column: str,
    options: str,
    compiled: dict[str, str],
    published: dict[str, str],
) -> None:
    assert mistakes(directory, with_options(column, options)) == []
    assert bounds(directory, column) == compiled
    found = promised(directory, column)
    assert found["logicalTypeOptions"] == published
    assert found["transformDescription"] == f"{{method: {SHIFT}}}"


@pytest.mark.no_cover
@EXAMPLES
@given(days=st.integers(1, MOST_DAYS), own=st.tuples(st.dates(), st.dates()).map(sorted))
def test_no_value_that_is_accepted_leaves_the_calendar(
    directory: Path, days: int, own: list[date]
) -> None:
    options = f'minimum: "{own[0]}", maximum: "{own[1]}"'
    text = with_options("ordered_on", options, f"shift, days: {days}, by: email")
    assert mistakes(directory, text) == []
    (column,) = [
        one for one in compile_contracts(directory)["orders"].columns if one.name == "ordered_on"
    ]
    rules, room = column.rules, timedelta(days=days)
    least, most = (value_of(str(text), column) for text in (rules.minimum, rules.maximum))
    assert least - room >= date.min
    assert most + room <= date.max
    assert least == max(own[0], date.min + room)
    assert most == min(own[1], date.max - room)


def test_a_wrong_bound_is_one_mistake(directory: Path) -> None:
    (sentence,) = mistakes(directory, with_options("ordered_on", 'minimum: "2020-02-30"'))
    assert "2020-02-30" in sentence


@pytest.mark.parametrize(
    ("current", "other", "allowed"),
    [
        (SHIFT, SHIFT, True),
        (SHIFT, "drop", True),
        ("keep", SHIFT, True),
        (SHIFT, "keep", False),
        (SHIFT, "generalize, to: month", False),
        ("generalize, to: month", SHIFT, False),
        # A subject that moves by two numbers is between both.
        (SHIFT, "shift, days: 29, by: email", False),
        (SHIFT, "shift, days: 31, by: email", False),
    ],
)
def test_another_version_moves_values_alike_or_drops_them(
    directory: Path, current: str, other: str, allowed: bool
) -> None:
    texts = [with_options("ordered_on", 'minimum: "2020-01-01"', one) for one in (current, other)]
    found = compare(directory, *texts)
    assert (found == []) == allowed
    assert all("may reveal more than under orders.odcs.yaml" in sentence for sentence in found)


def test_the_valid_contract_is_not_narrowed(directory: Path) -> None:
    assert mistakes(directory, CONTRACT) == []
    assert bounds(directory, "ordered_on") == {"minimum": "2020-01-01", "maximum": "2030-12-31"}
