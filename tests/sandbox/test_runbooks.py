"""The runbooks: each page's own commands end what the page is about.

All in one sandbox, with an environment that retains data: created at the second try, used, deleted
and adopted. Each test makes a situation, sees that it is not over, follows the page, and sees that
it is over in the way that the page says.
"""

import contextlib
import json
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sandbox import PROJECT, SandboxError, deployment, emulator
from sandbox.emulator import ACCOUNT, REGION
from tests import roles, traces
from tests.deployed_function import waiting_queue
from tests.intake import depth
from tests.integration.conftest import Pipeline
from tests.patience import Wait, wait_for
from tests.sandbox.aws_commands import AwsCommands
from tests.sandbox.cloud import Cloud, deny, outcome, unique
from tests.sandbox.pages import shown
from tests.sandbox.runbooks import FOLDER, Operator

SUFFIX = "prod"
STACK = f"TapStack-{SUFFIX}"
LINES = (PROJECT / "samples" / "customers.csv").read_bytes().splitlines(keepends=True)
CUSTOMERS = b"".join(LINES[:12])
PAYMENTS = (PROJECT / "samples" / "payments.csv").read_bytes()
PARKED = Wait(120)
LISTED = Wait(120)  # a process keeps a list for a minute
Outputs = dict[str, str]

DEPLOYED = "The deployment of new-contract-version had the changes of this page too."
NOT_EMULATED = "MiniStack does not have this service."
NO_DRIFT = "MiniStack detects no drift of buckets, keys and trails."
REVERSIBLE = "No contract here has reversible tokens: see test_reidentification.py."
COMPACTED = "No dataset is compacted here: test_compaction.py runs the state machine."
SAME_CODE = "The trail is what was changed in this situation, and not the function's code."
ASIDE = {
    ("throttling", "make deploy suffix=S"): "No setting changes here.",
    (
        "throttling",
        "aws service-quotas request-service-quota-increase --service-code lambda "
        "--quota-code L-B99A9384 --desired-value 1000",
    ): NOT_EMULATED,
    (
        "cost-spike",
        "aws ce get-cost-and-usage --time-period Start=<day>,End=<next day> --granularity DAILY "
        "--metrics UnblendedCost --group-by Type=DIMENSION,Key=SERVICE",
    ): NOT_EMULATED,
    (
        "changed-protection",
        "aws cloudformation detect-stack-drift --stack-name TapStack-S",
    ): NO_DRIFT,
    (
        "changed-protection",
        "aws cloudformation describe-stack-resource-drifts --stack-name TapStack-S "
        "--stack-resource-drift-status-filters MODIFIED DELETED",
    ): NO_DRIFT,
    (
        "changed-protection",
        "aws cloudformation describe-stacks --stack-name TapStack-S "
        "--query Stacks[].DriftInformation.StackDriftStatus --output text",
    ): NO_DRIFT,
    (
        "changed-protection",
        "aws cloudformation get-template --stack-name TapStack-S --query "
        "\"TemplateBody.Resources.*.Properties | [?FunctionName=='data-processor-S'].Code\"",
    ): SAME_CODE,
    (
        "changed-protection",
        "aws lambda update-function-code --function-name data-processor-S "
        "--s3-bucket <S3Bucket> --s3-key <S3Key>",
    ): SAME_CODE,
    ("slow-files", "make deploy suffix=S"): "The manifest is changed instead: see its test.",
    ("refused-files", "make deploy suffix=S"): DEPLOYED,
    ("new-epoch", "make deploy suffix=S"): DEPLOYED,
    **{
        (page, one.command): COMPACTED
        for page in ("compaction", "ended-compaction")
        for one in shown((FOLDER / f"{page}.md").read_text(encoding="utf-8"))
    },
    **{
        (page, one.command): REVERSIBLE
        for page in ("reidentification", "lost-reversible-key")
        for one in shown((FOLDER / f"{page}.md").read_text(encoding="utf-8"))
    },
}
"""Commands of a page that are not run, with the reason."""


