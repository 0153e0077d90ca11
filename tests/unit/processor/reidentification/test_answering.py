"""Re-identification: what is checked before somebody approves, and what is answered after."""

import csv
import io
import json
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from processor.bucket.store import ConflictError, Store
from processor.contracts import Contracts
from processor.deidentification.reversible import Origin, ReversibleKeys
from processor.deidentification.siv import SivTokens
from processor.reidentification.answering import MOST_BYTES, MOST_TOKENS, Facts, Reidentification
from processor.reidentification.requests import RequestError, signature_name
from tests.unit.processor.aws import BUCKET, HmacKey, MemoryBucket
from tests.unit.processor.examples import column, document

DAY = date(2026, 3, 1)
USER = "AROAALICE:alice"
REQUEST = f"reidentification/requests/people/fraud/{USER}/a"
SIGNATURE = "reidentification/signatures/people/AROABOB:bob/{}"
VALUES = f"reidentification/values/people/fraud/{USER}/1.csv"
LIMIT = 3
NAMES = ["Łucja", 'O\'Brien, "Pat"', "=1+1", ""]


@pytest.fixture(name="kms")
def make_kms() -> HmacKey:
    """The key of reversible tokens."""
    return HmacKey()


@pytest.fixture(name="work")
def make_work(tmp_path: Path, bucket: MemoryBucket, kms: HmacKey) -> Reidentification:
    """What is tested: two datasets with reversible tokens, in their third epoch."""
    encrypted: dict[str, Any] = {"reidentification": "fraud"}
    columns = [
        column("name", method="encrypt", options=encrypted),
        column("nickname", method="encrypt", options=encrypted),
        column("iban", method="encrypt", options={"reidentification": "refunds"}),
        column("member", method="encrypt", options={**encrypted, "domain": "member"}),
        column("city"),
    ]
    for dataset in ("people", "animals"):
        compiled = document(*columns, dataset=dataset, epoch=3)
        (tmp_path / f"{dataset}.json").write_text(json.dumps(compiled), encoding="utf-8")
    store: Any = Store(bucket, BUCKET)  # type: ignore[arg-type]
    client: Any = kms
    return Reidentification(
        store, Contracts(tmp_path), ReversibleKeys(client, "another-key"), limit=LIMIT
    )


def tokens(kms: HmacKey, texts: list[str], **other: Any) -> list[str]:
    """The tokens that the processor makes of texts."""
    given = {"dataset": "people", "column": "name", "domain": None, "epoch": 3, **other}
    origin = Origin(**given)
    client: Any = kms
    made = SivTokens(ReversibleKeys(client, "another-key").derive(origin), origin.associated)
    found: list[str] = made.tokens(pa.array(texts, pa.string())).to_pylist()
    return found


def ask(bucket: MemoryBucket, lines: list[str], key: str = REQUEST) -> None:
    """Write a request."""
    bucket.upload(key, "\n".join(lines).encode())


def checked(work: Reidentification, key: str = REQUEST, name: str = "name") -> Facts:
    """The facts of a request that is checked."""
    return work.check(key, name, "1", DAY)


def sign(bucket: MemoryBucket, facts: Facts, execution: str = "1") -> str:
    """Approve the request; return the key of the signature."""
    key = SIGNATURE.format(signature_name(execution, asdict(facts)))
    bucket.upload(key, b"")
    return key


def rows(bucket: MemoryBucket, key: str = VALUES) -> list[list[str]]:
    """The values that were written."""
    text = bucket.content(key).decode()
    return list(csv.reader(io.StringIO(text, newline="")))


def test_values_come_back_for_the_requester(
    work: Reidentification, bucket: MemoryBucket, kms: HmacKey
) -> None:
    lines = tokens(kms, NAMES)
    ask(bucket, lines)
    facts = checked(work)
    assert asdict(facts) == {
        "request": REQUEST,
        "etag": '"etag-1"',
        "dataset": "people",
        "column": "name",
        "purpose": "fraud",
        "requester": USER,
        "tokens": 4,
    }
    signature = sign(bucket, facts)
    done = work.answer(facts, "1", signature)
    assert done == {**asdict(facts), "approver": "AROABOB:bob", "values": VALUES}
    assert rows(bucket) == [["token", "value"], *map(list, zip(lines, NAMES, strict=True))]


