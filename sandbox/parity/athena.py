"""Athena and its catalogue: whose permissions a query needs, and where its result goes.

Delete each of these once MiniStack itself does this:

- ``resource_of_a_request``: checks a request about a query on the query's workgroup;
- ``resources_above``: checks a request about a table on its database and the catalogue too;
- ``enforced_settings``: lets a workgroup's settings override those of a request;
- ``tables_need_permission``: reads the catalogue with the permissions of whoever queries;
- ``changes_need_permission``: changes the catalogue with them;
- ``writes_need_permission``: writes what a query selects with them;
- ``data_need_permission``: reads the data with them;
- ``columns_of_a_table``: reads the columns that the table has, as its types, and ``"$path"``;
- ``columns_of_no_files``: has these columns and types for a table without files, too;
- ``uri_is_text``: leaves URIs in a query as they are;
- ``result_of_a_query``: writes the result with them, encrypted, where Athena writes it;
- ``result_needs_permission``: shows a result only to those who may read its object.
"""

import contextvars
import json
import re
from typing import Any
from urllib.parse import urlparse

import pyarrow.parquet as pq
from ministack.core import iam_actions
from ministack.core import iam_evaluator as iam
from ministack.core.responses import error_response_json, get_account_id, get_region
from ministack.services import athena, s3
from ministack.services.athena import _Cursor as Cursor
from ministack.services.athena import _data_format as format_of
from ministack.services.athena import _DropTable as DropTable
from ministack.services.athena import _executions as executions
from ministack.services.athena import _sql_list as sql_list
from ministack.services.athena import _table_references as references
from ministack.services.athena import _workgroups as workgroups
from ministack.services.glue import _tables as tables
from ministack.services.s3 import _buckets as buckets

from sandbox.parity.correction import Function, replaces
from sandbox.parity.kms import caller
from sandbox.parity.policies import CALLED_VIA, KEY_HEADER, Request, also_checks
from sandbox.parity.s3_encryption import ALGORITHM_HEADER, decryption

SERVICE = "athena.amazonaws.com"
OF_QUERIES = ("GetQueryExecution", "GetQueryResults", "StopQueryExecution")
UNLOADED = re.compile(r"\)\s*TO\s*'([^']*)'", re.IGNORECASE)
TYPES = {
    "string": "VARCHAR",
    "boolean": "BOOLEAN",
    "bigint": "BIGINT",
    "double": "DOUBLE",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
}
"""DuckDB's simple types by Athena's name."""

COPIES = "ministack-athena-"
"""How the names of the folders begin into which MiniStack copies the objects of a table."""

PATH = '"$path"'
"""The hidden column of Athena's with the URI of a row's object."""

asks_for_paths = contextvars.ContextVar("asks_for_paths", default=False)
"""Whether the query being run names that column. Here ``*`` then has it too."""


class RefusedError(Exception):
    """Whoever queries cannot do what the query needs: it fails with the message."""


def arn_of(service: str, resource: str) -> str:
    """The ARN of a resource of the account and region being served."""
    return f"arn:aws:{service}:{get_region()}:{get_account_id()}:{resource}"


@replaces(iam_actions, "extract_resource_arn")
def resource_of_a_request(original: Function, service: str, *request: Any) -> Any:
    """Check a request on the workgroup of its query, or on the database or table it names.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonathena.html
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsglue.html
    """
    if service not in ("athena", "glue"):
        return original(service, *request)
    _method, _path, headers, body, *_ = request
    action, sent = headers.get("x-amz-target", "").rpartition(".")[2], json.loads(body or b"{}")
    if service == "athena":
        return _resource_in_athena(action, sent) or original(service, *request)
    database, table = sent.get("DatabaseName"), sent.get("Name")
    if action.endswith("Table"):
        table = (sent.get("TableInput") or {}).get("Name", table)
        return arn_of("glue", f"table/{database}/{table}")
    if action == "GetDatabase":
        return arn_of("glue", f"database/{table}")
    return original(service, *request)


