"""A contract's file as it was written: its document, and the line and text of every value."""

from collections import deque
from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import yaml
from yaml.composer import Composer
from yaml.constructor import SafeConstructor
from yaml.resolver import Resolver

T = TypeVar("T")

SUFFIX = ".odcs.yaml"

# A contract of 1,000 columns has about 500 KB and 60,000 events, 10 levels deep. PyYAML takes half
# a minute for ten times as much, and Python's stack ends at about 300 levels.
MOST_BYTES = 1 << 20
MOST_EVENTS = 100_000
MOST_LEVELS = 32
MOST_OBJECTS = 50
MOST_DIGITS = 400  # of a number; a double has no more than 325 on either side of its point

REMEDIES = {
    r"'\t'": "write spaces instead of the tab",
    "mapping values": "put a text with a colon in quotes, or line the field up with the others",
    "<block end>": "line it up with the others, and put a text with quotes or colons in quotes",
    "expected ','": "write a comma or close the brackets, and put a text with colons in quotes",
    "expected ':'": "write a colon and a blank after the name of the field",
    "sequence entries": "begin the list on a line of its own",
    "another document": "write each contract into a file of its own",
    "end of stream": "close the quotes",
    "escape": "write each backslash twice, or the text in single quotes",
    "special characters": "remove it",
    "": "correct it or put it in quotes",
}
"""What to write where a file is not YAML: by a part of what PyYAML says, the first that fits."""

# Keys and indexes from the top of a document down to one of its values.
Location = tuple[str | int, ...]


class Source:
    """A contract's file: its document, the line and text of every value, and its mistakes.

    Its name is the ``dataset``, followed by an at sign and the ``version`` if it is not the
    default version for files that name none. The ``family`` is what the names of all versions of
    the file begin with: the dataset, unless there are several in it.

    A repeated key, an alias and a tag are mistakes: PyYAML silently keeps the last of repeated
    keys, and the other two hide a column's rules from its reader.
    """

    def __init__(self, file: Path) -> None:
        """Read the file; anything that cannot be read is noted as a mistake."""
        self.label = f"{file.parent.name}/{file.name}"
        self.name = file.name.removesuffix(SUFFIX)
        self.dataset, _, self.version = self.name.partition("@")
        self.family = self.dataset
        self.document: Any = None
        self._lines: dict[Location, int] = {(): 1}
        self._texts: dict[Location, str] = {}
        self._mistakes: set[tuple[int, str]] = set()
        if file.stat().st_size > MOST_BYTES:
            self._unreadable(1, f"has more than {MOST_BYTES >> 20} MiB; shorten it")
            return
        content = file.read_bytes()
        try:
            text = content.decode()
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            self._unreadable(line, "is not UTF-8; save it as such")
        else:
            self._parse(text)

    def _parse(self, text: str) -> None:
        node, mistakes = _compose(text)
        for line, complaint in mistakes:
            self._unreadable(line, complaint)
        if not self._mistakes:
            self.document = self._value(node, ())

    def _unreadable(self, line: int, complaint: str) -> None:
        self._mistakes.add((line, f"the file {complaint}"))

    def _value(self, node: yaml.Node | None, at: Location) -> Any:
        """What ``yaml.safe_load`` would return for ``node``; notes lines and texts on the way."""
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, at)
        if isinstance(node, yaml.SequenceNode):
            for index, item in enumerate(node.value):
                self._lines[(*at, index)] = _line(item.start_mark)
            return [self._value(item, (*at, index)) for index, item in enumerate(node.value)]
        if isinstance(node, yaml.ScalarNode):
            self._texts[at] = node.value
            if node.tag != "tag:yaml.org,2002:str" and len(node.value) > MOST_DIGITS:
                what = f"is a number of {len(node.value):,} characters; {MOST_DIGITS} are allowed"
                self.wrong(at, f"{self.subject(at)} {what}: correct it or put it in quotes")
                return None
            try:
                node.value.encode()  # an escaped surrogate is not text
                return SafeConstructor().construct_object(node)
            except (ValueError, yaml.MarkedYAMLError):  # such as 2023-02-30, read as a date
                what = (
                    f"is {node.value!r}, which is not a YAML value; correct it or put it in quotes"
                )
                self.wrong(at, f"{self.subject(at)} {what}")
        return None

    def _mapping(self, node: yaml.MappingNode, at: Location) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        for key, value in node.value:
            inner = (*at, key.value if isinstance(key, yaml.ScalarNode) else "?")
            self._lines[inner] = _line(key.start_mark)
            if key.tag != "tag:yaml.org,2002:str":
                what = "has a name that is not text to YAML; correct it or put it in quotes"
                self.wrong(inner, f"{self.subject(inner)} {what}")
            elif key.value in mapping:
                self.wrong(inner, f"{self.subject(inner)} appears twice; keep one of them")
            else:
                mapping[key.value] = self._value(value, inner)
        return mapping

    def wrong(self, at: Location, sentence: str) -> None:
        """Note a mistake at ``at``, or at the nearest parent that the file has."""
        while at not in self._lines:
            at = at[:-1]
        self._mistakes.add((self._lines[at], sentence))

    def sentences(self) -> list[str]:
        """The mistakes, sorted by line, each with file and line."""
        return [f"{self.label}, line {line}: {what}." for line, what in sorted(self._mistakes)]

    def parts(self) -> list["Source"]:
        """One source for each schema object, with its dataset's name; itself if there is one.

        Each has the whole document but for the other objects, and mistakes of its own.
        """
        objects = self.document.get("schema") if isinstance(self.document, dict) else None
        named = isinstance(objects, list) and all(
            isinstance(one, dict) and isinstance(one.get("name"), str) for one in objects
        )
        if self._mistakes or not objects or not named or len(objects) == 1:
            return [self]
        if len(objects) > MOST_OBJECTS:
            what = f"the schema has {len(objects)} objects; {MOST_OBJECTS} are allowed"
            self.wrong(("schema",), f"{what}: write more files")
            return [self]
        return [self._part(index) for index in range(len(objects))]

    def _part(self, index: int) -> "Source":
        part = copy(self)
        part.narrow(index)
        return part

    def narrow(self, index: int) -> None:
        """Become the contract of one of the schema's objects alone."""
        given = self.document["schema"][index]
        self.document = self.document | {"schema": [given]}
        self.dataset = given["name"]
        self.name = "@".join([self.dataset, *self.name.split("@", 1)[1:]])
        self._mistakes = set()
        self._lines = _of_object(self._lines, index)
        self._texts = _of_object(self._texts, index)

    def has(self, at: Location) -> bool:
        """Whether the file has something at ``at``."""
        return at in self._lines

    def text(self, at: Location) -> str:
        """The scalar at ``at`` as it is in the file; empty if there is none."""
        return self._texts.get(at, "")

    def subject(self, at: Location) -> str:
        """The name of the value at ``at`` in sentences."""
        column = ""
        place = at[3] if len(at) > 3 else ""
        if isinstance(place, int) and (at[0], at[2]) == ("schema", "properties"):
            name = self.text((*at[:4], "name"))
            column = f"column {name!r}" if name else f"column number {place + 1}"
            at = at[4:]
        if not at:
            return column or "the contract"
        path = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in at)
        return f"field {path.removeprefix('.')!r}" + (f" of {column}" if column else "")


