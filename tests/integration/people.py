"""People who read one dataset: roles that are made for a test, and sessions of them."""

import contextlib
import uuid
from typing import TYPE_CHECKING

import boto3

from tests import roles
from tests.patience import PERMISSION, wait_for
from tests.target import place_of

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

DATASET = "customers"


def begin_session(
    iam: "IAMClient", outputs: dict[str, str], later: contextlib.ExitStack, policy: str = ""
) -> tuple[str, boto3.Session]:
    """A role with a managed policy, or with none, until the end: its name, and a session."""
    partition, account = outputs["LambdaFunctionArn"].split(":")[1:5:3]
    suffix = outputs["LambdaFunctionName"].removeprefix("data-processor-")
    name = f"zero-trust-reader-{suffix}-{uuid.uuid4().hex[:12]}"  # as the policy of tests says
    trust = roles.trusting(partition, account)
    arn = later.enter_context(roles.made(iam, name, trust, policy, {"dataset": DATASET}))
    region = place_of(outputs).region
    with contextlib.closing(boto3.client("sts")) as sts:
        return name, wait_for("session", lambda: roles.become(sts, arn, region), PERMISSION)
