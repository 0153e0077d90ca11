"""Redaction: what identifies a person is taken out of free text, and its kind put in its place.

It finds forms, not meanings: it knows no names, and a number that is written in an unusual way
stays. Where it errs, it takes out too much: what looks like an account or a telephone number goes,
and what follows it in the same form too. Only card numbers must pass their check (Luhn, ISO/IEC
7812), because many harmless numbers have as many digits.

The patterns are RE2, so the time is linear in the text; only texts with enough digits for a card
are searched by Python.
"""

import re
from collections.abc import Iterable
from itertools import accumulate

import pyarrow as pa
import pyarrow.compute as pc

# What people put between groups of digits, which may be of any script; some of it shows not.
_BETWEEN = ".\t \u00a0\u00ad\u2007\u2009\u200b-\u200d\u2010-\u2015\u202f\u2060\u2212\ufeff-"
_JOINT = f"[{_BETWEEN}]"
_GAP = f"[/(){_BETWEEN}]{{0,3}}"
_ZERO = r"[0\x{660}\x{6f0}\x{966}]"  # Arabic, Persian and Indian ones too
_BEFORE = r"(^|[^\p{Nd}])"

# Whatever stands before the sign without a space, whether or not it may stand there.
_LABEL = r"[\p{L}\p{M}\p{N}\x{200c}\x{200d}_-]+"
_EMAIL = (
    r"""()(?:"[^"\r\n]{1,64}"|[^\s"<>()\[\],;:@]+)"""
    rf"""[@\x{{ff20}}\x{{fe6b}}](?:{_LABEL}(?:[.]{_LABEL})*|\[[^\s\]]+\])"""
)
_IBAN = (  # in capitals, or in any case if there are digits enough
    f"()(?:[A-Z]{{2}}[0-9]{{2}}(?:{_JOINT}?[A-Z0-9]{{4}}){{2,7}}(?:{_JOINT}?[A-Z0-9]{{1,3}})?"
    f"|(?i:[A-Z]{{2}}[0-9]{{2}}{_JOINT}?[A-Z0-9]{{4}}(?:{_JOINT}?[0-9][A-Z0-9]{{3}}){{1,6}}"
    f"(?:{_JOINT}?[0-9][A-Z0-9]{{0,2}})?))"
)
_SSN = rf"{_BEFORE}\p{{Nd}}{{3}}{_JOINT}\p{{Nd}}{{2}}{_JOINT}\p{{Nd}}{{4}}"
_PHONE = (  # from abroad, with a trunk prefix, and in North America
    rf"{_BEFORE}(?:(?:\+|{_ZERO}{{2}})\p{{Nd}}(?:{_GAP}\p{{Nd}}){{6,}}"
    rf"|[(]?{_ZERO}\p{{Nd}}(?:{_GAP}\p{{Nd}}){{5,}}"
    rf"|[(]?[2-9][0-9]{{2}}[)]?{_GAP}[2-9][0-9]{{2}}{_JOINT}?[0-9]{{4}}\b)"
)
_PATTERNS = {"email": _EMAIL, "iban": _IBAN, "ssn": _SSN, "phone": _PHONE}

_CARD_LENGTHS = range(13, 20)
_CARD_LIKE = rf"\p{{Nd}}(?:{_JOINT}?\p{{Nd}}){{{_CARD_LENGTHS[0] - 1}}}"
_GROUPS = re.compile(rf"(?<![\d+])\d{{3,}}(?:{_JOINT}\d{{3,}})*")
_GROUP = re.compile(r"\d+")
_DOUBLED = bytes.maketrans(b"0123456789", bytes((0, 2, 4, 6, 8, 1, 3, 5, 7, 9)))
_SINGLE = bytes.maketrans(b"0123456789", bytes(range(10)))


def redact(text: pa.StringArray, patterns: Iterable[str]) -> pa.StringArray:
    """Replace what each of ``patterns`` finds by its name in brackets, such as ``[email]``.

    The names are email, iban, card, ssn and phone, and they are sought in the order given.
    """
    for name in patterns:
        if name == "card":
            text = _without_cards(text)
        else:
            text = pc.replace_substring_regex(
                text, pattern=_PATTERNS[name], replacement=rf"\1[{name}]"
            )
    return text


def _without_cards(text: pa.StringArray) -> pa.StringArray:
    suspects = pc.match_substring_regex(text, pattern=_CARD_LIKE)
    if not suspects.true_count:
        return text
    found = text.filter(suspects).to_pylist()
    cleared = pa.array([_GROUPS.sub(_without_card, one) for one in found], pa.string())
    return pc.replace_with_mask(text, pc.fill_null(suspects, False), cleared)


def _without_card(run: re.Match[str]) -> str:
    """Return groups of digits without those that make up the number of a card."""
    whole = run[0]
    groups = [(found.start(), found.end(), _ascii(found[0])) for found in _GROUP.finditer(whole)]
    kept = []
    end = first = 0
    while first < len(groups):
        lengths = accumulate(len(digits) for _, _, digits in groups[first : first + 7])
        count = 0
        for number, length in enumerate(lengths, start=1):
            if length in _CARD_LENGTHS:
                digits = "".join(digits for _, _, digits in groups[first : first + number])
                count = number if _luhn(digits) else count
        if count:
            kept += [whole[end : groups[first][0]], "[card]"]
            end = groups[first + count - 1][1]
        first += count or 1
    return "".join([*kept, whole[end:]])


def _ascii(digits: str) -> str:
    return digits if digits.isascii() else "".join(str(int(digit)) for digit in digits)


def _luhn(digits: str) -> bool:
    reverse = digits[::-1].encode()
    singles, doubled = reverse[::2].translate(_SINGLE), reverse[1::2].translate(_DOUBLED)
    return (sum(singles) + sum(doubled)) % 10 == 0
