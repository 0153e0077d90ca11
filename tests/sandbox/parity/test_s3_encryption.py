"""SSE-KMS: the key's permissions, state and effects, without and with the corrections."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.sandbox.cloud import Cloud, allow, outcome

PART = 5 * 1024 * 1024
S3_ONLY = allow("s3:*")


def writing(s3: Any, bucket: str, **more: Any) -> str:
    """The outcome of a PutObject."""
    return outcome(lambda: s3.put_object(Bucket=bucket, Key="k", Body=b"x", **more))


def reading(s3: Any, bucket: str) -> str:
    """The outcome of a GetObject."""

    def read() -> None:
        s3.get_object(Bucket=bucket, Key="k")["Body"].read()

    return outcome(read)


def test_the_bucket_key_is_used_by_default_encryption(plain: Cloud, parity: Cloud) -> None:
    def probe(cloud: Cloud) -> tuple[object, object]:
        key = cloud.key()
        bucket = cloud.bucket(key)
        s3 = cloud.client("s3")
        s3.put_object(Bucket=bucket, Key="k", Body=b"x")
        head = s3.head_object(Bucket=bucket, Key="k")
        return head["SSEKMSKeyId"] == key, head.get("BucketKeyEnabled")

    assert probe(plain) == (True, None)
    assert probe(parity) == (True, True)


def test_the_key_is_named_by_its_arn(plain: Cloud, parity: Cloud) -> None:
    def probe(cloud: Cloud) -> str:
        bucket = cloud.bucket(cloud.key().rpartition("/")[2])
        s3 = cloud.client("s3")
        return str(s3.put_object(Bucket=bucket, Key="k", Body=b"x")["SSEKMSKeyId"])[:8]

    assert probe(plain) != "arn:aws:"
    assert probe(parity) == "arn:aws:"


def test_kms_without_a_key_takes_the_accounts_own(plain: Cloud, parity: Cloud) -> None:
    def probe(cloud: Cloud) -> str:
        return writing(cloud.client("s3"), cloud.bucket(), ServerSideEncryption="aws:kms")

    assert probe(plain) == "InvalidArgument"
    assert probe(parity) == "ok"


@pytest.mark.parametrize(
    ("permission", "written", "read"),
    [
        ("kms:GenerateDataKey", "ok", "AccessDenied"),
        ("kms:Decrypt", "AccessDenied", "ok"),
        ("kms:DescribeKey", "AccessDenied", "AccessDenied"),
    ],
)
def test_writers_and_readers_need_the_key(
    plain: Cloud, parity: Cloud, permission: str, written: str, read: str
) -> None:
    def probe(cloud: Cloud) -> tuple[str, str]:
        bucket = cloud.bucket(cloud.key())
        writing(cloud.client("s3"), bucket)
        s3 = cloud.assume(S3_ONLY, allow(permission)).client("s3")
        return writing(s3, bucket), reading(s3, bucket)

    assert probe(plain) == ("ok", "ok")
    assert probe(parity) == (written, read)


def test_describing_needs_no_key(parity: Cloud) -> None:
    bucket = parity.bucket(parity.key())
    writing(parity.client("s3"), bucket)
    s3 = parity.assume(S3_ONLY).client("s3")
    assert outcome(lambda: s3.head_object(Bucket=bucket, Key="k")) == "ok"


@pytest.mark.parametrize("use_bucket_key", [True, False])
def test_conditions_see_the_encryption_context_and_the_service(
    parity: Cloud, *, use_bucket_key: bool
) -> None:
    bucket = parity.bucket(parity.key(), bucket_key=use_bucket_key)
    writing(parity.client("s3"), bucket)

    def probe(arn: str, service: str = "s3.us-east-1.amazonaws.com") -> tuple[str, str]:
        same = {"kms:EncryptionContext:aws:s3:arn": arn, "kms:ViaService": service}
        using = allow(["kms:GenerateDataKey", "kms:Decrypt"], StringEquals=same)
        s3 = parity.assume(S3_ONLY, using).client("s3")
        return writing(s3, bucket), reading(s3, bucket)

    arn = f"arn:aws:s3:::{bucket}" + ("" if use_bucket_key else "/k")
    assert probe(arn) == ("ok", "ok")
    assert probe("arn:aws:s3:::other") == ("AccessDenied", "AccessDenied")
    assert probe(arn, "sqs.us-east-1.amazonaws.com") == ("AccessDenied", "AccessDenied")


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        (lambda kms, key: kms.disable_key(KeyId=key), "KMS.DisabledException"),
        (
            lambda kms, key: kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7),
            "KMS.KMSInvalidStateException",
        ),
    ],
    ids=["disabled", "to be deleted"],
)
def test_a_key_that_cannot_be_used_refuses_everyone(
    plain: Cloud, parity: Cloud, change: Callable[[Any, str], object], refused: str
) -> None:
    def probe(cloud: Cloud) -> tuple[str, str]:
        key = cloud.key()
        bucket = cloud.bucket(key)
        s3 = cloud.client("s3")
        writing(s3, bucket)
        change(cloud.client("kms"), key)
        return reading(s3, bucket), writing(s3, bucket)

    assert probe(plain) == ("ok", "ok")
    assert probe(parity) == (refused, refused)


def test_a_key_that_does_not_exist_is_not_found(plain: Cloud, parity: Cloud) -> None:
    def probe(cloud: Cloud) -> str:
        missing = "00000000-0000-0000-0000-000000000000"
        named = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": missing}
        return writing(cloud.client("s3"), cloud.bucket(), **named)

    assert probe(plain) == "ok"
    assert probe(parity) == "KMS.NotFoundException"


def test_copying_needs_the_sources_key(plain: Cloud, parity: Cloud) -> None:
    def probe(cloud: Cloud) -> str:
        source, target = cloud.bucket(cloud.key()), cloud.bucket()
        writing(cloud.client("s3"), source)
        s3 = cloud.assume(S3_ONLY).client("s3")
        return outcome(
            lambda: s3.copy_object(
                Bucket=target, Key="k", CopySource={"Bucket": source, "Key": "k"}
            )
        )

    assert probe(plain) == "ok"
    assert probe(parity) == "AccessDenied"


def test_a_multipart_upload_needs_decrypt_too(plain: Cloud, parity: Cloud) -> None:
    def probe(cloud: Cloud) -> str:
        bucket = cloud.bucket(cloud.key())
        s3 = cloud.assume(S3_ONLY, allow("kms:GenerateDataKey")).client("s3")
        upload = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
        part = {"Bucket": bucket, "Key": "k", "UploadId": upload, "PartNumber": 1}
        return outcome(lambda: s3.upload_part(**part, Body=b"x"))

    assert probe(plain) == "ok"
    assert probe(parity) == "AccessDenied"


def put_once(s3: Any, bucket: str) -> str:
    """Write an object; its ETag."""
    return str(s3.put_object(Bucket=bucket, Key="k", Body=b"same")["ETag"])


def upload_in_parts(s3: Any, bucket: str) -> str:
    """Write an object as a multipart upload; its ETag."""
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    target = {"Bucket": bucket, "Key": "k", "UploadId": upload}
    etag = s3.upload_part(**target, PartNumber=1, Body=b"same")["ETag"]
    parts = {"Parts": [{"PartNumber": 1, "ETag": etag}]}
    s3.complete_multipart_upload(**target, MultipartUpload=parts)
    return str(s3.head_object(Bucket=bucket, Key="k")["ETag"])


@pytest.mark.parametrize("write", [put_once, upload_in_parts])
def test_each_encrypted_write_has_an_etag_of_its_own(
    plain: Cloud, parity: Cloud, write: Callable[[Any, str], str]
) -> None:
    def different(cloud: Cloud, bucket: str) -> bool:
        s3 = cloud.client("s3")
        first, second = write(s3, bucket), write(s3, bucket)
        current = s3.get_object(Bucket=bucket, Key="k")
        current["Body"].close()
        listed = s3.list_objects_v2(Bucket=bucket)["Contents"][0]["ETag"]
        assert current["ETag"] == listed == second
        return first != second

    assert not different(plain, plain.bucket(plain.key()))
    assert different(parity, parity.bucket(parity.key()))
    assert not different(parity, parity.bucket()), "SSE-S3 keeps the digest of the content"


def test_conditional_writes_hold_for_encrypted_objects(parity: Cloud) -> None:
    """The processor relies on them; MiniStack has them without a correction."""
    s3, bucket = parity.client("s3"), parity.bucket(parity.key())
    assert writing(s3, bucket, IfNoneMatch="*") == "ok"
    assert writing(s3, bucket, IfNoneMatch="*") == "PreconditionFailed"
    stale = s3.head_object(Bucket=bucket, Key="k")["ETag"]
    assert writing(s3, bucket, IfMatch=stale) == "ok", "the same content again"
    assert writing(s3, bucket, IfMatch=stale) == "PreconditionFailed"


def test_an_earlier_version_can_be_read(parity: Cloud) -> None:
    s3, bucket = parity.client("s3"), parity.bucket(parity.key())
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(Bucket=bucket, Key="k", Body=b"first")
    s3.put_object(Bucket=bucket, Key="k", Body=b"second")
    found = s3.get_object(Bucket=bucket, Key="k", VersionId=first["VersionId"])
    assert (found["Body"].read(), found["ETag"]) == (b"first", first["ETag"])
