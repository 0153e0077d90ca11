"""Roles and policies, without and with the corrections."""

import json
from collections.abc import Callable
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
    """A role that may list everything, within the boundary ``Boundary``."""
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


# --- What is in use cannot be deleted ------------------------------------------------------------

QUEUES = policy(allow("sqs:ListQueues"))
MANAGED = {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": QUEUES}}
ATTACHED = "Cannot delete a policy attached to entities."
Undo = Callable[[], object]


def attach_to_role(cloud: Cloud, arn: str) -> Undo:
    """Attach a policy to a role outside the stack."""
    iam, name = cloud.client("iam"), cloud.role("ec2.amazonaws.com").rpartition("/")[2]
    iam.attach_role_policy(RoleName=name, PolicyArn=arn)
    return lambda: iam.detach_role_policy(RoleName=name, PolicyArn=arn)


def attach_to_user(cloud: Cloud, arn: str) -> Undo:
    """Attach a policy to a user."""
    iam, name = cloud.client("iam"), unique("user")
    iam.create_user(UserName=name)
    iam.attach_user_policy(UserName=name, PolicyArn=arn)
    return lambda: iam.detach_user_policy(UserName=name, PolicyArn=arn)


def attach_to_group(cloud: Cloud, arn: str) -> Undo:
    """Attach a policy to a group."""
    iam, name = cloud.client("iam"), unique("group")
    iam.create_group(GroupName=name)
    iam.attach_group_policy(GroupName=name, PolicyArn=arn)
    return lambda: iam.detach_group_policy(GroupName=name, PolicyArn=arn)


def make_boundary(cloud: Cloud, arn: str) -> Undo:
    """Use a policy as the boundary of a role outside the stack."""
    iam, name = cloud.client("iam"), cloud.role("ec2.amazonaws.com").rpartition("/")[2]
    iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=arn)
    return lambda: iam.delete_role_permissions_boundary(RoleName=name)


def failures(cloud: Cloud, stack: str) -> dict[str, str]:
    """The resources of a stack that were not deleted, and why."""
    events = cloud.client("cloudformation").describe_stack_events(StackName=stack)["StackEvents"]
    return {
        event["LogicalResourceId"]: event["ResourceStatusReason"]
        for event in events
        if event["ResourceStatus"] == "DELETE_FAILED" and event["LogicalResourceId"] != stack
    }


@pytest.mark.parametrize("use", [attach_to_role, attach_to_user, attach_to_group, make_boundary])
def test_a_policy_in_use_outlives_its_stack(
    plain: Cloud, parity: Cloud, use: Callable[[Cloud, str], Undo]
) -> None:
    queue = {"Type": "AWS::SQS::Queue"}
    reader = role(PermissionsBoundary={"Ref": "Policy"}, ManagedPolicyArns=[{"Ref": "Policy"}])
    ids = plain.deploy({"Policy": MANAGED})
    use(plain, ids["Policy"])
    assert plain.destroy(ids["AWS::StackName"]) == "DELETE_COMPLETE"

    ids = parity.deploy({"Policy": MANAGED, "Queue": queue, "Reader": reader})
    stack = ids["AWS::StackName"]
    stop_using = use(parity, ids["Policy"])
    assert parity.destroy(stack) == "DELETE_FAILED"
    assert failures(parity, stack).keys() == {"Policy"}
    assert ATTACHED in failures(parity, stack)["Policy"]
    iam, sqs = parity.client("iam"), parity.client("sqs")
    assert outcome(lambda: iam.get_policy(PolicyArn=ids["Policy"])) == "ok"
    gone = outcome(lambda: sqs.get_queue_attributes(QueueUrl=ids["Queue"]))
    assert "NonExistentQueue" in gone, "what can be deleted is"

    stop_using()
    assert parity.destroy(stack) == "DELETE_COMPLETE"
    assert outcome(lambda: iam.get_policy(PolicyArn=ids["Policy"])) == "NoSuchEntity"


@pytest.mark.parametrize(
    ("add", "remove", "reason"),
    [
        (
            lambda iam, name, arn: iam.attach_role_policy(RoleName=name, PolicyArn=arn),
            lambda iam, name, arn: iam.detach_role_policy(RoleName=name, PolicyArn=arn),
            "Cannot delete entity, must detach all policies first.",
        ),
        (
            lambda iam, name, _arn: iam.put_role_policy(
                RoleName=name, PolicyName="foreign", PolicyDocument=json.dumps(QUEUES)
            ),
            lambda iam, name, _arn: iam.delete_role_policy(RoleName=name, PolicyName="foreign"),
            "Cannot delete entity, must delete policies first.",
        ),
    ],
    ids=["attached", "inline"],
)
def test_a_role_with_foreign_policies_outlives_its_stack(
    plain: Cloud,
    parity: Cloud,
    add: Callable[[Any, str, str], object],
    remove: Callable[[Any, str, str], object],
    reason: str,
) -> None:
    def probe(cloud: Cloud) -> tuple[str, str, str]:
        iam = cloud.client("iam")
        ids = cloud.deploy({"Boundary": BOUNDARY, "Role": role()})
        stack, name = ids["AWS::StackName"], ids["Role"]
        foreign = iam.create_policy(
            PolicyName=unique("policy"), PolicyDocument=json.dumps(QUEUES)
        )["Policy"]["Arn"]
        add(iam, name, foreign)
        first = cloud.destroy(stack)
        if first == "DELETE_COMPLETE":
            return first, "", ""
        why = failures(cloud, stack)["Role"]
        remove(iam, name, foreign)
        return first, why, cloud.destroy(stack)

    assert probe(plain) == ("DELETE_COMPLETE", "", "")
    first, why, second = probe(parity)
    assert (first, second) == ("DELETE_FAILED", "DELETE_COMPLETE")
    assert reason in why


