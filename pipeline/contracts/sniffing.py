"""Sniffing: the format of a file, the dialect of its CSV, and the names of its columns."""

import codecs
import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.catalogue import advice
from pipeline.outcomes import WrongContractError
from processor.contract.model import RFC_4180, Csv
from processor.contract.vocabulary import ESCAPE
from processor.deidentification.redaction import PATTERNS, redact
from processor.readers import compression, parquet
from processor.readers.encodings import looks_like_json
from processor.readers.lines import without_mark
from processor.readers.signatures import foreign_format, foreign_text
from processor.reasons import FileRefusedError, Reason

BEGIN = 1 << 18  # bytes that are looked at to find a dialect
PIECE = 1 << 20
MOST_COLUMNS = 1_000
DELIMITERS = ",;\t|"
MOST_BEFORE = 50  # lines before a table
NUMBER = re.compile(r"[+-]?\d[\d.]*(?:,\d+)?")
SEPARATOR = re.compile(r'"?sep=(.)"?\r?\n?', re.IGNORECASE)
_JSON_KINDS = {dict: "object", list: "array", type(None): "null"}
# What no name of a column looks like: a number, a day, an address, a word for yes or no.
VALUE = re.compile(
    r"[+-]?[\d.,'\s]*\d[\d.,'\s%€$£]*|\d{1,4}[-./]\d{1,2}[-./]\d{1,4}([ T][\d:.]+.*)?"
    r"|\S+@\S+\.\S+"
    r"|\+?[\d ()/-]{6,}|(?i:true|false|yes|no|ja|nein|oui|non|null|n/a)"
    r"|[A-Z]{2}\d{2}[A-Z0-9 ]{11,}"
)


@dataclass(frozen=True)
class Shape:
    """What a file looks like.

    Attributes:
        kind: csv, json or parquet.
        csv: the dialect, if it is CSV.
        labels: the names of its columns; numbered if it has no header.
        nested: which of them hold arrays, objects or what has no text, and as what.
    """

    kind: str
    csv: Csv
    labels: Sequence[str]
    nested: dict[str, str]


def sniff(file: Path) -> Shape:
    """Look at a file.

    Raises:
        OSError: it cannot be read.
        WrongContractError: no contract could be written for it.
    """
    try:
        with _opened(file) as stream:
            begin: bytes = stream.read(BEGIN)
            kind = _kind(file.name, begin)
            if kind == "parquet":
                shape = _parquet(file)
            elif kind == "json":
                shape = _json(file)
            else:
                shape = _csv(file, begin)
    except FileRefusedError as refusal:
        raise unreadable(file, refusal) from None
    except (OSError, pa.ArrowException) as error:
        if isinstance(error, OSError) and error.errno:
            raise
        what = f"{file} is damaged, or was not copied as a whole: {str(error).rstrip('.')}."
        raise WrongContractError(f"{what} Copy or export it again.") from None
    if not 0 < len(shape.labels) <= MOST_COLUMNS:
        raise WrongContractError(
            f"{file} has {len(shape.labels):,} columns; a contract has 1 to {MOST_COLUMNS:,}."
        )
    repeated = [name for name, count in Counter(shape.labels).items() if count > 1]
    if repeated:
        raise WrongContractError(
            f"{file} has {len(repeated)} names of columns twice, such as the one of column "
            f"{shape.labels.index(repeated[0]) + 1}. Give each column its own name."
        )
    return shape


def value_like(labels: Sequence[str]) -> list[int]:
    """Return the numbers, from 1, of the columns whose names look like values."""
    found = redact(pa.array(labels, pa.string()), [*PATTERNS]).to_pylist()
    return [
        number
        for number, (label, redacted) in enumerate(zip(labels, found, strict=True), start=1)
        if label != redacted or VALUE.fullmatch(label.strip()) or re.search(r"\d{6}", label)
    ]


def unreadable(file: Path, refusal: FileRefusedError) -> WrongContractError:
    """Return the error about a file that the processor would refuse whatever its contract."""
    known = advice(refusal.reason)
    where = f" (line {refusal.line})" if refusal.line else ""
    what = f"{file} cannot be read: {refusal.reason}{where}."
    return WrongContractError(f"{what} {known.means} {known.sentences}")


