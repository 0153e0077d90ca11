"""Compression: decompresses gzip and zstd, checked, and up to a limit."""

import gzip
import io
import re
import zlib
from typing import IO, Any

import pyarrow as pa

from processor.batches import Stream
from processor.readers.zstd_frames import CheckedFrames
from processor.reasons import FileRefusedError, Reason

# Records hardly ever shrink to less than a fiftieth; a bomb shrinks to a thousandth. Small files
# may be as repetitive as they like.
RATIO_LIMIT = 200
RATIO_FREE = 1 << 24  # bytes

_DAMAGED = {"gzip": Reason.FILE_DAMAGED_GZIP, "zstd": Reason.FILE_DAMAGED_ZSTD}

GZIP = re.compile(rb"\x1f\x8b")
ZSTD = re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18")  # a frame, or one to skip


class Counted(io.RawIOBase):
    """A stream for Python's own readers that counts the bytes read.

    Attributes:
        count: bytes read so far.
        failed: whether reading the stream itself failed.
    """

    def __init__(self, stream: Stream) -> None:
        """Begin to count."""
        super().__init__()
        self._stream = stream
        self.count = 0
        self.failed = False

    def readable(self) -> bool:
        """Say yes."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer, however small the pieces are; a shorter result means the end."""
        filled = 0
        try:
            while filled < len(buffer) and (piece := self._stream.read(len(buffer) - filled)):
                buffer[filled : filled + len(piece)] = piece
                filled += len(piece)
        except BaseException:
            self.failed = True
            raise
        self.count += filled
        return filled


class Decompressed:
    """The content of a compressed stream, by ``read``.

    A truncated or damaged stream is refused, even after all of its records: gzip's CRC, and zstd's
    checksum if the producer wrote one, are at the end.
    """

    def __init__(
        self, source: IO[bytes], counted: Counted, name: str, limit: int, setting: str
    ) -> None:
        """Take a ``source`` that reads through ``counted``; ``name`` is ``gzip`` or ``zstd``."""
        self._counted = counted
        self._damaged = _DAMAGED[name]
        self._limit = limit
        self._setting = setting
        self._read = 0
        self._file: Any = (
            gzip.GzipFile(fileobj=source, mode="rb")
            if name == "gzip"
            else pa.CompressedInputStream(CheckedFrames(source), "zstd")
        )

    def read(self, amount: int, /) -> bytes:
        """Return up to ``amount`` bytes.

        Raises:
            FileRefusedError: it is damaged, or its content is too large.
        """
        try:
            piece: bytes = self._file.read(amount)
        except (EOFError, OSError, zlib.error, pa.ArrowException):
            if self._counted.failed:  # the network failed, not the file: retry
                raise
            raise FileRefusedError(self._damaged) from None
        self._read += len(piece)
        if self._read > self._limit:
            raise FileRefusedError(
                Reason.FILE_TOO_LARGE_DECOMPRESSED, limit=self._limit, setting=self._setting
            )
        if self._read > max(RATIO_FREE, RATIO_LIMIT * self._counted.count):
            raise FileRefusedError(Reason.FILE_COMPRESSION_RATIO, limit=RATIO_LIMIT)
        return piece
