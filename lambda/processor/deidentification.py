"""De-identification: what leaves of each column of a batch that kept its contract.

==========  ====================================================================================
``hmac``    the token of the value's text, see :mod:`processor.pseudonym`
``mask``    the text with ``*`` for each character but the first and last that may be kept; a
            text that has no more characters than would be kept is masked wholly
``drop``    nothing
``keep``    the value, in its own type
==========  ====================================================================================

Tokens and masks are made of the text as it stands in the file and are strings: ``1.5`` and
``1.50`` have different tokens.
"""

import pyarrow as pa
import pyarrow.compute as pc

from processor.columns import CheckedBatch, form
from processor.contract import Column, Contract
from processor.pseudonym import PseudonymKeys


class Deidentification:
    """Makes the output of the batches of one contract; ``schema`` describes it."""

    def __init__(self, contract: Contract, keys: PseudonymKeys) -> None:
        """Prepare; derives the dataset's key if any column needs it."""
        self.schema = output_schema(contract)
        self._columns = [column for column in contract.columns if column.output is not None]
        if any(column.deidentify.method == "hmac" for column in self._columns):
            self._tokens = keys.pseudonymiser(contract.dataset, contract.epoch).tokens

    def apply(self, batch: CheckedBatch) -> pa.RecordBatch:
        """Return the clean rows of a batch, de-identified."""
        arrays = [self._output(column, batch) for column in self._columns]
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)

    def _output(self, column: Column, batch: CheckedBatch) -> pa.Array:
        checked = batch.columns[column.name]
        method = column.deidentify.method
        if method == "keep":
            return batch.select(checked.values)
        text = batch.select(checked.text)
        if method == "hmac":
            return self._tokens(text)
        return mask(text, column.deidentify.keep_first, column.deidentify.keep_last)


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
    return form(column).type if column.deidentify.method == "keep" else pa.string()
