"""The deployed resources match the template.

These tests only look, so that they can run where there are real data: what they need is
``docs/delivery/smoke-policy.json``.
"""

import json
from typing import TYPE_CHECKING, Any, cast

import pytest

from lib.settings import EnvironmentSettings
from tests.conftest import ROOT
from tests.patience import MAPPING, wait_for

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

Outputs = dict[str, str]


def key_arn(kms: "KMSClient", key_id: str) -> str:
    """The ARN of a key."""
    return kms.describe_key(KeyId=key_id)["KeyMetadata"]["Arn"]


def suffix_of(outputs: Outputs) -> str:
    """The environment suffix of the stack."""
    return outputs["LambdaFunctionName"].removeprefix("data-processor-")


def test_the_bucket_encrypts_with_the_data_key(
    s3: "S3Client", kms: "KMSClient", outputs: Outputs
) -> None:
    found = s3.get_bucket_encryption(Bucket=outputs["S3BucketName"])
    (rule,) = found["ServerSideEncryptionConfiguration"]["Rules"]
    default = rule["ApplyServerSideEncryptionByDefault"]
    assert default["SSEAlgorithm"] == "aws:kms"
    assert default["KMSMasterKeyID"] == key_arn(kms, outputs["S3KmsKeyId"])
    assert rule["BucketKeyEnabled"] is True


def test_the_bucket_keeps_versions_and_lets_no_public_in(s3: "S3Client", outputs: Outputs) -> None:
    bucket = outputs["S3BucketName"]
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    block = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert block == {
        "BlockPublicAcls": True,
        "IgnorePublicAcls": True,
        "BlockPublicPolicy": True,
        "RestrictPublicBuckets": True,
    }
    ownership = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]
    assert ownership == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}


def test_the_bucket_denies_what_is_not_tls_1_2(s3: "S3Client", outputs: Outputs) -> None:
    policy = json.loads(s3.get_bucket_policy(Bucket=outputs["S3BucketName"])["Policy"])
    denials = [
        json.dumps(item["Condition"], sort_keys=True)
        for item in policy["Statement"]
        if item["Effect"] == "Deny" and item.get("Action") == "s3:*" and item["Principal"] != {}
    ]
    assert '{"Bool": {"aws:SecureTransport": "false"}}' in denials
    assert any('"s3:TlsVersion"' in denial and "1.2" in denial for denial in denials)


def test_raw_data_and_old_versions_expire(s3: "S3Client", outputs: Outputs) -> None:
    found = s3.get_bucket_lifecycle_configuration(Bucket=outputs["S3BucketName"])
    rules = {rule["Filter"].get("Prefix", ""): rule for rule in found["Rules"]}
    old = {
        prefix: rule["NoncurrentVersionExpiration"]["NoncurrentDays"]
        for prefix, rule in rules.items()
        if "NoncurrentVersionExpiration" in rule
    }
    raw = {"incoming/": 1, "quarantine/": 1}
    erasures = {"erasure/requests/": 1, "erasure/suppressed/": 30, "erasure/receipts/": 30}
    results = {"processed/": 30, "manifests/": 30, "query-results/": 1}
    assert old == raw | results | (erasures if "EraserPolicyArn" in outputs else {})
    expiring = {prefix: rule.get("Expiration", {}).get("Days") for prefix, rule in rules.items()}
    assert expiring.pop("query-results/") == 7
    if "EraserPolicyArn" in outputs:
        assert expiring.pop("erasure/requests/") == 1
    assert {prefix for prefix, days in expiring.items() if days} == {"incoming/", "quarantine/"}
    assert expiring["incoming/"] == expiring["quarantine/"]


@pytest.mark.parametrize("output", ["S3KmsKeyId", "LogsKmsKeyId", "LambdaKmsKeyId"])
def test_encryption_keys_rotate_every_90_days(
    kms: "KMSClient", outputs: Outputs, output: str
) -> None:
    status = kms.get_key_rotation_status(KeyId=outputs[output])
    assert status["KeyRotationEnabled"] is True
    assert status["RotationPeriodInDays"] == 90


