"""Outputs without the rows of some people."""

import gzip
import io
import json

import pyarrow as pa
import pytest

from processor.contracts import parse
from processor.erasure.people import RawRows, Request
from processor.erasure.rewriting import rewrite_clean, rewrite_rejected
from processor.writers.parquet import CleanRows
from tests.parquet import read_parquet
from tests.unit.processor.examples import column, document

SCHEMA = pa.schema(
    [pa.field("person", pa.string(), nullable=False), ("balance", pa.decimal128(7, 2))],
    {"dataset": "people", "pseudonym_epoch": "1"},
)
CONTRACT = parse(document(column("mail", method="hmac", options={"domain": "mail"})))
ANN = RawRows(Request(("ann",), domain="mail"), CONTRACT)


def clean(people: list[str]) -> io.BytesIO:
    """Return clean rows."""
    file = io.BytesIO()
    with CleanRows(file, SCHEMA, ["person"]) as rows:
        table = pa.table([people, pa.array([None] * len(people), SCHEMA.field(1).type)], SCHEMA)
        for batch in table.to_batches():
            rows.write(batch)
    return file


def test_rows_with_a_token_are_left_out_and_all_else_is_as_the_processor_writes_it() -> None:
    given, target = clean(["a", "b", "a", "c"]), io.BytesIO()
    found = rewrite_clean(given, target, {"person": pa.array(["a", "x"])}, ["person"])
    assert (found.kept, found.removed) == (2, 2)
    assert read_parquet(target).schema.equals(SCHEMA, check_metadata=True)
    assert target.getvalue() == clean(["b", "c"]).getvalue()


def test_all_rows_may_go() -> None:
    target = io.BytesIO()
    found = rewrite_clean(clean(["a", "a"]), target, {"person": pa.array(["a"])}, ["person"])
    assert (found.kept, found.removed) == (0, 2)
    assert target.getvalue() == clean([]).getvalue()


@pytest.mark.parametrize("wanted", [{}, {"person": ["x"]}, {"unknown": ["a"]}])
def test_nothing_is_written_if_no_row_has_one(wanted: dict[str, list[str]]) -> None:
    target = io.BytesIO()
    tokens = {name: pa.array(found) for name, found in wanted.items()}
    found = rewrite_clean(clean(["a", "b"]), target, tokens, ["person"])
    assert (found.kept, found.removed) == (2, 0)
    assert not target.getvalue()


def test_rejected_rows_are_left_out_line_by_line() -> None:
    rows = [
        {"row": 1, "line": 2, "reasons": ["mail:pattern", "id:required"], "raw": "ann"},
        {"row": 2, "line": 3, "reasons": ["id:required"], "raw": "bob"},
    ]
    lines = [json.dumps(row).encode() + b"\n" for row in rows]
    given, target = io.BytesIO(gzip.compress(b"".join(lines))), io.BytesIO()
    found = rewrite_rejected(given, target, ANN)
    assert (found.kept, found.removed, found.by_reason) == (1, 1, {"id:required": 1})
    assert gzip.decompress(target.getvalue()) == lines[1]
    given.seek(0)
    assert rewrite_rejected(given, io.BytesIO(), None).kept == 2


def test_of_many_rejected_rows_the_right_ones_go() -> None:
    """They are looked through some at a time."""
    people = ["ann", "bob", "eve" * 200_000, "ann", "bob", "ann"]
    lines = [json.dumps({"reasons": [], "raw": one}).encode() + b"\n" for one in people]
    target = io.BytesIO()
    found = rewrite_rejected(io.BytesIO(gzip.compress(b"".join(lines * 3))), target, ANN)
    assert (found.kept, found.removed) == (9, 9)
    kept = [json.loads(one)["raw"] for one in gzip.decompress(target.getvalue()).splitlines()]
    assert kept == [one for one in people if one != "ann"] * 3
