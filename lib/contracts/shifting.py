"""The method ``shift``: by whose tokens values move, and how near the ends of time they may be.

A value that moves must not leave the years from 1 to 9999, however far its subject moves. So the
compiled contract has bounds that leave room for it, which are the contract's own where those do.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from lib.contracts.source import Part
from processor.checks.types import value_of
from processor.contract.column import Column
from processor.deidentification.methods import METHODS
from processor.deidentification.shift import Shift
from processor.deidentification.token import Token

LEAST = {"date": date.min, "timestamp": datetime.min.replace(tzinfo=UTC)}
MOST = {"date": date.max, "timestamp": datetime.max.replace(tzinfo=UTC)}


def check_subjects(parts: Sequence[Part], columns: Sequence[Column]) -> None:
    """Note columns that are to move as something does that is not a subject."""
    tokens = [column.name for column in columns if isinstance(column.deidentify, Token)]
    for part, column in zip(parts, columns, strict=True):
        method = column.deidentify
        if isinstance(method, Shift) and method.by not in tokens:
            names = " or ".join(one.name for one in METHODS if issubclass(one, Token))
            wrong = f"has no by; name a column with tokens, by the method {names}"
            if method.by:
                what = f"is shifted by {method.by!r}, which is not a column with tokens"
                wrong = f"{what}; name one with the method {names}"
            part.wrong(wrong, "customProperties")


def with_room(column: Column) -> Column:
    """The column with bounds that leave room for its method, if that moves values."""
    method = column.deidentify
    if not isinstance(method, Shift) or column.type not in LEAST:
        return column
    rules, room = column.rules, timedelta(days=method.days)
    least, most = LEAST[column.type] + room, MOST[column.type] - room
    own = _bound(rules.minimum, column), _bound(rules.maximum, column)
    return replace(
        column,
        rules=replace(
            rules,
            minimum=rules.minimum if own[0] and own[0] >= least else _text(least, column),
            maximum=rules.maximum if own[1] and own[1] <= most else _text(most, column),
        ),
    )


def moved_bounds(column: Column, method: Shift) -> dict[str, str]:
    """What a contract may promise of the output: the column's bounds, as far as values move."""
    room = timedelta(days=method.days)
    rules = column.rules
    return {
        name: _text(_bound(text, column) + sign * room, column)
        for name, text, sign in (
            ("minimum", rules.minimum, -1),
            ("exclusiveMinimum", rules.exclusive_minimum, -1),
            ("maximum", rules.maximum, 1),
            ("exclusiveMaximum", rules.exclusive_maximum, 1),
        )
        if text is not None
    }


def _bound(text: str | None, column: Column) -> Any:
    return None if text is None else value_of(text, column)


def _text(value: Any, column: Column) -> str:
    """A date or an instant, as it is written for the column."""
    if column.type == "date":
        return str(value.isoformat())
    text = value.replace(tzinfo=None).isoformat()
    return f"{text}Z" if column.timezone else text
