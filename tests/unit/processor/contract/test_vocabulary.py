"""The names that contracts and the processor share."""

from dataclasses import fields

import pytest

from processor.contract.column import Rules
from processor.contract.vocabulary import DATASET, VERSION, camel_case, snake_case


@pytest.mark.parametrize("name", [field.name for field in fields(Rules)])
def test_a_name_has_one_form_in_contracts_and_one_in_python(name: str) -> None:
    assert snake_case(camel_case(name)) == name
    assert "_" not in camel_case(name)


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        *[("a", True), ("a-1", True), ("a" * 63, True), ("a" * 64, False), ("A", True)],
        *[("t_Orders", True), ("a_", True), ("_a", False), ("é", False), ("\u212a", False)],
        *[("1", False), ("-a", False), ("a/b", False), ("a.b", False), ("", False)],
        ("a\n", False),
    ],
)
def test_a_dataset_has_a_name_of_ascii_letters_digits_underscores_and_hyphens(
    name: str, is_one: bool
) -> None:
    assert bool(DATASET.fullmatch(name)) == is_one


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        *[("1.0.0", True), ("1.0.0-rc.1+2", True), ("v" * 32, True), ("v" * 33, False)],
        *[("..", False), ("-1", False), ("1/2", False), ("", False), ("1\n", False)],
    ],
)
def test_a_version_begins_with_a_letter_or_a_digit(name: str, is_one: bool) -> None:
    assert bool(VERSION.fullmatch(name)) == is_one
