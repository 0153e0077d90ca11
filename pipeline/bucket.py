"""The bucket: the requests that commands make to it."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import IO, TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from pipeline.gaps import Gap, Gaps
from pipeline.outcomes import PipelineError, RefusedError
from pipeline.permissions import GET, GET_VERSION, LIST, LIST_VERSIONS, PUT, needing
from pipeline.records import Choice, Record
from pipeline.stack import CONNECTIONS, Stack
from processor.bucket.keys import INCOMING, MANIFESTS, ObjectKeys, keys_of

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import ListObjectVersionsOutputTypeDef

_GONE = {"404", "NoSuchKey", "NoSuchVersion"}

# What S3 says about one object, and not about all: its key is disabled or deleted, or it was moved
# to an archive. https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
_OF_ONE_OBJECT = ("KMS.", "InvalidObjectState")


@dataclass(frozen=True)
class Entry:
    """An object in a list."""

    key: str
    size: int
    written: datetime
    etag: str


@dataclass(frozen=True)
class Version:
    """A version of an object; ``size`` is None if it is a delete marker."""

    version: str
    written: datetime
    newest: bool
    size: int | None


class Bucket:
    """The bucket of a stack, with the credentials of the environment."""

    def __init__(self, stack: Stack) -> None:
        """Keep the stack."""
        self._stack = stack
        self.name = stack.bucket

    def keys(self, text: str) -> ObjectKeys:
        """Return the keys that belong to a file, as somebody typed its name.

        It may be the whole key, the name below ``incoming/``, or ``s3://…`` as it is shown.
        """
        ours = f"s3://{self.name}/"
        if text.startswith("s3://") and not text.startswith(ours):
            raise PipelineError(
                f"{text} is not in the bucket of this stack, {ours}. Write the key of a file in "
                "it, such as incoming/customers/a.csv."
            )
        name = text.removeprefix(ours).removeprefix(INCOMING)
        return keys_of(f"{INCOMING}{name}")

    def pages(self, prefix: str) -> Iterator[list[Entry]]:
        """Yield the objects below a prefix in the order of their keys, up to 1,000 at a time."""
        paginator = self._stack.s3.get_paginator("list_objects_v2")
        with needing(self._stack, LIST, prefix):
            for page in paginator.paginate(Bucket=self.name, Prefix=prefix):
                yield [
                    Entry(one["Key"], one["Size"], one["LastModified"], one["ETag"])
                    for one in page.get("Contents", [])
                ]

    def read(self, key: str) -> bytes | None:
        """Return the content of an object, or None if there is none."""
        body = self.open(key)
        if body is None:
            return None
        with closing(body):
            return body.read()

    def open(self, key: str) -> IO[bytes] | None:
        """Return the content of an object as a stream to be closed, or None if there is none.

        It is listed first: to people who may list only part of the bucket, S3 says of an object
        that does not exist that it is forbidden.
        https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
        """
        return self._get(key) if self._exists(key) else None

    def _exists(self, key: str) -> bool:
        with needing(self._stack, LIST, key):
            listed = self._stack.s3.list_objects_v2(Bucket=self.name, Prefix=key, MaxKeys=1)
        return any(one["Key"] == key for one in listed.get("Contents", []))

    def fetch(self, key: str) -> bytes:
        """Return the content of an object that exists, also to people who cannot list it."""
        with needing(self._stack, GET, key):
            found = self._stack.s3.get_object(Bucket=self.name, Key=key)
            with closing(found["Body"]) as body:
                return body.read()

    def put(self, key: str, text: str, content_type: str = "text/plain") -> None:
        """Write an object."""
        with needing(self._stack, PUT, key):
            self._stack.s3.put_object(
                Bucket=self.name, Key=key, Body=text.encode(), ContentType=content_type
            )

    def read_version(self, key: str, version: str) -> bytes | None:
        """Return the content of a version, or None if it has been removed."""
        with needing(self._stack, GET_VERSION, key), _naming(f"Version {version} of {key}"):
            body = self._answer(Bucket=self.name, Key=key, VersionId=version)
        if body is None:
            return None
        with closing(body):
            return body.read()

    def versions(self, key: str) -> list[Version]:
        """Return the versions and delete markers of an object, newest first."""
        paginator = self._stack.s3.get_paginator("list_object_versions")
        found: list[Version] = []
        with needing(self._stack, LIST_VERSIONS, key):
            for page in paginator.paginate(Bucket=self.name, Prefix=key):
                found += _versions(page, key)
                last = page.get("NextKeyMarker", key)
                if last != key:  # the rest are versions of longer keys
                    break
        return sorted(found, key=lambda one: (one.newest, one.written), reverse=True)

    def records(
        self, choice: Choice, gaps: Gaps, progress: Callable[[int], None] = lambda done: None
    ) -> Iterator[Record]:
        """Yield the wanted records, in the order of their manifests' keys.

        Each costs a request, unless its manifest is older than ``choice.since``. Those that cannot
        be read are added to ``gaps``. ``progress`` is called with the number of manifests that
        have been looked at.
        """
        done = 0
        for page in self.pages(below(MANIFESTS, choice.dataset)):
            yield from filter(choice.wants, self.read_records(page, gaps, choice.since))
            done += len(page)
            progress(done)

    def read_records(
        self, manifests: Iterable[Entry], gaps: Gaps, since: datetime | None = None
    ) -> Iterator[Record]:
        """Yield what manifests say about files that were processed from ``since`` on.

        A manifest that was written before it need not be read. One that was written later may be
        about an older file: a duplicate of its message confirms its contract. One that cannot be
        read is added to ``gaps``.
        """
        keys = [one.key for one in manifests if since is None or one.written >= since]
        with ThreadPoolExecutor(CONNECTIONS) as threads:
            try:
                for found in threads.map(self._record, keys):
                    if isinstance(found, Gap):
                        gaps.found.append(found)
                        continue
                    gaps.read += 1
                    if since is None or found.processed_at >= since:
                        yield found
            except BaseException:  # Ctrl-C too: do not read the rest first
                threads.shutdown(wait=False, cancel_futures=True)
                raise

    def _record(self, manifest: str) -> Record | Gap:
        try:
            body = self._get(manifest)
            if body is None:
                return _deleted(manifest)
            with closing(body):
                return Record.parse(body.read(), manifest)
        except RefusedError as refusal:
            # An object that was deleted is also forbidden, see open.
            return Gap(manifest, refusal) if self._exists(manifest) else _deleted(manifest)
        except PipelineError as error:
            return Gap(manifest, error)

    def _get(self, key: str) -> IO[bytes] | None:
        with needing(self._stack, GET, key), _naming(key):
            return self._answer(Bucket=self.name, Key=key)

    def _answer(self, **request: Any) -> IO[bytes] | None:
        try:
            body: Any = self._stack.s3.get_object(**request)["Body"]
        except self._stack.s3.exceptions.ClientError as error:
            if error.response.get("Error", {}).get("Code") in _GONE:
                return None
            raise
        stream: IO[bytes] = body
        return stream


def below(prefix: str, dataset: str | None) -> str:
    """Return the prefix of a dataset's objects, or of those of all."""
    return prefix if dataset is None else f"{prefix}{dataset}/"


@contextmanager
def _naming(what: str) -> Iterator[None]:
    """Name the object in what S3 says about this object alone.

    Raises:
        PipelineError: S3 said so.
    """
    try:
        yield
    except ClientError as error:
        if not error.response["Error"]["Code"].startswith(_OF_ONE_OBJECT):
            raise
        raise PipelineError(f"{what} cannot be read: {error}") from None


def _deleted(manifest: str) -> Gap:
    sentence = f"{manifest} was deleted after it was listed. Ask again."
    return Gap(manifest, PipelineError(sentence))


def _versions(page: "ListObjectVersionsOutputTypeDef", key: str) -> Iterator[Version]:
    for one in page.get("Versions", []):
        if one["Key"] == key:
            yield Version(one["VersionId"], one["LastModified"], one["IsLatest"], one["Size"])
    for marker in page.get("DeleteMarkers", []):
        if marker["Key"] == key:
            yield Version(marker["VersionId"], marker["LastModified"], marker["IsLatest"], None)
