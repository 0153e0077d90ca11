"""Records: none vanishes, each knows its line and its text, and memory stays bounded."""

import codecs
import csv
import io
import tracemalloc

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from processor import batches
from processor.batches import Batch
from processor.readers.csv import CsvRecords
from processor.reasons import FileRefusedError
from tests.unit.processor import oracle
from tests.unit.processor.aws import MemoryBody
from tests.unit.processor.examples import EXAMPLES, fields


def frame(data: bytes) -> list[oracle.Record]:
    """Frame a file; the header is the first record."""
    stream = CsvRecords(io.BytesIO(data))
    framed = [oracle.Record(stream.header, 1, "")]
    for batch in stream:
        assert batch.first_row == len(framed)
        for index, row in enumerate(fields(batch)):
            fault = batch.faults.get(index, "")
            framed.append(oracle.Record(row, batch.line(index), batch.raw(index), fault))
    assert stream.rows_read == len(framed) - 1
    return framed


def refusal(data: bytes) -> tuple[str, int | None, int]:
    """Return why and where a file is refused, and the rows read before."""
    stream: CsvRecords | None = None
    try:
        stream = CsvRecords(io.BytesIO(data))
        list(stream)
    except FileRefusedError as refused:
        return refused.reason, refused.line, stream.rows_read if stream else 0
    raise AssertionError("the file is not refused")