def test_the_pseudonym_key_makes_macs(kms: "KMSClient", outputs: Outputs) -> None:
    metadata = kms.describe_key(KeyId=outputs["PseudonymKeyId"])["KeyMetadata"]
    assert metadata["KeySpec"] == "HMAC_256"
    assert metadata["KeyUsage"] == "GENERATE_VERIFY_MAC"
    assert metadata["KeyManager"] == "CUSTOMER"


def test_each_key_has_its_alias(kms: "KMSClient", outputs: Outputs) -> None:
    prefix = f"alias/zero-trust/{suffix_of(outputs)}"
    for name, output in (
        ("s3", "S3KmsKeyId"),
        ("logs", "LogsKmsKeyId"),
        ("lambda", "LambdaKmsKeyId"),
        ("pseudonym", "PseudonymKeyId"),
    ):
        assert key_arn(kms, f"{prefix}/{name}") == key_arn(kms, outputs[output])


def test_the_logs_keys_policy_admits_this_environments_groups(
    kms: "KMSClient", outputs: Outputs
) -> None:
    policy = json.loads(kms.get_key_policy(KeyId=outputs["LogsKmsKeyId"])["Policy"])
    (allowed,) = (s for s in policy["Statement"] if s.get("Sid") == "AllowCloudWatchLogs")
    assert allowed["Principal"]["Service"].startswith("logs.")
    arns = allowed["Condition"]["ArnLike"]["kms:EncryptionContext:aws:logs:arn"]
    assert any(arn.endswith(f":log-group:{outputs['LogGroupName']}") for arn in arns)
    assert all(suffix_of(outputs) in arn and "*" not in arn for arn in arns)


def test_the_function_is_configured(
    awslambda: "LambdaClient", kms: "KMSClient", outputs: Outputs
) -> None:
    found = awslambda.get_function_configuration(FunctionName=outputs["LambdaFunctionName"])
    assert found["FunctionArn"] == outputs["LambdaFunctionArn"]
    assert found["Role"] == outputs["LambdaRoleArn"]
    assert found["Runtime"] == "python3.11"
    assert found["Handler"] == "index.handler"
    # Lambda makes a function that was idle for weeks inactive; the next invocation wakes it.
    # https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html
    assert found["State"] in ("Active", "Inactive")
    assert found["VpcConfig"]["VpcId"] == outputs["VpcId"]
    assert found["KMSKeyArn"] == key_arn(kms, outputs["LambdaKmsKeyId"])
    assert found["LoggingConfig"]["LogGroup"] == outputs["LogGroupName"]
    assert found["Environment"]["Variables"]["BUCKET_NAME"] == outputs["S3BucketName"]


def test_the_function_works_off_the_queue(
    awslambda: "LambdaClient", sqs: "SQSClient", outputs: Outputs
) -> None:
    def settled() -> Any:
        (found,) = awslambda.list_event_source_mappings(
            FunctionName=outputs["LambdaFunctionName"]
        )["EventSourceMappings"]
        return None if found["State"].endswith("ing") else found  # Creating, Enabling, Updating

    mapping = wait_for("mapping that is settled", settled, MAPPING)
    queue = sqs.get_queue_attributes(QueueUrl=outputs["QueueUrl"], AttributeNames=["All"])
    assert mapping["EventSourceArn"] == queue["Attributes"]["QueueArn"]
    assert mapping["State"] == "Enabled"
    assert mapping["BatchSize"] == 1
    context = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
    settings = EnvironmentSettings(**context["environments"].get(suffix_of(outputs), {}))
    assert mapping["ScalingConfig"]["MaximumConcurrency"] == settings.max_concurrency
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def check_role(iam: "IAMClient", name: str, account: str) -> None:
    """Check that a role has a boundary, and policies of the account alone."""
    found = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    attached = [policy["PolicyArn"] for policy in found]
    assert {arn.split(":")[4] for arn in attached} == {account}  # AWS's own say "aws"
    assert not iam.list_role_policies(RoleName=name)["PolicyNames"]
    boundary = iam.get_role(RoleName=name)["Role"]["PermissionsBoundary"]
    assert boundary["PermissionsBoundaryArn"] in attached