@pytest.fixture(scope="module", name="cloud")
def start_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A separate sandbox."""
    state = tmp_path_factory.mktemp("runbooks")
    cloud = Cloud(emulator.start(state))
    yield cloud
    cloud.close()
    emulator.stop(state)


@pytest.fixture(scope="module", name="operator")
def copy_project(
    cloud: Cloud, tmp_path_factory: pytest.TempPathFactory, aws_cli: Path
) -> Iterator[Operator]:
    """An operator with a copy of the project, whose contracts can be changed, and two files."""
    project = tmp_path_factory.mktemp("operator") / "project"
    others = shutil.ignore_patterns(".*", "__pycache__", "cdk.out", "cfn-outputs", "node_modules")
    shutil.copytree(PROJECT, project, ignore=others)
    for name in (".cache", ".venv", "node_modules"):
        (project / name).symlink_to(PROJECT / name)
    (project / "my.csv").write_bytes(CUSTOMERS)
    (project / "empty.csv").touch()
    aws = AwsCommands(aws_cli.with_name("python"))
    yield Operator(cloud.emulator, project, aws, SUFFIX, ASIDE)
    aws.close()


@pytest.fixture(scope="module", name="outputs")
def deploy(cloud: Cloud, operator: Operator) -> Outputs:
    """The outputs of the environment, which is deployed unless it is already."""
    if not operator.outputs.exists():
        deployment.deploy(cloud.emulator, SUFFIX, operator.outputs)
    found: Outputs = json.loads(operator.outputs.read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module", name="pipeline")
def use_pipeline(cloud: Cloud, outputs: Outputs) -> Pipeline:
    """The deployed pipeline."""
    return Pipeline(cloud.client("s3"), outputs["S3BucketName"])


@contextlib.contextmanager
def impatient(cloud: Cloud, outputs: Outputs) -> Iterator[None]:
    """Let a failed message come again after a second, and not after half an hour."""
    sqs, url, name = cloud.client("sqs"), outputs["QueueUrl"], "VisibilityTimeout"
    before = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={name: "1"})
    try:
        yield
    finally:
        sqs.set_queue_attributes(QueueUrl=url, Attributes=before)


@contextlib.contextmanager
def forbidden(cloud: Cloud, outputs: Outputs) -> Iterator[None]:
    """Keep the function from writing manifests, by a change of the bucket's policy by hand."""
    s3, bucket = cloud.client("s3"), outputs["S3BucketName"]
    before = s3.get_bucket_policy(Bucket=bucket)["Policy"]
    changed = json.loads(before)
    denial = deny("s3:PutObject", f"arn:aws:s3:::{bucket}/manifests/*")
    changed["Statement"].append({**denial, "Principal": {"AWS": outputs["LambdaRoleArn"]}})
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(changed))
    try:
        yield
    finally:
        s3.put_bucket_policy(Bucket=bucket, Policy=before)


@contextlib.contextmanager
def person(cloud: Cloud, outputs: Outputs, duty: str) -> Iterator[str]:
    """The ARN of a role of the dataset customers that has one of the stack's policies."""
    trust, policy = roles.trusting("aws", ACCOUNT), outputs[f"{duty}PolicyArn"]
    tags = {"dataset": "customers"}
    with roles.made(cloud.client("iam"), unique(duty), trust, policy, tags) as arn:
        yield arn


def session(cloud: Cloud, role: str) -> dict[str, Any]:
    """The credentials of a new session of a role."""
    sts = cloud.client("sts")
    found: dict[str, Any] = sts.assume_role(RoleArn=role, RoleSessionName="person")["Credentials"]
    return found


def break_glass(cloud: Cloud) -> str:
    """The ARN of the role that removes versions.

    MiniStack knows no MFA, so its trust policy must not ask for it. tests/unit/policies has
    decisions on that.
    """
    name = f"zero-trust-break-glass-{SUFFIX}-{REGION}"
    iam = cloud.client("iam")
    (statement,) = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]["Statement"]
    if "Condition" in statement:
        assert statement.pop("Condition") == {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
        document = {"Version": "2012-10-17", "Statement": [statement]}
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(document))
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


