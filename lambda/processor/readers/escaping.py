r"""Escaping: CSV in which, by contract, a backslash escapes the next character.

MySQL, Hive and PostgreSQL's COPY write this, with or without quotes. A backslash precedes

- a delimiter, quote, backslash or line end, which is then part of the field, or
- ``n``, ``r`` or ``t``, for a line feed, carriage return or tab.

Before any other character, its meaning depends on the writer, so the row is rejected. But a whole
field may be a null marker with a backslash, such as ``\N``. Two quotes in quotes are one, as
usual. Python's csv module with an ``escapechar`` differs: it reads `` `` as the letter n.

https://dev.mysql.com/doc/refman/8.4/en/load-data.html
https://www.postgresql.org/docs/current/sql-copy.html
"""

import re
from collections.abc import Iterable, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from processor.arrow import places
from processor.contract.model import Csv
from processor.contract.vocabulary import ESCAPE
from processor.readers.quoting import Fields, MalformedError

_LETTERS = {"n": "\n", "r": "\r", "t": "\t"}


class StrayQuoteError(ValueError):
    """A quote is inside an unquoted field."""


class UnknownEscapeError(ValueError):
    """The meaning of a character after a backslash is not clear."""


class Escaping:
    """How a dialect with an escape separates fields, and what they mean."""

    def __init__(self, dialect: Csv) -> None:
        """Prepare."""
        self._quote, self._delimiter = dialect.quote, dialect.delimiter
        quote, delimiter = re.escape(dialect.quote), re.escape(dialect.delimiter)
        blanks = "" if dialect.delimiter == " " else " *"
        pair = f"|({quote}{quote})" if quote else "|((?!))"
        self._special = rf"[\\{quote}]"
        self._opening = re.compile(f"({blanks}){quote}" if quote else "(?!)")
        self._quoted = re.compile(rf"(?:[^\\{quote}]++|\\.{pair})*+")
        self._unquoted = re.compile(rf"(?:[^\\{delimiter}]++|\\.)*+")
        self._sound = re.compile(rf"(?:[^\\{quote}]++|\\(?:\r\n|.))*+", re.DOTALL)
        self._sequence = re.compile(rf"\\(\r\n|.){pair}", re.DOTALL)
        themselves = (dialect.delimiter, dialect.quote, ESCAPE, "\n", "\r", "\r\n")
        self._meanings = {text: text for text in themselves} | _LETTERS
        self._nulls = frozenset(marker for marker in dialect.nulls if ESCAPE in marker)

    def split(self, texts: pa.StringArray) -> tuple[Fields, Sequence[int]]:
        """Return the fields of lines without an escape or a quote, and the indexes of others.

        Empty lines are left out.
        """
        special = pc.match_substring_regex(texts, self._special)
        plain = pc.and_not(pc.not_equal(texts, ""), special)
        rows = pc.split_pattern(texts.filter(plain), self._delimiter)
        return Fields(plain, rows), places(special)

    def measure(self, lines: Iterable[str]) -> tuple[int, list[tuple[str, bool]]]:
        """Take the lines of one record; return how many there are, and its fields as written.

        Each field is its text, without its quotes, and whether it had quotes. A stray quote stays
        in the text of an unquoted field.

        Raises:
            MalformedError: it does not end, or there is text after a closing quote.
        """
        fields: list[tuple[str, bool]] = []
        # A field's text in pieces: appending line by line would copy it each time.
        pieces: list[str] = []
        begun = quoted = stray = False
        inside = False  # of quotes
        count = 0
        for count, line in enumerate(lines, 1):
            text, place = line.rstrip("\r\n"), 0
            while True:
                if not begun:
                    begun, quoted = True, False
                    if opening := self._opening.match(text, place):
                        inside, quoted = True, not opening[1]
                        stray = stray or bool(opening[1])
                        pieces, place = [opening[0]] if opening[1] else [], opening.end()
                if inside:
                    inner = _match(self._quoted, text, place)
                    pieces.append(inner)
                    place += len(inner)
                    if text[place : place + 1] in ("", ESCAPE):  # it continues in the next line
                        pieces.append(line[place:])
                        break
                    inside, place = False, place + 1
                    if stray:
                        pieces.append(self._quote)
                        quoted = False
                    elif text[place : place + 1] not in ("", self._delimiter):
                        raise MalformedError
                outer = _match(self._unquoted, text, place)
                pieces.append(outer)
                place += len(outer)
                if text[place : place + 1] == ESCAPE:  # before the line end
                    pieces.append(line[place:])
                    break
                part = "".join(pieces)
                stray = stray or not (quoted or self._sound.fullmatch(part))
                fields.append((part, quoted))
                pieces, begun, place = [], False, place + 1
                if place > len(text):
                    return count, fields
        part = "".join(pieces)
        if inside or not part.endswith(("\r", "\n")):
            raise MalformedError
        return count, [*fields, (part, quoted)]  # empty lines at the end of a file are not records

    def read(self, fields: Iterable[tuple[str, bool]]) -> list[str]:
        """Return the meaning of fields, from how they are written.

        Raises:
            StrayQuoteError: an unquoted field has a quote.
            UnknownEscapeError: a field has an escape without a clear meaning.
        """
        fields = list(fields)
        if not all(quoted or self._sound.fullmatch(part) for part, quoted in fields):
            raise StrayQuoteError
        try:
            return [self._meaning(part) for part, _ in fields]
        except KeyError:
            raise UnknownEscapeError from None

    def _meaning(self, part: str) -> str:
        if part in self._nulls:
            return ""
        return self._sequence.sub(
            lambda match: self._quote if match[2] else self._meanings[match[1]], part
        )


def _match(pattern: re.Pattern[str], text: str, place: int) -> str:
    """Return the match at a place, which may be empty."""
    found = pattern.match(text, place)
    return found[0] if found else ""
