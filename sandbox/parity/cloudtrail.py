"""CloudTrail: trails of templates, which must be able to write where they are told to.

Delete each of these once MiniStack itself does this:

- ``create_trail``, ``update_trail``: refuses a bucket or a key that does not admit the trail, and
  keeps a new trail's log group;
- ``create``, ``update``, ``delete``: has the resource type Trail.
"""

import json
from collections.abc import Mapping
from typing import Any

from ministack.core import iam_evaluator as iam
from ministack.core.responses import get_account_id, get_region
from ministack.services.cloudformation.provisioners import _cfn_bool as cfn_bool
from ministack.services.cloudformation.provisioners import _physical_name as physical_name
from ministack.services.cloudtrail import _DISPATCH as HANDLERS
from ministack.services.cloudtrail import _err as error
from ministack.services.cloudtrail import _trail_arn as arn_of
from ministack.services.cloudtrail import _trails as trails
from ministack.services.s3 import _bucket_policies as bucket_policies

from sandbox.parity import kms
from sandbox.parity.correction import RESOURCE_TYPES, Properties, Provisioned

SERVICE = "cloudtrail.amazonaws.com"
ENCRYPTING = ("kms:GenerateDataKey", "kms:DescribeKey")

Response = tuple[int, dict[str, str], bytes]


# --- What a trail needs --------------------------------------------------------------------------


def refusal(trail: Mapping[str, Any]) -> Response | None:
    """Return CloudTrail's answer if the bucket or the key does not admit the trail, or None.

    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_CreateTrail.html#API_CreateTrail_Errors
    """
    arn, bucket, key = arn_of(trail["Name"]), trail["S3BucketName"], trail.get("KmsKeyId")
    context = {"aws:sourcearn": arn, "kms:encryptioncontext:aws:cloudtrail:arn": arn}
    answer: Response | None = None
    if not admits(bucket, arn):
        message = f"Incorrect S3 bucket policy is detected for bucket: {bucket}"
        answer = error("InsufficientS3BucketPolicyException", message)
    elif key and not kms.service_may(SERVICE, ENCRYPTING, key, context):
        message = f"Insufficient permissions to access S3 bucket {bucket} or KMS key {key}."
        answer = error("InsufficientEncryptionPolicyException", message)
    return answer


def admits(bucket: str, trail_arn: str) -> bool:
    """Whether a bucket's policy lets a trail look at the bucket, and write log files.

    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html
    """
    arn, account = f"arn:aws:s3:::{bucket}", get_account_id()
    return all(
        iam.evaluate_resource_policy(
            bucket_policies.get(bucket),
            iam.EvalContext(
                principal_arn="*",
                principal_type="Service",
                principal_account="",
                action=action,
                resource_arn=resource,
                region=get_region(),
                service_context={
                    "aws:sourcearn": trail_arn,
                    "aws:sourceaccount": account,
                    "aws:securetransport": "true",
                    "s3:x-amz-acl": "bucket-owner-full-control",
                },
            ),
            service=SERVICE,
        ).decision
        == "Allow"
        for action, resource in (
            ("s3:GetBucketAcl", arn),
            ("s3:PutObject", f"{arn}/AWSLogs/{account}/CloudTrail/any"),
        )
    )


def create_trail(request: dict[str, Any]) -> Response:
    """Refuse a trail that could not write, and keep where it sends its events."""
    answer: Response = refusal(request) or create_uncorrected(request)
    if answer[0] == 200:
        update_uncorrected(request)
    return answer


def update_trail(request: dict[str, Any]) -> Response:
    """Refuse a change after which the trail could not write."""
    trail = trails.get(request["Name"].rpartition("/")[2]) or {}
    answer: Response = (trail and refusal({**trail, **request})) or update_uncorrected(request)
    return answer


create_uncorrected, update_uncorrected = HANDLERS["CreateTrail"], HANDLERS["UpdateTrail"]
HANDLERS.update(CreateTrail=create_trail, UpdateTrail=update_trail)


# --- Trails of templates -------------------------------------------------------------------------

SWITCHES = (
    "EnableLogFileValidation",
    "IncludeGlobalServiceEvents",
    "IsMultiRegionTrail",
    "IsOrganizationTrail",
)
TEXTS = (
    "S3BucketName",
    "S3KeyPrefix",
    "SnsTopicName",
    "CloudWatchLogsLogGroupArn",
    "CloudWatchLogsRoleArn",
)
SELECTORS = ("AdvancedEventSelectors", "EventSelectors")


def create(logical_id: str, properties: Properties, stack: str) -> Provisioned:
    """Create a template's trail.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudtrail-trail.html
    """
    name = properties.get("TrailName") or physical_name(stack, logical_id, max_len=128)
    return apply("CreateTrail", name, properties)


def update(name: str, _old: Properties, new: Properties, *_: object) -> Provisioned:
    """Change it as the template says."""
    return apply("UpdateTrail", name, new)


def delete(name: str, _properties: Properties) -> None:
    """Delete it, unless somebody else has."""
    HANDLERS["DeleteTrail"]({"Name": name})


def apply(action: str, name: str, properties: Properties) -> Provisioned:
    """Create or update a trail, then everything about it that has a call of its own."""
    ask(
        action,
        Name=name,
        KmsKeyId=properties.get("KMSKeyId", ""),
        **{one: cfn_bool(properties[one]) for one in SWITCHES if one in properties},
        **{one: properties[one] for one in TEXTS if one in properties},
    )
    arn = arn_of(name)
    for selectors in SELECTORS:
        if properties.get(selectors):
            ask("PutEventSelectors", TrailName=name, **{selectors: properties[selectors]})
    ask("AddTags", ResourceId=arn, TagsList=properties.get("Tags", []))
    ask("StartLogging" if cfn_bool(properties["IsLogging"]) else "StopLogging", Name=name)
    return name, {"Arn": arn}


def ask(action: str, **request: Any) -> None:
    """Call CloudTrail.

    Raises:
        ValueError: it refused.
    """
    status, _, body = HANDLERS[action](request)
    if status != 200:
        raise ValueError(json.loads(body)["message"])


RESOURCE_TYPES["AWS::CloudTrail::Trail"] = {"create": create, "update": update, "delete": delete}
