"""What answers as MiniStack does, only in less time: no correction of an answer.

A run with thousands of files (:mod:`sandbox.chaos`) asks so often that it would take most of the
time.

Delete each of these once MiniStack itself does this:

- ``read_policy_once``, ``parse_policy_once``: reads the text of a policy once, not three times in
  each request;
- ``parse_expression_once``: parses a JSONata expression once;
- ``keys_in_order``, ``only_keys_of_a_page``: lists a template's bucket without sorting all of it;
- ``unpack_once``: unpacks a function's code once, not for each of its processes.
"""

from bisect import bisect_left, insort
from functools import lru_cache
from itertools import takewhile
from json import JSONDecodeError, loads
from pathlib import Path
from tempfile import mkdtemp
from threading import Lock
from typing import Any
from zipfile import ZipFile

from ministack.core import iam_evaluator as iam
from ministack.services import s3, stepfunctions
from ministack.services.s3 import _buckets as buckets

from sandbox.parity.correction import Function, Properties, Provisioned, completes, replaces

KEPT = 1_000
"""How many of the latest policies and expressions are kept."""


# --- Policies and expressions: nothing changes them once they are parsed -------------------------


@lru_cache(KEPT)
def read(policy: str) -> Any:
    """Return the document of a policy, or None if it is none."""
    try:
        return loads(policy)
    except JSONDecodeError:
        return None


@replaces(iam, "evaluate_resource_policy")
def read_policy_once(original: Function, document: Any, *request: Any, **rest: Any) -> Any:
    """Read the text of a resource's policy once."""
    return original(read(document) if isinstance(document, str) else document, *request, **rest)


parsed = lru_cache(KEPT)(iam.parse_policy_document)


@replaces(iam, "parse_policy_document")
def parse_policy_once(original: Function, document: Any) -> Any:
    """Parse the text of a policy once."""
    return parsed(document) if isinstance(document, str) else original(document)


Parser: Any = stepfunctions.jsonata.parser.Parser
syntax_trees: dict[str, Any] = {}


@replaces(Parser, "parse")
def parse_expression_once(original: Function, parser: Any, text: str, *engine: Any) -> Any:
    """Parse a JSONata expression once."""
    known = syntax_trees.get(text)
    if known is None:
        known = syntax_trees[text] = original(parser, text, *engine)
    return known


# --- Listings ------------------------------------------------------------------------------------


class Objects(dict[str, Any]):
    """The objects of a bucket by key, and their keys in order."""

    def __init__(self) -> None:
        """Begin without any."""
        super().__init__()
        self.order: list[str] = []

    def __setitem__(self, key: str, value: Any) -> None:
        """Store an object."""
        if key not in self:
            insort(self.order, key)
        super().__setitem__(key, value)

    def pop(self, key: str, *default: Any) -> Any:
        """Remove an object."""
        if key in self:
            del self.order[bisect_left(self.order, key)]
        return super().pop(key, *default)

    def keys_from(self, first: str, prefix: str, most: int) -> list[str]:
        """Return this many keys with a prefix, from one on, which is or follows the prefix."""
        begin = bisect_left(self.order, first)
        return list(
            takewhile(lambda key: key.startswith(prefix), self.order[begin : begin + most])
        )


@completes("AWS::S3::Bucket")
def keys_in_order(provisioned: Provisioned, _properties: Properties) -> Provisioned:
    """Keep the keys of a template's new bucket in order."""
    bucket = buckets[provisioned[0]]
    if not bucket["objects"]:
        bucket["objects"] = Objects()
    return provisioned


@replaces(s3, "_collect_list_entries")
def only_keys_of_a_page(
    original: Function, objects: Any, prefix: str, delimiter: str, most: int, after: str
) -> Any:
    """Look for the keys of a page among those that it can have."""
    if isinstance(objects, Objects) and not delimiter:
        # Also ``after`` itself, which is left out, and one more, which tells that there are more.
        objects = objects.keys_from(max(prefix, after), prefix, most + 2)
    return original(objects, prefix, delimiter, most, after)


# --- Code of functions ---------------------------------------------------------------------------

unpacking = Lock()
folders: dict[str, Path] = {}
"""Where archives are unpacked, by what they have: in the folder that the sandbox deletes when it
ends."""


@replaces(ZipFile, "extractall")
def unpack_once(original: Function, archive: ZipFile, path: str) -> None:
    """Unpack an archive once, and link what it has wherever it is unpacked.

    A function may write to ``/tmp``, and not to its code.
    https://docs.aws.amazon.com/lambda/latest/dg/configuration-ephemeral-storage.html
    """
    content = str([(one.filename, one.CRC, one.file_size) for one in archive.infolist()])
    with unpacking:
        if content not in folders:
            folder = mkdtemp(prefix="code-")
            original(archive, folder)
            folders[content] = Path(folder)
    for entry in folders[content].iterdir():
        Path(path, entry.name).symlink_to(entry)
