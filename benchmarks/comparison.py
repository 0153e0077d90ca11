"""Comparison: whether a change made the processor slower than it was at another commit.

``python -m benchmarks.comparison main`` runs the processor of that commit and the one of the
working tree on the same files in turn, each in a process of its own on one core.

Delete it once nobody needs an answer sooner than ``make bench`` gives it.
"""

import argparse
import io
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks.files import FILES, BenchmarkFile, write_contracts
from benchmarks.measurement import ROOT, MeasurementError, measure

ROUNDS = 5
ROWS = 100_000  # of each file; with fewer, the start and its noise count more than the rows
TOLERANCE = 1.05
# Each commit has a form of its own for compiled contracts.
_COMPILE = """
import sys
from pathlib import Path
from lib.contracts import compile_contracts, write_contracts
write_contracts(compile_contracts(Path(sys.argv[1])), Path(sys.argv[2]))
"""


class Comparison(NamedTuple):
    """The CPU seconds that a file took, by round: at the other commit, and now."""

    file: str
    before: list[float]
    after: list[float]

    @property
    def ratio(self) -> float:
        """How many times as long it takes: the median of the ratios of all rounds."""
        return median(
            after / before for before, after in zip(self.before, self.after, strict=True)
        )


def compare(
    commit: str,
    files: Sequence[BenchmarkFile] = FILES,
    rounds: int = ROUNDS,
    rows: int = ROWS,
) -> Iterator[Comparison]:
    """Yield how long each file takes, compared with a commit.

    Raises:
        MeasurementError: there is no such commit, or one of the two did not end well.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        trees = {"before": _extract(commit, folder / "tree"), "after": ROOT}
        write_contracts(folder / "contracts")
        for which, tree in trees.items():
            _run(
                tree,
                "-c",
                _COMPILE,
                *map(str, (folder / "contracts", folder / which / "contracts")),
            )
        for file in files:
            source = folder / f"{file.dataset}{file.suffix}"
            file.write(source, rows)
            seconds: dict[str, list[float]] = {which: [] for which in trees}
            for _ in range(rounds):
                for which, tree in trees.items():
                    target = folder / which / "outputs"
                    target.mkdir(exist_ok=True)
                    arguments = "-m", "benchmarks.engines.pseudonymize", str(source), str(target)
                    seconds[which].append(_run(tree, *arguments))
            yield Comparison(file.name, seconds["before"], seconds["after"])


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


def _run(tree: Path, *arguments: str) -> float:
    environment = os.environ | {"PYTHONPATH": "lambda"}
    return measure([sys.executable, *arguments], environment, tree).cpu


def main() -> None:
    """Tell whether the processor takes more than 5 % longer than at another commit."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.comparison", description=main.__doc__
    )
    parser.add_argument("commit", help="the commit to compare with, such as main")
    options = parser.parse_args()
    print(f"{'file':14} {'before, CPU s':>14} {'now, CPU s':>12} {'ratio':>6}")
    found = []
    try:
        for one in compare(options.commit):
            found.append(one)
            before, after = median(one.before), median(one.after)
            print(f"{one.file:14} {before:14.2f} {after:12.2f} {one.ratio:6.2f}", flush=True)
    except MeasurementError as error:
        sys.exit(f"Error: {error}")
    if late := slower(found):
        sys.exit(f"Slower than at {options.commit}: {', '.join(late)}. Measure again to be sure.")


if __name__ == "__main__":
    main()
