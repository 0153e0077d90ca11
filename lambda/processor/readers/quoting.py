"""Quoting: where records with quotes end, and whether each quote is where it may be.

A quote inside an unquoted field is stray: its meaning is not clear, so the record is rejected.
Blanks before a quote make it stray too, but then the record includes all of the quoted text, so
that no line of that text is taken for a record.
"""

import csv
import re
from collections.abc import Iterable, Iterator

from processor.contract.model import Csv


class MalformedError(ValueError):
    """It is not clear where a record ends: text after a closing quote, or no closing quote."""


class Quoting:
    """How a dialect quotes.

    Attributes:
        quote: what surrounds a field; empty if nothing does, and then only this may be used.
    """

    def __init__(self, dialect: Csv) -> None:
        """Prepare the patterns that separate records."""
        self.quote = dialect.quote
        self._delimiter = dialect.delimiter
        quote, delimiter = re.escape(dialect.quote or '"'), re.escape(dialect.delimiter)
        blanks = "" if dialect.delimiter == " " else " *"
        text = f"(?:[^{quote}]++|{quote}{quote})*+{quote}"
        field = f"(?:{quote}{text}|[^{quote}{delimiter}\\r\\n]*+)"
        self._whole = re.compile(f"{field}(?:{delimiter}{field})*+[\\r\\n]*")
        self._closing = re.compile(text)
        self._opening = re.compile(f"({blanks}){quote}")
        self._unquoted = re.compile(f"[^{delimiter}]*")

    def is_whole(self, text: str) -> bool:
        """Tell whether a text is one record, with no stray quote."""
        return self._whole.fullmatch(text) is not None

    def measure(self, lines: Iterable[str]) -> tuple[int, bool]:
        """Take the lines of one record; return how many there are, and whether a quote is stray.

        Raises:
            MalformedError: it does not end, or there is text after a closing quote.
        """
        stray = quoted = False
        for count, line in enumerate(lines, 1):
            text, place = line.rstrip("\r\n"), 0
            while True:
                if not quoted and (opening := self._opening.match(text, place)):
                    stray = stray or bool(opening[1])
                    quoted = True
                    place = opening.end()
                if quoted:
                    closing = self._closing.match(text, place)
                    if not closing:
                        break
                    quoted = False
                    place = closing.end()
                    if not stray and text[place : place + 1] not in ("", self._delimiter):
                        raise MalformedError
                unquoted = self._unquoted.match(text, place)
                assert unquoted  # it also matches the empty text
                end = unquoted.end()
                stray = stray or self.quote in text[place:end]
                place = end + 1
                if place > len(text):
                    return count, stray
        raise MalformedError

    def reader(self, lines: Iterable[str]) -> Iterator[list[str]]:
        """Return a reader for the fields of records without stray quotes; it raises csv.Error."""
        return csv.reader(lines, delimiter=self._delimiter, quotechar=self.quote, strict=True)
