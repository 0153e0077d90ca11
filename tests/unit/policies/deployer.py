"""The deployer's policies, what else they allow, and the decisions that AWS must reach.

How they recognise the stacks' resources:

- Resources named by CloudFormation or the template, by the name in their ARN.
- A key by its aliases and its tag ``Environment``. ``ForAllValues`` also matches a key without an
  alias: a new key, or one whose alias was deleted first.
  https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html
  The other tags are no use: a change removes them for a moment.
  https://github.com/aws-cloudformation/aws-cloudformation-resource-providers-kms
  Creating a key with tags needs ``kms:TagResource`` on every key that the policy can reach.
  https://docs.aws.amazon.com/kms/latest/developerguide/tag-permissions.html
- Parts of a network by the tag with the stack's name, which only CloudFormation can set.
  https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-resource-tags.html
- An event source mapping by its function, except for reading: a deleted one has no function.
  https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
"""

import json
from collections.abc import Iterator
from fnmatch import fnmatchcase
from itertools import chain
from typing import NamedTuple

from tests.unit.policies.decision import Decision, allow, deny, person, tabulate
from tests.unit.policies.decisions import (
    ATHENA,
    BREAK_GLASS_ROLE,
    BUCKET,
    DATA_KEY,
    ENVIRONMENT_KEY,
    EXECUTION,
    FUNCTION_ARN,
    FUNCTION_GROUP,
    GLUE,
    GROUPS,
    INCOMING,
    MACHINE,
    MANIFEST,
    OTHER_BUCKET,
    OTHER_KEY,
    OTHER_QUEUE,
    PSEUDONYM_KEY,
    REPLAY_ROLE,
    ROLE,
    SCHEDULES,
    THROUGH_LAMBDA,
    THROUGH_S3,
    TOPIC,
    TRAIL,
    TRAIL_GROUP,
)
from tests.unit.policies.deployments import STACK_TAG, Call, fill
from tests.unit.policies.erasure import (
    ERASER_ARN,
    ERASER_GROUP,
    ERASER_ROLE,
    ERASURES,
    ERASURES_ROLE,
)
from tests.unit.policies.policies import REGION, Context
from tests.unit.policies.reidentification import (
    REIDENTIFIER_ARN,
    REIDENTIFIER_GROUP,
    REIDENTIFIER_ROLE,
    REQUESTS_MACHINE,
    REQUESTS_ROLE,
)
from tests.unit.synthesis import ACCOUNT, ROOT, Resource

NAME = "Deployer"
POLICIES: dict[str, Resource] = {
    path.name: json.loads(path.read_text(encoding="utf-8"))
    for path in sorted((ROOT / "docs").glob("deployer-policy*.json"))
}
POLICY: Resource = {
    "Version": "2012-10-17",
    "Statement": [statement for one in POLICIES.values() for statement in one["Statement"]],
}
"""What the deployer's policies allow together."""
DEPLOYER = person("deployer", NAME)

TAG = "aws:ResourceTag/"
OTHER_FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:other"
OTHER_POLICY = f"arn:aws:iam::{ACCOUNT}:policy/other"
ADMINISTRATOR_ACCESS = "arn:aws:iam::aws:policy/AdministratorAccess"
OTHERS = {
    "iam:PassedToService": "ec2.amazonaws.com",
    "iam:PermissionsBoundary": OTHER_POLICY,
    "iam:PolicyARN": ADMINISTRATOR_ACCESS,
    "kms:ViaService": f"s3.{REGION}.amazonaws.com",
    "lambda:FunctionArn": OTHER_FUNCTION,
}
"""Values that are not the stacks', by the condition key that shows it."""
OTHER_NAMES = {
    "log-group": "/aws/lambda/other",
    "schedule": "other/other",
    "table": "other/other",
    "userdefinedfunction": "other/other",
}
"""Names of resources that are not the stacks', where their kind has a form."""
OTHER_TAGS = {f"{TAG}Environment": "prod", f"{TAG}{STACK_TAG}": "Other"}
ALIAS = "kms:ResourceAliases"


