"""The reference implementation: slow and plain, and without code of the processor.

It reads character by character, converts value by value with the standard library, and returns
what the rows, the reasons and the refusal must be.
"""

import hashlib
import hmac
import ipaddress
import json
import re
import string
import unicodedata
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import ROUND_FLOOR, Decimal
from itertools import groupby
from math import isfinite
from typing import Any, Literal, NamedTuple

from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC

Column = dict[str, Any]


class Refused(Exception):  # noqa: N818
    """The whole file is refused."""

    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


class Record(NamedTuple):
    """A record of the file: its fields, its first line, its text, and why it has no fields."""

    fields: list[str]
    line: int | None
    raw: str
    fault: str = ""


@dataclass
class Verdict:
    """The correct result of a file."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    rejects: list[dict[str, Any]] = field(default_factory=list)
    read: int = 0
    refusal: str | None = None
    line: int | None = None
    dropped_columns: int = 0
    class_sizes: list[tuple[int, int]] | None = None  # what counts, and rows


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


# The characters of windows-1252 at 80 to 9F; none at five of them.
# fmt: off
WINDOWS = (
    0x20AC, 0, 0x201A, 0x192, 0x201E, 0x2026, 0x2020, 0x2021,
    0x2C6, 0x2030, 0x160, 0x2039, 0x152, 0, 0x17D, 0,
    0, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
    0x2DC, 0x2122, 0x161, 0x203A, 0x153, 0, 0x17E, 0x178,
)
# fmt: on


def in_utf_8(data: bytes, encoding: str) -> bytes:
    """Return a text as UTF-8, with a byte that is not UTF-8 for each invalid character."""
    text = b""
    if data[:3] == b"\xef\xbb\xbf":
        raise Refused("encoding:utf-8", 1)
    if encoding == "windows-1252":
        for byte in data:
            code = WINDOWS[byte - 0x80] if 0x80 <= byte < 0xA0 else byte
            text += chr(code).encode() if code or not byte else b"\xff"
        return text
    order: Literal["big", "little"] = "big" if encoding == "utf-16-be" else "little"
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        if encoding != "utf-16":
            raise Refused("encoding:byte-order-mark", 1)
        order = "big" if data[0] == 0xFE else "little"
        data = data[2:]
    elif encoding == "utf-16":
        raise Refused("encoding:no-byte-order-mark", 1)
    high = 0
    for place in range(0, len(data) - 1, 2):
        unit = int.from_bytes(data[place : place + 2], order)
        is_high, is_low = unit & 0xFC00 == 0xD800, unit & 0xFC00 == 0xDC00
        if bool(high) != is_low:
            text += b"\xff"
        if high and is_low:
            unit = 0x10000 + (high - 0xD800) * 0x400 + unit - 0xDC00
        high = unit if is_high else 0
        if unit & 0x1FF800 != 0xD800:
            text += chr(unit).encode()
    return text + (b"\xff" if high or len(data) % 2 else b"")


Lines = Iterator[tuple[int, bytes]]


def without_blank_end(lines: Lines, limit: int) -> Lines:
    """Yield numbered lines without the empty ones at the end; a run of them has a limit."""
    held: list[tuple[int, bytes]] = []
    for number, line in lines:
        held.append((number, line))
        if line.strip(b"\r\n"):
            yield from held
            held = []
        elif sum(len(one) for _, one in held) > limit:
            raise Refused("file:too-many-blank-lines", held[0][0])


def is_foreign(text: str) -> bool:
    """Whether there is a control character, or an escape of HZ with its pairs of letters."""
    if any(character < " " and character not in "\t\r\n" for character in text):
        return True
    for part in text.split("~{")[1:]:
        pairs = 0
        while "!" <= part[:1] <= "w" and "!" <= part[1:2] <= "~":
            pairs, part = pairs + 1, part[2:]
        if pairs and part.startswith("~}"):
            return True
    return False


def skip(found: tuple[int, bytes] | None, number: int, limit: int, delimiter: str) -> None:
    """Check that a line of the preamble exists."""
    if found is None:
        raise Refused("file:shorter-than-preamble", number)
    if len(found[1]) > limit:
        raise Refused("record:too-long", number)
    try:
        text = found[1].decode().rstrip("\r\n").lower()
    except UnicodeDecodeError:
        raise Refused("encoding:not-utf-8", number) from None
    for before, after in (("", ""), ('"', ""), ("", '"'), ('"', '"')):
        if number == 1 and text.startswith(before + "sep=") and text.endswith(after):
            named = text[len(before) + 4 : len(text) - len(after)]
            if len(named) == 1 and named != delimiter:
                raise Refused("file:other-delimiter", 1)


# One plain loop, so that it can be read against the standard.
# pylint: disable-next=too-many-branches,too-many-statements
def records(
    data: bytes,
    limit: int,
    delimiter: str = ",",
    quote: str = '"',
    columns: int = 0,
    preamble: int = 0,
) -> Iterator[Record]:
    """Yield the records; ``quote`` may be empty. Without ``columns`` the first is a header."""
    if data[:3] == b"\xef\xbb\xbf":
        data = data[3:]
    state = "between"
    fields: list[str] = []
    text = raw = ""
    stray = False
    first_line = size = 0
    lines: Lines = enumerate(physical_lines(data), 1)
    for number in range(1, preamble + 1):
        skip(next(lines, None), number, limit, delimiter)
    if columns > 1:
        lines = without_blank_end(lines, limit)
    while found := next(lines, None):
        number, line = found
        if state == "between":
            first_line, size, raw, fields, text, stray = number, 0, "", [], "", False
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
            if state in ("between", "start", "blank") and character == quote:
                stray = stray or state == "blank"
                state = "quoted"
            elif state == "quoted":
                if character == quote:
                    state = "quote"
                else:
                    text += character
            elif character in "\r\n":
                if state != "between":
                    fields.append(text)
                fault = "row:stray-quote" if stray else ""
                fault = "row:control-character" if is_foreign(raw) else fault
                raw = re.sub("(\r\n|\r|\n)$", "", raw)
                yield Record([] if fault else fields, first_line, raw, fault)
                if columns == 0:
                    columns = len(fields)
                    if columns > 1:
                        lines = without_blank_end(lines, limit)
                state = "between"
                break
            elif character == delimiter:
                fields.append(text)
                text, state = "", "start"
            elif state == "quote" and character != quote:
                if not stray:
                    raise Refused("record:malformed", first_line)
                state = "plain"
            elif state in ("between", "start", "blank") and character == " ":
                text += character
                state = "blank"
            else:
                stray = stray or (character == quote and state == "plain")
                text += character
                state = "quoted" if state == "quote" else "plain"
    if state != "between":
        raise Refused("record:malformed", first_line)


class Fault(Exception):  # noqa: N818
    """A line of JSON is not a record."""


def json_records(
    data: bytes, limit: int, contract: dict[str, Any], unknown: set[str]
) -> Iterator[Record]:
    """Yield a record for each line, its fields those of the contract; others are ``unknown``."""
    if data[:3] == b"\xef\xbb\xbf":
        data = data[3:]
    for number, line in without_blank_end(enumerate(physical_lines(data), 1), limit):
        if len(line) > limit:
            raise Refused("record:too-long", number)
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError:
            raise Refused("encoding:not-utf-8", number) from None
        raw = re.sub("(\r\n|\r|\n)$", "", text)
        try:
            yield Record(json_fields(text, contract, unknown), number, raw)
        except Fault as fault:
            yield Record([], number, raw, str(fault))


def json_fields(text: str, contract: dict[str, Any], unknown: set[str]) -> list[str]:
    """Return the fields of a line; names without a column go to ``unknown``."""
    if not text.strip(" \t\r\n"):
        raise Fault("row:blank")

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({name for name, _ in found}) < len(found):
            raise Fault("row:duplicate-key")
        return dict(found)

    def constant(_: str) -> Any:
        raise Fault("row:not-json")

    try:
        found = json.loads(
            text, object_pairs_hook=pairs, parse_constant=constant, parse_int=str, parse_float=str
        )
    except ValueError:
        raise Fault("row:not-json") from None
    if not isinstance(found, dict):
        raise Fault("row:not-an-object")
    columns = {
        column.get("physicalName", column["name"]): column for column in contract["columns"]
    }
    more = [label for label in found if label not in columns]
    if more and contract.get("unknownColumns") != "drop":
        raise Fault("row:unknown-column")
    unknown.update(more)
    if is_foreign(text):
        raise Fault("row:control-character")
    if any("\ud800" <= letter <= "\udfff" for letter in characters_of(found)):
        raise Fault("row:lone-surrogate")
    if len(more) == len(found):
        raise Fault("row:no-column")
    texts = member_texts(text)
    fields: list[str] = []
    for label, agreed in columns.items():
        value = found.get(label)
        if isinstance(value, dict | list):
            if agreed["type"] not in ("array", "object"):
                raise Fault(agreed["name"] + ":nested")
            value = texts[label]
        if isinstance(value, bool):
            value = "true" if value else "false"
        fields.append(value or "")
    return fields


def characters_of(value: Any) -> Iterator[str]:
    """Yield the characters of all texts of a value."""
    if isinstance(value, str):
        yield from value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from name
            yield from characters_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from characters_of(inner)


def member_texts(text: str) -> dict[str, str]:
    """Return how the value of each member of an object is spelt, character by character."""
    texts, depth, quoted, escaped = [""], 0, False, False
    for letter in text:
        inside = quoted
        if escaped:
            escaped = False
        elif quoted and letter == "\\":
            escaped = True
        elif letter == '"':
            quoted = not quoted
        elif not quoted and letter in "[{":
            depth += 1
            if depth == 1:
                continue
        elif not quoted and letter in "]}":
            depth -= 1
            if depth == 0:
                break
        if depth == 1 and not inside and letter in ":,":
            texts.append("")
        elif depth:
            texts[-1] += letter
    names = [json.loads(name) for name in texts[::2] if name.strip()]
    return dict(zip(names, (value.strip(" \t\r\n") for value in texts[1::2]), strict=True))


# Values


def to_integer(text: str, _: Column) -> int | None:
    """Return the value, or None if this is not an integer of 64 bits."""
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
    """Return the value, or None if this is not a finite number."""
    if not re.fullmatch("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][-+]?[0-9]+)?", text):
        return None
    lost = float(text) == 0 and set(re.split("[eE]", text)[0]) & set("123456789")
    return float(text) if isfinite(float(text)) and not lost else None


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


def without_zone(text: str) -> str:
    """Return the text without the zone at its end."""
    return re.sub("(Z|[-+]([01][0-9]|2[0-3]):[0-5][0-9])$", "", text)


def to_timestamp(text: str, column: Column) -> datetime | None:
    """Return the instant, or None if it does not exist; without ``timezone`` it is in UTC."""
    if not column.get("timezone", True):
        text = text + "Z" if without_zone(text) == text else ""
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


def lacks_only_its_zone(text: str, column: Column) -> bool:
    """Whether this would be of the column's type if a zone were added or removed."""
    bare = without_zone(text)
    if column["type"] == "time":
        return bare != text and to_time(bare, column) is not None
    if column["type"] != "timestamp" or (bare != text) is column.get("timezone", True):
        return False
    return to_timestamp(bare, {"timezone": False}) is not None


