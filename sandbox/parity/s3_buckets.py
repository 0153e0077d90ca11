"""S3: the properties of a template's bucket that MiniStack drops.

Delete each of these once MiniStack itself does this:

- ``CONFIGURATIONS``: applies these properties of a template's bucket;
- ``object_lock``: applies ObjectLockConfiguration;
- ``delete_empty_bucket``: keeps a bucket that has objects.
"""

from collections.abc import Callable, Mapping
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from ministack.core.responses import new_uuid
from ministack.services import s3
from ministack.services.cloudformation import provisioners
from ministack.services.cloudformation.provisioners import (
    _S3_BUCKET_CONFIGURATIONS as KNOWN_CONFIGURATIONS,
)
from ministack.services.cloudformation.provisioners import _cfn_bool as cfn_bool
from ministack.services.s3 import _delete_bucket as delete_bucket
from ministack.services.s3 import _delete_bucket_encryption as delete_encryption
from ministack.services.s3 import _delete_bucket_lifecycle as delete_lifecycle
from ministack.services.s3 import _delete_bucket_ownership_controls as delete_ownership
from ministack.services.s3 import _delete_bucket_tagging as delete_tagging
from ministack.services.s3 import _put_bucket_encryption as put_encryption
from ministack.services.s3 import _put_bucket_lifecycle as put_lifecycle
from ministack.services.s3 import _put_bucket_logging as put_logging
from ministack.services.s3 import _put_bucket_ownership_controls as put_ownership
from ministack.services.s3 import _put_bucket_tagging as put_tagging
from ministack.services.s3 import _put_object_lock_configuration as put_object_lock

from sandbox.parity.correction import RESOURCE_TYPES, Properties, Provisioned, completes

Response = tuple[int, dict[str, str], bytes]
Configuration = tuple[str, Callable[[Any], bytes], Callable[..., Response], Callable[..., Any]]
"""A property: what makes the S3 API's request of it, and the functions that put and delete it."""


def request(tag: str, content: Mapping[str, Any]) -> bytes:
    """Return a request of the S3 API: nested mappings, and lists for repeated elements."""
    root = Element(tag, xmlns=s3.S3_NS)
    _fill(root, content)
    return bytes(tostring(root))


def _fill(parent: Element, content: Mapping[str, Any]) -> None:
    for name, value in content.items():
        for item in value if isinstance(value, list) else [value]:
            element = SubElement(parent, name)
            if isinstance(item, Mapping):
                _fill(element, item)
            else:
                element.text = str(item).lower() if isinstance(item, bool) else str(item)


def encryption(configuration: Properties) -> bytes:
    """Return BucketEncryption as PutBucketEncryption's request."""
    rules = [
        {
            "ApplyServerSideEncryptionByDefault": rule.get("ServerSideEncryptionByDefault", {}),
            "BucketKeyEnabled": cfn_bool(rule.get("BucketKeyEnabled", False)),
        }
        for rule in configuration["ServerSideEncryptionConfiguration"]
    ]
    return request("ServerSideEncryptionConfiguration", {"Rule": rules})


def lifecycle(configuration: Properties) -> bytes:
    """Return LifecycleConfiguration as PutBucketLifecycleConfiguration's request."""
    rules = [_lifecycle_rule(rule) for rule in configuration["Rules"]]
    return request("LifecycleConfiguration", {"Rule": rules})


