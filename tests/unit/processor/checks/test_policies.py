"""Whole files under the policies of their contract, against the reference implementation."""

import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor import batches
from processor.account import RowAccount
from processor.checks import classes, uniqueness
from processor.checks.policies import measure
from processor.contract.model import ContractError
from processor.contracts import parse, read
from processor.deidentification.pseudonyms import PseudonymKeys
from processor.limits.deadline import Deadline
from processor.limits.size import SizeLimit
from processor.reasons import Anonymity, FileRefusedError
from processor.transformation import Outputs, Transformation, refuse
from processor.writers import parquet
from tests.parquet import read_parquet
from tests.unit.processor import oracle
from tests.unit.processor.aws import HmacKey
from tests.unit.processor.examples import EXAMPLES, column, document

COLUMNS = (
    column("id", unique=True, required=True, maxLength=2),
    column("born", "date", "generalize", {"to": "year"}),
    column("region", "integer", unique=False),
    column("paid", "decimal", precision=4, scale=1, unique=True),
)
HEADER = "id,born,region,paid"
POLICIES: list[dict[str, Any]] = [
    {},
    {"unknownColumns": "drop"},
    {"maxRejectedShare": "0"},
    {"maxRejectedShare": "0.25"},
    {"anonymity": {"k": 2, "quasiIdentifiers": ["born", "region"]}},
    {"anonymity": {"k": 2, "quasiIdentifiers": ["born"], "subject": "region"}},
    {
        "anonymity": {"k": 3, "quasiIdentifiers": ["region"]},
        "maxRejectedShare": "0.5",
        "unknownColumns": "drop",
    },
]
LIMIT = SizeLimit(1 << 30, "memoryMb")


def run(data: bytes, policies: dict[str, Any]) -> tuple[RowAccount, list[dict[str, Any]]]:
    """Return the account and the clean rows of a file."""
    kms: Any = HmacKey()
    clean, rejected = io.BytesIO(), io.BytesIO()
    outputs = Outputs(clean, rejected)
    people = parse(document(*COLUMNS) | policies)
    try:
        transformation = Transformation(people, PseudonymKeys(kms, "a-key"), LIMIT)
        account = transformation.run(io.BytesIO(data), "a.csv", outputs)
    except FileRefusedError as refusal:
        account = refuse(refusal, people, {"key": "k"}, outputs)
    account.check()
    return account, read_parquet(clean).to_pylist()


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c", "d", "e", "f", "g", "long"]),
        st.sampled_from(["1990-01-01", "1990-12-31", "1991-05-05", "", "x"]),
        st.sampled_from(["1", "2", "", "1", "1"]),
        st.sampled_from(["1", "1.0", "2.5", "", "", "", ""]),
        st.just("secret"),
    ).map(list),
    max_size=12,
)


@pytest.mark.parametrize("policies", POLICIES, ids=str)
@EXAMPLES
@given(rows=ROWS, header=st.sampled_from([HEADER, HEADER, HEADER, f"{HEADER},more"]))
def test_a_file_is_judged_as_the_reference_implementation_does(
    monkeypatch: pytest.MonkeyPatch, policies: dict[str, Any], rows: list[list[str]], header: str
) -> None:
    monkeypatch.setattr(uniqueness, "MEMORY_LIMIT", 3)
    monkeypatch.setattr(classes, "RUN_ROWS", 3)
    monkeypatch.setattr(parquet, "ROW_GROUP_ROWS", 3)
    monkeypatch.setattr(batches, "BLOCK_SIZE", 64)
    monkeypatch.setattr(batches, "RECORD_LIMIT", 64)
    width = header.count(",") + 1
    data = "\n".join([header, *(",".join(row[:width]) for row in rows)]).encode()
    expected = oracle.process(data, document(*COLUMNS) | policies, HmacKey().material, 64)
    account, clean = run(data, policies)
    assert (account.refusal.reason if account.refusal else None) == expected.refusal
    assert sorted(clean, key=repr) == sorted(expected.rows, key=repr)
    assert account.read == expected.read
    assert account.dropped_columns == expected.dropped_columns
    if expected.class_sizes is None:
        assert account.anonymity is None
    else:
        required = policies["anonymity"]["k"]
        sizes = [size for size, _ in expected.class_sizes]
        below = sum(rows for size, rows in expected.class_sizes if size < required)
        k = min(sizes, default=None)
        counted = "subjects" if "subject" in policies["anonymity"] else "rows"
        assert account.anonymity == Anonymity(k, required, len(sizes), below, counted)


def test_a_share_is_exact() -> None:
    rows = "\n".join(["a,,,", "long,,,", "b,,,"] + [f"{n},,," for n in range(7)])
    account, _ = run(f"{HEADER}\n{rows}".encode(), {"maxRejectedShare": "0.1"})
    assert account.refusal is None
    account, _ = run(f"{HEADER}\n{rows}\nlong,,,".encode(), {"maxRejectedShare": "0.1"})
    assert account.refusal is not None
    assert account.rejected == account.read == 11
    assert account.by_reason == {"file:rejected-share": 11}


