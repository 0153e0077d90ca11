"""Two environments in one account: neither affects the other, not even when deleted."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox import PROJECT, backlog, deployment, emulator
from sandbox.chaos.__main__ import execute
from sandbox.chaos.run import Run
from sandbox.emulator import ACCOUNT, REGION
from sandbox.environment import environment
from tests.acceptance import LOOKING
from tests.integration.conftest import Pipeline
from tests.patience import Wait, wait_for
from tests.sandbox.cloud import Cloud, allow, outcome, policy
from tests.sandbox.metrics import publish
from tests.sandbox.queues import make_queue, subscribe

NOTICE = Wait(60)
"""From a failure to its notice, in the sandbox, where metrics are there at once."""

PAYMENTS = Path(__file__).resolve().parents[2] / "samples" / "payments.csv"


@pytest.fixture(scope="module", name="cloud")
def start_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A separate sandbox: its stacks take a minute, and ending it tests `down` with real ones."""
    state = tmp_path_factory.mktemp("environments")
    cloud = Cloud(emulator.start(state))
    yield cloud
    cloud.close()
    emulator.stop(state)


def test_two_environments_side_by_side(cloud: Cloud, tmp_path: Path) -> None:
    first, second = (
        deployment.deploy(cloud.emulator, suffix, tmp_path / f"{suffix}.json")
        for suffix in ("staging", "two")
    )
    of_trail = {"AuditTrailArn", "AuditBucketName", "AuditKmsKeyId"}
    assert first.keys() - of_trail == second.keys()  # ``two`` has none
    assert not set(first.values()) & set(second.values())
    s3 = cloud.client("s3")
    one, two = (Pipeline(s3, outputs["S3BucketName"]) for outputs in (first, second))

    # The same file in both: each processes its own, with different pseudonyms.
    name = "payments/same.csv"
    assert one.process(name, PAYMENTS.read_bytes())["outcome"] == "processed"
    assert two.read(f"manifests/{name}.json") is None
    assert two.process(name, PAYMENTS.read_bytes())["outcome"] == "processed"
    tokens = [
        {row["customer_token"] for row in pipeline.clean(name) or []} for pipeline in (one, two)
    ]
    assert tokens[0]
    assert not tokens[0] & tokens[1]

    # The bucket is emptied although it keeps administrators from deleting its outputs.
    deletion = outcome(lambda: s3.delete_object(Bucket=one.bucket, Key=f"manifests/{name}.json"))
    assert deletion == "AccessDenied"
    deployment.destroy(cloud.emulator, "staging")
    awslambda, kms = cloud.client("lambda"), cloud.client("kms")
    gone = outcome(lambda: awslambda.get_function(FunctionName=first["LambdaFunctionName"]))
    assert gone == "ResourceNotFoundException"
    buckets = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    assert one.bucket not in buckets
    assert two.bucket in buckets
    states = [
        kms.describe_key(KeyId=outputs["PseudonymKeyId"])["KeyMetadata"]["KeyState"]
        for outputs in (first, second)
    ]
    assert states == ["PendingDeletion", "Enabled"]
    assert two.process("payments/after.csv", PAYMENTS.read_bytes())["rows"]["clean"] == 2_000

    again = deployment.deploy(cloud.emulator, "staging", tmp_path / "again.json")
    assert again["PseudonymKeyId"] != first["PseudonymKeyId"]
    assert one.process(name, PAYMENTS.read_bytes())["outcome"] == "processed"