class Variation(NamedTuple):
    """A call about something that is not the stacks'.

    Attributes:
        action: the call's action.
        what: what is not the stacks': a kind of resource, or a condition key.
        resource, context: the request's.
    """

    action: str
    what: str
    resource: str
    context: Context


def vary(call: Call) -> Iterator[Variation]:
    """Replace each thing that a call is about by one that is not the stacks'."""
    action = call.permission.action
    stated = {
        name: OTHERS.get(name, value) if name == "lambda:FunctionArn" else value
        for name, value in call.context.items()
        if not name.startswith(TAG) and name != ALIAS
    }
    if place := call.place:
        arn = fill(place, OTHER_NAMES.get(place.kind, "other"))
        has_tags = any(key.startswith(TAG) for key in place.keys) and place.kind != "bucket"
        tags = OTHER_TAGS if has_tags else {}
        if place.kind == "key":
            other = {**stated, **tags, ALIAS: "alias/other"}
            yield Variation(action, "key with another alias", arn, other)
            yield Variation(action, "key without alias and tag", arn, stated)
            yield Variation(action, "key without alias", arn, {**stated, **tags})
        else:
            yield Variation(action, place.kind, arn, {**stated, **tags})
    for name in OTHERS.keys() & call.context.keys():
        context = {**call.context, name: OTHERS[name]}
        yield Variation(action, name, call.resource, context)


class Opening(NamedTuple):
    """Calls that the policy also allows about resources that are not the stacks'.

    Attributes:
        actions, what: patterns of variations.
        reason: why the policy cannot distinguish them.
    """

    actions: tuple[str, ...]
    what: tuple[str, ...]
    reason: str

    def covers(self, variation: Variation) -> bool:
        """Whether it covers a variation."""
        return any(fnmatchcase(variation.action, one) for one in self.actions) and any(
            fnmatchcase(variation.what, one) for one in self.what
        )


PARTS = ("route-table", "security-group", "subnet")
LATE = "The tags may come after the call: https://github.com/aws/aws-cdk/issues/13204"
NEW = "What is to be created has neither a name of the stacks' nor a tag."
OPENINGS = (
    Opening(("ec2:CreateFlowLogs",), ("vpc-flow-log",), NEW),
    Opening(("ec2:CreateRouteTable",), ("route-table",), NEW),
    Opening(("ec2:CreateSecurityGroup",), ("security-group",), NEW),
    Opening(("ec2:CreateSubnet",), ("subnet",), NEW),
    Opening(("ec2:CreateVpc",), ("vpc",), NEW),
    Opening(("ec2:CreateVpcEndpoint",), ("vpc-endpoint",), NEW),
    Opening(("ec2:CreateTags",), ("vpc", "vpc-endpoint", "vpc-flow-log", *PARTS), LATE),
    Opening(("ec2:ModifyVpcAttribute",), ("vpc",), LATE),
    Opening(("ec2:ModifySubnetAttribute",), ("subnet",), LATE),
    Opening(
        ("ec2:AuthorizeSecurityGroupEgress", "ec2:RevokeSecurityGroupEgress"),
        ("security-group",),
        LATE,
    ),
    Opening(
        ("ec2:DeleteTags", "ec2:DeleteVpcEndpoints", "ec2:ModifyVpcEndpoint"),
        ("vpc-endpoint",),
        "CloudFormation does not always tag endpoints: "
        "https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/196",
    ),
    Opening(
        (
            "kms:*Alias",
            "kms:CreateGrant",
            "kms:Decrypt",
            "kms:EnableKeyRotation",
            "kms:Encrypt",
            "kms:TagResource",
        ),
        ("key without alias", "key without alias and tag"),
        "So is a new key until its alias and, up to five minutes later, its tags count: "
        "https://docs.aws.amazon.com/kms/latest/developerguide/tag-authorization.html",
    ),
    Opening(
        ("kms:*",),
        ("key without alias",),
        "CloudFormation deletes the alias before the key; of others' keys the tag says nothing.",
    ),
    Opening(
        ("lambda:TagResource", "lambda:UntagResource"),
        ("eventSourceMapping",),
        "These actions do not know the mapping's function.",
    ),
    Opening(("glue:*",), ("rootcatalog",), "An account has one catalogue for all databases."),
    Opening(("route53:AssociateVPCWithHostedZone",), ("hostedzone",), "The zone is AWS's own."),
    Opening(
        ("route53resolver:*",),
        ("firewall-*",),
        "Their ARNs have ids for names, and their handlers untag before they delete.",
    ),
)


