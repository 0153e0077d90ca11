"""What a contract requires of a value beyond its type."""

from typing import Any

import pytest

from processor.checks.columns import ColumnCheck
from processor.contract.model import ContractError
from tests.unit.processor.checked import check
from tests.unit.processor.examples import column, make_contract


def test_lengths_count_characters() -> None:
    rules = column("c", maxLength=2)
    assert [reasons for _, reasons in check(rules, ["éé", "\U0001f600" * 2, "abc"])] == [
        [],
        [],
        ["c:max-length"],
    ]


def test_a_pattern_applies_to_the_whole_text() -> None:
    rules = column("c", pattern="a|b")
    assert [reasons for _, reasons in check(rules, ["a", "b", "ab", "xa", "b\n"])] == [
        [],
        [],
        *[["c:pattern"]] * 3,
    ]


@pytest.mark.parametrize("rules", [{"minimum": "1.5"}, {"enum": ["1", "one"]}])
def test_a_constant_of_another_type_is_an_error_and_not_a_rule_that_always_holds(
    rules: dict[str, Any],
) -> None:
    contract = make_contract(column("c", "integer", **rules))
    with pytest.raises(ContractError, match="int64"):
        ColumnCheck(contract.columns[0])
