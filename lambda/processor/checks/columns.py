"""Columns: turns a batch of records into Arrow columns, and checks and converts them.

A value converts only if its text has exactly the form of its type, see :mod:`.types`. An empty
field is null. A row, never a single value, is rejected, with all of its reasons, each as
``column:rule``. A null field is a value that has no text in its format, such as an infinite
number: it fits no type, and only a dropped column may hold it.
"""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from processor.arrow import places
from processor.batches import Batch
from processor.checks.header import positions
from processor.checks.normalization import normalize
from processor.checks.notation import Notation
from processor.checks.rules import predicates
from processor.checks.types import column_type, converted, matches
from processor.checks.uniqueness import Seen
from processor.contract.column import Column
from processor.contract.model import Contract
from processor.reasons import Reason, ReasonAbout, Stated

_NO_TEXT = pa.scalar(None, pa.string())

Failure = tuple[ReasonAbout, pa.BooleanArray]

NOTHING: Mapping[str, Notation] = MappingProxyType({})


class CheckedColumn(NamedTuple):
    """A column of a batch: its texts, and its values of the contract's type, or null.

    The texts are normalized if the contract normalizes them for tokens; ``given`` are those of the
    file. ``empty`` tells which fields have no value, and ``compared`` are equal for what counts as
    the same value.
    """

    text: pa.StringArray
    values: pa.Array
    given: pa.StringArray
    empty: pa.BooleanArray
    compared: pa.Array


@dataclass(frozen=True)
class CheckedBatch:
    """What the checks found in a batch.

    Attributes:
        columns: by name; they hold the rows with as many fields as the header.
        clean: which of those rows keep the contract; None if all do.
        rejects: the index of each other row in the batch, and its reasons, in order.
        indices: the index in the batch of each row that the columns hold.
    """

    columns: dict[str, CheckedColumn]
    clean: pa.BooleanArray | None
    rejects: dict[int, list[Stated]]
    indices: Sequence[int]

    def select(self, array: pa.Array) -> pa.Array:
        """Return the clean rows of a column's texts or values."""
        return array if self.clean is None else array.filter(self.clean)

    def without(self, rows: pa.BooleanArray, indices: Container[int]) -> "CheckedBatch":
        """Return the batch as if some rows were neither clean nor rejected.

        ``rows`` marks those that the columns hold, and ``indices`` has the indices of all.
        """
        others = pc.invert(rows)
        clean = others if self.clean is None else pc.and_(self.clean, others)
        rejects = {index: found for index, found in self.rejects.items() if index not in indices}
        return replace(self, clean=clean, rejects=rejects)


class RowCheck:
    """The checks of a contract, for one file.

    Attributes:
        dropped_columns: how many columns of the file the contract does not know.
    """

    def __init__(
        self,
        contract: Contract,
        header: Sequence[str],
        notation: Mapping[str, Notation] = NOTHING,
    ) -> None:
        """Prepare the checks of each column; some have numbers in their own ``notation``.

        Raises:
            FileRefusedError: the header does not fit the contract.
        """
        self._width = len(header)
        self._positions = positions(contract, header, contract.csv.preamble_lines + 1)
        self.dropped_columns = len(header) - len(self._positions)
        self._notation = notation
        self._checks = [ColumnCheck(column) for column in contract.columns]
        self._subjects = [
            (column.name, column.deidentify.subject)
            for column in contract.columns
            if column.deidentify.subject is not None
        ]

    def close(self) -> None:
        """Forget the file; this frees its disk space."""
        for check in self._checks:
            check.close()

    def check(self, batch: Batch) -> CheckedBatch:
        """Check and convert the rows of a batch."""
        rejects: dict[int, list[Stated]] = {
            index: [reason] for index, reason in batch.faults.items()
        }
        rows = batch.rows
        indices: Sequence[int] = range(len(rows))
        lengths = pc.list_value_length(rows)
        whole = pc.fill_null(pc.equal(lengths, self._width), False)
        if whole.false_count:
            broken = pc.invert(whole)
            for index, length in zip(
                places(broken),
                lengths.filter(broken).to_pylist(),
                strict=True,
            ):
                rejects.setdefault(index, [Reason.ROW_FIELD_COUNT if length else Reason.ROW_BLANK])
            indices, rows = places(whole), rows.filter(whole)

        columns: dict[str, CheckedColumn] = {}
        failures: list[Failure] = []
        for check in self._checks:
            field = self._field(check.name, rows)
            textless = field.is_null() if field.null_count else None
            columns[check.name], found = check.check(_nullified(field), textless)
            failures += found
        failures += self._without_subject(columns)
        bad: pa.BooleanArray | None = None
        for reason, mask in failures:
            bad = mask if bad is None else pc.or_(bad, mask)
            for place in places(mask):
                rejects.setdefault(indices[place], []).append(reason)
        return CheckedBatch(columns, None if bad is None else pc.invert(bad), rejects, indices)

    def _field(self, name: str, rows: pa.ListViewArray) -> pa.StringArray:
        """Return the texts of a column, which are empty if the file lacks it."""
        position = self._positions.get(name)
        if position is None:
            return pa.repeat("", len(rows))
        field = rows.values.take(pc.add(rows.offsets, pa.scalar(position, pa.int32())))
        return self._notation[name].plain(field) if name in self._notation else field

    def _without_subject(self, columns: Mapping[str, CheckedColumn]) -> Iterator[Failure]:
        """Yield the rows with a value that depends on its subject, but without that."""
        for name, subject in self._subjects:
            mask = pc.and_(columns[name].values.is_valid(), columns[subject].text.is_null())
            if mask.true_count:
                yield Reason.COLUMN_NO_SUBJECT.about(name), mask


