"""Errors and their exit codes."""

import pytest

from pipeline.outcomes import Exit, NoStackError, NotFoundError, PipelineError, RefusedError


def test_every_code_has_a_meaning_of_its_own() -> None:
    assert len({code.meaning for code in Exit}) == len(Exit)
    assert [int(code) for code in Exit] == [0, 1, 2, 3, 4, 130]


@pytest.mark.parametrize(
    ("error", "code"),
    [(PipelineError, 4), (NotFoundError, 1), (NoStackError, 2), (RefusedError, 3)],
)
def test_an_error_leads_to_its_code_and_changes_no_terminal(
    error: type[PipelineError], code: int
) -> None:
    raised = error("It is\n\x1b[31mred.")
    assert raised.exit_code == code
    assert raised.message == "It is\n\\x1b[31mred."
