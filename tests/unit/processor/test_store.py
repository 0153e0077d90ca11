"""What the store makes of S3's answers."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from processor.store import ConflictError, Store
from tests.unit.processor.aws import BUCKET, MOMENT, MemoryBucket, client_error


@pytest.fixture(name="bucket")
def make_bucket() -> MemoryBucket:
    """An empty bucket."""
    return MemoryBucket()


@pytest.fixture(name="store")
def make_store(bucket: MemoryBucket) -> Store:
    """A store on the bucket."""
    client: Any = bucket
    return Store(client, BUCKET)


def test_the_newest_version_is_opened(bucket: MemoryBucket, store: Store) -> None:
    bucket.upload("incoming/x", b"old")
    version = bucket.upload("incoming/x", b"new!")
    source = store.open("incoming/x")
    assert source is not None
    assert source.body.read(99) == b"new!"
    assert (source.key, source.version_id, source.size) == ("incoming/x", version, 4)
    assert source.last_modified == MOMENT
    assert source.etag == store.etag("incoming/x")


def test_what_was_deleted_is_not_there(bucket: MemoryBucket, store: Store) -> None:
    bucket.upload("x", b"")
    bucket.delete("x")
    assert store.open("x") is None
    assert store.read("x") is None
    assert store.etag("x") is None


def test_an_etag_is_of_exactly_this_key(bucket: MemoryBucket, store: Store) -> None:
    bucket.upload("x.json.parquet", b"")
    assert store.etag("x.json") is None
    bucket.upload("x.json", b"")
    assert store.etag("x.json") == '"etag-1"'


def test_a_small_object_is_read_and_let_go(bucket: MemoryBucket, store: Store) -> None:
    bucket.upload("x", b"content")
    assert store.read("x") == (b"content", '"etag-1"')
    assert bucket.bodies[0].closed


def test_an_object_is_written_only_over_what_is_expected(
    bucket: MemoryBucket, store: Store
) -> None:
    first = store.write("x", b"1", "text/plain", None)
    with pytest.raises(ConflictError):
        store.write("x", b"2", "text/plain", None)
    second = store.write("x", b"3", "text/plain", first.etag)
    with pytest.raises(ConflictError):
        store.write("x", b"4", "text/plain", first.etag)
    assert bucket.content("x") == b"3"
    newest = bucket.newest("x")
    assert newest is not None
    assert (newest.version_id, newest.content_type) == (second.version_id, "text/plain")


def test_replacing_what_was_deleted_is_a_conflict(bucket: MemoryBucket, store: Store) -> None:
    written = store.write("x", b"1", "text/plain", None)
    bucket.delete("x")
    with pytest.raises(ConflictError):
        store.write("x", b"2", "text/plain", written.etag)


def test_two_writes_at_once_are_a_conflict(bucket: MemoryBucket, store: Store) -> None:
    def interrupt(_: str) -> None:
        raise client_error("ConditionalRequestConflict", 409, "PutObject")

    bucket.interrupt = interrupt
    with pytest.raises(ConflictError):
        store.write("x", b"1", "text/plain", None)


def test_any_other_answer_is_an_error(bucket: MemoryBucket, store: Store) -> None:
    def interrupt(_: str) -> None:
        raise client_error("AccessDenied", 403, "any")

    bucket.interrupt = interrupt
    for call in (
        lambda: store.open("x"),
        lambda: store.read("x"),
        lambda: store.write("x", b"", "text/plain", None),
    ):
        with pytest.raises(ClientError, match="AccessDenied"):
            call()
