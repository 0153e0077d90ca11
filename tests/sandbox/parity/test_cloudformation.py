"""CloudFormation and resources that it did not create, without and with the corrections."""

import contextlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, WaiterError

from tests.sandbox.cloud import (
    Cloud,
    Resources,
    StackFailedError,
    deny,
    function,
    outcome,
    policy,
    unique,
)

TRUST = policy(
    {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}
)


def guard(bucket: str) -> str:
    """A bucket policy."""
    denial = {**deny("s3:*", f"arn:aws:s3:::{bucket}/*"), "Principal": "*"}
    unsafe = {"Bool": {"aws:SecureTransport": "false"}}
    return json.dumps(policy({**denial, "Condition": unsafe}))


def named_group(_: Cloud) -> dict[str, Any]:
    """A log group of a template, with a name of its own."""
    name = unique("/group")
    return {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": name}}


def named_role(_: Cloud) -> dict[str, Any]:
    """A role of a template, with a name of its own."""
    properties = {"RoleName": unique("role"), "AssumeRolePolicyDocument": TRUST}
    return {"Type": "AWS::IAM::Role", "Properties": properties}


def named_alias(cloud: Cloud) -> dict[str, Any]:
    """An alias of a key of a template, with a name of its own."""
    properties = {"AliasName": f"alias/{unique('alias')}", "TargetKeyId": cloud.key()}
    return {"Type": "AWS::KMS::Alias", "Properties": properties}


def named_function(cloud: Cloud) -> dict[str, Any]:
    """A function of a template, with a name of its own."""
    return function(cloud.role("lambda.amazonaws.com"), FunctionName=unique("function"))


def named_policy(cloud: Cloud) -> dict[str, Any]:
    """The policy of a bucket of a template, with a name of its own."""
    bucket = cloud.bucket()
    properties = {"Bucket": bucket, "PolicyDocument": json.loads(guard(bucket))}
    return {"Type": "AWS::S3::BucketPolicy", "Properties": properties}


@pytest.mark.parametrize(
    "describe", [named_group, named_role, named_alias, named_function, named_policy]
)
def test_a_taken_name_is_refused(
    plain: Cloud, parity: Cloud, describe: Callable[[Cloud], dict[str, Any]]
) -> None:
    for cloud in (plain, parity):
        resource: Resources = {"Named": describe(cloud)}
        first = cloud.deploy(resource)
        if cloud is plain:
            cloud.deploy(resource)
            continue
        with pytest.raises(StackFailedError, match="already exists"):
            cloud.deploy(resource)
        # The existing resource was not touched, and its name is free once it is deleted.
        assert cloud.destroy(first["AWS::StackName"]) == "DELETE_COMPLETE"
        cloud.deploy(resource)


def test_a_buckets_policy_is_imported(plain: Cloud, parity: Cloud) -> None:
    def import_policy(cloud: Cloud, *, existing: bool) -> tuple[str, str]:
        cloudformation: Any = cloud.client("cloudformation")
        bucket, stack = cloud.bucket(), unique("stack")
        s3 = cloud.client("s3")
        if existing:
            s3.put_bucket_policy(Bucket=bucket, Policy=guard(bucket))
        resource = {
            "Type": "AWS::S3::BucketPolicy",
            "DeletionPolicy": "RetainExceptOnCreate",
            "Properties": {"Bucket": bucket, "PolicyDocument": json.loads(guard(bucket))},
        }
        with contextlib.suppress(ClientError, WaiterError):
            names = {"StackName": stack, "ChangeSetName": "import"}
            cloudformation.create_change_set(
                **names,
                ChangeSetType="IMPORT",
                TemplateBody=json.dumps({"Resources": {"Policy": resource}}),
                ResourcesToImport=[
                    {
                        "ResourceType": "AWS::S3::BucketPolicy",
                        "LogicalResourceId": "Policy",
                        "ResourceIdentifier": {"Bucket": bucket},
                    }
                ],
            )
            fast = {"Delay": 1, "MaxAttempts": 10}
            waiters = ("change_set_create_complete", "stack_import_complete")
            cloudformation.get_waiter(waiters[0]).wait(**names, WaiterConfig=fast)
            cloudformation.execute_change_set(**names)
            cloudformation.get_waiter(waiters[1]).wait(StackName=stack, WaiterConfig=fast)
            assert cloud.destroy(stack) == "DELETE_COMPLETE"
            return "imported", outcome(lambda: s3.get_bucket_policy(Bucket=bucket))
        return "refused", ""

    assert import_policy(plain, existing=True) == ("refused", "")
    assert import_policy(parity, existing=True) == ("imported", "ok")
    assert import_policy(parity, existing=False) == ("refused", "")
