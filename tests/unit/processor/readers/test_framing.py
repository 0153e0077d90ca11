"""Framing by itself: which lines are a record. Whole files are in test_csv and test_escaping."""

import re
from collections.abc import Iterator

import pytest

from processor.batches import Lines
from processor.contract.model import RFC_4180, Csv
from processor.readers.framing import EscapedFraming, Framed, Framing, QuotedFraming
from processor.readers.line_buffer import LineBuffer
from processor.reasons import FileRefusedError, Reason
from tests.unit.processor.examples import make_lines
from tests.unit.processor.framed import make_buffer

# The example of QuotedFraming's docstring.
EXAMPLE = ["1,plain\n", '2,"one"\n', '3,"two\n', 'lines"\n', '4,a "b"\n']
QUOTED = QuotedFraming(RFC_4180)
ESCAPED = EscapedFraming(Csv(escape="\\"))


def describe(framed: Framed) -> tuple[list[list[str] | None], list[int], dict[int, object]]:
    """Return the fields, the ends and the faults."""
    return framed.rows.to_pylist(), list(framed.ends), dict(framed.faults)


def test_the_example_of_the_docstring() -> None:
    documented = re.findall(r"^    \d +``(.*)`` ", str(QuotedFraming.__doc__), re.MULTILINE)
    assert documented == [line.rstrip("\n") for line in EXAMPLE]
    rows = [["1", "plain"], ["2", "one"], ["3", "two\nlines"], None]
    framed = QUOTED.frame(make_buffer(EXAMPLE), 5)
    assert describe(framed) == (rows, [1, 2, 4, 5], {3: Reason.ROW_STRAY_QUOTE})
    assert framed.refusal is None
    assert f"``{rows}``" in re.sub(r"\s+", " ", str(QuotedFraming.__doc__)).replace('"', "'")
    assert "``[1, 2, 4, 5]``" in str(QuotedFraming.__doc__)


def test_the_other_example_of_the_docstring() -> None:
    buffer = make_buffer([*EXAMPLE[:4], '4,"b\n'], ["c\n"], ['d"\n', "5,e\n"])
    framed = QUOTED.frame(buffer, 5)
    assert framed.rows.to_pylist()[3] == ["4", "b\nc\nd"]
    assert (framed.ends, framed.refusal) == ([1, 2, 4, 7], None)
    assert list(buffer.lines[7:]) == ["5,e\n"]  # of the last block, and in no record yet

    buffer = make_buffer([*EXAMPLE[:4], '4,"b\n'], ["c\n"])
    framed = QUOTED.frame(buffer, 5)
    assert (len(framed.rows), framed.ends) == (3, [1, 2, 4])
    assert framed.refusal is not None
    assert (framed.refusal.reason, framed.refusal.line) == (Reason.RECORD_MALFORMED, 5)


@pytest.mark.parametrize("framing", [QUOTED, ESCAPED], ids=["quoted", "escaped"])
def test_no_more_records_begin_than_are_asked_for(framing: Framing) -> None:
    lines = ["a\n", '"b\n', 'c"\n', "d\n", '"e"\n']
    for most, ends in ((1, [1]), (2, [1, 3]), (4, [1, 3, 4]), (5, [1, 3, 4, 5])):
        assert list(framing.frame(make_buffer(lines), most).ends) == ends


@pytest.mark.parametrize("framing", [QUOTED, ESCAPED], ids=["quoted", "escaped"])
def test_records_before_one_that_cannot_be_framed_are_framed(framing: Framing) -> None:
    framed = framing.frame(make_buffer(["a\n", '"b\n', 'c"\n', '"d"e\n', "f\n"]), 5)
    assert describe(framed) == ([["a"], ["b\nc"]], [1, 3], {})
    assert framed.refusal is not None
    assert (framed.refusal.reason, framed.refusal.line) == (Reason.RECORD_MALFORMED, 4)


@pytest.mark.parametrize("framing", [QUOTED, ESCAPED], ids=["quoted", "escaped"])
def test_a_first_record_that_cannot_be_framed_is_refused(framing: Framing) -> None:
    buffer = make_buffer(["a\n", '"b"c\n', "d\n"])
    assert list(buffer.take(1)) == ["a\n"]
    with pytest.raises(FileRefusedError, match="record:malformed") as caught:
        framing.frame(buffer, 3)
    assert caught.value.line == 2


def test_what_makes_a_further_block_unreadable_is_kept() -> None:
    def blocks() -> Iterator[Lines]:
        yield make_lines(["a\n", '"b\n'])
        raise FileRefusedError(Reason.ENCODING_NOT.about("utf-8"), line=9)

    buffer = LineBuffer(blocks())
    assert buffer.fill()
    framed = QUOTED.frame(buffer, 2)
    assert framed.rows.to_pylist() == [["a"]]
    assert framed.refusal is not None
    assert (framed.refusal.reason, framed.refusal.line) == ("encoding:not-utf-8", 9)
