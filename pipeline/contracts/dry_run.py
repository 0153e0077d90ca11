"""A dry run: what would happen to a local file under its contract, without AWS.

The file goes through the processor itself. Tokens are made with a throw-away key, and nothing is
written.
"""

import gzip
import hmac
import json
import secrets
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO, Any

from lib.function.object_size import largest_object
from lib.settings import EnvironmentSettings
from processor.account import RowAccount
from processor.batches import Batch, Records
from processor.checks.columns import RowCheck
from processor.checks.notation import notation_of
from processor.contract.model import Contract
from processor.deidentification.methods import Deidentification
from processor.deidentification.pseudonyms import PseudonymKeys
from processor.limits.size import SizeLimit
from processor.readers.detection import open_records
from processor.reasons import FileRefusedError
from processor.transformation import Outputs, Transformation, refuse

SHOWN_LINES = 5
SHOWN_ROWS = 3


class ThrowAwayKeys(PseudonymKeys):
    """Keys that nobody knows and nobody can derive again."""

    def __init__(self) -> None:
        """Derive them here, from random bytes, as KMS does."""
        kms: Any = _ThrowAwayKms()
        super().__init__(kms, "", "")


class _ThrowAwayKms:
    """What makes MACs under a key that nobody knows."""

    def __init__(self) -> None:
        """Make the key."""
        self._material = secrets.token_bytes(64)

    def generate_mac(self, *, Message: bytes, MacAlgorithm: str, **_: str) -> dict[str, bytes]:  # noqa: N803
        """Return a MAC by an algorithm such as HMAC_SHA_256."""
        algorithm = MacAlgorithm.removeprefix("HMAC_").replace("_", "")
        return {"Mac": hmac.digest(self._material, Message, algorithm)}


@dataclass
class Rejected:
    """The rows that have a reason.

    Attributes:
        rows: how many.
        places: where the first of them are: lines, or rows of a format without lines.
    """

    rows: int = 0
    places: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Example:
    """A clean row, before and after.

    Attributes:
        place: its line, or its row in a format without lines.
        before: its fields by column, raw.
        after: its values in the output by column; a dropped column has none.
    """

    place: str
    before: dict[str, str]
    after: dict[str, str]


@dataclass(frozen=True)
class DryRun:
    """What would happen to a file.

    Attributes:
        account: what becomes of its rows.
        reasons: the rejected rows by reason; of a refused file those until then.
        examples: its first clean rows, with raw values.
    """

    account: RowAccount
    reasons: dict[str, Rejected]
    examples: Sequence[Example]

    @property
    def is_useful(self) -> bool:
        """Whether anything of the file would be clean, or it has no rows."""
        return not self.account.refusal and bool(self.account.clean or not self.account.read)


def run(contract: Contract, file: Path) -> DryRun:
    """Run a file through the processor.

    Raises:
        OSError: the file cannot be read.
    """
    limit = SizeLimit(*largest_object(EnvironmentSettings()))
    keys = ThrowAwayKeys()
    with (
        file.open("rb") as stream,
        tempfile.TemporaryFile() as clean,
        tempfile.TemporaryFile() as rejected,
    ):
        outputs = Outputs(clean, rejected)
        try:
            account = Transformation(contract, keys, limit).run(stream, file.name, outputs)
            reasons = _reasons(rejected)
            stream.seek(0)
            with open_records(stream, file.name, contract, limit) as records:
                examples = list(islice(_examples(contract, records, keys), SHOWN_ROWS))
        except FileRefusedError as refusal:
            reasons, examples = _reasons(rejected), []
            account = refuse(refusal, contract, {}, outputs)
    account.check()
    return DryRun(account, reasons, examples)


def _reasons(rejected: IO[bytes]) -> dict[str, Rejected]:
    reasons: dict[str, Rejected] = {}
    rejected.seek(0)
    with gzip.open(rejected) as rejects:
        for reject in map(json.loads, rejects):
            for reason in reject["reasons"]:
                found = reasons.setdefault(reason, Rejected())
                found.rows += 1
                if found.rows <= SHOWN_LINES:
                    found.places.append(_place(reject["line"], reject["row"]))
    return reasons


def _place(line: int | None, row: int) -> str:
    return str(line) if line else f"row {row}"  # Parquet has no lines


def _examples(contract: Contract, records: Records, keys: PseudonymKeys) -> Iterator[Example]:
    """Yield the clean rows in the order of the file, which the output does not keep."""
    deidentification = Deidentification(contract, keys)
    check = RowCheck(contract, records.header, notation_of(contract) if records.localized else {})
    places = {label: place for place, label in enumerate(records.header)}
    for batch in records:
        checked = check.check(batch)
        clean = (index for index in range(len(batch.rows)) if index not in checked.rejects)
        written = deidentification.apply(checked).slice(0, SHOWN_ROWS).to_pylist()
        for index, row in zip(clean, written, strict=False):
            yield _example(contract, batch, index, places, row)


def _example(
    contract: Contract,
    batch: Batch,
    index: int,
    places: dict[str, int],
    row: dict[str, object],
) -> Example:
    fields = batch.rows[index].as_py()
    return Example(
        _place(batch.line(index), batch.first_row + index),
        {
            column.name: fields[places[column.label]] or ""
            for column in contract.columns
            if column.label in places
        },
        {
            column.name: "" if (value := row[column.output]) is None else str(value)
            for column in contract.columns
            if column.output is not None
        },
    )
