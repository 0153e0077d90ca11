"""Erasure: what whoever erases attempts besides, and whoever does not."""

import contextlib
import io
import json
import uuid
import zipfile
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from tests.attacks import intruder
from tests.attacks.attempt import BY_IDENTITY, BY_RESOURCE, Actor, Attempt, allowed, refused
from tests.attacks.conftest import DATASET, Facts, client_of
from tests.attacks.people import Person, actor_of, person
from tests.deployed_function import code_of_template, other_code
from tests.patience import LOGGED, PERMISSION, Wait, wait_for

FOLDER = "erasure"
ENDED = Wait(60)
OURS: dict[str, Any] = {"Bucket": "{bucket}"}


@pytest.fixture(scope="module", name="place", autouse=True)
def find_machine(outputs: dict[str, str], facts: Facts) -> Facts:
    """What is attacked, if a contract of the stack has tokens."""
    if "ErasureStateMachineArn" not in outputs:
        pytest.skip("this stack erases nobody: no contract has tokens")
    facts["erasures"] = outputs["ErasureStateMachineArn"]
    facts["eraser"] = facts["function"].replace("data-processor", "eraser")
    facts["eraser_policy"] = outputs["EraserPolicyArn"]
    machine = facts["erasures"].rpartition(":")[2]
    facts["erasures_role_arn"] = facts["role_arn"].replace(facts["function"], machine)
    facts["eraser_role_arn"] = facts["role_arn"].replace(facts["function"], facts["eraser"])
    facts["eraser_role"] = facts["eraser_role_arn"].rpartition("/")[2]
    facts["workgroup"] = outputs["AthenaWorkgroupName"]
    return facts


# --- The attempts -------------------------------------------------------------------------------


def get(name: str, key: str) -> Attempt:
    """An attempt to read an object, whether or not there is one."""
    return Attempt(name, "s3.get_object", {**OURS, "Key": key})


def put(name: str, key: str) -> Attempt:
    """An attempt to write an object."""
    undo = Attempt("undo", "s3.delete_object", {**OURS, "Key": key})
    return Attempt(name, "s3.put_object", {**OURS, "Key": key, "Body": "{}"}, undo=(undo,))


def delete(name: str, key: str, **more: str) -> Attempt:
    """An attempt to delete an object."""
    return Attempt(name, "s3.delete_object", {**OURS, "Key": key, **more})


def find(name: str, prefix: str) -> Attempt:
    """An attempt to list objects."""
    return Attempt(name, "s3.list_objects_v2", {**OURS, "Prefix": prefix})


def because(reason: str, *attempts: Attempt) -> list[Attempt]:
    """Attempts that a policy denies explicitly, whatever else who attempts them has."""
    return [
        Attempt(one.name, one.operation, one.parameters, reason=reason, undo=one.undo)
        for one in attempts
    ]


REQUEST = f"{FOLDER}/requests/{{own}}.json"
RECEIPT = f"{FOLDER}/receipts/{{own}}.json"
LIST = f"{FOLDER}/suppressed/{DATASET}.json"
ASK = put("ask", REQUEST)
FIND = find("find receipts", f"{FOLDER}/receipts/")
START = Attempt(
    "start an erasure",
    "stepfunctions.start_execution",
    {"stateMachineArn": "{erasures}", "input": '{"request": "none"}'},
)
READ_REQUEST, READ_RECEIPT, READ_LIST = (
    get(f"read a {what}", key)
    for what, key in (("request", REQUEST), ("receipt", RECEIPT), ("list", LIST))
)
FORGERIES = [
    put("forge a receipt", RECEIPT),
    delete("delete a receipt", RECEIPT),
    put("forge a list, so that somebody is no longer erased", LIST),
    delete("delete a list, so that nobody is erased", LIST),
]
OUTPUTS = [
    *(get(f"read {what}", f"{{{what}}}") for what in ("processed", "quarantine", "manifest")),
    get("read a result", f"query-results/consumer/{DATASET}/a.csv"),
]
RAW = get("read a raw file", "{incoming}")
DERIVE = Attempt(
    "derive a key of pseudonyms",
    "kms.generate_mac",
    {"KeyId": "{pseudonym_key}", "Message": "x", "MacAlgorithm": "HMAC_SHA_256"},
)
INVOKE = Attempt(
    "invoke the function",
    "lambda.invoke",
    {"FunctionName": "{eraser}", "Payload": '{"step": "begin", "request": "none", "run": "1"}'},
)
READ_LOG = Attempt(
    "read its log", "logs.filter_log_events", {"logGroupName": "/aws/lambda/{eraser}"}
)
QUERY = Attempt(
    "query",
    "athena.start_query_execution",
    {"QueryString": "SELECT 1", "WorkGroup": "{workgroup}"},
    reason=BY_IDENTITY,
)
OF_OTHERS = [
    DERIVE,
    INVOKE,
    READ_LOG,
    Attempt(
        "become the state machine",
        "sts.assume_role",
        {"RoleArn": "{erasures_role_arn}", "RoleSessionName": "attack"},
    ),
    Attempt(
        "become the function",
        "sts.assume_role",
        {"RoleArn": "{eraser_role_arn}", "RoleSessionName": "attack"},
    ),
]
"""What is up to the function and the state machine."""


