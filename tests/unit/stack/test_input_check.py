"""An execution with mistakes in its input fails with all of them, and does nothing else."""

from typing import Any

import pytest
from ministack.services.stepfunctions import _evaluate_jsonata as evaluate_jsonata

from lib.jobs.input_check import check_input

STATES = check_input("{'found': $states.input, 'mistakes': $states.input.wrong}", "Work")


def evaluate(expression: str, given: Any) -> Any:
    """The value of an expression for a state's input."""
    return evaluate_jsonata(expression.removeprefix("{%").removesuffix("%}"), given, {})


def follow(given: Any) -> tuple[str, Any]:
    """Where an input leads, and the input of that state."""
    checked = evaluate(STATES["Check"]["Output"], given)
    accept = STATES[STATES["Check"]["Next"]]
    (choice,) = accept["Choices"]
    chosen = choice["Next"] if evaluate(choice["Condition"], checked) else accept["Default"]
    return chosen, checked


@pytest.mark.parametrize("given", [{}, {"wrong": []}])
def test_an_input_without_mistakes_goes_on(given: dict[str, Any]) -> None:
    state, output = follow(given)
    assert state == "Work"
    assert output["found"] == given


@pytest.mark.parametrize("mistakes", [["a is wrong"], ["a is wrong", "b is wrong"]])
def test_all_mistakes_are_told(mistakes: list[str]) -> None:
    state, output = follow({"wrong": mistakes})
    assert (STATES[state]["Type"], STATES[state]["Error"]) == ("Fail", "InvalidInput")
    assert evaluate(STATES[state]["Cause"], output) == "; ".join(mistakes)


def test_a_cause_is_cut_before_it_repeats_all_of_an_input() -> None:
    state, output = follow({"wrong": ["x" * 9_999]})
    assert evaluate(STATES[state]["Cause"], output) == "x" * 1_000
