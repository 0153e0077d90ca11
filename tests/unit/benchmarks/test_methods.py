"""What a value of each method takes: those with keys are measured, and none is slow."""

from benchmarks.methods import LENGTHS, measure
from processor.deidentification.methods import BY_NAME
from processor.deidentification.token import Token


def test_no_value_takes_long_unless_it_is_hashed_one_by_one() -> None:
    found = measure()
    tokens = {name for name, method in BY_NAME.items() if issubclass(method, Token)}
    assert {*found} == tokens | {"shift"}
    for name, values in found.items():
        assert len(values) == len(LENGTHS)
        assert all(0 < value < (10 if name == "hmac" else 2) for value in values), name
