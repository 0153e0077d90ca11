"""Re-identification: what one person alone attempts, whichever of the two it is."""

import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from processor.reidentification.requests import signature_name
from tests.attacks import intruder
from tests.attacks.attempt import BY_IDENTITY, Actor, Attempt, allowed, refused
from tests.attacks.conftest import Facts, client_of
from tests.attacks.people import Person, actor_of, person
from tests.deployed_function import code_of_template, other_code
from tests.patience import PERMISSION, Wait, wait_for

DATASET, COLUMN, PURPOSE = "customers", "email", "fraud-investigation"
"""As sandbox/reversible.py has it."""
FOLDER = "reidentification"
ENDED = Wait(60)


@pytest.fixture(scope="module", name="place", autouse=True)
def find_machine(outputs: dict[str, str], facts: Facts) -> Facts:
    """What is attacked, if a contract of the stack has reversible tokens."""
    if "ReidentificationStateMachineArn" not in outputs:
        pytest.skip("this stack re-identifies nothing: no contract has the method encrypt")
    facts["requests_machine"] = outputs["ReidentificationStateMachineArn"]
    facts["reversible"] = outputs["ReversibleKeyId"]
    return facts


@pytest.fixture(scope="module", name="asking")
def begin_asking(admin: boto3.Session, place: Facts, outputs: dict[str, str]) -> Iterator[Person]:
    """Somebody who may ask."""
    tags, policy = {"dataset": DATASET, "purpose": PURPOSE}, outputs["RequesterPolicyArn"]
    with person(admin, place, "requester", policy, **tags) as found:
        wait_for("permission", lambda: found.actor.is_allowed(ASK) or None, PERMISSION)
        yield found


@pytest.fixture(scope="module", name="approving")
def begin_approving(
    admin: boto3.Session, place: Facts, outputs: dict[str, str]
) -> Iterator[Person]:
    """Somebody who may approve."""
    policy = outputs["ApproverPolicyArn"]
    with person(admin, place, "approver", policy, dataset=DATASET) as found:
        wait_for("permission", lambda: found.actor.is_allowed(LOOK) or None, PERMISSION)
        yield found


@pytest.fixture(name="requester")
def be_requester(asking: Person) -> Actor:
    """Who may ask, as an actor."""
    return asking.actor


@pytest.fixture(name="approver")
def be_approver(approving: Person) -> Actor:
    """Who may approve, as an actor."""
    return approving.actor


@pytest.fixture(scope="module", name="both")
def be_both(admin: boto3.Session, place: Facts, outputs: dict[str, str]) -> Iterator[Actor]:
    """Somebody who has both duties."""
    tags = {"dataset": DATASET, "purpose": PURPOSE}
    policies = outputs["RequesterPolicyArn"], outputs["ApproverPolicyArn"]
    with person(admin, place, "both", *policies, **tags) as found:
        wait_for("permission", lambda: found.actor.is_allowed(LOOK) or None, PERMISSION)
        yield found.actor


def put(name: str, key: str) -> Attempt:
    """An attempt to write an object."""
    parameters = {"Bucket": "{bucket}", "Key": f"{FOLDER}/{key}", "Body": "x"}
    return Attempt(name, "s3.put_object", parameters)


def get(name: str, key: str) -> Attempt:
    """An attempt to read an object, whether or not there is one."""
    parameters = {"Bucket": "{bucket}", "Key": f"{FOLDER}/{key}"}
    return Attempt(name, "s3.get_object", parameters)


def denied(attempt: Attempt) -> Attempt:
    """An attempt that a policy of people denies, whatever else its holder has."""
    return Attempt(attempt.name, attempt.operation, attempt.parameters, reason=BY_IDENTITY)


OWN = f"{DATASET}/{PURPOSE}/{{me}}"
ASK = put("ask", f"requests/{OWN}/attack")
SIGN = put("sign", f"signatures/{DATASET}/{{me}}/attack")
LOOK = Attempt(
    "see what waits",
    "s3.list_objects_v2",
    {"Bucket": "{bucket}", "Prefix": f"{FOLDER}/approvals/{DATASET}/"},
)
START = Attempt(
    "start a request",
    "stepfunctions.start_execution",
    {"stateMachineArn": "{requests_machine}", "input": "{}"},
)
TOKEN = {"taskToken": "a-token"}
APPROVE = Attempt("approve", "stepfunctions.send_task_success", {**TOKEN, "output": "{}"})
REFUSE = Attempt("refuse", "stepfunctions.send_task_failure", TOKEN)
DERIVE = Attempt(
    "derive a key",
    "kms.generate_mac",
    {"KeyId": "{reversible}", "Message": "x", "MacAlgorithm": "HMAC_SHA_512"},
)
ALONE = [DERIVE, put("claim a slot", "slots/2026-01-01/1"), put("forge values", f"values/{OWN}/a")]


