"""The frames of zstd: checks what each needs from the decompressor, before it is decompressed.

https://www.rfc-editor.org/rfc/rfc8878 (section 3.1)
"""

import io
from collections.abc import Generator
from typing import Any

from processor.batches import Stream
from processor.reasons import FileRefusedError, Reason

# Bytes that the decompressor keeps: the size that the RFC recommends supporting. `zstd` needs that
# many up to level 19, and more with --ultra or --long.
WINDOW_LIMIT = 1 << 23

_FRAME = 0xFD2FB528
_SKIPPED = range(0x184D2A50, 0x184D2A60)


class CheckedFrames(io.RawIOBase):
    """An unchanged zstd stream, up to a frame that needs too large a window, or a dictionary."""

    def __init__(self, stream: Stream) -> None:
        """Start with the first frame."""
        super().__init__()
        self._stream = stream
        self._frames = _frames()
        self._wanted = next(self._frames)
        self._part = b""

    def readable(self) -> bool:
        """Say yes."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer.

        Raises:
            FileRefusedError: a frame that begins in it cannot be decompressed here.
        """
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        place = 0
        while place < len(data):
            if self._wanted < 0:
                skipped = min(-self._wanted, len(data) - place)
                self._wanted += skipped
                place += skipped
            else:
                piece = data[place : place + self._wanted - len(self._part)]
                self._part += piece
                place += len(piece)
            while self._wanted in (0, len(self._part)):
                part, self._part = self._part, b""
                self._wanted = self._frames.send(part)
        return len(data)


def _frames() -> Generator[int, bytes, None]:
    """Yield how many bytes to read next, or to skip if negative."""
    while (magic := int.from_bytes((yield 4), "little")) == _FRAME or magic in _SKIPPED:
        if magic in _SKIPPED:
            yield -int.from_bytes((yield 4), "little")
            continue
        flags = (yield 1)[0]
        single = bool(flags & 0x20)
        window = 0
        if not single:
            exponent, mantissa = divmod((yield 1)[0], 8)
            window = (8 + mantissa) << (7 + exponent)
        if any((yield (0, 1, 2, 4)[flags & 3])):
            raise FileRefusedError(Reason.FILE_ZSTD_DICTIONARY)
        content = yield (int(single), 2, 4, 8)[flags >> 6]
        if single:
            window = int.from_bytes(content, "little") + 256 * (len(content) == 2)
        if window > WINDOW_LIMIT:
            raise FileRefusedError(Reason.FILE_ZSTD_WINDOW_TOO_LARGE, limit=WINDOW_LIMIT)
        last = 0
        while not last:
            block = int.from_bytes((yield 3), "little")
            last, kind = block & 1, block >> 1 & 3
            yield -(1 if kind == 1 else block >> 3)  # a repeated byte is stored once
        yield -4 if flags & 4 else 0
    while True:  # the decompressor refuses anything else
        yield -(1 << 30)
