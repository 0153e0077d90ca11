"""The requests that CloudFormation makes to deploy, change and delete a template's stack.

Each permission of a handler becomes a request on each resource that the action applies to: the
resource itself, or one that it refers to.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from tests.unit.policies.engine import Action, Place
from tests.unit.policies.handlers import Permission, is_needed, list_permissions, read_schema
from tests.unit.policies.policies import REFERENCE, REGION, Context, shorten
from tests.unit.synthesis import ACCOUNT, Resource, Synthesized

STACK_TAG = "aws:cloudformation:stack-name"
READING = ("Read", "List")

# The kinds of the service authorization reference.
KINDS = {
    "AWS::Athena::WorkGroup": "workgroup",
    "AWS::CloudTrail::Trail": "trail",
    "AWS::CloudWatch::Alarm": "alarm",
    "AWS::CloudWatch::Dashboard": "dashboard",
    "AWS::EC2::FlowLog": "vpc-flow-log",
    "AWS::EC2::RouteTable": "route-table",
    "AWS::EC2::SecurityGroup": "security-group",
    "AWS::EC2::Subnet": "subnet",
    "AWS::EC2::VPC": "vpc",
    "AWS::EC2::VPCEndpoint": "vpc-endpoint",
    "AWS::Glue::Database": "database",
    "AWS::Glue::Table": "table",
    "AWS::IAM::ManagedPolicy": "policy",
    "AWS::IAM::Role": "role",
    "AWS::KMS::Alias": "alias",
    "AWS::KMS::Key": "key",
    "AWS::Lambda::EventSourceMapping": "eventSourceMapping",
    "AWS::Lambda::Function": "function",
    "AWS::Logs::LogGroup": "log-group",
    "AWS::Route53Resolver::FirewallDomainList": "firewall-domain-list",
    "AWS::Route53Resolver::FirewallRuleGroup": "firewall-rule-group",
    "AWS::Route53Resolver::FirewallRuleGroupAssociation": "firewall-rule-group-association",
    "AWS::S3::Bucket": "bucket",
    "AWS::SNS::Topic": "topic",
    "AWS::SQS::Queue": "queue",
    "AWS::Scheduler::Schedule": "schedule",
    "AWS::Scheduler::ScheduleGroup": "schedule-group",
    "AWS::StepFunctions::StateMachine": "statemachine",
}
NAMED_BY = {
    "alias": "AliasName",
    "bucket": "BucketName",
    "dashboard": "DashboardName",
    "function": "FunctionName",
    "log-group": "LogGroupName",
    "role": "RoleName",
    "topic": "TopicName",
    "trail": "TrailName",
    "schedule-group": "Name",
    "statemachine": "StateMachineName",
    "workgroup": "Name",
}
# The kinds of what is in a database: whoever deletes it must be allowed to delete them.
# https://docs.aws.amazon.com/athena/latest/ug/fine-grained-access-to-glue-resources.html
CONTENTS = ("table", "userdefinedfunction")
# CloudFormation names these itself, after the stack and the logical id; others get an id.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html
GENERATED = ("alarm", "function", "policy", "queue", "role")
RANDOM = "-1A2B3C4D5E6F"
LONGEST = 64  # of a role's name and a function's

# The property that counts, where a resource refers to several of a kind.
MEANT = {
    ("AWS::Lambda::Function", "key"): "KmsKeyArn",
    ("AWS::Lambda::Function", "role"): "Role",
    ("Custom", "function"): "ServiceToken",
}
# AWS ignores the tags of a bucket unless its AbacStatus enables them, and CloudFormation does not
# always tag endpoints.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/buckets-tagging-enable-abac.html
# https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/196
UNTOLD = ("AWS::EC2::VPCEndpoint", "AWS::S3::Bucket")
# CloudWatch checks every alarm, whichever is described.
# https://github.com/aws-samples/amazon-cloudwatch-auto-alarms/issues/1
OF_ALL = ("cloudwatch:DescribeAlarms",)


class Call(NamedTuple):
    """A request of CloudFormation, or of an AWS service on its behalf.

    Attributes:
        permission: the handler's permission that it needs.
        place: the kind of its resource; None if the action supports no resources.
        resource: its ARN, or ``*``.
        context: what AWS knows about the request and the resource.
    """

    permission: Permission
    place: Place | None
    resource: str
    context: Context


LISTING_ZONES = (
    "ec2:DescribeAccountAttributes",
    "ec2:DescribeAvailabilityZones",
    "ec2:DescribeSubnets",
)
"""The action that CloudFormation calls as the deployer to list the zones of a region.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-getavailabilityzones.html
"""


class Deployment:
    """A stack of a template."""

    def __init__(self, name: str, template: Resource, actions: Mapping[str, Action]) -> None:
        """Take the stack's name, its template, and every action of AWS."""
        self._name = name
        self._parameters: Resource = template.get("Parameters", {})
        self._resources = Synthesized(template).resources
        self._actions = actions

    def list_calls(self) -> Iterator[Call]:
        """Every call; repeated if several handlers make it."""
        for logical_id, resource in self._resources.items():
            for permission in list_permissions(resource["Type"]):
                if is_needed(permission, resource.get("Properties", {})):
                    yield from self._call(logical_id, permission)
        yield from self._read_parameters()
        if "Fn::GetAZs" in json.dumps(self._resources):
            yield from (
                Call(Permission("Fn::GetAZs", "create", action), None, "*", {})
                for action in LISTING_ZONES
            )

    def _read_parameters(self) -> Iterator[Call]:
        """CloudFormation looks up the parameters that come from Systems Manager.

        https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-supplied-parameter-types.html
        """
        for name, parameter in self._parameters.items():
            if parameter["Type"].startswith("AWS::SSM::Parameter::Value"):
                permission = Permission(name, "create", "ssm:GetParameters")
                (place,) = self._actions[permission.action].places
                arn = fill(place, parameter["Default"].removeprefix("/"))
                yield Call(permission, place, arn, {})

    def _call(self, logical_id: str, permission: Permission) -> Iterator[Call]:
        """The calls of one permission for one resource."""
        action = self._actions[permission.action]
        for stated in self._state(logical_id, permission):
            if not action.places:
                yield Call(permission, None, "*", _keep(stated, action.keys))
            for known in _states(permission, action):
                for place, arn, facts in self._places(logical_id, permission, known):
                    yield Call(permission, place, arn, _keep({**facts, **stated}, place.keys))

    def _state(self, logical_id: str, permission: Permission) -> Iterator[Context]:
        """The request's own context, once for each policy that it attaches or detaches."""
        properties = self._properties(logical_id)
        stated: dict[str, str] = {}
        if permission.handler != "delete":
            stated = {f"aws:RequestTag/{name}": value for name, value in _tags(properties).items()}
        match permission.type, permission.action:
            case _, "iam:AttachRolePolicy" | "iam:DetachRolePolicy":
                for policy in properties.get("ManagedPolicyArns", ()):
                    yield {**stated, "iam:PolicyARN": self._resolve(policy)}
                return
            case _, "iam:CreateRole" | "iam:PutRolePermissionsBoundary":
                if boundary := properties.get("PermissionsBoundary"):
                    stated["iam:PermissionsBoundary"] = self._resolve(boundary)
            case _, "iam:PassRole":
                (role,) = self._referred(logical_id, "role")
                (trust,) = self._properties(role)["AssumeRolePolicyDocument"]["Statement"]
                stated["iam:PassedToService"] = trust["Principal"]["Service"]
            case "AWS::Lambda::EventSourceMapping", "lambda:CreateEventSourceMapping":
                stated["lambda:FunctionArn"] = self._resolve(properties["FunctionName"])
            # Lambda encrypts a function's environment on the deployer's behalf.
            # https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html
            case "AWS::Lambda::Function", action if action.startswith("kms:"):
                stated["kms:ViaService"] = f"lambda.{REGION}.amazonaws.com"
        yield stated

    def _places(
        self, logical_id: str, permission: Permission, known: bool
    ) -> Iterator[tuple[Place, str, Context]]:
        """The resource of a call: its kind, its ARN, and what AWS knows about it."""
        action, found = self._actions[permission.action], False
        for place in action.places:
            if place.kind == KINDS.get(permission.type):
                found = True
                if permission.action in OF_ALL:
                    yield place, fill(place, "any"), {}
                yield place, self._locate(logical_id, place), self._facts(logical_id, known)
            elif place.kind == "rootcatalog":  # an account has one, above every database
                found = True
                yield place, fill(place, ""), {}
            elif permission.action == "glue:DeleteDatabase" and place.kind in CONTENTS:
                yield place, fill(place, f"{self._name_of_database(logical_id)}/any"), {}
            elif "Tagging" not in action.level:  # tags are put on the resource itself
                for other in self._referred(logical_id, place.kind):
                    found = True
                    settled = known or place.kind != "key"
                    yield place, self._locate(other, place), self._facts(other, settled)
        if action.places and not found:
            yield self._foreign(logical_id, permission)

    def _foreign(self, logical_id: str, permission: Permission) -> tuple[Place, str, Context]:
        """The resource of a call that is not in the template."""
        places = {place.kind: place for place in self._actions[permission.action].places}
        code = self._properties(logical_id).get("Code")
        if code and "object" in places:  # of a function, kept by CDK's bootstrap
            place = places["object"]
            return place, fill(place, "{S3Bucket}/{S3Key}".format_map(code)), {}
        if "schedule" in places:  # one of the group's, which goes with it
            name = f"{self._properties(logical_id)['Name']}/any"
            return places["schedule"], fill(places["schedule"], name), {}
        if "hostedzone" in places:  # of AWS
            return places["hostedzone"], fill(places["hostedzone"], "Z0"), {}
        raise LookupError(f"{permission}: the template has nothing of {', '.join(places)}")

    def _facts(self, logical_id: str, known: bool) -> Context:
        """What AWS knows about a resource: nothing before it is complete or after its deletion.

        Tags take effect late. CloudFormation may set them after its first calls on a new resource
        (https://github.com/aws/aws-cdk/issues/13204), and those of keys take up to five minutes
        (https://docs.aws.amazon.com/kms/latest/developerguide/tag-authorization.html).
        """
        resource = self._resources[logical_id]
        if not known or resource["Type"] in UNTOLD:
            return {}
        tags = _tags(self._properties(logical_id))
        if read_schema(resource["Type"])["tagging"].get("cloudFormationSystemTags"):
            tags[STACK_TAG] = self._name
        facts = {f"aws:ResourceTag/{name}": value for name, value in tags.items()}
        match resource["Type"]:
            case "AWS::KMS::Key":
                facts["kms:ResourceAliases"] = self._alias(logical_id)
            case "AWS::Lambda::EventSourceMapping":
                facts["lambda:FunctionArn"] = self._resolve(resource["Properties"]["FunctionName"])
        return facts

    def _alias(self, key: str) -> str:
        """The alias of a key."""
        (alias,) = (
            resource["Properties"]["AliasName"]
            for resource in self._resources.values()
            if resource["Type"] == "AWS::KMS::Alias"
            and key in resource["Properties"]["TargetKeyId"]
        )
        return str(alias)

    def _properties(self, logical_id: str) -> Resource:
        return dict(self._resources[logical_id].get("Properties", {}))

    def _referred(self, logical_id: str, kind: str) -> list[str]:
        """The resources of a kind that a resource refers to."""
        resource = self._resources[logical_id]
        properties = resource["Properties"]
        for name in (resource["Type"], resource["Type"].partition("::")[0]):
            if meant := MEANT.get((name, kind)):
                properties = properties.get(meant, "")
        found = {match["id"] for match in REFERENCE.finditer(json.dumps(properties))}
        return sorted(
            name
            for name in found & self._resources.keys()
            if KINDS.get(self._resources[name]["Type"]) == kind
        )

    def _resolve(self, reference: str) -> str:
        """The ARN of a resource that is referred to, or an ARN in the template."""
        if not (match := REFERENCE.fullmatch(reference)):
            return reference
        kind = KINDS[self._resources[match["id"]]["Type"]]
        service = self._resources[match["id"]]["Type"].split("::")[1].lower()
        places = (
            place
            for name, action in self._actions.items()
            for place in action.places
            if name.startswith(f"{service}:") and place.kind == kind
        )
        return self._locate(match["id"], next(places))

    def _locate(self, logical_id: str, place: Place) -> str:
        """The ARN of a resource of the template."""
        properties = self._properties(logical_id)
        name = properties.get(NAMED_BY.get(place.kind, ""))
        if place.kind == "schedule":
            name = f"{self._name_of_group(properties['GroupName'])}/{properties['Name']}"
        if place.kind == "database":
            name = self._name_of_database(logical_id)
        if place.kind == "table":
            database = self._name_of_database(properties["DatabaseName"].strip("<>"))
            name = f"{database}/{properties['TableInput']['Name']}"
        if not name and place.kind in GENERATED:
            name = f"{self._name}-{logical_id}"[: LONGEST - len(RANDOM)] + RANDOM
        return fill(place, str(name or shorten(logical_id)).removeprefix("alias/"))

    def _name_of_database(self, logical_id: str) -> str:
        """The name of a database of the catalogue."""
        return str(self._properties(logical_id)["DatabaseInput"]["Name"])

    def _name_of_group(self, reference: str) -> str:
        """The name of a schedule group that is referred to."""
        return str(self._properties(reference.strip("<>"))["Name"])


