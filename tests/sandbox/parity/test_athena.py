"""Queries in the emulator: with whose permissions, over which columns, and with which result."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from processor.bucket.keys import INCOMING, PROCESSED, keys_of
from sandbox.emulator import ACCOUNT, REGION
from tests.sandbox.cloud import Caller, Cloud, allow, unique
from tests.sandbox.lake import COLUMNS, PARQUET, ROWS, Lake, parquet

JSON = {"classification": "json"}


def test_a_table_has_the_columns_and_types_of_the_catalogue(plain: Cloud, parity: Cloud) -> None:
    def probe(cloud: Cloud) -> list[list[str | None]] | str:
        found, rows = (lake := Lake(cloud, COLUMNS, parquet(), PARQUET)).query(
            cloud.client("athena"), ResultConfiguration={"OutputLocation": f"s3://{lake.bucket}/"}
        )
        state: str = found["Status"]["State"]
        return rows() if state == "SUCCEEDED" else state

    expected = [
        [*COLUMNS],
        ["a", "1", "1.50", "2026-03-01 12:30:00", None],
        [None, "2", None, None, None],
    ]
    assert probe(parity) == expected
    assert probe(plain) != expected


def test_a_table_without_files_has_them_too(plain: Cloud, parity: Cloud) -> None:
    columns = {"parts": "struct<inner:struct<name:string>>", "points": "bigint"}
    sql = 'SELECT parts.inner.name, points, "$path" FROM "rows"'

    def probe(cloud: Cloud) -> list[list[str | None]] | str:
        lake = Lake(cloud, columns, b"", PARQUET)
        cloud.client("s3").delete_object(Bucket=lake.bucket, Key="rows/deep/a")
        found, rows = lake.query(cloud.client("athena"), sql)
        return rows() if found["Status"]["State"] == "SUCCEEDED" else "failed"

    assert probe(parity) == [["name", "points", "$path"]]
    assert probe(plain) == "failed"


def test_json_is_read_as_the_table_says(plain: Cloud, parity: Cloud) -> None:
    columns = {"rows": "struct<read:bigint,limit:string>", "reasons": "map<string,bigint>"}
    document = {"rows": {"read": 3, "limit": None}, "reasons": {"Name:required": 2}, "more": 1}
    lines = f"{json.dumps(document)}\n".encode()

    def probe(cloud: Cloud) -> list[list[str | None]] | str:
        sql = "SELECT rows.read, element_at(reasons, 'Name:required')[1] FROM \"rows\""
        found, rows = Lake(cloud, columns, lines, JSON).query(cloud.client("athena"), sql)
        return rows()[1:] if found["Status"]["State"] == "SUCCEEDED" else "failed"

    assert probe(parity) == [["3", "2"]]
    assert probe(plain) == "failed"


def test_a_result_is_where_and_as_the_workgroup_says(plain: Cloud, parity: Cloud) -> None:
    def probe(cloud: Cloud) -> tuple[str, bool, bytes]:
        lake = Lake(cloud, COLUMNS, parquet(), PARQUET)
        elsewhere = {"ResultConfiguration": {"OutputLocation": f"s3://{lake.bucket}/mine/"}}
        sql = 'SELECT name FROM "rows" ORDER BY points'
        lake.query(cloud.client("athena"), sql, **elsewhere)
        s3 = cloud.client("s3")
        keys = [one["Key"] for one in s3.list_objects_v2(Bucket=lake.bucket)["Contents"]]
        (key,) = (one for one in keys if one.endswith(".csv"))
        found = s3.get_object(Bucket=lake.bucket, Key=key)
        own: bool = found.get("SSEKMSKeyId") == lake.key and key.count("/") == 1
        return key.partition("/")[0], own, found["Body"].read()

    assert probe(parity) == ("results", True, b'"name"\n"a"\n\n')
    assert probe(plain) == ("mine", False, b'Name\r\na\r\n""\r\n')


def test_a_row_tells_the_path_of_its_object(plain: Cloud, parity: Cloud) -> None:
    def probe(cloud: Cloud) -> list[list[str | None]] | str:
        lake = Lake(cloud, COLUMNS, parquet(), PARQUET)
        sql = 'SELECT points, "$path" FROM "rows" ORDER BY points'
        found, rows = lake.query(cloud.client("athena"), sql)
        if found["Status"]["State"] != "SUCCEEDED":
            return "failed"
        return [[(path or "").replace(lake.bucket, "*") for path in row] for row in rows()[1:]]

    path = "s3://*/rows/deep/a"
    assert probe(parity) == [["1", path], ["2", path]]
    assert probe(plain) == "failed"


HIDDEN = ["_a", ".a", "_b/a", ".b/a"]


def test_what_looks_hidden_is_not_read_but_its_outputs_are(parity: Cloud) -> None:
    """https://docs.aws.amazon.com/athena/latest/ug/other-notable-limitations.html"""
    lake = Lake(parity, COLUMNS, parquet(), PARQUET)
    for name in HIDDEN:
        output = keys_of(f"{INCOMING}rows/{name}").outputs["processed"].removeprefix(PROCESSED)
        for key in (f"rows/{name}.parquet", output):
            parity.client("s3").put_object(Bucket=lake.bucket, Key=key, Body=parquet())
    _, rows = lake.query(parity.client("athena"), 'SELECT count(*) FROM "rows"')
    assert rows()[1:] == [[str(ROWS.num_rows * (1 + len(HIDDEN)))]]


