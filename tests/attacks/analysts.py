"""Readers of one dataset who query it through Athena."""

import contextlib
import json
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests import roles
from tests.attacks.conftest import Facts, client_of
from tests.patience import PERMISSION, Wait, wait_for

ENDED = Wait(120)
CLOSED = re.compile("AccessDenied|access denied|permission denied|not authorized", re.IGNORECASE)
"""What Athena says of a query, or of a request, that lacks a permission."""


@dataclass(frozen=True)
class Analyst:
    """Somebody who queries.

    Attributes:
        session: their credentials.
        database, workgroup: what they query by default.
        role: the name of their role, if it is one of the test's.
    """

    session: boto3.Session
    database: str
    workgroup: str
    role: str = ""

    def query(self, sql: str, **more: Any) -> str:
        """The id of a query that succeeded.

        Raises:
            ClientError: it was refused.
            PermissionError: it failed; the message is Athena's.
        """
        athena = client_of(self.session, "athena")
        asked = {"WorkGroup": self.workgroup, **more}
        context = {"Database": self.database}
        started = athena.start_query_execution(
            QueryString=sql, QueryExecutionContext=context, **asked
        )
        query = {"QueryExecutionId": started["QueryExecutionId"]}

        def end() -> dict[str, str] | None:
            status: dict[str, str] = athena.get_query_execution(**query)["QueryExecution"][
                "Status"
            ]
            return None if status["State"] in ("QUEUED", "RUNNING") else status

        status = wait_for("query", end, ENDED)
        if status["State"] != "SUCCEEDED":
            raise PermissionError(status["StateChangeReason"])
        return str(query["QueryExecutionId"])

    def rows(self, query: str) -> list[list[str]]:
        """The rows of a query's result, without its heading."""
        found = client_of(self.session, "athena").get_query_results(QueryExecutionId=query)
        rows = found["ResultSet"]["Rows"]
        return [[one.get("VarCharValue", "") for one in row["Data"]] for row in rows[1:]]

    def is_refused(self, sql: str, **more: Any) -> None:
        """Fail unless a query is refused for want of a permission."""
        with pytest.raises((ClientError, PermissionError)) as refusal:
            self.query(sql, **more)
        assert CLOSED.search(str(refusal.value)), refusal.value


@contextlib.contextmanager
def become(
    admin: boto3.Session,
    facts: Facts,
    outputs: dict[str, str],
    duty: str,
    dataset: str,
    shows: str,
) -> Iterator[Analyst]:
    """Somebody with a duty in a dataset, once a query that is allowed succeeds."""
    name, trust = f"{facts['own']}-{duty}-{uuid.uuid4().hex[:8]}", json.loads(facts["trust"])
    policy = outputs[f"{duty.capitalize()}PolicyArn"]
    workgroup = f"{outputs['AthenaWorkgroupName']}.{duty}.{dataset}"
    with roles.made(client_of(admin, "iam"), name, trust, policy, {"dataset": dataset}) as arn:

        def ready() -> Analyst | None:
            session = roles.become(client_of(admin, "sts"), arn, facts["region"])
            if session is None:
                return None
            analyst = Analyst(session, outputs["GlueDatabaseName"], workgroup, name)
            with contextlib.suppress(ClientError, PermissionError):
                analyst.query(shows)
                return analyst
            return None

        yield wait_for(f"a query of {name}", ready, PERMISSION)
