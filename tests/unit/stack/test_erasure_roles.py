"""What the roles of an erasure allow; the decisions have the rest."""

from tests.unit.synthesis import Resource, Synthesized, as_list


def role_of(stack: Synthesized, name: str) -> Resource:
    """A role by its name."""
    return stack.one("AWS::IAM::Role", RoleName=f"{name}-us-east-1")[1]


def test_the_eraser_reads_no_raw_file_and_deletes_requests_alone(stack: Synthesized) -> None:
    allowed = role_of(stack, "eraser-test")["ManagedPolicyArns"][0].strip("<>")
    document = stack.resources[allowed]["Properties"]["PolicyDocument"]
    of_objects = [
        (action, resource.partition("/")[2])
        for item in document["Statement"]
        for action in as_list(item["Action"])
        for resource in as_list(item["Resource"])
        if action.startswith("s3:") and "/" in resource
    ]
    assert not [place for _, place in of_objects if place.startswith("incoming")]
    assert [place for action, place in of_objects if "Delete" in action] == ["erasure/requests/*"]
    assert not [action for action, _ in of_objects if "Version" in action]
