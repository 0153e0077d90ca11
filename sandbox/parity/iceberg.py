"""Iceberg tables of Athena: MiniStack has none.

A table here is the rows of one Parquet object. Its metadata object names that object and is no
Iceberg metadata, so nothing but the emulator's Athena reads the table. There are no snapshots:
OPTIMIZE and VACUUM have nothing to do, and what a change replaced stays until the table is
dropped.

Delete each of these once MiniStack itself does this:

- ``tables_with_their_rows``: creates an Iceberg table, and drops one with its data;
- ``current_rows``: reads what the table has now, and not all objects at its location;
- ``changes_of_rows``: changes rows by MERGE INTO, and refuses what needs an Iceberg table for
  any other.
"""

import asyncio
import json
import shutil
import tempfile
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
from ministack.services import athena, glue, s3
from ministack.services.athena import _create_table_input as table_input
from ministack.services.athena import _Cursor as Cursor
from ministack.services.athena import _DropTable as DropTable
from ministack.services.athena import _sql_list as sql_list
from ministack.services.glue import _tables as tables
from ministack.services.s3 import _buckets as buckets

from sandbox.parity.athena import RefusedError, arn_of, named, need, place_of, without_rows
from sandbox.parity.correction import Function, replaces

METADATA = "metadata_location"
NOTHING: dict[str, Any] = {"columns": [], "rows": [], "column_types": []}
"""The answer to a statement without a result."""

MAINTENANCE = (("optimize",), ("vacuum",))


def is_iceberg(table: dict[str, Any]) -> bool:
    """Whether a table of the catalogue is one."""
    return bool((table.get("Parameters") or {}).get("table_type", "").upper() == "ICEBERG")


@replaces(athena, "_run_ddl")
def tables_with_their_rows(original: Function, statement: Any, database: str) -> Any:
    """Create an Iceberg table, or drop one and remove all of its data.

    https://docs.aws.amazon.com/athena/latest/ug/querying-iceberg-creating-tables.html
    https://docs.aws.amazon.com/athena/latest/ug/querying-iceberg-drop-table.html
    """
    name = f"{statement.database or database}/{statement.table}"
    known = tables.get(name)
    if isinstance(statement, DropTable):
        if known and is_iceberg(known):
            need("glue:DeleteTable", arn_of("glue", f"table/{name}"))
            _remove(known["StorageDescriptor"]["Location"])
        return original(statement, database)
    if not statement.iceberg:
        return original(statement, database)
    if known and statement.if_not_exists:
        return NOTHING
    need("glue:CreateTable", arn_of("glue", f"table/{name}"))
    described = {**table_input(statement), "Parameters": {"table_type": "ICEBERG"}}
    location = described["StorageDescriptor"]["Location"]
    described["Parameters"][METADATA] = _write(location, "metadata", b'{"rows": null}')
    create = vars(glue)["_create_table"]
    status, _, body = create({"DatabaseName": name.partition("/")[0], "TableInput": described})
    if status >= 300:
        raise RefusedError(json.loads(body)["message"])
    return NOTHING


def _remove(location: str) -> None:
    bucket, prefix = place_of(location)
    for key in [key for key in buckets[bucket]["objects"] if key.startswith(f"{prefix}/")]:
        need("s3:DeleteObject", f"arn:aws:s3:::{bucket}/{key}")
        vars(s3)["_delete_object"](bucket, key)


def _write(location: str, folder: str, content: bytes) -> str:
    """Write an object of a table as who queries, and return its URI."""
    bucket, prefix = place_of(location)
    ending = "metadata.json" if folder == "metadata" else "parquet"
    key = f"{prefix}/{folder}/{uuid.uuid4()}.{ending}"
    need("s3:PutObject", f"arn:aws:s3:::{bucket}/{key}")
    status, *_ = vars(s3)["_put_object"](bucket, key, content, {})
    if status >= 300:
        raise RefusedError(f"Access denied when writing output to url: s3://{bucket}/{key}")
    return f"s3://{bucket}/{key}"


@replaces(athena, "_table_relation")
def current_rows(original: Function, table: dict[str, Any], files: list[str]) -> Any:
    """Read the object that the table's metadata name."""
    if not is_iceberg(table):
        return original(table, files)
    by_name = {Path(file).name: file for file in files}
    metadata = by_name[Path(table["Parameters"][METADATA]).name]
    rows = json.loads(Path(metadata).read_text("utf-8"))["rows"]
    if rows is None:
        return without_rows(table)
    return f"(FROM read_parquet({sql_list([by_name[rows]])}))"


@replaces(athena, "_run_duckdb")
async def changes_of_rows(
    original: Function, query: str, database: str, *catalog: Any
) -> dict[str, Any]:
    """Change rows of an Iceberg table by MERGE INTO, with the permissions of who queries.

    Athena's MERGE, OPTIMIZE and VACUUM are for Iceberg tables only.
    https://docs.aws.amazon.com/athena/latest/ug/merge-into-statement.html
    https://docs.aws.amazon.com/athena/latest/ug/optimize-statement.html
    https://docs.aws.amazon.com/athena/latest/ug/vacuum-statement.html

    The last two take no name in double quotes.
    https://github.com/dbt-labs/dbt-athena/pull/191
    """
    cursor = Cursor(query)
    merges = cursor.keywords("merge", "into")
    if not merges and not any(cursor.keywords(*words) for words in MAINTENANCE):
        answer: dict[str, Any] = await original(query, database, *catalog)
        return answer
    if not merges and '"' in query:
        raise RefusedError("FAILED: ParseException mismatched input '\"'")
    name = "/".join(named(cursor, database))
    need("glue:GetTable", arn_of("glue", f"table/{name}"))
    if name not in tables or not is_iceberg(tables[name]):
        raise RefusedError(f"NOT_SUPPORTED: {name} is not an Iceberg table")
    if merges:
        await _merge(query, database, tables[name])
    return NOTHING


async def _merge(query: str, database: str, table: dict[str, Any]) -> None:
    name = table["Name"]
    rewrite = vars(athena)["_rewrite_data_paths"]
    kept, _, folders = await rewrite(f'FROM "{name}"', database)
    changed, _, others = await rewrite(query, database)
    try:
        statements = (f'CREATE TABLE "{name}" AS {kept}', changed)
        rows = await asyncio.to_thread(_run, statements, name)
    finally:
        for folder in (*folders, *others):
            shutil.rmtree(folder)
    location = table["StorageDescriptor"]["Location"]
    written = Path(_write(location, "data", rows)).name
    metadata = _write(location, "metadata", json.dumps({"rows": written}).encode())
    need("glue:UpdateTable", arn_of("glue", f"table/{table['DatabaseName']}/{name}"))
    table["Parameters"][METADATA] = metadata


def _run(statements: Sequence[str], name: str) -> bytes:
    """Run statements, and return the rows that a table then has, as Parquet."""
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        for statement in statements:
            connection.execute(statement)
        file = Path(folder) / "rows.parquet"
        connection.table(f'"{name}"').write_parquet(str(file), compression="zstd")
        return file.read_bytes()
