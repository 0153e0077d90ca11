"""Polars."""

from pathlib import Path

import polars as pl

from tests.readers import Found, main


def read(folder: Path) -> Found:
    """Read the files."""
    frame = pl.read_parquet(folder / "*.parquet")
    types = {name: str(type_) for name, type_ in frame.schema.items()}
    return Found(types, frame.iter_rows())


if __name__ == "__main__":
    main(read)
