"""People: what holders of one of the three policies attempt beyond it."""

import dataclasses
from typing import Any

import boto3

from tests.attacks.attempt import BY_IDENTITY, BY_RESOURCE, Actor, Attempt, allowed, refused
from tests.attacks.conftest import client_of

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


def version_of(what: str) -> dict[str, Any]:
    """The version of a file that is requested."""
    return {**OURS, "Key": f"{{{what}}}", "VersionId": f"{{{what}_version}}"}


def delete_version(what: str) -> Attempt:
    """An attempt to delete a file for good."""
    return Attempt(f"delete a version of {what}", "s3.delete_object", version_of(what))


def find(what: str) -> Attempt:
    """An attempt to list files."""
    return Attempt(f"list {what}", "s3.list_objects_v2", {**OURS, "Prefix": what})


PLACES = ("incoming", "processed", "quarantine", "manifest")
OF_ALL_DATASETS = ("processed/", "quarantine/", "manifests/")
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
        "write next to a dataset",
        "s3.put_object",
        {**OURS, "Key": "incoming/{own}.csv", "Body": "x"},
    ),
    find("incoming/{dataset}/"),
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
    read("incoming"),
    read("quarantine"),
    *(write(place) for place in PLACES),
    find("quarantine/{dataset}/"),
    find("incoming/{dataset}/"),
    *map(find, OF_ALL_DATASETS),
    *EVERYBODY,
)
def test_refused_to_a_consumer(consumer: Actor, attempt: Attempt) -> None:
    consumer.is_refused(attempt)


@refused(
    read("incoming"),
    read("processed"),
    *(write(place) for place in PLACES),
    find("processed/{dataset}/"),
    find("incoming/{dataset}/"),
    *map(find, OF_ALL_DATASETS),
    *EVERYBODY,
)
def test_refused_to_a_steward(steward: Actor, attempt: Attempt) -> None:
    steward.is_refused(attempt)


@refused(
    *(read(place) for place in PLACES),
    *(find(f"{place}{{dataset}}/") for place in OF_ALL_DATASETS),
    *map(find, OF_ALL_DATASETS),
    find("processed//"),
    EVERYTHING,
)
def test_refused_to_a_reader_of_another_dataset(stray: Actor, attempt: Attempt) -> None:
    stray.is_refused(attempt)


def by_duty(attempt: Attempt) -> Attempt:
    """An attempt that a policy of people denies."""
    return dataclasses.replace(attempt, reason=BY_IDENTITY)


ARCHIVES = [
    Attempt(
        f"put a file into {name}",
        operation,
        {**OURS, "Key": "{incoming}", "StorageClass": name, **more},
        reason=BY_RESOURCE,
    )
    for name in ("GLACIER", "DEEP_ARCHIVE")
    for operation, more in (("s3.put_object", {"Body": "x"}), ("s3.create_multipart_upload", {}))
]


@refused(*ARCHIVES)
def test_refused_to_archive_on_arrival(producer: Actor, attempt: Attempt) -> None:
    """Archived files cannot be read at once, and so not processed."""
    producer.is_refused(attempt)


@refused(*ARCHIVES)
def test_refused_to_an_administrator(bystander: Actor, attempt: Attempt) -> None:
    bystander.is_refused(attempt)


@allowed(
    *(
        Attempt(
            f"put a file into {name}",
            "s3.put_object",
            {**OURS, "Key": "{incoming}", "Body": "x", "StorageClass": name},
        )
        for name in ("STANDARD", "INTELLIGENT_TIERING", "GLACIER_IR")
    )
)
def test_allowed_to_save(producer: Actor, call: Attempt) -> None:
    producer.may(call)


READS = [
    *(read(place) for place in PLACES if place != "incoming"),
    *(
        Attempt(f"read a version of {place}", "s3.get_object", version_of(place))
        for place in PLACES
        if place != "incoming"
    ),
]
PUTS = [
    write("incoming"),
    Attempt("put a file in parts", "s3.create_multipart_upload", {**OURS, "Key": "{incoming}"}),
    Attempt(
        "copy a clean file to incoming",
        "s3.copy_object",
        {**OURS, "Key": "{incoming}", "CopySource": {**OURS, "Key": "{processed}"}},
    ),
]


@refused(*map(by_duty, [*READS, *PUTS]), *(write(p) for p in PLACES if p != "incoming"))
def test_refused_to_a_holder_of_both_duties(double: Actor, attempt: Attempt) -> None:
    """Chosen values in, their tokens out: whoever could do both could look up every token."""
    double.is_refused(attempt)


@refused(
    *map(by_duty, (read("processed"), read("incoming"), write("incoming"))),
    by_duty(Attempt("read a version of processed", "s3.get_object", version_of("processed"))),
)
def test_refused_to_a_consumer_who_is_steward_too(twice_reader: Actor, attempt: Attempt) -> None:
    """A raw rejected row next to a matching clean one: what they share reveals the token."""
    twice_reader.is_refused(attempt)


@allowed(read("quarantine"), read("manifest"))
def test_allowed_to_a_consumer_who_is_steward_too(twice_reader: Actor, call: Attempt) -> None:
    twice_reader.may(call)


def test_allowed_to_a_producer_to_put_a_file_in_parts(
    admin: boto3.Session, producer: Actor, facts: dict[str, str]
) -> None:
    """Every client uploads large files this way, and S3 decrypts the parts to join them."""
    s3, here = client_of(admin, "s3"), {"Bucket": facts["bucket"], "Key": facts["incoming"]}
    producer.may(Attempt("begin", "s3.create_multipart_upload", here))
    uploads = s3.list_multipart_uploads(Bucket=here["Bucket"], Prefix=here["Key"])["Uploads"]
    upload = {**here, "UploadId": uploads[0]["UploadId"]}
    part = {**upload, "PartNumber": 1, "Body": "x"}
    producer.may(Attempt("put a part", "s3.upload_part", part))
    parts = [
        {"PartNumber": one["PartNumber"], "ETag": one["ETag"]}
        for one in s3.list_parts(**upload)["Parts"]
    ]
    whole = {**upload, "MultipartUpload": {"Parts": parts}}
    producer.may(Attempt("join the parts", "s3.complete_multipart_upload", whole))


@allowed(write("incoming"))
def test_allowed_to_a_producer(producer: Actor, call: Attempt) -> None:
    producer.may(call)


@allowed(
    read("processed"),
    read("manifest"),
    find("processed/{dataset}/"),
    find("manifests/{dataset}/"),
)
def test_allowed_to_a_consumer(consumer: Actor, call: Attempt) -> None:
    consumer.may(call)


@allowed(
    read("quarantine"),
    read("manifest"),
    find("quarantine/{dataset}/"),
    find("manifests/{dataset}/"),
)
def test_allowed_to_a_steward(steward: Actor, call: Attempt) -> None:
    steward.may(call)
