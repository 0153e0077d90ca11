"""IAM: the permissions boundary of a template's role, and deletions of what is in use.

Delete each of these once MiniStack itself does this:

- ``dropped_boundary``: keeps the permissions boundary of a template's role;
- ``conflict_of_policy``: refuses to delete a policy with several versions;
- ``conflict_of_role``: names a role's inline policies in AWS's words;
- ``conflict_of_user``: refuses to delete a user with policies or groups;
- ``conflict_of_group``: refuses to delete a group with members or policies;
- ``delete_policy``: fails a stack's deletion if its policy is attached elsewhere;
- ``delete_role``: fails a stack's deletion if its role has policies of others.
"""

import re
from collections.abc import Callable
from typing import Any

from ministack.services.cloudformation.helpers import _sdk_error as sdk_error
from ministack.services.cloudformation.provisioners import (
    _iam_policy_reconcile_entities as reconcile_entities,
)
from ministack.services.iam import _IAM_HANDLERS as HANDLERS
from ministack.services.iam import _error as error
from ministack.services.iam import _group_inline_policies as group_policies
from ministack.services.iam import _groups as groups
from ministack.services.iam import _p as value_of
from ministack.services.iam import _policies as policies
from ministack.services.iam import _roles as roles
from ministack.services.iam import _user_inline_policies as user_policies
from ministack.services.iam import detach_managed_policy

from sandbox.parity.correction import (
    RESOURCE_TYPES,
    Properties,
    Provisioned,
    completes,
)


@completes("AWS::IAM::Role")
def dropped_boundary(provisioned: Provisioned, properties: Properties) -> Provisioned:
    """Give a role the permissions boundary in its template.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-role.html
    """
    roles[provisioned[0]]["PermissionsBoundary"] = properties.get("PermissionsBoundary")
    return provisioned


# --- What is in use cannot be deleted ------------------------------------------------------------

HAS_INLINE = "Cannot delete entity, must delete policies first."
HAS_ATTACHED = "Cannot delete entity, must detach all policies first."
HAS_MEMBERS = "Cannot delete entity, must remove users from group first."
HAS_VERSIONS = (
    "This policy has more than one version. Before you delete a policy, you must delete the "
    "policy's versions. The default version is deleted with the policy."
)

Conflict = Callable[[str], str | None]
"""Returns why the entity with a name (or the policy with an ARN) cannot be deleted, or None."""


def refuses(action: str, parameter: str) -> Callable[[Conflict], Conflict]:
    """Refuse an action with ``DeleteConflict`` for a conflict that MiniStack does not detect."""

    def install(conflict: Conflict) -> Conflict:
        original = HANDLERS[action]

        def delete(parameters: dict[str, Any]) -> Any:
            message = conflict(value_of(parameters, parameter))
            return error(409, "DeleteConflict", message) if message else original(parameters)

        HANDLERS[action] = delete
        return conflict

    return install


@refuses("DeletePolicy", "PolicyArn")
def conflict_of_policy(arn: str) -> str | None:
    """Keep a policy that has other versions than the default one.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicy.html
    """
    return HAS_VERSIONS if len((policies.get(arn) or {}).get("Versions", {})) > 1 else None


@refuses("DeleteRole", "RoleName")
def conflict_of_role(name: str) -> str | None:
    """Report a role's inline policies in AWS's words, which CloudFormation shows to people.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html
    """
    role = roles.get(name) or {}
    in_the_way = role.get("InlinePolicies") and not role.get("AttachedPolicies")
    return HAS_INLINE if in_the_way else None


@refuses("DeleteUser", "UserName")
def conflict_of_user(name: str) -> str | None:
    """Keep a user who has inline policies or is in a group.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html
    """
    if any(name in group["Users"] for group in groups.values()):
        return HAS_MEMBERS
    return HAS_INLINE if user_policies.get(name) else None


@refuses("DeleteGroup", "GroupName")
def conflict_of_group(name: str) -> str | None:
    """Keep a group that has members or policies.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteGroup.html
    """
    group = groups.get(name) or {}
    if group.get("Users"):
        return HAS_MEMBERS
    if group.get("AttachedPolicies"):
        return HAS_ATTACHED
    return HAS_INLINE if group_policies.get(name) else None


def delete_policy(arn: str, properties: Properties) -> None:
    """Delete a template's policy, unless it is attached to something outside the template.

    CloudFormation detaches a policy from the entities of its template, and removes its older
    versions. Later attachments by others, and uses as a boundary, are not the template's: the
    deletion fails, and so does the stack's, while everything else in it is deleted
    (https://github.com/gchq/sleeper/issues/3956 has AWS's words,
    https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1508 the rest).
    """
    record = policies.get(arn)
    if record:
        reconcile_entities(arn, properties, {})
        default = record["DefaultVersionId"]
        record["Versions"] = {default: record["Versions"][default]}
        _must_succeed(HANDLERS["DeletePolicy"]({"PolicyArn": arn}))


def delete_role(name: str, properties: Properties) -> None:
    """Delete a template's role, unless it has policies from outside the template.

    https://github.com/waterbear-cloud/paco/issues/27 and
    https://github.com/convox/rack/issues/2672 have AWS's words.
    """
    role = roles.get(name)
    if role:
        for arn in properties.get("ManagedPolicyArns", []):
            detach_managed_policy(role, arn)
        for policy in properties.get("Policies", []):
            role["InlinePolicies"].pop(policy["PolicyName"], None)
        _must_succeed(HANDLERS["DeleteRole"]({"RoleName": name}))


def _must_succeed(answer: tuple[int, dict[str, str], bytes]) -> None:
    """Fail the deletion of a template's resource when IAM refuses it, in CloudFormation's words.

    Raises:
        ValueError: IAM answered with an error.
    """
    status, _, body = answer
    if status >= 400:
        said = re.search(r"<Message>(.*)</Message>", body.decode())
        words = sdk_error(said[1] if said else "", "Iam", status)
        raise ValueError(f'Resource handler returned message: "{words}"')


RESOURCE_TYPES["AWS::IAM::ManagedPolicy"]["delete"] = delete_policy
RESOURCE_TYPES["AWS::IAM::Role"]["delete"] = delete_role
