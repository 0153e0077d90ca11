"""Clients of AWS, for functions without a route to the internet."""

from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_s3 import S3Client

_CONFIG = Config(
    # Without a route, a connection must fail long before the function times out.
    connect_timeout=5,
    retries={"mode": "standard", "max_attempts": 3},
    # The name of the region's own endpoint: the network has no other.
    s3={"us_east_1_regional_endpoint": "regional"},
)


def s3() -> "S3Client":
    """Return a client of S3."""
    return boto3.client("s3", config=_CONFIG)


def kms() -> "KMSClient":
    """Return a client of KMS."""
    return boto3.client("kms", config=_CONFIG)
