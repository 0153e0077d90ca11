"""What the integration tests and the attacks run against: AWS, or the sandbox."""

import os
from collections.abc import Mapping
from typing import NamedTuple

from sandbox.emulator import HOST


class Target(NamedTuple):
    """Who answers requests.

    Attributes:
        in_sandbox: the sandbox, and not AWS.
        lag: seconds until changes show in the sandbox; 0 for AWS, where it is unknown.
        plain_endpoint: where the sandbox answers without TLS; empty for AWS.
    """

    in_sandbox: bool
    lag: float
    plain_endpoint: str


def find(environ: Mapping[str, str] = os.environ) -> Target:
    """Return who answers in an environment.

    It is the sandbox only if ``python -m sandbox env`` was evaluated and its endpoint is still in
    use: resetting only the AWS variables leads to AWS.
    """
    plain_endpoint = environ.get("SANDBOX_PLAIN_ENDPOINT", "")
    endpoint = environ.get("AWS_ENDPOINT_URL", "")
    if not plain_endpoint or not endpoint.startswith(f"https://{HOST}:"):
        return Target(in_sandbox=False, lag=0.0, plain_endpoint="")
    return Target(True, float(environ.get("SANDBOX_LAG", 0)), plain_endpoint)


TARGET = find()


class Place(NamedTuple):
    """Where a stack is."""

    account: str
    region: str

    def __str__(self) -> str:
        """For people."""
        return f"account {self.account}, region {self.region}"


def place_of(outputs: Mapping[str, str]) -> Place:
    """Return where the stack with these outputs is."""
    _arn, _partition, _service, region, account, *_ = outputs["LambdaFunctionArn"].split(":")
    return Place(account, region)
