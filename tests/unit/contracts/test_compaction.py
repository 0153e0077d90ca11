"""The statements of a compaction, run over tables of files, manifests and what is compacted."""

from collections.abc import Iterator
from dataclasses import asdict

import duckdb
import pytest

from lib.contracts import CONTRACTS, ContractError
from lib.contracts.compaction import BEGAN, KEY, VERSION, Compaction, read_compaction
from lib.contracts.tables import Table, TableColumn, read_tables

MOST_BYTES = 262_144
"""Of a query: https://docs.aws.amazon.com/athena/latest/ug/service-limits.html"""

NOW = "2026-03-02T00:00:00"


def table(*names: str) -> Table:
    """A table with columns of text."""
    columns = tuple(TableColumn(name, "string", "", "internal") for name in names)
    return Table("some-sales", "", columns)


def compaction(*names: str) -> Compaction:
    """The statements for a table with these columns."""
    return read_compaction(table(*names), "a-bucket", "compacted/")


SALES = compaction("item")


class Lake:
    """The tables of a dataset, with the files in them."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Create the tables."""
        self._connection = connection
        connection.execute('CREATE TABLE some_sales(item VARCHAR, "$path" VARCHAR)')
        connection.execute(
            f"CREATE TABLE some_sales_compacted(item VARCHAR, {KEY} VARCHAR, {VERSION} VARCHAR)"
        )
        connection.execute(
            "CREATE TABLE some_sales_manifests(outcome VARCHAR, "
            "outputs STRUCT(processed STRUCT(key VARCHAR, version_id VARCHAR)), "
            '"rows" STRUCT(clean BIGINT), processed_at VARCHAR)'
        )

    def write(
        self,
        name: str,
        *items: str,
        version: str = "1",
        clean: int | None = None,
        at: str = "2026-03-01T12:30:00Z",
    ) -> None:
        """Write a file, and its manifest, in place of others of that name."""
        key = f"processed/some-sales/{name}.parquet"
        path = f"s3://a-bucket/{key}"
        self._connection.execute('DELETE FROM some_sales WHERE "$path" = ?', [path])
        for item in items:
            self._connection.execute("INSERT INTO some_sales VALUES (?, ?)", [item, path])
        self.forget(name)
        self._connection.execute(
            "INSERT INTO some_sales_manifests VALUES ('processed', "
            "{'processed': {'key': ?, 'version_id': ?}}, {'clean': ?}, ?)",
            [key, version, len(items) if clean is None else clean, at],
        )

    def forget(self, name: str) -> None:
        """Remove a file's manifest, as if the file were refused."""
        key = f"processed/some-sales/{name}.parquet"
        self._connection.execute(
            "DELETE FROM some_sales_manifests WHERE outputs.processed.key = ?", [key]
        )

    def merge(self) -> list[tuple[str, str]]:
        """Compact, and return the items with the versions of their files."""
        self._connection.execute(SALES.merge.replace(BEGAN, NOW))
        found = self._connection.execute(
            f"SELECT item, {VERSION} FROM some_sales_compacted ORDER BY ALL"
        )
        return found.fetchall()

    def account(self) -> tuple[int, int, int]:
        """The numbers of files, rows, and files that differ."""
        found = self._connection.execute(SALES.account.replace(BEGAN, NOW)).fetchone()
        assert found
        files, rows, differing = found
        return files, rows, differing

    def forge(self, item: str, name: str, version: str = "1") -> None:
        """Put a row into the compacted table."""
        key = f"processed/some-sales/{name}.parquet"
        self._connection.execute(
            "INSERT INTO some_sales_compacted VALUES (?, ?, ?)", [item, key, version]
        )


@pytest.fixture(name="lake")
def make_lake() -> Iterator[Lake]:
    """A lake without files."""
    with duckdb.connect() as connection:
        yield Lake(connection)


def test_it_begins_with_nothing(lake: Lake) -> None:
    assert lake.merge() == []
    assert lake.account() == (0, 0, 0)


def test_every_file_is_there_once(lake: Lake) -> None:
    lake.write("it's", "a", "a")
    lake.write("b", "b")
    lake.write("empty")
    for _ in range(2):
        assert lake.merge() == [("a", "1"), ("a", "1"), ("b", "1")]
        assert lake.account() == (2, 3, 0)


