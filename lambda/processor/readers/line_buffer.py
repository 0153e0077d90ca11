"""The line buffer: lines that have been read, and whose records have not yet been taken."""

from collections.abc import Iterator
from itertools import chain

from processor import batches
from processor.batches import NO_LINES, Lines
from processor.readers.lines import without_blank_end
from processor.reasons import FileRefusedError, Reason


class LineBuffer:
    """The next lines of a file.

    Lines come in blocks, and are taken from the front. A record may begin in one block and end in
    another: looking for its end adds the lines of further blocks.

    Attributes:
        lines: the next lines that have been read.
        before: how many lines of the file have been taken.
    """

    def __init__(self, blocks: Iterator[Lines]) -> None:
        """Begin before the first block."""
        self._blocks = blocks
        self.lines = NO_LINES
        self.before = 0

    def fill(self) -> bool:
        """Read a block if there are no lines; return whether there are lines now.

        Raises:
            FileRefusedError: the block cannot be read.
        """
        return bool(self.lines) or self._add()

    def take(self, count: int) -> Lines:
        """Take this many lines from the front, or all of them."""
        taken, self.lines = self.lines[:count], self.lines[count:]
        self.before += len(taken)
        return taken

    def record(self, place: int) -> Iterator[str]:
        """Yield the lines that the record at an index may have; add blocks for them.

        Raises:
            FileRefusedError: the record has become too long, or a block cannot be read.
        """
        first, size = self.before + place + 1, 0
        while place < len(self.lines) or self._add():
            size += self.lines.size(place, place + 1)
            if size > batches.RECORD_LIMIT:
                raise FileRefusedError(Reason.RECORD_TOO_LONG, line=first)
            yield self.lines.text(place, place + 1)
            place += 1

    def end_before_blank_lines(self) -> None:
        """Remove the empty lines at the end of the file."""
        self._blocks = without_blank_end(chain([self.lines], self._blocks), self.before + 1)
        self.lines = NO_LINES

    def _add(self) -> bool:
        """Add the lines of the next block, if there is one."""
        lines = next(self._blocks, NO_LINES)
        self.lines = self.lines + lines if self.lines else lines
        return bool(lines)
