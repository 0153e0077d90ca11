"""Redaction removes what identifies a person from free text, and nothing else."""

from time import process_time

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.deidentification.redaction import redact
from tests.unit.processor.examples import EXAMPLES
from tests.unit.processor.oracle import luhn_holds
from tests.unit.processor.redacted import ALL, redacted


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
        ("ssn 123-45-6789.", "ssn [ssn]."),
        ("123\u201145\u20116789", "[ssn]"),
        ("123 45 6789", "[ssn]"),
        ("123.45.6789", "[ssn]"),
        ("4111\u200b1111\u200b1111\u200b1111 +49\u00ad151\u00ad2345678", "[card] [phone]"),
        *(
            (text, "[email]")
            for text in (
                *("ann%40example.com", "ann%2540example.com", "ann&#64;example.com"),
                *("ann&#x40;example.com", "ann&amp;commat;example.com", "ann\\u0040example.com"),
                *("ann (at) example.com", "ann[at]example[dot]com", "ann at example dot com"),
                *(
                    "ann @ example.com",
                    "ann@ example.com",
                    "ann @example.com",
                    "ann@\u200bb.example",
                ),
            )
        ),
        *((text, "[ssn]") for text in ("123456789", "123 - 45 - 6789", "123/45/6789")),
        ("SSN: 123456789", "SSN: [ssn]"),
        (" 123456789\n", " [ssn]"),
        ("a@b.example +4915123456\n4111111111111111", "[email] [phone]\n[card]"),
    ],
)
def test_what_identifies_goes(text: str, expected: str) -> None:
    assert redacted(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "order 9999551543932633 of 2024-01-02 12:30",  # sixteen digits, but not a card's
        "1 000 000 EUR on page 100 of 2000",
        "ticket 123456789, 12-34-5678",
        "AB12 when they were here",
        "see section 4.1.1.1 @ noon, ann @ home",
        "C10000000",
        "1.234.567,89 EUR, 10.0.0.1, 2024.01.02",
        "born 01.02.2024, paid 03/04/2024 at 1704164645000 ms, 2024-05-06T07:08:09.123456+02:00",
        "1704164645000 1704164645000000 20240506070809 2024-05-06 07:08 v1.20.3000 115.0.5790.170",
        "order no. 0012345678, INV-2024-000123, #12345678, C0012345678, 0012345678ABC",
        "12 500 000 km, EUR 612 345 678, 612 345 678 kr, 52.520008, 13.404954, 1,234,567.89",
        "4 11 111 1 11 and DE00 3704 is no account, 12.05.2024 12345",
        "npm i @angular/core %40types/node, 3 pieces @ 1.50, (at) home",
        "",
    ],
)
def test_what_does_not_identify_stays(text: str) -> None:
    assert redacted(text) == text


@pytest.mark.no_cover
@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize(
    "part",
    [
        *(
            "1",
            "1 ",
            "0",
            "+1234567 ",
            "AA11 AAAA ",
            "DE00A0AA",
            "a@",
            "a.",
            '"a',
            "4111 ",
            "123 ",
        ),
        *(
            "1,234",
            "1.234",
            "1.2.",
            "v1.",
            "A-1",
            "A-1-",
            "order 1-",
            "#1",
            "(1",
            "1:",
            "e\u0301",
            "\u0661",
        ),
        *("2024-05-06 ", "1 EUR", "DE89 3704 0044 0532 0130 00 ", "at a dot ", " at a", "\uff11"),
    ],
)
def test_the_time_is_linear_in_the_text(name: str, part: str) -> None:
    # Each takes less than a second; quadratic time would be minutes.
    began = process_time()
    redact(pa.array([part * ((1 << 17) // len(part))]), (name,))
    assert process_time() - began < 10


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


WORDS = st.text("abc xyz,;\n", max_size=12)
SECRETS = {
    "email": st.from_regex(r"[a-z][a-z.]{0,8}@[a-z]{1,8}\.[a-z]{2,3}", fullmatch=True),
    "iban": st.from_regex(r"DE[0-9]{20}|FR[0-9]{12}[0-9A-Z]{11}[0-9]{2}", fullmatch=True),
    "ssn": st.from_regex(r"[0-9]{3}-[0-9]{2}-[0-9]{4}", fullmatch=True),
    "phone": st.from_regex(r"\+[1-9][0-9]{7,14}", fullmatch=True),
    "card": st.from_regex(r"(4[0-9]{2}|5[1-5][0-9]|601)[0-9]{12}", fullmatch=True).map(
        lambda digits: next(
            digits[:15] + last for last in "0123456789" if luhn_holds(digits[:15] + last)
        )
    ),
}


@pytest.mark.no_cover
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
