"""Telephone numbers in plain text.

A number is known by ``+`` or ``0`` before it, by a word such as ``call``, or by groups as a
country writes them. Dates, times, prices, measures, versions and numbered things are skipped
first.

docs/redaction.md says why no library does this.
"""

import re
from collections.abc import Iterator

SUSPECT = r"[0-9](?:[^0-9A-Za-z:]*[0-9]){6}|[^\P{Nd}0-9]"

_AMOUNT = r"[1-9]\d{0,2}(?:[ .,'\u2019]\d{3})+(?:[.,]\d{1,2})?(?!\d)|\d+(?:[.,]\d+)?(?!\d)"
_MONEY = "EUR|USD|GBP|CHF|DKK|NOK|SEK|PLN|INR|CNY|RUB|BRL|SGD|JPY|kr|zł"
_UNITS = (
    "[num]?s|[kmµ]?g|[kcmµ]?m|[mc]?l|[kKMGT]?i?B|k?Wh?|[kMG]?Hz|k?V|m?A|bytes|rows|pcs|px|people"
    "|units|inhabitants|seconds|steps|views|items|lines"
)
_DAY, _MONTH, _YEAR = "(?:0?[1-9]|[12][0-9]|3[01])", "(?:0?[1-9]|1[0-2])", r"(?:19|20)\d\d"
_BYTE = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_THINGS = (
    "order|ticket|invoice|inv|ref|reference|case|sku|item|article|batch|serial|tracking|parcel|po"
    "|part|isbn|ean|build|commit|job|run|row|line|epoch|timestamp|ts"
)
_HARMLESS = re.compile(
    r"(?<![A-Za-z])(?=[A-Za-z])(?:"
    r"(?!(?i:tel|tlf|ph|fon|mob|fax|tf)-)[A-Za-z]{2,8}-\d+(?:-\d+)*+"
    rf"|(?i:{_THINGS})s?(?:[ ._-]?(?i:no|nr|number|id))?[.]?[ ]?[:=#]?[ ]?\d++"
    r"(?:-\d+)*+(?![ /.]?\d)"
    rf"|(?:{_MONEY}|Rs\.?)\s?(?:{_AMOUNT})"
    r"|[vV]\.?\s?\d+(?:[.]\d+)++"
    r")|(?=\d)(?<!\d)(?:"
    rf"(?<!\+)(?<!\d[-/.])(?:{_YEAR}([-/. ]){_MONTH}\1{_DAY}"
    rf"|{_DAY}([-/. ]){_DAY}\2{_YEAR}|{_DAY}([-/.]){_DAY}\3\d\d(?!\3))(?!\d)"
    r"|\d{1,2}:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:\s?[+-]\d\d:?\d\d)?(?!\d)"
    r"|(?<!\+)(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
    r"(?:T?\d{4}(?:\d\d(?:[.,]?\d{3,6})?)?)?(?!\d)"
    rf"|(?<![+.,'\u2019-])(?<!\d )(?!0\d)(?:{_AMOUNT})\s?(?:[€$£¥₹%°]|(?:{_MONEY}"
    rf"|{_UNITS})(?![A-Za-z\d]))"
    rf"|(?<!\.)(?:{_BYTE}\.){{3}}{_BYTE}(?!\d|\.\d)"
    r"|(?<![.+(-])\d+[.]\d[.]\d[\d.]*+"
    r"|(?<![.+)-])(?<!\d )(?:0|[1-9]\d{0,2})[.]\d{3,}+(?![.-]?\d)"
    rf")|[€$£¥₹]\s?(?:{_AMOUNT})"
    r"|#\d++(?![ /.-]?\d)"
)
_DATED = re.compile(rf"{_YEAR}([-/. ]){_MONTH}\1{_DAY}|{_DAY}([-/. ]){_MONTH}\2{_YEAR}")
_WINDOW = 32  # characters, in which the words around a number are looked for
_RUN = re.compile(r"(?:\+\s?\(?|\(\+?)?\d(?:(?:[ \t().\-/_~*\u200b]{0,4}+|,(?=\d{5}))\d)*+")
_GROUP = re.compile(r"\d+")
_WORD = re.compile(
    r"(?i)(?:tel|fon|phone|mobile?|mob|cell|fax|call|ring|dial|whatsapp|sms|text|handy|tlf|telf"
    r"|m[oó]vil|celular|fone|ruf|тел|моб|звони|电话|手机|電話|携帯|τηλ|κιν|फ़ोन)"
    r"[^\W\d_]*\W{0,3}(?:(?:me|us|at|on|no|number|nr|is|under|unter)\W{1,3}){0,2}$"
)
# What comes of groups of digits that are joined by hyphens.
_NATIONAL = re.compile(
    r"""(?x)(?:
    (?:1-?)?[2-9]\d\d(?:-?[2-9]\d\d-?|-\d{3}-)\d{4}           # North America
    |8-?[3489]\d\d-?\d{3}-?\d\d-?\d\d|7-[3489]\d\d-\d{3}-\d\d-?\d\d  # Russia
    |[2-9]\d\d-\d{3}-\d\d-\d\d                               # Russia, Turkey, Ukraine
    |1[3-9]\d-?\d{4}-?\d{4}                                  # China
    |[6-9]\d{4}-?\d{5}|[6-9]\d{3}-\d{3}-\d{3}|[6-9]\d\d-\d{3}-\d{4}  # India
    |(?:2\d|69)\d-?\d{3}-?\d{4}|2\d{3}-\d{6}|2\d\d-\d{7}|69\d\d-\d{6}  # Greece
    |[1-9]\d-9?\d{4}-\d{4}                                   # Brazil, Mexico, Argentina
    |[5-9]\d\d-\d\d-\d\d-\d\d|[1-9]\d-\d{3}-\d\d-\d\d        # Spain, Poland, Switzerland
    |3\d\d-\d{6,7}|3\d\d-\d{3}-\d{3,4}|3\d\d-\d\d-\d\d-\d{3}  # Italy
    |[1-9]-\d\d-\d\d-\d\d-\d\d                               # France
    |[2-9]\d\d-\d{3}-\d{3}                                   # Spain, Poland, Portugal, Czechia
    |[2-9]\d-\d\d-\d\d-\d\d|[2-9]\d\d-\d\d-\d{3}             # Denmark, Norway
    |(?!(?:19|20)\d\d-(?:19|20)\d\d)(?!\d\d00-)[2-9]\d{3}-\d{4}  # Singapore, Hong Kong
    |1[38]00-\d{3}-\d{3}|9-\d{4}-\d{4}                       # Australia, Chile
    # A country's code without a sign
    |(?:1|7|2[07]|3[0-469]|4[0-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|35\d|37\d|38\d|42[013]|852|9[67]\d)
     -(?:\d{1,4}-\d{6,8}|\d{1,4}-\d{3,4}-\d{3,4}|\d{2,3}-\d{2,3}-\d{2,3}-\d{2,3})
    )(?!\d)"""
)
_TRUNK = re.compile(r"(?!\d{14})0\d(?:-?\d){5,}+|0-\d{2,4}-(?:\d-?){5,}+")
_ABROAD = re.compile(r"\d(?:-?\d){6,}+")
_EXTENSION = re.compile(
    r"(?i)\s{0,2}+,?\s?(?:x|ext(?:ension)?|#|доб|ramal|int|poste|durchwahl|dw)"
    r"[.:]?\s?\d{1,6}(?!\d)"
)


