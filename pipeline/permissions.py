"""Permissions: what a request needs, and the sentence about one that IAM refused."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import ClientError

from pipeline.outcomes import RefusedError
from pipeline.stack import Stack
from processor.bucket.keys import INCOMING, MANIFESTS, PROCESSED, QUARANTINE, RECEIPTS
from processor.bucket.keys import REQUESTS as ERASURE_REQUESTS
from processor.reidentification.requests import APPROVALS, REQUESTS, SIGNATURES, VALUES

# How services name a refusal: S3 and SQS, KMS and Step Functions, and SQS of the queue's key.
_CODES = {"AccessDenied", "AccessDeniedException", "KMS.AccessDeniedException", "KmsAccessDenied"}

# AWS names the action in most of its messages; a read may fail at the key.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
_ACTION = re.compile(r"not authorized to perform: ([a-z-]+:[A-Za-z]+)")

# A statement that denies: no permission that is added helps against it.
_DENIAL = re.compile(r"explicit deny in (an? [A-Za-z -]+?(?:policy|boundary))\b")

_ERASER = ("Eraser",)  # of all datasets, whatever the role's tags
_REQUESTER = ("Requester",)  # of a dataset and a purpose, which their keys have in this order

# Which of the stack's policies read objects below a prefix, see lib/access/access_policies.py.
_READERS = {
    PROCESSED: ("Consumer",),
    QUARANTINE: ("Steward",),
    MANIFESTS: ("Consumer", "Steward"),
    INCOMING: (),
    VALUES: _REQUESTER,
    APPROVALS: ("Approver",),
    RECEIPTS: _ERASER,
}
_WRITERS = {REQUESTS: _REQUESTER, SIGNATURES: ("Approver",), ERASURE_REQUESTS: _ERASER}
_STARTERS = {"zero-trust-erasure-": _ERASER}  # by the name of the state machine
_READS = {"s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket"}

LIST, GET, GET_VERSION = "s3:ListBucket", "s3:GetObject", "s3:GetObjectVersion"
LIST_VERSIONS = "s3:ListBucketVersions"
PUT = "s3:PutObject"


@contextmanager
def needing(stack: Stack, action: str, resource: str) -> Iterator[None]:
    """Say what is missing if IAM refuses a request.

    Args:
        stack: the stack that is asked.
        action: what IAM is asked, such as ``s3:GetObject``.
        resource: what the request is about: a key or a prefix of the bucket, or a name.

    Raises:
        RefusedError: IAM refused it.
    """
    try:
        yield
    except ClientError as error:
        details = error.response.get("Error", {})
        if details.get("Code") not in _CODES:
            raise
        refused = f"IAM refused {action} on {resource}{_details(details.get('Message', ''))}"
        raise RefusedError(_sentence(stack, action, resource, refused)) from error


def policies_for(action: str, resource: str) -> tuple[str, ...]:
    """Return which of the stack's policies, each by itself, allow a request of a dataset."""
    return _allowing(action, resource)[0]


def _allowing(action: str, resource: str) -> tuple[tuple[str, ...], str]:
    """Return these policies, and what of the resource is below their prefix."""
    if action.startswith("athena:"):
        return ("Consumer",), resource
    holders = _READERS if action in _READS else _WRITERS if action == PUT else _STARTERS
    for prefix, who in holders.items():
        if resource.startswith(prefix):
            return who, resource.removeprefix(prefix)
    return (), resource


def _details(message: str) -> str:
    """What AWS says about a refusal beyond the action, in parentheses."""
    found = []
    named, denied = _ACTION.search(message), _DENIAL.search(message)
    if named and named[1].startswith("kms:"):
        found.append(f"at its key: {named[1]}")
    if denied:
        found.append(f"explicitly, by {denied[1]}")
    return f" ({'; '.join(found)})" if found else ""


def _sentence(stack: Stack, action: str, resource: str, refused: str) -> str:
    policies, below = _allowing(action, resource)
    if not policies:
        return (
            f"{refused}: none of the Producer, Consumer and Steward policies allows it, so your "
            "role needs this permission of its own."
        )
    which = " or ".join(f"{one} policy ({stack.output(f'{one}PolicyArn')})" for one in policies)
    if policies == _ERASER:
        return f"{refused}: it takes the {which}, on a role with no other duty."
    dataset, in_folder, others = below.partition("/")
    if not in_folder:
        return (
            f"{refused}: the {which} allows it for one dataset, so name that with --dataset, as "
            "your role's tag 'dataset' does."
        )
    tags = f"tag 'dataset' is {dataset!r}"
    if policies == _REQUESTER:
        tags += f" and whose tag 'purpose' is {others.partition('/')[0]!r}"
    return f"{refused}: it takes the {which}, on a role whose {tags}."
