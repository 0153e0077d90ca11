"""Notation: numbers and days as a contract's CSV files write them: ``1.234,50``, ``31.01.2026``.

They become the usual texts, ``1234.50`` and ``2026-01-31``, before anything is checked: bounds in
a contract are written that way, and tokens join with those of JSON and Parquet. Digits may be
written without groups, or all in groups of three.
"""

import re
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc

from processor.contract.model import Contract, Csv
from processor.contract.vocabulary import ISO_DAYS

_NUMERIC = ("integer", "decimal", "double")
_NO_VALUE = "?"  # a text, so that it is checked, but not that of a number or a day
_PARTS = {
    "YYYY": "(?P<Y>[0-9]{4})",
    "MM": "(?P<M>[0-9]{2})",
    "DD": "(?P<D>[0-9]{2})",
    "M": "(?P<M>[1-9][0-9]?)",
    "D": "(?P<D>[1-9][0-9]?)",
}


class Notation(Protocol):
    """How the values of a type are written."""

    def plain(self, text: pa.StringArray) -> pa.StringArray:
        """Return the usual texts; anything else becomes a text that is not a value of the type."""


def usual(text: pa.StringArray, notation: Notation | None) -> pa.StringArray:
    """Return the usual texts where there are any; other texts stay what they are."""
    if notation is None:
        return text
    plain = notation.plain(text)
    return pc.if_else(pc.equal(plain, _NO_VALUE), text, plain)


class NumberNotation:
    """How the numbers of CSV files are written in a dialect."""

    def __init__(self, dialect: Csv) -> None:
        """Prepare."""
        self._decimal, self._thousands = dialect.decimal, dialect.thousands
        decimal, thousands = re.escape(dialect.decimal), re.escape(dialect.thousands)
        grouped = f"|[1-9][0-9]{{0,2}}(?:{thousands}[0-9]{{3}})+" if thousands else ""
        self._pattern = f"^-?(?:0|[1-9][0-9]*{grouped})(?:{decimal}[0-9]+)?(?:[eE][+-]?[0-9]+)?$"

    def plain(self, text: pa.StringArray) -> pa.StringArray:
        """Return the usual texts of numbers; anything else becomes a text that is not a number."""
        text = _fitting(text, self._pattern)
        if self._thousands:
            text = pc.replace_substring(text, self._thousands, "")
        return pc.replace_substring(text, self._decimal, ".")


class DayNotation:
    """How the days of CSV files are written: one of DAYS."""

    def __init__(self, form: str) -> None:
        """Prepare."""
        self._parts = re.findall("[YMD]+", form)
        parts = re.sub("[YMD]+", lambda part: _PARTS[part[0]], re.sub("[.]", "[.]", form))
        self._pattern = f"^{parts}$"

    def plain(self, text: pa.StringArray) -> pa.StringArray:
        """Return days as YYYY-MM-DD; anything else becomes a text that is not a day."""
        text = _fitting(text, self._pattern)
        places = {part[0]: place for place, part in enumerate(self._parts, start=1)}
        written = "-".join(rf"\{places[part]}" for part in "YMD")
        text = pc.replace_substring_regex(text, self._pattern, written)
        return pc.replace_substring_regex(text, r"\b([0-9])\b", r"0\1")


def _fitting(text: pa.StringArray, pattern: str) -> pa.StringArray:
    fits = pc.or_(pc.match_substring_regex(text, pattern), pc.equal(text, ""))
    return pc.if_else(fits, text, _NO_VALUE)


def notation_of(contract: Contract) -> dict[str, Notation]:
    """Return the notation of each column of numbers or days, if the CSV dialect has its own."""
    dialect = contract.csv
    notations: dict[str, Notation] = {}
    if (dialect.decimal, dialect.thousands) != (".", ""):
        notations |= dict.fromkeys(_NUMERIC, NumberNotation(dialect))
    if dialect.dates != ISO_DAYS:
        notations["date"] = DayNotation(dialect.dates)
    return {
        column.name: notations[column.type]
        for column in contract.columns
        if column.type in notations
    }