def test_what_a_template_attaches_goes_with_its_stack(parity: Cloud) -> None:
    name = unique("attached")
    properties = {"PolicyDocument": QUEUES, "Roles": [{"Ref": "Role"}]}
    resources = {
        "Boundary": BOUNDARY,
        "Given": MANAGED,
        "Role": role(RoleName=name, ManagedPolicyArns=[{"Ref": "Given"}]),
        "Taken": {"Type": "AWS::IAM::ManagedPolicy", "Properties": properties},
        "Inline": {
            "Type": "AWS::IAM::Policy",
            "Properties": {**properties, "PolicyName": "inline"},
        },
    }
    stack = parity.deploy(resources)["AWS::StackName"]
    changed = {"Properties": {**properties, "PolicyDocument": policy(allow("s3:ListBucket"))}}
    resources["Taken"] = {**resources["Taken"], **changed}
    parity.deploy(resources, stack)  # the policy has two versions now
    assert parity.destroy(stack) == "DELETE_COMPLETE"


def test_a_policy_with_versions_cannot_be_deleted(plain: Cloud, parity: Cloud) -> None:
    def probe(cloud: Cloud) -> list[str]:
        iam, document = cloud.client("iam"), json.dumps(QUEUES)
        arn = iam.create_policy(PolicyName=unique("policy"), PolicyDocument=document)["Policy"][
            "Arn"
        ]
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=document)
        delete = [
            lambda: iam.delete_policy(PolicyArn=arn),
            lambda: iam.delete_policy_version(PolicyArn=arn, VersionId="v2"),
            lambda: iam.delete_policy(PolicyArn=arn),
        ]
        return [outcome(call) for call in delete]

    assert probe(plain)[0] == "ok"
    assert probe(parity) == ["DeleteConflict", "ok", "ok"]


def test_groups_and_users_in_use_cannot_be_deleted(plain: Cloud, parity: Cloud) -> None:
    def probe(cloud: Cloud) -> list[str]:
        iam, document = cloud.client("iam"), json.dumps(QUEUES)
        arn = iam.create_policy(PolicyName=unique("policy"), PolicyDocument=document)["Policy"][
            "Arn"
        ]
        user, group = {"UserName": unique("user")}, {"GroupName": unique("group")}
        own = {"PolicyName": "own"}
        iam.create_user(**user)
        iam.create_group(**group)
        iam.add_user_to_group(**user, **group)
        iam.put_user_policy(**user, **own, PolicyDocument=document)
        iam.put_group_policy(**group, **own, PolicyDocument=document)
        iam.attach_group_policy(**group, PolicyArn=arn)
        steps: list[Undo] = [
            lambda: iam.delete_user(**user),
            lambda: iam.delete_group(**group),
            lambda: iam.remove_user_from_group(**user, **group),
            lambda: iam.delete_user(**user),
            lambda: iam.delete_user_policy(**user, **own),
            lambda: iam.delete_user(**user),
            lambda: iam.delete_group(**group),
            lambda: iam.detach_group_policy(**group, PolicyArn=arn),
            lambda: iam.delete_group(**group),
            lambda: iam.delete_group_policy(**group, **own),
            lambda: iam.delete_group(**group),
        ]
        return [outcome(step) for step in steps]

    assert probe(plain)[:2] == ["ok", "ok"]
    no = "DeleteConflict"
    assert probe(parity) == [no, no, "ok", no, "ok", "ok", no, "ok", no, "ok", "ok"]


def test_deletions_that_need_no_correction(plain: Cloud) -> None:
    """MiniStack's API keeps an attached policy, and a role that has some."""
    iam, name = plain.client("iam"), plain.role("ec2.amazonaws.com").rpartition("/")[2]
    arn = iam.create_policy(PolicyName=unique("policy"), PolicyDocument=json.dumps(QUEUES))[
        "Policy"
    ]["Arn"]
    iam.attach_role_policy(RoleName=name, PolicyArn=arn)
    assert outcome(lambda: iam.delete_policy(PolicyArn=arn)) == "DeleteConflict"
    assert outcome(lambda: iam.delete_role(RoleName=name)) == "DeleteConflict"
