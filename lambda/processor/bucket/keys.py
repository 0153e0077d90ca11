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
ERASURE = "erasure/"
SUPPRESSED, REQUESTS, RECEIPTS = (
    f"{ERASURE}{name}/" for name in ("suppressed", "requests", "receipts")
)

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
_DASH, _COLON = re.compile("(~*)-"), re.compile("(~*):")
_HIDDEN = re.compile(r"~*([_.]|\Z)")
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


def suppressed_key(dataset: str) -> str:
    """Return the key of the list of those whose rows are left out of a dataset."""
    return f"{SUPPRESSED}{dataset}.json"


def keys_of(key: str) -> ObjectKeys:
    """Return the keys of the object ``incoming/<name>``; the first folder is its dataset.

    No two objects share a key. A part of a name that a query might not find is written in another
    way, see ``_escaped``. A name that is too long for its outputs' keys is cut, and ends with a
    digest of the whole name; so does any name that already ends like a cut one.

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
    folder, *parts = name.split("/")
    dataset = folder if parts and folder not in _ELSEWHERE else ""
    unsafe = not _ELSEWHERE.isdisjoint((folder, *parts))
    stem = "/".join((folder, *map(_escaped, parts)))
    if unsafe or len(stem.encode()) > NAME_LIMIT or _SHORTENED.search(stem):
        if unsafe:
            stem = f"{dataset}/" if dataset else ""
        stem = stem.encode()[:_STEM_LIMIT].decode(errors="ignore")
        stem = f"{stem}~{hashlib.sha256(name.encode()).hexdigest()}"
    return ObjectKeys(
        source=key,
        dataset=dataset or None,
        unsafe=unsafe,
        outputs={
            "processed": f"{PROCESSED}{stem}.parquet",
            "quarantine": f"{QUARANTINE}{stem}.jsonl.gz",
        },
        manifest=f"{MANIFESTS}{stem}.json",
    )


def _escaped(part: str) -> str:
    """Return a part of a name as it is in its outputs' keys: so that queries find them.

    Athena and Spark read no file, and no folder, that begins with ``_`` or ``.``. Both take a key
    for a path, in which an empty part is lost, and Hadoop's paths have no colon. So a part that
    begins like that, or is empty, has ``~`` in front, and a colon is ``~-``. To keep names
    distinct, a part that already looks like that has one more ``~``, and so on: each step can be
    undone. The workflow of the replay does the same.
    https://docs.aws.amazon.com/athena/latest/ug/other-notable-limitations.html
    https://docs.aws.amazon.com/athena/latest/ug/tables-location-format.html
    https://issues.apache.org/jira/browse/HADOOP-14217
    """
    part = _COLON.sub(r"\1\1~-", _DASH.sub(r"\1\1-", part))
    return f"~{part}" if _HIDDEN.match(part) else part


def is_marker(key: str, size: int) -> bool:
    """Tell whether an object of this many bytes only marks a folder, and is not a file."""
    return size == 0 and key.endswith(MARKERS)
