"""A full disk refuses the file and names the setting, wherever the disk gets full."""

import errno
import io
import json
import os
import random
import sqlite3
import tempfile
import weakref
from pathlib import Path
from types import SimpleNamespace
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from processor import processing
from processor.bucket.store import Store
from processor.checks import classes, policies, uniqueness
from processor.contracts import Contracts
from processor.deidentification.pseudonyms import PseudonymKeys
from processor.limits.size import SizeLimit
from processor.processing import Processor
from processor.readers import detection
from tests.unit.processor.aws import BUCKET, HmacKey, MemoryBucket
from tests.unit.processor.examples import column, document

ROWS = 20_000
BLOCK = 1 << 12
MANIFEST = "manifests/people/a.json"


class SmallDisk:
    """A disk with real temporary files, whose total size is limited."""

    def __init__(self, folder: Path, size: int) -> None:
        self.folder = folder
        self.size = size
        self.files: weakref.WeakSet[SmallFile] = weakref.WeakSet()

    def open(self) -> IO[bytes]:
        """Open a temporary file, as ``tempfile.TemporaryFile`` does."""
        number, name = tempfile.mkstemp(dir=self.folder)
        Path(name).unlink()
        file = SmallFile(number, "r+b")
        file.disk = self
        self.files.add(file)
        return io.BufferedRandom(file)

    @property
    def free(self) -> int:
        """How many bytes are left."""
        used = sum(
            os.fstat(file.fileno()).st_blocks * 512 for file in self.files if not file.closed
        )
        return max(self.size - used, 0)


class SmallFile(io.FileIO):
    """A file on a small disk."""

    disk: SmallDisk

    def write(self, data: Any, /) -> int:
        """Write as much as fits, and fail as the kernel does on a full disk."""
        view = memoryview(data).cast("B")
        fitting = view[: self.disk.free]
        if view and not fitting:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().write(fitting)


def process(people: dict[str, Any], content: bytes, folder: Path) -> tuple[MemoryBucket, Any]:
    """Process an object, and return the bucket and the manifest."""
    (folder / "people.json").write_text(json.dumps(people))
    bucket = MemoryBucket()
    bucket.upload("incoming/people/a", content)
    client: Any = bucket
    kms: Any = HmacKey()
    store, keys = Store(client, BUCKET), PseudonymKeys(kms, "a-key")
    Processor(store, Contracts(folder), keys, SizeLimit(1 << 30, "x")).process("incoming/people/a")
    return bucket, json.loads(bucket.content(MANIFEST))


def as_parquet() -> bytes:
    """Return numbers in a file that is read from the disk."""
    file = io.BytesIO()
    table = pa.table({"n": list(range(ROWS))})
    pq.write_table(table, file, compression="none", use_dictionary=False)
    return file.getvalue()


# That do not compress: what is written of them must not fit.
NUMBERS = b"n\n" + b"".join(
    b"%d\n" % number for number in random.Random(2).sample(range(1 << 62), ROWS)
)
LETTERS = b"n\n" + random.Random(1).randbytes(2 * ROWS).hex("\n", 2).encode()
PEOPLE = document(column("n", "integer"))
CONTENTS = {"clean rows": NUMBERS, "rejected rows": LETTERS, "Parquet": as_parquet()}


@pytest.mark.parametrize("size", [1 << 15, 3 << 14], ids=str)
@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
def test_a_file_that_does_not_fit_the_disk_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes, size: int
) -> None:
    disk = SmallDisk(tmp_path, size)
    monkeypatch.setattr(uniqueness, "MEMORY_LIMIT", 1000)
    for module in (processing, detection):
        monkeypatch.setattr(module, "tempfile", SimpleNamespace(TemporaryFile=disk.open))
    bucket, manifest = process(PEOPLE, content, tmp_path)
    refusal = manifest["refusal"]
    assert refusal["reason"] == "file:needs-too-much-disk"
    assert refusal["setting"] == "ephemeralStorageMb"
    assert 0 <= manifest["rows"]["read"] <= ROWS
    assert bucket.names() == ["incoming/people/a", MANIFEST, "quarantine/people/a.jsonl.gz"]


@pytest.mark.parametrize("rows", [ROWS, ROWS - 500])
def test_the_last_bytes_do_not_fit(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, rows: int
) -> None:
    """They stay in a buffer, and must be on the disk before the file counts as done."""
    content = LETTERS[: len("n\n") + rows * len("1fc0\n")]
    bucket, _ = process(PEOPLE, content, tmp_path)
    size = len(bucket.content("quarantine/people/a.jsonl.gz"))
    # One block less: the file without clean rows also takes one.
    disk = SmallDisk(tmp_path, -(-size // BLOCK) * BLOCK)
    monkeypatch.setattr(processing, "tempfile", SimpleNamespace(TemporaryFile=disk.open))
    _, manifest = process(PEOPLE, content, tmp_path)
    assert manifest["refusal"]["reason"] == "file:needs-too-much-disk"
    assert manifest["rows"]["read"] == rows


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
def test_the_same_file_is_processed_where_there_is_room(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes
) -> None:
    disk = SmallDisk(tmp_path, 1 << 20)
    for module in (processing, detection):
        monkeypatch.setattr(module, "tempfile", SimpleNamespace(TemporaryFile=disk.open))
    _, manifest = process(PEOPLE, content, tmp_path)
    assert manifest["refusal"] is None
    assert manifest["rows"]["read"] == ROWS


def test_unique_values_that_do_not_fit_are_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    connections = []

    def connect(name: str, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = sqlite3.connect(name, **options)
        connection.execute("PRAGMA max_page_count = 8")  # SQLite reports the same for a full disk
        connections.append(connection)
        return connection

    monkeypatch.setattr(uniqueness, "MEMORY_LIMIT", 1000)
    monkeypatch.setattr(uniqueness, "sqlite3", SimpleNamespace(connect=connect))
    _, manifest = process(document(column("n", "integer", unique=True)), NUMBERS, tmp_path)
    assert manifest["refusal"]["reason"] == "file:needs-too-much-disk"
    assert manifest["rows"]["read"] > 0
    for connection in connections:
        with pytest.raises(sqlite3.ProgrammingError):  # it is closed, and its space is free
            connection.execute("SELECT 1")


def test_classes_that_do_not_fit_are_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    disk = SmallDisk(tmp_path, 1 << 15)
    monkeypatch.setattr(classes, "RUN_ROWS", 1000)
    monkeypatch.setattr(policies, "tempfile", SimpleNamespace(TemporaryFile=disk.open))
    people = PEOPLE | {"anonymity": {"k": 1, "quasiIdentifiers": ["n"]}}
    _, manifest = process(people, NUMBERS, tmp_path)
    assert manifest["refusal"]["reason"] == "file:needs-too-much-disk"
    assert manifest["rows"]["read"] == ROWS


@pytest.mark.parametrize(
    "error", [OSError(errno.EIO, "broken"), sqlite3.OperationalError("disk I/O error")], ids=repr
)
def test_a_disk_that_is_broken_is_not_the_fault_of_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, error: Exception
) -> None:
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR  # type: ignore[attr-defined]

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("processor.transformation.judge", fail)
    with pytest.raises(type(error)):
        process(PEOPLE, NUMBERS, tmp_path)
