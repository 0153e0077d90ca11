"""The keys of a request: who asked and who signed are read from them, and nothing else is."""

from datetime import date

import pytest

from processor.reidentification.requests import Request, RequestError, approval_key

USER = "AROAEXAMPLE:alice@example.com"
KEY = f"reidentification/requests/customers/fraud/{USER}/a-request"
REQUEST = Request.of(KEY)
SIGNATURE = "reidentification/signatures/customers/AROAOTHER:bob/1"


def test_a_key_says_who_asks_of_what_and_why() -> None:
    assert Request("customers", "fraud", USER, "a-request") == REQUEST
    assert REQUEST.values("1") == f"reidentification/values/customers/fraud/{USER}/1.csv"


@pytest.mark.parametrize(
    "key",
    [
        "",
        "incoming/customers/a.csv",
        KEY.replace("requests", "values"),
        f"{KEY}/more",
        KEY.rpartition("/")[0],
        KEY.replace("a-request", ""),
        KEY.replace("customers", ""),
        KEY.replace("fraud", ""),
        KEY.replace("customers", ".."),
        # A tag with a slash, to move another user's id to where the requester's is.
        KEY.replace("fraud", "fraud/AROAOTHER:bob"),
        KEY.replace("customers/fraud", "customers/fraud/AROAOTHER:bob/"),
    ],
)
def test_another_key_is_no_request(key: str) -> None:
    with pytest.raises(RequestError, match="a request is an object reidentification/requests/"):
        Request.of(key)


def test_a_signature_says_who_approved() -> None:
    assert REQUEST.signer(SIGNATURE, "1") == "AROAOTHER:bob"


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "null",
        SIGNATURE.replace("signatures", "values"),
        SIGNATURE.replace("customers", "orders"),
        f"{SIGNATURE}0",
        f"{SIGNATURE}/1",
        SIGNATURE.replace("AROAOTHER:bob", ""),
    ],
)
def test_a_signature_is_of_one_execution(signature: str) -> None:
    with pytest.raises(RequestError, match="not signed for this request"):
        REQUEST.signer(signature, "1")


@pytest.mark.parametrize("user", [USER, "AROAEXAMPLE:another-session", "AROAEXAMPLE"])
def test_nobody_signs_their_own_request(user: str) -> None:
    """Nor does another session of the same role."""
    with pytest.raises(RequestError, match="by whoever made the request"):
        REQUEST.signer(SIGNATURE.replace("AROAOTHER:bob", user), "1")


def test_where_a_request_waits_and_what_it_claims() -> None:
    assert approval_key("customers", "1") == "reidentification/approvals/customers/1.json"
    assert REQUEST.slots(date(2026, 3, 1), 2) == [
        "reidentification/slots/customers/fraud/2026-03-01/1",
        "reidentification/slots/customers/fraud/2026-03-01/2",
    ]
