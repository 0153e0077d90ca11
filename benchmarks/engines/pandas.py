"""pandas in chunks of 100,000 rows, with ``hmac.digest`` mapped over each column.

A row with too few fields is filled up with nulls; one with too many stops the run, or is dropped
on request. Rejects have no reasons and no lines.

Delete it once nobody would choose pandas for this job, or the project has ended.
"""

import hmac
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks import people
from benchmarks.engines import main

CHUNK_ROWS = 100_000
INSTANT = pa.timestamp("us", "UTC")
CREDIT = pd.ArrowDtype(pa.decimal128(12, 2))


def token(value: str) -> str:
    """Return the token of a text."""
    return hmac.digest(people.KEY, value.encode(), "sha256").hex()[: people.TOKEN_LENGTH]


def check(chunk: pd.DataFrame) -> pd.Series:
    """Tell for each row whether all its values keep the rules."""
    clean = pd.Series(data=True, index=chunk.index)
    for name in chunk.columns:
        value = chunk[name]
        if name in people.FORMS:
            clean &= value.isna() | value.str.fullmatch(people.FORMS[name])
        if name in people.LONGEST:
            clean &= ~(value.str.len() > people.LONGEST[name])
        if name not in people.OPTIONAL:
            clean &= value.notna()
    return clean


def convert(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
    """Return the columns that keep their values, and for each row whether they keep the bounds."""
    values = pd.DataFrame(
        {
            "birth_date": pd.to_datetime(rows["birth_date"], format="%Y-%m-%d", errors="coerce"),
            "country": rows["country"],
            "signup_at": pd.to_datetime(rows["signup_at"], format="ISO8601", utc=True),
            "loyalty_points": rows["loyalty_points"].astype("Int64"),
            "credit_limit": rows["credit_limit"].astype(CREDIT),
        }
    )
    inside = (
        values["birth_date"].between(*people.BORN)
        & (values["signup_at"] >= people.SIGNED_UP_FROM)
        & values["loyalty_points"].fillna(0).between(0, people.MOST_POINTS)
        & values["credit_limit"].between(0, people.MOST_CREDIT)
    )
    return values, inside


def run(source: Path, target: Path) -> tuple[int, int]:
    """Read, check, hash and write chunk by chunk."""
    clean = rejected = 0
    schema = pa.schema(
        [(name, pa.string()) for name in people.TOKENS.values()]
        + [("birth_date", pa.date32()), ("country", pa.string()), ("signup_at", INSTANT)]
        + [("loyalty_points", pa.int64()), ("credit_limit", pa.decimal128(12, 2))]
    )
    with (
        pd.read_csv(
            source, dtype=str, chunksize=CHUNK_ROWS, keep_default_na=False, na_values=[""]
        ) as chunks,
        (target / "rejected.csv").open("w", encoding="utf-8", newline="") as rejects,
        pq.ParquetWriter(target / "clean.parquet", schema, compression="zstd") as parquet,
    ):
        for chunk in chunks:
            formed = check(chunk)
            rows = chunk[formed]
            values, inside = convert(rows)
            rows = rows[inside]
            for position, (name, output) in enumerate(people.TOKENS.items()):
                values.insert(position, output, rows[name].map(token))
            table = pa.Table.from_pandas(values[inside], schema, preserve_index=False)
            parquet.write_table(table)
            bad = chunk.drop(index=rows.index)
            bad.to_csv(rejects, header=False, index=False)
            clean += len(rows)
            rejected += len(bad)
    return clean, rejected


if __name__ == "__main__":
    main(run)
