"""The workflow of a compaction; tests/sandbox/test_compaction.py runs it."""

from lib.constructs.compaction_workflow import workflow
from lib.contracts.compaction import BEGAN, Compaction

ONE = Compaction(
    "sales", "drop it", "create it", "merge", f"account {BEGAN}", "optimize", "vacuum"
)
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
