"""A backslash escapes the next character, and no record is lost."""

import csv
import io
import re
import time
from collections.abc import Iterable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from processor import batches
from processor.batches import Stream
from processor.contract.model import Csv
from processor.contracts import parse
from processor.readers.csv import CsvRecords
from processor.reasons import FileRefusedError
from tests.unit.processor import oracle
from tests.unit.processor.aws import MemoryBody
from tests.unit.processor.examples import EXAMPLES, document
from tests.unit.processor.examples import column as make_column
from tests.unit.processor.framed import Framed, frame
from tests.unit.processor.outcomes import run

COLUMNS = ("a", "b")
# Replacements for escapes with their characters, for a reader without escapes.
PLACEHOLDERS = "\ue000\ue001\ue002\ue003\ue004\ue005\ue006\ue007\ue008"
UNKNOWN, NULL, LAST = "\ue010", "\ue011", "\ue012"


def frame_bytes(data: bytes, dialect: Csv) -> Framed:
    """Frame a file without a header."""
    return frame(lambda: CsvRecords(io.BytesIO(data), dialect, COLUMNS))


def judge(data: bytes, dialect: Csv) -> Framed:
    """Return the reference implementation's result for a file with one character per escape."""
    texts = [dialect.delimiter, '"', "\\", "\n", "\r", "\r\n", "n", "r", "t"]
    if not dialect.quote:
        texts[1] = "no character"
    meanings = dict(zip(PLACEHOLDERS, [*texts[:6], "\n", "\r", "\t"], strict=True))
    spelt = {letter: "\\" + text for letter, text in zip(PLACEHOLDERS, texts, strict=True)}
    spelt |= {UNKNOWN: "\\", NULL: "\\N", LAST: "\\"}

    def replace(match: re.Match[str]) -> str:
        """Return the replacement of an escape."""
        if not match[1]:
            return LAST
        if match[1] == "N":
            return NULL
        return PLACEHOLDERS[texts.index(match[1])] if match[1] in texts else UNKNOWN + match[1]

    def back(text: str, how: dict[str, str]) -> str:
        """Return a text with the replacements of escapes replaced."""
        return "".join(how.get(letter, letter) for letter in text)

    def lines_before(text: str) -> int:
        """Count the escaped line ends."""
        return sum(text.count(PLACEHOLDERS[place]) for place in (3, 4, 5))

    replaced = re.sub(r"\\(\r\n|.|\Z)", replace, data.decode(), flags=re.DOTALL).encode()
    found: list[oracle.Record] = []
    passed = 0
    try:
        for record in oracle.records(
            replaced, 1 << 20, dialect.delimiter, dialect.quote, len(COLUMNS)
        ):
            line = (record.line or 0) + passed
            if LAST in record.raw:
                raise oracle.Refused("record:malformed", line - passed)
            passed += lines_before(record.raw)
            values = ["" if value == NULL else value for value in record.fields]
            fault = record.fault
            if not fault and set("".join(values)) & {UNKNOWN, NULL}:
                fault = "row:unknown-escape"
            values = [] if fault else [back(value, meanings) for value in values]
            found.append(oracle.Record(values, line, back(record.raw, spelt), fault))
    except oracle.Refused as refused:
        return found, (refused.reason, (refused.line or 0) + passed, len(found))
    return found, None


PIECES = [*'\\\\\\\\""",;\n\n\r ', "\r\n", '""', "\\\n", '\\"', "\\,", *"aNntrx", "é", "\0"]
FILES = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)


@EXAMPLES
@given(text=FILES, delimiter=st.sampled_from(",; "), quote=st.sampled_from(['"', ""]))
@example(text="a\\\n\n\n", delimiter=",", quote="")
@example(text="x,y\n\\", delimiter=",", quote="")
@example(text='"\\', delimiter=",", quote='"')
@example(text=' "\\",\n",1\n', delimiter=",", quote='"')
@example(text='"a\\""""\\x",\\N\n"\\N",\\NN\n', delimiter=",", quote='"')
@example(text='"a\\\r\n",b\\\r\nc\n', delimiter=",", quote='"')
@example(text='a"\\\n"b\n', delimiter=",", quote='"')
@example(text='a\\x\0\n"', delimiter=",", quote='"')
def test_escapes_are_what_the_reference_implementation_says(
    monkeypatch: pytest.MonkeyPatch, text: str, delimiter: str, quote: str
) -> None:
    monkeypatch.setattr(batches, "BLOCK_SIZE", 8)
    monkeypatch.setattr(batches, "BATCH_ROWS", 3)
    dialect = Csv(delimiter=delimiter, quote=quote, escape="\\", header=False, nulls=("\\N",))
    data = text.encode()
    found, refused = frame_bytes(data, dialect)
    expected = judge(data, dialect)
    # An escaped line end of the last record may be one of the empty lines at the end.
    ended = [record._replace(raw=record.raw.rstrip("\r\n")) for record in found]
    theirs = [record._replace(raw=record.raw.rstrip("\r\n")) for record in expected[0]]
    assert (refused, ended) == (expected[1], theirs[: len(ended)])
    assert refused or len(ended) == len(theirs)


