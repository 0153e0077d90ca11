"""Card numbers in plain text: digits of an issuer, in number and by their check digit."""

import re
from collections.abc import Iterator
from itertools import accumulate

LENGTHS = range(13, 20)
SUSPECT = rf"[0-9](?:[^0-9A-Za-z]*[0-9]){{{LENGTHS[0] - 1}}}|[^\P{{Nd}}0-9]"

_RUN = re.compile(r"(?<![\d+])\d(?:(?:[\s./_:|*~\u200b-]{0,3}+|,)\d)*+")
_GROUP = re.compile(r"\d+")
_ISSUED = re.compile(  # https://en.wikipedia.org/wiki/Payment_card_number
    r"4(?:\d{12}|\d{15}|\d{18})"  # Visa
    r"|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}"  # Mastercard
    r"|3[47]\d{13}"  # American Express
    r"|3(?:0[0-59]\d|[689]\d\d)\d{10,15}"  # Diners Club
    r"|35(?:2[89]|[3-8]\d)\d{12,15}|(?:1800|2131)\d{11}"  # JCB
    r"|(?:6\d|5[06-8])\d{11,17}"  # Maestro, Discover, UnionPay, RuPay, Verve
    r"|(?:8[12]\d\d|220[0-5])\d{12,15}"  # UnionPay, RuPay, Mir
    r"|(?:9792|8600|9860)\d{12}"  # Troy, Uzcard, Humo
)
# A card has 16 digits unless it is of American Express; its date and code may follow.
_GLUED = re.compile(r"(3[47]\d{13}|[2-9]\d{15})\d{4,10}")
_DOUBLED = bytes.maketrans(b"0123456789", bytes((0, 2, 4, 6, 8, 1, 3, 5, 7, 9)))
_SINGLE = bytes.maketrans(b"0123456789", bytes(range(10)))


def spans(plain: str) -> Iterator[tuple[int, int]]:
    """Yield where the numbers of cards are: from the first digit to the end of the last.

    They are in groups of three digits and more, or all of one or two.
    """
    for run in _RUN.finditer(plain):
        groups = [found.span() for found in _GROUP.finditer(plain, *run.span())]
        sizes = {end - start for start, end in groups}
        if max(sizes) <= 2:
            alike = sizes == {1} or all(end - start == 2 for start, end in groups[:-1])
            if alike and len(groups) <= LENGTHS[-1] and _is_card("".join(_GROUP.findall(run[0]))):
                yield run.span()
        else:
            yield from _among(plain, groups)


def _among(plain: str, groups: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    first = 0
    while first < len(groups):
        texts = []
        for start, end in groups[first : first + 7]:
            if end - start < 3:
                break
            texts.append(plain[start:end])
        count = 0
        for number, length in enumerate(accumulate(map(len, texts)), start=1):
            if length in LENGTHS and _is_card("".join(texts[:number])):
                count = number
        glued = _GLUED.fullmatch(texts[0]) if texts and not count else None
        if glued and _is_card(glued[1]):
            count = 1
        if count:
            yield groups[first][0], groups[first + count - 1][1]
        first += count or 1


def _is_card(digits: str) -> bool:
    return bool(_ISSUED.fullmatch(digits)) and _luhn(digits)


def _luhn(digits: str) -> bool:
    reverse = digits[::-1].encode()
    singles, doubled = reverse[::2].translate(_SINGLE), reverse[1::2].translate(_DOUBLED)
    return (sum(singles) + sum(doubled)) % 10 == 0
