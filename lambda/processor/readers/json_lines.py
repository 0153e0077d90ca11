"""JSON Lines: turns the object on each line into a record, with fields in the contract's order.

Numbers, ``true`` and ``false`` stay text; the contract gives them a type. ``null`` and an absent
key are the empty field. An array or object is its own text if the contract has such a column. Of
lines that are not such an object, only the line is rejected, because the next one can still be
found.
"""

import json
import re
from collections.abc import Iterator, Set
from typing import Any

import pyarrow as pa

from processor.batches import ROWS, Batch, Lines, Stream, batch_rows
from processor.contract.model import Contract
from processor.readers.lines import FOREIGN, FOREIGN_TEXT, blocks, without_blank_end
from processor.reasons import Reason, Stated

# The most names of dropped columns that are counted; further ones are dropped uncounted.
DROPPED_LIMIT = 1 << 12

_WHITESPACE = " \t\r\n"  # RFC 8259
_SPACE = re.compile(f"[{_WHITESPACE}]*")
# An escape; the group matches half a surrogate pair alone, which UTF-8 cannot encode.
_ESCAPE = re.compile(r"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|(u[dD][89a-fA-F]..)|.)")
_FOREIGN = re.compile(FOREIGN_TEXT)
_WORDS = {True: "true", False: "false", None: ""}


class RowFaultError(ValueError):
    """A line is not a record."""

    def __init__(self, reason: Stated) -> None:
        """Keep the reason."""
        super().__init__(reason)
        self.reason = reason


class JsonRecords:
    """The records of a JSON Lines stream, in batches.

    Attributes:
        header: the names in files of the contract's columns.
        rows_read: lines framed so far.
        dropped_columns: names without a column that were dropped so far, at most DROPPED_LIMIT.
        localized: false.
        limits_memory: false.
    """

    localized = False
    limits_memory = False

    def __init__(self, stream: Stream, contract: Contract) -> None:
        """Take what the contract says about the keys and values of a line."""
        self.header = contract.labels
        self.rows_read = 0
        self._blocks = without_blank_end(blocks(stream))
        self._known = frozenset(self.header)
        self._drops = contract.unknown_columns == "drop"
        self._dropped: set[int] = set()  # hashes: a name may be as long as a line
        self._names = {column.label: column.name for column in contract.columns}
        self._nested = frozenset(
            column.label for column in contract.columns if column.type in ("array", "object")
        )

    @property
    def dropped_columns(self) -> int:
        """Count them."""
        return len(self._dropped)

    def __iter__(self) -> Iterator[Batch]:
        """Yield the batches.

        Raises:
            FileRefusedError: the rest cannot be cut into lines.
        """
        most = batch_rows(len(self.header))
        for block in self._blocks:
            for start in range(0, len(block), most):
                yield self._batch(block[start : start + most])

    def _batch(self, lines: Lines) -> Batch:
        rows: list[list[str] | None] = []
        faults: dict[int, Stated] = {}
        for index, line in enumerate(lines):
            try:
                rows.append(self._record(line))
            except RowFaultError as fault:
                rows.append(None)
                faults[index] = fault.reason
        before = self.rows_read
        self.rows_read += len(lines)
        found = pa.array(rows, ROWS)
        return Batch(before + 1, found, range(1, len(lines) + 1), before, lines, faults)

    def _record(self, line: str) -> list[str]:
        found = _parsed(line)
        if not found.keys() <= self._known:
            self._drop(found.keys() - self._known)
        if "~{" in line and _FOREIGN.search(line.rstrip("\r\n")):
            raise RowFaultError(FOREIGN)
        if "\\u" in line and any(escape[1] for escape in _ESCAPE.finditer(line)):
            raise RowFaultError(Reason.ROW_LONE_SURROGATE)
        if self._known.isdisjoint(found):
            raise RowFaultError(Reason.ROW_NO_COLUMN)
        if any(isinstance(found.get(name), dict | list) for name in self._nested):
            found |= {label: text for label, text in _members(line) if label in self._nested}
        return [
            value if isinstance(value := found.get(label), str) else _text(name, value)
            for label, name in self._names.items()
        ]

    def _drop(self, names: Set[str]) -> None:
        if not self._drops:
            raise RowFaultError(Reason.ROW_UNKNOWN_COLUMN)
        room = DROPPED_LIMIT - len(self._dropped)
        self._dropped.update(list({hash(name) for name in names} - self._dropped)[:room])


def _parsed(line: str) -> dict[str, Any]:
    """Return the object on a line."""
    try:
        found = _DECODER.decode(line)
    except RowFaultError:
        raise
    except RecursionError:
        raise RowFaultError(Reason.ROW_TOO_DEEP) from None
    except ValueError:
        raise RowFaultError(
            Reason.ROW_NOT_JSON if line.strip(_WHITESPACE) else Reason.ROW_BLANK
        ) from None
    if not isinstance(found, dict):
        raise RowFaultError(Reason.ROW_NOT_AN_OBJECT)
    return found


def _text(name: str, value: Any) -> str:
    if isinstance(value, dict | list):
        raise RowFaultError(Reason.COLUMN_NESTED.about(name))
    return _WORDS[value]


def _members(line: str) -> Iterator[tuple[str, str]]:
    """Yield the members of the object on a valid line, with their values as written."""
    place = line.index("{")
    while line[place] != "}":
        key, place = _DECODER.raw_decode(line, _after_space(line, place + 1))
        begin = _after_space(line, _after_space(line, place) + 1)  # a colon is between them
        value, place = _DECODER.raw_decode(line, begin)
        if isinstance(value, dict | list):
            yield key, line[begin:place]
        place = _after_space(line, place)


def _after_space(line: str, place: int) -> int:
    space = _SPACE.match(line, place)
    assert space  # it also matches the empty text
    return space.end()


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise RowFaultError(Reason.ROW_DUPLICATE_KEY)
    return found


def _constant(_: str) -> None:
    """Refuse NaN and the infinities, which Python reads and JSON does not have."""
    raise RowFaultError(Reason.ROW_NOT_JSON)


# Numbers stay texts: nothing is rounded, and ten thousand digits take no time.
_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=str, parse_float=str, parse_constant=_constant
)
