"""An emulator as the tests use it: clients, roles and small stacks."""

import json
import subprocess
import sys
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from sandbox import PROJECT
from sandbox.emulator import ACCOUNT, REGION, ROOT_KEY, Emulator
from sandbox.environment import environment

ONCE = Config(retries={"total_max_attempts": 1})

Resources = Mapping[str, Mapping[str, Any]]


class StackFailedError(Exception):
    """CloudFormation did not create a stack; the message has its reasons."""


def unique(prefix: str) -> str:
    """A name that nothing else has."""
    return f"{prefix}-{uuid.uuid4().hex[:8]}"


def outcome(call: Callable[[], object]) -> str:
    """``ok``, or the code of the error that AWS answered with."""
    try:
        call()
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "ok"


def allow(action: str | list[str], resource: object = "*", **conditions: Any) -> dict[str, Any]:
    """A policy statement; ``conditions`` are operators with their keys and values."""
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return {**statement, **({"Condition": conditions} if conditions else {})}


def deny(action: str, resource: object = "*", **conditions: Any) -> dict[str, Any]:
    """The same, denying."""
    return {**allow(action, resource, **conditions), "Effect": "Deny"}


def policy(*statements: Mapping[str, Any]) -> dict[str, Any]:
    """A policy document."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def key_policy(*more: Mapping[str, Any]) -> dict[str, Any]:
    """A key policy that leaves the account in charge, with more statements."""
    account = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    return policy({**allow("kms:*"), "Principal": account}, *more)


ECHO = "def handler(event, context):\n    return event\n"


def function(role: str, code: str = ECHO, **properties: Any) -> dict[str, Any]:
    """A function of a template."""
    fixed = {
        "Runtime": "python3.11",
        "Handler": "index.handler",
        "Code": {"ZipFile": code},
        "Role": role,
    }
    return {"Type": "AWS::Lambda::Function", "Properties": {**fixed, **properties}}


@dataclass(frozen=True)
class Caller:
    """A session of a role with its own clients."""

    role_arn: str
    client: Callable[[str], Any]


@dataclass
class Cloud:
    """One emulator; its clients are closed together."""

    emulator: Emulator
    clients: dict[tuple[str, str, str, str], Any] = field(default_factory=dict)
    session: Any = field(default_factory=boto3.Session)

    def client(
        self,
        service: str,
        key: str = ROOT_KEY,
        secret: str = ROOT_KEY,
        token: str = "",
        endpoint: str = "",
        region: str = REGION,
    ) -> Any:
        """A client of a service, as the account's root user or with other credentials."""
        endpoint = endpoint or self.emulator.endpoint
        if (service, key, endpoint, region) not in self.clients:
            self.clients[service, key, endpoint, region] = self.session.client(
                service,
                aws_access_key_id=key,
                aws_secret_access_key=secret,
                aws_session_token=token or None,
                region_name=region,
                endpoint_url=endpoint,
                verify=str(self.emulator.certificate.authority),
                config=ONCE,
            )
        return self.clients[service, key, endpoint, region]

    def close(self) -> None:
        """Close all clients."""
        for client in self.clients.values():
            client.close()

    def assume(self, *statements: Mapping[str, Any], session: str = "test") -> Caller:
        """Create a role with these permissions and assume it."""
        arn = self.role("ec2.amazonaws.com", *statements)
        return self.become(arn, session)

    def role(self, service: str, *statements: Mapping[str, Any]) -> str:
        """Create a role with these permissions for a service and for the account's root user."""
        principal = {"Service": service, "AWS": f"arn:aws:iam::{ACCOUNT}:root"}
        trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}
        iam = self.client("iam")
        name = unique("role")
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(policy(trust)))
        if statements:
            document = json.dumps(policy(*statements))
            iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=document)
        return str(role["Role"]["Arn"])

    def become(self, role_arn: str, session: str, endpoint: str = "") -> Caller:
        """Start a session of a role, optionally at another endpoint."""
        sts = self.client("sts")
        found = sts.assume_role(RoleArn=role_arn, RoleSessionName=session)["Credentials"]
        names = ("AccessKeyId", "SecretAccessKey", "SessionToken")
        credentials = (*(found[name] for name in names), endpoint)
        return Caller(role_arn, lambda service: self.client(service, *credentials))

    def run_as(self, role_arn: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run Python in the project's folder with the credentials of a role."""
        sts = self.client("sts")
        found = sts.assume_role(RoleArn=role_arn, RoleSessionName=unique("run"))["Credentials"]
        credentials = {
            "AWS_ACCESS_KEY_ID": found["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": found["SecretAccessKey"],
            "AWS_SESSION_TOKEN": found["SessionToken"],
        }
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=PROJECT,
            env=environment(self.emulator) | credentials,
            capture_output=True,
            text=True,
            check=False,
        )

    def key(self, *more: Mapping[str, Any], **properties: str) -> str:
        """Create a KMS key whose policy has more statements; return its ARN."""
        kms = self.client("kms")
        created = kms.create_key(Policy=json.dumps(key_policy(*more)), **properties)
        return str(created["KeyMetadata"]["Arn"])

    def bucket(self, key: str = "", *, bucket_key: bool = True) -> str:
        """Create a bucket, encrypted by default with a KMS key if one is given."""
        s3 = self.client("s3")
        name = unique("bucket")
        s3.create_bucket(Bucket=name)
        if key:
            rule = {
                "ApplyServerSideEncryptionByDefault": {
                    "SSEAlgorithm": "aws:kms",
                    "KMSMasterKeyID": key,
                },
                "BucketKeyEnabled": bucket_key,
            }
            configuration = {"Rules": [rule]}
            s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration=configuration)
        return name

    def deploy(self, resources: Resources, stack: str = "") -> dict[str, str]:
        """Create a stack, or update it; return the physical ids by logical id.

        Raises:
            StackFailedError: it was rolled back.
        """
        cloudformation = self.client("cloudformation")
        template = json.dumps({"Resources": resources})
        change = cloudformation.update_stack if stack else cloudformation.create_stack
        stack = stack or unique("stack")
        try:
            change(StackName=stack, TemplateBody=template, Capabilities=["CAPABILITY_NAMED_IAM"])
        except ClientError as error:
            raise StackFailedError(str(error)) from error
        return self._wait(stack)

    def destroy(self, stack: str) -> str:
        """Delete a stack; return the status it ends in."""
        cloudformation = self.client("cloudformation")
        stack_id = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackId"]
        cloudformation.delete_stack(StackName=stack)
        status = "DELETE_IN_PROGRESS"
        while status == "DELETE_IN_PROGRESS":
            status = cloudformation.describe_stacks(StackName=stack_id)["Stacks"][0]["StackStatus"]
        return status

    def _wait(self, stack: str) -> dict[str, str]:
        cloudformation = self.client("cloudformation")
        status = "IN_PROGRESS"
        while status.endswith("IN_PROGRESS"):
            status = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]
        if status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
            reasons = [e.get("ResourceStatusReason", "") for e in events]
            raise StackFailedError("; ".join(filter(None, reasons)))
        found = cloudformation.describe_stack_resources(StackName=stack)["StackResources"]
        ids = {r["LogicalResourceId"]: r["PhysicalResourceId"] for r in found}
        return {"AWS::StackName": stack, **ids}
