"""Encodings: converts CSV that is not UTF-8 by contract to UTF-8 before framing.

``windows-1252`` has no characters at 81, 8D, 8F, 90 and 9D. ``utf-16`` begins with a byte order
mark; ``utf-16-le`` and ``utf-16-be`` have none (RFC 2781). JSON is UTF-8 (RFC 8259).
https://www.unicode.org/Public/MAPPINGS/VENDORS/MICSFT/WINDOWS/CP1252.TXT
"""

import codecs
import re

from processor.batches import Stream
from processor.reasons import FileRefusedError, Reason

PIECE = 1 << 16  # bytes decoded at once
_ORDERS = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_JSON = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]*\{(?!\x00)")


def _stand_in(error: UnicodeError) -> tuple[str, int]:
    """Return a placeholder for bytes that the encoding does not have, and where they end.

    The placeholder is not UTF-8, so framing refuses the file, and knows the line.
    """
    assert isinstance(error, UnicodeDecodeError)
    return "\udcff", error.end


codecs.register_error("stand-in", _stand_in)


class Recoded:
    """A stream in another encoding as UTF-8, by ``read``."""

    def __init__(self, stream: Stream, codec: str) -> None:
        """Take a stream; ``codec`` is Python's name of its encoding."""
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(codec)("stand-in")
        self._rest = b""

    def read(self, amount: int, /) -> bytes:
        """Return up to ``amount`` bytes."""
        more = True
        while more and not self._rest:
            piece = self._stream.read(min(amount, PIECE))
            more = bool(piece)
            text = self._decoder.decode(piece, not more)
            self._rest = text.encode("utf-8", "surrogateescape")
        found, self._rest = self._rest[:amount], self._rest[amount:]
        return found


def codec_of(begin: bytes, encoding: str) -> str:
    """Return Python's name for the ``encoding`` of a CSV file with this beginning.

    Raises:
        FileRefusedError: its byte order mark is missing, unexpected, or that of another encoding.
    """
    mark = next((mark for mark in _ORDERS if begin.startswith(mark)), None)
    if begin.startswith(codecs.BOM_UTF8):
        raise FileRefusedError(Reason.ENCODING_UTF_8, line=1)
    if encoding == "utf-16":
        if mark is None:
            raise FileRefusedError(Reason.ENCODING_NO_BYTE_ORDER_MARK, line=1)
        return _ORDERS[mark]
    if mark is not None:
        raise FileRefusedError(Reason.ENCODING_BYTE_ORDER_MARK, line=1)
    return encoding


def looks_like_json(begin: bytes) -> bool:
    """Tell whether bytes begin JSON in UTF-8, and not a brace in UTF-16."""
    return _JSON.match(begin) is not None
