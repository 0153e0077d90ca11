"""Where quoted records end; and many lines at once are split as one by one."""

import io
import random
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from processor import batches
from processor.arrow import places
from processor.contract.model import RFC_4180, Csv
from processor.readers import quoting
from processor.readers.csv import CsvRecords
from processor.readers.framing import QuotedFraming
from processor.readers.quoting import Fields, Quoting
from tests.unit.processor.framed import Framed, frame, make_buffer

# The example of QuotedFraming's docstring.
EXAMPLE = ["1,plain\n", '2,"one"\n', '3,"two\n', 'lines"\n', '4,a "b"\n']
DIALECTS = (
    RFC_4180,
    RFC_4180,
    Csv(delimiter=";", quote="'"),
    Csv(delimiter=" "),
    Csv(delimiter="\t", quote="|"),
    Csv(quote="«"),
    Csv(quote=""),
)
ROWS = pa.list_(pa.string())
FIELDS = ("", "", "a", "1.5", "é", " ", '""', 'x""y', "~{}", "a\tb", "Q,Q", ",", "\u2028")
ENDS = ("\n", "\n", "\n", "\r\n", "\r")


def test_where_nothing_is_quoted_each_line_is_a_record() -> None:
    framed = QuotedFraming(Csv(quote="")).frame(make_buffer(EXAMPLE), 5)
    assert framed.rows.to_pylist() == [line.rstrip("\n").split(",") for line in EXAMPLE]
    assert list(framed.ends) == [1, 2, 3, 4, 5]


def draw(rng: random.Random, dialect: Csv) -> bytes:
    """Return a file: sound records, of which some have several lines, and some trouble."""
    mark, quote = dialect.delimiter, dialect.quote
    trouble, end, share = rng.choice([0, 0.02, 0.2]), rng.choice(ENDS), rng.choice([0, 0.3, 1])

    def field() -> str:
        text = rng.choice(FIELDS).replace('"', quote).replace(",", mark).replace("Q", quote)
        if rng.random() < trouble:
            text += rng.choice([quote, end, "\0", f"{end}{mark}{quote}", "\ufeff", "~{!!~}"])
        elif rng.random() < 0.05:
            return f"{quote}a{end}b{mark}{end}{quote}"
        elif rng.random() < share:
            return f"{quote}{text}{quote}"
        return text.replace(quote, "").replace(mark, "") if rng.random() > trouble else text

    records = (mark.join(field() for _ in range(3)) for _ in range(rng.choice([1, 5, 40])))
    data = "".join(
        record + (end if rng.random() > trouble / 3 else rng.choice(ENDS)) for record in records
    ).encode()
    if rng.random() < 0.1:
        data = data.rstrip(b"\r\n") + rng.choice([b"", f"{quote}x".encode()])
    return data.replace(b"a", b"\xff", 1) if rng.random() < 0.05 else data


def one_by_one(self: Quoting, texts: pa.StringArray) -> tuple[list[Fields], Any]:
    """Leave all lines with quotes to what reads one after the other."""
    quote = self.quote or "\0never"
    quoted = pa.array([quote in text for text in texts.to_pylist()], pa.bool_())
    plain = pc.and_not(pc.not_equal(texts, ""), quoted)
    rows = [text.split(self.delimiter) for text in texts.filter(plain).to_pylist()]
    return [Fields(plain, pa.array(rows, ROWS))], places(quoted)


def both(number: int) -> tuple[Framed, Framed]:
    """Return how a random file is framed: many lines at once, and one by one."""
    rng = random.Random(number)
    dialect = rng.choice(DIALECTS)
    content = draw(rng, dialect)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batches, "BLOCK_SIZE", rng.choice([16, 64, 400]))
        patch.setattr(batches, "RECORD_LIMIT", 400)
        patch.setattr(batches, "BATCH_ROWS", rng.choice([2, 9, 1 << 14]))
        found = frame(lambda: CsvRecords(io.BytesIO(content), dialect))
        patch.setattr(Quoting, "split", one_by_one)
        return found, frame(lambda: CsvRecords(io.BytesIO(content), dialect))


@pytest.mark.parametrize("hundred", range(20))
def test_a_random_file_is_framed_the_same_at_once_and_line_by_line(hundred: int) -> None:
    for number in range(100 * hundred, 100 * hundred + 100):
        found, expected = both(number)
        assert found == expected, number


SPLIT = Quoting.split
MISTAKES: dict[str, Callable[[list[Fields], Any], tuple[list[Fields], Any]]] = {
    "lines without quotes": lambda found, others: (found[1:] or found[:0], others),
    "lines of quoted fields": lambda found, others: (found[:1] + found[2:], others),
    "lines of some quoted fields": lambda found, others: (found[:2], others),
    "a line that is not whole": lambda found, others: (found, others[1:]),
    "the order of the fields": lambda found, others: (
        [Fields(one.lines, pa.array(one.rows.to_pylist()[::-1], ROWS)) for one in found],
        others,
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_what_is_lost_at_once_is_noticed(monkeypatch: pytest.MonkeyPatch, mistake: str) -> None:
    monkeypatch.setattr(
        quoting.Quoting, "split", lambda self, texts: MISTAKES[mistake](*SPLIT(self, texts))
    )
    with pytest.raises((AssertionError, IndexError)):
        test_a_random_file_is_framed_the_same_at_once_and_line_by_line(0)


def test_a_line_that_looks_whole_may_be_part_of_a_longer_record() -> None:
    lines = ['1,"a\n', '"",""\n', 'b"\n', '"2","c"\n', "3,d\n"]
    framed = QuotedFraming(RFC_4180).frame(make_buffer(lines), 5)
    assert framed.rows.to_pylist()[-2:] == [["2", "c"], ["3", "d"]]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_no_field_has_a_part_of_the_line_end(end: str) -> None:
    content = end.join(['"h","i"', '"a","b"', "c,d", 'e,"f"', 'g,"""x"'])
    found, refusal = frame(lambda: CsvRecords(io.BytesIO(content.encode())))
    assert refusal is None
    assert [record[0] for record in found] == [["a", "b"], ["c", "d"], ["e", "f"], ["g", '"x']]
