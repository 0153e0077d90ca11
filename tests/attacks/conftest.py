"""Fixtures of the attacks: a deployed stack, its attackers, and their targets.

The suite finds everything through the stack's outputs, and runs against the sandbox or an account,
as the AWS variables say; their credentials must be an administrator's. It replaces the function's
code while it runs, so files wait in the queue meanwhile. On AWS it also uses a second account, if
the variable ``STRANGER_PROFILE`` names a profile of one.

After each change of a policy, a call shows when it has taken effect.
"""

import base64
import contextlib
import io
import json
import os
import uuid
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from tests import roles, traces
from tests.attacks import intruder
from tests.attacks.attempt import Actor, Attempt
from tests.deployed_function import code_of_template, other_code, waiting_queue
from tests.intake import wait_until_drained
from tests.patience import LAST_MESSAGES, PERMISSION, RESTORED, wait_for
from tests.target import TARGET

DATASET = "attack-probe"
"""It has no contract, so its files under ``incoming/`` end in quarantine."""

Facts = dict[str, str]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the attacks last: meanwhile the function processes nothing."""
    items.sort(key=lambda item: Path(__file__).parent in item.path.parents)


def client_of(session: boto3.Session, service: Any, **options: Any) -> Any:
    """A client of any service, without types."""
    return session.client(service, **options)


# --- The target ----------------------------------------------------------------------------------


@pytest.fixture(scope="session", name="admin")
def make_admin(outputs: dict[str, str]) -> Iterator[boto3.Session]:
    """The deployer of the stack."""
    assert outputs
    yield boto3.Session()
    for client in intruder.clients.values():
        client.close()
    intruder.clients.clear()


@pytest.fixture(scope="session", autouse=True)
def untouched(admin: boto3.Session, outputs: dict[str, str]) -> Iterator[None]:
    """Fail at the end if the attacks changed the stack."""
    before = _state(admin, outputs)
    yield
    with contextlib.suppress(TimeoutError):  # what still differs by then is reported below
        wait_for("state", lambda: _state(admin, outputs) == before or None, RESTORED)
    after = _state(admin, outputs)
    changed = {name: (before[name], after[name]) for name in before if after[name] != before[name]}
    assert not changed


def _state(admin: boto3.Session, outputs: dict[str, str]) -> dict[str, Any]:
    """What an attacker would like to change."""
    s3, kms, iam, sqs = (client_of(admin, name) for name in ("s3", "kms", "iam", "sqs"))
    bucket, function = outputs["S3BucketName"], outputs["LambdaFunctionName"]
    role = {"RoleName": outputs["LambdaRoleArn"].rpartition("/")[2]}
    group = outputs["LogGroupName"]
    settings: Any = [name for name in outputs if name.endswith("KeyId")]
    attributes: Any = ["Policy", "VisibilityTimeout", "RedrivePolicy"]
    answers = {
        **_state_of_trail(admin, outputs),
        "bucket's policy": s3.get_bucket_policy(Bucket=bucket),
        "versioning": s3.get_bucket_versioning(Bucket=bucket),
        "lifecycle": s3.get_bucket_lifecycle_configuration(Bucket=bucket),
        "public access": s3.get_public_access_block(Bucket=bucket),
        "encryption": s3.get_bucket_encryption(Bucket=bucket),
        "notifications": s3.get_bucket_notification_configuration(Bucket=bucket),
        "role": iam.get_role(**role)["Role"],
        "role's own policies": iam.list_role_policies(**role),
        "role's attached policies": iam.list_attached_role_policies(**role),
        "queue": sqs.get_queue_attributes(QueueUrl=outputs["QueueUrl"], AttributeNames=attributes),
        "log group": [
            (found["logGroupName"], found["retentionInDays"], found["kmsKeyId"])
            for found in client_of(admin, "logs").describe_log_groups(logGroupNamePrefix=group)[
                "logGroups"
            ]
            if found["logGroupName"] == group  # and not that of another environment
        ],
        "code": client_of(admin, "lambda").get_function_configuration(FunctionName=function)[
            "CodeSha256"
        ],
        **{name: kms.describe_key(KeyId=outputs[name]) for name in settings},
        **{f"{name}'s policy": kms.get_key_policy(KeyId=outputs[name]) for name in settings},
    }
    return {name: _lasting(answer) for name, answer in answers.items()}


def _state_of_trail(admin: boto3.Session, outputs: dict[str, str]) -> dict[str, Any]:
    """The same for the audit trail, if there is one."""
    if "AuditTrailArn" not in outputs:
        return {}
    trail, s3 = client_of(admin, "cloudtrail"), client_of(admin, "s3")
    name, bucket = outputs["AuditTrailArn"], outputs["AuditBucketName"]
    return {
        "trail": trail.get_trail(Name=name),
        "trail's events": trail.get_event_selectors(TrailName=name),
        "trail is logging": trail.get_trail_status(Name=name)["IsLogging"],
        "log bucket's policy": s3.get_bucket_policy(Bucket=bucket),
        "log bucket's lifecycle": s3.get_bucket_lifecycle_configuration(Bucket=bucket),
    }


def _lasting(answer: Any) -> Any:
    """An answer without the parts that differ each time."""
    if not isinstance(answer, dict):
        return answer
    passing = ("ResponseMetadata", "RoleLastUsed")
    return {name: value for name, value in answer.items() if name not in passing}


@pytest.fixture(scope="session", name="facts")
def find_facts(outputs: dict[str, str], admin: boto3.Session) -> Iterator[Facts]:
    """Names of the targets, and of resources made for the attack: nothing else is at risk."""
    partition, _, region, account, _ = outputs["LambdaFunctionArn"].split(":", 5)[1:6]
    own = f"zero-trust-attack-{uuid.uuid4().hex[:12]}"
    keys = {
        f"{name}_key": f"arn:{partition}:kms:{region}:{account}:key/{outputs[output]}"
        for name, output in (
            ("data", "S3KmsKeyId"),
            ("logs", "LogsKmsKeyId"),
            ("environment", "LambdaKmsKeyId"),
            ("pseudonym", "PseudonymKeyId"),
        )
    }
    facts = keys | {
        "partition": partition,
        "region": region,
        "account": account,
        "bucket": outputs["S3BucketName"],
        "function": outputs["LambdaFunctionName"],
        "function_arn": outputs["LambdaFunctionArn"],
        "role": outputs["LambdaRoleArn"].rpartition("/")[2],
        "role_arn": outputs["LambdaRoleArn"],
        "queue_url": outputs["QueueUrl"],
        "dead_letter_url": outputs["DeadLetterQueueUrl"],
        "log_group": outputs["LogGroupName"],
        "vpc": outputs["VpcId"],
        **_trail(outputs),
        "replay_arn": outputs["ReplayStateMachineArn"],
        "consumer_policy": outputs["ConsumerPolicyArn"],
        "trust": json.dumps(roles.trusting(partition, account)),
        "archive": base64.b64encode(_archive()).decode(),
        "dataset": DATASET,
        "own": own,
        "own_bucket": f"{own}-{account}",
        "own_group": f"/{own}",
        "own_role": own,
        "own_role_arn": f"arn:{partition}:iam::{account}:role/{own}",
        "administrator": f"arn:{partition}:iam::aws:policy/AdministratorAccess",
        "incoming": f"incoming/{DATASET}/{own}.csv",
        "processed": f"processed/{DATASET}/{own}.parquet",
        "quarantine": f"quarantine/{DATASET}/{own}.jsonl.gz",
        "manifest": f"manifests/{DATASET}/{own}.json",
    }
    facts |= _find_network(admin, outputs["VpcId"])
    with contextlib.ExitStack() as clean_up:
        clean_up.callback(_remove_traces, admin, facts, outputs)
        facts |= _make_own_things(admin, facts, clean_up)
        yield facts


def _trail(outputs: dict[str, str]) -> Facts:
    """What the audit trail consists of, or names of nothing: see ``audited``."""
    arn = outputs.get("AuditTrailArn", "arn:aws:cloudtrail:us-east-1:0:trail/zero-trust-audit")
    region, account, name = arn.split(":")[3:6]
    return {
        "trail": arn,
        "trail_name": name.partition("/")[2],
        "trail_group": f"/aws/cloudtrail/{name.partition('/')[2].removesuffix(f'-{region}')}",
        "log_bucket": outputs.get("AuditBucketName", f"zero-trust-audit-{account}"),
        "log_file": f"AWSLogs/{account}/CloudTrail/{region}/2026/11/26/attack.json.gz",
    }


@pytest.fixture(scope="session", name="audited")
def check_trail(outputs: dict[str, str]) -> None:
    """Skip unless the stack has an audit trail."""
    if "AuditTrailArn" not in outputs:
        pytest.skip("this environment has no audit trail: auditTrail is off")


@pytest.fixture(name="restricted")
def check_restriction(admin: boto3.Session, facts: Facts) -> None:
    """Skip unless the stack restricts administrators."""
    policy = client_of(admin, "s3").get_bucket_policy(Bucket=facts["bucket"])["Policy"]
    if traces.RESTRICTION not in policy:
        pytest.skip("in this environment administrators may look: restrictAdministrators is off")


def _remove_traces(admin: boto3.Session, facts: Facts, outputs: dict[str, str]) -> None:
    """Remove what the attacks wrote into the stack's bucket, and its outputs."""
    s3, sqs = client_of(admin, "s3"), client_of(admin, "sqs")
    names = (f"{DATASET}/", facts["own"])
    prefixes = [f"{place}/{name}" for place in traces.PLACES for name in names]
    traces.remove_from_stack(s3, sqs, outputs, [*prefixes, facts["own"]])


