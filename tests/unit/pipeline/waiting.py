"""A request to re-identify that waits in an account in memory."""

import json

from tests.unit.pipeline.account import Account

ARN = "arn:aws:states:eu-central-1:123456789012:execution:reidentification:1"
FACTS = {
    "request": "reidentification/requests/customers/fraud/AROA:she/a",
    "etag": '"1"',
    "dataset": "customers",
    "column": "email",
    "purpose": "fraud",
    "requester": "AROA:she",
    "tokens": 2,
    "execution": ARN,
}


def wait(account: Account, name: str = "1", status: str = "RUNNING") -> None:
    """Let a request wait."""
    document = {**FACTS, "token": "a-token"}
    account.put(f"reidentification/approvals/customers/{name}.json", json.dumps(document).encode())
    account.executions.append({"status": status})