def test_tokens_of_earlier_epochs_and_of_a_domain_come_back(
    work: Reidentification, bucket: MemoryBucket, kms: HmacKey
) -> None:
    old = tokens(kms, ["Ann"], epoch=1) + tokens(kms, ["Bea"], epoch=3)
    ask(bucket, old)
    facts = checked(work)
    work.answer(facts, "1", sign(bucket, facts))
    assert [value for _, value in rows(bucket)] == ["value", "Ann", "Bea"]
    other = REQUEST.replace("/a", "/b")
    ask(bucket, tokens(kms, ["M1"], column="member", domain="member", dataset="animals"), other)
    facts = work.check(other, "member", "2", DAY)
    work.answer(facts, "2", sign(bucket, facts, "2"))
    assert rows(bucket, VALUES.replace("1.csv", "2.csv"))[1:][0][1] == "M1"


def test_nothing_is_derived_before_somebody_approves(
    work: Reidentification, bucket: MemoryBucket, kms: HmacKey
) -> None:
    ask(bucket, ["0" * 64])
    work.ask(checked(work), "1", "arn:…:1", "a-token")
    assert kms.messages == []
    waits = json.loads(bucket.content("reidentification/approvals/people/1.json"))
    assert (waits["execution"], waits["token"], waits["tokens"]) == ("arn:…:1", "a-token", 1)
    with pytest.raises(ConflictError):
        work.ask(checked(work), "1", "arn:…:1", "another")


@pytest.mark.parametrize(
    ("key", "name", "says"),
    [
        (REQUEST.replace("people", "plants"), "name", "there is no contract of plants"),
        (REQUEST, "shoe_size", "people has no such column whose tokens are reversible"),
        (REQUEST, "city", "people has no such column whose tokens are reversible"),
        (
            REQUEST.replace("fraud", "marketing"),
            "name",
            r"people\.name is re-identified for fraud",
        ),
        (REQUEST.replace("/a", "/gone"), "name", "there is no such request"),
        ("incoming/people/a.csv", "name", "a request is an object"),
    ],
)
def test_a_wrong_request_is_refused_and_claims_no_slot(
    work: Reidentification, bucket: MemoryBucket, key: str, name: str, says: str
) -> None:
    ask(bucket, ["0" * 64])
    with pytest.raises(RequestError, match=says):
        checked(work, key, name)
    assert bucket.names() == [REQUEST]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n \n",
        "token-ł".encode(),
        b"\n".join([b"0" * 64] * (MOST_TOKENS + 1)),
        b"0" * (MOST_BYTES + 1),
    ],
    ids=["empty", "blank", "not-ascii", "1001", "too-large"],
)
def test_a_request_has_1_to_1000_tokens(
    work: Reidentification, bucket: MemoryBucket, content: bytes
) -> None:
    bucket.upload(REQUEST, content)
    with pytest.raises(RequestError, match="a request has 1 to 1,000 tokens"):
        checked(work)


def test_a_request_may_have_1000_tokens(work: Reidentification, bucket: MemoryBucket) -> None:
    ask(bucket, ["0" * 64] * MOST_TOKENS)
    assert checked(work).tokens == MOST_TOKENS


def test_a_day_has_so_many_requests_of_a_dataset_and_purpose(
    work: Reidentification, bucket: MemoryBucket
) -> None:
    """Whoever asks: another session of a role has no slots of its own, nor has another role."""
    for number in range(LIMIT):
        key = REQUEST.replace(USER, f"AROA{number}:alice-{number}")
        ask(bucket, ["0" * 64], key)
        assert work.check(key, "name", str(number), DAY)
    ask(bucket, ["0" * 64])
    with pytest.raises(RequestError, match="3 requests for fraud were made today") as refused:
        checked(work)
    assert "which is the limit of people" in str(refused.value)
    assert bucket.content("reidentification/slots/people/fraud/2026-03-01/3") == b"2"
    assert work.check(REQUEST, "name", "tomorrow", date(2026, 3, 2))


