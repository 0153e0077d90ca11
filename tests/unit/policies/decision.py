"""A decision: what AWS must answer to a principal's request."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from tests.unit.policies.policies import REGION, Context, Principal, Request
from tests.unit.synthesis import ACCOUNT


class Decision(NamedTuple):
    """A line of the table.

    Attributes:
        allowed: what AWS must decide.
        request: what it decides.
    """

    allowed: bool
    request: Request

    def __str__(self) -> str:
        """The name of the test."""
        asked = self.request
        words = [
            asked.who.name,
            "may" if self.allowed else "may not",
            asked.action,
            asked.resource.removeprefix("arn:aws:").replace(f"{REGION}:{ACCOUNT}:", ""),
            *(f"{name.rpartition(':')[2]}={value}" for name, value in asked.context.items()),
            *(f"without {name}" for name in asked.without),
            *(["opened"] if asked.opened else []),
            *([] if asked.retains else ["not retained"]),
            *([asked.owner] if asked.owner != ACCOUNT else []),
        ]
        return " ".join(words)


def tabulate(lines: Iterable[Decision]) -> dict[str, Decision]:
    """Lines by their names; the same line may come several times."""
    table: dict[str, Decision] = {}
    for line in lines:
        if table.setdefault(str(line), line) != line:
            raise ValueError(f"two lines have one name: {line}")
    return table


def allow(
    who: Principal, action: str, resource: str, context: Context | None = None, **more: Any
) -> Decision:
    """A line that AWS must allow."""
    return Decision(True, Request(who, action, resource, context or {}, **more))


def deny(
    who: Principal,
    action: str,
    resource: str,
    context: Context | None = None,
    without: tuple[str, ...] = (),
    **more: Any,
) -> Decision:
    """A line that AWS must deny, even without the policies ``without``."""
    return Decision(False, Request(who, action, resource, context or {}, without, **more))


def person(name: str, *policies: str, account: str = ACCOUNT, role: str = "") -> Principal:
    """Somebody with a session of a role: the template's, or another by name."""
    arn = role or f"arn:aws:iam::{account}:role/{name}"
    context = {
        "aws:PrincipalArn": arn,
        "aws:PrincipalAccount": account,
        "aws:PrincipalIsAWSService": "false",
    }
    session = f"arn:aws:sts::{account}:assumed-role/{arn.rpartition('/')[2]}/session"
    return Principal(name, session, context, role, policies)


def service(name: str, arn: str = "", account: str = ACCOUNT) -> Principal:
    """An AWS service, on behalf of a resource of an account."""
    source = {"aws:SourceArn": arn, "aws:SourceAccount": account} if arn else {}
    context = {"aws:PrincipalIsAWSService": "true", **source}
    whom = f" for {arn.rpartition(':')[2]} of {account}" if arn else ""
    return Principal(f"{name}{whom}", f"{name}.amazonaws.com", context)