@EXAMPLES
@given(text=FILES.map(lambda text: text.replace("\\", "")), piece=st.integers(1, 9))
def test_without_escapes_nothing_is_different(
    monkeypatch: pytest.MonkeyPatch, text: str, piece: int
) -> None:
    monkeypatch.setattr(batches, "BLOCK_SIZE", 16)
    monkeypatch.setattr(batches, "RECORD_LIMIT", 24)
    monkeypatch.setattr(batches, "BATCH_ROWS", 3)
    dialect, other = Csv(escape="\\", nulls=("a",)), Csv(nulls=("a",))
    body = MemoryBody(text.encode())
    body.piece = piece

    def outcome(stream: Stream, how: Csv) -> object:
        """Return all that framing yields."""
        try:
            records = CsvRecords(stream, how)
        except FileRefusedError as refusal:
            return refusal.reason, refusal.line
        return records.header, frame(lambda: records)

    expected = outcome(io.BytesIO(text.encode()), other)
    assert outcome(body, dialect) == expected


def written(rows: Iterable[list[str]], **options: object) -> bytes:
    """Return rows as Python's module writes them."""
    file = io.StringIO()
    csv.writer(file, escapechar="\\", lineterminator="\n", **options).writerows(rows)  # type: ignore[arg-type]
    return file.getvalue().encode()


@EXAMPLES
@given(
    rows=st.lists(
        st.lists(st.text(st.sampled_from('\\"\n,ab \u20ac')), min_size=2, max_size=2), max_size=6
    ),
    quoting=st.sampled_from([csv.QUOTE_NONE, csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    doubled=st.booleans(),
)
def test_what_python_writes_is_read(rows: list[list[str]], quoting: int, doubled: bool) -> None:
    if quoting == csv.QUOTE_NONE:
        data = written(rows, quoting=quoting, doublequote=False, quotechar='"')
    else:
        data = written(rows, quoting=quoting, doublequote=doubled)
    quote = "" if quoting == csv.QUOTE_NONE and b'"' not in data else '"'
    found, refused = frame_bytes(data, Csv(escape="\\", quote=quote, header=False))
    assert refused is None
    assert [record.fields for record in found] == rows
    reader = csv.reader(io.StringIO(data.decode(), newline=""), escapechar="\\", strict=True)
    assert list(reader) == rows


def test_letters_mean_what_databases_write_and_not_what_python_reads() -> None:
    data = b"a\\nb\\tc\\rd,\\N\n\\q,x\n"
    found, _ = frame_bytes(data, Csv(escape="\\", quote="", header=False, nulls=("\\N",)))
    assert found[0].fields == ["a\nb\tc\rd", ""]
    assert found[1].fault == "row:unknown-escape"
    assert next(csv.reader(io.StringIO(data.decode()), escapechar="\\")) == ["anbtcrd", "N"]


def test_an_escaped_backslash_before_n_is_no_null() -> None:
    agreed = document(make_column("id"), make_column("note"))
    agreed |= {"csv": {"escape": "\\", "nulls": ["\\N", "NULL"], "quote": ""}}
    data = b"id,note\n\\N,\\\\N\nNULL,x\\,y\n"
    _, rows, lines = run(data, parse(agreed))
    assert rows == [{"id": None, "note": "\\N"}, {"id": None, "note": "x,y"}]
    assert lines == []


def test_an_endless_record_is_refused() -> None:
    data = b"a,b\n1,2\nx\\\ny\n" + b"z\\\n" * (1 << 19)
    records = CsvRecords(io.BytesIO(data), Csv(escape="\\"))
    with pytest.raises(FileRefusedError, match="record:too-long") as caught:
        list(records)
    assert (caught.value.line, records.rows_read) == (5, 2)


@pytest.mark.no_cover
@pytest.mark.parametrize(
    ("begin", "line", "end"),
    [('"', "x\n", '"'), (' "', "x\n", '"'), ('"', "x\\\n", '"'), ("", "x\\\n", "x")],
    ids=["quoted", "stray", "quoted and escaped", "escaped"],
)
def test_a_record_of_many_lines_takes_time_for_its_length_alone(
    begin: str, line: str, end: str
) -> None:
    """Copying everything for each line takes a hundred times as long for sixteen times more."""

    def seconds(size: int) -> float:
        text = begin + line * (size // len(line) - 8) + end
        clock = time.process_time()
        found, refused = frame_bytes(f"{text},1\n".encode(), Csv(escape="\\", header=False))
        taken = time.process_time() - clock
        assert refused is None
        assert found[0].raw == f"{text},1"
        return taken

    short = min(seconds(1 << 16) for _ in range(3))
    assert seconds(1 << 20) < 40 * short