@pytest.fixture(name="small")
def make_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks and records of a few bytes, so that everything happens at their edges."""
    monkeypatch.setattr(batches, "BLOCK_SIZE", 16)
    monkeypatch.setattr(batches, "RECORD_LIMIT", 24)
    monkeypatch.setattr(batches, "BATCH_ROWS", 3)


# Pieces that put line ends, quotes and characters on both sides of a block's edge.
PIECES = st.sampled_from(
    [
        '"',
        '""',
        ",",
        "\n",
        "\r",
        "\r\n",
        "a",
        "bc",
        "é",
        "€",
        "\U0001f600",
        " ",
        ' "',
        "\0",
        "\x85",
        "~{",
        "~}",
    ]
)
FILES = st.one_of(
    st.lists(PIECES, max_size=60).map(lambda pieces: "".join(pieces).encode()),
    st.tuples(st.lists(PIECES, max_size=30), st.binary(max_size=4), st.lists(PIECES)).map(
        lambda parts: "".join(parts[0]).encode() + parts[1] + "".join(parts[2]).encode()
    ),
    st.lists(st.lists(st.text(max_size=3), max_size=3), max_size=12).map(lambda rows: write(rows)),
)


def write(rows: list[list[str]]) -> bytes:
    """Return rows as CSV."""
    file = io.StringIO()
    csv.writer(file).writerows(rows)
    return file.getvalue().encode()


@pytest.mark.usefixtures("small")
@EXAMPLES
@given(data=FILES)
@example(data=b"a\n" + b"0123456789\n" * 5)
@example(data=b'a\n"\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n"\n')
@example(data=b"h\n123456789012\r\n\rx\n\xff")
def test_framing_is_what_the_reference_implementation_says(data: bytes) -> None:
    expected, refused = judge(data)
    if refused:
        assert refusal(data) == refused
    else:
        assert frame(data) == expected


def judge(data: bytes) -> tuple[list[oracle.Record], tuple[str, int | None, int] | None]:
    """Return what the reference implementation frames, and the refusal it expects."""
    found = oracle.records(data, limit=24)
    framed: list[oracle.Record] = []
    try:
        framed.append(oracle.Record(oracle.read_header(found), 1, ""))
        framed.extend(found)
    except oracle.Refused as error:
        # Rows framed before the refusal count; the header is not a row.
        return framed, (error.reason, error.line, max(len(framed) - 1, 0))
    return framed, None


def content(batch: Batch) -> tuple[object, ...]:
    """Return all that a batch has."""
    rows, lines = batch.rows.to_pylist(), list(batch.lines)
    return batch.first_row, rows, list(batch.ends), batch.before, lines, batch.faults


@pytest.mark.usefixtures("small")
@EXAMPLES
@given(data=FILES, piece=st.integers(1, 40))
def test_the_network_does_not_matter(data: bytes, piece: int) -> None:
    def outcome(stream: io.BytesIO) -> object:
        """Return all that framing yields."""
        found: CsvRecords | None = None
        try:
            found = CsvRecords(stream)
            return [found.header, *map(content, found)]
        except FileRefusedError as refused:
            return refused.reason, refused.line, found.rows_read if found else 0

    class Slow(MemoryBody):
        """A network with a set speed."""

    Slow.piece = piece
    assert outcome(Slow(data)) == outcome(io.BytesIO(data))


# A record of two lines and two fields, only too long as a whole.
LONG = b'\n"%b\n","%b"' % (b"x" * 700_000, b"y" * 500_000)


def test_lines_are_counted_through_quoted_line_ends() -> None:
    data = b'h,i\r\n1,"a\nb\r\nc"\r\n\r\n3,4\n'
    assert frame(data)[1:] == [
        oracle.Record(["1", "a\nb\r\nc"], 2, '1,"a\nb\r\nc"'),
        oracle.Record([], 5, ""),
        oracle.Record(["3", "4"], 6, "3,4"),
    ]


def test_a_byte_order_mark_is_not_part_of_the_header() -> None:
    assert frame(codecs.BOM_UTF8 + b"h\n1\n")[0].fields == ["h"]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", ("file:empty", 1, 0)),
        (codecs.BOM_UTF8, ("file:empty", 1, 0)),
        (b"\nh\n", ("header:blank", 1, 0)),
        (b'h\n1\n5"\n"2', ("record:malformed", 4, 2)),
        (b'"h\x1b\n"\n', ("header:control-character", 1, 0)),
        (b"h,i\n1,2\n" + b"\r\n" * (1 << 19) + b"\n", ("file:too-many-blank-lines", 3, 1)),
        (b"h,i\n1,2\n\n\n\xff", ("encoding:not-utf-8", 5, 3)),
        (b"h\n1\n2\n\xe9\n", ("encoding:not-utf-8", 4, 2)),
        (b"h\n1\n" + "é".encode()[:1], ("encoding:not-utf-8", 3, 1)),
        (b'h\n1\n"2"x\n3\n', ("record:malformed", 3, 1)),
        (b'h\n1\n"2\n3\n', ("record:malformed", 3, 1)),
        (b'"h', ("record:malformed", 1, 0)),
        (b"h\n1\n" + b"x" * (1 << 20) + b"\n", ("record:too-long", 3, 1)),
        (b'h\n1\n"' + b"x\n" * (1 << 19) + b'"\n', ("record:too-long", 3, 1)),
        (b"h\n" + b"1" * 400_000 + LONG, ("record:too-long", 3, 1)),  # in one block
        (b"h\n1" + LONG, ("record:too-long", 3, 1)),
        (b"h\n1" + LONG + b"x\n", ("record:too-long", 3, 1)),
    ],
)
def test_refusals(data: bytes, expected: tuple[str, int, int]) -> None:
    assert refusal(data) == expected


def test_the_longest_record_passes() -> None:
    field = "x" * ((1 << 20) - 1)
    assert frame(f"h\n{field}\n".encode())[1].fields == [field]


class Endless:
    """A gigabyte that is never created."""

    def __init__(self, begin: bytes, repeat: bytes) -> None:
        self.begin = begin
        self.repeat = repeat
        self.left = 1 << 30

    def read(self, amount: int, /) -> bytes:
        """Return as much as requested."""
        found, self.begin = self.begin[:amount], self.begin[amount:]
        found += (self.repeat * (amount // len(self.repeat) + 1))[: amount - len(found)]
        self.left -= len(found)
        assert self.left > 0, "read it all"
        return found


@pytest.mark.no_cover
@pytest.mark.parametrize(
    ("begin", "repeat"),
    [(b"h\n", b"x"), (b'h\n"', b"x\n"), (b"h\n", b'"x\n",'), (b"", b","), (b"h\n", b"\xc3\xa9")],
)
def test_an_endless_record_is_refused_before_it_fills_the_memory(
    monkeypatch: pytest.MonkeyPatch, begin: bytes, repeat: bytes
) -> None:
    """Of the gigabyte, not much more is kept than a record may have: here an eighth of a MiB."""
    for size in ("RECORD_LIMIT", "BLOCK_SIZE"):
        monkeypatch.setattr(batches, size, 1 << 17)
    tracemalloc.start()
    try:
        with pytest.raises(FileRefusedError, match="record:too-long"):
            list(CsvRecords(Endless(begin, repeat)))
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()