def to_time(text: str, _: Column) -> time | None:
    """Return the time of day, or None if it does not exist."""
    match = re.fullmatch("([0-9]{2}):([0-9]{2}):([0-9]{2})(\\.[0-9]{1,6})?", text)
    if not match:
        return None
    try:
        micros = int((match[4] or ".")[1:].ljust(6, "0"))
        return time(int(match[1]), int(match[2]), int(match[3]), micros)
    except ValueError:
        return None


def refuse_repeated_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object's members."""
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def to_json(text: str, column: Column) -> str | None:
    """Return the text if it is JSON of the column's type."""
    if any(word in re.sub('"(\\\\.|[^"\\\\])*"', "", text) for word in ("NaN", "Infinity")):
        return None
    try:
        found = json.loads(text, object_pairs_hook=refuse_repeated_keys)
    except (ValueError, AssertionError):
        return None
    if any("\ud800" <= letter <= "\udfff" for letter in characters_of(found)):
        return None
    return text if isinstance(found, {"array": list, "object": dict}[column["type"]]) else None


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
    "time": to_time,
    "array": to_json,
    "object": to_json,
}


def is_ip(version: int) -> Callable[[str], bool]:
    """Return what tells whether a text is an address of this version, without a zone."""

    def holds(text: str) -> bool:
        try:
            return ipaddress.ip_address(text).version == version and "%" not in text
        except ValueError:
            return False

    return holds


