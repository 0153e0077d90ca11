"""The engines: each makes of a file the clean rows, as Parquet, and the rejected ones.

Each module is a program, ``python -m benchmarks.engines.<engine> SOURCE TARGET``, and has one
function, ``run(source, target)``. It writes ``clean.parquet`` (a file, or a folder of them) and
the rejects into the folder ``target``, and returns how many rows are clean and how many rejected.

Delete it with the last of them.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path

Engine = Callable[[Path, Path], tuple[int, int]]


def main(run: Engine) -> None:
    """Run one engine as the command line says, and leave the two counts in ``rows.json``."""
    source, target = map(Path, sys.argv[1:])
    clean, rejected = run(source, target)
    counts = {"clean": clean, "rejected": rejected}
    (target / "rows.json").write_text(json.dumps(counts), encoding="utf-8")