# --- People -------------------------------------------------------------------------------------


@pytest.fixture(scope="module", name="erasing")
def begin_erasing(admin: boto3.Session, place: Facts) -> Iterator[Person]:
    """Somebody who may erase."""
    with person(admin, place, "eraser", place["eraser_policy"]) as found:
        wait_for("permission", lambda: found.actor.is_allowed(FIND) or None, PERMISSION)
        yield found


@pytest.fixture(name="eraser")
def be_eraser(erasing: Person) -> Actor:
    """Who may erase, as an actor."""
    return erasing.actor


@pytest.fixture(scope="module", params=["Consumer", "Producer", "Steward"], name="both")
def be_both(
    request: pytest.FixtureRequest, admin: boto3.Session, place: Facts, outputs: dict[str, str]
) -> Iterator[Actor]:
    """Somebody who may erase, and has another duty."""
    policies = place["eraser_policy"], outputs[f"{request.param}PolicyArn"]
    duty = f"eraser-and-{request.param.lower()}"
    watch = Attempt(
        "watch",
        "stepfunctions.describe_execution",
        {"executionArn": place["erasures"].replace(":stateMachine:", ":execution:") + ":none"},
        codes=("ExecutionDoesNotExist",),
    )
    with person(admin, place, duty, *policies, dataset=DATASET) as found:
        refusal = "AccessDenied"
        wait_for(
            "permission",
            lambda: refusal not in found.actor.refusal(watch) or None,
            PERMISSION,
        )
        yield found.actor


@refused(
    *because(BY_IDENTITY, RAW, *OUTPUTS, READ_LIST, *FORGERIES[2:]),
    READ_REQUEST,
    delete("end a request", REQUEST),
    *FORGERIES[:2],
    find("find requests", f"{FOLDER}/requests/"),
    find("find lists", f"{FOLDER}/suppressed/"),
    find("find files", "processed/"),
    Attempt("find versions", "s3.list_object_versions", OURS),
    *because(BY_IDENTITY, put("write a raw file", "{incoming}")),
    QUERY,
    Attempt(
        "start a replay",
        "stepfunctions.start_execution",
        {"stateMachineArn": "{replay_arn}", "input": "{}"},
    ),
    *OF_OTHERS,
)
def test_refused_to_an_eraser(eraser: Actor, attempt: Attempt) -> None:
    eraser.is_refused(attempt)


@refused(
    *because(BY_IDENTITY, ASK, RAW, *OUTPUTS, READ_RECEIPT, READ_LIST, *FORGERIES),
    READ_REQUEST,
)
def test_refused_to_an_eraser_with_another_duty(both: Actor, attempt: Attempt) -> None:
    """Whoever chose who is erased, and saw the outputs, would see whose tokens go."""
    both.is_refused(attempt)


OF_ERASERS = [
    START,
    ASK,
    READ_REQUEST,
    READ_RECEIPT,
    READ_LIST,
    FIND,
    *FORGERIES,
    *OF_OTHERS,
]


@refused(*OF_ERASERS)
def test_refused_to_a_producer(producer: Actor, attempt: Attempt) -> None:
    producer.is_refused(attempt)


