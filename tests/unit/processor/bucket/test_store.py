"""How the store handles S3's answers."""

import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from processor.bucket.store import ERASED_FROM, ConflictError, Store
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


def test_a_small_object_is_read_and_released(bucket: MemoryBucket, store: Store) -> None:
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


def test_what_is_not_there_is_told_from_what_may_not_be_read(
    bucket: MemoryBucket, store: Store
) -> None:
    """S3 denies both to those who may not list the whole bucket, and says 404 to the others."""
    answers = iter(["NoSuchKey", "AccessDenied", "SlowDown", "AccessDenied"])

    def interrupt(moment: str) -> None:
        if moment == "before get x":
            raise client_error(next(answers), 400, "GetObject")

    bucket.interrupt = interrupt
    assert store.open("x") is None
    assert store.open("x") is None
    with pytest.raises(ClientError, match="SlowDown"):
        store.open("x")
    bucket.upload("x", b"")
    with pytest.raises(ClientError, match="AccessDenied"):
        store.open("x")


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


# The text that a producer chose for the headers of an object

SECRET = "Ann Example, 123-45-6789"


@contextmanager
def s3_that_answers(header: str) -> Iterator[str]:
    """The address of a server that sends one object with a header."""
    answer = (
        'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nETag: "e"\r\n'
        "x-amz-version-id: v\r\nLast-Modified: Wed, 21 Oct 2026 07:28:00 GMT\r\n"
        f"Connection: close\r\n{header}\r\n\r\nid\n1\n"
    )

    def serve() -> None:
        connection, _ = server.accept()
        with connection:
            received = b""
            while b"\r\n\r\n" not in received:
                received += connection.recv(1 << 16)
            connection.sendall(answer.encode())

    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(30)
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        thread.join()


@pytest.mark.parametrize(
    "header",
    [f"Expires: {SECRET}", f"x-amz-meta-a: b\r\n{SECRET}", f"Date: {SECRET}"],
    ids=["expires", "no header", "date"],
)
def test_no_header_is_quoted_in_a_log(caplog: pytest.LogCaptureFixture, header: str) -> None:
    caplog.set_level(logging.DEBUG)
    with s3_that_answers(header) as address:
        client = boto3.client(
            "s3",
            endpoint_url=address,
            aws_access_key_id="x",
            aws_secret_access_key="y",
            region_name="us-east-1",
            config=Config(s3={"addressing_style": "path"}),
        )
        source = Store(client, "b").open("incoming/x")
        assert source is not None
        with closing(source.body):
            assert source.version_id == "v"
    assert SECRET not in caplog.text


def test_versions_say_when_they_were_replaced(bucket: MemoryBucket, store: Store) -> None:
    first = bucket.upload("x", b"old")
    bucket.delete("x")
    second = bucket.upload("x", b"new")
    bucket.upload("x.longer", b"other")
    bucket.delete("x.longer")
    newest, oldest = store.versions("x")
    assert (newest.version_id, newest.replaced_at) == (second, None)
    assert (oldest.version_id, oldest.written) == (first, MOMENT + timedelta(minutes=1))
    assert oldest.replaced_at == MOMENT + timedelta(minutes=2)
    bucket.delete("x")
    assert all(one.replaced_at for one in store.versions("x"))
    assert not store.versions("y")


def test_versions_of_longer_keys_are_not_listed_to_the_end(
    bucket: MemoryBucket, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A producer could have a million keys begin like one, and each erasure list them all."""
    paginate, pages = MemoryBucket.paginate, list[str]()

    def count(self: MemoryBucket, **asked: str) -> Iterator[dict[str, Any]]:
        for page in paginate(self, **asked):
            pages.append(asked["Prefix"])
            yield page

    monkeypatch.setattr(MemoryBucket, "paginate", count)
    for number in range(9):
        bucket.upload("x" * (number + 1), b"")
    assert len(store.versions("x")) == 1
    assert len(pages) == 2


def test_keys_are_listed_and_objects_deleted(bucket: MemoryBucket, store: Store) -> None:
    for key in ("a/1", "a/2", "b/1"):
        bucket.upload(key, b"")
    assert store.keys("a/") == ["a/1", "a/2"]
    store.delete("a/1")
    assert store.keys("a/") == ["a/2"]
    assert len(store.versions("a/1")) == 1


def test_a_rehearsal_is_read_and_changes_nothing(bucket: MemoryBucket, store: Store) -> None:
    bucket.upload("a", b"1")
    found = store.rehearsal()
    content, etag = found.read("a") or (b"", "")
    found.write("a", b"2", "text/plain", etag)
    found.write("b", b"2", "text/plain", None)
    found.delete("a")
    assert (content, bucket.content("a"), bucket.names()) == (b"1", b"1", ["a"])


def test_an_erasure_names_what_it_replaced(bucket: MemoryBucket, store: Store) -> None:
    bucket.upload("x", b"")
    found = store.open("x")
    assert found is not None
    assert found.erased_from is None
    store.write("x", b"", "text/plain", found.etag, {ERASED_FROM: "etag-1"})
    found = store.open("x")
    assert found is not None
    assert found.erased_from == "etag-1"
