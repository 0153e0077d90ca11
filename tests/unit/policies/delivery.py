"""The policies of the roles that the workflows assume, and the decisions that AWS must reach.

The claims of GitHub's tokens, and their forms:
https://docs.github.com/en/actions/reference/security/oidc
Those that a trust policy can check:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

from tests.unit.policies.decision import Decision, allow, deny, person, tabulate
from tests.unit.policies.decisions import (
    BREAK_GLASS_ROLE,
    BUCKET,
    DATA_KEY,
    FUNCTION_ARN,
    FUNCTION_GROUP,
    INCOMING,
    MANIFEST,
    OTHER_ACCOUNT,
    OTHER_BUCKET,
    PROCESSED,
    PSEUDONYM_KEY,
    QUARANTINE,
    ROLE,
    THROUGH_LAMBDA,
    VIA,
)
from tests.unit.policies.erasure import ERASER_ARN, ERASER_GROUP, ERASER_ROLE, ERASURES
from tests.unit.policies.policies import REGION, Context, Principal
from tests.unit.synthesis import ACCOUNT, ROOT, Resource

DIRECTORY = ROOT / "docs" / "delivery"
REPOSITORY = "repo:acme@1001/pipeline@2002"
"""How a token names the repository: also by ids, which are never reused."""

ISSUER = "token.actions.githubusercontent.com"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"
ASSUME = "sts:AssumeRoleWithWebIdentity"
"""The only action whose requests have the claims, as AWS publishes."""
MAIN = "refs/heads/main"
PULL = "refs/pull/7/merge"


def read(name: str, environment: str = "dev", suffix: str = "test") -> Resource:
    """A policy, filled in as ``docs/delivery.md`` says."""
    text = (DIRECTORY / f"{name}.json").read_text(encoding="utf-8")
    for place, value in (
        ("ACCOUNT", ACCOUNT),
        ("REGION", REGION),
        ("REPOSITORY", REPOSITORY),
        ("ENVIRONMENT", environment),
        ("SUFFIX", suffix),
    ):
        text = text.replace(place, value)
    document: Resource = json.loads(text)
    return document


# Who may assume a role.
@dataclass(frozen=True)
class Token:
    """A request for a role's credentials, and what GitHub says about the workflow.

    Attributes:
        claims: the token's claims.
        issuer: the ARN of its provider.
        what: what is wrong, for the name of the test.
    """

    claims: Context
    issuer: str = PROVIDER
    what: str = "the right one"

    def but(self, what: str, **claims: str) -> "Token":
        """The same with other claims."""
        return replace(self, what=what, claims={**self.claims, **claims})

    def without(self, claim: str) -> "Token":
        """The same without a claim."""
        rest = {name: value for name, value in self.claims.items() if name != claim}
        return replace(self, what=f"no {claim}", claims=rest)


def make_token(environment: str, ref: str = MAIN) -> Token:
    """The token of a job of an environment."""
    return Token(
        {
            "aud": "sts.amazonaws.com",
            "sub": f"{REPOSITORY}:environment:{environment}",
            "ref": ref,
        }
    )


@dataclass(frozen=True)
class Assumption:
    """A line of the table of who may assume a role.

    Attributes:
        allowed: what AWS must decide.
        trust, environment: the role's trust policy, and its environment.
        token: the caller's token.
        action: the action requested.
    """

    allowed: bool
    trust: str
    environment: str
    token: Token = field(default_factory=lambda: make_token("dev"))
    action: str = ASSUME

    def __str__(self) -> str:
        """The name of the test."""
        verb = "may" if self.allowed else "may not"
        action = self.action.partition(":")[2]
        return f"{self.token.what} {verb} {action} of {self.environment} by {self.trust}"

    def simulate(self, document: Resource) -> dict[str, Any]:
        """The line in the engine's form."""
        role = f"arn:aws:iam::{ACCOUNT}:role/zero-trust-deploy-{self.environment}"
        claims = {f"{ISSUER}:{name}": value for name, value in self.token.claims.items()}
        return {
            "request": {
                "principal": self.token.issuer,
                "action": self.action,
                "resource": {"resource": role, "accountId": ACCOUNT},
                "contextVariables": claims if self.action == ASSUME else {},
            },
            "serviceControlPolicies": [],
            "resourceControlPolicies": [],
            "identityPolicies": [],
            "resourcePolicy": document,
        }


