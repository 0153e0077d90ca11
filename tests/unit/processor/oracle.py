"""A slow and plain second opinion on what a file becomes; it shares no code with the processor.

It reads character by character, converts value by value with the standard library, and says
what the rows, the reasons and the refusal must be.
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from math import isfinite
from typing import Any, NamedTuple

Column = dict[str, Any]


class Refused(Exception):  # noqa: N818
    """The whole file is refused."""

    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


class Record(NamedTuple):
    """A record of the file: its fields, its first line and its text."""

    fields: list[str]
    line: int | None
    raw: str


@dataclass
class Verdict:
    """What must become of a file."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    rejects: list[dict[str, Any]] = field(default_factory=list)
    read: int = 0
    refusal: str | None = None
    line: int | None = None


# Framing


def physical_lines(data: bytes) -> Iterator[bytes]:
    """Yield the lines of a file with their ends: LF, CR or CRLF."""
    start = 0
    position = 0
    while position < len(data):
        character = data[position : position + 1]
        position += 1
        if character == b"\r" and data[position : position + 1] == b"\n":
            position += 1
        if character in b"\r\n":
            yield data[start:position]
            start = position
    if start < len(data):
        yield data[start:]


# One plain loop, so that it can be read against the standard.
# pylint: disable-next=too-many-branches
def records(data: bytes, limit: int) -> Iterator[Record]:
    """Yield the records, the header included."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise Refused("encoding:utf-16", 1)
    if data[:3] == b"\xef\xbb\xbf":
        data = data[3:]
    state = "between"
    fields: list[str] = []
    text = raw = ""
    first_line = size = 0
    for number, line in enumerate(physical_lines(data), 1):
        if state == "between":
            first_line, size, raw, fields, text = number, 0, "", [], ""
        if len(line) > limit:
            raise Refused("record:too-long", number)
        try:
            decoded = line.decode("utf-8")
        except UnicodeDecodeError:
            raise Refused("encoding:not-utf-8", number) from None
        size += len(line)
        raw += decoded
        if size > limit:
            raise Refused("record:too-long", first_line)
        for character in decoded if decoded[-1] in "\r\n" else decoded + "\n":
            if state in ("between", "start") and character == '"':
                state = "quoted"
            elif state == "quoted":
                if character == '"':
                    state = "quote"
                else:
                    text += character
            elif character in "\r\n":
                if state != "between":
                    fields.append(text)
                yield Record(fields, first_line, re.sub("(\r\n|\r|\n)$", "", raw))
                state = "between"
                break
            elif character == ",":
                fields.append(text)
                text, state = "", "start"
            elif state == "quote" and character != '"':
                raise Refused("record:malformed", first_line)
            else:
                text += character
                state = "quoted" if state == "quote" else "plain"
    if state != "between":
        raise Refused("record:malformed", first_line)


# Values


def to_integer(text: str, _: Column) -> int | None:
    """Return the value, or None if this is no integer of 64 bits."""
    if not re.fullmatch("-?[0-9]+", text) or str(int(text)) != text:
        return None
    return int(text) if -(2**63) <= int(text) < 2**63 else None


def to_decimal(text: str, column: Column) -> Decimal | None:
    """Return the value, or None if it is not within precision and scale."""
    if not re.fullmatch("-?[0-9]+(\\.[0-9]+)?", text):
        return None
    whole, _, fraction = text.removeprefix("-").partition(".")
    if whole != "0" and (whole[0] == "0" or len(whole) > column["precision"] - column["scale"]):
        return None
    return Decimal(text) if len(fraction) <= column["scale"] else None


def to_double(text: str, _: Column) -> float | None:
    """Return the value, or None if this is no finite number."""
    if not re.fullmatch("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][-+]?[0-9]+)?", text):
        return None
    return float(text) if isfinite(float(text)) else None


def to_boolean(text: str, _: Column) -> bool | None:
    """Return the value, or None if this is neither true nor false."""
    return {"true": True, "false": False}.get(text)


def to_date(text: str, _: Column) -> date | None:
    """Return the value, or None if there is no such day."""
    if not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return None
    try:
        return date(int(text[:4]), int(text[5:7]), int(text[8:]))
    except ValueError:
        return None


def to_timestamp(text: str, column: Column) -> datetime | None:
    """Return the instant, or None if there is none such."""
    form = "(.{10})T([0-9]{2}):([0-9]{2}):([0-9]{2})(\\.[0-9]{1,6})?(Z|[-+][0-9]{2}:[0-9]{2})"
    match = re.fullmatch(form, text)
    day = match and to_date(match[1], column)
    if not match or not day:
        return None
    hour, minute, second = (int(match[group]) for group in (2, 3, 4))
    zone = match[6].replace("Z", "+00:00")
    hours, minutes = int(zone[1:3]), int(zone[4:])
    if hours > 23 or minutes > 59:
        return None
    offset = timedelta(hours=hours, minutes=minutes) * (-1 if zone[0] == "-" else 1)
    micros = int((match[5] or ".")[1:].ljust(6, "0"))
    try:
        local = datetime(day.year, day.month, day.day, hour, minute, second, micros)
        return local.replace(tzinfo=timezone(offset)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def to_string(text: str, _: Column) -> str:
    """Return the text itself."""
    return text


CONVERSIONS: dict[str, Callable[[str, Column], Any]] = {
    "string": to_string,
    "integer": to_integer,
    "decimal": to_decimal,
    "double": to_double,
    "boolean": to_boolean,
    "date": to_date,
    "timestamp": to_timestamp,
}


def judge(text: str, column: Column) -> tuple[Any, list[str]]:
    """Return a field's value, None if it has none, and why its row is rejected."""
    name = column["name"]
    if not text:
        return None, [f"{name}:required"] if column["required"] else []
    convert = CONVERSIONS[column["type"]]
    value = convert(text, column)
    if value is None:
        return None, [f"{name}:{column['type']}"]

    def bound(rule: str) -> Any:
        """Return the value of a rule."""
        return convert(column[rule], column)

    checks: dict[str, Callable[[], Any]] = {
        "pattern": lambda: re.search(column["pattern"].replace("$", r"\Z"), text),
        "enum": lambda: value in [convert(one, column) for one in column["enum"]],
        "minLength": lambda: len(text) >= column["minLength"],
        "maxLength": lambda: len(text) <= column["maxLength"],
        "minimum": lambda: value >= bound("minimum"),
        "exclusiveMinimum": lambda: value > bound("exclusiveMinimum"),
        "maximum": lambda: value <= bound("maximum"),
        "exclusiveMaximum": lambda: value < bound("exclusiveMaximum"),
    }
    broken = [rule for rule, holds in checks.items() if rule in column and not holds()]
    return value, [name + ":" + re.sub("([A-Z])", "-\\1", rule).lower() for rule in broken]


