"""DuckDB, by way of Arrow: for Python's own instants it would need pytz."""

from pathlib import Path

import duckdb

from tests.readers import Found, main


def read(folder: Path) -> Found:
    """Read the files."""
    with duckdb.connect() as connection:
        rows = connection.read_parquet(f"{folder}/*.parquet")
        types = dict(zip(rows.columns, map(str, rows.types), strict=True))
        return Found(types, [tuple(row.values()) for row in rows.to_arrow_table().to_pylist()])


if __name__ == "__main__":
    main(read)