def wait_until_parked(cloud: Cloud, outputs: Outputs) -> None:
    """Wait until a message is parked."""
    sqs, url = cloud.client("sqs"), outputs["DeadLetterQueueUrl"]
    wait_for("parked message", lambda: depth(sqs, url) or None, PARKED)


def milliseconds_before(time: timedelta) -> str:
    """A moment that was some time ago, as CloudWatch Logs counts: since 1970."""
    return f"{(datetime.now(UTC) - time).timestamp() * 1000:.0f}"


def read_tokens(pipeline: Pipeline, name: str) -> set[str]:
    """The tokens of the customers in a file of payments."""
    return {row["customer_token"] for row in pipeline.clean(name) or []}


def left(cloud: Cloud) -> list[str]:
    """The existing names that the next creation of the environment would conflict with."""
    s3, logs, kms = (cloud.client(name) for name in ("s3", "logs", "kms"))
    buckets = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    groups = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
    aliases = [alias["AliasName"] for alias in kms.list_aliases()["Aliases"]]
    return [
        *(name for name in buckets if f"-{SUFFIX}-" in name),
        *(name for name in groups if name.endswith(f"-{SUFFIX}")),
        *(name for name in aliases if name.startswith(f"alias/zero-trust/{SUFFIX}/")),
    ]


def test_a_failed_first_deployment(cloud: Cloud, operator: Operator) -> None:
    """It leaves nothing in the way of the next one."""
    logs, values = cloud.client("logs"), dict[str, str]()
    # The name of the last log group: the keys and the other groups exist by then.
    logs.create_log_group(logGroupName=f"/aws/vpc/zero-trust-vpc-{SUFFIX}")
    with pytest.raises(SandboxError, match="cdk deploy failed"):
        deployment.deploy(cloud.emulator, SUFFIX, operator.outputs)
    logs.delete_log_group(logGroupName=f"/aws/vpc/zero-trust-vpc-{SUFFIX}")
    assert left(cloud) == []
    # The CDK CLI deletes a stack that was never complete, but this one is protected.
    cloudformation = cloud.client("cloudformation")
    refused = outcome(lambda: cloudformation.delete_stack(StackName=STACK))
    assert refused == "ValidationError"
    events, _, created, _ = operator.end("failed-first-deployment", values)
    assert "already exists" in events.out
    assert "AWS::KMS::Key" in created.out
    assert len(left(cloud)) == 2 + 5 + 5


def test_a_late_dataset(operator: Operator, pipeline: Pipeline) -> None:
    old, new = pipeline.name("customers"), pipeline.name("customers")
    pipeline.process(old, CUSTOMERS)
    pipeline.amend(old, processed_at=f"{datetime.now(UTC) - timedelta(days=3):%Y-%m-%dT%H:%M:%SZ}")
    values = {"dataset": "customers", "bucket": pipeline.bucket, "file": f"incoming/{new}"}
    status, *_ = operator.end("late-dataset", values)
    assert "1 d" in status.out


def test_parked_messages(
    cloud: Cloud, operator: Operator, pipeline: Pipeline, outputs: Outputs
) -> None:
    name = pipeline.name("customers")
    with impatient(cloud, outputs), forbidden(cloud, outputs):
        pipeline.drop(name, CUSTOMERS)
        wait_until_parked(cloud, outputs)
    values = {"file": f"incoming/{name}", "since": milliseconds_before(timedelta(days=1))}
    status, log, redrive = operator.end("parked-messages", values)
    assert "1 parked" in status.out
    assert name in log.out
    assert "AccessDenied" in log.out
    assert "1 messages moved" in redrive.out


