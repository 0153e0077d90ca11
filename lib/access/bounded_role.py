"""A role that can only ever do what its stack lets it do, whatever is attached to it later."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from aws_cdk import aws_iam as iam
from constructs import Construct

from lib.access.denials import deny_the_rest
from lib.names import OF_THIS_ACCOUNT

LAMBDA, STEP_FUNCTIONS = "lambda.amazonaws.com", "states.amazonaws.com"
EVERYWHERE: Mapping[str, Any] = MappingProxyType({})


class BoundedRole(iam.Role):
    """A role of a service of AWS, with two policies.

    Its allow policy is also its permissions boundary: a policy attached later, even
    AdministratorAccess, adds nothing. A second policy explicitly denies everything else, and
    holds even without the boundary.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html

    Attributes:
        ceiling: the allow policy.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        service: str,
        description: str,
        who: str,
        allowed: Sequence[iam.PolicyStatement],
        denied: Sequence[iam.PolicyStatement] = (),
        policies: tuple[str, str] = ("Allowed", "Denied"),
        conditions: Mapping[str, Any] = EVERYWHERE,
    ) -> None:
        """Create the policies, then the role.

        Args:
            scope: the part that the role and its policies belong to.
            construct_id: the role's name there.
            name: the role's; roles are global, so it has the region.
            service: what assumes it, for resources of this account.
            description: of the role.
            who: what the policies call it, such as ``the eraser``.
            allowed: what it can do.
            denied: what else is denied, besides the actions and the resources not in ``allowed``.
            policies: the names of the two policies there.
            conditions: of assuming it, besides that it is for this account.
        """
        ceiling = iam.ManagedPolicy(
            scope,
            policies[0],
            description=f"The most that {who} may ever do",
            statements=allowed,
        )
        rest = iam.ManagedPolicy(
            scope,
            policies[1],
            description=f"What {who} may not do, whatever else is attached",
            statements=[*deny_the_rest(allowed), *denied],
        )
        super().__init__(
            scope,
            construct_id,
            role_name=name,
            description=description,
            assumed_by=iam.ServicePrincipal(service, conditions={**OF_THIS_ACCOUNT, **conditions}),
            managed_policies=[ceiling, rest],
            permissions_boundary=ceiling,
        )
        self.ceiling = ceiling