@pytest.fixture(scope="module", name="outputs")
def deploy_two(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The outputs of the environment ``two``, which is deployed unless it is already."""
    return deployment.deploy(cloud.emulator, "two", tmp_path_factory.mktemp("two") / "two.json")


def test_a_refused_file_leads_to_a_notice(cloud: Cloud, outputs: dict[str, str]) -> None:
    """While its alarm is on, nobody is notified again."""
    inbox = subscribe(cloud, outputs["NoticesTopicArn"])
    pipeline = Pipeline(cloud.client("s3"), outputs["S3BucketName"])
    refused = pipeline.process(pipeline.name("payments"), b"not,the,columns\n1,2,3\n")
    assert refused["outcome"] == "quarantined"

    def look() -> bool | None:
        notices = [(one["NewStateValue"], one["AlarmName"]) for one in receive(cloud, inbox)]
        return any(state == "ALARM" and "FileRefused" in name for state, name in notices) or None

    wait_for("notice", look, NOTICE)


def test_every_alarm_leads_to_a_notice(cloud: Cloud, outputs: dict[str, str]) -> None:
    """Each is raised by a value beyond its threshold, and says what to do."""
    inbox = subscribe(cloud, outputs["NoticesTopicArn"])
    cloudwatch = cloud.client("cloudwatch")
    alarms = cloudwatch.describe_alarms(AlarmNamePrefix="TapStack-two-")["MetricAlarms"]
    assert len(alarms) > 5
    late = {one["AlarmName"] for one in alarms if one["TreatMissingData"] == "breaching"}
    for one in alarms:
        name = one["AlarmName"]
        cloudwatch.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="a test")
        if name in late:  # no value can undo that a file came lately; test_alarms.py decides when
            cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a test")
            continue
        dimensions = {name["Name"]: name["Value"] for name in one["Dimensions"]}
        publish(cloud, one["Namespace"], one["MetricName"], one["Threshold"] + 1, **dimensions)
    seen: dict[str, str] = {}

    def look() -> bool | None:
        for notice in receive(cloud, inbox):
            if notice["NewStateValue"] == "ALARM":
                seen[notice["AlarmName"]] = notice["AlarmDescription"]
        return {one["AlarmName"] for one in alarms} <= seen.keys() or None

    wait_for("notices", look, NOTICE)
    assert all("See docs/runbooks/" in text for text in seen.values())


@pytest.fixture(scope="module", name="audited")
def deploy_staging(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The outputs of the environment ``staging``, which has an audit trail."""
    file = tmp_path_factory.mktemp("staging") / "staging.json"
    return deployment.deploy(cloud.emulator, "staging", file)


def change_by_hand(cloud: Cloud, audited: dict[str, str]) -> None:
    """Change a key, the bucket, a role, a function, a state machine, a workgroup and the trail."""
    s3, bucket = cloud.client("s3"), audited["S3BucketName"]
    s3.put_bucket_policy(Bucket=bucket, Policy=s3.get_bucket_policy(Bucket=bucket)["Policy"])
    iam, role = cloud.client("iam"), audited["LambdaRoleArn"].rpartition("/")[2]
    trust = iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]
    iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(trust))
    kms, key = cloud.client("kms"), audited["PseudonymKeyId"]
    admitted = kms.get_key_policy(KeyId=key)["Policy"]
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=admitted)
    kms.disable_key(KeyId=key)
    kms.enable_key(KeyId=key)
    cloud.client("lambda").update_function_configuration(
        FunctionName=audited["LambdaFunctionName"], Description="changed by hand"
    )
    states, machine = cloud.client("stepfunctions"), audited["ReplayStateMachineArn"]
    steps = states.describe_state_machine(stateMachineArn=machine)["definition"]
    states.update_state_machine(stateMachineArn=machine, definition=steps)
    cloud.client("athena").update_work_group(
        WorkGroup=audited["AthenaWorkgroupName"], Description="changed by hand"
    )
    cloud.client("cloudtrail").stop_logging(Name=audited["AuditTrailArn"])
    cloud.client("cloudtrail").start_logging(Name=audited["AuditTrailArn"])


