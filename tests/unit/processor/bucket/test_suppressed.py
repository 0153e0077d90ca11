"""How often a process asks for a list."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from processor.bucket.keys import suppressed_key
from processor.bucket.store import Store
from processor.bucket.suppressed import AGE, SuppressionLists
from processor.contracts import parse
from processor.deidentification.pseudonyms import PseudonymKeys
from tests.unit.processor.aws import BUCKET, MOMENT, HmacKey, MemoryBucket
from tests.unit.processor.examples import column, document

CONTRACT = parse(document(column("mail", method="hmac")))
LIST = suppressed_key("people")


def now_by_the_wall() -> datetime:
    """The time."""
    return datetime.now(UTC)


def lists_of(
    bucket: MemoryBucket, now: Callable[[], datetime] = now_by_the_wall
) -> SuppressionLists:
    """Return the lists of a bucket, as in a new process."""
    client: Any = bucket
    kms: Any = HmacKey()
    return SuppressionLists(Store(client, BUCKET), PseudonymKeys(kms, "a-key"), now)


@pytest.fixture(name="bucket")
def make_bucket() -> MemoryBucket:
    """An empty bucket."""
    return MemoryBucket()


def test_a_dataset_without_tokens_asks_for_no_list(bucket: MemoryBucket) -> None:
    asked: list[str] = []
    bucket.interrupt = asked.append
    contract = parse(document(column("id")))
    lists_of(bucket).of(contract)
    assert not asked


class Clock:
    """A clock that tests set."""

    now = MOMENT

    def __call__(self) -> datetime:
        """Return the time."""
        return self.now


def test_a_list_is_asked_for_once_a_minute_and_read_when_it_is_new(bucket: MemoryBucket) -> None:
    contract, clock, asked = CONTRACT, Clock(), list[str]()
    bucket.interrupt = lambda moment: asked.append(moment) if "before" in moment else None
    lists = lists_of(bucket, clock)

    def requests(moment: float) -> list[str]:
        asked.clear()
        clock.now = MOMENT + timedelta(seconds=moment)
        lists.of(contract)
        return [one.split()[1] for one in asked]

    assert requests(0) == ["list"]
    assert requests(AGE - 1) == []
    bucket.upload(LIST, b'{"mail": {"": ["a"]}}')
    assert requests(AGE) == ["list", "list", "get"]
    assert requests(2 * AGE - 1) == []
    assert requests(2 * AGE) == ["list"]
    bucket.upload(LIST, b'{"mail": {"": ["a", "b"]}}')
    assert requests(3 * AGE) == ["list", "list", "get"]


def test_a_clock_that_was_set_back_makes_no_list_younger(bucket: MemoryBucket) -> None:
    clock, asked = Clock(), list[str]()
    lists = lists_of(bucket, clock)
    lists.of(CONTRACT)
    clock.now -= timedelta(hours=1)
    bucket.interrupt = asked.append
    lists.of(CONTRACT)
    assert asked
