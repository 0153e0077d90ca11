"""The best single parts: what each step takes alone, in the tool that is quickest at it.

For the hash that is a bare loop: the plugin of Polars takes keys of text only, not derived ones.

``python -m benchmarks.best_parts SOURCE TARGET`` leaves the CPU seconds of each in
``best_parts.json``. Nothing joins them: no stream, no rejects, no lines, no bound of memory.

Delete it once the processor takes no longer than all of these parts together.
"""

import hashlib
import json
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import polars as pl

from benchmarks import people
from benchmarks.engines.polars import checked, kept

T = TypeVar("T")


def tokens(values: Iterable[str]) -> list[str]:
    """Return HMAC tokens: the two keyed states are made once, and copied for each value."""
    key = people.KEY.ljust(64, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in key))
    outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in key))
    found = []
    for value in values:
        state, last = inner.copy(), outer.copy()
        state.update(value.encode())
        last.update(state.digest())
        found.append(last.hexdigest()[: people.TOKEN_LENGTH])
    return found


def measure(source: Path, target: Path) -> dict[str, float]:
    """Return the CPU seconds of each part."""
    seconds: dict[str, float] = {}

    def timed(part: str, work: Callable[[], T]) -> T:
        begin = time.process_time()
        found = work()
        seconds[part] = time.process_time() - begin
        return found

    def validate() -> pl.DataFrame:
        clean = frame.filter(pl.all_horizontal(checked()).fill_null(value=False))
        return clean.with_columns(*kept())

    def hash_columns() -> dict[str, list[str]]:
        return {output: tokens(clean[name]) for name, output in people.TOKENS.items()}

    frame: Any = timed("parse", lambda: pl.read_csv(source, infer_schema=False))
    clean = timed("validate", validate)
    hashed = timed("hash", hash_columns)
    whole = pl.DataFrame(hashed).hstack(clean.select(people.KEPT))
    timed("write", lambda: whole.write_parquet(target / "clean.parquet", compression="zstd"))
    return seconds


def main() -> None:
    """Measure the file that the command line names."""
    source, target = map(Path, sys.argv[1:])
    found = json.dumps(measure(source, target))
    (target / "best_parts.json").write_text(found, encoding="utf-8")


if __name__ == "__main__":
    main()