def test_a_workgroup_must_exist(plain: Cloud, parity: Cloud) -> None:
    def probe(cloud: Cloud) -> str:
        try:
            cloud.client("athena").start_query_execution(
                QueryString="SELECT 1",
                WorkGroup=unique("none"),
                ResultConfiguration={"OutputLocation": f"s3://{cloud.bucket()}/"},
            )
        except ClientError as error:
            return str(error.response["Error"]["Message"])
        return ""

    assert probe(plain) == ""
    assert probe(parity) == "WorkGroup is not found."


def attempt(cloud: Cloud, lake: Lake, without: str, *more: dict[str, Any]) -> str:
    """How a query of a role ends that lacks a permission, or has more."""
    given = [one for name, one in lake.permissions().items() if name != without]
    caller: Caller = cloud.assume(*given, *more)
    try:
        found, rows = lake.query(caller.client("athena"), 'SELECT points FROM "rows"')
        if found["Status"]["State"] != "SUCCEEDED":
            return "failed"
        rows()
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "succeeded"


@pytest.fixture(scope="module", name="lakes")
def make_lakes(plain: Cloud, parity: Cloud) -> tuple[Lake, Lake]:
    """A table in each emulator."""
    columns = {"name": "string", "points": "bigint"}
    one, other = (Lake(cloud, columns, parquet(), PARQUET) for cloud in (plain, parity))
    return one, other


DENIED = "AccessDeniedException"
NEEDED = dict.fromkeys(
    ("catalogue", "database", "table", "list", "read", "locate", "write", "encrypt"), "failed"
)


@pytest.mark.parametrize(("without", "ends"), {**NEEDED, "show": DENIED}.items())
def test_a_query_needs_each_permission_of_who_queries(
    plain: Cloud, parity: Cloud, lakes: tuple[Lake, Lake], without: str, ends: str
) -> None:
    assert attempt(parity, lakes[1], without) == ends
    assert attempt(plain, lakes[0], without, allow("athena:*")) == "succeeded"


def test_a_query_needs_the_permission_of_its_workgroup(
    plain: Cloud, parity: Cloud, lakes: tuple[Lake, Lake]
) -> None:
    assert attempt(parity, lakes[1], "") == "succeeded"
    assert attempt(parity, lakes[1], "workgroup") == DENIED
    assert attempt(plain, lakes[0], "") == DENIED  # it does not know the workgroup of a query


