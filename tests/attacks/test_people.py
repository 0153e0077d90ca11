"""People: what somebody with one of the three policies does beyond it."""

from typing import Any

from tests.attacks.attempt import Actor, Attempt, allowed, refused

OURS: dict[str, Any] = {"Bucket": "{bucket}"}


def read(what: str) -> Attempt:
    """An attempt to read a file."""
    return Attempt(f"read {what}", "s3.get_object", {**OURS, "Key": f"{{{what}}}"})


def write(what: str) -> Attempt:
    """An attempt to write a file."""
    return Attempt(f"write {what}", "s3.put_object", {**OURS, "Key": f"{{{what}}}", "Body": "x"})


def delete(what: str) -> Attempt:
    """An attempt to delete a file."""
    return Attempt(f"delete {what}", "s3.delete_object", {**OURS, "Key": f"{{{what}}}"})


def delete_version(what: str) -> Attempt:
    """An attempt to delete a file for good."""
    version = {"Key": f"{{{what}}}", "VersionId": f"{{{what}_version}}"}
    return Attempt(f"delete a version of {what}", "s3.delete_object", {**OURS, **version})


def find(what: str) -> Attempt:
    """An attempt to list files."""
    return Attempt(f"list {what}", "s3.list_objects_v2", {**OURS, "Prefix": what})


PLACES = ("incoming", "processed", "quarantine", "manifest")
EVERYTHING = Attempt("list everything", "s3.list_objects_v2", OURS)
VERSIONS = Attempt("list versions", "s3.list_object_versions", OURS)
DIRECT_USE = [
    Attempt(
        "take a data key", "kms.generate_data_key", {"KeyId": "{data_key}", "KeySpec": "AES_256"}
    ),
    Attempt(
        "derive a pseudonymisation key",
        "kms.generate_mac",
        {"KeyId": "{pseudonym_key}", "Message": "x", "MacAlgorithm": "HMAC_SHA_256"},
    ),
    Attempt("read the log", "logs.filter_log_events", {"logGroupName": "{log_group}"}),
    Attempt(
        "invoke the function",
        "lambda.invoke",
        {"FunctionName": "{function}", "InvocationType": "DryRun"},
    ),
    Attempt("open the bucket", "s3.put_bucket_policy", {**OURS, "Policy": "{bucket_policy}"}),
]
EVERYBODY = [
    *(delete(place) for place in PLACES),
    *(delete_version(place) for place in PLACES),
    EVERYTHING,
    VERSIONS,
    *DIRECT_USE,
]


@refused(
    *(read(place) for place in PLACES),
    *(write(place) for place in PLACES if place != "incoming"),
    Attempt(
        "write another dataset",
        "s3.put_object",
        {**OURS, "Key": "incoming/{own}/x.csv", "Body": "x"},
    ),
    Attempt(
        "write beside a dataset",
        "s3.put_object",
        {**OURS, "Key": "incoming/{own}.csv", "Body": "x"},
    ),
    find("incoming/"),
    *EVERYBODY,
)
def test_refused_to_a_producer(producer: Actor, attempt: Attempt) -> None:
    producer.is_refused(attempt)


@refused(
    write("incoming"),
    Attempt("write no dataset", "s3.put_object", {**OURS, "Key": "incoming//x.csv", "Body": "x"}),
)
def test_refused_to_a_producer_of_nothing(untagged: Actor, attempt: Attempt) -> None:
    untagged.is_refused(attempt)


@refused(
    *(read(place) for place in PLACES if place != "processed"),
    *(write(place) for place in PLACES),
    find("quarantine/"),
    find("manifests/"),
    find("incoming/"),
    *EVERYBODY,
)
def test_refused_to_a_consumer(consumer: Actor, attempt: Attempt) -> None:
    consumer.is_refused(attempt)


@refused(
    read("incoming"),
    read("processed"),
    *(write(place) for place in PLACES),
    find("processed/"),
    find("incoming/"),
    *EVERYBODY,
)
def test_refused_to_a_steward(steward: Actor, attempt: Attempt) -> None:
    steward.is_refused(attempt)


@allowed(write("incoming"))
def test_allowed_to_a_producer(producer: Actor, call: Attempt) -> None:
    producer.may(call)


@allowed(read("processed"), find("processed/"))
def test_allowed_to_a_consumer(consumer: Actor, call: Attempt) -> None:
    consumer.may(call)


@allowed(read("quarantine"), read("manifest"), find("quarantine/"), find("manifests/"))
def test_allowed_to_a_steward(steward: Actor, call: Attempt) -> None:
    steward.may(call)
