"""Small files: what a query takes over many of them, and over the same rows once compacted.

``python -m benchmarks.small_files`` processes 2,000 files of 50 customers, compacts them by the
statement of :mod:`lib.contracts.compaction`, and queries both with DuckDB on this machine's disk:
the requests that each file takes in S3 come on top.

Delete it once `docs/decisions/0008-small-files.md` no longer says what small files cost.
"""

import csv
import io
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from benchmarks.engines.processor import FixedKey
from lib.contracts import CONTRACTS, compile_contracts
from lib.contracts.compaction import KEY, VERSION, read_compaction
from lib.contracts.tables import read_tables
from processor.deidentification.pseudonyms import PseudonymKeys
from processor.limits.size import SizeLimit
from processor.transformation import Outputs, Transformation

SAMPLE = CONTRACTS.parent / "samples" / "customers.csv"
ROWS = 50
QUERIES = {
    "two columns": "SELECT country, sum(loyalty_points) FROM files GROUP BY ALL ORDER BY ALL",
    "all columns": "SELECT max(columns(*)) FROM files",
}


class Cost(NamedTuple):
    """What a query took: how many files of how many bytes, and the median of its CPU seconds."""

    query: str
    files: int
    size: int
    seconds: float


def write(folder: Path, number: int) -> None:
    """Write this many files of clean rows, and ``all/one.parquet``, to which they are compacted.

    Raises:
        ValueError: the compacted table does not have the rows of the files.
    """
    header, *rows = csv.reader(io.StringIO(SAMPLE.read_text("utf-8"), newline=""))
    kms: Any = FixedKey()
    contract = compile_contracts(CONTRACTS)["customers"]
    transformation = Transformation(contract, PseudonymKeys(kms, "a"), SizeLimit(1 << 30, ""))
    counts = {}
    for index in range(number):
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        writer.writerow(header)
        for customer in range(index * ROWS, (index + 1) * ROWS):
            row = rows[customer % len(rows)]
            writer.writerow([f"C{customer:08}", row[1], f"{customer}@example.com", *row[3:]])
        name = f"{index}.parquet"
        with (folder / name).open("w+b") as clean:
            source = io.BytesIO(text.getvalue().encode())
            account = transformation.run(source, "a.csv", Outputs(clean, io.BytesIO()))
        counts[name] = account.clean
    compact(folder, counts)


def compact(folder: Path, counts: Mapping[str, int]) -> None:
    """Compact the files of a folder; ``counts`` has the number of clean rows of each.

    Raises:
        ValueError: the table does not have them.
    """
    (table,) = (one for one in read_tables(CONTRACTS) if one.dataset == "customers")
    statements = read_compaction(table, "bucket", "compacted/")
    (folder / "all").mkdir()
    with duckdb.connect() as connection:
        connection.sql("SET TimeZone = 'UTC'")
        files = f"read_parquet('{folder}/*.parquet', filename = true)"
        shown = f"* EXCLUDE (filename), replace(filename, '{folder}', 's3://bucket') AS \"$path\""
        connection.sql(f"CREATE VIEW customers AS FROM {files} SELECT {shown}")
        connection.sql(
            "CREATE TABLE customers_manifests(outcome VARCHAR, "
            "outputs STRUCT(processed STRUCT(key VARCHAR, version_id VARCHAR)), "
            '"rows" STRUCT(clean BIGINT), processed_at VARCHAR)'
        )
        connection.executemany(
            "INSERT INTO customers_manifests VALUES ('processed', "
            "{'processed': {'key': ?, 'version_id': '1'}}, {'clean': ?}, '')",
            [[name, count] for name, count in counts.items()],
        )
        extra = f"'' AS {KEY}, '' AS {VERSION}"
        connection.sql(
            "CREATE TABLE customers_compacted AS "
            f'FROM customers SELECT * EXCLUDE ("$path"), {extra} LIMIT 0'
        )
        connection.execute(statements.merge)
        _, rows, differing = connection.sql(statements.account).fetchall()[0]
        if differing or rows != sum(counts.values()):
            raise ValueError(f"{differing} files have other rows once they are compacted")
        kept = connection.sql(f"FROM customers_compacted SELECT * EXCLUDE ({KEY}, {VERSION})")
        kept.write_parquet(str(folder / "all" / "one.parquet"), compression="zstd")


def measure(folder: Path, rounds: int) -> Iterator[Cost]:
    """Yield what each query takes in the median of some rounds, over many files and over one.

    Raises:
        ValueError: the two have other answers.
    """
    for name, sql in QUERIES.items():
        answers = []
        for place in (folder, folder / "all"):
            files = [*place.glob("*.parquet")]
            took = []
            for _ in range(rounds):
                began = time.process_time()
                with duckdb.connect(config={"threads": 1}) as connection:
                    connection.read_parquet(f"{place}/*.parquet").create_view("files")
                    answer = connection.sql(sql).to_arrow_table()
                took.append(time.process_time() - began)
            answers.append(answer)
            size = sum(file.stat().st_size for file in files)
            yield Cost(name, len(files), size, statistics.median(took))
        if not answers[0].equals(answers[1]):
            raise ValueError(f"{name}: one file has not the rows of all")


def main(number: int = 2_000, rounds: int = 5) -> None:
    """Print the costs."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), number)
        for cost in measure(Path(folder), rounds):
            print(
                f"{cost.query}: {cost.files:6,} files, {cost.size / 1e6:6.2f} MB, "
                f"{cost.seconds * 1_000:8,.0f} ms"
            )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