def _resource_in_athena(action: str, sent: dict[str, Any]) -> str | None:
    """Where MiniStack does not find it: it looks for the name of a workgroup in ``WorkGroup``."""
    if action in OF_QUERIES:
        query = executions.get(sent.get("QueryExecutionId")) or {}
        return arn_of("athena", f"workgroup/{query.get('WorkGroup', 'primary')}")
    if action == "StartQueryExecution":
        return arn_of("athena", f"workgroup/{sent.get('WorkGroup', 'primary')}")
    if action == "CreateWorkGroup":
        return arn_of("athena", f"workgroup/{sent.get('Name')}")
    if action == "GetDataCatalog":
        return arn_of("athena", f"datacatalog/{sent.get('Name')}")
    return sent.get("ResourceARN")  # of tags


@also_checks
def resources_above(request: Request) -> Any:
    """Require a permission on a table for its database and the catalogue too.

    https://docs.aws.amazon.com/glue/latest/dg/glue-specifying-resource-arns.html
    """
    context = request.context
    kind, _, name = context.resource_arn.rpartition(":")[2].partition("/")
    if request.service != "glue" or kind != "table":
        return None
    principal = request.principal
    for above in (f"database/{name.partition('/')[0]}", "catalog"):
        asked = iam.EvalContext(**{**vars(context), "resource_arn": arn_of("glue", above)})
        if principal.policies is None:  # the account's root user
            continue
        result = iam.evaluate(asked, principal.policies, *principal.limits)
        if result.decision != "Allow":
            result.principal_arn = principal.arn
            return result
    return None


@replaces(athena, "_start_query_execution")
def enforced_settings(original: Function, asked: dict[str, Any]) -> Any:
    """Override the result's location and encryption of a request, and refuse unknown workgroups.

    https://docs.aws.amazon.com/athena/latest/ug/workgroups-settings-override.html
    """
    group = workgroups.get(asked.get("WorkGroup", "primary"))
    if group is None:
        return error_response_json("InvalidRequestException", "WorkGroup is not found.", 400)
    if group["Configuration"].get("EnforceWorkGroupConfiguration"):
        asked = {name: value for name, value in asked.items() if name != "ResultConfiguration"}
    return original(asked)


def need(action: str, arn: str, **conditions: str) -> None:
    """Do nothing if who queries may do something through Athena.

    Athena acts with the caller's permissions, and conditions see ``aws:CalledVia``.
    https://docs.aws.amazon.com/athena/latest/ug/security-iam-athena-calledvia.html

    Raises:
        RefusedError: they cannot.
    """
    denied = iam.enforce(
        caller.get(),
        action,
        action.partition(":")[0],
        get_region(),
        resource_arn=arn,
        service_context={CALLED_VIA: SERVICE, **conditions},
    )
    if denied:
        who = getattr(denied, "principal_arn", "") or "The caller"
        raise RefusedError(
            f"Insufficient permissions to execute the query. User: {who} is not authorized to "
            f"perform: {action} on resource: {arn}"
        )


@replaces(athena, "_rewrite_data_paths")
def tables_need_permission(
    original: Function, query: str, database: str, catalog: str | None = None
) -> Any:
    """Require ``glue:GetTable`` on each table of a query, its database and the catalogue.

    MiniStack takes UNNEST, which follows a comma or a join as tables do, for one of them.
    https://docs.aws.amazon.com/athena/latest/ug/fine-grained-access-to-glue-resources.html
    """
    for found in references(query):
        if found.table.lower() == "unnest":
            continue
        need("glue:GetTable", arn_of("glue", f"table/{found.database or database}/{found.table}"))
    asks_for_paths.set(PATH in query)
    return original(query, database, catalog)


@replaces(athena, "_run_ddl")
def changes_need_permission(original: Function, statement: Any, database: str) -> Any:
    """Require a permission to create or delete a table."""
    verb = "Delete" if isinstance(statement, DropTable) else "Create"
    table = f"table/{statement.database or database}/{statement.table}"
    need(f"glue:{verb}Table", arn_of("glue", table))
    return original(statement, database)


