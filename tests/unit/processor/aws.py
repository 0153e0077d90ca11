"""A bucket and a key in memory: the processor's six calls, with S3's real conditions."""

import hashlib
import hmac
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from processor.bucket.store import NOTHING

BUCKET = "a-bucket"
MOMENT = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Version:
    """One version of an object."""

    content: bytes | None  # None is a delete marker
    version_id: str
    etag: str
    content_type: str = ""
    contract_version: str | None = None
    archive: tuple[tuple[str, str], ...] = ()  # what S3 says about an archived one
    metadata: tuple[tuple[str, str], ...] = ()  # of the user


class MemoryBody(io.BytesIO):
    """Returns a few bytes at a time, as a network does."""

    piece = 1 << 20
    taken = 0

    def read(self, amount: int | None = -1, /) -> bytes:
        """Read at most one piece."""
        found = super().read(amount if amount in (None, -1) else min(amount or 0, self.piece))
        self.taken += len(found)
        return found


@dataclass
class MemoryBucket:
    """A versioned bucket; ``interrupt`` is called with each call's name before and after it."""

    versions: dict[str, list[Version]] = field(default_factory=dict)
    interrupt: Callable[[str], None] = lambda moment: None
    written: int = 0
    bodies: list[MemoryBody] = field(default_factory=list)
    listing: str = ""  # what its paginator lists

    def upload(self, key: str, content: bytes, contract_version: str | None = None) -> str:
        """Upload as a producer does; return the version."""
        return self._add(key, content, contract_version=contract_version).version_id

    def archive(self, key: str, **how: str) -> None:
        """Archive the newest version, as a lifecycle rule does: it can no longer be read."""
        self.versions[key][-1] = replace(self.versions[key][-1], archive=tuple(how.items()))

    def delete(self, key: str) -> None:
        """Leave a delete marker."""
        self._add(key, None)

    def newest(self, key: str) -> Version | None:
        """Return the newest version, unless it is a delete marker."""
        versions = self.versions.get(key)
        return versions[-1] if versions and versions[-1].content is not None else None

    def content(self, key: str) -> bytes:
        """Return the newest content of an object that must exist."""
        newest = self.newest(key)
        assert newest is not None, f"no {key}"
        assert newest.content is not None
        return newest.content

    def names(self) -> list[str]:
        """Return the keys of all objects that exist."""
        return sorted(key for key in self.versions if self.newest(key))

    def _add(
        self,
        key: str,
        content: bytes | None,
        content_type: str = "",
        contract_version: str | None = None,
        metadata: Mapping[str, str] = NOTHING,
    ) -> Version:
        # Under SSE-KMS an ETag is not a digest of the content: every write has a new one.
        self.written += 1
        versions = self.versions.setdefault(key, [])
        number = len(versions) + 1
        etag = f'"etag-{number}"'
        version = f"version-{number}"
        added = Version(
            content, version, etag, content_type, contract_version, (), tuple(metadata.items())
        )
        versions.append(added)
        return versions[-1]

    # The following methods have the names and parameters of boto3's S3 client.

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        """Answer as S3 does to a caller that may only list by prefix."""
        assert Bucket == BUCKET
        self.interrupt(f"before get {Key}")
        newest = self.newest(Key)
        self.interrupt(f"after get {Key}")
        if not newest or newest.content is None:
            raise client_error("AccessDenied", 403, "GetObject")  # as it may not list everything
        if newest.archive:
            raise client_error("InvalidObjectState", 403, "GetObject")
        body = MemoryBody(newest.content)
        self.bodies.append(body)
        return {"Body": body, **self._describe(newest)}

    def _describe(self, version: Version) -> dict[str, Any]:
        named = version.contract_version
        return {
            "ETag": version.etag,
            "VersionId": version.version_id,
            "ContentLength": len(version.content or b""),
            "LastModified": MOMENT,
            "Metadata": dict(version.metadata)
            | ({} if named is None else {"contract-version": named}),
            **dict(version.archive),
        }

    def head_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        """Describe an object that exists, in an archive or not."""
        assert Bucket == BUCKET
        self.interrupt(f"before head {Key}")
        newest = self.newest(Key)
        assert newest
        return self._describe(newest)

    def list_objects_v2(self, *, Bucket: str, Prefix: str, MaxKeys: int) -> dict[str, Any]:  # noqa: N803
        """Answer with the first keys under a prefix."""
        assert Bucket == BUCKET
        self.interrupt(f"before list {Prefix}")
        keys = [key for key in self.names() if key.startswith(Prefix)][:MaxKeys]
        newest = [self.newest(key) for key in keys]
        self.interrupt(f"after list {Prefix}")
        if not keys:
            return {"KeyCount": 0}
        contents = zip(keys, newest, strict=True)
        return {"Contents": [{"Key": key, "ETag": found.etag} for key, found in contents if found]}

    def get_paginator(self, name: str) -> "MemoryBucket":
        """Return what lists objects, or their versions."""
        return replace(self, listing=name)

    def delete_object(self, *, Bucket: str, Key: str) -> None:  # noqa: N803
        """Leave a delete marker."""
        assert Bucket == BUCKET
        self.interrupt(f"before delete {Key}")
        self.delete(Key)
        self.interrupt(f"after delete {Key}")

    def paginate(self, *, Bucket: str, Prefix: str) -> Iterator[dict[str, Any]]:  # noqa: N803
        """Answer with a page for each key, newest first; each was written a minute later."""
        assert Bucket == BUCKET
        if self.listing == "list_objects_v2":
            for key in self.names():
                yield {"Contents": [{"Key": key}]} if key.startswith(Prefix) else {}
            return
        self.interrupt(f"before versions {Prefix}")
        for key in sorted(key for key in self.versions if key.startswith(Prefix)):
            page: dict[str, Any] = {"Versions": [], "DeleteMarkers": []}
            count = len(self.versions[key])
            for number, one in reversed(list(enumerate(self.versions[key], 1))):
                kind = "DeleteMarkers" if one.content is None else "Versions"
                page[kind].append(
                    {
                        "Key": key,
                        "VersionId": one.version_id,
                        "IsLatest": number == count,
                        "LastModified": MOMENT + timedelta(minutes=number),
                    }
                )
            yield page

    def put_object(
        self,
        *,
        Bucket: str,  # noqa: N803
        Key: str,  # noqa: N803
        Body: Any,  # noqa: N803
        ContentType: str,  # noqa: N803
        Metadata: Mapping[str, str],  # noqa: N803
        IfMatch: str | None = None,  # noqa: N803
        IfNoneMatch: str | None = None,  # noqa: N803
    ) -> dict[str, Any]:
        """Write under a condition."""
        assert Bucket == BUCKET
        assert (IfMatch is None) != (IfNoneMatch is None), "no write without a condition"
        assert IfNoneMatch in (None, "*")
        assert isinstance(Metadata, dict), "boto3 takes no other mapping"
        content = Body if isinstance(Body, bytes) else Body.read()
        self.interrupt(f"before put {Key}")
        newest = self.newest(Key)
        if IfMatch and not newest:
            raise client_error("NoSuchKey", 404, "PutObject")
        if (newest and newest.etag) != IfMatch:
            raise client_error("PreconditionFailed", 412, "PutObject")
        written = self._add(Key, content, ContentType, metadata=Metadata)
        self.interrupt(f"after put {Key}")
        return {"ETag": written.etag, "VersionId": written.version_id}


@dataclass
class HmacKey:
    """The two keys of KMS that make MACs, of one material that a test may know."""

    material: bytes = b"k" * 32
    messages: list[bytes] = field(default_factory=list)

    def generate_mac(self, *, KeyId: str, Message: bytes, MacAlgorithm: str) -> dict[str, Any]:  # noqa: N803
        """Compute a MAC and remember its message."""
        algorithm = {"a-key": "HMAC_SHA_256", "another-key": "HMAC_SHA_512"}[KeyId]
        assert MacAlgorithm == algorithm
        self.messages.append(Message)
        function = hashlib.sha256 if KeyId == "a-key" else hashlib.sha512
        return {"Mac": hmac.digest(self.material, Message, function), "KeyId": KeyId}


def client_error(code: str, status: int, operation: str, message: str = "of S3") -> ClientError:
    """Make an error as botocore raises it."""
    response: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(response, operation)