def fill(place: Place, name: str) -> str:
    """The ARN of something in the account and region of the tests."""
    here = {"Partition": "aws", "Region": REGION, "Account": ACCOUNT}
    arn = re.sub(r"\$\{(Partition|Region|Account)\}", lambda one: here[one[1]], place.form)
    return re.sub(r"\$\{.*", name, arn)


def _states(permission: Permission, action: Action) -> tuple[bool, ...]:
    """Whether the resource is complete when a handler makes a call.

    New resources are read before they are complete; deleted ones until they are gone.
    """
    match permission.handler:
        case "create":
            return (False,)
        case "read":
            return (False, True)
        case "delete":
            return (action.level not in READING,)
        case _:
            return (True,)


def _tags(properties: Resource) -> dict[str, str]:
    """The tags of a resource, except CDK's own, whose names the engine does not accept."""
    tags = {tag["Key"]: tag["Value"] for tag in properties.get("Tags", ())}
    return {name: value for name, value in tags.items() if ":" not in name}


def _keep(context: Context, keys: list[str]) -> Context:
    """The part of a context that a request can have."""
    stems = tuple(key.partition("${")[0] for key in keys if "${" in key)
    return {
        name: value
        for name, value in context.items()
        if name in keys or (stems and name.startswith(stems))
    }