def _find_network(admin: boto3.Session, vpc: str) -> Facts:
    ec2 = client_of(admin, "ec2")
    of_vpc: Any = [{"Name": "vpc-id", "Values": [vpc]}]
    endpoint = ec2.describe_vpc_endpoints(Filters=of_vpc)["VpcEndpoints"][0]
    return {
        "subnet": ec2.describe_subnets(Filters=of_vpc)["Subnets"][0]["SubnetId"],
        "endpoint": endpoint["VpcEndpointId"],
        "services": endpoint["ServiceName"].rpartition(".")[0],
        "security_group": ec2.describe_security_groups(Filters=of_vpc)["SecurityGroups"][0][
            "GroupId"
        ],
    }


def _archive() -> bytes:
    """The attacker's code as a function's zip."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as bundle:
        bundle.write(intruder.__file__, "index.py")
    return archive.getvalue()


def _make_own_things(admin: boto3.Session, facts: Facts, later: contextlib.ExitStack) -> Facts:
    """Create resources that the attempts may destroy; ``later`` deletes them."""
    s3, sqs, logs, kms = (client_of(admin, name) for name in ("s3", "sqs", "logs", "kms"))
    bucket, own = facts["bucket"], facts["own_bucket"]
    with traces.unrestricted(s3, bucket):
        versions: Facts = {
            f"{name}_version": s3.put_object(
                Bucket=bucket, Key=facts[name], Body=b"an attacker was here"
            )["VersionId"]
            for name in ("incoming", "processed", "quarantine", "manifest")
        }
    _create_bucket(s3, own, facts["region"])
    later.callback(_delete_bucket, s3, own)
    s3.put_object(Bucket=own, Key="bait", Body=b"bait")
    queue = sqs.create_queue(QueueName=facts["own"])["QueueUrl"]
    later.callback(sqs.delete_queue, QueueUrl=queue)
    logs.create_log_group(logGroupName=facts["own_group"])
    later.callback(logs.delete_log_group, logGroupName=facts["own_group"])
    attributes: Any = ["QueueArn"]
    return versions | {
        "own_queue_url": queue,
        "own_queue_arn": _queue_arn(sqs, queue, attributes),
        "dead_letter_arn": _queue_arn(sqs, facts["dead_letter_url"], attributes),
        "queue_arn": _queue_arn(sqs, facts["queue_url"], attributes),
        "bucket_policy": s3.get_bucket_policy(Bucket=bucket)["Policy"],
        "key_policy": kms.get_key_policy(KeyId=facts["data_key"])["Policy"],
        "ciphertext": _ciphertext(kms, facts["data_key"]),
    }


def _queue_arn(sqs: Any, url: str, names: list[str]) -> str:
    return str(
        sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"][names[0]]
    )


def _ciphertext(kms: Any, key: str) -> str:
    """Something encrypted under a key, if the administrator may, in base64."""
    with contextlib.suppress(ClientError):
        return base64.b64encode(kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]).decode()
    return base64.b64encode(b"junk").decode()


def _create_bucket(s3: Any, name: str, region: str) -> None:
    place: Any = {"CreateBucketConfiguration": {"LocationConstraint": region}}
    s3.create_bucket(Bucket=name, **({} if region == "us-east-1" else place))


def _delete_bucket(s3: Any, name: str) -> None:
    traces.remove(s3, name, [""])
    s3.delete_bucket(Bucket=name)


# --- The function, its code replaced -------------------------------------------------------------


@pytest.fixture(scope="session", name="breach")
def break_in(admin: boto3.Session, facts: Facts) -> Iterator[Any]:
    """The Lambda client, with the attacker's code in the function; its own code is restored.

    The queue waits meanwhile. Messages in flight are processed before.
    """
    awslambda = client_of(admin, "lambda")
    with contextlib.suppress(TimeoutError):  # a stuck message does not matter
        wait_until_drained(client_of(admin, "sqs"), facts["queue_url"], LAST_MESSAGES)
    function = facts["function"]
    own = code_of_template(
        client_of(admin, "cloudformation"), facts["function_arn"], facts["region"]
    )
    with (
        waiting_queue(awslambda, function),
        other_code(awslambda, function, own, {"ZipFile": _archive()}),
    ):
        yield awslambda


# --- The actors ----------------------------------------------------------------------------------


def _as(session: boto3.Session, **options: Any) -> Callable[..., dict[str, str]]:
    """Calls with the credentials of a session."""
    return lambda operation, parameters: intruder.call(session, operation, parameters, **options)


@pytest.fixture(scope="session", name="canary")
def be_canary(admin: boto3.Session, facts: Facts) -> Iterator[Actor]:
    """A role of the account without any permission."""
    with _role(admin, facts, f"{facts['own']}-canary", "") as actor:
        yield actor


@pytest.fixture(scope="session", params=["as-deployed", "with-AdministratorAccess"], name="power")
def grow_power(
    request: pytest.FixtureRequest, admin: boto3.Session, facts: Facts
) -> Iterator[str]:
    """The permissions of the function's role: its own policies, or also all of AWS.

    The additional permissions must not show in any call. So a canary role gets them afterwards,
    and when they show in its calls, they are assumed to apply to both.
    """
    if request.param == "as-deployed":
        yield request.param
        return
    canary: Actor = request.getfixturevalue("canary")
    iam = client_of(admin, "iam")
    grown = (facts["role"], canary.name)
    for role in grown:
        iam.attach_role_policy(RoleName=role, PolicyArn=facts["administrator"])
    try:
        _wait_until_allowed(canary, *EVERYTHING)
        yield request.param
    finally:
        for role in grown:
            iam.detach_role_policy(RoleName=role, PolicyArn=facts["administrator"])


@pytest.fixture(scope="session", name="inside")
def be_inside(breach: Any, power: str, facts: Facts, admin: boto3.Session) -> Actor:
    """An attacker's code that runs as the function, in its network.

    It reaches the services with endpoints, by the names of boto3's clients.
    """
    of_vpc: Any = [{"Name": "vpc-id", "Values": [facts["vpc"]]}]
    endpoints = client_of(admin, "ec2").describe_vpc_endpoints(Filters=of_vpc)["VpcEndpoints"]
    reached = {endpoint["ServiceName"].rpartition(".")[2] for endpoint in endpoints}
    reached |= {"cloudwatch"} if "monitoring" in reached else set()

    def call(operation: str, parameters: dict[str, Any]) -> dict[str, str]:
        event = {"operation": operation, "parameters": parameters}
        return _invoke(breach, facts["function"], event)

    return Actor(f"the function {power}", call, facts, _as(admin), frozenset(reached))


@pytest.fixture(scope="session", name="outside")
def be_outside(breach: Any, power: str, facts: Facts, admin: boto3.Session) -> Actor:
    """Somebody who stole the function's credentials and uses them elsewhere."""
    stolen = _steal(breach, facts)
    return Actor(f"the thief of the credentials {power}", _as(stolen), facts, _as(admin))


