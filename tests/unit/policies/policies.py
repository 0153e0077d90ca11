"""Every policy of a template by name, its attachments, and requests to decide."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from tests.unit.synthesis import ACCOUNT, Resource, Synthesized

REGION = "us-east-1"
REFERENCE = re.compile(r"<(?P<id>\w+)(?:\.(?P<attribute>\w+))?>")
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
MANAGED = {"AdministratorAccess": {"Statement": [EVERYTHING]}}
BOUNDARY = "permissionBoundaryPolicies"
Context = Mapping[str, str]


@dataclass(frozen=True)
class Principal:
    """The caller of a request.

    Attributes:
        name: for the names of tests.
        arn: the session's or user's, or the name of a service; None for a stranger.
        context: the principal's condition keys in each request.
        role: the ARN of the template's role whose policies and boundary it has.
        policies: the names of its additional policies.
    """

    name: str
    arn: str | None
    context: Context = field(default_factory=dict)
    role: str = ""
    policies: tuple[str, ...] = ()

    def holding(self, *policies: str) -> Self:
        """The same with further policies attached."""
        name = f"{self.name} with {' and '.join(policies)}"
        return replace(self, name=name, policies=(*self.policies, *policies))

    def seen(self, name: str, context: Context) -> Self:
        """The same with another name and more condition keys."""
        return replace(self, name=name, context={**self.context, **context})


@dataclass(frozen=True)
class Request:
    """A request to AWS.

    Attributes:
        context: the condition keys of the request, without the principal's.
        without: the names of the policies that somebody has removed, or ``BOUNDARY``.
        opened: somebody has added to the resource's policy that everybody may do everything.
        owner: the account of the resource.
        retains: whether the environment retains data.
    """

    who: Principal
    action: str
    resource: str
    context: Context = field(default_factory=dict)
    without: tuple[str, ...] = ()
    opened: bool = False
    owner: str = ACCOUNT
    retains: bool = True


class Policies:
    """The policy documents of a template, with ARNs in place of references.

    A document's name is the logical id of its resource without CDK's hash, in a role followed by
    the policy's name: ``DataBucketPolicy``, ``ProcessorRole/Denied``.

    Attributes:
        documents: by name.
    """

    def __init__(self, stack: Synthesized) -> None:
        self._stack = stack
        self.documents: dict[str, Resource] = {}
        self._guards: dict[str, str] = {}  # of a resource
        self._held: dict[str, list[str]] = {}  # by a role
        self._boundaries: dict[str, str] = {}  # of a role
        self._doors: dict[str, str] = {}  # of an endpoint
        # Two spellings of everybody; the engine needs the first in endpoints' policies.
        text = json.dumps(stack.resources).replace('{"AWS": "*"}', '"*"')
        resolved = REFERENCE.sub(lambda found: self._locate(found["id"], found["attribute"]), text)
        for logical_id, resource in json.loads(resolved).items():
            self._add(logical_id, resource.get("Properties", {}))

    def _locate(self, logical_id: str, attribute: str | None = "Arn") -> str:
        """An ARN, or another value of a reference, as AWS would write it."""
        name = shorten(logical_id)
        found = self._stack.resources[logical_id]
        properties = found.get("Properties", {})
        here = f"{REGION}:{ACCOUNT}"
        match found["Type"], attribute:
            case "AWS::S3::Bucket", "Arn":
                return f"arn:aws:s3:::{properties['BucketName']}"
            case "AWS::KMS::Key", "Arn":
                return f"arn:aws:kms:{here}:key/{name}"
            case "AWS::SQS::Queue", "Arn":
                return f"arn:aws:sqs:{here}:{name}"
            case "AWS::SNS::Topic", None:
                return f"arn:aws:sns:{here}:{properties['TopicName']}"
            case "AWS::Logs::LogGroup", "Arn":
                return f"arn:aws:logs:{here}:log-group:{properties['LogGroupName']}:*"
            case "AWS::IAM::Role", "Arn":
                return f"arn:aws:iam::{ACCOUNT}:role/{properties.get('RoleName', name)}"
            case "AWS::EC2::VPCEndpoint", None:
                return f"vpce-{properties['ServiceName'].rpartition('.')[2]}"
            case _:
                return "sg-default" if attribute == "DefaultSecurityGroup" else f"<{logical_id}>"

    def _add(self, logical_id: str, properties: Resource) -> None:
        """Add the policies of one resource of the template."""
        name = shorten(logical_id)
        match self._stack.resources[logical_id]["Type"]:
            case "AWS::KMS::Key":
                self.documents[name] = properties["KeyPolicy"]
                self._guards[self._locate(logical_id)] = name
            case "AWS::S3::BucketPolicy":
                self.documents[name] = properties["PolicyDocument"]
                self._guards[self._locate(properties["Bucket"].strip("<>"))] = name
            case "AWS::SQS::QueuePolicy":
                self.documents[name] = properties["PolicyDocument"]
                (queue,) = properties["Queues"]
                self._guards[self._locate(queue.strip("<>"))] = name
            case "AWS::SNS::TopicPolicy":
                self.documents[name] = properties["PolicyDocument"]
                (topic,) = properties["Topics"]
                self._guards[topic] = name
            case "AWS::EC2::VPCEndpoint":
                self.documents[name] = properties["PolicyDocument"]
                self._doors[self._locate(logical_id, None)] = name
            case "AWS::IAM::ManagedPolicy":
                self.documents[name] = properties["PolicyDocument"]
            case "AWS::IAM::Policy":
                self.documents[name] = properties["PolicyDocument"]
                (role,) = properties["Roles"]
                self._held.setdefault(self._locate(role.strip("<>")), []).append(name)
            case "AWS::IAM::Role":
                role = self._locate(logical_id)
                self.documents[f"{name}/Trust"] = properties["AssumeRolePolicyDocument"]
                self._guards[role] = f"{name}/Trust"
                for policy in properties.get("Policies", []):
                    self.documents[f"{name}/{policy['PolicyName']}"] = policy["PolicyDocument"]
                    self._held.setdefault(role, []).append(f"{name}/{policy['PolicyName']}")
                for attached in properties.get("ManagedPolicyArns", []):
                    if attached.startswith("<"):  # the others are AWS's own
                        self._held.setdefault(role, []).append(shorten(attached.strip("<>")))
                if boundary := properties.get("PermissionsBoundary"):
                    self._boundaries[role] = shorten(boundary.strip("<>"))

    def deciding(self, request: Request) -> set[str]:
        """The names of the policies that apply to a request."""
        return {name for _, name in self._hear(request)}

    def guarding(self, resource: str) -> str | None:
        """The name of a resource's own policy."""
        bucket = resource.partition("/")[0] if ":s3:" in resource else ""
        return self._guards.get(bucket or resource)

    def _hear(self, request: Request) -> Iterator[tuple[str, str]]:
        """The part and the name of each policy that applies to a request."""
        for part, name in self._attached(request):
            if name not in request.without and part not in request.without:
                yield part, name

    def _attached(self, request: Request) -> Iterator[tuple[str, str]]:
        """The same, if none were removed."""
        who = request.who
        for name in (*self._held.get(who.role, ()), *who.policies):
            yield "identityPolicies", name
        if who.role in self._boundaries:
            yield BOUNDARY, self._boundaries[who.role]
        endpoint = {**who.context, **request.context}.get("aws:SourceVpce", "")
        if endpoint in self._doors:
            yield "vpcEndpointPolicies", self._doors[endpoint]
        if guard := self.guarding(request.resource):
            yield "resourcePolicy", guard

    def simulate(self, request: Request, changed: Mapping[str, Resource]) -> dict[str, Any]:
        """A request in the engine's form. A key without a policy has AWS's default one.

        Args:
            request: the request.
            changed: documents that replace those of the same name.
        """
        heard: dict[str, list[dict[str, Any]]] = {"identityPolicies": [], "resourcePolicy": []}
        for part, name in self._hear(request):
            document = {"Version": "2012-10-17", **{**MANAGED, **self.documents, **changed}[name]}
            if document["Statement"]:
                heard.setdefault(part, []).append({"name": name, "policy": document})
        statements = [
            statement
            for policy in heard.pop("resourcePolicy")
            for statement in policy["policy"]["Statement"]
        ]
        if not statements and ":kms:" in request.resource:
            account = {"AWS": f"arn:aws:iam::{request.owner}:root"}
            statements = [{**EVERYTHING, "Action": "kms:*", "Principal": account}]
        if request.opened:
            statements.append({**EVERYTHING, "Resource": request.resource, "Principal": "*"})
        guard = {"resourcePolicy": {"Version": "2012-10-17", "Statement": statements}}
        return {
            "request": {
                "principal": request.who.arn or {"type": "Anonymous"},
                "action": request.action,
                "resource": {"resource": request.resource, "accountId": request.owner},
                "contextVariables": {
                    "aws:ResourceAccount": request.owner,
                    "aws:SecureTransport": "true",
                    **request.who.context,
                    **request.context,
                },
            },
            "serviceControlPolicies": [],
            "resourceControlPolicies": [],
            **heard,
            **(guard if statements else {}),
        }


def shorten(logical_id: str) -> str:
    """A logical id without the hash that CDK puts after it."""
    return re.sub(r"[0-9A-F]{8}$", "", logical_id)