def _lifecycle_rule(rule: Properties) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ID": rule.get("Id") or new_uuid(),
        "Filter": {"Prefix": rule.get("Prefix", "")},
        "Status": rule["Status"],
        "Transition": [
            {"Days": item["TransitionInDays"], "StorageClass": item["StorageClass"]}
            for item in rule.get("Transitions", [])
        ],
        "NoncurrentVersionTransition": [
            {"NoncurrentDays": item["TransitionInDays"], "StorageClass": item["StorageClass"]}
            for item in rule.get("NoncurrentVersionTransitions", [])
        ],
    }
    expiration = {}
    if "ExpirationInDays" in rule:
        expiration["Days"] = rule["ExpirationInDays"]
    if "ExpiredObjectDeleteMarker" in rule:
        expiration["ExpiredObjectDeleteMarker"] = cfn_bool(rule["ExpiredObjectDeleteMarker"])
    if expiration:
        result["Expiration"] = expiration
    if "NoncurrentVersionExpirationInDays" in rule:
        days = rule["NoncurrentVersionExpirationInDays"]
        result["NoncurrentVersionExpiration"] = {"NoncurrentDays": days}
    for same in ("NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload"):
        if same in rule:
            result[same] = rule[same]
    return result


def logging(configuration: Properties) -> bytes:
    """Return LoggingConfiguration as PutBucketLogging's request."""
    target = {
        "TargetBucket": configuration.get("DestinationBucketName", ""),
        "TargetPrefix": configuration.get("LogFilePrefix", ""),
    }
    return request("BucketLoggingStatus", {"LoggingEnabled": target})


def stop_logging(bucket: str) -> Response:
    """Turn server access logging off: S3 has no separate call for it."""
    response: Response = put_logging(bucket, request("BucketLoggingStatus", {}))
    return response


def ownership(configuration: Properties) -> bytes:
    """Return OwnershipControls as PutBucketOwnershipControls' request."""
    return request("OwnershipControls", {"Rule": configuration["Rules"]})


def tagging(tags: list[dict[str, str]]) -> bytes:
    """Return Tags as PutBucketTagging's request."""
    return request("Tagging", {"TagSet": {"Tag": tags}})


def accepted(put: Callable[..., Response]) -> Callable[..., Response]:
    """Fail the stack if the S3 API refuses a property, as on AWS."""

    def put_or_fail(bucket: str, body: bytes) -> Response:
        response = put(bucket, body)
        if response[0] >= 400:
            raise ValueError(f"AWS::S3::Bucket {bucket}: {response[2].decode()}")
        return response

    return put_or_fail


CONFIGURATIONS: tuple[Configuration, ...] = (
    ("BucketEncryption", encryption, accepted(put_encryption), delete_encryption),
    ("LifecycleConfiguration", lifecycle, accepted(put_lifecycle), delete_lifecycle),
    ("LoggingConfiguration", logging, accepted(put_logging), stop_logging),
    ("OwnershipControls", ownership, accepted(put_ownership), delete_ownership),
    ("Tags", tagging, accepted(put_tagging), delete_tagging),
)
"""The dropped properties of
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucket.html
"""

vars(provisioners)["_S3_BUCKET_CONFIGURATIONS"] = (*KNOWN_CONFIGURATIONS, *CONFIGURATIONS)


@completes("AWS::S3::Bucket")
def object_lock(provisioned: Provisioned, properties: Properties) -> Provisioned:
    """Turn on Object Lock with the template's default retention; it cannot be turned off again."""
    if cfn_bool(properties.get("ObjectLockEnabled", False)):
        content: dict[str, Any] = {"ObjectLockEnabled": "Enabled"}
        rule = (properties.get("ObjectLockConfiguration") or {}).get("Rule")
        if rule:
            content["Rule"] = rule
        accepted(put_object_lock)(provisioned[0], request("ObjectLockConfiguration", content))
    return provisioned


def delete_empty_bucket(
    physical_id: str,
    properties: Properties,
    delete: Callable[..., None] = RESOURCE_TYPES["AWS::S3::Bucket"]["delete"],
) -> None:
    """Fail the deletion of a bucket that still has objects or versions, as DeleteBucket does.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucket.html
    """
    response = delete_bucket(physical_id)
    if b"BucketNotEmpty" in response[2]:
        raise ValueError(f"The bucket you tried to delete is not empty: {physical_id}")
    delete(physical_id, properties)


RESOURCE_TYPES["AWS::S3::Bucket"]["delete"] = delete_empty_bucket