def test_instants_and_missing_values_make_classes() -> None:
    columns = (
        column("at", "timestamp", "generalize", {"to": "hour"}),
        column("time", "time"),
        column("share", "double"),
        column("yes", "boolean"),
    )
    names = [one["name"] for one in columns]
    people = parse(document(*columns) | {"anonymity": {"k": 1, "quasiIdentifiers": names}})
    data = b"at,time,share,yes\n" + b"2024-01-01T00:30:00Z,12:00:00,0.5,true\n" * 2 + b",,,\n"
    kms: Any = HmacKey()
    transformation = Transformation(people, PseudonymKeys(kms, "a-key"), LIMIT)
    outputs = Outputs(io.BytesIO(), io.BytesIO())
    account = transformation.run(io.BytesIO(data), "a.csv", outputs)
    assert account.anonymity == Anonymity(1, 1, 2, 0)


@pytest.mark.parametrize("name", ["count_all", ".b", "a.b", "b", "0", "a[0]"])
def test_a_quasi_identifier_may_have_any_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / "clean.parquet"
    names = list(dict.fromkeys([name, "b"]))
    pq.write_table(pa.table({one: [1, 1, 2] for one in names}), path)
    with path.open("rb") as file:
        assert measure(file, names, 2) == Anonymity(1, 2, 2, 1)


def test_a_class_is_whole_however_the_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "clean.parquet"
    pq.write_table(pa.table({"n": [number % 3 for number in range(100_000)]}), path)
    with path.open("rb") as file:
        assert measure(file, ["n"], 33_334) == Anonymity(33_333, 33_334, 3, 66_666)


@pytest.mark.parametrize(
    ("rows", "measured"),
    [
        # One person five times is nobody among five.
        (["A,1"] * 5, Anonymity(1, 3, 1, 5, "subjects")),
        (["A,1", "B,1", "C,1"] * 2, Anonymity(3, 3, 1, 0, "subjects")),
        (["A,1", "B,1", "C,1", "A,2", "B,2"], Anonymity(2, 3, 2, 2, "subjects")),
        # Nobody knows whom a row without a subject is about.
        ([",1"] * 9, Anonymity(0, 3, 1, 9, "subjects")),
        ([",1", "A,1", "B,1", "C,1"], Anonymity(3, 3, 1, 0, "subjects")),
        ([], Anonymity(None, 3, 0, 0, "subjects")),
    ],
)
def test_people_are_counted_where_the_contract_says_who_they_are(
    rows: list[str], measured: Anonymity
) -> None:
    kms: Any = HmacKey()
    people = parse(
        document(column("person", method="hmac", output="token"), column("city", "integer"))
        | {"anonymity": {"k": 3, "quasiIdentifiers": ["city"], "subject": "person"}}
    )
    data = "\n".join(["person,city", *rows]).encode()
    keys = PseudonymKeys(kms, "a-key")
    try:
        outputs = Outputs(io.BytesIO(), io.BytesIO())
        transformation = Transformation(people, keys, LIMIT)
        found = transformation.run(io.BytesIO(data), "a.csv", outputs).anonymity
    except FileRefusedError as refusal:
        found = refusal.anonymity
    assert found == measured


def test_a_file_refused_while_classes_are_counted_says_how_many_rows_it_had() -> None:
    people = parse(document(column("n")) | {"anonymity": {"k": 2, "quasiIdentifiers": ["n"]}})
    data, clean = io.BytesIO(b"n\n" + b"x\n" * 7), io.BytesIO()
    kms: Any = HmacKey()
    # The time is up once the clean rows are complete: a Parquet file ends as it begins.
    late = Deadline(1.0, clock=lambda: float(clean.getvalue()[4:].endswith(b"PAR1") * 9))
    transformation = Transformation(people, PseudonymKeys(kms, "a-key"), LIMIT, late)
    with pytest.raises(FileRefusedError, match="object:takes-too-long") as caught:
        transformation.run(data, "a.csv", Outputs(clean, io.BytesIO()))
    assert caught.value.rows_read == 7


def test_values_that_run_together_are_not_one_class(tmp_path: Path) -> None:
    path = tmp_path / "clean.parquet"
    values = [("a", "bc"), ("ab", "c"), ("a", None), (None, "a"), ("-", "1:a"), ("1:a", None)]
    pq.write_table(pa.table({"x": [v[0] for v in values], "y": [v[1] for v in values]}), path)
    with path.open("rb") as file:
        assert measure(file, ["x", "y"], 1) == Anonymity(1, 1, len(values), 0)


def test_a_policy_that_nobody_knows_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "people.json"
    path.write_text(json.dumps(document(*COLUMNS) | {"unknownColumns": "pass"}))
    with pytest.raises(ContractError, match="pass"):
        read(path)
