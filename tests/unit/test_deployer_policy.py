"""The deployer's policy: enough for every resource of the template, and no wider than it says."""

import json
from fnmatch import fnmatchcase

import pytest

from tests.unit.synthesis import ROOT, Synthesized, as_list, synthesize

POLICY = json.loads((ROOT / "docs" / "deployer-policy.json").read_text(encoding="utf-8"))
MANAGED_POLICY_QUOTA = 6_144

# What CloudFormation calls to create and to delete a resource of each type:
# https://docs.aws.amazon.com/service-authorization/latest/reference/
ACTIONS = {
    "AWS::CloudWatch::Alarm": ("cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms"),
    "AWS::EC2::FlowLog": ("ec2:CreateFlowLogs", "ec2:DeleteFlowLogs"),
    "AWS::EC2::RouteTable": ("ec2:CreateRouteTable", "ec2:DeleteRouteTable"),
    "AWS::EC2::SecurityGroup": ("ec2:CreateSecurityGroup", "ec2:DeleteSecurityGroup"),
    "AWS::EC2::SecurityGroupEgress": (
        "ec2:AuthorizeSecurityGroupEgress",
        "ec2:RevokeSecurityGroupEgress",
    ),
    "AWS::EC2::SecurityGroupIngress": (
        "ec2:AuthorizeSecurityGroupIngress",
        "ec2:RevokeSecurityGroupIngress",
    ),
    "AWS::EC2::Subnet": ("ec2:CreateSubnet", "ec2:DeleteSubnet"),
    "AWS::EC2::SubnetRouteTableAssociation": (
        "ec2:AssociateRouteTable",
        "ec2:DisassociateRouteTable",
    ),
    "AWS::EC2::VPC": ("ec2:CreateVpc", "ec2:DeleteVpc"),
    "AWS::EC2::VPCEndpoint": ("ec2:CreateVpcEndpoint", "ec2:DeleteVpcEndpoints"),
    "AWS::IAM::ManagedPolicy": ("iam:CreatePolicy", "iam:DeletePolicy"),
    "AWS::IAM::Role": ("iam:CreateRole", "iam:DeleteRole", "iam:PassRole"),
    "AWS::KMS::Alias": ("kms:CreateAlias", "kms:DeleteAlias"),
    "AWS::KMS::Key": ("kms:CreateKey", "kms:ScheduleKeyDeletion"),
    "AWS::Lambda::EventSourceMapping": (
        "lambda:CreateEventSourceMapping",
        "lambda:DeleteEventSourceMapping",
    ),
    "AWS::Lambda::Function": ("lambda:CreateFunction", "lambda:DeleteFunction", "kms:CreateGrant"),
    "AWS::Logs::LogGroup": ("logs:CreateLogGroup", "logs:DeleteLogGroup", "logs:AssociateKmsKey"),
    "AWS::Route53Resolver::FirewallDomainList": (
        "route53resolver:CreateFirewallDomainList",
        "route53resolver:DeleteFirewallDomainList",
    ),
    "AWS::Route53Resolver::FirewallRuleGroup": (
        "route53resolver:CreateFirewallRuleGroup",
        "route53resolver:DeleteFirewallRuleGroup",
    ),
    "AWS::Route53Resolver::FirewallRuleGroupAssociation": (
        "route53resolver:AssociateFirewallRuleGroup",
        "route53resolver:DisassociateFirewallRuleGroup",
    ),
    "AWS::S3::Bucket": ("s3:CreateBucket", "s3:DeleteBucket", "s3:PutBucketNotification"),
    "AWS::S3::BucketPolicy": ("s3:PutBucketPolicy", "s3:DeleteBucketPolicy"),
    "AWS::SQS::Queue": ("sqs:CreateQueue", "sqs:DeleteQueue"),
    "AWS::SQS::QueuePolicy": ("sqs:SetQueueAttributes",),
    "Custom": ("lambda:InvokeFunction",),
}


def allowed(action: str) -> bool:
    """Whether some statement names the action."""
    patterns = [pattern for item in POLICY["Statement"] for pattern in as_list(item["Action"])]
    return any(fnmatchcase(action, pattern) for pattern in patterns)


@pytest.mark.parametrize("settings", ["{}", '{"retainData": true, "objectLockDays": 30}'])
def test_it_creates_and_deletes_every_resource(settings: str) -> None:
    stack = Synthesized(synthesize(settings=settings))
    types = {resource["Type"] for resource in stack.resources.values()} - {"AWS::CDK::Metadata"}
    for name in types:
        actions = ACTIONS["Custom" if name.startswith("Custom::") else name]
        assert not [action for action in actions if not allowed(action)], name


def test_it_reaches_no_object_and_uses_no_key() -> None:
    for action in (
        "s3:GetObjectVersion",
        "s3:PutObject",
        "s3:DeleteObject",
        "kms:GenerateMac",
        "kms:GenerateDataKey",
        "sqs:ReceiveMessage",
        "sqs:SendMessage",
        "logs:GetLogEvents",
        "iam:CreateUser",
        "iam:CreateAccessKey",
        "sts:AssumeRole",
    ):
        assert not allowed(action), action
    for item in POLICY["Statement"]:
        if "s3:GetObject" in item["Action"]:
            assert item["Resource"] == "arn:aws:s3:::cdk-*-assets-*/*"
        if "kms:Decrypt" in item["Action"]:
            assert item["Condition"] == {"StringLike": {"kms:ViaService": "lambda.*"}}


def test_it_fits_a_managed_policy() -> None:
    assert len(json.dumps(POLICY, separators=(",", ":"))) <= MANAGED_POLICY_QUOTA
