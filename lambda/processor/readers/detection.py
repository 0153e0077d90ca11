"""Detection: finds a file's format by its first bytes; its name must agree."""

import io
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from shutil import copyfileobj

from processor.batches import Records, Stream
from processor.contract.model import RFC_4180, Contract, Csv
from processor.limits.size import SizeLimit
from processor.readers import compression, parquet
from processor.readers.compression import Counted, Decompressed
from processor.readers.csv import CsvRecords
from processor.readers.encodings import Recoded, codec_of, looks_like_json
from processor.readers.json_lines import JsonRecords
from processor.readers.lines import without_mark
from processor.readers.parquet import ParquetRecords
from processor.readers.signatures import foreign_format, foreign_text
from processor.reasons import FileRefusedError, Reason

# The endings of names, and the format or compression that the content must then have.
FORMATS = {
    "csv": "csv",
    "json": "json",
    "jsonl": "json",
    "ndjson": "json",
    "parquet": "parquet",
}
COMPRESSIONS = {"gz": "gzip", "zst": "zstd"}
_ENCODINGS = (Reason.ENCODING_UTF_16, Reason.ENCODING_UTF_32)  # of text formats
_BEGIN = 1 << 16  # bytes that detection reads


@contextmanager
def open_records(
    stream: Stream, name: str, contract: Contract, limit: SizeLimit
) -> Iterator[Records]:
    """Open the records of a file called ``name``.

    A brace begins JSON, unless the contract's CSV files may begin with any value: then the file is
    JSON only if its name says so. The contract's CSV may have an encoding other than UTF-8.

    Raises:
        FileRefusedError: it is not what its name says, or its beginning cannot be read.
    """
    counted = Counted(stream)
    source = io.BufferedReader(counted, _BEGIN)
    if not source.peek():
        promised = _promise(name)[0]
        raise FileRefusedError(Reason.FILE_EMPTY, line=None if promised == "parquet" else 1)
    dialect = RFC_4180 if _promise(name)[0] == "json" else contract.csv
    kind, packing = _kind(source.peek(), dialect), ""
    content: Stream = source
    if kind in ("gzip", "zstd"):
        packing = kind
        content = Decompressed(source, counted, packing, limit.bytes, limit.setting)
        source = io.BufferedReader(Counted(content), _BEGIN)
        content = source
        kind = _kind(source.peek(), dialect)
        if kind in ("gzip", "zstd", "parquet"):
            raise FileRefusedError(Reason.FILE_COMPRESSED_TWICE)
    _check_name(name, kind, packing)
    if kind == "parquet":
        with tempfile.TemporaryFile() as file:  # its metadata is at the end
            copyfileobj(source, file, 1 << 20)
            yield ParquetRecords(file, contract)
    elif kind == "json":
        yield JsonRecords(content, contract)
    else:
        if dialect.encoding != "utf-8":
            content = Recoded(content, codec_of(source.peek(), dialect.encoding))
        yield CsvRecords(content, contract.csv, contract.labels)


def _kind(begin: bytes, dialect: Csv) -> str:
    """Return the format of a file with this beginning, if its CSV is in this dialect."""
    if not begin:
        raise FileRefusedError(Reason.FILE_EMPTY, line=1)
    if compression.GZIP.match(begin):
        return "gzip"
    if compression.ZSTD.match(begin):
        return "zstd"
    if parquet.BEGIN.match(begin):
        return "parquet"
    reason = foreign_format(begin)
    if dialect.encoding.startswith("utf-16") and reason is Reason.ENCODING_UTF_16:
        reason = None
    if reason:
        raise FileRefusedError(reason, line=1 if reason in _ENCODINGS else None)
    text = _beginning(begin, dialect).lstrip(b" \t\r\n")
    if dialect.any_text:
        return "csv"
    if reason := foreign_text(text):
        raise FileRefusedError(reason)
    if not text.startswith(b"{"):
        return "csv"
    if dialect.encoding.startswith("utf-16") and not looks_like_json(begin):
        raise FileRefusedError(Reason.ENCODING_UTF_16, line=1)
    return "json"


def _beginning(begin: bytes, dialect: Csv) -> bytes:
    """Return the beginning of a text, decoded from the dialect's encoding if it is CSV."""
    if dialect.encoding == "utf-8" or (not dialect.any_text and looks_like_json(begin)):
        return without_mark(begin)
    text = begin.decode(codec_of(begin, dialect.encoding), "ignore")
    return without_mark(text.encode())


def _check_name(name: str, kind: str, packing: str) -> None:
    """Refuse a name that promises something else."""
    promised, promised_packing = _promise(name)
    if promised and promised != kind:
        raise FileRefusedError(Reason.FILE_NOT_WHAT_ITS_NAME_SAYS)
    if (promised or promised_packing) and promised_packing != packing:
        raise FileRefusedError(Reason.FILE_NOT_WHAT_ITS_NAME_SAYS)


def _promise(name: str) -> tuple[str, str]:
    """Return the format and the compression that a name promises; empty if it promises none."""
    match = re.search(r"(?:\.(\w+))?\.(gz|zst)\Z|\.(\w+)\Z", name.lower())
    if match is None:
        return "", ""
    return FORMATS.get(match[1] or match[3] or "", ""), COMPRESSIONS.get(match[2] or "", "")
