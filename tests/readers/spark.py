"""Spark, on one core."""

from pathlib import Path

from pyspark.sql import SparkSession

from tests.readers import Found, main


def read(folder: Path) -> Found:
    """Read the files; Spark 4 knows that dates of any age are of the calendar of today."""
    spark = (
        SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.sql.session.timeZone", "UTC")
        .getOrCreate()
    )
    frame = spark.read.parquet(str(folder))
    rows = [tuple(row.values()) for row in frame.toArrow().to_pylist()]
    spark.stop()
    return Found(dict(frame.dtypes), rows)


if __name__ == "__main__":
    main(read)
