"""Threads: on a second core, a file is read ahead and Parquet written while rows are checked.

Both release Python's lock: the network and TLS while bytes arrive, Arrow while it sorts, encodes
and compresses a row group. With one core, threads would only take turns.
"""

from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager

from processor.batches import BLOCK_SIZE, Stream

# Lambda gives a function a core for each 1,769 MB of memory.
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
SECOND_CORE_MB = 2 * 1769


@contextmanager
def started(*, wanted: bool) -> Iterator[Executor | None]:
    """Start the two threads of a file if they are wanted; in the end, wait for their work."""
    if not wanted:
        yield None
        return
    with ThreadPoolExecutor(2) as executor:
        yield executor


class ReadAhead:
    """A stream of which another thread reads the next block."""

    def __init__(self, stream: Stream, executor: Executor) -> None:
        """Begin to read."""
        self._stream = stream
        self._executor = executor
        self._block = b""
        self._next = executor.submit(stream.read, BLOCK_SIZE)

    def read(self, amount: int, /) -> bytes:
        """Return up to ``amount`` bytes, or raise what reading them has raised."""
        if not self._block:
            self._block = self._next.result()
            if self._block:
                self._next = self._executor.submit(self._stream.read, BLOCK_SIZE)
        piece, self._block = self._block[:amount], self._block[amount:]
        return piece