def test_lost_notifications(
    cloud: Cloud, operator: Operator, pipeline: Pipeline, outputs: Outputs
) -> None:
    name, sqs, url = pipeline.name("customers"), cloud.client("sqs"), outputs["QueueUrl"]
    with waiting_queue(cloud.client("lambda"), outputs["LambdaFunctionName"]):
        pipeline.drop(name, CUSTOMERS)
        wait_for("message", lambda: depth(sqs, url) or None)
        sqs.purge_queue(QueueUrl=url)
    states, machine = cloud.client("stepfunctions"), outputs["ReplayStateMachineArn"]
    stopped = wait_for("stopped run", lambda: stop(states, machine))
    values = {"file": f"incoming/{name}", "execution's ARN": stopped, **outputs}
    *_, ended, why = operator.end("lost-notifications", values)
    assert [stopped, "ABORTED"] in [line.split() for line in ended.out.splitlines()]
    assert why.out.split(maxsplit=1) == ["None", "by hand\n"]


def stop(states: Any, machine: str) -> str | None:
    """Stop a new execution of a replay; return its ARN, or None if it had ended by itself."""
    arn: str = states.start_execution(
        stateMachineArn=machine, input='{"prefix": "incoming/", "only": "refused"}'
    )["executionArn"]
    outcome(lambda: states.stop_execution(executionArn=arn, cause="by hand"))
    status = states.describe_execution(executionArn=arn)["status"]
    return arn if status == "ABORTED" else None


def test_a_disabled_key(
    cloud: Cloud, operator: Operator, pipeline: Pipeline, outputs: Outputs
) -> None:
    """The sandbox delivers messages although their key is disabled, so this one is parked."""
    key, name, kms = outputs["S3KmsKeyId"], pipeline.name("customers"), cloud.client("kms")
    with impatient(cloud, outputs):
        with waiting_queue(cloud.client("lambda"), outputs["LambdaFunctionName"]):
            pipeline.drop(name, CUSTOMERS)
            kms.schedule_key_deletion(KeyId=key)
        wait_until_parked(cloud, outputs)
    values = {"file": f"incoming/{name}", "key's id": key}
    data_key, other, *_ = operator.end("disabled-key", values)
    assert data_key.out.split() == [key, "PendingDeletion"]
    assert other.out.split() == [outputs["PseudonymKeyId"], "Enabled"]


def test_throttling(
    cloud: Cloud, operator: Operator, pipeline: Pipeline, outputs: Outputs
) -> None:
    """Somebody limited the function to no execution at all."""
    name, function = pipeline.name("customers"), outputs["LambdaFunctionName"]
    cloud.client("lambda").put_function_concurrency(
        FunctionName=function, ReservedConcurrentExecutions=0
    )
    with impatient(cloud, outputs):
        pipeline.drop(name, CUSTOMERS)
        _, limit, *_ = operator.end("throttling", {"file": f"incoming/{name}"})
    assert json.loads(limit.out) == {"ReservedConcurrentExecutions": 0}


def test_a_spike_of_cost(
    cloud: Cloud, operator: Operator, pipeline: Pipeline, outputs: Outputs
) -> None:
    """Processing stops and goes on; what came meanwhile is not lost."""
    values, meanwhile = {**outputs}, pipeline.name("customers")
    values["file"] = f"incoming/{meanwhile}"
    steps = operator.follow("cost-spike", values)
    next(steps)
    next(steps)
    values["UUID"] = next(steps).out.strip()
    next(steps)
    mappings = cloud.client("lambda")

    def state() -> str:
        return str(mappings.get_event_source_mapping(UUID=values["UUID"])["State"])

    wait_for("mapping that is off", lambda: state() == "Disabled" or None)
    pipeline.drop(meanwhile, CUSTOMERS)
    assert not operator.is_over("cost-spike", values)
    next(steps)
    operator.wait_until_over("cost-spike", values)


