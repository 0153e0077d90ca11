"""The states that check the input of an execution, in the Amazon States Language.

Whoever starts one by hand is told every mistake in a sentence, before anything is done.
"""

from lib.jobs.states import State, choose, evaluate, fail

INVALID = "InvalidInput"

CAUSE = 1_000
"""Characters of a cause at most: an input may have 256 KiB, and be pasted by mistake."""


def check_input(expression: str, then: str) -> dict[str, State]:
    """The states ``Check``, ``Accept`` and ``Refuse``, of which the first is ``Check``.

    Args:
        expression: in JSONata, of the state's input: an object, whose ``mistakes`` are sentences.
            Without any, the object is the input of the next state; else the execution fails with
            them.
        then: the next state.
    """
    return {
        "Check": {"Type": "Pass", "Output": evaluate(expression), "Next": "Accept"},
        "Accept": choose("$count($states.input.mistakes) > 0", "Refuse", otherwise=then),
        "Refuse": fail(INVALID, f"$substring($join($states.input.mistakes, '; '), 0, {CAUSE})"),
    }
