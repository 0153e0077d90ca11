"""Filter patterns: what AWS's page about them says they match."""

import json
from typing import Any

import pytest

from sandbox.filter_pattern import PatternError, compile_pattern, matches

EVENT = {
    "eventType": "UpdateTrail",
    "sourceIPAddress": "111.111.111.111",
    "arrayKey": ["value", "another value"],
    "objectList": [{"name": "a", "id": 1}, {"name": "b", "id": 2}],
    "SomeObject": None,
    "nested": {"text": "arn:aws:kms:us-east-1:111122223333:key/1-2", "brackets": "a[b]?c"},
}


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ('{ $.eventType = "UpdateTrail" }', True),
        ("{ $.eventType = UpdateTrail }", True),
        ('{ $.eventType = "Update*" }', True),
        ('{ $.eventType = "*Trail" }', True),
        ('{ $.eventType = "updatetrail" }', False),
        ('{ $.eventType = "Update" }', False),
        ("{ $.sourceIPAddress != 123.123.* }", True),
        ("{ $.sourceIPAddress != 111.111.* }", False),
        ('{ $.arrayKey[0] = "value" }', True),
        ('{ $.arrayKey[1] = "value" }', False),
        ('{ $.arrayKey[2] = "value" }', False),
        ("{ $.objectList[1].id = 2 }", True),
        ('{ $.nested.text = "*key/1-2" }', True),
        ('{ $.nested.brackets = "a[b]?c" }', True),
        ('{ $.nested = "*" }', False),
        ("{ $.nothing NOT EXISTS }", True),
        ("{ $.nothing EXISTS }", False),
        ("{ $.eventType EXISTS }", True),
        ("{ $.eventType NOT EXISTS }", False),
        ("{ $.nested.nothing.more NOT EXISTS }", True),
        ("{ $.SomeObject EXISTS }", True),
        ('{ $.nothing = "a" }', False),
        ('{ $.nothing != "a" }', False),
        ("{ ($.objectList[0].id = 1) && ($.eventType = UpdateTrail) }", True),
        ("{ ($.objectList[0].id = 2) && ($.eventType = UpdateTrail) }", False),
        ("{ ($.objectList[0].id = 2) || ($.eventType = UpdateTrail) }", True),
        ("{ $.eventType = A || $.eventType = UpdateTrail && $.objectList[0].id = 2 }", False),
        ("{ ($.eventType = A || $.eventType = UpdateTrail) && $.objectList[0].id = 1 }", True),
    ],
)
def test_it_matches_as_the_page_says(pattern: str, expected: bool) -> None:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html"""
    assert matches(pattern, json.dumps(EVENT)) == expected


@pytest.mark.parametrize("message", ["", "START RequestId: 1", "[1, 2]", '"text"', "null"])
def test_what_is_not_an_object_matches_no_text(message: str) -> None:
    assert not matches('{ $.eventType = "*" }', message)


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "ERROR",
        "{ }",
        "{ $.a }",
        "{ $.a = 1",
        "{ $.a = 1 } more",
        "{ ($.a = 1 }",
        "{ $.a > 1 }",
        "{ $.a IS TRUE }",
        "{ $.a NOT THERE }",
        "{ 1 = $.a }",
        '{ $.a = "open }',
        "{ $.a =",
    ],
)
def test_what_it_cannot_read_it_refuses(pattern: Any) -> None:
    with pytest.raises(PatternError):
        compile_pattern(pattern)