class ColumnCheck:
    """The checks of one column."""

    def __init__(self, column: Column) -> None:
        """Prepare the type's form and the rules, in the order in which their reasons are given."""
        self.name = column.name
        self._required = column.required
        self._dropped = column.dropped
        self._type = column_type(column)
        self._rules = [
            (reason.about(column.name), holds)
            for reason, holds in predicates(column.rules, self._type)
        ]
        self._seen = Seen() if column.unique else None
        self._steps = column.deidentify.steps

    def close(self) -> None:
        """Forget the values seen."""
        if self._seen:
            self._seen.close()

    def check(
        self, text: pa.StringArray, textless: pa.BooleanArray | None = None
    ) -> tuple[CheckedColumn, list[Failure]]:
        """Return the converted column, and the failed rows of each check that any row fails.

        The form and the rules apply to the text as it is in the file. Presence and uniqueness
        apply to the normalized text: a blank one is null, and two with the same token are not
        unique. A text with too many marks in a row cannot be normalized, so its row is rejected.
        ``textless`` marks the nulls that represent a value without a text.
        """
        failures: list[Failure] = []
        known = given = text
        if self._steps:
            known, unfit = normalize(text, self._steps)
            if known.null_count > text.null_count:
                text = pc.if_else(known.is_valid(), text, _NO_TEXT)
            if unfit is not None:
                failures.append((Reason.COLUMN_TOO_MANY_MARKS.about(self.name), unfit))
                known = pc.if_else(unfit, _NO_TEXT, known)
        empty = text.is_null()
        if textless is not None:
            empty = pc.and_not(empty, textless)
        if self._required and empty.true_count:
            failures.append((Reason.COLUMN_REQUIRED.about(self.name), empty))
        values = converted(text, self._type)
        if values.null_count > empty.true_count:
            allowed = text.is_null() if self._dropped else empty
            failures += self._unfit(text, pc.and_not(values.is_null(), allowed))
        for reason, holds in self._rules:
            held = holds(values)
            if held.false_count:
                failed = pc.and_kleene(pc.invert(held), values.is_valid())
                if failed.true_count:
                    failures.append((reason, failed))
        compared = known if self._steps else values
        if self._seen:
            repeated = self._seen.repeated(compared)
            if repeated.true_count:
                failures.append((Reason.COLUMN_UNIQUE.about(self.name), repeated))
        return CheckedColumn(known, values, given, empty, compared), failures

    def _unfit(self, text: pa.StringArray, unfit: pa.BooleanArray) -> list[Failure]:
        """Return the reasons of the values that are not of the type, each with its rows."""
        zone = pa.repeat(False, len(text))
        if self._type.otherwise is not None:
            zone = pc.fill_null(matches(text, self._type.otherwise), False)
        reasons = [
            (self._type.reason, pc.and_not(unfit, zone)),
            (Reason.COLUMN_TIMEZONE, pc.and_(unfit, zone)),
        ]
        return [(reason.about(self.name), mask) for reason, mask in reasons if mask.true_count]


def _nullified(text: pa.StringArray) -> pa.StringArray:
    """Make the empty fields null."""
    filled = pc.not_equal(text, "")
    return pc.if_else(filled, text, _NO_TEXT) if filled.false_count else text
