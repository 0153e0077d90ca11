"""Compaction: the statements of SQL that keep the rows of many small files in few large ones.

The files of a dataset that its manifests describe are the truth, and an Iceberg table is made to
have exactly their rows. Which files those are is found by a join with the table of manifests: a
list of them would be text in a query, which may have 262,144 bytes.
https://docs.aws.amazon.com/athena/latest/ug/service-limits.html
"""

from dataclasses import dataclass

from lib.contracts import ContractError
from lib.contracts.tables import Table

KEY, VERSION = "source_key", "source_version"
"""The columns that the table has besides the dataset's: which file a row is from."""

BEGAN = ":began"
"""In a statement: the moment of UTC at which the run began, such as 2026-03-01T12:30:00."""

DAY_SECONDS = 24 * 3600
# Files that replaced rows are written anew, with the first; what no query can see any more is kept
# for a day, the shortest that makes sense for a query that runs.
# https://docs.aws.amazon.com/athena/latest/ug/querying-iceberg-creating-tables.html
PROPERTIES = {
    "table_type": "ICEBERG",
    "format": "parquet",
    "write_compression": "zstd",
    "optimize_rewrite_delete_file_threshold": "1",
    "vacuum_max_snapshot_age_seconds": f"{DAY_SECONDS}",
}


@dataclass(frozen=True)
class Compaction:
    """The statements for one dataset. Each may be repeated: it then ends the same.

    Attributes:
        dataset: the dataset.
        drop: removes the table with its data, if there is one.
        create: creates the table, if there is none.
        merge: makes the rows of the table those of the files, all at once. A file is there whole
            or not at all: its rows must be as many as its manifest counts as clean. The rows of a
            version of a file that no manifest describes go, as after a replacement or an erasure,
            and those that are more or fewer than it counts. What was processed since the moment
            that stands for ``BEGAN`` is left to the next run: as a query reads rows and manifests
            at different times, it may have the rows of the version before.
            Columns of a moment have milliseconds, as Athena reads them from the files.
        account: compares the table with the manifests. It answers with one row: the number of
            files, of rows, and of files whose rows differ. It leaves out what was processed since
            ``BEGAN`` too.
        optimize: writes files anew that are small, or of which rows were replaced.
        vacuum: removes the files that no query can see any more.
    """

    dataset: str
    drop: str
    create: str
    merge: str
    account: str
    optimize: str
    vacuum: str


def read_compaction(table: Table, bucket: str, prefix: str) -> Compaction:
    """The statements for the table of a dataset.

    Args:
        table: of the clean rows.
        bucket: the name of the bucket.
        prefix: of what compactions write.

    Raises:
        ContractError: a column has the name of one that tells a row's file.
    """
    names = [column.name for column in table.columns]
    for name in (KEY, VERSION):
        if name in names:
            raise ContractError(
                f"contracts: {table.dataset} has a column {name!r}, and the compacted table needs "
                "one of that name; rename it, or do not compact the dataset."
            )
    return Compaction(
        dataset=table.dataset,
        drop=f"DROP TABLE IF EXISTS {_quoted(table.compacted, '`')}",
        create=_create(table, f"s3://{bucket}/{prefix}{table.dataset}/"),
        merge=_merge(table, f"s3://{bucket}/"),
        account=_account(table),
        # Athena refuses these with quotes, and the name of a dataset needs none.
        # https://github.com/dbt-labs/dbt-athena/pull/191
        optimize=f"OPTIMIZE {table.compacted} REWRITE DATA USING BIN_PACK",
        vacuum=f"VACUUM {table.compacted}",
    )


def _create(table: Table, location: str) -> str:
    columns = [(column.name, column.type) for column in table.columns]
    described = ", ".join(
        f"{_quoted(name, '`')} {type_}"
        for name, type_ in (*columns, (KEY, "string"), (VERSION, "string"))
    )
    properties = ", ".join(f"'{name}' = '{value}'" for name, value in PROPERTIES.items())
    return (
        f"CREATE TABLE IF NOT EXISTS {_quoted(table.compacted, '`')} ({described}) "
        f"LOCATION '{location}' TBLPROPERTIES ({properties})"
    )


def _files(table: Table) -> str:
    """The files that manifests describe."""
    return f"""(
        SELECT outputs.processed.key AS file, outputs.processed.version_id AS version,
            "rows".clean AS clean, processed_at
        FROM {_quoted(table.manifests)}
        WHERE outcome = 'processed' AND outputs.processed.key IS NOT NULL
    )"""


def _compacted(table: Table) -> str:
    """The files whose rows the table has."""
    return f"""(
        SELECT {KEY}, {VERSION}, count(*) AS present
        FROM {_quoted(table.compacted)} GROUP BY {KEY}, {VERSION}
    )"""


def _merge(table: Table, objects: str) -> str:
    """MERGE has no row for a row here: ``is_old`` marks what stands for all rows of a file."""
    names = [_quoted(column.name) for column in table.columns]
    written = [*names, KEY, VERSION]
    same = f"c.{KEY} = m.file AND c.{VERSION} = m.version AND c.present = m.clean"
    return f"""MERGE INTO {_quoted(table.compacted)} AS t
USING (
    SELECT {", ".join(names)}, file AS {KEY}, version AS {VERSION}, false AS is_old
    FROM (
        SELECT {", ".join(f"r.{name}" for name in names)}, m.file, m.version, m.clean,
            count(*) OVER (PARTITION BY m.file) AS present
        FROM {_quoted(table.name)} AS r
        JOIN (
            SELECT m.file, m.version, m.clean
            FROM {_files(table)} AS m
            LEFT JOIN {_compacted(table)} AS c ON {same}
            WHERE c.{KEY} IS NULL AND m.processed_at < '{BEGAN}'
        ) AS m ON r."$path" = concat('{objects}', m.file)
    ) AS n
    WHERE present = clean
    UNION ALL
    SELECT {", ".join("NULL" for _ in names)}, c.{KEY}, c.{VERSION}, true
    FROM {_compacted(table)} AS c
    LEFT JOIN {_files(table)} AS m ON {same}
    WHERE m.file IS NULL
) AS s
ON s.is_old AND t.{KEY} = s.{KEY} AND t.{VERSION} = s.{VERSION}
WHEN MATCHED THEN DELETE
WHEN NOT MATCHED AND NOT s.is_old
    THEN INSERT ({", ".join(written)}) VALUES ({", ".join(f"s.{name}" for name in written)})"""


def _account(table: Table) -> str:
    return f"""SELECT count(DISTINCT c.{KEY}) AS files, coalesce(sum(c.present), 0) AS "rows",
    count(*) FILTER (
        WHERE (m.file IS NULL OR m.processed_at < '{BEGAN}')
        AND (coalesce(c.present, 0) <> coalesce(m.clean, 0) OR c.{VERSION} <> m.version)
    ) AS differing
FROM {_files(table)} AS m
FULL JOIN {_compacted(table)} AS c ON c.{KEY} = m.file"""


def _quoted(name: str, mark: str = '"') -> str:
    """A name as SQL takes it; the definition of a table takes another mark."""
    return mark + name.replace(mark, 2 * mark) + mark
