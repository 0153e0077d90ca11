"""Requests: the steps of an erasure, each of which can be repeated after a crash.

``begin`` puts the people onto the lists of the datasets that have their columns. From then on no
new row of theirs is written, once everything is over that began before. ``erase`` does some
files, and ``conclude`` writes the receipt, and removes the request. Only keys of objects are
passed from step to step: who is erased stays in the request. So is its version, because whoever
wrote it can replace it: nobody is erased who is on no list, or under the receipt of a dry run.

A request for a dry run takes the same steps in a rehearsal of the bucket: nothing is written but
the receipt, which has what an erasure would find.
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from typing import Any

from processor import ProcessorError
from processor.bucket.keys import RECEIPTS, REQUESTS, suppressed_key
from processor.bucket.store import ConflictError, Store
from processor.bucket.suppressed import read_list
from processor.contract.model import Contract
from processor.contracts import Contracts
from processor.deidentification.pseudonyms import PseudonymKeys
from processor.erasure.erasing import Eraser, FileErased
from processor.erasure.expiry import Expiry
from processor.erasure.people import Request, RequestError
from processor.processing import ATTEMPTS, JSON, ContentionError
from processor.suppression import suppression_tokens

COUNTS = ("files", "changed", "clean", "rejected", "refused", "failed")
# With more, the receipt's key may be too long for S3: people would be erased without one.
_NAME = re.compile("[A-Za-z0-9_-]{1,64}")
MOST_BYTES = 1 << 20
"""Of a request."""


def receipt_key(request_key: str, run: str) -> str:
    """Return the key of the receipt of a run of a request.

    Whoever asks names the request, but no two runs are called the same: else a dry run of the same
    name would take the place of the receipt of an erasure.
    """
    return f"{RECEIPTS}{request_name(request_key)}/{run}.json"


def _parts(request_key: str, run: str) -> str:
    """Return the prefix of the parts of a run's receipt."""
    return f"{receipt_key(request_key, run).removesuffix('.json')}/"


def request_name(request_key: str) -> str:
    """Return the name of a request.

    Raises:
        RequestError: it is not the key of one.
    """
    name = request_key.removeprefix(REQUESTS).removesuffix(".json")
    if request_key != f"{REQUESTS}{name}.json" or not _NAME.fullmatch(name):
        raise RequestError(
            f"the key of a request is {REQUESTS}<name>.json, with at most 64 letters, digits, - "
            "and _"
        )
    return name