def test_compromised_credentials(
    cloud: Cloud, operator: Operator, pipeline: Pipeline, outputs: Outputs
) -> None:
    """The sandbox does not know when a session began, so only new ones are seen at the end."""
    page, key = "compromised-credentials", f"manifests/{pipeline.name('customers')}.json"
    pipeline.process(key.removeprefix("manifests/").removesuffix(".json"), CUSTOMERS)
    with person(cloud, outputs, "Consumer") as role:

        def read(s3: Any) -> str:
            return outcome(lambda: s3.get_object(Bucket=pipeline.bucket, Key=key))

        stolen = cloud.become(role, "stolen").client("s3")
        assert read(stolen) == "ok"
        values = {
            "role": role.rpartition("/")[2],
            "policy's ARN": outputs["ConsumerPolicyArn"],
            "now": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "then": "1d",
        }
        assert not operator.is_over(page, values)
        for number, _ in enumerate(operator.follow(page, values)):
            if number < 3:
                assert read(stolen) == "AccessDenied"
        operator.wait_until_over(page, values)
        assert read(cloud.become(role, "again").client("s3")) == "ok"
        cloud.client("iam").delete_role_policy(
            RoleName=values["role"], PolicyName="AWSRevokeOlderSessions"
        )


def test_a_changed_protection(
    cloud: Cloud, operator: Operator, pipeline: Pipeline, outputs: Outputs
) -> None:
    """Somebody stopped the audit trail; processing stops while the operator looks."""
    page, name, awslambda = (
        "changed-protection",
        pipeline.name("customers"),
        cloud.client("lambda"),
    )
    cloud.client("cloudtrail").stop_logging(Name=outputs["AuditTrailArn"])
    values = {"event": "StopLogging", "region": REGION}
    assert not operator.is_over(page, values)
    steps = operator.follow(page, values)
    next(steps)
    values["UUID"] = next(steps).out.strip()
    next(steps)

    def state() -> str:
        return str(awslambda.get_event_source_mapping(UUID=values["UUID"])["State"])

    wait_for("mapping that is off", lambda: state() == "Disabled" or None)
    list(steps)
    operator.wait_until_over(page, values)
    pipeline.process(name, CUSTOMERS)


def test_rejected_rows(
    cloud: Cloud, operator: Operator, pipeline: Pipeline, outputs: Outputs
) -> None:
    """Seen by their steward, and corrected by their producer."""
    page, name = "rejected-rows", pipeline.name("customers", "rows.csv")
    wrong = CUSTOMERS.replace(b",GB,", b",XX,", 1).replace(b",DE,", b",XX,", 1)
    manifest = pipeline.process(name, wrong + b"C1,no,customer\n")
    assert manifest["rows"]["rejected"]
    values = {"file": f"incoming/{name}", "bucket": pipeline.bucket, "dataset": "customers"}
    with person(cloud, outputs, "Steward") as role, operator.becoming(session(cloud, role)):
        assert not operator.is_over(page, values)
        steps = operator.follow(page, values)
        assert name in next(steps).out
        assert "row:field-count" in next(steps).out
        assert "C1,no,customer" in next(steps).out
    with person(cloud, outputs, "Producer") as role, operator.becoming(session(cloud, role)):
        next(steps)
    with person(cloud, outputs, "Steward") as role, operator.becoming(session(cloud, role)):
        operator.wait_until_over(page, values)


def test_erasing_a_person(
    cloud: Cloud, operator: Operator, pipeline: Pipeline, outputs: Outputs, tmp_path: Path
) -> None:
    """By somebody who may, then the copies by the break-glass role; a replay changes nothing."""
    page, name, people = "erasure", pipeline.name("customers"), tmp_path / "people"
    identifier = b"C00000000"  # of nobody else in the other files
    content = CUSTOMERS.replace(LINES[3].split(b",")[0], identifier)
    pipeline.process(name, content)
    people.write_bytes(identifier)
    values = {
        "people": str(people),
        "domain": "customer",
        "bucket": pipeline.bucket,
        "break-glass role's ARN": break_glass(cloud),
        "MFA device": f"arn:aws:iam::{ACCOUNT}:mfa/alice",
        "code": "123456",
    }
    steps = operator.follow(page, values)
    with person(cloud, outputs, "Eraser") as role, operator.becoming(session(cloud, role)):
        assert not operator.is_over(page, values)
        assert f"incoming/{name}" in next(steps).out
        receipt = next(steps).out
        operator.wait_until_over(page, values)
    values["copy"] = f"processed/{name}.parquet"
    (values["version"],) = re.findall(rf"{re.escape(values['copy'])} +│ (\S+)", receipt)
    assert identifier.decode() not in receipt
    with operator.becoming(json.loads(next(steps).out)["Credentials"]):
        next(steps)
    list(steps)
    assert pipeline.versions(values["copy"]) == 1

    def replay() -> bool | None:
        return pipeline.process(name, content)["rows"]["erased"] == 1 or None

    wait_for("list that the processor knows", replay, LISTED)


