"""Dates and instants of the method ``shift``: a subject's move together, nobody knows how far."""

import hashlib
import hmac
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.contracts import parse
from processor.deidentification.methods import Deidentification
from processor.deidentification.pseudonyms import PseudonymKeys
from tests.unit.processor import oracle
from tests.unit.processor.aws import HmacKey
from tests.unit.processor.deidentified import check
from tests.unit.processor.examples import EXAMPLES, column, document

DAYS = 30
MIDDAY = datetime(2024, 2, 29, 12, tzinfo=UTC)
# A compiled contract leaves room for every move: see tests/unit/contracts/test_shifting.py.
BORN = st.dates(date.min + timedelta(days=DAYS), date.max - timedelta(days=DAYS))
SEEN = st.datetimes(datetime.min + timedelta(days=DAYS), datetime.max - timedelta(days=DAYS)).map(
    lambda moment: moment.replace(tzinfo=UTC)
)


def shifted(
    rows: Sequence[tuple[str, date | None, datetime | None]],
    *,
    days: int = DAYS,
    material: bytes = b"k" * 32,
    dataset: str = "people",
    epoch: int = 1,
    subject: str = "id",
    method: str = "pseudonymize",
    options: dict[str, Any] | None = None,
) -> list[dict[str, Any]]:
    """The output of subjects, dates and instants."""
    kms: Any = HmacKey(material)
    moves: dict[str, Any] = {"method": "shift", "options": {"days": days, "by": subject}}
    compiled = document(
        column(subject, method=method, options=options),
        column("born", "date", **moves),
        column("seen", "timestamp", **moves),
        dataset=dataset,
        epoch=epoch,
    )
    contract = parse(compiled)
    texts = [
        [name, "" if born is None else born.isoformat(), "" if seen is None else text_of(seen)]
        for name, born, seen in rows
    ]
    batch = check(contract, *texts)
    assert not batch.rejects
    keys = PseudonymKeys(kms, "a-key", "another-key")
    return list(Deidentification(contract, keys).apply(batch).to_pylist())


def text_of(moment: datetime) -> str:
    """An instant as files have it."""
    return moment.isoformat().replace("+00:00", "Z")


def move_of(name: str, **how: Any) -> int:
    """By how many days a subject's dates move."""
    (row,) = shifted([(name, MIDDAY.date(), None)], **how)
    days: int = (row["born"] - MIDDAY.date()).days
    return days


@EXAMPLES
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["ann", "bob", "Zoë", "a" * 40]), st.none() | BORN, st.none() | SEEN
        ),
        max_size=12,
    ),
    st.sampled_from([1, 20]),
)
def test_all_of_a_subject_moves_by_the_same_days(
    rows: list[tuple[str, date | None, datetime | None]], times: int
) -> None:
    """So intervals and order are kept, across leap days and months, and the time of day too."""
    rows = rows * times
    moves: dict[str, set[timedelta]] = {}
    for (name, born, seen), found in zip(rows, shifted(rows), strict=True):
        assert (found["born"] is None, found["seen"] is None) == (born is None, seen is None)
        own = moves.setdefault(name, set())
        if born is not None:
            own.add(found["born"] - born)
        if seen is not None:
            own.add(found["seen"] - seen)
    for own in moves.values():
        assert len(own) <= 1
        for move in own:
            assert move % timedelta(days=1) == timedelta(0)
            assert abs(move.days) <= DAYS


@pytest.mark.parametrize("name", ["ann", "Zoë", "C00000017"])
@pytest.mark.parametrize(("domain", "days"), [(None, 30), ("person", 30), (None, 1)])
def test_a_move_is_a_keyed_hash_of_the_subject(name: str, domain: str | None, days: int) -> None:
    """As the reference has it: CMAC under a key that no token has, modulo the number of moves."""
    scope = "people" if domain is None else f"domain/{domain}"
    message = f"zero-trust-data-pipeline/pseudonym/v2/AES-256-CMAC-shift/{scope}/1"
    key = hmac.digest(b"k" * 32, message.encode(), hashlib.sha256)
    if domain is None:
        key = oracle.expand(key, b"column/id")
    digest = oracle.one_way_cmac(key, name.encode())
    expected = int.from_bytes(digest[:8], "little") % (2 * days + 1) - days
    options = {} if domain is None else {"domain": domain}
    assert move_of(name, days=days, options=options) == expected