# The resources of the decisions.
ROLES = f"arn:aws:iam::{ACCOUNT}:role/"
CDK_ROLE = f"{ROLES}TapStack-test-CustomResourceProviderRole"
EXECUTION_ROLE = f"{ROLES}cdk-hnb659fds-cfn-exec-role-{ACCOUNT}-{REGION}"
OWN_POLICY = f"arn:aws:iam::{ACCOUNT}:policy/TapStack-test-ProcessorRoleAllowed"
DEPLOYER_POLICY = f"arn:aws:iam::{ACCOUNT}:policy/zero-trust-deployer"
BASIC_EXECUTION = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
CDK_FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:TapStack-test-CustomResourceProvider"
OWN_QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:TapStack-test-IntakeQueue"
ALARMS = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:"
EC2 = f"arn:aws:ec2:{REGION}:{ACCOUNT}:"
RESOLVER = f"arn:aws:route53resolver:{REGION}:{ACCOUNT}:"
ASSET = f"arn:aws:s3:::cdk-hnb659fds-assets-{ACCOUNT}-{REGION}/code.zip"
VERSION = f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/cdk-bootstrap/hnb659fds/version"
OF_FUNCTIONS = (ROLE, ERASER_ROLE, REIDENTIFIER_ROLE)
OF_STATE_MACHINES = (REPLAY_ROLE, ERASURES_ROLE, REQUESTS_ROLE)
BOUNDED = (*OF_FUNCTIONS, *OF_STATE_MACHINES)
OF_STACK = {f"{TAG}{STACK_TAG}": "TapStack-test"}
OWN_KEY = {f"{TAG}Environment": "test", ALIAS: "alias/zero-trust/test/s3"}
ANOTHER_ALIAS = {ALIAS: "alias/other"}


def decide_for_roles() -> Iterator[Decision]:
    """The stacks' roles get only the stacks' policies, and those with a boundary keep it."""
    for role in (CDK_ROLE, BREAK_GLASS_ROLE, *BOUNDED):
        for action in ("iam:AttachRolePolicy", "iam:DetachRolePolicy"):
            yield allow(DEPLOYER, action, role, {"iam:PolicyARN": OWN_POLICY})
            for policy in (ADMINISTRATOR_ACCESS, OTHER_POLICY, DEPLOYER_POLICY):
                yield deny(DEPLOYER, action, role, {"iam:PolicyARN": policy})
            yield deny(DEPLOYER, action, role)
        yield allow(DEPLOYER, "iam:UpdateAssumeRolePolicy", role)
        yield deny(DEPLOYER, "iam:DeleteRolePermissionsBoundary", role)
        yield deny(DEPLOYER, "sts:AssumeRole", role)
    yield allow(DEPLOYER, "iam:AttachRolePolicy", CDK_ROLE, {"iam:PolicyARN": BASIC_EXECUTION})
    for role in (f"{ROLES}other", EXECUTION_ROLE):
        yield deny(DEPLOYER, "iam:AttachRolePolicy", role, {"iam:PolicyARN": OWN_POLICY})
        for action in ("CreateRole", "DeleteRole", "PutRolePolicy", "UpdateAssumeRolePolicy"):
            yield deny(DEPLOYER, f"iam:{action}", role)
    bounded = {"iam:PermissionsBoundary": OWN_POLICY}
    for role in BOUNDED:
        for action in ("iam:CreateRole", "iam:PutRolePermissionsBoundary"):
            yield allow(DEPLOYER, action, role, bounded)
            yield deny(DEPLOYER, action, role, {"iam:PermissionsBoundary": OTHER_POLICY})
            yield deny(DEPLOYER, action, role)
        yield deny(DEPLOYER, "iam:DeleteRolePermissionsBoundary", role, bounded)
        yield deny(DEPLOYER, "iam:PutRolePolicy", role)
    yield allow(DEPLOYER, "iam:CreateRole", BREAK_GLASS_ROLE)
    yield allow(DEPLOYER, "iam:PutRolePolicy", CDK_ROLE)
    yield deny(DEPLOYER, "iam:PutRolePolicy", BREAK_GLASS_ROLE)
    passed = {"iam:PassedToService": "lambda.amazonaws.com"}
    for role in OF_FUNCTIONS:
        yield allow(DEPLOYER, "iam:PassRole", role, passed)
        yield deny(DEPLOYER, "iam:PassRole", role, {"iam:PassedToService": "ec2.amazonaws.com"})
    for role in (BREAK_GLASS_ROLE, EXECUTION_ROLE, f"{ROLES}other", *OF_STATE_MACHINES):
        yield deny(DEPLOYER, "iam:PassRole", role, passed)
    yield allow(DEPLOYER, "iam:CreatePolicyVersion", OWN_POLICY)
    yield deny(DEPLOYER, "iam:SetDefaultPolicyVersion", OWN_POLICY)
    for policy in (OTHER_POLICY, DEPLOYER_POLICY):
        yield deny(DEPLOYER, "iam:CreatePolicyVersion", policy)
        yield deny(DEPLOYER, "iam:DeletePolicy", policy)
    for action in ("iam:CreateUser", "iam:CreateAccessKey", "iam:AttachUserPolicy"):
        yield deny(DEPLOYER, action, f"arn:aws:iam::{ACCOUNT}:user/eve")