def test_wrong_data(
    cloud: Cloud, operator: Operator, pipeline: Pipeline, outputs: Outputs
) -> None:
    """Its producer empties the outputs, and the break-glass role removes their versions."""
    page, name = "wrong-data", pipeline.name("customers")
    published = pipeline.process(name, CUSTOMERS)["outputs"]["processed"]
    values = {
        "file": f"incoming/{name}",
        "bucket": pipeline.bucket,
        "output": published["key"],
        "version": published["version_id"],
        "break-glass role's ARN": break_glass(cloud),
        "MFA device": f"arn:aws:iam::{ACCOUNT}:mfa/alice",
        "code": "123456",
    }
    assert not operator.is_over(page, values)
    steps = operator.follow(page, values)
    assert published["version_id"] in next(steps).out
    with person(cloud, outputs, "Producer") as role, operator.becoming(session(cloud, role)):
        next(steps)
    newest = pipeline.newest(f"incoming/{name}") or ""
    assert pipeline.manifest(name, newest)["refusal"]["reason"] == "file:empty"
    assert not pipeline.clean(name)
    with operator.becoming(json.loads(next(steps).out)["Credentials"]):
        assert next(steps).out.split() == [published["version_id"]]
        next(steps)
    list(steps)
    operator.wait_until_over(page, values)


def test_an_overwritten_output(cloud: Cloud, operator: Operator, pipeline: Pipeline) -> None:
    """It is written again from the raw file, or its version from before is the newest again."""
    page, name = "overwritten-output", pipeline.name("customers")
    output = pipeline.process(name, CUSTOMERS)["outputs"]["processed"]
    rows = pipeline.clean(name)

    def forge() -> str:
        with traces.unrestricted(pipeline.s3, pipeline.bucket):
            forged = pipeline.s3.put_object(Bucket=pipeline.bucket, Key=output["key"], Body=b"x")
        return forged["VersionId"]

    values = {
        "file": f"incoming/{name}",
        "bucket": pipeline.bucket,
        "output": output["key"],
        "version": forge(),
    }

    def is_over() -> bool:
        manifest = json.loads(pipeline.read(f"manifests/{name}.json") or b"")
        return operator.is_over(page, values | {"ETag": manifest["outputs"]["processed"]["etag"]})

    assert not is_over()
    steps = operator.follow(page, values)
    etag, manifest, _ = (next(steps) for _ in range(3))
    assert json.dumps(output["etag"]) in manifest.out
    assert etag.out.strip() != output["etag"]
    wait_for("output of the raw file", lambda: is_over() or None)
    assert pipeline.clean(name) == rows

    values["version"] = forge()
    assert not is_over()
    with operator.becoming(session(cloud, break_glass(cloud))):
        assert values["version"] in next(steps).out
        next(steps)
    list(steps)
    assert is_over()
    assert pipeline.clean(name) == rows


def test_slow_files(
    cloud: Cloud, operator: Operator, pipeline: Pipeline, outputs: Outputs
) -> None:
    """One that was refused while the function had less memory, as its manifest says."""
    name = pipeline.name("customers")
    manifest = pipeline.process(name, CUSTOMERS)
    reason = "object:takes-too-long"
    pipeline.amend(
        name,
        metadata={"outcome": "quarantined", "refusal-reason": reason},
        outcome="quarantined",
        refusal=dict.fromkeys(("line", "column", "name", "limit", "setting")) | {"reason": reason},
        settings={**manifest["settings"], "memory_mb": 1},
        in_force_at="2026-01-01T00:00:00Z",
    )
    logs = cloud.client("logs")

    def find() -> str | None:
        """The request that was about the file; MiniStack ignores patterns of fields here."""
        events = logs.filter_log_events(logGroupName=outputs["LogGroupName"])["events"]
        lines = [line for event in events for line in event["message"].splitlines()]
        about = [line for line in lines if name in line and '"function_request_id"' in line]
        return str(json.loads(about[0])["function_request_id"]) if about else None

    values = {
        "file": f"incoming/{name}",
        "since": milliseconds_before(timedelta(days=1)),
        "request id": wait_for("log", find),
    }
    log, files, *_ = operator.end("slow-files", values)
    assert name in log.out
    assert name in files.out


