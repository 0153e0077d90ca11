"""Literals: the values in a contract, such as bounds, each in the exact form of its type."""

import math
import re
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from lib.contracts.compiled import Rules

MAX_DIGITS = 18  # of a decimal whose multiples are counted: what 64 bits hold

# The form that the text must have: the one that the processor asks of a value.
FORMS = {
    "integer": "an integer of 64 bits, such as 0 or -7",
    "decimal": "a decimal within the column's precision and scale, such as 0 or -7.5",
    "double": "a finite number, such as 0, -7.5 or 1.0e-3",
    "date": 'a day that exists, such as "2026-01-31"',
    "time": 'a time of day, such as "08:30:00"',
    "timestamp": 'ISO 8601 with Z or an offset, such as "2026-01-31T08:30:00Z"',
}

# What the text of a value looks like; whether it exists and fits is for read_literal to say.
TEXTS = {
    "integer": r"0|-?[1-9][0-9]*",
    "decimal": r"-?(0|[1-9][0-9]*)(\.[0-9]+)?",
    "double": r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?",
    "date": r"[0-9]{4}-[0-9]{2}-[0-9]{2}",
    "time": r"[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?",
    "timestamp": (
        r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?"
        r"(Z|[+-][0-9]{2}:[0-5][0-9])"
    ),
}


def read_literal(kind: str, text: str, precision: Rules) -> Any:
    """``text`` as a value to compare.

    Raises:
        ValueError, OverflowError: it is not exactly of the type's form, or no such value exists.
    """
    if not re.fullmatch(TEXTS[kind], text):
        raise ValueError(kind)
    fits = True
    value: Any
    match kind:
        case "integer":
            value = int(text)
            fits = -(2**63) <= value < 2**63
        case "double":
            value = float(text)
            lost = value == 0 and re.match("-?[0.]*[1-9]", text)
            fits = math.isfinite(value) and not lost
        case "decimal":
            value = Decimal(text)
            whole, _, fraction = text.lstrip("-").partition(".")
            room = precision["precision"] - precision["scale"]
            fits = len(whole.lstrip("0")) <= room and len(fraction) <= precision["scale"]
        case "date":
            value = date.fromisoformat(text)
        case "time":
            value = time.fromisoformat(text)
        case _:
            value = datetime.fromisoformat(text).astimezone(UTC)
    if not fits:
        raise ValueError(kind)
    return value


def is_step(kind: str, text: str, precision: Rules) -> bool:
    """Whether ``text`` is a number of the type above 0, whose multiples there are."""
    try:
        return bool(read_literal(kind, text, precision) > 0)
    except ValueError:
        return False
