"""A loop over ``csv.reader`` that checks field by field and calls ``hmac.digest``.

Rejects are raw fields without reasons or lines; nothing checks that the counts add up.

Delete it once there is another engine that is simple enough to be trusted with the expected rows.
"""

import csv
import hmac
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks import people
from benchmarks.engines import main

BATCH_ROWS = 1 << 16
SCHEMA = pa.schema(
    [(name, pa.string()) for name in people.TOKENS.values()]
    + [
        ("birth_date", pa.date32()),
        ("country", pa.string()),
        ("signup_at", pa.timestamp("us", "UTC")),
        ("loyalty_points", pa.int64()),
        ("credit_limit", pa.decimal128(12, 2)),
    ]
)
FORMS = {name: re.compile(pattern).fullmatch for name, pattern in people.FORMS.items()}
BORN_FROM, BORN_TO = map(date.fromisoformat, people.BORN)
SIGNED_UP_FROM = datetime.fromisoformat(people.SIGNED_UP_FROM)


def token(value: str) -> str:
    """Return the token of a text."""
    return hmac.digest(people.KEY, value.encode(), "sha256").hex()[: people.TOKEN_LENGTH]


def convert(row: dict[str, str]) -> list[Any] | None:
    """Return the clean values of a row, or None if it breaks a rule."""
    for name, value in row.items():
        if not value:
            if name not in people.OPTIONAL:
                return None
        elif (name in FORMS and not FORMS[name](value)) or (
            name in people.LONGEST and len(value) > people.LONGEST[name]
        ):
            return None
    try:
        born = date.fromisoformat(row["birth_date"])
        signed_up = datetime.fromisoformat(row["signup_at"]).astimezone(UTC)
    except ValueError:
        return None
    points = int(row["loyalty_points"]) if row["loyalty_points"] else None
    credit = Decimal(row["credit_limit"])
    if not (
        BORN_FROM <= born <= BORN_TO
        and signed_up >= SIGNED_UP_FROM
        and 0 <= (points or 0) <= people.MOST_POINTS
        and 0 <= credit <= people.MOST_CREDIT
    ):
        return None
    tokens = [token(row[name]) for name in people.TOKENS]
    return [*tokens, born, row["country"], signed_up, points, credit]


def batches(rows: Iterator[list[Any]]) -> Iterator[pa.RecordBatch]:
    """Yield the rows as columns, a fixed number at a time."""
    while batch := list(islice(rows, BATCH_ROWS)):
        arrays = map(pa.array, zip(*batch, strict=True), SCHEMA.types)
        yield pa.record_batch(list(arrays), schema=SCHEMA)


def run(source: Path, target: Path) -> tuple[int, int]:
    """Read row by row; write 65,536 clean rows at a time."""
    clean = rejected = 0
    with (
        source.open(newline="", encoding="utf-8") as lines,
        (target / "rejected.csv").open("w", newline="", encoding="utf-8") as rejects,
        pq.ParquetWriter(target / "clean.parquet", SCHEMA, compression="zstd") as parquet,
    ):
        reader = csv.reader(lines, strict=True)
        header = next(reader)
        writer = csv.writer(rejects)

        def converted() -> Iterator[list[Any]]:
            nonlocal rejected
            for fields in reader:
                row = dict(zip(header, fields, strict=False))
                values = convert(row) if len(fields) == len(header) else None
                if values:
                    yield values
                else:
                    writer.writerow(fields)
                    rejected += 1

        for batch in batches(converted()):
            parquet.write_batch(batch)
            clean += batch.num_rows
    return clean, rejected


if __name__ == "__main__":
    main(run)