@pytest.fixture(scope="session", name="stolen")
def steal_credentials(breach: Any, facts: Facts) -> boto3.Session:
    """A session with the function's credentials, outside its network."""
    return _steal(breach, facts)


def _steal(breach: Any, facts: Facts) -> boto3.Session:
    reply = _invoke(breach, facts["function"], {"operation": "tell credentials"})
    key, secret, token = (reply[name] for name in intruder.CREDENTIALS)
    return boto3.Session(key, secret, token, facts["region"])


def _invoke(awslambda: Any, function: str, event: Mapping[str, Any]) -> dict[str, str]:
    answer = awslambda.invoke(FunctionName=function, Payload=json.dumps(event))
    with contextlib.closing(answer["Payload"]) as payload:
        reply: dict[str, str] = json.load(payload)
    if "FunctionError" in answer:
        raise RuntimeError(f"the attacker's code failed: {reply}")
    return reply


SEE_POLICIES = Attempt("see policies", "iam.list_attached_role_policies", {"RoleName": "{role}"})
EVERYTHING = (SEE_POLICIES, Attempt("see buckets", "s3.list_buckets"))
"""An administrator's permissions. Services may notice them at different times."""


def _wait_until_allowed(actor: Actor, *calls: Attempt) -> None:
    wait_for(
        f"permission of {actor.name}",
        lambda: all(actor.is_allowed(call) for call in calls) or None,
        PERMISSION,
    )


