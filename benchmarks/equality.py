"""Equality: whether two engines made the same clean rows, in whatever order and files.

``python -m benchmarks.equality EXPECTED FOUND`` ends with 1 and a sentence where they did not.

Delete it once no engine is compared with the processor.
"""

import argparse
import json
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

SCHEMA = pa.schema(
    [
        ("customer_token", pa.string()),
        ("email_token", pa.string()),
        ("phone_token", pa.string()),
        ("national_id_token", pa.string()),
        ("birth_date", pa.date32()),
        ("country", pa.string()),
        ("signup_at", pa.timestamp("us", "UTC")),
        ("loyalty_points", pa.int64()),
        ("credit_limit", pa.decimal128(12, 2)),
    ]
)
"""What all make; some write a wider string, or an instant without its zone, and mean the same."""


TOKENS = [name for name in SCHEMA.names if name.endswith("_token")]


def difference(expected: Path, found: Path, *, tokens: bool = True) -> str | None:
    """Say how the outputs in two folders differ, or how all but tokens do; None if they do not."""
    counts, other_counts = (
        json.loads((folder / "rows.json").read_text("utf-8")) for folder in (expected, found)
    )
    if counts != other_counts:
        return f"{counts} rows, and {other_counts}"
    rows, other_rows = (read(folder, tokens=tokens) for folder in (expected, found))
    for table in (rows, other_rows):
        if len(table) != counts["clean"]:
            return f"{counts['clean']} clean rows are reported, and {len(table)} are there"
    for name in rows.column_names:
        if not rows[name].equals(other_rows[name]):
            return f"the column {name} is not the same"
    return None


def read(folder: Path, *, tokens: bool = True) -> pa.Table:
    """Return the clean rows in an order of their values, with tokens or without."""
    names = [name for name in SCHEMA.names if tokens or name not in TOKENS]
    table = pq.read_table(folder / "clean.parquet").select(SCHEMA.names).cast(SCHEMA)
    return table.select(names).sort_by([(name, "ascending") for name in names])


def main() -> None:
    """Compare the folders that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.equality", description=__doc__)
    parser.add_argument("expected", type=Path)
    parser.add_argument("found", type=Path)
    parser.add_argument("--without-tokens", action="store_true", help="tokens may differ")
    options = parser.parse_args()
    differing = difference(options.expected, options.found, tokens=not options.without_tokens)
    sys.exit(
        f"Error: {options.found.name} and {options.expected.name}: {differing}" if differing else 0
    )


if __name__ == "__main__":
    main()
