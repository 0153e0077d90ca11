"""Phone numbers."""

import pytest

from tests.unit.processor.redacted import redacted


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("call +49 (151) 234-5678!", "call [phone]!"),
        ("0049 151 2345678, +3435040190006", "[phone], [phone]"),
        ("0151/2345678 or 0171 234567", "[phone] or [phone]"),
        ("0151/2345678/0171234567", "[phone]"),
        ("(202) 555-0123 303.555.0111", "[phone] [phone]"),
        ("2025550123, 202-555-0123", "[phone], [phone]"),
        ("\u0660\u0661\u0665\u0661\u0662\u0663\u0664\u0665\u0666", "[phone]"),
        *(
            (f"call {text} today", "call [phone] today")
            for text in (
                *("612 345 678", "912 34 56 78", "32 12 34 56", "406 12 345", "(11) 96123-4567"),
                *("13812345678", "8 (912) 345-67-89", "2101234567", "8123 4567", "98765 43210"),
                *("+49 (0) 170 1234567", "555-123-4567x12", "555-123-4567 ext. 5", "601234567"),
            )
        ),
        *(
            (text, "[phone]")
            for text in (
                *("612 345 678", "(11) 96123-4567", "13812345678", "8 (912) 345-67-89"),
                *(
                    "0170,1234567",
                    "0_170_1234567",
                    "(12) 3456 78",
                    "49 170 1234567",
                    "(+49) 170 123456",
                ),
                *("\uff10\uff19\uff10\uff0d1234\uff0d5678", "030 1234567 ext 12"),
            )
        ),
        ("(0170 1234567)", "([phone])"),
        ("tel0170123456", "tel[phone]"),
    ],
)
def test_a_phone_goes(text: str, expected: str) -> None:
    assert redacted(text) == expected