def list_strangers(token: Token, environment: str) -> Iterator[Token]:
    """Tokens of other repositories, environments and audiences."""
    end = f":environment:{environment}"
    yield token.but("another owner's repository", sub=f"repo:eve@1003/pipeline@2003{end}")
    yield token.but("a fork", sub=f"repo:eve@1003/pipeline-1@2004{end}")
    yield token.but("one made again under the name", sub=f"repo:acme@1001/pipeline@2005{end}")
    yield token.but("an owner of that name", sub=f"repo:acme@1004/pipeline@2002{end}")
    yield token.but("names without numbers", sub=f"repo:acme/pipeline{end}")
    yield token.but("a longer number", sub=f"{REPOSITORY}0{end}")
    yield token.but("a longer environment", sub=f"{REPOSITORY}{end}-2")
    yield token.but("an environment in capitals", sub=f"{REPOSITORY}{end.upper()}")
    yield token.but("no environment, on main", sub=f"{REPOSITORY}:ref:{MAIN}")
    yield token.but("no environment, of a pull request", sub=f"{REPOSITORY}:pull_request")
    yield token.but("any environment", sub=f"{REPOSITORY}:environment:*")
    yield token.but("GitHub's own audience", aud="https://github.com/acme")
    yield token.but("the audience of an attestation", aud="sigstore")
    yield token.but("another partition's audience", aud="sts.amazonaws.com.cn")
    for claim in token.claims:
        yield token.without(claim)
    yield Token(token.claims, f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}.eve.com", "a forger")
    yield Token(
        token.claims, PROVIDER.replace(ACCOUNT, OTHER_ACCOUNT), "another account's provider"
    )


REFS = [
    "refs/heads/feature",
    "refs/heads/main-2",
    "refs/heads/eve/main",
    "refs/heads/refs/pull/7/merge",
    "refs/tags/main",
    "refs/tags/v1",
    "refs/pull/7/head",
    "main",
]


def decide_who_assumes() -> Iterator[Assumption]:
    """Only a job of the role's own environment, on its branches."""
    for name, environments, refs in (
        ("trust", ("dev", "staging", "prod"), [MAIN]),
        ("trust-pull-request", ("pull-request", "diff"), [MAIN, PULL]),
    ):
        for environment in environments:
            token = make_token(environment)
            for ref in refs:
                yield Assumption(True, name, environment, token.but(f"{ref}", ref=ref))
            strangers = list_strangers(token, environment)
            others = (
                make_token(other).but(f"the environment {other}")
                for other in ("dev", "staging", "prod", "pull-request", "diff")
                if other != environment
            )
            branches = (token.but(ref, ref=ref) for ref in [*REFS, MAIN, PULL] if ref not in refs)
            for one in chain(strangers, others, branches):
                yield Assumption(False, name, environment, one)
            for action in ("sts:TagSession", "sts:SetSourceIdentity"):
                yield Assumption(False, name, environment, token, action)
            for who in (f"arn:aws:iam::{ACCOUNT}:role/Admin", f"arn:aws:iam::{ACCOUNT}:root"):
                somebody = Token({}, who, who.rpartition(":")[2])
                yield Assumption(False, name, environment, somebody, "sts:AssumeRole")


ASSUMPTIONS = {str(line): line for line in decide_who_assumes()}

# What a role may do.
ROLES = f"arn:aws:iam::{ACCOUNT}:role/"
POLICIES = ("deploy-policy", "diff-policy", "smoke-policy", "test-policy")
DEPLOY, DIFF, SMOKE, TEST = (person(policy, policy) for policy in POLICIES)


def bootstrap_role(name: str, qualifier: str = "hnb659fds", region: str = REGION) -> str:
    """A role of CDK's bootstrap."""
    return f"{ROLES}cdk-{qualifier}-{name}-role-{ACCOUNT}-{region}"