def is_hostname(text: str) -> bool:
    """Whether all labels are of letters, digits and inner hyphens, 1 to 63 of them."""
    letters = set(string.ascii_letters + string.digits)
    return all(
        1 <= len(label) <= 63
        and set(label) <= letters | {"-"}
        and not label.startswith("-")
        and not label.endswith("-")
        for label in text.split(".")
    )


def is_email(text: str) -> bool:
    """Whether there are atoms before the only at sign and a host with a dot after it."""
    local, sign, host = text.partition("@")
    atom = set(string.ascii_letters + string.digits + "!#$%&'*+-/=?^_`{|}~")
    atoms = local.split(".")
    return bool(
        sign and all(one and set(one) <= atom for one in atoms) and "." in host
    ) and is_hostname(host)


def is_uuid(text: str) -> bool:
    """Whether this is the usual text of a UUID, in any case."""
    try:
        return text.isascii() and str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


FORMATS: dict[str, Callable[[str], Any]] = {
    "date": lambda text: to_date(text, {}),
    "time": lambda text: to_time(text, {}),
    # An offset may move it out of the calendar; the text still has the form.
    "date-time": lambda text: to_timestamp(re.sub("^(0001|9999)", "2003", text), {}),
    "uuid": is_uuid,
    "email": is_email,
    "hostname": is_hostname,
    "ipv4": is_ip(4),
    "ipv6": is_ip(6),
}