def test_a_change_outside_cloudformation_leads_to_a_notice(
    cloud: Cloud, audited: dict[str, str]
) -> None:
    """Each is made, and recorded by the audit trail; the deployment itself raised no alarm."""
    inbox = subscribe(cloud, audited["NoticesTopicArn"])
    raised = [
        one["AlarmName"]
        for one in cloud.client("cloudwatch").describe_alarms(
            AlarmNamePrefix="TapStack-staging-", StateValue="ALARM"
        )["MetricAlarms"]
        if one["TreatMissingData"] != "breaching"
    ]
    assert not raised
    change_by_hand(cloud, audited)
    changed = ("Key", "Bucket", "Role", "Code", "Workflow", "Queries", "Trail")
    missing = {"KeyDisabled", *(f"{what}Changed" for what in changed)}

    def look() -> bool | None:
        for notice in receive(cloud, inbox):
            if notice["NewStateValue"] == "ALARM":
                missing.difference_update(
                    [kind for kind in missing if f"Alarms{kind}" in notice["AlarmName"]]
                )
        return not missing or None

    wait_for(f"notice of {missing}", look, NOTICE)


def test_the_rule_of_the_docs_tells_when_a_file_is_clean(
    cloud: Cloud, outputs: dict[str, str]
) -> None:
    page = (PROJECT / "docs" / "operations.md").read_text(encoding="utf-8")
    section = page.partition("\n## Starting work when a file is clean\n")[2]
    pattern = section.partition("```json\n")[2].partition("```")[0]
    assert "S-<account>-<region>" in pattern
    bucket = outputs["S3BucketName"]
    pattern = pattern.replace("zero-trust-data-S-<account>-<region>", bucket)
    events, sqs = cloud.client("events"), cloud.client("sqs")
    inbox, arn = make_queue(cloud)
    rule = events.put_rule(Name="clean", EventPattern=pattern)["RuleArn"]
    sender = {
        **allow("sqs:SendMessage", arn, ArnEquals={"aws:SourceArn": rule}),
        "Principal": {"Service": "events.amazonaws.com"},
    }
    sqs.set_queue_attributes(QueueUrl=inbox, Attributes={"Policy": json.dumps(policy(sender))})
    events.put_targets(Rule="clean", Targets=[{"Id": "inbox", "Arn": arn}])
    pipeline = Pipeline(cloud.client("s3"), bucket)
    name = pipeline.name("payments", "clean.csv")
    assert pipeline.process(name, PAYMENTS.read_bytes())["outcome"] == "processed"

    def look() -> list[str] | None:
        messages = sqs.receive_message(QueueUrl=inbox, MaxNumberOfMessages=10).get("Messages", ())
        found = [json.loads(one["Body"])["detail"]["object"]["key"] for one in messages]
        return found or None

    # Neither the upload nor the clean rows, which are there before the file is done.
    assert wait_for("event", look, NOTICE) == [f"manifests/{name}.json"]
    events.remove_targets(Rule="clean", Ids=["inbox"])
    events.delete_rule(Name="clean")


def receive(cloud: Cloud, url: str) -> list[dict[str, Any]]:
    """The notices in a queue, removed from it."""
    sqs, notices = cloud.client("sqs"), []
    for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        notices.append(json.loads(json.loads(message["Body"])["Message"]))
    return notices


