"""The permissions that CloudFormation's handlers list for each type of resource.

They are in the schemas of the types, which cfn-lint ships.
https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html
"""

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from tests.unit.policies.policies import REGION
from tests.unit.synthesis import Resource

HANDLERS = ("create", "read", "update", "delete")  # an import reads; list is for other tools
TAGGING = "tagging"

# Permissions that no schema lists.
BESIDES = {
    # CloudFormation invokes the function of a custom resource with its own role.
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/crpg-ref-requesttypes.html
    "Custom": "lambda:InvokeFunction",
    # A private DNS name is one of AWS's hosted zones, associated with the VPC.
    # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
    "AWS::EC2::VPCEndpoint": "route53:AssociateVPCWithHostedZone",
}


class Permission(NamedTuple):
    """A permission that a handler lists.

    Attributes:
        type: the resource's type.
        handler: one of ``HANDLERS``, or ``TAGGING`` for what keeps the tags current.
        action: the IAM action.
    """

    type: str
    handler: str
    action: str


class Unneeded(NamedTuple):
    """Permissions that handlers list and that this template does not need.

    Attributes:
        type: the resource's type.
        actions: what is not needed.
        reason: why not.
        unless: the property whose resources do need them; empty for none.
        handler: the one that does not need them; empty for all.
    """

    type: str
    actions: tuple[str, ...]
    reason: str
    unless: str = ""
    handler: str = ""

    def covers(self, permission: Permission) -> bool:
        """Whether it covers a permission."""
        return (
            permission.type == self.type
            and permission.action in self.actions
            and self.handler in ("", permission.handler)
        )


FLOW_LOG, ENDPOINT = "AWS::EC2::FlowLog", "AWS::EC2::VPCEndpoint"
MAPPING, FUNCTION = "AWS::Lambda::EventSourceMapping", "AWS::Lambda::Function"
TOPIC = "AWS::SNS::Topic"
LOG_GROUP, BUCKET = "AWS::Logs::LogGroup", "AWS::S3::Bucket"
POLICY = "AWS::IAM::ManagedPolicy"
TRAIL = "AWS::CloudTrail::Trail"
DATABASE, TABLE = "AWS::Glue::Database", "AWS::Glue::Table"
WORKGROUP = "AWS::Athena::WorkGroup"
MACHINE = "AWS::StepFunctions::StateMachine"
NO_ACTION = "IAM knows no such action; the schema names a call, or takes ahead."
UNSET = "The template leaves the property unset."

LAKE_FORMATION = (
    "lakeformation:DescribeLakeFormationIdentityCenterConfiguration",
    "lakeformation:DescribeResource",
    "lakeformation:ListResources",
)
UNREGISTERED = (
    "For data that are registered with Lake Formation: "
    "https://docs.aws.amazon.com/lake-formation/latest/dg/how-it-works.html"
)

