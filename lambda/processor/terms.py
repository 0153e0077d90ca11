"""Terms: what an object is processed under, and which of two different terms are newer.

A manifest has its terms: the contract with its digest, the epoch, and what makes the tokens. If
the current ones differ, the object is processed again when its message comes. A refused file
also depends on the function's settings, and on why there was no contract. The processor's own
version is in the manifest too, but is not compared.

During a deployment the function is invoked as it was and as it will be, and an invocation of the
old one may go on for as long as its timeout. Neither a digest nor a version tells which contract
is newer: after a rollback it is the older one. But Lambda invokes the function as it was only for
a short period after an update, so the later an invocation began, the newer its contract; only
where two began within that period, nobody can tell:
https://docs.aws.amazon.com/whitepapers/latest/serverless-architectures-lambda/deployment.html
So a manifest also says when its contract was last known to be in force. See
docs/architecture.md#a-changed-contract for the rules, and why they suffice.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Self

from processor import ProcessorError
from processor.contract.model import Contract
from processor.contracts import dump
from processor.deidentification.token import origins

# The longest that Lambda invokes the function as it was, once it has invoked it as it is now. AWS
# speaks of a short period; a message that fails takes longer to be given up by its queue.
OVERLAP = timedelta(minutes=2)

_COMPARED = ("contract", "epoch", "tokens")


class TransitionError(ProcessorError):
    """The contract is changing; the message must come again once one is surely in force."""


@dataclass(frozen=True)
class Terms:
    """What an object is, or was, processed under.

    Attributes:
        compared: what they consist of, as in a manifest.
        of_refusals: what else decides whether a file is refused; nothing, for a file that was not.
        in_force_at: a moment, in UTC, at which they were in force: when an invocation with this
            contract began.
    """

    compared: Mapping[str, Any]
    of_refusals: Mapping[str, Any]
    in_force_at: datetime

    @classmethod
    def of(
        cls,
        contract: Contract | None,
        invoked: datetime,
        settings: Mapping[str, int],
        missing: str | None = None,
    ) -> Self:
        """Return the terms of an invocation that began at this moment.

        ``settings`` are the function's, ``missing`` is why there is no contract.
        """
        identity = contract and {
            "id": contract.id,
            "version": contract.version,
            "digest": digest(contract),
        }
        epoch = contract and contract.epoch
        tokens = origins(contract) if contract else []
        compared = dict(zip(_COMPARED, (identity, epoch, tokens), strict=True))
        return cls(compared, {"settings": dict(settings), "missing": missing}, invoked)

    @classmethod
    def read(cls, manifest: Mapping[str, Any]) -> Self:
        """Return the terms that a manifest has.

        Manifests of version 1.0.0 have no digest, and so are equal to no terms. They were in force
        when the object was processed, at the latest.
        """
        compared = {name: manifest.get(name) for name in _COMPARED}
        of_refusals: dict[str, Any] = {}
        if refusal := manifest["refusal"]:
            missing = None if manifest["contract"] else refusal["reason"]
            of_refusals = {"settings": manifest.get("settings"), "missing": missing}
        moment = manifest.get("in_force_at", manifest["processed_at"])
        return cls(compared, of_refusals, datetime.fromisoformat(moment))

    @property
    def document(self) -> dict[str, Any]:
        """What a manifest has of them; the moment is rounded down to seconds."""
        moment = self.in_force_at.astimezone(UTC).isoformat(timespec="seconds")
        return {
            **self.compared,
            "settings": self.of_refusals["settings"],
            "in_force_at": moment.replace("+00:00", "Z"),
        }

    def confirm(self, before: Self) -> bool:
        """Tell whether an object that is done under the terms ``before`` is done under these."""
        return self.compared == before.compared and all(
            self.of_refusals[name] == value for name, value in before.of_refusals.items()
        )

    def renews(self, other: Self) -> bool:
        """Tell whether they say about equal terms that those are still in force."""
        return self.in_force_at > other.in_force_at + OVERLAP

    def succeeds(self, other: Self) -> bool:
        """Tell whether they were in force so late that different ones no longer were."""
        return self.in_force_at > other.in_force_at + 2 * OVERLAP

    def newer(self, other: Self) -> Self:
        """Return these terms, in force at the later of the moments at which equal ones were."""
        return replace(self, in_force_at=max(self.in_force_at, other.in_force_at))


@cache
def digest(contract: Contract) -> str:
    """Return the SHA-256 of a compiled contract, in hex.

    It depends on what the contract says, not on the order in which its JSON has the keys.
    """
    text = json.dumps(dump(contract), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