def judge(text: str, column: Column) -> tuple[Any, list[str]]:
    """Return a field's value, None if it has none, and why its row is rejected."""
    name = column["name"]
    if not person(text, column):
        return None, [f"{name}:required"] if column["required"] else []
    convert = CONVERSIONS[column["type"]]
    value = convert(text, column)
    if value is None and lacks_only_its_zone(text, column):
        return None, [f"{name}:timezone"]
    if value is None:
        return None, [f"{name}:{column['type']}"]

    def bound(rule: str) -> Any:
        """Return the value of a rule."""
        return convert(column[rule], column)

    checks: dict[str, Callable[[], Any]] = {
        "pattern": lambda: re.search(column["pattern"].replace("$", r"\Z"), text),
        "format": lambda: FORMATS[column["format"]](text) not in (None, False),
        "enum": lambda: value in [convert(one, column) for one in column["enum"]],
        "minLength": lambda: len(text) >= column["minLength"],
        "maxLength": lambda: len(text) <= column["maxLength"],
        "minimum": lambda: value >= bound("minimum"),
        "exclusiveMinimum": lambda: value > bound("exclusiveMinimum"),
        "maximum": lambda: value <= bound("maximum"),
        "exclusiveMaximum": lambda: value < bound("exclusiveMaximum"),
        "multipleOf": lambda: value % bound("multipleOf") == 0,
    }
    broken = [rule for rule, holds in checks.items() if rule in column and not holds()]
    return value, [name + ":" + re.sub("([A-Z])", "-\\1", rule).lower() for rule in broken]


def derive(kms_key: bytes, contract: dict[str, Any], column: Column) -> bytes:
    """Return the key of a column's tokens; for ``encrypt``, what is associated follows it."""
    domain = column["deidentify"].get("domain")
    scope = contract["dataset"] if domain is None else "domain/" + domain
    if column["deidentify"]["method"] == "encrypt":
        origin = f"zero-trust-data-pipeline/reversible/v1/{scope}/{contract['epoch']}".encode()
        key = hmac.new(kms_key, origin, hashlib.sha512).digest()
        if domain:
            return key + origin
        name = f"column/{column['name']}".encode()
        key = hmac.new(key, name + bytes([1]), hashlib.sha512).digest()
        return key + origin + b"/" + name
    if column["deidentify"]["method"] == "pseudonymize":
        scope = "AES-256-CMAC/" + scope
    message = f"zero-trust-data-pipeline/pseudonym/v2/{scope}/{contract['epoch']}"
    key = hmac.new(kms_key, message.encode(), hashlib.sha256).digest()
    return key if domain else expand(key, b"column/" + column["name"].encode())


def expand(key: bytes, info: bytes) -> bytes:
    """Return the first block of HKDF-Expand, which is all of it for a key of 32 bytes."""
    return hmac.new(key, info + bytes([1]), hashlib.sha256).digest()


def one_way_cmac(key: bytes, value: bytes) -> bytes:
    """Return the CMAC of the value written twice, each time ended by a bit and zeros."""
    ended = value + b"\x80"
    while len(ended) % 16:
        ended += b"\0"
    mac = CMAC(AES(key))
    mac.update(ended + ended)
    return mac.finalize()


