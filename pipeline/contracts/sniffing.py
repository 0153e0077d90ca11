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
from processor.readers import compression, parquet
from processor.readers.encodings import looks_like_json
from processor.readers.signatures import foreign_format
from processor.reasons import FileRefusedError, Reason

BEGIN = 1 << 18  # bytes that are looked at to find a dialect
PIECE = 1 << 20
MOST_COLUMNS = 1_000
DELIMITERS = ",;\t|"
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
        raise WrongContractError(f"{file} cannot be read: {error}.") from None
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
    return "json" if looks_like_json(begin) else "csv"


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
    first, *_ = io.StringIO(text, newline="").readlines() or [""]
    if separator := SEPARATOR.fullmatch(first):
        dialect = replace(dialect, preamble_lines=1, delimiter=separator[1])
        text = text[len(first) :]
    else:
        dialect = replace(dialect, delimiter=_delimiter(text))
    records = _records(text, dialect.delimiter)
    if not records:
        raise WrongContractError(f"{file} is empty. Draft from a file with rows.")
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


def _records(text: str, delimiter: str) -> list[list[str]]:
    """Return the records of the beginning of a file; the last may be cut."""
    lines = io.StringIO(text, newline="").readlines()
    if len(text) >= BEGIN // 4 and len(lines) > 1:
        lines = lines[:-1]
    csv.field_size_limit(BEGIN)
    return [one for one in csv.reader(lines, delimiter=delimiter) if one]


def _delimiter(text: str) -> str:
    """Return what separates most records into equally many fields."""

    def score(delimiter: str) -> tuple[bool, float, int]:
        widths = Counter(map(len, _records(text, delimiter)))
        width, count = widths.most_common(1)[0] if widths else (0, 0)
        return width > 1, count / max(1, widths.total()), width

    return max(DELIMITERS, key=score)


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
