"""PySpark on one core, with a ``pandas_udf`` for HMAC.

Permissive: a row with too few or too many fields is kept with nulls or without the surplus, unless
one asks for the column of corrupt records, as here. Rejects have no reasons and no lines.

Delete it once nobody would choose Spark for this job, or the project has ended.
"""

import hmac
import operator
import os
import sys
from functools import reduce
from pathlib import Path

import pandas as pd
from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql.column import Column
from pyspark.sql.types import StringType

from benchmarks import people
from benchmarks.data import HEADER
from benchmarks.engines import main


def tokens(values: pd.Series) -> pd.Series:
    """Return the tokens of texts without nulls."""
    return values.map(lambda value: hmac.digest(people.KEY, value.encode(), "sha256").hex()[:32])


def check() -> Column:
    """Tell whether a row keeps the rules."""
    column = F.col
    held = [column("_corrupt_record").isNull()]
    for name in HEADER:
        if name in people.FORMS:
            of_form = column(name).rlike(f"^(?:{people.FORMS[name]})$")
            held.append(column(name).isNull() | of_form)
        if name in people.LONGEST:
            short = F.char_length(column(name)) <= people.LONGEST[name]
            held.append(column(name).isNull() | short)
        if name not in people.OPTIONAL:
            held.append(column(name).isNotNull())
    born, instant, points, credit = kept()
    held += [
        born.between(*(F.lit(day).cast("date") for day in people.BORN)),
        instant >= F.lit(people.SIGNED_UP_FROM).cast("timestamp"),
        column("loyalty_points").isNull() | points.between(0, people.MOST_POINTS),
        credit.between(0, people.MOST_CREDIT),
    ]
    return F.coalesce(reduce(operator.and_, held), F.lit(False))


def kept() -> list[Column]:
    """Return the columns that keep their values, converted, but the country."""
    return [
        F.expr(f"try_cast({name} AS {type_}) AS {name}")
        for name, type_ in (
            ("birth_date", "DATE"),
            ("signup_at", "TIMESTAMP"),
            ("loyalty_points", "BIGINT"),
            ("credit_limit", "DECIMAL(12, 2)"),
        )
    ]


def run(source: Path, target: Path) -> tuple[int, int]:
    """Read, check and write twice, first the clean rows, then the rejected."""
    os.environ["PYSPARK_PYTHON"] = sys.executable
    spark = (
        SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.local.dir", str(target))
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.parquet.compression.codec", "zstd")
        .config("spark.sql.parquet.outputTimestampType", "TIMESTAMP_MICROS")
        .config("spark.sql.execution.arrow.pyspark.enabled", "true")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .getOrCreate()
    )
    schema = ", ".join(f"{name} STRING" for name in (*HEADER, "_corrupt_record"))
    rows = spark.read.csv(
        str(source), schema=schema, header=True, multiLine=True, escape='"', mode="PERMISSIVE"
    ).withColumn("clean", check())
    token = F.pandas_udf(tokens, StringType())
    outputs = [token(name).alias(output) for name, output in people.TOKENS.items()]
    born, *others = kept()
    clean = str(target / "clean.parquet")
    rejected = str(target / "rejected")
    rows.filter("clean").select(*outputs, born, "country", *others).write.parquet(clean)
    rows.filter("NOT clean").drop("clean", "_corrupt_record").write.csv(rejected)
    counts = (
        spark.read.parquet(clean).count(),
        spark.read.csv(rejected, multiLine=True, escape='"').count(),
    )
    # Wait for the Java process, so that whoever waits for this one knows what both took.
    java = spark.sparkContext._gateway.proc  # pylint: disable=protected-access
    spark.stop()
    java.stdin.close()
    java.wait()
    return counts


if __name__ == "__main__":
    main(run)