@replaces(athena, "_run_duckdb")
def writes_need_permission(original: Function, query: str, database: str, *more: Any) -> Any:
    """Require a permission to write what a query selects: to a place, or to a table, new or not.

    MiniStack then writes nothing.
    https://docs.aws.amazon.com/athena/latest/ug/unload.html
    https://docs.aws.amazon.com/athena/latest/ug/ctas.html
    https://docs.aws.amazon.com/athena/latest/ug/insert-into.html
    """
    cursor = Cursor(query)
    if cursor.keywords("unload"):
        for location in UNLOADED.findall(query):
            _need_to_write(location)
    elif cursor.keywords("create", "table"):
        cursor.keywords("if", "not", "exists")
        need("glue:CreateTable", arn_of("glue", f"table/{'/'.join(named(cursor, database))}"))
    elif cursor.keywords("insert", "into"):
        _need_to_write(tables["/".join(named(cursor, database))]["StorageDescriptor"]["Location"])
    return original(query, database, *more)


def named(cursor: Any, database: str) -> tuple[str, str]:
    """The database and the table that are named next."""
    of, table = cursor.dotted_name(2)
    return of or database, table


def _need_to_write(location: str) -> None:
    bucket, prefix = place_of(location)
    need("s3:PutObject", f"arn:aws:s3:::{bucket}/{prefix}")


@replaces(athena, "_materialize_table_files")
def data_need_permission(original: Function, location: str, folders: list[str]) -> Any:
    """Require that who queries may list the objects of a table, read them and use their keys.

    https://docs.aws.amazon.com/athena/latest/ug/s3-permissions.html
    """
    bucket, prefix = place_of(f"{location.rstrip('/')}/")
    need("s3:ListBucket", f"arn:aws:s3:::{bucket}", **{"s3:prefix": prefix})
    for key, stored in (buckets.get(bucket) or {"objects": {}})["objects"].items():
        if key.startswith(prefix):
            need("s3:GetObject", f"arn:aws:s3:::{bucket}/{key}")
            if decryption(stored, bucket, key):
                raise RefusedError(f"Permission denied on S3 path: s3://{bucket}/{key}")
    return original(location, folders)


@replaces(athena, "_table_relation")
def columns_of_a_table(original: Function, table: dict[str, Any], files: list[str]) -> Any:
    """Read the columns of a table by their names, as its types; what a file lacks is null.

    Where the query asks for them, rows have the URI of their object.
    https://docs.aws.amazon.com/athena/latest/ug/querying-finding-source-s3.html

    MiniStack reads what the files have. JSON is one document to a line.
    https://docs.aws.amazon.com/athena/latest/ug/handling-schema-updates-chapter.html
    https://docs.aws.amazon.com/athena/latest/ug/openx-json-serde.html
    """
    columns = {one["Name"]: one["Type"] for one in table["StorageDescriptor"]["Columns"]}
    if format_of(table) == "json":
        types = ", ".join(f"'{name}': '{duckdb_type(type_)}'" for name, type_ in columns.items())
        lines = "format = 'newline_delimited', ignore_errors = true"
        return f"read_json({sql_list(files)}, columns = {{{types}}}, {lines})"
    if format_of(table) != "parquet":
        return original(table, files)
    written = {name.lower() for file in files for name in pq.read_schema(file).names}
    shown = []
    for name, type_ in columns.items():
        value = f'"{name}"' if name in written else "NULL"
        if type_ == "timestamp":  # a moment in UTC
            value = f"timezone('UTC', CAST({value} AS TIMESTAMPTZ))"
        shown.append(f'CAST({value} AS {duckdb_type(type_)}) AS "{name}"')
    if asks_for_paths.get():  # the files are copies, each below a folder of the query's
        location = table["StorageDescriptor"]["Location"]
        shown.append(f"regexp_replace(filename, '^.*/{COPIES}[^/]*/', '{location}') AS {PATH}")
    parquet = f"read_parquet({sql_list(files)}, union_by_name = true, filename = true)"
    return f"(FROM {parquet} SELECT {', '.join(shown)})"


