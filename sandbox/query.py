"""A query of two datasets that have only the tokens of their people in common."""

import time
from collections.abc import Mapping

import boto3

from sandbox import SandboxError

# A customer can be in several files, and the demo can have run before: so what is counted differs.
SQL = """\
SELECT country, count(DISTINCT customers.customer_token) AS customers,
       count(DISTINCT payment_id) AS payments
FROM payments JOIN customers ON payments.customer_token = customers.customer_token
GROUP BY country ORDER BY payments DESC, country LIMIT 5"""
PATIENCE = 60.0  # seconds


def run(outputs: Mapping[str, str]) -> list[list[str]]:
    """The heading and the rows of the query, in the environment with these outputs.

    Raises:
        SandboxError: it failed, or did not end in time; the message has the reason.
    """
    athena = boto3.client("athena")
    query = athena.start_query_execution(
        QueryString=SQL,
        QueryExecutionContext={"Database": outputs["GlueDatabaseName"]},
        WorkGroup=outputs["AthenaWorkgroupName"],
    )["QueryExecutionId"]
    deadline, state = time.monotonic() + PATIENCE, "QUEUED"
    while state in ("QUEUED", "RUNNING"):
        if time.monotonic() > deadline:
            raise SandboxError(f"the query did not end within {PATIENCE:.0f} s.")
        time.sleep(0.1)
        status = athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]
        state = status["State"]
    if state != "SUCCEEDED":
        raise SandboxError(f"the query failed: {status['StateChangeReason']}")
    rows = athena.get_query_results(QueryExecutionId=query)["ResultSet"]["Rows"]
    athena.close()
    return [[one.get("VarCharValue", "") for one in row["Data"]] for row in rows]
