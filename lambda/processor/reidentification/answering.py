"""Re-identification: a request is checked, then answered once somebody else has signed it.

Nothing here names a token or a value in an error, a fact or a log.
"""

import csv
import io
import json
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from datetime import date
from functools import partial

from processor.bucket.store import ConflictError, Source, Store
from processor.contract.model import Contract
from processor.contracts import Contracts
from processor.deidentification.encrypt import Encrypt
from processor.deidentification.reversible import Origin, ReversibleKeys
from processor.deidentification.siv import ForeignTokenError, decrypt
from processor.reidentification.requests import (
    Request,
    RequestError,
    approval_key,
    signature_name,
)

MOST_TOKENS = 1_000
MOST_BYTES = 1 << 20


@dataclass(frozen=True)
class Facts:
    """What may be logged about a request, and what somebody approves.

    Attributes:
        request: the key of the object with the tokens.
        etag: of the object that was checked: another one under the same key is not approved.
        tokens: how many.
        requester: see :class:`processor.reidentification.requests.Request`.
    """

    request: str
    etag: str
    dataset: str
    column: str
    purpose: str
    requester: str
    tokens: int


class Reidentification:
    """Checks and answers the requests in a bucket."""

    def __init__(
        self, store: Store, contracts: Contracts, keys: ReversibleKeys, limit: int
    ) -> None:
        """Take what it works with; ``limit`` is the number of requests a day for a purpose."""
        self._store, self._contracts, self._keys = store, contracts, keys
        self._limit = limit

    def check(self, key: str, column: str, execution: str, day: date) -> Facts:
        """Check a request, and claim one of its purpose's slots of the day. Nothing is decrypted.

        Raises:
            RequestError: it must not be answered, or there is no slot left.
        """
        request = Request.of(key)
        self._find(request, column)
        source = self._open(key)
        tokens = _tokens(source)
        self._claim(request, execution, day)
        return Facts(
            key,
            source.etag,
            request.dataset,
            column,
            request.purpose,
            request.requester,
            len(tokens),
        )

    def ask(self, facts: Facts, execution: str, link: str, token: str) -> None:
        """Write what waits for approval, with the token that ends the wait.

        ``link`` is the ARN of the execution.
        """
        document = {**asdict(facts), "execution": link, "token": token}
        key, content = approval_key(facts.dataset, execution), json.dumps(document).encode()
        self._store.write(key, content, "application/json", None)

    def answer(self, facts: Facts, execution: str, signature: str) -> dict[str, str | int]:
        """Write the values of a request that somebody else has signed.

        Raises:
            RequestError: it is not signed, was replaced after it was checked, or has a token that
                is not of this column.
        """
        request = Request.of(facts.request)
        approver = request.signer(signature, signature_name(execution, asdict(facts)))
        if self._store.etag(signature) is None:
            raise RequestError("the approval is not signed: there is no such object")
        contract, method = self._find(request, facts.column)
        source = self._open(facts.request)
        if source.etag != facts.etag:
            raise RequestError("the request was replaced after it was checked")
        rows = self._reverse(contract, facts.column, method, _tokens(source))
        place = request.values(execution)
        with suppress(ConflictError):  # an earlier try of this execution wrote the same
            self._store.write(place, _table(rows), "text/csv", None)
        return {**asdict(facts), "approver": approver, "values": place}

    def _find(self, request: Request, name: str) -> tuple[Contract, Encrypt]:
        contract = self._contracts.find(request.dataset)
        if contract is None:
            raise RequestError(f"there is no contract of {request.dataset}")
        methods = {column.name: column.deidentify for column in contract.columns}
        method = methods.get(name)
        if not isinstance(method, Encrypt):
            raise RequestError(f"{request.dataset} has no such column whose tokens are reversible")
        if method.reidentification != request.purpose:
            raise RequestError(
                f"{request.dataset}.{name} is re-identified for {method.reidentification} only"
            )
        return contract, method

    def _open(self, key: str) -> Source:
        source = self._store.open(key)
        if source is None:
            raise RequestError("there is no such request")
        return source

    def _claim(self, request: Request, execution: str, day: date) -> None:
        for slot in request.slots(day, self._limit):
            try:
                self._store.write(slot, execution.encode(), "text/plain", None)
            except ConflictError:
                continue
            return
        raise RequestError(
            f"{self._limit} requests for {request.purpose} were made today, which is the limit of "
            f"{request.dataset}"
        )

    def _reverse(
        self, contract: Contract, column: str, method: Encrypt, tokens: list[str]
    ) -> list[tuple[str, str]]:
        """Return each token with its value; those of earlier epochs too."""
        origins = [
            Origin(dataset=contract.dataset, column=column, domain=method.domain, epoch=epoch)
            for epoch in range(contract.epoch, 0, -1)
        ]
        values = [self._value(origins, token) for token in tokens]
        if foreign := values.count(None):
            raise RequestError(
                f"{foreign:,} of {len(tokens):,} tokens are not of {contract.dataset}.{column}: "
                "nothing was re-identified"
            )
        return list(zip(tokens, map(str, values), strict=True))

    def _value(self, origins: list[Origin], token: str) -> str | None:
        """Return what a token was made of, or None if it is of none of the origins."""
        for origin in origins:
            with suppress(ForeignTokenError):
                return decrypt(self._keys.derive(origin), origin.associated, token)
        return None


def _tokens(source: Source) -> list[str]:
    """Return the tokens of a request: one on each line."""
    with closing(source.body) as body:
        pieces = iter(partial(body.read, MOST_BYTES), b"")
        content = b"".join(pieces) if source.size <= MOST_BYTES else b""
    try:
        tokens = content.decode("ascii").split()
    except UnicodeDecodeError:
        tokens = []
    if not 0 < len(tokens) <= MOST_TOKENS:
        raise RequestError(f"a request has 1 to {MOST_TOKENS:,} tokens, one on each line")
    return tokens


def _table(rows: list[tuple[str, str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([("token", "value"), *rows])
    return text.getvalue().encode()
