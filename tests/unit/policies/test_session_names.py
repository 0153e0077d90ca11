"""The trust policy of docs/security.md: who assumes a role names the session by their own name."""

import json
import re
from typing import Any

import pytest

from tests.unit.policies.engine import Engine
from tests.unit.synthesis import ACCOUNT, ROOT

ROLE = f"arn:aws:iam::{ACCOUNT}:role/requester"
ALICE = f"arn:aws:iam::{ACCOUNT}:user/alice"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/other/alice"
ADMINISTRATOR = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def read_trust() -> Any:
    """The policy on the page, for an account."""
    page = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"^```json\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    return json.loads(text.replace("<account>", ACCOUNT))


@pytest.mark.parametrize(
    ("principal", "user", "name", "allowed"),
    [
        (ALICE, "alice", "alice", True),
        (ALICE, "alice", "bob", False),
        (ALICE, "alice", "Alice", False),
        (ALICE, "alice", "${aws:username}", False),
        (ALICE, "alice", None, False),
        (SESSION, None, "alice", False),
    ],
    ids=["own name", "another name", "other case", "the variable", "none", "a role"],
)
def test_a_session_has_the_name_of_its_user(
    engine: Engine, principal: str, user: str | None, name: str | None, allowed: bool
) -> None:
    """Even an administrator's; sessions of roles have no user name.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
    """
    known = {"sts:RoleSessionName": name, "aws:username": user}
    context = {key: value for key, value in known.items() if value}
    asked = {
        "request": {
            "principal": principal,
            "action": "sts:AssumeRole",
            "resource": {"resource": ROLE, "accountId": ACCOUNT},
            "contextVariables": context,
        },
        "serviceControlPolicies": [],
        "resourceControlPolicies": [],
        "identityPolicies": [
            {
                "name": "administrator",
                "policy": {"Version": "2012-10-17", "Statement": [ADMINISTRATOR]},
            }
        ],
        "resourcePolicy": read_trust(),
    }
    assert engine.decide([asked]) == ["Allowed" if allowed else "ImplicitlyDenied"]
