"""Filter patterns of CloudWatch Logs for events in JSON, such as ``{ $.eventName = "Put*" }``.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

import json
import re
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

TOKEN = re.compile(
    r"""\s*(?:(?P<selector>\$[\w.\[\]]*)|(?P<text>"[^"]*")|(?P<sign>&&|\|\||!=|=|[(){}])"""
    r"""|(?P<word>[\w.*:/-]+))"""
)
STEP = re.compile(r"\.(\w+)|\[(\d+)\]")
MISSING = object()

Match = Callable[[Any], bool]
"""Whether an event, decoded from JSON, matches."""


class PatternError(ValueError):
    """A pattern is not in the part of the grammar that is understood; the message has it."""


@cache
def compile_pattern(pattern: str) -> Match:
    """Return what a pattern matches.

    It understands ``=`` and ``!=`` of texts with wildcards, ``EXISTS``, ``NOT EXISTS``, ``&&``,
    ``||`` and brackets.

    Raises:
        PatternError: it has anything else.
    """
    tokens = [*_split(pattern), ""]
    parser = _Parser(pattern, tokens)
    parser.expect("{")
    match = parser.alternatives()
    parser.expect("}")
    parser.expect("")
    return match


def matches(pattern: str, message: str) -> bool:
    """Whether a log event matches a pattern; one that is not in JSON does not.

    Raises:
        PatternError: see :func:`compile_pattern`.
    """
    match = compile_pattern(pattern)
    try:
        return match(json.loads(message))
    except ValueError:
        return False


def _split(pattern: str) -> Iterator[str]:
    place = 0
    rest = pattern.rstrip()
    while place < len(rest):
        found = TOKEN.match(rest, place)
        if not found:
            raise PatternError(f"{pattern}: cannot read {rest[place:]!r}")
        yield found[found.lastgroup or 0]
        place = found.end()


class _Parser:
    """Reads the tokens of a pattern from left to right."""

    def __init__(self, pattern: str, tokens: list[str]) -> None:
        self._pattern, self._tokens = pattern, tokens

    def expect(self, token: str) -> None:
        """Take this token, or raise PatternError."""
        found = self._tokens.pop(0) if self._tokens else None
        if found != token:
            raise PatternError(f"{self._pattern}: {token!r} is missing before {found!r}")

    def alternatives(self) -> Match:
        """Take terms joined by ``||``."""
        return self._joined("||", any, lambda: self._joined("&&", all, self._term))

    def _joined(
        self, sign: str, decide: Callable[[Iterator[bool]], bool], take: Callable[[], Match]
    ) -> Match:
        parts = [take()]
        while self._tokens[:1] == [sign]:
            self._tokens.pop(0)
            parts.append(take())
        return lambda event: decide(part(event) for part in parts)

    def _term(self) -> Match:
        if self._tokens[:1] == ["("]:
            self._tokens.pop(0)
            match = self.alternatives()
            self.expect(")")
            return match
        selector, sign, *_ = [*self._tokens, "", ""]
        if not selector.startswith("$") or sign not in ("=", "!=", "EXISTS", "NOT"):
            raise PatternError(f"{self._pattern}: cannot read {selector!r} {sign!r}")
        del self._tokens[:2]
        if sign in ("=", "!="):
            text = self._tokens.pop(0).strip('"')
            return lambda event: _equals(_select(event, selector), text, wanted=sign == "=")
        if sign == "NOT":
            self.expect("EXISTS")
        return lambda event: (_select(event, selector) is MISSING) == (sign == "NOT")


def _equals(value: Any, text: str, *, wanted: bool) -> bool:
    """Whether a value is there, and like a text or not."""
    if value is MISSING or isinstance(value, dict | list):
        return False
    literal = re.sub(r"([\[\]?])", r"[\1]", text)
    return fnmatchcase(str(value), literal) == wanted


def _select(event: Any, selector: str) -> Any:
    """The value of a selector, such as ``$.resources[0].ARN``."""
    for name, index in STEP.findall(selector):
        try:
            event = event[name] if name else event[int(index)]
        except (KeyError, IndexError, TypeError):
            return MISSING
    return event
