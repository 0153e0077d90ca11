"""``python -m delivery.strays``: the suffixes of stacks that pull requests left behind.

The workflow deletes a pull request's stack after its tests. This finds those that an outage of
GitHub or a failed deletion left, by name and age.
"""

import argparse
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

STACK = re.compile(r"TapStack-(?P<suffix>pr-[1-9][0-9]*)")
LOOKUP_ROLE = "arn:{partition}:iam::{account}:role/cdk-hnb659fds-lookup-role-{account}-{region}"
"""The role of CDK's bootstrap that may read; the workflow's own role may only assume it.

https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html
"""


def choose(stacks: Iterable[Mapping[str, Any]], before: datetime) -> Iterator[str]:
    """The suffixes of pull requests' stacks that have not changed since a given time.

    Args:
        stacks: as CloudFormation describes them.
        before: stacks created or updated later may still be under test.
    """
    for stack in stacks:
        found = STACK.fullmatch(stack["StackName"])
        if found and stack.get("LastUpdatedTime", stack["CreationTime"]) < before:
            yield found["suffix"]


def list_stacks(cloudformation: "CloudFormationClient") -> Iterator[Mapping[str, Any]]:
    """Every stack of the account and region."""
    for page in cloudformation.get_paginator("describe_stacks").paginate():
        yield from page["Stacks"]


def look_up() -> "CloudFormationClient":
    """A CloudFormation client with the bootstrap's lookup role, as the AWS variables say.

    Raises:
        botocore.exceptions.ClientError: the caller cannot assume the role.
    """
    session = boto3.Session()
    sts = session.client("sts")
    caller = sts.get_caller_identity()
    arn = LOOKUP_ROLE.format(
        partition=caller["Arn"].split(":")[1],
        account=caller["Account"],
        region=session.region_name,
    )
    found = sts.assume_role(RoleArn=arn, RoleSessionName="strays")["Credentials"]
    return boto3.client(
        "cloudformation",
        aws_access_key_id=found["AccessKeyId"],
        aws_secret_access_key=found["SecretAccessKey"],
        aws_session_token=found["SessionToken"],
    )


def main() -> None:
    """Print the suffixes, one per line."""
    parser = argparse.ArgumentParser(prog="python -m delivery.strays", description=__doc__)
    parser.add_argument("--hours", type=float, default=6, help="how long nobody touched them")
    before = datetime.now(UTC) - timedelta(hours=parser.parse_args().hours)
    for suffix in choose(list_stacks(look_up()), before):
        print(suffix)


if __name__ == "__main__":
    main()
