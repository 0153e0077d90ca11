"""Requests to re-identify, as those who ask and those who approve see them."""

import json

import pytest

from pipeline.outcomes import NoStackError
from pipeline.reidentifications import Reidentifications
from pipeline.stack import Stack
from processor.reidentification.requests import signature_name
from tests.unit.pipeline.account import Account
from tests.unit.pipeline.waiting import FACTS, wait


def test_a_request_is_written_under_the_callers_id(account: Account, stack: Stack) -> None:
    Reidentifications(stack).ask("customers", "email", "fraud", ["t1", "t2"])
    (key,) = account.objects
    assert key.startswith("reidentification/requests/customers/fraud/AROA:me/")
    assert account.objects[key][-1][0] == b"t1\nt2"
    asked = dict(account.asked)["StartExecution"]
    assert asked["stateMachineArn"].endswith(":reidentification")
    assert json.loads(asked["input"]) == {"request": key, "column": "email"}


def test_each_request_has_a_name_of_its_own(account: Account, stack: Stack) -> None:
    for _ in range(2):
        Reidentifications(stack).ask("customers", "email", "fraud", ["t1"])
    assert len(account.objects) == 2


def test_what_waits_is_what_still_runs(account: Account, stack: Stack) -> None:
    wait(account, "1")
    wait(account, "2", "TIMED_OUT")
    (found,) = Reidentifications(stack).waiting("customers")
    assert (found.name, found.facts, found.token) == ("1", FACTS, "a-token")
    assert not list(Reidentifications(stack).waiting("orders"))


def test_an_approval_is_signed_before_the_wait_ends(account: Account, stack: Stack) -> None:
    wait(account)
    requests = Reidentifications(stack)
    (found,) = requests.waiting("customers")
    requests.approve(found)
    facts = {name: fact for name, fact in FACTS.items() if name != "execution"}
    signature = f"reidentification/signatures/customers/AROA:me/{signature_name('1', facts)}"
    assert signature in account.objects
    names = [name for name, _ in account.asked]
    assert names.index("PutObject") < names.index("SendTaskSuccess")
    sent = dict(account.asked)["SendTaskSuccess"]
    assert sent["taskToken"] == "a-token"
    assert json.loads(sent["output"]) == {"signature": signature}


def test_a_refusal_says_who_and_why(account: Account, stack: Stack) -> None:
    wait(account)
    requests = Reidentifications(stack)
    (found,) = requests.waiting("customers")
    requests.refuse(found, "no such case")
    assert dict(account.asked)["SendTaskFailure"] == {
        "taskToken": "a-token",
        "error": "Refused",
        "cause": "AROA:me: no such case",
    }


def test_a_stack_without_reversible_tokens_has_no_requests(stack: Stack) -> None:
    outputs = {k: v for k, v in stack.outputs.items() if not k.startswith("Reidentification")}
    with pytest.raises(NoStackError, match="The stack re-identifies nothing"):
        Reidentifications(Stack(outputs))
