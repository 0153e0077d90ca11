"""Rows of people on a list are left out of everything, and counted."""

import gzip
import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.account import RowAccount
from processor.bucket.keys import suppressed_key
from processor.bucket.store import Store
from processor.bucket.suppressed import SuppressionLists
from processor.contract.model import Contract
from processor.contracts import Contracts, parse
from processor.deidentification.pseudonyms import PseudonymKeys
from processor.limits.size import SizeLimit
from processor.processing import Processor
from processor.suppression import suppression_tokens
from processor.transformation import Outputs, Transformation
from tests.parquet import read_parquet
from tests.unit.processor.aws import BUCKET, MOMENT, HmacKey, MemoryBucket
from tests.unit.processor.examples import EXAMPLES, column, document

KEY = "incoming/people/a.csv"
LIST = suppressed_key("people")
PEOPLE = document(
    column("id", required=True, pattern="^P[0-9]+$", method="pseudonymize", output="person"),
    column(
        "mail",
        method="hmac",
        options={"domain": "mail", "normalize": ["trim", "lowercase"]},
        output="mail_token",
    ),
    column("note", maxLength=5),
)
LIMIT = SizeLimit(1 << 20, "memoryMb")


def make_keys() -> PseudonymKeys:
    """Return the keys, as in a new process."""
    kms: Any = HmacKey()
    return PseudonymKeys(kms, "a-key")


def suppress(bucket: MemoryBucket, contract: Contract, **people: str) -> None:
    """Put one person onto the list of a column."""
    listed = {
        name: suppression_tokens(make_keys(), contract.dataset, name, pa.array([text]))
        for name, text in people.items()
    }
    bucket.upload(suppressed_key(contract.dataset), json.dumps(listed).encode())


def run(
    bucket: MemoryBucket, contract: Contract, data: bytes, name: str = "a.csv"
) -> tuple[RowAccount, list[Any], list[Any]]:
    """Return the account, the clean rows and the rejects of a file."""
    client: Any = bucket
    keys = make_keys()
    lists = SuppressionLists(Store(client, BUCKET), keys)
    clean, rejected = io.BytesIO(), io.BytesIO()
    outputs = Outputs(clean, rejected)
    transformation = Transformation(contract, keys, LIMIT, suppressed=lists)
    account = transformation.run(io.BytesIO(data), name, outputs)
    account.check()
    rejects = [json.loads(line) for line in gzip.decompress(rejected.getvalue()).splitlines()]
    return account, read_parquet(clean).to_pylist(), rejects


@pytest.fixture(name="bucket")
def make_bucket() -> MemoryBucket:
    """An empty bucket."""
    return MemoryBucket()


FILE = """id,mail,note
P1,ann@example.com,a
P2, Ann@Example.com ,b
P3,bob@example.com,c
X4,ann@example.com,too long
X5,bob@example.com,too long
P6,ann@example.com,d,e
P7,bob@example.com,d,e
P8,cat@example.com,a"b
"""


def test_nobody_is_left_out_without_a_list(bucket: MemoryBucket) -> None:
    account, rows, rejects = run(bucket, parse(PEOPLE), FILE.encode())
    assert (account.read, account.clean, account.rejected, account.erased) == (8, 3, 5, 0)
    assert (len(rows), len(rejects)) == (3, 5)


def test_clean_rejected_and_broken_rows_of_a_person_are_left_out(bucket: MemoryBucket) -> None:
    contract = parse(PEOPLE)
    suppress(bucket, contract, mail="ann@example.com")
    account, rows, rejects = run(bucket, contract, FILE.encode())
    assert (account.read, account.clean, account.rejected, account.erased) == (8, 1, 3, 4)
    assert [row["note"] for row in rows] == ["c"]
    assert [reject["row"] for reject in rejects] == [5, 7, 8]
    assert account.by_reason == {
        "id:pattern": 1,
        "note:max-length": 1,
        "row:field-count": 1,
        "row:stray-quote": 1,
    }


def test_each_column_has_its_own_list(bucket: MemoryBucket) -> None:
    """A text in another column is not that person."""
    contract = parse(PEOPLE)
    suppress(bucket, contract, id="P3", mail="P1")
    account, rows, _ = run(bucket, contract, FILE.encode())
    assert account.erased == 1
    assert sorted(row["note"] for row in rows) == ["a", "b"]


