"""De-identification: what leaves of each column of a batch that kept its contract.

==============  ================================================================================
``hmac``        the token of the text, see :mod:`processor.pseudonym`
``mask``        the text with ``*`` for each character but the first and last that may be kept; a
                text that has no more characters than would be kept is masked wholly
``truncate``    the first characters of the text
``generalize``  the least value of the value's class, see :mod:`processor.generalization`
``redact``      the text without what is found in it, see :mod:`processor.redaction`
``drop``        nothing
``keep``        the value
==============  ================================================================================

``keep`` and ``generalize`` leave values of the column's type. A time leaves as text, always with
six digits of the second: Spark has no TIME before 4.1 and refuses the whole file, Athena's tables
have none, and pyarrow 20 can only write one of UTC, which DuckDB shows with a zone.
https://github.com/apache/spark/pull/50389 https://github.com/apache/arrow/issues/41476
https://docs.aws.amazon.com/athena/latest/ug/querying-iceberg-supported-data-types.html
The other methods take the text as it stands in the file and leave strings: ``007`` and ``7`` have
different tokens.
"""

from collections.abc import Callable
from functools import partial
from operator import attrgetter
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from processor.columns import CheckedBatch, CheckedColumn, form
from processor.contract import (
    Column,
    Contract,
    Generalize,
    Hmac,
    Keep,
    Mask,
    Redact,
    Truncate,
)
from processor.generalization import generalization
from processor.pseudonym import PseudonymKeys, normalize
from processor.redaction import redact


class Concealment(NamedTuple):
    """What becomes of a column: what is taken of it, and what is made of its clean rows."""

    name: str
    take: Callable[[CheckedColumn], pa.Array]
    make: Callable[[pa.Array], pa.Array]


class Deidentification:
    """Makes the output of the batches of one contract; ``schema`` describes it."""

    def __init__(self, contract: Contract, keys: PseudonymKeys) -> None:
        """Prepare; derives the keys that any column needs."""
        self.schema = output_schema(contract)
        self._concealments = [
            _concealment(column, contract, keys)
            for column in contract.columns
            if column.output is not None
        ]

    def apply(self, batch: CheckedBatch) -> pa.RecordBatch:
        """Return the clean rows of a batch, de-identified."""
        arrays = [
            make(batch.select(take(batch.columns[name])))
            for name, take, make in self._concealments
        ]
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)


def output_schema(contract: Contract) -> pa.Schema:
    """Return the schema of a contract's output, with its identity as metadata."""
    fields = [
        pa.field(column.output, _output_type(column), nullable=not column.required)
        for column in contract.columns
        if column.output is not None
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

    Characters are Unicode code points. A text of no more than ``first + last`` of them keeps
    none.
    """
    lengths = pc.utf8_length(text)
    hidden = pc.subtract(lengths, first + last)
    longer = pc.greater(hidden, 0)
    stars = pc.binary_repeat("*", pc.if_else(longer, hidden, lengths))
    head = pc.utf8_slice_codeunits(text, 0, first)
    tail = pc.utf8_slice_codeunits(text, -last) if last else ""
    return pc.if_else(longer, pc.binary_join_element_wise(head, stars, tail, ""), stars)


def _output_type(column: Column) -> pa.DataType:
    typed = isinstance(column.deidentify, Keep | Generalize) and column.type != "time"
    return form(column).type if typed else pa.string()


def _concealment(column: Column, contract: Contract, keys: PseudonymKeys) -> Concealment:
    text, values = attrgetter("text"), attrgetter("values")
    match column.deidentify:
        case Hmac(domain=domain, normalize=steps):
            scope = f"domain/{domain}" if domain else contract.dataset
            tokens = keys.pseudonymiser(scope, contract.epoch).tokens
            return Concealment(column.name, text, lambda found: tokens(normalize(found, steps)))
        case Mask(keep_first=first, keep_last=last):
            return Concealment(column.name, text, partial(mask, first=first, last=last))
        case Truncate(length=length):
            return Concealment(
                column.name, text, partial(pc.utf8_slice_codeunits, start=0, stop=length)
            )
        case Generalize():
            return Concealment(column.name, values, generalization(column))
        case Redact(patterns=patterns):
            return Concealment(column.name, text, partial(redact, patterns=patterns))
        case _:  # keep; what is dropped has no output
            return Concealment(
                column.name, values, partial(pc.cast, target_type=_output_type(column))
            )
