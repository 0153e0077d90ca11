"""The language of a pattern: how many texts it matches, where these are few."""

import re
from functools import cache

import pyarrow as pa
import pyarrow.compute as pc

LONGEST = 1_000  # characters of a text; RE2 repeats nothing more often
DEEPEST = 50  # groups in groups
MOST_WORK = 1_000_000  # texts put together

FLAGS = re.compile(r"\(\?[imsU-]+\)")
GROUP = re.compile(r"\((?:\?(?:P?<\w+>|[imsU-]*:))?")
ANCHOR = re.compile(r"[\^$]|\\[AzbB]")
LITERAL = re.compile(r"\\([^\w\s])|([^\\.\[\](){}|*+?])")
CLASS = re.compile(
    r"\.|\[\^?\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\]"
    r"|\\[pP](?:\{[^}]*\}|\w)|\\x(?:\{[0-9A-Fa-f]+\}|[0-9A-Fa-f]{2})|\\[^QE]"
)
# A class of which RE2 can match characters of ASCII only.
OF_ASCII = re.compile(r"\[[^\\\[^\x80-\U0010ffff][^\\\[\x80-\U0010ffff]*\]")
REPEAT = re.compile(r"(?:([*+?])|\{([0-9]+)(,?)([0-9]*)\})\??")


class _ManyError(Exception):
    """There are as many texts as were asked for, or they are not worth the work of counting."""


@cache
def count_texts(pattern: str, bound: int, longest: int | None = None) -> int | None:
    """Return how many texts of up to ``longest`` characters a pattern of RE2 matches.

    Case is as written. None if these are ``bound`` or more, or cannot be counted with little work.
    """
    reader = _Reader(pattern, bound, longest)
    try:
        texts = reader.read()
    except _ManyError:
        return None
    return len(texts) if reader.at_end else None


class _Reader:
    """Reads a pattern from left to right."""

    def __init__(self, pattern: str, bound: int, longest: int | None) -> None:
        self._pattern = pattern
        self._bound = bound
        self._longest = longest
        self._at = 0
        self._depth = 0
        self._work = 0

    @property
    def at_end(self) -> bool:
        """Whether all of the pattern was read."""
        return self._at == len(self._pattern)

    def read(self) -> set[str]:
        """The texts of all alternatives up to the end of a group, or of the pattern."""
        texts = self._sequence()
        while self._pattern.startswith("|", self._at):
            self._at += 1
            texts |= self._sequence()
        return self._checked(texts)

    def _sequence(self) -> set[str]:
        texts = {""}
        while not self.at_end and self._pattern[self._at] not in "|)":
            texts = self._joined(texts, self._repeated(self._piece()))
        return texts

    def _piece(self) -> set[str]:
        if self._took(FLAGS) or self._took(ANCHOR):
            return {""}
        if self._took(GROUP):
            self._depth += 1
            if self._depth > DEEPEST:
                raise _ManyError
            texts = self.read()
            self._depth -= 1
            self._at += 1
            return texts
        if literal := self._took(LITERAL):
            return {literal[1] or literal[2]}
        if found := self._took(CLASS):
            return self._checked(set(_characters(found[0], self._bound)))
        raise _ManyError

    def _took(self, token: re.Pattern[str]) -> re.Match[str] | None:
        found = token.match(self._pattern, self._at)
        self._at = found.end() if found else self._at
        return found

    def _repeated(self, texts: set[str]) -> set[str]:
        while found := self._took(REPEAT):
            sign, low, comma, high = found.groups()
            least = {"*": 0, "+": 1, "?": 0}.get(sign, int(low or 0))
            most = {"*": None, "+": None, "?": 1}.get(sign, int(high) if high else None)
            if not sign and not comma:
                most = least
            texts = self._times(texts, least, most)
        return texts

    def _times(self, texts: set[str], least: int, most: int | None) -> set[str]:
        last = {""}
        for _ in range(least):
            last = self._joined(last, texts)
            if not last:  # all are longer than was asked for
                break
        found = set(last)
        while last and (most is None or least < most):
            last = self._joined(last, texts) - found
            found = self._checked(found | last)
            least += 1
        return found

    def _joined(self, begins: set[str], ends: set[str]) -> set[str]:
        texts = set()
        for begin in begins:
            for end in ends:
                self._work += 1
                text = begin + end
                if self._longest is not None and len(text) > self._longest:
                    continue
                if self._work > MOST_WORK or len(text) > LONGEST:
                    raise _ManyError
                texts.add(text)
            self._checked(texts)
        return texts

    def _checked(self, texts: set[str]) -> set[str]:
        if len(texts) >= self._bound:
            raise _ManyError
        return texts


@cache
def _all_characters(of_ascii: bool) -> pa.Array:
    if of_ascii:
        return pa.array(map(chr, range(0x80)))
    surrogates = range(0xD800, 0xE000)
    return pa.array([chr(code) for code in range(0x110000) if code not in surrogates])


@cache
def _characters(expression: str, bound: int) -> tuple[str, ...]:
    """What a class matches, as RE2 itself says, of which the first ``bound`` will do."""
    characters = _all_characters(bool(OF_ASCII.fullmatch(expression)))
    options = pc.MatchSubstringOptions(f"(?s)^(?:{expression})$")
    try:
        matched = pc.call_function("match_substring_regex", [characters], options)
    except pa.ArrowInvalid:  # noted as the pattern's mistake
        raise _ManyError from None
    return tuple(characters.filter(matched)[:bound].to_pylist())
