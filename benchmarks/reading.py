"""Reading: whether other tools read the Parquet that the processor writes.

``python -m benchmarks.reading SOURCE TARGET`` lets each of them read ``clean.parquet`` in a folder
and write its rows into a folder of its own, with the counts, so that they can be compared.

Delete it once the processor writes no Parquet.
"""

import argparse
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
from pyspark.sql import SparkSession


def _with_duckdb(source: Path, target: Path) -> None:
    duckdb.read_parquet(str(source)).write_parquet(str(target))


def _with_pandas(source: Path, target: Path) -> None:
    pd.read_parquet(source, dtype_backend="pyarrow").to_parquet(target)


def _with_polars(source: Path, target: Path) -> None:
    pl.read_parquet(source).write_parquet(target)


def _with_spark(source: Path, target: Path) -> None:
    spark = (
        SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.sql.parquet.outputTimestampType", "TIMESTAMP_MICROS")
        .getOrCreate()
    )
    spark.read.parquet(str(source)).write.parquet(str(target))
    spark.stop()


READERS: dict[str, Callable[[Path, Path], None]] = {
    "duckdb": _with_duckdb,
    "pandas": _with_pandas,
    "polars": _with_polars,
    "spark": _with_spark,
}


def main() -> None:
    """Let each tool read and write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reading", description=__doc__)
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    folders = parser.parse_args()
    for name, copy in READERS.items():
        target = folders.target / name
        target.mkdir()
        copy(folders.source / "clean.parquet", target / "clean.parquet")
        shutil.copy(folders.source / "rows.json", target)


if __name__ == "__main__":
    main()
