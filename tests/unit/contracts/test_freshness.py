"""How long a dataset may go without a new file, and one sentence for each mistake."""

from datetime import timedelta
from pathlib import Path

import pytest

from lib.contracts import CONTRACTS, compile_contracts, read_intervals
from processor.contracts import dump
from tests.unit.contracts.orders import CONTRACT, mistakes

LINE = CONTRACT.count("\n") + 2
"""The line of the first service level."""


def with_levels(*levels: str) -> str:
    """The valid contract with service levels."""
    return CONTRACT + "slaProperties:\n" + "".join(f"  - {{{level}}}\n" for level in levels)


def level(name: str, value: str, unit: str = "h") -> str:
    """A service level."""
    return f"property: {name}, value: {value}, unit: {unit}"


HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("levels", "interval"),
    [
        ((), None),
        ((level("retention", "3", "y"),), None),
        ((level("latency", "4", "d"),), None),
        ((level("frequency", "1"),), HOUR),
        ((level("frequency", "1"), level("latency", "0")), HOUR),
        ((level("latency", "15", "min"), level("frequency", "1")), timedelta(minutes=75)),
        ((level("frequency", "0.5", "d"),), timedelta(hours=12)),
        ((level("frequency", "90", "s"),), timedelta(seconds=90)),
        ((level("frequency", "2", "w"),), timedelta(weeks=2)),
        ((level("frequency", "1", "mo"),), timedelta(days=31)),
        ((level("frequency", "1", "y"),), timedelta(days=366)),
        *(((level("frequency", "1", unit),), HOUR) for unit in ("hr", "hour", "hours", "H")),
        *(((level("frequency", "60", unit),), HOUR) for unit in ("minute", "minutes", "MIN")),
        (("property: generalAvailability, value: '2026-01-01'", level("frequency", "1")), HOUR),
        (("property: frequency, value: 1, unit: h, element: orders",), HOUR),
    ],
)
def test_the_interval_is_frequency_and_latency(
    directory: Path, levels: tuple[str, ...], interval: timedelta | None
) -> None:
    text = with_levels(*levels) if levels else CONTRACT
    assert mistakes(directory, text) == []
    assert read_intervals(directory) == {"orders": interval}


def test_it_changes_nothing_that_is_processed(directory: Path) -> None:
    """A file is done under a contract; whether it was late is no part of that."""
    assert mistakes(directory, CONTRACT) == []
    before = dump(compile_contracts(directory)["orders"])
    assert mistakes(directory, with_levels(level("frequency", "1"))) == []
    assert dump(compile_contracts(directory)["orders"]) == before


def test_the_default_version_counts(directory: Path) -> None:
    name = "orders@2.odcs.yaml"
    (directory / name).write_text(with_levels(level("frequency", "2")), encoding="utf-8")
    assert read_intervals(directory) == {"orders": 2 * HOUR}
    default = with_levels(level("frequency", "1"))
    (directory / "orders.odcs.yaml").write_text(default, encoding="utf-8")
    assert read_intervals(directory) == {"orders": HOUR}


def test_the_samples_have_one() -> None:
    assert read_intervals(CONTRACTS) == {
        "customers": timedelta(hours=25),
        "payments": timedelta(minutes=75),
    }


@pytest.mark.parametrize(
    ("levels", "sentence"),
    [
        ((level("frequency", "0"),), "has the value '0' for frequency; use a number from above 0"),
        ((level("frequency", "-1"),), "has the value '-1' for frequency; use a number"),
        ((level("latency", "-1"),), "has the value '-1' for latency; use a number from 0 to 10,0"),
        ((level("frequency", "daily"),), "has the value 'daily' for frequency; use a number"),
        ((level("frequency", "'1'"),), "has the value '1' for frequency; use a number"),
        ((level("frequency", "true"),), "has the value 'true' for frequency; use a number"),
        ((level("frequency", "null"),), "has the value 'null' for frequency; use a number"),
        ((level("frequency", ".nan"),), "has the value '.nan' for frequency; use a number"),
        ((level("frequency", ".inf"),), "has the value '.inf' for frequency; use a number"),
        ((level("frequency", "1e300"),), "has the value '1e300' for frequency; use a number"),
        ((level("frequency", "10001"),), "has the value '10001' for frequency; use a number"),
        ((level("frequency", "1", "m"),), "has the unit 'm' for frequency; use one of s, min, h"),
        ((level("latency", "1", "''"),), "has the unit '' for latency; use one of s, min, h, d"),
        (("property: frequency, value: 1",), "has no unit for frequency; use one of s, min, h"),
        ((level("Frequency", "1"),), "has the property 'Frequency'; name it 'frequency'"),
        ((level("latncy", "1"),), "has the property 'latncy'; name it 'latency'"),
        ((level("frequncy", "1"),), "has the property 'frequncy'; name it 'frequency'"),
    ],
)
def test_a_mistake_is_one_sentence(
    directory: Path, levels: tuple[str, ...], sentence: str
) -> None:
    [found] = mistakes(directory, with_levels(*levels))
    assert f"orders.odcs.yaml, line {LINE}: field 'slaProperties[0]' {sentence}" in found


def test_a_level_is_said_once(directory: Path) -> None:
    text = with_levels(level("frequency", "1"), level("frequency", "2"))
    [found] = mistakes(directory, text)
    assert f"line {LINE + 1}: field 'slaProperties[1]' says frequency again; keep one" in found
