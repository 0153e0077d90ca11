"""Names belong to one environment, and are not too long."""

import json

from lib.settings import SUFFIX_MAX_LENGTH
from tests.unit.synthesis import Synthesized, synthesize


def test_two_environments_share_no_name() -> None:
    def names(suffix: str) -> set[str]:
        template = synthesize(suffix, settings='{"auditTrail": true}')
        named = {"FunctionName", "BucketName", "LogGroupName", "AliasName", "TrailName"}
        return {
            json.dumps(value)
            for resource in template["Resources"].values()
            for key, value in resource.get("Properties", {}).items()
            if key in named and isinstance(value, str)
        } | {output["Export"]["Name"] for output in template["Outputs"].values()}

    assert names("test")
    assert not names("test") & names("pr-42")


LONGEST_SUFFIX = "x" * SUFFIX_MAX_LENGTH
LONGEST_REGION = "ap-southeast-1"
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html and the API pages
NAME_QUOTAS = {
    "BucketName": 63,
    "FunctionName": 64,
    "RoleName": 64,
    "AliasName": 256,
    "LogGroupName": 512,
    "TrailName": 128,
}


def test_names_fit_at_their_longest() -> None:
    stack = Synthesized(
        synthesize(LONGEST_SUFFIX, settings='{"retainData": true, "auditTrail": true}')
    )
    checked = set()
    for resource in stack.resources.values():
        for name, quota in NAME_QUOTAS.items():
            value = resource.get("Properties", {}).get(name)
            if value:
                checked.add(name)
                longest = value.replace("us-east-1", LONGEST_REGION)
                assert len(longest) <= quota, longest
    assert checked == set(NAME_QUOTAS)