def is_invisible(letter: str) -> bool:
    """Whether a character is invisible and has no width: format characters, and fillers."""
    number = ord(letter)
    inked = range(0x600, 0x606), (0x6DD, 0x70F, 0x890, 0x891, 0x8E2), (0x110BD, 0x110CD)
    if unicodedata.category(letter) == "Cf":
        return not any(number in some for some in (*inked, range(0x13430, 0x13440)))
    if "VARIATION SELECTOR" in unicodedata.name(letter, "") or "FILLER" in unicodedata.name(
        letter, ""
    ):
        return True
    return (
        letter in "\u034f\u17b4\u17b5\u2065"
        or 0xFFF0 <= number < 0xFFFC
        or 0xE0000 <= number <= 0xE0FFF
    )


def normalized(text: str, steps: list[str]) -> str:
    """Return the text that identifies a person; empty if there is nobody."""
    if not steps or all(letter.isspace() or is_invisible(letter) for letter in text):
        return text if not steps else ""
    if "trim" in steps:
        text = "".join(letter for letter in text if not is_invisible(letter))
    if "nfc" in steps:
        text = unicodedata.normalize("NFD", text)
    if "lowercase" in steps:
        text = "".join(letter.casefold() for letter in text)
    if "nfc" in steps:
        text = unicodedata.normalize("NFC", text)
    return text.strip() if "trim" in steps else text


def has_too_many_marks(text: str, steps: list[str]) -> bool:
    """Tell whether a text has more marks in a row than any language uses."""
    if "trim" in steps:
        text = "".join(letter for letter in text if not is_invisible(letter))
    runs = groupby(text, lambda letter: unicodedata.category(letter).startswith("M"))
    return "nfc" in steps and any(is_mark and len(list(run)) > 30 for is_mark, run in runs)


def person(text: str, column: Column) -> str:
    """Return the text that becomes a token, if the column has tokens."""
    return normalized(text, column["deidentify"].get("normalize", []))


FILLING = (
    string.whitespace.replace("\x1c", "")
    + ".,;:_#*/\\-"
    + "".join(
        chr(number)
        for number in (
            0xA0,
            0xAD,
            *range(0x2000, 0x2010),
            0x2028,
            0x2029,
            0x202F,
            0x205F,
            0x2060,
            0x3000,
            0xFEFF,
        )
    )
)


def unpadded(text: str, more: str = "") -> str:
    """Return a text without padding at its ends."""
    while text and (text[0] in FILLING + more):
        text = text[1:]
    while text and (text[-1] in FILLING + more):
        text = text[:-1]
    return text


def begin(text: str, length: int) -> str:
    """Return the first characters, unless they are more than half."""
    return text[:length] if len(unpadded(text)) // 2 >= length else ""


def generalized(text: str, value: Any, column: Column) -> Any:
    """Return the least value of the value's class."""
    options = column["deidentify"]
    if "prefix" in options:
        return begin(text, options["prefix"])
    if "width" in options:
        width = Decimal(options["width"])
        floor = (Decimal(value) / width).to_integral_value(ROUND_FLOOR) * width
        if column["type"] == "integer":
            return max(int(floor), -(2**63))
        unit = Decimal(1).scaleb(-column["scale"])
        return max(floor, -(10 ** (column["precision"] - column["scale"])) + unit)
    if isinstance(value, datetime):
        value = value.replace(minute=0, second=0, microsecond=0)
        if options["to"] != "hour":
            value = value.replace(hour=0)
    if options["to"] in ("month", "year"):
        value = value.replace(day=1)
    return value.replace(month=1) if options["to"] == "year" else value


def encrypted(key: bytes, text: bytes) -> bytes:
    """Return the reversible token of a text; what is associated follows the key."""
    plain = text + b"\x80"
    return AESSIV(key[:64]).encrypt(plain + bytes(-len(plain) % 16), [key[64:]])


TOKENS: dict[str, Callable[[bytes, bytes], bytes]] = {
    "pseudonymize": one_way_cmac,
    "hmac": lambda key, text: hmac.new(key, text, hashlib.sha256).digest()[:16],
    "encrypt": encrypted,
}
METHODS = (*TOKENS, "mask", "truncate", "generalize", "keep")
"""The methods that are implemented here."""


