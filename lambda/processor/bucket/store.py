"""The store: the few requests that the processor makes to the bucket, and S3's answers."""

import logging
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from io import BytesIO
from types import MappingProxyType
from typing import IO, TYPE_CHECKING, Any, Protocol

from botocore.exceptions import ClientError

from processor.batches import Stream
from processor.silence import NEVER

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import HeadObjectOutputTypeDef

# What S3 answers when the condition of a write does not hold: somebody else wrote, is writing, or
# deleted the object to be replaced.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
_CONFLICTS = {"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"}

# Both quote headers that they cannot parse, such as Expires, whose text the producer chose.
for _library in ("botocore", "urllib3"):
    logging.getLogger(_library).setLevel(NEVER)

# What S3 answers to GetObject for an archived object that nobody has restored, and how HeadObject
# marks such an object.
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
_IN_ARCHIVE = "InvalidObjectState"
_ARCHIVES = {"GLACIER", "DEEP_ARCHIVE"}

# What S3 answers to GetObject when there is no such object: 404 to those who may list the whole
# bucket, and to this function, which may list by prefix, the 403 of an object that it cannot
# read. A list of the key tells them apart.
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
_ABSENT = {"AccessDenied", "NoSuchKey"}

NOTHING: Mapping[str, str] = MappingProxyType({})

# The metadata key that names the version of the contract that an object keeps.
CONTRACT_VERSION = "contract-version"

# The metadata key of an output that an erasure rewrote: the ETag of what it replaced.
ERASED_FROM = "erased-from"


class Body(Stream, Protocol):
    """The bytes of an object; close it, read or not."""

    def close(self) -> None:
        """Release the connection."""


class ConflictError(Exception):
    """Somebody else changed the object since its state was read."""


@dataclass(frozen=True)
class Source:
    """An object to be processed: one version of it, and its bytes.

    ``contract_version`` is the one that its producer named in the object's metadata. An object in
    an archive cannot be read: it is ``archived``, and its body is empty. An output that an erasure
    rewrote was ``erased_from`` one with this ETag, without quotes.
    """

    key: str
    version_id: str
    etag: str
    size: int
    last_modified: datetime
    contract_version: str | None
    body: Body
    archived: bool = False
    erased_from: str | None = None


@dataclass(frozen=True)
class Version:
    """A version of an object: when it was written, and replaced or deleted; None if it is not."""

    version_id: str
    written: datetime
    replaced_at: datetime | None


@dataclass(frozen=True)
class Stored:
    """What S3 says about an object that was written."""

    etag: str
    version_id: str


