"""Redact leaves the text without what its patterns find; by default it has all patterns."""

from tests.unit.processor.deidentified import leaves
from tests.unit.processor.examples import column
from tests.unit.processor.redacted import ALL

TEXT = "a@b.example, 123-45-6789"


def test_only_what_is_named_is_taken_out() -> None:
    some = column("c", method="redact", options={"patterns": ["ssn"]})
    assert leaves(some, TEXT, "", "nothing") == ["a@b.example, [ssn]", None, "nothing"]


def test_everything_is_taken_out_unless_it_is_named() -> None:
    assert leaves(column("c", method="redact"), TEXT) == ["[email], [ssn]"]
    every = column("c", method="redact", options={"patterns": list(ALL)})
    assert leaves(every, TEXT) == ["[email], [ssn]"]
