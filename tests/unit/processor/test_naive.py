"""Each hostile case can fail: it defeats a naive handler, or a processor with one mistake.

The tests of the hostile cases run again, and must not pass.
"""

import gzip
import posixpath
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from types import ModuleType
from typing import Any

import pytest

from processor import transformation
from processor.batches import Lines, Records, Stream
from processor.bucket import keys
from processor.checks import columns
from processor.readers import compression, csv, detection, line_buffer, lines
from processor.reasons import FileRefusedError, Reason
from tests.unit.processor import hostile
from tests.unit.processor.aws import MemoryBucket
from tests.unit.processor.examples import make_lines
from tests.unit.processor.formats import zstd
from tests.unit.processor.naive import NaiveHandler

Sabotage = Callable[[pytest.MonkeyPatch], None]


def _refuse_without_rows(patch: pytest.MonkeyPatch) -> None:
    """Treat a file without rows as empty."""

    def judge(_: object, read: int, *__: object) -> None:
        if not read:
            raise FileRefusedError(Reason.FILE_EMPTY)

    patch.setattr(transformation, "judge", judge)


def _end_lines_twice(patch: pytest.MonkeyPatch) -> None:
    """Treat CRLF as two line ends."""

    cut = lines.blocks

    def blocks(stream: Stream, encoding: str) -> Iterator[Lines]:
        for block in cut(stream, encoding):
            yield make_lines(re.findall(r"[^\r\n]*[\r\n]", "".join(block)))

    patch.setattr(csv, "blocks", blocks)


def _change_lines(change: Callable[[str], str]) -> Sabotage:
    """Frame lines that differ from the file's."""
    cut = lines.blocks

    def blocks(stream: Stream, encoding: str) -> Iterator[Lines]:
        for block in cut(stream, encoding):
            yield make_lines(line for line in map(change, block) if line)

    return lambda patch: patch.setattr(csv, "blocks", blocks)


def _refuse_lines_with(text: str) -> Sabotage:
    def change(line: str) -> str:
        if text in line:
            raise FileRefusedError(Reason.RECORD_MALFORMED)
        return line

    return _change_lines(change)


def _keep_the_empty_end(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(line_buffer, "without_blank_end", lambda lists, _: lists)


def _normalize_keys(patch: pytest.MonkeyPatch) -> None:
    """Treat a key as a path."""
    keys_of = keys.keys_of
    patch.setattr(keys, "keys_of", lambda key: keys_of(posixpath.normpath(key)))


def _refuse_unknown_endings(patch: pytest.MonkeyPatch) -> None:
    known = detection.open_records

    def open_records(stream: Stream, name: str, *others: Any) -> AbstractContextManager[Records]:
        if not name.endswith((".csv", "/a")):
            raise FileRefusedError(Reason.FILE_NOT_WHAT_ITS_NAME_SAYS)
        return known(stream, name, *others)

    patch.setattr(transformation, "open_records", open_records)


# Cases that a naive handler gets right, and a mistake that fails each.
EASY: dict[str, Sabotage] = {
    "header only": _refuse_without_rows,
    "CRLF": _end_lines_twice,
    "no last line end": _change_lines(lambda line: line if line.endswith("\n") else ""),
    "embedded newlines": _change_lines(lambda line: line.replace('"', "")),
    "a tilde and a brace": _refuse_lines_with("~{"),
    "empty lines at the end": _keep_the_empty_end,
    "formula injection": lambda patch: patch.setattr(columns, "predicates", lambda *_: []),
    "gzip": lambda patch: patch.setattr(compression, "GZIP", re.compile(b"never")),
    "an ending that says nothing": _refuse_unknown_endings,
    "an empty folder": _normalize_keys,
}


def has_manifest(bucket: MemoryBucket) -> bool:
    """Tell whether the processor came to the end of a file."""
    return any(name.startswith("manifests/") for name in bucket.names())


@pytest.fixture(name="naive")
def make_naive_handler(bucket: MemoryBucket) -> Any:
    """A naive handler in place of the handler's module."""
    return NaiveHandler(bucket)


@pytest.mark.parametrize("name", sorted(EASY.keys() & hostile.CASES.keys()))
def test_a_naive_handler_is_a_handler(naive: ModuleType, bucket: MemoryBucket, name: str) -> None:
    hostile.check_content(naive, bucket, hostile.CASES[name])


@pytest.mark.parametrize("name", sorted(hostile.CASES.keys() - EASY.keys()))
def test_hostile_content_defeats_a_naive_handler(
    naive: ModuleType, bucket: MemoryBucket, name: str
) -> None:
    with pytest.raises(AssertionError):
        hostile.check_content(naive, bucket, hostile.CASES[name])


@pytest.mark.parametrize("name", sorted(EASY.keys() & hostile.CASES.keys()))
def test_other_content_defeats_a_processor_with_one_mistake(
    monkeypatch: pytest.MonkeyPatch, index: ModuleType, bucket: MemoryBucket, name: str
) -> None:
    EASY[name](monkeypatch)
    with pytest.raises(AssertionError):
        hostile.check_content(index, bucket, hostile.CASES[name])
    assert has_manifest(bucket), "the mistake is to be noticed, not an error of its own"


@pytest.mark.parametrize("name", sorted(hostile.NAMES.keys() - EASY.keys()))
def test_a_hostile_name_defeats_a_naive_handler(
    naive: ModuleType, bucket: MemoryBucket, name: str
) -> None:
    with pytest.raises(AssertionError):
        hostile.check_name(naive, bucket, hostile.NAMES[name])


@pytest.mark.parametrize("name", sorted(EASY.keys() & hostile.NAMES.keys()))
def test_another_name_defeats_a_processor_with_one_mistake(
    monkeypatch: pytest.MonkeyPatch, index: ModuleType, bucket: MemoryBucket, name: str
) -> None:
    EASY[name](monkeypatch)
    with pytest.raises(AssertionError):
        hostile.check_name(index, bucket, hostile.NAMES[name])


@pytest.mark.parametrize("compress", [gzip.compress, zstd, bytes])
def test_a_file_that_holds_too_much_defeats_a_naive_handler(
    monkeypatch: pytest.MonkeyPatch,
    naive: ModuleType,
    bucket: MemoryBucket,
    compress: Callable[[bytes], bytes],
) -> None:
    with pytest.raises((AssertionError, TypeError)):
        hostile.check_size(monkeypatch, naive, bucket, compress)


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (lambda bucket, key: bucket.delete(key), "object deleted"),
        (lambda bucket, key: bucket.upload(key, hostile.CSV), "object processed"),
    ],
    ids=["deleted", "replaced"],
)
def test_an_object_that_changes_defeats_a_naive_handler(
    naive: ModuleType,
    bucket: MemoryBucket,
    capfd: pytest.CaptureFixture[str],
    change: Callable[[MemoryBucket, str], None],
    kind: str,
) -> None:
    with pytest.raises(AssertionError):
        hostile.check_change(naive, bucket, capfd, change, kind)
