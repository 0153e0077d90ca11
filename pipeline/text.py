"""Text that somebody else chose: names of files and datasets, raw values, messages of AWS."""

import unicodedata

_BLANK = "Zs"


def plain(text: str) -> str:
    r"""Return a text in which nothing can change what a terminal shows.

    Control characters, which begin a terminal's escape sequences, characters that change the
    direction of text, and those that show nothing become escapes such as ``\x1b``.
    https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing
    """
    return text if text.isprintable() else "".join(map(_shown, text))


def _shown(character: str) -> str:
    if character.isprintable() or unicodedata.category(character) == _BLANK:
        return character
    return character.encode("unicode_escape").decode()