@replaces(athena, "_empty_relation")
def columns_of_no_files(_original: Function, table: dict[str, Any]) -> str:
    """Have the columns of a table that has no files, with its types."""
    return without_rows(table)


def without_rows(table: dict[str, Any]) -> str:
    """A relation with the columns of a table, and no row."""
    columns = [
        *((f'"{one["Name"]}"', one["Type"]) for one in table["StorageDescriptor"]["Columns"]),
        *([(PATH, "string")] if asks_for_paths.get() else []),
    ]
    nulls = (f"CAST(NULL AS {duckdb_type(type_)}) AS {name}" for name, type_ in columns)
    return f"(SELECT {', '.join(nulls)} WHERE false)"


@replaces(athena, "_rewrite_s3_paths")
def uri_is_text(_original: Function, query: str) -> str:
    """Leave the text of a query, where MiniStack puts a path of its own for a URI."""
    return query


def duckdb_type(type_: str) -> str:
    """DuckDB's name for a type of Athena's."""
    if type_ in TYPES:
        return TYPES[type_]
    kind, _, inner = type_.removesuffix(">").partition("<")
    parts = re.findall(r"(?:(\w+):)?((?:[^,<>]|<(?:[^<>]|<[^<>]*>)*>)+)", inner)
    if kind == "struct":
        fields = [f'"{name}" {duckdb_type(of)}' for name, of in parts]
        return f"STRUCT({', '.join(fields)})"
    if kind == "map":
        return f"MAP({', '.join(duckdb_type(of) for _, of in parts)})"
    return type_  # a decimal


@replaces(athena, "_save_query_results")
async def result_of_a_query(_original: Function, query_id: str) -> None:
    """Write the result to ``<location><id>.csv``, encrypted as the workgroup says.

    Every value is in quotes, and null is nothing at all.
    https://docs.aws.amazon.com/athena/latest/ug/querying-finding-output-files.html
    """
    query = executions[query_id]
    found = query["_results"]
    lines = [",".join(map(_quoted, row)) + "\n" for row in (found["columns"], *found["rows"])]
    settings = workgroups[query["WorkGroup"]]["Configuration"].get("ResultConfiguration", {})
    key = settings.get("EncryptionConfiguration", {}).get("KmsKey")
    headers = {ALGORITHM_HEADER: "aws:kms", KEY_HEADER: key} if key else {}
    bucket, place = place_of(query["ResultConfiguration"]["OutputLocation"])
    need("s3:GetBucketLocation", f"arn:aws:s3:::{bucket}")
    asked = {f"s3:{name}": value for name, value in headers.items()}
    need("s3:PutObject", f"arn:aws:s3:::{bucket}/{place}", **asked)
    put = vars(s3)["_put_object"]
    status, *_ = put(
        bucket, place, "".join(lines).encode(), {"content-type": "text/csv", **headers}
    )
    if status >= 300:
        raise RefusedError(f"Access denied when writing output to url: s3://{bucket}/{place}")


@replaces(athena, "_get_query_results")
def result_needs_permission(original: Function, asked: dict[str, Any]) -> Any:
    """Require ``s3:GetObject`` for the object of a result.

    https://docs.aws.amazon.com/athena/latest/APIReference/API_GetQueryResults.html
    """
    query = executions.get(asked.get("QueryExecutionId"))
    if query and query["Status"]["State"] == "SUCCEEDED":
        bucket, key = place_of(query["ResultConfiguration"]["OutputLocation"])
        try:
            need("s3:GetObject", f"arn:aws:s3:::{bucket}/{key}")
        except RefusedError as refusal:
            return error_response_json("AccessDeniedException", str(refusal), 400)
    return original(asked)


def _quoted(value: Any) -> str:
    return "" if value is None else '"' + str(value).replace('"', '""') + '"'


def place_of(location: str) -> tuple[str, str]:
    """The bucket of an S3 URI, and the key or prefix in it."""
    found = urlparse(location)
    return found.netloc, found.path.lstrip("/")