def conceal(text: str, value: Any, column: Column, key: bytes) -> Any:
    """Return the output of a field under one of METHODS."""
    options = column["deidentify"]
    if isinstance(value, time):
        return value.isoformat("microseconds")
    if not person(text, column) or options["method"] == "keep":
        return value
    if options["method"] in TOKENS:
        return TOKENS[options["method"]](key, person(text, column).encode()).hex()
    if options["method"] == "truncate":
        return begin(text, options["length"])
    if options["method"] == "generalize":
        return generalized(text, value, column)
    first, last = options["keepFirst"], options["keepLast"]
    if len(unpadded(text, "0")) < 2 * (first + last):
        return "*" * len(text)
    return text[:first] + "*" * (len(text) - first - last) + text[len(text) - last :]


# Files


def positions(header: list[str], contract: dict[str, Any]) -> dict[str, int]:
    """Return the position of each column in the header; others are dropped or refused."""
    columns = contract["columns"]
    line = contract.get("csv", {}).get("preambleLines", 0) + 1
    labels = [str(column.get("physicalName", column["name"])) for column in columns]
    for position, label in enumerate(header):
        if label not in labels:
            if contract.get("unknownColumns") != "drop":
                raise Refused("header:unknown-column", line)
        elif label in header[:position]:
            raise Refused("header:duplicate-column", line)
    if not set(labels) & set(header):
        raise Refused("header:no-column", line)
    for column, label in zip(columns, labels, strict=True):
        if column["required"] and label not in header:
            raise Refused("header:missing-column", line)
    return {
        column["name"]: header.index(label)
        for column, label in zip(columns, labels, strict=True)
        if label in header
    }


def csv_records(
    data: bytes, limit: int, dialect: dict[str, Any], names: list[str]
) -> tuple[list[str], Iterator[Record]]:
    """Return the header, or the names if there is none, and the records after it."""
    if not data:
        raise Refused("file:empty", 1)
    has_header = dialect.get("header", True)
    if (encoding := dialect.get("encoding", "utf-8")) != "utf-8":
        data = in_utf_8(data, encoding)
    marks = dialect.get("delimiter", ","), dialect.get("quote", '"')
    preamble = dialect.get("preambleLines", 0)
    framed = records(data, limit, *marks, 0 if has_header else len(names), preamble)
    nulls = dialect.get("nulls", ())
    header = read_header(framed, preamble + 1) if has_header else names
    return header, (
        record._replace(fields=["" if field in nulls else field for field in record.fields])
        for record in framed
    )


def read_header(framed: Iterator[Record], line: int = 1) -> list[str]:
    """Return the fields of the first record."""
    header = next(framed, None)
    if header is None:
        raise Refused("file:empty", line)
    if header.fault:
        raise Refused(header.fault.replace("row:", "header:"), line)
    if not header.fields:
        raise Refused("header:blank", line)
    return header.fields


def process(
    data: bytes, contract: dict[str, Any], kms_key: bytes, limit: int, form: str = "csv"
) -> Verdict:
    """Return the correct result of a CSV file, or of JSON Lines if ``form`` is json."""
    verdict = Verdict()
    unknown: set[str] = set()
    try:
        names = [column.get("physicalName", column["name"]) for column in contract["columns"]]
        if form == "json":
            header, framed = names, json_records(data, limit, contract, unknown)
        else:
            header, framed = csv_records(data, limit, contract.get("csv", {}), names)
        where = positions(header, contract)
        verdict.dropped_columns = len(header) - len(where)
        seen: set[tuple[str, Any]] = set()
        row: dict[str, Any]
        for number, record in enumerate(framed, 1):
            verdict.read = number
            if record.fault:
                row, reasons = {}, [record.fault]
            elif len(record.fields) == len(header):
                texts = {name: record.fields[place] for name, place in where.items()}
                if form == "csv":
                    texts = with_plain_values(texts, contract)
                row, reasons = judge_row(texts, contract, kms_key, seen)
            else:
                row, reasons = {}, ["row:field-count" if record.fields else "row:blank"]
            if reasons:
                reject = {"row": number, "line": record.line, "reasons": reasons}
                verdict.rejects.append(reject | {"raw": record.raw})
            else:
                verdict.rows.append(row)
        verdict.dropped_columns += len(unknown)
        check_policies(verdict, contract)
    except Refused as refused:
        if form == "csv" and "encoding" in contract.get("csv", {}):
            refused.reason = refused.reason.replace(
                "not-utf-8", "not-" + contract["csv"]["encoding"]
            )
        sizes = verdict.class_sizes
        return Verdict([], [], verdict.read, refused.reason, refused.line, 0, sizes)
    return verdict


