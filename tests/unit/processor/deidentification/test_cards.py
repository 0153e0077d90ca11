"""Card numbers, and no other numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.processor.examples import EXAMPLES
from tests.unit.processor.oracle import luhn_holds
from tests.unit.processor.redacted import redacted

# The first digits of a card, and its length; all others here begin with a zero.
ISSUERS = {
    "4": (13, 16, 19),
    "51": (16,),
    "2720": (16,),
    "34": (15,),
    "36": (14, 19),
    "6304": (13, 19),
}


@EXAMPLES
@given(
    st.sampled_from(sorted(ISSUERS)),
    st.sampled_from(["", "0"]),
    st.text("0123456789", min_size=9, max_size=19),
)
def test_a_number_is_of_a_card_if_its_issuer_length_and_check_digit_are(
    issuer: str, before: str, rest: str
) -> None:
    digits = before + issuer + rest
    card = not before and len(digits) in ISSUERS[issuer] and luhn_holds(digits)
    if len(digits) <= 19 and issuer not in ("36", "6304"):
        assert redacted(digits, "card") == ("[card]" if card else digits)
    elif before:
        assert redacted(digits, "card") == digits


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("my card is 4111 1111 1111 1111 12/29", "my card is [card] 12/29"),
        ("in 2024 4111-1111-1111-1111 123 was", "in 2024 [card] 123 was"),
        ("3782 822463 10005, 378282246310005", "[card], [card]"),
        ("6304000000000000, 6304 0000 0000 0000 000", "[card], [card]"),
        ("\u0664\u0661\u0661\u0661" + " \u0661\u0661\u0661\u0661" * 3, "[card]"),
        ("4111.1111.1111.1111, 4111\t1111\t1111\t1111", "[card], [card]"),
        *(
            (text, "[card]")
            for text in (
                *("4111  1111  1111  1111", "4111 - 1111 - 1111 - 1111", "4111/1111/1111/1111"),
                *(
                    "4111_1111_1111_1111",
                    "4111 1111\r\n1111 1111",
                    "4111\u30001111\u30001111\u30001111",
                ),
                *(
                    "41 11 11 11 11 11 11 11",
                    "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
                    "41111111111111111225",
                ),
                "\uff14" + "\uff11" * 15,
            )
        ),
        ("4111\u00b71111\u00b71111\u00b71111 \U0001f600\u221212", "[card] \U0001f600\u221212"),
    ],
)
def test_a_card_goes(text: str, expected: str) -> None:
    assert redacted(text) == expected