@pytest.fixture(scope="module", name="old")
def process_before(pipeline: Pipeline) -> dict[str, str]:
    """Files under the contracts that are about to change, and what they were."""
    refused = pipeline.name("customers", "refused.csv")
    lines = CUSTOMERS.splitlines()
    wider = b"\n".join([lines[0] + b",note", *(line + b",x" for line in lines[1:])]) + b"\n"
    reason = pipeline.process(refused, wider)["refusal"]["reason"]
    assert reason == "header:unknown-column"
    tokens, plain = pipeline.name("payments", "tokens.csv"), pipeline.name("customers")
    pipeline.process(tokens, PAYMENTS)
    pipeline.process(plain, CUSTOMERS)
    for name in (refused, tokens, plain):
        pipeline.let_time_pass(name)
    return {"refused": refused, "tokens": tokens, "plain": plain}


def test_a_new_contract_version(
    operator: Operator, pipeline: Pipeline, old: dict[str, str]
) -> None:
    """Its deployment has the changes of the next two pages too."""
    page, named = "new-contract-version", pipeline.name("customers", "named.csv")
    values = {
        "dataset": "customers",
        "old version": "1.0.0",
        "new version": "1.1.0",
        "bucket": pipeline.bucket,
        "file": f"incoming/{named}",
        "other file": f"incoming/{old['plain']}",
    }
    assert not operator.is_over(page, values)
    steps = operator.follow(page, values)
    next(steps)
    for contract in (operator.project / "contracts").glob("*.yaml"):
        text = contract.read_text(encoding="utf-8")
        text = text.replace("pseudonymEpoch\n    value: 1", "pseudonymEpoch\n    value: 2")
        if contract.name == "customers.odcs.yaml":
            text = text.replace("\nversion: 1.0.0", "\nversion: 1.1.0")
            text += "  - property: unknownColumns\n    value: drop\n"
        contract.write_text(text, encoding="utf-8")
    list(steps)
    operator.wait_until_over(page, values)
    newest = pipeline.newest(f"incoming/{named}") or ""
    assert pipeline.manifest(named, newest)["contract"]["version"] == "1.0.0"


def test_a_refused_file(operator: Operator, old: dict[str, str]) -> None:
    values = {"file": f"incoming/{old['refused']}", "dataset": "customers"}
    files, *_ = operator.end("refused-files", values)
    assert old["refused"] in files.out


def test_a_new_epoch(operator: Operator, pipeline: Pipeline, old: dict[str, str]) -> None:
    before = read_tokens(pipeline, old["tokens"])
    values = {"file": f"incoming/{old['tokens']}", "dataset": "payments", "epoch": "2"}
    operator.end("new-epoch", values)
    after = read_tokens(pipeline, old["tokens"])
    assert before
    assert after
    assert not before & after