def _opened(file: Path) -> Any:
    with file.open("rb") as stream:
        begin = stream.read(4)
    packed = {compression.GZIP: "gzip", compression.ZSTD: "zstd"}
    found = next((name for form, name in packed.items() if form.match(begin)), None)
    return pa.input_stream(str(file), compression=found)


def _pieces(file: Path) -> Iterator[bytes]:
    with _opened(file) as stream:
        while piece := stream.read(PIECE):
            yield piece


def _kind(name: str, begin: bytes) -> str:
    if parquet.BEGIN.match(begin):
        return "parquet"
    reason = foreign_format(begin)
    if reason and reason is not Reason.ENCODING_UTF_16:
        raise FileRefusedError(reason)
    ending = re.search(r"\.(\w+?)(?:\.(?:gz|zst))?\Z", name.lower())
    if ending and ending[1] == "csv":
        return "csv"
    if looks_like_json(begin):
        return "json"
    if reason := foreign_text(without_mark(begin).lstrip()):
        raise FileRefusedError(reason)
    return "csv"


def _parquet(file: Path) -> Shape:
    with pq.ParquetFile(str(file), pre_buffer=False) as opened:
        fields = list(opened.schema_arrow)
    nested = {}
    for one in fields:
        if pa.types.is_struct(one.type) or pa.types.is_map(one.type):
            nested[one.name] = "object"
        elif pa.types.is_nested(one.type):
            nested[one.name] = "array"
        elif pa.types.is_fixed_size_binary(one.type) or pa.types.is_duration(one.type):
            nested[one.name] = "string"
    return Shape("parquet", RFC_4180, [one.name for one in fields], nested)


def _json(file: Path) -> Shape:
    """Read all keys: one may come late. A key holds what it holds in most lines."""
    kinds: dict[str, Counter[str]] = {}
    with _opened(file) as stream, io.TextIOWrapper(stream, "utf-8-sig", errors="replace") as text:
        for line in text:
            try:
                found = json.loads(line, parse_int=str, parse_float=str)
            except (ValueError, RecursionError):
                continue
            if isinstance(found, dict):
                for name, value in found.items():
                    kinds.setdefault(name, Counter())[_JSON_KINDS.get(type(value), "string")] += 1
            if len(kinds) > MOST_COLUMNS:
                break
    if not kinds:
        raise WrongContractError(
            f"{file} has no line that is a JSON object with names. Write each row as one object "
            "on a line of its own, and draft again."
        )
    held = {name: _most(counts) for name, counts in kinds.items()}
    nested = {name: kind for name, kind in held.items() if kind != "string"}
    return Shape("json", RFC_4180, list(kinds), nested)


def _most(counts: Counter[str]) -> str:
    """Return what most values are; null may be of any kind."""
    return max(sorted({*counts} - {"null"}), key=counts.__getitem__, default="string")


def _csv(file: Path, begin: bytes) -> Shape:
    encoding = _encoding(file, begin)
    codec = "utf-8-sig" if encoding == "utf-8" else encoding
    text = codecs.getincrementaldecoder(codec)(errors="replace").decode(begin)
    dialect = Csv(encoding=encoding)
    lines = _lines(text)
    if lines and (separator := SEPARATOR.fullmatch(lines[0])):
        dialect = replace(dialect, preamble_lines=1, delimiter=separator[1])
        lines = lines[1:]
    else:
        dialect = replace(dialect, delimiter=_delimiter(lines))
    if not any(map(str.strip, lines)):
        raise WrongContractError(f"{file} is empty. Draft from a file with rows.")
    if _escapes(lines, dialect.delimiter):
        dialect = replace(dialect, escape=ESCAPE, nulls=("\\N",))
    before = _preamble(lines, dialect)
    dialect = replace(dialect, preamble_lines=dialect.preamble_lines + before)
    records = _records(lines[before:], dialect)
    if not _has_header(records):
        dialect = replace(dialect, header=False)
        return Shape("csv", dialect, [f"column_{n + 1}" for n in range(len(records[0]))], {})
    return Shape("csv", dialect, records[0], {})


