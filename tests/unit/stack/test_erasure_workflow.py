"""The definition of the workflow of an erasure."""

import json

from lib.jobs.erasure_workflow import BATCH, workflow

DEFINITION = workflow(function_arn="an-arn", bucket="a-bucket", wait_seconds=420)
STATES = DEFINITION["States"]
FILES = STATES["Datasets"]["ItemProcessor"]["States"]["Files"]


def test_it_waits_after_people_are_on_the_lists_and_before_any_file() -> None:
    order, name = [], DEFINITION["StartAt"]
    while name and name not in order:
        order.append(name)
        name = STATES[name].get("Next", "") or STATES[name].get("Default", "")
    assert order == ["Begin", "Rehearsal", "Wait", "Datasets", "Conclude", "Judge", "Done"]
    assert STATES["Wait"]["Seconds"] == 420


def test_only_a_dry_run_does_not_wait() -> None:
    (choice,) = STATES["Rehearsal"]["Choices"]
    assert choice == {"Condition": "{% $states.input.dry_run %}", "Next": "Datasets"}
    assert STATES["Conclude"]["Arguments"]["Payload"]["dry_run"] == choice["Condition"]


def test_the_function_gets_keys_of_objects_alone() -> None:
    payloads = {
        state["Arguments"]["Payload"]["step"]: set(state["Arguments"]["Payload"])
        for state in (
            STATES["Begin"],
            FILES["ItemProcessor"]["States"]["Erase"],
            STATES["Conclude"],
        )
    }
    assert payloads == {
        "begin": {"step", "request", "run"},
        "erase": {"step", "request", "version", "run", "manifests"},
        "conclude": {"step", "request", "run", "lost", "dry_run"},
    }


def test_children_are_standard_as_a_batch_may_take_longer_than_five_minutes() -> None:
    assert FILES["ItemProcessor"]["ProcessorConfig"]["ExecutionType"] == "STANDARD"
    assert FILES["ItemBatcher"]["MaxItemsPerBatch"] == BATCH
    assert "manifests/" in json.dumps(STATES["Datasets"]["ItemSelector"])


def test_a_refused_request_is_not_tried_again() -> None:
    first, *_ = STATES["Begin"]["Retry"]
    assert first == {"ErrorEquals": ["RequestError"], "MaxAttempts": 0}
