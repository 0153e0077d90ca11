"""CloudFormation: a stack refuses or imports an existing resource that it did not create.

Delete each of these once MiniStack itself does this:

- ``refuse_taken_names``: refuses to create a resource whose name is taken;
- ``import_policy``: imports a bucket's policy.
"""

from collections.abc import Mapping
from typing import Any

from ministack.services.cloudformation.changesets import _IMPORT_LOOKUPS as IMPORT_LOOKUPS
from ministack.services.cloudwatch_logs import _log_groups as log_groups
from ministack.services.iam import _roles as roles
from ministack.services.kms import _alias_arn as alias_arn
from ministack.services.kms import _aliases as aliases
from ministack.services.lambda_svc import _functions as functions
from ministack.services.s3 import _bucket_policies as bucket_policies

from sandbox.parity.correction import RESOURCE_TYPES, Properties, Provisioned

NAMED: dict[str, tuple[str, Any]] = {
    "AWS::IAM::Role": ("RoleName", roles),
    "AWS::KMS::Alias": ("AliasName", aliases),
    "AWS::Lambda::Function": ("FunctionName", functions),
    "AWS::Logs::LogGroup": ("LogGroupName", log_groups),
    "AWS::S3::BucketPolicy": ("Bucket", bucket_policies),
}
"""Types that MiniStack creates twice: the property with the name, and the existing ones."""


def refuse_taken_names(resource_type: str) -> None:
    """Make a creation fail if the name is taken, as the APIs behind it do.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html
    """
    name, existing = NAMED[resource_type]
    create = RESOURCE_TYPES[resource_type]["create"]

    def create_new(logical_id: str, properties: Properties, stack: str) -> Provisioned:
        given = properties.get(name)
        place = alias_arn(given) if given and resource_type == "AWS::KMS::Alias" else given
        if place and place in existing:
            raise ValueError(
                f"Resource of type '{resource_type}' with identifier '{given}' already exists."
            )
        created: Provisioned = create(logical_id, properties, stack)
        return created

    RESOURCE_TYPES[resource_type]["create"] = create_new


for named in NAMED:
    refuse_taken_names(named)


# --- Import of a bucket's policy -----------------------------------------------------------------


def missing_policy(bucket: str) -> str | None:
    """Return why the policy of a bucket cannot be imported, or None."""
    if bucket in bucket_policies:
        return None
    return f"Resource of type 'AWS::S3::BucketPolicy' with identifier '{bucket}' was not found."


def import_policy(identifier: Mapping[str, str]) -> Provisioned:
    """Import a bucket's policy; it stays as it is until it is updated.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resource-import-supported-resources.html
    """
    return f"{identifier['Bucket']}-policy", {}


RESOURCE_TYPES["AWS::S3::BucketPolicy"]["import"] = import_policy
IMPORT_LOOKUPS["AWS::S3::BucketPolicy"] = (("Bucket",), missing_policy)
