"""What is decided alike for the roles of all functions but the data processor's."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tests.unit.policies.decision import Decision, allow, deny
from tests.unit.policies.decisions import (
    AROUND,
    BUCKET,
    CONTEXT,
    DATA_KEY,
    ENVIRONMENT_KEY,
    FOR_FUNCTION,
    FOR_QUEUE,
    NETWORK_INTERFACES,
    OTHER_ACCOUNT,
    OTHER_BUCKET,
    THROUGH_S3,
    THROUGH_SQS,
)
from tests.unit.policies.policies import BOUNDARY, Context, Principal

# What such a function does with keys, under other conditions.
BESIDES_KEYS: list[tuple[str, str, Context]] = [
    *(
        (action, DATA_KEY, context)
        for action in ("kms:Decrypt", "kms:GenerateDataKey")
        for context in (
            *({}, THROUGH_S3, {f"{CONTEXT}s3:arn": BUCKET}),
            *({**THROUGH_S3, f"{CONTEXT}s3:arn": OTHER_BUCKET}, FOR_QUEUE, THROUGH_SQS),
        )
    ),
    *(("kms:Decrypt", ENVIRONMENT_KEY, context) for context in ({}, FOR_FUNCTION)),
]


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

    def decide_for_the_rest(
        self,
        lines: Sequence[tuple[str, str, Context]],
        conditions: Sequence[tuple[str, str, Context]],
    ) -> Iterator[Decision]:
        """Nothing else is allowed, by the allow policy, the boundary or the denials alone.

        ``conditions`` are actions and resources that are allowed under other conditions.
        """
        taken = (*self.denied, *AROUND)
        for action, resource, context in (*lines, *conditions):
            who = self._asking(action)
            yield deny(who, action, resource, context)
            yield deny(who, action, resource, context, (BOUNDARY, *taken))
            yield deny(who.holding("AdministratorAccess"), action, resource, context, taken)
        for action, resource, context in lines:
            who = self._asking(action).holding("AdministratorAccess")
            yield deny(who, action, resource, context, (BOUNDARY, *AROUND))

    def _asking(self, action: str) -> Principal:
        """Of those with the role, the one that an action is for."""
        those = {**self.inside, "ec2": self.service}
        return those.get(action.partition(":")[0], self.thief)
