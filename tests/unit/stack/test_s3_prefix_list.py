"""The prefix list of S3 is looked up when the stack is deployed."""

import json

import pytest

from tests.unit.synthesis import Synthesized, synthesize


@pytest.mark.parametrize("region", ["us-east-1", "us-gov-west-1", "cn-north-1"])
def test_the_prefix_list_is_that_of_the_region_deployed_to(region: str) -> None:
    stack = Synthesized(synthesize(region=region), region)
    _, lookup = stack.one("Custom::S3PrefixList")
    for phase in ("Create", "Update"):
        call = json.loads(lookup[phase])
        assert call["action"] == "describeManagedPrefixLists"
        assert call["parameters"]["Filters"] == [
            {"Name": "prefix-list-name", "Values": [f"com.amazonaws.{region}.s3"]}
        ]