def test_the_role_has_its_boundary_and_no_policy_of_awss(
    iam: "IAMClient", outputs: Outputs
) -> None:
    arn = outputs["LambdaRoleArn"]
    check_role(iam, arn.rpartition("/")[2], arn.split(":")[4])


def check_log_group(logs: "CloudWatchLogsClient", name: str, key: str) -> None:
    """Check that a log group is encrypted by a key, and kept."""
    found = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    (group,) = (item for item in found if item["logGroupName"] == name)
    assert group["kmsKeyId"] == key
    assert group["retentionInDays"] >= 90


def test_the_log_group_is_encrypted_and_kept(
    logs: "CloudWatchLogsClient", kms: "KMSClient", outputs: Outputs
) -> None:
    check_log_group(logs, outputs["LogGroupName"], key_arn(kms, outputs["LogsKmsKeyId"]))


@pytest.fixture(name="eraser")
def find_eraser(outputs: Outputs) -> str:
    """The function that erases people."""
    if "EraserPolicyArn" not in outputs:
        pytest.skip("this stack erases nobody: no contract has tokens")
    return f"eraser-{suffix_of(outputs)}"


def test_the_eraser_has_the_code_and_the_place_of_the_processor(
    awslambda: "LambdaClient", outputs: Outputs, eraser: str
) -> None:
    found, processor = (
        cast(dict[str, Any], awslambda.get_function_configuration(FunctionName=name))
        for name in (eraser, outputs["LambdaFunctionName"])
    )
    for one in ("Runtime", "CodeSha256", "KMSKeyArn", "VpcConfig"):
        assert found[one] == processor[one]
    assert (found["Handler"], found["Timeout"]) == ("erasure.handler", 900)
    assert found["LoggingConfig"] == {
        **processor["LoggingConfig"],
        "LogGroup": f"/aws/lambda/{eraser}",
    }


def test_the_erasers_role_has_its_boundary_and_its_log_group_is_encrypted_and_kept(
    iam: "IAMClient",
    logs: "CloudWatchLogsClient",
    kms: "KMSClient",
    outputs: Outputs,
    eraser: str,
) -> None:
    role = f"{eraser}-{outputs['LambdaFunctionArn'].split(':')[3]}"
    check_role(iam, role, outputs["LambdaRoleArn"].split(":")[4])
    check_log_group(logs, f"/aws/lambda/{eraser}", key_arn(kms, outputs["LogsKmsKeyId"]))


def test_the_queues_are_encrypted_and_park_after_five(
    sqs: "SQSClient", kms: "KMSClient", outputs: Outputs
) -> None:
    queue, dead_letters = (
        sqs.get_queue_attributes(QueueUrl=outputs[name], AttributeNames=["All"])["Attributes"]
        for name in ("QueueUrl", "DeadLetterQueueUrl")
    )
    for attributes in (queue, dead_letters):
        assert key_arn(kms, attributes["KmsMasterKeyId"]) == key_arn(kms, outputs["S3KmsKeyId"])
    redrive = json.loads(queue["RedrivePolicy"])
    assert redrive["deadLetterTargetArn"] == dead_letters["QueueArn"]
    assert int(redrive["maxReceiveCount"]) == 5


def test_an_alarm_watches_the_dead_letter_queue(
    cloudwatch: "CloudWatchClient", outputs: Outputs
) -> None:
    name = outputs["DeadLetterQueueUrl"].rpartition("/")[2]
    alarms = cloudwatch.describe_alarms_for_metric(
        Namespace="AWS/SQS",
        MetricName="ApproximateNumberOfMessagesVisible",
        Dimensions=[{"Name": "QueueName", "Value": name}],
    )["MetricAlarms"]
    # The account may have other alarms on it.
    assert (0.0, "GreaterThanThreshold") in [
        (alarm["Threshold"], alarm["ComparisonOperator"]) for alarm in alarms
    ]


def endpoints(ec2: "EC2Client", outputs: Outputs) -> dict[str, Any]:
    """The VPC's endpoints by the last part of their service's name."""
    found = ec2.describe_vpc_endpoints(Filters=[{"Name": "vpc-id", "Values": [outputs["VpcId"]]}])[
        "VpcEndpoints"
    ]
    return {item["ServiceName"].rpartition(".")[2]: item for item in found}


