"""The comparison runs two commits in turn, and says which files take longer."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from benchmarks import comparison
from benchmarks.comparison import (
    SMALL,
    START,
    TOGETHER,
    Comparison,
    compare,
    slower,
    together,
)
from benchmarks.files import FILES
from benchmarks.measurement import ROOT, MeasurementError


def test_a_round_of_noise_does_not_count() -> None:
    assert Comparison("people", [1.0, 2.0, 4.0], [1.0, 2.0, 9.0]).ratio == 1.0


def test_what_all_files_take_together_is_compared_by_round() -> None:
    found = together(
        [Comparison("a", [1.0, 2.0], [2.0, 2.0]), Comparison("b", [3.0, 8.0], [2.0, 8.0])]
    )
    assert found == Comparison(TOGETHER, [4.0, 10.0], [4.0, 10.0])


def test_what_takes_longer_than_the_tolerance_is_named() -> None:
    found = [Comparison(f"{ratio}", [1.0] * 3, [ratio] * 3) for ratio in (0.5, 1.05, 1.06)]
    assert slower(found) == ["1.06"]


@pytest.fixture(scope="module", name="tree")
def make_tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources, committed."""
    tree = tmp_path_factory.mktemp("tree")
    for name in ("benchmarks", "lambda", "lib"):
        shutil.copytree(ROOT / name, tree / name)
    author = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    for command in (["init", "--quiet"], ["add", "."], [*author, "commit", "-qm", "All"]):
        subprocess.run(["git", *command], cwd=tree, check=True)
    return tree


SPEND = """
import sys
import time

def spend(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass

def started(*, wanted, started=started):
    {}
    return started(wanted=wanted)

{}
"""


@pytest.fixture(name="change")
def make_change(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str, str], None]]:
    """What changes the processor: what it does for each file, and when it starts."""
    monkeypatch.setattr(comparison, "ROOT", tree)
    monkeypatch.setattr(comparison, "SMALL_TIMES", 2)
    module = tree / "lambda/processor/threads.py"
    text = module.read_text("utf-8")

    def change(file: str, start: str) -> None:
        module.write_text(text + SPEND.format(file, start), "utf-8")

    yield change
    module.write_text(text, "utf-8")


BREAK = "sys.exit('broken')"


def compare_two() -> list[Comparison]:
    """Compare the tree with its commit, with two files of few rows, once."""
    return compare("HEAD", (FILES[0], FILES[-1]), rounds=1, rows=100)


def test_what_each_file_takes_longer_is_not_hidden_by_the_start(
    change: Callable[[str, str], None],
) -> None:
    change("spend(0.3)", "")
    start, *files = compare_two()
    assert start.file == START
    assert slower(files) == ["people", "Parquet", SMALL, TOGETHER]
    assert all(0 < one.before[0] < 0.3 <= one.after[0] for one in files[:2])
    assert files[2].after[0] >= 0.6
    assert start.after[0] > 0


def test_what_the_start_takes_longer_does_not_count_for_the_files(
    change: Callable[[str, str], None],
) -> None:
    change("pass", "spend(2)")
    start, *files = compare_two()
    assert slower([start]) == [START]
    assert 0 < start.before[0] < 2 <= start.after[0]
    assert all(0 < one.after[0] < 2 for one in files)


@pytest.mark.parametrize("where", [(BREAK, ""), ("pass", BREAK)])
def test_a_processor_that_does_not_end_well_is_an_error(
    change: Callable[[str, str], None], where: tuple[str, str]
) -> None:
    change(*where)
    with pytest.raises(MeasurementError, match="ended with 1:\nbroken"):
        compare_two()


def test_a_commit_that_there_is_not_is_an_error() -> None:
    with pytest.raises(MeasurementError, match="git has no commit 'no-such-commit'"):
        compare("no-such-commit")


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
    monkeypatch.setattr(comparison, "compare", lambda _: [found])
    monkeypatch.setattr(sys, "argv", ["comparison", "main"])
    if status is None:
        comparison.main()
    else:
        with pytest.raises(SystemExit, match=status):
            comparison.main()
    assert f"{seconds:.2f}" in capsys.readouterr().out