@pytest.mark.parametrize(
    "contract",
    [
        document(column("mail", method="hmac", options={"domain": "mail"}), epoch=9),
        document(column("mail", method="pseudonymize", output="other")),
        document(column("mail", method="hmac", options={"normalize": ["nfc", "trim"]})),
    ],
    ids=["another epoch", "another method, domain and output", "normalized otherwise"],
)
def test_a_list_outlives_a_change_of_the_contract(
    bucket: MemoryBucket, contract: dict[str, Any]
) -> None:
    suppress(bucket, parse(PEOPLE), mail="ann@example.com")
    data = b"mail\nann@example.com\nbob@example.com\n"
    account, _, _ = run(bucket, parse(contract), data)
    assert (account.clean, account.erased) == (1, 1)


@pytest.mark.parametrize(("steps", "erased"), [(["lowercase"], 2), (["trim"], 1)])
def test_who_is_on_a_list_depends_on_the_contract_of_the_file(
    bucket: MemoryBucket, steps: list[str], erased: int
) -> None:
    contract = parse(document(column("mail", method="hmac", options={"normalize": steps})))
    suppress(bucket, contract, mail="Ann@example.com")
    account, _, _ = run(bucket, contract, b"mail\nAnn@example.com\nann@example.com\n")
    assert account.erased == erased


def test_numbers_in_broken_rows_may_be_in_groups(bucket: MemoryBucket) -> None:
    number = column("number", "integer", method="pseudonymize")
    contract = parse(document(number) | {"csv": {"delimiter": ";", "thousands": "."}})
    suppress(bucket, contract, number="1234567")
    account, _, _ = run(bucket, contract, b"number\n1.234.567\n1.234.567;x\n1.234.568;x\n")
    assert (account.erased, account.rejected) == (2, 1)


def test_a_list_does_not_name_the_tokens_of_the_output(bucket: MemoryBucket) -> None:
    contract = parse(PEOPLE)
    _, rows, _ = run(bucket, contract, FILE.encode())
    tokens = {row[name] for row in rows for name in ("person", "mail_token")}
    suppress(bucket, contract, id="P1", mail="ann@example.com")
    listed = json.loads(bucket.content(LIST))
    assert tokens.isdisjoint(
        {token for ways in listed.values() for found in ways.values() for token in found}
    )


def test_the_manifest_counts_them(bucket: MemoryBucket, tmp_path: Path) -> None:
    client: Any = bucket
    (tmp_path / "people.json").write_text(json.dumps(PEOPLE))
    suppress(bucket, parse(PEOPLE), mail="ann@example.com")
    bucket.upload(KEY, FILE.encode())
    store, contracts = Store(client, BUCKET), Contracts(tmp_path)
    processor = Processor(store, contracts, make_keys(), LIMIT, lambda: MOMENT)
    account = processor.process(KEY).account
    assert account is not None
    assert account.erased == 4
    found = json.loads(bucket.content("manifests/people/a.csv.json"))
    assert found["rows"] == {"read": 8, "clean": 1, "rejected": 3, "erased": 4}


@EXAMPLES
@given(
    st.lists(st.tuples(st.sampled_from(["P1", "P2", "X"]), st.sampled_from("abc")), max_size=40),
    st.sampled_from("abc"),
)
def test_what_is_left_is_what_a_file_without_the_person_has(
    given_rows: list[tuple[str, str]], person: str
) -> None:
    contract, bucket = parse(PEOPLE), MemoryBucket()

    def file(wanted: list[tuple[str, str]]) -> bytes:
        return "\n".join(
            ["id,mail,note", *(f"{one},{mail}," for one, mail in wanted), ""]
        ).encode()

    expected = run(bucket, contract, file([one for one in given_rows if one[1] != person]))
    suppress(bucket, contract, mail=person)
    account, rows, rejects = run(bucket, contract, file(given_rows))
    assert account.erased == sum(mail == person for _, mail in given_rows)
    assert rows == expected[1]
    assert [one["raw"] for one in rejects] == [one["raw"] for one in expected[2]]
    assert account.by_reason == expected[0].by_reason
