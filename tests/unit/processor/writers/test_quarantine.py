"""Rejected rows: where they were, and why, in the same bytes for the same rows."""

import gzip
import io
import json
from pathlib import Path

import pyarrow as pa

from processor.batches import ROWS, Batch
from processor.reasons import FileRefusedError, Reason
from processor.writers.quarantine import RejectedRows
from tests.unit.processor.examples import make_lines

ENUM = Reason.COLUMN_ENUM.about("a")


def read_lines(file: io.BytesIO) -> list[dict[str, object]]:
    """Read the lines of rejects."""
    return [json.loads(line) for line in gzip.decompress(file.getvalue()).splitlines()]


def test_rejects_say_where_they_were_and_why() -> None:
    file = io.BytesIO()
    rows = pa.array([["a\nb"], ["x"], ["é\u2028"]], ROWS)
    lines = make_lines(['"a\n', 'b"\r\n', "x\n", "é\u2028"])
    with RejectedRows(file) as rejected:
        rejected.write(
            Batch(11, rows, [2, 3, 4], 20, lines), {2: [ENUM], 0: [ENUM, Reason.ROW_BLANK]}
        )
        rejected.write(Batch(14, pa.array([["y"]], ROWS), [1], 24, make_lines(["y\n"])), {})
    assert read_lines(file) == [
        {"row": 11, "line": 21, "reasons": ["a:enum", "row:blank"], "raw": '"a\nb"'},
        {"row": 13, "line": 24, "reasons": ["a:enum"], "raw": "é\u2028"},
    ]
    assert gzip.decompress(file.getvalue()).isascii()
    assert rejected.rows == 2
    assert rejected.by_reason == {"a:enum": 2, "row:blank": 1}


def test_a_refusal_points_to_the_raw_object() -> None:
    file = io.BytesIO()
    with RejectedRows(file) as rejected:
        rejected.refuse(
            FileRefusedError(Reason.FILE_EMPTY, line=1), {"key": "k", "version_id": "v"}
        )
    assert read_lines(file) == [
        {"reason": "file:empty", "line": 1, "source": {"key": "k", "version_id": "v"}}
    ]


def test_the_same_rows_are_the_same_bytes(tmp_path: Path) -> None:
    def rejects() -> bytes:
        with (tmp_path / "rejects").open("w+b") as file:
            with RejectedRows(file) as rejected:
                rejected.write(
                    Batch(1, pa.array([["y"]], ROWS), [1], 0, make_lines(["y\n"])), {0: [ENUM]}
                )
            file.seek(0)
            return file.read()

    first = rejects()
    (tmp_path / "rejects").rename(tmp_path / "another")
    assert rejects() == first
    assert first[4:8] == bytes(4), "the time"
