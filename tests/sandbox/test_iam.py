"""Roles of a template, without and with the corrections."""

from typing import Any

import pytest

from sandbox.emulator import ACCOUNT
from tests.sandbox.cloud import Cloud, allow, outcome, policy, unique

TRUST = policy(
    {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
    }
)


def role(**properties: Any) -> dict[str, Any]:
    """A role that may list what there is, within the boundary ``Boundary``."""
    allowed = policy(allow(["s3:ListAllMyBuckets", "sqs:ListQueues"]))
    fixed = {
        "RoleName": unique("bounded"),
        "AssumeRolePolicyDocument": TRUST,
        "Policies": [{"PolicyName": "own", "PolicyDocument": allowed}],
        "PermissionsBoundary": {"Ref": "Boundary"},
    }
    return {"Type": "AWS::IAM::Role", "Properties": {**fixed, **properties}}


BOUNDARY = {
    "Type": "AWS::IAM::ManagedPolicy",
    "Properties": {"PolicyDocument": policy(allow("sqs:*"))},
}


@pytest.mark.parametrize("late", [False, True], ids=["created", "updated"])
def test_boundary_of_a_templates_role(plain: Cloud, parity: Cloud, *, late: bool) -> None:
    def probe(cloud: Cloud) -> tuple[str, str]:
        bounded = role()
        unbounded = {**bounded, "Properties": {**bounded["Properties"]}}
        del unbounded["Properties"]["PermissionsBoundary"]
        ids = cloud.deploy({"Boundary": BOUNDARY, "Role": unbounded if late else bounded})
        if late:
            cloud.deploy({"Boundary": BOUNDARY, "Role": bounded}, stack=ids["AWS::StackName"])
        caller = cloud.become(f"arn:aws:iam::{ACCOUNT}:role/{ids['Role']}", "test")
        return outcome(caller.client("s3").list_buckets), outcome(caller.client("sqs").list_queues)

    assert probe(plain) == ("ok", "ok")
    assert probe(parity) == ("AccessDenied", "ok")
