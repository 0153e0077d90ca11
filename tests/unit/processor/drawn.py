"""Random files of records with quotes, and what becomes of them split at once and one by one."""

import random
from dataclasses import asdict, replace
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from processor import batches
from processor.account import RowAccount
from processor.arrow import places
from processor.contract.model import RFC_4180, Csv
from processor.contracts import parse
from processor.readers.quoting import Fields, Quoting
from tests.unit.processor.examples import column, document
from tests.unit.processor.outcomes import run

DIALECTS = (
    RFC_4180,
    RFC_4180,
    Csv(delimiter=";", quote="'"),
    Csv(delimiter=" "),
    Csv(delimiter="\t", quote="|"),
    Csv(quote="«"),
    Csv(quote=""),
)
ROWS = pa.list_(pa.string())
TEXTS = ("", "", "a", "1.5", "é", " ", '""', 'x""y', "~{}", "a\tb", "Q,Q", ",", "\u2028")
NUMBERS = ("", *map(str, range(20)), "-9223372036854775808", "9223372036854775808", "1.5", "a")
KINDS = ("", "new", "new", "old", "other")
ENDS = ("\n", "\n", "\n", "\r\n", "\r")
# A token, a number of 64 bits that no other row has, and one of a few words.
COLUMNS = (
    column("text", method="pseudonymize"),
    column("number", "integer", unique=True),
    column("kind", enum=["new", "old"], required=True),
)


class Drawn(NamedTuple):
    """A file, the dialect it is meant to be in, and the sizes to read it with."""

    content: bytes
    dialect: Csv
    sizes: dict[str, int]


class Outcome(NamedTuple):
    """What became of a file: the account, the clean rows, and the quarantine.

    Why the file was refused, and on which line, is in the quarantine.
    """

    account: RowAccount
    clean: list[dict[str, Any]]
    rejected: list[dict[str, Any]]


def draw(number: int) -> Drawn:
    """Return the file of a number."""
    rng = random.Random(number)
    dialect = rng.choice(DIALECTS)
    sizes = {
        "BLOCK_SIZE": rng.choice([50, 150, 400]),
        "RECORD_LIMIT": 400,
        "BATCH_ROWS": rng.choice([3, 9, 1 << 14]),
    }
    return Drawn(_content(rng, dialect), dialect, sizes)


def _content(rng: random.Random, dialect: Csv) -> bytes:
    """Return sound records, of which some have several lines, and some trouble."""
    mark, quote = dialect.delimiter, dialect.quote
    trouble, end, share = rng.choice([0, 0.02, 0.2]), rng.choice(ENDS), rng.choice([0, 0.3, 1])

    def field(texts: tuple[str, ...]) -> str:
        text = rng.choice(texts).replace('"', quote).replace(",", mark).replace("Q", quote)
        if rng.random() < trouble:
            text += rng.choice([quote, end, "\0", f"{end}{mark}{quote}", "\ufeff", "~{!!~}"])
        elif rng.random() < 0.03:
            return f"{quote}a{end}b{mark}{end}{quote}"
        elif rng.random() < share:
            empty = not text and rng.random() < 0.5
            return "" if empty else f"{quote}{text}{quote}"
        return text.replace(quote, "").replace(mark, "") if rng.random() > trouble else text

    rows = (mark.join(map(field, (TEXTS, NUMBERS, KINDS))) for _ in range(rng.choice([1, 5, 20])))
    names = (one["name"] for one in COLUMNS)
    header = mark.join(f"{quote}{one}{quote}" if rng.random() < share else one for one in names)
    data = "".join(
        record + (end if rng.random() > trouble / 3 else rng.choice(ENDS))
        for record in (header, *rows)
    ).encode()
    if rng.random() < 0.1:
        data = data.rstrip(b"\r\n") + rng.choice([b"", f"{quote}x".encode()])
    if rng.random() < 0.05:
        begin = rng.randrange(len(data))
        data = data[:begin] + data[begin:].replace(b"a", b"\xff", 1)
    return b"\xef\xbb\xbf" + data if rng.random() < 0.05 else data


def both(number: int) -> tuple[Outcome, Outcome]:
    """Return what becomes of a file if many lines are split at once, and one by one."""
    drawn = draw(number)
    with pytest.MonkeyPatch.context() as patch:
        for name, size in drawn.sizes.items():
            patch.setattr(batches, name, size)
        found = _process(drawn)
        patch.setattr(Quoting, "split", _one_by_one)
        return found, _process(drawn)


def _process(drawn: Drawn) -> Outcome:
    compiled = document(*COLUMNS) | {"csv": asdict(drawn.dialect)}
    account, clean, rejected = run(drawn.content, parse(compiled))
    return Outcome(replace(account, refusal=None), clean, rejected)


def _one_by_one(self: Quoting, texts: pa.StringArray) -> tuple[list[Fields], Any]:
    """Leave all lines with quotes to what reads one after the other."""
    quote = self.quote or "\0never"
    quoted = pa.array([quote in text for text in texts.to_pylist()], pa.bool_())
    plain = pc.and_not(pc.not_equal(texts, ""), quoted)
    rows = [text.split(self.delimiter) for text in texts.filter(plain).to_pylist()]
    return [Fields(plain, pa.array(rows, ROWS))], places(quoted)
