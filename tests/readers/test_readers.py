"""Whether tools read the same columns, types and values of what the processor writes.

Each runs in an environment of its own, with what it needs and nothing of the project's.
"""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.readers import Row, values
from tests.unit.synthesis import ROOT

COPIES = 33_000
"""This many rows have several row groups, and dictionaries of values; one of each has none."""


@pytest.fixture(scope="module", name="python")
def install_peers() -> str:
    """The Python that has the tools, where the Makefile installs it."""
    peers = ".cache/peers"
    subprocess.run(
        ["make", "--silent", "--old-file=.venv/.installed", peers], cwd=ROOT, check=True
    )
    return str(ROOT / peers / "bin" / "python")


@pytest.fixture(scope="module", name="rows")
def write_files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, set[Row]]:
    """A folder of files, and the rows of each."""
    folder = tmp_path_factory.mktemp("files")
    return folder, values.write(folder, 1, COPIES)


@pytest.mark.parametrize("tool", values.WORDS)
def test_columns_types_and_values_read_the_same(
    tool: str, python: str, rows: tuple[Path, set[Row]]
) -> None:
    folder, expected = rows
    done = subprocess.run(
        [python, "-m", f"tests.readers.{tool}", folder],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        check=True,
    )
    found = json.loads(done.stdout)
    assert found["types"] == values.types_of(tool)
    assert {tuple(row): count for row, count in found["rows"]} == dict.fromkeys(
        expected, COPIES + 1
    )


PANDAS = """
import pandas
print(pandas.read_parquet(folder)["count"].dtype)
"""
SPARK = """
from pyspark.sql import SparkSession
builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
spark = builder.config("spark.driver.bindAddress", "127.0.0.1").getOrCreate()
for mode in ("EXCEPTION", "CORRECTED"):
    spark.conf.set("spark.sql.parquet.datetimeRebaseModeInRead", mode)
    for column in ("day", "moment"):
        try:
            spark.read.parquet(folder).select(column).write.format("noop").mode("append").save()
            print("read")
        except Exception as error:
            print("READ_ANCIENT_DATETIME" in str(error) and "refused")
spark.stop()
"""
DUCKDB = """
import duckdb
try:
    print(duckdb.read_parquet(folder + "/*.parquet").select("moment").fetchall() and "read")
except duckdb.Error as error:
    print("pytz" in str(error) and "refused")
"""


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        pytest.param(PANDAS, ["float64"], id="pandas makes integers with nulls doubles"),
        pytest.param(SPARK, ["refused", "refused", "read", "read"], id="Spark 3 refuses old days"),
        pytest.param(DUCKDB, ["refused"], id="DuckDB needs pytz"),
    ],
)
def test_what_the_page_warns_of_is_so(
    program: str, expected: list[str], python: str, rows: tuple[Path, set[Row]]
) -> None:
    """`docs/operations.md` says what to write instead."""
    folder, _ = rows
    done = subprocess.run(
        [python, "-c", f"folder = {str(folder)!r}\n{program}"], stdout=subprocess.PIPE, check=True
    )
    assert done.stdout.decode().split() == expected