@refused(
    *map(denied, (APPROVE, REFUSE)),
    denied(get("read an approval", f"approvals/{DATASET}/1.json")),
    denied(put("forge a signature", f"signatures/{DATASET}/{{me}}/1")),
    get("read the request of somebody", f"requests/{OWN}/attack"),
    put("ask as somebody else", f"requests/{DATASET}/{PURPOSE}/AROAOTHER:eve/a"),
    put("ask about another dataset", f"requests/payments/{PURPOSE}/{{me}}/a"),
    put("ask for another purpose", f"requests/{DATASET}/marketing/{{me}}/a"),
    get("read the values of somebody else", f"values/{DATASET}/{PURPOSE}/AROAOTHER:eve/1.csv"),
    *ALONE,
)
def test_refused_to_a_requester(requester: Actor, attempt: Attempt) -> None:
    requester.is_refused(attempt)


@refused(
    denied(START),
    denied(put("ask", f"requests/{OWN}/a")),
    denied(get("read a request", f"requests/{DATASET}/{PURPOSE}/AROAOTHER:eve/a")),
    denied(get("read values", f"values/{DATASET}/{PURPOSE}/AROAOTHER:eve/1.csv")),
    get("read an approval of another dataset", "approvals/payments/1.json"),
    put("sign as somebody else", f"signatures/{DATASET}/AROAOTHER:eve/1"),
    put("forge an approval", f"approvals/{DATASET}/1.json"),
    *ALONE,
)
def test_refused_to_an_approver(approver: Actor, attempt: Attempt) -> None:
    approver.is_refused(attempt)


@refused(
    *map(denied, (START, APPROVE, REFUSE, ASK, SIGN)),
    denied(get("read an approval", f"approvals/{DATASET}/1.json")),
    denied(get("read values", f"values/{OWN}/1.csv")),
)
def test_refused_to_a_holder_of_both(both: Actor, attempt: Attempt) -> None:
    both.is_refused(attempt)


@allowed(ASK)
def test_allowed_to_a_requester(requester: Actor, call: Attempt) -> None:
    requester.may(call)


@allowed(LOOK, SIGN)
def test_allowed_to_an_approver(approver: Actor, call: Attempt) -> None:
    approver.may(call)


# --- Requests that must not be answered ---------------------------------------------------------


def request_key(user: str, name: str, dataset: str = DATASET, purpose: str = PURPOSE) -> str:
    """The key of a request."""
    return f"{FOLDER}/requests/{dataset}/{purpose}/{user}/{name}"


def start(asking: Person, facts: Facts, key: str, content: str | None = None) -> str:
    """Start a request, which is written before if it has content; return the execution's ARN."""
    if content is not None:
        s3 = client_of(asking.session, "s3")
        s3.put_object(Bucket=facts["bucket"], Key=key, Body=content.encode())
    started = client_of(asking.session, "stepfunctions").start_execution(
        stateMachineArn=facts["requests_machine"],
        input=json.dumps({"request": key, "column": COLUMN}),
    )
    return str(started["executionArn"])


def why(asking: Person, arn: str) -> str:
    """Why an execution failed, once it has ended."""
    states = client_of(asking.session, "stepfunctions")

    def ended() -> dict[str, Any] | None:
        found: dict[str, Any] = states.describe_execution(executionArn=arn)
        return None if found["status"] == "RUNNING" else found

    found = wait_for("end of a request", ended, ENDED)
    assert found["status"] == "FAILED"
    return str(found["cause"])


@pytest.mark.parametrize(
    ("lines", "says"), [(1001, "a request has 1 to 1,000 tokens"), (0, "1 to 1,000 tokens")]
)
def test_refused_to_ask_for_so_many(asking: Person, place: Facts, lines: int, says: str) -> None:
    content = "\n".join(["0" * 64] * lines)
    arn = start(asking, place, request_key(asking.user, f"of-{lines}"), content)
    assert says in why(asking, arn)


