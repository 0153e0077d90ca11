"""A column and its method: what they must say, and what cannot be made."""

from dataclasses import dataclass, replace
from types import new_class
from typing import Any

import pytest

from processor.contract.column import Column, Method, Rules, Written
from processor.contracts import parse
from processor.deidentification.keep import Keep
from tests.unit.processor.examples import column, document

# The facts about every column with a method.
ABOUT: dict[str, Any] = {"takes": ("string",), "says": {}}


@pytest.mark.parametrize("missing", ["check", "output_type", "prepare"])
def test_a_method_without_one_of_its_parts_cannot_be_made(missing: str) -> None:
    parts = {name: vars(Keep)[name] for name in ("check", "output_type", "prepare")}
    whole: Any = new_class("Whole", (Written,), ABOUT, lambda body: body.update(parts))
    assert whole().name == "whole"
    del parts[missing]
    half: Any = new_class("Half", (Written,), ABOUT, lambda body: body.update(parts))
    with pytest.raises(TypeError, match=missing):
        half()


@pytest.mark.parametrize("missing", ABOUT)
def test_a_method_says_for_which_types_it_is_and_what_leaves(missing: str) -> None:
    about = {name: value for name, value in ABOUT.items() if name != missing}
    with pytest.raises(TypeError, match=missing):
        new_class("Half", (Written,), about)


def test_a_method_that_writes_nothing_has_no_output() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Silence(Method, takes=("string",), says={}):
        """Nothing."""

        check = Keep.check

    silent = Column(name="a", type="string", required=False, deidentify=Silence(), rules=Rules())
    assert silent.dropped
    with pytest.raises(ValueError, match="column a: "):
        replace(silent, output="a")


@pytest.mark.parametrize("given", [{"method": "drop", "output": True}, {"method": "keep"}])
def test_only_dropped_columns_have_no_output(given: dict[str, Any]) -> None:
    found = column("a", method=given["method"])
    found.pop("output", None)
    if given.get("output"):
        found["output"] = "a"
    with pytest.raises(ValueError, match="column a: "):
        parse(document(found))
