"""JSON Lines: one object per line becomes one record, its fields in the order of the contract.

A number is the text it stands there as, and so are ``true`` and ``false``: what they are worth,
the contract says. ``null`` and a key that is absent are the empty field. A line that is not
such an object is rejected alone, because the next one can still be told from it.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from processor.framing import BATCH_ROWS, Batch, Stream, blocks
from processor.refusal import FileRefusedError

_WORDS = {True: "true", False: "false", None: ""}


class RowFaultError(ValueError):
    """A line is no record; the message is the reason."""


class JsonRecords:
    """The records of a JSON Lines stream, in batches.

    Attributes:
        header: the names of the contract's columns.
        rows_read: lines framed so far.
    """

    def __init__(self, stream: Stream, columns: Sequence[str]) -> None:
        """Take the names that a line may have as keys."""
        self.header = list(columns)
        self.rows_read = 0
        self._blocks = blocks(stream)
        self._known = frozenset(columns)

    def __iter__(self) -> Iterator[Batch]:
        """Yield the batches.

        Raises:
            FileRefusedError: the rest cannot be cut into lines.
        """
        try:
            for block in self._blocks:
                for start in range(0, len(block), BATCH_ROWS):
                    yield self._batch(block[start : start + BATCH_ROWS])
        except FileRefusedError as refusal:
            refusal.rows_read = self.rows_read
            raise

    def _batch(self, lines: list[str]) -> Batch:
        rows: list[list[str]] = []
        faults: dict[int, str] = {}
        for index, line in enumerate(lines):
            row: list[str] = []
            try:
                row = self._record(line)
            except RowFaultError as fault:
                faults[index] = str(fault)
            rows.append(row)
        before = self.rows_read
        self.rows_read += len(lines)
        return Batch(before + 1, rows, range(1, len(lines) + 1), before, lines, faults)

    def _record(self, line: str) -> list[str]:
        found = _parsed(line)
        if not found.keys() <= self._known:
            raise RowFaultError("row:unknown-column")
        values = [
            value if isinstance(value := found.get(name), str) else _text(name, value)
            for name in self.header
        ]
        if "\\u" in line:  # only an escape can spell half a surrogate pair
            try:
                "".join(values).encode()
            except UnicodeEncodeError:
                raise RowFaultError("row:lone-surrogate") from None
        return values


def _parsed(line: str) -> dict[str, Any]:
    """Return the object that stands on a line."""
    try:
        found = _DECODER.decode(line)
    except RowFaultError:
        raise
    except RecursionError:
        raise RowFaultError("row:too-deep") from None
    except ValueError:
        raise RowFaultError("row:not-json" if line.strip() else "row:blank") from None
    if not isinstance(found, dict):
        raise RowFaultError("row:not-an-object")
    return found


def _text(name: str, value: Any) -> str:
    if isinstance(value, dict | list):
        raise RowFaultError(f"{name}:nested")
    return _WORDS[value]


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise RowFaultError("row:duplicate-key")
    return found


def _constant(_: str) -> None:
    """Refuse NaN and the infinities, which Python reads and JSON does not have."""
    raise RowFaultError("row:not-json")


# Numbers stay texts: nothing is rounded, and no time goes into ten thousand digits.
_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=str, parse_float=str, parse_constant=_constant
)