def test_deletion(cloud: Cloud, operator: Operator, pipeline: Pipeline, outputs: Outputs) -> None:
    """The bucket stays with its policy, and usable keys and the log groups."""
    s3, kms, cloudformation = (cloud.client(name) for name in ("s3", "kms", "cloudformation"))
    role, policy = cloud.role("ec2.amazonaws.com").rpartition("/")[2], outputs["StewardPolicyArn"]
    cloud.client("iam").attach_role_policy(RoleName=role, PolicyArn=policy)
    kept = s3.get_bucket_policy(Bucket=pipeline.bucket)["Policy"]
    refused = outcome(lambda: cloudformation.delete_stack(StackName=STACK))
    assert refused == "ValidationError"
    (stack,) = cloudformation.describe_stacks(StackName=STACK)["Stacks"]
    values = {"policy's ARN": policy, "role": role, "stack's id": stack["StackId"]}
    _, known, function, entities, *_ = operator.end("deletion", values)
    assert known.out.split() == [stack["StackId"]]
    assert f":{REGION}:{ACCOUNT}:function:" in function.out
    assert f":{REGION}:{ACCOUNT}:stack/" in known.out
    assert role in entities.out
    assert s3.get_bucket_policy(Bucket=pipeline.bucket)["Policy"] == kept
    for name in ("S3KmsKeyId", "PseudonymKeyId"):
        assert kms.describe_key(KeyId=outputs[name])["KeyMetadata"]["KeyState"] == "Enabled"
    assert len(left(cloud)) == 2 + 5  # the buckets and the log groups


def test_retained_data(
    cloud: Cloud, operator: Operator, pipeline: Pipeline, outputs: Outputs, old: dict[str, str]
) -> None:
    """Old objects are read, new ones processed, and their tokens join."""
    s3 = cloud.client("s3")
    policy = json.loads(s3.get_bucket_policy(Bucket=pipeline.bucket)["Policy"])
    values = {
        "file": f"outputs-{SUFFIX}.json",
        "key's id": outputs["PseudonymKeyId"],
        "old file": f"incoming/{old['tokens']}",
    }
    keys, key, *_ = operator.end("retained-data", values)
    assert outputs["PseudonymKeyId"] in keys.out
    assert "Derives the pseudonymisation keys" in key.out
    again = json.loads(operator.outputs.read_text(encoding="utf-8"))
    kept = {name for name in outputs if name.endswith("KeyId")}
    kept |= {"S3BucketName", "AuditBucketName", "LogGroupName"}
    assert {name: again[name] for name in kept} == {name: outputs[name] for name in kept}
    new = pipeline.name("payments")
    pipeline.process(new, PAYMENTS)
    assert read_tokens(pipeline, new) == read_tokens(pipeline, old["tokens"])
    # The parts that the import left out of the bucket's policy are back.
    found = json.loads(s3.get_bucket_policy(Bucket=pipeline.bucket)["Policy"])
    sids = [[item.get("Sid") for item in one["Statement"]] for one in (policy, found)]
    assert sids[0] == sids[1]


def test_a_moved_environment(
    cloud: Cloud, operator: Operator, pipeline: Pipeline, old: dict[str, str]
) -> None:
    """The same file gets other tokens in the new region, and the old one goes on."""
    page, name = "moved-environment", "payments/moved.csv"
    (operator.project / "my.csv").write_bytes(PAYMENTS)
    there, here = "eu-central-1", dict(operator.environment)
    values = {
        "account": ACCOUNT,
        "region": there,
        "old region": REGION,
        "file": f"incoming/{name}",
    }
    new_shell, answers = here, []
    for answer in operator.follow(page, values):
        answers.append(answer)
        if answer.command.startswith("make deploy"):
            text = (operator.project / "cfn-outputs" / "moved.json").read_text(encoding="utf-8")
            values["new bucket"] = json.loads(text)["S3BucketName"]
            assert there in values["new bucket"]
            assert not operator.is_over(page, values)
        if answer.command.startswith("aws s3 cp"):
            new_shell = dict(operator.environment)
    assert operator.environment == here != new_shell
    assert answers[-1].out.strip() == ACCOUNT
    operator.environment.update(new_shell)
    operator.wait_until_over(page, values)
    operator.environment.update(here)
    moved = read_tokens(Pipeline(cloud.client("s3", region=there), values["new bucket"]), name)
    assert moved
    assert not moved & read_tokens(pipeline, old["tokens"])


def test_every_command_is_run_or_has_a_reason(operator: Operator) -> None:
    """After all other tests."""
    found = {
        (page.stem, one.command)
        for page in FOLDER.glob("*.md")
        for one in shown(page.read_text(encoding="utf-8"))
    }
    run = {(page, command) for page, done in operator.done.items() for command in done}
    assert found == run | ASIDE.keys()
