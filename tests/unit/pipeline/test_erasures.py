"""Erasures, as an eraser sees them."""

from pathlib import Path

import pytest

from pipeline import erasures
from pipeline.erasures import Erasures, contracts_here, with_tokens
from pipeline.executions import Execution
from pipeline.outcomes import NoStackError, RefusedError, WrongContractError
from pipeline.stack import Stack
from processor.erasure.people import Request
from tests.unit.pipeline.account import Account
from tests.unit.pipeline.receipts import ARN, COUNTS, DONE, INCOMPLETE, REFUSED, REQUEST, end

ANN = Request(("ann", "Bö"), domain="mail")


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look again without waiting."""
    monkeypatch.setattr("pipeline.executions.INTERVAL", 0)


@pytest.mark.parametrize("request_", [ANN, Request(("1",), dataset="people", column="id")])
def test_the_execution_gets_the_key_of_the_request_alone(
    account: Account, stack: Stack, request_: Request
) -> None:
    assert Erasures(stack).ask(request_) == ARN
    (key,) = account.objects
    assert key.startswith("erasure/requests/")
    assert Request.parse(account.objects[key][-1][0] or b"") == request_
    assert dict(account.asked)["StartExecution"]["input"] == f'{{"request": "{key}"}}'


def test_each_request_has_a_name_of_its_own(account: Account, stack: Stack) -> None:
    for _ in range(2):
        Erasures(stack).ask(ANN)
    assert len(account.objects) == 2


@pytest.mark.parametrize(("ended", "has"), [(DONE, True), (INCOMPLETE, True), (REFUSED, False)])
def test_a_receipt_is_read_once_there_is_one(
    account: Account, stack: Stack, ended: dict[str, str], has: bool
) -> None:
    end(account, ended)
    found = Erasures(stack).wait(ARN)
    assert found.given == {"request": REQUEST}
    receipt = Erasures(stack).receipt(ARN, found)
    assert (receipt and receipt["counts"]) == (COUNTS if has else None)


def test_only_executions_of_the_erasures_machine_are_erasures(stack: Stack) -> None:
    found = Erasures(stack)
    assert found.has(ARN)
    assert not found.has(ARN.replace("zero-trust-erasure-test", "zero-trust-erasure-test2"))
    assert not found.has("arn:x")


def test_a_refusal_names_the_erasers_policy_and_no_tag(account: Account, stack: Stack) -> None:
    said = r"it takes the Eraser policy \(.*:policy/Eraser\), on a role with no other duty\.$"
    for operation in ("PutObject", "StartExecution"):
        account.denied = {operation: "no"}
        with pytest.raises(RefusedError, match=said):
            Erasures(stack).ask(ANN)
    account.denied = {"DescribeExecution": "no"}
    with pytest.raises(RefusedError, match=said):
        Erasures(stack).wait(ARN)
    account.denied = {"GetObject": "no"}
    with pytest.raises(RefusedError, match=said):
        Erasures(stack).receipt(ARN, Execution("SUCCEEDED", {"request": REQUEST}, {}))


def test_a_stack_without_tokens_erases_nobody(stack: Stack) -> None:
    outputs = {k: v for k, v in stack.outputs.items() if not k.startswith("Erasure")}
    with pytest.raises(NoStackError, match="The stack erases nobody"):
        Erasures(Stack(outputs))


def test_the_contracts_here_are_those_that_files_have_by_default() -> None:
    contracts = contracts_here()
    assert sorted(one.dataset for one in contracts) == ["customers", "payments"]
    found = list(with_tokens(contracts))
    assert "payments.customer_id (domain customer)" in found
    assert "customers.email" in found


def test_contracts_that_are_not_valid_say_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasures, "CONTRACTS", tmp_path)
    with pytest.raises(WrongContractError, match="there is no data contract"):
        contracts_here()