def mappings(value: Any) -> list[tuple[int, dict[str, Any]]]:
    """The items of a list that are mappings, with their places; none of anything else."""
    items = enumerate(value) if isinstance(value, list) else ()
    return [(place, one) for place, one in items if isinstance(one, dict)]


Mistake = tuple[int, str]


@lru_cache(maxsize=128)  # more than a stack has; one takes some 300 KB
def _compose(text: str) -> tuple[yaml.Node | None, list[Mistake]]:
    """The top node of a text, or the lines and complaints if it cannot be read.

    A synth reads each contract five times, and PyYAML takes most of that time.
    """
    events: list[yaml.Event] = []
    mistakes: list[Mistake] = []
    try:
        loader: Any = yaml.SafeLoader(text)
        try:
            mistakes.extend(_take(loader, events))
        except (ValueError, OverflowError) as error:  # such as an invalid escape
            mistakes.append((loader.line + 1, _no_yaml(str(error))))
        if not mistakes:
            return _Events(events).get_single_node(), []
    except yaml.MarkedYAMLError as error:
        mistakes.append((_line(error.problem_mark), _no_yaml(str(error.problem))))
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        mistakes.append((line, _no_yaml(error.reason)))
    return None, mistakes


def _take(loader: Any, events: list[yaml.Event]) -> Iterator[Mistake]:
    """Read all events, unless there are too many of them; yield what is not allowed."""
    level = 0
    while loader.check_event():
        event = loader.get_event()
        events.append(event)
        if isinstance(event, yaml.CollectionStartEvent):
            level += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            level -= 1
        line = _line(event.start_mark)
        if level > MOST_LEVELS:
            what = f"nests lists and mappings {level} levels deep; {MOST_LEVELS} are allowed"
            yield line, f"{what}: write it flatter"
            return
        if len(events) > MOST_EVENTS:
            what = f"has more than {MOST_EVENTS:,} values, lists and mappings up to here"
            yield line, f"{what}; shorten it"
            return
        if isinstance(event, yaml.AliasEvent):
            yield line, f"has the alias *{event.anchor}; write out its content"
        elif tag := getattr(event, "tag", None):
            yield line, f"has the tag {tag}; remove it"


class _Events(Composer, Resolver):
    """Composes a document from events that have been read."""

    def __init__(self, events: list[yaml.Event]) -> None:
        """Begin with the first."""
        Composer.__init__(self)
        Resolver.__init__(self)
        self._rest = deque(events)

    def check_event(self, *choices: type[yaml.Event]) -> bool:
        """Whether the next event exists, and is of one of these types."""
        return bool(self._rest) and (not choices or isinstance(self._rest[0], choices))

    def peek_event(self) -> yaml.Event:
        """The next event, without removing it."""
        return self._rest[0]

    def get_event(self) -> yaml.Event:
        """The next event, removed."""
        return self._rest.popleft()


def _of_object(values: Mapping[Location, T], index: int) -> dict[Location, T]:
    """The values by their location if a schema object were the only one."""
    others = {at: value for at, value in values.items() if at[:1] != ("schema",) or len(at) == 1}
    own = {at: value for at, value in values.items() if at[:2] == ("schema", index)}
    return others | {("schema", 0, *at[2:]): value for at, value in own.items()}


def _line(mark: Any) -> int:
    """The line of a YAML mark, of either of PyYAML's classes; 1 without a mark."""
    return mark.line + 1 if mark else 1


def _no_yaml(problem: str) -> str:
    remedy = next(remedy for part, remedy in REMEDIES.items() if part in problem)
    return f"is not YAML: {problem}; {remedy}"


@dataclass(frozen=True)
class Part:
    """A part of a contract's file that can have mistakes, such as a column."""

    source: Source
    at: Location

    def wrong(self, complaint: str, *field: str | int) -> None:
        """Note a mistake in the part, at ``field`` if the file has it."""
        self.source.wrong((*self.at, *field), f"{self.source.subject(self.at)} {complaint}")

    def text(self, *field: str | int) -> str:
        """The scalar at ``field`` as it is in the file; empty if there is none."""
        return self.source.text((*self.at, *field))
