"""Rows in every format that the processor reads, and what it reads of a file."""

import csv
import gzip
import io
import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from processor.batches import Records
from processor.contract.model import Contract
from processor.contracts import parse
from processor.deidentification.pseudonyms import PseudonymKeys
from processor.readers.detection import open_records
from processor.reasons import FileRefusedError
from processor.transformation import Outputs, Transformation
from tests.parquet import read_parquet
from tests.unit.processor import oracle
from tests.unit.processor.aws import HmacKey, MemoryBody
from tests.unit.processor.examples import PEOPLE, fields
from tests.unit.processor.outcomes import LIMIT

NAMES = ["id", "name", "phone", "born", "balance"]


def as_csv(names: list[str], rows: list[tuple[str, ...]]) -> bytes:
    """Return rows as CSV."""
    file = io.StringIO()
    csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([names, *rows])
    return file.getvalue().encode()


def as_json(names: list[str], rows: list[tuple[str, ...]]) -> bytes:
    """Write balances as numbers, and an empty field as null or not at all."""
    lines: list[str] = []
    for row in rows:
        found: dict[str, Any] = dict(zip(names, row, strict=True))
        found[names[2]] = found[names[2]] or None
        balance = found.pop(names[4])
        text = json.dumps(found, ensure_ascii=len(lines) % 2 == 0)
        lines.append(text[:-1] + (f', "{names[4]}": {balance}}}' if balance else "}"))
    return "".join(line + "\n" for line in lines).encode()


def as_parquet(names: list[str], rows: list[tuple[str, ...]]) -> bytes:
    """Return rows as Parquet, every column a string."""
    file = io.BytesIO()
    table = pa.table({name: [row[i] for row in rows] for i, name in enumerate(names)})
    texts = table.cast(pa.schema([(name, pa.string()) for name in names]))
    pq.write_table(texts, file, row_group_size=3)
    return file.getvalue()


def zstd(data: bytes) -> bytes:
    """Compress with zstd."""
    return pa.compress(data, codec="zstd", asbytes=True)  # type: ignore[no-any-return]


WRITERS = {
    "a.csv": as_csv,
    "a.csv.gz": lambda names, rows: gzip.compress(as_csv(names, rows)),
    "a.csv.zst": lambda names, rows: zstd(as_csv(names, rows)),
    "a.jsonl": as_json,
    "a.jsonl.gz": lambda names, rows: gzip.compress(as_json(names, rows)),
    "a.jsonl.zst": lambda names, rows: zstd(as_json(names, rows)),
    "a.parquet": as_parquet,
}


def check_same_rows(
    rows: list[tuple[str, ...]], name: str, piece: int, agreed: dict[str, Any]
) -> None:
    """Make sure that rows become the same in this format as in CSV.

    Args:
        rows: of people, with texts that any format can hold.
        name: of the file, one of WRITERS.
        piece: how many bytes the network delivers at once.
        agreed: the compiled contract, in which columns may have other labels.
    """
    expected = oracle.process(as_csv(NAMES, rows), PEOPLE, HmacKey().material, limit=1 << 20)
    assert expected.refusal is None
    contract = parse(agreed)
    kms: Any = HmacKey()
    clean, rejected = io.BytesIO(), io.BytesIO()
    body = MemoryBody(WRITERS[name](contract.labels, rows))
    body.piece = piece
    keys = PseudonymKeys(kms, "a-key")
    transformation = Transformation(contract, keys, LIMIT)
    account = transformation.run(body, name, Outputs(clean, rejected))
    account.check()
    assert account.read == len(rows)
    rows_found = read_parquet(clean).to_pylist()
    assert sorted(rows_found, key=repr) == sorted(expected.rows, key=repr)
    lines = [json.loads(text) for text in gzip.decompress(rejected.getvalue()).splitlines()]
    found = [(line["row"], line["reasons"]) for line in lines]
    assert found == [(reject["row"], reject["reasons"]) for reject in expected.rejects]
    for line in lines:
        if name.startswith("a.json"):
            assert line["line"] == line["row"]
            text = as_json(contract.labels, rows).decode()
            assert line["raw"] == text.split("\n")[line["row"] - 1]
        elif name == "a.parquet":
            assert line["line"] is None
            row = dict(zip(contract.labels, rows[line["row"] - 1], strict=True))
            assert json.loads(line["raw"]) == row


def read_through(
    content: bytes, name: str, agreed: Contract
) -> tuple[list[list[str]], int, FileRefusedError | None]:
    """Return the rows of a file, how many were read, and why it is refused."""
    found: list[list[str]] = []
    records: Records | None = None
    try:
        with open_records(MemoryBody(content), name, agreed, LIMIT) as records:
            for batch in records:
                found += fields(batch)
    except FileRefusedError as refusal:
        return found, records.rows_read if records else 0, refusal
    return found, records.rows_read, None


def parquet_of(values: Any, **options: Any) -> io.BytesIO:
    """Return a Parquet file of one column."""
    return as_file(pa.table({"id": values}), **options)


def as_file(table: pa.Table, **options: Any) -> io.BytesIO:
    """Return a table as a Parquet file."""
    file = io.BytesIO()
    pq.write_table(table, file, **options)
    file.seek(0)
    return file