def _become(admin: boto3.Session, facts: Facts, role: str) -> Actor | None:
    """An actor with a new session of a role, or None if it cannot be assumed (yet)."""
    arn = f"arn:{facts['partition']}:iam::{facts['account']}:role/{role}"
    session = roles.become(client_of(admin, "sts"), arn, facts["region"])
    return Actor(role, _as(session), facts, _as(admin)) if session else None


@contextlib.contextmanager
def _role(
    admin: boto3.Session,
    facts: Facts,
    name: str,
    policy: str,
    *shows: Attempt,
    **tags: str,
) -> Iterator[Actor]:
    """An actor of the account with a managed policy, or none, once it ``shows`` in calls."""
    trust = json.loads(facts["trust"])
    with roles.made(client_of(admin, "iam"), name, trust, policy, tags):
        actor = wait_for(f"session of {name}", lambda: _become(admin, facts, name), PERMISSION)
        _wait_until_allowed(actor, *shows)
        yield actor


@contextlib.contextmanager
def broken_into(
    admin: boto3.Session, facts: Facts, machine_arn: str, *, grown: bool
) -> Iterator[boto3.Session]:
    """The credentials of a state machine's role, after changing whom it trusts.

    Like the function's role, it may have gained permissions, which must not show in any call.
    """
    states, iam = client_of(admin, "stepfunctions"), client_of(admin, "iam")
    arn = states.describe_state_machine(stateMachineArn=machine_arn)["roleArn"]
    role = arn.rpartition("/")[2]
    trust = iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]
    more = {"RoleName": role, "PolicyArn": facts["administrator"]}
    try:
        iam.update_assume_role_policy(RoleName=role, PolicyDocument=facts["trust"])
        if grown:
            iam.attach_role_policy(**more)
        with _role(admin, facts, f"{facts['own']}-witness", more["PolicyArn"], *EVERYTHING):
            sts, region = client_of(admin, "sts"), facts["region"]
            yield wait_for(
                f"session of {role}", lambda: roles.become(sts, arn, region), PERMISSION
            )
    finally:
        if grown:
            iam.detach_role_policy(**more)
        iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(trust))


