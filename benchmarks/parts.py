"""The parts of the processor: where its time goes, while it transforms a file as it ships.

``python -m benchmarks.parts SOURCE TARGET`` times the calls of each part from outside and leaves
the CPU seconds of each in ``parts.json``; what a part calls of another is the other's.

Delete it once no one asks which part of the processor to make faster.
"""

import json
import sys
import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

from benchmarks.engines.processor import run
from processor.checks.columns import RowCheck
from processor.deidentification.cmac import CmacTokens
from processor.deidentification.hmac import HmacTokens
from processor.deidentification.methods import Deidentification
from processor.deidentification.siv import SivTokens
from processor.readers.csv import CsvRecords
from processor.writers.parquet import CleanRows
from processor.writers.quarantine import RejectedRows

PARTS: dict[str, tuple[tuple[type, str], ...]] = {
    "frame": ((CsvRecords, "_next_batch"),),
    "check": ((RowCheck, "check"),),
    "de-identify": ((Deidentification, "apply"),),
    "hash": ((CmacTokens, "tokens"), (HmacTokens, "tokens"), (SivTokens, "tokens")),
    "write": (
        *((CleanRows, name) for name in ("__init__", "write", "__exit__")),
        *((RejectedRows, name) for name in ("__init__", "write", "__exit__")),
    ),
}


class Clock:
    """CPU seconds by part; the time of a part stops while another that it calls runs."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.seconds: dict[str, float] = {}
        self._running: list[str] = []
        self._since = time.process_time()

    def switch(self, begin: str | None = None) -> None:
        """Give the time since the last switch to the part that ran; begin one, or end it."""
        now = time.process_time()
        if self._running:
            part = self._running[-1]
            self.seconds[part] = self.seconds.get(part, 0.0) + now - self._since
        if begin:
            self._running.append(begin)
        else:
            self._running.pop()
        self._since = now

    def timed(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return ``function`` so that its time counts for ``part``."""

        @wraps(function)
        def timed(*arguments: Any, **named: Any) -> Any:
            self.switch(part)
            try:
                return function(*arguments, **named)
            finally:
                self.switch()

        return timed


def measure(source: Path, target: Path) -> dict[str, float]:
    """Transform a file and return the CPU seconds of each part, and of all the rest."""
    clock = Clock()
    for part, methods in PARTS.items():
        for owner, name in methods:
            setattr(owner, name, clock.timed(part, getattr(owner, name)))
    clock.timed("rest", run)(source, target)
    return clock.seconds


def main() -> None:
    """Measure the file that the command line names."""
    source, target = map(Path, sys.argv[1:])
    (target / "parts.json").write_text(json.dumps(measure(source, target)), encoding="utf-8")


if __name__ == "__main__":
    main()
