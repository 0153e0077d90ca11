"""Redaction: what identifies a person is taken out of free text, and its kind put in its place.

It finds forms, not meanings: it knows no names, and a number that is written in an unusual way
stays. docs/redaction.md measures what it finds and what it takes out wrongly.

What is a form alone is replaced by patterns of RE2. What takes arithmetic or a look around is
found by Python, in texts that RE2 has sorted out. Both take time that is linear in the text.
"""

import unicodedata
from collections.abc import Iterable
from importlib import import_module
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from processor.deidentification import ibans

_HIDDEN = "\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff"
_JOINTS = rf"[./_\t\p{{Zs}}\p{{Pd}}\x{{2212}}{_HIDDEN}]{{1,3}}"

# Whatever precedes the sign without a space, whether or not it is allowed there.
_LOCAL = r'(?:"[^"\r\n]{1,64}"|[^\s"<>()\[\],;:@]+)'
_SIGN = r"[@\x{ff20}\x{fe6b}]"
_CODED_SIGN = r"(?i:%(?:25)*40|&(?:amp;)*(?:#0*64|#x0*40|commat);?|\\u0040|\\x40|=40)"
_LABEL = rf"[\p{{L}}\p{{M}}\p{{N}}{_HIDDEN}_-]+"
_DOMAIN = rf"(?:{_LABEL}(?:[.]{_LABEL})*|\[[^\s\]]+\])"
_OPEN, _CLOSE = r"[ \t]{0,2}[\[({<][ \t]{0,2}", r"[ \t]{0,2}[\])}>][ \t]{0,2}"
_CODED_DOT = "%(?:25)*2e|&#46;|&period;"
_DOT = rf"(?:[.\x{{ff0e}}\x{{3002}}]|(?i:{_OPEN}(?:dot|[.]){_CLOSE}|[ ]dot[ ]|{_CODED_DOT}))"
_WORD = r"[\p{L}\p{M}\p{N}_%+'-]+"
_WORDS = rf"{_WORD}(?:{_DOT}{_WORD})*"
_DOTTED = rf"{_LABEL}(?:{_DOT}{_LABEL})*{_DOT}\p{{L}}{{2,}}"
_COMMON = (
    "com|net|org|info|edu|gov|io|co|eu|de|fr|uk|es|it|nl|pl|se|no|dk|at|ch|in|cn|ru|br|example"
)
_EMAILS = (
    rf"(){_LOCAL}{_CODED_SIGN}{_DOTTED}",
    rf"(){_LOCAL}{_SIGN}[{_HIDDEN}]?{_DOMAIN}",
    rf"(){_WORDS}(?:[ \t]{{0,3}}{_SIGN}[ \t]{{1,3}}|(?i:{_OPEN}(?:at|@){_CLOSE})){_DOTTED}",
    rf"(){_WORDS}[ \t]{{1,3}}{_SIGN}{_LABEL}(?:[.]{_LABEL})*[.](?:{_COMMON})\b",
    rf"(){_WORDS}[ ](?i:at)[ ]{_LABEL}(?:(?i:[ ]dot[ ]){_LABEL})+",
)
_NINE = r"(?:00[1-9]|0[1-9][0-9]|[1-57-8][0-9]{2}|6(?:[0-57-9][0-9]|6[0-57-9]))[0-9]{6}"
_SSNS = (
    rf"(^|[^\p{{Nd}}])\p{{Nd}}{{3}}{_JOINTS}\p{{Nd}}{{2}}{_JOINTS}\p{{Nd}}{{4}}",
    rf"^([\s\p{{Z}}]*){_NINE}[\s\p{{Z}}]*$",
    r"((?i:\bssn|social security)(?i:[ ](?:no|number))?[.]?(?i:[ ]is)?[\s:#=]{0,3})\p{Nd}{9}\b",
)


class Kind(NamedTuple):
    """How one kind of thing is found: by a module of this package, then by patterns.

    The first group of a pattern stays. The module says which texts are suspect, and where in one
    in plain characters the things are; it is imported when a contract first needs it.
    """

    patterns: tuple[str, ...]
    module: str | None = None


_KINDS = {
    "email": Kind(_EMAILS),
    "iban": Kind((ibans.FORM,), "processor.deidentification.ibans"),
    "card": Kind((), "processor.deidentification.cards"),
    "ssn": Kind(_SSNS),
    "phone": Kind((), "processor.deidentification.phones"),
}

PATTERNS = tuple(_KINDS)  # in the order in which they are applied


def redact(text: pa.StringArray, patterns: Iterable[str]) -> pa.StringArray:
    """Replace what each of ``patterns`` finds by its name in brackets, such as ``[email]``.

    The names are email, iban, card, ssn and phone, and they are sought in the order given.
    """
    for name in patterns:
        kind = _KINDS[name]
        if kind.module:
            text = _without(text, kind.module, f"[{name}]")
        for pattern in kind.patterns:
            text = pc.replace_substring_regex(text, pattern=pattern, replacement=rf"\1[{name}]")
    return text


def _without(text: pa.StringArray, module: str, replacement: str) -> pa.StringArray:
    finder = import_module(module)
    suspects = pc.fill_null(pc.match_substring_regex(text, pattern=finder.SUSPECT), False)
    if not suspects.true_count:
        return text
    cleared = []
    for one in text.filter(suspects).to_pylist():
        kept, position = [], 0
        for start, end in finder.spans(_plain(one)):
            kept += [one[position:start], replacement]
            position = end
        cleared.append("".join([*kept, one[position:]]))
    return pc.replace_with_mask(text, suspects, pa.array(cleared, pa.string()))


class _Plain(dict[int, str]):
    """What each character is in ASCII, one for one: digits, spaces and hyphens of all scripts.

    What is not seen becomes a zero width space.
    """

    def __missing__(self, number: int) -> str:
        character = chr(number)
        plain = character
        if 0xFF01 <= number <= 0xFF5E:
            plain = chr(number - 0xFEE0)
        elif character.isdecimal():
            plain = str(int(character))
        elif character in "\u00b7\u2022\u2024\u2219\u30fb":
            plain = "."
        elif character == "\u2212":
            plain = "-"
        elif number > 127:
            category = unicodedata.category(character)
            plain = {"Zs": " ", "Pd": "-", "Cf": "\u200b"}.get(category, character)
        if number < 0x10000:  # the rest is rare, and too much to keep
            self[number] = plain
        return plain


_PLAIN = _Plain()


def _plain(text: str) -> str:
    """Return the text in plain characters; each stays in its place."""
    return text if text.isascii() else text.translate(_PLAIN)
