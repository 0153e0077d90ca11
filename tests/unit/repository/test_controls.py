"""docs/controls.md matches the code, and every control is proven by a test that exists."""

import re

import pytest

from lib.tap_stack import TapStack
from tests.controls import CONTROLS, PAGE, Control, render
from tests.unit.documentation import find_tests
from tests.unit.synthesis import contracts, make_app

SOC2 = re.compile(r"CC[1-9]\.[1-9]|A1\.[1-3]|PI1\.[1-5]|C1\.[12]")
NIST = re.compile(r"[A-Z]{2}-\d{1,2}(\(\d{1,2}\))?")


@pytest.fixture(scope="module", name="stack_with_everything")
def make_stack_with_everything() -> TapStack:
    """A stack with the parts that settings and contracts add."""
    settings = {"retainData": True, "auditTrail": True, "compactedDatasets": ["customers"]}
    app = make_app(environments={"test": settings})
    with contracts(encrypts=True):
        return TapStack(app, "Stack", environment_suffix="test")


def test_the_page_is_current() -> None:
    written = PAGE.read_text(encoding="utf-8")
    assert written == render(), "write it again: .venv/bin/python -m tests.controls"


@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: control.says)
def test_a_control_is_proven_by_tests_that_exist(control: Control) -> None:
    assert control.tests
    for test in control.tests:
        path, _, name = test.partition("::")
        assert name.startswith("test_")
        assert name in find_tests(path), test


@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: control.says)
def test_a_control_is_of_a_part_that_exists(
    control: Control, stack_with_everything: TapStack
) -> None:
    node = stack_with_everything.node
    for name in filter(None, control.part.split("/")):
        found = node.try_find_child(name)
        assert found, f"{control.part}: no {name} in {node.path}"
        node = found.node


@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: control.says)
def test_a_control_answers_to_criteria_of_both(control: Control) -> None:
    for criteria, form in ((control.soc2, SOC2), (control.nist, NIST)):
        assert criteria.split()
        for criterion in criteria.split():
            assert form.fullmatch(criterion), criterion


@pytest.mark.parametrize("criterion", ["CC6.1", "CC6.6", "CC6.7", "CC7.2", "C1.1"])
def test_every_criterion_of_confidential_data_is_covered(criterion: str) -> None:
    assert any(criterion in control.soc2.split() for control in CONTROLS)
