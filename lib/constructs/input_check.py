"""The states that check the input of an execution, in the Amazon States Language.

Whoever starts one by hand is told every mistake in a sentence, before anything is done.
"""

from typing import Any

INVALID = "InvalidInput"

CAUSE = 1_000
"""Characters of a cause at most: an input may have 256 KiB, and be pasted by mistake."""


def check_input(expression: str, then: str) -> dict[str, dict[str, Any]]:
    """The states ``Check``, ``Accept`` and ``Refuse``, of which the first is ``Check``.

    Args:
        expression: in JSONata, of the state's input: an object, whose ``mistakes`` are sentences.
            Without any, the object is the input of the next state; else the execution fails with
            them.
        then: the next state.
    """
    return {
        "Check": {"Type": "Pass", "Output": f"{{% {expression} %}}", "Next": "Accept"},
        "Accept": {
            "Type": "Choice",
            "Choices": [
                {"Condition": "{% $count($states.input.mistakes) > 0 %}", "Next": "Refuse"}
            ],
            "Default": then,
        },
        "Refuse": {
            "Type": "Fail",
            "Error": INVALID,
            "Cause": f"{{% $substring($join($states.input.mistakes, '; '), 0, {CAUSE}) %}}",
        },
    }
