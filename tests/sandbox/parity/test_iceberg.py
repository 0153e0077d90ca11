"""Iceberg tables in the emulator: what changes them, who may, and what other tables refuse."""

from typing import Any

import pytest

from sandbox.emulator import ACCOUNT, REGION
from tests.sandbox.cloud import Cloud, allow
from tests.sandbox.lake import PARQUET, Lake, parquet

COLUMNS = {"name": "string", "points": "bigint", "at": "timestamp"}
CREATE = (
    "CREATE TABLE IF NOT EXISTS joined (name string, points bigint, `at` timestamp) "
    "LOCATION 's3://{bucket}/joined/' TBLPROPERTIES ('table_type' = 'ICEBERG')"
)
MERGE = """MERGE INTO {table} AS t
USING (SELECT name, points, "at" FROM "rows" WHERE points <= {most}) AS s ON t.points = s.points
WHEN MATCHED THEN DELETE
WHEN NOT MATCHED THEN INSERT (name, points, "at") VALUES (s.name, s.points, s."at")"""
SHOW = 'SELECT name, points, "at" FROM joined ORDER BY points'
OPTIMIZE, VACUUM = "OPTIMIZE {table} REWRITE DATA USING BIN_PACK", "VACUUM {table}"
DROP = "DROP TABLE joined"
FIRST, SECOND = ["a", "1", "2026-03-01 12:30:00"], [None, "2", None]
ENDS = "StateChangeReason"


class Joined:
    """A lake whose queries can create an Iceberg table next to its table."""

    def __init__(self, cloud: Cloud) -> None:
        """Create the lake, and nothing else."""
        self._lake = Lake(cloud, COLUMNS, parquet(), PARQUET)
        self._cloud = cloud
        self.bucket = self._lake.bucket

    def run(self, sql: str, most: int = 1, table: str = "joined", **more: Any) -> str:
        """Run a statement; return why it failed, or nothing."""
        text = sql.format(bucket=self.bucket, most=most, table=table)
        athena = more.get("athena") or self._cloud.client("athena")
        status = self._lake.query(athena, text)[0]["Status"]
        return "" if status["State"] == "SUCCEEDED" else status[ENDS] or "failed"

    def rows(self) -> list[list[str | None]]:
        """The rows of the Iceberg table."""
        _, rows = self._lake.query(self._cloud.client("athena"), SHOW)
        return rows()[1:]

    def keys(self) -> set[str]:
        """The keys of all objects of the Iceberg table."""
        listed = self._cloud.client("s3").list_objects_v2(Bucket=self.bucket, Prefix="joined/")
        return {one["Key"] for one in listed.get("Contents", [])}

    def permissions(self) -> dict[str, dict[str, Any]]:
        """The statements that the steps of an Iceberg table take, each without which one fails."""
        glue = f"arn:aws:glue:{REGION}:{ACCOUNT}:"
        places = [f"{glue}catalog", f"{glue}database/*"]
        table = [*places, f"{glue}table/*/joined"]
        objects, bucket = f"arn:aws:s3:::{self.bucket}/joined/*", f"arn:aws:s3:::{self.bucket}"
        given = self._lake.permissions()
        given.pop("table")
        return {
            **given,
            "source": allow("glue:GetTable", [*places, f"{glue}table/*/rows"]),
            "glue:CreateTable": allow("glue:CreateTable", table),
            "glue:GetTable": allow("glue:GetTable", table),
            "glue:UpdateTable": allow("glue:UpdateTable", table),
            "glue:DeleteTable": allow("glue:DeleteTable", table),
            "s3:GetObject": allow("s3:GetObject", objects),
            "s3:PutObject": allow("s3:PutObject", objects),
            "s3:DeleteObject": allow("s3:DeleteObject", objects),
            "all": allow("s3:ListBucket", bucket, StringLike={"s3:prefix": "joined*"}),
        }


def test_rows_are_merged_at_once(plain: Cloud, parity: Cloud) -> None:
    def probe(cloud: Cloud) -> list[list[list[str | None]]] | str:
        joined = Joined(cloud)
        if refused := joined.run(CREATE):
            return refused
        found = [joined.rows()]
        for most in (1, 2, 2):
            assert not joined.run(MERGE, most)
            found.append(joined.rows())
        assert not joined.run(CREATE)  # again
        assert joined.rows() == found[-1]
        return found

    assert probe(parity) == [[], [FIRST], [SECOND], [FIRST]]
    assert probe(plain) == "NOT_SUPPORTED: Iceberg tables are not supported"


def test_the_rows_of_a_merge_that_fails_stay_as_they_were(parity: Cloud) -> None:
    """Athena refuses a row of the table that several rows match."""
    joined = Joined(parity)
    assert not joined.run(CREATE)
    assert not joined.run(MERGE)
    assert joined.run(MERGE.replace("ON t.points = s.points", "ON true"), 2)
    assert joined.rows() == [FIRST]


@pytest.mark.parametrize("statement", [OPTIMIZE, VACUUM])
def test_maintenance_leaves_the_rows(plain: Cloud, parity: Cloud, statement: str) -> None:
    joined = Joined(parity)
    for sql in (CREATE, MERGE, statement):
        assert not joined.run(sql)
    assert joined.rows() == [FIRST]
    assert Joined(plain).run(statement, table='"rows"')
    assert "mismatched input" in joined.run(statement, table='"joined"')


@pytest.mark.parametrize("statement", [MERGE, OPTIMIZE, VACUUM])
@pytest.mark.parametrize("table", ["rows", "absent"])
def test_only_an_iceberg_table_is_changed(parity: Cloud, statement: str, table: str) -> None:
    assert "is not an Iceberg table" in Joined(parity).run(statement, table=table)


def test_a_table_needs_a_database(parity: Cloud) -> None:
    assert "not found" in Joined(parity).run(CREATE.replace("joined (", "nowhere.joined ("))


def test_a_table_is_dropped_with_its_data(parity: Cloud) -> None:
    joined = Joined(parity)
    for sql in (CREATE, MERGE):
        assert not joined.run(sql)
    assert len(joined.keys()) == 3
    assert not joined.run(DROP)
    assert not joined.keys()
    assert not joined.run(CREATE)
    assert joined.rows() == []


NEEDED = {
    "glue:CreateTable": [CREATE],
    "glue:UpdateTable": [MERGE],
    "glue:GetTable": [MERGE, OPTIMIZE, VACUUM],
    "glue:DeleteTable": [DROP],
    "s3:GetObject": [MERGE],
    "s3:PutObject": [CREATE, MERGE],
    "s3:DeleteObject": [DROP],
}


@pytest.mark.parametrize("without", ["", *NEEDED])
def test_each_change_needs_its_permissions(parity: Cloud, without: str) -> None:
    joined = Joined(parity)
    given = [one for name, one in joined.permissions().items() if name != without]
    athena = parity.assume(*given).client("athena")
    for sql in (CREATE, MERGE, OPTIMIZE, VACUUM, DROP):
        refused = joined.run(sql, athena=athena)
        if sql in NEEDED.get(without, []):
            assert refused
            assert not joined.run(sql)
        else:
            assert not refused, sql
