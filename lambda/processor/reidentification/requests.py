"""Requests to re-identify: the keys of a request, its approval, its values, and a day's slots.

A key proves who wrote the object, because policies let each person write only where the key names
them: the dataset and the purpose are those of the person's tags, and the user is ``aws:userid``,
which nobody chooses. So everything that matters is read from keys, and nothing from an execution's
input. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Self

from processor import ProcessorError
from processor.contract.vocabulary import DATASET

REIDENTIFICATION = "reidentification/"
REQUESTS = f"{REIDENTIFICATION}requests/"
APPROVALS = f"{REIDENTIFICATION}approvals/"
SIGNATURES = f"{REIDENTIFICATION}signatures/"
VALUES = f"{REIDENTIFICATION}values/"
SLOTS = f"{REIDENTIFICATION}slots/"


class RequestError(ProcessorError):
    """A request is refused; the message says why, and has no token and no value."""


@dataclass(frozen=True)
class Request:
    """Who asks to re-identify tokens of a dataset, and for what purpose.

    Attributes:
        requester: the ``aws:userid`` of whoever wrote the request, such as ``AROA…:<session>``.
        name: the request's own name.
    """

    dataset: str
    purpose: str
    requester: str
    name: str

    @classmethod
    def of(cls, key: str) -> Self:
        """Read ``reidentification/requests/<dataset>/<purpose>/<user>/<name>``.

        A tag with a slash would move the parts, so there must be just these, and none empty.

        Raises:
            RequestError: it is not such a key.
        """
        parts = key.removeprefix(REQUESTS).split("/")
        fits = key.startswith(REQUESTS) and len(parts) == 4 and all(parts)
        if not fits or not DATASET.fullmatch(parts[0]):
            raise RequestError(
                f"a request is an object {REQUESTS}<dataset>/<purpose>/<user>/<name>"
            )
        return cls(*parts)

    def values(self, execution: str) -> str:
        """Return the key of the values: the requester alone may read there."""
        return f"{VALUES}{self.dataset}/{self.purpose}/{self.requester}/{execution}.csv"

    def slots(self, day: date, limit: int) -> list[str]:
        """Return the keys that a day's requests of this dataset and purpose claim, one each.

        Nobody can use up those of another purpose. Slots of each requester would be no limit: who
        assumes a role chooses the name of the session.
        """
        place = f"{SLOTS}{self.dataset}/{self.purpose}/{day.isoformat()}"
        return [f"{place}/{number}" for number in range(1, limit + 1)]

    def signer(self, signature: str, name: str) -> str:
        """Return the ``aws:userid`` of whoever signed, from the key of the signature.

        It is ``reidentification/signatures/<dataset>/<user>/<name>``. The signer must be
        another person with another role: the part before the colon is the role's id, or the
        user's. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html

        Raises:
            RequestError: it is a signature of another name, or the requester's own.
        """
        parts = signature.removeprefix(SIGNATURES).split("/")
        fits = signature.startswith(SIGNATURES) and len(parts) == 3 and all(parts)
        if not fits or (parts[0], parts[2]) != (self.dataset, name):
            raise RequestError("the approval is not signed for this request")
        if principal(parts[1]) == principal(self.requester):
            raise RequestError("the approval is signed by whoever made the request")
        return parts[1]


def signature_name(execution: str, facts: Mapping[str, object]) -> str:
    """Return the name of the signature of an execution and of just these facts.

    Whoever invokes the function could give it other facts under the name of an execution that was
    approved: the digest tells.
    """
    text = json.dumps({name: str(value) for name, value in facts.items()}, sort_keys=True)
    return f"{execution}.{sha256(text.encode()).hexdigest()}"


def principal(user: str) -> str:
    """Return the id of the role or the user in an ``aws:userid``, without the session."""
    return user.partition(":")[0]


def approval_key(dataset: str, execution: str) -> str:
    """Return where a request waits for its approval; approvers alone may read there."""
    return f"{APPROVALS}{dataset}/{execution}.json"
