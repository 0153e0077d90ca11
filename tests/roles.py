"""Roles of the account that the tests create, assume and delete."""

import contextlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

import boto3
from botocore.exceptions import ClientError

from tests.patience import PERMISSION, wait_for


def trusting(partition: str, account: str) -> dict[str, Any]:
    """A trust policy for everybody whom the account's policies allow to assume the role."""
    return {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"AWS": f"arn:{partition}:iam::{account}:root"},
        },
    }


@contextlib.contextmanager
def made(
    iam: Any, name: str, trust: Mapping[str, Any], policy: str, tags: Mapping[str, str]
) -> Iterator[str]:
    """The ARN of a role with tags and perhaps a managed policy; it is deleted at the end."""

    def delete() -> bool | None:
        with contextlib.suppress(iam.exceptions.DeleteConflictException):
            with contextlib.suppress(iam.exceptions.NoSuchEntityException):
                iam.delete_role(RoleName=name)
            return True
        return None

    role = iam.create_role(
        RoleName=name,
        AssumeRolePolicyDocument=json.dumps(trust),
        Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
    )["Role"]
    try:
        if policy:
            iam.attach_role_policy(RoleName=name, PolicyArn=policy)
        yield role["Arn"]
    finally:
        if policy:
            iam.detach_role_policy(RoleName=name, PolicyArn=policy)
        wait_for(f"deletion of {name}", delete, PERMISSION)


def become(sts: Any, arn: str, region: str) -> boto3.Session | None:
    """A new session of a role, for an hour, or None if it cannot be assumed (yet)."""
    with contextlib.suppress(ClientError):
        found = sts.assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
        return boto3.Session(
            found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"], region
        )
    return None