def decide_for_keys() -> Iterator[Decision]:
    """The stacks' keys are administered, and used only through Lambda; others not even that."""
    others: tuple[Context, ...] = (
        {},
        ANOTHER_ALIAS,
        {f"{TAG}Environment": "prod", **ANOTHER_ALIAS},
    )
    for action in ("DisableKey", "PutKeyPolicy", "ScheduleKeyDeletion", "UntagResource"):
        yield allow(DEPLOYER, f"kms:{action}", DATA_KEY, OWN_KEY)
        for context in others:
            yield deny(DEPLOYER, f"kms:{action}", OTHER_KEY, context)
    # CloudFormation deletes the alias first.
    tagged = {f"{TAG}Environment": "test"}
    yield allow(DEPLOYER, "kms:ScheduleKeyDeletion", DATA_KEY, tagged)
    # Moving an alias needs both keys to be the stacks'.
    # https://docs.aws.amazon.com/kms/latest/developerguide/alias-access.html
    aliases = f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/"
    for action in ("CreateAlias", "DeleteAlias", "UpdateAlias"):
        yield allow(DEPLOYER, f"kms:{action}", f"{aliases}zero-trust/test/s3")
        yield deny(DEPLOYER, f"kms:{action}", f"{aliases}other")
        yield allow(DEPLOYER, f"kms:{action}", DATA_KEY, OWN_KEY)
        yield deny(DEPLOYER, f"kms:{action}", OTHER_KEY, ANOTHER_ALIAS)
    claim = {"aws:RequestTag/Environment": "test"}
    yield allow(DEPLOYER, "kms:TagResource", DATA_KEY, {**OWN_KEY, **claim})
    yield deny(DEPLOYER, "kms:TagResource", OTHER_KEY, {**ANOTHER_ALIAS, **claim})
    for action in ("CreateGrant", "Decrypt", "Encrypt"):
        yield allow(DEPLOYER, f"kms:{action}", ENVIRONMENT_KEY, {**OWN_KEY, **THROUGH_LAMBDA})
        yield deny(DEPLOYER, f"kms:{action}", ENVIRONMENT_KEY, OWN_KEY)
        yield deny(DEPLOYER, f"kms:{action}", DATA_KEY, {**OWN_KEY, **THROUGH_S3})
        yield deny(DEPLOYER, f"kms:{action}", OTHER_KEY)
        yield deny(DEPLOYER, f"kms:{action}", OTHER_KEY, THROUGH_S3)
        yield deny(DEPLOYER, f"kms:{action}", OTHER_KEY, {**ANOTHER_ALIAS, **THROUGH_LAMBDA})
    yield deny(DEPLOYER, "kms:GenerateDataKey", OTHER_KEY, THROUGH_LAMBDA)
    yield deny(DEPLOYER, "kms:GenerateMac", PSEUDONYM_KEY, OWN_KEY)
    yield deny(DEPLOYER, "kms:RevokeGrant", ENVIRONMENT_KEY, OWN_KEY)