def _encoding(file: Path, begin: bytes) -> str:
    if begin.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    for name, nulls in (("utf-16-le", begin[1::2]), ("utf-16-be", begin[::2])):
        if nulls and nulls.count(0) > len(nulls) // 2:
            return name
    for encoding in ("utf-8", "windows-1252"):
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            for piece in _pieces(file):
                decoder.decode(piece)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return encoding
    raise WrongContractError(
        f"{file} is neither UTF-8, UTF-16 nor windows-1252. Export it as UTF-8."
    )


def _lines(text: str) -> list[str]:
    """Return the lines of the beginning of a file, without one that may be cut."""
    lines = io.StringIO(text, newline="").readlines()
    return lines[:-1] if len(text) >= BEGIN // 4 and len(lines) > 1 else lines


def _records(lines: Sequence[str], dialect: Csv, strict: bool = False) -> list[list[str]]:
    """Return the records on some lines; the last may be cut."""
    csv.field_size_limit(max(csv.field_size_limit(), BEGIN))  # the processor allows more
    escape = dialect.escape or None
    read = csv.reader(lines, delimiter=dialect.delimiter, escapechar=escape, strict=strict)
    return [one for one in read if one]


def _width(records: Sequence[Sequence[str]]) -> tuple[int, float]:
    """Return how many fields most records have, and which share of them."""
    widths = Counter(map(len, records))
    width, count = widths.most_common(1)[0] if widths else (0, 0)
    return width, count / max(1, widths.total())


def _delimiter(lines: Sequence[str]) -> str:
    """Return what separates most records into equally many fields."""
    names, *values = [line.strip() for line in lines if line.strip()] or [""]
    if values and "," not in names and all(map(NUMBER.fullmatch, values)):
        return ";"  # a column of numbers with a decimal comma

    def score(delimiter: str) -> tuple[bool, float, int]:
        width, share = _width(_records(lines, Csv(delimiter=delimiter)))
        return width > 1, share, width

    return max(DELIMITERS, key=score)


def _escapes(lines: Sequence[str], delimiter: str) -> bool:
    """Tell whether records are more even if a backslash escapes, and each one may."""
    own = re.escape(delimiter)
    text = re.sub(rf"(?m)(?:^|(?<={own}))\\N(?={own}|\r?$)", "", "".join(lines))
    known = {delimiter, *'"\\\r\nnrt'}
    if not {one[1] for one in re.finditer(r"(?s)\\(.)", text)} <= known:
        return False

    def evenness(escape: str) -> float:
        try:
            return _width(_records(lines, Csv(delimiter=delimiter, escape=escape), True))[1]
        except csv.Error:
            return 0

    return evenness(ESCAPE) > evenness("")


def _preamble(lines: Sequence[str], dialect: Csv) -> int:
    """Return how many lines come before the table: blank ones, comments and titles."""
    width, _ = _width(_records(lines, dialect))
    plain = width > 1
    for count, line in enumerate(lines[:MOST_BEFORE]):
        if line.count(dialect.quote) % 2:
            break
        fields, *_ = _records([line], dialect) or [[]]
        other = len(fields) != width
        if other or line.startswith("#") or (width > 1 and not any(fields[1:])):
            plain = plain and (len(fields) < 2 or (other and line.startswith("#")))
            continue
        return count if plain or _is_table(_records(lines[count:], dialect)) else 0
    return 0


def _is_table(records: Sequence[Sequence[str]]) -> bool:
    """Tell whether there are names, and below one of them nothing but values."""
    names, *rows = records
    return (
        bool(rows)
        and _has_header(records)
        and any(
            all(len(row) > place and VALUE.fullmatch(row[place].strip()) for row in rows)
            for place in range(len(names))
        )
    )


def _has_header(records: Sequence[Sequence[str]]) -> bool:
    """Tell whether the first record has names: unlike values, and none twice or again below.

    In doubt there are values: they would otherwise be written as names.
    """
    first, *others = records
    names = [name.strip() for name in first]
    if any(VALUE.fullmatch(name) for name in names) or len({*names}) < len(names):
        return False
    return not any(
        name and name == other[place].strip()
        for other in others
        for place, name in enumerate(names)
        if place < len(other)
    )