UNNEEDED = (
    Unneeded(DATABASE, LAKE_FORMATION, UNREGISTERED),
    Unneeded(TABLE, (*LAKE_FORMATION, "lakeformation:GetDataAccess"), UNREGISTERED),
    Unneeded(TABLE, ("lakeformation:CreateTable",), NO_ACTION),
    Unneeded(
        DATABASE,
        (
            "glue:CreateConnection",
            "glue:DeleteConnection",
            "glue:GetConnection",
            "glue:PassConnection",
            "glue:UpdateConnection",
        ),
        UNSET,
        unless="DatabaseInput.FederatedDatabase",
    ),
    Unneeded(
        TABLE,
        ("glue:GetSchemaVersion",),
        UNSET,
        unless="TableInput.StorageDescriptor.SchemaReference",
    ),
    Unneeded(
        TABLE,
        ("glue:PassConnection", "iam:PassRole", "s3:GetObject", "s3:PutObject"),
        UNSET,
        unless="OpenTableFormatInput",
    ),
    Unneeded(
        WORKGROUP,
        ("iam:CreateServiceLinkedRole", "iam:PassRole"),
        UNSET,
        unless="WorkGroupConfiguration.ExecutionRole",
    ),
    Unneeded(
        WORKGROUP,
        (
            "kms:Decrypt",
            "kms:GenerateDataKey",
            "s3:AbortMultipartUpload",
            "s3:GetBucketLocation",
            "s3:GetObject",
            "s3:ListBucket",
            "s3:ListBucketMultipartUploads",
            "s3:ListMultipartUploadParts",
            "s3:PutObject",
        ),
        "Queries write results, and a deployment makes none: "
        "https://docs.aws.amazon.com/athena/latest/ug/querying.html",
    ),
    Unneeded(
        FLOW_LOG,
        ("autoscaling:DescribeTags", "ec2:DescribeTags", "iam:CreateServiceLinkedRole"),
        "Adds tags to the records: "
        "https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-managed-policy.html",
        unless="TagFieldSpecifications",
    ),
    Unneeded(
        FLOW_LOG,
        ("s3:GetBucketPolicy", "s3:PutBucketPolicy"),
        "The logs go to CloudWatch Logs.",
        unless="LogDestination",
    ),
    Unneeded(
        "AWS::EC2::SecurityGroup",
        ("ec2:AuthorizeSecurityGroupIngress",),
        "Rules that let in are resources of their own.",
        unless="SecurityGroupIngress",
        handler="create",
    ),
    Unneeded(
        "AWS::EC2::Subnet",
        ("ec2:AssociateSubnetCidrBlock", "ec2:DisassociateSubnetCidrBlock"),
        UNSET,
        unless="Ipv6CidrBlock",
    ),
    Unneeded(
        "AWS::EC2::VPC", ("ec2:CreateVpcEncryptionControl",), UNSET, unless="VpcEncryptionControl"
    ),
    Unneeded(
        "AWS::EC2::VPC",
        ("ec2:ModifyVpcTenancy",),
        "It leads from dedicated tenancy to the default, which the VPC has from the start.",
    ),
    Unneeded(
        ENDPOINT, ("ec2:DeleteTags",), "A new endpoint has no tag to lose.", handler="create"
    ),
    Unneeded(
        ENDPOINT,
        ("vpc-lattice:CreateServiceNetworkVpcEndpointAssociation",),
        UNSET,
        unless="ServiceNetworkArn",
    ),
    Unneeded(ENDPOINT, ("vpc-lattice:DescribeServiceNetworkVpcEndpointAssociation",), NO_ACTION),
    Unneeded(ENDPOINT, ("vpce:AllowMultiRegion",), UNSET, unless="ServiceRegion"),
    Unneeded(POLICY, ("iam:AttachGroupPolicy", "iam:DetachGroupPolicy"), UNSET, unless="Groups"),
    Unneeded(POLICY, ("iam:AttachRolePolicy", "iam:DetachRolePolicy"), UNSET, unless="Roles"),
    Unneeded(POLICY, ("iam:AttachUserPolicy", "iam:DetachUserPolicy"), UNSET, unless="Users"),
    Unneeded(
        "AWS::IAM::Role", ("iam:DeleteRolePolicy", "iam:PutRolePolicy"), UNSET, unless="Policies"
    ),
    Unneeded(
        "AWS::IAM::Role", ("iam:PutRolePermissionsBoundary",), UNSET, unless="PermissionsBoundary"
    ),
    Unneeded(
        "AWS::IAM::Role",
        ("iam:DeleteRolePermissionsBoundary",),
        "The template never takes a boundary away, and the deployer must not be able to.",
    ),
    Unneeded("AWS::KMS::Key", ("kms:DisableKey",), UNSET, unless="Enabled", handler="create"),
    Unneeded(
        "AWS::KMS::Key",
        ("kms:PutKeyPolicy",),
        "CreateKey takes the policy along. https://github.com/aws-cloudformation/"
        "aws-cloudformation-resource-providers-kms/blob/main/key/src/main/java/software/amazon/kms"
        "/key/CreateHandler.java",
        handler="create",
    ),
    Unneeded(
        MAPPING,
        ("kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"),
        UNSET,
        unless="KmsKeyArn",
    ),
    Unneeded(
        FUNCTION,
        ("kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt"),
        UNSET,
        unless="KmsKeyArn",
    ),
    Unneeded(
        FUNCTION,
        ("kms:GenerateDataKey",),
        "Encrypts code: https://docs.aws.amazon.com/lambda/latest/dg/encrypt-zip-package.html",
        unless="Code.SourceKMSKeyArn",
    ),
    Unneeded(FUNCTION, ("s3:GetObjectVersion",), UNSET, unless="Code.S3ObjectVersion"),
    Unneeded(
        FUNCTION,
        ("elasticfilesystem:DescribeMountTargets", "s3files:ListMountTargets"),
        UNSET,
        unless="FileSystemConfigs",
    ),
    Unneeded(FUNCTION, ("lambda:AssociateRuntimeAlias",), NO_ACTION),
    Unneeded(
        FUNCTION,
        (
            "lambda:DeleteFunctionCodeSigningConfig",
            "lambda:GetCodeSigningConfig",
            "lambda:PutFunctionCodeSigningConfig",
        ),
        UNSET,
        unless="CodeSigningConfigArn",
    ),
    Unneeded(
        FUNCTION,
        ("lambda:DeleteFunctionConcurrency", "lambda:PutFunctionConcurrency"),
        UNSET,
        unless="ReservedConcurrentExecutions",
    ),
    Unneeded(FUNCTION, ("lambda:GetLayerVersion",), UNSET, unless="Layers"),
    Unneeded(FUNCTION, ("lambda:PassCapacityProvider",), UNSET, unless="CapacityProviderConfig"),
    Unneeded(FUNCTION, ("lambda:PublishVersion",), UNSET, unless="PublishToLatestPublished"),
    Unneeded(FUNCTION, ("lambda:PutFunctionRecursionConfig",), UNSET, unless="RecursiveLoop"),
    Unneeded(
        FUNCTION, ("lambda:PutFunctionScalingConfig",), UNSET, unless="FunctionScalingConfig"
    ),
    Unneeded(
        FUNCTION, ("lambda:PutRuntimeManagementConfig",), UNSET, unless="RuntimeManagementConfig"
    ),
    Unneeded(
        LOG_GROUP,
        ("logs:DeleteDataProtectionPolicy", "logs:PutDataProtectionPolicy"),
        UNSET,
        unless="DataProtectionPolicy",
    ),
    Unneeded(
        LOG_GROUP,
        ("logs:DeleteIndexPolicy", "logs:PutIndexPolicy"),
        UNSET,
        unless="FieldIndexPolicies",
    ),
    Unneeded(
        LOG_GROUP,
        ("logs:DeleteResourcePolicy", "logs:PutResourcePolicy"),
        UNSET,
        unless="ResourcePolicyDocument",
    ),
    Unneeded(
        LOG_GROUP,
        ("logs:PutBearerTokenAuthentication",),
        UNSET,
        unless="BearerTokenAuthenticationEnabled",
    ),
    Unneeded(
        LOG_GROUP,
        ("logs:PutLogGroupDeletionProtection",),
        UNSET,
        unless="DeletionProtectionEnabled",
    ),
    Unneeded(
        LOG_GROUP,
        ("firehose:TagDeliveryStream",),
        "For logs that are delivered to Firehose: a group of the class DELIVERY.",
        unless="LogGroupClass",
    ),
    Unneeded(LOG_GROUP, ("s3:REST.PUT.OBJECT",), NO_ACTION),
    Unneeded(
        "AWS::Route53Resolver::FirewallDomainList",
        ("route53resolver:ImportFirewallDomains",),
        UNSET,
        unless="DomainFileUrl",
    ),
    Unneeded(
        TRAIL,
        (
            "iam:CreateServiceLinkedRole",
            "organizations:DescribeOrganization",
            "organizations:ListAWSServiceAccessForOrganization",
        ),
        "For a trail of a whole organization: https://docs.aws.amazon.com/awscloudtrail/latest/"
        "userguide/using-service-linked-roles.html",
        unless="IsOrganizationTrail",
    ),
    Unneeded(
        TRAIL,
        ("cloudtrail:PutInsightSelectors",),
        UNSET,
        unless="InsightSelectors",
    ),
    Unneeded(
        TRAIL,
        ("cloudtrail:PutEventConfiguration",),
        UNSET,
        unless="AggregationConfigurations",
    ),
    Unneeded(TOPIC, ("iam:GetRole", "iam:PassRole"), UNSET, unless="DeliveryStatusLogging"),
    Unneeded(TOPIC, ("sns:PutDataProtectionPolicy",), UNSET, unless="DataProtectionPolicy"),
    Unneeded(
        TOPIC,
        ("sns:Subscribe", "sns:Unsubscribe"),
        "Subscriptions are resources of their own.",
        unless="Subscription",
    ),
    Unneeded(
        "AWS::SNS::Subscription",
        ("iam:GetRole", "iam:PassRole"),
        "For subscribers that need a role: Firehose.",
        unless="SubscriptionRoleArn",
    ),
    Unneeded(
        MACHINE,
        ("kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"),
        UNSET,
        unless="EncryptionConfiguration",
    ),
    Unneeded(
        MACHINE, ("s3:GetObject", "s3:GetObjectVersion"), UNSET, unless="DefinitionS3Location"
    ),
    Unneeded(BUCKET, ("s3:DeleteObject", "s3:PutObjectAcl"), "Objects are not of the template."),
    Unneeded(
        BUCKET,
        ("iam:PassRole", "s3:PutReplicationConfiguration"),
        UNSET,
        unless="ReplicationConfiguration",
    ),
    Unneeded(BUCKET, ("s3:PutAccelerateConfiguration",), UNSET, unless="AccelerateConfiguration"),
    Unneeded(BUCKET, ("s3:PutAnalyticsConfiguration",), UNSET, unless="AnalyticsConfigurations"),
    Unneeded(
        BUCKET,
        ("s3:PutIntelligentTieringConfiguration",),
        UNSET,
        unless="IntelligentTieringConfigurations",
    ),
    Unneeded(BUCKET, ("s3:PutInventoryConfiguration",), UNSET, unless="InventoryConfigurations"),
    Unneeded(BUCKET, ("s3:PutMetricsConfiguration",), UNSET, unless="MetricsConfigurations"),
    Unneeded(
        BUCKET,
        (
            "s3:CreateBucketMetadataTableConfiguration",
            "s3:UpdateBucketMetadataAnnotationTableConfiguration",
            "s3:UpdateBucketMetadataInventoryTableConfiguration",
            "s3:UpdateBucketMetadataJournalTableConfiguration",
            "s3tables:CreateNamespace",
            "s3tables:CreateTable",
            "s3tables:CreateTableBucket",
            "s3tables:GetTable",
            "s3tables:GetTableMetadataLocation",
            "s3tables:PutTableBucketPolicy",
            "s3tables:PutTableEncryption",
            "s3tables:PutTablePolicy",
            "s3tables:UpdateTableMetadataLocation",
        ),
        UNSET,
        unless="MetadataConfiguration",
    ),
    Unneeded(
        BUCKET,
        (
            "s3:DeleteBucketAnalyticsConfiguration",
            "s3:DeleteBucketCors",
            "s3:DeleteBucketEncryption",
            "s3:DeleteBucketLifecycle",
            "s3:DeleteBucketMetricsConfiguration",
            "s3:DeleteBucketReplication",
            "s3:DeleteBucketTagging",
            "s3:PutBucketReplication",
            "s3:PutObjectLockConfiguration",
        ),
        NO_ACTION,
    ),
)