@pytest.fixture(
    scope="session", params=["as-deployed", "with-AdministratorAccess"], name="replayer"
)
def be_replayer(
    request: pytest.FixtureRequest, admin: boto3.Session, facts: Facts
) -> Iterator[Actor]:
    """Somebody with the credentials of the replay's role."""
    grown = request.param != "as-deployed"
    with broken_into(admin, facts, facts["replay_arn"], grown=grown) as session:
        yield Actor("the replay", _as(session), facts, _as(admin))


@pytest.fixture(scope="session", name="bystander")
def be_bystander(admin: boto3.Session, facts: Facts) -> Iterator[Actor]:
    """Another role of the account, with AdministratorAccess."""
    name, policy = facts["own_role"], facts["administrator"]
    with _role(admin, facts, name, policy, *EVERYTHING) as actor:
        yield actor


def _read(what: str) -> Attempt:
    return Attempt("read", "s3.get_object", {"Bucket": "{bucket}", "Key": f"{{{what}}}"})


PUT_FILE = Attempt(
    "put a file", "s3.put_object", {"Bucket": "{bucket}", "Key": "{incoming}", "Body": "x"}
)


@pytest.fixture(scope="session", name="producer")
def be_producer(admin: boto3.Session, facts: Facts, outputs: dict[str, str]) -> Iterator[Actor]:
    """A producer of one dataset."""
    name, policy = f"{facts['own']}-producer", outputs["ProducerPolicyArn"]
    with _role(admin, facts, name, policy, PUT_FILE, dataset=DATASET) as actor:
        yield actor


