"""Where quoted records end; and many lines at once are split as one by one."""

import csv
import io
import sys
from collections.abc import Callable
from itertools import count
from typing import Any

import pyarrow as pa
import pytest

from processor.contract.model import RFC_4180, Csv
from processor.readers.csv import CsvRecords
from processor.readers.framing import QuotedFraming
from processor.readers.quoting import Fields, Quoting
from tests.fuzz import splitting
from tests.unit.processor.drawn import ROWS, both
from tests.unit.processor.framed import frame, make_buffer

# The example of QuotedFraming's docstring.
EXAMPLE = ["1,plain\n", '2,"one"\n', '3,"two\n', 'lines"\n', '4,a "b"\n']


def test_where_nothing_is_quoted_each_line_is_a_record() -> None:
    framed = QuotedFraming(Csv(quote="")).frame(make_buffer(EXAMPLE), 5)
    assert framed.rows.to_pylist() == [line.rstrip("\n").split(",") for line in EXAMPLE]
    assert list(framed.ends) == [1, 2, 3, 4, 5]


@pytest.mark.no_cover
@pytest.mark.parametrize("hundred", range(10))
def test_a_random_file_becomes_the_same_at_once_and_line_by_line(hundred: int) -> None:
    for number in range(100 * hundred, 100 * hundred + 100):
        found, expected = both(number)
        assert found == expected, number


def test_random_files_have_everything_that_a_file_can_become() -> None:
    outcomes = [both(number)[0] for number in range(100)]
    assert any(outcome.clean and outcome.rejected for outcome in outcomes)
    reasons = {reason for outcome in outcomes for reason in outcome.account.by_reason}
    assert {"row:stray-quote", "row:field-count", "row:blank", "number:unique"} <= reasons
    assert {"number:integer", "kind:required", "kind:enum", "record:malformed"} <= reasons


SPLIT = Quoting.split
MISTAKES: dict[str, Callable[[list[Fields], Any], tuple[list[Fields], Any]]] = {
    "lines without quotes": lambda found, others: (found[1:] or found[:0], others),
    "lines of quoted fields": lambda found, others: (found[:1] + found[2:], others),
    "lines of quoted and empty fields": lambda found, others: (found[:2] + found[3:], others),
    "lines of some quoted fields": lambda found, others: (found[:3], others),
    "a line that is not whole": lambda found, others: (found, others[1:]),
    "the order of the fields": lambda found, others: (
        [Fields(one.lines, pa.array(one.rows.to_pylist()[::-1], ROWS)) for one in found],
        others,
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_what_is_lost_at_once_is_noticed(monkeypatch: pytest.MonkeyPatch, mistake: str) -> None:
    monkeypatch.setattr(
        Quoting, "split", lambda self, texts: MISTAKES[mistake](*SPLIT(self, texts))
    )
    with pytest.raises((AssertionError, IndexError)):
        test_a_random_file_becomes_the_same_at_once_and_line_by_line(0)


def test_the_fuzzer_compares_other_files(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["splitting", "20"])
    monkeypatch.setattr(splitting, "monotonic", count().__next__)
    splitting.main()
    first = capsys.readouterr().out
    assert first.startswith("executed with 19 files, from number ")
    splitting.main()
    assert capsys.readouterr().out != first
    lose = MISTAKES["lines without quotes"]
    monkeypatch.setattr(Quoting, "split", lambda self, texts: lose(*SPLIT(self, texts)))
    with pytest.raises(SystemExit, match=r"^File \d+ became "):
        splitting.main()


def test_a_line_that_looks_whole_may_be_part_of_a_longer_record() -> None:
    lines = ['1,"a\n', '"",""\n', 'b"\n', '"2","c"\n', "3,d\n"]
    framed = QuotedFraming(RFC_4180).frame(make_buffer(lines), 5)
    assert framed.rows.to_pylist()[-2:] == [["2", "c"], ["3", "d"]]


@pytest.mark.parametrize(
    "line",
    [
        '"a",,,,"b"',
        ',,"a, b",,',
        '"",,"",',
        ',"a,",",b",","',
        '"a,,b",,"c"',  # which the csv module reads
    ],
)
def test_an_empty_field_needs_no_quotes(line: str) -> None:
    framed = QuotedFraming(RFC_4180).frame(make_buffer([f"{line}\n"]), 1)
    assert framed.rows.to_pylist() == list(csv.reader([line]))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_no_field_has_a_part_of_the_line_end(end: str) -> None:
    content = end.join(['"h","i"', '"a","b"', "c,d", 'e,"f"', 'g,"""x"'])
    found, refusal = frame(lambda: CsvRecords(io.BytesIO(content.encode())))
    assert refusal is None
    assert [record[0] for record in found] == [["a", "b"], ["c", "d"], ["e", "f"], ["g", '"x']]