@pytest.mark.parametrize(
    ("key", "name"),
    [
        (REQUEST.replace("people", "animals"), "name"),
        (REQUEST.replace("fraud", "refunds"), "iban"),
    ],
    ids=["dataset", "purpose"],
)
def test_no_dataset_or_purpose_uses_up_the_requests_of_another(
    work: Reidentification, bucket: MemoryBucket, key: str, name: str
) -> None:
    for one in (REQUEST, key):
        ask(bucket, ["0" * 64], one)
    for number in range(LIMIT):
        work.check(REQUEST, "name", str(number), DAY)
    assert work.check(key, name, "other", DAY)


@pytest.mark.parametrize(
    "other",
    [{"dataset": "animals"}, {"column": "nickname"}, {"epoch": 4}, {"domain": "member"}],
    ids=str,
)
def test_tokens_of_another_column_are_refused_with_all_others(
    work: Reidentification, bucket: MemoryBucket, kms: HmacKey, other: dict[str, Any]
) -> None:
    ask(bucket, [*tokens(kms, ["Ann"]), *tokens(kms, ["Rex"], **other)])
    facts = checked(work)
    signature = sign(bucket, facts)
    with pytest.raises(RequestError, match=r"1 of 2 tokens are not of people\.name") as refused:
        work.answer(facts, "1", signature)
    assert "Ann" not in str(refused.value)
    assert VALUES not in bucket.names()


def test_only_what_was_checked_is_answered(
    work: Reidentification, bucket: MemoryBucket, kms: HmacKey
) -> None:
    """Otherwise, one token would be approved, and a thousand others answered."""
    ask(bucket, tokens(kms, ["Ann"]))
    facts = checked(work)
    ask(bucket, tokens(kms, NAMES))
    signature = sign(bucket, facts)
    with pytest.raises(RequestError, match="replaced after it was checked"):
        work.answer(facts, "1", signature)
    assert VALUES not in bucket.names()


@pytest.mark.parametrize(
    ("signature", "says"),
    [
        (SIGNATURE, "there is no such object"),
        ("", "not signed for this request"),
        (SIGNATURE.replace("AROABOB:bob", "AROAALICE:2"), "by whoever made the request"),
    ],
)
def test_a_request_without_a_signature_is_not_answered(
    work: Reidentification, bucket: MemoryBucket, kms: HmacKey, signature: str, says: str
) -> None:
    ask(bucket, tokens(kms, ["Ann"]))
    facts, derived = checked(work), len(kms.messages)
    name = signature_name("1", asdict(facts))
    with pytest.raises(RequestError, match=says):
        work.answer(facts, "1", signature.format(name))
    assert len(kms.messages) == derived


@pytest.mark.parametrize("change", [{}, {"column": "nickname"}, {"tokens": 2}])
def test_a_signature_is_of_nothing_else_than_was_approved(
    work: Reidentification, bucket: MemoryBucket, kms: HmacKey, change: dict[str, Any]
) -> None:
    """Whoever can invoke the function may give it other facts of an execution with approval."""
    ask(bucket, tokens(kms, ["Ann"]))
    signature = sign(bucket, checked(work))
    mine = REQUEST.replace(USER, "AROAMALLORY:m")
    ask(bucket, tokens(kms, NAMES), mine)
    facts = replace(checked(work), **change) if change else checked(work, mine)
    with pytest.raises(RequestError, match="not signed for this request"):
        work.answer(facts, "1", signature)


def test_an_answer_that_is_given_again_stays(
    work: Reidentification, bucket: MemoryBucket, kms: HmacKey
) -> None:
    ask(bucket, tokens(kms, ["Ann"]))
    facts = checked(work)
    signature = sign(bucket, facts)
    first = work.answer(facts, "1", signature)
    before = bucket.newest(VALUES)
    assert work.answer(facts, "1", signature) == first
    assert bucket.newest(VALUES) == before


def test_a_contract_that_no_longer_allows_it_counts(
    work: Reidentification, bucket: MemoryBucket, kms: HmacKey
) -> None:
    ask(bucket, tokens(kms, ["Ann"]))
    facts = replace(checked(work), column="city")
    signature = sign(bucket, facts)
    with pytest.raises(RequestError, match="no such column"):
        work.answer(facts, "1", signature)