def spans(plain: str) -> Iterator[tuple[int, int]]:
    """Yield where telephone numbers are, with their extensions."""
    for run in _RUN.finditer(plain):
        start, end = run.span()
        if end - start < 7 or _DATED.fullmatch(plain, start, end):
            continue
        left = max(0, start - _WINDOW)
        near = plain[left : end + _WINDOW]
        if plain[start] != "+":
            near = _HARMLESS.sub(lambda found: "\n" * len(found[0]), near)
        for part in _RUN.finditer(near, start - left, end - left):
            groups = [found.span() for found in _GROUP.finditer(near, *part.span())]
            if groups[-1][1] - groups[0][0] >= 7:
                for first, last in _among(near, part.start(), groups):
                    yield left + first, left + last


def _among(visible: str, start: int, groups: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    named = bool(_WORD.search(visible, max(0, start - _WINDOW), start))
    before, after = visible[start - 1 : start], visible[groups[-1][1] : groups[-1][1] + 1]
    coded = _is_letter(before) or (len(groups) == 1 and _is_letter(after))
    if coded and not named and not _EXTENSION.match(visible, groups[-1][1]):
        return
    joined = "-".join(visible[first:last] for first, last in groups)
    where = 0
    index = 0
    while index < len(groups):
        begin, end = groups[index]
        opened = start if not index else begin - (visible[begin - 1] in "(+")
        if "+" in visible[opened:begin] or (named and not index):
            found = _ABROAD.match(joined, where)
        else:
            found = _TRUNK.match(joined, where) or _NATIONAL.match(joined, where)
            if not found and "(" in visible[opened:begin] and visible[end : end + 1] == ")":
                found = _ABROAD.match(joined, where)
        count = found[0].rstrip("-").count("-") + 1 if found else 1
        if found:
            end = groups[index + count - 1][1]
            if visible[opened] == "(" and ")" not in visible[opened:end]:
                opened += 1
            extension = _EXTENSION.match(visible, end)
            yield opened, extension.end() if extension else end
        where = where + sum(last - first + 1 for first, last in groups[index : index + count])
        index += count


def _is_letter(character: str) -> bool:
    return character.isascii() and character.isalpha()
