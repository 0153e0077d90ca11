"""A zstd frame that cannot be decompressed here is refused; any other passes as it is."""

import io
from functools import partial

import pytest

from processor.batches import Stream
from processor.readers.zstd_frames import CheckedFrames
from processor.reasons import FileRefusedError
from tests.unit.processor.aws import MemoryBody
from tests.unit.processor.formats import zstd
from tests.unit.processor.hostile import zstd_frame

SKIPPED = b"\x50\x2a\x4d\x18\x04\0\0\0skip"
GOOD = zstd(b"x" * 200_000) + SKIPPED + zstd(b"")


def read(stream: Stream, amount: int) -> bytes:
    """Return the frames of a stream, read this many bytes at a time."""
    return b"".join(iter(partial(CheckedFrames(stream).read, amount), b""))


@pytest.mark.parametrize("piece", [1, 3, 1000])
def test_frames_pass_as_they_are_however_they_come(piece: int) -> None:
    body = MemoryBody(GOOD)
    body.piece = piece
    assert read(body, 1 << 16) == GOOD


@pytest.mark.parametrize("before", [b"", GOOD, SKIPPED], ids=["first", "after others", "skipped"])
@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (zstd_frame(0b01101_001), "file:zstd-window-too-large"),
        (b"\x28\xb5\x2f\xfd\x02\x00\x07\x00", "file:zstd-dictionary"),
    ],
    ids=["window", "dictionary"],
)
@pytest.mark.parametrize("piece", [1, 1 << 20])
def test_a_frame_that_needs_too_much_is_refused(
    before: bytes, frame: bytes, reason: str, piece: int
) -> None:
    with pytest.raises(FileRefusedError, match=reason):
        read(io.BytesIO(before + frame), piece)
