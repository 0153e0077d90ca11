"""A row lost at any stage is noticed: by the processor, or by the reference implementation.

After framing, the processor itself must notice, in production: its counts disagree, or the file is
refused. Losses in framing or decompression are left to the property tests, one of which runs here
on a few rows.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from types import ModuleType
from typing import Any, NamedTuple

import pyarrow as pa
import pytest

from processor import transformation
from processor.account import RowAccountError
from processor.batches import Batch
from processor.checks.columns import CheckedBatch, RowCheck
from processor.deidentification.methods import Deidentification
from processor.limits.deadline import Deadline
from processor.readers import csv, detection, framing, json_lines, lines, parquet
from processor.readers.compression import Decompressed
from processor.readers.csv import CsvRecords
from processor.readers.framing import Framed, Framing
from processor.readers.json_lines import JsonRecords
from processor.readers.parquet import ParquetRecords
from processor.readers.parquet_values import Texts
from processor.readers.quoting import Fields, Quoting
from processor.reasons import FileRefusedError
from processor.writers import parquet as parquet_writer
from processor.writers.parquet import CleanRows
from processor.writers.quarantine import RejectedRows
from tests.unit.processor.examples import PEOPLE
from tests.unit.processor.formats import NAMES, WRITERS, as_csv, check_same_rows
from tests.unit.processor.outcomes import run

GOOD = ("P1", "ann", "0151234567", "1990-02-28", "12.50")
BAD = ("X", "ann", "", "1990-02-29", "")
ROWS: list[tuple[str, ...]] = [GOOD, BAD, GOOD, BAD, GOOD]
TEXT = ("a.csv", "a.csv.gz", "a.csv.zst", "a.jsonl", "a.jsonl.gz", "a.jsonl.zst")
CSV = tuple(name for name in TEXT if ".csv" in name)
JSON = tuple(name for name in TEXT if ".jsonl" in name)
PARQUET = ("a.parquet",)
ALL = (*TEXT, *PARQUET)
Change = Callable[[Any], Any]


class Loss(NamedTuple):
    """A row that gets lost.

    Attributes:
        owner: whose function is sabotaged.
        function: its name.
        before: changes its last argument.
        after: changes its result.
        files: the files that lose the row.
        notices: what must be raised, by whatever notices.
    """

    owner: Any
    function: str
    before: Change | None
    after: Change | None
    files: tuple[str, ...]
    notices: type[Exception]


def each(change: Change) -> Change:
    """Return what changes each of the things that a function yields."""
    return lambda things: map(change, things)


def without_last_row(batch: Batch) -> Batch:
    """Return a batch without its last record."""
    faults = {index: fault for index, fault in batch.faults.items() if index < len(batch.rows) - 1}
    return replace(batch, rows=batch.rows[:-1], ends=batch.ends[:-1], faults=faults)


def without_a_reject(checked: CheckedBatch) -> CheckedBatch:
    """Return the checks' result without one reject."""
    return replace(checked, rejects=dict(list(checked.rejects.items())[1:]))


def without_a_clean_row(checked: CheckedBatch) -> CheckedBatch:
    """Return the checks' result without one clean row."""
    clean = checked.clean.to_pylist() if checked.clean else []
    return replace(checked, clean=pa.array([*[False] * (True in clean), *clean[1:]], pa.bool_()))


def without_a_line(blocks: Any) -> Any:
    """Return the lines of each block, without the second line."""
    first, *others = blocks
    return iter([first[:1] + first[2:], *others])


def without_last_line(piece: bytes) -> bytes:
    """Return a piece of a text without its last line."""
    return piece[: piece[:-1].rfind(b"\n") + 1]


def shorter(rows: Any) -> Any:
    """Return a batch, or columns, without the last row."""
    if isinstance(rows, list):
        return [column.slice(0, len(column) - 1) for column in rows]
    return rows.slice(0, rows.num_rows - 1)


def without_last(rows: pa.ListArray) -> pa.ListArray:
    """Return rows without the last; the header stays."""
    return rows[:-1] if len(rows) > 1 else rows


def without_last_framed(framed: Framed) -> Framed:
    """Return the records of a buffer, of which the last has no fields."""
    return framed._replace(rows=without_last(framed.rows))


def without_last_fields(split: tuple[list[Fields], Any]) -> tuple[list[Fields], Any]:
    """Return what was split, without the fields of the last line."""
    found, others = split
    return [one._replace(rows=without_last(one.rows)) for one in found], others


def without_last_mark(split: tuple[list[Fields], Any]) -> tuple[list[Fields], Any]:
    """Return what was split, without the last line that was; the header stays."""
    found, others = split
    for number, one in enumerate(found):
        if len(one.rows) > 1:
            marks = one.lines.to_pylist()
            marks[len(marks) - 1 - marks[::-1].index(True)] = False
            found[number] = Fields(pa.array(marks, pa.bool_()), without_last(one.rows))
    return found, others


