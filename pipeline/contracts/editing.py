"""Editing: changes of a YAML text at its nodes, which leave the rest of the text as it is."""

import itertools
import json
from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

import yaml

from lib.contracts.source import Location


class Page:
    """A YAML text without aliases, and the changes of it."""

    def __init__(self, text: str) -> None:
        """Begin without changes."""
        self.text = text
        self._root: Any = yaml.compose(text, yaml.SafeLoader)
        self._edits: list[tuple[int, int, str]] = []
        self._break = "\r\n" if "\r\n" in text else "\n"
        self._pieces: list[tuple[int, int, bool]] = []

    def replace(self, at: Location, new: str, comments: Sequence[str] = ()) -> None:
        """Write another value at ``at``."""
        node = self._path(at)[-1]
        start = node.start_mark.index
        self._edits.append(
            (start, _end(node), new if self.text[start - 1].isspace() else f" {new}")
        )
        self._comment(at, comments)

    def rename(self, at: Location, new: str) -> None:
        """Write another name of the field at ``at``."""
        mapping = self._path(at[:-1])[-1]
        key = next(key for key, _ in mapping.value if key.value == at[-1])
        quote = self.text[key.start_mark.index] if key.style else ""
        self._edits.append((key.start_mark.index, _end(key), f"{quote}{new}{quote}"))

    def add(self, at: Location, fields: Sequence[str], comments: Sequence[str] = ()) -> None:
        """Write fields such as ``name: value`` into a mapping, after its name or first field."""
        if not fields and not comments:
            return
        mapping = self._path(at)[-1]
        if not mapping.value:
            self.replace(at, f"{{{', '.join(fields)}}}", comments)
            return
        names = [key.value for key, _ in mapping.value]
        key, value = mapping.value[names.index("name") if "name" in names else 0]
        end = _end(value)
        if mapping.flow_style:
            self._edits.append((end, end, "".join(f", {field}" for field in fields)))
            self._comment(at, comments)
        else:
            lines = [*(f"# {one}" for one in comments), *fields]
            indent = self._break + " " * key.start_mark.column
            place = self._line_end(end)
            self._edits.append((place, place, "".join(indent + line for line in lines)))

    def insert(self, at: Location, item: str) -> None:
        """Write an item at the beginning of a list that is not empty."""
        items = self._path(at)[-1]
        first = items.start_mark
        if items.flow_style:
            self._edits.append((first.index + 1, first.index + 1, f"{item}, "))
        else:
            new = f"- {item}{self._break}{' ' * first.column}"
            self._edits.append((first.index, first.index, new))

    def itemize(self, at: Location, names: Sequence[str], values: Sequence[Any]) -> bool:
        """Make a list of a mapping, each item of which has one field's name, and its value.

        Args:
            at: where the mapping is.
            names: what to call a field's name and its value in an item.
            values: those of the fields, of which blocks and those of several lines become JSON.

        Returns:
            whether it was done. It is not if a comment would be lost.
        """
        mapping = self._path(at)[-1]
        flow, items = mapping.flow_style, []
        for (key, value), given in zip(mapping.value, values, strict=True):
            start, end = value.start_mark.index, _end(value)
            between, text = self.text[_end(key) : start], self.text[start:end]
            is_long = "\n" in text or not getattr(value, "flow_style", True)
            if between.strip() != ":" or (is_long and "#" in text):
                return False
            text = json.dumps(given, ensure_ascii=False) if is_long else text
            name = self.text[key.start_mark.index : _end(key)]
            fields = f"{names[0]}: {name}", f"{names[1]}: {text or 'null'}"
            indent = f"{self._break}{' ' * key.start_mark.column}  "
            item = f"{{{', '.join(fields)}}}" if flow else f"- {indent.join(fields)}"
            items.append((key.start_mark.index, end, item))
        if flow:
            start, end = mapping.start_mark.index, mapping.end_mark.index
            items += [(start, start + 1, "["), (end - 1, end, "]")]
        self._edits += items
        return True

    def remove(self, at: Location, keys: Sequence[str | int], why: str) -> None:
        """Make comments of fields or items; of the whole if nothing else is in it."""
        container = self._path(at)[-1]
        mapping = isinstance(container, yaml.MappingNode)
        parts = [*container.value] if mapping else [(one, one) for one in container.value]
        gone = [(key.value if mapping else place) in keys for place, (key, _) in enumerate(parts)]
        if all(gone) and at:
            self.remove(at[:-1], at[-1:], why)
            return
        places = 0
        for removed, group in itertools.groupby(gone):
            first, places = places, places + len([*group])
            if removed:
                self._cut(at, container, parts, first, places, why)

    def _cut(
        self, at: Location, container: Any, parts: Sequence[Any], first: int, after: int, why: str
    ) -> None:
        start, end = parts[first][0].start_mark.index, _end(parts[after - 1][1])
        if not container.flow_style and isinstance(container, yaml.SequenceNode):
            start = self._dash(container, start)
        begin = self._line_start(start)
        indent = self.text[begin:start]
        if not container.flow_style and not indent.strip():
            end = self._line_end(end)
            lines = [f"# {why}:", *(f"# {one}" for one in self._lines(start, end, len(indent)))]
            self._edits.append((start, end, f"{self._break}{indent}".join(lines)))
            return
        self._comment(at, [f"{why}:", *self._lines(start, end, len(indent))])
        if after < len(parts):
            self._edits.append((start, parts[after][0].start_mark.index, ""))
        else:
            self._edits.append((_end(parts[first - 1][1]), end, ""))

    def _lines(self, start: int, end: int, indent: int) -> list[str]:
        """The lines of a part of the text, without its indent."""
        first, *others = self.text[start:end].splitlines()
        cut = (one[min(indent, len(one) - len(one.lstrip())) :] for one in others)
        return [one.rstrip() for one in (first, *cut)]

    def _dash(self, items: Any, start: int) -> int:
        """Where the dash of an item of a block is; that of the first may share its line."""
        if start == items.value[0].start_mark.index:
            return int(items.start_mark.index)
        column = int(items.start_mark.column)
        begin = self._line_start(start)
        while self.text[begin : begin + column + 1].strip(" ") != "-":
            begin = self._line_start(begin - 1)
        return begin + column

    def _comment(self, at: Location, comments: Sequence[str]) -> None:
        """Write comments above the line of a node, or of the outermost braces around it."""
        path = self._path(at)
        node = next((one for one in path if getattr(one, "flow_style", False)), path[-1])
        begin = self._line_start(node.start_mark.index)
        line = self.text[begin:]
        indent = line[: len(line) - len(line.lstrip(" "))]
        text = "".join(f"{indent}# {one}{self._break}" for one in comments)
        self._edits.append((begin, begin, text))

    def _path(self, at: Location) -> list[Any]:
        """The nodes from the top of the document to ``at``."""
        found = [self._root]
        for step in at:
            node = found[-1]
            if isinstance(node, yaml.MappingNode):
                found.append(next(value for key, value in node.value if key.value == step))
            else:
                found.append(node.value[step])
        return found

    def _line_start(self, place: int) -> int:
        return self.text.rfind("\n", 0, max(place, 0)) + 1

    def _line_end(self, place: int) -> int:
        end = self.text.find("\n", place)
        end = len(self.text) if end < 0 else end
        return end - (self.text[end - 1 : end] == "\r")

    def is_empty(self, at: Location) -> bool:
        """Whether a value is empty: a list or mapping without anything, or no text."""
        return not self._path(at)[-1].value

    def line(self, at: Location) -> int:
        """The line of a value in the text."""
        return int(self._path(at)[-1].start_mark.line) + 1

    def changed(self) -> str:
        """The text with all changes."""
        out, done, size = [], 0, 0
        for start, end, new in sorted(self._edits, key=lambda one: one[:2]):
            self._pieces += [(size, done, True), (size + start - done, start, False)]
            out += [self.text[done:start], new]
            size += start - done + len(new)
            done = end
        self._pieces.append((size, done, True))
        return "".join([*out, self.text[done:]])

    def line_before(self, changed: str, line: int) -> int:
        """The line of the text that a line of the changed text comes from."""
        rest = "\n".join(changed.split("\n")[line - 1 :])
        place = len(changed) - len(rest.lstrip())
        size, source, kept = self._pieces[bisect_right(self._pieces, (place, 1 << 30, True)) - 1]
        return self.text.count("\n", 0, source + (place - size if kept else 0)) + 1


def _end(node: Any) -> int:
    """Where a node ends, without the blanks and comments that PyYAML may count."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(last[1] if isinstance(last, tuple) else last)
    if isinstance(node, yaml.ScalarNode) and node.style in ("|", ">"):
        return len(str(node.end_mark.buffer)[: node.end_mark.index].rstrip())
    return int(node.end_mark.index)
