"""Layout: where in the bucket the outputs of an object lie."""

import hashlib
import re
from dataclasses import dataclass

from processor import ProcessorError

INCOMING = "incoming/"
KEY_LIMIT = 1024  # bytes of UTF-8, for every key of S3

# What the longest prefix and suffix (quarantine/ and .jsonl.gz) leave of it.
_NAME_LIMIT = KEY_LIMIT - len("quarantine/") - len(".jsonl.gz")
_SHORTENED = re.compile(r"~[0-9a-f]{64}\Z")
_STEM_LIMIT = _NAME_LIMIT - len("~") - 64


class LayoutError(ProcessorError):
    """A key is not one of an incoming object."""


@dataclass(frozen=True)
class Places:
    """The keys that belong to one source object.

    Attributes:
        source: its own.
        dataset: the dataset it names, if any.
        outputs: of what is made of it, by name: ``processed`` and ``quarantine``.
        manifest: of what says that it is done.
    """

    source: str
    dataset: str | None
    outputs: dict[str, str]
    manifest: str


def places(key: str) -> Places:
    """Return the places of the object ``incoming/<name>``; the first folder is its dataset.

    No two objects share a place: a name too long for its outputs' keys is cut and ends with a
    digest of the whole name, and so is any name that ends as if that had been done to it.

    Raises:
        LayoutError: the key does not begin with ``incoming/``.
    """
    if not key.startswith(INCOMING):
        raise LayoutError(f"the object does not lie under {INCOMING}")
    name = key.removeprefix(INCOMING)
    dataset, slash, _ = name.partition("/")
    encoded = name.encode()
    if len(encoded) > _NAME_LIMIT or _SHORTENED.search(name):
        stem = encoded[:_STEM_LIMIT].decode(errors="ignore")
        name = f"{stem}~{hashlib.sha256(encoded).hexdigest()}"
    return Places(
        source=key,
        dataset=dataset if slash else None,
        outputs={
            "processed": f"processed/{name}.parquet",
            "quarantine": f"quarantine/{name}.jsonl.gz",
        },
        manifest=f"manifests/{name}.json",
    )
