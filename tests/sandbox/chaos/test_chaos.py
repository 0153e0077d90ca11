"""The command line of ``make chaos``, without a run."""

from pathlib import Path
from typing import Any

import pytest

from sandbox.chaos import ChaosError, __main__, page
from sandbox.chaos.run import Run


@pytest.fixture(name="written", autouse=True)
def write_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the page is written."""
    monkeypatch.setattr(page, "PAGE", tmp_path / "page.md")
    return tmp_path / "page.md"


def replace_runs(monkeypatch: pytest.MonkeyPatch, error: BaseException | None = None) -> list[Run]:
    """Let each run be over at once, or that of seed 2 fail; return the runs."""
    runs: list[Run] = []

    def execute(_target: Any, outputs: Path, run: Run) -> None:
        assert outputs == Path("outputs.json")
        runs.append(run)
        if error and run.seed == 2:
            raise error

    monkeypatch.setattr(__main__, "execute", execute)
    return runs


@pytest.mark.usefixtures("here")
def test_a_run_for_each_seed(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = replace_runs(monkeypatch)
    assert __main__.main(["outputs.json", "--objects", "7", "--seeds", "3", "4"]) == 0
    assert [(run.seed, run.objects) for run in runs] == [(3, 7), (4, 7)]
    assert "| | seed 3 | seed 4 |" in written.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("error", "status", "says"),
    [
        (ChaosError("1 of 7 objects is lost"), 1, "Error: 1 of 7 objects is lost\n"),
        (KeyboardInterrupt(), 130, "Interrupted.\n"),
    ],
)
@pytest.mark.usefixtures("here")
def test_the_page_has_the_runs_before_a_failure(
    written: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    status: int,
    says: str,
) -> None:
    replace_runs(monkeypatch, error)
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