def decide_for_data() -> Iterator[Decision]:
    """Resources with data are configured, not read or written."""
    for bucket in (BUCKET, OTHER_BUCKET):
        decide = allow if bucket == BUCKET else deny
        for action in ("DeleteBucket", "PutBucketPolicy", "PutLifecycleConfiguration"):
            yield decide(DEPLOYER, f"s3:{action}", bucket)
    for key in (INCOMING, MANIFEST, f"{OTHER_BUCKET}/a"):
        for action in ("DeleteObject", "GetObject", "GetObjectVersion", "PutObject"):
            yield deny(DEPLOYER, f"s3:{action}", key)
    yield allow(DEPLOYER, "s3:GetObject", ASSET)
    yield deny(DEPLOYER, "s3:PutObject", ASSET)
    yield allow(DEPLOYER, "sqs:SetQueueAttributes", OWN_QUEUE)
    yield deny(DEPLOYER, "sqs:SetQueueAttributes", OTHER_QUEUE)
    for action in ("ReceiveMessage", "SendMessage", "PurgeQueue"):
        yield deny(DEPLOYER, f"sqs:{action}", OWN_QUEUE)
    for group in (FUNCTION_GROUP, ERASER_GROUP, REIDENTIFIER_GROUP):
        yield allow(DEPLOYER, "logs:DeleteLogGroup", group)
    yield deny(DEPLOYER, "logs:DeleteLogGroup", f"{GROUPS}/aws/lambda/other")
    for action in ("FilterLogEvents", "PutSubscriptionFilter"):
        for group in (FUNCTION_GROUP, ERASER_GROUP, REIDENTIFIER_GROUP):
            yield deny(DEPLOYER, f"logs:{action}", group)
    yield allow(DEPLOYER, "cloudwatch:DeleteAlarms", f"{ALARMS}TapStack-test-AlarmsBacklog")
    yield deny(DEPLOYER, "cloudwatch:DeleteAlarms", f"{ALARMS}other")
    yield deny(DEPLOYER, "cloudwatch:SetAlarmState", f"{ALARMS}TapStack-test-AlarmsBacklog")
    for action in ("CreateTopic", "DeleteTopic", "SetTopicAttributes", "Subscribe", "Unsubscribe"):
        yield allow(DEPLOYER, f"sns:{action}", TOPIC)
        yield deny(DEPLOYER, f"sns:{action}", f"{TOPIC.rpartition(':')[0]}:other")
    yield deny(DEPLOYER, "sns:Publish", TOPIC)
    yield deny(DEPLOYER, "sns:AddPermission", TOPIC)


def decide_for_functions() -> Iterator[Decision]:
    """The stacks' functions are changed; only CDK's own are invoked."""
    functions = (FUNCTION_ARN, ERASER_ARN, REIDENTIFIER_ARN)
    for function in (CDK_FUNCTION, *functions):
        yield allow(DEPLOYER, "lambda:UpdateFunctionCode", function)
        yield deny(DEPLOYER, "lambda:AddPermission", function)
    yield deny(DEPLOYER, "lambda:UpdateFunctionCode", OTHER_FUNCTION)
    yield allow(DEPLOYER, "lambda:InvokeFunction", CDK_FUNCTION)
    for function in (OTHER_FUNCTION, *functions):
        yield deny(DEPLOYER, "lambda:InvokeFunction", function)
    stated = {"lambda:FunctionArn": FUNCTION_ARN}
    yield deny(DEPLOYER, "lambda:CreateFunctionUrlConfig", FUNCTION_ARN, stated)
    mapping = f"arn:aws:lambda:{REGION}:{ACCOUNT}:event-source-mapping:1"
    for action, resource in (("Create", "*"), ("Update", mapping), ("Delete", mapping)):
        action = f"lambda:{action}EventSourceMapping"
        yield allow(DEPLOYER, action, resource, stated)
        yield deny(DEPLOYER, action, resource, {"lambda:FunctionArn": OTHER_FUNCTION})


