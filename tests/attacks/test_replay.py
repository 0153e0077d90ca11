"""The replay: what somebody with its role's credentials attempts beyond its work."""

from typing import Any

from tests.attacks.attempt import Actor, Attempt, allowed, refused

HARMLESS = '{"Service": "Amazon S3", "Event": "s3:TestEvent"}'
OURS: dict[str, Any] = {"Bucket": "{bucket}"}
QUEUE: dict[str, Any] = {"QueueUrl": "{queue_url}"}
PLACES = ("incoming", "processed", "quarantine", "manifest")


@refused(
    *(
        Attempt(f"read {place}", "s3.get_object", {**OURS, "Key": f"{{{place}}}"})
        for place in PLACES
    ),
    *(
        Attempt(f"write {place}", "s3.put_object", {**OURS, "Key": f"{{{place}}}", "Body": "x"})
        for place in PLACES
    ),
    Attempt(
        "copy a manifest",
        "s3.copy_object",
        {"Bucket": "{own_bucket}", "Key": "copy", "CopySource": "{bucket}/{manifest}"},
    ),
    Attempt("delete a manifest", "s3.delete_object", {**OURS, "Key": "{manifest}"}),
    Attempt("list versions", "s3.list_object_versions", OURS),
    Attempt("open the bucket", "s3.put_bucket_policy", {**OURS, "Policy": "{bucket_policy}"}),
    Attempt(
        "send to another queue",
        "sqs.send_message",
        {"QueueUrl": "{own_queue_url}", "MessageBody": "x"},
    ),
    Attempt(
        "send to the dead letters",
        "sqs.send_message",
        {"QueueUrl": "{dead_letter_url}", "MessageBody": "x"},
    ),
    Attempt("read messages", "sqs.receive_message", QUEUE),
    Attempt("purge the queue", "sqs.purge_queue", QUEUE),
    Attempt(
        "decrypt",
        "kms.decrypt",
        {"KeyId": "{data_key}", "CiphertextBlob": {"base64": "{ciphertext}"}},
    ),
    Attempt(
        "take a data key", "kms.generate_data_key", {"KeyId": "{data_key}", "KeySpec": "AES_256"}
    ),
    Attempt(
        "derive a pseudonymisation key",
        "kms.generate_mac",
        {"KeyId": "{pseudonym_key}", "Message": "x", "MacAlgorithm": "HMAC_SHA_256"},
    ),
    Attempt(
        "change the state machine",
        "stepfunctions.update_state_machine",
        {"stateMachineArn": "{replay_arn}", "roleArn": "{role_arn}"},
    ),
    Attempt(
        "invoke the function",
        "lambda.invoke",
        {"FunctionName": "{function}", "InvocationType": "DryRun"},
    ),
    Attempt(
        "become the function",
        "sts.assume_role",
        {"RoleArn": "{role_arn}", "RoleSessionName": "thief"},
    ),
    Attempt("see policies", "iam.list_attached_role_policies", {"RoleName": "{role}"}),
)
def test_refused_to_the_replay(replayer: Actor, attempt: Attempt) -> None:
    """Even with AdministratorAccess attached to its role."""
    replayer.is_refused(attempt)


@allowed(
    Attempt("list files", "s3.list_objects_v2", {**OURS, "Prefix": "incoming/"}),
    Attempt("ask about a manifest", "s3.head_object", {**OURS, "Key": "{manifest}"}),
    Attempt("send a message", "sqs.send_message", {**QUEUE, "MessageBody": HARMLESS}),
)
def test_allowed_to_the_replay(replayer: Actor, call: Attempt) -> None:
    replayer.may(call)
