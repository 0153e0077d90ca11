"""Lines: turns a stream of bytes into its physical lines, block by block.

Blocks are cut at line ends, so the result depends only on the bytes of a file, and not on how the
network delivered them.
"""

import codecs
import re
from collections.abc import Iterable, Iterator

import pyarrow as pa
import pyarrow.compute as pc

from processor import batches
from processor.batches import Stream
from processor.reasons import FileRefusedError, Reason

FOREIGN = Reason.ROW_CONTROL_CHARACTER
# What text does not have: control characters except tab and line ends, and the escapes of HZ (RFC
# 1843), which has no control characters.
FOREIGN_TEXT = r"[\x00-\x08\x0b\x0c\x0e-\x1f]|~\{(?:[!-w][!-~])+~\}"
_LINE_END = re.compile(rb"\r\n|\r|\n")
_LINE_ENDS = ("\n", "\r\n", "\r")


def find_foreign(texts: pa.StringArray) -> list[int]:
    """Return the indexes of texts that were not meant as UTF-8.

    Seven-bit encodings, such as ISO-2022-JP and HZ, are also valid UTF-8.
    """
    content = texts.buffers()[2]
    if content is None or not content.size:
        return []
    codes = pa.Array.from_buffers(pa.uint8(), content.size, [None, content])
    if pc.min(codes).as_py() >= ord(" ") and b"~{" not in content.to_pybytes():
        return []
    found = pc.match_substring_regex(texts, FOREIGN_TEXT)
    places: list[int] = pc.indices_nonzero(found).to_pylist()
    return places


def blocks(stream: Stream, encoding: str = "utf-8") -> Iterator[list[str]]:
    """Yield the physical lines of a stream, with their line ends, in blocks that are never empty.

    The stream has been converted to UTF-8, if possible, whatever its ``encoding`` was.

    Raises:
        FileRefusedError: a line is too long or not UTF-8; all lines before it have been yielded.
    """
    block = without_mark(_read(stream))
    rest = b""
    line = 1
    while block:
        following = _read(stream)
        data = rest + block
        first_end = _LINE_END.search(data)
        if (first_end.end() if first_end else len(data)) > batches.RECORD_LIMIT:
            raise FileRefusedError(Reason.RECORD_TOO_LONG, line=line)
        cut = _complete(data) if following else len(data)
        lines, sound = _decode(data[:cut])
        line += len(lines)
        if lines:
            yield lines
        if not sound:
            raise FileRefusedError(Reason.ENCODING_NOT.about(encoding), line=line)
        rest = data[cut:]
        block = following


def without_blank_end(lists: Iterable[list[str]], line: int = 1) -> Iterator[list[str]]:
    """Yield lists of lines, from this ``line`` of the file on, without the empty ones at its end.

    Raises:
        FileRefusedError: there are too many empty lines in a row to hold back until the end of the
            file is known.
    """
    held: list[str] = []
    try:
        for lines in lists:
            lines = held + lines
            held = []
            begin = 0
            while begin < len(lines) and lines[begin] in _LINE_ENDS:
                begin += 1
            if sum(map(len, lines[:begin])) > batches.RECORD_LIMIT:
                raise FileRefusedError(
                    Reason.FILE_TOO_MANY_BLANK_LINES, line=line, limit=batches.RECORD_LIMIT
                )
            end = len(lines)
            while end > begin and lines[end - 1] in _LINE_ENDS:
                end -= 1
            if begin == end:
                held = lines
            else:
                line += end
                held = lines[end:]
                yield lines[:end]
    except FileRefusedError:
        if held:
            yield held
        raise


def _read(stream: Stream) -> bytes:
    """Read one block, however small the pieces that the stream returns."""
    pieces = []
    missing = batches.BLOCK_SIZE
    while missing and (piece := stream.read(missing)):
        pieces.append(piece)
        missing -= len(piece)
    return b"".join(pieces)


def without_mark(data: bytes) -> bytes:
    """Remove the byte order mark from the beginning of a file."""
    return data.removeprefix(codecs.BOM_UTF8)


def _complete(data: bytes) -> int:
    """Return the end of the last complete line; a final CR may be half a CRLF."""
    return 1 + max(data.rfind(b"\n"), data.rfind(b"\r", 0, -1))


def _decode(data: bytes) -> tuple[list[str], bool]:
    """Return the lines before the first bad byte, and whether there was none."""
    lines: list[str] = []
    try:
        lines.extend(map(bytes.decode, data.splitlines(keepends=True)))
    except UnicodeDecodeError:
        return lines, False
    return lines, True