def test_all_moves_are_equally_likely() -> None:
    count, days = 40_000, 10
    rows = [(f"person {number}", MIDDAY.date(), None) for number in range(count)]
    found = Counter((row["born"] - MIDDAY.date()).days for row in shifted(rows, days=days))
    assert {*found} == {*range(-days, days + 1)}  # 0 too, and both ends
    expected = count / (2 * days + 1)
    # By chi-squared with 20 degrees of freedom: more than 45.3 in one of a thousand such samples.
    assert sum((one - expected) ** 2 / expected for one in found.values()) < 45.3


@pytest.mark.parametrize("method", ["pseudonymize", "hmac", "encrypt"])
def test_a_subject_moves_alike_in_all_datasets_of_its_domain_and_in_no_other(method: str) -> None:
    purpose = {"reidentification": "fraud"} if method == "encrypt" else {}
    shared = purpose | {"domain": "person"}
    names = [f"person {number}" for number in range(40)]
    rows = [(name, MIDDAY.date(), None) for name in names]

    def moves(**how: Any) -> list[date]:
        return [row["born"] for row in shifted(rows, method=method, **how)]

    first = moves(options=shared)
    assert moves(options=shared, dataset="orders", subject="customer") == first
    others = [
        moves(options=shared, epoch=2),
        moves(options=shared, material=b"x" * 32),
        moves(options=purpose | {"domain": "other"}),
        moves(options=purpose),
        moves(options=purpose, dataset="orders"),
        moves(options=purpose, subject="customer"),
    ]
    for at, one in enumerate([first, *others]):
        assert one not in [first, *others][:at]


def test_a_subject_is_the_one_that_has_the_token() -> None:
    options = {"normalize": ["trim", "lowercase"]}
    spelt = [(name, MIDDAY.date(), None) for name in ("Ann", " ann", "ANN\u200b")]
    rows = shifted(spelt, options=options)
    assert len({(row["id"], row["born"]) for row in rows}) == 1


def test_no_token_is_a_key_or_a_digest_of_moves() -> None:
    kms: Any = HmacKey()
    contract = parse(
        document(
            column("id", method="pseudonymize"),
            column("born", "date", "shift", {"days": DAYS, "by": "id"}),
        )
    )
    Deidentification(contract, PseudonymKeys(kms, "a-key"))
    assert [message.decode() for message in kms.messages] == [
        "zero-trust-data-pipeline/pseudonym/v2/AES-256-CMAC/people/1",
        "zero-trust-data-pipeline/pseudonym/v2/AES-256-CMAC-shift/people/1",
    ]


def test_without_a_subject_a_row_with_a_date_is_rejected() -> None:
    contract = parse(
        document(
            column("born", "date", "shift", {"days": DAYS, "by": "id"}),
            column("id", method="pseudonymize", options={"normalize": ["trim"]}),
            column("city"),
        )
    )
    batch = check(
        contract,
        ["2020-01-01", "ann", "Linz"],
        ["2020-01-01", "", "Linz"],
        ["", "", "Graz"],
        ["2020-01-01", " \u200b", "Graz"],
        ["2020-13-01", "", "Graz"],
    )
    assert batch.rejects == {
        1: ["born:no-subject"],
        3: ["born:no-subject"],
        4: ["born:date"],
    }
    kms: Any = HmacKey()
    output = Deidentification(contract, PseudonymKeys(kms, "a-key")).apply(batch)
    assert output.column("city").to_pylist() == ["Linz", "Graz"]
    assert output.schema.field("born").type == pa.date32()


def test_instants_without_a_zone_move_too() -> None:
    kms: Any = HmacKey()
    contract = parse(
        document(
            column("id", method="hmac"),
            column("seen", "timestamp", "shift", {"days": 5, "by": "id"}, timezone=False),
        )
    )
    batch = check(contract, ["ann", "2024-02-29T12:00:00"])
    (row,) = Deidentification(contract, PseudonymKeys(kms, "a-key")).apply(batch).to_pylist()
    assert abs(row["seen"] - MIDDAY) in [timedelta(days=days) for days in range(6)]
