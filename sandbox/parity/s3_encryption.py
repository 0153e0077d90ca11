"""S3: server-side encryption with KMS keys, whose permissions and state matter.

Delete each of these once MiniStack itself does this:

- ``bucket_key_of_default_encryption``: uses a bucket key if the default encryption says so;
- ``writer_needs_the_key``: asks for the writer's permission on the key;
- ``reader_needs_the_key``: asks for the reader's permission on the key;
- ``copier_needs_the_key``: asks for the copier's permission on the source's key;
- ``uploader_needs_to_decrypt``: asks for kms:Decrypt for a part of an upload;
- ``etag_of_an_encrypted_object``: gives each write of an encrypted object another ETag;
- ``etag_of_an_encrypted_upload``: does so for an upload in parts.

Delete ``remember_the_object`` and ``describing_needs_no_key`` once those about keys are gone.
"""

import contextvars
import secrets
import urllib.parse
from typing import Any

from ministack.services import s3
from ministack.services.kms import _resolve_key as resolve_key
from ministack.services.s3 import _bucket_encryption as default_encryptions
from ministack.services.s3 import _buckets as buckets
from ministack.services.s3 import _error as error
from ministack.services.s3 import _multipart_uploads as uploads
from ministack.services.s3 import _object_versions as object_versions
from ministack.services.s3 import _qp as query_value
from ministack.services.s3 import _stored_sse_headers as stored_encryption

from sandbox.parity import kms
from sandbox.parity.correction import Function, replaces
from sandbox.parity.policies import KEY_HEADER

ALGORITHM_HEADER = "x-amz-server-side-encryption"
BUCKET_KEY_HEADER = "x-amz-server-side-encryption-bucket-key-enabled"

BUCKET_KEY = "<BucketKeyEnabled>true"
"""In a bucket's default encryption: its objects share the bucket's data key."""

Headers = dict[str, str]

addressed: contextvars.ContextVar[tuple[str, str]] = contextvars.ContextVar("addressed")
"""The bucket and key of the object that the request being served reads or writes."""

describing = contextvars.ContextVar("describing", default=False)
"""Whether the request being served is a HeadObject."""

writing_with_kms = contextvars.ContextVar("writing_with_kms", default=False)
"""Whether the request being served stores an object under a KMS key."""


@replaces(s3, "_get_object")
@replaces(s3, "_put_object")
@replaces(s3, "_copy_object")
@replaces(s3, "_create_multipart_upload")
def remember_the_object(original: Function, bucket: str, key: str, *args: Any, **kw: Any) -> Any:
    """Keep what the encryption context needs and MiniStack's checks do not receive."""
    addressed.set((bucket, key))
    return original(bucket, key, *args, **kw)


@replaces(s3, "_bucket_default_sse_headers")
def bucket_key_of_default_encryption(original: Function, bucket: str) -> Headers:
    """Mark each object as encrypted with the bucket key.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html
    """
    headers: Headers = original(bucket)
    if KEY_HEADER in headers and BUCKET_KEY in default_encryptions[bucket]:
        headers[BUCKET_KEY_HEADER] = "true"
    return headers


@replaces(s3, "_resolve_sse_write_headers")
def writer_needs_the_key(original: Function, headers: Headers, bucket: str) -> tuple[Any, Any]:
    """Require ``kms:GenerateDataKey`` for an encrypted write, and name the key by its ARN.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html#require-sse-kms

    A write that requests KMS without a key uses the account's ``aws/s3`` key, which its users may
    use. MiniStack refuses that, but ``cdk`` publishes its assets that way.
    """
    if headers.get(ALGORITHM_HEADER) == "aws:kms" and not headers.get(KEY_HEADER):
        writing_with_kms.set(True)
        return {ALGORITHM_HEADER: "aws:kms"}, None
    resolved, failure = original(headers, bucket)
    if failure is not None or KEY_HEADER not in resolved:
        writing_with_kms.set(False)
        return resolved, failure
    writing_with_kms.set(True)
    key = resolved[KEY_HEADER]
    context = _encryption_context(*addressed.get((bucket, "")))
    refusal = kms.refusal(key, "kms:GenerateDataKey", "s3", context)
    if refusal:
        return None, error(refusal.code, refusal.message, refusal.status)
    return {**resolved, KEY_HEADER: resolve_key(key)["Arn"]}, None


