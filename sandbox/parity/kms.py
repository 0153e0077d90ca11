"""KMS keys as other services use them: with the caller's permissions, or by the key's policy.

Delete it once no other correction calls it.
"""

import contextvars
from dataclasses import dataclass
from typing import Any

from ministack.core import iam_evaluator as iam
from ministack.core.responses import get_region
from ministack.services.kms import _resolve_key as resolve_key

caller = contextvars.ContextVar("caller", default="")
"""The access key of the request being served."""


VIA_SERVICE = "kms:viaservice"
"""The condition key that names the service through which a key is used."""


@dataclass(frozen=True)
class Refusal:
    """Why a key cannot be used: a KMS error code, its message and the HTTP status."""

    code: str
    message: str
    status: int


def refusal(
    key: str, action: str, service: str, encryption_context: dict[str, str]
) -> Refusal | None:
    """Return why the caller cannot use a key through a service, or None if it can.

    A service that encrypts for a caller calls KMS on the caller's behalf, so the caller needs the
    permission, and conditions see ``kms:ViaService`` and the service's encryption context
    (https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html). A key that is
    disabled or pending deletion refuses everyone
    (https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html).
    """
    record = resolve_key(key)
    if record is None:
        return Refusal("KMS.NotFoundException", f"Key '{key}' does not exist", 400)
    arn = record["Arn"]
    denied = iam.enforce(
        caller.get(),
        action,
        "kms",
        get_region(),
        resource_arn=arn,
        service_context={
            VIA_SERVICE: f"{service}.{get_region()}.amazonaws.com",
            **_condition_keys(encryption_context),
        },
    )
    if denied:
        who = getattr(denied, "principal_arn", "") or "The caller"
        return Refusal(
            "AccessDenied",
            f"User: {who} is not authorized to perform: {action} on resource: {arn}",
            403,
        )
    if record["KeyState"] == "Disabled":
        return Refusal("KMS.DisabledException", f"{arn} is disabled.", 400)
    if record["KeyState"] != "Enabled":
        return Refusal("KMS.KMSInvalidStateException", f"{arn} is {record['KeyState']}.", 400)
    return None


def service_may(service: str, actions: tuple[str, ...], key: str, context: dict[str, str]) -> bool:
    """Whether a key's policy lets an AWS service itself use the key, and the key can be used."""
    record: dict[str, Any] | None = resolve_key(key)
    if record is None or record["KeyState"] != "Enabled":
        return False
    requests = (
        iam.EvalContext(
            principal_arn="*",
            principal_type="Service",
            principal_account="",
            action=action,
            resource_arn=record["Arn"],
            region=get_region(),
            service_context=context,
        )
        for action in actions
    )
    policy = record["Policy"]
    return all(
        iam.evaluate_resource_policy(policy, request, service=service).decision == "Allow"
        for request in requests
    )


def _condition_keys(encryption_context: dict[str, str]) -> dict[str, str]:
    return {f"kms:EncryptionContext:{name}": value for name, value in encryption_context.items()}