ELSEWHERE = [
    bootstrap_role("cfn-exec"),
    bootstrap_role("image-publishing"),
    bootstrap_role("deploy", qualifier="other"),
    bootstrap_role("deploy", region="eu-west-1"),
    bootstrap_role("lookup", qualifier="other"),
    bootstrap_role("lookup", region="eu-west-1"),
    bootstrap_role("deploy").replace(ACCOUNT, OTHER_ACCOUNT),
    bootstrap_role("file-publishing") + "-2",
    bootstrap_role("lookup") + "-2",
    f"{ROLES}Admin",
    f"{ROLES}zero-trust-test-prod",
    BREAK_GLASS_ROLE,
    ROLE,
]
STACK = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/TapStack-test/1"
READER = f"{ROLES}zero-trust-reader-test-0123456789ab-0"
OTHERS_READER = f"{ROLES}zero-trust-reader-prod-0123456789ab-0"
OWN_POLICY = f"arn:aws:iam::{ACCOUNT}:policy/TapStack-test-PeopleConsumer1A2B-3C4D"
OWN_QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:TapStack-test-IntakeQueue"
OTHERS_QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:TapStack-prod-IntakeQueue"
OTHERS_BUCKET = BUCKET.replace("-test-", "-prod-")
OTHERS_ROLE = ROLE.replace("-test-", "-prod-")
ALIAS = "kms:ResourceAliases"
KEYS = {DATA_KEY: "s3", PSEUDONYM_KEY: "pseudonym"}
LOOKING_AT_A_BUCKET = [
    "s3:GetBucketOwnershipControls",
    "s3:GetBucketPolicy",
    "s3:GetBucketPublicAccessBlock",
    "s3:GetBucketVersioning",
    "s3:GetEncryptionConfiguration",
    "s3:GetLifecycleConfiguration",
]
DOING = {
    "cloudformation:CreateChangeSet": STACK,
    "cloudformation:DeleteStack": STACK,
    "iam:CreateRole": f"{ROLES}eve",
    "iam:PassRole": bootstrap_role("cfn-exec"),
    "iam:UpdateAssumeRolePolicy": ROLE,
    "kms:ScheduleKeyDeletion": DATA_KEY,
    "lambda:InvokeFunction": FUNCTION_ARN,
    "lambda:UpdateFunctionCode": FUNCTION_ARN,
    "s3:GetObject": INCOMING,
    "s3:PutBucketVersioning": BUCKET,
}
"""What none of the roles may do directly."""


def decide_for_deploying() -> Iterator[Decision]:
    """The bootstrap roles deploy; the workflow's role can only assume one."""
    own = [bootstrap_role(name) for name in ("deploy", "file-publishing", "lookup")]
    for role in own:
        yield allow(DEPLOY, "sts:AssumeRole", role)
        yield deny(DEPLOY, "sts:TagSession", role)
        yield deny(DEPLOY, "iam:GetRole", role)
    yield allow(DIFF, "sts:AssumeRole", own[-1])
    yield deny(DIFF, "sts:TagSession", own[-1])
    for role in own[:-1]:
        yield deny(DIFF, "sts:AssumeRole", role)
    for who in (DEPLOY, DIFF, SMOKE, TEST):
        for role in ELSEWHERE:
            yield deny(who, "sts:AssumeRole", role)
        for action, resource in DOING.items():
            yield deny(who, action, resource)
    for who in (SMOKE, TEST):
        for role in own:
            yield deny(who, "sts:AssumeRole", role)


