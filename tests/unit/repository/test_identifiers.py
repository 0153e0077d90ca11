"""Each case of a parametrised test is called by what it is about, the same in every run."""

import re
from typing import NamedTuple

import pytest

from tests.identifiers import LENGTH, identify


class Pair(NamedTuple):
    """A case with a name of its own."""

    left: int
    right: str


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a text", "a text"),
        ("", "empty"),
        ("two\nlines", r"two\nlines"),
        (b"bytes", "bytes"),
        (["a", 1, None], "a, 1, None"),
        ({"a": ["b"], "c": 1}, "a=b, c=1"),
        (frozenset({"b", "a"}), "a, b"),
        (Pair(1, "x"), "Pair(left=1, right='x')"),
        (len, "len"),
        (KeyError, "KeyError"),
        ("x" * 1000, "x" * 44 + ".." + "x" * 18),
    ],
)
def test_a_value_is_called_by_what_it_is(value: object, expected: str) -> None:
    assert identify(value) == expected
    assert len(expected) <= LENGTH


@pytest.mark.parametrize("value", [None, True, 1, 1.5, re.compile("x")])
def test_what_pytest_names_well_is_left_to_it(value: object) -> None:
    assert identify(value) is None


@pytest.mark.parametrize(
    "value",
    [lambda: None, [lambda: None], object(), {"a": object()}],
    ids=["a lambda", "in a list", "an object", "in a dict"],
)
def test_what_has_no_name_needs_an_id(value: object) -> None:
    with pytest.raises(ValueError, match=r"give the case with .* an id"):
        identify(value)


def test_a_case_without_a_name_stops_the_collection(pytestconfig: pytest.Config) -> None:
    hook = pytestconfig.hook.pytest_make_parametrize_id
    assert hook(config=pytestconfig, val=[1, 2], argname="value") == "1, 2"
    with pytest.raises(ValueError, match="an id"):
        hook(config=pytestconfig, val=object(), argname="value")