def _encryption_context(bucket: str, key: str) -> dict[str, str]:
    """Return S3's encryption context: the object's ARN, or the bucket's with a bucket key.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html#encryption-context
    """
    by_bucket = BUCKET_KEY in (default_encryptions.get(bucket) or "")
    return {"aws:s3:arn": f"arn:aws:s3:::{bucket}" + ("" if by_bucket else f"/{key}")}


@replaces(s3, "_head_object")
def describing_needs_no_key(original: Function, *args: Any, **kwargs: Any) -> Any:
    """Let HeadObject pass without the key: nothing is decrypted."""
    token = describing.set(True)
    try:
        return original(*args, **kwargs)
    finally:
        describing.reset(token)


@replaces(s3, "_check_sse_read_headers")
def reader_needs_the_key(original: Function, headers: Headers, stored: dict[str, Any]) -> Any:
    """Require ``kms:Decrypt`` to read an object under a KMS key.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html#require-sse-kms
    """
    failure = original(headers, stored)
    return failure if failure or describing.get() else decryption(stored, *addressed.get())


@replaces(s3, "_check_sse_c_copy_source")
def copier_needs_the_key(original: Function, headers: Headers, stored: dict[str, Any]) -> Any:
    """Require ``kms:Decrypt`` to copy from an object under a KMS key."""
    source = urllib.parse.unquote(headers.get("x-amz-copy-source", "")).lstrip("/")
    bucket, _, key = source.partition("?")[0].partition("/")
    return original(headers, stored) or decryption(stored, bucket, key)


@replaces(s3, "_upload_part")
def uploader_needs_to_decrypt(original: Function, bucket: str, key: str, *request: Any) -> Any:
    """Require ``kms:Decrypt`` for a multipart upload too: S3 reads the parts to join them.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions
    """
    _body, query, _headers = request
    upload = uploads.get(query_value(query, "uploadId")) or {}
    return decryption(upload, bucket, key) or original(bucket, key, *request)


def decryption(stored: dict[str, Any], bucket: str, key: str) -> Any:
    """Return S3's error if the caller cannot decrypt the object, or None."""
    kms_key = stored_encryption(stored).get(KEY_HEADER)
    if kms_key is None:
        return None
    refusal = kms.refusal(kms_key, "kms:Decrypt", "s3", _encryption_context(bucket, key))
    return error(refusal.code, refusal.message, refusal.status) if refusal else None


@replaces(s3, "md5_hash")
def etag_of_an_encrypted_object(original: Function, content: bytes) -> str:
    """Give each write under a KMS key a unique ETag, which is not the MD5 of the content.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html: the ETag of an object
    encrypted with SSE-KMS is not an MD5 digest of its data. Two writes of the same content differ.
    """
    digest: str = original(content)
    return secrets.token_hex(16) if writing_with_kms.get() else digest


@replaces(s3, "_fire_s3_event_async")
def etag_of_an_encrypted_upload(
    original: Function, bucket: str, key: str, event: str, *args: Any, **kwargs: Any
) -> None:
    """Give a multipart upload under a KMS key a unique ETag before its event is sent."""
    stored = (buckets.get(bucket) or {}).get("objects", {}).get(key)
    if event.endswith(":CompleteMultipartUpload") and KEY_HEADER in stored_encryption(stored):
        parts = stored["etag"].rpartition("-")[2]
        stored["etag"] = kwargs["etag"] = f'"{secrets.token_hex(16)}-{parts}'
        for version in object_versions.get((bucket, key), []):
            if version["version_id"] == kwargs.get("version_id"):
                version["etag"] = stored["etag"]
    original(bucket, key, event, *args, **kwargs)
