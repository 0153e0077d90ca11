"""Queries: SQL over the tables of a stack, in one of its workgroups of Athena."""

import time
from collections.abc import Iterator
from typing import Any

from pipeline.display import waiting
from pipeline.outcomes import WrongQueryError
from pipeline.permissions import needing
from pipeline.stack import Stack

START, LOOK, READ = (
    *("athena:StartQueryExecution", "athena:GetQueryExecution", "athena:GetQueryResults"),
)
INTERVAL = 0.5  # seconds between two looks
UNDER_WAY = ("QUEUED", "RUNNING")

Row = list[str | None]


def workgroup_of(stack: Stack, dataset: str | None) -> str:
    """Return the workgroup of a dataset's consumers, or that of the environment."""
    own = stack.output("AthenaWorkgroupName")
    return own if dataset is None else f"{own}.consumer.{dataset}"


def run(stack: Stack, workgroup: str, sql: str) -> Iterator[Row]:
    """Run a query; yield its heading and, page by page, its rows.

    Raises:
        WrongQueryError: it failed; the message is Athena's.
    """
    with needing(stack, START, workgroup):
        query: str = stack.athena.start_query_execution(
            QueryString=sql,
            QueryExecutionContext={"Database": stack.output("GlueDatabaseName")},
            WorkGroup=workgroup,
        )["QueryExecutionId"]
    with waiting("asking Athena"):
        while (status := _status(stack, workgroup, query))["State"] in UNDER_WAY:
            time.sleep(INTERVAL)
    if status["State"] != "SUCCEEDED":
        why = status.get("StateChangeReason", "it says no more")
        raise WrongQueryError(f"Athena ended the query as {status['State']}: {why}")
    more: dict[str, Any] = {}
    while True:
        with needing(stack, READ, workgroup):
            page = stack.athena.get_query_results(QueryExecutionId=query, **more)
        for row in page["ResultSet"]["Rows"]:
            yield [one.get("VarCharValue") for one in row["Data"]]
        if "NextToken" not in page:
            return
        more = {"NextToken": page["NextToken"]}


def _status(stack: Stack, workgroup: str, query: str) -> dict[str, str]:
    with needing(stack, LOOK, workgroup):
        found = stack.athena.get_query_execution(QueryExecutionId=query)
    status: dict[str, str] = found["QueryExecution"]["Status"]
    return status
