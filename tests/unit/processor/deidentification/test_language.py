"""The texts of a pattern are counted where there are few."""

from pathlib import Path

import pytest

from tests.unit.contracts.orders import METHOD, bounded, mistakes


@pytest.mark.parametrize(
    ("options", "count"),
    [
        ("pattern: '^[MF]$'", "2"),
        ("pattern: '^[0-9]{3}$'", "1,000"),
        ("pattern: '^(male|female|other)$'", "3"),
        ("pattern: '^male|female$'", "2"),
        ("pattern: '^(?i)(?:yes|no)?$'", "3"),
        ("pattern: '^(?P<sex>[MF]|m|f)(a|a)$'", "4"),
        ("pattern: '^\\d{1,3}$'", "1,110"),
        ("pattern: '^\\pZ[[:digit:]]$'", "190"),
        ("pattern: '^[0-9]{3}\\.0{2,}?$', maxLength: 6", "1,000"),
        ("pattern: '^[0-9é]{2}$'", "121"),
        ("pattern: '^[MF]+$', maxLength: 5", "62"),
        ("pattern: '^(a*)*$', maxLength: 9", "10"),
        ("pattern: '^(?:male){9000000}$', maxLength: 9", "0"),
        ("pattern: '^(0?){9000}$'", None),
        ("pattern: '^[0-9]{4}$'", None),
        ("pattern: '^[0-9]{3}[0-9A-F]$'", None),
        ("pattern: '^(?:[0-9]{3}-){2}$'", None),
        ("pattern: '^[MF]+$'", None),
        ("pattern: '^[MF]{2,}$'", None),
        ("pattern: '^[^x]$'", None),
        ("pattern: '^.$'", None),
        ("pattern: '^\\Qmale\\E$'", None),
        ("pattern: '^a{0,900}a{0,900}a{0,900}$'", None),
        ("pattern: '^[b-a]$'", None),
        ("pattern: '^a)$'", None),
        (f"pattern: '^{'(' * 51}a{')' * 51}$'", None),
    ],
)
def test_a_pattern_of_few_texts_has_few_values(
    directory: Path, options: str, count: str | None
) -> None:
    text = bounded("order_id", options.replace("\\", r"\\"))
    text = text.replace("- name: order_id\n", f"- name: order_id\n{METHOD % 'hmac'}")
    sentences = [line for line in mistakes(directory, text) if "frequencies" in line]
    assert [f"column 'order_id' has only {count} values" in line for line in sentences] == (
        [True] if count else []
    )