def decide_for_network() -> Iterator[Decision]:
    """The stacks' networks are created and deleted, and none is opened to the internet."""
    for action, what in (
        ("CreateSubnet", "vpc/vpc-1"),
        ("DeleteVpc", "vpc/vpc-1"),
        ("DeleteSubnet", "subnet/subnet-1"),
        ("DeleteSecurityGroup", "security-group/sg-1"),
        ("AuthorizeSecurityGroupIngress", "security-group/sg-1"),
        ("ReplaceRouteTableAssociation", "route-table/rtb-1"),
        ("DeleteFlowLogs", "vpc-flow-log/fl-1"),
    ):
        yield allow(DEPLOYER, f"ec2:{action}", f"{EC2}{what}", OF_STACK)
        yield deny(DEPLOYER, f"ec2:{action}", f"{EC2}{what}", OTHER_TAGS)
        yield deny(DEPLOYER, f"ec2:{action}", f"{EC2}{what}")
    yield deny(DEPLOYER, "ec2:CreateRoute", f"{EC2}route-table/rtb-1", OF_STACK)
    yield deny(DEPLOYER, "ec2:AttachInternetGateway", f"{EC2}vpc/vpc-1", OF_STACK)
    yield deny(DEPLOYER, "ec2:CreateInternetGateway", f"{EC2}internet-gateway/igw-1")
    notification = "ec2:CreateVpcEndpointConnectionNotification"
    yield deny(DEPLOYER, notification, f"{EC2}vpc-endpoint/vpce-1")
    yield deny(DEPLOYER, "ec2:RunInstances", f"{EC2}instance/i-1")
    yield allow(DEPLOYER, "ec2:CreateTags", f"{EC2}vpc/vpc-1")
    yield deny(DEPLOYER, "ec2:CreateTags", f"{EC2}instance/i-1")
    yield deny(DEPLOYER, "ec2:DescribeInstanceAttribute", f"{EC2}instance/i-1")
    group = f"{RESOLVER}firewall-rule-group/rslvr-frg-1"
    yield allow(DEPLOYER, "route53resolver:DeleteFirewallRuleGroup", group)
    yield deny(DEPLOYER, "route53resolver:PutFirewallRuleGroupPolicy", group)
    yield deny(DEPLOYER, "route53resolver:TagResource", f"{RESOLVER}resolver-rule/rslvr-rr-1")
    yield deny(DEPLOYER, "route53:ChangeResourceRecordSets", "arn:aws:route53:::hostedzone/Z1")


def decide_for_state_machines() -> Iterator[Decision]:
    """The stacks' state machines and schedules are changed, and not started."""
    schedules = f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule"
    for action, own, other in (
        *(
            ("states:UpdateStateMachine", machine, MACHINE.replace("zero-trust-replay", "other"))
            for machine in (MACHINE, ERASURES, REQUESTS_MACHINE)
        ),
        (
            "scheduler:UpdateSchedule",
            f"{schedules}/zero-trust-replay-test/nightly",
            f"{schedules}/default/nightly",
        ),
        ("scheduler:DeleteScheduleGroup", SCHEDULES, f"{schedules}-group/default"),
    ):
        yield allow(DEPLOYER, action, own)
        yield deny(DEPLOYER, action, other)
    for machine in (MACHINE, ERASURES, REQUESTS_MACHINE):
        yield deny(DEPLOYER, "states:StartExecution", machine)
    yield deny(DEPLOYER, "states:GetExecutionHistory", f"{EXECUTION}:1")
    for outcome in ("Failure", "Success"):  # of a request that waits for approval
        yield deny(DEPLOYER, f"states:SendTask{outcome}", "*")
    for service, role, others in (
        *(("states", role, [CDK_ROLE, *OF_FUNCTIONS]) for role in OF_STATE_MACHINES),
        ("scheduler", f"{ROLES}TapStack-test-ScheduleRole", BOUNDED),
    ):
        passed = {"iam:PassedToService": f"{service}.amazonaws.com"}
        yield allow(DEPLOYER, "iam:PassRole", role, passed)
        for other in (*others, BREAK_GLASS_ROLE, EXECUTION_ROLE, f"{ROLES}other"):
            yield deny(DEPLOYER, "iam:PassRole", other, passed)


