"""Keys: used outside the path of a file, given away, or destroyed."""

from typing import Any

from tests.attacks.attempt import BY_KEY, Actor, Attempt, allowed, refused

BLOB = {"base64": "{ciphertext}"}
MAC = {"Message": "x", "MacAlgorithm": "HMAC_SHA_256"}
GRANT = {"GranteePrincipal": "{own_role_arn}", "Operations": ["Decrypt"]}


def use(name: str, operation: str, key: str, **more: Any) -> Attempt:
    """An attempt to call KMS with a key."""
    return Attempt(name, f"kms.{operation}", {"KeyId": f"{{{key}_key}}", **more})


ADMINISTRATION = [
    use("open a key policy", "put_key_policy", "data", Policy="{key_policy}"),
    use("read a key policy", "get_key_policy", "data"),
    use("grant the data key", "create_grant", "data", **GRANT),
    use(
        "grant the pseudonym key",
        "create_grant",
        "pseudonym",
        GranteePrincipal="{own_role_arn}",
        Operations=["GenerateMac"],
    ),
    use("list grants", "list_grants", "data"),
    Attempt(
        "disable the data key",
        "kms.disable_key",
        {"KeyId": "{data_key}"},
        undo=(use("enable it", "enable_key", "data"),),
    ),
    Attempt(
        "destroy the pseudonym key",
        "kms.schedule_key_deletion",
        {"KeyId": "{pseudonym_key}", "PendingWindowInDays": 30},
        undo=(
            use("keep it", "cancel_key_deletion", "pseudonym"),
            use("enable it", "enable_key", "pseudonym"),
        ),
    ),
    use("stop rotation", "disable_key_rotation", "data"),
    use("describe a key", "describe_key", "data"),
    use("tag a key", "tag_resource", "data", Tags=[{"TagKey": "a", "TagValue": "b"}]),
    Attempt("create a key", "kms.create_key"),
    Attempt("list keys", "kms.list_keys"),
]
DIRECT_USE = [
    use("encrypt with the data key", "encrypt", "data", Plaintext="x"),
    use("take a data key", "generate_data_key", "data", KeySpec="AES_256"),
    use(
        "take a data key for the bucket",
        "generate_data_key",
        "data",
        KeySpec="AES_256",
        EncryptionContext={"aws:s3:arn": "arn:{partition}:s3:::{bucket}"},
    ),
    use(
        "take a data key for nothing",
        "generate_data_key_without_plaintext",
        "data",
        KeySpec="AES_256",
    ),
    # AWS first rejects bytes that are not a ciphertext.
    Attempt(
        "decrypt directly",
        "kms.decrypt",
        {"KeyId": "{data_key}", "CiphertextBlob": BLOB},
        codes=("AccessDeniedException", "InvalidCiphertextException"),
    ),
    use("encrypt with the key of the logs", "encrypt", "logs", Plaintext="x"),
    use("encrypt with the key of the environment", "encrypt", "environment", Plaintext="x"),
    use("verify a code", "verify_mac", "pseudonym", **MAC, Mac="x" * 32),
]
DERIVATION = use("derive a pseudonymisation key", "generate_mac", "pseudonym", **MAC)


@refused(*ADMINISTRATION, *DIRECT_USE)
def test_refused_to_the_function(inside: Actor, attempt: Attempt) -> None:
    inside.is_refused(attempt)


@refused(*ADMINISTRATION, *DIRECT_USE, DERIVATION)
def test_refused_to_stolen_credentials(outside: Actor, attempt: Attempt) -> None:
    outside.is_refused(attempt)


@refused(
    *DIRECT_USE,
    DERIVATION,
    use("grant the data key", "create_grant", "data", **GRANT),
    use(
        "grant the pseudonym key",
        "create_grant",
        "pseudonym",
        GranteePrincipal="{own_role_arn}",
        Operations=["GenerateMac"],
    ),
)
def test_refused_to_an_administrator(bystander: Actor, attempt: Attempt) -> None:
    """The keys' own policies bind even principals to whom IAM allows everything."""
    bystander.is_refused(attempt)


def test_refused_by_the_keys_own_policy(bystander: Actor) -> None:
    named = Attempt(DERIVATION.name, DERIVATION.operation, DERIVATION.parameters, reason=BY_KEY)
    bystander.is_refused(named)


@allowed(DERIVATION)
def test_allowed_to_the_function(inside: Actor, call: Attempt) -> None:
    inside.may(call)


@allowed(use("read a key policy", "get_key_policy", "data"))
def test_allowed_to_an_administrator(bystander: Actor, call: Attempt) -> None:
    bystander.may(call)
