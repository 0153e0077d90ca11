"""Account numbers, with and without a mistake."""

import pytest

from tests.unit.processor.redacted import redacted


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("IBAN DE89 3704 0044 0532 0130 00 is mine", "IBAN [iban] is mine"),
        ("GB82WEST12345698765432", "[iban]"),
        ("mt84 malt 0110 0001 2345 mtlcast001s", "[iban]"),
        ("KZ86 125K ZT50 0410 0100", "[iban]"),
        ("fr14 2004 1010 0505 000m 0260 6", "[iban]"),  # mistyped, and in lower case
        *(
            (text, "[iban]")
            for text in (
                *("de89 3704 0044 0532 0130 00", "DE 89 3704 0044 0532 0130 00"),
                *("DE89 370 400 440 532 013 000", "DE89  3704  0044  0532  0130  00"),
                *("DE89_3704_0044_0532_0130_00", "DE89 3704 0044 0532\n0130 00"),
                *("NO93 8601 1117 947", "BE68539007547034", "DE88370400440532013000"),
            )
        ),
    ],
)
def test_an_iban_goes(text: str, expected: str) -> None:
    assert redacted(text) == expected
