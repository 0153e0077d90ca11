"""Lag: with it changes show later, without it at once. The tests control the emulator's clock."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from sandbox import emulator
from sandbox.emulator import ACCOUNT
from tests.sandbox.cloud import Caller, Cloud, allow, deny, function, outcome, policy, unique
from tests.sandbox.metrics import alarm, state, total
from tests.sandbox.queues import dead_letters, make_queue

LAG = 10.0
PROGRAM = """
from pathlib import Path
from sandbox.parity import lag
from sandbox.server import serve
lag.clock = lambda: float(Path({file!r}).read_text())
serve()
"""
"""The emulator with a clock that reads a file."""


@dataclass
class Clock:
    """The time of an emulator's changes, in seconds."""

    file: Path
    now: float = field(default=0.0, init=False)

    def pass_by(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds
        fresh = self.file.with_suffix(".fresh")
        fresh.write_text(str(self.now), encoding="ascii")
        fresh.replace(self.file)


@dataclass(frozen=True)
class LaggingCloud:
    """An emulator that lags, and its clock."""

    cloud: Cloud
    clock: Clock

    def caller(self, *statements: dict[str, Any]) -> Caller:
        """A session of a role with these permissions, which already show."""
        arn = self.cloud.role("ec2.amazonaws.com", *statements)
        self.clock.pass_by(LAG)
        return self.cloud.become(arn, "test")

    def turns(self, call: Callable[[], object]) -> list[str]:
        """The result of a call at once, shortly before the lag is over, and after it."""
        outcomes = []
        for seconds in (0, LAG - 1, 1):
            self.clock.pass_by(seconds)
            outcomes.append(outcome(call))
        return outcomes


@pytest.fixture(scope="module", name="lagging")
def start_lagging(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LaggingCloud]:
    """An emulator that lags by the clock of the tests."""
    path = tmp_path_factory.mktemp("lagging")
    clock = Clock(path / "clock")
    clock.pass_by(0)
    started = emulator.start(path / "state", ("-c", PROGRAM.format(file=str(clock.file))), lag=LAG)
    cloud = Cloud(started)
    yield LaggingCloud(cloud, clock)
    cloud.close()
    emulator.stop(path / "state")


def name_of(caller: Caller) -> str:
    """The name of a caller's role."""
    return caller.role_arn.rpartition("/")[2]


LISTING = allow("sqs:ListQueues")
NO_LISTING = deny("sqs:ListQueues")
NOTHING = allow("sqs:TagQueue")
REFUSED = ["AccessDenied", "AccessDenied", "ok"]
ALLOWED = ["ok", "ok", "AccessDenied"]
Change = Callable[[Any, str, str], object]
"""Changes a role that has an inline policy, with the ARN of a managed policy."""

CHANGES: dict[str, tuple[list[dict[str, Any]], Change, list[str]]] = {
    "put": (
        [NOTHING],
        lambda iam, role, _arn: iam.put_role_policy(
            RoleName=role, PolicyName="new", PolicyDocument=json.dumps(policy(LISTING))
        ),
        REFUSED,
    ),
    "deleted": (
        [LISTING],
        lambda iam, role, _arn: iam.delete_role_policy(RoleName=role, PolicyName="own"),
        ALLOWED,
    ),
    "attached": (
        [NOTHING],
        lambda iam, role, arn: iam.attach_role_policy(RoleName=role, PolicyArn=arn),
        REFUSED,
    ),
    "denied": (
        [LISTING],
        lambda iam, role, _arn: iam.put_role_policy(
            RoleName=role, PolicyName="new", PolicyDocument=json.dumps(policy(NO_LISTING))
        ),
        ALLOWED,
    ),
    "bounded": (
        [LISTING, allow("s3:*")],
        lambda iam, role, _arn: iam.put_role_permissions_boundary(
            RoleName=role, PermissionsBoundary="arn:aws:iam::aws:policy/AmazonS3FullAccess"
        ),
        ALLOWED,
    ),
}


@pytest.mark.parametrize(("own", "change", "expected"), CHANGES.values(), ids=CHANGES)
def test_what_a_role_may_do(
    parity: Cloud,
    lagging: LaggingCloud,
    own: list[dict[str, Any]],
    change: Change,
    expected: list[str],
) -> None:
    def changed(cloud: Cloud, caller: Caller) -> Any:
        iam = cloud.client("iam")
        document = json.dumps(policy(LISTING))
        managed = iam.create_policy(PolicyName=unique("policy"), PolicyDocument=document)
        change(iam, name_of(caller), managed["Policy"]["Arn"])
        return caller.client("sqs")

    assert outcome(changed(parity, parity.assume(*own)).list_queues) == expected[-1]
    sqs = changed(lagging.cloud, lagging.caller(*own))
    assert lagging.turns(sqs.list_queues) == expected


def test_what_an_attached_policy_says(lagging: LaggingCloud) -> None:
    iam, caller = lagging.cloud.client("iam"), lagging.caller(NOTHING)
    arn = iam.create_policy(
        PolicyName=unique("policy"), PolicyDocument=json.dumps(policy(NOTHING))
    )["Policy"]["Arn"]
    iam.attach_role_policy(RoleName=name_of(caller), PolicyArn=arn)
    lagging.clock.pass_by(LAG)
    iam.create_policy_version(
        PolicyArn=arn, PolicyDocument=json.dumps(policy(LISTING)), SetAsDefault=True
    )
    assert lagging.turns(caller.client("sqs").list_queues) == REFUSED


def test_each_of_several_changes_at_its_time(lagging: LaggingCloud) -> None:
    iam, caller = lagging.cloud.client("iam"), lagging.caller(NOTHING)
    own = {"RoleName": name_of(caller), "PolicyName": "own"}
    sqs = caller.client("sqs")
    for statement in (LISTING, NO_LISTING):
        iam.put_role_policy(**own, PolicyDocument=json.dumps(policy(statement)))
        lagging.clock.pass_by(4)
    seen = []
    for _ in range(4):
        seen.append(outcome(sqs.list_queues))
        lagging.clock.pass_by(2)
    assert seen == ["AccessDenied", "ok", "ok", "AccessDenied"]  # after 8, 10, 12 and 14 s


def test_who_may_assume_a_role(parity: Cloud, lagging: LaggingCloud) -> None:
    def becoming(cloud: Cloud, arn: str) -> Callable[[], object]:
        sts = cloud.client("sts")
        return lambda: sts.assume_role(RoleArn=arn, RoleSessionName="test")

    assert outcome(becoming(parity, parity.role("ec2.amazonaws.com"))) == "ok"
    arn = lagging.cloud.role("ec2.amazonaws.com")
    assert lagging.turns(becoming(lagging.cloud, arn)) == REFUSED
    nobody = {"Effect": "Deny", "Action": "sts:AssumeRole", "Principal": {"AWS": ACCOUNT}}
    lagging.cloud.client("iam").update_assume_role_policy(
        RoleName=arn.rpartition("/")[2], PolicyDocument=json.dumps(policy(nobody))
    )
    assert lagging.turns(becoming(lagging.cloud, arn)) == ALLOWED


def test_iam_answers_at_once(lagging: LaggingCloud) -> None:
    iam, name = lagging.cloud.client("iam"), unique("role")
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": ACCOUNT}}
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(policy(trust)))
    iam.attach_role_policy(RoleName=name, PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    (attached,) = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    assert attached["PolicyName"] == "ReadOnlyAccess"


def test_a_buckets_policy(parity: Cloud, lagging: LaggingCloud) -> None:
    def reading(cloud: Cloud, caller: Caller) -> Callable[[], object]:
        bucket = cloud.bucket()
        document = policy({**deny("s3:ListBucket", "*"), "Principal": "*"})
        cloud.client("s3").put_bucket_policy(Bucket=bucket, Policy=json.dumps(document))
        return lambda: caller.client("s3").list_objects_v2(Bucket=bucket)

    own = allow("s3:*")
    assert outcome(reading(parity, parity.assume(own))) == "AccessDenied"
    assert lagging.turns(reading(lagging.cloud, lagging.caller(own))) == ALLOWED


def test_a_keys_policy(parity: Cloud, lagging: LaggingCloud) -> None:
    def encrypting(cloud: Cloud, caller: Caller) -> Callable[[], object]:
        key = cloud.key()
        administration = {**allow("kms:PutKeyPolicy"), "Principal": {"AWS": ACCOUNT}}
        document = json.dumps(policy(administration))
        cloud.client("kms").put_key_policy(KeyId=key, Policy=document)
        return lambda: caller.client("kms").encrypt(KeyId=key, Plaintext=b"x")

    own, refused = allow("kms:Encrypt"), "AccessDeniedException"
    assert outcome(encrypting(parity, parity.assume(own))) == refused
    caller = lagging.caller(own)
    assert lagging.turns(encrypting(lagging.cloud, caller)) == ["ok", "ok", refused]


def test_whether_a_key_is_enabled(parity: Cloud, lagging: LaggingCloud) -> None:
    def writing(cloud: Cloud, change: str, key: str, bucket: str) -> Callable[[], object]:
        getattr(cloud.client("kms"), change)(KeyId=key)
        return lambda: cloud.client("s3").put_object(Bucket=bucket, Key="k", Body=b"x")

    disabled, key = "KMS.DisabledException", parity.key()
    assert outcome(writing(parity, "disable_key", key, parity.bucket(key))) == disabled
    key = lagging.cloud.key()
    bucket = lagging.cloud.bucket(key)
    off = writing(lagging.cloud, "disable_key", key.rpartition("/")[2], bucket)
    assert lagging.turns(off) == ["ok", "ok", disabled]
    on = writing(lagging.cloud, "enable_key", key, bucket)
    assert lagging.turns(on) == [disabled, disabled, "ok"]


def test_the_attributes_of_a_queue(parity: Cloud, lagging: LaggingCloud) -> None:
    def probe(cloud: Cloud, wait: Callable[[float], None]) -> list[tuple[str, bool]]:
        sqs, found = cloud.client("sqs"), []
        url, _ = make_queue(cloud, VisibilityTimeout="60")
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "0"})
        for seconds in (0, LAG - 1, 1):
            wait(seconds)
            sqs.send_message(QueueUrl=url, MessageBody="x")
            said = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])
            received = sqs.receive_message(QueueUrl=url)["Messages"][0]["MessageId"]
            again = sqs.receive_message(QueueUrl=url).get("Messages", [])
            visible = received in [message["MessageId"] for message in again]
            found.append((said["Attributes"]["VisibilityTimeout"], visible))
        return found

    assert probe(parity, lambda _seconds: None) == [("0", True)] * 3
    assert probe(lagging.cloud, lagging.clock.pass_by) == [
        ("60", False),
        ("60", False),
        ("0", True),
    ]