class Requests:
    """The requests in a bucket."""

    def __init__(
        self,
        store: Store,
        contracts: Contracts,
        keys: PseudonymKeys,
        expiry: Expiry,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Take the parts; ``now`` returns the time in UTC."""
        self._store = store
        self._contracts = contracts
        self._keys = keys
        self._expiry = expiry
        self._now = now

    def begin(self, request_key: str) -> dict[str, Any]:
        """Put the people of a request onto the lists of the datasets with their columns.

        Return these ``datasets``, the ``version`` of the request, and whether it is a ``dry_run``.

        Raises:
            RequestError: there is no such request, or no contract has its columns.
            ContentionError: others kept changing a list.
        """
        request, store, version = self._read(request_key)
        contracts = [one for one in self._contracts.all() if request.columns(one)]
        if not contracts:
            raise RequestError("no contract has a column with tokens of this domain or name")
        for contract in contracts:
            self._suppress(store, request, contract)
        datasets = [contract.dataset for contract in contracts]
        return {"datasets": datasets, "version": version, "dry_run": request.dry_run}

    def erase(
        self, request_key: str, run: str, version: str, manifests: Sequence[str]
    ) -> dict[str, int]:
        """Erase the people of a request from some files; return the counts of what became of them.

        What fails, for whatever reason, does not keep the others from being done. Each file that
        had anything is put into a part of the receipt of this ``run``; a run that repeats a step
        replaces its part.

        Raises:
            RequestError: it is not the ``version`` that was begun, or see :meth:`begin`.
        """
        request, store, found_version = self._read(request_key)
        if found_version != version:
            raise RequestError("the request was replaced after it was begun")
        eraser = Eraser(store, self._contracts, self._keys, self._expiry, run=run, now=self._now)
        files: list[dict[str, Any]] = []
        counts = dict.fromkeys(COUNTS, 0)
        for manifest in manifests:
            counts["files"] += 1
            try:
                found = eraser.erase(manifest, request)
            except Exception as error:  # pylint: disable=broad-exception-caught  # see above
                known = isinstance(error, ProcessorError)
                counts["failed"] += 1
                failed = str(error) if known else type(error).__name__
                files.append({"key": manifest, "failed": failed})
                continue
            _count(counts, found)
            now = found.clean or found.rejected or found.refused
            # Where somebody was erased before, an erasure has to name what is left of them.
            if now or (found.erased and not request.dry_run):
                files.append(found.document)
        part = hashlib.sha256("\n".join(manifests).encode()).hexdigest()
        self._write(f"{_parts(request_key, run)}{part}.json", {"files": files, "counts": counts})
        return counts

    def conclude(self, request_key: str, run: str, lost: int, *, dry_run: bool) -> dict[str, int]:
        """Write the receipt of a run, and remove the request if no file failed; return counts.

        A request of which files failed stays, so that it can be started again. ``lost`` are those
        of which nothing is known, as their step failed.
        """
        found = map(self._store.read, self._store.keys(_parts(request_key, run)))
        parts: list[dict[str, Any]] = [json.loads(part[0]) for part in found if part]
        counts = {count: sum(part["counts"][count] for part in parts) for count in COUNTS}
        files = sorted(
            (one for part in parts for one in part["files"]), key=lambda one: one["key"]
        )
        counts["failed"] += lost
        moment = self._now().astimezone(UTC).isoformat(timespec="seconds")
        receipt = {
            "request": request_key,
            "dry_run": dry_run,
            "concluded_at": moment.replace("+00:00", "Z"),
            "counts": counts,
            "files": files,
        }
        self._write(receipt_key(request_key, run), receipt)
        if not counts["failed"]:
            self._store.delete(request_key)
        return counts

    def _read(self, request_key: str) -> tuple[Request, Store, str]:
        """Return a request, where it takes place, and its version.

        That is the bucket, or a rehearsal of it.
        """
        request_name(request_key)
        source = self._store.open(request_key)
        if source is None:
            raise RequestError("there is no such request: it was never made, or is done")
        with closing(source.body) as body:
            pieces = iter(partial(body.read, MOST_BYTES), b"")
            content = b"".join(pieces) if source.size <= MOST_BYTES else b""
        request = Request.parse(content)
        store = self._store.rehearsal() if request.dry_run else self._store
        return request, store, source.version_id

    def _suppress(self, store: Store, request: Request, contract: Contract) -> None:
        key = suppressed_key(contract.dataset)
        for _ in range(ATTEMPTS):
            listed, etag = read_list(store, key)
            before = json.dumps(listed)
            for column in request.columns(contract):
                tokens = suppression_tokens(
                    self._keys, contract.dataset, column.name, request.texts(contract, column)
                )
                of_column = listed.setdefault(column.name, {})
                for way, more in tokens.items():
                    of_column[way] = sorted({*of_column.get(way, ()), *more})
            if json.dumps(listed) == before:
                return
            try:
                store.write(key, json.dumps(listed).encode(), JSON, etag)
            except ConflictError:
                continue
            return
        raise ContentionError("others kept changing the list of a dataset")

    def _write(self, key: str, document: Mapping[str, Any]) -> None:
        """Write an object that a step may have written before."""
        content = (json.dumps(document, sort_keys=True) + "\n").encode()
        for _ in range(ATTEMPTS):
            try:
                self._store.write(key, content, JSON, self._store.etag(key))
            except ConflictError:
                continue
            return
        raise ContentionError("others kept writing the receipt")


def _count(counts: dict[str, int], found: FileErased) -> None:
    counts["changed"] += bool(found.clean or found.rejected)
    counts["clean"] += found.clean
    counts["rejected"] += found.rejected
    counts["refused"] += found.refused
