"""IBANs in plain text (ISO 13616): a country, its length, and the remainder of its check digits.

What has a right check is one however it is grouped. A mistyped number still tells whose account
it is, so what has the usual form goes too; that is :data:`FORM`.
"""

import re
from collections.abc import Iterator
from functools import cache

# https://www.swift.com/standards/data-standards/iban-international-bank-account-number
_COUNTRIES = {
    15: "NO",
    16: "BE",
    18: "DK FI FK FO GL NL SD",
    19: "MK SI",
    20: "AT BA EE KZ LT LU MN XK",
    21: "CH CR HR LI LV",
    22: "BG BH DE GB GE IE ME RS VA",
    23: "AE GI IL IQ OM SO TL",
    24: "AD CZ ES MD PK RO SA SE SK TN VG",
    25: "LY PT ST",
    26: "IS TR",
    27: "BI DJ FR GR IT MC MR SM",
    28: "AL AZ BY CY DO GT HN HU LB NI PL SV",
    29: "BR EG PS QA UA",
    30: "JO KW MU YE",
    31: "MT SC",
    32: "LC",
    33: "RU",
}
_LENGTHS = {name: length for length, names in _COUNTRIES.items() for name in names.split()}
_COUNTRY = "|".join(_LENGTHS)

_GAP = "[^0-9A-Za-z]*"
SUSPECT = (
    rf"(?i:{_COUNTRY}){_GAP}[0-9]{_GAP}[0-9](?:{_GAP}[0-9A-Za-z]){{11}}|[\x{{ff21}}-\x{{ff3a}}]"
)

_JOINT = "[.\\t \u00a0\u00ad\u2007\u2009\u200b-\u200d\u2010-\u2015\u202f\u2060\u2212\ufeff-]"
FORM = (  # in capitals, or in any case if there are digits enough
    f"()(?:(?:{_COUNTRY})[0-9]{{2}}"
    f"(?:(?:{_JOINT}?[A-Z0-9]{{4}}){{3,7}}(?:{_JOINT}?[A-Z0-9]{{1,3}})?"
    f"|(?:{_JOINT}?[A-Z0-9]{{4}}){{2}}{_JOINT}?[A-Z0-9]{{3}})"
    f"|(?i:(?:{_COUNTRY})[0-9]{{2}}(?:{_JOINT}[0-9A-Z]{{4}})(?:{_JOINT}[0-9][0-9A-Z]{{3}}){{1,6}}"
    f"(?:{_JOINT}[0-9][0-9A-Z]{{0,2}})?)"
    f"|(?i:{_COUNTRY})[0-9]{{2}}(?:{_JOINT}?[0-9]{{4}}){{3,6}}(?:{_JOINT}?[0-9]{{1,3}})?)"
)

_BETWEEN = r"(?:[\s./_:\u200b-]{0,3}+)"
_START = re.compile(rf"[A-Za-z](?=[A-Za-z](?:{_BETWEEN}\d){{2}})")
_BREAKS = re.compile(r"[^A-Za-z0-9]+")


def spans(plain: str) -> Iterator[tuple[int, int]]:
    """Yield where numbers are whose check digits are right."""
    end = 0
    for start in (found.start() for found in _START.finditer(plain)):
        length = _LENGTHS.get(plain[start : start + 2].upper())
        if length and start >= end:
            found = _of_length(length).match(plain, start)
            if found and _is_right(_BREAKS.sub("", found[0])):
                end = found.end()
                yield start, end


@cache
def _of_length(length: int) -> re.Pattern[str]:
    return re.compile(rf"[A-Za-z]{{2}}(?:{_BETWEEN}[A-Za-z0-9]){{{length - 2}}}")


def _is_right(number: str) -> bool:
    turned = number[4:] + number[:4]
    return int("".join(str(int(character, 36)) for character in turned)) % 97 == 1
