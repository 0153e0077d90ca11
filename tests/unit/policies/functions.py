"""What is decided alike for the roles of all functions but the data processor's."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tests.unit.policies.decision import Decision, allow, deny
from tests.unit.policies.decisions import AROUND, NETWORK_INTERFACES, OTHER_ACCOUNT
from tests.unit.policies.policies import BOUNDARY, Context, Principal


@dataclass(frozen=True)
class FunctionRole:
    """Who may have the role of a function, and the policy that denies everything else.

    Attributes:
        service: Lambda itself.
        thief: the function's code, outside the network.
        inside: the code, through each endpoint.
        other: the data processor with this role, likewise.
        denied: the policies that deny.
    """

    name: str
    service: Principal
    thief: Principal
    inside: Mapping[str, Principal]
    other: Mapping[str, Principal]
    denied: tuple[str, ...]

    def decide_for_code(
        self, lines: Sequence[tuple[str, str, str, Context]]
    ) -> Iterator[Decision]:
        """The code does what it needs from its network alone."""
        for endpoint, action, resource, context in lines:
            yield allow(self.inside[endpoint], action, resource, context)
            yield deny(self.thief, action, resource, context)
            nowhere = {"aws:SourceVpce": f"vpce-{endpoint}"}
            nobody = self.service.seen(f"no function for {self.name} via {endpoint}", nowhere)
            for who in (self.thief, self.other[endpoint], self.service, nobody):
                more = who.holding("AdministratorAccess")
                yield deny(more, action, resource, context, (BOUNDARY, *AROUND))
            if endpoint == "s3":
                for who in (self.thief, self.inside["kms"]):
                    yield deny(who, action, resource, context, self.denied)
            else:
                yield deny(self.inside["s3"], action, resource, context)
            # The same name, after somebody else has taken it.
            code = self.inside[endpoint].holding("AdministratorAccess")
            stripped = (BOUNDARY, *self.denied)
            yield deny(code, action, resource, context, stripped, owner=OTHER_ACCOUNT, opened=True)

    def decide_for_services(self, lines: Sequence[tuple[str, str, Context]]) -> Iterator[Decision]:
        """Services do for the function what it needs, and its code cannot."""
        for action, resource, context in lines:
            yield allow(self.service, action, resource, context)
            who = self.other["kms"].holding("AdministratorAccess")
            yield deny(who, action, resource, context, (BOUNDARY, *AROUND))
        for action, resource in NETWORK_INTERFACES.items():
            for who in (self.thief, self.inside["kms"]):
                yield deny(who, action, resource)
                more = who.holding("AdministratorAccess")
                yield deny(more, action, resource, {}, (BOUNDARY, *AROUND))
