"""De-identification: what leaves of each column of a batch that kept its contract.

==============  ================================================================================
``hmac``        the token of the text, see :mod:`.pseudonyms`
``mask``        the text with ``*`` for each character but the first and last that may be kept, if
                they are no more than half of what is not padding; else ``*`` for every character
``truncate``    the first characters of the text, if they are no more than half of what is not
                padding; else none
``generalize``  the least value of the value's class, see :mod:`.generalization`
``redact``      the text without what is found in it, see :mod:`.redaction`
``drop``        nothing
``keep``        the value
==============  ================================================================================

``keep`` and ``generalize`` leave values of the column's type. A time leaves as text, always with
six digits of the second: Spark has no TIME before 4.1 and refuses the whole file, Athena's tables
have none, and pyarrow 20 can only write one of UTC, which DuckDB shows with a zone.
https://github.com/apache/spark/pull/50389 https://github.com/apache/arrow/issues/41476
https://docs.aws.amazon.com/athena/latest/ug/querying-iceberg-supported-data-types.html
The other methods take the text as it stands in the file (normalized for ``hmac``, if the contract
says so) and leave strings: ``007`` and ``7`` have different tokens. Only a number in a CSV file's
own notation is first given the text that it has elsewhere: see :mod:`processor.checks.notation`.
"""

from collections.abc import Callable, Iterator
from functools import partial
from operator import attrgetter
from typing import NamedTuple, assert_never

import pyarrow as pa
import pyarrow.compute as pc

from processor.checks.columns import CheckedBatch, CheckedColumn
from processor.checks.types import column_type
from processor.contract.model import (
    Column,
    Contract,
    Drop,
    Generalize,
    Hmac,
    Keep,
    Mask,
    Redact,
    Truncate,
    Written,
)
from processor.deidentification.generalization import PADDING, generalization, has_between, shorten
from processor.deidentification.pseudonyms import PseudonymKeys
from processor.deidentification.redaction import redact


class OutputColumn(NamedTuple):
    """What becomes of a column: what is taken of it, and what is made of its clean rows."""

    name: str
    take: Callable[[CheckedColumn], pa.Array]
    make: Callable[[pa.Array], pa.Array]


class Deidentification:
    """Makes the output of the batches of one contract; ``schema`` describes it."""

    def __init__(self, contract: Contract, keys: PseudonymKeys) -> None:
        """Prepare; derives the keys that any column needs."""
        self.schema = output_schema(contract)
        self._columns = [
            _output_column(column, method, contract, keys) for column, method in _written(contract)
        ]

    def apply(self, batch: CheckedBatch) -> pa.RecordBatch:
        """Return the clean rows of a batch, de-identified."""
        arrays = [
            make(batch.select(take(batch.columns[name]))) for name, take, make in self._columns
        ]
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)


def output_schema(contract: Contract) -> pa.Schema:
    """Return the schema of a contract's output, with its identity as metadata."""
    fields = [
        pa.field(column.output, _output_type(column, method), nullable=not column.required)
        for column, method in _written(contract)
    ]
    metadata = {
        "dataset": contract.dataset,
        "contract_id": contract.id,
        "contract_version": contract.version,
        "pseudonym_epoch": str(contract.epoch),
    }
    return pa.schema(fields, metadata)


def mask(text: pa.StringArray, first: int, last: int) -> pa.StringArray:
    """Replace each character by ``*`` but the ``first`` and ``last``; null stays null.

    Characters are Unicode code points. A text keeps none unless twice as many stand between its
    padding, which is zeros too: of ``00001234`` the last four would be all there is.
    """
    lengths = pc.utf8_length(text)
    longer = has_between(text, f"0{PADDING}", 2 * (first + last))
    stars = pc.binary_repeat("*", pc.if_else(longer, pc.subtract(lengths, first + last), lengths))
    head = pc.utf8_slice_codeunits(text, 0, first)
    tail = pc.utf8_slice_codeunits(text, -last) if last else ""
    return pc.if_else(longer, pc.binary_join_element_wise(head, stars, tail, ""), stars)


def _written(contract: Contract) -> Iterator[tuple[Column, Written]]:
    """Yield the columns that leave, each with its method."""
    for column in contract.columns:
        if not isinstance(column.deidentify, Drop):
            yield column, column.deidentify


def _output_type(column: Column, method: Written) -> pa.DataType:
    typed = isinstance(method, Keep | Generalize) and column.type != "time"
    return column_type(column).type if typed else pa.string()


def _output_column(
    column: Column, method: Written, contract: Contract, keys: PseudonymKeys
) -> OutputColumn:
    text, values = attrgetter("text"), attrgetter("values")
    match method:
        case Hmac(domain=domain):  # the text is normalized by now
            if domain:
                pseudonymiser = keys.pseudonymiser(f"domain/{domain}", contract.epoch)
            else:
                of_dataset = keys.pseudonymiser(contract.dataset, contract.epoch)
                pseudonymiser = of_dataset.of_column(column.name)
            return OutputColumn(column.name, text, pseudonymiser.tokens)
        case Mask(keep_first=first, keep_last=last):
            return OutputColumn(column.name, text, partial(mask, first=first, last=last))
        case Truncate(length=length):
            return OutputColumn(column.name, text, partial(shorten, length=length))
        case Generalize():
            return OutputColumn(column.name, values, generalization(column))
        case Redact(patterns=patterns):
            return OutputColumn(column.name, text, partial(redact, patterns=patterns))
        case Keep():
            leaves = _output_type(column, method)
            return OutputColumn(column.name, values, partial(pc.cast, target_type=leaves))
        case unknown:  # a method that is forgotten here must not leave the value
            assert_never(unknown)