def decide_for_looking(who: Principal) -> Iterator[Decision]:
    """The tests read the resources of their own stack, and lists of the account."""
    for action in (
        "cloudwatch:DescribeAlarmsForMetric",
        "ec2:DescribeFlowLogs",
        "ec2:DescribeInternetGateways",
        "ec2:DescribeManagedPrefixLists",
        "ec2:DescribeRouteTables",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeVpcEndpoints",
        "lambda:ListEventSourceMappings",
        "logs:DescribeLogGroups",
    ):
        yield allow(who, action, "*")
    for action in (
        "cloudwatch:DescribeInsightRules",
        "ec2:DescribeInstances",
        "lambda:CreateEventSourceMapping",
        "logs:DescribeResourcePolicies",
    ):
        yield deny(who, action, "*")
    for action, resource in (
        ("cloudformation:DescribeStacks", STACK),
        *(
            (f"iam:{action}", role)
            for action in ("GetRole", "ListAttachedRolePolicies", "ListRolePolicies")
            for role in (ROLE, ERASER_ROLE)
        ),
        *(("lambda:GetFunctionConfiguration", one) for one in (FUNCTION_ARN, ERASER_ARN)),
    ):
        yield allow(who, action, resource)
        yield deny(who, action, resource.replace("test", "prod"))
    for action in ("GetTemplate", "UpdateStack"):
        yield deny(who, f"cloudformation:{action}", STACK)
    for function, group, role in (
        (FUNCTION_ARN, FUNCTION_GROUP, ROLE),
        (ERASER_ARN, ERASER_GROUP, ERASER_ROLE),
    ):
        yield from (
            deny(who, f"lambda:{action}", function)
            for action in ("GetFunction", "InvokeFunction", "UpdateFunctionCode")
        )
        yield deny(who, "logs:PutLogEvents", f"{group}:log-stream:1")
        yield deny(who, "logs:DeleteLogGroup", f"{group}:")
        yield deny(who, "iam:DeleteRole", role)
    for key, name in KEYS.items():
        own, other = ({ALIAS: f"alias/zero-trust/{of}/{name}"} for of in ("test", "prod"))
        for action in ("DescribeKey", "GetKeyPolicy", "GetKeyRotationStatus"):
            yield allow(who, f"kms:{action}", key, own)
            yield deny(who, f"kms:{action}", key, other)
            yield deny(who, f"kms:{action}", key)
            yield deny(who, f"kms:{action}", key.replace(REGION, "eu-west-1"), own)
        for action in ("CreateGrant", "DisableKey", "GenerateMac", "PutKeyPolicy"):
            yield deny(who, f"kms:{action}", key, own)
    for action in LOOKING_AT_A_BUCKET:
        yield allow(who, action, BUCKET)
        for bucket in (OTHERS_BUCKET, OTHER_BUCKET):
            yield deny(who, action, bucket)
    yield allow(who, "sqs:GetQueueAttributes", OWN_QUEUE)
    yield deny(who, "sqs:GetQueueAttributes", OTHERS_QUEUE)


def decide_for_smoke() -> Iterator[Decision]:
    """Where there are real data, the tests change nothing, and see neither data nor log lines."""
    own = {ALIAS: "alias/zero-trust/test/s3", VIA: f"s3.{REGION}.amazonaws.com"}
    for action in ("Decrypt", "GenerateDataKey"):
        yield deny(SMOKE, f"kms:{action}", DATA_KEY, own)
    for action in ("ListBucket", "ListBucketVersions", "PutBucketPolicy"):
        yield deny(SMOKE, f"s3:{action}", BUCKET)
    for key in (INCOMING, PROCESSED, QUARANTINE, MANIFEST):
        for action in ("DeleteObject", "DeleteObjectVersion", "GetObjectVersion", "PutObject"):
            yield deny(SMOKE, f"s3:{action}", key)
    for action in ("PurgeQueue", "ReceiveMessage", "SendMessage", "SetQueueAttributes"):
        yield deny(SMOKE, f"sqs:{action}", OWN_QUEUE)
    for role in (ROLE, READER):
        for action in ("AttachRolePolicy", "CreateRole", "PutRolePolicy"):
            yield deny(SMOKE, f"iam:{action}", role)
    yield deny(SMOKE, "sts:AssumeRole", READER)
    for group in (FUNCTION_GROUP, ERASER_GROUP):
        yield deny(SMOKE, "logs:FilterLogEvents", f"{group}:log-stream:")


def decide_for_log_lines() -> Iterator[Decision]:
    """The tests read what the functions of their own stack logged."""
    for group in (FUNCTION_GROUP, ERASER_GROUP):
        lines = f"{group}:log-stream:"
        yield allow(TEST, "logs:FilterLogEvents", lines)
        yield deny(TEST, "logs:FilterLogEvents", lines.replace("test", "prod"))


def decide_for_keys() -> Iterator[Decision]:
    """The tests use the key that encrypts files, and no other."""
    for key, name in KEYS.items():
        own, other = ({ALIAS: f"alias/zero-trust/{of}/{name}"} for of in ("test", "prod"))
        for action in ("Decrypt", "GenerateDataKey"):
            decide = allow if name == "s3" else deny
            for service in ("s3", "sqs"):
                through = {VIA: f"{service}.{REGION}.amazonaws.com"}
                elsewhere = key.replace(REGION, "eu-west-1")
                yield decide(TEST, f"kms:{action}", key, {**own, **through})
                yield deny(TEST, f"kms:{action}", key, {**other, **through})
                yield deny(TEST, f"kms:{action}", elsewhere, {**own, **through})
                for other_action in ("CreateGrant", "Encrypt"):
                    yield deny(TEST, f"kms:{other_action}", key, {**own, **through})
            yield deny(TEST, f"kms:{action}", key, {**own, **THROUGH_LAMBDA})
            yield deny(TEST, f"kms:{action}", key, own)


