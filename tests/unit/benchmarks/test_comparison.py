"""The comparison runs two commits in turn, and says which files take longer."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import comparison
from benchmarks.comparison import Comparison, compare, slower
from benchmarks.files import FILES
from benchmarks.measurement import ROOT, MeasurementError


def test_a_round_of_noise_does_not_count() -> None:
    assert Comparison("people", [1.0, 2.0, 4.0], [1.0, 2.0, 9.0]).ratio == 1.0


def test_what_takes_longer_than_the_tolerance_is_named() -> None:
    found = [Comparison(f"{ratio}", [1.0] * 3, [ratio] * 3) for ratio in (0.5, 1.05, 1.06)]
    assert slower(found) == ["1.06"]


def test_files_go_through_the_commit_and_the_slower_tree(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("benchmarks", "lambda", "lib"):
        shutil.copytree(ROOT / name, tmp_path / name)
    author = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    for command in (["init", "--quiet"], ["add", "."], [*author, "commit", "-qm", "All"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    with (tmp_path / "benchmarks/engines/__init__.py").open("a") as engines:
        engines.write("import time\nwhile time.process_time() < 2:\n    pass\n")
    monkeypatch.setattr(comparison, "ROOT", tmp_path)
    files = FILES[0], FILES[-1]
    found = list(compare("HEAD", files, rounds=1, rows=100))
    assert [one.file for one in found] == [file.name for file in files]
    assert all(0 < one.before[0] < 2 <= one.after[0] for one in found)
    assert slower(found) == [file.name for file in files]


def test_a_commit_that_there_is_not_is_an_error() -> None:
    with pytest.raises(MeasurementError, match="git has no commit 'no-such-commit'"):
        list(compare("no-such-commit"))


@pytest.mark.parametrize(
    ("seconds", "status"), [(1.0, None), (2.0, "Slower than at main: people.")]
)
def test_the_command_fails_if_anything_is_slower(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    seconds: float,
    status: str | None,
) -> None:
    found = Comparison("people", [1.0], [seconds])
    monkeypatch.setattr(comparison, "compare", lambda _: iter([found]))
    monkeypatch.setattr(sys, "argv", ["comparison", "main"])
    if status is None:
        comparison.main()
    else:
        with pytest.raises(SystemExit, match=status):
            comparison.main()
    assert f"{seconds:.2f}" in capsys.readouterr().out
