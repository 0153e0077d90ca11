"""The order of clean rows says nothing about their order in the source."""

import io
import random
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.contract.model import Contract
from processor.deidentification.pseudonyms import PseudonymKeys
from processor.limits.size import SizeLimit
from processor.transformation import Outputs, Transformation
from processor.writers import parquet
from processor.writers.order import arrange
from tests.parquet import read_parquet
from tests.unit.processor.aws import HmacKey
from tests.unit.processor.examples import EXAMPLES, column, make_contract

VALUES: dict[pa.DataType, list[Any]] = {
    pa.string(): ["", "a", "same beginning 1", "same beginning 2", "é", None],
    pa.int64(): [0, 1, -1, 2**63 - 1, None],
    pa.float64(): [0.0, -0.0, 1.5, -2.0, None],
    pa.bool_(): [True, False, None],
    pa.decimal128(6, 2): [Decimal("0.00"), Decimal("-1.50"), None],
    pa.date32(): [date(2024, 2, 29), date(1900, 1, 1), None],
    pa.timestamp("us", "UTC"): [datetime(2024, 1, 1, tzinfo=UTC), None],
}
SCHEMA = pa.schema([(str(place), type_) for place, type_ in enumerate(VALUES)])
# Not only those whose rows are all equal in the first column.
ROWS = st.lists(st.tuples(*map(st.sampled_from, VALUES.values())), min_size=1, max_size=12)
TOKENS = st.lists(st.text("0123456789abcdef", min_size=32, max_size=32), min_size=1, unique=True)


def table(rows: list[tuple[Any, ...]]) -> pa.Table:
    """Return rows as a table, in chunks of two."""
    whole = pa.table(list(map(list, zip(*rows, strict=True))), schema=SCHEMA)
    return pa.Table.from_batches(whole.to_batches(max_chunksize=2))


def written(rows: pa.Table) -> bytes:
    """Return the bytes of a table, which also distinguish equal doubles."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as stream:
        stream.write_table(rows.combine_chunks())
    return bytes(sink.getvalue())


@EXAMPLES
@given(rows=ROWS, chance=st.randoms(use_true_random=False))
def test_rows_have_one_order_whatever_their_order_was(
    rows: list[tuple[Any, ...]], chance: random.Random
) -> None:
    arranged = arrange(table(rows))
    assert sorted(map(repr, arranged.to_pylist())) == sorted(map(repr, table(rows).to_pylist()))
    chance.shuffle(rows)
    assert written(arrange(table(rows))) == written(arranged)


@EXAMPLES
@given(tokens=TOKENS, chance=st.randoms(use_true_random=False))
def test_rows_of_tokens_have_one_order_too(tokens: list[str], chance: random.Random) -> None:
    def arranged() -> list[str]:
        found = arrange(pa.table({"token": tokens, "copy": tokens}))
        assert found["token"] == found["copy"]
        return found["token"].to_pylist()  # type: ignore[no-any-return]

    first = arranged()
    assert sorted(first) == sorted(tokens)
    chance.shuffle(tokens)
    assert arranged() == first


@pytest.mark.parametrize("alike", [2, 3, 40])
def test_rows_whose_tokens_begin_alike_are_sorted_by_all_values(alike: int) -> None:
    """A few take another path than many; none alike is a path of its own."""
    draw = random.Random(alike)
    tokens = [draw.randbytes(16).hex() for _ in range(99)]
    tokens += [tokens[0][:8] + draw.randbytes(12).hex() for _ in range(1, alike)]
    rows = [(tokens[5], 2), *((token, 1) for token in sorted(tokens, reverse=True))]
    found = arrange(pa.table(list(map(list, zip(*rows, strict=True))), ["token", "place"]))
    assert list(zip(*found.to_pydict().values(), strict=True)) == sorted(rows)


CONTRACT = make_contract(
    column("id", method="hmac", output="token"),
    column("name", method="drop"),
    column("country"),
)


def clean(lines: list[str], contract: Contract = CONTRACT) -> bytes:
    """Return the Parquet file for the lines of a CSV file."""
    kms: Any = HmacKey()
    content = "\n".join([",".join(contract.labels), *lines]).encode()
    file, rejected = io.BytesIO(), io.BytesIO()
    limit = SizeLimit(1 << 30, "")
    keys = PseudonymKeys(kms, "a-key")
    transformation = Transformation(contract, keys, limit)
    transformation.run(io.BytesIO(content), "a.csv", Outputs(file, rejected))
    return file.getvalue()


def test_a_sorted_file_and_a_shuffled_one_become_the_same_bytes() -> None:
    lines = [f"{number},Name {number:04},{'AT' if number % 3 else 'CH'}" for number in range(500)]
    lines += lines[:50]  # some come twice
    shuffled = random.Random(1).sample(lines, len(lines))
    assert clean(lines) == clean(shuffled)


def test_how_columns_are_encoded_does_not_show_that_the_file_was_sorted() -> None:
    """Where equal values are neighbours, the first rows have few different ones."""
    lines = [f"{number},Name,{number // 8}" for number in range(1 << 16)]
    shuffled = random.Random(1).sample(lines, len(lines))
    assert clean(lines) == clean(shuffled)


def test_without_a_token_rows_are_sorted_by_what_is_left_of_them() -> None:
    contract = make_contract(column("name", method="drop"), column("country"))
    lines = [f"{name},{country}" for name, country in zip("abcd", "4213", strict=True)]
    rows = read_parquet(io.BytesIO(clean(lines, contract))).to_pylist()
    assert rows == [{"country": country} for country in "1234"]


def test_of_a_large_file_only_the_order_of_the_stretches_is_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(parquet, "ROW_GROUP_ROWS", 1)  # a group for each batch
    monkeypatch.setattr("processor.batches.BATCH_ROWS", 100)
    lines = [f"{number},Name,AT" for number in range(300)]
    draw = random.Random(1).sample
    shuffled = [line for at in (0, 100, 200) for line in draw(lines[at : at + 100], 100)]
    assert clean(lines) == clean(shuffled)
    assert clean(lines) != clean(lines[::-1])