@pytest.mark.parametrize(
    ("key", "says"),
    [
        (request_key("AROA:a", "why", purpose="x"), "is re-identified for"),
        (request_key("AROA:a", "who", dataset="payments"), "no such column"),
        (request_key("AROA:a/AROA:b", "whose"), "a request is an object"),
        ("incoming/customers/a.csv", "a request is an object"),
    ],
    ids=["another-purpose", "another-dataset", "two-users", "a-file"],
)
def test_refused_to_ask(asking: Person, place: Facts, key: str, says: str) -> None:
    """Whatever the object has: its key is enough."""
    assert says in why(asking, start(asking, place, key))


def approval(approving: Person, facts: Facts, arn: str) -> tuple[str, str]:
    """The token of the wait of an execution, once it asks, and the name of a signature."""
    s3 = client_of(approving.session, "s3")
    key = f"{FOLDER}/approvals/{DATASET}/{name_of(arn)}.json"
    here = {"Bucket": facts["bucket"], "Prefix": key}
    wait_for("wait", lambda: s3.list_objects_v2(**here).get("Contents"), ENDED)
    document = json.load(s3.get_object(Bucket=facts["bucket"], Key=key)["Body"])
    token, _ = document.pop("token"), document.pop("execution")
    return str(token), signature_name(name_of(arn), document)


def name_of(arn: str) -> str:
    """The name of an execution."""
    return arn.rpartition(":")[2]


@pytest.mark.parametrize("signed_by", ["requester", "approver", "nobody"])
def test_refused_to_answer_what_is_not_signed(
    asking: Person, approving: Person, place: Facts, signed_by: str
) -> None:
    """The token of the wait alone is not enough, as an administrator may have it."""
    key = request_key(asking.user, f"signed-by-{signed_by}")
    arn = start(asking, place, key, "0" * 64)
    token, name = approval(approving, place, arn)
    user = {"requester": asking.user, "approver": approving.user, "nobody": "AROAOTHER:eve"}
    signature = f"{FOLDER}/signatures/{DATASET}/{user[signed_by]}/{name}"
    client_of(approving.session, "stepfunctions").send_task_success(
        taskToken=token, output=json.dumps({"signature": signature})
    )
    own = signed_by == "requester"
    assert ("by whoever made the request" if own else "is not signed") in why(asking, arn)


@pytest.mark.parametrize("content", ["0" * 64, "not-a-token"])
def test_refused_to_answer_tokens_that_are_not_of_the_column(
    asking: Person, approving: Person, place: Facts, content: str
) -> None:
    arn = start(asking, place, request_key(asking.user, content[:11]), content)
    token, name = approval(approving, place, arn)
    signature = f"{FOLDER}/signatures/{DATASET}/{approving.user}/{name}"
    client_of(approving.session, "s3").put_object(Bucket=place["bucket"], Key=signature, Body=b"")
    client_of(approving.session, "stepfunctions").send_task_success(
        taskToken=token, output=json.dumps({"signature": signature})
    )
    assert "1 of 1 tokens are not of customers.email" in why(asking, arn)


# --- The function's credentials -----------------------------------------------------------------


@pytest.fixture(scope="module", name="thief")
def be_thief(admin: boto3.Session, place: Facts) -> Iterator[Actor]:
    """Somebody who stole the credentials of re-identification, and uses them elsewhere."""
    awslambda, cloudformation = client_of(admin, "lambda"), client_of(admin, "cloudformation")
    function = place["function"].replace("data-processor", "reidentification")
    # The processor's ARN is exported, and both functions have the same code.
    own = code_of_template(cloudformation, place["function_arn"], place["region"])
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as bundle:
        bundle.write(intruder.__file__, "reidentification.py")
    with other_code(awslambda, function, own, {"ZipFile": archive.getvalue()}):
        event = json.dumps({"operation": "tell credentials"})
        reply = json.load(awslambda.invoke(FunctionName=function, Payload=event)["Payload"])
        key, secret, token = (reply[name] for name in intruder.CREDENTIALS)
        session = boto3.Session(key, secret, token, place["region"])
        yield actor_of("the thief", session, {**place, "me": "AROA:thief"})


@refused(
    DERIVE,
    get("read a request", f"requests/{OWN}/attack"),
    put("write values", f"values/{OWN}/1.csv"),
    put("claim a slot", "slots/2026-01-01/1"),
    LOOK,
    APPROVE,
    START,
    Attempt(
        "derive a key of pseudonyms",
        "kms.generate_mac",
        {"KeyId": "{pseudonym_key}", "Message": "x", "MacAlgorithm": "HMAC_SHA_256"},
    ),
)
def test_refused_to_a_thief_of_the_functions_credentials(thief: Actor, attempt: Attempt) -> None:
    thief.is_refused(attempt)
