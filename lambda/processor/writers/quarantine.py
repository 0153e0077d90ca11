"""Quarantine: the rejected rows, or the refused object, as gzipped JSON Lines.

It is written while the rows are read, and the bytes depend only on the rows.
"""

import gzip
import io
import json
from collections import Counter
from typing import IO, Self

from processor.batches import Batch
from processor.reasons import FileRefusedError, Reason, Stated

# Short rejected rows cost the most time per byte, and gzip shrinks them to almost nothing.
SHORT = 16  # characters
SHORT_LIMIT = 1 << 20  # rows
_json = json.JSONEncoder().encode  # of a text, three times as fast as json.dumps


class RejectedRows:
    """Writes the rejected rows, or the refusal, as gzipped JSON Lines; complete when exited.

    A line is ``{"row", "line", "reasons", "raw"}`` for a rejected row, or for a refused object
    ``{"reason", "line", "source"}``. The text is ASCII: no reader finds a line end in it.

    Attributes:
        rows: how many rows were written.
        by_reason: how many rows have each reason.
    """

    def __init__(self, file: IO[bytes]) -> None:
        """Begin the file."""
        # The fastest level: a file with only bad rows must be done in the same time.
        packed = gzip.GzipFile(fileobj=file, mode="wb", compresslevel=1, mtime=0)
        self._lines = io.BufferedWriter(packed, 1 << 16)
        self.rows = 0
        self.by_reason: Counter[Stated] = Counter()
        self._short = 0  # rows

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Complete the file."""
        self._lines.close()

    def write(self, batch: Batch, rejects: dict[int, list[Stated]]) -> None:
        """Write the rejected rows of a batch: their indices in it, and their reasons.

        Raises:
            FileRefusedError: too many of the rejected rows are short.
        """
        texts = {}
        for known, count in Counter(map(tuple, rejects.values())).items():
            texts[known] = ", ".join(map(_json, known))
            for reason in known:
                self.by_reason[reason] += count
        for index in sorted(rejects):
            row, line = batch.first_row + index, batch.line(index)
            reasons = texts[tuple(rejects[index])]
            text = batch.raw(index)
            self._short += len(text) < SHORT
            raw = _json(text)
            place = f'"row": {row}, "line": {"null" if line is None else line}'
            self._lines.write(f'{{{place}, "reasons": [{reasons}], "raw": {raw}}}\n'.encode())
        self.rows += len(rejects)
        if self._short > SHORT_LIMIT:
            raise FileRefusedError(Reason.FILE_TOO_MANY_SHORT_REJECTS, limit=SHORT_LIMIT)

    def refuse(self, refusal: FileRefusedError, source: dict[str, str]) -> None:
        """Write why the object was refused, and where it stays: ``key`` and ``version_id``."""
        record = {"reason": refusal.reason, "line": refusal.line, "source": source}
        self._lines.write((json.dumps(record) + "\n").encode())
