"""The command line of ``make chaos``, without a bad day."""

from pathlib import Path
from typing import Any

import pytest

from sandbox.chaos import ChaosError, __main__, page
from sandbox.chaos.day import Day


@pytest.fixture(name="written", autouse=True)
def write_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the page is written."""
    monkeypatch.setattr(page, "PAGE", tmp_path / "page.md")
    return tmp_path / "page.md"


def replace_day(monkeypatch: pytest.MonkeyPatch, error: BaseException | None = None) -> list[Day]:
    """Let each day be over at once, or that of seed 2 fail; return the days."""
    days: list[Day] = []

    def live(_target: Any, outputs: Path, day: Day) -> None:
        assert outputs == Path("outputs.json")
        days.append(day)
        if error and day.seed == 2:
            raise error

    monkeypatch.setattr(__main__, "live", live)
    return days


@pytest.mark.usefixtures("here")
def test_a_day_for_each_seed(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    days = replace_day(monkeypatch)
    assert __main__.main(["outputs.json", "--objects", "7", "--seeds", "3", "4"]) == 0
    assert [(day.seed, day.objects) for day in days] == [(3, 7), (4, 7)]
    assert "| | seed 3 | seed 4 |" in written.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("error", "status", "says"),
    [
        (ChaosError("1 of 7 objects is lost"), 1, "Error: 1 of 7 objects is lost\n"),
        (KeyboardInterrupt(), 130, "Interrupted.\n"),
    ],
)
@pytest.mark.usefixtures("here")
def test_the_page_has_the_days_before_a_failure(
    written: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    status: int,
    says: str,
) -> None:
    replace_day(monkeypatch, error)
    assert __main__.main(["outputs.json"]) == status
    assert capsys.readouterr().err == says
    assert "| | seed 1 |\n" in written.read_text(encoding="utf-8")


def test_without_a_sandbox(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SANDBOX_STATE", str(tmp_path / "none"))
    assert __main__.main(["outputs.json"]) == 1
    assert "Start it with" in capsys.readouterr().err


def test_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        __main__.main(["--help"])
    assert ended.value.code == 0
    assert "make chaos" in capsys.readouterr().out
