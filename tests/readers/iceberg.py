"""PyIceberg: the files become those of an Iceberg table, as they are."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow.parquet as pq
from pyiceberg.catalog.memory import InMemoryCatalog

from tests.readers import Found, main


def read(folder: Path) -> Found:
    """Make a table of the files' own schema, add the files to it, and read it."""
    files = sorted(map(str, folder.glob("*.parquet")))
    with TemporaryDirectory() as warehouse:
        catalog = InMemoryCatalog("memory", warehouse=f"file://{warehouse}")
        catalog.create_namespace("pipeline")
        table = catalog.create_table("pipeline.clean", pq.read_schema(files[0]))
        table.add_files(files)
        rows = [tuple(row.values()) for row in table.scan().to_arrow().to_pylist()]
        types = {one.name: str(one.field_type) for one in table.schema().fields}
        catalog.close()
    return Found(types, rows)


if __name__ == "__main__":
    main(read)