def test_a_newer_version_replaces_the_rows_of_the_older(lake: Lake) -> None:
    """As after a file of the same name, a replay or an erasure."""
    lake.write("a", "a", "b", "c")
    lake.write("b", "d")
    lake.merge()
    lake.write("a", "a", "c", version="2")
    assert lake.account()[2] == 1
    assert lake.merge() == [("a", "2"), ("c", "2"), ("d", "1")]
    assert lake.account() == (2, 3, 0)
    lake.write("a", version="3")
    assert lake.merge() == [("d", "1")]
    assert lake.account() == (1, 1, 0)


def test_what_no_manifest_describes_goes(lake: Lake) -> None:
    lake.write("a", "a")
    lake.write("b", "b")
    lake.merge()
    lake.forget("a")
    assert lake.account()[2] == 1
    assert lake.merge() == [("b", "1")]


@pytest.mark.parametrize("clean", [1, 3])
def test_a_file_is_there_whole_or_not_at_all(lake: Lake, clean: int) -> None:
    lake.write("a", "a", "b", clean=clean)
    lake.write("b", "c")
    assert lake.merge() == [("c", "1")]
    assert lake.account() == (1, 1, 1)


def test_an_older_version_stays_until_the_newer_is_whole(lake: Lake) -> None:
    lake.write("a", "a")
    lake.merge()
    lake.write("a", "b", "c", version="2", clean=3)
    assert lake.merge() == []
    assert lake.account()[2] == 1


def test_the_account_leaves_out_what_was_processed_since(lake: Lake) -> None:
    lake.write("a", "a")
    lake.merge()
    lake.write("a", "b", version="2", at=f"{NOW}Z")
    lake.write("b", "c", at="2026-03-02T00:00:01Z")
    assert lake.account() == (1, 1, 0)


def test_what_was_processed_since_waits_for_the_next_run(lake: Lake) -> None:
    """Its rows may have been read before its manifest: they are perhaps of the version before."""
    lake.write("a", "a")
    lake.write("b", "b")
    lake.merge()
    lake.write("a", "c", version="2", at=f"{NOW}Z")
    lake.write("d", "d", at="2026-03-02T00:00:01Z")
    assert lake.merge() == [("b", "1")]
    assert lake.account() == (1, 1, 0)


@pytest.mark.parametrize("forged", ["a", "forged"])
def test_rows_that_were_added_to_a_file_go(lake: Lake, forged: str) -> None:
    """As when two runs at the same time have each inserted it."""
    lake.write("a", "a")
    lake.write("b", "b")
    lake.merge()
    lake.forge(forged, "a")
    assert lake.account()[2] == 1
    assert lake.merge() == [("a", "1"), ("b", "1")]
    assert lake.account() == (2, 2, 0)


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize("name", ["a", "other"])
def test_the_account_finds_rows_that_are_from_no_file(lake: Lake, name: str, version: str) -> None:
    lake.write("a", "a")
    lake.merge()
    lake.forge("forged", name, version)
    assert lake.account()[2] == 1


def test_the_definition_has_all_columns() -> None:
    statements = compaction("item", "a`b")
    assert statements.create.startswith(
        "CREATE TABLE IF NOT EXISTS `some_sales_compacted` (`item` string, `a``b` string, "
        "`source_key` string, `source_version` string) "
        "LOCATION 's3://a-bucket/compacted/some-sales/' TBLPROPERTIES ('table_type' = 'ICEBERG', "
    )
    assert statements.drop == "DROP TABLE IF EXISTS `some_sales_compacted`"


def test_what_tidies_up_quotes_no_name() -> None:
    """Athena refuses a quoted one."""
    assert SALES.optimize == "OPTIMIZE some_sales_compacted REWRITE DATA USING BIN_PACK"
    assert SALES.vacuum == "VACUUM some_sales_compacted"


def test_a_query_fits_however_many_files_there_are() -> None:
    for one in read_tables(CONTRACTS):
        statements = asdict(read_compaction(one, "b" * 63, "compacted/"))
        assert max(len(text.encode()) for text in statements.values()) < MOST_BYTES / 20


@pytest.mark.parametrize("name", [KEY, VERSION])
def test_a_column_with_a_name_of_its_own_is_refused(name: str) -> None:
    with pytest.raises(ContractError, match=f"some-sales has a column '{name}'.*rename it"):
        compaction("item", name)
