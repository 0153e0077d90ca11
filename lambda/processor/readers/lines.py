"""Lines: turns a stream of bytes into its physical lines, block by block.

Blocks are cut at line ends, so the result depends only on the bytes of a file, and not on how the
network delivered them.
"""

import codecs
import re
from collections.abc import Iterable, Iterator
from itertools import accumulate

import pyarrow as pa
import pyarrow.compute as pc

from processor import batches
from processor.arrow import as_one, content_of, has, ordinals
from processor.batches import NO_LINES, Lines, Stream
from processor.reasons import FileRefusedError, Reason

FOREIGN = Reason.ROW_CONTROL_CHARACTER
# What text does not have: control characters except tab and line ends, and the escapes of HZ (RFC
# 1843), which has no control characters.
FOREIGN_TEXT = r"[\x00-\x08\x0b\x0c\x0e-\x1f]|~\{(?:[!-w][!-~])+~\}"
_LINE_END = re.compile(rb"\r\n|\r|\n")
_EMPTY = pa.array(["\n", "\r\n", "\r"])
_LONGEST_END = 2  # bytes


def find_foreign(texts: pa.StringArray) -> list[int]:
    """Return the indexes of texts that were not meant as UTF-8.

    Seven-bit encodings, such as ISO-2022-JP and HZ, are also valid UTF-8.
    """
    content = content_of(texts)
    codes = pa.Array.from_buffers(pa.uint8(), len(content), [None, content])
    is_plain = not codes or pc.min(codes).as_py() >= ord(" ")
    if is_plain and not (has(content, "~") and has(content, "~{")):
        return []
    found = pc.match_substring_regex(texts, FOREIGN_TEXT)
    places: list[int] = pc.indices_nonzero(found).to_pylist()
    return places


def blocks(stream: Stream, encoding: str = "utf-8") -> Iterator[Lines]:
    """Yield the physical lines of a stream, in blocks that are never empty.

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
        lines, sound = split_lines(data[:cut])
        line += len(lines)
        if lines:
            yield lines
        if not sound:
            raise FileRefusedError(Reason.ENCODING_NOT.about(encoding), line=line)
        rest = data[cut:]
        block = following


def without_blank_end(blocks_: Iterable[Lines], line: int = 1) -> Iterator[Lines]:
    """Yield blocks, from this ``line`` of the file on, without the empty lines at its end.

    Raises:
        FileRefusedError: there are too many empty lines in a row to hold back until the end of the
            file is known.
    """
    held = NO_LINES
    try:
        for lines in blocks_:
            lines = held + lines if held else lines
            held = NO_LINES
            begin, end = _filled(lines)
            if lines.size(0, begin) > batches.RECORD_LIMIT:
                raise FileRefusedError(
                    Reason.FILE_TOO_MANY_BLANK_LINES, line=line, limit=batches.RECORD_LIMIT
                )
            held = lines[end:]
            line += end
            if end:
                yield lines[:end]
    except FileRefusedError:
        if held:
            yield held
        raise


def _filled(lines: Lines) -> tuple[int, int]:
    """Return how many empty lines come first, and how many lines come before the last ones."""
    count = len(lines)
    if count and min(lines.size(0, 1), lines.size(count - 1, count)) > _LONGEST_END:
        return 0, count
    filled = pc.indices_nonzero(pc.invert(lines.are(_EMPTY)))
    return (filled[0].as_py(), filled[-1].as_py() + 1) if filled else (count, 0)


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


def split_lines(data: bytes) -> tuple[Lines, bool]:
    """Return the lines up to one that is not UTF-8, and whether none is."""
    whole = as_one(data)
    if b"\r" in data and data.count(b"\r") != data.count(b"\r\n"):  # one alone ends a line too
        sizes = map(len, data.splitlines(keepends=True))
        begins = pa.array(accumulate(sizes, initial=0), pa.int32())
    else:
        parts = pc.split_pattern(whole, "\n").values
        offsets = pa.Array.from_buffers(pa.int32(), len(parts) + 1, [None, parts.buffers()[1]])
        begins = pc.add(offsets, ordinals(len(offsets)))  # of each part, and of one after the last
        begins = pc.min_element_wise(begins, pa.scalar(len(data), pa.int32()))
        if not data or data.endswith(b"\n"):  # then the last part is not a line
            begins = begins[:-1]
    lines = pa.StringArray.from_buffers(len(begins) - 1, begins.buffers()[1], whole.buffers()[2])
    try:
        whole.validate(full=True)
    except pa.ArrowInvalid:
        return Lines(lines[: _count_sound(Lines(lines))]), False
    return Lines(lines), True


def _count_sound(lines: Lines) -> int:
    """Return how many lines come before the first one that is not UTF-8."""
    place = 0
    try:
        while True:
            lines.text(place, place + 1)
            place += 1
    except UnicodeDecodeError:
        return place
