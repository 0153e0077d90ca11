"""Text that somebody else chose: names of files and datasets, raw values, messages of AWS."""

import re
import unicodedata

_BLANK = "Zs"

# What makes a spreadsheet take a cell for a formula, in the wide forms of East Asia too.
# https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA = re.compile(r"[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_NUMBER = re.compile(r"-\d+([.,]\d+)*")


def plain(text: str) -> str:
    r"""Return a text in which nothing can change what a terminal shows.

    Control characters, which begin a terminal's escape sequences, characters that change the
    direction of text, and those that show nothing become escapes such as ``\x1b``.
    https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing
    """
    return text if text.isprintable() else "".join(map(_shown, text))


def is_formula(text: str) -> bool:
    """Tell whether a spreadsheet would run a text: it begins so, and is not a negative number."""
    return bool(_FORMULA.match(text)) and not _NUMBER.fullmatch(text)


def _shown(character: str) -> str:
    if character.isprintable() or unicodedata.category(character) == _BLANK:
        return character
    return character.encode("unicode_escape").decode()