def test_no_route_leads_out(ec2: "EC2Client", outputs: Outputs) -> None:
    in_vpc: Any = [{"Name": "vpc-id", "Values": [outputs["VpcId"]]}]
    gateway = endpoints(ec2, outputs)["s3"]["VpcEndpointId"]
    targets = {
        route.get("GatewayId")
        for table in ec2.describe_route_tables(Filters=in_vpc)["RouteTables"]
        for route in table["Routes"]
    }
    assert targets == {"local", gateway}
    attached: Any = [{"Name": "attachment.vpc-id", "Values": [outputs["VpcId"]]}]
    assert not ec2.describe_internet_gateways(Filters=attached)["InternetGateways"]


def test_s3_is_routed_from_the_functions_subnets(
    ec2: "EC2Client", awslambda: "LambdaClient", outputs: Outputs
) -> None:
    gateway = endpoints(ec2, outputs)["s3"]["VpcEndpointId"]
    function = awslambda.get_function_configuration(FunctionName=outputs["LambdaFunctionName"])
    for subnet in function["VpcConfig"]["SubnetIds"]:
        (table,) = ec2.describe_route_tables(
            Filters=[{"Name": "association.subnet-id", "Values": [subnet]}]
        )["RouteTables"]
        assert any(
            route.get("GatewayId") == gateway and route.get("DestinationPrefixListId")
            for route in table["Routes"]
        )


def rules_of(ec2: "EC2Client", group: str, *, egress: bool) -> list[Any]:
    """The rules of a security group in one direction."""
    found = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
    return list(found["IpPermissionsEgress" if egress else "IpPermissions"])


def test_the_security_groups_make_the_path_and_nothing_else(
    ec2: "EC2Client", awslambda: "LambdaClient", outputs: Outputs
) -> None:
    function = awslambda.get_function_configuration(FunctionName=outputs["LambdaFunctionName"])
    (function_group,) = function["VpcConfig"]["SecurityGroupIds"]
    kms_endpoint = endpoints(ec2, outputs)["kms"]
    (endpoint_group,) = (group["GroupId"] for group in kms_endpoint["Groups"])
    assert kms_endpoint["PrivateDnsEnabled"] is True

    assert not rules_of(ec2, function_group, egress=False)
    out = rules_of(ec2, function_group, egress=True)
    assert {(rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) for rule in out} == {
        ("tcp", 443, 443)
    }
    assert not [rule for rule in out if rule.get("IpRanges") or rule.get("Ipv6Ranges")]
    groups = [pair["GroupId"] for rule in out for pair in rule.get("UserIdGroupPairs", [])]
    assert groups == [endpoint_group]
    lists = [entry["PrefixListId"] for rule in out for entry in rule.get("PrefixListIds", [])]
    names = ec2.describe_managed_prefix_lists(PrefixListIds=lists)["PrefixLists"]
    assert [item["PrefixListName"].rpartition(".")[2] for item in names] == ["s3"]

    (into,) = rules_of(ec2, endpoint_group, egress=False)
    assert (into["IpProtocol"], into["FromPort"], into["ToPort"]) == ("tcp", 443, 443)
    assert [pair["GroupId"] for pair in into["UserIdGroupPairs"]] == [function_group]
    assert not into.get("IpRanges")


def test_the_default_security_group_allows_nothing(ec2: "EC2Client", outputs: Outputs) -> None:
    (group,) = ec2.describe_security_groups(
        Filters=[
            {"Name": "vpc-id", "Values": [outputs["VpcId"]]},
            {"Name": "group-name", "Values": ["default"]},
        ]
    )["SecurityGroups"]
    assert not group["IpPermissions"]
    assert not group["IpPermissionsEgress"]


def test_flow_logs_are_on(ec2: "EC2Client", outputs: Outputs) -> None:
    flow_logs = ec2.describe_flow_logs(
        Filters=[{"Name": "resource-id", "Values": [outputs["VpcId"]]}]
    )["FlowLogs"]
    # The account may also record the traffic itself.
    assert ("ACTIVE", "ALL", "cloud-watch-logs") in [
        (log["FlowLogStatus"], log["TrafficType"], log["LogDestinationType"]) for log in flow_logs
    ]
