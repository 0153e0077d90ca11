"""What takes less time has the same answers as before."""

import json
from typing import Any

import pytest

from tests.sandbox.cloud import Cloud, allow, function, outcome, policy

KEYS = ["a", "in/1", "in/10", "in/2", "in/deep/1", "in/deep/2", "in0", "z"]


@pytest.mark.parametrize(
    "request_",
    [
        {},
        {"Prefix": "in/"},
        {"Prefix": "in/1"},
        {"Prefix": "in/1", "MaxKeys": 1},
        {"Prefix": "in/10", "MaxKeys": 1},
        {"Prefix": "in/11", "MaxKeys": 1},
        {"Prefix": "in/", "StartAfter": "in/10"},
        {"Prefix": "in/", "StartAfter": "in/11", "MaxKeys": 1},
        {"Prefix": "in/", "StartAfter": "a"},
        {"Prefix": "in/", "StartAfter": "z"},
        {"Prefix": "in/", "Delimiter": "/"},
        {"Delimiter": "/", "MaxKeys": 2},
    ],
)
def test_a_list(plain: Cloud, parity: Cloud, request_: dict[str, Any]) -> None:
    def probe(cloud: Cloud) -> list[Any]:
        bucket = cloud.deploy({"Bucket": {"Type": "AWS::S3::Bucket"}})["Bucket"]
        s3 = cloud.client("s3")
        for key in reversed([*KEYS, "in/gone", "z"]):
            s3.put_object(Bucket=bucket, Key=key, Body=b"x")
        s3.delete_object(Bucket=bucket, Key="in/gone")
        s3.delete_object(Bucket=bucket, Key="never")
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, **request_)
        names = ("IsTruncated", "KeyCount", "Contents", "CommonPrefixes")
        found = [{name: page.get(name) for name in names} for page in pages]
        for page in found:
            page["Contents"] = [one["Key"] for one in page["Contents"] or []]
        return found

    assert probe(parity) == probe(plain)


def test_a_changed_policy_is_seen_at_once(parity: Cloud) -> None:
    """Also one that was seen before."""
    bucket, s3 = parity.bucket(), parity.client("s3")
    s3.put_object(Bucket=bucket, Key="a", Body=b"x")
    refused = allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*") | {
        "Effect": "Deny",
        "Principal": "*",
    }
    found = []
    for _ in range(2):
        s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy(refused)))
        found.append(outcome(lambda: s3.get_object(Bucket=bucket, Key="a")))
        s3.delete_bucket_policy(Bucket=bucket)
        found.append(outcome(lambda: s3.get_object(Bucket=bucket, Key="a")))
    assert found == ["AccessDenied", "ok"] * 2


TELLING = """
import os
def handler(event, context):
    return {"place": os.path.realpath(__file__), "process": os.getpid(), "said": "%s"}
"""


def test_functions_with_the_same_code_share_its_files(plain: Cloud, parity: Cloud) -> None:
    """And one with other code has its own."""

    def probe(cloud: Cloud) -> tuple[int, int, list[str]]:
        role, asked = cloud.role("lambda.amazonaws.com"), cloud.client("lambda")
        found = []
        for word in ("same", "same", "other"):
            name = cloud.deploy({"Function": function(role, TELLING % word)})["Function"]
            found.append(json.load(asked.invoke(FunctionName=name)["Payload"]))
        places, processes = ({one[what] for one in found} for what in ("place", "process"))
        return len(places), len(processes), [one["said"] for one in found]

    said = ["same", "same", "other"]
    assert probe(plain) == (3, 3, said)
    assert probe(parity) == (2, 3, said)