def make_role(cloud: Cloud, name: str, suffix: str) -> str:
    """Create a role with the policy of docs/delivery that has this name."""
    text = (PROJECT / "docs" / "delivery" / f"{name}.json").read_text(encoding="utf-8")
    for place, value in (("ACCOUNT", ACCOUNT), ("REGION", REGION), ("SUFFIX", suffix)):
        text = text.replace(place, value)
    statements = {one["Sid"]: one for one in json.loads(text)["Statement"]}
    # The emulator does not resolve these conditions, on which tests/unit/policies/delivery.py has
    # decisions, and takes an alias for the resource, where AWS takes its key.
    if "WhatReadersMay" in statements:
        assert "iam:PolicyARN" in statements["WhatReadersMay"].pop("Condition")["ArnLike"]
    for sid in {"Keys", "KeyOfFiles"} & set(statements):
        condition = statements[sid]["Condition"].pop("ForAnyValue:StringLike")
        assert "kms:ResourceAliases" in condition
        statements[sid]["Resource"] = [
            statements[sid]["Resource"],
            f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/zero-trust/{suffix}/*",
        ]
    return cloud.role("ec2.amazonaws.com", *statements.values())


@pytest.mark.usefixtures("outputs")
def test_a_stack_is_checked_by_a_role_that_only_looks(cloud: Cloud) -> None:
    """``make smoke`` as the role of ``prod``, which docs/delivery.md makes."""
    role = make_role(cloud, "smoke-policy", "two")

    def accept(*tests: str) -> "subprocess.CompletedProcess[str]":
        return cloud.run_as(role, "-m", "tests.acceptance", "two", *tests)

    looked = accept(LOOKING)
    assert looked.returncode == 0, looked.stdout
    assert "skipped" not in looked.stdout
    writes = "test_path_of_a_file.py::test_an_object_is_encrypted_without_being_asked"
    wrote = accept(f"tests/integration/{writes}")
    assert wrote.returncode == 1
    assert "AccessDenied" in wrote.stdout


def test_a_stack_is_tested_by_a_role_that_can_do_no_more(
    cloud: Cloud, outputs: dict[str, str]
) -> None:
    """``make accept tests=tests/integration`` as a role with ``test-policy.json``."""
    role = make_role(cloud, "test-policy", "two")
    tested = cloud.run_as(role, "-m", "tests.acceptance", "two", "tests/integration")
    assert tested.returncode == 0, tested.stdout
    caller = cloud.become(role, "denied")
    s3, function = caller.client("s3"), caller.client("lambda")
    raw = outcome(
        lambda: s3.get_object(Bucket=outputs["S3BucketName"], Key="processed/payments/a.parquet")
    )
    assert raw == "AccessDenied"
    changed = outcome(
        lambda: function.update_function_configuration(
            FunctionName=outputs["LambdaFunctionName"], Timeout=1
        )
    )
    assert changed == "AccessDeniedException"


@pytest.fixture(name="file")
def write_outputs(
    cloud: Cloud, outputs: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """The file of the outputs of ``two``, for programs that look where the variables point."""
    for name, value in environment(cloud.emulator).items():
        monkeypatch.setenv(name, value)
    file = tmp_path / "outputs.json"
    file.write_text(json.dumps(outputs), encoding="utf-8")
    return file


def test_a_replay_sends_one_message_for_each_file(
    cloud: Cloud,
    file: Path,
    outputs: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A short ``make backlog``, of more than a batch; afterwards files are processed as before."""
    monkeypatch.setenv("SANDBOX_STATE", str(cloud.emulator.state))
    assert backlog.main([str(file), "--files", "250"]) == 0
    assert re.match("250 files uploaded in .*: one each", capsys.readouterr().out)
    pipeline = Pipeline(cloud.client("s3"), outputs["S3BucketName"])
    name = pipeline.name("payments", "after-backlog.csv")
    assert pipeline.process(name, PAYMENTS.read_bytes())["outcome"] == "processed"


def test_nothing_is_lost_while_everything_fails(cloud: Cloud, file: Path) -> None:
    """A short ``make chaos``, which raises what is wrong. It comes last: it changes the function.

    S3 refuses all about one of the seed's last objects, so its message is parked.
    """
    run = Run(seed=5, objects=500)
    execute(cloud.emulator, file, run)
    assert run.facts["object settled, byte by byte as without faults"] == run.objects
    assert run.facts["message parked, with an alarm"]
    assert run.facts["object done before contracts change"]
    assert run.facts["message purged"]
    assert run.facts["message sent again by replay --only unfinished"]
    assert run.facts["message sent again by replay --only all"] == run.objects
    assert run.facts["S3 answers 503"]
