"""The line buffer gives each line once, and holds no more than it must."""

import pytest

from processor import batches
from processor.readers.line_buffer import LineBuffer
from processor.reasons import FileRefusedError
from tests.unit.processor.examples import make_lines
from tests.unit.processor.framed import make_buffer


def test_a_buffer_gives_each_line_once() -> None:
    buffer = make_buffer(["a\n", "b\n"], ["c\n"])
    assert list(buffer.record(1)) == ["b\n", "c\n"]  # another block, for a record that continues
    assert (list(buffer.take(2)), buffer.before) == (["a\n", "b\n"], 2)
    assert list(buffer.lines) == ["c\n"]
    assert buffer.fill()
    assert (list(buffer.take(9)), buffer.before) == (["c\n"], 3)
    assert not buffer.fill()


def test_a_buffer_reads_no_block_too_many() -> None:
    """No more is in memory than the longest record needs."""
    buffer = LineBuffer(map(make_lines, [["a\n"], ["b\n"], ["c\n"]]))
    assert buffer.fill()
    assert buffer.fill()
    assert list(buffer.lines) == ["a\n"]
    lines = buffer.record(0)
    assert next(lines) + next(lines) == "a\nb\n"
    assert list(buffer.lines) == ["a\n", "b\n"]


def test_the_blank_end_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    buffer = make_buffer(["h\n", "a\n", "\n"], ["b\n", "\n"], ["\n"])
    buffer.take(1)
    buffer.end_before_blank_lines()
    taken: list[str] = []
    while buffer.fill():
        taken += buffer.take(9)
    assert taken == ["a\n", "\n", "b\n"]
    assert buffer.before == 4

    monkeypatch.setattr(batches, "RECORD_LIMIT", 4)
    buffer = make_buffer(["h\n", "a\n"], ["\n"] * 5)
    buffer.take(1)
    buffer.end_before_blank_lines()
    assert buffer.fill()
    buffer.take(9)
    with pytest.raises(FileRefusedError, match="file:too-many-blank-lines") as caught:
        buffer.fill()
    assert caught.value.line == 3