class Store:
    """A versioned bucket."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        """Keep the client and the bucket's name."""
        self._client = client
        self.bucket = bucket

    def open(self, key: str) -> Source | None:
        """Open the newest version of an object, or return None if it was deleted.

        Raises:
            ConflictError: the object was replaced meanwhile.
        """
        archived = False
        try:
            response: Any = self._client.get_object(Bucket=self.bucket, Key=key)
        except ClientError as error:
            if _code(error) == _IN_ARCHIVE:
                response, archived = self._describe_archived(key), True
            elif _code(error) in _ABSENT and self.etag(key) is None:
                return None
            else:
                raise
        return Source(
            key=key,
            version_id=response["VersionId"],
            etag=response["ETag"],
            size=response["ContentLength"],
            last_modified=response["LastModified"],
            contract_version=response["Metadata"].get(CONTRACT_VERSION),
            body=response.get("Body") or BytesIO(),
            archived=archived,
            erased_from=response["Metadata"].get(ERASED_FROM),
        )

    def _describe_archived(self, key: str) -> "HeadObjectOutputTypeDef":
        """Return what S3 says about an object in an archive, without its content."""
        response = self._client.head_object(Bucket=self.bucket, Key=key)
        if response.get("StorageClass") in _ARCHIVES or "ArchiveStatus" in response:
            return response
        raise ConflictError

    def etag(self, key: str) -> str | None:
        """Return the ETag of an object, or None if there is none.

        A key sorts before every longer key with that prefix, so one listing entry suffices. A
        listing, unlike a request for the object, has only one answer if there is none.
        """
        response = self._client.list_objects_v2(Bucket=self.bucket, Prefix=key, MaxKeys=1)
        for found in response.get("Contents", []):
            if found["Key"] == key:
                return found["ETag"]
        return None

    def read(self, key: str) -> tuple[bytes, str] | None:
        """Return the content of a small object and its ETag, or None if there is none."""
        if self.etag(key) is None:
            return None
        response = self._client.get_object(Bucket=self.bucket, Key=key)
        with closing(response["Body"]) as body:
            return body.read(), response["ETag"]

    def versions(self, key: str) -> list[Version]:
        """Return the versions of an object, newest first; a delete marker replaces like one."""
        found: list[tuple[bool, datetime, str | None]] = []
        paginator = self._client.get_paginator("list_object_versions")
        for page in paginator.paginate(Bucket=self.bucket, Prefix=key):
            versions, markers = page.get("Versions", []), page.get("DeleteMarkers", [])
            # Newest first, but versions and markers apart, and moments are in whole seconds.
            for one in versions:
                if one["Key"] == key:
                    found.append((one["IsLatest"], one["LastModified"], one["VersionId"]))
            for marker in markers:
                if marker["Key"] == key:
                    found.append((marker["IsLatest"], marker["LastModified"], None))
            # All others come later, and a million may begin like this one.
            if any(one["Key"] != key for one in (*versions, *markers)):
                break
        found.sort(key=lambda one: one[:2], reverse=True)
        successors = [None, *(moment for _, moment, _ in found)]
        return [
            Version(version, written, replaced)
            for (_, written, version), replaced in zip(found, successors, strict=False)
            if version
        ]

    def keys(self, prefix: str) -> list[str]:
        """Return the keys that begin with a prefix, in order."""
        paginator = self._client.get_paginator("list_objects_v2")
        pages = paginator.paginate(Bucket=self.bucket, Prefix=prefix)
        return [one["Key"] for page in pages for one in page.get("Contents", [])]

    def delete(self, key: str) -> None:
        """Delete an object, if there is one: its versions stay behind a delete marker."""
        self._client.delete_object(Bucket=self.bucket, Key=key)

    def write(
        self,
        key: str,
        body: IO[bytes] | bytes,
        content_type: str,
        replacing: str | None,
        metadata: Mapping[str, str] = NOTHING,
    ) -> Stored:
        """Write an object if its ETag is still ``replacing``, or if there is still none.

        S3 does not encrypt the ``metadata``, and shows it to whoever may ask for the object's.

        Raises:
            ConflictError: the condition does not hold.
        """
        put = partial(
            self._client.put_object,
            Bucket=self.bucket,
            Key=key,
            Body=body,
            ContentType=content_type,
            Metadata=dict(metadata),
        )
        try:
            response = put(IfMatch=replacing) if replacing else put(IfNoneMatch="*")
        except ClientError as error:
            if _code(error) in _CONFLICTS:
                raise ConflictError from error
            raise
        return Stored(response["ETag"], response["VersionId"])

    def rehearsal(self) -> "Store":
        """Return the same bucket as one that is read, and in which nothing is written."""
        return _Rehearsal(self._client, self.bucket)


class _Rehearsal(Store):
    """A bucket in which nothing is written."""

    def write(
        self,
        key: str,
        body: IO[bytes] | bytes,
        content_type: str,
        replacing: str | None,
        metadata: Mapping[str, str] = NOTHING,
    ) -> Stored:
        """Write nothing, as if the condition held."""
        return Stored("", "")

    def delete(self, key: str) -> None:
        """Delete nothing."""


def _code(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "")
