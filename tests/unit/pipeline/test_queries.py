"""The requests to Athena."""

import pytest

from pipeline import queries
from pipeline.outcomes import NoStackError, RefusedError, WrongQueryError
from pipeline.queries import run, workgroup_of
from pipeline.stack import Stack
from tests.unit.pipeline.account import OUTPUTS, Account


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait between two looks."""
    monkeypatch.setattr(queries, "INTERVAL", 0)


def test_a_query_is_run_in_a_workgroup_until_it_ends(stack: Stack, account: Account) -> None:
    account.states = [{"State": "QUEUED"}, {"State": "RUNNING"}, {"State": "SUCCEEDED"}]
    account.results = [[["country", "number"], ["AT", "1"]], [["DE", None]]]
    found = [*run(stack, "zero-trust-test.consumer.customers", "SELECT 1")]
    assert found == [["country", "number"], ["AT", "1"], ["DE", None]]
    assert not account.states
    assert account.asked[0] == (
        "StartQueryExecution",
        {
            "QueryString": "SELECT 1",
            "QueryExecutionContext": {"Database": "zero_trust_test"},
            "WorkGroup": "zero-trust-test.consumer.customers",
            "ClientRequestToken": account.asked[0][1]["ClientRequestToken"],
        },
    )
    assert [one["QueryExecutionId"] for _, one in account.asked[1:]] == ["q"] * 5


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ({"State": "FAILED", "StateChangeReason": "no such table"}, "as FAILED: no such table"),
        ({"State": "CANCELLED"}, "as CANCELLED: it says no more"),
    ],
)
def test_a_failed_query_has_a_reason(
    stack: Stack, account: Account, status: dict[str, str], said: str
) -> None:
    account.states = [status]
    with pytest.raises(WrongQueryError, match=said):
        next(run(stack, "zero-trust-test", "SELECT 1"))


@pytest.mark.parametrize(
    "operation", ["StartQueryExecution", "GetQueryExecution", "GetQueryResults"]
)
def test_a_refusal_names_the_action_and_the_policy(
    stack: Stack, account: Account, operation: str
) -> None:
    account.denied[operation] = "no"
    account.states, account.results = [{"State": "SUCCEEDED"}], [[["x"]]]
    with pytest.raises(RefusedError) as refusal:
        next(run(stack, "zero-trust-test", "SELECT 1"))
    assert f"IAM refused athena:{operation} on zero-trust-test" in refusal.value.message
    assert OUTPUTS["ConsumerPolicyArn"] in refusal.value.message


def test_each_dataset_has_a_workgroup(stack: Stack) -> None:
    assert workgroup_of(stack, None) == "zero-trust-test"
    assert workgroup_of(stack, "t_Orders") == "zero-trust-test.consumer.t_Orders"
    outputs = {name: value for name, value in OUTPUTS.items() if not name.startswith("Athena")}
    with pytest.raises(NoStackError, match=r"AthenaWorkgroupName.*Deploy this version"):
        workgroup_of(Stack(outputs), None)