@refused(*OF_ERASERS)
def test_refused_to_a_consumer(consumer: Actor, attempt: Attempt) -> None:
    consumer.is_refused(attempt)


@refused(*OF_ERASERS)
def test_refused_to_a_steward(steward: Actor, attempt: Attempt) -> None:
    steward.is_refused(attempt)


@refused(
    *because(BY_RESOURCE, READ_REQUEST, *FORGERIES),
    DERIVE,
    *(one for one in OF_OTHERS if one.service == "sts"),
)
def test_refused_to_an_administrator(bystander: Actor, attempt: Attempt) -> None:
    bystander.is_refused(attempt)


@allowed(ASK, FIND, START)
def test_allowed_to_who_erases(eraser: Actor, call: Attempt) -> None:
    eraser.may(call)


# --- Requests that must not be followed ---------------------------------------------------------


def start(erasing: Person, facts: Facts, given: dict[str, Any]) -> dict[str, Any]:
    """What became of an execution with an input."""
    states = client_of(erasing.session, "stepfunctions")
    started = states.start_execution(stateMachineArn=facts["erasures"], input=json.dumps(given))

    def ended() -> dict[str, Any] | None:
        found: dict[str, Any] = states.describe_execution(executionArn=started["executionArn"])
        return None if found["status"] == "RUNNING" else found

    return wait_for("end of an erasure", ended, ENDED)


@pytest.mark.parametrize(
    "key",
    [
        "incoming/customers/a.json",
        f"{FOLDER}/receipts/a.json",
        f"{FOLDER}/suppressed/customers.json",
        f"{FOLDER}/requests/../suppressed/customers.json",
        f"{FOLDER}/requests/a",
        f"{FOLDER}/requests/.json",
    ],
)
def test_refused_to_follow_what_is_no_request(erasing: Person, place: Facts, key: str) -> None:
    found = start(erasing, place, {"request": key})
    assert found["status"] == "FAILED"
    assert "the key of a request is erasure/requests/<name>.json" in found["cause"]


def test_an_identifier_in_the_input_is_logged_nowhere(
    admin: boto3.Session, erasing: Person, place: Facts
) -> None:
    """Not even by mistake: people who start executions by hand make some."""
    identifier, key = f"C{uuid.uuid4().int % 10**8:08}", f"{FOLDER}/requests/{uuid.uuid4()}.json"
    for given in ({"request": key, "identifiers": [identifier]}, {"request": identifier}):
        assert start(erasing, place, given)["status"] == "FAILED"
    logs, group = client_of(admin, "logs"), f"/aws/lambda/{place['eraser']}"

    def lines(text: str) -> list[Any]:
        asked = {"logGroupName": group, "filterPattern": f'"{text}"'}
        return list(logs.filter_log_events(**asked)["events"])

    wait_for("line", lambda: lines(key) or None, LOGGED)
    assert not lines(identifier)


# --- The function's credentials -----------------------------------------------------------------


@pytest.fixture(scope="module", params=["as-deployed", "with-AdministratorAccess"], name="grown")
def grow(request: pytest.FixtureRequest, admin: boto3.Session, place: Facts) -> Iterator[str]:
    """What the function's role may do: its own policies, or also all of AWS."""
    if request.param == "as-deployed":
        yield request.param
        return
    iam, see = client_of(admin, "iam"), Attempt("see buckets", "s3.list_buckets")
    more = {"RoleName": place["eraser_role"], "PolicyArn": place["administrator"]}
    iam.attach_role_policy(**more)
    try:
        with person(admin, place, "eraser-witness", place["administrator"]) as witness:
            wait_for("permission", lambda: witness.actor.is_allowed(see) or None, PERMISSION)
            yield request.param
    finally:
        iam.detach_role_policy(**more)


@pytest.fixture(scope="module", name="breach")
def break_in(admin: boto3.Session, place: Facts) -> Iterator[Any]:
    """The Lambda client, with the attacker's code in the function; its own code is restored."""
    awslambda, cloudformation = client_of(admin, "lambda"), client_of(admin, "cloudformation")
    # The processor's ARN is exported, and both functions have the same code.
    own = code_of_template(cloudformation, place["function_arn"], place["region"])
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as bundle:
        bundle.write(intruder.__file__, "erasure.py")
    with other_code(awslambda, place["eraser"], own, {"ZipFile": archive.getvalue()}):
        yield awslambda


