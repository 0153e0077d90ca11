"""What is fuzzed: any bytes go in, and the rules for every file must hold.

An error that is not a refusal of the file is a finding, and so is a result that differs from the
reference implementation's. Blocks and records are so small here that their ends are everywhere.
"""

import io
from collections.abc import Callable
from typing import Any

from processor.batches import Stream
from processor.contract.model import Csv
from processor.readers.csv import CsvRecords
from processor.readers.signatures import foreign_format, foreign_text
from tests.unit.processor import oracle
from tests.unit.processor.aws import MemoryBody
from tests.unit.processor.examples import PEOPLE
from tests.unit.processor.framed import Framed, frame
from tests.unit.processor.outcomes import NESTED, compare, run

SIZES = {"BLOCK_SIZE": 64, "RECORD_LIMIT": 128}
"""The constants of :mod:`processor.batches` meanwhile."""

DIALECTS = (
    Csv(),
    Csv(delimiter=";", quote="'"),
    Csv(delimiter="\t", quote="", header=False),
    Csv(header=False),
    Csv(delimiter=";", preamble_lines=1),
)
COLUMNS = ("a", "b")
CONTRACTS: tuple[dict[str, Any], ...] = (
    PEOPLE,
    PEOPLE | {"unknownColumns": "drop", "maxRejectedShare": "0.5"},
    NESTED,
    NESTED | {"unknownColumns": "drop", "csv": {"delimiter": ";", "quote": "'"}},
    PEOPLE | {"csv": {"encoding": "windows-1252"}},
)
BINARY = (
    b"\x1f\x8b",
    b"\x28\xb5\x2f\xfd",
    b"PAR1",
    *(bytes([n]) + b"*M\x18" for n in range(80, 96)),
)


def check_framing(data: bytes) -> None:
    """Frame CSV; the first two bytes choose the dialect, and how the network cuts the rest."""
    dialect = DIALECTS[data[0] % len(DIALECTS)] if data else DIALECTS[0]
    piece, content = 1 + sum(data[1:2]) % 99, data[2:]
    whole = _frame(io.BytesIO(content), dialect)
    body = MemoryBody(content)
    body.piece = piece
    assert _frame(body, dialect) == whole
    records, refused = _judge(content, dialect)
    assert whole[1] == refused
    assert whole[0] == records[: len(whole[0])]
    assert refused or len(whole[0]) == len(records)


def _frame(stream: Stream, dialect: Csv) -> Framed:
    """Return the data rows that framing yields, and its refusal."""
    return frame(lambda: CsvRecords(stream, dialect, COLUMNS))


def _judge(content: bytes, dialect: Csv) -> Framed:
    """Return what the reference implementation frames, and the refusal it expects."""
    found: list[oracle.Record] = []
    limit = SIZES["RECORD_LIMIT"]
    columns = 0 if dialect.header else len(COLUMNS)
    preamble = dialect.preamble_lines
    framed = oracle.records(content, limit, dialect.delimiter, dialect.quote, columns, preamble)
    try:
        if dialect.header:
            oracle.read_header(framed, preamble + 1)
        found.extend(framed)
    except oracle.Refused as refused:
        return found, (refused.reason, refused.line, len(found))
    return found, None


def check_file(data: bytes) -> None:
    """Transform a file of any format; the first byte chooses the contract."""
    contract, content = CONTRACTS[sum(data[:1]) % len(CONTRACTS)], data[1:]
    text = content.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")
    if content.startswith(BINARY) or foreign_format(content) or foreign_text(text):
        run(content)
    else:
        compare(content, contract, "json" if text.startswith(b"{") else "csv")


TARGETS: dict[str, Callable[[bytes], None]] = {"framing": check_framing, "file": check_file}
