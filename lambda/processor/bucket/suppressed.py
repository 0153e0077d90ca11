"""The lists of people whose rows are left out, as they are in the bucket.

A dataset without tokens has none, and costs no request. For any other a process asks once a minute
whether there is a list, or a newer one: one request to list a key.

The minute is one of the wall clock. Lambda freezes a process between invocations, and its
monotonic clock with it: by that, a list may look fresh hours after it was read.
https://github.com/hashicorp/vault-lambda-extension/pull/150
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from processor.bucket.keys import suppressed_key
from processor.bucket.store import Store
from processor.contract.model import Contract
from processor.deidentification.pseudonyms import PseudonymKeys
from processor.suppression import Listed, Suppression, token_columns

# Seconds that a process keeps a list before it asks for a newer one.
AGE = 60.0


@dataclass(frozen=True)
class _List:
    """A list as it was at a moment; ``etag`` is None if there was none."""

    etag: str | None
    read_at: datetime
    listed: Listed


class SuppressionLists:
    """The lists of a bucket, each kept for a minute."""

    def __init__(
        self,
        store: Store,
        keys: PseudonymKeys,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Take where they are; ``now`` returns the time in UTC."""
        self._store = store
        self._keys = keys
        self._now = now
        self._lists: dict[str, _List] = {}

    def of(self, contract: Contract) -> Suppression:
        """Return who is left out of the dataset of a contract, as of a minute ago at the most."""
        listed = self._listed(contract.dataset) if token_columns(contract) else {}
        return Suppression(contract, self._keys, listed)

    def _listed(self, dataset: str) -> Listed:
        known, now = self._lists.get(dataset), self._now()
        if known and known.read_at <= now < known.read_at + timedelta(seconds=AGE):
            return known.listed
        key = suppressed_key(dataset)
        etag = self._store.etag(key)
        if known and etag == known.etag:
            listed = known.listed
        else:
            listed = read_list(self._store, key)[0] if etag else {}
        self._lists[dataset] = _List(etag, now, listed)
        return listed


def read_list(store: Store, key: str) -> tuple[dict[str, dict[str, list[str]]], str | None]:
    """Return a list and its ETag; an empty one if there is none."""
    content, etag = store.read(key) or (b"{}", None)
    listed: dict[str, dict[str, list[str]]] = json.loads(content)
    return listed, etag