def decide_for_changes() -> Iterator[Decision]:
    """Only the trails' log groups get metric filters."""
    for name in ("PutMetricFilter", "DeleteMetricFilter"):
        yield allow(DEPLOYER, f"logs:{name}", TRAIL_GROUP)
        for group in (FUNCTION_GROUP, f"{GROUPS}/aws/cloudtrail/other"):
            yield deny(DEPLOYER, f"logs:{name}", group)
    yield deny(DEPLOYER, "logs:GetLogEvents", f"{TRAIL_GROUP}:log-stream:a")
    yield deny(DEPLOYER, "logs:PutSubscriptionFilter", TRAIL_GROUP)


def decide_for_trails() -> Iterator[Decision]:
    """The stacks' trails are changed, and no other; what they record is not read."""
    other = TRAIL.replace("zero-trust-audit", "other")
    for name in ("CreateTrail", "DeleteTrail", "UpdateTrail", "StartLogging", "StopLogging"):
        yield allow(DEPLOYER, f"cloudtrail:{name}", TRAIL)
        yield deny(DEPLOYER, f"cloudtrail:{name}", other)
    yield deny(DEPLOYER, "cloudtrail:PutInsightSelectors", TRAIL)
    yield deny(DEPLOYER, "cloudtrail:LookupEvents", "*")
    passed = {"iam:PassedToService": "cloudtrail.amazonaws.com"}
    yield allow(DEPLOYER, "iam:PassRole", CDK_ROLE, passed)
    for role in (*BOUNDED, BREAK_GLASS_ROLE, EXECUTION_ROLE, f"{ROLES}other"):
        yield deny(DEPLOYER, "iam:PassRole", role, passed)


def decide_for_tables() -> Iterator[Decision]:
    """The stacks' tables and workgroups are changed, and nothing is queried."""
    workgroup = f"{ATHENA}workgroup/zero-trust-test"
    for name in ("CreateWorkGroup", "DeleteWorkGroup", "GetWorkGroup", "UpdateWorkGroup"):
        yield allow(DEPLOYER, f"athena:{name}", workgroup)
        for other in ("primary", "other"):
            yield deny(DEPLOYER, f"athena:{name}", f"{ATHENA}workgroup/{other}")
    for name in ("StartQueryExecution", "GetQueryResults"):
        yield deny(DEPLOYER, f"athena:{name}", workgroup)
    for name in ("CreateTable", "DeleteTable", "GetTable", "UpdateTable"):
        for place in ("catalog", "database/zero_trust_test", "table/zero_trust_test/customers"):
            yield allow(DEPLOYER, f"glue:{name}", f"{GLUE}{place}")
        for place in ("database/other", "table/other/customers"):
            yield deny(DEPLOYER, f"glue:{name}", f"{GLUE}{place}")
    yield deny(DEPLOYER, "glue:PutDataCatalogEncryptionSettings", f"{GLUE}catalog")
    yield deny(DEPLOYER, "glue:GetPartitions", f"{GLUE}table/zero_trust_test/customers")


def decide_for_the_rest() -> Iterator[Decision]:
    """Everything else in the statements."""
    yield allow(DEPLOYER, "ssm:GetParameters", VERSION)
    yield deny(DEPLOYER, "ssm:PutParameter", VERSION)
    other = f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/other"
    yield deny(DEPLOYER, "ssm:GetParameters", other)


DECISIONS = tabulate(
    chain(
        decide_for_roles(),
        decide_for_keys(),
        decide_for_data(),
        decide_for_functions(),
        decide_for_network(),
        decide_for_state_machines(),
        decide_for_changes(),
        decide_for_trails(),
        decide_for_tables(),
        decide_for_the_rest(),
    )
)