def test_the_catalogue_asks_for_table_database_and_catalogue(
    plain: Cloud, parity: Cloud, lakes: tuple[Lake, Lake]
) -> None:
    def probe(cloud: Cloud, lake: Lake, *without: str) -> str:
        given = lake.permissions()
        caller = cloud.assume(*(given[name] for name in given if name not in without))
        try:
            caller.client("glue").get_table(DatabaseName=lake.database, Name="rows")
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return "ok"

    assert probe(parity, lakes[1]) == "ok"
    for without in ("catalogue", "database", "table"):
        assert probe(parity, lakes[1], without) == DENIED
    assert probe(plain, lakes[0], "catalogue", "table") == "ok"


def test_a_table_is_dropped_only_by_who_may(plain: Cloud, parity: Cloud) -> None:
    def probe(cloud: Cloud) -> str:
        lake = Lake(cloud, {"name": "string"}, parquet(), PARQUET)
        caller = cloud.assume(*lake.permissions().values(), allow("athena:*"))
        state: str = lake.query(caller.client("athena"), 'DROP TABLE "rows"')[0]["Status"]["State"]
        return state

    assert probe(plain) == "SUCCEEDED"
    assert probe(parity) == "FAILED"


UNLOAD = "UNLOAD (SELECT points FROM \"rows\") TO 's3://{bucket}/unloaded/' WITH (format = 'JSON')"


@pytest.mark.parametrize(
    ("sql", "action", "resource"),
    [
        ('CREATE TABLE more AS SELECT points FROM "rows"', "glue:CreateTable", "*"),
        ("CREATE TABLE IF NOT EXISTS {database}.a AS SELECT 1", "glue:CreateTable", "*"),
        (UNLOAD, "s3:PutObject", "arn:aws:s3:::{bucket}/unloaded/*"),
        (
            'INSERT INTO "rows" SELECT * FROM "rows"',
            "s3:PutObject",
            "arn:aws:s3:::{bucket}/rows/*",
        ),
    ],
)
def test_a_query_writes_only_what_its_caller_may_write(
    plain: Cloud, parity: Cloud, lakes: tuple[Lake, Lake], sql: str, action: str, resource: str
) -> None:
    def refusal(cloud: Cloud, lake: Lake, *more: dict[str, Any]) -> str:
        caller = cloud.assume(*lake.permissions().values(), allow("athena:*"), *more)
        names = {"bucket": lake.bucket, "database": lake.database}
        found, _ = lake.query(caller.client("athena"), sql.format(**names))
        return str(found["Status"]["StateChangeReason"])

    needed = f"is not authorized to perform: {action} on resource: arn:aws:"
    assert needed in refusal(parity, lakes[1])
    given = allow(action, resource.format(bucket=lakes[1].bucket))
    assert needed not in refusal(parity, lakes[1], given)
    assert needed not in refusal(plain, lakes[0])


def test_a_workgroup_is_made_and_tagged_by_who_may(plain: Cloud, parity: Cloud) -> None:
    def probe(cloud: Cloud, name: str, *actions: str) -> list[str]:
        arn = f"arn:aws:athena:{REGION}:{ACCOUNT}:workgroup/{name}"
        athena = cloud.assume(allow([f"athena:{action}" for action in actions], arn)).client(
            "athena"
        )
        tags = [{"Key": "a", "Value": "b"}]
        codes = []
        for call, asked in (
            (athena.create_work_group, {"Name": name}),
            (athena.tag_resource, {"ResourceARN": arn, "Tags": tags}),
            (athena.untag_resource, {"ResourceARN": arn, "TagKeys": ["a"]}),
        ):
            try:
                call(**asked)
                codes.append("ok")
            except ClientError as error:
                codes.append(str(error.response["Error"]["Code"]))
        return codes

    actions = ("CreateWorkGroup", "TagResource", "UntagResource")
    assert probe(parity, unique("group"), *actions) == ["ok"] * 3
    assert probe(parity, unique("group"), "GetWorkGroup") == [DENIED] * 3
    assert probe(plain, unique("group"), *actions) == [DENIED] * 3  # it does not know whose