@pytest.fixture(scope="session", name="untagged")
def be_untagged(admin: boto3.Session, facts: Facts, outputs: dict[str, str]) -> Iterator[Actor]:
    """An actor with the producer's policy whose tag ``dataset`` was removed."""
    name, policy = f"{facts['own']}-untagged", outputs["ProducerPolicyArn"]
    with _role(admin, facts, name, policy, PUT_FILE, dataset=DATASET):
        yield _retag(admin, facts, name, None, PUT_FILE)


def _retag(
    admin: boto3.Session, facts: Facts, role: str, dataset: str | None, shows: Attempt
) -> Actor:
    """An actor with a new session of a role whose dataset was changed or removed.

    It ``shows`` in a call that is no longer allowed.
    """
    iam = client_of(admin, "iam")
    if dataset is None:
        iam.untag_role(RoleName=role, TagKeys=["dataset"])
    else:
        iam.tag_role(RoleName=role, Tags=[{"Key": "dataset", "Value": dataset}])

    def retagged() -> Actor | None:
        actor = _become(admin, facts, role)
        return None if actor is None or actor.is_allowed(shows) else actor

    return wait_for("end of a tag", retagged, PERMISSION)


@pytest.fixture(scope="session", name="consumer")
def be_consumer(admin: boto3.Session, facts: Facts, outputs: dict[str, str]) -> Iterator[Actor]:
    """A consumer of one dataset."""
    name, policy = f"{facts['own']}-consumer", outputs["ConsumerPolicyArn"]
    with _role(admin, facts, name, policy, _read("processed"), dataset=DATASET) as actor:
        yield actor