def of_fewer(texts: Texts | None) -> Texts | None:
    """Return what makes the texts of a column's values, but not of the last value."""
    return texts and (lambda values, more: texts(values, more)[:-1])


def without_first(found: Any) -> Any:
    """Return the rest of some rejects."""
    return dict(list(found.items())[1:])


OURS, SECOND = RowAccountError, AssertionError
LOSSES = {
    "decompressed": Loss(Decompressed, "read", None, without_last_line, TEXT[1:3], SECOND),
    "decompressed JSON": Loss(Decompressed, "read", None, without_last_line, TEXT[4:], SECOND),
    "cut into lines": Loss(csv, "blocks", None, without_a_line, CSV, SECOND),
    "cut into lines of JSON": Loss(json_lines, "blocks", None, without_a_line, JSON, SECOND),
    "told apart": Loss(lines, "split_lines", None, lambda cut: (cut[0][:-1], cut[1]), CSV, SECOND),
    "taken for whole": Loss(Quoting, "split", None, without_last_mark, CSV, SECOND),
    "split": Loss(Quoting, "split", None, without_last_fields, CSV, IndexError),
    "merged": Loss(framing, "rows_of", None, without_last, CSV, IndexError),
    "framed": Loss(Framing, "frame", None, without_last_framed, CSV, OURS),
    "batched": Loss(CsvRecords, "__iter__", None, each(without_last_row), CSV, OURS),
    "framed from JSON": Loss(JsonRecords, "__iter__", None, each(without_last_row), JSON, OURS),
    "framed from JSON, uncounted": Loss(
        json_lines, "without_blank_end", None, each(lambda lines: lines[:-1]), JSON, SECOND
    ),
    "read from Parquet": Loss(parquet, "texts_of", None, of_fewer, PARQUET, FileRefusedError),
    "made of Parquet": Loss(parquet, "transposed", shorter, None, PARQUET, FileRefusedError),
    "made of columns": Loss(parquet, "transposed", None, without_last, PARQUET, FileRefusedError),
    "batched from Parquet": Loss(
        ParquetRecords, "__iter__", None, each(without_last_row), PARQUET, OURS
    ),
    "passed on": Loss(
        Deadline, "batches", None, lambda batches: iter(list(batches)[1:]), ALL, OURS
    ),
    "checked": Loss(RowCheck, "check", without_last_row, None, ALL, OURS),
    "found clean": Loss(RowCheck, "check", None, without_a_clean_row, TEXT, OURS),
    "found bad": Loss(RowCheck, "check", None, without_a_reject, ALL, OURS),
    "de-identified": Loss(Deidentification, "apply", None, shorter, ALL, OURS),
    "given to Parquet": Loss(CleanRows, "write", shorter, None, ALL, OURS),
    "kept for Parquet": Loss(parquet_writer, "arrange", None, shorter, ALL, OURS),
    "given to quarantine": Loss(RejectedRows, "write", without_first, None, ALL, OURS),
}


def lose(loss: Loss, patch: pytest.MonkeyPatch) -> None:
    """Sabotage the function."""
    function = getattr(loss.owner, loss.function)

    def sabotaged(*arguments: Any) -> Any:
        if loss.before:
            arguments = (*arguments[:-1], loss.before(arguments[-1]))
        found = function(*arguments)
        return loss.after(found) if loss.after else found

    patch.setattr(loss.owner, loss.function, sabotaged)


@pytest.mark.parametrize("name", ALL)
def test_nothing_is_noticed_when_nothing_is_lost(name: str) -> None:
    assert set(ALL) == set(WRITERS)
    check_same_rows(ROWS, name, 9, PEOPLE)


@pytest.mark.parametrize(
    ("loss", "name"),
    [
        pytest.param(loss, name, id=f"{stage}: {name}")
        for stage, loss in LOSSES.items()
        for name in loss.files
    ],
)
def test_a_row_lost_is_noticed(monkeypatch: pytest.MonkeyPatch, loss: Loss, name: str) -> None:
    lose(loss, monkeypatch)
    with pytest.raises(loss.notices):
        check_same_rows(ROWS, name, 9, PEOPLE)


class ForgetfulRecords(csv.CsvRecords):
    """Records that are counted and then lost."""

    def __iter__(self) -> Iterator[Batch]:
        """Read all batches and yield none."""
        for _ in super().__iter__():
            pass
        return iter(())


@pytest.mark.parametrize(
    ("module", "name", "replacement"),
    [
        (transformation, "count_rows", lambda file: 0),
        (detection, "CsvRecords", ForgetfulRecords),
    ],
    ids=["a clean row", "a batch"],
)
def test_a_lost_row_is_an_error(
    monkeypatch: pytest.MonkeyPatch, module: ModuleType, name: str, replacement: object
) -> None:
    monkeypatch.setattr(module, name, replacement)
    with pytest.raises(RowAccountError, match="1 rows read, but 0 clean and 0 rejected"):
        run(as_csv(NAMES, [GOOD]))
