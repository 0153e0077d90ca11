"""De-identification: all methods, and what they make of a batch that kept its contract.

Each method is a module of this package; a contract knows those that are listed here.

``keep``, ``generalize`` and ``shift`` write values of the column's type. The other methods take
the text as it is in the file (normalized for a token, if the contract says so) and write strings:
``007`` and ``7`` have different tokens. Only a number in a CSV file's own notation is first given
the text that it has elsewhere: see :mod:`processor.checks.notation`.
"""

from collections.abc import Iterator
from operator import attrgetter

import pyarrow as pa

from processor.checks.columns import CheckedBatch
from processor.contract.column import Column, Method, Written
from processor.contract.model import Contract
from processor.deidentification.drop import Drop
from processor.deidentification.encrypt import Encrypt
from processor.deidentification.generalize import Generalize
from processor.deidentification.hmac import Hmac
from processor.deidentification.keep import Keep
from processor.deidentification.mask import Mask
from processor.deidentification.pseudonymize import Pseudonymize
from processor.deidentification.pseudonyms import ContractKeys, PseudonymKeys
from processor.deidentification.redact import Redact
from processor.deidentification.shift import Shift
from processor.deidentification.token import Token
from processor.deidentification.truncate import Truncate

# In the order in which sentences and pages list them.
METHODS: tuple[type[Method], ...]
METHODS = (Pseudonymize, Hmac, Encrypt, Mask, Truncate, Generalize, Shift, Redact, Drop, Keep)
BY_NAME = {method.name: method for method in METHODS}


class Deidentification:
    """Makes the output of the batches of one contract.

    Attributes:
        schema: describes it.
        tokens: which of its columns hold tokens.
    """

    def __init__(self, contract: Contract, keys: PseudonymKeys) -> None:
        """Prepare; derives the keys that any column needs."""
        self.schema = output_schema(contract)
        self.tokens = [
            column.output
            for column, method in _written(contract)
            if column.output and isinstance(method, Token)
        ]
        domains = {
            column.name: method.domain
            for column, method in _written(contract)
            if isinstance(method, Token) and method.domain is not None
        }
        of_contract = ContractKeys(keys, contract.dataset, contract.epoch, domains)
        self._columns = []
        for column, method in _written(contract):
            takes, make, beside = method.prepare(column, of_contract)
            inputs = [(column.name, attrgetter(takes))]
            if beside is not None:
                inputs.append((beside, attrgetter("text")))
            self._columns.append((inputs, make))

    def apply(self, batch: CheckedBatch) -> pa.RecordBatch:
        """Return the clean rows of a batch, de-identified."""
        arrays = [
            make(*(batch.select(take(batch.columns[name])) for name, take in inputs))
            for inputs, make in self._columns
        ]
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)


def output_schema(contract: Contract) -> pa.Schema:
    """Return the schema of a contract's output, with its identity as metadata."""
    fields = [
        pa.field(column.output, method.output_type(column), nullable=not column.required)
        for column, method in _written(contract)
    ]
    metadata = {
        "dataset": contract.dataset,
        "contract_id": contract.id,
        "contract_version": contract.version,
        "pseudonym_epoch": str(contract.epoch),
    }
    return pa.schema(fields, metadata)


def _written(contract: Contract) -> Iterator[tuple[Column, Written]]:
    """Yield the columns that are written, each with its method."""
    for column in contract.columns:
        if isinstance(column.deidentify, Written):
            yield column, column.deidentify
