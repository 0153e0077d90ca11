"""The size of a managed policy, which IAM limits: a template with a larger one fails half-way."""

import json
from collections.abc import Sequence
from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_iam as iam

from lib.contracts import ContractError
from lib.contracts.tables import Table

# White space does not count.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
MOST_CHARACTERS = 6_144

# The longest that AWS puts in place of a reference.
LONGEST = {
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws-us-gov",
    "AWS::Region": "ap-southeast-1",
    "AWS::URLSuffix": "amazonaws.com.cn",
}
LONGEST_ARN = f"arn:aws-us-gov:kms:ap-southeast-1:123456789012:key/{'0' * 36}"  # a key's


def check_size(policy: iam.ManagedPolicy, duty: str, tables: Sequence[Table]) -> None:
    """Refuse a policy that IAM would refuse.

    Args:
        policy: may be too large.
        duty: whose it is, for the message.
        tables: of all datasets. Those that are not named as their dataset make it larger.

    Raises:
        ContractError: there are too many of those.
    """
    document = _written(Stack.of(policy).resolve(policy.document))
    size = len(json.dumps(document, ensure_ascii=False, separators=(",", ":")))
    if size > MOST_CHARACTERS:
        renamed = ", ".join(table.dataset for table in tables if table.name != table.dataset)
        raise ContractError(
            f"contracts: the {duty}'s policy would have up to {size:,} characters, and IAM allows "
            f"{MOST_CHARACTERS:,}. Each dataset with a hyphen or a capital letter in its name "
            f"makes it longer: {renamed}. Rename some of them in lower-case letters, digits and "
            "underscores, or divide the contracts among several stacks."
        )


def _written(value: Any) -> Any:
    """A value of a template as AWS would write it, at its longest."""
    match value:
        case {"Fn::Join": [str() as joint, list() as parts]}:
            return joint.join(map(_written, parts))
        case {"Ref": str() as name}:
            return LONGEST[name]
        case {"Fn::GetAtt": _}:
            return LONGEST_ARN
        case dict():
            return {name: _written(one) for name, one in value.items()}
        case list():
            return [_written(one) for one in value]
        case _:
            return value