@cache
def read_schema(resource_type: str) -> dict[str, Any]:
    """The schema of an AWS type; custom resources have none."""
    if not resource_type.startswith("AWS::") or resource_type == "AWS::CDK::Metadata":
        return {}
    return dict(PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, resource_type).schema)


def list_permissions(resource_type: str) -> Iterator[Permission]:
    """Every permission that is listed for a type, and those that no schema lists."""
    schema = read_schema(resource_type)
    for handler in HANDLERS:
        for action in schema.get("handlers", {}).get(handler, {}).get("permissions", ()):
            yield Permission(resource_type, handler, _as_published(action))
    for action in schema.get("tagging", {}).get("permissions", ()):
        yield Permission(resource_type, TAGGING, _as_published(action))
    if action := BESIDES.get(resource_type.partition("::")[0], BESIDES.get(resource_type)):
        yield Permission(resource_type, "create", action)


def _as_published(action: str) -> str:
    """An action as IAM writes it: some schemas begin the service with a capital letter."""
    service, _, name = action.partition(":")
    return f"{service.lower()}:{name}"


def is_needed(permission: Permission, properties: Resource) -> bool:
    """Whether a handler uses a permission for a resource with these properties."""
    return not any(
        one.covers(permission) and not (one.unless and _has(properties, one.unless))
        for one in UNNEEDED
    )


def _has(properties: Any, path: str) -> bool:
    name, _, rest = path.partition(".")
    return name in properties and (not rest or _has(properties[name], rest))