def decide_for_data() -> Iterator[Decision]:
    """The tests write files, and remove all versions of them and their outputs; readers read."""
    for action in (
        "ListBucket",
        "ListBucketMultipartUploads",
        "ListBucketVersions",
        "PutBucketPolicy",
    ):
        yield allow(TEST, f"s3:{action}", BUCKET)
        for bucket in (OTHERS_BUCKET, OTHER_BUCKET):
            yield deny(TEST, f"s3:{action}", bucket)
    for action in ("DeleteBucket", "DeleteBucketPolicy", "PutLifecycleConfiguration"):
        yield deny(TEST, f"s3:{action}", BUCKET)
    for action in (
        "AbortMultipartUpload",
        "DeleteObject",
        "DeleteObjectVersion",
        "PutObject",
        "PutObjectTagging",
    ):
        yield allow(TEST, f"s3:{action}", MANIFEST)
        yield deny(TEST, f"s3:{action}", MANIFEST.replace(BUCKET, OTHERS_BUCKET))
        yield deny(TEST, f"s3:{action}", f"{OTHER_BUCKET}/a")
    for key in (INCOMING, PROCESSED, QUARANTINE, MANIFEST):
        for action in ("GetObject", "GetObjectVersion", "PutObjectRetention"):
            yield deny(TEST, f"s3:{action}", key)
    for action in ("SendMessage", "SetQueueAttributes"):
        yield allow(TEST, f"sqs:{action}", OWN_QUEUE)
        yield deny(TEST, f"sqs:{action}", OTHERS_QUEUE)
    # Moving messages back needs these on the queue that they come from.
    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
    for action in ("DeleteMessage", "ReceiveMessage", "StartMessageMoveTask"):
        yield allow(TEST, f"sqs:{action}", f"{OWN_QUEUE}DeadLetterQueue")
        yield deny(TEST, f"sqs:{action}", OTHERS_QUEUE)
    for action in ("AddPermission", "DeleteQueue", "PurgeQueue"):
        yield deny(TEST, f"sqs:{action}", OWN_QUEUE)


def decide_for_roles() -> Iterator[Decision]:
    """The tests create readers of their own stack's data, and deny its function some actions."""
    for action in ("iam:PutRolePolicy", "iam:DeleteRolePolicy"):
        yield allow(TEST, action, ROLE)
        for role in (OTHERS_ROLE, BREAK_GLASS_ROLE, ERASER_ROLE, READER, f"{ROLES}Admin"):
            yield deny(TEST, action, role)
    yield deny(TEST, "iam:DeleteRolePermissionsBoundary", ROLE)
    for action in ("iam:CreateRole", "iam:DeleteRole", "iam:TagRole", "sts:AssumeRole"):
        yield allow(TEST, action, READER)
        for role in (f"{ROLES}zero-trust-deploy-prod", OTHERS_READER):
            yield deny(TEST, action, role)
    for action in ("iam:AttachRolePolicy", "iam:DetachRolePolicy"):
        yield allow(TEST, action, READER, {"iam:PolicyARN": OWN_POLICY})
        for policy in (
            OWN_POLICY.replace("-test-", "-prod-"),
            "arn:aws:iam::aws:policy/AdministratorAccess",
        ):
            yield deny(TEST, action, READER, {"iam:PolicyARN": policy})
        yield deny(TEST, action, READER)
        for role in (ROLE, OTHERS_READER):
            yield deny(TEST, action, role, {"iam:PolicyARN": OWN_POLICY})
    for who in (SMOKE, TEST):  # erasing is up to people
        yield deny(who, "states:StartExecution", ERASURES)
    yield deny(TEST, "sts:TagSession", READER)
    yield deny(TEST, "iam:UpdateAssumeRolePolicy", READER)
    yield deny(TEST, "iam:PassRole", READER, {"iam:PassedToService": "lambda.amazonaws.com"})
    yield deny(TEST, "iam:CreatePolicyVersion", OWN_POLICY)


DECISIONS = tabulate(
    chain(
        decide_for_deploying(),
        decide_for_looking(SMOKE),
        decide_for_looking(TEST),
        decide_for_smoke(),
        decide_for_log_lines(),
        decide_for_keys(),
        decide_for_data(),
        decide_for_roles(),
    )
)


def policy_of(who: Principal) -> str:
    """The name of a role's policy."""
    (name,) = who.policies
    return name
