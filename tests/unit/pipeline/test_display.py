"""Tables, JSON and progress."""

import io
import json
from collections.abc import Iterator

import pytest

from pipeline.display import (
    adapt,
    remark,
    show_json,
    show_json_rows,
    show_table,
    show_text,
    waiting,
)
from tests.unit.pipeline.account import MOMENT

Capture = pytest.CaptureFixture[str]


class Terminal(io.StringIO):
    """A terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


def test_json_means_nothing_to_a_terminal(capsys: Capture) -> None:
    document = {"a": "\x1b\x7f\u202eé", "at": MOMENT}
    show_json(document)
    out = capsys.readouterr().out
    assert out.isascii()
    assert not {"\x1b", "\x7f"} & set(out)
    assert json.loads(out) == {"a": "\x1b\x7f\u202eé", "at": "2026-03-01T12:30:00Z"}


@pytest.mark.parametrize("number", [0, 1, 3])
def test_an_array_is_printed_row_by_row(capsys: Capture, number: int) -> None:
    lines: list[int] = []

    def rows() -> Iterator[dict[str, object]]:
        for row in range(number):
            lines.append(capsys.readouterr().out.count("\n"))
            yield {"row": row, "text": "\x1b\x7f\u202e"}

    show_json_rows({"key": "\x7f", "at": MOMENT}, "rows", rows())
    assert capsys.readouterr().out.endswith("\n  ]\n}\n")
    assert lines == [3, 1, 1][:number]
    show_json_rows({"key": "\x7f", "at": MOMENT}, "rows", list(rows()))
    out = capsys.readouterr().out
    assert out.isascii()
    assert not {"\x1b", "\x7f"} & set(out)
    assert json.loads(out) == {
        "key": "\x7f",
        "at": "2026-03-01T12:30:00Z",
        "rows": [{"row": row, "text": "\x1b\x7f\u202e"} for row in range(number)],
    }


def test_json_has_no_form_of_other_things() -> None:
    with pytest.raises(TypeError, match="set has no form"):
        show_json({"a": {1}})


def test_a_table_is_safe_and_its_lines_are_whole(capsys: Capture) -> None:
    long = "x" * 500
    rows = [("[bold]\x1b[31m:smile:", 1234567, 0.5, None, MOMENT), (long, 0, 0.0, "", MOMENT)]
    show_table(("name", "number", "share", "none", "at"), rows, title="[red]title")
    out = capsys.readouterr().out
    assert out.startswith("[red]title ")
    assert r"[bold]\x1b[31m:smile:" in out
    assert "1,234,567" in out
    assert "50.0%" in out
    assert "2026-03-01T12:30:00Z" in out
    assert long in out


def test_text_and_remarks_are_safe(capsys: Capture) -> None:
    show_text("a\nb\x1b")
    show_text()
    remark("c\nd\x1b")
    printed = capsys.readouterr()
    assert printed.out == "a\nb\\x1b\n\n"
    assert printed.err == "c\nd\\x1b\n"


def test_a_table_fits_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", terminal := Terminal())
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("TERM", "xterm")
    show_table(("name",), [("x" * 100,)])
    lines = terminal.getvalue().splitlines()
    assert max(len(line.split("m")[-1]) for line in lines) <= 40


def test_progress_is_shown_to_people_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    with waiting("reading\x1b") as progress:
        progress.done(1_000)
    assert capsys.readouterr() == ("", "")
    monkeypatch.setattr("sys.stderr", terminal := Terminal())
    monkeypatch.setenv("TERM", "xterm")
    with waiting("reading\x07") as progress:
        progress.done(1_000)
    assert r"reading\x07: 1,000" in terminal.getvalue()


def test_a_stream_without_an_encoding_needs_no_escapes() -> None:
    stream = io.StringIO()
    adapt(stream, "utf-8")
    assert stream.write("\N{SNOWMAN}") == 1