def invoke(awslambda: Any, facts: Facts, event: dict[str, Any]) -> dict[str, str]:
    """The answer of the function with the attacker's code."""
    answer = awslambda.invoke(FunctionName=facts["eraser"], Payload=json.dumps(event))
    with contextlib.closing(answer["Payload"]) as payload:
        reply: dict[str, str] = json.load(payload)
    assert "FunctionError" not in answer, reply
    return reply


@pytest.fixture(scope="module", name="inside")
def be_inside(breach: Any, grown: str, place: Facts) -> Actor:
    """An attacker's code that runs as the function, in its network."""

    def call(operation: str, parameters: dict[str, Any]) -> dict[str, str]:
        return invoke(breach, place, {"operation": operation, "parameters": parameters})

    return Actor(f"the eraser {grown}", call, place, call, frozenset({"s3", "kms"}))


@pytest.fixture(scope="module", name="thief")
def be_thief(breach: Any, grown: str, place: Facts) -> Actor:
    """Somebody who stole the function's credentials, and uses them elsewhere."""
    reply = invoke(breach, place, {"operation": "tell credentials"})
    key, secret, token = (reply[name] for name in intruder.CREDENTIALS)
    session = boto3.Session(key, secret, token, place["region"])
    return actor_of(f"the thief of the credentials {grown}", session, place)


OF_FUNCTION = [
    *OUTPUTS[:3],
    READ_LIST,
    READ_REQUEST,
    READ_RECEIPT,
    put("write a list", LIST),
    delete("end a request", REQUEST),
    find("find manifests", "manifests/"),
    Attempt("find versions", "s3.list_object_versions", {**OURS, "Prefix": "incoming/"}),
    DERIVE,
]
"""What the function may do inside its network."""

BESIDES = [
    RAW,
    get("read what it does not know", "elsewhere/a"),
    OUTPUTS[-1],
    put("write a raw file", "{incoming}"),
    put("write elsewhere", "elsewhere/a"),
    put("write a request", REQUEST),
    delete("delete a clean file", "{processed}"),
    delete("delete a list", LIST),
    delete("delete a version", "{incoming}", VersionId="{incoming_version}"),
    delete("delete a version of a request", REQUEST, VersionId="none"),
    Attempt(
        "derive another key",
        "kms.generate_mac",
        {"KeyId": "{data_key}", "Message": "x", "MacAlgorithm": "HMAC_SHA_256"},
    ),
    Attempt("decrypt without S3", "kms.decrypt", {"CiphertextBlob": {"base64": "{ciphertext}"}}),
    Attempt(
        "write into another bucket",
        "s3.put_object",
        {"Bucket": "{own_bucket}", "Key": "a", "Body": "x"},
    ),
    Attempt("open the bucket", "s3.put_bucket_policy", {**OURS, "Policy": "{bucket_policy}"}),
    Attempt(
        "send a message",
        "sqs.send_message",
        {"QueueUrl": "{queue_url}", "MessageBody": "{}"},
    ),
    Attempt("invoke the processor", "lambda.invoke", {"FunctionName": "{function}"}),
    INVOKE,
    START,
]


@refused(*OF_FUNCTION, *BESIDES)
def test_refused_to_a_thief_of_the_functions_credentials(thief: Actor, attempt: Attempt) -> None:
    thief.is_refused(attempt)


@refused(*BESIDES)
def test_refused_to_the_function(inside: Actor, attempt: Attempt) -> None:
    inside.is_refused(attempt)


@allowed(
    get("read a clean file", "{processed}"),
    get("read a manifest", "{manifest}"),
    find("find manifests", "manifests/"),
    Attempt("find versions", "s3.list_object_versions", {**OURS, "Prefix": "incoming/"}),
    delete("end a request", REQUEST),
    DERIVE,
)
def test_allowed_to_the_function(inside: Actor, call: Attempt) -> None:
    inside.may(call)