def test_a_queue_refuses_wrong_attributes_at_once(lagging: LaggingCloud) -> None:
    sqs, (url, _) = lagging.cloud.client("sqs"), make_queue(lagging.cloud)
    wrong = {"VisibilityTimeout": "-1"}
    code = outcome(lambda: sqs.set_queue_attributes(QueueUrl=url, Attributes=wrong))
    assert code.endswith("InvalidAttributeValue")


def test_metrics_and_their_alarms(lagging: LaggingCloud) -> None:
    cloud, metric = lagging.cloud, ("AWS/SQS", "ApproximateNumberOfMessagesVisible")
    _, _, dead_arn = dead_letters(cloud)
    queue = dead_arn.rpartition(":")[2]
    name = alarm(cloud, *metric, QueueName=queue)
    seen = []
    for seconds in (0, LAG - 1, 1):
        lagging.clock.pass_by(seconds)
        seen.append((total(cloud, *metric, QueueName=queue), state(cloud, name)))
    assert seen == [(0, "INSUFFICIENT_DATA"), (0, "INSUFFICIENT_DATA"), (1, "ALARM")]


def test_alarms_act_without_being_asked_for(lagging: LaggingCloud) -> None:
    """The poller of event source mappings, of which there must be one, evaluates them."""
    cloud, namespace = lagging.cloud, unique("Own")
    sqs, sns, cloudwatch = (cloud.client(name) for name in ("sqs", "sns", "cloudwatch"))
    welcome = {**allow("sqs:SendMessage"), "Principal": {"Service": "sns.amazonaws.com"}}
    receiver, receiver_arn = make_queue(cloud, Policy=json.dumps(policy(welcome)))
    topic = sns.create_topic(Name=unique("topic"))["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=receiver_arn)
    role = cloud.role("lambda.amazonaws.com")
    cloud.client("iam").attach_role_policy(
        RoleName=role.rpartition("/")[2], PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess"
    )
    lagging.clock.pass_by(LAG)
    source = {"EventSourceArn": {"Fn::GetAtt": ["Queue", "Arn"]}, "FunctionName": {"Ref": "F"}}
    cloud.deploy(
        {
            "Queue": {"Type": "AWS::SQS::Queue"},
            "F": function(role),
            "Mapping": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": source},
        }
    )
    cloudwatch.put_metric_alarm(
        AlarmName=unique("alarm"),
        Namespace=namespace,
        MetricName="Depth",
        Statistic="Maximum",
        Period=300,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        AlarmActions=[topic],
    )
    datum = {"MetricName": "Depth", "Value": 5}
    cloudwatch.put_metric_data(Namespace=namespace, MetricData=[datum])
    assert not sqs.receive_message(QueueUrl=receiver).get("Messages")
    lagging.clock.pass_by(LAG)
    assert sqs.receive_message(QueueUrl=receiver, WaitTimeSeconds=20)["Messages"]


def test_what_cloudformation_changes_shows_at_once(lagging: LaggingCloud) -> None:
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": ACCOUNT}}
    properties = {
        "RoleName": unique("role"),
        "AssumeRolePolicyDocument": policy(trust),
        "Policies": [{"PolicyName": "own", "PolicyDocument": policy(LISTING)}],
    }
    role = {"Type": "AWS::IAM::Role", "Properties": properties}
    ids = lagging.cloud.deploy({"Role": role})
    arn = f"arn:aws:iam::{ACCOUNT}:role/{ids['Role']}"
    sqs = lagging.cloud.become(arn, "test").client("sqs")
    assert outcome(sqs.list_queues) == "ok"
    changed = {"Policies": [{"PolicyName": "own", "PolicyDocument": policy(NO_LISTING)}]}
    lagging.cloud.deploy(
        {"Role": {**role, "Properties": {**properties, **changed}}}, ids["AWS::StackName"]
    )
    assert outcome(sqs.list_queues) == "AccessDenied"


def test_by_the_clock_of_the_machine(tmp_path: Path) -> None:
    cloud = Cloud(emulator.start(tmp_path / "state", lag=0.5))
    try:
        began = time.monotonic()
        sts, arn = cloud.client("sts"), cloud.role("ec2.amazonaws.com")
        while outcome(lambda: sts.assume_role(RoleArn=arn, RoleSessionName="test")) != "ok":
            assert time.monotonic() - began < 30
        assert time.monotonic() - began > 0.5
    finally:
        cloud.close()
        emulator.stop(tmp_path / "state")
