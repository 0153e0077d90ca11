"""A table of an emulator to query, and a workgroup to query it in."""

import io
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sandbox.emulator import ACCOUNT, REGION
from tests.patience import Wait, wait_for
from tests.sandbox.cloud import Cloud, allow, unique

QUERY = Wait(30)
MOMENT = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
PARQUET = {"classification": "parquet"}
COLUMNS = {
    "name": "string",
    "points": "bigint",
    "amount": "decimal(12,2)",
    "at": "timestamp",
    "missing": "string",
}
ROWS = pa.table(
    {
        "Name": ["a", None],
        "points": [1, 2],
        "amount": pa.array([Decimal("1.50"), None], pa.decimal128(12, 2)),
        "at": pa.array([MOMENT, None], pa.timestamp("us", "UTC")),
        "other": ["x", "y"],
    }
)


class Lake:
    """A table of an emulator, and a workgroup that enforces where results go.

    Attributes:
        bucket, database, group: their names.
        key: the ARN of the key of results.
    """

    def __init__(
        self, cloud: Cloud, columns: Mapping[str, str], content: bytes, kind: dict[str, str]
    ) -> None:
        """Create the table ``rows`` over an object."""
        self._cloud = cloud
        self.key, self.bucket = cloud.key(), cloud.bucket()
        cloud.client("s3").put_object(Bucket=self.bucket, Key="rows/deep/a", Body=content)
        self.database, self.group = unique("lake").replace("-", "_"), unique("group")
        glue = cloud.client("glue")
        glue.create_database(DatabaseInput={"Name": self.database})
        stored = {
            "Location": f"s3://{self.bucket}/rows/",
            "Columns": [{"Name": name, "Type": type_} for name, type_ in columns.items()],
        }
        table = {"Name": "rows", "Parameters": kind, "StorageDescriptor": stored}
        glue.create_table(DatabaseName=self.database, TableInput=table)
        encryption = {"EncryptionOption": "SSE_KMS", "KmsKey": self.key}
        cloud.client("athena").create_work_group(
            Name=self.group,
            Configuration={
                "EnforceWorkGroupConfiguration": True,
                "ResultConfiguration": {
                    "OutputLocation": f"s3://{self.bucket}/results/",
                    "EncryptionConfiguration": encryption,
                },
            },
        )

    def permissions(self) -> dict[str, dict[str, Any]]:
        """The statements that a query takes, each without which it fails."""
        glue = f"arn:aws:glue:{REGION}:{ACCOUNT}:"
        bucket = f"arn:aws:s3:::{self.bucket}"
        via = {"ForAnyValue:StringEquals": {"aws:CalledVia": "athena.amazonaws.com"}}
        athena = f"arn:aws:athena:{REGION}:{ACCOUNT}:workgroup/{self.group}"
        through = {"StringEquals": {"kms:ViaService": f"s3.{REGION}.amazonaws.com"}}
        return {
            "workgroup": allow("athena:*", athena),
            "catalogue": allow("glue:GetTable", f"{glue}catalog"),
            "database": allow("glue:GetTable", f"{glue}database/{self.database}"),
            "table": allow("glue:GetTable", f"{glue}table/{self.database}/rows"),
            "list": allow("s3:ListBucket", bucket, StringLike={"s3:prefix": "rows/*"}),
            "read": allow("s3:GetObject", f"{bucket}/rows/*"),
            "locate": allow("s3:GetBucketLocation", bucket, **via),
            "write": allow("s3:PutObject", f"{bucket}/results/*", **via),
            "encrypt": allow("kms:GenerateDataKey", self.key, **through),
            "show": allow(["s3:GetObject"], f"{bucket}/results/*"),
        }

    def query(
        self, athena: Any, sql: str = 'SELECT * FROM "rows"', **more: Any
    ) -> tuple[dict[str, Any], Callable[[], list[list[str | None]]]]:
        """How a query ended, and what gets its rows."""
        started = athena.start_query_execution(
            QueryString=sql,
            WorkGroup=self.group,
            QueryExecutionContext={"Database": self.database},
            **more,
        )
        asked = {"QueryExecutionId": started["QueryExecutionId"]}

        def ended() -> dict[str, Any] | None:
            found: dict[str, Any] = athena.get_query_execution(**asked)["QueryExecution"]
            return None if found["Status"]["State"] in ("QUEUED", "RUNNING") else found

        def rows() -> list[list[str | None]]:
            found = athena.get_query_results(**asked)["ResultSet"]["Rows"]
            return [[one.get("VarCharValue") for one in row["Data"]] for row in found]

        return wait_for("query", ended, QUERY), rows


def parquet() -> bytes:
    """A file of some rows."""
    file = io.BytesIO()
    pq.write_table(ROWS, file)
    return file.getvalue()
