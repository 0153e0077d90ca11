"""An environment: a suffix that is allowed, and whether it leaves anything behind."""

import pytest

from lib.settings import SettingsError
from lib.tap_stack import TapStack
from tests.unit.synthesis import Synthesized, make_app


def test_other_environments_leave_nothing_behind(stack: Synthesized) -> None:
    for resource in stack.resources.values():
        # The policy of a bucket is deleted with it, and refuses writes until then.
        kept = resource["Type"] == "AWS::S3::BucketPolicy"
        policy = "RetainExceptOnCreate" if kept else "Delete"
        assert resource.get("DeletionPolicy", "Delete") == policy
    assert stack.find("Custom::S3AutoDeleteObjects")


def test_a_bad_suffix_stops_before_anything_is_created() -> None:
    app = make_app()
    with pytest.raises(SettingsError, match="Bad_Suffix!"):
        TapStack(app, "TapStack", environment_suffix="Bad_Suffix!")
    assert not [child for child in app.node.children if child.node.id == "TapStack"]