def derive(kms_key: bytes, contract: dict[str, Any]) -> bytes:
    """Return the key of a dataset's tokens."""
    message = f"zero-trust-data-pipeline/pseudonym/v1/{contract['dataset']}/{contract['epoch']}"
    return hmac.new(kms_key, message.encode(), hashlib.sha256).digest()


def conceal(text: str, value: Any, column: Column, key: bytes) -> Any:
    """Return what leaves of a field."""
    deidentify = column["deidentify"]
    if deidentify["method"] == "keep" or not text:
        return value
    if deidentify["method"] == "hmac":
        return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()[:32]
    first, last = deidentify["keepFirst"], deidentify["keepLast"]
    if len(text) <= first + last:
        return "*" * len(text)
    return text[:first] + "*" * (len(text) - first - last) + text[len(text) - last :]


# Files


def positions(header: list[str], columns: list[Column]) -> dict[str, int]:
    """Return where each column stands in the header."""
    names = [column["name"] for column in columns]
    for position, name in enumerate(header):
        if name not in names:
            raise Refused("header:unknown-column", 1)
        if name in header[:position]:
            raise Refused("header:duplicate-column", 1)
    for column in columns:
        if column["required"] and column["name"] not in header:
            raise Refused("header:missing-column", 1)
    return {name: header.index(name) for name in header}


def process(data: bytes, contract: dict[str, Any], kms_key: bytes, limit: int) -> Verdict:
    """Return what must become of a file."""
    key = derive(kms_key, contract)
    verdict = Verdict()
    try:
        framed = records(data, limit)
        header = next(framed, Record([], 1, "")).fields
        if not header:
            raise Refused("file:empty", 1)
        where = positions(header, contract["columns"])
        for number, record in enumerate(framed, 1):
            verdict.read = number
            row, reasons = {}, []
            if len(record.fields) != len(header):
                reasons = ["row:field-count" if record.fields else "row:blank"]
            else:
                for column in contract["columns"]:
                    known = column["name"] in where
                    text = record.fields[where[column["name"]]] if known else ""
                    value, broken = judge(text, column)
                    reasons += broken
                    if "output" in column:
                        row[column["output"]] = conceal(text, value, column, key)
            if reasons:
                reject = {"row": number, "line": record.line, "reasons": reasons}
                verdict.rejects.append(reject | {"raw": record.raw})
            else:
                verdict.rows.append(row)
    except Refused as refused:
        return Verdict(read=verdict.read, refusal=refused.reason, line=refused.line)
    return verdict
