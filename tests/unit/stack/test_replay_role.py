"""The role of the replay: it reads no content, and sends to one queue."""

from tests.unit.synthesis import Resource, Synthesized, as_list, statement


def role_of(stack: Synthesized) -> Resource:
    """The role of the state machine."""
    _, machine = stack.one(
        "AWS::StepFunctions::StateMachine", StateMachineName="zero-trust-replay-test"
    )
    name = machine["RoleArn"].strip("<>").removesuffix(".Arn")
    properties: Resource = stack.resources[name]["Properties"]
    return properties


def policies(stack: Synthesized) -> tuple[Resource, Resource]:
    """What it is allowed, and what it is denied."""
    allowed, denied = (
        stack.resources[one.strip("<>")]["Properties"]["PolicyDocument"]
        for one in role_of(stack)["ManagedPolicyArns"]
    )
    return allowed, denied


def test_it_may_ask_about_manifests_and_not_decrypt_them(stack: Synthesized) -> None:
    allowed, denied = policies(stack)
    bucket, _ = stack.one("AWS::S3::Bucket")
    reading = [one for one in allowed["Statement"] if "s3:GetObject" in as_list(one["Action"])]
    assert [one["Resource"] for one in reading] == [f"<{bucket}.Arn>/manifests/*"]
    assert statement(denied, "DenyContent")["Condition"] == {
        "StringNotEquals": {"kms:ViaService": ["sqs.us-east-1.amazonaws.com"]}
    }
    assert statement(denied, "DenyContent")["Action"] == "kms:*"


def test_it_sends_to_the_one_queue(stack: Synthesized) -> None:
    allowed, _ = policies(stack)
    _, mapping = stack.one("AWS::Lambda::EventSourceMapping")
    sending = statement(allowed, "SendMessages")
    assert sending["Resource"] == mapping["EventSourceArn"]
    context = statement(allowed, "EncryptMessages")["Condition"]["StringEquals"]
    assert context["kms:EncryptionContext:aws:sqs:arn"] == mapping["EventSourceArn"]