@pytest.fixture(scope="session", name="steward")
def be_steward(admin: boto3.Session, facts: Facts, outputs: dict[str, str]) -> Iterator[Actor]:
    """A steward of one dataset."""
    name, policy = f"{facts['own']}-steward", outputs["StewardPolicyArn"]
    with _role(admin, facts, name, policy, _read("manifest"), dataset=DATASET) as actor:
        yield actor


@pytest.fixture(
    scope="session",
    params=[f"{DATASET}-other", f"{DATASET}/..", "", None],
    ids=["of-another-dataset", "of-a-path", "of-an-empty-name", "of-none"],
    name="tag",
)
def choose_tag(request: pytest.FixtureRequest) -> str | None:
    """The value of a reader's tag, instead of the dataset."""
    given: str | None = request.param
    return given


@pytest.fixture(scope="session", params=["Consumer", "Steward"], name="stray")
def be_stray(
    request: pytest.FixtureRequest,
    admin: boto3.Session,
    facts: Facts,
    outputs: dict[str, str],
    tag: str | None,
) -> Iterator[Actor]:
    """A reader whose tag was changed from the dataset to something else."""
    name = f"{facts['own']}-stray-{request.param}".lower()
    policy, shows = outputs[f"{request.param}PolicyArn"], _read("manifest")
    with _role(admin, facts, name, policy, shows, dataset=DATASET):
        yield _retag(admin, facts, name, tag, shows)


@pytest.fixture(scope="session", params=["Consumer", "Steward"], name="double")
def be_double(
    request: pytest.FixtureRequest, admin: boto3.Session, facts: Facts, outputs: dict[str, str]
) -> Iterator[Actor]:
    """A producer of a dataset who also becomes a reader of it."""
    name = f"{facts['own']}-producer-and-{request.param}".lower()
    iam, more = client_of(admin, "iam"), outputs[f"{request.param}PolicyArn"]
    found = {"Consumer": "processed", "Steward": "quarantine"}[request.param]
    own = {"Bucket": "{bucket}", "Prefix": f"{found}/{DATASET}/"}
    with _role(
        admin, facts, name, outputs["ProducerPolicyArn"], PUT_FILE, dataset=DATASET
    ) as actor:
        iam.attach_role_policy(RoleName=name, PolicyArn=more)
        try:
            _wait_until_allowed(actor, Attempt("list", "s3.list_objects_v2", own))
            yield actor
        finally:
            iam.detach_role_policy(RoleName=name, PolicyArn=more)


@pytest.fixture(scope="session", name="twice_reader")
def be_twice_reader(
    admin: boto3.Session, facts: Facts, outputs: dict[str, str]
) -> Iterator[Actor]:
    """A consumer of a dataset who also becomes its steward."""
    name = f"{facts['own']}-consumer-and-steward"
    iam, more = client_of(admin, "iam"), outputs["StewardPolicyArn"]
    read = [
        Attempt(
            f"list {place}",
            "s3.list_objects_v2",
            {"Bucket": "{bucket}", "Prefix": f"{place}/{DATASET}/"},
        )
        for place in ("processed", "quarantine")
    ]
    with _role(
        admin, facts, name, outputs["ConsumerPolicyArn"], read[0], dataset=DATASET
    ) as actor:
        iam.attach_role_policy(RoleName=name, PolicyArn=more)
        try:
            _wait_until_allowed(actor, read[1])
            yield actor
        finally:
            iam.detach_role_policy(RoleName=name, PolicyArn=more)


