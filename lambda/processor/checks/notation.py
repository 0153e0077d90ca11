"""Notation: numbers as a contract's CSV files write them, such as ``1.234,50``.

They become the usual texts, ``1234.50``, before anything is checked: bounds in a contract are
written that way, and tokens join with those of JSON and Parquet. Digits may be written without
groups, or all in groups of three.
"""

import re

import pyarrow as pa
import pyarrow.compute as pc

from processor.contract.model import Contract, Csv

_NUMERIC = ("integer", "decimal", "double")
_NO_NUMBER = "?"  # a text, so that it is checked, but not that of a number


class Notation:
    """How the numbers of CSV files are written in a dialect."""

    def __init__(self, dialect: Csv) -> None:
        """Prepare."""
        self._decimal, self._thousands = dialect.decimal, dialect.thousands
        decimal, thousands = re.escape(dialect.decimal), re.escape(dialect.thousands)
        grouped = f"|[1-9][0-9]{{0,2}}(?:{thousands}[0-9]{{3}})+" if thousands else ""
        self._pattern = f"^-?(?:0|[1-9][0-9]*{grouped})(?:{decimal}[0-9]+)?(?:[eE][+-]?[0-9]+)?$"

    def plain(self, text: pa.StringArray) -> pa.StringArray:
        """Return the usual texts of numbers; anything else becomes a text that is not a number."""
        fits = pc.or_(pc.match_substring_regex(text, self._pattern), pc.equal(text, ""))
        text = pc.if_else(fits, text, _NO_NUMBER)
        if self._thousands:
            text = pc.replace_substring(text, self._thousands, "")
        return pc.replace_substring(text, self._decimal, ".")


def notation_of(contract: Contract) -> dict[str, Notation]:
    """Return the notation of each column of numbers, if the CSV dialect has its own."""
    dialect = contract.csv
    if (dialect.decimal, dialect.thousands) == (".", ""):
        return {}
    notation = Notation(dialect)
    return {column.name: notation for column in contract.columns if column.type in _NUMERIC}
