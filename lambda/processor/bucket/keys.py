"""Keys: where the outputs of an object are in the bucket."""

import hashlib
import re
from dataclasses import dataclass

from processor import ProcessorError

INCOMING = "incoming/"
PROCESSED = "processed/"
QUARANTINE = "quarantine/"
MANIFESTS = "manifests/"
OUTPUTS = (PROCESSED, QUARANTINE, MANIFESTS)

KEY_LIMIT = 1024  # bytes of UTF-8, for every S3 key

# Endings of the keys of empty objects that only mark a folder, or its completion: from S3's
# console, EMR, and Spark and Hadoop.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-folders.html
# https://repost.aws/knowledge-center/emr-s3-empty-files
MARKERS = ("/", "_$folder$", "/_SUCCESS")

# What the longest prefix and suffix (quarantine/ and .jsonl.gz) leave for the name.
NAME_LIMIT = KEY_LIMIT - len(QUARANTINE) - len(".jsonl.gz")
_SHORTENED = re.compile(r"~[0-9a-f]{64}\Z")
_ELSEWHERE = {".", ".."}
_STEM_LIMIT = NAME_LIMIT - len("~") - 64


class LayoutError(ProcessorError):
    """A key is not that of an incoming object."""


@dataclass(frozen=True)
class ObjectKeys:
    """The keys that belong to one source object.

    Attributes:
        source: the object's own key.
        dataset: the dataset that it names, if any.
        unsafe: whether ``.`` or ``..`` is a segment of the object's own key.
        outputs: the keys of its outputs, by name: ``processed`` and ``quarantine``.
        manifest: the key of its manifest.
    """

    source: str
    dataset: str | None
    unsafe: bool
    outputs: dict[str, str]
    manifest: str


def keys_of(key: str) -> ObjectKeys:
    """Return the keys of the object ``incoming/<name>``; the first folder is its dataset.

    No two objects share a key. A name that is too long for its outputs' keys is cut, and ends with
    a digest of the whole name; so does any name that already ends like a cut one.

    To S3 a dot is an ordinary character, but a program that treats a key as a path ends up
    elsewhere. If a name has such a segment, its outputs' keys have only the dataset and the
    digest.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html

    Raises:
        LayoutError: the key does not begin with ``incoming/``.
    """
    if not key.startswith(INCOMING):
        raise LayoutError(f"the object does not lie under {INCOMING}")
    name = key.removeprefix(INCOMING)
    dataset, slash, _ = name.partition("/")
    if not slash or dataset in _ELSEWHERE:
        dataset = ""
    unsafe = not _ELSEWHERE.isdisjoint(name.split("/"))
    if unsafe or len(name.encode()) > NAME_LIMIT or _SHORTENED.search(name):
        stem = (f"{dataset}/" if dataset else "") if unsafe else name
        stem = stem.encode()[:_STEM_LIMIT].decode(errors="ignore")
        name = f"{stem}~{hashlib.sha256(name.encode()).hexdigest()}"
    return ObjectKeys(
        source=key,
        dataset=dataset or None,
        unsafe=unsafe,
        outputs={
            "processed": f"{PROCESSED}{name}.parquet",
            "quarantine": f"{QUARANTINE}{name}.jsonl.gz",
        },
        manifest=f"{MANIFESTS}{name}.json",
    )


def is_marker(key: str, size: int) -> bool:
    """Tell whether an object of so many bytes only marks a folder, and is no file."""
    return size == 0 and key.endswith(MARKERS)
