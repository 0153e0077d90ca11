"""What identifies a person leaves free text, and what does not stays."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.redaction import redact
from tests.unit.processor.examples import EXAMPLES

ALL = ("email", "iban", "card", "ssn", "phone")


def redacted(text: str, *patterns: str) -> str:
    """Return one text without what the patterns find, all of them unless said."""
    return str(redact(pa.array([text]), patterns or ALL)[0])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("write to ann.o'neil+x@mail.example.co.uk, please", "write to [email], please"),
        ("jürgen@müller.example", "[email]"),
        ("root@localhost", "[email]"),
        ("jose\u0301.garcia@example.com", "[email]"),
        ("name@उदाहरण.भारत.", "[email]."),
        ('to "john doe"@example.com, ann@[192.168.0.1]', "to [email], [email]"),
        ("<ann\u2019s@example.com> (bob\uff20example.com)", "<[email]> ([email])"),
        ("IBAN DE89 3704 0044 0532 0130 00 is mine", "IBAN [iban] is mine"),
        ("GB82WEST12345698765432", "[iban]"),
        ("mt84 malt 0110 0001 2345 mtlcast001s", "[iban] mtlcast001s"),
        ("KZ86 125K ZT50 0410 0100", "[iban]"),
        ("my card is 4111 1111 1111 1111 12/29", "my card is [card] 12/29"),
        ("in 2024 4111-1111-1111-1111 123 was", "in 2024 [card] 123 was"),
        ("3782 822463 10005, 378282246310005", "[card], [card]"),
        ("6304000000000000, 6304 0000 0000 0000 000", "[card], [card]"),
        ("\u0664\u0661\u0661\u0661" + " \u0661\u0661\u0661\u0661" * 3, "[card]"),
        ("ssn 123-45-6789.", "ssn [ssn]."),
        ("123\u201145\u20116789", "[ssn]"),
        ("123 45 6789", "[ssn]"),
        ("123.45.6789", "[ssn]"),
        ("4111.1111.1111.1111, 4111\t1111\t1111\t1111", "[card], [card]"),
        ("4111\u200b1111\u200b1111\u200b1111 +49\u00ad151\u00ad2345678", "[card] [phone]"),
        ("call +49 (151) 234-5678!", "call [phone]!"),
        ("0049 151 2345678, +3435040190006", "[phone], [phone]"),
        ("0151/2345678 or 0171 234567", "[phone] or [phone]"),
        ("0151/2345678/0171234567", "[phone]"),
        ("(202) 555-0123 303.555.0111", "[phone] [phone]"),
        ("2025550123, 202-555-0123", "[phone], [phone]"),
        ("\u0660\u0661\u0665\u0661\u0662\u0663\u0664\u0665\u0666", "[phone]"),
        ("a@b.example +4915123456\n4111111111111111", "[email] [phone]\n[card]"),
    ],
)
def test_what_identifies_goes(text: str, expected: str) -> None:
    assert redacted(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "order 9999551543932633 of 2024-01-02 12:30",  # sixteen digits, but not of a card
        "1 000 000 EUR on page 100 of 2000",
        "ticket 123456789, 12-34-5678",
        "AB12 when they were here",
        "see section 4.1.1.1 @ noon, ann @ home",
        "C10000000",
        "1.234.567,89 EUR, 10.0.0.1, 2024.01.02",
        "",
    ],
)
def test_what_does_not_identify_stays(text: str) -> None:
    assert redacted(text) == text


def test_only_what_is_named_is_sought() -> None:
    text = "a@b.example 123-45-6789"
    assert redacted(text, "ssn") == "a@b.example [ssn]"
    assert redacted(text, "email") == "[email] 123-45-6789"


def test_null_stays_null_and_rows_stay_in_order() -> None:
    texts = ["no", None, "4111111111111111", "4111111111111112", None, "x 5500005555555559"]
    assert redact(pa.array(texts), ALL).to_pylist() == [
        *("no", None, "[card]", "4111111111111112", None, "x [card]")
    ]
    assert redact(pa.array([], pa.string()), ALL).to_pylist() == []


def luhn_holds(digits: str) -> bool:
    """Whether the check digit of ISO/IEC 7812 is right."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value // 10 + value % 10
    return total % 10 == 0


@EXAMPLES
@given(st.text("0123456789", min_size=11, max_size=21))
def test_a_number_is_of_a_card_if_its_length_and_check_digit_are(digits: str) -> None:
    card = 13 <= len(digits) <= 19 and luhn_holds(digits)
    assert redacted(digits, "card") == ("[card]" if card else digits)


WORDS = st.text("abc xyz,;\n", max_size=12)
SECRETS = {
    "email": st.from_regex(r"[a-z][a-z.]{0,8}@[a-z]{1,8}\.[a-z]{2,3}", fullmatch=True),
    "iban": st.from_regex(r"DE[0-9]{20}|FR[0-9]{12}[0-9A-Z]{11}[0-9]{2}", fullmatch=True),
    "ssn": st.from_regex(r"[0-9]{3}-[0-9]{2}-[0-9]{4}", fullmatch=True),
    "phone": st.from_regex(r"\+[1-9][0-9]{7,14}", fullmatch=True),
    "card": st.text("0123456789", min_size=15, max_size=15).map(
        lambda digits: next(digits + last for last in "0123456789" if luhn_holds(digits + last))
    ),
}


@EXAMPLES
@given(
    st.lists(
        st.sampled_from(ALL).flatmap(
            lambda name: st.tuples(WORDS, st.just(name), SECRETS[name], WORDS)
        ),
        max_size=4,
    )
)
def test_planted_secrets_go_and_the_words_around_them_stay(
    parts: list[tuple[str, str, str, str]],
) -> None:
    text = "".join(f"{before}\n: {secret} :\n{after}" for before, _, secret, after in parts)
    expected = "".join(f"{before}\n: [{name}] :\n{after}" for before, name, _, after in parts)
    assert redacted(text) == expected
