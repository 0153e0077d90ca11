"""Policy evaluation: each test shows MiniStack's answer, then the corrected one."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.emulator import ACCOUNT
from tests.sandbox.cloud import Cloud, allow, deny, function, outcome, policy, unique


def putting(cloud: Cloud, bucket: str, client: Any = None, **more: str) -> str:
    """The outcome of a PutObject."""
    s3 = client or cloud.client("s3")
    return outcome(lambda: s3.put_object(Bucket=bucket, Key="k", Body=b"x", **more))


def encrypting(cloud: Cloud, statement: dict[str, Any], **more: Any) -> str:
    """The outcome of an Encrypt by a role with this one permission."""
    kms = cloud.assume(statement).client("kms")
    key = cloud.key()
    return outcome(lambda: kms.encrypt(KeyId=key, Plaintext=b"x", **more))


def test_root_is_bound_by_a_bucket_policys_deny(plain: Cloud, parity: Cloud) -> None:
    def probe(cloud: Cloud) -> tuple[str, str]:
        bucket = cloud.bucket()
        document = policy({**deny("s3:*"), "Principal": "*"})
        s3 = cloud.client("s3")
        s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(document))
        put = putting(cloud, bucket)
        return put, outcome(lambda: s3.delete_bucket_policy(Bucket=bucket))

    assert probe(plain) == ("ok", "ok")
    assert probe(parity) == ("AccessDenied", "ok"), "and is never locked out"


@pytest.mark.parametrize(
    ("operator", "key", "value"),
    [
        ("StringEquals", "kms:CallerAccount", ACCOUNT),
        ("Bool", "aws:PrincipalIsAWSService", "false"),
        ("Bool", "aws:ViaAWSService", "false"),
    ],
)
def test_condition_keys_of_every_request(
    plain: Cloud, parity: Cloud, operator: str, key: str, value: str
) -> None:
    statement = allow("kms:Encrypt", **{operator: {key: value}})
    assert encrypting(plain, statement) == "AccessDeniedException"
    assert encrypting(parity, statement) == "ok"
    other = allow("kms:Encrypt", **{operator: {key: "true"}})
    assert encrypting(parity, other) == "AccessDeniedException"


def test_principal_arn_of_a_session_is_its_roles(plain: Cloud, parity: Cloud) -> None:
    role = {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/role-*"}}
    assert encrypting(plain, allow("kms:Encrypt", **role)) == "AccessDeniedException"
    assert encrypting(parity, allow("kms:Encrypt", **role)) == "ok"
    session = {"ArnLike": {"aws:PrincipalArn": "arn:aws:sts::*:assumed-role/*"}}
    assert encrypting(parity, allow("kms:Encrypt", **session)) == "AccessDeniedException"


def test_encryption_context_of_a_call_of_kms(plain: Cloud, parity: Cloud) -> None:
    statement = allow(
        "kms:Encrypt", StringEquals={"kms:EncryptionContext:Purpose": "demonstration"}
    )
    right = {"Purpose": "demonstration"}
    assert encrypting(plain, statement, EncryptionContext=right) == "AccessDeniedException"
    assert encrypting(parity, statement, EncryptionContext=right) == "ok"
    assert encrypting(parity, statement) == "AccessDeniedException"
    wrong = {"Purpose": "other"}
    assert encrypting(parity, statement, EncryptionContext=wrong) == "AccessDeniedException"


def test_mac_algorithm(plain: Cloud, parity: Cloud) -> None:
    def probe(cloud: Cloud, algorithm: str) -> str:
        statement = allow("kms:GenerateMac", StringEquals={"kms:MacAlgorithm": algorithm})
        kms = cloud.assume(statement).client("kms")
        key = cloud.key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
        return outcome(
            lambda: kms.generate_mac(KeyId=key, Message=b"x", MacAlgorithm="HMAC_SHA_256")
        )

    assert probe(plain, "HMAC_SHA_256") == "AccessDeniedException"
    assert probe(parity, "HMAC_SHA_256") == "ok"
    assert probe(parity, "HMAC_SHA_512") == "AccessDeniedException"


def test_function_that_calls(plain: Cloud, parity: Cloud) -> None:
    def probe(cloud: Cloud, session: str = "") -> str:
        role = cloud.role("lambda.amazonaws.com", allow("kms:Encrypt"))
        name = cloud.deploy({"Function": function(role)})["Function"]
        arn = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{name}"
        by_its_code = {"ArnEquals": {"lambda:SourceFunctionArn": arn}}
        key = cloud.key({**deny("kms:Encrypt", **by_its_code), "Principal": "*"})
        kms = cloud.become(role, session or name).client("kms")
        return outcome(lambda: kms.encrypt(KeyId=key, Plaintext=b"x"))

    assert probe(plain) == "ok"
    assert probe(parity) == "AccessDeniedException"
    assert probe(parity, session="another") == "ok"


def test_tls_version(plain: Cloud, parity: Cloud) -> None:
    def probe(cloud: Cloud, oldest: str) -> str:
        condition = {"NumericGreaterThanEquals": {"s3:TlsVersion": oldest}}
        caller = cloud.assume(allow("s3:PutObject", **condition))
        return putting(cloud, cloud.bucket(), caller.client("s3"))

    assert probe(plain, "1.2") == "AccessDenied"
    assert probe(parity, "1.2") == "ok"
    assert probe(parity, "1.4") == "AccessDenied"


def test_requests_without_tls(parity: Cloud) -> None:
    """The only correction is a port: MiniStack takes all requests with TLS, or none."""
    insecure = {"Bool": {"aws:SecureTransport": "false"}}
    bucket = parity.bucket()
    document = policy({**deny("s3:PutObject", **insecure), "Principal": "*"})
    parity.client("s3").put_bucket_policy(Bucket=bucket, Policy=json.dumps(document))
    arn = parity.role("ec2.amazonaws.com", allow("s3:PutObject"))
    assert putting(parity, bucket, parity.become(arn, "tls").client("s3")) == "ok"
    plainly = parity.become(arn, "plainly", parity.emulator.plain_endpoint).client("s3")
    assert putting(parity, bucket, plainly) == "AccessDenied"
    assert putting(parity, parity.bucket(), plainly) == "ok"


def test_key_that_a_write_names(plain: Cloud, parity: Cloud) -> None:
    def probe(cloud: Cloud, *, right: bool) -> str:
        key, other = cloud.key(), cloud.key()
        name = "s3:x-amz-server-side-encryption-aws-kms-key-id"
        caller = cloud.assume(
            allow("s3:PutObject", StringEquals={name: key}), allow("kms:GenerateDataKey")
        )
        headers = {
            "ServerSideEncryption": "aws:kms",
            "SSEKMSKeyId": key if right else other,
        }
        return putting(cloud, cloud.bucket(), caller.client("s3"), **headers)

    assert probe(plain, right=True) == "AccessDenied"
    assert probe(parity, right=True) == "ok"
    assert probe(parity, right=False) == "AccessDenied"


def test_customer_key_of_a_write(plain: Cloud, parity: Cloud) -> None:
    def probe(cloud: Cloud, **more: str) -> str:
        name = "s3:x-amz-server-side-encryption-customer-algorithm"
        bucket = cloud.bucket()
        document = policy({**deny("s3:PutObject", Null={name: "false"}), "Principal": "*"})
        cloud.client("s3").put_bucket_policy(Bucket=bucket, Policy=json.dumps(document))
        return putting(cloud, bucket, cloud.assume(allow("s3:PutObject")).client("s3"), **more)

    own = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "k" * 32}
    assert probe(plain, **own) == "ok"
    assert probe(parity, **own) == "AccessDenied"
    assert probe(parity) == "ok"


def test_storage_class_of_a_write(plain: Cloud, parity: Cloud) -> None:
    def probe(cloud: Cloud, **more: str) -> list[str]:
        name, bucket = "s3:x-amz-storage-class", cloud.bucket()
        of_class = {"Null": {name: "false"}, "StringNotEquals": {name: ["STANDARD_IA"]}}
        document = policy({**deny("s3:PutObject", **of_class), "Principal": "*"})
        admin, here = cloud.client("s3"), {"Bucket": bucket, "Key": "k"}
        admin.put_object(**here, Body=b"x")
        admin.put_bucket_policy(Bucket=bucket, Policy=json.dumps(document))
        s3 = cloud.assume(allow(["s3:PutObject", "s3:GetObject"])).client("s3")
        return [
            putting(cloud, bucket, s3, **more),
            outcome(lambda: s3.copy_object(**{**here, "Key": "l"}, CopySource=here, **more)),
            outcome(lambda: s3.create_multipart_upload(**here, **more)),
        ]

    assert probe(plain, StorageClass="GLACIER") == ["ok"] * 3
    assert probe(parity, StorageClass="GLACIER") == ["AccessDenied"] * 3
    assert probe(parity, StorageClass="STANDARD_IA") == ["ok"] * 3
    assert probe(parity) == ["ok"] * 3


OF_TAG = "customers/${aws:PrincipalTag/dataset}/"
TAGS = {
    "its tag": ({"dataset": "own"}, True),
    "another tag": ({"dataset": "other"}, False),
    "a wildcard": ({"dataset": "*"}, False),
    "a wildcard for a letter": ({"dataset": "ow?"}, False),
    "a slash": ({"dataset": "own/.."}, False),
    "an empty tag": ({"dataset": ""}, False),
    "no tag": ({}, False),
}
"""Tags of a principal, and whether the requested object matches them."""


def of_tags(cloud: Cloud, tags: dict[str, str], statement: dict[str, Any]) -> Any:
    """S3, as a role with tags and a permission."""
    arn = cloud.role("ec2.amazonaws.com", statement)
    pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
    cloud.client("iam").tag_role(RoleName=arn.rpartition("/")[2], Tags=pairs)
    return cloud.become(arn, "test").client("s3")


def answer(allowed: bool) -> str:
    """The outcome of a call that may be allowed."""
    return "ok" if allowed else "AccessDenied"


@pytest.mark.parametrize(("tags", "own"), TAGS.values(), ids=TAGS.keys())
def test_variables_in_a_resource(
    plain: Cloud, parity: Cloud, tags: dict[str, str], own: bool
) -> None:
    def probe(cloud: Cloud) -> str:
        bucket = cloud.bucket()
        permission = allow("s3:PutObject", f"arn:aws:s3:::{bucket}/{OF_TAG}*")
        s3 = of_tags(cloud, tags, permission)
        return outcome(lambda: s3.put_object(Bucket=bucket, Key="customers/own/k", Body=b"x"))

    assert probe(plain) == "AccessDenied"
    assert probe(parity) == answer(own)


@pytest.mark.parametrize(("tags", "own"), TAGS.values(), ids=TAGS.keys())
def test_variables_in_what_is_no_resource_of_a_denial(
    plain: Cloud, parity: Cloud, tags: dict[str, str], own: bool
) -> None:
    def probe(cloud: Cloud) -> str:
        bucket = cloud.bucket()
        denial = {**deny("s3:PutObject"), "Principal": "*"}
        del denial["Resource"]
        denial["NotResource"] = f"arn:aws:s3:::{bucket}/{OF_TAG}*"
        document = json.dumps(policy(denial))
        cloud.client("s3").put_bucket_policy(Bucket=bucket, Policy=document)
        s3 = of_tags(cloud, tags, allow("s3:PutObject"))
        return outcome(lambda: s3.put_object(Bucket=bucket, Key="customers/own/k", Body=b"x"))

    assert probe(plain) == "AccessDenied"
    assert probe(parity) == answer(own)


@pytest.mark.parametrize(("tags", "own"), TAGS.values(), ids=TAGS.keys())
@pytest.mark.parametrize(
    ("operator", "value", "inverted"),
    [
        ("StringLike", f"{OF_TAG}*", False),
        ("StringEquals", OF_TAG, False),
        ("StringNotLike", f"{OF_TAG}*", True),
        ("StringNotEquals", OF_TAG, True),
    ],
)
def test_variables_in_a_condition(
    plain: Cloud,
    parity: Cloud,
    operator: str,
    value: str,
    inverted: bool,
    tags: dict[str, str],
    own: bool,
) -> None:
    def probe(cloud: Cloud) -> str:
        bucket = cloud.bucket()
        permission = allow("s3:ListBucket", **{operator: {"s3:prefix": value}})
        s3 = of_tags(cloud, tags, permission)
        return outcome(lambda: s3.list_objects_v2(Bucket=bucket, Prefix="customers/own/"))

    assert probe(plain) == answer(inverted)
    assert probe(parity) == answer(own != inverted)


@pytest.mark.parametrize(
    ("tags", "own"),
    [({"dataset": "own"}, False), ({"dataset": ""}, True), ({}, True)],
    ids=["its tag", "an empty tag", "no tag"],
)
def test_the_default_of_a_variable(
    plain: Cloud, parity: Cloud, tags: dict[str, str], own: bool
) -> None:
    def probe(cloud: Cloud) -> str:
        bucket = cloud.bucket()
        permission = allow(
            "s3:PutObject", f"arn:aws:s3:::{bucket}/${{aws:PrincipalTag/dataset, 'NONE'}}/*"
        )
        s3 = of_tags(cloud, tags, permission)
        return outcome(lambda: s3.put_object(Bucket=bucket, Key="NONE/k", Body=b"x"))

    assert probe(plain) == "AccessDenied"
    assert probe(parity) == answer(own)


IN_A_POLICY = "with an explicit deny in"
ALLOWED = allow(["kms:Encrypt", "s3:PutObject"])


@pytest.mark.parametrize(
    ("own", "boundary", "of_key", "reason"),
    [
        ([], [], [], "because no identity-based policy allows the kms:Encrypt action"),
        ([ALLOWED, deny("kms:*")], [], [], f"{IN_A_POLICY} an identity-based policy"),
        ([ALLOWED], [], [deny("kms:Encrypt")], f"{IN_A_POLICY} a resource-based policy"),
        ([ALLOWED], [allow("s3:*")], [], "because no permissions boundary allows the kms:Enc"),
        (
            [ALLOWED],
            [ALLOWED, deny("kms:*")],
            [],
            f"{IN_A_POLICY} a permissions boundary",
        ),
        ([ALLOWED], [], None, "because no resource-based policy allows the kms:Encrypt action"),
    ],
)
def test_refusal_says_which_policy(
    parity: Cloud,
    own: list[dict[str, Any]],
    boundary: list[dict[str, Any]],
    of_key: list[dict[str, Any]] | None,
    reason: str,
) -> None:
    arn, name = parity.role("ec2.amazonaws.com", *own), unique("boundary")
    iam, kms = parity.client("iam"), parity.client("kms")
    if boundary:
        document = json.dumps(policy(*boundary))
        limit = iam.create_policy(PolicyName=name, PolicyDocument=document)["Policy"]["Arn"]
        role = arn.rpartition("/")[2]
        iam.put_role_permissions_boundary(RoleName=role, PermissionsBoundary=limit)
    key = parity.key(*({**statement, "Principal": "*"} for statement in of_key or []))
    if of_key is None:
        nobody = {**allow("kms:DescribeKey"), "Principal": {"AWS": ACCOUNT}}
        kms.put_key_policy(KeyId=key, Policy=json.dumps(policy(nobody)))
    with pytest.raises(ClientError, match=reason):
        parity.become(arn, "test").client("kms").encrypt(KeyId=key, Plaintext=b"x")


def test_what_needs_no_correction(plain: Cloud, parity: Cloud) -> None:
    """MiniStack resolves list conditions, which the processor's role relies on."""
    for cloud in (plain, parity):
        bucket = cloud.bucket()
        prefixes = {"s3:prefix": ["incoming/*"]}
        s3 = cloud.assume(allow("s3:ListBucket", StringLike=prefixes)).client("s3")

        def listing(prefix: str, s3: Any = s3, bucket: str = bucket) -> str:
            return outcome(lambda: s3.list_objects_v2(Bucket=bucket, Prefix=prefix))

        assert listing("incoming/customers/") == "ok"
        assert listing("processed/") == "AccessDenied"