@pytest.fixture(scope="session", name="stranger")
def be_stranger(admin: boto3.Session, facts: Facts) -> Iterator[Actor]:
    """The administrator of another account, with a bucket that admits this account."""
    if not TARGET.in_sandbox and "STRANGER_PROFILE" not in os.environ:
        pytest.skip("there is no second account: STRANGER_PROFILE names no profile of one")
    region = facts["region"]
    session = (
        boto3.Session("111111111111", os.environ["AWS_SECRET_ACCESS_KEY"], region_name=region)
        if TARGET.in_sandbox  # where twelve digits are the access key of an account's root user
        else boto3.Session(profile_name=os.environ["STRANGER_PROFILE"], region_name=region)
    )
    s3, bucket = client_of(session, "s3"), f"{facts['own']}-stranger"
    _create_bucket(s3, bucket, region)
    try:
        welcome = {
            "Effect": "Allow",
            "Action": "s3:*",
            "Principal": {"AWS": f"arn:{facts['partition']}:iam::{facts['account']}:root"},
            "Resource": [f"arn:{facts['partition']}:s3:::{bucket}{end}" for end in ("", "/*")],
        }
        s3.put_bucket_policy(
            Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": welcome})
        )
        guest = Actor("the administrator", _as(admin), facts, _as(admin))
        _wait_until_allowed(guest, Attempt("list", "s3.list_objects_v2", {"Bucket": bucket}))
        yield Actor("a stranger", _as(session), {**facts, "stranger_bucket": bucket}, _as(admin))
    finally:
        _delete_bucket(s3, bucket)


@pytest.fixture(scope="session", name="nobody")
def be_nobody(admin: boto3.Session, facts: Facts) -> Actor:
    """Somebody without credentials."""
    unsigned = intruder.IMPATIENT.merge(Config(signature_version=UNSIGNED))
    return Actor("nobody", _as(boto3.Session(), config=unsigned), facts, _as(admin))


@pytest.fixture(scope="session", name="plainly")
def be_without_tls(admin: boto3.Session, facts: Facts) -> Actor:
    """The administrator, without TLS."""
    there: Any = {"endpoint_url": TARGET.plain_endpoint}
    plain = there if TARGET.in_sandbox else {"use_ssl": False}
    return Actor("the administrator without TLS", _as(boto3.Session(), **plain), facts, _as(admin))


@pytest.fixture(scope="session", name="administrator")
def be_administrator(admin: boto3.Session, facts: Facts) -> Actor:
    """The administrator, with TLS."""
    return Actor("the administrator", _as(admin), facts, _as(admin))


# --- The end -------------------------------------------------------------------------------------


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the number of attempts in each family, and how they ended."""
    counts: dict[str, Counter[str]] = {}
    for outcome in ("passed", "failed", "error", "skipped"):
        for report in terminalreporter.stats.get(outcome, []):
            path, _, test = report.nodeid.partition("::")
            if "tests/attacks/test_" in path and report.when != "teardown":
                family = Path(path).stem.removeprefix("test_")
                kind = "allowed" if test.startswith("test_allowed") else "refused"
                counts.setdefault(family, Counter())[f"{kind} {outcome}"] += 1
    if not counts:
        return
    terminalreporter.section("attacks")
    row = "{:<14}{:>10}{:>10}{:>14}{:>20}{:>10}".format
    terminalreporter.line(
        row("family", "attempts", "refused", "not refused", "ways of a file open", "skipped")
    )
    total: Counter[str] = sum(counts.values(), Counter())
    for name, count in [*sorted(counts.items()), ("all", total)]:
        failed = count["refused failed"] + count["refused error"]
        ways = sum(n for key, n in count.items() if key.startswith("allowed"))
        terminalreporter.line(
            row(
                name,
                count["refused passed"] + failed,
                count["refused passed"],
                failed,
                f"{count['allowed passed']} of {ways}",
                count["refused skipped"] + count["allowed skipped"],
            )
        )