def with_plain_values(texts: dict[str, str], contract: dict[str, Any]) -> dict[str, str]:
    """Return the texts with numbers and days as in JSON, if the dialect writes them otherwise."""
    dialect = contract.get("csv", {})
    decimal, thousands = dialect.get("decimal", "."), dialect.get("thousands", "")
    types = {column["name"]: column["type"] for column in contract["columns"]}
    return {
        name: plain_number(text, decimal, thousands)
        if text and types[name] in ("integer", "decimal", "double")
        else plain_day(text, dialect.get("dates", "YYYY-MM-DD"))
        if text and types[name] == "date"
        else text
        for name, text in texts.items()
    }


def plain_number(text: str, decimal: str, thousands: str) -> str:
    """Return a number as in JSON; anything else as a text that is not a number."""
    number, letter, exponent = text.replace("E", "e").partition("e")
    whole, point, fraction = number.partition(decimal)
    groups = [whole.removeprefix("-")]
    if thousands:
        groups = groups[0].split(thousands)
    if len(groups) > 1 and (
        any(len(group) != 3 for group in groups[1:]) or not 1 <= len(groups[0]) <= 3
    ):
        return "none"
    parts = [*groups, *([fraction] if point else [])]
    if not all(part and set(part) <= set(string.digits) for part in parts):
        return "none"
    if len(groups) > 1 and groups[0][0] == "0":
        return "none"
    sign = "-" if whole.startswith("-") else ""
    return sign + "".join(groups) + ("." if point else "") + fraction + letter + exponent


def plain_day(text: str, form: str) -> str:
    """Return a day as YYYY-MM-DD; anything else as a text that is not a day."""
    (mark,) = {*form} - {*"YMD"}
    parts = dict(zip(form.split(mark), text.split(mark), strict=False))
    if text.count(mark) != 2 or set("".join(parts.values())) - set(string.digits):
        return "none"
    for part, digits in parts.items():
        if len(digits) != len(part) if len(part) > 1 else str(int(digits or 0)) != digits:
            return "none"
    return "-".join(digits.zfill(2) for _, digits in sorted(parts.items(), reverse=True))


def judge_row(
    texts: dict[str, str], contract: dict[str, Any], kms_key: bytes, seen: set[tuple[str, Any]]
) -> tuple[dict[str, Any], list[str]]:
    """Return the output of a row, and why it is rejected; ``seen`` has earlier values."""
    row, reasons = {}, []
    for column in contract["columns"]:
        name = column["name"]
        text = texts.get(name, "")
        value, broken = judge(text, column)
        if has_too_many_marks(text, column["deidentify"].get("normalize", [])):
            broken.insert(0, name + ":too-many-marks")
        elif column.get("unique") and value is not None:
            known = person(text, column) if "normalize" in column["deidentify"] else value
            if (name, known) in seen:
                broken.append(name + ":unique")
            seen.add((name, known))
        reasons += broken
        if "output" in column and not broken:
            key = derive(kms_key, contract, column)
            row[column["output"]] = conceal(text, value, column, key)
    return row, reasons


def check_policies(verdict: Verdict, contract: dict[str, Any]) -> None:
    """Refuse a file with too many rejects, or with a class of too few rows."""
    share = Decimal(contract.get("maxRejectedShare", "1"))
    if verdict.read and Decimal(len(verdict.rejects)) / verdict.read > share:
        raise Refused("file:rejected-share")
    if "anonymity" in contract:
        outputs = {column["name"]: column.get("output") for column in contract["columns"]}
        names = [outputs[name] for name in contract["anonymity"]["quasiIdentifiers"]]
        classes: dict[str, list[Any]] = {}
        for row in verdict.rows:
            classes.setdefault(str([row[name] for name in names]), []).append(row)
        subject = contract["anonymity"].get("subject")
        verdict.class_sizes = sorted(
            (
                len({row[outputs[subject]] for row in rows} - {None}) if subject else len(rows),
                len(rows),
            )
            for rows in classes.values()
        )
        if verdict.class_sizes and verdict.class_sizes[0][0] < contract["anonymity"]["k"]:
            raise Refused("file:k-anonymity")


def luhn_holds(digits: str) -> bool:
    """Whether the check digit of ISO/IEC 7812 is right."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value // 10 + value % 10
    return total % 10 == 0
