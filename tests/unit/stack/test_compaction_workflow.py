"""The workflow of a compaction; tests/sandbox/test_compaction.py runs it."""

from dataclasses import replace
from typing import Any

import pytest
from ministack.services.stepfunctions import _evaluate_jsonata as evaluate_jsonata

from lib.contracts.compaction import BEGAN, Compaction
from lib.jobs.compaction_workflow import workflow

ONE = Compaction(
    "sales", "drop it", "create it", "merge", f"account {BEGAN}", "optimize", "vacuum"
)
OTHER = replace(ONE, dataset="returns")
STATES = workflow([ONE], database="a_database", workgroup="a-group")["States"]
INNER = STATES["Datasets"]["ItemProcessor"]["States"]


def test_it_tidies_up_whatever_differs() -> None:
    """One file that differs does not keep the bytes of those who were erased."""
    order, name = [], "Create"
    while name and name not in order:
        order.append(name)
        name = INNER[name].get("Next", "")
    assert order == ["Create", "Merge", "Account", "Read", "Optimize", "Vacuum", "Done"]
    assert INNER["Again"]["Default"] == "Create"
    assert INNER["Drop"]["Next"] == "Create"


def test_every_query_is_waited_for_in_the_workgroup() -> None:
    queries = [one for one in INNER.values() if "QueryString" in one.get("Arguments", {})]
    assert len(queries) == 6
    for one in queries:
        assert one["Resource"].endswith(":athena:startQueryExecution.sync")
        assert one["Arguments"]["WorkGroup"] == "a-group"
        assert one["Arguments"]["QueryExecutionContext"] == {"Database": "a_database"}
        assert one["Retry"]


def test_one_dataset_after_the_other() -> None:
    """Athena limits the queries that run at the same time."""
    assert STATES["Datasets"]["MaxConcurrency"] == 1
    assert [one["dataset"] for one in STATES["Datasets"]["Items"]] == ["sales"]


def checked(given: Any) -> Any:
    """What the check finds in an input."""
    expression = STATES["Check"]["Output"].removeprefix("{%").removesuffix("%}")
    return evaluate_jsonata(expression, given, {})


def made_again(given: Any) -> bool:
    """Whether the table of the dataset is made again, for an input without mistakes."""
    expression = STATES["Datasets"]["ItemSelector"]["again"]
    context = {"Map": {"Item": {"Value": {"dataset": "sales"}}}}
    found = evaluate_jsonata(expression.removeprefix("{%").removesuffix("%}"), given, context)
    return bool(found)


OBJECT = "the input is not an object"
LIST = "again must be a list of names of datasets"
UNKNOWN = "but compactedDatasets names only sales"


@pytest.mark.parametrize(
    ("given", "mistakes"),
    [
        ({"again": ["orders"]}, [f"again has orders, {UNKNOWN}"]),
        ({"again": ["sales", "Sales", "orders"]}, [f"again has Sales, orders, {UNKNOWN}"]),
        ({"again": ["sales", 1]}, [LIST]),
        ({"again": ["sales", None]}, [LIST]),
        ({"again": [None]}, [LIST]),
        ({"again": [["sales"]]}, [LIST]),
        ({"again": [{"dataset": "sales"}]}, [LIST]),
        ({"again": "sales"}, [LIST]),
        ({"again": {"sales": True}}, [LIST]),
        ({"again": None}, [LIST]),
        ({"again": True}, [LIST]),
        ({"agian": ["sales"]}, ["unknown input: agian; there is only again"]),
        ({"a": 1, "b": 2}, ["unknown input: a, b; there is only again"]),
        ({"a": 1, "again": "b"}, ["unknown input: a; there is only again", LIST]),
        (["sales"], [OBJECT]),
        ([], [OBJECT]),
        ("sales", [OBJECT]),
        (None, [OBJECT]),
    ],
)
def test_a_wrong_input_is_explained(given: Any, mistakes: list[str]) -> None:
    assert checked(given)["mistakes"] == mistakes


@pytest.mark.parametrize(
    ("given", "again"),
    [
        ({}, False),
        ({"again": []}, False),
        ({"again": ["sales"]}, True),
        ({"again": ["sales", "sales"]}, True),
    ],
)
def test_what_an_input_means(given: dict[str, Any], again: bool) -> None:
    found = checked(given)
    assert found["mistakes"] == []
    assert made_again(found) is again


def test_an_input_is_checked_first_and_knows_all_datasets() -> None:
    two = workflow([ONE, OTHER], database="a_database", workgroup="a-group")
    assert (two["StartAt"], two["States"]["Accept"]["Default"]) == ("Check", "Datasets")
    expression = two["States"]["Check"]["Output"].removeprefix("{%").removesuffix("%}")
    found = evaluate_jsonata(expression, {"again": ["returns", "orders"]}, {})
    assert found["mistakes"] == [f"again has orders, {UNKNOWN}, returns"]
