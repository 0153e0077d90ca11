"""Comparison: whether a change made the processor slower than it was at another commit.

``python -m benchmarks.comparison main`` starts the processor of that commit and the one of the
working tree on the same core. They take turns, file by file, so that whatever else the machine
does slows both. On a busy machine only the line of all files together is reliable. The start has a
line of its own: in that of a small file it would hide the file. Each round has new processes,
because two of one program may differ for as long as they run.

Delete it once nobody needs an answer sooner than ``make bench`` gives it.
"""

import argparse
import io
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from statistics import median
from subprocess import PIPE, Popen
from typing import NamedTuple

import psutil

from benchmarks.files import FILES, BenchmarkFile, write_contracts
from benchmarks.measurement import CORE, ROOT, MeasurementError

ROUNDS = 9
ROWS = 25_000  # of each file
SMALL_ROWS, SMALL_TIMES = 10, 25  # of a small file, and how often it is processed
TOLERANCE = 1.05
START, SMALL, TOGETHER = "start", "small files", "all files together"
# Each commit has a form of its own for compiled contracts.
_COMPILE = """
import sys
from pathlib import Path
from lib.contracts import compile_contracts, write_contracts
write_contracts(compile_contracts(Path(sys.argv[1])), Path(sys.argv[2]))
"""
# Prints the CPU seconds of the start, and of each file that it reads the path of.
_PROCESS = """
import sys
from pathlib import Path
from time import process_time
from benchmarks.engines.pseudonymize import run
print(process_time(), flush=True)
for line in sys.stdin:
    times, source = line.rstrip("\\n").split(" ", 1)
    begin = process_time()
    for _ in range(int(times)):
        run(Path(source), Path(sys.argv[1]))
    print(process_time() - begin, flush=True)
"""


class Comparison(NamedTuple):
    """The CPU seconds that something took, by round: at the other commit, and now."""

    file: str
    before: list[float]
    after: list[float]

    @property
    def ratio(self) -> float:
        """How many times as long it takes: the median of the ratios of all rounds."""
        return median(
            after / before for before, after in zip(self.before, self.after, strict=True)
        )


class _Sample(NamedTuple):
    """A file that has been written, and how often to process it."""

    name: str
    source: Path
    times: int = 1


_Process = Callable[[_Sample], float]


def compare(
    commit: str,
    files: Sequence[BenchmarkFile] = FILES,
    rounds: int = ROUNDS,
    rows: int = ROWS,
) -> list[Comparison]:
    """Return how long the start and each file take, compared with a commit.

    Raises:
        MeasurementError: there is no such commit, or one of the two did not end well.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        trees = [_extract(commit, folder / "tree"), ROOT]
        write_contracts(folder / "odcs")
        targets = [_prepare(tree, folder, which) for which, tree in enumerate(trees)]
        samples = list(_written(files, rows, folder))
        names = [START, *(sample.name for sample in samples)]
        found: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in names}
        for number in range(rounds):
            with ExitStack() as processes:
                started = [
                    processes.enter_context(_started(tree, target))
                    for tree, target in zip(trees, targets, strict=True)
                ]
                _take_turns(number, started, samples, found)
        start, *others = [Comparison(name, *seconds) for name, seconds in found.items()]
        return [start, *others, together(others)]


def _take_turns(
    number: int,
    started: Sequence[tuple[float, _Process]],
    samples: Sequence[_Sample],
    found: Mapping[str, tuple[list[float], list[float]]],
) -> None:
    """Add the seconds of a round: whoever is first in this one is second in the next."""
    for which, (seconds, _) in enumerate(started):
        found[START][which].append(seconds)
    for place, sample in enumerate(samples):
        for turn in range(2):
            which = (number + place + turn) % 2
            _, process = started[which]
            found[sample.name][which].append(process(sample))


def together(comparisons: Sequence[Comparison]) -> Comparison:
    """Return how long several files took together, by round."""
    before = zip(*(one.before for one in comparisons), strict=True)
    after = zip(*(one.after for one in comparisons), strict=True)
    return Comparison(TOGETHER, [*map(sum, before)], [*map(sum, after)])


def slower(comparisons: Iterable[Comparison]) -> list[str]:
    """Return the files that take longer than the tolerance allows."""
    return [found.file for found in comparisons if found.ratio > TOLERANCE]


def _extract(commit: str, folder: Path) -> Path:
    """Return a folder with the files of a commit."""
    command = ["git", "archive", "--format=tar", commit]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    if done.returncode:
        raise MeasurementError(f"git has no commit {commit!r}: {done.stderr.decode().strip()}")
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder


def _prepare(tree: Path, folder: Path, which: int) -> Path:
    """Compile the contracts for a tree, and return a folder next to them for what it makes."""
    target = folder / f"outputs-{which}" / "last"
    target.mkdir(parents=True)
    contracts = str(folder / "odcs"), str(target.parent / "contracts")
    command = [sys.executable, "-c", _COMPILE, *contracts]
    done = subprocess.run(command, cwd=tree, env=_environment(), capture_output=True, check=False)
    if done.returncode:
        raise MeasurementError(f"{tree} did not compile the contracts:\n{done.stderr.decode()}")
    return target


def _written(files: Iterable[BenchmarkFile], rows: int, folder: Path) -> Iterator[_Sample]:
    """Write each file, and a small one of the first kind, each under the name of its dataset."""
    first, *_ = files = list(files)
    for name, file, count, times in (
        *((one.name, one, rows, 1) for one in files),
        (SMALL, first, SMALL_ROWS, SMALL_TIMES),
    ):
        source = folder / name / f"{file.dataset}{file.suffix}"
        source.parent.mkdir()
        file.write(source, count)
        yield _Sample(name, source, times)


@contextmanager
def _started(tree: Path, target: Path) -> Iterator[tuple[float, _Process]]:
    """Start a tree's processor; yield the CPU seconds of that, and how to get those of a file."""
    command = [sys.executable, "-c", _PROCESS, str(target)]
    where = _environment()
    with (
        tempfile.TemporaryFile() as errors,
        Popen(command, stdin=PIPE, stdout=PIPE, stderr=errors, cwd=tree, env=where) as process,
    ):
        questions, answers = process.stdin, process.stdout
        assert questions
        assert answers
        psutil.Process(process.pid).cpu_affinity([CORE])

        def seconds() -> float:
            if line := answers.readline():
                return float(line)
            process.wait()
            errors.seek(0)
            said = errors.read().decode(errors="replace")
            raise MeasurementError(f"{tree} ended with {process.returncode}:\n{said}")

        def run(sample: _Sample) -> float:
            with suppress(BrokenPipeError):
                questions.write(f"{sample.times} {sample.source}\n".encode())
                questions.flush()
            return seconds()

        yield seconds(), run


def _environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": "lambda"}


def main() -> None:
    """Tell whether the processor takes more than 5 % longer than at another commit."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.comparison", description=main.__doc__
    )
    parser.add_argument("commit", help="the commit to compare with, such as main")
    options = parser.parse_args()
    try:
        found = compare(options.commit)
    except MeasurementError as error:
        sys.exit(f"Error: {error}")
    print(f"{'file':24} {'before, CPU s':>14} {'now, CPU s':>12} {'ratio':>6}")
    for one in found:
        before, after = median(one.before), median(one.after)
        print(f"{one.file:24} {before:14.2f} {after:12.2f} {one.ratio:6.2f}")
    if late := slower(found):
        sys.exit(f"Slower than at {options.commit}: {', '.join(late)}. Measure again to be sure.")


if __name__ == "__main__":
    main()
