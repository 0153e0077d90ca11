"""Quoting: where records with quotes end, and whether each quote is where it may be.

A quote inside an unquoted field is stray: its meaning is not clear, so the record is rejected.
Blanks before a quote make it stray too, but then the record includes all of the quoted text, so
that no line of that text is taken for a record.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from processor.arrow import content_of, has, places
from processor.batches import Lines
from processor.contract.model import Csv


class Fields(NamedTuple):
    """The fields of some lines; ``lines`` tells which of all lines these are."""

    lines: pa.BooleanArray
    rows: pa.ListArray


class MalformedError(ValueError):
    """It is not clear where a record ends: text after a closing quote, or no closing quote."""


class Quoting:
    """How a dialect quotes.

    Attributes:
        delimiter: what is between fields.
        quote: what surrounds a field; empty if nothing does.
    """

    def __init__(self, dialect: Csv) -> None:
        """Prepare the patterns that separate records."""
        self.quote = dialect.quote
        self.delimiter = dialect.delimiter
        quote, delimiter = re.escape(dialect.quote or '"'), re.escape(dialect.delimiter)
        blanks = "" if dialect.delimiter == " " else " *"
        text = f"(?:[^{quote}]++|{quote}{quote})*+{quote}"
        field = f"(?:{quote}{text}|[^{quote}{delimiter}\\r\\n]*+)"
        self._any = quote
        self._closed = f"^{quote}[^{quote}]*{quote}(?:{delimiter}{quote}[^{quote}]*{quote})*$"
        # Or empty. Two delimiters in a row are between fields, because none are in one.
        some = f"(?:{quote}(?:{delimiter}?[^{quote}{delimiter}])*{delimiter}?{quote})?"
        self._sparse = f"^{some}(?:{delimiter}{some})*$"
        one = f"(?:{quote}(?:[^{quote}]|{quote}{quote})*{quote}|[^{quote}{delimiter}]*)"
        self._one = f"^{one}(?:{delimiter}{one})*$"
        self._whole = re.compile(f"{field}(?:{delimiter}{field})*+[\\r\\n]*")
        self._closing = re.compile(text)
        self._opening = re.compile(f"({blanks}){quote}")
        self._unquoted = re.compile(f"[^{delimiter}]*")

    def split(self, texts: pa.StringArray) -> tuple[list[Fields], Sequence[int]]:
        """Return the fields of the lines that are whole, and the indexes of the others.

        A whole line is a record unless it is part of a longer one. There are four kinds: without
        quotes; where all fields have quotes and none has one inside; where some of those are empty
        instead; and any other, which the csv module reads. Empty lines are neither whole nor among
        the others.
        """
        plain = pc.not_equal(texts, "")
        found: list[Fields] = []
        others: Sequence[int] = ()
        if self.quote and has(content_of(texts), self.quote):
            quoted = pc.match_substring_regex(texts, self._any)
            plain = pc.and_not(plain, quoted)
            for pattern, split in (
                (self._closed, self._split_closed),
                (self._sparse, self._split_sparse),
                (self._one, self._read),
            ):
                candidates = texts.filter(quoted)
                fits = pc.match_substring_regex(candidates, pattern)
                these = pc.replace_with_mask(quoted, quoted, fits)
                found.append(Fields(these, split(candidates.filter(fits))))
                quoted = pc.and_not(quoted, these)
            others = places(quoted)
        bare = texts.filter(plain) if plain.false_count else texts
        return [Fields(plain, pc.split_pattern(bare, self.delimiter)), *found], others

    def _split_closed(self, texts: pa.StringArray) -> pa.ListArray:
        size = len(self.quote.encode())
        inner = pc.binary_slice(texts.view(pa.binary()), size, -size).view(pa.string())
        return pc.split_pattern(inner, f"{self.quote}{self.delimiter}{self.quote}")

    def _split_sparse(self, texts: pa.StringArray) -> pa.ListArray:
        """Put quotes where a field is empty, and split."""
        between, quotes = self.delimiter, self.quote * 2
        texts = pc.binary_join_element_wise(between, texts, between, "")
        for _ in range(2):  # the first pass leaves every other one of several in a row
            texts = pc.replace_substring(texts, between * 2, f"{between}{quotes}{between}")
        size = len(between.encode())
        texts = pc.binary_slice(texts.view(pa.binary()), size, -size).view(pa.string())
        return self._split_closed(texts)

    def _read(self, texts: pa.StringArray) -> pa.ListArray:
        return pa.array(list(self.reader(Lines(texts))), pa.list_(pa.string()))

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
                    if not stray and text[place : place + 1] not in ("", self.delimiter):
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
        return csv.reader(lines, delimiter=self.delimiter, quotechar=self.quote, strict=True)
